//! Chat error codes: WhatsApp, Viber, RCS, LINE, Kakao, Messenger, Apple, Zalo ...

use tributary_events::FailureReason::{
    BlockedByRecipient, Configuration, ContentRejected, Network, Policy, Quota, SenderNotAllowed, Spam,
    SuppressionList, UnknownRecipient, Unreachable, VendorError,
};

use super::code::{Code, odd, permanent, recoverable};

/// Client errors, group 1.
pub(super) const CLIENT: &[Code] = &[
    permanent(7001, "EC_UNKNOWN_APPLICATION", Configuration),
    permanent(7002, "EC_UNKNOWN_USER", UnknownRecipient),
    permanent(7003, "EC_BLOCKED_USER", BlockedByRecipient),
    permanent(7004, "EC_UNAUTHORIZED_ACCESS", Configuration),
    permanent(7005, "EC_FORBIDDEN_ACCESS", Configuration),
    permanent(7006, "EC_BAD_REQUEST", Configuration),
    permanent(7007, "EC_ILLEGAL_TRAFFIC_TYPE", Policy),
    permanent(7008, "EC_INVALID_TEMPLATE_ARGS", Configuration),
    permanent(7009, "EC_INVALID_TEMPLATE", Configuration),
    permanent(7010, "EC_NO_SESSION", Policy),
    permanent(7011, "EC_ACCOUNT_ISSUE", Configuration),
    recoverable(7012, "EC_DEPLOYMENT_CONFIGURATION_ERROR", Configuration),
    recoverable(7013, "EC_MEDIA_HOSTING_ERROR", Configuration),
    recoverable(7014, "EC_MEDIA_UPLOAD_ERROR", Network),
    permanent(7015, "EC_MEDIA_METADATA_ERROR", ContentRejected),
    permanent(7016, "EC_SPAM_RATE", Spam),
    recoverable(7017, "EC_TOO_MANY_REQUESTS", Quota),
    permanent(7018, "EC_INTERNAL_BAD_MAPPING", VendorError),
    permanent(7019, "EC_PROVIDER_BILLING_ERROR", Quota),
    permanent(7020, "EC_DEVICE_REPRODUCTION_ERROR", Unreachable),
    permanent(7021, "EC_LIMITED_FUNCTIONALITY", Policy),
    permanent(7022, "EC_MEDIA_UNSUPPORTED", ContentRejected),
    permanent(7023, "EC_DATA_MISMATCH", Configuration),
    recoverable(7024, "EC_NOT_ALLOWED_SENDING_TIME", Policy),
    permanent(7025, "EC_UNSUPPORTED_MOBILE_APP_VERSION", Unreachable),
    permanent(7026, "EC_MESSAGE_TYPE_EXHAUSTED", Quota),
    permanent(7027, "EC_BLOCKED_CONTENT", ContentRejected),
    permanent(7029, "EC_USER_IDENTITY_CHANGED", Policy),
    permanent(7030, "EC_TEMPLATE_BLOCKED_BY_USER", BlockedByRecipient),
    permanent(7031, "EC_INVALID_WA_FLOW", Configuration),
    permanent(7032, "EC_FREQUENCY_CAPPING", Quota),
    permanent(7033, "EC_MARKETING_OPT_OUT", SuppressionList),
    permanent(7034, "EC_SENDER_NOT_REGISTERED", SenderNotAllowed),
    recoverable(7035, "EC_CALL_PERMISSION_REQUEST_FAILED", Policy),
    permanent(7102, "EC_PHONE_MATCHING_DISABLED", Unreachable),
    permanent(7201, "EC_UNSUPPORTED_DEVICE", Unreachable),
];

/// Provider errors, group 2.
pub(super) const PROVIDER: &[Code] = &[
    recoverable(7036, "EC_TEMPLATE_NOT_SYNCED", Configuration),
    recoverable(7037, "EC_TEMPLATE_NOT_AVAILABLE", Configuration),
    permanent(7038, "EC_INVALID_WA_ACCOUNT_TYPE", Configuration),
    recoverable(7050, "EC_PROVIDER_INTERNAL_ERROR", Network),
    recoverable(7051, "EC_PROVIDER_TIMEOUT", Network),
    permanent(7052, "EC_PROVIDER_DR_ERROR", Network),
];

/// System errors, group 3.
pub(super) const SYSTEM: &[Code] = &[
    permanent(7080, "EC_INTERNAL_ERROR", VendorError),
    permanent(7081, "EC_CONFIGURATION_ERROR", Configuration),
    odd(7082, "EC_TEMPORARY_GATEWAY_ERROR", VendorError),
    permanent(7083, "EC_SERVICE_NOT_ACTIVATED", Configuration),
    permanent(7084, "EC_MISSING_SENDER_METADATA", SenderNotAllowed),
    permanent(7280, "EC_DUPLICATE_REQUEST", ContentRejected),
    permanent(7281, "EC_BAD_ORIGIN", SenderNotAllowed),
];
