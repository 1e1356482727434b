use std::collections::{BTreeSet, HashSet};

use tributary_events::{Context, Event, EventId, EventType, Timestamp};

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

#[test]
fn push_and_its_deprecated_twin_are_one_event() {
    assert_eq!(ids("", fixture!("message-user")), ids("", fixture!("message-user-post")));
    assert_eq!(ids("", fixture!("user-chat-opened")), ids("", fixture!("user-chat-opened-post")));
    let abridged = fixture!("message-without-id");
    assert_eq!(ids("", abridged), ids("", &abridged.replace("\"push\"", "\"post\"")));
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
    let of = |word: &str| [("campaign.555001".to_owned(), word.to_owned())].into_iter().collect::<Settings>();
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
