//! `url_form`: a keyed hash of the URL and the sorted fields of a form, as Twilio
//! (<https://www.twilio.com/docs/usage/webhooks/webhooks-security>) and Mandrill sign.
//!
//! The scheme signs no time, so a request that somebody recorded can be sent again; its events are then duplicates.

use http::HeaderName;

use super::algorithm::Algorithm;
use super::encoding::base64;
use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret};
use crate::request::Received;

pub(super) struct UrlForm {
    secret: Secret,
    url: String,
    header: HeaderName,
    algorithm: Algorithm,
}

/// Fields `secret`, `url`, exactly as it stands in the vendor's console (a function does not know its public URL),
/// `header` and `algorithm` (`sha1`).
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    let url = fields.matchable("url")?;
    if !(url.starts_with("https://") || url.starts_with("http://")) || url.contains(' ') {
        return Err(fields.fault("url", "must be the whole URL as in the vendor's console: https://..."));
    }
    Ok(Box::new(UrlForm {
        secret: fields.secret("secret")?,
        url,
        header: fields.needed_header("header")?,
        algorithm: Algorithm::read(fields)?.unwrap_or(Algorithm::Sha1),
    }))
}

impl Check for UrlForm {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        let value = request.header(self.header.as_str()).ok_or(Denied::Missing)?;
        // Fields of the same name and value are signed once.
        let mut pairs: Vec<_> = form_urlencoded::parse(&request.body).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let feed = |each: &mut dyn FnMut(&[u8])| {
            each(self.url.as_bytes());
            for (name, value) in &pairs {
                each(name.as_bytes());
                each(value.as_bytes());
            }
        };
        let given: Vec<Vec<u8>> = base64(value.trim()).into_iter().collect();
        if self.algorithm.vouches(&self.secret, &feed, &given) { Ok(()) } else { Err(Denied::Wrong) }
    }
}
