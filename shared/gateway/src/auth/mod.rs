//! Who may call: rules as data, several live at once.

mod algorithm;
mod basic;
mod bearer;
mod ecdsa;
mod encoding;
mod fields;
mod form;
mod handshake;
mod header;
mod hmac;
mod path;
mod query;
mod rule;
mod secret;
mod signed;
mod standard_webhooks;
mod url_form;

use std::fmt;

pub use fields::{Place, RulesError};
use rule::Check;
pub use rule::{Rule, Rules};
pub use secret::Secret;

use crate::request::Received;

/// Why a request is not authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It carries nothing that any rule looks at.
    #[error("no credentials that any rule looks at")]
    Missing,
    /// What it carries matches no rule.
    #[error("the credentials match no rule")]
    Wrong,
    /// The signature is right, but its time is outside the tolerance.
    #[error("the signature's time is outside the tolerance")]
    Stale,
}

impl Denied {
    /// The reason as a word for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Wrong => "wrong",
            Self::Stale => "stale",
        }
    }
}

/// A request that a rule has vouched for. Made by [`Rules::verify`] and nowhere else.
pub struct Verified {
    pub(crate) request: Received,
    /// Which rule, counted from 0; none where unauthenticated requests are let in.
    pub(crate) rule: Option<usize>,
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Verified {
    /// Lets a request in although no rule is configured: `TRIBUTARY_ALLOW_UNAUTHENTICATED=true`, for local use only.
    pub(crate) fn unauthenticated(request: Received) -> Self {
        Self { request, rule: None }
    }
}

/// Compares what was given with what is wanted, in constant time.
fn same(given: Option<&[u8]>, wanted: &Secret) -> Result<(), Denied> {
    match given {
        None => Err(Denied::Missing),
        Some(given) if wanted.is(given) => Ok(()),
        Some(_) => Err(Denied::Wrong),
    }
}

/// What follows a scheme in `Authorization`.
fn scheme<'a>(request: &'a Received, name: &str) -> Option<&'a str> {
    let (scheme, rest) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(rest)
}

/// The first value of that name in form encoding.
fn pair(encoded: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(encoded).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests;
