//! An element of `results`: the fields of all dialects.
//!
//! Classic notify URL, per channel, Messages API and omni failover name the same things differently; which names a
//! report has tells nothing but its dialect, so they are read side by side.

use serde::Deserialize;
use tributary_events::Channel;
use tributary_events::data::{Campaign, Contact, Message};

use crate::address::is_email;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, person};
use super::super::payload::{self, Error, Platform, Price, Status};
use super::super::route::Route;
use super::super::status::voice::is_voice_error;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(in crate::infobip) struct Item<'a> {
    /// A word, or `{type}` for RCS typing and conversations.
    pub(in crate::infobip) event: Any<'a>,
    pub(super) channel: Text<'a>,
    /// The channel of an inbound message.
    pub(super) integration_type: Text<'a>,

    pub(in crate::infobip) message_id: Text<'a>,
    pub(super) bulk_id: Text<'a>,
    pub(super) paired_message_id: Text<'a>,

    /// Sender; of seen reports the person.
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    pub(super) sender: Text<'a>,
    /// Messages API: the person of a report, the company of an inbound message.
    pub(super) destination: Text<'a>,
    /// WhatsApp: the person.
    pub(super) contact: Obj<WhatsappContact<'a>>,
    /// Live Chat: the conversation, and the person as the customer's site knows them.
    pub(super) thread_id: Text<'a>,
    pub(super) user_data: Obj<UserData<'a>>,

    pub(super) sent_at: Text<'a>,
    /// Omni failover's `sentAt` of seen reports.
    pub(super) send_at: Text<'a>,
    pub(super) done_at: Text<'a>,
    pub(in crate::infobip) seen_at: Text<'a>,
    pub(in crate::infobip) received_at: Text<'a>,

    pub(in crate::infobip) status: Obj<Status<'a>>,
    pub(super) error: Obj<Error<'a>>,
    pub(in crate::infobip) price: Obj<Price<'a>>,
    pub(super) platform: Obj<Platform<'a>>,
    pub(super) application_id: Text<'a>,
    pub(super) callback_data: Any<'a>,
    pub(super) campaign_reference_id: Text<'a>,

    pub(super) message_count: Text<'a>,
    /// `messageCount` of before.
    pub(super) sms_count: Text<'a>,
    pub(super) rcs_count: Text<'a>,
    pub(super) mcc_mnc: Text<'a>,

    pub(super) attempt_count: Text<'a>,
    pub(super) smtp: Obj<Smtp<'a>>,
    /// Only email has it.
    pub(super) browser_link: Text<'a>,
    /// Only RCS has it.
    pub(super) interaction_type: Text<'a>,
    pub(super) conversation: Obj<RcsConversation<'a>>,

    /// MMS: of the person's phone.
    pub(super) user_agent: Text<'a>,
    /// SMS.
    pub(in crate::infobip) text: Any<'a>,
    pub(in crate::infobip) clean_text: Text<'a>,
    pub(super) keyword: Text<'a>,
    /// An object, or an array in MMS.
    pub(in crate::infobip) message: Any<'a>,
    /// Messages API: an array of parts.
    pub(in crate::infobip) content: Any<'a>,

    /// RCS: the sender whose status changed.
    pub(in crate::infobip) sender_name: Text<'a>,
    /// Number lookup.
    pub(in crate::infobip) original_network: Any<'a>,
    pub(in crate::infobip) ported: Any<'a>,
    /// Voice.
    pub(in crate::infobip) voice_call: Any<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Smtp<'a> {
    pub(super) response: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct RcsConversation<'a> {
    pub(super) id: Text<'a>,
    pub(super) start_time: Text<'a>,
}

/// A WhatsApp user. The number is missing where the user goes by a user name.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct WhatsappContact<'a> {
    pub(super) name: Text<'a>,
    pub(super) phone_number: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) username: Text<'a>,
}

/// The visitor of a Live Chat.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct UserData<'a> {
    pub(super) cdp_person_id: Text<'a>,
    pub(super) user_identity: Obj<UserIdentity<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct UserIdentity<'a> {
    /// `EMAIL`, `PHONE` or `EXTERNAL_ID`.
    pub(super) identity_type: Text<'a>,
    pub(super) identity_value: Text<'a>,
}

/// Apple's ids of a company. Some examples have them where the person should be.
pub(in crate::infobip) const APPLE_BUSINESS: &str = "urn:mbid:";

impl<'a> Item<'a> {
    /// Whether it names a message or somebody.
    pub(in crate::infobip) fn names_something(&self) -> bool {
        let names = [&self.message_id, &self.from, &self.to, &self.sender, &self.destination];
        let conversation = !self.conversation.id.is_none();
        conversation || self.contact.get().is_some() || names.into_iter().any(|name| !name.is_none())
    }

    /// The way it travelled: the body's own word, what is certain, the route, what is likely.
    pub(super) fn way(&self, route: &Route) -> Way<'a> {
        self.way_with(route, None)
    }

    /// As [`Item::way`], with what a part of the body makes likely.
    pub(super) fn way_with(&self, route: &Route, likely: Option<Channel>) -> Way<'a> {
        Way::of_word(&self.channel)
            .or_else(|| Way::of_word(&self.integration_type))
            .or_else(|| self.certain().map(Way::of))
            .or_else(|| Way::of_route(route))
            .or_else(|| self.likely().or(likely).map(Way::of))
            .or_else(|| Way::of_segment(route))
            .unwrap_or_default()
    }

    /// Whether a delivery report is one of a call: by its own word, by what only such reports have, else by the route. The
    /// old ones and those of the Messages API have the fields of any other.
    pub(in crate::infobip) fn is_of_calls(&self, route: &Route) -> bool {
        if let Some(word) = self.channel.get() {
            // Cheap, for every report comes by here.
            let may_be = word.starts_with(['V', 'v', 'W', 'w', 'C', 'c']);
            return may_be && Way::of_word(&self.channel).and_then(|way| way.ours) == Some(Channel::Voice);
        }
        if !self.price.price_per_second.is_none() || is_voice_error(&self.error.id, &self.error.name) {
            return true;
        }
        // What the vendor sends as SILENT_VERIFICATION_DELIVERY is not known to be a call.
        route.our_channel() == Some(Channel::Voice)
            && self.way(route).ours == Some(Channel::Voice)
            && !route.event_is("silent_verification_delivery")
    }

    /// What only one channel has.
    fn certain(&self) -> Option<Channel> {
        let apple = |text: &Text<'_>| text.get().is_some_and(|text| text.starts_with(APPLE_BUSINESS));
        if [&self.from, &self.to, &self.sender, &self.destination].into_iter().any(apple) {
            Some(Channel::AppleMessages)
        } else if self.to.get().is_some_and(is_email) {
            Some(Channel::Email)
        } else if self.message.elements().is_some() {
            Some(Channel::Mms)
        } else {
            None
        }
    }

    /// What only one channel has today.
    fn likely(&self) -> Option<Channel> {
        if self.smtp.get().is_some() || !self.browser_link.is_none() {
            Some(Channel::Email)
        } else if self.contact.get().is_some() {
            Some(Channel::Whatsapp)
        } else if !self.interaction_type.is_none() {
            Some(Channel::Rcs)
        } else if self.text.get().is_some() && !self.received_at.is_none() {
            Some(Channel::Sms)
        } else {
            None
        }
    }

    pub(super) fn part(&self, json: &'a str, event: &'static str, route: &Route) -> Part<'a> {
        self.part_by(json, event, self.way(route))
    }

    pub(super) fn part_by(&self, json: &'a str, event: &'static str, way: Way<'a>) -> Part<'a> {
        let account = payload::application(&self.platform, &self.application_id);
        Part { json, event: event.into(), way, account }
    }

    /// The fields that messages of both directions have.
    pub(super) fn message(&self) -> Message<'a> {
        let parts = self.message_count.or(&self.sms_count).or(&self.rcs_count);
        Message {
            id: self.message_id.take(),
            bulk_id: self.bulk_id.take(),
            parts: parts.int(),
            sent_at: payload::time(&self.sent_at.or(&self.send_at)),
            network: self.mcc_mnc.take(),
            ..Message::default()
        }
    }

    pub(super) fn campaign(&self) -> Option<Box<Campaign<'a>>> {
        let reference = self.campaign_reference_id.take()?;
        Some(Box::new(Campaign { reference: Some(reference), ..Campaign::default() }))
    }

    /// An end of the message, or what WhatsApp tells of the person in its place.
    pub(super) fn end(&self, address: &Text<'a>) -> Text<'a> {
        address.or(&self.contact.phone_number).or(&self.contact.user_id)
    }

    /// The person, from the address and what WhatsApp tells besides.
    pub(super) fn person(&self, address: &Text<'a>, way: &Way<'a>) -> Option<Box<Contact<'a>>> {
        let mut person = person(address, way.ours);
        if let Some(known) = self.contact.get() {
            person.name = known.name.take();
            person.username = known.username.take();
            person.phone = known.phone_number.take().or(person.phone);
            person.channel_id = known.user_id.take().or(person.channel_id);
        }
        if let Some(known) = self.user_data.get() {
            person.id = known.cdp_person_id.take();
            let value = known.user_identity.identity_value.take();
            match known.user_identity.identity_type.get() {
                Some("EMAIL") => person.email = value,
                Some("PHONE") => person.phone = value,
                Some("EXTERNAL_ID") => person.user_id = value,
                _ => {}
            }
        }
        let found = person.email.is_some() || person.phone.is_some() || person.channel_id.is_some();
        (found || person.name.is_some()).then(|| Box::new(person))
    }
}
