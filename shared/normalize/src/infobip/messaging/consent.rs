//! Consent to marketing messages: of Messenger by subscription, of WhatsApp by the user's own switch.

use serde::Deserialize;
use tributary_events::data::{Consent, Message};
use tributary_events::{Channel, EventType};

use crate::Output;
use crate::lenient::{Obj, Text};

use super::super::draft::{Part, Way, person, put, subject};
use super::super::payload::{Platform, application, time};
use super::super::route::Route;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Update<'a> {
    channel: Text<'a>,
    event: Text<'a>,
    /// The company.
    sender: Text<'a>,
    /// The person.
    from: Text<'a>,
    created_at: Text<'a>,
    channel_data: Obj<ChannelData<'a>>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct ChannelData<'a> {
    subscription_title: Text<'a>,
}

/// `SUBSCRIBE` and `UNSUBSCRIBE`: MARKETING_OPT_IN and MARKETING_OPT_OUT once, CONSENT_UPDATE now.
pub(in crate::infobip) fn messenger(json: &str, route: &Route, out: &mut Output<'_>) {
    let update: Update<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let (kind, state, old) = if update.event.is("SUBSCRIBE") {
        (EventType::ConsentGranted, "granted", "MARKETING_OPT_IN")
    } else {
        (EventType::ConsentRevoked, "revoked", "MARKETING_OPT_OUT")
    };
    let way =
        Way::of_word(&update.channel).or_else(|| Way::of_route(route)).unwrap_or_else(|| Way::of(Channel::Messenger));
    // The same body by the event's name of today and of before: neither of them tells it apart.
    let event = if route.event_is("consent_update") { "CONSENT_UPDATE" } else { old };
    let account = application(&update.platform, &update.application_id);
    let part = Part { json, event: event.into(), way, account };
    let identity = out.identity(part.account.get(), old).element(json);
    let mut data = part.data();
    data.address = part.address(&update.from);
    data.contact = Some(Box::new(person(&update.from, part.way.ours)));
    data.consent = Some(Box::new(Consent {
        state: Some(state.into()),
        scope: update.channel_data.subscription_title.take(),
        ..Consent::default()
    }));
    put(out, &identity, kind, subject("contact", &update.from), time(&update.created_at), data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Marketing<'a> {
    /// The company.
    from: Text<'a>,
    content: Obj<MarketingContent<'a>>,
    created_at: Text<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct MarketingContent<'a> {
    sender: Text<'a>,
    /// The person.
    from: Text<'a>,
    notification_messages_status: Text<'a>,
}

/// WhatsApp's switch for marketing messages.
pub(in crate::infobip) fn whatsapp(json: &str, route: &Route, out: &mut Output<'_>) {
    let update: Marketing<'_> = match out.parse(json) {
        Ok(update) => update,
        Err(error) => return out.broken(&error, json),
    };
    let content = &*update.content;
    let (kind, state) = match content.notification_messages_status.lower().as_deref() {
        Some("resume") => (EventType::ConsentGranted, "granted"),
        Some("stop") => (EventType::ConsentRevoked, "revoked"),
        _ => return super::super::unrecognized(json, &"MARKETING_SUBSCRIPTION_UPDATE".into(), route, out),
    };
    let account = application(&update.platform, &update.application_id);
    let event = "MARKETING_SUBSCRIPTION_UPDATE".into();
    let part = Part { json, event, way: Way::of(Channel::Whatsapp), account };
    let sender = content.sender.or(&update.from);
    let identity = part.element(out);
    let mut data = part.data();
    data.address = part.address(&content.from);
    data.contact = Some(Box::new(person(&content.from, part.way.ours)));
    data.message = Some(Box::new(Message { from: sender.take(), to: content.from.take(), ..Message::default() }));
    data.consent =
        Some(Box::new(Consent { state: Some(state.into()), scope: Some("marketing".into()), ..Consent::default() }));
    put(out, &identity, kind, subject("contact", &content.from), time(&update.created_at), data);
}
