//! Seen reports.

use tributary_events::EventType;
use tributary_events::data::Message;

use crate::{Output, canonical};

use super::super::draft::{put, subject};
use super::super::payload::time;
use super::super::route::Route;
use super::item::Item;

/// One report. Of the per-channel dialects its direction is reversed, for it comes from the person; not so in the
/// Messages API, which names the person `destination`.
pub(in crate::infobip) fn read<'a>(report: &Item<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    let part = report.part(json, "SEEN", route);
    let (company, person) = if report.destination.is_none() {
        (&report.to, report.from.or(&report.sender))
    } else {
        (&report.sender, report.destination.clone())
    };
    let whole = report.message_id.is_none().then(|| canonical::whole(json));
    let id =
        part.key(out, "seen").part(part.channel_word()).part(report.message_id.get().or(whole.as_deref())).finish();

    let mut data = part.data();
    data.contact = report.person(&person, &part.way);
    data.message = Some(Box::new(Message {
        direction: Some("outbound".into()),
        from: company.take(),
        to: person.take(),
        ..report.message()
    }));
    data.campaign = report.campaign();
    data.callback_data = report.callback_data.take();
    put(out, id, EventType::MessageRead, subject("message", &report.message_id), time(&report.seen_at), data);
}
