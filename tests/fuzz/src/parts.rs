//! How many parts a body has, counted apart from the code under test.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// More parts than this are kept as one body.
const MOST: usize = 20_000;

/// How many events and rejects together may come out of a body.
#[must_use]
pub fn expected(source: &str, body: &[u8]) -> RangeInclusive<usize> {
    let Ok(text) = std::str::from_utf8(body) else { return 1..=1 };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_ascii();
    let one = 1..=1;
    let list = |count: usize| match count {
        0 => 0..=1,
        1..=MOST => count..=MOST,
        _ => 1..=1,
    };
    match (source, text.as_bytes().first()) {
        ("carrotquest", _) => one,
        ("altcraft", Some(b'[')) => match elements(text) {
            Some(0) => 0..=0,
            Some(count @ 1..=MOST) => count..=count,
            _ => one,
        },
        ("altcraft", _) => one,
        ("channeltalk", Some(b'[')) => elements(text).map_or(one, list),
        ("infobip", Some(b'{')) => match field(text, "results").and_then(elements) {
            Some(0) | None => 1..=MOST,
            Some(count) => list(count),
        },
        ("karte", Some(b'{')) => match beacon(text) {
            Some(0) => 0..=0,
            Some(count @ 1..=MOST) => count..=count,
            Some(_) => one,
            None => 0..=MOST,
        },
        (_, Some(b'{')) => 1..=MOST,
        _ => one,
    }
}

fn elements(text: &str) -> Option<usize> {
    serde_json::from_str::<Vec<&RawValue>>(text).ok().map(|elements| elements.len())
}

/// A field of an object; none where any name stands twice, for then the body is broken.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let names = text.matches(&format!("\"{name}\"")).count();
    fields.get(name).filter(|_| names == 1).map(|value| value.get())
}

/// A beacon of KARTE's: the events of one person. Only where no envelope is around it and nothing else names the body.
fn beacon(text: &str) -> Option<usize> {
    let others = ["jsonPayload", "detail", "event_type", "event_name", "\\u"];
    if others.iter().any(|name| text.contains(name)) || !field(text, "keys")?.starts_with('{') {
        return None;
    }
    // A name of a known field that stands twice in `keys` breaks all of it.
    let keys: BTreeMap<String, &RawValue> = serde_json::from_str(field(text, "keys")?).ok()?;
    let pairs = serde_json::from_str::<Pairs>(field(text, "keys")?).ok()?.0;
    if pairs != keys.len() {
        return None;
    }
    elements(field(text, "events")?)
}

/// How many fields an object has, those that stand twice counted twice.
struct Pairs(usize);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = Pairs;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut count = 0;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Pairs(count))
            }
        }
        deserializer.deserialize_map(Count)
    }
}
