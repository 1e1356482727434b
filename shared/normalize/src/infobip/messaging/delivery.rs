//! Delivery reports, one way for every dialect and channel.

use tributary_events::data::Message;
use tributary_events::{Channel, EventType};

use crate::{Output, canonical};

use super::super::draft::{put, subject};
use super::super::payload::time;
use super::super::route::Route;
use super::super::status;
use super::item::Item;

/// One report. Several of one message are several events: pending, operator, handset, and the leg of a failover.
pub(in crate::infobip) fn read<'a>(report: &Item<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    let event = if route.event_is("sent") { "SENT" } else { "DELIVERY" };
    let part = report.part(json, event, route);
    let stands = &*report.status;
    let to = report.to.or(&report.destination);
    // The price is in no key: it may be corrected. A report without a message id is told by what else it has, and only
    // as the last resort by the whole of it.
    let nameless = report.message_id.is_none();
    let whole = (nameless && report.bulk_id.is_none() && to.is_none()).then(|| canonical::whole(json));
    let bulk = if nameless { report.bulk_id.get() } else { None };
    let sent_at = if nameless { report.sent_at.get() } else { None };
    let id = part
        .key(out, "delivery")
        .part(part.channel_word())
        .part(report.message_id.get().or(bulk).or(whole.as_deref()))
        .part(sent_at)
        .part(to.get())
        .part(stands.id.or(&stands.group_name).or(&stands.group_id).get())
        .part(report.error.id.get())
        .part(report.done_at.get())
        .finish();

    let mut data = part.data();
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
    let error = &*report.error;
    let by_voice = match part.way.ours {
        Some(Channel::Voice) => status::voice::voice_failure(&error.id, &error.name, &error.description),
        _ => None,
    };
    data.failure = by_voice.or_else(|| status::failure(stands, error)).map(Box::new);
    data.campaign = report.campaign();
    data.price = report.price.money();
    data.callback_data = report.callback_data.take();
    // Push tells the sending in a subscription of its own, whose body the vendor does not publish.
    let (untold, at) = match event {
        "SENT" => (EventType::MessageSent, time(&report.done_at.or(&report.sent_at))),
        _ => (EventType::Unrecognized, time(&report.done_at)),
    };
    let kind = match status::delivery(stands, error).unwrap_or(untold) {
        // A call that nobody answered may be reported as delivered.
        EventType::MessageDelivered if data.failure.is_some() => EventType::MessageUndelivered,
        kind => kind,
    };
    put(out, id, kind, subject("message", &report.message_id), at, data);
}
