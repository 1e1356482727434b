//! `path`: the first segment after the source, `key-<secret>`.

use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret, same};
use crate::request::Received;

pub(super) struct Path(Secret);

/// Field `secret`, without `key-`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    let secret = fields.matchable("secret")?;
    if secret.contains('/') {
        let fault = "has a slash in it, which ends a segment of a path: it can never match";
        return Err(fields.fault("secret", fault));
    }
    Ok(Box::new(Path(Secret::from(secret))))
}

impl Check for Path {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        same(request.path_secret.as_deref().map(str::as_bytes), &self.0)
    }
}
