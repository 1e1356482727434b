//! Mobile identity error codes. They overlap with general ones: read the name as well.

use tributary_events::FailureReason::{Configuration, Declined, Network, Policy, Quota, Unreachable, VendorError};

use super::code::{Code, unflagged};

/// The vendor gives neither group nor whether they are permanent.
pub(super) const MOBILE_IDENTITY: &[Code] = &[
    unflagged(100, "EC_NO_COVERAGE", Network),
    unflagged(101, "EC_GATEWAY_OPERATION_FAILED", Network),
    unflagged(102, "EC_OPERATION_RESTRICTED", Policy),
    unflagged(200, "EC_INVALID_REQUEST", Configuration),
    unflagged(201, "EC_INVALID_TOKEN", Configuration),
    unflagged(202, "EC_CONSENT_NOT_GRANTED", Declined),
    unflagged(300, "EC_MI_ACCOUNT_DISABLED", Configuration),
    unflagged(301, "EC_OPERATION_NOT_ALLOWED", Policy),
    unflagged(302, "EC_COUNTRY_NOT_ALLOWED", Policy),
    unflagged(303, "EC_GATEWAY_NOT_ALLOWED", Policy),
    unflagged(304, "EC_REJECTED_NOT_ENOUGH_CREDITS", Quota),
    unflagged(305, "EC_MOBILE_DEVICE_TIMEOUT", Unreachable),
    unflagged(306, "EC_REJECTED_INVALID_IP_ADDRESS", Configuration),
    unflagged(307, "EC_OTP_SMS_SEND_FAILED", Network),
    unflagged(308, "EC_NI_ATTRIBUTE_NOT_ALLOWED", Policy),
    unflagged(309, "EC_SIM_SWAP_CHECK_FAILED", Network),
    unflagged(310, "EC_SIM_SWAP_DETECTED", Policy),
    unflagged(400, "EC_UNPROCESSABLE_CONTENT", Configuration),
    unflagged(1000, "EC_USER_INTERNAL_ERROR", VendorError),
];
