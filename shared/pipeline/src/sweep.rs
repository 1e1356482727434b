//! Finishing what a killed invocation left.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::Pipeline;
use crate::chunk::{Chunk, ChunkId, ChunkKey, SHARDS};
use crate::drive::sum;
use crate::ports::{Fenced, Incoming, Outbox};
use crate::settings::Deadline;

/// Tries after which age alone sets a chunk aside: one that waited through an outage is old but deserves them.
const TRIES_BEFORE_AGE: u32 = 5;
/// Shards swept at once: each holds a page of 1 MiB and one chunk, inflated, at a time.
const SHARDS_TOGETHER: usize = 8;
/// How long one pass brings spilled chunks back, milliseconds, so that the next pass over the shards comes in time.
const UNSPILL_MS: i64 = 10_000;
/// Batches of spilled chunks brought back at once.
const UNSPILL_TOGETHER: usize = 4;

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
    /// Shards that were not read to their end: what lies in them is not known.
    pub unread: usize,
    /// Age of the oldest spilled chunk met, milliseconds.
    pub oldest_spilled_ms: i64,
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
            unread: self.unread + other.unread,
            oldest_spilled_ms: self.oldest_spilled_ms.max(other.oldest_spilled_ms),
        }
    }

    /// Age of the oldest chunk in the journal, milliseconds, if that is known: where a shard was not read, only a chunk that
    /// was found tells something.
    #[must_use]
    pub fn known_oldest_ms(&self) -> Option<i64> {
        (self.unread == 0 || self.oldest_ms > 0).then_some(self.oldest_ms)
    }
}

/// What the chunks of a pass have in common.
struct Pass {
    deadline: Deadline,
    /// Whether the queue has taken any event in it.
    queue_takes: AtomicBool,
}

impl Pipeline {
    /// One pass: drives every chunk whose lease ran out, and beside that brings back what was spilled. Begins nothing after
    /// the deadline.
    pub async fn sweep(&self, deadline: Deadline) -> SweepReport {
        let pass = Pass { deadline, queue_takes: AtomicBool::new(false) };
        let shards = stream::iter(0..SHARDS)
            .map(|shard| self.sweep_shard(shard, &pass))
            .buffer_unordered(SHARDS_TOGETHER)
            .fold(SweepReport::default(), async |sum, report| sum.and(report));
        let (swept, unspilled) = tokio::join!(shards, self.unspill(deadline));
        swept.and(unspilled)
    }

    /// Reads a shard page by page and drives each page before the next is read.
    async fn sweep_shard(&self, shard: u8, pass: &Pass) -> SweepReport {
        let mut report = SweepReport::default();
        let begun_ms = self.clock.now_ms();
        let mut from: Option<String> = None;
        loop {
            if pass.deadline.passed(self.clock.now_ms()) {
                report.unread = 1;
                return report;
            }
            let page = match self.journal.expired(shard, begun_ms, from.as_deref()).await {
                Ok(page) => page,
                Err(fault) => {
                    tracing::warn!(shard, %fault, "shard not read");
                    report.faults += 1;
                    report.unread = 1;
                    return report;
                }
            };
            for chunk in page.chunks {
                report.expired += 1;
                report.oldest_ms = report.oldest_ms.max(begun_ms - chunk.key.created_ms);
                if !pass.deadline.passed(self.clock.now_ms()) {
                    report = report.and(self.sweep_chunk(chunk, pass).await);
                }
            }
            from = page.next;
            if from.is_none() {
                return report;
            }
        }
    }

    async fn sweep_chunk(&self, chunk: Chunk, pass: &Pass) -> SweepReport {
        let mut report = SweepReport::default();
        let now_ms = self.clock.now_ms();
        let (lease_ms, epoch, tries) = (now_ms + self.settings.lease_ms, self.fresh_epoch(), chunk.tries + 1);
        let taken = Chunk { lease_ms, epoch, tries, ..chunk.clone() };
        match self.journal.take(&chunk, &taken, now_ms).await {
            Ok(Fenced::Done) => {}
            Ok(Fenced::Lost) => return report,
            Err(fault) => {
                tracing::warn!(chunk = %chunk.key.id, %fault, "chunk not taken");
                report.faults += 1;
                return report;
            }
        }
        drop(chunk);
        let Ok(messages) = taken.messages() else {
            return self.set_aside(&taken, true).await;
        };
        let work = self.carry(&[(&taken, &messages)], pass.deadline).await;
        let driven = sum(&work);
        if driven.sent > 0 {
            pass.queue_takes.store(true, Ordering::Relaxed);
        }
        report.driven = 1;
        report.sent = driven.sent;
        report.duplicate = driven.duplicate;
        report.conflict = driven.conflict;
        report.left = driven.left;
        for work in &work {
            match work.rest_of_chunk(self.clock.now_ms()) {
                Some(rest) if self.is_given_up(&rest, pass) => report = report.and(self.set_aside(&rest, false).await),
                _ => self.settle(work).await,
            }
        }
        report
    }

    /// Whether a chunk that was driven once more, and still holds something, is to be set aside.
    ///
    /// Its tries count only where the queue takes the events of others: in an outage they say nothing about the chunk,
    /// and its age alone decides.
    fn is_given_up(&self, chunk: &Chunk, pass: &Pass) -> bool {
        let is_old = self.clock.now_ms() - chunk.key.created_ms > self.settings.max_age_ms;
        let is_spent = chunk.tries > self.settings.max_tries && pass.queue_takes.load(Ordering::Relaxed);
        is_spent || chunk.tries > TRIES_BEFORE_AGE && is_old
    }

    async fn set_aside(&self, chunk: &Chunk, damaged: bool) -> SweepReport {
        let mut report = SweepReport::default();
        match self.journal.bury(chunk).await {
            Ok(Fenced::Done) => {
                tracing::error!(chunk = %chunk.key.id, tries = chunk.tries, events = chunk.events, damaged, "chunk set aside");
                report.buried = 1;
            }
            Ok(Fenced::Lost) => tracing::warn!(chunk = %chunk.key.id, "another driver took the chunk"),
            Err(fault) => {
                tracing::warn!(chunk = %chunk.key.id, %fault, "chunk not set aside");
                report.faults = 1;
            }
        }
        report
    }

    /// An epoch that the chunk never had. One more than the last would not do: a late put, or the spill queue, may bring
    /// a chunk back with the epoch it began with, and then old epochs would count again (docs/model.md).
    fn fresh_epoch(&self) -> u32 {
        u32::try_from(self.clock.random() & u128::from(u32::MAX)).unwrap_or(u32::MAX)
    }

    /// Brings back what was spilled, several batches at once, until the queue is empty, the pass's share of time is over or
    /// the journal refuses.
    async fn unspill(&self, deadline: Deadline) -> SweepReport {
        let Some(spill) = &self.spill else { return SweepReport::default() };
        let share = deadline.earlier(self.clock.now_ms() + UNSPILL_MS);
        let mut sum = SweepReport::default();
        // One alone first: mostly there is nothing.
        for together in std::iter::once(1).chain(std::iter::repeat(UNSPILL_TOGETHER)) {
            if share.passed(self.clock.now_ms()) {
                break;
            }
            let batches = (0..together).map(|_| self.unspill_some(spill.as_ref()));
            let reports = futures_util::future::join_all(batches).await;
            let goes_on = reports.iter().all(|(_, goes_on)| *goes_on);
            sum = reports.into_iter().fold(sum, |sum, (report, _)| sum.and(report));
            if !goes_on {
                break;
            }
        }
        sum
    }

    /// Receives a batch and brings it back. Tells whether there is any use in going on.
    async fn unspill_some(&self, spill: &dyn Outbox) -> (SweepReport, bool) {
        let mut report = SweepReport::default();
        let messages = match spill.receive().await {
            Ok(messages) => messages,
            Err(fault) => {
                tracing::warn!(%fault, "spill queue not read");
                report.faults += 1;
                return (report, false);
            }
        };
        let is_empty = messages.is_empty();
        let now_ms = self.clock.now_ms();
        let (mut chunks, mut handles) = (Vec::new(), Vec::new());
        for Incoming { handle, body } in messages {
            // With a lease that has run out, so that a sweep drives it. Put before removed, for twice is harmless: each
            // time it gets an id of its own, so claims tell it from what may lie, or have lain, in the journal already:
            // a put whose reply was lost, an earlier time whose removal failed. However late it comes, it is a
            // duplicate of those.
            let Some(chunk) = read_spilled(&body, now_ms - 1) else {
                tracing::warn!("not a spilled chunk");
                report.faults += 1;
                continue;
            };
            report.oldest_spilled_ms = report.oldest_spilled_ms.max(now_ms - chunk.key.created_ms);
            let id = ChunkId::from_random(self.clock.random());
            chunks.push(Chunk { key: ChunkKey::new(chunk.key.created_ms, id), ..chunk });
            handles.push(handle);
        }
        if chunks.is_empty() {
            return (report, !is_empty);
        }
        let mut back: Vec<&str> = Vec::with_capacity(handles.len());
        let put = self.journal.put(&chunks).await;
        for (handle, put) in handles.iter().zip(&put) {
            match put {
                Ok(()) => back.push(handle),
                Err(fault) => {
                    tracing::warn!(%fault, "spilled chunk not brought back");
                    report.faults += 1;
                }
            }
        }
        // What the journal refuses now it refuses a moment later, too: the rest stays where it is.
        let goes_on = back.len() == handles.len();
        if back.is_empty() {
            return (report, goes_on);
        }
        match spill.remove(&back).await {
            Ok(unremoved) => {
                report.unspilled += back.len() - unremoved.min(back.len());
                report.faults += unremoved;
            }
            Err(fault) => {
                tracing::warn!(%fault, messages = back.len(), "brought back, and not removed from the spill queue");
                report.faults += back.len();
            }
        }
        (report, goes_on)
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
