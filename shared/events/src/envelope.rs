//! The CloudEvents envelope.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::data::{Data, Str};
use crate::key::{EventId, partition_key};
use crate::time::Timestamp;
use crate::types::EventType;

const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";
/// Raised when a family object changes in a way that an older consumer would misread. New fields do not count.
const SCHEMA_VERSION: u8 = 1;

/// A type as it stands in an event: one of ours, or one that a newer producer knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeName<'a> {
    /// A type of this version.
    Known(EventType),
    /// A type this version does not know, as written.
    Other(Cow<'a, str>),
}

impl TypeName<'_> {
    /// The type as written in the event.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(kind) => kind.as_str(),
            Self::Other(name) => name,
        }
    }
}

impl Serialize for TypeName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TypeName<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Ok(EventType::from_name(&name).map_or(Self::Other(Cow::Owned(name)), Self::Known))
    }
}

/// One unified event: a CloudEvents 1.0 event in the JSON format.
#[derive(Clone, Serialize, Deserialize)]
pub struct Event<'a> {
    /// Always `1.0`.
    pub specversion: Str<'a>,
    /// The dedupe key: a pure function of the vendor's event. Consumers key on it.
    pub id: EventId,
    /// `/<source>` or `/<source>/<account>`.
    pub source: Str<'a>,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: TypeName<'a>,
    /// What it is about: `message/<id>`, `call/<id>`, `contact/<id>` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Str<'a>>,
    /// When it happened, by the vendor's clock. Absent where the vendor gives no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// When it was received here.
    pub recordedtime: Timestamp,
    /// Sorts the events of one subject as text: nanoseconds since 1970 in 20 digits, `-`, rank in two digits. Absent with
    /// `time`: then only the rank orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Str<'a>>,
    /// The FIFO message group: [`partition_key`] of the subject, of the id where there is none.
    pub partitionkey: Str<'a>,
    /// W3C trace context of the request that brought it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<Str<'a>>,
    /// Always `application/json`.
    pub datacontenttype: Str<'a>,
    /// Names the schema of `data` for the type's family, with its version: `urn:tributary:data:<family>:1`.
    pub dataschema: Str<'a>,
    /// What is known about it, and the vendor's own event.
    pub data: Data<'a>,
}

/// What a request adds to every event it brings.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// When the request was received.
    pub received: Timestamp,
    /// W3C trace context of the request.
    pub traceparent: Option<Cow<'a, str>>,
}

/// What a normalizer says of one vendor event. [`Event::assemble`] derives the rest.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// What happened.
    pub kind: EventType,
    /// What it is about, `<kind>/<id>`.
    pub subject: Option<Str<'a>>,
    /// When it happened, by the vendor's clock.
    pub time: Option<Timestamp>,
    /// Everything else. [`Event::assemble`] sets the rank.
    pub data: Data<'a>,
}

impl<'a> Event<'a> {
    /// The event of a draft: sets source URI, rank, sequence, partition key and schema.
    ///
    /// `id` is the dedupe key. `source` is our name of the vendor, `[a-z]+`. The vendor's account, if any, comes from `data.vendor.account` and
    /// is percent-encoded into the source URI.
    #[must_use]
    pub fn assemble(source: &str, id: EventId, draft: Draft<'a>, context: &Context<'a>) -> Self {
        let Draft { kind, subject, time, mut data } = draft;
        data.rank = kind.rank();
        let source = match data.vendor.account.as_deref() {
            Some(account) => format!("/{source}/{}", PathSegment(account)),
            None => format!("/{source}"),
        };
        let partitionkey = match subject.as_deref() {
            Some(subject) => partition_key(&source, subject),
            None => partition_key(&source, &id.to_string()),
        };
        Self {
            specversion: Cow::Borrowed(SPEC_VERSION),
            id,
            source: Cow::Owned(source),
            kind: TypeName::Known(kind),
            subject,
            time,
            recordedtime: context.received,
            sequence: time.map(|time| Cow::Owned(sequence(time, kind.rank()))),
            partitionkey: Cow::Owned(partitionkey),
            traceparent: context.traceparent.clone(),
            datacontenttype: Cow::Borrowed(CONTENT_TYPE),
            dataschema: Cow::Owned(format!("urn:tributary:data:{}:{SCHEMA_VERSION}", kind.family())),
            data,
        }
    }

    /// The message for the queue: JSON on one line, fields always in the same order, free of characters SQS refuses.
    ///
    /// `data.original` must be compact JSON ([`crate::compact`]); normalizers see to it.
    ///
    /// # Errors
    /// None in practice: every part of an event has a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = Vec::with_capacity(2048);
        serde_json::to_writer(&mut text, self)?;
        let text = String::from_utf8(text)
            .map_err(|error| <serde_json::Error as serde::ser::Error>::custom(error.utf8_error()))?;
        Ok(crate::queue_safe(text))
    }

    /// Reads a message from the queue. Unknown types and fields are fine.
    ///
    /// # Errors
    /// [`ParseError`] if the text is not JSON, lacks a required attribute, or is not CloudEvents 1.x.
    pub fn parse(message: &str) -> Result<Event<'static>, ParseError> {
        let event: Event<'static> = serde_json::from_str(message).map_err(ParseError::Json)?;
        if event.specversion.starts_with("1.") { Ok(event) } else { Err(ParseError::SpecVersion) }
    }
}

/// Why a message is no event.
#[derive(Debug)]
#[non_exhaustive]
pub enum ParseError {
    /// Not JSON, or a required attribute is missing or of another type.
    Json(serde_json::Error),
    /// `specversion` is not `1.x`.
    SpecVersion,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Category and place only: serde's own text may quote the message.
            Self::Json(error) => {
                write!(
                    f,
                    "not an event: {:?} error at line {} column {}",
                    error.classify(),
                    error.line(),
                    error.column()
                )
            }
            Self::SpecVersion => f.write_str("not a CloudEvents 1.x event: see `specversion`"),
        }
    }
}

impl std::error::Error for ParseError {}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

fn sequence(time: Timestamp, rank: u8) -> String {
    // Times before 1970 sort before all others and among themselves not at all: no vendor event is that old.
    format!("{:020}-{rank:02}", time.unix_nanos().max(0))
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
struct PathSegment<'a>(&'a str);

impl fmt::Display for PathSegment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => write!(f, "{}", char::from(byte)),
            byte => write!(f, "%{byte:02X}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Key, data};
    use serde_json::value::RawValue;

    fn id() -> EventId {
        Key::new("infobip", Some("a/b")).part(Some("m")).finish()
    }

    fn draft() -> Draft<'static> {
        let original = RawValue::from_string(r#"{"x":1.50,"t":"a\ufffe"}"#.to_owned()).unwrap();
        let mut data = Data::new("DELIVERY", Cow::Owned(original));
        data.vendor.account = Some("a/b".into());
        data.channel = Some(Channel::Sms);
        data.message = Some(Box::new(data::Message { text: Some("\u{FFFF}\u{1}".into()), ..data::Message::default() }));
        Draft {
            kind: EventType::MessageDelivered,
            subject: Some("message/m".into()),
            time: Timestamp::parse("2026-01-15T12:00:00Z"),
            data,
        }
    }

    fn context() -> Context<'static> {
        Context { received: Timestamp::parse("2026-01-15T12:00:01Z").unwrap(), traceparent: None }
    }

    #[test]
    fn serializes_the_same_every_time_and_without_refused_characters() {
        let text = Event::assemble("infobip", id(), draft(), &context()).to_json().unwrap();
        assert_eq!(text, Event::assemble("infobip", id(), draft(), &context()).to_json().unwrap());
        assert!(text.starts_with(r#"{"specversion":"1.0","id":""#));
        assert!(text.contains(r#""source":"/infobip/a%2Fb","type":"message.delivered","subject":"message/m""#));
        assert!(text.contains(r#""sequence":"01768478400000000000-30""#));
        assert!(text.contains(r#""dataschema":"urn:tributary:data:message:1""#));
        assert!(text.contains(r#""text":"\uffff\u0001""#));
        assert!(text.contains(r#""original":{"x":1.50,"t":"a\ufffe"}"#), "{text}");
        assert!(!text.contains(['\u{FFFE}', '\u{FFFF}', '\n']));
    }

    #[test]
    fn a_consumer_reads_what_we_write() {
        let text = Event::assemble("infobip", id(), draft(), &context()).to_json().unwrap();
        let event = Event::parse(&text).unwrap();
        assert_eq!(event.kind, TypeName::Known(EventType::MessageDelivered));
        assert_eq!(event.data.message.as_ref().unwrap().text.as_deref(), Some("\u{FFFF}\u{1}"));
        assert_eq!(event.to_json().unwrap(), text);
    }

    #[test]
    fn a_newer_producer_does_not_break_a_consumer() {
        let text = Event::assemble("infobip", id(), draft(), &context()).to_json().unwrap();
        let newer = text
            .replace("message.delivered", "message.teleported")
            .replace(r#""channel":"sms""#, r#""channel":"telepathy","aura":{"colour":1}"#)
            .replace(r#""specversion":"1.0""#, r#""specversion":"1.1","brand":[]"#);
        let event = Event::parse(&newer).unwrap();
        assert_eq!(event.kind, TypeName::Other("message.teleported".into()));
        assert_eq!(event.data.channel, Some(Channel::Other));
    }

    #[test]
    fn what_is_no_event_gives_an_error_without_its_text() {
        let error = Event::parse(r#"{"secret":"+4179"}"#).unwrap_err().to_string();
        assert!(error.starts_with("not an event") && !error.contains("4179"), "{error}");
        let text = Event::assemble("infobip", id(), draft(), &context()).to_json().unwrap();
        assert!(matches!(Event::parse(&text.replace(r#""1.0""#, r#""0.3""#)), Err(ParseError::SpecVersion)));
    }

    #[test]
    fn events_without_a_subject_have_a_group_of_their_own() {
        let lone = |part| {
            let draft = Draft { subject: None, time: None, ..draft() };
            Event::assemble("infobip", Key::new("s", None).part(Some(part)).finish(), draft, &context())
        };
        assert_ne!(lone("a").partitionkey, lone("b").partitionkey);
        assert!(lone("a").sequence.is_none());
    }
}
