//! Records of the Open API: users' events, and what became of a campaign at each recipient.

use std::borrow::Cow;

use tributary_events::data::{Campaign, Client, Contact, Conversation, Device, Geo, Message, Money, Order, Page};
use tributary_events::{Channel, Data, Draft, EventType};

use super::medium;
use super::payload::{CampaignInfo, Property, Recipient, UserEvent};
use super::person::subject;
use crate::lenient::{Obj, Text};
use crate::output::original;
use crate::{Output, Settings, Unreadable};

/// Whose word the name of a user's event is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Channel Talk recorded the event: names of its list have its meaning.
    Recorded,
    /// The customer created the event by the API: whatever the name, it is the customer's own.
    Created,
}

/// The vendor's list, and what its names mean.
fn kind(event: &UserEvent<'_>, origin: Origin) -> EventType {
    let Some(name) = event.name.get() else { return EventType::Unrecognized };
    match name {
        _ if origin == Origin::Created => EventType::Custom,
        "PageView" => EventType::PageViewed,
        // The Japanese page spells it with a small c.
        "UserChatOpen" | "UserchatOpen" => EventType::ConversationCreated,
        "MarketingSend" => EventType::MessageSent,
        // Of a text message its link was clicked, of a mail it was opened.
        "MarketingView" => EventType::MessageViewed,
        "MarketingClick" => EventType::MessageClicked,
        "MarketingGoal" => EventType::CampaignGoalReached,
        _ if event.managed.flag() == Some(true) => EventType::Unrecognized,
        _ => EventType::Custom,
    }
}

/// Reads a user's event: `record` itself, and `text`, which may hold more, as `data.original`.
pub(super) fn event<'a>(
    record: &'a str,
    text: &'a str,
    origin: Origin,
    out: &mut Output<'_>,
) -> Result<(), Unreadable> {
    let event: UserEvent<'a> = out.parse(record)?;
    let event = &event;
    let kind = kind(event, origin);
    let mut data = Data::new(event.name.take().unwrap_or_default(), original(text));
    data.vendor.account = event.channel_id.take();
    data.vendor.channel = Some(if kind == EventType::Custom { "custom" } else { "default" }.into());
    // An event created by the API may have happened anywhere.
    data.channel = match kind {
        EventType::PageViewed => Some(Channel::Web),
        EventType::ConversationCreated => Some(Channel::WebChat),
        EventType::Custom if origin == Origin::Recorded => Some(Channel::Web),
        _ => None,
    };
    let person = event.user_id.or(&event.person_id);
    data.contact = person.take().map(|id| Box::new(Contact { id: Some(id), ..Contact::default() }));
    let property = event.property.get().filter(|json| json.starts_with('{') && *json != "{}");
    match (kind, property) {
        (EventType::PageViewed, Some(json)) => page(&mut data, &out.parse(json)?),
        (EventType::CampaignGoalReached, Some(json)) => {
            data.attributes = event.property.take();
            data.order = order(&out.parse::<Property<'a>>(json)?.revenue);
        }
        (_, Some(_)) => data.attributes = event.property.take(),
        (_, None) => {}
    }
    let me = out.identity(event.channel_id.get(), &data.vendor.event);
    let identity = me.occurrence(&event.id).unwrap_or_else(|| me.element(record));
    let time = event.created_at.millis();
    out.event(&identity, Draft { kind, subject: subject("contact", &person), time, data });
    Ok(())
}

fn page<'a>(data: &mut Data<'a>, property: &Property<'a>) {
    data.page = Some(Box::new(Page {
        url: property.url.take(),
        title: property.title.take(),
        name: property.page.take(),
        ..Page::default()
    }));
    let geo = Geo { country: property.country.take(), city: property.city.take(), ..Geo::default() };
    let told = [&property.ip, &property.os, &property.browser, &property.device, &property.country, &property.city];
    data.client = told.iter().any(|text| !text.is_none()).then(|| {
        Box::new(Client {
            ip: property.ip.take(),
            os: property.os.take(),
            browser: property.browser.take(),
            device: property.device.take().map(|kind| Device { kind: Some(kind), ..Device::default() }),
            geo: (geo.country.is_some() || geo.city.is_some()).then_some(geo),
            ..Client::default()
        })
    });
}

fn order<'a>(revenue: &Text<'a>) -> Option<Box<Order<'a>>> {
    revenue.number()?;
    let total = Some(Money { amount: revenue.take(), ..Money::default() });
    Some(Box::new(Order { total, ..Order::default() }))
}

/// What stands around recipients.
pub(super) struct Around<'b, 'a> {
    /// The campaign and the one-time message of the answer; either may be missing.
    pub(super) campaign: [&'b Obj<CampaignInfo<'a>>; 2],
    pub(super) settings: &'b Settings,
}

/// Reads a recipient: one event for each thing that happened.
pub(super) fn recipient<'a>(recipient: &Recipient<'a>, text: &'a str, around: &Around<'_, 'a>, out: &mut Output<'_>) {
    let facts = [
        ("sent", EventType::MessageSent, &recipient.sent),
        ("view", EventType::MessageViewed, &recipient.view),
        ("click", EventType::MessageClicked, &recipient.click),
        ("goal", EventType::CampaignGoalReached, &recipient.goal),
    ];
    let happened = facts.into_iter().filter(|(_, _, at)| at.millis().is_some());
    let before = out.len();
    for (fact, kind, at) in happened {
        put(recipient, (fact, kind, at), text, around, out);
    }
    if out.len() == before {
        put(recipient, ("", EventType::Unrecognized, &Text::default()), text, around, out);
    }
}

fn put<'a>(
    recipient: &Recipient<'a>,
    (fact, kind, at): (&str, EventType, &Text<'a>),
    text: &'a str,
    around: &Around<'_, 'a>,
    out: &mut Output<'_>,
) {
    let campaign_id = recipient.campaign_id.or(&recipient.one_time_msg_id);
    let model = if recipient.campaign_id.is_none() && !recipient.one_time_msg_id.is_none() {
        "oneTimeMsgUser"
    } else {
        "campaignUser"
    };
    let name = if fact.is_empty() { model.to_owned() } else { format!("{model}.{fact}") };
    let mut data = Data::new(name, original(text));
    let info = around.campaign.iter().find_map(|info| info.get());
    let setting =
        campaign_id.get().and_then(|id| around.settings.get(&format!("campaign_{}", id.to_ascii_lowercase())));
    let medium = match (info.map(|info| &info.send_medium).filter(|medium| !medium.is_none()), setting) {
        (Some(medium), _) => medium.clone(),
        (None, Some(word)) => Text::from(Cow::Owned(word.to_owned())),
        (None, None) => Text::default(),
    };
    data.vendor.account = info.and_then(|info| info.channel_id.take());
    data.vendor.channel = medium.take();
    data.channel = medium::channel(&medium);
    data.contact = recipient.user_id.take().map(|id| Box::new(Contact { id: Some(id), ..Contact::default() }));
    data.message = Some(Box::new(Message {
        delivery_id: recipient.id.take(),
        direction: Some("outbound".into()),
        sent_at: recipient.sent.millis(),
        ..Message::default()
    }));
    data.campaign = Some(Box::new(Campaign {
        id: campaign_id.take(),
        name: info.and_then(|info| info.name.take()),
        variant_id: recipient.msg_id.take(),
        kind: Some(if model == "oneTimeMsgUser" { "oneTimeMsg" } else { "campaign" }.into()),
        ..Campaign::default()
    }));
    data.conversation =
        recipient.user_chat_id.take().map(|id| Box::new(Conversation { id: Some(id), ..Conversation::default() }));
    if kind == EventType::CampaignGoalReached {
        data.order = order(&recipient.revenue);
    }
    // No account: the record does not name it, and users' ids are the vendor's own across accounts.
    let me = out.identity(None, &data.vendor.event);
    // The record is read again with every new fact; what happened before is still told by its own time.
    let identity = match fact {
        "" => None,
        _ => me
            .fields(&[&recipient.id, at], &[])
            .or_else(|| me.fields(&[&campaign_id, &recipient.user_id, at], &[&recipient.msg_id])),
    };
    let identity = identity.unwrap_or_else(|| me.element(text)).amended_later();
    let subject = subject("message", &recipient.id).or_else(|| subject("contact", &recipient.user_id));
    out.event(&identity, Draft { kind, subject, time: at.millis(), data });
}
