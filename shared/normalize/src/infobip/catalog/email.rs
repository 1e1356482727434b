//! Email.

use crate::Row;

use super::DELIVERY_REPORT;

pub(super) const ROWS: &[Row] = &[
    Row::new("Email", "CLICK", "message.clicked", "email"),
    Row::new("Email", "COMPLAINT", "message.complained", "email"),
    Row::new("Email", "DELIVERY", DELIVERY_REPORT, "email"),
    Row::new("Email", "LATE_BOUNCE", "message.bounced", "email"),
    Row::new("Email", "OPEN", "message.opened", "email"),
    Row::new("Email", "UNSUBSCRIBE", "consent.revoked", "email"),
];
