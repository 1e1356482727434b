//! Hook v2 in whichever envelope, and the hooks of version 1.

use std::borrow::Cow;

use tributary_events::data::{Agent, Attachment, Content, Conversation, Job, Message, Page};
use tributary_events::{Channel, Draft, EventId, EventType, Key};

use super::payload::{Body, HookData, Operator};
use super::person::Person;
use super::place::Place;
use super::{Frame, unrecognized};
use crate::lenient::{Obj, Text};
use crate::{Output, Unreadable};

/// `event_type` to ours.
fn kind(event_type: &str) -> Option<EventType> {
    Some(match event_type {
        "talk/message/sendFromUser" => EventType::MessageReceived,
        "talk/message/sendFromOperator" => EventType::MessageSent,
        "talk/assignee/assign" => EventType::ConversationAssigned,
        "datahub/jobflow/start" => EventType::JobStarted,
        "datahub/jobflow/end" => EventType::JobFinished,
        "datahub/jobflow/error" => EventType::JobFailed,
        "cms/content/create" => EventType::ContentCreated,
        "cms/content/update" => EventType::ContentUpdated,
        "cms/content/delete" => EventType::ContentDeleted,
        "cms/content/publish" => EventType::ContentPublished,
        "cms/content/unpublish" => EventType::ContentUnpublished,
        // Version 1, of old bots.
        "message" => EventType::MessageReceived,
        "assign" => EventType::ConversationAssigned,
        _ => return None,
    })
}

pub(super) fn read<'a>(body: &Body<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let event_type = body.event_type.get().unwrap_or_default();
    let Some(kind) = kind(event_type) else {
        let known_id = Frame { id: body.id.or(&frame.id), ..frame.clone() };
        return unrecognized(&body.event_type, &known_id, out);
    };
    if !event_type.contains('/') {
        first_version(kind, body, frame, out);
        return Ok(());
    }
    let hook: HookData<'a> =
        if body.data.is_object() { out.parse(body.data.get().unwrap_or_default())? } else { HookData::default() };
    let person = Person::new(&hook.user_id.or(&body.extra.user_id), &hook.visitor_id);
    let mut data = frame.data(body.event_type.take().unwrap_or_default());
    let (family, _) = event_type.split_once('/').unwrap_or_default();
    let subject = match family {
        "talk" => {
            data.vendor.channel = Some("chat".into());
            data.channel = Some(Channel::WebChat);
            data.contact = person.contact().map(Box::new);
            data.page =
                body.extra.access_uri.url.take().map(|url| Box::new(Page { url: Some(url), ..Page::default() }));
            person.subject("conversation")
        }
        "datahub" => subject("job", &hook.id),
        _ => subject("content", &hook.id.or(&hook.sys.raw.content_id)),
    };
    match kind {
        EventType::MessageReceived => data.message = Some(Box::new(message(&hook, "inbound", &person))),
        EventType::MessageSent => {
            data.message = Some(Box::new(message(&hook, "outbound", &person)));
            data.agent = hook
                .account_id
                .take()
                .map(|id| Box::new(Agent { id: Some(id), name: hook.profile_name.take(), ..Agent::default() }));
        }
        EventType::ConversationAssigned => {
            data.conversation = Some(Box::new(conversation(&person)));
            data.agent = agent(&hook.operator);
        }
        EventType::JobStarted | EventType::JobFinished | EventType::JobFailed => {
            data.job = Some(Box::new(Job {
                id: hook.id.take(),
                name: hook.name.take(),
                status: hook.status.take(),
                ..Job::default()
            }));
        }
        _ => {
            data.content = Some(Box::new(Content {
                id: hook.id.or(&hook.sys.raw.content_id).take(),
                model: hook.sys.model_id.take(),
                ..Content::default()
            }));
        }
    }
    let id = id(body, &hook, &person, frame, out);
    // Only messages carry a time. KARTE runs a hook when the fact happens, so the envelope's time is next best.
    let time = hook.date.time().or(frame.time);
    out.event(&crate::Identity::of_key(id), Draft { kind, subject, time, data });
    Ok(())
}

/// The hook's id is the same on every way out. The pages of messages and assignments leave it out of their examples.
fn id(body: &Body<'_>, hook: &HookData<'_>, person: &Person<'_>, frame: &Frame<'_, '_>, out: &Output<'_>) -> EventId {
    let key = Key::new(out.source(), frame.api_key.get());
    if let Some(id) = body.id.get() {
        return key.part(Some("hook")).part(Some(id)).finish();
    }
    if let Some(run) = frame.id.get() {
        return key.part(Some("hook run")).part(Some(run)).finish();
    }
    key.part(Some("hook without id"))
        .part(body.event_type.get())
        .part(person.id().as_deref())
        .part(hook.date.get())
        .part(hook.account_id.or(&hook.operator.id).or(&hook.id).or(&hook.sys.raw.content_id).get())
        .part(hook.content.text.get())
        .part(hook.status.get())
        .finish()
}

fn message<'a>(hook: &HookData<'a>, direction: &'static str, person: &Person<'a>) -> Message<'a> {
    let image = hook.content.image.take();
    let kind = match (hook.content.text.is_none(), &image) {
        (false, _) => Some("text".into()),
        (true, Some(_)) => Some("image".into()),
        (true, None) => None,
    };
    let (from, to) = if direction == "inbound" { (person.id(), None) } else { (None, person.id()) };
    Message {
        direction: Some(direction.into()),
        from,
        to,
        kind,
        text: hook.content.text.take(),
        attachments: image.map(|url| vec![Attachment { url: Some(url), ..Attachment::default() }]),
        ..Message::default()
    }
}

/// KARTE knows one chat a person and gives it no id of its own.
fn conversation<'a>(person: &Person<'a>) -> Conversation<'a> {
    Conversation { id: person.id(), ..Conversation::default() }
}

/// Empty id: the assignment was taken back.
fn agent<'a>(operator: &Obj<Operator<'a>>) -> Option<Box<Agent<'a>>> {
    Some(Box::new(Agent {
        id: Some(operator.id.take()?),
        name: operator.profile_name.take(),
        bot: operator.is_bot.flag(),
        ..Agent::default()
    }))
}

fn subject<'a>(kind: &str, id: &Text<'a>) -> Option<Cow<'a, str>> {
    id.get().map(|id| Cow::Owned(format!("{kind}/{id}")))
}

/// Version 1: flat, without id or time.
fn first_version<'a>(kind: EventType, body: &Body<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) {
    let content: super::payload::Content<'a> = body
        .content
        .get()
        .filter(|json| json.starts_with('{'))
        .and_then(|json| out.parse(json).ok())
        .unwrap_or_default();
    let person = Person::new(&body.user_id, &body.visitor_id);
    let mut data = frame.data(body.event_type.take().unwrap_or_default());
    data.vendor.channel = body.app_name.take();
    data.channel = body.app_name.get().and_then(Place::from_word).and_then(|place| place.channel);
    data.contact = person.contact().map(Box::new);
    data.agent = agent(&body.assignee);
    if kind == EventType::MessageReceived {
        data.message = Some(Box::new(Message {
            kind: content.text.get().map(|_| "text".into()),
            text: content.text.take(),
            ..message(&HookData::default(), "inbound", &person)
        }));
    } else {
        data.conversation = Some(Box::new(conversation(&person)));
    }
    let key = Key::new(out.source(), frame.api_key.get()).part(Some("hook v1"));
    let id = match body.id.or(&frame.id).get() {
        Some(id) => key.part(Some(id)).finish(),
        // Nothing tells two equal messages of one person apart.
        None => key
            .part(body.event_type.get())
            .part(body.app_name.get())
            .part(person.id().as_deref())
            .part(body.assignee.id.get())
            .part(content.text.get())
            .finish(),
    };
    out.event(
        &crate::Identity::of_key(id),
        Draft { kind, subject: person.subject("conversation"), time: frame.time, data },
    );
}
