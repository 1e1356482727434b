//! Bodies that no vendor sends: classes of input that broke something once, or that break such systems elsewhere.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use common::json::Json;
use common::{Fixture, fixtures};
use proptest::prelude::*;
use tributary_events::Event;
use tributary_normalize::{Normalized, RejectReason, SOURCES};

fn all() -> Vec<Fixture> {
    SOURCES.iter().flat_map(|source| fixtures(*source)).collect()
}

fn trees() -> Vec<(Fixture, Json)> {
    let tree = |fixture: &Fixture| Json::parse(std::str::from_utf8(&fixture.body).ok()?);
    all().into_iter().filter_map(|fixture| tree(&fixture).map(|tree| (fixture, tree))).collect()
}

fn of(source: &str) -> Fixture {
    let source = tributary_normalize::find(source).unwrap();
    let first = fixtures(source).into_iter().next().unwrap();
    Fixture { segments: Vec::new(), ..first }
}

fn parts(out: &Normalized) -> usize {
    out.events.len() + out.rejects.len()
}

/// A consumer reads every event, and reads what we wrote.
fn assert_readable(fixture: &Fixture, out: &Normalized) {
    for event in &out.events {
        let read = Event::parse(&event.json);
        assert!(read.is_ok_and(|read| read.to_json().unwrap() == event.json), "{}", fixture.path.display());
    }
}

#[test]
fn nesting_is_taken_to_its_limit_and_refused_beyond() {
    let nested = |levels: usize| Json::Leaf(format!("{}1{}", "[".repeat(levels), "]".repeat(levels)));
    for (fixture, tree) in trees() {
        if matches!(tree, Json::Leaf(_)) {
            continue;
        }
        let own = tributary_events::depth(&tree.print(""));
        let Some(was) = fixture.normalize(&fixture.body, false).ok() else { continue };
        let mut deepest = tree.clone();
        let mut refused = tree.clone();
        // At the root, beside all that is known.
        for (tree, levels) in [(&mut deepest, 64 - 1), (&mut refused, 64)] {
            match tree {
                Json::Object(fields) => fields.push(("nested".to_owned(), nested(levels))),
                Json::Array(items) => items.push(nested(levels)),
                Json::Leaf(_) => {}
            }
        }
        let at = fixture.path.display();
        let out = fixture.normalize(deepest.print("").as_bytes(), true).unwrap();
        let added = usize::from(matches!(tree, Json::Array(_)));
        assert!(own < 64 && parts(&out) <= parts(&was) + added && parts(&out) > 0, "{at}");
        assert_readable(&fixture, &out);
        assert!(fixture.normalize(refused.print("").as_bytes(), false).is_err(), "{at}");
    }
}

#[test]
fn nesting_within_text_costs_no_stack() {
    let deep = "[".repeat(20_000);
    for (fixture, tree) in trees() {
        let Some(text) = tree.with_nth(1, |node| *node = Json::Leaf(format!("\"{deep}\""))) else { continue };
        let out = fixture.normalize(text.print("").as_bytes(), true).unwrap();
        assert!(parts(&out) > 0, "{}", fixture.path.display());
    }
    let carrotquest = of("carrotquest");
    for field in ["event", "user", "conversation"] {
        let form = format!("type=event&event_id=1&event_name=a&{field}={deep}");
        assert_eq!(parts(&carrotquest.normalize(form.as_bytes(), true).unwrap()), 1, "{field}");
    }
}

#[test]
fn numbers_of_any_size_lose_nothing() {
    let long = "9".repeat(400);
    let within = ["-0", "1e-999", "18446744073709551616", "253402300800000"].map(|number| (number, true));
    // Beyond a double: where an object is expected, such a number breaks what it stands in.
    let beyond = ["1e999", "0.1e400", &long].map(|number| (number, false));
    for (number, is_double) in within.into_iter().chain(beyond) {
        for (fixture, tree) in trees() {
            let was = fixture.normalize(&fixture.body, false).unwrap();
            let mut changed = tree.clone();
            changed.visit(&mut |node| match node {
                Json::Leaf(text) if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
                    number.clone_into(text);
                }
                _ => {}
            });
            let out = fixture.normalize(changed.print("").as_bytes(), true).unwrap();
            assert_eq!(parts(&out), parts(&was), "{}: {number}", fixture.path.display());
            assert!(!is_double || out.rejects.len() <= was.rejects.len(), "{}: {number}", fixture.path.display());
            assert_readable(&fixture, &out);
        }
    }
}

#[test]
fn a_field_that_stands_twice_loses_nothing() {
    for (fixture, tree) in trees() {
        let was = parts(&fixture.normalize(&fixture.body, false).unwrap());
        for n in 0.. {
            let Some(changed) = tree.with_nth(n, |node| {
                if let Json::Object(fields) = node {
                    fields.extend(fields.clone());
                }
            }) else {
                break;
            };
            let out = fixture.normalize(changed.print("").as_bytes(), true).unwrap();
            // What stands around a list cannot be read any more: then the body is one part.
            assert!(parts(&out) == was || parts(&out) == 1, "{}: node {n}", fixture.path.display());
            assert_readable(&fixture, &out);
        }
    }
}

#[test]
fn names_of_any_characters_cost_no_event() {
    // Written into the text: no Rust string holds half a surrogate pair. That one may cost the object it stands in.
    for (name, may_cost) in [
        ("\\u0000", false),
        ("\\u001f", false),
        ("\u{FFFE}", false),
        ("\\uffff", false),
        ("", false),
        ("\\ud800", true),
    ] {
        for (fixture, tree) in trees() {
            let was = fixture.normalize(&fixture.body, false).unwrap();
            let mut changed = tree.clone();
            changed.visit(&mut |node| {
                if let Json::Object(fields) = node {
                    fields.push(("@@".to_owned(), Json::Leaf(format!("\"{name}\""))));
                }
            });
            let text = changed.print("").replace("@@", name);
            let out = fixture.normalize(text.as_bytes(), true).unwrap();
            let at = fixture.path.display();
            assert!(parts(&out) == parts(&was) || (may_cost && parts(&out) == 1), "{at}: {name}");
            assert!(may_cost || out.rejects.len() <= was.rejects.len(), "{at}: {name}");
            assert_readable(&fixture, &out);
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_whole() {
    for fixture in all().iter().filter(|fixture| !fixture.body.is_empty()) {
        for at in [0, fixture.body.len() / 2, fixture.body.len() - 1] {
            let mut body = fixture.body.clone();
            body[at] = 0xFF;
            let out = fixture.normalize(&body, true).unwrap();
            assert_eq!((out.events.len(), out.rejects.len()), (0, 1), "{}", fixture.path.display());
            assert_eq!(out.rejects[0].reason, RejectReason::NotUtf8, "{}", fixture.path.display());
            assert_eq!(out.rejects[0].part, fixture.source.without_secret(&body).as_ref());
        }
    }
}

#[test]
fn a_byte_order_mark_and_white_space_around_change_nothing() {
    for (fixture, _) in trees() {
        let was = fixture.normalize(&fixture.body, false).unwrap();
        let marked = [b"\xEF\xBB\xBF\r\n \t", fixture.body.as_slice(), b"\r\n\r\n"].concat();
        let is = fixture.normalize(&marked, false).unwrap();
        assert_eq!(is.events, was.events, "{}", fixture.path.display());
        assert_eq!(is.rejects.len(), was.rejects.len(), "{}", fixture.path.display());
    }
}

/// The lists that the sources read, each with so many elements.
fn lists(element: &str, count: usize) -> Vec<(Fixture, String)> {
    let elements = vec![element; count].join(",");
    vec![
        (of("altcraft"), format!("[{elements}]")),
        (of("channeltalk"), format!("[{elements}]")),
        (of("channeltalk"), format!(r#"{{"events":[{elements}]}}"#)),
        (of("channeltalk"), format!(r#"{{"campaignUsers":[{elements}]}}"#)),
        (of("infobip"), format!(r#"{{"results":[{elements}]}}"#)),
        (of("karte"), format!(r#"{{"keys":{{}},"events":[{elements}]}}"#)),
    ]
}

#[test]
fn lists_are_read_to_their_limit_and_kept_whole_beyond() {
    for element in ["{}", "7"] {
        for (fixture, body) in lists(element, 20_000) {
            let out = fixture.normalize(body.as_bytes(), false).unwrap();
            if out.events.is_empty() {
                // So many broken elements are one part: the body.
                assert_eq!(
                    (out.rejects.len(), out.rejects[0].part.as_slice()),
                    (1, body.as_bytes()),
                    "{}",
                    &body[..30]
                );
                assert_ne!(out.rejects[0].reason, RejectReason::TooMany, "{}", &body[..30]);
            } else {
                assert_eq!(parts(&out), 20_000, "{}", &body[..30]);
            }
        }
        for (fixture, body) in lists(element, 20_001).into_iter().chain(lists(element, 20_050)) {
            let out = fixture.normalize(body.as_bytes(), false).unwrap();
            assert_eq!((out.events.len(), out.rejects.len()), (0, 1), "{}", &body[..30]);
            assert_eq!(
                (out.rejects[0].reason, out.rejects[0].part.as_slice()),
                (RejectReason::TooMany, body.as_bytes())
            );
        }
    }
}

#[test]
fn what_stands_around_a_list_does_not_multiply_without_limit() {
    let long = "x".repeat(400_000);
    let events = vec![r#"{"event_name":"view","values":{}}"#; 100].join(",");
    let lookups = vec![r#"{"to":"1","ported":true,"mccMnc":"21910","originalNetwork":{}}"#; 100].join(",");
    for (fixture, body) in [
        (of("karte"), format!(r#"{{"keys":{{"visitor_id":"{long}"}},"events":[{events}]}}"#)),
        (of("infobip"), format!(r#"{{"bulkId":"{long}","results":[{lookups}]}}"#)),
        (
            Fixture { segments: vec![long.clone(), "x".to_owned()], ..of("infobip") },
            format!(r#"{{"results":[{events}]}}"#),
        ),
    ] {
        let out = fixture.normalize(body.as_bytes(), false).unwrap();
        let bytes: usize = out.events.iter().map(|event| event.json.len()).sum();
        assert!(bytes <= 32 << 20, "{bytes} bytes out of {}", body.len());
        if out.events.is_empty() {
            assert_eq!(
                (out.rejects[0].reason, out.rejects[0].part.as_slice()),
                (RejectReason::TooMany, body.as_bytes())
            );
        }
    }
}

/// Words of numbers and literals, whole or not, mostly with white space between them: seldom JSON, often nearly.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["1", "23", "-", "0", ".5", "e3", "true", "tr", "ue", "null", "\"a\"", "{}"]);
    let gap = prop::sample::select(vec![" ", "\n", "\t\r\n ", ",", ""]);
    prop::collection::vec((word, gap), 1..4)
        .prop_map(|words| words.into_iter().map(|(word, gap)| [word, gap].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Taking white space out once made `[1 2]` the list of 12.
    #[test]
    fn what_is_no_json_is_never_read_as_json(
        words in words(),
        in_object in any::<bool>(),
        which in any::<prop::sample::Index>(),
    ) {
        let lists = lists("@", 1);
        let (fixture, list) = which.get(&lists);
        let element = if in_object { format!("{{\"a\":{words}}}") } else { words };
        let body = list.replacen('@', &element, 1);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
        let out = fixture.normalize(body.as_bytes(), false).unwrap();
        prop_assert!(is_json || out.events.is_empty(), "{body}");
        prop_assert!(is_json || (out.rejects.len() == 1 && out.rejects[0].part == body.as_bytes()), "{body}");
    }
}
