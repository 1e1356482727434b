//! Push notification error codes.

use tributary_events::FailureReason::{Configuration, ContentRejected, Network, UnknownRecipient, VendorError};

use super::code::{Code, odd, permanent};

/// Registration errors, group 1.
pub(super) const REGISTRATION: &[Code] = &[
    permanent(8001, "EC_DEVICE_APP_UNINSTALL", UnknownRecipient),
    permanent(8002, "EC_FCM_MISMATCH_SENDER_ID", Configuration),
    permanent(8003, "EC_NO_APPLICATION_FOUND", Configuration),
    permanent(8004, "EC_NO_REGISTRATION_ID_FOUND", UnknownRecipient),
];

/// Cloud errors, group 3.
pub(super) const CLOUD: &[Code] = &[
    permanent(8005, "EC_SYS_ERROR_FROM_CLOUD", Network),
    permanent(8006, "EC_INVALID_FCM_AUTH_DATA", Configuration),
    permanent(8007, "EC_INVALID_APNS_CERT", Configuration),
    permanent(8008, "EC_APPLICATION_CLOUD_TYPE_DISABLED", Configuration),
    permanent(8009, "EC_PUSH_INTERNAL_REQUEST_ERROR", VendorError),
    permanent(8010, "EC_INVALID_PUSH_PAYLOAD", ContentRejected),
    permanent(8011, "EC_PUSH_INTERNAL_GW_ERROR", VendorError),
    odd(8012, "EC_PUSH_CLOUD_TEMP_UNAVAILABLE", Network),
    permanent(8013, "EC_REGISTRATION_ID_DISABLED", UnknownRecipient),
];
