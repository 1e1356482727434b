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
use tributary_events::{Data, Draft, EventType};

use self::payload::Body;
use crate::lenient::{Any, Text};
use crate::output::{original, position};
use crate::source::MAX_DEPTH;
use crate::{Naming, Output, RejectReason, Request, Row, Source, Unreadable, Volatile};

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
        let object = form::to_object(text)?;
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
            None if is_told(&body.conversation) => Self::Conversation,
            None if !body.sending_id.is_none() || !body.message_id.is_none() => Self::MessageWebhook,
            None if is_told(&body.event) || !body.event_name.is_none() || !body.event_id.is_none() => Self::Event,
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

    /// The customer's app: no post names it, so the route may, in any case.
    fn account(&self) -> Option<String> {
        self.request.segments.first().map(|app| app.to_lowercase())
    }

    /// Begins the identity of an event by its name. `kind` keeps apart what the vendor numbers apart.
    fn identity(&self, kind: &str, name: &Text<'_>, out: &Output<'_>) -> Naming<'static> {
        let name = name.get().unwrap_or(EventType::Unrecognized.as_str());
        out.identity(self.account().as_deref(), name).with(Some(kind))
    }

    fn data(&self, vendor_event: &Text<'a>) -> Data<'a> {
        let mut data = Data::new(vendor_event.take().unwrap_or_default(), original(self.original));
        data.vendor.account = self.account().map(Cow::Owned);
        data
    }

    /// Authentic, but nothing we know: flows as it is.
    fn unrecognized(&self, out: &mut Output<'_>) {
        let identity = self.identity("post", &self.body.kind, out).element(self.original);
        let data = self.data(&self.body.kind);
        out.event(&identity, Draft { kind: EventType::Unrecognized, subject: None, time: None, data });
    }
}

/// Whether the field holds an object, or text that begins like one: without `type` a word in it is no event.
fn is_told(field: &Any<'_>) -> bool {
    field.is_object() || field.text().get().is_some_and(|text| text.trim_start().starts_with('{'))
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
mod tests;
