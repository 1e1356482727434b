//! Calls: messages that carry a `meet`. Nobody said anything by them.

use std::borrow::Cow;

use tributary_events::data::{Call, CallEndpoint};
use tributary_events::{Channel, Draft, EventType};

use super::chat::{around, in_team_room};
use super::payload::{CallInfo, Meet, Message};
use super::person::subject;
use super::{Verb, Webhook};
use crate::Output;
use crate::address::address;
use crate::lenient::Text;

/// The side that knows about the call: the telephone's or the messenger's.
fn side<'m, 'a>(meet: &'m Meet<'a>) -> &'m CallInfo<'a> {
    if meet.call.get().is_some() { &meet.call } else { &meet.front }
}

fn state<'a>(meet: &Meet<'a>) -> Text<'a> {
    meet.state.or(&meet.state_v2)
}

/// When it ended, or that it did.
fn has_ended(meet: &Meet<'_>) -> bool {
    let ended = ["ended", "transcribing", "transcribed", "transcribeFailed"];
    let state = state(meet);
    ended.iter().any(|word| state.is(word)) || !meet.meet_ended_at.is_none() || !side(meet).closed_at.is_none()
}

fn kind(message: &Message<'_>, verb: Verb, inbound: bool) -> EventType {
    let meet = &*message.meet;
    let answered = !side(meet).engaged_at.is_none();
    match verb {
        Verb::Unknown | Verb::Delete => EventType::Unrecognized,
        // Calls of the team among themselves.
        _ if in_team_room(message) => EventType::ConversationUpdated,
        _ if !side(meet).missed_reason.is_none() => EventType::CallMissed,
        // Its first report tells the call itself, however late it comes.
        Verb::Upsert if state(meet).is("transcribed") => EventType::CallTranscribed,
        _ if has_ended(meet) => EventType::CallFinished,
        _ if answered => EventType::CallEstablished,
        _ if inbound => EventType::CallReceived,
        _ => EventType::CallStarted,
    }
}

/// A call, as far as it has come.
pub(super) fn call<'a>(message: &Message<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    let meet = &*message.meet;
    let side = side(meet);
    let direction = side.direction.lower().filter(|way| way == "inbound" || way == "outbound");
    let inbound = direction.as_deref().map_or_else(|| message.person_type.is("user"), |way| way == "inbound");
    let kind = kind(message, hook.verb, inbound);
    let mut data = around(message, hook);
    if meet.call.get().is_some() || meet.meet_type.is("call") {
        data.channel = Some(Channel::Voice);
    }
    let person = if inbound { &side.from } else { &side.to };
    data.address = address(person, Some(Channel::Voice));
    let ended_at = meet.meet_ended_at.or(&side.closed_at);
    let started_at = meet.room_started_at.or(&side.create_at).or(&message.created_at);
    let answered = !side.engaged_at.is_none();
    let outcome = match kind {
        EventType::CallMissed => Some("no_answer"),
        EventType::CallFinished | EventType::CallTranscribed if answered => Some("answered"),
        _ => None,
    };
    if kind == EventType::ConversationUpdated
        && let Some(conversation) = &mut data.conversation
    {
        (conversation.field, conversation.value) = (Some("meet".into()), state(meet).take());
    }
    data.call = Some(Box::new(Call {
        id: meet.id.or(&message.id).take(),
        // Within the team nobody is outside.
        direction: (!in_team_room(message)).then_some(Cow::Borrowed(if inbound { "inbound" } else { "outbound" })),
        from: side.from.take(),
        to: side.to.take(),
        endpoint: person.take().map(|address| CallEndpoint {
            kind: Some("phone".into()),
            address: Some(address),
            ..CallEndpoint::default()
        }),
        state: state(meet).take(),
        outcome: outcome.map(Cow::Borrowed),
        started_at: started_at.millis(),
        answered_at: side.engaged_at.millis(),
        ended_at: ended_at.millis(),
        end_name: side.missed_reason.take(),
        ..Call::default()
    }));
    let changed = message.edited_at.or(&message.updated_at).or(&message.created_at);
    let time = match kind {
        EventType::CallReceived | EventType::CallStarted => started_at,
        EventType::CallEstablished => side.engaged_at.clone(),
        EventType::CallMissed | EventType::CallFinished => ended_at.or(&changed),
        _ => changed,
    };
    let subject = match kind.family() {
        "conversation" => subject("conversation", &message.chat_id),
        _ => subject("call", &meet.id.or(&message.id)),
    };
    // One message tells the whole call: its id is none of what happens in it.
    let identity = hook.element(&out.identity(message.channel_id.get(), &data.vendor.event));
    out.event(&identity, Draft { kind, subject, time: time.millis(), data });
}
