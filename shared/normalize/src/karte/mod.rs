//! KARTE (PLAID).
#![doc = include_str!("README.md")]

mod catalog;
mod event;
mod failure;
mod hook;
mod payload;
mod person;
mod place;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::value::RawValue;
use tributary_events::{Data, Draft, EventId, EventType, Key, Str, Timestamp};

use self::payload::Body;
use self::place::Place;
use crate::lenient::Text;
use crate::output::original;
use crate::{Output, RejectReason, Request, Row, Settings, Source, Unreadable, Volatile, canonical};

/// KARTE, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Karte;

impl Source for Karte {
    fn name(&self) -> &'static str {
        "karte"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(|| Volatile::read(include_str!("volatile.txt")));
        &VOLATILE
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        // Every way out is an object; a struct would read from an array, too.
        if !text.starts_with('{') {
            let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err();
            return Err(error.map_or_else(|| not_an_object("the body"), Unreadable::from));
        }
        let frame = Frame {
            original: text,
            id: Text::default(),
            time: None,
            name: Text::default(),
            api_key: Text::default(),
            route: Place::from_route(request),
            settings: request.settings,
        };
        dispatch(&out.parse(text)?, &frame, out)
    }
}

fn not_an_object(what: &str) -> Unreadable {
    Unreadable::new(RejectReason::WrongShape, format!("{what} is no object"))
}

/// What the levels around a hook or an event say of it.
#[derive(Clone)]
struct Frame<'a, 's> {
    /// What becomes `data.original`.
    original: &'a str,
    /// The id of the hook's or action's run, from the envelope.
    id: Text<'a>,
    /// When that was.
    time: Option<Timestamp>,
    /// The action's own name.
    name: Text<'a>,
    /// The project.
    api_key: Text<'a>,
    /// Where the route says it happened.
    route: Option<Place>,
    settings: &'s Settings,
}

/// Tells the ways out apart by the fields that only one of them has, from the outermost envelope inwards.
fn dispatch<'a>(body: &Body<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let within = |id: &Text<'a>, time| Frame {
        id: frame.id.or(id),
        time: frame.time.or(time),
        name: body.name.or(&frame.name),
        api_key: body.api_key.or(&frame.api_key),
        ..frame.clone()
    };
    if body.json_payload.is_object() {
        return match body.kind.get() {
            Some("karte/apiv2-hook" | "karte/action") | None => {
                let payload = out.parse(body.json_payload.get().unwrap_or_default())?;
                dispatch(&payload, &within(&body.id, body.timestamp.time()), out)
            }
            Some(_) => unrecognized(&body.kind, &within(&body.id, body.timestamp.time()), out),
        };
    }
    if body.detail.is_object() {
        return match body.detail_type.get() {
            Some("KARTE ApiV2Hook" | "KARTE Action") | None => {
                let detail = out.parse(body.detail.get().unwrap_or_default())?;
                dispatch(&detail, &within(&body.id, body.time.time()), out)
            }
            Some(_) => unrecognized(&body.detail_type, &within(&body.id, body.time.time()), out),
        };
    }
    if !body.event_type.is_none() {
        return hook::read(body, &within(&Text::default(), None), out);
    }
    if !body.event_name.is_none() {
        return event::read(body, &within(&body.id, None), out, Key::finish);
    }
    if body.keys.get().is_some() {
        if let Some(events) = body.events.elements() {
            beacon(body, &events, &within(&Text::default(), None), out);
            return Ok(());
        }
        if body.event.is_object() {
            let event: Body<'a> = out.parse(body.event.get().unwrap_or_default())?;
            return event::read(&event.tracked_in(body), &within(&body.id, None), out, Key::finish);
        }
    }
    // `data` of Craft's payload, `content` of EventBridge's detail.
    for inner in [&body.data, &body.content] {
        if inner.is_object() {
            let mut inner_body: Body<'a> = out.parse(inner.get().unwrap_or_default())?;
            if inner_body.names_itself() {
                return dispatch(&inner_body, &within(&Text::default(), None), out);
            }
            if !body.name.is_none() {
                // The customer wrote a body of their own: all of it are the values, and the action names the event.
                if !inner_body.values.is_object() {
                    inner_body.values = *inner;
                }
                return event::read(&inner_body, &within(&Text::default(), None), out, Key::finish);
            }
        }
    }
    if !frame.id.is_none() && !body.name.is_none() {
        return event::read(body, &within(&Text::default(), None), out, Key::finish);
    }
    // An envelope without anything in it still has its id.
    let envelope = body.kind.or(&body.detail_type);
    let id = if envelope.is_none() { Text::default() } else { body.id.clone() };
    unrecognized(&body.name.or(&envelope), &within(&id, None), out)
}

/// What the SDKs send: several events of one person, without ids. A broken one does not cost its neighbours.
fn beacon<'a>(body: &Body<'a>, events: &[&'a RawValue], frame: &Frame<'a, '_>, out: &mut Output<'_>) {
    let mut seen: HashMap<EventId, u32> = HashMap::new();
    out.within(events);
    for element in events.iter().map(|element| element.get()) {
        if out.is_full() {
            break;
        }
        if !element.starts_with('{') {
            out.reject(RejectReason::WrongShape, "an element of `events` is no object", element.as_bytes());
            continue;
        }
        let event: Body<'a> = match out.parse(element) {
            Ok(event) => event,
            Err(error) => {
                out.broken(&error, element);
                continue;
            }
        };
        let numbered = |key: Key| {
            let key = key.part(body.keys.pv_id.get());
            // Two equal events in one beacon are two events: nothing but their number tells them apart.
            let count = seen.entry(key.clone().finish()).and_modify(|count| *count += 1).or_default();
            if *count == 0 { key.finish() } else { key.part(Some(&count.to_string())).finish() }
        };
        let frame = Frame { original: element, id: Text::default(), ..frame.clone() };
        if let Err(why) = event::read(&event.tracked_in(body), &frame, out, numbered) {
            out.reject(why.reason, why.detail, element.as_bytes());
        }
    }
}

/// Authentic, but nothing we know: flows as it is.
fn unrecognized<'a>(name: &Text<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let key = Key::new(out.source(), frame.api_key.get()).part(Some("unrecognized")).part(name.get());
    let id = match frame.id.get() {
        Some(run) => key.part(Some(run)).finish(),
        None => key.part(Some(&canonical::whole(frame.original))).finish(),
    };
    let data = frame.data(name.take().unwrap_or_default());
    out.event(&crate::Identity::of_key(id), Draft { kind: EventType::Unrecognized, subject: None, time: None, data });
    Ok(())
}

impl<'a> Frame<'a, '_> {
    fn data(&self, vendor_event: Str<'a>) -> Data<'a> {
        let mut data = Data::new(vendor_event, original(self.original));
        data.vendor.account = self.api_key.take();
        data
    }
}

#[cfg(test)]
mod tests {
    use tributary_events::{Context, Event};

    use super::*;
    use crate::{Normalized, normalize};

    macro_rules! fixture {
        ($name:literal) => {
            include_str!(concat!("fixtures/", $name, ".json"))
        };
    }

    fn read(route: &str, body: &str, settings: &Settings) -> Normalized {
        let segments: Vec<_> = route.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let received = Timestamp::parse("2026-11-21T09:30:00Z").unwrap();
        let request = Request {
            segments: &segments,
            content_type: "application/json",
            body: body.as_bytes(),
            context: Context { received, traceparent: None },
            settings,
        };
        normalize(&Karte, &request, false).unwrap()
    }

    fn ids(body: &str) -> Vec<EventId> {
        read("", body, &Settings::default()).events.iter().map(|event| event.id).collect()
    }

    #[test]
    fn a_hook_is_one_event_on_every_way_out() {
        let hook = ids(fixture!("hook-message-from-user"));
        assert_eq!(hook, ids(fixture!("eventbridge-hook-same-message")));
        assert_eq!(hook, ids(fixture!("craft-hook-same-message")));
        assert_ne!(hook, ids(fixture!("hook-message-from-operator")));
    }

    #[test]
    fn a_tag_that_fires_again_is_the_same_order() {
        assert_eq!(ids(fixture!("web.buy")), ids(fixture!("web.buy-tag-again")));
    }

    #[test]
    fn a_resent_beacon_event_is_the_same_and_equal_ones_stay_two() {
        assert_eq!(ids(fixture!("beacon"))[1..2], ids(fixture!("beacon-resent")));
        let equal = ids(fixture!("beacon-equal-events"));
        assert_ne!(equal[0], equal[1]);
        assert_eq!(equal, ids(fixture!("beacon-equal-events")));
    }

    #[test]
    fn events_of_one_delivery_have_keys_of_their_own() {
        let all = [fixture!("web.message-open"), fixture!("web.message-click"), fixture!("web.message-close")];
        let distinct: std::collections::HashSet<_> = all.iter().flat_map(|body| ids(body)).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn bodies_as_documented_are_read() {
        let blocks =
            |text: &'static str| text.split("```json\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
        // The block of rules is the gateway's.
        for body in blocks(include_str!("README.md")).filter(|block| !block.contains("\"rules\"")) {
            let out = read("", body, &Settings::default());
            assert_eq!(out.events[0].kind, EventType::MessageQueued, "{body}");
        }
        let template = blocks(include_str!("../../../../docs/karte/README.md")).next().unwrap();
        let run =
            format!(r#"{{"id":"r-1","kind":"karte/action","jsonPayload":{{"name":"forward","data":{template}}}}}"#);
        let out = read("", &run, &Settings::default());
        let event = Event::parse(&out.events[0].json).unwrap();
        assert_eq!(out.events[0].kind, EventType::MessageQueued);
        assert_eq!(event.data.vendor.account.as_deref(), Some("<your project's API key>"));
        assert_eq!(event.data.message.unwrap().delivery_id.as_deref(), Some("<variable: response id>"));
    }

    #[test]
    fn what_the_body_tells_goes_before_setting_and_route() {
        let channel = |route: &str, body: &str, settings: &Settings| {
            let out = read(route, body, settings);
            let event = Event::parse(&out.events[0].json).unwrap();
            (out.events[0].kind, event.data.channel)
        };
        use tributary_events::Channel::{Email, Line, Push};
        let none = Settings::default();
        let line: Settings =
            [("campaign_aaaabbbbccccddddeeee0001".to_owned(), "line".to_owned())].into_iter().collect();
        let untold = fixture!("action-channel-not-told");
        assert_eq!(channel("", untold, &none), (EventType::MessageViewed, None));
        assert_eq!(channel("talk", untold, &none), (EventType::MessageQueued, None));
        assert_eq!(channel("talk/push", untold, &none), (EventType::MessageQueued, Some(Push)));
        assert_eq!(channel("talk/push", untold, &line), (EventType::MessageQueued, Some(Line)));
        let template = fixture!("action-channel-from-template");
        assert_eq!(channel("web", template, &line), (EventType::MessageQueued, Some(Email)));
    }
}
