//! `bearer`: `Authorization: Bearer`, RFC 6750.

use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret, same, scheme};
use crate::request::Received;

pub(super) struct Bearer(Secret);

/// Field `token`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    Ok(Box::new(Bearer(fields.header_secret("token")?)))
}

impl Check for Bearer {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        same(scheme(request, "Bearer").map(|given| given.trim().as_bytes()), &self.0)
    }
}
