//! One event.

use std::borrow::Cow;

use tributary_events::data::{
    Campaign, Click, Client, Consent, Contact, Device, Geo, Import, Message, Segment, Template,
};
use tributary_events::{Channel, Data, Draft, EventId, EventType, Failure, Key, Str};

use super::meaning::{Meaning, meaning};
use super::payload::{Event, EventData, Subscription, fields, profile_field};
use crate::output::original;
use crate::{Output, Settings, canonical, fold};

/// Puts out one event. `part` is its JSON.
pub(super) fn read<'a>(event: &Event<'a>, part: &'a str, settings: &Settings, out: &mut Output<'_>) {
    let name = event.name();
    let meaning = name.get().and_then(meaning).unwrap_or(Meaning::of(EventType::Unrecognized));
    let about = &*event.event_data;
    let subscription = subscription(event, meaning.channel);

    let mut data = Data::new(name.take().unwrap_or_default(), original(part));
    data.vendor.account = event.account_id.take();
    data.vendor.channel = subscription.and_then(|subscription| subscription.channel.take());
    data.channel = meaning.channel;
    data.unique = meaning.unique;
    data.engagement = meaning.engagement.map(Cow::Borrowed);
    data.failure = meaning.failure.map(|(class, reason)| Box::new(Failure::new(class, reason)));
    data.import = meaning.import.map(|method| Box::new(Import { method: Some(method.into()), ..Import::default() }));
    data.test = event.is_test.flag().filter(|is_test| *is_test);
    data.attributes = event.custom_data.take().filter(|json| json.get().starts_with('{') && json.get() != "{}");
    data.contact = contact(event, subscription, settings);
    data.message = message(event, &meaning, subscription);
    data.consent = consent(&meaning, about, subscription);
    data.click = about.link_url.take().map(|url| Box::new(Click { url: Some(url), ..Click::default() }));
    data.campaign = event.campaign_id().take().map(|id| Box::new(Campaign { id: Some(id), ..Campaign::default() }));
    data.template = about.message_id.take().map(|id| Box::new(Template { id: Some(id), ..Template::default() }));
    data.segment = segment(about);
    data.client = client(about);

    out.event(
        &crate::Identity::of_key(id(event, &meaning, part, out)),
        Draft { kind: meaning.kind, subject: subject(event, &meaning), time: event.event_date.time(), data },
    );
}

/// The vendor gives no id of an event: it is who, what and when, to the nanosecond, and by which message and link.
fn id(event: &Event<'_>, meaning: &Meaning, part: &str, out: &Output<'_>) -> EventId {
    let key = Key::new(out.source(), event.account_id.get())
        .part(event.list_id.get())
        .part(event.name().get())
        .part(event.event_date.get());
    let person = event.profile_id.or(&event.xxh);
    if person.is_none() || event.event_date.time().is_none() {
        return key.part(Some(&whole(part))).finish();
    }
    let key = key.part(person.get());
    let about = &*event.event_data;
    let of_a_message = meaning.channel.is_some_and(|channel| channel != Channel::Popup);
    if of_a_message && !about.send_message_id.is_none() {
        return key.part(about.send_message_id.get()).part(about.link_url.get()).finish();
    }
    if of_a_message && !(about.campaign_id.is_none() && about.message_id.is_none()) {
        return key.part(about.campaign_id.get()).part(about.message_id.get()).part(about.link_url.get()).finish();
    }
    // What such an event carries is not published. One import puts a profile into several segments at one moment.
    let fields = fields(Some(part));
    let details = fields.get("event_data").map(|details| details.get());
    let details = details.filter(|details| !matches!(*details, "null" | "\"\"")).map(canonical::whole);
    key.part(details.as_deref()).finish()
}

/// The event as a whole. How often a sending was tried does not make it another event.
fn whole(part: &str) -> String {
    let mut fields = fields(Some(part));
    fields.remove("sends_trying_num");
    match serde_json::to_string(&fields) {
        Ok(json) if !fields.is_empty() => canonical::whole(&json),
        _ => canonical::whole(part),
    }
}

/// A message sent to a person has an id in tracking events only; delivery events are about the person then, as are
/// replies, whose message is another one.
fn subject<'a>(event: &Event<'a>, meaning: &Meaning) -> Option<Str<'a>> {
    let about = &*event.event_data;
    let of = |what: &str, id: Option<&str>| id.map(|id| Cow::Owned(format!("{what}/{id}")));
    let person = || of("contact", event.profile_id.or(&event.xxh).get());
    match meaning.kind {
        EventType::CampaignLaunched | EventType::CampaignFailed => of("campaign", event.campaign_id().get()),
        EventType::MessageReceived => person(),
        kind if kind.family() == "message" => of("message", about.send_message_id.get()).or_else(person),
        _ => person(),
    }
}

/// The one subscription the event can be about, by channel and resource. None where several could be meant.
fn subscription<'e, 'a>(event: &'e Event<'a>, channel: Option<Channel>) -> Option<&'e Subscription<'a>> {
    let resource = event.event_data.resource_id.get();
    let mut fitting = event.subscription.iter().filter(|subscription| {
        let its_channel = subscription.channel.get().map(fold);
        let same_channel = match (channel, its_channel) {
            (Some(channel), Some(word)) => channel.as_str() == word,
            _ => true,
        };
        let same_resource = match (resource, subscription.resource_id.get()) {
            (Some(resource), Some(its)) => resource == its,
            _ => true,
        };
        same_channel && same_resource
    });
    fitting.next().filter(|_| fitting.next().is_none())
}

fn contact<'a>(
    event: &Event<'a>,
    subscription: Option<&Subscription<'a>>,
    settings: &Settings,
) -> Option<Box<Contact<'a>>> {
    let profile = fields(event.custom_data.get());
    let field = |setting: &str, usual: &str| profile_field(&profile, settings.get(setting).unwrap_or(usual));
    let email = field("email_field", "email");
    let phone = field("phone_field", "phone");
    let user_id = settings.get("user_id_field").and_then(|name| profile_field(&profile, name).take());
    let contact = Contact {
        id: event.profile_id.take(),
        user_id,
        email: email.take().or_else(|| subscription?.email.take()),
        phone: phone.take().or_else(|| subscription?.phone.take()),
        channel_id: subscription.and_then(|subscription| subscription.subscription_id.take()),
        address_hash: event.md5.or(&event.xxh).take(),
        subscribed: subscription.and_then(|subscription| match subscription.status.get()? {
            "subscribed" => Some(true),
            "unsubscribed" => Some(false),
            _ => None,
        }),
        ..Contact::default()
    };
    let known =
        [&contact.id, &contact.user_id, &contact.email, &contact.phone, &contact.channel_id, &contact.address_hash];
    known.iter().any(|field| field.is_some()).then(|| Box::new(contact))
}

fn message<'a>(
    event: &Event<'a>,
    meaning: &Meaning,
    subscription: Option<&Subscription<'a>>,
) -> Option<Box<Message<'a>>> {
    let about = &*event.event_data;
    if meaning.kind.family() != "message" && about.send_message_id.is_none() {
        return None;
    }
    let address = match meaning.channel {
        Some(Channel::Email) => subscription.and_then(|subscription| subscription.email.take()),
        Some(Channel::Sms | Channel::Whatsapp | Channel::Viber) => subscription.and_then(|one| one.phone.take()),
        _ => None,
    };
    let message =
        Message { bulk_id: about.launch_id.take(), attempts: event.sends_trying_num.int(), ..Message::default() };
    let sent = about.send_message_id.take();
    Some(Box::new(match meaning.kind {
        EventType::MessageReceived => {
            Message { direction: Some("inbound".into()), from: address, in_reply_to: sent, ..message }
        }
        _ => Message { direction: Some("outbound".into()), to: address, id: sent, ..message },
    }))
}

fn consent<'a>(
    meaning: &Meaning,
    about: &EventData<'a>,
    subscription: Option<&Subscription<'a>>,
) -> Option<Box<Consent<'a>>> {
    let state = match meaning.kind {
        EventType::ConsentGranted => "granted",
        EventType::ConsentRevoked => "revoked",
        _ => return None,
    };
    Some(Box::new(Consent {
        state: Some(state.into()),
        scope: about.resource_id.take().or_else(|| subscription?.resource_id.take()),
        means: meaning.means.map(Cow::Borrowed),
        ..Consent::default()
    }))
}

fn segment<'a>(about: &EventData<'a>) -> Option<Box<Segment<'a>>> {
    let id = about.segment_id.take().filter(|id| id != "0")?;
    Some(Box::new(Segment { id: Some(id), ..Segment::default() }))
}

fn client<'a>(about: &EventData<'a>) -> Option<Box<Client<'a>>> {
    let geo = Geo {
        country: about.country.take(),
        region: about.region.take(),
        city: about.city.take(),
        latitude: about.lat.take(),
        longitude: about.lon.take(),
        ..Geo::default()
    };
    let in_a_place =
        [&geo.country, &geo.region, &geo.city, &geo.latitude, &geo.longitude].iter().any(|it| it.is_some());
    let client = Client {
        ip: about.ip.take(),
        user_agent: about.user_agent.take(),
        os: about.os.take(),
        browser: about.browser.take(),
        device: about.device.take().map(|kind| Device { kind: Some(kind), ..Device::default() }),
        ..Client::default()
    };
    let known = [&client.ip, &client.user_agent, &client.os, &client.browser].iter().any(|it| it.is_some());
    let client = Client { geo: in_a_place.then_some(geo), ..client };
    (known || in_a_place || client.device.is_some()).then(|| Box::new(client))
}
