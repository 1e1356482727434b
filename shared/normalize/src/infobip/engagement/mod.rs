//! Conversations, people and sites. Placeholder until the area is merged.

use crate::{Output, Unreadable};

use super::route::Route;

pub(super) fn read(_body: &str, _route: &Route, _out: &mut Output<'_>) -> Result<bool, Unreadable> {
    Ok(false)
}
