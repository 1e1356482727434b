//! KARTE (PLAID).
#![doc = include_str!("README.md")]

mod catalog;
mod event;
mod failure;
mod hook;
mod moment;
mod occurrence;
mod payload;
mod person;
mod place;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use tributary_events::{Data, Draft, EventType, Str, Timestamp};

use self::moment::moment;
use self::occurrence::Beacon;
use self::payload::Body;
use self::place::Place;
use crate::lenient::Text;
use crate::output::original;
use crate::{Output, RejectReason, Request, Row, Settings, Source, Unreadable, Volatile};

/// Most envelopes around an event. KARTE's are two deep: `jsonPayload` and `data`, `detail` and `content`. Each is read once
/// more, so there must be an end.
const MAX_ENVELOPES: usize = 4;

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
            let error = serde_json::from_str::<IgnoredAny>(text).err();
            let no_object = || Unreadable::new(RejectReason::WrongShape, "the body is no object");
            return Err(error.map_or_else(no_object, Unreadable::from));
        }
        let unknown = request.segments.iter().filter(|segment| Place::from_word(segment).is_none());
        out.unknown_segments(unknown.count());
        let frame = Frame {
            original: text,
            envelopes: 0,
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

/// What the levels around a hook or an event say of it.
#[derive(Clone)]
struct Frame<'a, 's> {
    /// What becomes `data.original`.
    original: &'a str,
    /// How many envelopes stand around it.
    envelopes: usize,
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
    let here = Frame { name: body.name.or(&frame.name), api_key: body.api_key.or(&frame.api_key), ..frame.clone() };
    let named = Frame { id: frame.id.or(&body.id), ..here.clone() };
    for (payload, word, known, time) in [
        (&body.json_payload, &body.kind, ["karte/apiv2-hook", "karte/action"], &body.timestamp),
        (&body.detail, &body.detail_type, ["KARTE ApiV2Hook", "KARTE Action"], &body.time),
    ] {
        let Some(inner) = payload.object() else { continue };
        let inside = named.inside(moment(time));
        if word.get().is_some_and(|word| !known.contains(&word)) || inside.envelopes > MAX_ENVELOPES {
            return unrecognized(word, &inside, out);
        }
        return dispatch(&out.parse(&inner)?, &inside, out);
    }
    if !body.event_type.is_none() {
        return hook::read(body, &here, out);
    }
    if !body.event_name.is_none() {
        return event::read(body, &named, None, out);
    }
    if body.keys.get().is_some() {
        if let Some(events) = body.events.elements() {
            beacon(body, &events, &here, out);
            return Ok(());
        }
        if let Some(json) = body.event.get().filter(|_| body.event.is_object()) {
            let event: Body<'a> = out.parse(json)?;
            return event::read(&event.tracked_in(body), &named, None, out);
        }
    }
    // `data` of Craft's payload, `content` of EventBridge's detail.
    for payload in [&body.data, &body.content] {
        let Some(inner) = payload.object() else { continue };
        let inside = here.inside(None);
        if inside.envelopes > MAX_ENVELOPES {
            return unrecognized(&here.name, &inside, out);
        }
        let mut inner_body: Body<'_> = out.parse(&inner)?;
        if inner_body.names_itself() {
            return dispatch(&inner_body, &inside, out);
        }
        // The customer wrote a body of their own: all of it are the values, and the action names the event.
        if !body.name.is_none() && (frame.envelopes > 0 || &*inner != "{}") {
            if inner_body.values.object().is_none() {
                inner_body.values = *payload;
            }
            return event::read(&inner_body, &inside, None, out);
        }
    }
    if !frame.id.is_none() && !body.name.is_none() {
        return event::read(body, &here, None, out);
    }
    // An envelope without anything in it still has its id.
    let envelope = body.kind.or(&body.detail_type);
    let is_envelope = !envelope.is_none();
    unrecognized(&body.name.or(&envelope), if is_envelope { &named } else { &here }, out)
}

/// What the SDKs send: several events of one person, without ids. A broken one does not cost its neighbours.
fn beacon<'a>(body: &Body<'a>, events: &[&'a RawValue], frame: &Frame<'a, '_>, out: &mut Output<'_>) {
    let mut beacon = Beacon::new(&body.keys);
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
        let frame = Frame { original: element, id: Text::default(), ..frame.clone() };
        if let Err(why) = event::read(&event.tracked_in(body), &frame, Some(&mut beacon), out) {
            out.reject(why.reason, why.detail, element.as_bytes());
        }
    }
}

/// Authentic, but nothing we know: flows as it is.
fn unrecognized<'a>(name: &Text<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let me = out.identity(frame.api_key.get(), name.get().unwrap_or("unrecognized"));
    let identity = me.element(frame.original);
    let data = frame.data(name.take().unwrap_or_default());
    out.event(&identity, Draft { kind: EventType::Unrecognized, subject: None, time: None, data });
    Ok(())
}

impl<'a> Frame<'a, '_> {
    /// The frame of what lies within an envelope.
    fn inside(&self, time: Option<Timestamp>) -> Self {
        Self { envelopes: self.envelopes + 1, time: self.time.or(time), ..self.clone() }
    }

    fn data(&self, vendor_event: Str<'a>) -> Data<'a> {
        let mut data = Data::new(vendor_event, original(self.original));
        data.vendor.account = self.api_key.take();
        data
    }
}
