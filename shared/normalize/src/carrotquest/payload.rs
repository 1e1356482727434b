//! The vendor's field names. Everything is optional: real posts leave out what the vendor's pages list.

use serde::Deserialize;

use crate::identity::is_nothing;
use crate::lenient::{Any, Obj, Text};

/// The form, or the JSON of our template.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Body<'a> {
    /// What kind of post it is. Not the event's type, and not the message's.
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    /// The vendor's id of the person. Not the customer's own.
    pub(super) user_id: Text<'a>,
    pub(super) user: Any<'a>,
    pub(super) event_name: Text<'a>,
    pub(super) event_id: Text<'a>,
    pub(super) event: Any<'a>,
    pub(super) message_id: Text<'a>,
    pub(super) message_name: Text<'a>,
    pub(super) sending_id: Text<'a>,
    pub(super) conversation: Any<'a>,
    /// Ours, of the template: which of the person's events of that name it is.
    pub(super) event_count: Text<'a>,
}

impl Body<'_> {
    /// None of the vendor's fields is there.
    pub(super) fn is_empty(&self) -> bool {
        let texts = [&self.kind, &self.event_name, &self.event_id, &self.message_id, &self.sending_id];
        texts.iter().all(|text| text.is_none()) && self.event.get().is_none() && self.conversation.get().is_none()
    }

    /// Whether the post itself names an occurrence, a message or a person: a name alone is no event of that name.
    pub(super) fn tells_something(&self) -> bool {
        let texts = [&self.event_id, &self.event_count, &self.message_id, &self.sending_id, &self.user_id];
        texts.iter().any(|text| !text.is_none())
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Event<'a> {
    pub(super) id: Text<'a>,
    pub(super) created: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Obj<EventType<'a>>,
    pub(super) user: Text<'a>,
    pub(super) props: Any<'a>,
}

impl Event<'_> {
    /// Whether it is told when or to whom it happened, or with what attributes.
    pub(super) fn tells_something(&self) -> bool {
        let texts = [&self.id, &self.created, &self.user];
        texts.iter().any(|text| !text.is_none()) || self.props.get().is_some_and(|props| !is_nothing(props))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct EventType<'a> {
    pub(super) name: Text<'a>,
}

/// `props` of the vendor's own events: the union of what its list gives them.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Props<'a> {
    // $registered, $authorized: text. $cart_added, $product_viewed: text. $cart_viewed: a list.
    #[serde(rename = "$name")]
    pub(super) name: Any<'a>,
    // $registered, $authorized
    #[serde(rename = "$email")]
    pub(super) email: Text<'a>,
    #[serde(rename = "$phone")]
    pub(super) phone: Text<'a>,
    #[serde(rename = "$user_id")]
    pub(super) user_id: Text<'a>,
    // $session_start
    #[serde(rename = "$referrer")]
    pub(super) referrer: Text<'a>,
    #[serde(rename = "$browser")]
    pub(super) browser: Text<'a>,
    #[serde(rename = "$os")]
    pub(super) os: Text<'a>,
    #[serde(rename = "$device")]
    pub(super) device: Text<'a>,
    #[serde(rename = "$device_type")]
    pub(super) device_type: Text<'a>,
    #[serde(rename = "$ip")]
    pub(super) ip: Text<'a>,
    // $utm_hit
    #[serde(rename = "$utm_source")]
    pub(super) utm_source: Text<'a>,
    #[serde(rename = "$utm_medium")]
    pub(super) utm_medium: Text<'a>,
    #[serde(rename = "$utm_campaign")]
    pub(super) utm_campaign: Text<'a>,
    #[serde(rename = "$utm_content")]
    pub(super) utm_content: Text<'a>,
    #[serde(rename = "$utm_term")]
    pub(super) utm_term: Text<'a>,
    // $conversation_*
    #[serde(rename = "$conversation_id")]
    pub(super) conversation_id: Text<'a>,
    #[serde(rename = "$body")]
    pub(super) body: Text<'a>,
    // $message_*
    #[serde(rename = "$message_id")]
    pub(super) message_id: Text<'a>,
    #[serde(rename = "$message_name")]
    pub(super) message_name: Text<'a>,
    #[serde(rename = "$message_type")]
    pub(super) message_type: Text<'a>,
    /// The channel.
    #[serde(rename = "$type")]
    pub(super) channel: Text<'a>,
    // $order_*
    #[serde(rename = "$order_id")]
    pub(super) order_id: Text<'a>,
    #[serde(rename = "$order_id_human")]
    pub(super) order_id_human: Text<'a>,
    #[serde(rename = "$order_amount")]
    pub(super) order_amount: Text<'a>,
    // $cart_*, $product_viewed
    #[serde(rename = "$url")]
    pub(super) url: Any<'a>,
    #[serde(rename = "$amount")]
    pub(super) amount: Any<'a>,
    #[serde(rename = "$img")]
    pub(super) img: Any<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct User<'a> {
    /// The vendor's.
    pub(super) id: Text<'a>,
    /// The customer's own.
    pub(super) user_id: Text<'a>,
    pub(super) props: Obj<UserProps<'a>>,
    pub(super) presence_details: Obj<Presence<'a>>,
}

impl User<'_> {
    /// Whether anybody is named.
    pub(super) fn tells_something(&self) -> bool {
        let props = &self.props;
        let texts = [&self.id, &self.user_id, &props.user_id, &props.name, &props.email, &props.phone];
        texts.iter().any(|text| !text.is_none())
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct UserProps<'a> {
    #[serde(rename = "$user_id")]
    pub(super) user_id: Text<'a>,
    #[serde(rename = "$name")]
    pub(super) name: Text<'a>,
    #[serde(rename = "$email")]
    pub(super) email: Text<'a>,
    #[serde(rename = "$phone")]
    pub(super) phone: Text<'a>,
    #[serde(rename = "$country")]
    pub(super) country: Text<'a>,
    #[serde(rename = "$region")]
    pub(super) region: Text<'a>,
    #[serde(rename = "$city")]
    pub(super) city: Text<'a>,
    #[serde(rename = "$latitude")]
    pub(super) latitude: Text<'a>,
    #[serde(rename = "$longitude")]
    pub(super) longitude: Text<'a>,
}

/// Where the person is while the post is made.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Presence<'a> {
    /// Title.
    pub(super) page: Text<'a>,
    pub(super) url: Text<'a>,
    pub(super) session_started: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Part<'a> {
    pub(super) id: Text<'a>,
    pub(super) created: Text<'a>,
    pub(super) edited: Any<'a>,
    pub(super) removed: Any<'a>,
    /// The id of the conversation.
    pub(super) conversation: Text<'a>,
    pub(super) body: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) sent_via: Text<'a>,
    /// A person's id, or an operator.
    pub(super) from: Any<'a>,
    pub(super) user: Text<'a>,
    pub(super) assignee: Obj<Operator<'a>>,
    pub(super) conversation_type: Text<'a>,
    pub(super) conversation_closed: Text<'a>,
    pub(super) conversation_tags: Any<'a>,
}

impl Part<'_> {
    /// Whether it is of any part, conversation or person, or holds words: a type alone is no event of that type.
    pub(super) fn tells_something(&self) -> bool {
        let texts = [&self.id, &self.conversation, &self.body, &self.user];
        texts.iter().any(|text| !text.is_none()) || self.from.get().is_some_and(|from| !is_nothing(from))
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Operator<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
}
