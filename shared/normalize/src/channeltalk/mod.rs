//! Channel Talk (Channel Corporation).
#![doc = include_str!("README.md")]

mod call;
mod catalog;
mod chat;
mod medium;
mod payload;
mod person;
mod record;
#[cfg(test)]
mod tests;

use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::LazyLock;
use tributary_events::{Data, Draft, EventType, Str};

use self::payload::{Body, Refers};
use crate::lenient::{Any, Text};
use crate::output::original;
use crate::{Identity, Naming, Output, RejectReason, Request, Row, Source, Unreadable, Volatile, canonical, fold};

/// Channel Talk, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChannelTalk;

impl Source for ChannelTalk {
    fn name(&self) -> &'static str {
        "channeltalk"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(|| Volatile::read(include_str!("volatile.txt")));
        &VOLATILE
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let route = Route::of(request);
        if text.starts_with('[') {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            return each(&elements, out, |element, out| object(element, route, request, out));
        }
        if !text.starts_with('{') {
            let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err();
            return Err(error.map_or_else(|| wrong_shape("the body is no object"), Unreadable::from));
        }
        object(text, route, request, out)
    }
}

fn wrong_shape(detail: &str) -> Unreadable {
    Unreadable::new(RejectReason::WrongShape, detail)
}

/// What the route says of the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    /// The address given to the vendor.
    Webhook,
    /// Records of users' events, as the Open API gives them.
    Event,
    /// Records of a campaign's or one-time message's recipients.
    Recipient,
}

impl Route {
    fn of(request: &Request<'_>) -> Self {
        match request.segments.first().map(|segment| fold(segment)).as_deref() {
            Some("event" | "events") => Self::Event,
            Some("campaign_user" | "campaign_users" | "one_time_msg_user" | "one_time_msg_users") => Self::Recipient,
            _ => Self::Webhook,
        }
    }
}

/// Reads each element; a broken one does not cost its neighbours. An empty list is a batch with nothing in it.
fn each<'a>(
    elements: &[&'a RawValue],
    out: &mut Output<'_>,
    mut read: impl FnMut(&'a str, &mut Output<'_>) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    out.within(elements);
    for element in elements.iter().map(|element| element.get()) {
        if out.is_full() {
            break;
        }
        if !element.starts_with('{') {
            out.reject(RejectReason::WrongShape, "an element of the list is no object", element.as_bytes());
        } else if let Err(why) = read(element, out) {
            out.reject(why.reason, why.detail, element.as_bytes());
        }
    }
    Ok(())
}

/// Tells a webhook and the answers of the Open API apart by the fields that only one of them has.
fn object<'a>(text: &'a str, route: Route, request: &Request<'_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let body: Body<'a> = serde_json::from_str(text)?;
    if body.entity.is_object() || (!body.model.text().is_none() && !body.event.text().is_none()) {
        out.account::<Body<'a>>(text);
        return webhook(&body, text, out);
    }
    if let Some(events) = body.events.elements() {
        out.account::<Body<'a>>(text);
        return each(&events, out, |element, out| record::event(element, element, record::Origin::Recorded, out));
    }
    if body.event.is_object() {
        out.account::<Body<'a>>(text);
        // The answer to `Create an Event`: the caller made the event up, whatever its name. By the route for
        // records it is one that was read.
        let origin = if route == Route::Event { record::Origin::Recorded } else { record::Origin::Created };
        return record::event(body.event.get().unwrap_or_default(), text, origin, out);
    }
    let around = record::Around { campaign: [&body.campaign, &body.one_time_msg], settings: request.settings };
    for list in [&body.campaign_users, &body.one_time_msg_users] {
        if let Some(recipients) = list.elements() {
            out.account::<Body<'a>>(text);
            return each(&recipients, out, |element, out| {
                record::recipient(&out.parse(element)?, element, &around, out);
                Ok(())
            });
        }
    }
    for one in [&body.campaign_user, &body.one_time_msg_user] {
        if one.is_object() {
            out.account::<Body<'a>>(text);
            record::recipient(&out.parse(one.get().unwrap_or_default())?, text, &around, out);
            return Ok(());
        }
    }
    // A record that comes bare: by its own fields, or by its route if it names somebody or something.
    let is_somebodys = [&body.id, &body.user_id, &body.person_id].iter().any(|id| !id.is_none());
    let looks_like_event = !body.name.is_none() && (body.property.is_object() || !body.expire_at.is_none());
    if is_somebodys && (looks_like_event || route == Route::Event) {
        return record::event(text, text, record::Origin::Recorded, out);
    }
    let is_campaigns = !body.campaign_id.is_none() || !body.one_time_msg_id.is_none();
    if is_campaigns || (is_somebodys && route == Route::Recipient) {
        record::recipient(&out.parse(text)?, text, &around, out);
        return Ok(());
    }
    out.account::<Body<'a>>(text);
    unrecognized(&body.name, text, out);
    Ok(())
}

/// A webhook: `entity` is the model that changed, `event` says how, `refers` holds related models.
struct Webhook<'a> {
    text: &'a str,
    /// Verb and model as they stand in the text.
    said: [Any<'a>; 2],
    refers_text: Option<&'a str>,
    /// As we write it where we know it, else in lower case.
    model: Str<'a>,
    event: Text<'a>,
    verb: Verb,
    entity: Any<'a>,
    refers: Refers<'a>,
}

/// What happened to the model.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// Something new. `post` is the deprecated twin of `push`: both are sent for one occurrence.
    Push,
    Upsert,
    Delete,
    Unknown,
}

impl Verb {
    fn of(event: &Text<'_>) -> Self {
        match event.lower().unwrap_or_default().as_ref() {
            "push" | "post" | "create" => Self::Push,
            "upsert" | "update" => Self::Upsert,
            "delete" | "remove" => Self::Delete,
            _ => Self::Unknown,
        }
    }

    fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Push => Some("push"),
            Self::Upsert => Some("upsert"),
            Self::Delete => Some("delete"),
            Self::Unknown => None,
        }
    }
}

fn webhook<'a>(body: &Body<'a>, text: &'a str, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let event = body.event.text();
    let verb = Verb::of(&event);
    let model = body.model.text().lower().unwrap_or_default();
    let model = if model == "userchat" { Str::Borrowed("userChat") } else { model };
    let refers =
        if body.refers.is_object() { out.parse(body.refers.get().unwrap_or_default())? } else { Refers::default() };
    let (said, refers_text) = ([body.event, body.model], body.refers.get());
    let hook = Webhook { text, said, refers_text, model, event, verb, entity: body.entity, refers };
    let entity = hook.entity.get().filter(|_| hook.entity.is_object()).unwrap_or("{}");
    match hook.model.as_ref() {
        "message" => chat::message(&out.parse(entity)?, &hook, out),
        "userChat" => chat::user_chat(&out.parse(entity)?, &hook, out),
        // What a deletion's body looks like is not documented.
        "user" | "member" | "lead" => person::user(&out.parse(entity)?, &hook, out),
        _ => unrecognized(&Text::from(hook.name()), text, out),
    }
    Ok(())
}

impl<'a> Webhook<'a> {
    /// `<type> <event>`, for what is no scope of its own.
    fn name(&self) -> Str<'a> {
        let event = self.verb.as_str().or(self.event.get()).unwrap_or_default();
        Str::Owned(format!("{} {event}", self.model).trim().to_owned())
    }

    fn data(&self, scope: Option<&'static str>, channel_id: &Text<'a>) -> Data<'a> {
        let name = scope.map_or_else(|| self.name(), Str::Borrowed);
        let mut data = Data::new(name, original(self.text));
        data.vendor.account = channel_id.take();
        data
    }

    /// The webhook as a whole: its entity is the model as it was then. What it refers to are snapshots.
    fn element(&self, me: &Naming<'_>) -> Identity {
        let says_something = self.entity.is_object() && self.entity.get() != Some("{}");
        match self.refers_text.filter(|_| !says_something) {
            // Nothing else would tell two of them apart.
            Some(refers) => me.clone().with(Some(&canonical::fingerprint(refers, &Volatile::none()))),
            None => me.clone(),
        }
        .element(&self.in_one_spelling())
    }

    /// The text in one spelling: `push` for its deprecated twins, `userChat` also where the vendor writes `UserChat`.
    fn in_one_spelling(&self) -> Cow<'a, str> {
        let verb = if self.verb == Verb::Push { "push" } else { "" };
        let mut words = [(self.said[0].get(), verb), (self.said[1].get(), &self.model)];
        // As they stand in the text.
        words.sort_by_key(|(said, _)| said.map(|said| said.as_ptr().addr()));
        let (mut whole, mut done) = (String::new(), 0);
        for (said, word) in words {
            let Some(said) = said.filter(|said| !word.is_empty() && said.trim_matches('"') != word) else { continue };
            let start = said.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
            let Some(before) = self.text.get(done..start) else { continue };
            whole.extend([before, "\"", word, "\""]);
            done = start + said.len();
        }
        if done == 0 {
            return Cow::Borrowed(self.text);
        }
        whole.push_str(self.text.get(done..).unwrap_or_default());
        Cow::Owned(whole)
    }
}

/// Authentic, but nothing we know: flows as it is.
fn unrecognized<'a>(name: &Text<'a>, text: &'a str, out: &mut Output<'_>) {
    let identity = out.identity(None, name.get().unwrap_or_default()).element(text);
    let data = Data::new(name.take().unwrap_or_default(), original(text));
    out.event(&identity, Draft { kind: EventType::Unrecognized, subject: None, time: None, data });
}
