//! Open Channel: the vendor hands over a message that the customer's own server is to deliver. No id, no time.

use serde::Deserialize;
use tributary_events::data::Message;
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, person, put};
use super::super::payload::{Platform, application};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Handover<'a> {
    sender: Text<'a>,
    destination: Text<'a>,
    /// So the example has it.
    content: Obj<Holder<'a>>,
    /// So the schema has it.
    message: Obj<Holder<'a>>,
    callback_data: Any<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Holder<'a> {
    body: Obj<Body<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    text: Text<'a>,
}

/// Not a report, although the event is named DELIVERY.
pub(in crate::infobip) fn read(json: &str, out: &mut Output<'_>) {
    let handover: Handover<'_> = match out.parse(json) {
        Ok(handover) => handover,
        Err(error) => return out.broken(&error, json),
    };
    let account = application(&handover.platform, &handover.application_id);
    let part = Part { json, event: "DELIVERY".into(), way: Way::of(Channel::OpenChannel), account };
    let identity = part.element(out);
    let (kind, text) = {
        let (new, old) = (&handover.content.body, &handover.message.body);
        (new.kind.or(&old.kind), new.text.or(&old.text))
    };
    let mut data = part.data();
    data.address = part.address(&handover.destination);
    data.contact = (!handover.destination.is_none()).then(|| Box::new(person(&handover.destination, part.way.ours)));
    data.message = Some(Box::new(Message {
        direction: Some("outbound".into()),
        from: handover.sender.take(),
        to: handover.destination.take(),
        kind: kind.lower(),
        text: text.take(),
        ..Message::default()
    }));
    data.callback_data = handover.callback_data.take();
    put(out, &identity, EventType::MessageQueued, None, None, data);
}
