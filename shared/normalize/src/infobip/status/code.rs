//! What the tables are made of.

use tributary_events::{FailureClass, FailureReason};

/// A status group: where delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::infobip) enum Group {
    /// 0: taken by the vendor.
    Accepted,
    /// 1: not final.
    Pending,
    /// 2.
    Undeliverable,
    /// 3.
    Delivered,
    /// 4.
    Expired,
    /// 5: refused before it was sent.
    Rejected,
}

impl Group {
    /// By the vendor's number of it.
    pub(super) fn from_id(id: &str) -> Option<Self> {
        Some(match id {
            "0" => Self::Accepted,
            "1" => Self::Pending,
            "2" => Self::Undeliverable,
            "3" => Self::Delivered,
            "4" => Self::Expired,
            "5" => Self::Rejected,
            _ => return None,
        })
    }

    /// By the vendor's name of it, in any case.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        const NAMES: [(&str, Group); 7] = [
            ("OK", Group::Accepted),
            ("ACCEPTED", Group::Accepted),
            ("PENDING", Group::Pending),
            ("UNDELIVERABLE", Group::Undeliverable),
            ("DELIVERED", Group::Delivered),
            ("EXPIRED", Group::Expired),
            ("REJECTED", Group::Rejected),
        ];
        NAMES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, group)| group)
    }
}

/// A status code. Ids are unique within a group only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Status {
    pub(super) group: Group,
    pub(super) id: u16,
    pub(super) name: &'static str,
    /// Why it failed, where the status alone tells.
    pub(super) reason: Option<FailureReason>,
}

pub(super) const fn status(group: Group, id: u16, name: &'static str, reason: Option<FailureReason>) -> Status {
    Status { group, id, name, reason }
}

/// What the vendor's page says of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    /// Flagged permanent.
    Permanent,
    /// Not flagged permanent.
    Recoverable,
    /// The page has no flag for this product.
    Unflagged,
    /// Flagged permanent, while its own name says that it is temporary: the name is believed.
    Odd,
}

/// An error code.
#[derive(Debug, Clone, Copy)]
pub(in crate::infobip) struct Code {
    pub(super) code: u16,
    pub(super) name: &'static str,
    pub(super) flag: Flag,
    pub(super) reason: FailureReason,
}

impl Code {
    /// Whether trying again can help: the report's own `permanent` before the page's flag.
    pub(super) fn class(&self, permanent: Option<bool>) -> FailureClass {
        match (self.flag, permanent) {
            (Flag::Odd, _) => FailureClass::Transient,
            (_, Some(true)) | (Flag::Permanent, None) => FailureClass::Permanent,
            (_, Some(false)) | (Flag::Recoverable, None) => FailureClass::Transient,
            (Flag::Unflagged, None) => FailureClass::Unknown,
        }
    }
}

const fn code(code: u16, name: &'static str, flag: Flag, reason: FailureReason) -> Code {
    Code { code, name, flag, reason }
}

/// Flagged permanent.
pub(super) const fn permanent(id: u16, name: &'static str, reason: FailureReason) -> Code {
    code(id, name, Flag::Permanent, reason)
}

/// Not flagged permanent.
pub(super) const fn recoverable(id: u16, name: &'static str, reason: FailureReason) -> Code {
    code(id, name, Flag::Recoverable, reason)
}

/// Of a product without flags.
pub(super) const fn unflagged(id: u16, name: &'static str, reason: FailureReason) -> Code {
    code(id, name, Flag::Unflagged, reason)
}

/// Flagged permanent against its own name.
pub(super) const fn odd(id: u16, name: &'static str, reason: FailureReason) -> Code {
    code(id, name, Flag::Odd, reason)
}
