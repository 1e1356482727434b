//! Finishing what a killed invocation left.

use futures_util::StreamExt;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use crate::Pipeline;
use crate::chunk::{Chunk, ChunkId, ChunkKey, SHARDS};
use crate::ports::{Fenced, Incoming};
use crate::settings::Deadline;

/// Tries after which age alone sets a chunk aside: one that waited through an outage is old but deserves them.
const TRIES_BEFORE_AGE: u32 = 5;

/// What one pass of the sweeper did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Chunks found with their lease run out.
    pub expired: usize,
    /// Of these, driven.
    pub driven: usize,
    /// Events sent.
    pub sent: usize,
    /// Events that another chunk owns.
    pub duplicate: usize,
    /// Events that share their id with another one and say something else: put into quarantine.
    pub conflict: usize,
    /// Events left for a later pass.
    pub left: usize,
    /// Chunks set aside for good: look at them.
    pub buried: usize,
    /// Chunks brought back from the spill queue.
    pub unspilled: usize,
    /// Calls that failed.
    pub faults: usize,
    /// Age of the oldest chunk found, milliseconds.
    pub oldest_ms: i64,
}

impl SweepReport {
    /// Both passes together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            expired: self.expired + other.expired,
            driven: self.driven + other.driven,
            sent: self.sent + other.sent,
            duplicate: self.duplicate + other.duplicate,
            conflict: self.conflict + other.conflict,
            left: self.left + other.left,
            buried: self.buried + other.buried,
            unspilled: self.unspilled + other.unspilled,
            faults: self.faults + other.faults,
            oldest_ms: self.oldest_ms.max(other.oldest_ms),
        }
    }
}

impl Pipeline {
    /// One pass: brings back what was spilled, then drives every chunk whose lease ran out. Stops at the deadline.
    pub async fn sweep(&self, deadline: Deadline) -> SweepReport {
        let unspilled = self.unspill(deadline).await;
        stream::iter(0..SHARDS)
            .map(|shard| self.sweep_shard(shard, deadline))
            .buffer_unordered(self.settings.parallel)
            .fold(unspilled, async |sum, report| sum.and(report))
            .await
    }

    async fn sweep_shard(&self, shard: u8, deadline: Deadline) -> SweepReport {
        let mut report = SweepReport::default();
        let now_ms = self.clock.now_ms();
        if deadline.passed(now_ms) {
            return report;
        }
        let chunks = match self.journal.expired(shard, now_ms).await {
            Ok(chunks) => chunks,
            Err(fault) => {
                tracing::warn!(shard, %fault, "shard not read");
                report.faults += 1;
                return report;
            }
        };
        for chunk in chunks {
            if deadline.passed(self.clock.now_ms()) {
                break;
            }
            report.expired += 1;
            report.oldest_ms = report.oldest_ms.max(now_ms - chunk.key.created_ms);
            report = report.and(self.sweep_chunk(chunk, deadline).await);
        }
        report
    }

    async fn sweep_chunk(&self, chunk: Chunk, deadline: Deadline) -> SweepReport {
        let mut report = SweepReport::default();
        let now_ms = self.clock.now_ms();
        let taken = Chunk {
            lease_ms: now_ms + self.settings.lease_ms,
            epoch: self.fresh_epoch(),
            tries: chunk.tries + 1,
            ..chunk.clone()
        };
        match self.journal.take(&chunk, &taken, now_ms).await {
            Ok(Fenced::Done) => {}
            Ok(Fenced::Lost) => return report,
            Err(fault) => {
                tracing::warn!(chunk = %chunk.key.id, %fault, "chunk not taken");
                report.faults += 1;
                return report;
            }
        }
        let chunk = taken;
        let old = chunk.tries > TRIES_BEFORE_AGE && now_ms - chunk.key.created_ms > self.settings.max_age_ms;
        let messages = match chunk.messages() {
            Ok(messages) if chunk.tries <= self.settings.max_tries && !old => messages,
            unfit => {
                tracing::error!(chunk = %chunk.key.id, tries = chunk.tries, events = chunk.events,
                    damaged = unfit.is_err(), "chunk set aside");
                match self.journal.bury(&chunk).await {
                    Ok(()) => report.buried += 1,
                    Err(fault) => {
                        tracing::warn!(chunk = %chunk.key.id, %fault, "chunk not set aside");
                        report.faults += 1;
                    }
                }
                return report;
            }
        };
        let driven = self.drive(&[(&chunk, &messages)], deadline).await;
        report.driven = 1;
        report.sent = driven.sent;
        report.duplicate = driven.duplicate;
        report.conflict = driven.conflict;
        report.left = driven.left;
        report
    }

    /// An epoch that the chunk never had. One more than the last would not do: a late put, or the spill queue, may bring
    /// a chunk back with the epoch it began with, and then old epochs would count again (docs/model.md).
    fn fresh_epoch(&self) -> u32 {
        u32::try_from(self.clock.random() & u128::from(u32::MAX)).unwrap_or(u32::MAX)
    }

    async fn unspill(&self, deadline: Deadline) -> SweepReport {
        let mut report = SweepReport::default();
        let Some(spill) = &self.spill else { return report };
        while !deadline.passed(self.clock.now_ms()) {
            match spill.receive().await {
                Ok(messages) if messages.is_empty() => break,
                Ok(messages) => {
                    for message in messages {
                        match self.unspill_one(&message).await {
                            Ok(()) => report.unspilled += 1,
                            Err(fault) => {
                                tracing::warn!(fault, "spilled chunk not brought back");
                                report.faults += 1;
                            }
                        }
                    }
                }
                Err(fault) => {
                    tracing::warn!(%fault, "spill queue not read");
                    report.faults += 1;
                    break;
                }
            }
        }
        report
    }

    async fn unspill_one(&self, message: &Incoming) -> Result<(), String> {
        // With a lease that has run out, so that this sweep drives it. Put before removed, for twice is harmless: each time
        // it gets an id of its own, so claims tell it from what may lie, or have lain, in the journal already: a put
        // whose reply was lost, an earlier time whose removal failed. However late it comes, it is a duplicate of those.
        let chunk = read_spilled(&message.body, self.clock.now_ms() - 1).ok_or("not a spilled chunk")?;
        let id = ChunkId::from_random(self.clock.random());
        let chunk = Chunk { key: ChunkKey::new(chunk.key.created_ms, id), ..chunk };
        for put in self.journal.put(&[chunk]).await {
            put.map_err(|fault| fault.to_string())?;
        }
        let Some(spill) = &self.spill else { return Ok(()) };
        spill.remove(&message.handle).await.map_err(|fault| fault.to_string())
    }
}

#[derive(Serialize, Deserialize)]
struct Spilled {
    partition: String,
    sort: String,
    events: usize,
    data: String,
}

/// A chunk as text for the spill queue.
pub(crate) fn spill_text(chunk: &Chunk) -> String {
    let spilled = Spilled {
        partition: chunk.key.partition(),
        sort: chunk.key.sort(),
        events: chunk.events,
        data: aws_smithy_types::base64::encode(&chunk.data),
    };
    serde_json::to_string(&spilled).unwrap_or_default()
}

pub(crate) fn read_spilled(text: &str, lease_ms: i64) -> Option<Chunk> {
    let spilled: Spilled = serde_json::from_str(text).ok()?;
    Some(Chunk {
        key: ChunkKey::parse(&spilled.partition, &spilled.sort)?,
        data: aws_smithy_types::base64::decode(&spilled.data).ok()?,
        events: spilled.events,
        lease_ms,
        epoch: 0,
        tries: 0,
    })
}
