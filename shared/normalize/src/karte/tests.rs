//! What only a look at a whole body shows.

use std::borrow::Cow;

use serde_json::{Value, json};
use tributary_events::{Channel, Context, Event, EventId, EventType, Says};

use super::*;
use crate::{Normalized, Prepared, normalize};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name, ".json"))
    };
}

fn read(route: &str, body: &str, settings: &Settings) -> Normalized {
    let segments: Vec<_> = route.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let received = Timestamp::parse("2026-11-21T09:30:00Z").unwrap();
    let request = Request {
        segments: &segments,
        content_type: "application/json",
        body: body.as_bytes(),
        context: Context { received, traceparent: None },
        settings,
    };
    normalize(&Karte, &request, false).unwrap()
}

fn ids(body: &str) -> Vec<EventId> {
    read("", body, &Settings::default()).events.iter().map(|event| event.id).collect()
}

fn one(body: &Value) -> Prepared {
    let mut out = read("", &body.to_string(), &Settings::default());
    assert_eq!((out.events.len(), out.rejects.len()), (1, 0), "{body}");
    out.events.remove(0)
}

/// The id, and what it says for its claim.
fn claim(body: &Value) -> (EventId, Option<Says>) {
    let event = one(body);
    (event.id, event.says)
}

/// All are events of their own, and a repeat of each is the same.
fn assert_distinct(bodies: &[Value]) {
    for (at, body) in bodies.iter().enumerate() {
        assert_eq!(claim(body), claim(body));
        for other in &bodies[..at] {
            assert_ne!(one(body).id, one(other).id, "{body} and {other}");
        }
    }
}

/// As Craft and EventBridge hand a hook on.
fn ways_out(hook: &Value) -> [Value; 3] {
    [
        hook.clone(),
        json!({"id": "craft-1", "kind": "karte/apiv2-hook", "timestamp": "2026-11-20T01:02:04.500Z", "jsonPayload": hook}),
        json!({"id": "aws-1", "detail-type": "KARTE ApiV2Hook", "time": "2026-11-20T01:02:05Z", "detail": {"content": hook}}),
    ]
}

fn run(id: &str, data: &Value) -> Value {
    json!({"id": id, "kind": "karte/action", "timestamp": "2026-11-20T01:02:04.500Z",
           "jsonPayload": {"name": "forward", "data": data}})
}

#[test]
fn a_hook_is_one_event_on_every_way_out() {
    let hooks = [
        json!({"id": "h-1", "api_key": "p", "event_type": "talk/message/sendFromUser",
               "data": {"content": {"text": "hi"}, "date": "2026-11-20T01:02:03.456Z", "user_id": "m-1"}}),
        // Without a time of their own: the envelopes have one each, and plain HTTP has none.
        json!({"id": "h-2", "api_key": "p", "event_type": "talk/assignee/assign",
               "data": {"operator": {"id": "op-1"}}, "extra": {"user_id": "m-1"}}),
        json!({"id": "h-3", "api_key": "p", "event_type": "datahub/jobflow/end", "data": {"id": "j", "status": "ERROR"}}),
        json!({"id": "h-4", "api_key": "p", "event_type": "cms/content/update", "data": {"id": "c"}}),
        json!({"id": "h-5", "api_key": "p", "event_type": "campaign/status/switch", "data": {"ret": {"id": "c"}}}),
    ];
    for hook in &hooks {
        let [http, craft, eventbridge] = ways_out(hook);
        assert!(one(&http).says.is_some(), "{hook}");
        assert_eq!(claim(&http), claim(&craft), "{hook}");
        assert_eq!(claim(&http), claim(&eventbridge), "{hook}");
    }
    assert_distinct(&hooks);
}

#[test]
fn hooks_without_an_id_differ_in_anything_they_hold() {
    let hook = |event_type: &str, data: Value| json!({"api_key": "p", "event_type": event_type, "data": data});
    assert_distinct(&[
        hook("cms/content/update", json!({"id": "c", "sys": {"raw": {"revision": 1}}})),
        hook("cms/content/update", json!({"id": "c", "sys": {"raw": {"revision": 2}}})),
        hook("datahub/jobflow/start", json!({"id": "j", "run": 1})),
        hook("datahub/jobflow/start", json!({"id": "j", "run": 2})),
        hook("talk/message/sendFromUser", json!({"user_id": "m", "content": {"image": "https://a.example/1.png"}})),
        hook("talk/message/sendFromUser", json!({"user_id": "m", "content": {"image": "https://a.example/2.png"}})),
        json!({"event_type": "message", "user_id": "m", "content": {"image": "https://a.example/1.png"}}),
        json!({"event_type": "message", "user_id": "m", "content": {"image": "https://a.example/2.png"}}),
    ]);
}

#[test]
fn an_envelope_tells_apart_hooks_that_cannot_tell_themselves() {
    let hook = json!({"event_type": "talk/assignee/assign", "data": {"operator": {"id": "op-1"}}, "extra": {"user_id": "m-1"}});
    let envelope =
        |id: &str, time: &str| json!({"id": id, "kind": "karte/apiv2-hook", "timestamp": time, "jsonPayload": hook});
    assert_distinct(&[hook.clone(), envelope("r-1", "2026-11-20T01:02:04Z"), envelope("r-2", "2026-11-20T01:02:04Z")]);
    // Without ids, by their times.
    assert_distinct(&[envelope("", "2026-11-20T01:02:04Z"), envelope("", "2026-11-20T01:02:05Z")]);
}

#[test]
fn an_order_is_told_again_and_another_order_is_another() {
    let buy = |person: &str, datetime: &str, transaction: Value, items: Value| {
        json!({"event_name": "buy", "user_id": person, "datetime": datetime,
               "values": {"transaction_id": transaction, "revenue": "1,980", "items": items}})
    };
    let mug = json!([{"item_id": "mug", "price": 1980.0, "quantity": 1}]);
    let first = buy("m-1", "1795136523", json!("T-1"), mug.clone());
    let again = buy("m-1", "1795136999", json!("T-1"), mug.clone());
    assert_eq!(claim(&first), claim(&again), "the page was loaded again");
    let as_text = buy("m-1", "1795136523", json!("T-1"), json!(mug.to_string()));
    assert_eq!(claim(&first), claim(&as_text), "items as JSON text");
    // By two runs of an action, too.
    assert_eq!(claim(&run("r-1", &first)), claim(&run("r-2", &again)));
    assert_distinct(&[
        first,
        buy("m-2", "1795136523", json!("T-1"), mug.clone()),
        buy("m-1", "1795136523", json!("T-2"), mug.clone()),
        // A tag that fires once an item.
        buy("m-1", "1795136523", json!("T-1"), json!([{"item_id": "spoon", "price": 1980, "quantity": 1}])),
        // A variable that nobody filled is no order's id.
        buy("m-1", "1795136523", json!("undefined"), mug.clone()),
        buy("m-2", "1795136523", json!("undefined"), mug.clone()),
        buy("m-1", "1795136999", json!("undefined"), mug.clone()),
        buy("m-1", "1795136523", json!(0), mug),
    ]);
    assert_eq!(ids(fixture!("web.buy")), ids(fixture!("web.buy-tag-again")));
}

#[test]
fn a_run_forwards_several_events_and_is_run_again() {
    let event = |name: &str, person: &str, values: Value| json!({"event_name": name, "user_id": person, "datetime": "1795136523", "values": values});
    let bodies = [
        event("message_open", "m-1", json!({})),
        event("message_click", "m-1", json!({})),
        event("message_open", "m-2", json!({})),
        event("message_open", "m-1", json!({"message": {"campaign_id": "c"}})),
    ];
    let flat = |body: &Value| {
        let mut body = body.clone();
        body["id"] = "r-1".into();
        body
    };
    assert_distinct(&bodies.iter().map(|body| run("r-1", body)).collect::<Vec<_>>());
    assert_distinct(&bodies.iter().map(flat).collect::<Vec<_>>());
    assert_ne!(one(&run("r-1", &bodies[0])).id, one(&run("r-2", &bodies[0])).id);
    // Run again, it forwards the same.
    assert_eq!(claim(&run("r-1", &bodies[0])), claim(&run("r-1", &bodies[0])));
}

#[test]
fn a_record_is_one_event_whoever_forwards_it() {
    let record = json!({"event_name": "visit", "event_hash": "e-1", "values": {"visit": {"date": 1_795_136_500, "shop": "Kyoto"}}});
    assert_eq!(claim(&record), claim(&run("r-1", &record)));
    let no_hash =
        json!({"event_name": "visit", "event_hash": "undefined", "values": {"visit": {"date": 1_795_136_500}}});
    let other = json!({"event_name": "visit", "event_hash": "undefined", "values": {"visit": {"date": 1_795_136_501}}});
    assert_distinct(&[record, no_hash, other]);
}

#[test]
fn a_resent_beacon_event_is_the_same_and_equal_ones_stay_two() {
    assert_eq!(ids(fixture!("beacon"))[1..2], ids(fixture!("beacon-resent")));
    let equal = ids(fixture!("beacon-equal-events"));
    assert_ne!(equal[0], equal[1]);
    assert_eq!(equal, ids(fixture!("beacon-equal-events")));
    let beacon = |keys: Value| json!({"keys": keys, "events": [{"event_name": "view", "values": {}}]});
    assert_distinct(&[
        beacon(json!({"visitor_id": "v-1", "pv_id": "p-1"})),
        beacon(json!({"visitor_id": "v-2", "pv_id": "p-1"})),
        beacon(json!({"visitor_id": "v-1", "pv_id": "p-2"})),
        json!({"keys": {"visitor_id": "v-1"}, "event": {"event_name": "view", "values": {}}}),
        json!({"keys": {"visitor_id": "v-2"}, "event": {"event_name": "view", "values": {}}}),
    ]);
}

#[test]
fn events_of_one_delivery_have_keys_of_their_own() {
    let all = [fixture!("web.message-open"), fixture!("web.message-click"), fixture!("web.message-close")];
    let distinct: std::collections::HashSet<_> = all.iter().flat_map(|body| ids(body)).collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn envelopes_are_opened_to_their_limit() {
    let nested = |levels: usize| {
        let event = json!({"event_name": "view", "user_id": "m", "values": {}});
        (0..levels).fold(event, |inner, _| json!({"jsonPayload": inner}))
    };
    assert_eq!(one(&nested(MAX_ENVELOPES)).kind, EventType::PageViewed);
    assert_eq!(one(&nested(MAX_ENVELOPES + 1)).kind, EventType::Unrecognized);
    assert_distinct(&(0..6).map(nested).collect::<Vec<_>>());
    let of_detail = (0..20).fold(json!({"event_name": "view"}), |inner, _| json!({"id": "r-1", "detail": inner}));
    assert_eq!(one(&of_detail).kind, EventType::Unrecognized);
}

#[test]
fn a_time_that_cannot_be_placed_is_none_and_stays_in_the_key() {
    let click =
        |datetime: Value| json!({"event_name": "message_click", "user_id": "m", "datetime": datetime, "values": {}});
    let bodies = [
        json!("2026/11/20 10:02:03"),
        json!("2026/11/20 10:02:04"),
        json!("2026-11-20 10:02:03"),
        json!("noon"),
        json!(0),
    ];
    let bodies = bodies.map(click);
    for body in &bodies {
        assert!(Event::parse(&one(body).json).unwrap().time.is_none(), "{body}");
    }
    assert_distinct(&bodies);
    let placed = one(&click(json!("2026/11/20 10:02:03+09:00")));
    assert_eq!(Event::parse(&placed.json).unwrap().time, Timestamp::parse("2026-11-20T01:02:03Z"));
}

#[test]
fn what_holds_nothing_of_its_kind_is_unrecognized() {
    for body in [
        json!({}),
        json!({"test": true}),
        json!({"ping": 1}),
        json!({"event": "healthcheck"}),
        json!({"results": null}),
        json!({"name": "healthcheck", "data": {}}),
        json!({"event_type": "message"}),
        json!({"event_type": "assign", "user_id": ""}),
        json!({"id": "h", "event_type": "talk/message/sendFromUser", "data": {}, "extra": {}}),
        json!({"id": "h", "event_type": "talk/assignee/assign", "data": {}}),
        json!({"id": "h", "event_type": "datahub/jobflow/end", "data": {"status": "ERROR"}}),
        json!({"id": "h", "event_type": "cms/content/delete", "data": null}),
    ] {
        for route in ["", "web", "chat", "talk/email", "line"] {
            let out = read(route, &body.to_string(), &Settings::default());
            assert_eq!(out.events.len(), 1, "{body}");
            assert_eq!(out.events[0].kind, EventType::Unrecognized, "{body} by {route}");
        }
    }
    for body in ["[]", r#"{"events":[]}"#, r#"{"results":[]}"#, r#"{"keys":{},"events":[]}"#, " [ ] "] {
        let out = read("", body, &Settings::default());
        assert!(out.events.is_empty() && out.rejects.is_empty(), "{body}");
    }
    for body in ["null", "7", "\"text\"", "true", "[1]"] {
        let out = read("", body, &Settings::default());
        assert_eq!(out.rejects.len(), 1, "{body}");
        assert_eq!(out.rejects[0].reason, RejectReason::WrongShape, "{body}");
    }
}

#[test]
fn amounts_are_decimals_or_absent() {
    let total = |revenue: Value| {
        let event =
            one(&json!({"event_name": "buy", "user_id": "m", "values": {"transaction_id": "T", "revenue": revenue}}));
        let order = Event::parse(&event.json).unwrap().data.order.unwrap();
        order.total.map(|total| total.amount.unwrap().into_owned())
    };
    for (revenue, amount) in [
        (json!(2499.50), Some("2499.5")),
        (json!("1,980"), Some("1980")),
        (json!("¥1,234,567"), Some("1234567")),
        (json!("１，９８０円"), Some("1980")),
        (json!("12.50"), Some("12.50")),
        (json!("undefined"), None),
        (json!(true), None),
        (json!(""), None),
        (json!({"amount": 5}), None),
        (json!("1,98"), Some("1.98")),
        (json!("19,80,00"), None),
    ] {
        assert_eq!(total(revenue.clone()).as_deref(), amount, "{revenue}");
    }
}

#[test]
fn hooks_in_no_list_keep_a_subject() {
    let subject = |event_type: &str, data: Value| {
        let event = one(&json!({"id": "h", "event_type": event_type, "data": data}));
        assert_eq!(event.kind, EventType::Unrecognized, "{event_type}");
        Event::parse(&event.json).unwrap().subject.map(Cow::into_owned)
    };
    let changed = || json!({"ret": {"id": "x-1", "enabled": true}});
    for (event_type, data, is) in [
        ("action/campaign/enable", changed(), Some("campaign/x-1")),
        ("campaign_status/update", changed(), Some("campaign/x-1")),
        ("craft/functions/update", changed(), Some("function/x-1")),
        ("blocks/Site/publish", json!({"id": "x-1"}), Some("site/x-1")),
        ("insight/report/create", changed(), Some("report/x-1")),
        ("talk/room/close", json!({"user_id": "m"}), Some("conversation/m")),
        ("datahub/query/end", json!({"id": "q"}), Some("job/q")),
        ("insight/report/create", json!({}), None),
        ("/", changed(), None),
    ] {
        assert_eq!(subject(event_type, data).as_deref(), is, "{event_type}");
    }
}

#[test]
fn a_word_that_no_list_knows_stays_to_be_seen() {
    let read = |more: Value| {
        let mut body = json!({"event_name": "message_open", "user_id": "m", "values": {}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let event = one(&body);
        let data = Event::parse(&event.json).unwrap().data;
        (event.kind, data.channel, data.vendor.channel.map(Cow::into_owned))
    };
    let word = |word: &str| Some(word.to_owned());
    assert_eq!(read(json!({"channel": "pigeon"})), (EventType::MessageViewed, None, word("pigeon")));
    // What a plugin sends goes off the site.
    assert_eq!(read(json!({"plugin_name": "pigeon"})), (EventType::MessageQueued, None, word("pigeon")));
    assert_eq!(
        read(json!({"plugin_name": "pigeon", "channel": "sms"})),
        (EventType::MessageQueued, Some(Channel::Sms), word("pigeon"))
    );
    assert_eq!(read(json!({"channel": "viber"})), (EventType::MessageQueued, Some(Channel::Viber), word("talk")));
}

#[test]
fn a_segment_that_no_list_knows_is_counted() {
    for (route, unknown) in [("", 0), ("talk/email", 0), ("emial", 1), ("talk/emial", 1)] {
        let out = read(route, r#"{"event_name":"view"}"#, &Settings::default());
        assert_eq!((out.unknown_segments, out.events.len()), (unknown, 1), "{route}");
    }
}

#[test]
fn half_a_surrogate_pair_is_replaced_wherever_it_stands() {
    let body = r#"{"event_name":"buy","user_id":"m","values":{"k\ud83d":1,"transaction_id":"T\udc00",
        "items":"[{\"item_id\":\"a\",\"name\":\"mug \\ud83d\"}]"}}"#;
    let out = read("", body, &Settings::default());
    let event: Value = serde_json::from_str(&out.events[0].json).unwrap();
    assert_eq!(event["data"]["items"][0]["name"], "mug \u{FFFD}");
    assert_eq!(event["data"]["order"]["id"], "T\u{FFFD}");
    assert_eq!(event["data"]["original"]["values"]["k\u{FFFD}"], 1);
}

#[test]
fn bodies_as_documented_are_read() {
    let blocks = |text: &'static str| text.split("```json\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    // The block of rules is the gateway's.
    for body in blocks(include_str!("README.md")).filter(|block| !block.contains("\"rules\"")) {
        let out = read("", body, &Settings::default());
        assert_eq!(out.events[0].kind, EventType::MessageQueued, "{body}");
    }
    let template = blocks(include_str!("../../../../docs/karte/README.md")).next().unwrap();
    let run = format!(r#"{{"id":"r-1","kind":"karte/action","jsonPayload":{{"name":"forward","data":{template}}}}}"#);
    let out = read("", &run, &Settings::default());
    let event = Event::parse(&out.events[0].json).unwrap();
    assert_eq!(out.events[0].kind, EventType::MessageQueued);
    assert_eq!(event.data.vendor.account.as_deref(), Some("<your project's API key>"));
    assert_eq!(event.data.message.unwrap().delivery_id.as_deref(), Some("<variable: response id>"));
}

#[test]
fn what_the_body_tells_goes_before_setting_and_route() {
    let channel = |route: &str, body: &str, settings: &Settings| {
        let out = read(route, body, settings);
        let event = Event::parse(&out.events[0].json).unwrap();
        (out.events[0].kind, event.data.channel)
    };
    use Channel::{Email, Line, Push};
    let none = Settings::default();
    let line: Settings = [("campaign_aaaabbbbccccddddeeee0001".to_owned(), "line".to_owned())].into_iter().collect();
    let untold = fixture!("action-channel-not-told");
    assert_eq!(channel("", untold, &none), (EventType::MessageViewed, None));
    assert_eq!(channel("talk", untold, &none), (EventType::MessageQueued, None));
    assert_eq!(channel("talk/push", untold, &none), (EventType::MessageQueued, Some(Push)));
    assert_eq!(channel("talk/push", untold, &line), (EventType::MessageQueued, Some(Line)));
    let template = fixture!("action-channel-from-template");
    assert_eq!(channel("web", template, &line), (EventType::MessageQueued, Some(Email)));
}
