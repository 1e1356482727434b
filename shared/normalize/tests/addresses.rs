//! `data.address`, `message.to` and `message.from` hold an address of their kind, or nothing.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::fixtures;
use tributary_events::data::AddressKind;
use tributary_events::{Channel, Event};
use tributary_normalize::SOURCES;
use tributary_normalize::address::{is_email, is_phone};

/// Whether text can be the address of a person or the sender's own on that channel.
fn fits(channel: Option<Channel>, text: &str, is_sender: bool) -> bool {
    let is_name = |longest| !text.is_empty() && text.chars().count() <= longest && !text.contains('@');
    match channel {
        Some(Channel::Email) => is_email(text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end_matches('>'))),
        // A company may send under a name of up to 11 letters (3GPP TS 23.040), or by a short number.
        Some(Channel::Sms | Channel::Mms) => is_phone(text) || (is_sender && is_name(11)),
        Some(Channel::Voice) => is_phone(text) || is_sender,
        // Names and ids of the channel's own.
        Some(_) => !text.trim().is_empty(),
        None => is_email(text) || is_phone(text),
    }
}

#[test]
fn addresses_are_addresses_of_their_kind() {
    let (mut addresses, mut wrong) = (0, Vec::new());
    for fixture in SOURCES.iter().flat_map(|source| fixtures(*source)) {
        for prepared in fixture.normalize(&fixture.body, false).unwrap().events {
            let event = Event::parse(&prepared.json).unwrap();
            let at = format!("{}: {}", fixture.path.display(), prepared.kind);
            let data = &event.data;
            if let Some(address) = &data.address {
                addresses += 1;
                let is_one = match address.kind {
                    AddressKind::Email => is_email(&address.value),
                    AddressKind::Phone => is_phone(&address.value),
                    _ => !address.value.trim().is_empty(),
                };
                if !is_one {
                    wrong.push(format!("{at}: {} is no {}", address.value, address.kind.as_str()));
                }
                // The customer's own id of a person is no address, whatever it looks like.
                let user_id = data.contact.as_deref().and_then(|contact| contact.user_id.as_deref());
                if user_id == Some(&*address.value) && !matches!(address.kind, AddressKind::Email | AddressKind::Phone)
                {
                    wrong.push(format!("{at}: {} is the customer's user id", address.value));
                }
            }
            let Some(message) = data.message.as_deref() else { continue };
            let inbound = message.direction.as_deref() == Some("inbound");
            for (name, text, is_sender) in [("to", &message.to, inbound), ("from", &message.from, !inbound)] {
                let Some(text) = text.as_deref() else { continue };
                if !fits(data.channel, text, is_sender) {
                    wrong.push(format!("{at}: message.{name} is {text}"));
                }
                // Unless the customer takes the address for the id.
                let is_address = data.address.as_ref().is_some_and(|address| {
                    address.value == text && matches!(address.kind, AddressKind::Email | AddressKind::Phone)
                });
                let user_id = data.contact.as_deref().and_then(|contact| contact.user_id.as_deref());
                if !is_sender && !is_address && user_id == Some(text) {
                    wrong.push(format!("{at}: message.{name} is the customer's user id"));
                }
            }
            // Who a message went to, or came from, is what it is about.
            let person = if inbound { &message.from } else { &message.to };
            if let (Some(person), Some(address)) = (person.as_deref(), &data.address)
                && person != address.value
            {
                wrong.push(format!("{at}: about {}, and the message is of {person}", address.value));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(addresses > 200, "{addresses} addresses");
}
