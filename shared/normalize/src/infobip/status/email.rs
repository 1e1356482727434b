//! Email error codes.

use tributary_events::FailureReason::{
    Configuration, ContentRejected, Expired, InvalidAddress, MailboxFull, Policy, Quota, SenderNotAllowed, Spam,
    SuppressionList, UnknownRecipient, Unreachable, VendorError,
};

use super::code::{Code, permanent, recoverable};

/// Dropped, group 1: never handed to the mailbox provider.
pub(super) const DROPPED: &[Code] = &[
    permanent(6002, "EC_SPAM_DETECTED", Spam),
    permanent(6003, "EC_UNSUBSCRIBED_EMAIL_ADDRESS", SuppressionList),
    permanent(6016, "EC_SENDER_DOMAIN_BOUNCE_BLOCKED", SenderNotAllowed),
    permanent(6018, "EC_REQUEST_INVALID", Configuration),
    permanent(6020, "EC_EMAIL_TEMPLATE_NOT_FOUND", Configuration),
    permanent(6021, "EC_EMAIL_PLACEHOLDERS_ERROR", Configuration),
    permanent(6023, "EC_BLOCKED_SUSPICIOUS_ACTIVITY", Policy),
    permanent(6024, "EC_EMAIL_TOO_MANY_URLS", ContentRejected),
    permanent(6025, "EC_EMAIL_INVALID_TRACKING_PARAMS", Configuration),
    permanent(6026, "EC_EMAIL_LANDING_PAGE_PLACEHOLDERS_SIZE_EXCEEDED", ContentRejected),
    permanent(6027, "EC_EMAIL_INVALID_HEADERS", ContentRejected),
    permanent(6029, "EC_SENDER_ADDRESS_INVALID", SenderNotAllowed),
    permanent(6030, "EC_EMAIL_INVALID_LANDING_PAGE", Configuration),
    permanent(6031, "EC_INVALID_PRESERVED_CC_OR_BCC_RECIPIENT", InvalidAddress),
    permanent(6033, "EC_INVALID_CC_BCC_EMAIL_ADDRESS", InvalidAddress),
    permanent(6034, "EC_SUPPRESSED_BOUNCE", SuppressionList),
    permanent(6035, "EC_SUPPRESSED_SPAM_COMPLAINT", SuppressionList),
    permanent(6036, "EC_SENDER_DOMAIN_UNVERIFIED", SenderNotAllowed),
    permanent(6038, "EC_EMAIL_CONTENT_EXPIRED", Expired),
    permanent(6039, "EC_EMAIL_TEMPLATE_LANGUAGE_ERROR", Configuration),
    permanent(6040, "EC_EMAIL_TEMPLATE_EXPIRED", Configuration),
    permanent(6041, "EC_EMAIL_TEMPLATE_NOT_SAVED", Configuration),
    recoverable(6050, "EC_SENDER_WARMUP", Quota),
    recoverable(6051, "EC_WARMUP", Quota),
    permanent(6052, "EC_RECIPIENT_DOMAIN_TYPO", InvalidAddress),
    recoverable(6053, "EC_ACCESS_DENIED_BY_MAILBOX_PROVIDER", Policy),
    permanent(6054, "EC_SINGLE_SENDER_NOT_VERIFIED", SenderNotAllowed),
    permanent(6055, "EC_SINGLE_SENDER_TRAFFIC_EXCEEDED", Quota),
    recoverable(6056, "EC_NO_IP_POOL_ASSIGNED", Configuration),
    recoverable(6057, "EC_SAFETY_RATE_LIMIT", Quota),
    recoverable(6058, "EC_MAILBOX_PROVIDER_RATE_LIMIT", Quota),
];

/// Bounced, group 2: refused by the mailbox provider.
pub(super) const BOUNCED: &[Code] = &[
    permanent(6006, "EC_INVALID_EMAIL_ADDRESS", InvalidAddress),
    recoverable(6007, "EC_MAILBOX_TEMPORARY_UNAVAILABLE", Unreachable),
    permanent(6009, "EC_MAILBOX_PERMANENTLY_UNAVAILABLE", UnknownRecipient),
    recoverable(6010, "EC_RECIPIENT_INBOX_FULL", MailboxFull),
    recoverable(6011, "EC_SOFT_BOUNCE", Unreachable),
    permanent(6012, "EC_HARD_BOUNCE", UnknownRecipient),
    recoverable(6017, "EC_SENDER_IP_BLACKLISTED", SenderNotAllowed),
    permanent(6037, "EC_RECIPIENT_DOMAIN_MX_NOT_FOUND", InvalidAddress),
    permanent(6042, "EC_SPAM_REVERTED", Spam),
    permanent(6043, "EC_SUSPICIOUS_CONTENT", ContentRejected),
    permanent(6044, "EC_SUSPICIOUS_SENDER", SenderNotAllowed),
    permanent(6045, "EC_RECIPIENT_DOMAIN_POLICY_ERROR", Policy),
    recoverable(6046, "EC_UNSOLICITED_RECIPIENT", Policy),
    permanent(6047, "EC_DOMAIN_CONFIGURATION_ERROR", Configuration),
    permanent(6048, "EC_DMARC_POLICY_ISSUE", Policy),
    permanent(6049, "EC_SENDER_DOMAIN_BLACKLISTED", SenderNotAllowed),
];

/// System errors, group 3.
pub(super) const SYSTEM: &[Code] = &[recoverable(6013, "EC_INTERNAL_SYSTEM_ERROR", VendorError)];

/// Codes and names of before the update of the email error codes: some numbers stand for something else today.
pub(super) const OLDER: &[Code] = &[
    permanent(6001, "EC_EMAIL_BLACKLISTED", SuppressionList),
    permanent(6002, "EC_EMAILS_SPAM_CONTENT", Spam),
    permanent(6003, "EC_EMAIL_UNSUBSCRIBED_EMAIL_ADDRESS", SuppressionList),
    // Dropped, for the address had bounced before.
    permanent(6004, "EC_BOUNCED_EMAIL_ADDRESS", SuppressionList),
    permanent(6005, "EC_EMAIL_DROPPED", Policy),
    recoverable(6008, "EC_DEFERRED_DUE_TO_INSUFFICIENT_STORAGE", MailboxFull),
    permanent(6009, "EC_MAILBOX_UNAVAILABLE", UnknownRecipient),
    recoverable(6010, "EC_STORAGE_LIMIT_EXCEEDED", MailboxFull),
    recoverable(6013, "EC_TEMPORARY_SENDING_ERROR", VendorError),
    permanent(6014, "EC_PERMANENT_SENDING_ERROR", VendorError),
    recoverable(6015, "EC_EMAIL_GATEWAY_ERROR", VendorError),
    permanent(6016, "EC_EMAIL_SENDER_DOMAIN_BLOCKED", SenderNotAllowed),
    recoverable(6017, "EC_EMAIL_IP_BLACKLISTED", SenderNotAllowed),
    permanent(6018, "EC_INVALID_GATEWAY_REQUEST", Configuration),
    permanent(6021, "EC_EMAIL_HANDLE_BARS_ERROR", Configuration),
];

/// Whether the row is a refusal by the mailbox provider that says something about the address.
pub(super) fn is_bounce(row: &Code) -> bool {
    let listed = |rows: &[Code]| rows.iter().any(|known| known.name == row.name);
    let bounced = listed(BOUNCED) || listed(OLDER) && matches!(row.code, 6008..=6010 | 6017);
    bounced && !matches!(row.code, 6042..=6045 | 6047..=6049)
}
