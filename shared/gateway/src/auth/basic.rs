//! `basic`: HTTP Basic, RFC 7617.

use base64::Engine;

use super::encoding::STANDARD;
use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret, same, scheme};
use crate::request::Received;

/// Holds `user:password`.
pub(super) struct Basic(Secret);

/// Fields `username` and `password`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    let username = fields.matchable("username")?;
    if username.contains(':') {
        return Err(fields.fault("username", "has a colon in it, which ends a user name: it can never match"));
    }
    let password = fields.matchable("password")?;
    Ok(Box::new(Basic(Secret::from(format!("{username}:{password}")))))
}

impl Check for Basic {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        let given = scheme(request, "Basic").and_then(|given| STANDARD.decode(given.trim()).ok());
        same(given.as_deref(), &self.0)
    }
}
