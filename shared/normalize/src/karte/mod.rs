//! Karte.
#![doc = include_str!("README.md")]

mod catalog;

use crate::{Output, Request, Row, Source, Unreadable};

/// Karte, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Karte;

impl Source for Karte {
    fn name(&self) -> &'static str {
        "karte"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn read(&self, _request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let _: serde::de::IgnoredAny = out.parse(text)?;
        Ok(())
    }
}
