//! Conversations: what happens in the agents' desk.

use std::borrow::Cow;

use tributary_events::data::{self, Agent, Contact, Form};
use tributary_events::{Channel, Data, Draft, EventType, Key, Str};

use super::payload::{AgentStatus, Assignee, Content, Conversation, Envelope, Message, Named};
use super::types::{Known, conversation};
use super::{VENDOR_CHANNEL, invoker};
use crate::lenient::{Any, Obj, Text};
use crate::{Output, canonical, original};

pub(super) type Body<'a> = Envelope<'a, Conversation<'a>>;

/// Puts out the event `name`. A name that the schema does not list flows as `unrecognized`.
pub(super) fn put(body: &str, name: &str, envelope: &Body<'_>, out: &mut Output<'_>) {
    let known = conversation(name);
    let payload = &*envelope.payload;
    let status = payload.status.text();
    let kind = match known.map(|known| known.kind) {
        Some(EventType::ConversationStatusUpdated) if status.is("CLOSED") => EventType::ConversationClosed,
        Some(kind) => kind,
        None => EventType::Unrecognized,
    };
    let event: Str<'_> = known.map_or_else(|| Cow::Owned(name.to_owned()), |Known { event, .. }| Cow::Borrowed(event));
    // Both are described as the time of the event, and they differ: the inner one is the conversation's.
    let time = payload.timestamp.time().or_else(|| envelope.timestamp.time());
    let message_id = payload.message.id.or(&payload.message.message_id);

    let mut data = Data::new(event.clone(), original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.channel = Some(Channel::Conversation);
    data.invoker = invoker(&payload.invoker);
    let subject = if kind == EventType::AgentStatusUpdated {
        data.agent = Some(Box::new(agent_status(payload)));
        payload.id.get().map(|id| format!("agent/{id}"))
    } else {
        fill(&mut data, name, &status, payload);
        message_id
            .get()
            .map(|id| format!("message/{id}"))
            .or_else(|| Some(format!("conversation/{}", payload.id.get()?)))
    };

    let tag = tag_id(&payload.added_tag).or(&tag_id(&payload.removed_tag));
    let complete = payload.id.get().is_some() && time.is_some();
    let at = time.map(|time| time.to_string());
    let rest = (!complete).then(|| canonical::whole(body));
    let id = Key::new(out.source(), None)
        .part(Some("conversations"))
        .part(Some(&event))
        .part(payload.id.get())
        .part(message_id.get())
        .part(payload.note.id.get())
        .part(tag.get())
        .part(payload.field.id.get())
        .part(at.as_deref())
        .part(rest.as_deref())
        .finish();
    out.event(&crate::Identity::of_key(id), Draft { kind, subject: subject.map(Cow::Owned), time, data });
}

fn tag_id<'a>(tag: &Named<'a>) -> Text<'a> {
    tag.id.or(&tag.name)
}

fn fill<'a>(data: &mut Data<'a>, name: &str, status: &Text<'a>, payload: &Conversation<'a>) {
    let tags: Vec<_> = payload.tags.iter().filter_map(|tag| tag.name.or(&tag.id).take()).collect();
    let tag = payload.added_tag.name.or(&payload.removed_tag.name);
    // A form field or an SLA policy: whichever the event is about.
    let field = payload.field.name.or(&payload.policy.policy_name).or(&payload.policy.policy_id);
    let value = payload.field.value.or(&payload.policy.severity_name).or(&payload.policy.severity_id);
    data.conversation = Some(Box::new(data::Conversation {
        id: payload.id.take(),
        status: status.take(),
        topic: payload.topic.take(),
        summary: payload.summary.take(),
        queue_id: payload.queue.id.take(),
        queue: payload.queue.name.take(),
        priority: payload.priority.take(),
        channel: payload.channel.take(),
        direction: payload.direction.lower(),
        tag: tag.take(),
        tags: (!tags.is_empty()).then_some(tags),
        field: field.take(),
        value: value.take(),
        ..data::Conversation::default()
    }));
    data.agent = payload.assignee.get().map(|assignee| Box::new(agent(assignee)));
    data.contact = contact(name, payload).map(Box::new);
    if payload.form.get().is_some() || payload.field.get().is_some() || payload.form_fields.get().is_some() {
        data.form = Some(Box::new(Form {
            id: payload.form.id.take(),
            name: payload.form.name.take(),
            field: payload.field.name.or(&payload.field.id).take(),
            value: payload.field.value.take(),
            fields: payload.form_fields.take(),
            ..Form::default()
        }));
    }
    data.note = payload.note.get().map(|note| {
        Box::new(data::Note {
            id: note.id.take(),
            kind: note.kind.take(),
            text: text_of(&note.content).take(),
            ..data::Note::default()
        })
    });
    data.message = payload.message.get().map(|body| Box::new(message(name, body)));
}

/// The way a message went. `direction` of the payload is the conversation's: an agent's answer in a conversation that
/// the customer began has INBOUND there.
fn direction(name: &str) -> Option<&'static str> {
    match name {
        "INBOUND_MESSAGE" | "INBOUND_MESSAGE_UPDATED" | "INBOUND_MESSAGE_DELETED" | "CONVERSATION_MESSAGE_RECEIVED" => {
            Some("inbound")
        }
        "OUTBOUND_MESSAGE" | "CONVERSATION_MESSAGE_SENT" => Some("outbound"),
        _ => None,
    }
}

fn message<'a>(name: &str, message: &Message<'a>) -> data::Message<'a> {
    data::Message {
        id: message.id.or(&message.message_id).take(),
        direction: direction(name).map(Cow::Borrowed),
        from: message.from.take(),
        to: message.to.take(),
        text: text_of(&message.content).take(),
        sent_at: message.created_at.time(),
        ..data::Message::default()
    }
}

/// Text, or the `text` of an object.
fn text_of<'a>(content: &Any<'a>) -> Text<'a> {
    match content.get() {
        Some(json) if content.is_object() => {
            serde_json::from_str(json).map_or_else(|_| Text::default(), |content: Content<'a>| content.text)
        }
        _ => content.text(),
    }
}

/// The customer: as People know the person, else as Conversations do.
fn contact<'a>(name: &str, payload: &Conversation<'a>) -> Option<Contact<'a>> {
    let customer = &payload.customer;
    let authentication = &payload.authentication;
    let message = &payload.message;
    let person = customer.person_id.or(&authentication.person_id);
    let mut contact = Contact {
        id: person.or(&customer.id).take(),
        name: customer.name.take(),
        username: message.social_context.username.take(),
        ..Contact::default()
    };
    match authentication.authentication_type.get() {
        Some("EMAIL") => contact.email = authentication.value.take(),
        Some("PHONE") => contact.phone = authentication.value.take(),
        Some("EXTERNAL_ID") => contact.user_id = authentication.value.take(),
        _ => {}
    }
    let address = match direction(name) {
        Some("inbound") => message.from.take(),
        Some(_) => message.to.take(),
        None => None,
    };
    match message.channel.or(&payload.channel).get() {
        Some("EMAIL") => contact.email = contact.email.or(address),
        Some("SMS" | "MMS" | "WHATSAPP" | "VIBER" | "RCS" | "VOICE") => contact.phone = contact.phone.or(address),
        _ => contact.channel_id = address,
    }
    let known = customer.get().is_some() || authentication.get().is_some() || message.get().is_some();
    known.then_some(contact)
}

fn agent<'a>(assignee: &Assignee<'a>) -> Agent<'a> {
    Agent {
        id: assignee.id.take(),
        name: assignee.name.take(),
        email: assignee.email.take(),
        role: assignee.role.take(),
        bot: (!assignee.role.is_none()).then(|| assignee.role.is("BOT")),
        ..Agent::default()
    }
}

/// In agent status events the payload is the agent, not a conversation.
fn agent_status<'a>(payload: &Conversation<'a>) -> Agent<'a> {
    let status: Obj<AgentStatus<'a>> =
        payload.status.get().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    Agent {
        id: payload.id.take(),
        email: payload.email.take(),
        role: payload.role.take(),
        status: status.group.or(&status.name).or(&payload.status.text()).take(),
        ..Agent::default()
    }
}
