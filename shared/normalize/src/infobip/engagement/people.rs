//! People, the web SDK and the mobile SDK: persons, their visits and their apps.

use std::borrow::Cow;

use tributary_events::data::{Address, Client, Contact, Device, Geo, Page, Session};
use tributary_events::{Channel, Data, Draft, EventType, Str, Timestamp};

use super::super::channel;
use super::payload::{ChannelData, Envelope, People, Person};
use super::types::person;
use super::{VENDOR_CHANNEL, invoker};
use crate::address::address;
use crate::lenient::{Any, Text};
use crate::{Output, original};

pub(super) type Body<'a> = Envelope<'a, People<'a>>;

/// Puts out the event `name`. A name that the schema does not list flows as `unrecognized`, and so does one that tells of
/// nobody: no person, session, device or page.
///
/// There is no event id: all of the body tells the event.
pub(super) fn put(body: &str, name: &str, envelope: &Body<'_>, out: &mut Output<'_>) {
    let payload = &*envelope.payload;
    let kind = person(name).filter(|_| payload.names_something()).unwrap_or(EventType::Unrecognized);
    // A custom event has the name that the customer gave its definition.
    let event = match kind {
        EventType::Custom => payload.definition_id.get().unwrap_or(name),
        _ => name,
    };
    let mut data = Data::new(event.to_owned(), original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.channel = way(name);
    data.invoker = invoker(&payload.invoker);
    data.attributes = payload.custom_data.take();
    data.contact = Some(Box::new(contact(kind, payload)));
    data.address = address_of(kind, payload);
    data.client = client(payload).map(Box::new);
    match kind {
        EventType::SessionStarted | EventType::SessionEnded => data.session = Some(Box::new(session(payload))),
        EventType::PageViewed => {
            data.page = Some(Box::new(Page {
                url: payload.url.take(),
                title: payload.page_title.take(),
                referrer: payload.referrer.take(),
                ..Page::default()
            }));
        }
        _ => {}
    }
    let subject = match (kind, payload.session_id.get(), payload.person.id.get()) {
        (EventType::SessionStarted | EventType::SessionEnded, Some(id), _) => Some(format!("session/{id}")),
        (_, _, Some(id)) => Some(format!("contact/{id}")),
        _ => None,
    };
    // Under the customer's name of a custom event: two definitions are two events.
    let identity = out.identity(None, event).element(body);
    out.event(&identity, Draft { kind, subject: subject.map(Cow::Owned), time: time(kind, envelope), data });
}

/// The one address that came, went or changed, or the installation that an app tells of. The addresses of the person had
/// no part in anything else.
fn address_of<'a>(kind: EventType, payload: &People<'a>) -> Option<Address<'a>> {
    let entry = &payload.channel_data;
    match kind {
        EventType::ContactAddressAdded | EventType::ContactAddressRemoved => {
            entry_address(entry, &entry.value.or(&push_of(entry)))
        }
        // Something else about an address changes, and it is not said of which.
        EventType::ContactAddressUpdated if entry.property.is("value") => entry_address(entry, &entry.to),
        EventType::ContactAddressUpdated => entry_address(entry, &entry.value.or(&push_of(entry))),
        EventType::AppInstalled
        | EventType::AppUninstalled
        | EventType::AppLaunched
        | EventType::AppPersonalized
        | EventType::AppDepersonalized => address(&payload.push_reg_id, Some(Channel::Push)),
        _ => None,
    }
}

fn entry_address<'a>(entry: &ChannelData<'a>, text: &Text<'a>) -> Option<Address<'a>> {
    let channel = match entry.kind.get()? {
        kind if kind.eq_ignore_ascii_case("MSISDN") => Some(Channel::Sms),
        kind => channel::find(kind)?.ours,
    };
    address(text, channel)
}

fn push_of<'a>(entry: &ChannelData<'a>) -> Text<'a> {
    entry.push_reg_id.or(&entry.reg_id)
}

fn way(name: &str) -> Option<Channel> {
    if name.starts_with("WEB_SDK_") {
        Some(Channel::Web)
    } else if name.starts_with("MOBILE_APP_") {
        Some(Channel::App)
    } else {
        None
    }
}

/// What happened on a site has its own time in the payload; the envelope's is later.
fn time(kind: EventType, envelope: &Body<'_>) -> Option<Timestamp> {
    let payload = &envelope.payload;
    let own = match kind {
        EventType::SessionStarted => payload.session_start.time(),
        EventType::SessionEnded => payload.session_end.time(),
        _ => payload.timestamp.time(),
    };
    own.or_else(|| envelope.timestamp.time())
}

fn contact<'a>(kind: EventType, payload: &People<'a>) -> Contact<'a> {
    let person = &payload.person;
    let address = &payload.channel_data;
    let push = push_of(address).or(&payload.push_reg_id);
    let contact = Contact {
        id: person.id.take(),
        user_id: person.external_id.take(),
        email: first(&person.email),
        phone: first(&person.phone),
        channel_id: push.take(),
        name: name(person),
        kind: payload.person_type.take(),
        ..Contact::default()
    };
    let (changed, old, new) = match kind {
        EventType::ContactUpdated => (&payload.attribute_name, payload.from.take(), payload.to.take()),
        EventType::ContactAddressAdded => (&address.kind, None, address.value.or(&push).take()),
        EventType::ContactAddressRemoved => (&address.kind, address.value.or(&push).take(), None),
        EventType::ContactAddressUpdated => {
            let property = if address.property.is_none() { &address.kind } else { &address.property };
            (property, address.from.take(), address.to.take())
        }
        EventType::ContactTagAdded => (&payload.added_tag, None, None),
        EventType::ContactTagRemoved => (&payload.removed_tag, None, None),
        _ => return contact,
    };
    Contact { changed: changed.take(), old_value: old, new_value: new, ..contact }
}

/// A person may have several addresses: the first stands for them, all are in `original`.
fn first<'a>(addresses: &Any<'a>) -> Option<Str<'a>> {
    match addresses.elements() {
        Some(elements) => elements.iter().find_map(|element| Text::from_json(element.get()).take()),
        None => addresses.text().take(),
    }
}

fn name<'a>(person: &Person<'a>) -> Option<Str<'a>> {
    joined(&person.first_name, &person.last_name)
}

fn joined<'a>(one: &Text<'a>, other: &Text<'a>) -> Option<Str<'a>> {
    match (one.get(), other.get()) {
        (Some(a), Some(b)) => Some(Cow::Owned(format!("{a} {b}"))),
        _ => one.or(other).take(),
    }
}

fn session<'a>(payload: &People<'a>) -> Session<'a> {
    Session {
        id: payload.session_id.take(),
        started_at: payload.session_start.time(),
        ended_at: payload.session_end.time(),
        duration_seconds: payload.session_length.number(),
        kind: payload.session_type.take(),
        utm_source: payload.utm_source.take(),
        utm_medium: payload.utm_medium.take(),
        utm_campaign: payload.utm_campaign.take(),
        utm_term: payload.utm_term.take(),
        utm_content: payload.utm_content.take(),
        ended_by: payload.ended_by_type.take(),
        ..Session::default()
    }
}

/// The browser or the app.
fn client<'a>(payload: &People<'a>) -> Option<Client<'a>> {
    let device = joined(&payload.device_manufacturer, &payload.device_model);
    let has_device = device.is_some() || !payload.device_type.is_none();
    let has_place = !payload.city.is_none() || !payload.country_code.is_none();
    let client = Client {
        os: payload.browser_os.take().or_else(|| joined(&payload.platform, &payload.os_version)),
        browser: joined(&payload.browser_name, &payload.browser_version),
        language: payload.browser_language.or(&payload.os_language).take(),
        device: has_device.then(|| Device { kind: payload.device_type.lower(), name: device, ..Device::default() }),
        geo: has_place.then(|| Geo {
            country: payload.country_code.take(),
            city: payload.city.take(),
            ..Geo::default()
        }),
        ..Client::default()
    };
    let known = client.os.is_some() || client.browser.is_some() || client.language.is_some() || has_device || has_place;
    known.then_some(client)
}
