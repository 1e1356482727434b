//! Delivery reports, one way for every dialect and channel.

use tributary_events::EventType;
use tributary_events::data::Message;

use crate::Output;

use super::super::draft::{company_end, person_end, put, report_identity, subject};
use super::super::payload::time;
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
    let me = out.identity(part.account.get(), if sent { event } else { "DELIVERY" });
    let identity = report_identity(&me, json, &report.message_id, &to, stands, error, at);

    let mut data = part.data();
    data.address = part.address(&to);
    data.contact = report.person(&to, &part.way);
    data.message = Some(Box::new(Message {
        direction: Some("outbound".into()),
        from: company_end(&report.sender.or(&report.from), part.way.ours),
        to: person_end(&to, part.way.ours),
        status: stands.name.or(&stands.group_name).take(),
        attempts: report.attempt_count.int(),
        smtp_response: report.smtp.response.take(),
        ..report.message()
    }));
    data.failure = status::failure(stands, error).map(Box::new);
    data.campaign = report.campaign();
    data.price = report.price.money();
    data.callback_data = report.callback_data.take();
    let untold = if sent { EventType::MessageSent } else { EventType::Unrecognized };
    let kind = status::delivery(stands, error).unwrap_or(untold);
    put(out, &identity, kind, subject("message", &report.message_id), at, data);
}
