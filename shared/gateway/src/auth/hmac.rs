//! `hmac`: a keyed hash of the raw body in a header, with or without a time.

use http::HeaderName;

use super::algorithm::Algorithm;
use super::encoding::Encoding;
use super::fields::{Fields, RulesError};
use super::signed::{Signed, is_separator};
use super::{Check, Denied, Secret};
use crate::request::Received;

pub(super) struct Hmac {
    secret: Secret,
    header: HeaderName,
    algorithm: Algorithm,
    encoding: Encoding,
    /// What stands before the signature within the header, `sha256=` for one.
    prefix: String,
    signed: Signed,
}

/// Fields `secret`, taken as UTF-8 bytes, `header`, `algorithm`, `encoding`, `prefix` and those of [`Signed`].
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    Ok(Box::new(Hmac {
        secret: fields.secret("secret")?,
        header: fields.needed_header("header")?,
        algorithm: Algorithm::read(fields)?.unwrap_or(Algorithm::Sha256),
        encoding: Encoding::read(fields)?,
        prefix: fields.text("prefix")?.unwrap_or_default(),
        // What is signed must be told: no order of time and body goes without saying.
        signed: Signed::read(fields, "{body}")?,
    }))
}

impl Check for Hmac {
    fn check(&self, request: &Received, now_s: i64) -> Result<(), Denied> {
        let value = request.header(self.header.as_str()).ok_or(Denied::Missing)?.trim();
        let given = signatures(value, &self.prefix);
        // A header without the prefix is somebody else's.
        if given.is_empty() {
            return Err(Denied::Missing);
        }
        let time = self.signed.time(request, value)?;
        let given: Vec<Vec<u8>> = given.iter().flat_map(|text| self.encoding.decodings(text)).collect();
        let feed = |each: &mut dyn FnMut(&[u8])| self.signed.feed(time, &request.body, each);
        if !self.algorithm.vouches(&self.secret, &feed, &given) {
            return Err(Denied::Wrong);
        }
        // Only now: a time nobody signed says nothing.
        self.signed.is_fresh(time, now_s)
    }
}

/// The signatures in a header: what follows each prefix, up to a comma, a semicolon or a blank. Some senders write
/// several, one for each of their live secrets.
fn signatures<'v>(value: &'v str, prefix: &str) -> Vec<&'v str> {
    let upto = |at: usize| value[at..].trim_start().split(is_separator).next().unwrap_or_default();
    match prefix {
        "" => vec![upto(0)],
        prefix => value.match_indices(prefix).map(|(at, _)| upto(at + prefix.len())).collect(),
    }
}
