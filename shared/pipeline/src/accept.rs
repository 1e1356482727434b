//! Accepting a request's events.

use futures_util::stream::{self, FuturesUnordered};
use futures_util::{StreamExt, TryStreamExt};

use crate::Pipeline;
use crate::chunk::{Chunk, ChunkId, ChunkKey, split};
use crate::drive::{Driven, TOGETHER, tell_conflicts};
use crate::message::Message;
use crate::ports::{Fault, Outgoing, Sent};
use crate::quarantine::Quarantined;
use crate::settings::Deadline;

/// What became of a request, all of it durable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Events in the request.
    pub received: usize,
    /// Of these, sent to the queue now.
    pub new: usize,
    /// Of these, seen before: within the request or in an earlier one.
    pub duplicate: usize,
    /// Of these, not the event they share their id with, by what they say: in quarantine.
    pub conflict: usize,
    /// Of these, durable but not sent yet: the sweeper sends them.
    pub left: usize,
    /// Parts put into quarantine, conflicts among them.
    pub quarantined: usize,
    /// Chunks that went to the spill queue because the journal refused them.
    pub spilled: usize,
    /// Milliseconds until all was durable.
    pub durable_ms: i64,
    /// Milliseconds from there until all was sent.
    pub drive_ms: i64,
}

/// Something of the request is not durable: the vendor must send it again. What is durable goes through once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDurable {
    /// Neither journal nor spill queue took a chunk.
    #[error("the journal took not all chunks: {0}")]
    Journal(Fault),
    /// The quarantine queue did not take a part.
    #[error("the quarantine queue took not all parts")]
    Quarantine,
    /// Time was up before anything was written.
    #[error("no time left")]
    Deadline,
}

impl Pipeline {
    /// Makes a request's events and rejected parts durable, then sends what is new.
    ///
    /// # Errors
    /// [`NotDurable`] if some of it is not durable. An event that could not be **sent** is no error: it is durable, and
    /// the sweeper sends it.
    pub async fn accept(
        &self,
        messages: Vec<Message>,
        mut rejects: Vec<Quarantined>,
        deadline: Deadline,
    ) -> Result<Accepted, NotDurable> {
        let begun = self.clock.now_ms();
        if deadline.passed(begun) {
            return Err(NotDurable::Deadline);
        }
        let received = messages.len();
        let split = split(messages, self.settings.max_message_bytes);
        rejects.extend(split.oversized.iter().map(Quarantined::too_large));
        rejects.extend(split.conflicts.iter().map(Quarantined::conflict));
        let chunks: Vec<(Chunk, Vec<Message>)> = split
            .chunks
            .into_iter()
            .map(|(messages, data)| (self.new_chunk(begun, messages.len(), data), messages))
            .collect();

        let (journaled, quarantined) = tokio::join!(self.put_all(&chunks), self.quarantine_all(&rejects, deadline));
        let journaled = journaled?;
        if quarantined.contains(&false) {
            return Err(NotDurable::Quarantine);
        }
        tell_conflicts(None, &split.conflicts.iter().map(|message| message.id).collect::<Vec<_>>());
        let durable = self.clock.now_ms();

        let spilled = journaled.iter().filter(|journaled| !**journaled).count();
        let mut accepted = Accepted {
            received: received - split.oversized.len(),
            duplicate: split.doubles,
            conflict: split.conflicts.len(),
            quarantined: rejects.len(),
            spilled,
            durable_ms: durable - begun,
            ..Accepted::default()
        };
        let mut work = Vec::with_capacity(chunks.len());
        for ((chunk, messages), journaled) in chunks.iter().zip(journaled) {
            if journaled {
                work.push((chunk, messages.as_slice()));
            } else {
                accepted.left += messages.len();
            }
        }
        let mut work = work.chunks(TOGETHER);
        let mut driving = FuturesUnordered::new();
        loop {
            while driving.len() * TOGETHER < self.settings.parallel {
                match work.next() {
                    Some(chunks) => driving.push(self.drive(chunks, deadline)),
                    None => break,
                }
            }
            let Some(Driven { sent, duplicate, conflict, left }) = driving.next().await else { break };
            accepted.new += sent;
            accepted.duplicate += duplicate;
            accepted.conflict += conflict;
            accepted.quarantined += conflict;
            accepted.left += left;
        }
        accepted.drive_ms = self.clock.now_ms() - durable;
        Ok(accepted)
    }

    fn new_chunk(&self, now_ms: i64, events: usize, data: Vec<u8>) -> Chunk {
        Chunk {
            key: ChunkKey::new(now_ms, ChunkId::from_random(self.clock.random())),
            data,
            events,
            lease_ms: now_ms + self.settings.lease_ms,
            epoch: 0,
            tries: 0,
        }
    }

    /// Puts all chunks; true for the journal, false for the spill queue.
    async fn put_all(&self, chunks: &[(Chunk, Vec<Message>)]) -> Result<Vec<bool>, NotDurable> {
        if chunks.is_empty() {
            return Ok(Vec::new());
        }
        let plain: Vec<Chunk> = chunks.iter().map(|(chunk, _)| chunk.clone()).collect();
        let put = self.journal.put(&plain).await;
        // Together, for there may be hundreds where the journal is away.
        let kept: Vec<_> = plain.iter().zip(put).map(|(chunk, put)| self.keep(chunk, put)).collect();
        stream::iter(kept).buffered(self.settings.parallel).try_collect().await
    }

    /// True for a chunk the journal has; else it goes to the spill queue, and false.
    async fn keep(&self, chunk: &Chunk, put: Result<(), Fault>) -> Result<bool, NotDurable> {
        let Err(fault) = put else { return Ok(true) };
        tracing::error!(chunk = %chunk.key.id, %fault, "chunk not journaled");
        if self.spill_chunk(chunk).await { Ok(false) } else { Err(NotDurable::Journal(fault)) }
    }

    async fn spill_chunk(&self, chunk: &Chunk) -> bool {
        let Some(spill) = &self.spill else { return false };
        let id = chunk.key.id.to_string();
        let message = Outgoing { deduplication_id: &id, group: &id, body: &crate::sweep::spill_text(chunk) };
        spill.send(&[message]).await.first() == Some(&Sent::Acknowledged)
    }
}
