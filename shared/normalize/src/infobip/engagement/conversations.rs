//! Conversations: what happens in the agents' desk.

use std::borrow::Cow;

use tributary_events::data::{self, Agent, Contact, Form};
use tributary_events::{Channel, Data, Draft, EventType, Str};

use super::super::channel;
use super::payload::{AgentStatus, Assignee, Content, Conversation, Envelope, Message};
use super::types::{Known, conversation};
use super::{VENDOR_CHANNEL, invoker};
use crate::address::address;
use crate::lenient::{Any, Obj, Text};
use crate::{Output, original};

pub(super) type Body<'a> = Envelope<'a, Conversation<'a>>;

/// Puts out the event `name`. A name that the schema does not list flows as `unrecognized`, and so does one that tells of
/// no conversation, message or agent.
///
/// There is no event id, and the inner time may be the conversation's and stay the same for all that happens in it: all
/// of the body tells the event, both times included.
pub(super) fn put(body: &str, name: &str, envelope: &Body<'_>, out: &mut Output<'_>) {
    let payload = &*envelope.payload;
    let status = payload.status.text();
    let message_id = payload.message.id.or(&payload.message.message_id);
    let told = !payload.id.is_none() || !message_id.is_none();
    let known = conversation(name);
    let kind = match known.map(|known| known.kind) {
        _ if !told => EventType::Unrecognized,
        Some(EventType::ConversationStatusUpdated) if status.is("CLOSED") => EventType::ConversationClosed,
        Some(kind) => kind,
        None => EventType::Unrecognized,
    };
    let event: Str<'_> = known.map_or_else(|| Cow::Owned(name.to_owned()), |Known { event, .. }| Cow::Borrowed(event));
    // Both are described as the time of the event, and they differ: the inner one is the conversation's.
    let time = payload.timestamp.time().or_else(|| envelope.timestamp.time());

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

    let identity = out.identity(None, &event).element(body);
    out.event(&identity, Draft { kind, subject: subject.map(Cow::Owned), time, data });
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
    data.message = payload.message.get().map(|body| Box::new(message(name, body, payload)));
    let channel = payload.message.channel.or(&payload.channel);
    let known = channel.get().and_then(channel::find).and_then(|known| known.ours);
    data.address = person_of(name, payload).and_then(|text| address(&text, known));
}

/// The customer's end of a message. Of anything else the body does not say that an address took part in it.
fn person_of<'a>(name: &str, payload: &Conversation<'a>) -> Option<Text<'a>> {
    let end = match direction(name)? {
        "inbound" => &payload.message.from,
        _ => &payload.message.to,
    };
    let proof = &payload.authentication;
    // A live chat may have the customer's own id of a person there.
    let own_id = proof.authentication_type.is("EXTERNAL_ID") && proof.value.get() == end.get();
    (!own_id).then(|| end.clone())
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

fn message<'a>(name: &str, message: &Message<'a>, payload: &Conversation<'a>) -> data::Message<'a> {
    let person = || person_of(name, payload).unwrap_or_default();
    let (from, to) = match direction(name) {
        Some("inbound") => (person(), message.to.clone()),
        Some(_) => (message.from.clone(), person()),
        None => (message.from.clone(), message.to.clone()),
    };
    data::Message {
        id: message.id.or(&message.message_id).take(),
        direction: direction(name).map(Cow::Borrowed),
        from: from.take(),
        to: to.take(),
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
    let address = person_of(name, payload).and_then(|text| text.take());
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
