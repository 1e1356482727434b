//! What every event of the vendor starts from.

use tributary_events::data::{Address, AddressKind, Contact};
use tributary_events::{Channel, Data, Draft, EventType, Str, Timestamp};

use crate::address::{address, is_email, is_phone};
use crate::lenient::Text;
use crate::output::original;
use crate::{Identity, Naming, Output};

use super::channel;
use super::payload::{Error, Status, moment};
use super::route::Route;
use super::status;

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

    /// The channel of the route, if it names one that we know.
    pub(super) fn of_route(route: &Route) -> Option<Self> {
        route
            .known_channel()
            .filter(|known| !known.is_group)
            .map(|known| Self { ours: known.ours, vendor: Some(known.vendor.into()) })
    }

    /// The channel segment of the route as it was written, where we do not know it: no channel of ours.
    pub(super) fn of_segment(route: &Route) -> Option<Self> {
        let unknown = route.channel.clone().filter(|_| route.known_channel().is_none())?;
        Some(Self { ours: None, vendor: Some(unknown.into()) })
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

    /// The one address the event is about, if the text is one on its channel.
    pub(super) fn address(&self, text: &Text<'a>) -> Option<Address<'a>> {
        address(text, self.way.ours)
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

/// The person's end of a message: an address on that channel, or nothing.
pub(super) fn person_end<'a>(text: &Text<'a>, channel: Option<Channel>) -> Option<Str<'a>> {
    let is_one = |text: &str| match channel {
        Some(Channel::Email) => is_email(text),
        Some(Channel::Sms | Channel::Mms | Channel::Voice) => is_phone(text),
        Some(_) => true,
        None => is_email(text) || is_phone(text),
    };
    text.take().filter(|text| is_one(text))
}

/// The company's end of a message: as the person's, or on SMS and MMS the name it goes by.
pub(super) fn company_end<'a>(text: &Text<'a>, channel: Option<Channel>) -> Option<Str<'a>> {
    // 3GPP TS 23.040 has 11 letters for a name.
    const LONGEST_NAME: usize = 11;
    match channel {
        Some(Channel::Sms | Channel::Mms) => {
            let is_name = |text: &str| text.chars().count() <= LONGEST_NAME && !text.contains('@');
            text.take().filter(|text| is_phone(text) || is_name(text))
        }
        Some(Channel::Voice) => text.take(),
        // `Shop <shop@example.com>`.
        Some(Channel::Email) => text
            .take()
            .filter(|text| is_email(text.rsplit_once('<').map_or(text, |(_, address)| address.trim_end_matches('>')))),
        _ => person_end(text, channel),
    }
}

/// A telephone number, of an event that goes by no channel.
pub(super) fn phone<'a>(text: &Text<'a>) -> Option<Address<'a>> {
    let value = text.take().filter(|text| is_phone(text))?;
    Some(Address { kind: AddressKind::Phone, value })
}

/// What tells one delivery report from the next, in whatever dialect it comes: its message, whom that went to, where it
/// stands, why, and since when. The price is not in it, for it may be corrected. A report without a message or a time is
/// told by all of it.
pub(super) fn report_identity(
    me: &Naming<'_>,
    json: &str,
    message_id: &Text<'_>,
    to: &Text<'_>,
    status: &Status<'_>,
    error: &Error<'_>,
    at: Option<Timestamp>,
) -> Identity {
    let stood = status.id.or(&status.name).or(&status.group_name).or(&status.group_id);
    let told = me.fields(&[message_id, &moment(at)], &[to, &stood, &status::code(error)]);
    told.unwrap_or_else(|| me.element(json))
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
            | Channel::WebChat
            | Channel::OpenChannel,
        ) => &mut contact.channel_id,
        _ if is_phone(text) => &mut contact.phone,
        _ if is_email(text) => &mut contact.email,
        _ => &mut contact.channel_id,
    };
    *slot = address;
    contact
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
