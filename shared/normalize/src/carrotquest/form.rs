//! The fields of a post as the JSON object that becomes `original`, without the token.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::MAX_DEPTH;
use crate::{RejectReason, Unreadable};

/// Proves who is calling, so it goes no further than the gateway: neither to the queue nor to quarantine.
const TOKEN: &str = "token";

/// The fields whose text is JSON.
const JSON_FIELDS: [&str; 3] = ["user", "event", "conversation"];

/// The form as a JSON object: its fields in their order but for the token, JSON text as JSON, all else as text.
///
/// JSON text that is broken stays text: what to make of it depends on the kind of post.
///
/// # Errors
/// [`Unreadable`] if the form is not UTF-8 once its escapes are undone, such as one in windows-1251: what cannot be read is
/// kept as it came, and no text of an event.
pub(super) fn to_object(form: &str) -> Result<String, Unreadable> {
    if let Err(error) = str::from_utf8(&unescaped(form)) {
        return Err(Unreadable::new(RejectReason::NotUtf8, format!("byte {} of the form", error.valid_up_to())));
    }
    let mut object = String::with_capacity(form.len());
    object.push('{');
    for (name, value) in form_urlencoded::parse(form.as_bytes()).filter(|(name, _)| name != TOKEN) {
        if object.len() > 1 {
            object.push(',');
        }
        push_text(&name, &mut object);
        object.push(':');
        match JSON_FIELDS.contains(&name.as_ref()).then(|| json(&value)).flatten() {
            Some(json) => object.push_str(&json),
            None => push_text(&value, &mut object),
        }
    }
    object.push('}');
    Ok(object)
}

/// The bytes that a form's escapes stand for.
fn unescaped(form: &str) -> Cow<'_, [u8]> {
    if memchr::memchr(b'%', form.as_bytes()).is_none() {
        return Cow::Borrowed(form.as_bytes());
    }
    let mut bytes = Vec::with_capacity(form.len());
    let mut rest = form.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high << 4 | low));
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(bytes)
}

fn json(text: &str) -> Option<Cow<'_, str>> {
    let json = tributary_events::compact(text);
    let usable = tributary_events::depth(&json) <= MAX_DEPTH && serde_json::from_str::<&RawValue>(&json).is_ok();
    usable.then_some(json)
}

fn push_text(text: &str, out: &mut String) {
    // Writing text to a string cannot fail; an empty string keeps the object valid all the same.
    out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
}

/// A JSON object without its token, if it has one.
pub(super) fn object_without_token(object: &str) -> Option<String> {
    // Cheap to rule out.
    memchr::memmem::find(object.as_bytes(), b"\"token\"")?;
    let Fields(fields) = serde_json::from_str(object).ok()?;
    let mut rest = String::with_capacity(object.len());
    rest.push('{');
    for (name, value) in fields.iter().filter(|(name, _)| name != TOKEN) {
        if rest.len() > 1 {
            rest.push(',');
        }
        push_text(name, &mut rest);
        rest.push(':');
        rest.push_str(value.get());
    }
    rest.push('}');
    Some(rest)
}

/// The fields of an object in their order.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object).map(Fields)
    }
}

/// The body without the token. What is neither a form nor an object stays as it is.
///
/// The gateway looks for the token in the pairs of a form, whatever the body looks like: so it is cut off of a broken
/// object, too.
pub(super) fn without_token(body: &[u8]) -> Cow<'_, [u8]> {
    let text = std::str::from_utf8(body).map(|text| text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii());
    if let Ok(text) = text
        && text.starts_with('{')
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
    {
        return object_without_token(text).map_or(Cow::Borrowed(body), |object| Cow::Owned(object.into_bytes()));
    }
    let is_token = |pair: &[u8]| form_urlencoded::parse(pair).any(|(name, _)| name == TOKEN);
    let pairs = || body.split(|byte| *byte == b'&');
    if !pairs().any(is_token) {
        return Cow::Borrowed(body);
    }
    Cow::Owned(pairs().filter(|pair| !is_token(pair)).collect::<Vec<_>>().join(&b'&'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_json_is_embedded() {
        let form = "type=event&event=%7B%22id%22%3A+1.50%2C+%22a%22%3A+%22x+%26+y%22%7D&note=%7B%7D&user=%7Bbroken";
        let object = r#"{"type":"event","event":{"id":1.50,"a":"x & y"},"note":"{}","user":"{broken"}"#;
        assert_eq!(to_object(form).unwrap(), object);
        assert_eq!(to_object("").unwrap(), "{}");
        assert_eq!(
            to_object("a=%EF%BF%BD&b&c=100%&d=%zz").unwrap(),
            "{\"a\":\"\u{FFFD}\",\"b\":\"\",\"c\":\"100%\",\"d\":\"%zz\"}"
        );
    }

    #[test]
    fn half_a_surrogate_pair_in_a_field_is_a_replacement_character() {
        let form = "user=%7B%22a%5Cud83d%22%3A%22%5Cude00x%22%7D";
        assert_eq!(to_object(form).unwrap(), r#"{"user":{"a\ufffd":"\ufffdx"}}"#);
    }

    #[test]
    fn a_form_in_another_encoding_is_no_text() {
        for form in
            ["a=%FF&b", "%CE%EF=1", "a=%D0&b=%9F", "a=%ed%a0%bd", "event=%7B%22name%22%3A%22%CE%EF%22%7D", "a=1&b=%"]
        {
            let is_utf8 = form == "a=1&b=%";
            match to_object(form) {
                Ok(_) => assert!(is_utf8, "{form}"),
                Err(error) => assert!(!is_utf8 && error.reason == RejectReason::NotUtf8, "{form}"),
            }
        }
    }

    #[test]
    fn the_token_is_cut_off_however_it_is_spelt() {
        for form in ["token=s3cret&a=1", "a=1&token=s3cret", "a=1&%74oken=s3cret", "token=s3cret&a=1&token=s3cret"] {
            assert_eq!(to_object(form).unwrap(), r#"{"a":"1"}"#, "{form}");
            assert_eq!(without_token(form.as_bytes()), Cow::Borrowed(b"a=1"), "{form}");
        }
        assert_eq!(without_token(b"token=s3cret&a=\xFF"), Cow::Borrowed(b"a=\xFF"));
        for json in ["{\"a\":\"&token=1&\"}", "{\"a\":{\"token\":1}}", "{\"token\":"] {
            assert_eq!(without_token(json.as_bytes()), Cow::Borrowed(json.as_bytes()), "{json}");
        }
        // What lets a request in, however the rest of the body looks.
        for (body, rest) in [
            (&b"{&token=s3cret&\xFF"[..], &b"{&\xFF"[..]),
            (b" {\"a\":1}&token=s3cret", b" {\"a\":1}"),
            (b"[&token=s3cret", b"["),
            (b"\xEF\xBB\xBF{\"token\":\"s3cret\",\"a\":1}", b"{\"a\":1}"),
        ] {
            assert_eq!(without_token(body), Cow::Borrowed(rest));
        }
        assert_eq!(object_without_token(r#"{"z":1.50,"token":"s3cret","a":{}}"#).unwrap(), r#"{"z":1.50,"a":{}}"#);
    }
}
