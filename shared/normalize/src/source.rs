//! The interface of a vendor, and the one way in.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::canonical::Volatile;
use crate::catalog::{Row, Url};
use crate::output::{MAX_BYTES, MAX_PARTS, Normalized, Output, RejectReason};
use crate::request::Request;

/// Deepest nesting of brackets taken. serde stops at 128; vendors stay below 20.
pub(crate) const MAX_DEPTH: usize = 64;

/// Bodies that are a batch with nothing in it, whatever the vendor calls its batches: no event, no reject.
const EMPTY_BATCHES: [&str; 3] = ["[]", r#"{"results":[]}"#, r#"{"events":[]}"#];

/// A vendor whose webhooks are read.
pub trait Source: Sync + Send + std::fmt::Debug {
    /// Our name of it, `[a-z]+`: the route, the module, the function.
    fn name(&self) -> &'static str;

    /// Every vendor event known.
    fn catalog(&self) -> &'static [Row];

    /// The URLs to give to the vendor: one, unless the path tells what the bodies do not.
    fn urls(&self) -> &'static [Url] {
        const { &[Url::new("all", "", &[])] }
    }

    /// What the vendor changes between two deliveries of one event: `volatile.txt` in the source's folder.
    fn volatile(&self) -> &'static Volatile;

    /// Reads an authentic request and puts out everything in it: each part as an event or a reject.
    ///
    /// `text` is the body as compact JSON where it was an array or an object, else as it came. It is never any other JSON,
    /// nor an empty batch.
    ///
    /// # Errors
    /// [`Unreadable`] if nothing of the body can be told apart: it goes to quarantine whole. Parts already put out are
    /// dropped then.
    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable>;

    /// The body without a secret that travels in it, for quarantine. Only vendors that send one need to cut it off.
    fn without_secret<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        Cow::Borrowed(body)
    }

    /// What the vendor wants to hear when all is durable. Exactly 200 unless the vendor documents otherwise.
    fn answer(&self, _request: &Request<'_>) -> Answer {
        Answer::default()
    }
}

/// The body of a success answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Cow<'static, str>,
}

impl Default for Answer {
    /// `OK` as plain text.
    fn default() -> Self {
        Self { content_type: "text/plain; charset=utf-8", body: Cow::Borrowed("OK") }
    }
}

/// Nothing of a body can be told apart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.as_str())]
pub struct Unreadable {
    /// Why.
    pub reason: RejectReason,
    /// Where and what, without any value of the body.
    pub detail: String,
}

impl Unreadable {
    /// An unreadable body.
    pub fn new(reason: RejectReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        let reason = if error.is_data() { RejectReason::WrongShape } else { RejectReason::NotJson };
        Self::new(reason, crate::output::position(&error))
    }
}

/// The body nests deeper than any vendor's: refused, not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body nests deeper than {MAX_DEPTH} levels")]
pub struct TooDeep;

/// Altcraft. Functions name their own source by its constant, so that no other is linked into them.
pub const ALTCRAFT: &dyn Source = &crate::altcraft::Altcraft;
/// Carrot quest and Dashly.
pub const CARROTQUEST: &dyn Source = &crate::carrotquest::CarrotQuest;
/// Channel Talk.
pub const CHANNELTALK: &dyn Source = &crate::channeltalk::ChannelTalk;
/// Infobip.
pub const INFOBIP: &dyn Source = &crate::infobip::Infobip;
/// KARTE.
pub const KARTE: &dyn Source = &crate::karte::Karte;

/// Every source, by name.
pub static SOURCES: &[&dyn Source] = &[ALTCRAFT, CARROTQUEST, CHANNELTALK, INFOBIP, KARTE];

/// The source of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Source> {
    SOURCES.iter().copied().find(|source| source.name() == name)
}

/// Reads one authentic request into events and rejects. Pure; every part of the body ends up in one of the two.
///
/// With `audit` the fields nobody reads are listed as well, at some cost.
///
/// # Errors
/// [`TooDeep`] if the body nests too deep to be read safely.
pub fn normalize(source: &dyn Source, request: &Request<'_>, audit: bool) -> Result<Normalized, TooDeep> {
    let mut out = Output::new(source, &request.context, audit);
    let why = match read(source, request, &mut out) {
        Ok(()) if out.is_full() => Unreadable::new(
            RejectReason::TooMany,
            format!("more than {MAX_PARTS} events, or {MAX_BYTES} bytes of them"),
        ),
        Ok(()) => return Ok(out.finish()),
        Err(Failure::TooDeep) => return Err(TooDeep),
        Err(Failure::Unreadable(why)) => why,
    };
    let unknown_segments = out.finish().unknown_segments;
    let mut whole = Output::new(source, &request.context, false);
    whole.unknown_segments(unknown_segments);
    whole.reject(why.reason, why.detail, &source.without_secret(request.body));
    Ok(whole.finish())
}

enum Failure {
    TooDeep,
    Unreadable(Unreadable),
}

fn read(source: &dyn Source, request: &Request<'_>, out: &mut Output<'_>) -> Result<(), Failure> {
    let unreadable = |reason, detail: String| Failure::Unreadable(Unreadable::new(reason, detail));
    let text = std::str::from_utf8(request.body)
        .map_err(|error| unreadable(RejectReason::NotUtf8, format!("byte {}", error.valid_up_to())))?;
    // A byte order mark is no JSON, yet some proxies add one.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii();
    if text.is_empty() {
        return Err(unreadable(RejectReason::Empty, "no body".to_owned()));
    }
    let is_json = text.starts_with(['{', '[']);
    if is_json && tributary_events::depth(text) > MAX_DEPTH {
        return Err(Failure::TooDeep);
    }
    if !is_json && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Err(unreadable(RejectReason::WrongShape, "the body is neither an array nor an object".to_owned()));
    }
    let text = if is_json { tributary_events::compact(text) } else { Cow::Borrowed(text) };
    if EMPTY_BATCHES.contains(&&*text) {
        return Ok(());
    }
    source.read(request, &text, out).map_err(Failure::Unreadable)?;
    out.surround(&text);
    Ok(())
}
