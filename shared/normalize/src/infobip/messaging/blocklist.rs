//! The block list: who asked not to be written to, by reply, by link, or by the customer's own campaign.

use serde::Deserialize;
use tributary_events::EventType;
use tributary_events::data::{Campaign, Consent, Message};

use crate::Output;
use crate::address::address;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, company_end, person, person_end, put, subject};
use super::super::payload::{Platform, application, time};
use super::APPLE_BUSINESS;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Change<'a> {
    event: Text<'a>,
    received_at: Text<'a>,
    /// The vendor: "uniquely identifies the event".
    message_id: Text<'a>,
    content: Obj<Content<'a>>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Content<'a> {
    /// The company's end, where the block is for one sender only.
    sender: Text<'a>,
    destination: Text<'a>,
    channel: Text<'a>,
    source_type: Text<'a>,
    outbound_message_reference: Obj<Outbound<'a>>,
    inbound_message_reference: Obj<Inbound<'a>>,
    campaign_reference: Any<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Outbound<'a> {
    bulk_id: Text<'a>,
    outbound_message_id: Text<'a>,
    send_at: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Inbound<'a> {
    inbound_message_id: Text<'a>,
}

pub(in crate::infobip) fn read(json: &str, out: &mut Output<'_>) {
    let change: Change<'_> = match out.parse(json) {
        Ok(change) => change,
        Err(error) => return out.broken(&error, json),
    };
    let content = &*change.content;
    let (event, kind, state) = if change.event.is("BLOCK") {
        ("BLOCK", EventType::ContactBlocked, "revoked")
    } else {
        ("UNBLOCK", EventType::ContactUnblocked, "granted")
    };
    // A block of one channel still is no event of that channel: nothing travelled by it.
    let account = application(&change.platform, &change.application_id);
    let part = Part { json, event: event.into(), way: Way::group("Blocklist"), account };
    let channel = Way::of_word(&content.channel).and_then(|way| way.ours);
    let me = part.naming(out);
    let identity = me.occurrence(&change.message_id).unwrap_or_else(|| me.element(json));

    // Apple's example has the company where the person should be.
    let swapped = content.destination.get().is_some_and(|to| to.starts_with(APPLE_BUSINESS));
    let (who, company) =
        if swapped { (&content.sender, &content.destination) } else { (&content.destination, &content.sender) };
    let mut data = part.data();
    data.address = address(who, channel);
    data.contact = (!who.is_none()).then(|| Box::new(person(who, channel)));
    data.consent = Some(Box::new(Consent {
        state: Some(state.into()),
        scope: channel.map(|channel| channel.as_str().into()).or_else(|| content.channel.lower()),
        means: content.source_type.lower(),
        ..Consent::default()
    }));
    let outbound = &*content.outbound_message_reference;
    let inbound = &*content.inbound_message_reference;
    if !outbound.outbound_message_id.is_none() {
        data.message = Some(Box::new(Message {
            id: outbound.outbound_message_id.take(),
            bulk_id: outbound.bulk_id.take(),
            direction: Some("outbound".into()),
            from: company_end(company, channel),
            to: person_end(who, channel),
            sent_at: time(&outbound.send_at),
            ..Message::default()
        }));
    } else if !inbound.inbound_message_id.is_none() {
        data.message = Some(Box::new(Message {
            id: inbound.inbound_message_id.take(),
            direction: Some("inbound".into()),
            from: person_end(who, channel),
            to: company_end(company, channel),
            ..Message::default()
        }));
    }
    data.campaign = content
        .campaign_reference
        .text()
        .take()
        .map(|reference| Box::new(Campaign { reference: Some(reference), ..Campaign::default() }));
    put(out, &identity, kind, subject("contact", who), time(&change.received_at), data);
}
