//! What RCS tells of senders, templates, conversations and phones.

use serde::Deserialize;
use tributary_events::data::{Conversation, Message, Number, Sender, Template};
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::{Obj, Text};

use super::super::draft::{Part, Way, person, put, subject};
use super::super::payload::{Platform, application, time};
use super::super::route::Route;
use super::item::Item;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct SenderUpdate<'a> {
    event: Text<'a>,
    sender_name: Text<'a>,
    sender_status: Text<'a>,
    test_number: Text<'a>,
    test_number_status: Text<'a>,
    updated_at: Text<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

/// `RCS_*_STATUS_UPDATE`.
pub(in crate::infobip) fn sender(json: &str, route: &Route, out: &mut Output<'_>) {
    let update: SenderUpdate<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let (event, kind) = match update.event.get().unwrap_or_default() {
        "RCS_SENDER_STATUS_UPDATE" => ("SENDER_UPDATE", EventType::SenderUpdated),
        "RCS_TEST_NUMBER_STATUS_UPDATE" => ("TEST_NUMBER_UPDATE", EventType::SenderTestNumberUpdated),
        "RCS_SENDER_LAUNCH_STATUS_UPDATE" => ("SENDER_LAUNCH_UPDATE", EventType::SenderLaunchUpdated),
        _ => return super::super::unrecognized(json, &update.event, route, out),
    };
    let account = application(&update.platform, &update.application_id);
    let part = Part { json, event: event.into(), way: Way::of(Channel::Rcs), account };
    let status = update.test_number_status.or(&update.sender_status);
    let identity = part.element(out);
    let mut data = part.data();
    data.sender = Some(Box::new(Sender {
        id: update.sender_name.take(),
        status: status.take(),
        test_number: update.test_number.take(),
        ..Sender::default()
    }));
    put(out, &identity, kind, subject("sender", &update.sender_name), time(&update.updated_at), data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct TemplateUpdate<'a> {
    name: Text<'a>,
    template_status: Text<'a>,
    comment: Text<'a>,
    updated_at: Text<'a>,
}

/// A template was approved or refused.
pub(in crate::infobip) fn template(json: &str, route: &Route, out: &mut Output<'_>) {
    let update: TemplateUpdate<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    if update.name.is_none() {
        return super::super::unrecognized(json, &Text::default(), route, out);
    }
    // Viber and Zalo have the event too, and nothing here says RCS.
    let way = Way::of_route(route).unwrap_or_else(|| Way::of(Channel::Rcs));
    let part = Part { json, event: "TEMPLATE_UPDATE".into(), way, account: Text::default() };
    let identity = part.element(out);
    let mut data = part.data();
    data.template = Some(Box::new(Template {
        name: update.name.take(),
        status: update.template_status.take(),
        reason: update.comment.take(),
        ..Template::default()
    }));
    put(out, &identity, EventType::TemplateUpdated, subject("template", &update.name), time(&update.updated_at), data);
}

/// A conversation in the sense of the bill began.
pub(in crate::infobip) fn conversation_started<'a>(
    item: &Item<'a>,
    json: &'a str,
    route: &Route,
    out: &mut Output<'_>,
) {
    let way = Way::of_word(&item.channel).or_else(|| Way::of_route(route)).unwrap_or_else(|| Way::of(Channel::Rcs));
    let part = item.part_by(json, "CONVERSATION_STARTED", way);
    let conversation = &*item.conversation;
    let identity = part.element(out);
    let mut data = part.data();
    data.message = Some(Box::new(Message { id: item.message_id.take(), ..Message::default() }));
    data.conversation = Some(Box::new(Conversation { id: conversation.id.take(), ..Conversation::default() }));
    let about = subject("conversation", &conversation.id).or_else(|| subject("message", &item.message_id));
    put(out, &identity, EventType::BillingConversationStarted, about, time(&conversation.start_time), data);
}

/// Today the result stands in an object beside the options; in older bodies it stands alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct CapabilityCheck<'a> {
    capability_check_result: Obj<Capability<'a>>,
    options: Obj<Options<'a>>,
    bulk_id: Text<'a>,
    message_id: Text<'a>,
    phone_number: Text<'a>,
    code: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Capability<'a> {
    bulk_id: Text<'a>,
    message_id: Text<'a>,
    phone_number: Text<'a>,
    code: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Options<'a> {
    platform: Obj<Platform<'a>>,
}

/// Whether a phone can do RCS.
pub(in crate::infobip) fn capability(json: &str, out: &mut Output<'_>) {
    let check: CapabilityCheck<'_> = match out.parse(json) {
        Ok(check) => check,
        Err(error) => return out.broken(&error, json),
    };
    let inner = &*check.capability_check_result;
    let message_id = inner.message_id.or(&check.message_id);
    let number = inner.phone_number.or(&check.phone_number);
    let code = inner.code.or(&check.code);
    let account = application(&check.options.platform, &Text::default());
    let part = Part { json, event: "CAP_CHECK".into(), way: Way::of(Channel::Rcs), account };
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&number);
    data.contact = (!number.is_none()).then(|| Box::new(person(&number, Some(Channel::Rcs))));
    data.message = Some(Box::new(Message {
        id: message_id.take(),
        bulk_id: inner.bulk_id.or(&check.bulk_id).take(),
        ..Message::default()
    }));
    data.number = Some(Box::new(Number { number: number.take(), status: code.take(), ..Number::default() }));
    put(out, &identity, EventType::NumberCapabilityChecked, subject("number", &number), None, data);
}
