//! `header`: a header of fixed value.

use http::HeaderName;

use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret, same};
use crate::request::Received;

pub(super) struct Header {
    name: HeaderName,
    value: Secret,
}

/// Fields `name` and `value`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    Ok(Box::new(Header { name: fields.needed_header("name")?, value: fields.header_secret("value")? }))
}

impl Check for Header {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        same(request.header(self.name.as_str()).map(str::as_bytes), &self.value)
    }
}
