//! `notificationType`: what happened to a tracked link or mail.

use serde::Deserialize;
use tributary_events::data::{Campaign, Click, Client, Consent, Device, Geo, Message};
use tributary_events::{Channel, Data, EventType, Failure, FailureClass, FailureReason};

use crate::Output;
use crate::address::is_email;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, company_end, person, person_end, put, subject};
use super::super::messaging;
use super::super::payload::{GeoLocation, RecipientInfo};
use super::super::route::Route;

/// The body of email and, without `eventId`, `domain` and `sender`, of the other channels' clicks.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(in crate::infobip) struct Tracking<'a> {
    pub(in crate::infobip) notification_type: Text<'a>,
    /// Since 2024; the vendor says it identifies the event.
    event_id: Text<'a>,
    pub(in crate::infobip) message_id: Text<'a>,
    bulk_id: Text<'a>,
    domain: Text<'a>,
    sender: Text<'a>,
    pub(in crate::infobip) recipient: Text<'a>,
    pub(in crate::infobip) url: Text<'a>,
    /// Milliseconds. The time of sending in email, of the click in SMS and MMS.
    pub(in crate::infobip) send_date_time: Text<'a>,
    callback_data: Any<'a>,
    campaign_reference_id: Text<'a>,
    recipient_info: Obj<RecipientInfo<'a>>,
    /// Email.
    geo_location: Obj<GeoLocation<'a>>,
    /// SMS and MMS.
    geo_location_info: Obj<GeoLocation<'a>>,
    pub(in crate::infobip) application_id: Text<'a>,
}

/// A body with `notificationType`, or one whose route says it is a click.
pub(in crate::infobip) fn read(json: &str, route: &Route, out: &mut Output<'_>) {
    let tracking: Tracking<'_> = match out.parse(json) {
        Ok(tracking) => tracking,
        Err(error) => return out.broken(&error, json),
    };
    if tracking.message_id.is_none() && tracking.recipient.is_none() && tracking.event_id.is_none() {
        return super::super::unrecognized(json, &tracking.notification_type, route, out);
    }
    let (event, kind) = match tracking.notification_type.get().unwrap_or("CLICKED") {
        "OPENED" | "OPEN" => ("OPEN", EventType::MessageOpened),
        "CLICKED" | "CLICK" => {
            if !tracking.is_email(route) {
                return messaging::click(&tracking, json, route, out);
            }
            ("CLICK", EventType::MessageClicked)
        }
        "COMPLAINED" | "COMPLAINT" => ("COMPLAINT", EventType::MessageComplained),
        "LATE_BOUNCE" => ("LATE_BOUNCE", EventType::MessageBounced),
        "UNSUBSCRIBED" | "UNSUBSCRIBE" => ("UNSUBSCRIBE", EventType::ConsentRevoked),
        "MARKETING_CLICK" => return messaging::messenger_click(json, out),
        _ => return super::super::unrecognized(json, &tracking.notification_type, route, out),
    };
    tracking.email(json, event, kind, out);
}

impl<'a> Tracking<'a> {
    /// Whether it is of an email: by its own fields, else by the route.
    fn is_email(&self, route: &Route) -> bool {
        let recipient = self.recipient.get();
        if !self.domain.is_none() || recipient.is_some_and(is_email) {
            return true;
        }
        match route.our_channel() {
            Some(channel) => channel == Channel::Email && recipient.is_none(),
            None => self.geo_location.get().is_some(),
        }
    }

    fn email(&self, json: &'a str, event: &'static str, kind: EventType, out: &mut Output<'_>) {
        let part =
            Part { json, event: event.into(), way: Way::of(Channel::Email), account: self.application_id.clone() };
        let me = part.naming(out);
        let identity = me.occurrence(&self.event_id).unwrap_or_else(|| me.element(json));
        let mut data = part.data();
        data.address = part.address(&self.recipient);
        self.fill(&mut data, Some(Channel::Email));
        if let Some(message) = &mut data.message {
            message.sent_at = self.send_date_time.millis();
        }
        let mut about = subject("message", &self.message_id);
        match kind {
            EventType::ConsentRevoked => {
                data.consent = Some(Box::new(Consent {
                    state: Some("revoked".into()),
                    means: Some("link".into()),
                    ..Consent::default()
                }));
                about = subject("contact", &self.recipient).or(about);
            }
            // After a report of delivery, and without a code: whether the address is gone for good is not told.
            EventType::MessageBounced => {
                data.failure = Some(Box::new(Failure::new(FailureClass::Unknown, FailureReason::Other)));
            }
            _ => {}
        }
        // `sendDateTime` is when the mail was sent: when it was opened or clicked is not told.
        put(out, &identity, kind, about, None, data);
    }

    /// What all channels have.
    pub(in crate::infobip) fn fill(&self, data: &mut Data<'a>, channel: Option<Channel>) {
        data.message = Some(Box::new(Message {
            id: self.message_id.take(),
            bulk_id: self.bulk_id.take(),
            direction: Some("outbound".into()),
            from: company_end(&self.sender, channel),
            to: person_end(&self.recipient, channel),
            ..Message::default()
        }));
        data.contact = (!self.recipient.is_none()).then(|| Box::new(person(&self.recipient, channel)));
        data.click = self.url.take().map(|url| Box::new(Click { url: Some(url), ..Click::default() }));
        data.campaign = self
            .campaign_reference_id
            .take()
            .map(|reference| Box::new(Campaign { reference: Some(reference), ..Campaign::default() }));
        data.callback_data = self.callback_data.take();
        data.client = self.client();
    }

    fn client(&self) -> Option<Box<Client<'a>>> {
        let place = self.geo_location.get().or(self.geo_location_info.get());
        let geo = place.map(|place| Geo {
            country: place.country_name.or(&place.country_name_old).take(),
            city: place.city.take(),
            latitude: place.latitude.take(),
            longitude: place.longitude.take(),
            ..Geo::default()
        });
        let info = self.recipient_info.get();
        let device = info.map(|info| Device {
            kind: info.device_type.take(),
            name: info.device_name.take(),
            ..Device::default()
        });
        let os = info.and_then(|info| info.os.take());
        (geo.is_some() || device.is_some()).then(|| Box::new(Client { geo, device, os, ..Client::default() }))
    }
}
