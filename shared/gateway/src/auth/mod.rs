//! Who may call: rules as data, several live at once.

mod check;
mod rule;
mod secret;

use std::fmt;

pub use rule::{Rule, Rules, RulesError};
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

impl Rules {
    /// Lets a request through if any rule vouches for it. `now_s` is in seconds since 1970.
    ///
    /// # Errors
    /// [`Denied`], with the nearest miss of all rules, and the request.
    pub fn verify(&self, request: Received, now_s: i64) -> Result<Verified, (Denied, Box<Received>)> {
        let mut nearest = Denied::Missing;
        for (number, rule) in self.iter().enumerate() {
            match rule.check(&request, now_s) {
                Ok(()) => return Ok(Verified { request, rule: Some(number) }),
                Err(Denied::Stale) => nearest = Denied::Stale,
                Err(Denied::Wrong) if nearest == Denied::Missing => nearest = Denied::Wrong,
                Err(_) => {}
            }
        }
        Err((nearest, Box::new(request)))
    }
}

impl Verified {
    /// Lets a request in although no rule is configured: `TRIBUTARY_ALLOW_UNAUTHENTICATED=true`, for local use only.
    pub(crate) fn unauthenticated(request: Received) -> Self {
        Self { request, rule: None }
    }
}
