//! Clicks on tracked links of SMS, MMS and the chat channels, and on Messenger's marketing messages.

use serde::Deserialize;
use tributary_events::data::{Campaign, Click, Message};
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::Text;

use super::super::draft::{Part, Way, person, put, subject};
use super::super::email::Tracking;
use super::super::payload::time;
use super::super::route::Route;

/// A click on a tracked link. SMS and MMS have the same body: only the route tells them apart.
pub(in crate::infobip) fn read<'a>(click: &Tracking<'a>, json: &'a str, route: &Route, out: &mut Output<'_>) {
    // A telephone number is no mail address: then a route to email is wrong, and the channel unknown.
    let way = Way::of_route(route).filter(|way| way.ours != Some(Channel::Email)).unwrap_or_default();
    let part = Part { json, event: "CLICK".into(), way, account: click.application_id.clone() };
    // `sendDateTime` is the time of the click here, of the sending in email. Of the other channels nobody knows.
    let clicked_at = match part.way.ours {
        Some(Channel::Sms | Channel::Mms) | None => click.send_date_time.millis(),
        _ => None,
    };
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&click.recipient);
    click.fill(&mut data, part.way.ours);
    put(out, &identity, EventType::MessageClicked, subject("message", &click.message_id), clicked_at, data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct MarketingClick<'a> {
    from: Text<'a>,
    to: Text<'a>,
    message_id: Text<'a>,
    campaign_id: Text<'a>,
    clicked_at: Text<'a>,
    application_id: Text<'a>,
}

/// A click on a Messenger marketing message. `from` is the person, as in everything a person does.
pub(in crate::infobip) fn messenger(json: &str, out: &mut Output<'_>) {
    let click: MarketingClick<'_> = match out.parse(json) {
        Ok(click) => click,
        Err(error) => return out.broken(&error, json),
    };
    let way = Way::of(Channel::Messenger);
    let part = Part { json, event: "CLICK".into(), way, account: click.application_id.clone() };
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&click.from);
    data.message = Some(Box::new(Message {
        id: click.message_id.take(),
        direction: Some("outbound".into()),
        from: click.to.take(),
        to: click.from.take(),
        ..Message::default()
    }));
    data.contact = (!click.from.is_none()).then(|| Box::new(person(&click.from, Some(Channel::Messenger))));
    data.click = Some(Box::new(Click::default()));
    data.campaign = click.campaign_id.take().map(|id| Box::new(Campaign { id: Some(id), ..Campaign::default() }));
    put(
        out,
        &identity,
        EventType::MessageClicked,
        subject("message", &click.message_id),
        time(&click.clicked_at),
        data,
    );
}
