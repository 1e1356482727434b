//! What belongs to no channel: registrations, identities, look-ups, and the channel that is the customer's own.

mod identity;
mod lookup;
mod open_channel;
mod products;
mod registration;

pub(super) use identity::read as read_identity;
pub(super) use lookup::read as read_lookup;
pub(super) use open_channel::read as read_open_channel;
pub(super) use products::{answers as read_answers, biometrics as read_biometrics, metrics as read_metrics};
pub(super) use registration::{kind as registration_kind, read as read_registration};
