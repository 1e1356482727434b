//! Bodies whole: what tells them apart, and what makes two of them one event.

use serde_json::{Value, json};
use tributary_events::{Context, Timestamp};

use super::Infobip;
use crate::{Normalized, Request, Settings, normalize};

fn read(path: &str, body: &Value) -> Normalized {
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    let body = body.to_string();
    let request = Request {
        segments: &segments,
        content_type: "application/json",
        body: body.as_bytes(),
        context: Context { received: Timestamp::parse("2026-11-21T09:30:00Z").unwrap(), traceparent: None },
        settings: &Settings::default(),
    };
    normalize(&Infobip, &request, false).unwrap()
}

/// Type and channel of the only event.
fn told(path: &str, body: &Value) -> (String, Option<String>) {
    let normalized = read(path, body);
    assert_eq!((normalized.events.len(), normalized.rejects.len()), (1, 0), "{path} {body}");
    let event: Value = serde_json::from_str(&normalized.events[0].json).unwrap();
    let channel = event["data"]["channel"].as_str().map(str::to_owned);
    (event["type"].as_str().unwrap().to_owned(), channel)
}

fn ids(path: &str, body: &Value) -> Vec<String> {
    read(path, body).events.iter().map(|event| event.id.to_string()).collect()
}

fn report(changes: &Value) -> Value {
    let mut report = json!({
        "messageId": "m-1", "to": "13125550142", "sender": "ExampleShop", "doneAt": "2026-10-05T08:15:02.480+0000",
        "status": {"groupId": 3, "id": 5}, "error": {"id": 0, "name": "NO_ERROR"},
        "price": {"pricePerMessage": 0.031, "currency": "EUR"},
    });
    report.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    report
}

fn batch(reports: &[Value]) -> Value {
    json!({"results": reports, "messageCount": reports.len()})
}

#[test]
fn the_route_tells_the_channel_a_body_leaves_open() {
    let body = batch(&[report(&json!({}))]);
    for (path, channel) in [
        ("sms/DELIVERY", Some("sms")),
        ("Kakao - Alim/delivery", Some("kakao_alim")),
        ("APPLE_MFB/DELIVERY", Some("apple_messages")),
        ("viber-bot", Some("viber")),
        ("DELIVERY", None),
        ("", None),
        ("carrier-pigeon/DELIVERY", None),
    ] {
        assert_eq!(told(path, &body), ("message.delivered".into(), channel.map(str::to_owned)), "{path}");
    }
}

#[test]
fn what_the_body_says_goes_before_the_route() {
    for (path, change, channel) in [
        ("rcs/DELIVERY", json!({"channel": "SMS"}), Some("sms")),
        ("sms/DELIVERY", json!({"channel": "VIBER_BM"}), Some("viber")),
        ("sms/DELIVERY", json!({"to": "nora@example.org"}), Some("email")),
        ("sms/DELIVERY", json!({"channel": "HOLOGRAM"}), None),
        ("sms/DELIVERY", json!({"channel": null}), Some("sms")),
    ] {
        let (kind, got) = told(path, &batch(&[report(&change)]));
        assert_eq!((kind.as_str(), got.as_deref()), ("message.delivered", channel), "{path} {change}");
    }
    // A seen report at the URL of delivery reports is one all the same.
    let seen = batch(&[json!({"messageId": "m-1", "from": "13125550142", "seenAt": "2026-10-05T08:16:00.000+0000"})]);
    assert_eq!(told("whatsapp/DELIVERY", &seen).0, "message.read");
}

#[test]
fn a_click_is_of_email_by_its_fields_only() {
    let click = |changes: Value| {
        let mut click = json!({"notificationType": "CLICKED", "messageId": "m-1", "url": "https://go.example.com"});
        click.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        click
    };
    let number = json!({"recipient": "13125550142", "geoLocationInfo": {"city": "Porto"}});
    let mail = json!({"recipient": "nora@example.org"});
    for (path, changes, channel) in [
        ("sms/CLICK", &number, Some("sms")),
        ("mms/CLICKED", &number, Some("mms")),
        ("", &number, None),
        ("email/CLICK", &number, None),
        ("", &mail, Some("email")),
        ("sms/CLICK", &mail, Some("email")),
        ("email/CLICK", &json!({}), Some("email")),
        ("", &json!({"domain": "news.example.com"}), Some("email")),
    ] {
        let (kind, got) = told(path, &click(changes.clone()));
        assert_eq!((kind.as_str(), got.as_deref()), ("message.clicked", channel), "{path} {changes}");
    }
}

#[test]
fn a_bare_report_is_read_like_one_in_a_batch() {
    let one = report(&json!({}));
    assert_eq!(ids("sms/DELIVERY", &one), ids("sms/DELIVERY", &batch(std::slice::from_ref(&one))));
}

#[test]
fn reports_of_one_message_differ_by_what_they_report() {
    let reports = [
        report(&json!({"status": {"groupId": 1, "id": 26}})),
        report(&json!({"status": {"groupId": 3, "id": 2}})),
        report(&json!({})),
        report(&json!({"doneAt": "2026-10-05T08:15:09.000+0000"})),
        report(&json!({"error": {"id": 27}})),
        report(&json!({"channel": "RCS"})),
        report(&json!({"to": "13125550143"})),
        report(&json!({"messageId": "m-2"})),
        report(&json!({"applicationId": "other"})),
    ];
    let mut ids = ids("sms/DELIVERY", &batch(&reports));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), reports.len());
}

#[test]
fn a_repeated_report_is_one_however_the_batch_is_cut() {
    let (first, second) = (report(&json!({})), report(&json!({"messageId": "m-2"})));
    let both = ids("sms/DELIVERY", &batch(&[first.clone(), second.clone()]));
    let apart = [ids("sms/DELIVERY", &batch(&[second])), ids("SMS/delivery", &batch(&[first]))].concat();
    assert_eq!([&both[1], &both[0]], [&apart[0], &apart[1]]);
}

#[test]
fn price_counters_and_spelling_of_numbers_are_in_no_key() {
    let id = ids("sms/DELIVERY", &batch(&[report(&json!({}))]));
    for change in [
        json!({"price": {"pricePerMessage": 0.029, "currency": "EUR"}}),
        json!({"price": null}),
        json!({"messageCount": 2}),
        json!({"smsCount": 2, "added": {"later": [1]}}),
        json!({"status": {"groupId": "3", "id": "5"}}),
        json!({"to": 13_125_550_142_u64}),
        json!({"bulkId": ""}),
    ] {
        assert_eq!(ids("sms/DELIVERY", &batch(&[report(&change)])), id, "{change}");
    }
}

#[test]
fn events_without_ids_do_not_collapse() {
    let reports: Vec<Value> =
        (0..3).map(|n| json!({"to": format!("1312555014{n}"), "status": {"groupName": "DELIVERED"}})).collect();
    let mut ids = ids("sms/DELIVERY", &batch(&reports));
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_batch_of_many_keeps_its_order() {
    let reports: Vec<Value> = (0..2000).map(|n| report(&json!({"messageId": format!("m-{n}")}))).collect();
    let normalized = read("sms/DELIVERY", &batch(&reports));
    assert_eq!(normalized.events.len(), 2000);
    for (n, event) in normalized.events.iter().enumerate() {
        assert!(event.json.contains(&format!(r#""subject":"message/m-{n}""#)));
    }
}

#[test]
fn what_is_no_event_is_refused_and_what_is_unknown_is_not() {
    for body in [json!([]), json!({"results": []}), json!([1, 2])] {
        let normalized = read("sms/DELIVERY", &body);
        assert_eq!((normalized.events.len(), normalized.rejects.len()), (0, 1), "{body}");
    }
    for body in [json!({}), json!({"results": null}), json!({"a": 1}), json!({"results": [{}]})] {
        assert_eq!(told("sms/DELIVERY", &body).0, "unrecognized", "{body}");
    }
}
