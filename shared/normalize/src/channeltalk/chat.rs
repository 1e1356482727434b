//! Webhooks about messages and chats.

use std::borrow::Cow;

use tributary_events::data::{Attachment, Campaign, Conversation, Message as MessageData, Note, Page};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureClass, FailureReason, Key, Str};

use super::payload::{Marketing, Message, UserChat};
use super::person::{agent, of_chat, subject};
use super::{Verb, Webhook, medium};
use crate::Output;
use crate::lenient::{Any, Text};

/// Where a message is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Room {
    /// Before the customer's eyes.
    Customer,
    /// Within the team, or in the customer's chat and hidden from the customer.
    Team,
    /// The body does not tell.
    Unknown,
}

impl Room {
    fn of(message: &Message<'_>) -> Self {
        let options = message.options.elements().unwrap_or_default();
        // A log tells of the chat itself, whoever may see it.
        if message.log.action.is_none() && options.iter().any(|option| Text::from_json(option.get()).is("private")) {
            return Self::Team;
        }
        match message.chat_type.lower().as_deref() {
            Some("userchat") => Self::Customer,
            Some(_) => Self::Team,
            // A customer writes in no other chat.
            None if message.person_type.is("user") => Self::Customer,
            None => Self::Unknown,
        }
    }
}

fn message_kind(message: &Message<'_>, verb: Verb) -> EventType {
    let room = Room::of(message);
    let by_company =
        message.person_type.is("manager") || message.person_type.is("bot") || message.marketing.get().is_some();
    match (verb, room, message.log.action.get()) {
        (Verb::Delete | Verb::Unknown, ..) | (_, Room::Unknown, _) => EventType::Unrecognized,
        (_, Room::Customer, Some("close" | "autoClose")) => EventType::ConversationClosed,
        (_, Room::Customer, Some(_)) => EventType::ConversationUpdated,
        (Verb::Upsert, Room::Team, _) => EventType::ConversationNoteUpdated,
        (_, Room::Team, _) => EventType::ConversationNoteAdded,
        (Verb::Upsert, ..) => EventType::MessageUpdated,
        _ if message.person_type.is("user") => EventType::MessageReceived,
        _ if by_company && message.state.is("failed") => EventType::MessageUndelivered,
        _ if by_company => EventType::MessageSent,
        // Nobody knows who wrote it.
        _ => EventType::Unrecognized,
    }
}

pub(super) fn message<'a>(message: &Message<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    let kind = message_kind(message, hook.verb);
    let chat = &*hook.refers.user_chat;
    let scope = match (hook.verb, message.chat_type.lower().as_deref()) {
        (Verb::Push, Some("userchat")) => Some("message.created.userChat"),
        (Verb::Push, Some("group")) => Some("message.created.teamChat"),
        _ => None,
    };
    let mut data = hook.data(scope, &message.channel_id);
    let in_team_room = message.chat_type.get().is_some_and(|chat_type| !chat_type.eq_ignore_ascii_case("userChat"));
    if in_team_room {
        data.channel = Some(Channel::WebChat);
    } else {
        place(&mut data, chat);
    }
    let chat_id = message.chat_id.or(&chat.id);
    data.conversation = (!chat_id.is_none()).then(|| {
        Box::new(Conversation {
            id: chat_id.take(),
            topic: hook.refers.group.name.take(),
            field: message.log.action.take(),
            value: words(&message.log.values).map(|values| values.join(", ").into()),
            ..conversation(chat)
        })
    });
    let by_user = message.person_type.is("user");
    if !in_team_room {
        let author = if by_user { message.person_id.clone() } else { Text::default() };
        data.contact = of_chat(&hook.refers, &author.or(&chat.user_id));
    }
    if !by_user {
        data.agent = agent(&hook.refers, &message.person_type, &message.person_id);
    }
    data.campaign = campaign(&message.marketing);
    // The body gives no reason.
    data.failure = (kind == EventType::MessageUndelivered)
        .then(|| Box::new(Failure::new(FailureClass::Unknown, FailureReason::Other)));
    match kind.family() {
        "message" => data.message = Some(Box::new(content(message, data.contact.as_ref().and_then(|c| c.id.clone())))),
        "conversation" if message.log.action.is_none() => {
            data.note = Some(Box::new(Note {
                id: message.id.take(),
                kind: message.chat_type.take(),
                text: message.plain_text.take(),
                ..Note::default()
            }));
        }
        _ => {}
    }
    let subject = match kind.family() {
        "conversation" => subject("conversation", &chat_id),
        _ => subject("message", &message.id),
    };
    let key = hook.identify(Key::new(out.source(), message.channel_id.get()).part(Some("message")), &message.id);
    let changed = message.edited_at.or(&message.updated_at);
    let (key, time) = match hook.verb {
        Verb::Push => (key, &message.created_at),
        Verb::Upsert => (key.part(Some("updated")).part(message.version.or(&changed).get()), &changed),
        _ => (key.part(Some(&hook.name())).part(message.version.get()), &changed),
    };
    out.event(&crate::Identity::of_key(key.finish()), Draft { kind, subject, time: time.millis(), data });
}

pub(super) fn user_chat<'a>(chat: &UserChat<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    // The older words mean the same: `solved` and `trash` chats are done with.
    let closed = ["closed", "solved", "trash"].iter().any(|word| chat.state.is(word));
    let kind = match hook.verb {
        Verb::Delete | Verb::Unknown => EventType::Unrecognized,
        _ if closed => EventType::ConversationClosed,
        Verb::Push => EventType::ConversationCreated,
        Verb::Upsert => EventType::ConversationUpdated,
    };
    let scope = (kind == EventType::ConversationCreated).then_some("userChat.opened");
    let mut data = hook.data(scope, &chat.channel_id);
    place(&mut data, chat);
    let reopened = chat.opened_at.get().zip(chat.first_opened_at.get()).map(|(opened, first)| opened != first);
    data.conversation = Some(Box::new(Conversation {
        id: chat.id.take(),
        topic: chat.name.take(),
        reopened: reopened.filter(|_| kind == EventType::ConversationCreated),
        ..conversation(chat)
    }));
    data.contact = of_chat(&hook.refers, &chat.user_id);
    data.agent = agent(&hook.refers, &Text::default(), &chat.assignee_id);
    let page = chat.source.page.or(&chat.source_page);
    data.page = page.take().map(|url| Box::new(Page { url: Some(url), ..Page::default() }));
    let marketing = if chat.source.marketing.get().is_some() { &chat.source.marketing } else { &chat.marketing };
    data.campaign = campaign(marketing);
    if let Some(first) = hook.refers.message.get() {
        data.message = Some(Box::new(content(first, data.contact.as_ref().and_then(|contact| contact.id.clone()))));
    }
    let key = hook.identify(Key::new(out.source(), chat.channel_id.get()).part(Some("userChat")), &chat.id);
    let (key, time) = match kind {
        // The same chat may open again, under the same id.
        EventType::ConversationCreated => {
            let time = chat.opened_at.or(&chat.created_at);
            (key.part(Some("opened")).part(time.get()), time)
        }
        EventType::ConversationClosed => {
            (key.part(Some("closed")).part(chat.closed_at.or(&chat.opened_at).get()), chat.closed_at.clone())
        }
        _ => (key.part(Some(&hook.name())).part(chat.version.or(&chat.updated_at).get()), chat.updated_at.clone()),
    };
    let time = time.millis();
    out.event(
        &crate::Identity::of_key(key.finish()),
        Draft { kind, subject: subject("conversation", &chat.id), time, data },
    );
}

/// The chat's medium, in the vendor's word and ours.
fn place<'a>(data: &mut Data<'a>, chat: &UserChat<'a>) {
    let medium = chat.medium();
    data.vendor.channel = medium.take();
    data.channel = medium::of_chat(&medium);
}

fn conversation<'a>(chat: &UserChat<'a>) -> Conversation<'a> {
    Conversation {
        status: chat.state.take(),
        queue_id: chat.team_id.take(),
        priority: chat.priority.take(),
        channel: chat.medium().take(),
        tags: words(&chat.tags),
        ..Conversation::default()
    }
}

fn words<'a>(list: &Any<'a>) -> Option<Vec<Str<'a>>> {
    let words: Vec<_> = list.elements()?.iter().filter_map(|word| Text::from_json(word.get()).take()).collect();
    (!words.is_empty()).then_some(words)
}

fn campaign<'a>(marketing: &Marketing<'a>) -> Option<Box<Campaign<'a>>> {
    let id = marketing.id.take()?;
    Some(Box::new(Campaign { id: Some(id), kind: marketing.kind.take(), ..Campaign::default() }))
}

/// The message itself, with the customer at the end where the customer is.
fn content<'a>(message: &Message<'a>, contact: Option<Str<'a>>) -> MessageData<'a> {
    let by_user = message.person_type.is("user");
    let outbound = !by_user && (!message.person_type.is_none() || message.marketing.get().is_some());
    let direction = match (by_user, outbound) {
        (true, _) => Some("inbound"),
        (_, true) => Some("outbound"),
        _ => None,
    };
    let (from, to) = match direction {
        Some("inbound") => (message.person_id.take(), None),
        Some(_) => (None, contact),
        None => (None, None),
    };
    let file = message.files.first().and_then(|file| file.kind.lower());
    let text = message.plain_text.take();
    MessageData {
        id: message.id.take(),
        direction: direction.map(Cow::Borrowed),
        from,
        to,
        kind: file.or_else(|| text.as_ref().map(|_| Cow::Borrowed("text"))),
        text,
        attachments: (!message.files.is_empty()).then(|| message.files.iter().map(attachment).collect()),
        in_reply_to: message.root_message_id.take(),
        status: message.state.take(),
        ..MessageData::default()
    }
}

fn attachment<'a>(file: &super::payload::File<'a>) -> Attachment<'a> {
    Attachment { url: None, content_type: file.content_type.take(), name: file.name.take(), ..Attachment::default() }
}
