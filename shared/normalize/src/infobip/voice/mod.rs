//! Calls and voice messages. Placeholder until the area is merged.

use crate::{Answer, Output, Request, Unreadable};

use super::route::Route;

pub(super) fn read(_body: &str, _route: &Route, _out: &mut Output<'_>) -> Result<bool, Unreadable> {
    Ok(false)
}

pub(super) fn read_report(report: &str, _route: &Route, out: &mut Output<'_>) {
    out.reject(crate::RejectReason::WrongShape, "voice", report.as_bytes());
}

pub(super) fn answer(_request: &Request<'_>) -> Option<Answer> {
    None
}
