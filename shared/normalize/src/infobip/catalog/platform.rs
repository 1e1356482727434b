//! Open Channel, registration, identity, look-ups and block lists.

use crate::Row;

pub(super) const ROWS: &[Row] = &[
    Row::new("Open Channel", "DELIVERY", "message.queued", "open_channel"),
    Row::new("Registration", "BRAND_AUTH_UPDATE", "registration.brand_auth_updated", "-"),
    Row::new("Registration", "BRAND_STATUS_UPDATE", "registration.brand_status_updated", "-"),
    Row::new("Registration", "BRAND_VET_UPDATE", "registration.brand_vetting_updated", "-"),
    Row::new("Registration", "CAMPAIGN_NETWORK_STATUS_UPDATE", "registration.campaign_network_updated", "-"),
    Row::new("Registration", "CAMPAIGN_STATUS_UPDATE", "registration.campaign_status_updated", "-"),
    Row::new("Registration", "RESOURCE_REQUEST_STATUS_UPDATE", "registration.resource_request_updated", "-"),
    Row::new("Mobile identity", "SILENT_VERIFICATION", "verification.completed", "-"),
    Row::new("Number lookup", "NUMBER_LOOKUP", "number.looked_up", "-"),
    Row::new("Blocklist", "BLOCK", "contact.blocked", "-"),
    Row::new("Blocklist", "UNBLOCK", "contact.unblocked", "-"),
];
