//! A rejected element can be read again alone: what stood around it in the body is kept around it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::json::Json;
use common::{Fixture, fixtures};
use tributary_normalize::{ALTCRAFT, CHANNELTALK, INFOBIP, KARTE, Source};

/// The lists that hold several events, by the field they stand in; the empty name is a body that is a list itself.
const LISTS: [(&dyn Source, &[&str]); 4] = [
    (ALTCRAFT, &[""]),
    (CHANNELTALK, &["", "events", "campaignUsers", "oneTimeMsgUsers"]),
    (INFOBIP, &["results"]),
    (KARTE, &["events"]),
];
/// No object, so no event in any vendor's list.
const BROKEN: &str = "\"no event here\"";

/// The elements of the list, wherever it stands in the tree.
fn list<'a>(tree: &'a mut Json, field: &str) -> Option<&'a mut Vec<Json>> {
    match tree {
        Json::Array(elements) if field.is_empty() => Some(elements),
        Json::Object(fields) if !field.is_empty() => {
            let here = |(name, value): &(String, Json)| name == field && matches!(value, Json::Array(_));
            match fields.iter().position(here) {
                Some(at) => match &mut fields[at].1 {
                    Json::Array(elements) => Some(elements),
                    _ => None,
                },
                None => fields.iter_mut().find_map(|(_, value)| list(value, field)),
            }
        }
        _ => None,
    }
}

fn ids(fixture: &Fixture, body: &str) -> Vec<String> {
    fixture.normalize(body.as_bytes(), false).unwrap().events.iter().map(|event| event.id.to_string()).collect()
}

#[test]
fn an_element_that_was_broken_gives_the_event_it_would_have_been() {
    for (source, fields) in LISTS {
        let mut tried = 0;
        for fixture in fixtures(source) {
            let Some(tree) = std::str::from_utf8(&fixture.body).ok().and_then(Json::parse) else {
                continue;
            };
            for field in fields {
                let mut whole = tree.clone();
                let Some(count) = list(&mut whole, field).map(|elements| elements.len()) else { continue };
                let expected = ids(&fixture, &tree.print(""));
                for at in 0..count {
                    let mut broken = tree.clone();
                    let elements = list(&mut broken, field).unwrap();
                    let element = std::mem::replace(&mut elements[at], Json::parse(BROKEN).unwrap()).print("");
                    let out = fixture.normalize(broken.print("").as_bytes(), false).unwrap();
                    let parts = out.rejects.iter().map(|reject| String::from_utf8(reject.part.clone()).unwrap());
                    let Some(part) = parts.into_iter().find(|part| part.contains(BROKEN)) else { continue };
                    // As if the code had learnt to read it.
                    let (before, after) = part.rsplit_once(BROKEN).unwrap();
                    let again = ids(&fixture, &format!("{before}{element}{after}"));
                    let mut found: Vec<String> = out.events.iter().map(|event| event.id.to_string()).collect();
                    found.extend(again);
                    // Equal events in one beacon are told apart by their number alone, which the lone one lacks.
                    if fixture.stem() != "beacon-equal-events" {
                        let (mut found, mut expected) = (found.clone(), expected.clone());
                        found.sort();
                        expected.sort();
                        assert_eq!(found, expected, "{}: element {at} of {field:?}: {part}", fixture.path.display());
                    }
                    tried += 1;
                }
            }
        }
        assert!(tried > 1, "{}: only {tried} elements tried", source.name());
    }
}

#[test]
fn much_around_many_broken_elements_is_kept_once() {
    let around = "v".repeat(100_000);
    let elements: Vec<String> = (0..1_000).map(|n| n.to_string()).collect();
    let body = format!(r#"{{"keys":{{"visitor_id":"{around}"}},"events":[{}]}}"#, elements.join(","));
    let fixture = fixtures(KARTE).into_iter().next().unwrap();
    let out = fixture.normalize(body.as_bytes(), false).unwrap();
    assert_eq!(out.rejects.len(), 1);
    assert_eq!(out.rejects[0].part, body.as_bytes(), "no element is lost");
}

#[test]
fn from_some_hundred_broken_elements_of_a_list_on_one_body_has_them_all() {
    let fixture = fixtures(KARTE).into_iter().next().unwrap();
    for (count, rejects) in [(200, 200), (201, 1), (5_000, 1)] {
        let elements: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        let good = r#"{"event_name":"view","values":{"a":1}}"#;
        let body = format!(r#"{{"keys":{{"visitor_id":"v"}},"events":[{good},{}]}}"#, elements.join(","));
        let out = fixture.normalize(body.as_bytes(), false).unwrap();
        assert_eq!((out.events.len(), out.rejects.len()), (1, rejects), "{count}");
        let again = fixture.normalize(&out.rejects[0].part, false).unwrap();
        assert_eq!((again.events.len(), again.rejects.len()), (0, 1), "the events of the list are not in it");
        if rejects == 1 {
            assert!(out.rejects[0].detail.starts_with(&format!("{count} elements of a list, the first: ")));
            let missing = elements.iter().filter(|n| !String::from_utf8_lossy(&out.rejects[0].part).contains(*n));
            assert_eq!(missing.count(), 0, "no element is lost");
        }
    }
}
