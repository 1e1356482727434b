//! What stands around a function on AWS: the Runtime API that gives it its invocations, sandboxes that live and die, and
//! the HTTP API in front. The function itself is the built program, run as a process.
//!
//! It does not show: permissions, the sandbox's freeze between invocations, real cold starts, and quotas of the account.

mod front;
mod function;
mod recorded;
mod runtime_api;
mod sandbox;
mod secrets;
mod world;

pub use front::{Answer, Front, Sender};
pub use function::{Failed, Function};
pub use recorded::{Recorded, recorded_requests};
pub use sandbox::{Exit, Measured, Program, Sandbox};
pub use secrets::Secrets;
pub use world::{Built, SOURCES, program, target, variables};
