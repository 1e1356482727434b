//! `query`: a parameter of the query.

use super::fields::{Fields, RulesError};
use super::{Check, Denied, Secret, pair, same};
use crate::request::Received;

pub(super) struct Query {
    name: String,
    value: Secret,
}

/// Fields `name` and `value`.
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    Ok(Box::new(Query { name: fields.needed("name")?, value: fields.secret("value")? }))
}

impl Check for Query {
    fn check(&self, request: &Received, _now_s: i64) -> Result<(), Denied> {
        same(pair(request.query.as_bytes(), &self.name).as_deref().map(str::as_bytes), &self.value)
    }
}
