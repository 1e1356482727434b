//! Altcraft: batches, keys and settings.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use std::collections::{BTreeSet, HashSet};

use common::{context, fixtures};
use serde_json::{Value, json};
use tributary_events::{Event, EventId};
use tributary_normalize::{Normalized, Request, Settings, Source, find, normalize};

fn altcraft() -> &'static dyn Source {
    find("altcraft").unwrap()
}

fn request<'a>(body: &'a str, settings: &'a Settings) -> Request<'a> {
    Request { segments: &[], content_type: "", body: body.as_bytes(), context: context(), settings }
}

fn read(body: &str, settings: &[(&str, &str)]) -> Normalized {
    let settings: Settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    normalize(altcraft(), &request(body, &settings), false).unwrap()
}

fn events(normalized: &Normalized) -> Vec<Event<'static>> {
    normalized.events.iter().map(|event| Event::parse(&event.json).unwrap()).collect()
}

fn id(event: &Value) -> EventId {
    let normalized = read(&event.to_string(), &[]);
    assert_eq!(normalized.events.len(), 1);
    normalized.events[0].id
}

/// The event with one field set, by JSON pointer; null takes it out.
fn with(event: &Value, pointer: &str, value: Value) -> Value {
    let mut event = event.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => parent.remove(name),
        value => parent.insert(name.to_owned(), value),
    };
    event
}

fn click() -> Value {
    json!({
        "event_type": "click", "event_date": "2026-11-20T10:00:00.123456789Z", "account_id": 742, "list_id": 58,
        "profile_id": "6745c0de010d1e2f3a4b5c6d", "_xxh": "c1e4f00d0198ab76", "sends_trying_num": 1,
        "custom_data": {"email": "reader@example.org"},
        "event_data": {
            "message_id": 31, "campaign_id": 905, "send_message_id": "beef389.6745", "link_url": "https://example.com/a"
        },
    })
}

#[test]
fn a_thousand_mixed_events_with_three_broken_ones() {
    let types: Vec<_> = altcraft().catalog().iter().map(|row| row.vendor_event).collect();
    let mut batch: Vec<String> = (0..1000)
        .map(|n| {
            let event = with(&click(), "/event_type", types[n % types.len()].into());
            with(&event, "/profile_id", format!("{n:024x}").into()).to_string()
        })
        .collect();
    batch[100] = "null".to_owned();
    batch[500] = r#""reader@example.org""#.to_owned();
    batch[900] = r#"{"event_type": "open", "profile_id": "p", "event_type": "reader@example.org"}"#.to_owned();
    let normalized = read(&format!("[{}]", batch.join(",")), &[]);

    assert_eq!(normalized.events.len(), 997);
    assert_eq!(normalized.events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), 997);
    let rejects: Vec<_> = normalized
        .rejects
        .iter()
        .map(|reject| (reject.reason.as_str(), reject.detail.as_str(), std::str::from_utf8(&reject.part).unwrap()))
        .collect();
    let no_object = "an element of the batch is no object";
    let alone = |element: &str| format!("[{}]", element.replace(' ', ""));
    let second = alone(&batch[500]);
    assert_eq!(rejects[..2], [("wrong_shape", no_object, "[null]"), ("wrong_shape", no_object, second.as_str())]);
    let (reason, detail, part) = rejects[2];
    assert_eq!((reason, part), ("wrong_shape", alone(&batch[900]).as_str()));
    assert!(detail.starts_with("line 1 column "), "{detail}");
    assert_eq!(rejects.len(), 3);
}

#[test]
fn every_type_of_the_list_has_a_fixture() {
    let mut given: BTreeSet<(String, String)> = BTreeSet::new();
    for fixture in fixtures(altcraft()) {
        let normalized = fixture.normalize(&fixture.body, false).unwrap();
        given.extend(
            events(&normalized)
                .iter()
                .map(|event| (event.data.vendor.event.clone().into_owned(), event.kind.as_str().to_owned())),
        );
    }
    let listed = altcraft().catalog().iter().filter(|row| row.vendor_channel != "beyond the list");
    let missing: Vec<_> =
        listed.filter(|row| !given.contains(&(row.vendor_event.to_owned(), row.kind.to_owned()))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn an_empty_array_is_an_empty_batch() {
    let normalized = read("[ ]", &[]);
    assert!(normalized.events.is_empty() && normalized.rejects.is_empty());
}

#[test]
fn a_body_that_is_no_batch_is_rejected_whole() {
    for (body, reason) in [("null", "wrong_shape"), ("17", "wrong_shape"), ("OK", "not_json"), ("[{}", "not_json")] {
        let normalized = read(body, &[]);
        assert!(normalized.events.is_empty(), "{body}");
        assert_eq!(normalized.rejects.len(), 1, "{body}");
        assert_eq!(normalized.rejects[0].reason.as_str(), reason, "{body}");
    }
}

#[test]
fn the_answer_holds_what_a_hook_looks_for() {
    let settings = Settings::default();
    assert!(altcraft().answer(&request("[]", &settings)).body.contains("OK"));
}

#[test]
fn each_occurrence_field_makes_another_event() {
    let first = click();
    let others = [
        ("/event_type", json!("uclick")),
        ("/event_date", json!("2026-11-20T10:00:00.123456788Z")),
        ("/account_id", json!(743)),
        ("/list_id", json!(59)),
        ("/profile_id", json!("6745c0de020d1e2f3a4b5c6d")),
        ("/event_data/send_message_id", json!("beef38a.6745")),
        ("/event_data/link_url", json!("https://example.com/b")),
    ];
    let ids: HashSet<_> =
        others.iter().map(|(pointer, value)| id(&with(&first, pointer, value.clone()))).chain([id(&first)]).collect();
    assert_eq!(ids.len(), others.len() + 1);
}

#[test]
fn what_the_hook_adds_makes_no_other_event() {
    for event in [click(), with(&with(&click(), "/profile_id", Value::Null), "/_xxh", Value::Null)] {
        assert_eq!(id(&event), id(&with(&event, "/sends_trying_num", json!(2))));
        assert_eq!(id(&event), id(&with(&event, "/sends_trying_num", Value::Null)));
    }
    assert_eq!(id(&click()), id(&with(&click(), "/custom_data", json!({"phone": "+12025550141"}))));
    assert_eq!(id(&click()), id(&with(&click(), "/subscription", json!([{"email": "inbox@example.net"}]))));
}

#[test]
fn a_delivery_without_a_sent_message_is_told_by_campaign_and_template() {
    let first = with(&click(), "/event_data/send_message_id", Value::Null);
    let campaign = with(&first, "/event_data/campaign_id", json!(906));
    let template = with(&first, "/event_data/message_id", json!(32));
    assert_eq!(HashSet::from([id(&first), id(&campaign), id(&template)]).len(), 3);
}

#[test]
fn a_profile_enters_two_segments_at_one_moment() {
    let entered = |segment: u32| {
        let event = with(&click(), "/event_type", json!("segs_add"));
        with(&event, "/event_data", json!({"segment_id": segment}))
    };
    assert_ne!(id(&entered(21)), id(&entered(22)));
}

#[test]
fn settings_name_the_profile_fields() {
    let profile = json!({
        "email": "a@example.org", "phone": "+12025550141",
        "E-mail": ["b@example.org", "c@example.org"], "Телефон": "+12025550142", "crm_id": 9_007_199_254_740_993_u64,
    });
    let body = with(&click(), "/custom_data", profile).to_string();
    let contact = |settings: &[(&str, &str)]| {
        let contact = events(&read(&body, settings)).remove(0).data.contact.unwrap();
        [contact.email, contact.phone, contact.user_id].map(|field| field.map(std::borrow::Cow::into_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(contact(&[]), [some("a@example.org"), some("+12025550141"), None]);
    assert_eq!(
        contact(&[("email_field", "E-mail"), ("phone_field", "Телефон"), ("user_id_field", "crm_id")]),
        [some("b@example.org"), some("+12025550142"), some("9007199254740993")]
    );
    assert_eq!(contact(&[("email_field", "absent")])[0], None);
}
