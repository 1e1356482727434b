use std::collections::{BTreeSet, HashSet};

use tributary_events::{Context, Event, EventId, EventType, Says, Timestamp};

use super::ChannelTalk;
use crate::{Normalized, Request, Settings, Source, normalize};

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
    normalize(&ChannelTalk, &request, false).unwrap()
}

fn ids(route: &str, body: &str) -> Vec<EventId> {
    read(route, body, &Settings::default()).events.iter().map(|event| event.id).collect()
}

fn kinds(route: &str, body: &str) -> Vec<EventType> {
    read(route, body, &Settings::default()).events.iter().map(|event| event.kind).collect()
}

fn event(route: &str, body: &str, settings: &Settings) -> Event<'static> {
    Event::parse(&read(route, body, settings).events[0].json).unwrap()
}

/// The id of the only event of a webhook, and what it says for its claim.
fn told(body: &str) -> (EventId, Option<Says>) {
    let events = read("", body, &Settings::default()).events;
    assert_eq!(events.len(), 1, "{body}");
    (events[0].id, events[0].says)
}

#[test]
fn push_and_its_deprecated_twins_are_one_event() {
    assert_eq!(told(fixture!("message-user")), told(fixture!("message-user-post")));
    assert_eq!(told(fixture!("user-chat-opened")), told(fixture!("user-chat-opened-post")));
    let all = [
        fixture!("message-without-id"),
        fixture!("message-user"),
        fixture!("message-manager"),
        fixture!("message-log-close"),
        fixture!("message-private-note"),
        fixture!("message-sending"),
        fixture!("message-not-sent"),
        fixture!("call-received"),
        fixture!("user-chat-opened"),
        fixture!("user-chat-queued"),
    ];
    for body in all {
        for twin in ["post", "create", "Push"] {
            assert_eq!(told(body), told(&body.replace("\"push\"", &format!("\"{twin}\""))), "{twin}: {body}");
        }
    }
}

/// A webhook about a model that has these fields beside its id.
fn hook(event: &str, model: &str, fields: &str) -> String {
    format!(r#"{{"event":"{event}","type":"{model}","entity":{{"id":"7f","channelId":"70110",{fields}}}}}"#)
}

#[test]
fn every_change_is_an_event_whatever_its_version() {
    const MESSAGE: &str = r#""chatType":"userChat","chatId":"c","personType":"user","personId":"p""#;
    for version in [r#""version":-1"#, r#""version":3"#, r#""x":0"#] {
        let changes: [(&str, &str, &[&str]); 10] = [
            ("upsert", "message", &[r#""plainText":"a""#, r#""plainText":"b""#, r#""plainText":"b","updatedAt":9"#]),
            ("delete", "message", &[r#""plainText":"a""#, r#""plainText":"b""#]),
            ("merge", "message", &[r#""plainText":"a""#, r#""plainText":"b""#]),
            ("push", "userChat", &[r#""state":"opened""#, r#""state":"opened","openedAt":1795136400200"#]),
            ("upsert", "userChat", &[r#""state":"closed","tags":["a"]"#, r#""state":"closed","tags":["b"]"#]),
            ("upsert", "userChat", &[r#""state":"snoozed","tags":["a"]"#, r#""state":"snoozed","tags":["b"]"#]),
            ("update", "userChat", &[r#""state":"closed""#, r#""state":"closed","updatedAt":1795136400200"#]),
            ("upsert", "user", &[r#""unsubscribeEmail":false"#, r#""unsubscribeEmail":true"#]),
            ("delete", "user", &[r#""updatedAt":1795136400200"#, r#""updatedAt":1795136500200"#]),
            ("merge", "member", &[r#""name":"a""#, r#""name":"b""#]),
        ];
        for (event, model, all) in changes {
            let body = |fields: &str| hook(event, model, &format!("{MESSAGE},{version},{fields}"));
            let distinct: HashSet<_> = all.iter().map(|fields| told(&body(fields)).0).collect();
            assert_eq!(distinct.len(), all.len(), "{event} {model} {version}");
        }
    }
}

#[test]
fn what_a_webhook_refers_to_makes_no_other_event() {
    for body in [fixture!("message-edited"), fixture!("user-chat-opened"), fixture!("message-without-id")] {
        let later = body.replace("\"refers\": {", "\"refers\": {\"manager\": {\"id\": \"8809\", \"name\": \"M\"},");
        assert_ne!(body, later);
        assert_eq!(told(body), told(&later));
    }
}

#[test]
fn what_became_of_a_message_is_no_duplicate_of_its_sending() {
    let sent = fixture!("message-manager");
    let other = |state: &str| sent.replace("\"state\": \"sent\"", &format!("\"state\": \"{state}\""));
    let events = [sent.to_owned(), other("sending"), other("failed"), other("removed")];
    let kinds: Vec<_> = events.iter().flat_map(|body| kinds("", body)).collect();
    use EventType::{MessageDeleted, MessageQueued, MessageSent, MessageUndelivered};
    assert_eq!(kinds, [MessageSent, MessageQueued, MessageUndelivered, MessageDeleted]);
    assert_eq!(events.iter().map(|body| told(body).0).collect::<HashSet<_>>().len(), events.len());
}

#[test]
fn what_is_about_nothing_is_unrecognized_on_every_route() {
    let nothing = ["{}", r#"{"test":true}"#, r#"{"ping":1}"#, r#"{"event":"healthcheck"}"#, r#"{"events":null}"#];
    let about_nothing = ["message", "userChat", "user", "member", "lead"].into_iter().flat_map(|model| {
        ["push", "upsert", "delete"].map(|event| format!(r#"{{"event":"{event}","type":"{model}","entity":{{}}}}"#))
    });
    let all: Vec<String> = nothing.into_iter().map(str::to_owned).chain(about_nothing).collect();
    for route in ["", "event", "events", "campaign-user", "one-time-msg-users"] {
        for body in &all {
            let out = read(route, body, &Settings::default());
            assert_eq!(
                out.events.iter().map(|event| event.kind.as_str()).collect::<Vec<_>>(),
                ["unrecognized"],
                "{body}"
            );
            assert!(out.events[0].says.is_none() && out.rejects.is_empty(), "{body}");
        }
        for empty in ["[]", r#"{"events":[]}"#, r#"{"campaignUsers":[]}"#, r#"{"oneTimeMsgUsers":[],"next":"n"}"#] {
            let out = read(route, empty, &Settings::default());
            assert!(out.events.is_empty() && out.rejects.is_empty(), "{route}: {empty}");
        }
        for bare in ["null", "7", r#""text""#] {
            let out = read(route, bare, &Settings::default());
            assert!(out.events.is_empty() && out.rejects[0].reason.as_str() == "wrong_shape", "{route}: {bare}");
        }
    }
}

#[test]
fn a_chat_opens_only_where_its_state_says_so() {
    let kind = |event: &str, state: &str| kinds("", &hook(event, "userChat", state))[0].as_str();
    for state in ["queued", "initial", "missed", "snoozed", "holding", "of tomorrow"] {
        let state = format!(r#""state":"{state}""#);
        assert_eq!(kind("push", &state), "conversation.updated", "{state}");
    }
    assert_eq!(kind("push", r#""state":"opened""#), "conversation.created");
    assert_eq!(kind("push", r#""userId":"u""#), "conversation.created");
    assert_eq!(kind("upsert", r#""state":"opened""#), "conversation.updated");
    assert_eq!(kind("push", r#""state":"closed""#), "conversation.closed");
}

#[test]
fn a_log_is_no_message() {
    // The actions of version 28.0.3 that sound like one, and one that nobody knows yet.
    for action in ["sendXms", "missMeet", "share", "taskApproval", "handoffVoiceToText", "enqueue", "new"] {
        let body = fixture!("message-log-tags").replace("addTags", action);
        let event = event("", &body, &Settings::default());
        assert_eq!(event.kind.as_str(), "conversation.updated", "{action}");
        assert_eq!(event.data.conversation.unwrap().field.as_deref(), Some(action));
        assert!(event.data.message.is_none());
    }
}

#[test]
fn only_a_change_of_one_setting_is_about_an_address() {
    let address = |fields: &str| {
        let body = hook("upsert", "user", &format!(r#""email":"a@b.example","mobileNumber":"+8210",{fields}"#));
        let data = event("", &body, &Settings::default()).data;
        assert_eq!(data.address.is_some(), data.consent.is_some());
        data.address.map(|address| address.value.into_owned())
    };
    const SAVED: &str = r#""updatedAt":1795136400200"#;
    let email = r#""unsubscribeEmail":true,"unsubscribeEmailUpdatedAt":1795136400199"#;
    let texting = r#""unsubscribeTexting":false,"unsubscribeTextingUpdatedAt":1795136400200"#;
    assert_eq!(address(&format!("{SAVED},{email}")).as_deref(), Some("a@b.example"));
    assert_eq!(address(&format!("{SAVED},{texting}")).as_deref(), Some("+8210"));
    assert_eq!(address(&format!("{SAVED},{email},{texting}")), None);
    assert_eq!(address(&format!("\"updatedAt\":1795136999999,{email}")), None);
    assert_eq!(address(&format!("{SAVED},\"unsubscribeEmail\":true")), None);
    assert_eq!(address(email), None);
}

#[test]
fn a_chat_opens_again_and_a_message_is_edited_under_the_same_id() {
    let all = [
        fixture!("user-chat-opened"),
        fixture!("user-chat-opened-again"),
        fixture!("user-chat-closed"),
        fixture!("user-chat-updated"),
        fixture!("message-user"),
        fixture!("message-edited"),
        fixture!("message-deleted"),
        fixture!("message-private-note"),
        fixture!("message-private-note-edited"),
        fixture!("user-upsert"),
        fixture!("user-unsubscribed-from-texts"),
        fixture!("lead-deleted"),
    ];
    let distinct: HashSet<_> = all.iter().flat_map(|body| ids("", body)).collect();
    assert_eq!(distinct.len(), all.len());
    let edited_again = fixture!("message-edited").replace("\"version\": 1,", "\"version\": 2,");
    assert_ne!(edited_again, fixture!("message-edited"));
    assert!(!distinct.contains(&ids("", &edited_again)[0]));
}

#[test]
fn what_the_team_writes_to_itself_is_no_message() {
    for body in [fixture!("message-private-note"), fixture!("message-team-chat"), fixture!("message-direct-chat")] {
        let event = event("", body, &Settings::default());
        assert_eq!(event.kind.as_str(), "conversation.note_added", "{body}");
        assert!(event.data.message.is_none() && event.data.note.is_some(), "{body}");
    }
    let by_user = fixture!("message-private-note").replace("\"manager\",", "\"user\",");
    assert_eq!(kinds("", &by_user), [EventType::ConversationNoteAdded]);
    let hidden_log = fixture!("message-log-close").replace("\"log\":", "\"options\": [\"private\"], \"log\":");
    assert_eq!(kinds("", &hidden_log), [EventType::ConversationClosed]);
}

#[test]
fn a_recipient_is_one_event_for_each_time_it_has() {
    let body = r#"{"campaignUser":{"id":"7-u","campaignId":"7","userId":"u","sent":1795136400000,"view":1795136401000,
        "click":1795136402000,"goal":1795136403000,"revenue":10.50}}"#;
    let out = read("", body, &Settings::default());
    let all =
        [EventType::MessageSent, EventType::MessageViewed, EventType::MessageClicked, EventType::CampaignGoalReached];
    assert_eq!(kinds("", body), all);
    assert_eq!(ids("", body).into_iter().collect::<HashSet<_>>().len(), all.len());
    let events: Vec<_> = out.events.iter().map(|event| Event::parse(&event.json).unwrap()).collect();
    assert_eq!(events[2].time, Timestamp::from_unix_millis(1_795_136_402_000));
    assert!(events[2].data.order.is_none());
    let total = events[3].data.order.as_ref().unwrap().total.as_ref().unwrap();
    assert_eq!(total.amount.as_deref(), Some("10.50"));
    // Seen again, later, with one more fact: the others stay what they were.
    let earlier = body.replace(",\"goal\":1795136403000", "");
    assert_eq!(ids("", &earlier), ids("", body)[..3]);
    // What it was worth is added up later, and makes no other goal and no conflict.
    let worth_more = read("", &body.replace("10.50", "99.00"), &Settings::default());
    let says = |out: &Normalized| out.events.iter().map(|event| (event.id, event.says)).collect::<Vec<_>>();
    assert_eq!(says(&worth_more), says(&out));
}

#[test]
fn a_record_is_one_event_wherever_it_comes_from() {
    let record = fixture!("event-by-shape");
    let forms = [record.to_owned(), format!("[{record}]"), format!("{{\"events\":[{record}],\"next\":\"n\"}}")];
    for form in &forms {
        for route in ["", "event", "events"] {
            assert_eq!(kinds(route, form), [EventType::MessageClicked], "{route}: {form}");
            assert_eq!(ids(route, form), ids("", record), "{route}: {form}");
        }
    }
    // As the answer to its creation it is the customer's own.
    let answer = format!("{{\"event\":{record}}}");
    assert_eq!(kinds("", &answer), [EventType::Custom]);
    assert_eq!(kinds("event", &answer), [EventType::MessageClicked]);
    assert_eq!(ids("", &answer), ids("event", &answer));
}

#[test]
fn a_setting_tells_the_medium_of_a_campaign_unless_the_body_does() {
    use tributary_events::Channel::{Email, KakaoAlim, Sms};
    let of = |word: &str| [("campaign_555001".to_owned(), word.to_owned())].into_iter().collect::<Settings>();
    let channel = |body, settings: &Settings| event("campaign-user", body, settings).data.channel;
    assert_eq!(channel(fixture!("campaign-user.click"), &Settings::default()), None);
    assert_eq!(channel(fixture!("campaign-user.click"), &of("xms")), Some(Sms));
    assert_eq!(channel(fixture!("campaign-user.click"), &of("kakao_alim")), Some(KakaoAlim));
    assert_eq!(channel(fixture!("campaign-user.view"), &of("xms")), Some(Email));
}

#[test]
fn every_listed_event_has_a_fixture_that_bears_its_names() {
    let events = [
        fixture!("event.page-view"),
        fixture!("event.user-chat-open"),
        fixture!("event.marketing-view"),
        fixture!("event.marketing-click"),
        fixture!("event.marketing-goal"),
        fixture!("event.custom"),
    ];
    let given: BTreeSet<(String, String)> = events
        .iter()
        .map(|body| {
            let event = event("event", body, &Settings::default());
            let custom = event.kind.as_str() == "custom";
            let name = if custom { "*".to_owned() } else { event.data.vendor.event.into_owned() };
            (event.data.vendor.channel.unwrap().into_owned(), name)
        })
        .collect();
    let listed: BTreeSet<(String, String)> = ChannelTalk
        .catalog()
        .iter()
        .filter(|row| row.vendor_channel != "beyond the list")
        .map(|row| (row.vendor_channel.to_owned(), row.vendor_event.to_owned()))
        .collect();
    assert_eq!(given, listed);
}

#[test]
fn two_webhooks_that_say_nothing_of_their_model_stay_two() {
    let bare = |text: &str| format!(r#"{{"event":"push","type":"message","entity":{{}},"refers":{{"x":"{text}"}}}}"#);
    assert_ne!(ids("", &bare("a")), ids("", &bare("b")));
}
