//! The built functions, as processes: what the libraries' tests cannot see. Run by `bash .ci/run functions`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod events;
mod faults;
mod kills;
mod load;
mod poller;
mod secrets;
mod signals;
