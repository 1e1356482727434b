//! What every event of the vendor starts from.

use tributary_events::data::Contact;
use tributary_events::{Channel, Data, Draft, EventType, Str, Timestamp};

use crate::lenient::Text;
use crate::output::original;
use crate::{Identity, Naming, Output};

use super::channel;
use super::route::Route;

/// The way an event travelled: in our word and in the vendor's.
#[derive(Debug, Clone, Default)]
pub(super) struct Way<'a> {
    pub(super) ours: Option<Channel>,
    pub(super) vendor: Option<Str<'a>>,
}

impl<'a> Way<'a> {
    /// The body's own word: it goes before any route. A word we do not know is no channel of ours.
    pub(super) fn of_word(word: &Text<'a>) -> Option<Self> {
        Some(match channel::find(word.get()?) {
            Some(known) => Self { ours: known.ours, vendor: Some(known.vendor.into()) },
            None => Self { ours: None, vendor: word.take() },
        })
    }

    /// A channel that the shape of the body tells.
    pub(super) fn of(ours: Channel) -> Self {
        channel::find(ours.as_str())
            .map_or_else(Self::default, |known| Self { ours: Some(ours), vendor: Some(known.vendor.into()) })
    }

    /// A group of events that travel by no channel, by the vendor's name of it.
    pub(super) fn group(vendor: &'static str) -> Self {
        Self { ours: None, vendor: Some(vendor.into()) }
    }

    /// The channel of the route, if it names one.
    pub(super) fn of_route(route: &Route) -> Option<Self> {
        route
            .known_channel()
            .filter(|known| known.ours.is_some())
            .map(|known| Self { ours: known.ours, vendor: Some(known.vendor.into()) })
    }
}

/// A part of a body that is one event.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The part as it came.
    pub(super) json: &'a str,
    /// The vendor's name of what happened, as subscriptions have it.
    pub(super) event: Str<'a>,
    pub(super) way: Way<'a>,
    /// The customer's application.
    pub(super) account: Text<'a>,
}

impl<'a> Part<'a> {
    /// Data with nothing read yet.
    pub(super) fn data(&self) -> Data<'a> {
        let mut data = Data::new(self.event.clone(), original(self.json));
        data.vendor.channel = self.way.vendor.clone();
        data.vendor.account = self.account.take();
        data.channel = self.way.ours;
        data
    }

    /// Begins its identity: the application and the vendor's name of what happened. No channel and no route.
    pub(super) fn naming(&self, out: &Output<'_>) -> Naming<'static> {
        out.identity(self.account.get(), &self.event)
    }

    /// The identity of a part that has no id of its own: all of it.
    pub(super) fn element(&self, out: &Output<'_>) -> Identity {
        self.naming(out).element(self.json)
    }

    /// The channel for a key.
    pub(super) fn channel_word(&self) -> Option<&str> {
        self.way.ours.map(Channel::as_str).or(self.way.vendor.as_deref())
    }
}

/// Puts out an event.
pub(super) fn put<'a>(
    out: &mut Output<'_>,
    identity: &Identity,
    kind: EventType,
    subject: Option<Str<'a>>,
    time: Option<Timestamp>,
    data: Data<'a>,
) {
    out.event(identity, Draft { kind, subject, time, data });
}

/// `kind/id`.
pub(super) fn subject<'a>(kind: &str, id: &Text<'_>) -> Option<Str<'a>> {
    id.get().map(|id| format!("{kind}/{id}").into())
}

/// The person behind an address, by what the address is on that channel.
pub(super) fn person<'a>(address: &Text<'a>, channel: Option<Channel>) -> Contact<'a> {
    let mut contact = Contact::default();
    let Some(text) = address.get() else { return contact };
    let address = address.take();
    let slot = match channel {
        Some(Channel::Email) => &mut contact.email,
        // Page-scoped, device and opaque ids: digits, at times, but no numbers to call.
        Some(
            Channel::Messenger
            | Channel::Instagram
            | Channel::AppleMessages
            | Channel::Push
            | Channel::TelegramBot
            | Channel::OpenChannel,
        ) => &mut contact.channel_id,
        _ if is_phone(text) => &mut contact.phone,
        _ if is_email(text) => &mut contact.email,
        _ => &mut contact.channel_id,
    };
    *slot = address;
    contact
}

/// Digits as E.164 has them, with or without `+`.
fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A mail address. LINE and other ids may begin with `@`.
pub(super) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, domain)| !user.is_empty() && domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_its_channel_says() {
        let slot = |address: &'static str, channel| {
            let person = person(&address.into(), channel);
            (person.phone.is_some(), person.email.is_some(), person.channel_id.is_some())
        };
        assert_eq!(slot("15550100123", Some(Channel::Sms)), (true, false, false));
        assert_eq!(slot("15550100123", Some(Channel::Messenger)), (false, false, true));
        assert_eq!(slot("4643969800980361935", Some(Channel::Zalo)), (false, false, true));
        assert_eq!(slot("ann@example.com", Some(Channel::Email)), (false, true, false));
        assert_eq!(slot("ann@example.com", None), (false, true, false));
        assert_eq!(slot("@official", Some(Channel::Line)), (false, false, true));
        assert_eq!(slot("", None), (false, false, false));
    }
}
