//! The one address an event is about.

use serde::{Deserialize, Serialize};

use super::Str;

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AddressKind {
    /// An email address.
    Email,
    /// A telephone number: digits, with or without a leading `+`.
    Phone,
    /// A push token or the registration of a device or browser.
    Device,
    /// The channel's own id of a person: a LINE user id, a Telegram chat, a Messenger page-scoped id.
    Account,
    /// A kind this version does not know. Only met by consumers older than the producer.
    #[serde(other)]
    Other,
}

impl AddressKind {
    /// The kind as written in an event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Device => "device",
            Self::Account => "account",
            Self::Other => "other",
        }
    }
}

/// The one address an event is about on its channel: the recipient of a bounce, the number that opted out, the sender of
/// an inbound message. A consumer that suppresses uses this and nothing else.
///
/// Never an address of the person's profile that had no part in the event, and never the customer's own user id.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address<'a> {
    /// What it is.
    pub kind: AddressKind,
    /// The address as the vendor writes it.
    pub value: Str<'a>,
}

impl std::fmt::Debug for Address<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("kind", &self.kind).finish_non_exhaustive()
    }
}
