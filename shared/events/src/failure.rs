//! Why something did not work.

use serde::{Deserialize, Serialize};

use crate::data::Str;

/// Whether trying again unchanged can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureClass {
    /// Trying again unchanged fails again.
    Permanent,
    /// May work later.
    Transient,
    /// The vendor does not tell, or this version does not know the class.
    #[serde(other)]
    Unknown,
}

/// The closed set of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureReason {
    /// The address is malformed or cannot exist.
    InvalidAddress,
    /// A well-formed address that nobody has.
    UnknownRecipient,
    /// The mailbox or the device's memory is full.
    MailboxFull,
    /// The device, mailbox or person could not be reached.
    Unreachable,
    /// A call rang and nobody answered.
    NoAnswer,
    /// The line was busy.
    Busy,
    /// The person declined.
    Declined,
    /// The sending side cancelled.
    Cancelled,
    /// The recipient has blocked this sender.
    BlockedByRecipient,
    /// The address is on a suppression, unsubscribe or block list.
    SuppressionList,
    /// Taken for spam.
    Spam,
    /// The content was refused.
    ContentRejected,
    /// A rule of the operator, provider or country forbids it.
    Policy,
    /// This sender may not send this, or not yet.
    SenderNotAllowed,
    /// Credits, rate or volume are exhausted.
    Quota,
    /// The validity period ended first.
    Expired,
    /// The network between the vendor and the recipient failed.
    Network,
    /// The vendor's own systems failed.
    VendorError,
    /// The customer's set-up at the vendor is wrong.
    Configuration,
    /// None of the above, or a reason this version does not know.
    #[serde(other)]
    Other,
}

impl FailureReason {
    /// The reason as written in an event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidAddress => "invalid_address",
            Self::UnknownRecipient => "unknown_recipient",
            Self::MailboxFull => "mailbox_full",
            Self::Unreachable => "unreachable",
            Self::NoAnswer => "no_answer",
            Self::Busy => "busy",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::BlockedByRecipient => "blocked_by_recipient",
            Self::SuppressionList => "suppression_list",
            Self::Spam => "spam",
            Self::ContentRejected => "content_rejected",
            Self::Policy => "policy",
            Self::SenderNotAllowed => "sender_not_allowed",
            Self::Quota => "quota",
            Self::Expired => "expired",
            Self::Network => "network",
            Self::VendorError => "vendor_error",
            Self::Configuration => "configuration",
            Self::Other => "other",
        }
    }
}

/// Why something did not work: our reading, and the vendor's own words.
///
/// The vendor's final status decides the event's type; a failure explains it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Failure<'a> {
    /// Whether trying again can help.
    pub class: FailureClass,
    /// Our reason.
    pub reason: FailureReason,
    /// The vendor's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Str<'a>>,
    /// The vendor's name of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Str<'a>>,
    /// The vendor's text. May hold personal data: never log it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Str<'a>>,
}

impl Failure<'_> {
    /// A failure of which the vendor gives no code or text.
    #[must_use]
    pub fn new(class: FailureClass, reason: FailureReason) -> Self {
        Self { class, reason, code: None, name: None, description: None }
    }
}

impl std::fmt::Debug for Failure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Failure").field("class", &self.class).field("reason", &self.reason).finish_non_exhaustive()
    }
}
