//! Email: opens, clicks and what else a recipient does, and warnings about the customer's domains.
//!
//! Delivery reports of email are read like all others; which bounce an error stands for is in `status`.

mod sending;
mod tracking;

pub(super) use sending::read as read_sending;
pub(super) use tracking::{Tracking, read as read_tracking};
