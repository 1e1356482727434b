//! A body that tells nothing is no event, by whatever route it comes: a check of the connection, an empty batch, a ping.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{context, fixtures};
use tributary_events::{Event, EventId};
use tributary_normalize::{Normalized, Request, SOURCES, Settings, Source, normalize};

/// Objects that tell nothing: they flow as `unrecognized`, so that nothing is lost.
const TELL_NOTHING: [&str; 7] = [
    "{}",
    r#"{"test":true}"#,
    r#"{"ping":1}"#,
    r#"{"event":"healthcheck"}"#,
    r#"{"results":null}"#,
    r#"{"type":"test"}"#,
    r#"{"message":"webhook works"}"#,
];
/// Batches with nothing in them: no event, no reject.
const EMPTY_BATCHES: [&str; 5] = ["[]", "[ ]", r#"{"results":[]}"#, r#"{ "results": [ ] }"#, r#"{"events":[]}"#];
/// JSON that is neither an object nor a list: quarantine.
const NO_SHAPE: [&str; 5] = ["null", "17", "-1.5", "true", "\"ping\""];

/// Every route of a source: those of its fixtures, and its catalog's words as people put them into a URL.
fn routes(source: &'static dyn Source) -> BTreeSet<Vec<String>> {
    let mut routes = BTreeSet::from([Vec::new()]);
    for fixture in fixtures(source) {
        for length in 1..=fixture.segments.len() {
            routes.insert(fixture.segments[..length].to_vec());
        }
    }
    for row in source.catalog() {
        // `TYPING_STARTED, TYPING_STOPPED (Messages API)` are two names and a remark.
        let names = row.vendor_event.split(" (").next().unwrap_or_default();
        for channel in [row.vendor_channel.to_owned(), row.channel.to_owned()] {
            routes.insert(vec![channel.clone()]);
            for name in names.split(", ") {
                routes.insert(vec![name.to_owned()]);
                routes.insert(vec![channel.clone(), name.to_owned()]);
            }
        }
    }
    routes
}

fn read(source: &'static dyn Source, segments: &[String], body: &str) -> Normalized {
    let settings = Settings::default();
    let request = Request {
        segments,
        content_type: "application/json",
        body: body.as_bytes(),
        context: context(),
        settings: &settings,
    };
    normalize(source, &request, false).unwrap()
}

/// The ids of everything that the fixtures tell.
fn told(source: &'static dyn Source) -> BTreeMap<EventId, String> {
    let mut told = BTreeMap::new();
    for fixture in fixtures(source) {
        for event in fixture.normalize(&fixture.body, false).unwrap().events {
            let original = Event::parse(&event.json).unwrap().data.original.get().to_owned();
            if !TELL_NOTHING.contains(&&*original) {
                told.insert(event.id, fixture.stem());
            }
        }
    }
    told
}

#[test]
fn a_body_that_tells_nothing_is_no_event_by_any_route() {
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut tried = 0;
    for source in SOURCES {
        let told = told(*source);
        for route in routes(*source) {
            let mut complain = |body: &str, what: String| {
                wrong.entry(format!("{}: {body}: {what}", source.name())).or_default().push(route.join("/"));
            };
            let mut seen = BTreeMap::new();
            for body in TELL_NOTHING {
                tried += 1;
                let out = read(*source, &route, body);
                if (out.events.len(), out.rejects.len()) != (1, 0) {
                    complain(body, format!("{} events, {} rejects", out.events.len(), out.rejects.len()));
                }
                for event in &out.events {
                    if event.kind.as_str() != "unrecognized" {
                        complain(body, format!("became {}", event.kind));
                    }
                    if let Some(fixture) = told.get(&event.id) {
                        complain(body, format!("shares its id with {fixture}"));
                    }
                    // Null is as good as absent, so this one is an empty object.
                    let first = seen.insert(event.id, body).filter(|_| body != r#"{"results":null}"#);
                    if let Some(first) = first {
                        complain(body, format!("shares its id with {first}"));
                    }
                }
            }
            for body in EMPTY_BATCHES {
                tried += 1;
                let out = read(*source, &route, body);
                if !out.events.is_empty() || !out.rejects.is_empty() {
                    complain(body, format!("{} events, {} rejects", out.events.len(), out.rejects.len()));
                }
            }
            for body in NO_SHAPE {
                tried += 1;
                let out = read(*source, &route, body);
                let reasons: Vec<_> = out.rejects.iter().map(|reject| reject.reason.as_str()).collect();
                if !out.events.is_empty() || reasons != ["wrong_shape"] {
                    complain(body, format!("{} events, rejects {reasons:?}", out.events.len()));
                }
            }
        }
    }
    assert!(tried > 10_000, "{tried} tried");
    let lines =
        wrong.iter().map(|(what, routes)| format!("{what}, by {} routes, such as /{}", routes.len(), routes[0]));
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), lines.collect::<Vec<_>>().join("\n"));
}
