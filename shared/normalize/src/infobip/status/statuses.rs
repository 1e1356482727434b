//! Status codes by group, and the reason a failed status gives by itself, where no error explains it.

use tributary_events::FailureReason::{
    Busy, Cancelled, Configuration, ContentRejected, Declined, InvalidAddress, Network, NoAnswer, Other, Policy, Quota,
    SenderNotAllowed, SuppressionList, UnknownRecipient, Unreachable, VendorError,
};

use super::code::Group::{Delivered, Expired, Pending, Rejected, Undeliverable};
use super::code::{Status, status};

/// General status codes. 87 is in two groups.
pub(super) const GENERAL: &[Status] = &[
    status(Pending, 3, "PENDING_WAITING_DELIVERY", None),
    status(Pending, 7, "PENDING_ENROUTE", None),
    status(Pending, 26, "PENDING_ACCEPTED", None),
    status(Undeliverable, 4, "UNDELIVERABLE_REJECTED_OPERATOR", Some(Policy)),
    status(Undeliverable, 9, "UNDELIVERABLE_NOT_DELIVERED", Some(Unreachable)),
    status(Undeliverable, 31, "UNDELIVERABLE_NOT_SENT", Some(VendorError)),
    status(Undeliverable, 96, "NO_ANSWER", Some(NoAnswer)),
    status(Undeliverable, 97, "BUSY", Some(Busy)),
    status(Undeliverable, 98, "CANCELLED", Some(Cancelled)),
    status(Delivered, 2, "DELIVERED_TO_OPERATOR", None),
    status(Delivered, 5, "DELIVERED_TO_HANDSET", None),
    status(Expired, 15, "EXPIRED_EXPIRED", None),
    status(Expired, 29, "EXPIRED_DLR_UNKNOWN", None),
    status(Expired, 87, "SIGNALS_BLOCKED", Some(Policy)),
    status(Rejected, 6, "REJECTED_NETWORK", Some(Network)),
    status(Rejected, 8, "REJECTED_PREFIX_MISSING", Some(InvalidAddress)),
    status(Rejected, 10, "REJECTED_DND", Some(SuppressionList)),
    status(Rejected, 11, "REJECTED_SOURCE", Some(SenderNotAllowed)),
    status(Rejected, 12, "REJECTED_NOT_ENOUGH_CREDITS", Some(Quota)),
    status(Rejected, 13, "REJECTED_SENDER", Some(SenderNotAllowed)),
    status(Rejected, 14, "REJECTED_DESTINATION_BLOCKLISTED", Some(SuppressionList)),
    status(Rejected, 17, "REJECTED_PREPAID_PACKAGE_EXPIRED", Some(Quota)),
    status(Rejected, 18, "REJECTED_DESTINATION_NOT_REGISTERED", Some(Configuration)),
    status(Rejected, 19, "REJECTED_ROUTE_NOT_AVAILABLE", Some(Network)),
    status(Rejected, 20, "REJECTED_FLOODING_FILTER", Some(Quota)),
    status(Rejected, 21, "REJECTED_SYSTEM_ERROR", Some(VendorError)),
    status(Rejected, 23, "REJECTED_DUPLICATE_MESSAGE_ID", Some(ContentRejected)),
    status(Rejected, 24, "REJECTED_INVALID_UDH", Some(ContentRejected)),
    status(Rejected, 25, "REJECTED_MESSAGE_TOO_LONG", Some(ContentRejected)),
    status(Rejected, 51, "MISSING_TO", Some(InvalidAddress)),
    status(Rejected, 52, "REJECTED_DESTINATION", Some(InvalidAddress)),
    status(Rejected, 87, "SIGNALS_BLOCKED", Some(Policy)),
    status(Rejected, 99, "REJECTED", Some(Other)),
    status(Rejected, 100, "UNDELIVERABLE_REJECTED_PLATFORM", Some(VendorError)),
];

/// MMS status codes.
pub(super) const MMS: &[Status] = &[
    status(Rejected, 56, "REJECTED_INVALID_NOTIFY_URL", Some(Configuration)),
    status(Rejected, 77, "REJECTED_MESSAGE_TEXT_TOO_LONG", Some(ContentRejected)),
];

/// Email status codes.
pub(super) const EMAIL: &[Status] = &[
    status(Rejected, 75, "REJECTED_FREE_TRIAL_EXCEEDED", Some(Quota)),
    status(Rejected, 88, "REJECTED_DATA_TRANSFORMATION_FAILED", Some(ContentRejected)),
    status(Rejected, 89, "REJECTED_INTERNAL_ERROR", Some(VendorError)),
    status(Rejected, 90, "REJECTED_VALIDATION_FAILED", Some(Configuration)),
];

/// Push notification status codes.
pub(super) const PUSH: &[Status] = &[
    status(Undeliverable, 66, "UNDELIVERABLE_NO_DESTINATION", Some(UnknownRecipient)),
    status(Rejected, 65, "REJECTED_NO_APPLICATION", Some(Configuration)),
    status(Rejected, 68, "REJECTED_PAYLOAD_TOO_BIG", Some(ContentRejected)),
    status(Rejected, 69, "REJECTED_NO_CONTENT", Some(ContentRejected)),
    status(Rejected, 70, "REJECTED_INVALID_VALIDITY_PERIOD", Some(Configuration)),
    status(Rejected, 71, "REJECTED_INVALID_QUERY", Some(Configuration)),
    status(Rejected, 73, "REJECTED_INVALID_INBOX_TOPIC", Some(Configuration)),
    status(Rejected, 74, "REJECTED_INVALID_PRIMARY_BUTTON_ACTION", Some(Configuration)),
];

/// Statuses by other names of theirs, and what the page does not list: they have no number of their own.
pub(super) const OTHER_NAMES: &[Status] = &[
    status(Undeliverable, 98, "CANCELED", Some(Cancelled)),
    status(Rejected, 98, "CANCELED", Some(Cancelled)),
    status(Undeliverable, 99, "DECLINED", Some(Declined)),
    status(Rejected, 99, "DECLINED", Some(Declined)),
];
