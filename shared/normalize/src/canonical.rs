//! A fingerprint of JSON that does not depend on key order or white space.

use std::collections::BTreeMap;
use std::fmt::Write as _;

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
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
    out.push('{');
    for (name, value) in fields {
        write!(out, "{name:?}:").ok()?;
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

#[cfg(test)]
mod tests {
    use super::fingerprint;

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
