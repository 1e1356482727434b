//! Posts as a whole.

use std::collections::HashSet;

use tributary_events::{Context, Event, EventId, Timestamp};

use super::*;
use crate::{Normalized, Settings, normalize};

const TOKEN: &str = "c0ffee00-0000-4000-8000-0000000c0ffe";

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name))
    };
}

fn read(body: &[u8], settings: &Settings) -> Normalized {
    let received = Timestamp::parse("2026-11-21T09:30:00Z").unwrap();
    let request = Request {
        segments: &[],
        content_type: "application/x-www-form-urlencoded",
        body,
        context: Context { received, traceparent: None },
        settings,
    };
    normalize(&CarrotQuest, &request, false).unwrap()
}

fn id(body: &str) -> EventId {
    let out = read(body.as_bytes(), &Settings::default());
    assert_eq!(out.events.len(), 1);
    out.events[0].id
}

#[test]
fn the_token_goes_nowhere() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/carrotquest/fixtures");
    let mut with_token: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .filter(|body| memchr::memmem::find(body, TOKEN.as_bytes()).is_some())
        .collect();
    assert!(with_token.len() > 100);
    with_token.push([b"type=event&a=\xFF&token=", TOKEN.as_bytes()].concat());
    with_token.push(format!("token={TOKEN}").into_bytes());
    for body in with_token {
        let out = read(&body, &Settings::default());
        let parts = out.rejects.iter().map(|reject| reject.part.as_slice());
        for part in out.events.iter().map(|event| event.json.as_bytes()).chain(parts) {
            assert!(memchr::memmem::find(part, TOKEN.as_bytes()).is_none(), "{}", String::from_utf8_lossy(&body));
        }
    }
}

#[test]
fn original_is_the_form_with_json_for_json() {
    let event = "%7B%22id%22%3A+5%2C+%22props%22%3A+%7B%22a%22%3A+1.50%7D%7D";
    let body = format!("type=event&token=x&event_id=5&event={event}&more=%7B%7D");
    let out = read(body.as_bytes(), &Settings::default());
    let event = Event::parse(&out.events[0].json).unwrap();
    let expected = r#"{"type":"event","event_id":"5","event":{"id":5,"props":{"a":1.50}},"more":"{}"}"#;
    assert_eq!(event.data.original.get(), expected);
}

#[test]
fn a_broken_post_is_kept_whole_but_for_the_token() {
    let out = read(b"type=event&token=x&event=%7B%22id%22&b=%26", &Settings::default());
    assert_eq!(out.rejects[0].part, b"type=event&event=%7B%22id%22&b=%26");
}

#[test]
fn one_event_on_several_ways_is_told_apart() {
    let event = id(fixture!("fields-only-event.form"));
    assert_eq!(event, id(fixture!("fields-no-type.form")));
    // By the form's own fields alone.
    assert_eq!(event, id("type=event&event_name=%24order_paid&event_id=9200000001"));
    let webhook = fixture!("webhook-system-event.form");
    let ways = [
        id(webhook),
        id(fixture!("webhook-second-message-of-one-event.form")),
        id(&webhook.replace("message_webhook", "event")),
    ];
    assert_eq!(ways.iter().collect::<HashSet<_>>().len(), ways.len());
    // A repetition, whatever became of the person meanwhile.
    assert_eq!(id(webhook), id(&webhook.replace("online", "idle")));
}

#[test]
fn ids_beyond_floats_are_one_as_number_and_text() {
    let numbers = fixture!("ids-64-bit-numbers.form");
    assert_eq!(id(numbers), id(fixture!("ids-64-bit-strings.form")));
    assert_ne!(id(numbers), id(&numbers.replace("18446744073709551615", "18446744073709551614")));
}

#[test]
fn every_revision_of_a_part_is_an_event() {
    let revisions = [
        fixture!("conversation-reply-user.form"),
        fixture!("conversation-reply-user-edited.form"),
        fixture!("conversation-reply-user-edited-again.form"),
        fixture!("conversation-reply-user-removed.form"),
    ];
    assert_eq!(revisions.map(id).into_iter().collect::<HashSet<_>>().len(), revisions.len());
    // Counters of the conversation change between two deliveries.
    let counter = "conversation_admin_unread_count%22%3A+";
    let later = revisions[0].replace(&format!("{counter}2"), &format!("{counter}7"));
    assert_ne!(later, revisions[0]);
    assert_eq!(id(&later), id(revisions[0]));
}

#[test]
fn the_currency_can_be_set() {
    let dollars: Settings = [("currency".to_owned(), "USD".to_owned())].into_iter().collect();
    let currency = |settings| {
        let event = Event::parse(&read(fixture!("cart-added.form").as_bytes(), settings).events[0].json).unwrap();
        event.data.items.unwrap()[0].price.clone().unwrap().currency.unwrap()
    };
    assert_eq!(currency(&dollars), "USD");
    assert_eq!(currency(&Settings::default()), "RUB");
}

#[test]
fn the_template_of_the_docs_is_read() {
    let template = include_str!("../../../../docs/carrotquest/webhook-template.json");
    let template = template.replace("{{ user['$user_id'] or '' }}", "customer-17");
    let rendered = |count: &str| template.replace("{{ user['$event_123_count'] or '' }}", count);
    let out = read(rendered("7").as_bytes(), &Settings::default());
    let event = Event::parse(&out.events[0].json).unwrap();
    assert_eq!(out.events[0].kind, EventType::CartItemAdded);
    assert_eq!(event.data.contact.unwrap().user_id.unwrap(), "customer-17");
    assert_eq!(event.data.items.unwrap()[0].name.as_deref(), Some("{{ event['$name'] or '' }}"));
    assert_eq!(id(&rendered("7")), id(&rendered("7")));
    assert_ne!(id(&rendered("7")), id(&rendered("8")));
}

fn event(body: &str) -> Event<'static> {
    let out = read(body.as_bytes(), &Settings::default());
    assert_eq!((out.events.len(), out.rejects.len()), (1, 0), "{body}");
    Event::parse(&out.events[0].json).unwrap()
}

/// A form of these fields.
fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn all_differ(bodies: &[String]) {
    let ids: HashSet<_> = bodies.iter().map(|body| id(body)).collect();
    assert_eq!(ids.len(), bodies.len(), "{bodies:#?}");
}

#[test]
fn an_event_is_told_by_its_id_with_its_name() {
    let post = |name: &str, event: &str| form(&[("type", "event"), ("event_name", name), ("event", event)]);
    all_differ(&[
        post("order", r#"{"id": 5}"#),
        post("order", r#"{"id": 6}"#),
        post("cart", r#"{"id": 5}"#),
        // No ids: all of the post tells.
        post("order", r#"{"id": 0, "created": 1795133000}"#),
        post("order", r#"{"id": 0, "created": 1795133001}"#),
        post("order", r#"{"id": null, "created": 1795133000, "props": {"a": 1}}"#),
        post("order", r#"{"id": "None", "created": 1795133000, "props": {"a": 2}}"#),
    ]);
    // One id, and another time: nothing is lost, for the second is a conflict.
    let says = |body: &str| read(body.as_bytes(), &Settings::default()).events[0].says;
    let (one, other) = (post("x", r#"{"id": 5, "created": 1}"#), post("x", r#"{"id": 5, "created": 1795133001}"#));
    assert_eq!(id(&one), id(&other));
    assert!(says(&one).is_some() && says(&one) != says(&other));
    // The form's `event_id` where the event's own is none.
    let zero = form(&[("type", "event"), ("event_name", "x"), ("event", r#"{"id": 0}"#), ("event_id", "5")]);
    assert_eq!(id(&zero), id(&post("x", r#"{"id": "5"}"#)));
}

#[test]
fn the_id_of_a_dialogue_is_no_id_of_an_event() {
    let post = |message: &str, event: &str| {
        form(&[
            ("type", "message_webhook"),
            ("message_id", message),
            ("sending_id", "77100200"),
            ("user", r#"{"id": 70010001, "presence": "online"}"#),
            ("event", event),
        ])
    };
    all_differ(&[
        post("40021", r#"{"created": 1795133000, "type": {"name": "$page_view"}}"#),
        post("40021", r#"{"created": 1795133060, "type": {"name": "$page_view"}}"#),
        post("40021", r#"{"created": 1795133060, "type": {"name": "$cart_viewed"}}"#),
        post("40022", r#"{"created": 1795133060, "type": {"name": "$cart_viewed"}}"#),
        post("40021", r#"{"id": 8, "type": {"name": "$cart_viewed"}}"#),
        post("40022", r#"{"id": 8, "type": {"name": "$cart_viewed"}}"#),
    ]);
    // Whether the person is there still makes no other event.
    let first = post("40021", r#"{"created": 1795133000}"#);
    assert_eq!(id(&first), id(&first.replace("online", "idle")));
}

#[test]
fn every_edit_of_a_part_is_an_event_with_and_without_its_time() {
    let part = |part: &str| form(&[("type", "conversation"), ("conversation", part)]);
    let edited = |mark: &str, words: &str| {
        part(&format!(r#"{{"id": 1, "conversation": 2, "type": "reply_user", "edited": {mark}, "body": "{words}"}}"#))
    };
    all_differ(&[
        edited("null", "a"),
        edited("true", "b"),
        edited("true", "c"),
        edited("1795133060", "b"),
        edited("1795133061", "b"),
        edited(r#""2026-11-20T10:00:00""#, "b"),
        edited("1795133060, \"removed\": 1795133070", "b"),
        edited("1795133060, \"removed\": true", "b"),
    ]);
    assert_eq!(id(&edited("true", "b")), id(&edited("true, \"conversation_admin_unread_count\": 3", "b")));
    // Without an id, and with one that stands for none.
    all_differ(&[
        part(r#"{"type": "reply_user", "conversation": 2, "created": 1795133000, "body": "a"}"#),
        part(r#"{"type": "reply_user", "conversation": 2, "created": 1795133000, "body": "b"}"#),
        part(r#"{"id": 0, "type": "reply_user", "conversation": 2, "created": 1795133000, "body": "c"}"#),
        part(r#"{"id": 0, "type": "reply_user", "conversation": 2, "created": 1795133000, "body": "d"}"#),
    ]);
    // Parts and events are numbered apart.
    let named = form(&[("type", "event"), ("event_name", "reply_user"), ("event_id", "1")]);
    assert_ne!(id(&named), id(&edited("null", "a")));
}

#[test]
fn an_app_is_one_in_any_case() {
    let of = |segment: &str| {
        let request = Request {
            segments: &[segment.to_owned()],
            content_type: "",
            body: b"type=event&event_name=x&event_id=5",
            context: Context { received: Timestamp::parse("2026-11-21T09:30:00Z").unwrap(), traceparent: None },
            settings: &Settings::default(),
        };
        let event = normalize(&CarrotQuest, &request, false).unwrap().events.remove(0);
        (event.id, Event::parse(&event.json).unwrap().data.vendor.account.unwrap().into_owned())
    };
    assert_eq!(of("app"), of("App"));
    assert_eq!(of("SAD").1, "sad");
    assert_ne!(of("app"), of("app2"));
}

#[test]
fn a_form_in_windows_1251_is_kept_as_it_came_and_becomes_no_text() {
    let body = "type=event&token=t&event_name=%CE%EF%EB%E0%F2%E0&event=%7B%22id%22%3A5%7D";
    let out = read(body.as_bytes(), &Settings::default());
    assert!(out.events.is_empty());
    assert_eq!(out.rejects[0].reason, RejectReason::NotUtf8);
    assert_eq!(out.rejects[0].part, body.replace("&token=t", "").as_bytes());
}

#[test]
fn half_a_surrogate_pair_is_no_text_wherever_it_stands() {
    let object = r#"{"id": 5, "type": {"name": "x\ud83d"}, "props": {"a\ude00": "b\ud83d", "c": "\ud83d\ude00"}}"#;
    for body in [
        form(&[("type", "event"), ("event", object)]),
        format!(r#"{{"type":"event","event":{object}}}"#),
        format!(r#"{{"type":"event","event":{}}}"#, serde_json::to_string(object).unwrap()),
    ] {
        let event = event(&body);
        assert_eq!(event.data.vendor.event, "x\u{FFFD}", "{body}");
        let attributes: serde_json::Value = serde_json::from_str(event.data.attributes.unwrap().get()).unwrap();
        assert_eq!(attributes, serde_json::json!({"a\u{FFFD}": "b\u{FFFD}", "c": "😀"}), "{body}");
    }
}

#[test]
fn a_name_alone_is_no_event_of_that_name() {
    for body in [
        r#"{"event":"healthcheck"}"#,
        r#"{"event_name":"$order_paid"}"#,
        r#"{"type":"event","event_name":"$message_unsubscribed","event":{},"user":{"props":{"$email":""}}}"#,
        r#"{"type":"event","event_name":"ping","event":{"props":{"a":null}}}"#,
        r#"{"type":"message_webhook","event":{"type":{"name":"$cart_viewed"}}}"#,
        r#"{"type":"conversation","conversation":{"type":"reply_user"}}"#,
        r#"{"type":"conversation","conversation":{}}"#,
        r#"{"conversation":"reply"}"#,
        r#"{"type":"event"}"#,
        "{}",
    ] {
        assert_eq!(event(body).kind.as_str(), "unrecognized", "{body}");
    }
    assert_eq!(event("event_name=%24order_paid&user_id=5").kind.as_str(), "order.paid");
}

#[test]
fn amounts_are_read_where_they_are_beyond_doubt() {
    let total = |amount: &str| {
        let object = format!(r#"{{"id": 5, "props": {{"$order_id": "1", "$order_amount": {amount}}}}}"#);
        let body = form(&[("type", "event"), ("event_name", "$order_completed"), ("event", &object)]);
        event(&body).data.order.unwrap().total.map(|total| total.amount.unwrap().into_owned())
    };
    for (amount, is) in [
        ("2490", "2490"),
        (r#""2490.50""#, "2490.50"),
        (r#""2 490""#, "2490"),
        (r#""2 490,50""#, "2490.50"),
        (r#""1,980,000""#, "1980000"),
        (r#""2490 ₽""#, "2490"),
    ] {
        assert_eq!(total(amount).as_deref(), Some(is), "{amount}");
    }
    for doubtful in [r#""1,980""#, r#""2490 rub.""#, r#""free""#, "[1]"] {
        assert_eq!(total(doubtful), None, "{doubtful}");
    }
}

#[test]
fn an_address_is_that_of_an_email_and_nothing_else() {
    let of = |name: &str, channel: &str, email: &str| {
        let user = format!(r#"{{"id": 7, "user_id": "anna@crm.example", "props": {{"$email": "{email}"}}}}"#);
        let event = format!(r#"{{"id": 5, "props": {{"$message_id": 9, "$type": "{channel}"}}}}"#);
        let fields = [("type", "event"), ("event_name", name), ("event", &*event), ("user", &*user)];
        let data = self::event(&form(&fields)).data;
        let address = data.address.map(|address| address.value.into_owned());
        let message = data.message.map(|message| message.to.or(message.from).map(Cow::into_owned));
        assert!(message.is_none_or(|message| message == address), "{name} {channel}");
        address
    };
    for name in ["$message_bounced", "$message_unsubscribed", "$message_replied", "$double_opt_in_confirmed"] {
        assert_eq!(of(name, "email", "anna@mail.example").as_deref(), Some("anna@mail.example"), "{name}");
        assert_eq!(of(name, "email", "anna"), None, "{name}");
    }
    for (name, channel) in [
        ("$message_bounced", ""),
        ("$message_bounced", "push"),
        ("$message_read", "popup_chat"),
        ("$message_unsubscribed", "telegram"),
        ("$push_unsubscribed", "email"),
        ("$registered", "email"),
    ] {
        assert_eq!(of(name, channel, "anna@mail.example"), None, "{name} {channel}");
    }
}

#[test]
fn what_stands_where_an_id_of_a_person_should_is_none() {
    let body =
        r#"{"type":"event","event_name":"x","event_id":5,"user_id":0,"user":{"id":"None","user_id":"undefined"}}"#;
    let of = event(body);
    assert!(of.subject.is_none() && of.data.contact.is_none());
    // A visitor without a profile is known by the vendor's id alone.
    let anonymous = event(fixture!("anonymous-visitor.form"));
    let contact = anonymous.data.contact.unwrap();
    assert_eq!((contact.id.as_deref(), contact.user_id, contact.anonymous), (Some("70010002"), None, Some(true)));
    assert_eq!(anonymous.subject.as_deref(), Some("contact/70010002"));
}
