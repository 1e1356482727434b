//! Tracked events: what the tag, the SDKs, KARTE's own services and the customer's servers record of a person.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tributary_events::data::{
    Address, AddressKind, Campaign, Click, Client, Consent, Device, Form, Item, Message, Money, Order, Page, Segment,
    Session, Survey,
};
use tributary_events::{Channel, Data, Draft, EventType, Raw, Str};

use super::failure::failure;
use super::moment::moment;
use super::occurrence::{self, Beacon};
use super::payload::{self, AppInfo, Body, Values};
use super::person::Person;
use super::place::{Group, Place, identified_plugin};
use super::{Frame, unrecognized};
use crate::address::address;
use crate::identity::is_placeholder;
use crate::lenient::{List, Text};
use crate::{Output, Unreadable};

/// What we know of an event before its type is decided.
struct Facts<'v, 'a> {
    values: &'v Values<'a>,
    group: Option<Group>,
    /// The person was picked for the control group: KARTE recorded the delivery and showed or sent nothing.
    control_group: bool,
    /// The event itself calls the failure a bounce.
    bounced: bool,
}

/// The event list, and what its names mean.
fn kind(name: &str, facts: &Facts<'_, '_>) -> EventType {
    match (name, facts.group) {
        ("view", _) => EventType::PageViewed,
        ("buy", _) => EventType::OrderCompleted,
        ("identify", _) => EventType::ContactIdentified,
        ("message_open", _) if facts.control_group => EventType::MessageWithheld,
        // Off-site: KARTE began to send. The recipient has not opened anything.
        ("message_open", Some(Group::Talk)) => EventType::MessageQueued,
        ("message_open", _) => EventType::MessageViewed,
        // In the chat the widget was clicked: its window opened.
        ("message_click", Some(Group::Chat)) => EventType::MessengerConversationOpened,
        ("message_click", _) => EventType::MessageClicked,
        // After the click on a short URL: the second event of one click, once the site has loaded.
        ("message_clicked", _) => EventType::MessageLanded,
        ("message_close", _) => EventType::MessageClosed,
        ("message_reply" | "_line_message", _) => EventType::MessageReceived,
        ("_message_state_changed", _) => EventType::MessageStateChanged,
        ("talk_message_send", _) => EventType::MessageSent,
        ("talk_message_open", _) => EventType::MessageOpened,
        ("talk_message_fail", _) if facts.bounced => EventType::MessageBounced,
        ("talk_message_fail", _) => EventType::MessageUndelivered,
        ("_webchat_read", _) => match facts.values.read.flag() {
            Some(true) => EventType::MessageRead,
            // Comes with every message of an operator.
            Some(false) => EventType::MessageUnread,
            None => EventType::Unrecognized,
        },
        ("script_fired", _) => EventType::ScriptExecuted,
        ("signup", _) => EventType::ContactRegistered,
        ("contact", _) => EventType::InquirySubmitted,
        ("form", _) => EventType::FormSubmitted,
        ("_location" | "_location_jp", _) => EventType::ContactLocated,
        ("im_segments", _) => EventType::ContactAudienceMatched,
        ("_answer_question", _) => EventType::SurveyAnswered,
        ("_silveregg_recommend_click" | "_naviplus_recommend_click", _) => EventType::RecommendationClicked,
        // Also when the person takes back a block.
        ("_line_add_friend", _) => EventType::ConsentGranted,
        ("_line_block_friend", _) => EventType::ConsentRevoked,
        (name, _) if identified_plugin(name).is_some() => EventType::ContactIdentified,
        // A leading `_` is KARTE's own.
        (name, _) if name.starts_with('_') => EventType::Unrecognized,
        _ => EventType::Custom,
    }
}

/// Reads one event, of a beacon or alone.
pub(super) fn read<'a>(
    body: &Body<'a>,
    frame: &Frame<'a, '_>,
    beacon: Option<&mut Beacon<'_, '_>>,
    out: &mut Output<'_>,
) -> Result<(), Unreadable> {
    let name = body.event_name.or(&frame.name);
    let Some(name_text) = name.get() else { return unrecognized(&name, frame, out) };
    let json = body.values.object().unwrap_or(Cow::Borrowed("{}"));
    let json = nested(name_text, &json).unwrap_or(&json);
    let values: Values<'_> = out.parse(json)?;
    let items = values.items.unwrapped().unwrap_or(Cow::Borrowed("[]"));
    let items: List<payload::Item<'_>> = out.parse(&items)?;
    let person = Person::new(&body.user_id, &body.visitor_id);
    let person = if person.id().is_none() { person.known_as(&values.user_id) } else { person };

    let app_info = if body.app_info.is_object() { body.app_info } else { values.app_info };
    let from_sdk = app_info.is_object() || values._source.is("native_app_sdk");
    let plugin = values.plugin_name.or(&body.plugin_name);
    let told = told(&plugin, body, &values, frame);
    let place = Place::resolve(name_text, told, from_sdk);
    let channel = place.and_then(|place| place.channel);
    let control_group = values.message.shorten_id.get().is_some_and(|id| id.starts_with("__"));
    let failed = (name_text == "talk_message_fail").then(|| failure(&values, channel));
    let kind = kind(
        name_text,
        &Facts {
            values: &values,
            group: place.map(|place| place.group),
            control_group,
            bounced: failed.as_ref().is_some_and(|(_, bounced)| *bounced),
        },
    );

    // An action's own name is the customer's choice: it does not tell where anything happened.
    let place = if kind == EventType::Custom && body.event_name.is_none() { told } else { place };

    let frame = &Frame { api_key: body.api_key.or(&frame.api_key), ..frame.clone() };
    let mut data = frame.data(name.take().unwrap_or_default());
    let own_word = place.map(|place| Cow::Borrowed(place.group.as_str()));
    // A word that no list knows stays to be seen.
    let unknown_word = body.channel.take().filter(|word| Place::from_word(word).is_none());
    data.vendor.channel = plugin.take().or(unknown_word).or(own_word);
    data.channel = place.and_then(|place| place.channel);
    data.failure = failed.map(|(failure, _)| Box::new(failure));
    data.contact = person.contact().map(Box::new);
    data.session = values._session.id.take().map(|id| Box::new(Session { id: Some(id), ..Session::default() }));
    let app_info = app_info.take().filter(|_| app_info.is_object());
    let app: AppInfo<'_> = match &app_info {
        Some(Cow::Borrowed(json)) => out.parse(json.get())?,
        _ => AppInfo::default(),
    };
    data.client = client(&app, app_info, &values);
    if let Some(id) = real(&values.message.campaign_id) {
        let variant_id = values.message.shorten_id.take();
        data.campaign = Some(Box::new(Campaign { id: Some(id), variant_id, ..Campaign::default() }));
    }
    let address = reached(body, &values, &person, channel);
    let about = Event {
        name: name_text,
        kind,
        channel,
        json,
        values: &values,
        items: &items,
        person: &person,
        address,
        control_group,
    };
    let subject = fill(&mut data, &about);
    let times = [&values.date, &values._local_event_date, &body.datetime];
    let time = times.into_iter().find_map(moment);

    let me = out.identity(frame.api_key.get(), name_text);
    let by_order = || occurrence::order(&me, person.id().as_deref(), &values, &items);
    let identity = (kind == EventType::OrderCompleted)
        .then(by_order)
        .flatten()
        .or_else(|| occurrence::record(&me, body, &values))
        .unwrap_or_else(|| match beacon {
            Some(beacon) => beacon.event(&me, frame.original),
            // With the id of the run that forwarded it: one run may forward several events.
            None => me.element(frame.original),
        });
    out.event(&identity, Draft { kind, subject, time, data });
    Ok(())
}

struct Event<'v, 'a> {
    name: &'v str,
    kind: EventType,
    channel: Option<Channel>,
    /// The values, verbatim.
    json: &'a str,
    values: &'v Values<'a>,
    items: &'v [payload::Item<'a>],
    person: &'v Person<'a>,
    /// Where it was sent, or came from.
    address: Option<Address<'a>>,
    control_group: bool,
}

/// The address that the event is about on its channel: what the action's template says, what plugins say of LINE and push, or
/// what is in KARTE's id of a person whom only LINE knows. Never a user id, and never what a profile holds.
fn reached<'a>(
    body: &Body<'a>,
    values: &Values<'a>,
    person: &Person<'a>,
    channel: Option<Channel>,
) -> Option<Address<'a>> {
    let of_plugin = match channel {
        Some(Channel::Line) => &values.line_user_id,
        Some(Channel::Push) => &values.fcm_token,
        _ => &Text::default(),
    };
    // The customer's own id of the person stands there by mistake, unless it is their email address or number.
    let is_own_id = |address: &Address<'_>| {
        matches!(address.kind, AddressKind::Account | AddressKind::Device) && person.user() == Some(&*address.value)
    };
    let named = Person::default().known_as(&values.user_id);
    [&body.address, of_plugin]
        .into_iter()
        .filter(|text| !text.get().is_none_or(is_placeholder))
        .find_map(|text| address(text, channel).filter(|address| !is_own_id(address)))
        .or_else(|| person.address(channel))
        .or_else(|| named.address(channel))
}

/// An id, unless something stands in its place.
fn real<'a>(id: &Text<'a>) -> Option<Str<'a>> {
    id.take().filter(|id| !is_placeholder(id))
}

/// Where the event happened, by the surest source that tells: the sending plugin, the action's template, what only push
/// carries, the customer's setting for the campaign, the route, and last a plugin that no list knows: it sends off the site.
fn told(plugin: &Text<'_>, body: &Body<'_>, values: &Values<'_>, frame: &Frame<'_, '_>) -> Option<Place> {
    let word = |text: &Text<'_>| text.get().and_then(Place::from_word);
    let only_push = || {
        let is_push = !values.task_id.is_none() || !values.schedule_id.is_none();
        is_push.then_some(Place::new(Group::Talk, Some(Channel::Push)))
    };
    let setting = || {
        let campaign = values.message.campaign_id.get()?;
        Place::from_word(frame.settings.get(&format!("campaign_{}", campaign.to_ascii_lowercase()))?)
    };
    let unknown_plugin = || plugin.get().map(|_| Place::new(Group::Talk, None));
    word(plugin)
        .or_else(|| word(&body.channel))
        .or_else(only_push)
        .or_else(setting)
        .or(frame.route)
        .or_else(unknown_plugin)
}

/// The server's form holds the values under the event's name, the client's does not.
fn nested<'a>(name: &str, values: &'a str) -> Option<&'a str> {
    // Cheap to rule out: the text is compact.
    let opens = |at: usize| values.as_bytes()[at + name.len()..].starts_with(b"\":{");
    memchr::memmem::find_iter(values.as_bytes(), name.as_bytes()).find(|at| opens(*at))?;
    let fields: BTreeMap<Cow<'_, str>, &'a RawValue> = serde_json::from_str(values).ok()?;
    fields.get(name).map(|inner| inner.get()).filter(|inner| inner.starts_with('{'))
}

/// Fills the objects of the event's family and gives its subject.
fn fill<'a>(data: &mut Data<'a>, event: &Event<'_, 'a>) -> Option<Str<'a>> {
    let Event { values, person, .. } = event;
    let attributes = || raw(event.json).filter(|_| event.json != "{}");
    match event.kind {
        EventType::PageViewed => {
            data.page = Some(Box::new(Page {
                url: values.access_uri.url.take(),
                title: values.title.take(),
                name: values.view_name.take(),
                ..Page::default()
            }));
        }
        EventType::OrderCompleted => {
            let id = real(&values.transaction_id);
            let subject = id.as_ref().map(|id| Cow::Owned(format!("order/{id}")));
            data.order = Some(Box::new(Order { id, total: money(&values.revenue), ..Order::default() }));
            data.items = (!event.items.is_empty()).then(|| event.items.iter().map(item).collect());
            return subject.or_else(|| person.subject("contact"));
        }
        EventType::ContactIdentified => {
            identify(data, event);
            data.attributes = attributes();
            // What a plugin tells is about the address at its channel; what a site tells is the profile.
            data.address = event.address.clone().filter(|_| identified_plugin(event.name).is_some());
            let id = data.contact.as_ref().and_then(|contact| contact.id.as_deref());
            return id.map(|id| Cow::Owned(format!("contact/{id}")));
        }
        EventType::ConsentGranted | EventType::ConsentRevoked => {
            let granted = event.kind == EventType::ConsentGranted;
            let (state, means) = if granted { ("granted", "friend_added") } else { ("revoked", "friend_blocked") };
            data.consent =
                Some(Box::new(Consent { state: Some(state.into()), means: Some(means.into()), ..Consent::default() }));
            let contact = data.contact.get_or_insert_default();
            contact.subscribed = Some(granted);
            data.address = event.address.clone();
            contact.channel_id = contact.channel_id.take().or(values.line_user_id.take());
        }
        EventType::SurveyAnswered => {
            data.survey = Some(Box::new(Survey { answers: attributes(), ..Survey::default() }));
        }
        EventType::FormSubmitted => {
            data.form = Some(Box::new(Form { fields: attributes(), ..Form::default() }));
        }
        EventType::ContactAudienceMatched => {
            data.segment = Some(Box::new(Segment { details: attributes(), ..Segment::default() }));
        }
        kind if kind.family() == "message" || kind.family() == "messenger" => {
            data.message = Some(Box::new(message(event)));
            data.address = event.address.clone();
            if matches!(kind, EventType::MessageClicked | EventType::MessageLanded) {
                data.click = values.url.take().map(|url| Box::new(Click { url: Some(url), ..Click::default() }));
            }
            let delivery = real(&values.message.response_id).map(|id| Cow::Owned(format!("message/{id}")));
            let conversation = matches!(event.channel, Some(Channel::WebChat)) || kind == EventType::MessageReceived;
            let whose = if conversation { "conversation" } else { "contact" };
            return delivery.or_else(|| person.subject(whose));
        }
        _ => data.attributes = attributes(),
    }
    person.subject("contact")
}

fn message<'a>(event: &Event<'_, 'a>) -> Message<'a> {
    let values = event.values;
    let inbound = event.kind == EventType::MessageReceived;
    let address = event.address.as_ref().map(|address| address.value.clone());
    let (direction, from, to) = if inbound { ("inbound", address, None) } else { ("outbound", None, address) };
    Message {
        direction: Some(direction.into()),
        from,
        to,
        kind: values.content.text.get().map(|_| "text".into()),
        text: values.content.text.take(),
        delivery_id: real(&values.message.response_id),
        sent_at: moment(&values.message.response_timestamp).filter(|_| !event.control_group),
        control_group: event.control_group.then_some(true),
        ..Message::default()
    }
}

/// `identify` with another id merges the person into it; a plugin's `identify` adds an address to the person.
fn identify<'a>(data: &mut Data<'a>, event: &Event<'_, 'a>) {
    let values = event.values;
    let before = event.person;
    let named = Person::default().known_as(&values.user_id);
    let differs = named.user().is_some() && before.user().is_some() && named.user() != before.user();
    let is_plugin = identified_plugin(event.name).is_some();
    if !is_plugin && named.user().is_some() {
        data.contact = before.known_as(&values.user_id).contact().map(Box::new);
    }
    let contact = data.contact.get_or_insert_default();
    if differs {
        contact.merged_with = if is_plugin { named.id() } else { before.id() };
    }
    contact.channel_id = values.line_user_id.or(&values.fcm_token).take().or_else(|| contact.channel_id.take());
    contact.subscribed = values.subscribe.flag();
    contact.name = values.name.take();
    contact.email = values.email.take();
}

fn client<'a>(app: &AppInfo<'a>, details: Option<Raw<'a>>, values: &Values<'a>) -> Option<Box<Client<'a>>> {
    if details.is_none() && values.ip_address.is_none() {
        return None;
    }
    let system = &app.system_info;
    let name = system.model.or(&system.device).take();
    Some(Box::new(Client {
        ip: values.ip_address.take(),
        os: system.os.take(),
        language: system.language.take(),
        device: name.map(|name| Device { name: Some(name), ..Device::default() }),
        details,
        ..Client::default()
    }))
}

fn item<'a>(item: &payload::Item<'a>) -> Item<'a> {
    Item {
        id: item.item_id.take(),
        name: item.name.take(),
        price: money(&item.price),
        quantity: item.quantity.grouped_decimal(),
        url: item.item_url.take(),
        image_url: item.item_image_url.take(),
        category: item.l_category_name.take(),
        brand: item.brand_name.take(),
        ..Item::default()
    }
}

/// KARTE's customers write yen, which have no decimals, and group by commas.
fn money<'a>(amount: &Text<'a>) -> Option<Money<'a>> {
    Some(Money { amount: Some(amount.grouped_decimal()?), ..Money::default() })
}

fn raw(json: &str) -> Option<Raw<'_>> {
    serde_json::from_str::<&RawValue>(json).ok().map(Cow::Borrowed)
}
