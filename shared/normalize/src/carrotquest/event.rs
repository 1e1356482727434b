//! Events: the vendor's own under their `$name`, the customer's under any other name.

use std::borrow::Cow;

use serde_json::value::RawValue;
use tributary_events::data::{
    Address, Campaign, Consent, Conversation, Form, Item, Message, Money, Order, Page, Session,
};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureClass, FailureReason, Str};

use super::payload::{Event, Props, User};
use super::person::{Person, client};
use super::{Kind, Post};
use crate::address::address;
use crate::lenient::{Any, Text};
use crate::{Identity, Output, Unreadable};

/// The vendor's page gives prices in rubles. Shops that count otherwise set `currency`.
const RUBLES: &str = "RUB";

/// How it is told by which channel an event travelled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The event's name tells.
    On(Channel),
    /// `$type` of the message tells.
    Told,
    /// None.
    Off,
}

/// The vendor's list (<https://developers.carrotquest.io/events>). The misspellings are the vendor's.
fn kind(name: &str) -> (EventType, Way) {
    use Channel::{Email, Push, Web, WebChat};
    use EventType as E;
    use Way::{Off, On, Told};
    match name {
        "$session_start" => (E::SessionStarted, On(Web)),
        "$utm_hit" => (E::SessionAttributed, On(Web)),
        "$registered" => (E::ContactRegistered, On(Web)),
        // The second spelling stands in an example of Dashly's.
        "$authorized" | "$authorised" => (E::ContactSignedIn, On(Web)),
        "$logout" => (E::ContactSignedOut, On(Web)),
        "$email_changed" | "$name_changed" | "$phone_changed" => (E::ContactUpdated, Off),
        "$user_banned" => (E::ContactBlocked, Off),
        "$user_unbanned" => (E::ContactUnblocked, Off),
        "$user_merged" => (E::ContactMerged, Off),
        "$leave_site_attempt" => (E::PageExitIntent, On(Web)),
        "$page_view" => (E::PageViewed, On(Web)),
        "$form_sended" => (E::FormSubmitted, On(Web)),
        "$input_filled" => (E::FormInputFilled, On(Web)),
        "$filled_facebook_lead_ad" => (E::LeadCaptured, Off),
        "$calendly_invitee_created" => (E::MeetingScheduled, Off),
        "$zoom_meeting_joined" => (E::MeetingJoined, Off),
        "$double_opt_in_send" => (E::ConsentRequested, On(Email)),
        "$double_opt_in_confirmed" => (E::ConsentGranted, On(Email)),
        "$push_subscribed" => (E::ConsentGranted, On(Push)),
        "$push_unsubscribed" => (E::ConsentRevoked, On(Push)),
        "$start_screen_opened" => (E::MessengerStartOpened, On(Web)),
        "$conversation_screen_opened" => (E::MessengerConversationOpened, On(WebChat)),
        "$conversation_user_started" => (E::ConversationCreated, On(WebChat)),
        "$conversation_part_group_closed" => (E::ConversationClosed, On(WebChat)),
        "$message_sended" => (E::MessageSent, Told),
        // Of an email it is the opening: `read` only adds the channel.
        "$message_read" => (E::MessageRead, Told),
        "$message_replied" => (E::MessageReceived, Told),
        "$message_clicked" => (E::MessageClicked, Told),
        "$message_unsubscribed" => (E::ConsentRevoked, Told),
        // The person is in the control group: the message was **not** sent.
        "$message_control_group" => (E::MessageWithheld, Told),
        "$message_spam" => (E::MessageComplained, Told),
        "$message_bounced" => (E::MessageBounced, Told),
        "$chat_bot_sent" => (E::BotSent, On(WebChat)),
        "$chat_bot_read" => (E::BotRead, On(WebChat)),
        "$chat_bot_replied" => (E::BotReplied, On(WebChat)),
        "$chat_bot_finished" => (E::BotFinished, On(WebChat)),
        "$chat_bot_interrupted" => (E::BotInterrupted, On(WebChat)),
        "$order_started" => (E::OrderStarted, On(Web)),
        "$order_completed" => (E::OrderCompleted, On(Web)),
        "$order_paid" => (E::OrderPaid, On(Web)),
        "$order_closed" => (E::OrderFulfilled, On(Web)),
        "$order_cancelled" => (E::OrderCancelled, On(Web)),
        "$order_refunded" => (E::OrderRefunded, On(Web)),
        "$cart_added" => (E::CartItemAdded, On(Web)),
        "$cart_viewed" => (E::CartViewed, On(Web)),
        "$product_viewed" => (E::ProductViewed, On(Web)),
        // A leading `$` is the vendor's own; a post without any name cannot be the customer's.
        "" => (E::Unrecognized, Off),
        name if name.starts_with('$') => (E::Unrecognized, On(Web)),
        // A display name counts as the customer's: nothing tells it from one.
        _ => (E::Custom, On(Web)),
    }
}

/// `$type` of a message. Words beyond the vendor's list are in its integrators' code.
fn channel(word: &Text<'_>) -> Option<Channel> {
    Some(match word.get()? {
        "email" => Channel::Email,
        "push" | "sdk_push" => Channel::Push,
        "lead_bot" | "routing_bot" => Channel::WebChat,
        word if word.starts_with("popup_") || word.starts_with("block_popup_") => Channel::Popup,
        _ => return None,
    })
}

/// Reads an event, or the event that fired a "Webhook" message.
pub(super) fn read<'a>(
    post: &Post<'a, '_>,
    post_kind: Kind,
    event_json: Option<&'a str>,
    user_json: Option<&'a str>,
    out: &mut Output<'_>,
) -> Result<(), Unreadable> {
    let body = &post.body;
    let event: Event<'a> = event_json.map(|json| out.parse(json)).transpose()?.unwrap_or_default();
    let user: Option<User<'a>> = user_json.and_then(|json| out.parse(json).ok());
    let name = body.event_name.or(&event.kind.name);
    let told = body.tells_something() || event.tells_something() || user.as_ref().is_some_and(User::tells_something);
    let (kind, way) = if told { kind(name.get().unwrap_or_default()) } else { (EventType::Unrecognized, Way::Off) };
    let listed = !matches!(kind, EventType::Custom | EventType::Unrecognized);
    let props: Props<'a> = match event.props.get().filter(|json| listed && json.starts_with('{')) {
        Some(json) => out.parse(json)?,
        None => Props::default(),
    };

    let nobody = User::default();
    let about = About {
        name: name.get().unwrap_or_default(),
        person: Person::new(body, &event, user.as_ref().unwrap_or(&nobody)),
        event: &event,
        user: user.as_ref().unwrap_or(&nobody),
        props: &props,
        currency: post.request.settings.get("currency").unwrap_or(RUBLES),
    };
    let mut data = post.data(&name);
    data.channel = match way {
        Way::On(channel) => Some(channel),
        Way::Told => channel(&props.channel),
        Way::Off => None,
    };
    data.vendor.channel = props.channel.take().filter(|_| way == Way::Told);
    let kind = if kind == EventType::MessageRead && data.channel == Some(Channel::Email) {
        EventType::MessageOpened
    } else {
        kind
    };
    let own_words = matches!(kind, EventType::ContactRegistered | EventType::ContactSignedIn);
    data.contact = about.person.contact(user.as_ref(), own_words.then_some(&props)).map(Box::new);
    data.client = client(about.user, &props).map(Box::new);
    if post_kind == Kind::MessageWebhook && !body.message_id.is_none() {
        data.campaign = Some(Box::new(Campaign {
            id: body.message_id.take(),
            name: body.message_name.take(),
            kind: Some("webhook".into()),
            ..Campaign::default()
        }));
    }
    data.address = about.address(kind, data.channel);
    let subject = about.fill(kind, &mut data);
    let identity = identity(post, post_kind, &name, &event, out);
    let time = event.created.seconds().or_else(|| event.created.time());
    out.event(&identity, Draft { kind, subject, time, data });
    Ok(())
}

/// An event, and all that stands around it.
struct About<'v, 'a, 's> {
    name: &'v str,
    person: Person<'a>,
    event: &'v Event<'a>,
    user: &'v User<'a>,
    props: &'v Props<'a>,
    currency: &'s str,
}

impl<'a> About<'_, 'a, '_> {
    /// Fills the objects of the event's family and gives its subject.
    fn fill(&self, kind: EventType, data: &mut Data<'a>) -> Option<Str<'a>> {
        let props = self.props;
        match kind.family() {
            "message" => {
                data.failure = (kind == EventType::MessageBounced)
                    .then(|| Box::new(Failure::new(FailureClass::Unknown, FailureReason::Other)));
                data.message = Some(Box::new(self.message(kind, data)));
                self.campaign(data);
                return self.delivery().or_else(|| self.person.subject());
            }
            "consent" => {
                let state = match kind {
                    EventType::ConsentRequested => "requested",
                    EventType::ConsentGranted => "granted",
                    _ => "revoked",
                };
                data.consent = Some(Box::new(Consent { state: Some(state.into()), ..Consent::default() }));
                if state != "requested"
                    && let Some(contact) = &mut data.contact
                {
                    contact.subscribed = Some(state == "granted");
                }
                self.campaign(data);
            }
            "conversation" => {
                let id = props.conversation_id.take();
                let subject = id.as_ref().map(|id| Cow::Owned(format!("conversation/{id}")));
                data.conversation = id.map(|id| Box::new(Conversation { id: Some(id), ..Conversation::default() }));
                if let Some(text) = props.body.take() {
                    let message = Message { text: Some(text), ..self.message(EventType::MessageReceived, data) };
                    data.message = Some(Box::new(message));
                }
                return subject.or_else(|| self.person.subject());
            }
            "order" => {
                let id = props.order_id.or(&props.order_id_human).take();
                let subject = id.as_ref().map(|id| Cow::Owned(format!("order/{id}")));
                let total = self.money(&props.order_amount);
                if id.is_some() || total.is_some() {
                    data.order = Some(Box::new(Order { id, total, ..Order::default() }));
                }
                self.attributes(data);
                return subject.or_else(|| self.person.subject());
            }
            "cart" | "product" => data.items = self.items(),
            "session" => {
                data.session = Some(Box::new(Session {
                    started_at: self.user.presence_details.session_started.seconds(),
                    utm_source: props.utm_source.take(),
                    utm_medium: props.utm_medium.take(),
                    utm_campaign: props.utm_campaign.take(),
                    utm_term: props.utm_term.take(),
                    utm_content: props.utm_content.take(),
                    ..Session::default()
                }));
                self.page(data);
            }
            "page" => {
                self.page(data);
                self.attributes(data);
            }
            "form" => {
                let fields = self.event.props.take().filter(|fields| fields.get() != "{}");
                data.form = fields.map(|fields| Box::new(Form { fields: Some(fields), ..Form::default() }));
            }
            _ => {
                if let (Some(contact), Some(changed)) = (&mut data.contact, changed(self.name)) {
                    contact.changed = Some(changed.into());
                }
                self.attributes(data);
            }
        }
        self.person.subject()
    }

    /// Emails go to the one `$email` that a person has. Nothing else has an address: widgets go by the vendor's id of the
    /// visitor, and the token of a push is not told.
    fn address(&self, kind: EventType, channel: Option<Channel>) -> Option<Address<'a>> {
        let is_about_one = matches!(kind.family(), "message" | "consent") && channel == Some(Channel::Email);
        is_about_one.then(|| address(&self.user.props.email, channel)).flatten()
    }

    /// What the vendor's list does not explain, or the customer's own script wrote.
    fn attributes(&self, data: &mut Data<'a>) {
        data.attributes = self.event.props.take().filter(|props| props.get() != "{}");
    }

    /// The place of the person while the post was made: the event itself names no page.
    fn page(&self, data: &mut Data<'a>) {
        let presence = &self.user.presence_details;
        let (url, title, referrer) = (presence.url.take(), presence.page.take(), self.props.referrer.take());
        if url.is_some() || title.is_some() || referrer.is_some() {
            data.page = Some(Box::new(Page { url, title, referrer, ..Page::default() }));
        }
    }

    /// `$message_id` is an automatic or manual message, the same for everybody who gets it: with the person it is one.
    fn delivery(&self) -> Option<Str<'a>> {
        let (message, person) = (self.props.message_id.get()?, self.person.id.get()?);
        Some(Cow::Owned(format!("message/{message}/{person}")))
    }

    fn message(&self, kind: EventType, data: &Data<'a>) -> Message<'a> {
        let address = data.address.as_ref().map(|address| address.value.clone());
        let inbound = kind == EventType::MessageReceived;
        // Of a reply only the message that it answers has an id.
        let id = self.props.message_id.take();
        let (id, in_reply_to) = if inbound { (None, id) } else { (id, None) };
        let (direction, from, to) = if inbound { ("inbound", address, None) } else { ("outbound", None, address) };
        Message {
            id,
            in_reply_to,
            direction: Some(direction.into()),
            from,
            to,
            control_group: (kind == EventType::MessageWithheld).then_some(true),
            ..Message::default()
        }
    }

    /// The message as what was set up once for many.
    fn campaign(&self, data: &mut Data<'a>) {
        let props = self.props;
        if let Some(id) = props.message_id.take() {
            let (name, kind) = (props.message_name.take(), props.message_type.take());
            data.campaign = Some(Box::new(Campaign { id: Some(id), name, kind, ..Campaign::default() }));
        }
    }

    /// One item, or the columns of a cart's table.
    fn items(&self) -> Option<Vec<Item<'a>>> {
        let props = self.props;
        let columns = [&props.name, &props.url, &props.amount, &props.img].map(column);
        let rows = columns.iter().map(Vec::len).max().unwrap_or_default();
        // Which of its values are missing in a shorter column, nobody knows.
        let at = |number: usize, row: usize| match &columns[number] {
            column if column.len() == rows => column.get(row).cloned().unwrap_or_default(),
            _ => Text::default(),
        };
        let item = |row| Item {
            name: at(0, row).take(),
            url: at(1, row).take(),
            price: self.money(&at(2, row)),
            image_url: at(3, row).take(),
            ..Item::default()
        };
        (rows > 0).then(|| (0..rows).map(item).collect())
    }

    fn money(&self, amount: &Text<'a>) -> Option<Money<'a>> {
        let amount = amount.decimal()?;
        Some(Money { amount: Some(amount), currency: Some(Cow::Owned(self.currency.to_owned())), ..Money::default() })
    }
}

fn column<'a>(values: &Any<'a>) -> Vec<Text<'a>> {
    match values.elements() {
        Some(elements) => elements.into_iter().map(|element| Text::from_json(RawValue::get(element))).collect(),
        None => Some(values.text()).into_iter().filter(|text| !text.is_none()).collect(),
    }
}

fn changed(name: &str) -> Option<&'static str> {
    Some(match name {
        "$email_changed" => "email",
        "$name_changed" => "name",
        "$phone_changed" => "phone",
        _ => return None,
    })
}

/// The event's id with its name; else all of the post.
///
/// One event may fire several messages, and come as an event besides: these are events of their own.
fn identity(post: &Post<'_, '_>, post_kind: Kind, name: &Text<'_>, event: &Event<'_>, out: &Output<'_>) -> Identity {
    let body = &post.body;
    let me = match post_kind {
        Kind::MessageWebhook => post
            .identity("message_webhook", name, out)
            .with(body.message_id.get())
            // The dialogue's, and the same for all firings in it: it only goes with the event's id.
            .with(body.sending_id.get()),
        _ => post.identity("event", name, out),
    };
    me.occurrence(&event.id).or_else(|| me.occurrence(&body.event_id)).unwrap_or_else(|| me.element(post.original))
}
