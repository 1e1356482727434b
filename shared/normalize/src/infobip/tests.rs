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
fn one_report_is_one_in_every_dialect_and_by_every_url() {
    let classic = json!({"results": [{
        "bulkId": "b-1", "messageId": "m-1", "to": "13125550142", "from": "ExampleShop", "smsCount": 1,
        "sentAt": "2026-10-05T08:15:00", "doneAt": "2026-10-05T09:15:02.48+0100",
        "status": {"groupId": 2, "groupName": "UNDELIVERABLE", "id": 9, "name": "UNDELIVERABLE_NOT_DELIVERED"},
        "error": {"groupId": 1, "groupName": "HANDSET_ERRORS", "id": 27, "name": "EC_ABSENT_SUBSCRIBER", "permanent": false},
        "price": {"pricePerMessage": 0.01, "currency": "EUR"}, "applicationId": "crm-eu",
    }]});
    let of_today = json!({"results": [{
        "messageId": "m-1", "to": "+13125550142", "sender": "ExampleShop", "messageCount": 1,
        "doneAt": "2026-10-05T08:15:02.480+0000",
        "status": {"groupId": 2, "groupName": "UNDELIVERABLE", "id": 9, "name": "UNDELIVERABLE_NOT_DELIVERED"},
        "error": {"id": 27, "name": "EC_ABSENT_SUBSCRIBER", "permanent": false},
        "price": {"pricePerMessage": 0.02, "currency": "EUR"}, "platform": {"applicationId": "crm-eu"},
    }]});
    let messages_api = json!({"results": [{
        "event": "DELIVERY", "channel": "SMS", "messageId": "m-1", "destination": "13125550142", "sender": "ExampleShop",
        "doneAt": "2026-10-05T08:15:02.480Z",
        "status": {"groupId": 2, "groupName": "UNDELIVERABLE", "id": 9, "name": "UNDELIVERABLE_NOT_DELIVERED"},
        "error": {"groupId": 1, "groupName": "Handset errors", "id": 27, "name": "EC_ABSENT_SUBSCRIBER", "permanent": false},
        "platform": {"applicationId": "crm-eu"},
    }]});
    let omni = json!({"results": [{
        "bulkId": null, "messageId": "m-1", "from": "ExampleShop", "to": "13125550142", "channel": "SMS",
        "doneAt": "2026-10-05T08:15:02.480+0000", "mccMnc": null, "applicationId": "crm-eu",
        "status": {"groupId": 2, "groupName": "UNDELIVERABLE", "id": 9, "name": "UNDELIVERABLE_NOT_DELIVERED"},
        "error": {"groupId": 1, "groupName": "HANDSET_ERRORS", "id": 27, "name": "EC_ABSENT_SUBSCRIBER", "permanent": false},
    }]});
    let mut told = Vec::new();
    for body in [&classic, &of_today, &messages_api, &omni] {
        for path in ["sms/DELIVERY", "sms", "", "DELIVERY", "whatsapp/INBOUND_MESSAGE"] {
            let events = read(path, body).events;
            assert_eq!(events.len(), 1);
            told.push((events[0].id, events[0].says));
        }
    }
    assert!(told[0].1.is_some());
    assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
}

#[test]
fn a_seen_report_is_one_in_every_dialect() {
    let channel = json!({"results": [{
        "messageId": "m-1", "from": "13125550142", "to": "ExampleShop", "seenAt": "2026-10-05T08:16:00.000+0000"}]});
    let messages_api = json!({"results": [{
        "event": "SEEN", "channel": "WHATSAPP", "messageId": "m-1", "sender": "ExampleShop",
        "destination": "13125550142", "seenAt": "2026-10-05T08:16:00Z"}]});
    let told =
        |path: &str, body: &Value| read(path, body).events.iter().map(|one| (one.id, one.says)).collect::<Vec<_>>();
    let one = told("whatsapp/SEEN", &channel);
    assert_eq!(told("whatsapp", &messages_api), one);
    let later = json!({"results": [{
        "messageId": "m-1", "from": "13125550142", "to": "ExampleShop", "seenAt": "2026-10-05T08:17:00.000+0000"}]});
    assert_ne!(told("whatsapp/SEEN", &later)[0].0, one[0].0);
}

#[test]
fn an_inbound_message_is_one_in_every_dialect() {
    let classic = json!({"results": [{
        "messageId": "in-1", "from": "13125550142", "to": "13125550100", "text": "STOP", "cleanText": "STOP",
        "receivedAt": "2026-10-05T08:16:00.000+0000", "smsCount": 1}]});
    let messages_api = json!({"results": [{
        "event": "MO", "channel": "SMS", "messageId": "in-1", "sender": "13125550142", "destination": "13125550100",
        "content": [{"type": "TEXT", "text": "STOP"}], "receivedAt": "2026-10-05T08:16:00Z"}]});
    let told =
        |path: &str, body: &Value| read(path, body).events.iter().map(|one| (one.id, one.says)).collect::<Vec<_>>();
    let one = told("sms/INBOUND_MESSAGE", &classic);
    assert_eq!(told("sms", &messages_api), one);
    // Two of one request under one id that say different things are told apart by what they say.
    let other = json!({"results": [{"messageId": "in-1", "from": "13125550142", "text": "no", "receivedAt": "2026-10-05T08:16:00Z"}]});
    assert_ne!(told("sms", &other)[0].1, one[0].1);
}

#[test]
fn a_report_without_a_time_or_an_id_is_told_by_all_of_it() {
    for gone in ["doneAt", "messageId"] {
        let mut one = report(&json!({}));
        one.as_object_mut().unwrap().remove(gone);
        let of = |one: &Value| read("sms", &batch(std::slice::from_ref(one))).events.remove(0);
        let event = of(&one);
        assert!(event.says.is_none(), "without {gone}: {event:?}");
        one["price"]["pricePerMessage"] = json!(7);
        assert_eq!(of(&one).id, event.id, "the price is volatile");
        one["mccMnc"] = json!("26203");
        assert_ne!(of(&one).id, event.id);
    }
    let dayless = report(&json!({"doneAt": "1970-01-01T00:00:00.000+0000"}));
    assert!(read("sms", &batch(&[dayless])).events[0].says.is_none(), "1970 is no time");
}

#[test]
fn an_inbound_message_without_its_time_is_one() {
    let message = json!({"from": "13125550142", "to": "13125550100", "text": "STOP"});
    let told = told("sms/INBOUND_MESSAGE", &json!({"results": [message]}));
    assert_eq!(told, ("message.received".into(), Some("sms".into())));
    // Without a route that says so, words without an id and a time may have gone either way.
    assert_eq!(super::tests::told("sms", &json!({"results": [message]})).0, "unrecognized");
    assert_eq!(
        super::tests::told("sms/DELIVERY", &json!({"results": [{"messageId": "m", "text": "x"}]})).0,
        "unrecognized"
    );
    let by_id = json!({"results": [{"messageId": "m", "from": "13125550142", "text": "x"}]});
    assert_eq!(super::tests::told("sms", &by_id).0, "message.received");
}

#[test]
fn a_list_may_be_missing_be_one_or_hold_several_kinds() {
    let message = json!({"messageId": "in-1", "from": "1", "text": "hi", "receivedAt": "2026-10-05T08:16:00Z"});
    for body in [message.clone(), json!({"results": message}), json!([message]), json!({"results": [message]})] {
        let read = read("sms/INBOUND_MESSAGE", &body);
        let subjects: Vec<_> = read.events.iter().map(|event| event.json.contains("message/in-1")).collect();
        assert_eq!((subjects, read.rejects.len()), (vec![true], 0), "{body}");
    }
    let mixed = batch(&[
        report(&json!({})),
        message,
        json!({"event": "BLOCK", "messageId": "b", "content": {"destination": "1"}}),
    ]);
    let kinds: Vec<_> = read("sms/DELIVERY", &mixed).events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["message.delivered", "message.received", "contact.blocked"]);
}

#[test]
fn a_word_that_no_list_holds_stays_the_vendors() {
    for (path, body, vendor, ours) in [
        ("tiktok/DELIVERY", report(&json!({})), Some("TikTok"), None),
        ("sms/DELIVERY", report(&json!({"channel": "KAKAO_SANGDAM"})), Some("Kakao - Sangdam"), None),
        ("sms/DELIVERY", report(&json!({"channel": "HOLOGRAM"})), Some("HOLOGRAM"), None),
        ("hologram/DELIVERY", report(&json!({})), Some("hologram"), None),
        ("hologram/DELIVERY", report(&json!({"smtp": {"response": "250 OK"}})), Some("Email"), Some("email")),
        ("viber-bot", report(&json!({})), Some("Viber"), Some("viber")),
        ("registration/DELIVERY", report(&json!({})), None, None),
    ] {
        let event: Value = serde_json::from_str(&read(path, &batch(&[body])).events[0].json).unwrap();
        let channels = (event["data"]["vendor"]["channel"].as_str(), event["data"]["channel"].as_str());
        assert_eq!(channels, (vendor, ours), "{path}");
    }
}

#[test]
fn a_message_by_mid_is_of_instagram_if_anything_says_so() {
    let message = |changes: &Value| {
        let mut one = json!({"from": "1", "to": "2", "messageId": "m", "receivedAt": "2026-10-05T08:16:00Z",
            "message": {"mid": "x", "text": "hi", "type": "TEXT"}});
        one.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        batch(&[one])
    };
    for (path, changes, channel) in [
        ("messenger", json!({"integrationType": "INSTAGRAM_DM"}), "instagram"),
        ("instagram", json!({}), "instagram"),
        ("", json!({}), "messenger"),
    ] {
        assert_eq!(told(path, &message(&changes)).1.as_deref(), Some(channel), "{path} {changes}");
    }
}

#[test]
fn a_list_with_nothing_in_it_is_no_event_and_no_reject() {
    for body in [json!([]), json!({"results": []}), json!({"events": []})] {
        for path in ["sms/DELIVERY", "voice", "customer_engagement/PERSON_DELETED", ""] {
            let normalized = read(path, &body);
            assert_eq!((normalized.events.len(), normalized.rejects.len()), (0, 0), "{path} {body}");
        }
    }
    for body in [json!(null), json!(1), json!("x"), json!([1])] {
        let normalized = read("sms/DELIVERY", &body);
        assert_eq!((normalized.events.len(), normalized.rejects.len()), (0, 1), "{body}");
        assert_eq!(normalized.rejects[0].reason.as_str(), "wrong_shape", "{body}");
    }
}

#[test]
fn a_ping_is_no_event_of_its_urls_kind() {
    let pings = [
        json!({}),
        json!({"test": true}),
        json!({"ping": 1}),
        json!({"event": "healthcheck"}),
        json!({"results": null}),
        json!({"results": [{}]}),
        json!({"results": [{"event": "SEEN"}]}),
        json!({"event": "MO"}),
        json!({"event": "BLOCK"}),
        json!({"event": "SUBSCRIBE"}),
        json!({"event": "BRAND_STATUS_UPDATE"}),
        json!({"event": "RCS_SENDER_STATUS_UPDATE"}),
        json!({"notificationType": "OPENED"}),
        json!({"templateStatus": "APPROVED"}),
        json!({"content": {"type": "payment"}}),
        json!({"status": {"groupId": 3}}),
        json!({"applicationId": "crm-eu", "entityId": "shop"}),
        json!({"id": "", "messageId": "undefined"}),
    ];
    let mut routes: Vec<String> = super::catalog::ROWS
        .iter()
        .map(|row| format!("{}/{}", row.vendor_channel, row.vendor_event.split([',', '(']).next().unwrap().trim()))
        .collect();
    routes.extend(["".to_owned(), "sms".to_owned(), "sms/inbound".to_owned(), "billing".to_owned()]);
    for route in routes {
        for ping in &pings {
            let normalized = read(&route, ping);
            // A report of nothing keeps what it says, for a status is something of its kind.
            let kinds: Vec<_> = normalized.events.iter().map(|event| event.kind.as_str()).collect();
            let reports = ping.get("status").is_some();
            assert!(normalized.rejects.is_empty() && kinds.len() == 1, "{route} {ping} {kinds:?}");
            assert!(
                kinds == ["unrecognized"] || reports && kinds == ["message.delivered"],
                "{route} {ping}: {kinds:?}"
            );
        }
    }
}

#[test]
fn xml_is_refused_with_what_to_do() {
    let segments = ["sms".to_owned(), "DELIVERY".to_owned()];
    let request = Request {
        segments: &segments,
        content_type: "application/xml",
        body: b"<?xml version=\"1.0\"?><DeliveryReports><results/></DeliveryReports>",
        context: Context { received: Timestamp::parse("2026-11-21T09:30:00Z").unwrap(), traceparent: None },
        settings: &Settings::default(),
    };
    let normalized = normalize(&Infobip, &request, false).unwrap();
    assert!(normalized.events.is_empty());
    assert_eq!(normalized.rejects[0].reason.as_str(), "not_json");
    assert!(normalized.rejects[0].detail.contains("application/json"), "{}", normalized.rejects[0].detail);
}

#[test]
fn a_segment_that_no_list_knows_is_counted() {
    let body = batch(&[report(&json!({}))]);
    for (path, unknown) in [
        ("sms/DELIVERY", 0),
        ("SMS/delivery", 0),
        ("sms", 0),
        ("DELIVERY", 0),
        ("", 0),
        ("smss/DELIVERRY", 2),
        ("sms/DELIVERRY", 1),
        ("smss", 1),
        ("sms/DELIVERY/more", 1),
        ("Voice and WebRTC/CALL_FAILED", 0),
        ("voice/MARKUP_CALLBACK", 0),
    ] {
        let normalized = read(path, &body);
        assert_eq!((normalized.unknown_segments, normalized.events.len()), (unknown, 1), "{path}");
    }
    // Every row of the catalog and every URL that we tell people to use.
    for row in super::catalog::ROWS.iter().filter(|row| row.vendor_channel != "beyond the list") {
        let path = format!("{}/{}", row.vendor_channel, row.vendor_event);
        assert_eq!(read(&path, &body).unknown_segments, 0, "{path}");
    }
    for url in super::route::URLS {
        for event in url.own.iter().chain(&["DELIVERY"]) {
            let path = format!("{}/{event}", url.path);
            assert_eq!(read(&path, &body).unknown_segments, 0, "{path}");
        }
    }
}
