//! What a person sends: messages, suggestions picked, typing, the end of a conversation.

use tributary_events::data::{Client, Conversation, Message};
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::Text;

use super::super::draft::{Part, Way, company_end, person_end, put, subject};
use super::super::payload::{application, time};
use super::super::route::Route;
use super::content::{self, Content};
use super::item::{APPLE_BUSINESS, Item};

/// One inbound message.
pub(in crate::infobip) fn read<'a>(item: &Item<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    let parts = match content::parts(if item.message.get().is_some() { item.message } else { item.content }, out) {
        Ok(parts) => parts,
        Err(error) => return out.broken(&error, json),
    };
    let first = parts.first();
    let untyped = first.is_none_or(|part| part.kind.is_none());
    let kind = match first.and_then(|part| part.kind.get()).unwrap_or_default() {
        "TYPING_INDICATOR" => EventType::MessageTyping,
        "CLOSE_CONVERSATION" => EventType::ConversationClosed,
        "SUGGESTION" => EventType::MessageSuggestionSelected,
        // A body without a type: the route tells.
        _ if untyped && route.event_is("suggestion") => EventType::MessageSuggestionSelected,
        _ => EventType::MessageReceived,
    };
    let event = if kind == EventType::MessageSuggestionSelected { "SUGGESTION" } else { "INBOUND_MESSAGE" };
    let mid = first.map(|part| part.mid.clone()).unwrap_or_default();
    // Instagram has it, too.
    let likely = (!mid.is_none()).then_some(Channel::Messenger);
    let part = item.part_by(json, event, item.way_with(route, likely));
    let message_id = item.message_id.or(&mid);
    let ends = Ends::of(item);

    let me = out.identity(part.account.get(), "INBOUND_MESSAGE");
    let identity = me.occurrence(&message_id).unwrap_or_else(|| me.element(json));

    let mut message = Message { id: message_id.take(), ..ends.message(item, part.way.ours) };
    content::fill(&mut message, &parts);
    if item.text.get().is_some() || !item.clean_text.is_none() {
        message.text = item.text.text().or(&item.clean_text).take();
        message.kind = message.kind.or(Some("text".into()));
    }
    message.keyword = item.keyword.take().or(message.keyword);
    message.in_reply_to = message.in_reply_to.or_else(|| item.paired_message_id.take());
    if kind == EventType::MessageTyping {
        message.kind = first.and_then(|part: &Content<'_>| part.typing_indicator_type.lower()).or(message.kind);
    }

    let mut data = part.data();
    data.address = part.address(&ends.person);
    data.contact = item.person(&ends.person, &part.way);
    data.message = Some(Box::new(message));
    let conversation = item.thread_id.or(&first.map(|part| part.conversation_id.clone()).unwrap_or_default());
    data.conversation =
        conversation.take().map(|id| Box::new(Conversation { id: Some(id), ..Conversation::default() }));
    data.items = content::items(&parts);
    data.payment = content::payment(&parts);
    data.campaign = item.campaign();
    data.client = item.user_agent.take().map(|agent| Box::new(Client { user_agent: Some(agent), ..Client::default() }));
    data.price = item.price.money();
    data.callback_data = item.callback_data.take();
    let about = match kind {
        EventType::MessageTyping | EventType::ConversationClosed => subject("contact", &ends.person),
        _ => subject("message", &message_id).or_else(|| subject("contact", &ends.person)),
    };
    put(out, &identity, kind, about, time(&item.received_at), data);
}

/// Typing, as RCS and the Messages API tell it. RCS gives it no id.
pub(in crate::infobip) fn typing<'a>(
    item: &Item<'a>,
    json: &'a str,
    event: &'static str,
    route: &Route,
    out: &mut Output<'_>,
) {
    let ends = Ends::of(item);
    let account = application(&item.platform, &item.application_id);
    let word = event.to_ascii_lowercase();
    let mut way = item.way(route);
    // Only RCS writes the event as an object.
    if way.ours.is_none() && way.vendor.is_none() && item.event.is_object() {
        way = Way::of(Channel::Rcs);
    }
    let part = Part { json, event: event.into(), way, account };
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&ends.person);
    data.contact = item.person(&ends.person, &part.way);
    data.message = Some(Box::new(Message { kind: Some(word.into()), ..ends.message(item, part.way.ours) }));
    put(out, &identity, EventType::MessageTyping, subject("contact", &ends.person), time(&item.received_at), data);
}

/// The two ends of what a person sends.
struct Ends<'a> {
    person: Text<'a>,
    company: Text<'a>,
}

impl<'a> Ends<'a> {
    fn of(item: &Item<'a>) -> Self {
        let from = item.from.or(&item.sender);
        let to = item.to.or(&item.destination);
        // Apple's ids of a company stand at the wrong end in the Messages API.
        if from.get().is_some_and(|from| from.starts_with(APPLE_BUSINESS)) {
            return Self { person: to, company: from };
        }
        Self { person: item.end(&from), company: to }
    }

    fn message(&self, item: &Item<'a>, channel: Option<Channel>) -> Message<'a> {
        Message {
            direction: Some("inbound".into()),
            from: person_end(&self.person, channel),
            to: company_end(&self.company, channel),
            ..item.message()
        }
    }
}
