//! One event.

use std::borrow::Cow;

use tributary_events::data::{
    Address, AddressKind, Campaign, Click, Client, Consent, Contact, Device, Geo, Import, Message, Segment, Template,
};
use tributary_events::{Channel, Data, Draft, EventType, Failure, Str};

use super::meaning::{Meaning, channel_word, meaning};
use super::payload::{Event, EventData, Subscription, fields, profile_field};
use crate::address::address;
use crate::identity::is_nothing;
use crate::lenient::Text;
use crate::output::original;
use crate::{Output, Settings, fold};

/// Puts out one event. `part` is its JSON.
pub(super) fn read<'a>(event: &Event<'a>, part: &'a str, settings: &Settings, out: &mut Output<'_>) {
    let name = event.name();
    let listed = name.get().and_then(meaning).filter(|_| tells_something(event, part));
    let meaning = listed.unwrap_or(Meaning::of(EventType::Unrecognized));
    let about = &*event.event_data;
    let word = name.get().filter(|_| listed.is_none()).and_then(channel_word);
    let meaning = Meaning { channel: meaning.channel.or_else(|| Channel::from_name(word?)), ..meaning };
    let subscription = subscription(event, meaning.channel.map(Channel::as_str).or(word));
    let address = subscription.and_then(|subscription| address_of(subscription, &meaning, word));

    let mut data = Data::new(name.take().unwrap_or_default(), original(part));
    data.vendor.account = event.account_id.take();
    data.vendor.channel = subscription
        .and_then(|subscription| subscription.channel.take())
        .or_else(|| word.map(|word| Cow::Owned(word.to_owned())));
    data.channel = meaning.channel;
    data.unique = meaning.unique;
    data.engagement = meaning.engagement.map(Cow::Borrowed);
    data.failure = meaning.failure.map(|(class, reason)| Box::new(Failure::new(class, reason)));
    data.import = meaning.import.map(|method| Box::new(Import { method: Some(method.into()), ..Import::default() }));
    data.test = event.is_test.flag().filter(|is_test| *is_test);
    data.attributes = event.custom_data.take().filter(|json| json.get().starts_with('{') && json.get() != "{}");
    data.contact = contact(event, subscription, settings);
    data.message = message(event, &meaning, address.as_ref());
    data.address = address;
    data.consent = consent(&meaning, about, subscription);
    data.click = about.link_url.take().map(|url| Box::new(Click { url: Some(url), ..Click::default() }));
    data.campaign = event.campaign_id().take().map(|id| Box::new(Campaign { id: Some(id), ..Campaign::default() }));
    data.template = about.message_id.take().map(|id| Box::new(Template { id: Some(id), ..Template::default() }));
    data.segment = segment(about);
    data.client = client(about);

    // The vendor gives no id of an event, so it is all that the event says, the time to the nanosecond among it.
    let identity =
        out.identity(event.account_id.get(), name.get().unwrap_or(EventType::Unrecognized.as_str())).element(part);
    let draft = Draft { kind: meaning.kind, subject: subject(event, &meaning), time: event.event_date.time(), data };
    out.event(&identity, draft);
}

/// Whether anything stands beside the envelope: a person, a message, a campaign or any other particular. A type alone,
/// such as a check of the connection may send, is no event of that type.
fn tells_something(event: &Event<'_>, part: &str) -> bool {
    const ENVELOPE: [&str; 8] =
        ["event_type", "event", "event_date", "account_id", "list_id", "is_test", "is_static", "sends_trying_num"];
    let person = event.profile_id.or(&event.xxh).or(&event.md5);
    !person.is_none()
        || fields(Some(part)).iter().any(|(name, value)| !ENVELOPE.contains(&&**name) && !is_nothing(value.get()))
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
        // A type that is not on the list can be about a message, a person or a campaign.
        EventType::Unrecognized => of("message", about.send_message_id.get())
            .or_else(person)
            .or_else(|| of("campaign", event.campaign_id().get())),
        kind if kind.family() == "message" => of("message", about.send_message_id.get()).or_else(person),
        _ => person(),
    }
}

/// The one subscription the event can be about, by the word of its channel and by resource. None where several could be
/// meant.
fn subscription<'e, 'a>(event: &'e Event<'a>, channel: Option<&str>) -> Option<&'e Subscription<'a>> {
    let resource = event.event_data.resource_id.get();
    let mut fitting = event.subscription.iter().filter(|subscription| {
        let same_channel = match (channel, subscription.channel.get()) {
            (Some(channel), Some(word)) => channel == fold(word),
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

/// The address of the subscription on the event's channel. The profile's own addresses are none: a push that bounced says
/// nothing of the profile's email.
fn address_of<'a>(subscription: &Subscription<'a>, meaning: &Meaning, word: Option<&str>) -> Option<Address<'a>> {
    let Subscription { email, phone, subscription_id: id, .. } = subscription;
    let channel = match meaning.kind.family() {
        "message" => meaning.channel,
        // `unsub_api` names no channel; the subscription does.
        "consent" => meaning.channel.or_else(|| Channel::from_name(&fold(subscription.channel.get()?))),
        "unrecognized" if word.is_some() => meaning.channel,
        _ => return None,
    };
    match channel {
        Some(Channel::Email) => address(email, channel),
        Some(Channel::Sms) => address(phone, channel),
        Some(Channel::Push) => address(id, channel),
        Some(Channel::Whatsapp | Channel::Viber) => address(phone, channel).or_else(|| account(id)),
        Some(Channel::TelegramBot | Channel::TelegramGroup) => account(id),
        // A channel that is newer than the list: its subscription has one address, or nobody knows which is meant.
        None => {
            let all = [address(email, Some(Channel::Email)), address(phone, Some(Channel::Sms)), account(id)];
            let mut all = all.into_iter().flatten();
            all.next().filter(|_| all.next().is_none())
        }
        _ => None,
    }
}

/// A chat or a user of the channel, even where its id is as short as a telephone number.
fn account<'a>(id: &Text<'a>) -> Option<Address<'a>> {
    Some(Address { kind: AddressKind::Account, value: id.take()? })
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

fn message<'a>(event: &Event<'a>, meaning: &Meaning, address: Option<&Address<'a>>) -> Option<Box<Message<'a>>> {
    let about = &*event.event_data;
    if meaning.kind.family() != "message" && about.send_message_id.is_none() {
        return None;
    }
    let address = address.filter(|_| meaning.channel.is_some()).map(|address| address.value.clone());
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
