//! Which fields of a body nobody reads.

use std::cell::RefCell;

use serde::Deserialize;

/// Collects the paths of fields that a parse skipped, when asked to.
#[derive(Debug, Default)]
pub(crate) struct Audit(Option<RefCell<Vec<String>>>);

impl Audit {
    pub(crate) fn on() -> Self {
        Self(Some(RefCell::default()))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn parse<'a, T: Deserialize<'a>>(&self, json: &'a str) -> Result<T, serde_json::Error> {
        let Some(unread) = &self.0 else { return serde_json::from_str(json) };
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let value = serde_ignored::deserialize(&mut deserializer, |path| unread.borrow_mut().push(path.to_string()))?;
        deserializer.end()?;
        Ok(value)
    }

    pub(crate) fn into_unread(self) -> Vec<String> {
        self.0.map(RefCell::into_inner).unwrap_or_default()
    }
}
