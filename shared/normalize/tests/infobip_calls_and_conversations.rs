//! What holds for every body of Infobip's voice and customer engagement, whatever it is about.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Fixture, fixtures};
use serde_json::Value;
use tributary_normalize::{Normalized, find};

fn mine() -> Vec<Fixture> {
    let prefixes = ["voice", "customer_engagement.", "agent_os.", "conversation-", "person-"];
    let mut fixtures = fixtures(find("infobip").unwrap());
    fixtures.retain(|fixture| prefixes.iter().any(|prefix| fixture.stem().starts_with(prefix)));
    assert!(fixtures.len() > 150, "fixtures are missing");
    fixtures
}

fn read(fixture: &Fixture, body: &[u8]) -> Normalized {
    fixture.normalize(body, false).unwrap()
}

fn named(stem: &str) -> Fixture {
    mine().into_iter().find(|fixture| fixture.stem() == stem).unwrap_or_else(|| panic!("no fixture {stem}"))
}

/// Identity and meaning of what came out.
fn gist(normalized: &Normalized) -> Vec<(String, &'static str, String)> {
    let event =
        |event: &tributary_normalize::Prepared| (event.id.to_string(), event.kind.as_str(), event.group.clone());
    normalized.events.iter().map(event).collect()
}

#[test]
fn every_part_of_a_body_comes_out() {
    for fixture in mine() {
        let value: Value = serde_json::from_slice(&fixture.body).unwrap();
        let parts = value.get("results").and_then(Value::as_array).map_or(1, Vec::len);
        let normalized = read(&fixture, &fixture.body);
        assert_eq!(normalized.events.len() + normalized.rejects.len(), parts, "{}", fixture.stem());
    }
}

#[test]
fn the_body_alone_tells_the_event() {
    for mut fixture in mine().into_iter().filter(|fixture| !fixture.stem().ends_with("type-only-in-route")) {
        let routed = gist(&read(&fixture, &fixture.body));
        fixture.segments.clear();
        // A voice report does not name its channel: without a route the shape has to do.
        assert_eq!(gist(&read(&fixture, &fixture.body)), routed, "{}", fixture.stem());
    }
}

#[test]
fn different_events_have_different_keys() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fixture in mine() {
        for (id, ..) in gist(&read(&fixture, &fixture.body)) {
            seen.entry(id).or_default().insert(fixture.stem());
        }
    }
    let doubles: BTreeSet<Vec<String>> =
        seen.into_values().filter(|stems| stems.len() > 1).map(|stems| stems.into_iter().collect()).collect();
    let same = |stems: &[&str]| stems.iter().map(|stem| (*stem).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        doubles,
        BTreeSet::from([
            // One event, by two routes.
            same(&["agent_os.CONVERSATION_TAG_ADDED.other-group", "customer_engagement.CONVERSATION_TAG_ADDED.refund"]),
            same(&["conversation-without-route", "customer_engagement.CONVERSATION_STATUS_UPDATED.closed"]),
            same(&["voice-call-without-route", "voice.CALL_FINISHED.answered"]),
        ])
    );
}

#[test]
fn a_call_can_be_put_in_order_and_a_late_recording_finds_it() {
    let life = [
        "voice.CALL_STARTED.outbound",
        "voice.CALL_RINGING.outbound",
        "voice.CALL_ESTABLISHED.answered",
        "voice.CALL_RECORDING_STARTED.audio",
        "voice.CALL_DISCONNECTED.webrtc",
        "voice.CALL_RECONNECTED.webrtc",
        "voice.CALL_RECORDING_STOPPED.audio",
        "voice.CALL_FINISHED.answered",
        "voice.BULK_CALL_STATUS.finished",
        "voice.CALL_RECORDING_READY.after-the-end",
        "voice.CALL_RECORDING_DELETED.no-properties",
    ];
    let events: Vec<_> = life
        .iter()
        .map(|stem| {
            let fixture = named(stem);
            read(&fixture, &fixture.body).events.remove(0)
        })
        .collect();
    for pair in events.windows(2) {
        assert_eq!(pair[0].group, pair[1].group, "{} and {}", pair[0].kind, pair[1].kind);
        assert!(pair[0].kind.rank() < pair[1].kind.rank(), "{} before {}", pair[0].kind, pair[1].kind);
    }
}

#[test]
fn a_corrected_price_is_no_other_report() {
    let fixture = named("voice.DELIVERY.answered");
    let mut value: Value = serde_json::from_slice(&fixture.body).unwrap();
    value["results"][0]["price"] = serde_json::json!({"pricePerSecond": "0.02", "currency": "EUR"});
    assert_eq!(gist(&read(&fixture, value.to_string().as_bytes())), gist(&read(&fixture, &fixture.body)));
    // Nothing else is corrected.
    value["results"][0]["status"]["id"] = 2.into();
    assert_ne!(gist(&read(&fixture, value.to_string().as_bytes())), gist(&read(&fixture, &fixture.body)));
}

#[test]
fn every_event_of_the_vendors_list_has_a_fixture() {
    let stems: Vec<String> = mine().iter().map(Fixture::stem).collect();
    for (channel, prefix) in [("Voice and WebRTC", "voice"), ("Customer engagement", "customer_engagement")] {
        for row in find("infobip").unwrap().catalog().iter().filter(|row| row.vendor_channel == channel) {
            let name = format!("{prefix}.{}.", row.vendor_event);
            assert!(stems.iter().any(|stem| stem.starts_with(&name)), "no fixture {name}*");
        }
    }
}
