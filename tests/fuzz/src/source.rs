//! One source: a request in, events and rejects out.
//!
//! An input is `<path after the source>[ <content type>]`, a newline, and the body. Without a content type it is JSON.

use std::collections::HashSet;

use tributary_events::{Context, Timestamp};
use tributary_normalize::{Normalized, Request, Settings, Source, TooDeep, find, normalize};

use crate::{message, parts};

/// Nesting at which a body is refused.
const MAX_DEPTH: usize = 64;
/// Largest sum of the messages of one request, bytes.
const MAX_BYTES: usize = 32 << 20;

/// A request as an input says it.
struct Input<'a> {
    segments: Vec<String>,
    content_type: &'a str,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let at = memchr::memchr(b'\n', input)?;
        let head = std::str::from_utf8(&input[..at]).ok()?;
        let (path, content_type) = head.split_once(' ').unwrap_or((head, "application/json"));
        let segments = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
        Some(Self { segments, content_type, body: &input[at + 1..] })
    }

    fn normalize(
        &self,
        source: &dyn Source,
        received: &str,
        traceparent: Option<&str>,
        audit: bool,
    ) -> Result<Normalized, TooDeep> {
        let received = Timestamp::parse(received).expect("a time of ours");
        let request = Request {
            segments: &self.segments,
            content_type: self.content_type,
            body: self.body,
            context: Context { received, traceparent: traceparent.map(Into::into) },
            settings: &Settings::default(),
        };
        normalize(source, &request, audit)
    }
}

/// Runs an input through the source of that name.
///
/// # Panics
/// If anything does not hold that must hold for any request.
pub fn check(name: &str, input: &[u8]) {
    let Some(input) = Input::read(input) else { return };
    let source = find(name).expect("a source of that name");
    let out = input.normalize(source, "2026-11-21T09:30:00.125Z", None, false);
    let text =
        std::str::from_utf8(input.body).ok().map(|text| text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii());
    let deep = text.is_some_and(|text| text.starts_with(['{', '[']) && tributary_events::depth(text) > MAX_DEPTH);
    let Ok(out) = out else {
        assert!(deep, "refused as too deep without need");
        return;
    };
    assert!(!deep, "too deep, yet taken");

    let count = out.events.len() + out.rejects.len();
    let expected = parts::expected(name, input.body);
    assert!(expected.contains(&count), "{count} parts came out, expected {expected:?}");
    for event in &out.events {
        let _ = message::check_event(name, &event.id.to_string(), &event.group, &event.json);
    }
    check_rejects(source, &input, text, &out);
    check_size(&input, &out);
    check_secret(name, &input, &out);

    // Another time and trace make no other event; counting fields changes nothing.
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let again = input.normalize(source, "2027-01-02T03:04:05Z", Some(trace), true).expect("not too deep before");
    let keys = |out: &Normalized| {
        out.events.iter().map(|event| (event.id, event.group.clone(), event.kind)).collect::<Vec<_>>()
    };
    assert!(keys(&out) == keys(&again), "an event's id, group or type is no function of the vendor's event");
    assert!(out.rejects == again.rejects, "rejects are no function of the body");
}

/// A reject is kept whole, as it came: the body without its secret, or a part of the body, which may keep what stood
/// around its list.
fn check_rejects(source: &dyn Source, input: &Input<'_>, text: Option<&str>, out: &Normalized) {
    for reject in &out.rejects {
        assert!(reject.detail.len() <= 200 && reject.detail.is_ascii(), "detail");
        let whole = reject.part == source.without_secret(input.body).as_ref();
        let part = || {
            text.is_some_and(|text| {
                let text = tributary_events::compact(text);
                memchr::memmem::find(text.as_bytes(), without_surroundings(&reject.part, text.as_bytes())).is_some()
            })
        };
        assert!(whole || part(), "a reject that is no part of the body: {}", reject.reason.as_str());
    }
}

/// A part without what it begins and ends with like the body.
fn without_surroundings<'a>(part: &'a [u8], body: &[u8]) -> &'a [u8] {
    let alike = |(one, other): &(&u8, &u8)| one == other;
    let rest = &part[part.iter().zip(body).take_while(alike).count()..];
    &rest[..rest.len() - rest.iter().rev().zip(body.iter().rev()).take_while(alike).count()]
}

/// Sizes stay in proportion to the body: no small request fills the memory.
fn check_size(input: &Input<'_>, out: &Normalized) {
    let path: usize = input.segments.iter().map(String::len).sum();
    let given = input.body.len() + path;
    let sum: usize = out.events.iter().map(|event| event.json.len()).sum();
    assert!(sum <= MAX_BYTES, "{sum} bytes came out of {given}");
    for event in &out.events {
        assert!(event.json.len() <= 40 * given + 4096, "an event of {} bytes came out of {given}", event.json.len());
    }
}

/// Carrot quest's token travels in the body; nothing that goes on may hold it.
fn check_secret(name: &str, input: &Input<'_>, out: &Normalized) {
    // Within an object, the text of a field is nobody's token.
    if name != "carrotquest" || serde_json::from_slice::<&serde_json::value::RawValue>(input.body).is_ok() {
        return;
    }
    let pairs: Vec<_> = form_urlencoded::parse(input.body).collect();
    let (tokens, others): (Vec<_>, Vec<_>) = pairs.iter().partition(|(name, _)| name == "token");
    let tokens: HashSet<&str> =
        tokens.iter().map(|(_, value)| value.as_ref()).filter(|value| value.len() >= 16).collect();
    // As text and as it stands in the body: in `%c0ffee` only the latter.
    let elsewhere = |token: &str| {
        let pairs = pairs.iter().filter(|(_, value)| value == token).count();
        others.iter().any(|(name, value)| name.contains(token) || value.contains(token))
            || input.segments.iter().any(|segment| segment.contains(token))
            || memchr::memmem::find_iter(input.body, token.as_bytes()).count() > pairs
    };
    for token in tokens
        .into_iter()
        .filter(|token| token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !elsewhere(token))
    {
        let parts = out.rejects.iter().map(|reject| reject.part.as_slice());
        for part in out.events.iter().map(|event| event.json.as_bytes()).chain(parts) {
            assert!(memchr::memmem::find(part, token.as_bytes()).is_none(), "the token goes on");
        }
    }
}
