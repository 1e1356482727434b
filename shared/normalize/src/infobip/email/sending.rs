//! What the vendor tells about a sending domain: its bounce rate grows, its sending is blocked.

use serde::Deserialize;
use tributary_events::data::Sender;
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::{Obj, Text};

use super::super::draft::{Part, Way, put, subject};
use super::super::route::Route;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct PlatformEvent<'a> {
    event_id: Text<'a>,
    /// Milliseconds.
    created_at: Text<'a>,
    event_details: Obj<Details<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Details<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    domain: Text<'a>,
    warn_threshold: Text<'a>,
    block_threshold: Text<'a>,
    bounce_rate: Text<'a>,
    scope: Text<'a>,
}

pub(in crate::infobip) fn read(json: &str, route: &Route, out: &mut Output<'_>) {
    let event: PlatformEvent<'_> = match out.parse(json) {
        Ok(event) => event,
        Err(error) => return out.broken(&error, json),
    };
    let details = &*event.event_details;
    let (name, kind) = match details.kind.get().unwrap_or_default() {
        "HIGH_BOUNCE_RATE_WARNING" => ("HIGH_BOUNCE_RATE_WARNING", EventType::SenderBounceRateWarned),
        "HIGH_BOUNCE_RATE_BLOCKED" => ("HIGH_BOUNCE_RATE_BLOCKED", EventType::SenderBlocked),
        _ => return super::super::unrecognized(json, &details.kind, route, out),
    };
    let part = Part { json, event: name.into(), way: Way::of(Channel::Email), account: Text::default() };
    let me = part.naming(out);
    let identity = me.occurrence(&event.event_id).unwrap_or_else(|| me.element(json));
    let mut data = part.data();
    data.sender = Some(Box::new(Sender {
        id: details.domain.take(),
        domain: details.domain.take(),
        bounce_rate: details.bounce_rate.take(),
        threshold: details.block_threshold.or(&details.warn_threshold).take(),
        scope: details.scope.take(),
        ..Sender::default()
    }));
    put(out, &identity, kind, subject("sender", &details.domain), event.created_at.millis(), data);
}
