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

use crate::lenient::{Any, Text};
use crate::{Answer, Output, RejectReason, Request, Row, Source, Unreadable, Url, Volatile};

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

    fn urls(&self) -> &'static [Url] {
        route::URLS
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let route = Route::read(request.segments);
        out.unknown_segments(route.unknown);
        if text.starts_with('[') {
            let elements: Vec<&RawValue> = serde_json::from_str(text)?;
            read_list(&elements, &Text::default(), &route, out);
            return Ok(());
        }
        if !text.starts_with('{') {
            return Err(no_object(text, out));
        }
        // The usual body in one pass; what else may stand where the list should be costs a second one.
        if memchr::memmem::find(text.as_bytes(), b"\"results\":[").is_some()
            && let Ok(list) = serde_json::from_str::<Listed<'_>>(text)
        {
            out.account::<Batch<'_>>(text);
            read_list(&list.results, &list.bulk_id, &route, out);
            return Ok(());
        }
        let batch: Batch<'_> = serde_json::from_str(text)?;
        if let Some(elements) = batch.results.elements() {
            out.account::<Batch<'_>>(text);
            read_list(&elements, &batch.bulk_id, &route, out);
            return Ok(());
        }
        if let Some(element) = batch.results.raw().filter(|_| batch.results.is_object()) {
            out.account::<Batch<'_>>(text);
            read_list(&[element], &batch.bulk_id, &route, out);
            return Ok(());
        }
        if batch.events.elements().is_some_and(|events| events.is_empty()) {
            return Ok(());
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

/// Many events, in the list where they belong.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    #[serde(borrow, default, rename = "bulkId")]
    bulk_id: Text<'a>,
}

/// Many events, at times of several kinds and channels. One alone may stand where the list should be.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Batch<'a> {
    results: Any<'a>,
    /// Number lookup has it here.
    #[serde(rename = "bulkId")]
    bulk_id: Text<'a>,
    /// Not the vendor's: an empty list of what others call so is a list with nothing in it.
    events: Any<'a>,
}

/// Says why a body is none that the vendor sends.
fn no_object(text: &str, out: &Output<'_>) -> Unreadable {
    if text.starts_with('<') {
        let why = "XML: set the content type of the notification profile, or `notifyContentType`, to application/json";
        return Unreadable::new(RejectReason::NotJson, why);
    }
    // Says whether it is JSON at all.
    match out.parse::<serde::de::IgnoredAny>(text) {
        Ok(_) => Unreadable::new(RejectReason::WrongShape, "the body is no object"),
        Err(error) => error.into(),
    }
}

fn read_list<'a>(elements: &[&'a RawValue], bulk_id: &Text<'a>, route: &Route, out: &mut Output<'_>) {
    out.within(elements);
    for element in elements {
        if out.is_full() {
            break;
        }
        read_element(element.get(), bulk_id, route, out);
    }
}

/// One event without a list around it.
fn read_bare(text: &str, route: &Route, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let body: Bare<'_> = serde_json::from_str(text)?;
    match recognize::bare(&body, route) {
        Some(family) => read_family(family, text, route, out),
        None => read_element(text, &Text::default(), route, out),
    }
    Ok(())
}

/// A body of a family that comes without a list as a rule.
fn read_family(family: Family, text: &str, route: &Route, out: &mut Output<'_>) {
    if !matches!(family, Family::Tracking | Family::RcsTemplate | Family::OneApi) && !recognize::names_something(text) {
        return unrecognized(text, &Text::default(), route, out);
    }
    match family {
        Family::Tracking => email::read_tracking(text, route, out),
        Family::MessengerClick => messaging::messenger_click(text, out),
        Family::EmailSending => email::read_sending(text, route, out),
        Family::WhatsappTemplate => messaging::read_template(text, out),
        Family::WhatsappIdentity => messaging::read_identity(text, out),
        Family::WhatsappPayment => messaging::read_payment(text, out),
        Family::WhatsappMarketing => messaging::read_marketing(text, route, out),
        Family::Coexistence => messaging::read_coexistence(text, route, out),
        Family::RcsTemplate => messaging::read_rcs_template(text, route, out),
        Family::RcsCapability => messaging::read_capability(text, out),
        Family::MobileIdentity => platform::read_identity(text, route, out),
        Family::OpenChannel => platform::read_open_channel(text, out),
        Family::Answers => platform::read_answers(text, out),
        Family::Metrics => platform::read_metrics(text, out),
        Family::Biometrics => platform::read_biometrics(text, out),
        Family::OneApi => out.reject(
            RejectReason::WrongShape,
            "`deliveryInfoNotification`: the format before REST, set the URL to JSON reports of today",
            text.as_bytes(),
        ),
    }
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
        Element::Unknown if read_alone(json, route, out) => {}
        Element::Unknown => match serde_json::from_str::<Bare<'_>>(json) {
            Ok(bare) => match recognize::bare(&bare, route) {
                Some(family) => read_family(family, json, route, out),
                None => read_by_route(json, &item, route, out),
            },
            Err(error) => out.broken(&error, json),
        },
    }
}

/// Events of calls, conversations and persons stand alone as a rule; in a list they are the same. `false` if it is none.
fn read_alone(json: &str, route: &Route, out: &mut Output<'_>) -> bool {
    let read = voice::read(json, route, out).unwrap_or(false);
    read || engagement::read(json, route, out).unwrap_or(false)
}

/// A part whose fields tell nothing: the route may, for events of which the vendor publishes no body. It does only where
/// the part names somebody or something: a ping does not.
fn read_by_route<'a>(json: &'a str, item: &Item<'a>, route: &Route, out: &mut Output<'_>) {
    if !recognize::names_something(json) {
        return unrecognized(json, &Text::default(), route, out);
    }
    let mut as_told = |kind, event| messaging::read_account(json, kind, event, route, out);
    match route.event.as_deref().unwrap_or_default() {
        "account_registration" => as_told(EventType::AccountRegistered, "ACCOUNT_REGISTRATION"),
        "account_update_notification" => as_told(EventType::AccountUpdated, "ACCOUNT_UPDATE_NOTIFICATION"),
        "billing" => as_told(EventType::BillingReported, "BILLING"),
        "template_update" => as_told(EventType::TemplateUpdated, "TEMPLATE_UPDATE"),
        "click" => email::read_tracking(json, route, out),
        "sent" => messaging::read_delivery(item, json, route, out),
        _ if route.channel_is("Billing") => as_told(EventType::BillingReported, "BILLING"),
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
    // The name that the route gives it tells nothing apart.
    let identity = out.identity(None, name.get().unwrap_or_default()).element(json);
    let data = part.data();
    draft::put(out, &identity, EventType::Unrecognized, None, None, data);
}
