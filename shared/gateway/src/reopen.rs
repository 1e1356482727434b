//! A quarantined part, read again by the code of today.

use std::borrow::Cow;

use tributary_events::{Context, Event, Key, Timestamp, partition_key};
use tributary_normalize::{Normalized, Request, Settings, find, normalize};
use tributary_pipeline::{Message, Quarantined, Settings as Limits, split};

use crate::body::inflate;
use crate::gateway::{TOO_DEEP, TOO_LARGE, to_message};
use crate::request::Path;

/// Most bytes a kept body may inflate to here. More than a function takes, for this runs where there is memory.
const INFLATED_BYTES: usize = 256 << 20;

/// What the code of today makes of a quarantined part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reopened {
    /// Events, ready for [`tributary_pipeline::Pipeline::accept`]. No event twice, none too large for journal and queue.
    pub events: Vec<Message>,
    /// What is still no event: reason and place, never a value.
    pub rejects: Vec<(String, String)>,
}

impl Reopened {
    fn rejected(reason: &str, detail: impl Into<String>) -> Self {
        Self { events: Vec::new(), rejects: vec![(reason.to_owned(), detail.into())] }
    }
}

/// The content type of a part that is a unified event.
const UNIFIED: &str = "application/cloudevents+json";
/// Why a conflict stays, and what to do.
const CONFLICT: &str = "another event has its id: correct the key if both happened, and --as-new sends this one too";

/// A conflict as an event with an id of its own; any other part as [`reopen`] has it.
///
/// Pure: the new id is a function of the old one and of the event, less when and by which request it was received. So
/// doing it twice, and with the copies that the vendor's repeats left, gives one event. An event without a subject has a
/// group of its own, which follows.
#[must_use]
pub fn reopen_as_new(part: &Quarantined, settings: impl FnOnce(&str) -> Settings) -> Reopened {
    if part.content_type != UNIFIED || part.reason != "conflict" {
        return reopen(part, settings);
    }
    let text = String::from_utf8_lossy(&part.part);
    match Event::parse(&text).ok().and_then(as_new) {
        Some(message) => from_messages(vec![message], Vec::new()),
        None => Reopened::rejected("conflict", "no unified event"),
    }
}

fn as_new(mut event: Event<'_>) -> Option<Message> {
    let time = event.time.map(|time| time.to_string());
    let key = Key::new("conflict", None).part(Some(&event.id.to_string())).part(Some(&event.source));
    let key = key.part(Some(event.kind.as_str())).part(event.subject.as_deref()).part(time.as_deref());
    event.id = key.part(Some(&serde_json::to_string(&event.data).ok()?)).finish();
    if event.subject.is_none() {
        event.partitionkey = partition_key(&event.source, &event.id.to_string()).into();
    }
    // The id is a fingerprint of the whole event now.
    Some(Message { id: event.id, says: None, group: event.partitionkey.to_string(), body: event.to_json().ok()? })
}

/// Reads a part as its source's function would if it came now, but for the time of receipt: that stays the part's.
///
/// Pure. `settings` gives the settings of a source by its name.
#[must_use]
pub fn reopen(part: &Quarantined, settings: impl FnOnce(&str) -> Settings) -> Reopened {
    match part.reason.as_str() {
        _ if part.content_type != UNIFIED => {}
        "conflict" => return Reopened::rejected("conflict", CONFLICT),
        reason => {
            return Reopened::rejected(reason, "a unified event that no queue takes: what it holds is for you to use");
        }
    }
    let Some(source) = find(&part.source) else {
        return Reopened::rejected("unknown_source", "no source of this name in this version");
    };
    let Some(received) = Timestamp::parse(&part.received) else {
        return Reopened::rejected("no_time", "`received` is no time");
    };
    let segments = Path::encoded(&part.path).into_segments();
    let settings = settings(source.name());
    let read = |body: &[u8]| {
        let context = Context { received, traceparent: None };
        let request =
            Request { segments: &segments, content_type: &part.content_type, body, context, settings: &settings };
        match normalize(source, &request, false) {
            Ok(normalized) => from_normalized(normalized),
            Err(error) => Reopened::rejected(TOO_DEEP, error.to_string()),
        }
    };
    for body in bodies(part) {
        let reopened = read(&body);
        if !reopened.events.is_empty() {
            return reopened;
        }
    }
    let mut reopened = read(&part.part);
    if part.reason == "content_encoding" && reopened.events.is_empty() {
        reopened.rejects = vec![(part.reason.clone(), "neither plain nor gzip nor deflate".to_owned())];
    }
    reopened
}

/// What a body may be that is kept as it came: its `Content-Encoding` is not kept, so each is tried.
fn bodies(part: &Quarantined) -> Vec<Cow<'_, [u8]>> {
    if !matches!(part.reason.as_str(), "content_encoding" | TOO_LARGE | TOO_DEEP) {
        return Vec::new();
    }
    ["gzip", "deflate"].iter().filter_map(|encoding| inflate(&part.part, encoding, INFLATED_BYTES).ok()).collect()
}

fn from_normalized(normalized: Normalized) -> Reopened {
    let rejects = normalized.rejects.into_iter().map(|reject| (reject.reason.as_str().to_owned(), reject.detail));
    from_messages(normalized.events.into_iter().map(to_message).collect(), rejects.collect())
}

fn from_messages(messages: Vec<Message>, mut rejects: Vec<(String, String)>) -> Reopened {
    let split = split(messages, Limits::default().max_message_bytes);
    rejects.extend(
        split
            .oversized
            .iter()
            .map(|message| ("too_large".to_owned(), format!("event {} of {} bytes", message.id, message.body.len()))),
    );
    // What collides within the part goes the way of any: accepted, and then to quarantine by itself.
    let events = split.chunks.into_iter().flat_map(|(messages, _)| messages).chain(split.conflicts).collect();
    Reopened { events, rejects }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    use tributary_events::Event;

    const REPORT: &str = r#"{"results":[{"messageId":"m-1","to":"385910000001","doneAt":"2026-11-21T09:30:02.000+0000","status":{"groupId":3,"id":5},"error":{"id":0}}]}"#;

    fn part(reason: &str, body: &[u8]) -> Quarantined {
        Quarantined {
            source: "infobip".into(),
            path: "/sms/DELIVERY".into(),
            content_type: "application/json".into(),
            received: "2026-11-01T08:00:00.125Z".into(),
            reason: reason.into(),
            detail: String::new(),
            part: body.to_vec(),
        }
    }

    fn open(part: &Quarantined) -> Reopened {
        reopen(part, |_| Settings::default())
    }

    #[test]
    fn a_readable_part_is_the_event_it_would_have_been_then() {
        let reopened = open(&part("not_json", REPORT.as_bytes()));
        assert!(reopened.rejects.is_empty());
        let event = Event::parse(&reopened.events[0].body).unwrap();
        assert_eq!(event.subject.as_deref(), Some("message/m-1"));
        assert_eq!(event.recordedtime.to_string(), "2026-11-01T08:00:00.125Z", "when it came, not now");
    }

    #[test]
    fn a_body_under_the_wrong_encoding_is_tried_plain_and_inflated() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(REPORT.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        for body in [REPORT.as_bytes(), &gzip] {
            assert_eq!(open(&part("content_encoding", body)).events.len(), 1);
        }
        let cut = open(&part("content_encoding", &gzip[..20]));
        assert_eq!((cut.events.len(), cut.rejects[0].0.as_str()), (0, "content_encoding"));
    }

    #[test]
    fn a_body_too_large_for_a_function_is_read_here() {
        let spaces = " ".repeat(9 << 20);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(format!("{REPORT}{spaces}").as_bytes()).unwrap();
        assert_eq!(open(&part("too_large", &gzip.finish().unwrap())).events.len(), 1);
    }

    #[test]
    fn what_stays_broken_says_why() {
        let why = |part: &Quarantined| open(part).rejects.remove(0).0;
        assert_eq!(why(&part("not_json", b"{")), "not_json");
        assert_eq!(why(&Quarantined { source: "nobody".into(), ..part("not_json", b"{}") }), "unknown_source");
        assert_eq!(why(&Quarantined { received: String::new(), ..part("not_json", b"{}") }), "no_time");
        let event = Quarantined {
            content_type: "application/cloudevents+json".into(),
            source: String::new(),
            ..part("too_large", b"{}")
        };
        assert_eq!(why(&event), "too_large");
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(why(&part("not_json", deep.as_bytes())), "too_deep");
    }

    #[test]
    fn an_event_that_is_too_large_is_counted_and_not_sent() {
        let large = REPORT.replace("m-1", &"m".repeat(2_000_000));
        let reopened = open(&part("not_json", large.as_bytes()));
        assert!(reopened.events.is_empty());
        assert_eq!(reopened.rejects[0].0, "too_large");
    }

    fn unified(received: &str, traceparent: &str, subject: Option<&str>, state: &str) -> String {
        let mut event = serde_json::json!({
            "specversion": "1.0", "id": "5bc60656-d49f-8982-83f2-c32d08d90397", "source": "/infobip",
            "type": "message.delivered", "recordedtime": received, "partitionkey": "0123456789abcdef0123456789abcdef",
            "traceparent": traceparent, "datacontenttype": "application/json",
            "dataschema": "urn:tributary:data:message:1",
            "data": {"rank": 30, "vendor": {"event": "DELIVERY"}, "original": {"state": state}},
        });
        if let Some(subject) = subject {
            event["subject"] = subject.into();
        }
        event.to_string()
    }

    fn conflict(event: &str) -> Quarantined {
        Quarantined { content_type: UNIFIED.into(), ..part("conflict", event.as_bytes()) }
    }

    #[test]
    fn a_conflict_stays_and_says_what_to_do_and_as_new_it_is_an_event_of_its_own_each_time_the_same() {
        let first = unified("2026-11-01T08:00:00Z", "00-1", None, "open");
        let stays = open(&conflict(&first));
        assert!(stays.events.is_empty() && stays.rejects[0].1.contains("--as-new"), "{stays:?}");

        let new = |event: &str| {
            let mut reopened = reopen_as_new(&conflict(event), |_| Settings::default());
            assert!(reopened.rejects.is_empty(), "{reopened:?}");
            reopened.events.remove(0)
        };
        let one = new(&first);
        let event = Event::parse(&one.body).unwrap();
        assert_ne!(event.id.to_string(), "5bc60656-d49f-8982-83f2-c32d08d90397");
        assert_eq!((event.id, event.partitionkey.as_ref()), (one.id, one.group.as_str()));
        assert_eq!(one.group, partition_key("/infobip", &one.id.to_string()), "without a subject its group is its own");
        assert_eq!(one.says, None, "its id tells all");
        // The vendor's repeat of it was received later, by another request.
        let repeat = new(&unified("2026-11-02T09:30:00Z", "00-2", None, "open"));
        assert_eq!((repeat.id, repeat.group), (one.id, one.group));
        assert_ne!(new(&unified("2026-11-01T08:00:00Z", "00-1", None, "closed")).id, one.id, "another event");
        let about = new(&unified("2026-11-01T08:00:00Z", "00-1", Some("message/m"), "open"));
        assert_eq!(about.group, "0123456789abcdef0123456789abcdef", "in the order of its subject");

        assert_eq!(reopen_as_new(&conflict("{}"), |_| Settings::default()).rejects[0].1, "no unified event");
        assert_eq!(reopen_as_new(&part("not_json", REPORT.as_bytes()), |_| Settings::default()).events.len(), 1);
    }
}
