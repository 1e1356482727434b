//! MMS error codes.

use tributary_events::FailureReason::{
    BlockedByRecipient, Configuration, ContentRejected, Expired, InvalidAddress, Network, Other, Policy,
    SenderNotAllowed, UnknownRecipient, Unreachable, VendorError,
};

use super::code::{Code, permanent, recoverable};

/// The vendor gives no group.
pub(super) const MMS: &[Code] = &[
    recoverable(15000, "EC_MMS_GENERAL_ERROR", Other),
    permanent(15002, "EC_SYSTEM_ERROR", VendorError),
    permanent(15003, "EC_MSISDN_NOT_REGISTERED", Unreachable),
    recoverable(15004, "EC_DEFERRED", Unreachable),
    permanent(15005, "EC_MMS_FORWARDED", Other),
    permanent(15006, "EC_VALIDITY_EXPIRED", Expired),
    permanent(15007, "EC_CONTENT_CANNOT_BE_DOWNLOADED_ON_HANDSET", Unreachable),
    permanent(15008, "EC_PROVIDER_DELIVERY_ERROR", Network),
    permanent(15009, "EC_RECIPIENT_NOT_FOUND", UnknownRecipient),
    permanent(15010, "EC_SOURCE_ADDRESS_NOT_REGISTERED", SenderNotAllowed),
    permanent(15011, "EC_RECIPIENT_BLOCKED_BY_OPERATOR", Policy),
    permanent(15012, "EC_DRM_NOT_SUPPORTED", ContentRejected),
    permanent(15013, "EC_MMS_CONTENT_BLOCKED_BY_OPERATOR", ContentRejected),
    permanent(15014, "EC_MMS_INVALID_SUBJECT", ContentRejected),
    permanent(15015, "EC_MMS_SC_BLOCKED_BY_END_USER", BlockedByRecipient),
    permanent(15016, "EC_UNKNOWN_CARRIER", Network),
    permanent(15017, "EC_RECIPIENT_DEACTIVATED", UnknownRecipient),
    permanent(15018, "EC_RECIPIENT_SUSPENDED", Unreachable),
    permanent(15019, "EC_HANDSET_DOES_NOT_SUPPORT_MMS", Unreachable),
    permanent(15020, "EC_CAMPAIGN_BLOCKED_BY_OPERATOR", SenderNotAllowed),
    permanent(15021, "EC_CAMPAIGN_INFO_NOT_PROVISIONED", SenderNotAllowed),
    permanent(15022, "EC_URL_ATTACHMENT_TOO_LARGE", ContentRejected),
    permanent(15023, "EC_FAILED_TO_ROUTE_MESSAGE", Network),
    permanent(15024, "EC_REMOTE_CONTENT_FAILURE", Configuration),
    permanent(15025, "EC_REMOTE_CONTENT_INTERNAL_FAILURE", VendorError),
    permanent(15026, "EC_TOO_BIG_CONTENT", ContentRejected),
    permanent(15200, "EC_INVALID_MSG_TYPE", ContentRejected),
    permanent(15201, "EC_MMS_INVALID_DESTINATION_ADDRESS", InvalidAddress),
    permanent(15202, "EC_MMS_INVALID_SOURCE_ADDRESS", SenderNotAllowed),
    permanent(15203, "EC_INVALID_SUBJECT", ContentRejected),
];
