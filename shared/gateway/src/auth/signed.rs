//! What a signature is over, and the time it was made.

use http::HeaderName;
use tributary_events::Timestamp;

use super::Denied;
use super::fields::{Fields, RulesError};
use crate::request::Received;

/// How far the time of signing may lie from ours unless a rule says otherwise, seconds.
pub(super) const TOLERANCE_S: i64 = 300;

/// What is signed: fields `signed`, `timestamp_header`, `timestamp_prefix` and `tolerance_seconds` of a rule.
pub(super) struct Signed {
    parts: Vec<Part>,
    time: Option<Time>,
}

enum Part {
    Text(String),
    Body,
    Time,
}

struct Time {
    place: TimePlace,
    tolerance_s: i64,
}

enum TimePlace {
    Header(HeaderName),
    /// Behind this, in the header of the signature: `t=` for one.
    Within(String),
}

impl Signed {
    /// Reads the fields. `timed` is what is signed where a time is named and `signed` is not.
    pub(super) fn read(fields: &mut Fields, timed: &str) -> Result<Self, RulesError> {
        let signed = fields.text("signed")?;
        let header = fields.header("timestamp_header")?.map(TimePlace::Header);
        let within = fields.text("timestamp_prefix")?;
        let tolerance = fields.seconds("tolerance_seconds")?;
        if within.as_deref() == Some("") {
            return Err(fields.fault("timestamp_prefix", "is empty"));
        }
        if header.is_some() && within.is_some() {
            return Err(
                fields.fault("timestamp_prefix", "stands beside \"timestamp_header\": only one can be the time")
            );
        }
        let place = header.or(within.map(TimePlace::Within));
        let text = signed.as_deref().unwrap_or(if place.is_some() { timed } else { "{body}" });
        let parts = parts(text);
        if !parts.iter().any(|part| matches!(part, Part::Body)) {
            return Err(fields.fault("signed", "must contain {body}: a signature over no body proves nothing"));
        }
        let is_timed = parts.iter().any(|part| matches!(part, Part::Time));
        match (&place, is_timed) {
            (None, true) => {
                let fault =
                    "has {timestamp}, but neither \"timestamp_header\" nor \"timestamp_prefix\" says where it is";
                return Err(fields.fault("signed", fault));
            }
            (Some(TimePlace::Header(_)), false) => {
                return Err(fields.fault("timestamp_header", "is not signed: \"signed\" has no {timestamp}"));
            }
            (Some(TimePlace::Within(_)), false) => {
                return Err(fields.fault("timestamp_prefix", "is not signed: \"signed\" has no {timestamp}"));
            }
            (None, false) if tolerance.is_some() => {
                return Err(fields.fault("tolerance_seconds", "has no time to look at: nothing names one"));
            }
            _ => {}
        }
        let time = place.map(|place| Time { place, tolerance_s: tolerance.unwrap_or(TOLERANCE_S) });
        Ok(Self { parts, time })
    }

    /// The time as the sender wrote it; empty where the rule names none. `signature` is the signature's whole header.
    pub(super) fn time<'r>(&self, request: &'r Received, signature: &'r str) -> Result<&'r str, Denied> {
        let found = match self.time.as_ref().map(|time| &time.place) {
            None => Some(""),
            Some(TimePlace::Header(name)) => request.header(name.as_str()),
            Some(TimePlace::Within(prefix)) => {
                signature.split(is_separator).find_map(|part| part.strip_prefix(prefix.as_str()))
            }
        };
        found.map(str::trim).ok_or(Denied::Missing)
    }

    /// Hands over what is signed, piece by piece.
    pub(super) fn feed(&self, time: &str, body: &[u8], each: &mut dyn FnMut(&[u8])) {
        for part in &self.parts {
            match part {
                Part::Text(text) => each(text.as_bytes()),
                Part::Body => each(body),
                Part::Time => each(time.as_bytes()),
            }
        }
    }

    /// Whether a time that **was signed** is near enough to ours.
    pub(super) fn is_fresh(&self, time: &str, now_s: i64) -> Result<(), Denied> {
        self.time.as_ref().map_or(Ok(()), |signed| fresh(time, now_s, signed.tolerance_s))
    }
}

/// What stands between the parts of a signature's header.
pub(super) fn is_separator(letter: char) -> bool {
    matches!(letter, ',' | ';' | ' ')
}

fn parts(template: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(letter) = rest.chars().next() {
        let found = [("{body}", Part::Body), ("{timestamp}", Part::Time)]
            .into_iter()
            .find_map(|(name, part)| Some((rest.strip_prefix(name)?, part)));
        match found {
            Some((tail, part)) => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(part);
                rest = tail;
            }
            None => {
                text.push(letter);
                rest = &rest[letter.len_utf8()..];
            }
        }
    }
    parts.push(Part::Text(text));
    parts
}

/// Whether a time is at most so many seconds from ours; 0 for any.
pub(super) fn fresh(time: &str, now_s: i64, tolerance_s: i64) -> Result<(), Denied> {
    if tolerance_s == 0 {
        return Ok(());
    }
    let near = seconds(time).is_some_and(|at| at.abs_diff(now_s) <= tolerance_s.unsigned_abs());
    if near { Ok(()) } else { Err(Denied::Stale) }
}

/// Seconds since 1970: given so, or in milliseconds, which have 13 digits from 2001 to 2286, or in RFC 3339.
fn seconds(time: &str) -> Option<i64> {
    let number: Option<i64> = time.parse().ok();
    match number {
        Some(millis) if time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit()) => Some(millis / 1000),
        Some(seconds) => Some(seconds),
        None => Timestamp::parse(time).map(|at| at.unix_millis().div_euclid(1000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_seconds_milliseconds_and_rfc_3339() {
        for time in ["1700000000", "1700000000999", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20.5+01:00"] {
            assert_eq!(seconds(time), Some(1_700_000_000), "{time}");
        }
        for time in ["", "now", "17000000000000000000000", "2023-11-14", "1700000000.5"] {
            assert_eq!(seconds(time), None, "{time}");
            assert_eq!(fresh(time, 0, 300), Err(Denied::Stale), "{time}");
            assert_eq!(fresh(time, 0, 0), Ok(()), "{time}");
        }
    }
}
