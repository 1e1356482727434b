//! Infobip.
#![doc = include_str!("README.md")]

mod catalog;

use crate::{Output, Request, Row, Source, Unreadable};

/// Infobip, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Infobip;

impl Source for Infobip {
    fn name(&self) -> &'static str {
        "infobip"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn read(&self, _request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let _: serde::de::IgnoredAny = out.parse(text)?;
        Ok(())
    }
}
