//! Delivery reports, one way for every dialect and channel.

use tributary_events::data::Message;
use tributary_events::{Channel, EventType};

use crate::Output;

use super::super::draft::{put, subject};
use super::super::payload::{moment, time};
use super::super::route::Route;
use super::super::status;
use super::item::Item;

/// One report. Several of one message are several events: pending, operator, handset, and the leg of a failover.
pub(in crate::infobip) fn read<'a>(report: &Item<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    let stands = &*report.status;
    let error = &*report.error;
    let to = report.to.or(&report.destination);
    // Push tells the sending in a subscription of its own, whose body has no status.
    let sent = report.status.get().is_none() && route.event_is("sent");
    let event = if sent {
        "SENT"
    } else if route.event_is("silent_verification_delivery") {
        "SILENT_VERIFICATION_DELIVERY"
    } else {
        "DELIVERY"
    };
    let part = report.part(json, event, route);
    let at = time(if sent { &report.sent_at } else { &report.done_at });
    // One report comes in several dialects, and again with its price corrected.
    let when = moment(at);
    let stood = stands.id.or(&stands.name).or(&stands.group_name).or(&stands.group_id);
    let me = out.identity(part.account.get(), if sent { event } else { "DELIVERY" });
    let identity = me
        .fields(&[&report.message_id, &when], &[&to, &stood, &status::code(error)])
        .unwrap_or_else(|| me.element(json));

    let mut data = part.data();
    data.address = part.address(&to);
    data.contact = report.person(&to, &part.way);
    data.message = Some(Box::new(Message {
        direction: Some("outbound".into()),
        from: report.sender.or(&report.from).take(),
        to: to.take(),
        status: stands.name.or(&stands.group_name).take(),
        attempts: report.attempt_count.int(),
        smtp_response: report.smtp.response.take(),
        ..report.message()
    }));
    // The Messages API reports voice messages too, with the codes of calls.
    let by_voice = match part.way.ours {
        Some(Channel::Voice) => status::voice::voice_failure(&error.id, &error.name, &error.description),
        _ => None,
    };
    data.failure = by_voice.or_else(|| status::failure(stands, error)).map(Box::new);
    data.campaign = report.campaign();
    data.price = report.price.money();
    data.callback_data = report.callback_data.take();
    let untold = if sent { EventType::MessageSent } else { EventType::Unrecognized };
    let kind = match status::delivery(stands, error).unwrap_or(untold) {
        // A call that nobody answered may be reported as delivered.
        EventType::MessageDelivered if data.failure.is_some() => EventType::MessageUndelivered,
        kind => kind,
    };
    put(out, &identity, kind, subject("message", &report.message_id), at, data);
}
