//! Reading what vendors really send: strings for numbers, objects for strings, nulls anywhere.
//!
//! Each type here takes **any** JSON and gives nothing where the shape does not fit, so that one odd field never costs
//! an event. One thing does: a number beyond a double (`1e999`) where [`Obj`] or [`List`] stands; the part it is in goes to
//! quarantine then. Use them for the fields of payload structs:
//!
//! ```
//! use serde::Deserialize;
//! use tributary_normalize::lenient::{Obj, Text};
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
//! struct Report<'a> {
//!     message_id: Text<'a>,
//!     status: Obj<Status<'a>>,
//! }
//!
//! #[derive(Default, Deserialize)]
//! #[serde(default, bound(deserialize = "'de: 'a"))]
//! struct Status<'a> {
//!     id: Text<'a>,
//! }
//!
//! let report: Report<'_> = serde_json::from_str(r#"{"messageId":18446744073709551615,"status":{"id":"5"}}"#).unwrap();
//! assert_eq!(report.message_id.get(), Some("18446744073709551615"));
//! assert_eq!(report.status.id.get(), Some("5"));
//! ```
//!
//! Do not use `#[serde(alias)]` for two names that may both occur in one body: serde calls that a duplicate field and
//! the event would go to quarantine. Give each name a field and choose.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tributary_events::{Raw, Str, Timestamp};

use crate::decimal::decimal;
use crate::source::MAX_DEPTH;

/// No vendor's event is older. What claims to be is a zero, a unit taken for another, or a default of some database.
pub const FIRST_YEAR: i32 = 2010;

/// The time, unless it lies before [`FIRST_YEAR`].
#[must_use]
pub fn plausible(time: Option<Timestamp>) -> Option<Timestamp> {
    time.filter(|time| time.year() >= FIRST_YEAR)
}

/// Text from a string, number or boolean. Null, empty, arrays and objects are nothing.
///
/// A number keeps its digits as written; it never passes through a float.
#[derive(Clone, Default)]
pub struct Text<'a>(Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// The text.
    #[must_use]
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text for a field of an event.
    #[must_use]
    pub fn take(&self) -> Option<Str<'a>> {
        self.0.clone()
    }

    /// This text, or the other where this one is nothing.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        if self.0.is_some() { self.clone() } else { other.clone() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The text is this word, in any case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.get().is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// The text in lower case, for words of the vendor that we pass on folded.
    #[must_use]
    pub fn lower(&self) -> Option<Str<'a>> {
        match &self.0 {
            Some(text) if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(Cow::Owned(text.to_ascii_lowercase()))
            }
            text => text.clone(),
        }
    }

    /// The time, if the text is ISO 8601 with an offset. A year before [`FIRST_YEAR`] is no time.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        plausible(Timestamp::parse(self.get()?))
    }

    /// The time, if the text is milliseconds since 1970.
    #[must_use]
    pub fn millis(&self) -> Option<Timestamp> {
        plausible(Timestamp::from_unix_millis(self.get()?.parse().ok()?))
    }

    /// The time, if the text is seconds since 1970, with or without a fraction.
    #[must_use]
    pub fn seconds(&self) -> Option<Timestamp> {
        plausible(Timestamp::from_unix_seconds_text(self.get()?))
    }

    /// The whole number, if the text is one.
    #[must_use]
    pub fn int(&self) -> Option<u64> {
        self.get()?.parse().ok()
    }

    /// The number, if the text is one in JSON's spelling.
    #[must_use]
    pub fn number(&self) -> Option<serde_json::Number> {
        serde_json::from_str(self.get()?).ok()
    }

    /// The decimal number (`-?digits(.digits)?`, the form of `Money`), if the text says one beyond doubt: as it is, in groups
    /// of three (`1,980,000`, `1 980`, `1,980.50`, `1.980,50`), with a decimal comma (`12,5`), beside a currency's mark.
    ///
    /// `1,980` alone is none: it is 1980 here and 1.98 there. See [`Text::grouped_decimal`].
    #[must_use]
    pub fn decimal(&self) -> Option<Str<'a>> {
        self.as_decimal(false)
    }

    /// As [`Text::decimal`], for vendors whose customers group by commas: `1,980` is 1980.
    #[must_use]
    pub fn grouped_decimal(&self) -> Option<Str<'a>> {
        self.as_decimal(true)
    }

    fn as_decimal(&self, comma_groups: bool) -> Option<Str<'a>> {
        let text = self.get()?;
        let decimal = decimal(text, comma_groups)?;
        if decimal == text { self.take() } else { Some(Cow::Owned(decimal.into_owned())) }
    }

    /// True or false, if the text is one of these words or 1 or 0.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        match self.get()? {
            "1" => Some(true),
            "0" => Some(false),
            word if word.eq_ignore_ascii_case("true") => Some(true),
            word if word.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// From a JSON value.
    #[must_use]
    pub fn from_json(json: &'a str) -> Self {
        let bytes = json.as_bytes();
        match bytes.first() {
            Some(b'"') if bytes.len() > 2 => {
                let inner = &json[1..json.len() - 1];
                if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
                    Self(Some(Cow::Borrowed(inner)))
                } else {
                    Self(lossy_string(json).filter(|text| !text.is_empty()).map(Cow::Owned))
                }
            }
            Some(b'0'..=b'9' | b'-' | b't' | b'f') => Self(Some(Cow::Borrowed(json))),
            _ => Self(None),
        }
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self((!text.is_empty()).then_some(Cow::Borrowed(text)))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self((!text.is_empty()).then_some(text))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "Text(-)" } else { "Text(..)" })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_json(<&'de RawValue>::deserialize(deserializer)?.get()))
    }
}

/// A JSON string in which half a surrogate pair becomes U+FFFD instead of an error.
fn lossy_string(json: &str) -> Option<String> {
    string_bytes(json).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// The bytes of a JSON string, its quotes included in `json`: half a surrogate pair, which no Rust string holds, is three
/// bytes of its own. `None` if it is no JSON string.
pub(crate) fn string_bytes(json: &str) -> Option<Vec<u8>> {
    struct Bytes(Vec<u8>);
    impl<'de> Deserialize<'de> for Bytes {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Any;
            impl Visitor<'_> for Any {
                type Value = Bytes;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a string")
                }
                fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                    Ok(Bytes(bytes.to_vec()))
                }
            }
            deserializer.deserialize_bytes(Any)
        }
    }
    serde_json::from_str::<Bytes>(json).ok().map(|bytes| bytes.0)
}

/// JSON of any shape, verbatim. Null is nothing.
#[derive(Clone, Copy, Default)]
pub struct Any<'a>(Option<&'a RawValue>);

impl<'a> Any<'a> {
    /// The JSON text.
    #[must_use]
    pub fn get(&self) -> Option<&'a str> {
        self.0.map(RawValue::get)
    }

    /// The JSON itself.
    #[must_use]
    pub fn raw(&self) -> Option<&'a RawValue> {
        self.0
    }

    /// The JSON text, unless it is empty text: vendors mix null, empty and absent.
    #[must_use]
    pub fn non_empty(&self) -> Option<&'a str> {
        self.get().filter(|json| *json != "\"\"")
    }

    /// The JSON for a field of an event.
    #[must_use]
    pub fn take(&self) -> Option<Raw<'a>> {
        self.0.map(Cow::Borrowed)
    }

    /// As text, if it is a string, number or boolean.
    #[must_use]
    pub fn text(&self) -> Text<'a> {
        self.get().map_or_else(Text::default, Text::from_json)
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<&'a RawValue>> {
        self.get().filter(|json| json.starts_with('[')).and_then(|json| serde_json::from_str(json).ok())
    }

    /// The JSON; where it is text that holds JSON, that JSON, compact. Text that is no JSON, or nests too deep, is nothing.
    #[must_use]
    pub fn unwrapped(&self) -> Option<Cow<'a, str>> {
        let json = self.get()?;
        if !json.starts_with('"') {
            return Some(Cow::Borrowed(json));
        }
        let text = self.text();
        let text = text.get()?.trim_ascii();
        // Cheap to rule out: hardly any text is JSON.
        if !text.starts_with(['{', '[']) || tributary_events::depth(text) > MAX_DEPTH {
            return None;
        }
        let inner = tributary_events::compact(text);
        serde_json::from_str::<IgnoredAny>(&inner).ok()?;
        Some(Cow::Owned(inner.into_owned()))
    }

    /// The object: itself, or the one that text holds.
    #[must_use]
    pub fn object(&self) -> Option<Cow<'a, str>> {
        self.unwrapped().filter(|json| json.starts_with('{'))
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.get().is_some_and(|json| json.starts_with('{'))
    }
}

impl fmt::Debug for Any<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_none() { "Any(-)" } else { "Any(..)" })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Any<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        Ok(Self((raw.get() != "null").then_some(raw)))
    }
}

/// An object, or its default where the JSON is none. Reads like the object itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Obj<T> {
    present: bool,
    value: T,
}

impl<T> Obj<T> {
    /// The object, if there is one.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.present.then_some(&self.value)
    }
}

impl<T> Deref for Obj<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Obj<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Object<T> {
            type Value = Option<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Some)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Option<T>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
                Ok(None)
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Option<T>, E> {
                Ok(None)
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Option<T>, E> {
                Ok(None)
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Option<T>, E> {
                Ok(None)
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Option<T>, E> {
                Ok(None)
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Option<T>, E> {
                Ok(None)
            }
        }
        let value = deserializer.deserialize_any(Object(PhantomData))?;
        Ok(Self { present: value.is_some(), value: value.unwrap_or_default() })
    }
}

/// The objects of an array. One object alone is an array of one; elements that are no objects are left out.
#[derive(Debug, Clone)]
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Items<T> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("anything")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|item| vec![item])
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<Obj<T>>()? {
                    if item.present {
                        items.push(item.value);
                    }
                }
                Ok(items)
            }
            fn visit_unit<E: de::Error>(self) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Vec<T>, E> {
                Ok(Vec::new())
            }
        }
        deserializer.deserialize_any(Items(PhantomData)).map(List)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Probe<'a> {
        text: Text<'a>,
        inner: Obj<Inner<'a>>,
        list: List<Inner<'a>>,
        any: Any<'a>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Inner<'a> {
        id: Text<'a>,
    }

    #[test]
    fn any_json_fits_every_field() {
        for json in ["null", "true", "-1", "1.5e3", "\"x\"", "\"\"", "[]", "[null,1,{\"id\":2},[3]]", "{\"id\":[]}"] {
            for field in ["text", "inner", "list", "any", "unknown"] {
                let body = format!("{{\"{field}\":{json}}}");
                assert!(serde_json::from_str::<Probe<'_>>(&body).is_ok(), "{body}");
            }
        }
        let probe: Probe<'_> = serde_json::from_str(r#"{"list":[null,1,{"id":2},[3]],"inner":{"id":true}}"#).unwrap();
        assert_eq!(probe.list.len(), 1);
        assert_eq!(probe.list[0].id.get(), Some("2"));
        assert_eq!(probe.inner.get().unwrap().id.get(), Some("true"));
    }

    #[test]
    fn json_within_text_is_that_json() {
        let read = |json: &str| {
            let any: Any<'_> = serde_json::from_str(json).unwrap();
            any.unwrapped().map(Cow::into_owned)
        };
        assert_eq!(read(r#"{"a":1}"#).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(read(r#""[ {\"a\": \"\\ud83d\"} ]""#).as_deref(), Some(r#"[{"a":"\ufffd"}]"#));
        for none in [r#""text""#, r#""{\"a\":""#, r#""""#, "null", &format!("\"{}\"", "[".repeat(20_000))] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn text_keeps_digits_and_decodes_escapes() {
        let read = |json| Text::from_json(json).get().map(str::to_owned);
        assert_eq!(read("123456789012345678901234567890.10").unwrap(), "123456789012345678901234567890.10");
        assert_eq!(read(r#""a\"\u00e9""#).unwrap(), "a\"é");
        assert_eq!(read(r#""a\ud800b""#).unwrap(), "a\u{FFFD}\u{FFFD}\u{FFFD}b");
        assert_eq!(read("\"\""), None);
        assert_eq!(read("{}"), None);
    }
}
