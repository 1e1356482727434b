//! Carrot quest, and Dashly: the same product under another brand.
#![doc = include_str!("README.md")]

mod catalog;
mod conversation;
mod event;
mod form;
mod payload;
mod person;

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::de::IgnoredAny;
use tributary_events::{Data, Draft, EventType, Key};

use self::payload::Body;
use crate::lenient::{Any, Text};
use crate::output::{original, position};
use crate::source::MAX_DEPTH;
use crate::{Output, RejectReason, Request, Row, Source, Unreadable, Volatile, canonical};

/// Carrot quest and Dashly, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CarrotQuest;

impl Source for CarrotQuest {
    fn name(&self) -> &'static str {
        "carrotquest"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(|| Volatile::read(include_str!("volatile.txt")));
        &VOLATILE
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        if text.starts_with('[') {
            return Err(Unreadable::new(RejectReason::WrongShape, "the body is a list"));
        }
        // The vendor's own posts are forms; the JSON is what a "Webhook" message with our template posts.
        if text.starts_with('{') {
            let without_token = form::object_without_token(text);
            let object = without_token.as_deref().unwrap_or(text);
            return Post { body: out.parse(object)?, original: object, request }.read(out);
        }
        let object = form::to_object(text);
        let body: Body<'_> = out.parse(&object)?;
        if body.is_empty() {
            let reason = if text.contains('=') { RejectReason::MissingField } else { RejectReason::NotForm };
            return Err(Unreadable::new(reason, "no field `type`"));
        }
        Post { body, original: &object, request }.read(out)
    }

    fn without_secret<'b>(&self, body: &'b [u8]) -> Cow<'b, [u8]> {
        form::without_token(body)
    }
}

/// One post: the vendor sends one occurrence at a time.
struct Post<'a, 'r> {
    body: Body<'a>,
    /// What becomes `data.original`: the fields of the form without the token.
    original: &'a str,
    request: &'r Request<'r>,
}

/// The three kinds of post. The form's `type` tells, not the event's and not the message's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Event,
    MessageWebhook,
    Conversation,
    Unknown,
}

impl Kind {
    fn of(body: &Body<'_>) -> Self {
        match body.kind.get() {
            Some("event") => Self::Event,
            Some("message_webhook") => Self::MessageWebhook,
            Some("conversation") => Self::Conversation,
            Some(_) => Self::Unknown,
            // Never missing by the vendor's page, yet the other fields tell as well.
            None if body.conversation.get().is_some() => Self::Conversation,
            None if !body.sending_id.is_none() || !body.message_id.is_none() => Self::MessageWebhook,
            None if body.event.get().is_some() || !body.event_name.is_none() || !body.event_id.is_none() => Self::Event,
            None => Self::Unknown,
        }
    }
}

impl<'a> Post<'a, '_> {
    fn read(&self, out: &mut Output<'_>) -> Result<(), Unreadable> {
        match Kind::of(&self.body) {
            Kind::Conversation => match embedded("conversation", &self.body.conversation)? {
                Some(part) => conversation::read(self, &part, out),
                None => Err(Unreadable::new(RejectReason::MissingField, "no `conversation`")),
            },
            Kind::Unknown => {
                self.unrecognized(out);
                Ok(())
            }
            kind => {
                let event = embedded("event", &self.body.event)?;
                // A person that cannot be read costs no event: `user_id` and `event.user` remain.
                let user = embedded("user", &self.body.user).unwrap_or_default();
                event::read(self, kind, event.as_deref(), user.as_deref(), out)
            }
        }
    }

    /// The customer's app: no post names it, so the route may.
    fn account(&self) -> Option<&str> {
        self.request.segments.first().map(String::as_str)
    }

    fn key(&self) -> Key {
        Key::new("carrotquest", self.account())
    }

    fn data(&self, vendor_event: &Text<'a>) -> Data<'a> {
        let mut data = Data::new(vendor_event.take().unwrap_or_default(), original(self.original));
        data.vendor.account = self.account().map(|account| Cow::Owned(account.to_owned()));
        data
    }

    /// Authentic, but nothing we know: flows as it is.
    fn unrecognized(&self, out: &mut Output<'_>) {
        let key = self.key().part(Some("unrecognized"));
        let id = key.part(Some(&canonical::whole(self.original))).finish();
        let data = self.data(&self.body.kind);
        out.event(
            &crate::Identity::of_key(id),
            Draft { kind: EventType::Unrecognized, subject: None, time: None, data },
        );
    }
}

/// The object in a field: as it is, or as JSON text. `None` where the field is missing, empty or null.
///
/// # Errors
/// [`Unreadable`] if there is something else.
fn embedded<'a>(name: &str, field: &Any<'a>) -> Result<Option<Cow<'a, str>>, Unreadable> {
    let Some(json) = field.get() else { return Ok(None) };
    if json.starts_with('{') {
        return Ok(Some(Cow::Borrowed(json)));
    }
    let not_an_object = || Unreadable::new(RejectReason::WrongShape, format!("`{name}` is no object"));
    if !json.starts_with('"') {
        return Err(not_an_object());
    }
    let text = field.text();
    let Some(text) = text.get() else { return Ok(None) };
    if tributary_events::depth(text) > MAX_DEPTH {
        return Err(Unreadable::new(RejectReason::WrongShape, format!("`{name}` nests too deep")));
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(Unreadable::new(RejectReason::NotJson, format!("`{name}`: {}", position(&error))));
    }
    match tributary_events::compact(text) {
        object if object.starts_with('{') => Ok(Some(Cow::Owned(object.into_owned()))),
        null if null == "null" => Ok(None),
        _ => Err(not_an_object()),
    }
}

#[cfg(test)]
mod tests {
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
        for same in [fixture!("fields-no-type.form"), fixture!("fields-no-event-object.form")] {
            assert_eq!(event, id(same));
        }
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
        let rendered = |count: &str| template.replace("{{ user['$event_123_count'] or '' }}", count);
        let out = read(rendered("7").as_bytes(), &Settings::default());
        let event = Event::parse(&out.events[0].json).unwrap();
        assert_eq!(out.events[0].kind, EventType::CartItemAdded);
        assert_eq!(event.data.contact.unwrap().user_id.unwrap(), "{{ user['$user_id'] or '' }}");
        assert_eq!(event.data.items.unwrap()[0].name.as_deref(), Some("{{ event['$name'] or '' }}"));
        assert_eq!(id(&rendered("7")), id(&rendered("7")));
        assert_ne!(id(&rendered("7")), id(&rendered("8")));
    }
}
