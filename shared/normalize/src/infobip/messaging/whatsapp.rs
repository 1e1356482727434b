//! What WhatsApp tells of templates, identities, payments and the account itself.

use serde::Deserialize;
use tributary_events::data::{Contact, Message, Payment, Template};
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, person, put, subject};
use super::super::payload::{Platform, application, time};
use super::super::route::Route;
use super::content::money;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct TemplateUpdate<'a> {
    message_template_id: Text<'a>,
    message_template_name: Text<'a>,
    message_template_language: Text<'a>,
    timestamp: Text<'a>,
    change: Obj<Change<'a>>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

/// What changed: status, category or quality, each with its own names.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Change<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    new_status: Text<'a>,
    reason: Text<'a>,
    new_category: Text<'a>,
    new_quality_score: Text<'a>,
}

/// A template changed.
pub(in crate::infobip) fn template(json: &str, out: &mut Output<'_>) {
    let update: TemplateUpdate<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let change = &*update.change;
    let account = application(&update.platform, &update.application_id);
    let part = Part { json, event: "TEMPLATE_UPDATE".into(), way: Way::of(Channel::Whatsapp), account };
    let identity = part.element(out);
    let mut data = part.data();
    data.template = Some(Box::new(Template {
        id: update.message_template_id.take(),
        name: update.message_template_name.take(),
        language: update.message_template_language.take(),
        change: change.kind.take(),
        status: change.new_status.take(),
        category: change.new_category.take(),
        quality: change.new_quality_score.take(),
        // "NONE" stands for no reason.
        reason: change.reason.take().filter(|reason| !reason.eq_ignore_ascii_case("none")),
        ..Template::default()
    }));
    let about = subject("template", &update.message_template_id);
    put(out, &identity, EventType::TemplateUpdated, about, time(&update.timestamp), data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct IdentityChange<'a> {
    content: Obj<Identity<'a>>,
    created_at: Text<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Identity<'a> {
    user_number: Text<'a>,
    user_id: Text<'a>,
    hash: Text<'a>,
}

/// The number belongs to another device, or to another person.
pub(in crate::infobip) fn identity(json: &str, out: &mut Output<'_>) {
    let change: IdentityChange<'_> = match out.parse(json) {
        Ok(change) => change,
        Err(error) => return out.broken(&error, json),
    };
    let identity = &*change.content;
    let account = application(&change.platform, &change.application_id);
    let part = Part { json, event: "IDENTITY_CHANGE".into(), way: Way::of(Channel::Whatsapp), account };
    // Users who go by a user name have no number.
    let who = identity.user_number.or(&identity.user_id);
    let told_by = part.element(out);
    let mut data = part.data();
    data.address = part.address(&who);
    data.contact = Some(Box::new(Contact {
        phone: identity.user_number.take(),
        channel_id: identity.user_id.take(),
        changed: Some("identity".into()),
        new_value: identity.hash.take(),
        ..Contact::default()
    }));
    put(out, &told_by, EventType::ContactIdentityChanged, subject("contact", &who), time(&change.created_at), data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct PaymentStatus<'a> {
    /// The company.
    from: Text<'a>,
    content: Obj<PaymentContent<'a>>,
    created_at: Text<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct PaymentContent<'a> {
    /// The person.
    from: Text<'a>,
    reference_id: Text<'a>,
    payment_id: Text<'a>,
    payment_status: Text<'a>,
    currency: Text<'a>,
    total_amount_value: Text<'a>,
    total_amount_offset: Text<'a>,
    /// Absent, text, an array or an object.
    callback_data: Any<'a>,
}

/// A payment went on.
pub(in crate::infobip) fn payment(json: &str, out: &mut Output<'_>) {
    let update: PaymentStatus<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let payment = &*update.content;
    let account = application(&update.platform, &update.application_id);
    let part = Part { json, event: "PAYMENT_STATUS".into(), way: Way::of(Channel::Whatsapp), account };
    let which = payment.payment_id.or(&payment.reference_id);
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&payment.from);
    data.contact = (!payment.from.is_none()).then(|| Box::new(person(&payment.from, Some(Channel::Whatsapp))));
    data.message = (!update.from.is_none())
        .then(|| Box::new(Message { from: update.from.take(), to: payment.from.take(), ..Message::default() }));
    data.payment = Some(Box::new(Payment {
        id: payment.payment_id.take(),
        reference: payment.reference_id.take(),
        status: payment.payment_status.take(),
        amount: money(&payment.total_amount_value, &payment.total_amount_offset, &payment.currency),
        ..Payment::default()
    }));
    data.callback_data = payment.callback_data.take();
    put(out, &identity, EventType::PaymentUpdated, subject("payment", &which), time(&update.created_at), data);
}

/// Events of which the vendor publishes no body: the route alone tells what they are.
pub(in crate::infobip) fn account(
    json: &str,
    kind: EventType,
    event: &'static str,
    route: &Route,
    out: &mut Output<'_>,
) {
    let way = Way::of_route(route).unwrap_or_default();
    let part = Part { json, event: event.into(), way, account: Text::default() };
    let identity = part.element(out);
    let data = part.data();
    put(out, &identity, kind, None, None, data);
}
