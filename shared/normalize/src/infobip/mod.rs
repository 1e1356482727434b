//! Infobip.
#![doc = include_str!("README.md")]

mod catalog;
mod channel;
mod engagement;
mod payload;
mod route;
mod status;
mod voice;

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

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let route = route::Route::read(request.segments);
        let _ = voice::read(text, &route, out)? || engagement::read(text, &route, out)?;
        let _: serde::de::IgnoredAny = out.parse(text)?;
        Ok(())
    }

    fn answer(&self, request: &Request<'_>) -> crate::Answer {
        voice::answer(request).unwrap_or_default()
    }
}
