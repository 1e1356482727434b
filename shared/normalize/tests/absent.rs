//! Null, empty and absent are one, for every field of every fixture, one field at a time.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use std::collections::HashSet;

use common::json::Json;
use common::{Fixture, fixtures};
use tributary_normalize::SOURCES;

/// Fields in which empty text is a value of its own: somebody sent a message without words.
const MAY_BE_EMPTY: [(&str, &str); 2] = [("infobip", ".results.message"), ("infobip", ".results.text")];

/// Whether a field stands twice somewhere: then taking one away brings the other out.
fn has_twice(tree: &Json) -> bool {
    let mut twice = false;
    tree.clone().visit(&mut |node| {
        if let Json::Object(fields) = node {
            let names: HashSet<&String> = fields.iter().map(|(name, _)| name).collect();
            twice |= names.len() < fields.len();
        }
    });
    twice
}

/// Every field: the number of its object as [`Json::visit`] counts, its place in it, and the path of names to it.
fn fields(tree: &Json) -> Vec<(usize, usize, String)> {
    fn collect(node: &Json, path: &str, number: &mut usize, into: &mut Vec<(usize, usize, String)>) {
        let own = *number;
        *number += 1;
        match node {
            Json::Leaf(_) => {}
            Json::Array(items) => items.iter().for_each(|item| collect(item, path, number, into)),
            Json::Object(fields) => {
                for (at, (name, value)) in fields.iter().enumerate() {
                    let path = format!("{path}.{name}");
                    into.push((own, at, path.clone()));
                    collect(value, &path, number, into);
                }
            }
        }
    }
    let mut into = Vec::new();
    collect(tree, "", &mut 0, &mut into);
    into
}

/// The body with another value in a field, or without it.
fn with(tree: &Json, (node, at): (usize, usize), value: Option<&str>) -> Json {
    let changed = tree.with_nth(node, |it| {
        let Json::Object(fields) = it else { return };
        match value {
            Some(value) => fields[at].1 = Json::Leaf(value.to_owned()),
            None => drop(fields.remove(at)),
        }
    });
    changed.unwrap()
}

/// What came out, without what holds the body's own text.
fn outcome(fixture: &Fixture, body: &Json, with_ids: bool) -> Vec<String> {
    let out = fixture.normalize(body.print("").as_bytes(), false).unwrap();
    let id = |id: String| if with_ids { id } else { String::new() };
    let events = out.events.iter().map(|event| format!("{} {}", event.kind.as_str(), id(event.id.to_string())));
    let rejects = out.rejects.iter().map(|reject| reject.reason.as_str().to_owned());
    events.chain(rejects).collect()
}

#[test]
fn null_empty_and_absent_are_one_for_every_field() {
    let (mut tried, mut wrong) = (HashSet::new(), Vec::new());
    for fixture in SOURCES.iter().flat_map(|source| fixtures(*source)) {
        let Some(tree) = std::str::from_utf8(&fixture.body).ok().and_then(Json::parse) else { continue };
        if has_twice(&tree) {
            continue;
        }
        let kinds = outcome(&fixture, &tree, false);
        for (node, at, path) in fields(&tree) {
            // Once for each field of each kind of event.
            if !tried.insert((
                fixture.source.name(),
                kinds.first().cloned(),
                fixture.segments.first().cloned(),
                path.clone(),
            )) {
                continue;
            }
            let bodies = [None, Some("null"), Some("\"\"")].map(|value| with(&tree, (node, at), value));
            if MAY_BE_EMPTY.contains(&(fixture.source.name(), path.as_str())) {
                continue;
            }
            let [absent, null, empty] = bodies.map(|body| outcome(&fixture, &body, true));
            let place = fixture.path.display();
            assert!(!absent.is_empty(), "{place}: nothing comes out without {path}");
            if absent != null || absent != empty {
                wrong.push(format!("{place} {path}:\n  absent {absent:?}\n  null   {null:?}\n  empty  {empty:?}"));
            }
        }
    }
    assert!(tried.len() > 3_000, "{} fields tried", tried.len());
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tried.len(), wrong.join("\n"));
}
