//! Infobip.
#![doc = include_str!("README.md")]

mod catalog;
mod channel;
mod draft;
mod email;
mod engagement;
mod messaging;
mod payload;
mod platform;
mod recognize;
mod route;
mod status;
#[cfg(test)]
mod tests;
mod voice;

use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::LazyLock;
use tributary_events::EventType;

use crate::lenient::Text;
use crate::{Answer, Output, RejectReason, Request, Row, Source, Unreadable, Volatile};

use draft::{Part, Way};
use messaging::Item;
use recognize::{Bare, Element, Family};
use route::Route;

/// Infobip, as a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Infobip;

impl Source for Infobip {
    fn name(&self) -> &'static str {
        "infobip"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(|| Volatile::read(include_str!("volatile.txt")));
        &VOLATILE
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let route = Route::read(request.segments);
        if let Ok(batch) = serde_json::from_str::<Batch<'_>>(text) {
            out.account::<Batch<'_>>(text);
            return batch.read(&route, out);
        }
        if voice::read(text, &route, out)? || engagement::read(text, &route, out)? {
            return Ok(());
        }
        read_bare(text, &route, out)
    }

    fn answer(&self, request: &Request<'_>) -> Answer {
        voice::answer(request).unwrap_or_default()
    }
}

/// Many events of one kind, and at times of several channels.
#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    /// Number lookup has it here.
    #[serde(borrow, default, rename = "bulkId")]
    bulk_id: Text<'a>,
}

impl Batch<'_> {
    fn read(&self, route: &Route, out: &mut Output<'_>) -> Result<(), Unreadable> {
        if self.results.is_empty() {
            return Err(Unreadable::new(RejectReason::WrongShape, "`results` is empty"));
        }
        out.within(&self.results);
        for element in &self.results {
            if out.is_full() {
                break;
            }
            read_element(element.get(), &self.bulk_id, route, out);
        }
        Ok(())
    }
}

/// One event without a list around it.
fn read_bare(text: &str, route: &Route, out: &mut Output<'_>) -> Result<(), Unreadable> {
    if !text.starts_with('{') {
        // Says whether it is JSON at all.
        let _: serde::de::IgnoredAny = out.parse(text)?;
        return Err(Unreadable::new(RejectReason::WrongShape, "the body is no object"));
    }
    let body: Bare<'_> = serde_json::from_str(text)?;
    match recognize::bare(&body, route) {
        Some(Family::Tracking) => email::read_tracking(text, route, out),
        Some(Family::MessengerClick) => messaging::messenger_click(text, out),
        Some(Family::EmailSending) => email::read_sending(text, route, out),
        Some(Family::WhatsappTemplate) => messaging::read_template(text, out),
        Some(Family::WhatsappIdentity) => messaging::read_identity(text, out),
        Some(Family::WhatsappPayment) => messaging::read_payment(text, out),
        Some(Family::WhatsappMarketing) => messaging::read_marketing(text, route, out),
        Some(Family::RcsTemplate) => messaging::read_rcs_template(text, route, out),
        Some(Family::RcsCapability) => messaging::read_capability(text, out),
        Some(Family::MobileIdentity) => platform::read_identity(text, out),
        Some(Family::OpenChannel) => platform::read_open_channel(text, out),
        Some(Family::OneApi) => {
            return Err(Unreadable::new(
                RejectReason::WrongShape,
                "`deliveryInfoNotification`: the format before REST, set the URL to JSON reports of today",
            ));
        }
        None => read_element(text, &Text::default(), route, out),
    }
    Ok(())
}

/// One element of `results`.
fn read_element(json: &str, bulk_id: &Text<'_>, route: &Route, out: &mut Output<'_>) {
    if !json.starts_with('{') {
        return out.reject(RejectReason::WrongShape, "an element of `results` is no object", json.as_bytes());
    }
    let item: Item<'_> = match serde_json::from_str(json) {
        Ok(item) => item,
        Err(error) => return out.broken(&error, json),
    };
    let element = recognize::element(&item, route);
    if matches!(
        element,
        Element::Delivery | Element::Seen | Element::Inbound | Element::Typing(_) | Element::ConversationStarted
    ) {
        out.account::<Item<'_>>(json);
    }
    match element {
        Element::Delivery => messaging::read_delivery(&item, json, route, out),
        Element::Seen => messaging::read_seen(&item, json, route, out),
        Element::Inbound => messaging::read_inbound(&item, json, route, out),
        Element::Typing(event) => messaging::read_typing(&item, json, event, route, out),
        Element::ConversationStarted => messaging::read_conversation_started(&item, json, route, out),
        Element::NumberLookup => platform::read_lookup(json, bulk_id, out),
        Element::VoiceReport => voice::read_report(json, route, out),
        Element::Blocklist => messaging::read_blocklist(json, out),
        Element::Consent => messaging::read_consent(json, route, out),
        Element::RcsSender => messaging::read_sender(json, route, out),
        Element::Registration => platform::read_registration(json, out),
        Element::Named(name) => unrecognized(json, &Text::from(name.as_str()), route, out),
        Element::Unknown if route.event_is("sent") => messaging::read_delivery(&item, json, route, out),
        Element::Unknown => read_by_route(json, route, out),
    }
}

/// A part whose fields tell nothing: the route may, for events of which the vendor publishes no body.
fn read_by_route(json: &str, route: &Route, out: &mut Output<'_>) {
    let mut as_told = |kind, event| messaging::read_account(json, kind, event, route, out);
    match route.event.as_deref().unwrap_or_default() {
        "account_registration" => as_told(EventType::AccountRegistered, "ACCOUNT_REGISTRATION"),
        "account_update_notification" => as_told(EventType::AccountUpdated, "ACCOUNT_UPDATE_NOTIFICATION"),
        "billing" => as_told(EventType::BillingReported, "BILLING"),
        "template_update" => as_told(EventType::TemplateUpdated, "TEMPLATE_UPDATE"),
        "click" => email::read_tracking(json, route, out),
        _ => unrecognized(json, &Text::default(), route, out),
    }
}

/// What no list holds flows on under the name it brings, else under the route's.
fn unrecognized(json: &str, name: &Text<'_>, route: &Route, out: &mut Output<'_>) {
    let event = match name.get() {
        Some(name) => name.to_owned(),
        None => route.vendor_event().unwrap_or_default(),
    };
    let way = Way {
        vendor: route.vendor_channel().map(Into::into).or_else(|| route.channel.clone().map(Into::into)),
        ours: route.our_channel(),
    };
    let part = Part { json, event: event.into(), way, account: Text::default() };
    let id = part.whole(out, "unrecognized");
    let data = part.data();
    draft::put(out, id, EventType::Unrecognized, None, None, data);
}
