//! Altcraft Platform.
#![doc = include_str!("README.md")]

mod catalog;
mod event;
mod meaning;
mod payload;

use serde_json::value::RawValue;
use std::sync::LazyLock;

use crate::{Output, RejectReason, Request, Row, Source, Unreadable, Volatile};

/// Altcraft Platform, as a source. Its answer, the default one, holds the `OK` that a hook is told to look for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Altcraft;

impl Source for Altcraft {
    fn name(&self) -> &'static str {
        "altcraft"
    }

    fn catalog(&self) -> &'static [Row] {
        catalog::ROWS
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(|| Volatile::read(include_str!("volatile.txt")));
        &VOLATILE
    }

    fn read(&self, request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        match text.as_bytes().first() {
            Some(b'[') => {
                let batch: Vec<&RawValue> = serde_json::from_str(text)?;
                out.within(&batch);
                for element in batch {
                    if out.is_full() {
                        break;
                    }
                    read_one(element.get(), request, out);
                }
            }
            // What the brokers get: a forwarder from RabbitMQ or Kafka may post it as it is.
            Some(b'{') => read_one(text, request, out),
            _ => return Err(Unreadable::new(RejectReason::NotJson, "the body is neither an array nor an object")),
        }
        Ok(())
    }
}

fn read_one(part: &str, request: &Request<'_>, out: &mut Output<'_>) {
    // A struct would read from an array, too.
    if !part.starts_with('{') {
        out.reject(RejectReason::WrongShape, "an element of the batch is no object", part.as_bytes());
        return;
    }
    match out.parse(part) {
        Ok(event) => event::read(&event, part, request.settings, out),
        Err(error) => out.broken(&error, part),
    }
}
