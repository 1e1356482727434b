//! The unified event of Tributary: what a consumer of the queue depends on, and nothing else.
//!
//! A message on the queue is one CloudEvents 1.0 event in the JSON format. [`Event`] is that envelope: normalizers
//! build it with [`Event::assemble`], consumers read it with [`Event::parse`]. A consumer written against an older
//! version keeps working: unknown types arrive as [`TypeName::Other`], unknown fields are skipped.
//!
//! This crate knows no vendor and no AWS.

mod channel;
pub mod data;
mod envelope;
mod failure;
mod json;
mod key;
mod time;
mod types;

pub use channel::Channel;
pub use data::{Data, Money, Raw, Str, Vendor};
pub use envelope::{Context, Draft, Event, ParseError, TypeName};
pub use failure::{Failure, FailureClass, FailureReason};
pub use json::{compact, depth, queue_safe};
pub use key::{EventId, Key, Parts, Says, partition_key};
pub use time::Timestamp;
pub use types::EventType;
