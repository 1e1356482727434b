//! One HTTP request to one answer: limits, verification, normalize, pipeline, reply.
//!
//! The same code runs in Lambda ([`lambda`]) and under the local server. What reaches the pipeline has passed
//! through [`Verified`], a value that only verification makes.

mod auth;
mod body;
mod gateway;
#[cfg(feature = "lambda")]
pub mod lambda;
mod manager;
mod metrics;
mod reopen;
mod reply;
mod request;
mod secrets;

pub use auth::{Denied, Place, Rule, Rules, RulesError, Secret, Verified};
pub use gateway::{Call, Gateway, Limits, Outcome, Summary, to_message};
pub use metrics::{request_metrics, sweep_metrics};
pub use reopen::{Reopened, reopen, reopen_as_new};
pub use request::{Incoming, Path, Received};
pub use secrets::{Provider, SecretError, from_env, settings_from_env};
