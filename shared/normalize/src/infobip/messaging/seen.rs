//! Seen reports.

use tributary_events::EventType;
use tributary_events::data::Message;

use crate::Output;

use super::super::draft::{company_end, person_end, put, subject};
use super::super::payload::{moment, time};
use super::super::route::Route;
use super::item::Item;

/// One report. Of the per-channel dialects its direction is reversed, for it comes from the person; not so in the
/// Messages API, which names the person `destination`, and of `TikTok`, where `to` is the person.
pub(in crate::infobip) fn read<'a>(report: &Item<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    let part = report.part(json, "SEEN", route);
    let reversed = report.destination.is_none() && part.way.vendor.as_deref() != Some("TikTok");
    let (company, person) = if reversed {
        (report.to.clone(), report.from.or(&report.sender))
    } else {
        (report.sender.or(&report.from), report.destination.or(&report.to))
    };
    let me = part.naming(out);
    let when = moment(time(&report.seen_at));
    let identity = me.fields(&[&report.message_id, &when], &[]).unwrap_or_else(|| me.element(json));

    let mut data = part.data();
    data.address = part.address(&report.end(&person));
    data.contact = report.person(&person, &part.way);
    data.message = Some(Box::new(Message {
        direction: Some("outbound".into()),
        from: company_end(&company, part.way.ours),
        to: person_end(&person, part.way.ours),
        ..report.message()
    }));
    data.campaign = report.campaign();
    data.callback_data = report.callback_data.take();
    put(out, &identity, EventType::MessageRead, subject("message", &report.message_id), time(&report.seen_at), data);
}
