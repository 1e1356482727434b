//! Reading one rule out of a secret, field by field, so that an error names the place and never a value.

use std::fmt;

use http::HeaderName;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use super::secret::Secret;

/// Where a rule stands in the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    at: String,
    kind: &'static str,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, kind } = self;
        if kind.is_empty() { f.write_str(at) } else { write!(f, "{at} ({kind})") }
    }
}

/// Why rules cannot be used. Names the rule, counted from 0, and the field; holds no value but a rule's `type`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not JSON, or not of the shape of rules. Says where, never what.
    #[error(
        "not rules: {kind} error at line {line} column {column}; expected {{\"rules\":[{{\"type\":\"basic\",...}}]}}"
    )]
    Shape {
        /// `syntax` or `data`.
        kind: &'static str,
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// A list without rules.
    #[error("no rule in \"rules\": without one nobody can be let in")]
    Empty,
    /// There is no such type.
    #[error("{place}: \"type\" is {given}; there are: {known}")]
    Type {
        /// The rule.
        place: Place,
        /// The word in quotes, or what stands in its place.
        given: String,
        /// The types there are.
        known: String,
    },
    /// A field that the type does not have. Its name is not told: it may be anything that was pasted there.
    #[error("{place}: has a field that this type does not know; it knows: {known}")]
    Unknown {
        /// The rule.
        place: Place,
        /// The fields of the type.
        known: String,
    },
    /// A field is missing, or can never do what it is for.
    #[error("{place}, field \"{field}\": {fault}")]
    Field {
        /// The rule.
        place: Place,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
}

/// The fields of a rule as given, in their order.
pub(super) struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry()? {
                    // Two values for one field: nobody can tell which one is meant.
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("a field twice"));
                    }
                    fields.push((name, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The fields of a rule that are not read yet.
pub(super) struct Fields {
    place: Place,
    left: Vec<(String, Value)>,
    known: Vec<&'static str>,
}

impl Fields {
    /// Finds the type of a rule among `types`, and what belongs to it.
    pub(super) fn of<T: Copy>(
        at: String,
        Object(mut left): Object,
        types: &[(&'static str, T)],
    ) -> Result<(&'static str, T, Self), RulesError> {
        let kind = left.iter().position(|(name, _)| name == "type").map(|at| left.remove(at).1);
        let word = kind.as_ref().and_then(Value::as_str);
        let Some((kind, found)) = types.iter().find(|(kind, _)| Some(*kind) == word) else {
            let given = match word {
                Some(word) if word.len() <= 40 && !word.contains(char::is_control) => format!("\"{word}\""),
                Some(_) => "no word".to_owned(),
                None if kind.is_some() => "no text".to_owned(),
                None => "missing".to_owned(),
            };
            let known = types.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ");
            return Err(RulesError::Type { place: Place { at, kind: "" }, given, known });
        };
        Ok((kind, *found, Self { place: Place { at, kind }, left, known: vec!["type"] }))
    }

    pub(super) fn fault(&self, field: &'static str, fault: &'static str) -> RulesError {
        RulesError::Field { place: self.place.clone(), field, fault }
    }

    fn take(&mut self, field: &'static str) -> Option<Value> {
        self.known.push(field);
        let at = self.left.iter().position(|(name, _)| name == field)?;
        Some(self.left.remove(at).1)
    }

    /// A text that may be missing.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<String>, RulesError> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fault(field, "must be a text")),
        }
    }

    /// A text that must be there and be something.
    pub(super) fn needed(&mut self, field: &'static str) -> Result<String, RulesError> {
        match self.text(field)? {
            None => Err(self.fault(field, "is missing")),
            Some(text) if text.is_empty() => Err(self.fault(field, "is empty")),
            Some(text) => Ok(text),
        }
    }

    /// A text that a request can carry: with outer blanks or control characters it would never match.
    pub(super) fn matchable(&mut self, field: &'static str) -> Result<String, RulesError> {
        let text = self.needed(field)?;
        if text.trim() != text {
            return Err(self.fault(field, "has blanks before or after it, so it can never match: take them off"));
        }
        if text.contains(char::is_control) {
            return Err(self.fault(field, "has a control character in it, so it can never match"));
        }
        Ok(text)
    }

    /// A secret. It can match.
    pub(super) fn secret(&mut self, field: &'static str) -> Result<Secret, RulesError> {
        Ok(Secret::from(self.matchable(field)?))
    }

    /// A secret that comes as the value of a header.
    pub(super) fn header_secret(&mut self, field: &'static str) -> Result<Secret, RulesError> {
        let text = self.matchable(field)?;
        if !text.is_ascii() {
            return Err(self.fault(field, "comes in a header, which holds ASCII only: it can never match"));
        }
        Ok(Secret::from(text))
    }

    /// The name of a header that may be missing.
    pub(super) fn header(&mut self, field: &'static str) -> Result<Option<HeaderName>, RulesError> {
        let Some(name) = self.text(field)? else { return Ok(None) };
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => Ok(Some(name)),
            Err(_) => Err(self.fault(field, "is no name of a header: letters, digits and hyphens, no blanks")),
        }
    }

    /// The name of a header that must be there.
    pub(super) fn needed_header(&mut self, field: &'static str) -> Result<HeaderName, RulesError> {
        self.header(field)?.ok_or_else(|| self.fault(field, "is missing"))
    }

    /// One of several words; `fault` lists them.
    pub(super) fn word<T: Copy>(
        &mut self,
        field: &'static str,
        words: &[(&str, T)],
        fault: &'static str,
    ) -> Result<Option<T>, RulesError> {
        let Some(given) = self.text(field)? else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == given);
        found.map(|(_, value)| Some(*value)).ok_or_else(|| self.fault(field, fault))
    }

    /// Whole seconds, 0 or more.
    pub(super) fn seconds(&mut self, field: &'static str) -> Result<Option<i64>, RulesError> {
        let Some(given) = self.take(field) else { return Ok(None) };
        match given.as_i64() {
            Some(seconds) if seconds >= 0 => Ok(Some(seconds)),
            Some(_) => Err(self.fault(field, "is negative; 0 stands for any time")),
            None => Err(self.fault(field, "must be a whole number of seconds")),
        }
    }

    /// Everything that the type knows is read: nothing may be left.
    pub(super) fn end(self) -> Result<(), RulesError> {
        if self.left.is_empty() {
            return Ok(());
        }
        Err(RulesError::Unknown { place: self.place, known: self.known.join(", ") })
    }
}
