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

fn delivery() -> Value {
    json!({
        "event_type": "deliv", "event_date": "2026-11-20T10:00:00Z", "account_id": 742, "list_id": 58, "is_test": false,
        "profile_id": "6745c0de010d1e2f3a4b5c6d", "_xxh": "c1e4f00d0198ab76",
        "custom_data": {"email": "reader@example.org"},
        "event_data": {"message_id": 31, "campaign_id": 905, "segment_id": 0, "launch_id": "742905a"},
        "subscription": [{"resource_id": 3, "channel": "email", "email": "reader@example.org"}],
    })
}

#[test]
fn everything_that_may_tell_two_events_apart_does() {
    // The time is cut to seconds, as an exporter or a broker may do it.
    let first = delivery();
    let others = [
        ("/event_type", json!("undeliv")),
        ("/event_date", json!("2026-11-20T10:00:01Z")),
        ("/account_id", json!(743)),
        ("/list_id", json!(59)),
        ("/is_test", json!(true)),
        ("/profile_id", json!("6745c0de020d1e2f3a4b5c6d")),
        ("/event_data/launch_id", json!("742905b")),
        ("/event_data/campaign_id", json!(906)),
        ("/event_data/message_id", json!(32)),
        ("/event_data/link_url", json!("https://example.com/b")),
        ("/event_data/resource_id", json!(4)),
        ("/event_data/anything", json!("else")),
        ("/subscription/0/email", json!("reader@work.example.org")),
        ("/subscription/0/resource_id", json!(4)),
    ];
    let ids: HashSet<_> =
        others.iter().map(|(pointer, value)| id(&with(&first, pointer, value.clone()))).chain([id(&first)]).collect();
    assert_eq!(ids.len(), others.len() + 1);
}

#[test]
fn what_the_hook_adds_makes_no_other_event() {
    for event in [delivery(), with(&with(&click(), "/profile_id", Value::Null), "/_xxh", Value::Null)] {
        for (pointer, value) in [
            ("/sends_trying_num", json!(2)),
            ("/sends_trying_num", Value::Null),
            // Another hook that chose other fields, or none.
            ("/custom_data", json!({"phone": "+12025550141"})),
            ("/custom_data", Value::Null),
        ] {
            assert_eq!(id(&event), id(&with(&event, pointer, value)), "{pointer}");
        }
    }
}

#[test]
fn a_time_is_one_however_it_is_spelt() {
    let at = |time: &str| id(&with(&delivery(), "/event_date", time.into()));
    let first = at("2026-11-20T10:00:00.1Z");
    for same in ["2026-11-20T10:00:00.100Z", "2026-11-20T10:00:00.100000000Z", "2026-11-20T13:00:00.1+03:00"] {
        assert_eq!(at(same), first, "{same}");
    }
    for other in ["2026-11-20T10:00:00.100000001Z", "2026-11-20T10:00:00.1", "2026-11-20T10:00:00Z"] {
        assert_ne!(at(other), first, "{other}");
    }
}

#[test]
fn two_addresses_of_a_profile_in_one_batch_are_two_events() {
    let other = with(&delivery(), "/subscription/0/email", json!("reader@work.example.org"));
    let out = read(&json!([delivery(), other]).to_string(), &[]);
    assert_eq!(out.events.iter().map(|event| event.id).collect::<HashSet<_>>().len(), 2);
}

#[test]
fn a_type_alone_is_no_event_of_that_type() {
    for body in [
        json!({"event_type": "unsub"}),
        json!({"event": "hbounce", "event_date": "2026-11-20T10:00:00Z", "account_id": 742, "list_id": 58, "is_test": true}),
        json!({"event_type": "deliv", "profile_id": null, "event_data": {}, "custom_data": "", "subscription": []}),
        json!({"event": "healthcheck"}),
        json!({}),
    ] {
        let out = read(&body.to_string(), &[]);
        assert_eq!(out.events.len(), 1, "{body}");
        assert_eq!(out.events[0].kind.as_str(), "unrecognized", "{body}");
    }
    // The person was deleted, the message was not.
    let deleted = json!({"event_type": "deliv", "profile_id": null, "event_data": {"campaign_id": 905}});
    assert_eq!(read(&deleted.to_string(), &[]).events[0].kind.as_str(), "message.delivered");
}

fn address(event: &Value) -> Option<(&'static str, String)> {
    let event = events(&read(&event.to_string(), &[])).remove(0);
    let to = event.data.message.and_then(|message| message.to.or(message.from));
    let address = event.data.address.map(|address| (address.kind.as_str(), address.value.into_owned()));
    assert_eq!(to.as_deref(), address.as_ref().map(|(_, value)| value.as_str()), "the message is of that address");
    address
}

#[test]
fn the_address_is_that_of_the_one_subscription() {
    let on = |event_type: &str, subscription: Value| {
        let event = with(&delivery(), "/event_type", event_type.into());
        let address = address(&with(&event, "/subscription", subscription));
        address.map(|(kind, value)| format!("{kind} {value}"))
    };
    let some = |text: &str| Some(text.to_owned());
    let email = json!({"resource_id": 3, "channel": "email", "email": "a@example.org"});
    let work = json!({"resource_id": 4, "channel": "email", "email": "b@example.org"});
    let push = json!({"resource_id": 5, "channel": "push", "email": "a@example.org", "subscription_id": "token-1"});
    let chat = json!({"resource_id": 6, "channel": "telegram_bot", "subscription_id": "7001"});
    let phone = json!({"resource_id": 7, "channel": "viber", "phone": "+12025550141"});

    assert_eq!(on("hbounce", json!([email, push, chat])), some("email a@example.org"));
    assert_eq!(on("hbounce_push", json!([email, push])), some("device token-1"));
    assert_eq!(on("telegram_bot_undeliv", json!([email, chat])), some("account 7001"));
    assert_eq!(on("viber_undeliv", json!([phone])), some("phone +12025550141"));
    assert_eq!(on("reply", json!([email])), some("email a@example.org"));
    // Which of the two is not told, or the channel has none of its own: never the profile's email.
    for (event_type, subscription) in [
        ("hbounce", json!([email, work])),
        ("hbounce", json!([{"channel": "email", "email": "reader"}])),
        ("hbounce_push", json!([email])),
        ("hbounce_push", json!([])),
        ("hbounce", Value::Null),
        ("send_sms", json!([{"channel": "sms", "phone": "EXAMPLE"}])),
        ("popup_click", json!([{"email": "a@example.org"}])),
    ] {
        assert_eq!(on(event_type, subscription), None, "{event_type}");
    }
    let resource = with(&delivery(), "/event_data/resource_id", json!(4));
    let told = address(&with(&resource, "/subscription", json!([email, work])));
    assert_eq!(told, Some(("email", "b@example.org".to_owned())));
}

#[test]
fn a_consent_names_the_address_that_was_taken_out() {
    let address = |event_type: &str, subscription: Value| {
        let event = with(&with(&delivery(), "/event_type", event_type.into()), "/subscription", subscription);
        let address = events(&read(&event.to_string(), &[])).remove(0).data.address;
        address.map(|address| (address.kind.as_str(), address.value.into_owned()))
    };
    let sms = json!([{"channel": "sms", "phone": "12025550141"}]);
    assert_eq!(address("unsub_sms", sms.clone()), Some(("phone", "12025550141".to_owned())));
    assert_eq!(address("unsub_api", sms), Some(("phone", "12025550141".to_owned())));
    let two = json!([{"email": "a@example.org", "phone": "12025550141"}]);
    assert_eq!(address("unsub_api", two), None, "of which channel is not told");
    let max = json!([{"channel": "max_bot", "subscription_id": "77"}]);
    assert_eq!(address("max_bot_unsub", max.clone()), Some(("account", "77".to_owned())));
    assert_eq!(address("loyalty_points_add", max), None);
}

#[test]
fn channels_newer_than_the_list_keep_their_word() {
    let read = |event_type: &str, subscription: Value| {
        let event = with(&with(&delivery(), "/event_type", event_type.into()), "/subscription", subscription);
        events(&read(&event.to_string(), &[])).remove(0)
    };
    let from_the_type = read("max_group_undeliv", Value::Null);
    assert_eq!(from_the_type.kind.as_str(), "unrecognized");
    assert_eq!(from_the_type.data.vendor.channel.as_deref(), Some("max_group"));
    assert_eq!(from_the_type.subject.as_deref(), Some("contact/6745c0de010d1e2f3a4b5c6d"));
    let told = read("deliv_notify", json!([{"channel": "Notify", "phone": "+12025550141"}, {"channel": "email"}]));
    assert_eq!(told.data.vendor.channel.as_deref(), Some("Notify"));
    assert_eq!(read("hbounce_sms", Value::Null).data.channel.map(tributary_events::Channel::as_str), Some("sms"));
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
