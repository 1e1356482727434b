//! The vendors: each vendor's webhook bodies, read into unified events.
//!
//! [`normalize`] is the way in: it takes one authentic [`Request`] and gives [`Normalized`]: events as they go to the
//! queue, and parts that could not be read, for quarantine. It is pure: no clock, no network, no environment.
//!
//! A vendor is a folder of the same shape as every other: `mod.rs` (what it is, how a body is told apart and split),
//! `payload.rs` (the vendor's field names), tables, `catalog.rs`, `README.md`, `fixtures/` and `snapshots/`. A new
//! vendor is such a folder and one line in [`SOURCES`].

pub mod address;
mod altcraft;
mod audit;

pub mod canonical;
mod carrotquest;
pub mod catalog;
mod channeltalk;
mod decimal;
pub mod identity;
mod infobip;
mod karte;
pub mod lenient;
mod output;
mod request;
mod source;

pub use canonical::Volatile;
pub use catalog::{Row, Url};
pub use identity::{Identity, Naming};
pub use output::{Normalized, Output, Prepared, Reject, RejectReason, original};
pub use request::{Request, Settings, fold};
pub use source::{
    ALTCRAFT, Answer, CARROTQUEST, CHANNELTALK, INFOBIP, KARTE, SOURCES, Source, TooDeep, Unreadable, find, normalize,
};
