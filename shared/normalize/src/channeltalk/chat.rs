//! Webhooks about messages and chats.

use std::borrow::Cow;

use tributary_events::data::{Address, Attachment, Campaign, Conversation, Message as MessageData, Note, Page};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureClass, FailureReason, Str};

use super::payload::{Marketing, Message, UserChat};
use super::person::{agent, of_chat, subject};
use super::{Verb, Webhook, call, medium};
use crate::Output;
use crate::address::address;
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
    if verb == Verb::Unknown || room == Room::Unknown || !message.holds_something() {
        return EventType::Unrecognized;
    }
    let by_user = message.person_type.is("user");
    let by_company =
        message.person_type.is("manager") || message.person_type.is("bot") || message.marketing.get().is_some();
    let removed = verb == Verb::Delete || message.state.is("removed") || message.removed_by_writer.flag() == Some(true);
    match (room, message.log.action.get()) {
        // A log is no message that could be taken back.
        (_, Some(_)) if verb == Verb::Delete => EventType::Unrecognized,
        (Room::Customer, Some("close" | "autoClose")) if verb == Verb::Push => EventType::ConversationClosed,
        (_, Some(_)) => EventType::ConversationUpdated,
        (Room::Team, _) if removed => EventType::ConversationNoteRemoved,
        (Room::Team, _) if verb == Verb::Upsert => EventType::ConversationNoteUpdated,
        (Room::Team, _) => EventType::ConversationNoteAdded,
        _ if removed => EventType::MessageDeleted,
        _ if by_company && !by_user && message.state.is("failed") => EventType::MessageUndelivered,
        _ if verb == Verb::Upsert => EventType::MessageUpdated,
        _ if by_user => EventType::MessageReceived,
        _ if by_company && message.state.is("sending") => EventType::MessageQueued,
        _ if by_company => EventType::MessageSent,
        // Nobody knows who wrote it.
        _ => EventType::Unrecognized,
    }
}

/// Whether the message is written in a room of the team, which no customer enters.
pub(super) fn in_team_room(message: &Message<'_>) -> bool {
    message.chat_type.get().is_some_and(|chat_type| !chat_type.eq_ignore_ascii_case("userChat"))
}

/// What every webhook about a message tells: where, with whom, by whom.
pub(super) fn around<'a>(message: &Message<'a>, hook: &Webhook<'a>) -> Data<'a> {
    let chat = &*hook.refers.user_chat;
    let scope = match (hook.verb, message.chat_type.lower().as_deref()) {
        (Verb::Push, Some("userchat")) => Some("message.created.userChat"),
        (Verb::Push, Some("group")) => Some("message.created.teamChat"),
        _ => None,
    };
    let mut data = hook.data(scope, &message.channel_id);
    let in_team_room = in_team_room(message);
    if in_team_room {
        data.channel = Some(Channel::WebChat);
    } else {
        place(&mut data, chat);
    }
    let chat_id = message.chat_id.or(&chat.id);
    data.conversation = (!chat_id.is_none()).then(|| {
        Box::new(Conversation {
            id: chat_id.take(),
            topic: hook.refers.group.title.or(&hook.refers.group.name).or(&chat.title).take(),
            field: message.log.action.take(),
            value: words(&message.log.values).map(|values| values.join(", ").into()),
            ..conversation(chat)
        })
    });
    let by_user = message.person_type.is("user");
    if !in_team_room {
        let author = if by_user { message.person_id.clone() } else { Text::default() };
        data.contact = of_chat(&hook.refers, &author.or(&chat.user_id), chat);
    }
    if !by_user {
        data.agent = agent(&hook.refers, &message.person_type, &message.person_id);
    }
    data
}

pub(super) fn message<'a>(message: &Message<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    if message.meet.get().is_some() {
        return call::call(message, hook, out);
    }
    let kind = message_kind(message, hook.verb);
    let mut data = around(message, hook);
    if message.email.get().is_some() {
        data.channel = Some(Channel::Email);
    }
    data.campaign = campaign(&message.marketing).or_else(|| {
        let ai = message.ai_marketing.get()?;
        let id = ai.handling_id.take()?;
        let (kind, variant_id) = (Some("aiMarketing".into()), ai.session_id.take());
        Some(Box::new(Campaign { id: Some(id), kind, variant_id, ..Campaign::default() }))
    });
    // The body gives no reason but a number.
    data.failure = (kind == EventType::MessageUndelivered).then(|| {
        let code = message.error_code.take();
        Box::new(Failure { code, ..Failure::new(FailureClass::Unknown, FailureReason::Other) })
    });
    match kind.family() {
        "message" => {
            data.address = person_of(message);
            data.message = Some(Box::new(content(message)));
        }
        "conversation" if message.log.action.is_none() => {
            data.note = Some(Box::new(Note {
                id: message.id.take(),
                kind: message.chat_type.take(),
                text: message.text().take(),
                ..Note::default()
            }));
        }
        _ => {}
    }
    let chat_id = message.chat_id.or(&hook.refers.user_chat.id);
    let subject = match kind.family() {
        "conversation" => subject("conversation", &chat_id),
        _ => subject("message", &message.id),
    };
    let changed = message.edited_at.or(&message.updated_at);
    let me = out.identity(message.channel_id.get(), &data.vendor.event);
    let (identity, time) = match kind {
        // A message is written once, and once handed on. What becomes of it later has no id of its own.
        EventType::MessageReceived
        | EventType::MessageSent
        | EventType::MessageQueued
        | EventType::ConversationNoteAdded
        | EventType::ConversationClosed
        | EventType::ConversationUpdated
            if hook.verb == Verb::Push =>
        {
            (me.clone().with(Some(kind.as_str())).occurrence(&message.id), message.created_at.clone())
        }
        EventType::Unrecognized if hook.verb == Verb::Push => (None, message.created_at.clone()),
        _ => (None, changed.or(&message.created_at)),
    };
    let identity = identity.unwrap_or_else(|| hook.element(&me));
    out.event(&identity, Draft { kind, subject, time: time.millis(), data });
}

/// What a webhook about a chat says of it: one of these states and no more, for there is no word for what changed.
fn chat_kind(chat: &UserChat<'_>, verb: Verb) -> EventType {
    let is = |words: &[&str]| words.iter().any(|word| chat.state.is(word));
    match verb {
        _ if chat.id.is_none() => EventType::Unrecognized,
        Verb::Unknown => EventType::Unrecognized,
        Verb::Delete => EventType::ConversationDeleted,
        // The older words mean the same: `solved` and `trash` chats are done with.
        _ if is(&["closed", "solved", "trash"]) => EventType::ConversationClosed,
        // Before version 4 an open chat was assigned or not.
        Verb::Push if chat.state.is_none() || is(&["opened", "unassigned", "assigned"]) => {
            EventType::ConversationCreated
        }
        // `initial`: a bot or nobody has it. `queued`, `missed`, `snoozed`, `holding`: waits.
        _ => EventType::ConversationUpdated,
    }
}

pub(super) fn user_chat<'a>(chat: &UserChat<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    let kind = chat_kind(chat, hook.verb);
    let scope = (kind == EventType::ConversationCreated).then_some("userChat.opened");
    let mut data = hook.data(scope, &chat.channel_id);
    place(&mut data, chat);
    let reopened = chat.opened_at.get().zip(chat.first_opened_at.get()).map(|(opened, first)| opened != first);
    data.conversation = Some(Box::new(Conversation {
        id: chat.id.take(),
        topic: chat.title.take(),
        reopened: reopened.filter(|_| kind == EventType::ConversationCreated),
        ..conversation(chat)
    }));
    data.contact = of_chat(&hook.refers, &chat.user_id, chat);
    data.agent = agent(&hook.refers, &Text::default(), &chat.assignee_id);
    let page = chat.source.page.or(&chat.source_page);
    data.page = page.take().map(|url| Box::new(Page { url: Some(url), ..Page::default() }));
    let marketing = if chat.source.marketing.get().is_some() { &chat.source.marketing } else { &chat.marketing };
    data.campaign = campaign(marketing);
    if let Some(first) = hook.refers.message.get() {
        data.message = Some(Box::new(content(first)));
    }
    let time = match kind {
        EventType::ConversationCreated => chat.opened_at.or(&chat.created_at),
        EventType::ConversationClosed => chat.closed_at.or(&chat.updated_at),
        _ => chat.updated_at.clone(),
    };
    let me = out.identity(chat.channel_id.get(), &data.vendor.event);
    // The same chat opens and closes again under the same id.
    let identity = hook.element(&me);
    out.event(&identity, Draft { kind, subject: subject("conversation", &chat.id), time: time.millis(), data });
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

/// Who wrote: `inbound` the customer, `outbound` the company.
fn direction(message: &Message<'_>) -> Option<&'static str> {
    match message.person_type.get() {
        Some(person_type) if person_type.eq_ignore_ascii_case("user") => Some("inbound"),
        Some(_) => Some("outbound"),
        None => message.marketing.get().map(|_| "outbound"),
    }
}

/// The person's address, if the message went by email and names it: the vendor's own messenger has none.
fn person_of<'a>(message: &Message<'a>) -> Option<Address<'a>> {
    let person = match (direction(message)?, &*message.email.to) {
        ("inbound", _) => &message.email.from.address,
        (_, [to]) => &to.address,
        // Several people, or none.
        _ => return None,
    };
    address(person, Some(Channel::Email))
}

/// The message itself.
fn content<'a>(message: &Message<'a>) -> MessageData<'a> {
    let text = message.text().take();
    let file = message.files.first().and_then(|file| file.kind.lower());
    let at = |text: &Text<'a>| address(text, Some(Channel::Email)).map(|address| address.value);
    let to = match &*message.email.to {
        [to] => at(&to.address),
        _ => None,
    };
    MessageData {
        id: message.id.take(),
        direction: direction(message).map(Cow::Borrowed),
        from: at(&message.email.from.address),
        to,
        kind: file.or_else(|| text.as_ref().map(|_| Cow::Borrowed("text"))),
        text,
        subject: message.email.subject.take(),
        attachments: (!message.files.is_empty()).then(|| message.files.iter().map(attachment).collect()),
        in_reply_to: message.root_message_id.take(),
        status: message.state.take(),
        ..MessageData::default()
    }
}

fn attachment<'a>(file: &super::payload::File<'a>) -> Attachment<'a> {
    Attachment { url: None, content_type: file.content_type.take(), name: file.name.take(), ..Attachment::default() }
}
