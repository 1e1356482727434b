//! Customer engagement: Conversations, People, the web SDK and the mobile SDK.
//!
//! One envelope for all: `type`, `timestamp`, `payload`.

#[cfg(test)]
mod bodies;
mod conversations;
mod payload;
mod people;
mod types;

use serde::Deserialize;
use tributary_events::data;

use super::route::Route;
use crate::lenient::{Any, Obj, Text};
use crate::{Output, Unreadable};

/// The group of Infobip's event list. The bodies do not name it.
const VENDOR_CHANNEL: &str = "Customer engagement";

/// The fields by which a body is told apart.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Probe<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    payload: Any<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct PayloadProbe<'a> {
    person: Any<'a>,
}

/// Reads a whole body that is one object. `false` if it is none of customer engagement.
///
/// # Errors
/// [`Unreadable`] if the body is not JSON.
pub(super) fn read(body: &str, route: &Route, out: &mut Output<'_>) -> Result<bool, Unreadable> {
    if !body.starts_with('{') {
        return Ok(false);
    }
    // Not through `out`: what this leaves unread is read below.
    let probe: Probe<'_> = serde_json::from_str(body)?;
    let routed = route.vendor_event();
    let name = match probe.kind.get() {
        Some(name) => Some(name.to_owned()),
        // The URL names the event, and nothing but these two families has a payload.
        None => routed
            .filter(|name| types::conversation(name).is_some() || types::person(name).is_some())
            .filter(|_| probe.payload.is_object()),
    };
    let Some(name) = name else { return Ok(false) };
    let upper = name.to_ascii_uppercase();
    let is_conversation = types::conversation(&upper).is_some();
    let is_person = types::person(&upper).is_some();
    let name = if is_conversation || is_person { upper } else { name };
    // Messages of any channel may call themselves INBOUND_MESSAGE: these have a payload.
    if !(probe.payload.is_object() || is_person || (is_conversation && name.starts_with("CONVERSATION_"))) {
        return Ok(false);
    }
    // A type that no version of the schema lists: the payload tells the family.
    let about_a_person = is_person
        || !is_conversation
            && probe
                .payload
                .get()
                .and_then(|payload| serde_json::from_str::<PayloadProbe<'_>>(payload).ok())
                .is_some_and(|payload| payload.person.is_object());
    if about_a_person {
        people::put(body, &name, &out.parse(body)?, out);
    } else {
        conversations::put(body, &name, &out.parse(body)?, out);
    }
    Ok(true)
}

fn invoker<'a>(invoker: &Obj<payload::Invoker<'a>>) -> Option<Box<data::Invoker<'a>>> {
    invoker.get().map(|invoker| {
        Box::new(data::Invoker {
            kind: invoker.kind.lower(),
            id: invoker.id.take(),
            name: invoker.name.take(),
            ..data::Invoker::default()
        })
    })
}
