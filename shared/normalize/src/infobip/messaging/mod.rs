//! The messaging channels: SMS, MMS, WhatsApp, Viber, RCS, LINE, Kakao, Messenger, Apple, Zalo, push.
//!
//! Delivery reports of email are read here as well: they are the same.

mod blocklist;
mod click;
mod coexistence;
mod consent;
mod content;
mod delivery;
mod inbound;
mod item;
mod rcs;
mod seen;
mod whatsapp;

pub(super) use blocklist::read as read_blocklist;
pub(super) use click::{messenger as messenger_click, read as click};
pub(super) use coexistence::read as read_coexistence;
pub(super) use consent::{messenger as read_consent, whatsapp as read_marketing};
pub(super) use delivery::read as read_delivery;
pub(super) use inbound::{read as read_inbound, typing as read_typing};
pub(super) use item::{APPLE_BUSINESS, Item};
pub(super) use rcs::{
    capability as read_capability, conversation_started as read_conversation_started, sender as read_sender,
    template as read_rcs_template,
};
pub(super) use seen::read as read_seen;
pub(super) use whatsapp::{
    account as read_account, identity as read_identity, payment as read_payment, template as read_template,
};
