//! What a body is: no envelope names it, so its fields do; the route decides what they leave open.

use serde::Deserialize;

use crate::identity::is_placeholder;
use crate::lenient::{Any, Obj, Text};

use super::messaging::Item;
use super::platform;
use super::route::Route;

/// The fields of a bare body that tell what it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Bare<'a> {
    notification_type: Text<'a>,
    event_details: Any<'a>,
    message_template_id: Text<'a>,
    template_status: Text<'a>,
    content: Obj<BareContent<'a>>,
    message: Obj<BareContent<'a>>,
    destination: Text<'a>,
    capability_check_result: Any<'a>,
    phone_number: Text<'a>,
    code: Text<'a>,
    token: Text<'a>,
    result: Any<'a>,
    ni_attributes: Any<'a>,
    delivery_info_notification: Any<'a>,
    /// `WhatsApp`'s app beside the API.
    entry: Any<'a>,
    session_information: Any<'a>,
    session_id: Text<'a>,
    partner_reference: Text<'a>,
    request_id: Text<'a>,
    status: Text<'a>,
    response: Any<'a>,
    failure_message: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct BareContent<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    notification_messages_status: Any<'a>,
    body: Any<'a>,
}

/// What a bare body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `notificationType`, or a click by its route.
    Tracking,
    MessengerClick,
    /// Warnings about a sending domain.
    EmailSending,
    WhatsappTemplate,
    WhatsappIdentity,
    WhatsappPayment,
    WhatsappMarketing,
    /// What the company does on its telephone with the same number.
    Coexistence,
    RcsTemplate,
    RcsCapability,
    MobileIdentity,
    OpenChannel,
    /// Tests of a chat bot.
    Answers,
    /// The answer to a query.
    Metrics,
    /// Sessions in which a person proves who they are.
    Biometrics,
    /// The format before REST, of which no whole example is known.
    OneApi,
}

/// Tells a bare body.
pub(super) fn bare(body: &Bare<'_>, route: &Route) -> Option<Family> {
    let content = &*body.content;
    Some(if body.notification_type.is("MARKETING_CLICK") {
        Family::MessengerClick
    } else if !body.notification_type.is_none() {
        Family::Tracking
    } else if body.event_details.is_object() {
        Family::EmailSending
    } else if !body.message_template_id.is_none() {
        Family::WhatsappTemplate
    } else if !body.template_status.is_none() {
        Family::RcsTemplate
    } else if content.kind.is("user_identity_changed") {
        Family::WhatsappIdentity
    } else if content.kind.is("payment") {
        Family::WhatsappPayment
    } else if content.notification_messages_status.non_empty().is_some() {
        Family::WhatsappMarketing
    } else if body.capability_check_result.is_object() || (!body.code.is_none() && !body.phone_number.is_none()) {
        Family::RcsCapability
    } else if !body.token.is_none()
        && (body.result.get().is_some()
            || body.ni_attributes.non_empty().is_some()
            || route.channel_is("Mobile identity"))
    {
        Family::MobileIdentity
    } else if !body.destination.is_none() && (content.body.is_object() || body.message.body.is_object()) {
        Family::OpenChannel
    } else if body.entry.elements().is_some_and(|entries| !entries.is_empty()) {
        Family::Coexistence
    } else if body.session_information.is_object() {
        Family::Answers
    } else if !body.request_id.is_none()
        && !body.status.is_none()
        && (body.response.is_object() || !body.failure_message.is_none())
    {
        Family::Metrics
    } else if !body.session_id.is_none() && !body.status.is_none() && !body.partner_reference.is_none() {
        Family::Biometrics
    } else if body.delivery_info_notification.is_object() {
        Family::OneApi
    } else {
        return None;
    })
}

/// What an element of `results` is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element {
    Delivery,
    Seen,
    Inbound,
    /// With the name to give it.
    Typing(&'static str),
    ConversationStarted,
    NumberLookup,
    VoiceReport,
    Blocklist,
    Consent,
    RcsSender,
    Registration,
    /// Tells its own name, and it is none we know.
    Named(String),
    /// Neither fields nor route tell.
    Unknown,
}

/// Tells an element of `results`: by the event it names, else by its fields. Whatever it is, it names a message or
/// somebody: a word alone is no event.
pub(super) fn element(item: &Item<'_>, route: &Route) -> Element {
    let event = if item.event.is_object() { event_type(item.event) } else { item.event.text() };
    let element = match event.get() {
        Some(event) => named(event),
        None => by_fields(item, route),
    };
    let element = match element {
        Element::Delivery if item.is_of_calls(route) => Element::VoiceReport,
        element => element,
    };
    let told = match element {
        Element::Named(_) | Element::Unknown | Element::Delivery | Element::VoiceReport => true,
        Element::Seen
        | Element::Inbound
        | Element::Typing(_)
        | Element::ConversationStarted
        | Element::NumberLookup => item.names_something(),
        Element::Blocklist | Element::Consent | Element::RcsSender | Element::Registration => {
            item.names_something() || item.content.get().is_some_and(names_something) || !item.sender_name.is_none()
        }
    };
    match event.get() {
        _ if told => element,
        Some(event) => Element::Named(event.to_owned()),
        None => Element::Unknown,
    }
}

/// Whether JSON has an id or an address anywhere: whatever happened, it happened to something.
///
/// One pass over the text, which must be compact JSON.
pub(super) fn names_something(json: &str) -> bool {
    let mut rest = json;
    // Each string in turn: a colon behind it makes it the name of a field.
    while let Some(start) = rest.find('"') {
        let Some((name, after)) = string(&rest[start..]) else { return false };
        rest = after;
        let Some(value) = after.strip_prefix(':').filter(|_| is_name(name)) else { continue };
        let value = match value.bytes().next() {
            Some(b'"') => string(value).map(|(text, _)| text),
            Some(b'0'..=b'9' | b'-') => value.split([',', '}', ']']).next(),
            _ => None,
        };
        if value.is_some_and(|value| !is_placeholder(value)) {
            return true;
        }
    }
    false
}

/// What stands between the quotes at the beginning, escapes and all, and what follows them.
fn string(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some((inner.get(..end)?, inner.get(end + 1..)?))
}

/// Whether a field of that name holds an id or an address. Those of the customer's own applications do not count.
fn is_name(field: &str) -> bool {
    const ADDRESSES: [&str; 16] = [
        "address",
        "destination",
        "domain",
        "email",
        "from",
        "id",
        "msisdn",
        "number",
        "phone",
        "phoneNumber",
        "recipient",
        "sender",
        "senderName",
        "to",
        "token",
        "userNumber",
    ];
    const OWN: [&str; 2] = ["applicationId", "entityId"];
    ADDRESSES.contains(&field) || (field.ends_with("Id") || field.ends_with("_id")) && !OWN.contains(&field)
}

/// RCS writes `event: {type}`.
fn event_type(event: Any<'_>) -> Text<'_> {
    #[derive(Default, Deserialize)]
    #[serde(default, bound(deserialize = "'de: 'a"))]
    struct Typed<'a> {
        #[serde(rename = "type")]
        kind: Text<'a>,
    }
    event.get().and_then(|json| serde_json::from_str::<Typed<'_>>(json).ok()).unwrap_or_default().kind
}

fn named(event: &str) -> Element {
    match event {
        "DELIVERY" => Element::Delivery,
        "SEEN" => Element::Seen,
        "MO" | "INBOUND_MESSAGE" | "SUGGESTION" => Element::Inbound,
        "TYPING_STARTED" => Element::Typing("TYPING_STARTED"),
        "TYPING_STOPPED" => Element::Typing("TYPING_STOPPED"),
        "TYPING_INDICATOR" => Element::Typing("TYPING_INDICATOR"),
        "CONVERSATION_STARTED" => Element::ConversationStarted,
        "BLOCK" | "UNBLOCK" => Element::Blocklist,
        "SUBSCRIBE" | "UNSUBSCRIBE" => Element::Consent,
        "RCS_SENDER_STATUS_UPDATE" | "RCS_TEST_NUMBER_STATUS_UPDATE" | "RCS_SENDER_LAUNCH_STATUS_UPDATE" => {
            Element::RcsSender
        }
        _ if platform::registration_kind(event).is_some() => Element::Registration,
        _ => Element::Named(event.to_owned()),
    }
}

fn by_fields(item: &Item<'_>, route: &Route) -> Element {
    let has_status = item.status.get().is_some();
    if item.voice_call.is_object() {
        Element::VoiceReport
    } else if !item.seen_at.is_none() {
        Element::Seen
    } else if has_status && (item.original_network.get().is_some() || item.ported.get().is_some()) {
        Element::NumberLookup
    } else if has_status {
        if route.channel_is("Number lookup") { Element::NumberLookup } else { Element::Delivery }
    } else if is_inbound(item, route) {
        Element::Inbound
    } else {
        Element::Unknown
    }
}

/// A message has words or other content. Its time may be missing, and its id: then the route says which way it went.
fn is_inbound(item: &Item<'_>, route: &Route) -> bool {
    let content = [item.message, item.text, item.content].into_iter().any(|field| field.get().is_some());
    if !content && item.clean_text.is_none() {
        return false;
    }
    let routed = route.event_is("inbound_message") || route.event_is("suggestion");
    !item.received_at.is_none() || routed || route.event.is_none() && !item.message_id.is_none()
}

#[cfg(test)]
mod tests {
    use super::names_something;

    #[test]
    fn an_id_or_an_address_anywhere_names_something() {
        for json in [
            r#"{"messageId":"m"}"#,
            r#"{"a":[{"b":{"to":"4917"}}]}"#,
            r#"{"x":"\"id\":","id":7}"#,
            r#"{"big":1e999,"brandId":"b"}"#,
            r#"{"sender":"Shop"}"#,
        ] {
            assert!(names_something(json), "{json}");
        }
        for json in [
            "{}",
            r#"{"id":""}"#,
            r#"{"id":null,"to":{},"from":[]}"#,
            r#"{"messageId":"undefined","number":0}"#,
            r#"{"applicationId":"a","entityId":"e"}"#,
            r#"{"text":"\"id\":\"x\""}"#,
            r#"{"word":"id"}"#,
            r#"{"paid":"yes"}"#,
        ] {
            assert!(!names_something(json), "{json}");
        }
    }
}
