//! Nothing lost, nothing doubled: accept, journal, claim, send, settle.
//!
//! ```text
//! accept   put every chunk of a request in the journal, drive each, answer        a failure after the put is harmless
//! drive    claim each event, send what is ours, delete the chunk                  the same routine for both callers
//! sweep    take chunks whose lease ran out and drive them                         every minute, several passes
//! ```
//!
//! An event is answered for once its chunk is in the journal. From any crash after that the sweeper alone finishes the
//! work: a claim names the chunk that owns the event, so a chunk driven twice knows its own claims, and a chunk is
//! deleted only when each of its events is on the queue or owned by another chunk.
//!
//! Everything here is written against [`ports`]; [`aws`] has the adapters for DynamoDB and SQS, and `memory` (a feature, for
//! tests) a world in which any call can fail.

mod accept;
pub mod aws;
mod batch;
mod chunk;
mod drive;
mod keep;
#[cfg(any(test, feature = "memory"))]
pub mod memory;
mod message;
mod pieces;
pub mod ports;
mod quarantine;
mod settings;
mod sweep;

use std::sync::Arc;

pub use accept::{Accepted, NotDurable};
pub use chunk::{Chunk, ChunkId, ChunkKey, Damaged, Split, split};
pub use message::Message;
pub use pieces::{Piece, assemble};
pub use quarantine::Quarantined;
pub use settings::{Deadline, Settings};
pub use sweep::SweepReport;

use ports::{Claims, Clock, Journal, Outbox};

/// The ports of one source's function, and what governs them.
#[derive(Clone)]
pub struct Pipeline {
    /// Where chunks lie until they are settled.
    pub journal: Arc<dyn Journal>,
    /// Who owns which event.
    pub claims: Arc<dyn Claims>,
    /// The events' queue.
    pub queue: Arc<dyn Outbox>,
    /// The queue for what could not be read.
    pub quarantine: Arc<dyn Outbox>,
    /// The way out when the journal refuses; the sweeper brings it back.
    pub spill: Option<Arc<dyn Outbox>>,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// Limits and times.
    pub settings: Settings,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("settings", &self.settings).finish_non_exhaustive()
    }
}
