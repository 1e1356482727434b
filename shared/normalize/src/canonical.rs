//! A fingerprint of JSON that does not depend on key order or white space.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;
use tributary_events::Key;

/// The fingerprint of JSON text, for the key of an event that carries no id: 36 characters.
///
/// Key order and white space do not enter, number text does (`1.0` is not `1`). Text that is not JSON is taken as it
/// is. Nesting beyond 64 levels is taken as text too.
#[must_use]
pub fn fingerprint(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    write_sorted(json, 0, &mut text);
    Key::new("canonical", None).part(Some(&text)).finish().to_string()
}

fn write_sorted(json: &str, depth: usize, out: &mut String) {
    let json = json.trim_ascii();
    let opened = out.len();
    let written = match json.as_bytes().first() {
        Some(b'{') if depth < 64 => write_object(json, depth, out),
        Some(b'[') if depth < 64 => write_array(json, depth, out),
        Some(b'"') => serde_json::from_str::<String>(json).ok().and_then(|text| {
            let text = serde_json::to_string(&text).ok()?;
            out.push_str(&text);
            Some(())
        }),
        _ => None,
    };
    if written.is_none() {
        out.truncate(opened);
        out.push_str(json);
    }
}

fn write_object(json: &str, depth: usize, out: &mut String) -> Option<()> {
    let fields: BTreeMap<Name, &RawValue> = serde_json::from_str(json).ok()?;
    out.push('{');
    for (Name(name), value) in fields {
        match std::str::from_utf8(&name) {
            Ok(name) => write!(out, "{name:?}:").ok()?,
            Err(_) => write!(out, "{name:?}:").ok()?,
        }
        write_sorted(value.get(), depth + 1, out);
        out.push(',');
    }
    out.push('}');
    Some(())
}

fn write_array(json: &str, depth: usize, out: &mut String) -> Option<()> {
    let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    out.push('[');
    for item in items {
        write_sorted(item.get(), depth + 1, out);
        out.push(',');
    }
    out.push(']');
    Some(())
}

/// A field's name as bytes: half a surrogate pair, which JSON can hold, is in no Rust string.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Name, E> {
                Ok(Name(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn half_a_surrogate_pair_in_a_name_is_a_name() {
        let one = fingerprint(r#"{"a":1,"\ud800":2,"\udbff":3}"#);
        assert_eq!(one, fingerprint(r#"{ "\udbff":3, "\ud800":2,"a":1 }"#));
        assert_ne!(one, fingerprint(r#"{"a":1,"\ud800":3,"\udbff":2}"#));
    }

    #[test]
    fn a_fingerprint_stays_what_it_was() {
        // Pinned: a change here re-delivers every event without an id.
        assert_eq!(fingerprint(r#"{"b":[1.0,"x\u00e9"],"a \"":{}}"#), "605baa26-22b3-8e47-91b7-f346dea24efe");
    }

    #[test]
    fn key_order_and_white_space_do_not_count() {
        assert_eq!(
            fingerprint(r#"{"a":1,"b":[{"c":null,"d":"é"}]}"#),
            fingerprint("{ \"b\": [{\"d\":\"\\u00e9\",\"c\":null}], \"a\":1}")
        );
    }

    #[test]
    fn everything_else_counts() {
        let all = [r#"{"a":1}"#, r#"{"a":"1"}"#, r#"{"a":1.0}"#, r#"{"a":[1]}"#, "[1,2]", "[2,1]", "[12]", "x", ""];
        let distinct: std::collections::HashSet<_> = all.iter().map(|json| fingerprint(json)).collect();
        assert_eq!(distinct.len(), all.len());
    }
}
