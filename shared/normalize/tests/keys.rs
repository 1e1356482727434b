//! An event's id and partition key are functions of the vendor's event and of nothing else.
//!
//! Key order and white space are in `properties.rs`.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use std::collections::BTreeMap;

use common::json::Json;
use common::{Fixture, fixtures};
use tributary_events::{Context, Timestamp};
use tributary_normalize::{Normalized, Request, SOURCES, Settings, normalize};

fn all() -> impl Iterator<Item = Fixture> {
    SOURCES.iter().flat_map(|source| fixtures(*source))
}

fn tree(fixture: &Fixture) -> Option<Json> {
    Json::parse(std::str::from_utf8(&fixture.body).ok()?)
}

/// What an event is told apart by, where it is queued, and what it is.
fn keys(normalized: &Normalized) -> Vec<(String, String, &'static str)> {
    let events = normalized.events.iter();
    events.map(|event| (event.id.to_string(), event.group.clone(), event.kind.as_str())).collect()
}

fn of(fixture: &Fixture, body: &Json) -> Vec<(String, String, &'static str)> {
    keys(&fixture.normalize(body.print("").as_bytes(), false).unwrap())
}

#[test]
fn time_of_receipt_trace_and_content_type_change_no_key() {
    for fixture in all() {
        let was = keys(&fixture.normalize(&fixture.body, false).unwrap());
        for (received, traceparent) in [
            ("2026-11-21T09:30:00.126Z", None),
            ("2026-11-23T03:30:00Z", Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")),
            ("1970-01-01T00:00:00Z", Some("")),
        ] {
            for content_type in [fixture.content_type, "", "text/plain", "application/json;charset=UTF-8"] {
                let received = Timestamp::parse(received).unwrap();
                let request = Request {
                    segments: &fixture.segments,
                    content_type,
                    body: &fixture.body,
                    context: Context { received, traceparent: traceparent.map(Into::into) },
                    settings: &Settings::default(),
                };
                let is = keys(&normalize(fixture.source, &request, false).unwrap());
                assert_eq!(is, was, "{}: {received} {content_type}", fixture.path.display());
            }
        }
    }
}

/// The arrays of a body whose elements are events of their own, by the vendor.
fn batches(source: &str) -> &'static [&'static str] {
    match source {
        "channeltalk" => &["events", "campaignUsers", "oneTimeMsgUsers"],
        "infobip" => &["results"],
        "karte" => &["events"],
        _ => &[],
    }
}

/// Changes the batches of a body; tells whether there is one of several elements.
fn change_batches(source: &str, node: &mut Json, change: &mut impl FnMut(&mut Vec<Json>)) -> bool {
    match node {
        Json::Array(items) if items.len() > 1 => {
            change(items);
            true
        }
        Json::Object(fields) => {
            let lists = fields.iter_mut().filter(|(name, _)| batches(source).contains(&name.as_str()));
            lists.fold(false, |any, (_, list)| match list {
                Json::Array(items) if items.len() > 1 => {
                    change(items);
                    true
                }
                _ => any,
            })
        }
        _ => false,
    }
}

#[test]
fn the_position_in_a_batch_changes_no_key() {
    let mut batches = 0;
    for fixture in all() {
        let Some(mut reversed) = tree(&fixture) else { continue };
        let source = fixture.source.name();
        let mut was = of(&fixture, &reversed);
        if !change_batches(source, &mut reversed, &mut |items| items.reverse()) {
            continue;
        }
        batches += 1;
        let at = fixture.path.display();
        let mut is = of(&fixture, &reversed);
        was.sort();
        is.sort();
        assert_eq!(is, was, "{at}: reversed");
        // Alone, with no neighbour: what it was among them.
        for kept in 0.. {
            let (mut alone, mut there) = (tree(&fixture).unwrap(), true);
            change_batches(source, &mut alone, &mut |items| match items.get(kept) {
                Some(item) => *items = vec![item.clone()],
                None => there = false,
            });
            if !there {
                break;
            }
            // Equal events of one beacon are told apart by their number, so it is the first of them alone.
            assert!(of(&fixture, &alone).iter().all(|key| was.contains(key)), "{at}: element {kept} alone");
        }
    }
    assert!(batches > 20, "{batches} batches in all fixtures");
}

/// The fields that count tries, deliveries and the like, or that the vendor corrects later.
fn delivery_fields(source: &str) -> &'static [&'static str] {
    match source {
        "altcraft" => &["sends_trying_num"],
        "carrotquest" => &["conversation_admin_unread_count", "presence"],
        "channeltalk" => &["unread", "alert", "sessionsCount"],
        "infobip" => &["pendingMessageCount", "messageCount", "attemptCount", "pricePerMessage", "price"],
        "karte" => &["_retry"],
        _ => &[],
    }
}

#[test]
fn tries_counters_and_prices_change_no_key() {
    let mut changed: BTreeMap<&str, usize> = BTreeMap::new();
    for fixture in all() {
        let names = delivery_fields(fixture.source.name());
        let Some(mut again) = tree(&fixture) else { continue };
        // Where the whole element counts, `volatile.txt` says what does not: see `identity.rs`.
        let told = |body: &Json| {
            let events = fixture.normalize(body.print("").as_bytes(), false).unwrap().events;
            events.into_iter().map(|event| event.says.map(|says| (event.id, says))).collect::<Vec<_>>()
        };
        let was = told(&again);
        again.visit(&mut |node| {
            let Json::Object(fields) = node else { return };
            if fields.iter().any(|(name, _)| name == "event_type") && fixture.source.name() == "altcraft" {
                fields.retain(|(name, _)| name != "sends_trying_num");
                fields.push(("sends_trying_num".to_owned(), Json::Leaf("3".to_owned())));
            }
            for (name, value) in fields {
                // KARTE's SDKs add it to the values of what they send again.
                if let ("values", Json::Object(values)) = (name.as_str(), &mut *value) {
                    values.push(("_retry".to_owned(), Json::Leaf("1".to_owned())));
                }
                let Some(name) = names.iter().find(|known| *known == name) else { continue };
                if let Json::Leaf(text) = value {
                    *text = "77".to_owned();
                    *changed.entry(name).or_default() += 1;
                }
            }
        });
        assert_eq!(told(&again), was, "{}", fixture.path.display());
    }
    assert!(changed.len() >= 7, "fields that no fixture has: only {changed:?} found");
}
