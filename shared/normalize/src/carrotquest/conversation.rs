//! What is written in the chat, and what operators do with a conversation.

use std::borrow::Cow;

use tributary_events::data::{Agent, Contact, Conversation, Invoker, Message, Note};
use tributary_events::{Channel, Draft, EventType, Str, Timestamp};

use super::Post;
use super::payload::{Operator, Part};
use crate::lenient::{Any, Text};
use crate::{Identity, Output, Unreadable};

/// What a part of a conversation is to the person.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Inbound,
    Outbound,
    /// Between operators.
    Note,
    /// A change of the conversation.
    Change,
}

/// `type` of a part to ours.
fn kind(part_type: &str) -> (EventType, Role) {
    match part_type {
        "reply_user" | "chat_bot_user" => (EventType::MessageReceived, Role::Inbound),
        "reply_admin" | "auto_reply" | "chat_bot_admin" => (EventType::MessageSent, Role::Outbound),
        "note" => (EventType::ConversationNoteAdded, Role::Note),
        "tag_added" => (EventType::ConversationTagAdded, Role::Change),
        "tag_deleted" => (EventType::ConversationTagRemoved, Role::Change),
        "assigned" => (EventType::ConversationAssigned, Role::Change),
        "closed" | "final_closed" => (EventType::ConversationClosed, Role::Change),
        "" => (EventType::Unrecognized, Role::Change),
        // delayed, channel_changed, vote, article, service, and what may come.
        _ => (EventType::ConversationUpdated, Role::Change),
    }
}

/// A part that comes again because it was edited or removed is another event of the same part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Revision {
    First,
    Edited,
    Removed,
}

fn revised(kind: EventType, role: Role, revision: Revision) -> EventType {
    match (role, revision) {
        (_, Revision::First) => kind,
        (Role::Inbound | Role::Outbound, Revision::Edited) => EventType::MessageUpdated,
        (Role::Inbound | Role::Outbound, Revision::Removed) => EventType::MessageDeleted,
        // A note was never a message to anybody.
        (Role::Note, Revision::Edited) => EventType::ConversationNoteUpdated,
        (Role::Note, Revision::Removed) => EventType::ConversationNoteRemoved,
        (Role::Change, _) if kind == EventType::Unrecognized => kind,
        // The conversation is not closed or assigned once more.
        (Role::Change, _) => EventType::ConversationUpdated,
    }
}

pub(super) fn read<'a>(post: &Post<'a, '_>, json: &'a str, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let part: Part<'a> = out.parse(json)?;
    let sender: Option<Operator<'a>> =
        part.from.get().filter(|_| part.from.is_object()).map(|json| out.parse(json)).transpose()?;
    let (kind, role) = if part.tells_something() {
        kind(part.kind.get().unwrap_or_default())
    } else {
        (EventType::Unrecognized, Role::Change)
    };
    let revision = match (is_set(&part.edited), is_set(&part.removed)) {
        (_, true) => Revision::Removed,
        (true, _) => Revision::Edited,
        _ => Revision::First,
    };
    let kind = revised(kind, role, revision);

    let mut data = post.data(&part.kind);
    data.vendor.channel = part.conversation_type.or(&part.sent_via).take();
    data.channel = Some(Channel::WebChat);
    let person = part.user.or(&part.from.text());
    data.contact = person.take().map(|id| Box::new(Contact { id: Some(id), ..Contact::default() }));
    data.conversation = conversation(&part).map(Box::new);
    let is_bot = part.kind.get().is_some_and(|kind| kind.starts_with("chat_bot_"));
    data.agent = match (role, &sender) {
        (Role::Outbound | Role::Note, Some(sender)) => agent(sender, is_bot),
        _ => part.assignee.get().and_then(|assignee| agent(assignee, false)),
    };
    match role {
        Role::Inbound | Role::Outbound => data.message = Some(Box::new(message(&part, role))),
        Role::Note => {
            data.note = Some(Box::new(Note { id: part.id.take(), text: part.body.take(), ..Note::default() }));
        }
        Role::Change => {
            data.invoker = sender.as_ref().map(|sender| {
                Box::new(Invoker {
                    kind: sender.kind.take(),
                    id: sender.id.take(),
                    name: sender.name.take(),
                    ..Invoker::default()
                })
            });
        }
    }
    let subject = match role {
        Role::Inbound | Role::Outbound => subject("message", &part.id),
        Role::Note | Role::Change => None,
    };
    let subject = subject.or_else(|| subject_of_conversation(&part));
    // An edit is later than the part; without its own time it has none.
    let time = match revision {
        Revision::First => moment(&part.created),
        Revision::Edited => moment(&part.edited.text()),
        Revision::Removed => moment(&part.removed.text()),
    };
    let identity = identity(&part, revision, post, out);
    out.event(&identity, Draft { kind, subject, time, data });
    Ok(())
}

fn subject<'a>(kind: &str, id: &Text<'a>) -> Option<Str<'a>> {
    id.get().map(|id| Cow::Owned(format!("{kind}/{id}")))
}

fn subject_of_conversation<'a>(part: &Part<'a>) -> Option<Str<'a>> {
    subject("conversation", &part.conversation)
}

/// Unix seconds by the vendor's page of types; zoneless datetimes, as elsewhere in its objects, give no time.
fn moment(text: &Text<'_>) -> Option<Timestamp> {
    text.seconds().or_else(|| text.time())
}

/// Null, false, 0 and empty: the part was not edited or removed.
fn is_set(mark: &Any<'_>) -> bool {
    !matches!(mark.get(), None | Some("false" | "0" | "\"\"" | "\"0\"" | "\"false\"" | "{}" | "[]"))
}

fn conversation<'a>(part: &Part<'a>) -> Option<Conversation<'a>> {
    let tags = part
        .conversation_tags
        .elements()
        .map(|tags| tags.into_iter().filter_map(|tag| Text::from_json(tag.get()).take()).collect::<Vec<_>>());
    let tags = tags.filter(|tags| !tags.is_empty());
    let status = part.conversation_closed.flag().filter(|closed| *closed).map(|_| "closed".into());
    let id = part.conversation.take();
    (id.is_some() || tags.is_some() || status.is_some()).then(|| Conversation {
        id,
        status,
        channel: part.conversation_type.take(),
        tags,
        ..Conversation::default()
    })
}

fn agent<'a>(operator: &Operator<'a>, bot: bool) -> Option<Box<Agent<'a>>> {
    (!operator.id.is_none() || !operator.name.is_none()).then(|| {
        Box::new(Agent {
            id: operator.id.take(),
            name: operator.name.take(),
            role: operator.kind.take(),
            bot: bot.then_some(true),
            ..Agent::default()
        })
    })
}

/// A widget's chat has no address: the person is in `data.contact`.
fn message<'a>(part: &Part<'a>, role: Role) -> Message<'a> {
    let direction = if role == Role::Inbound { "inbound" } else { "outbound" };
    Message {
        id: part.id.take(),
        direction: Some(direction.into()),
        text: part.body.take(),
        sent_at: moment(&part.created),
        ..Message::default()
    }
}

/// The part's id, and the time of its revision: the id alone would hide every later edit. A mark that is no time (`true`)
/// tells no two edits apart, so all that the post says does.
fn identity(part: &Part<'_>, revision: Revision, post: &Post<'_, '_>, out: &Output<'_>) -> Identity {
    let me = post.identity("conversation", &part.kind, out);
    let by_id = match revision {
        Revision::First => me.occurrence(&part.id),
        Revision::Edited => revised_at(&part.edited)
            .and_then(|edited| me.clone().with(Some("edited")).fields(&[&part.id, &edited], &[])),
        Revision::Removed => revised_at(&part.removed)
            .and_then(|removed| me.clone().with(Some("removed")).fields(&[&part.id, &removed], &[])),
    };
    by_id.unwrap_or_else(|| me.element(post.original))
}

/// The time in a mark, with or without a zone: unix seconds have ten digits, a date has as many letters.
fn revised_at<'a>(mark: &Any<'a>) -> Option<Text<'a>> {
    let text = mark.text();
    let is_time =
        text.get().is_some_and(|text| text.len() >= 10 && text.starts_with(|first: char| first.is_ascii_digit()));
    is_time.then_some(text)
}
