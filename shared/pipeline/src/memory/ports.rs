//! The ports on the world.

use async_trait::async_trait;
use tributary_events::EventId;

use super::{Copy, State, World};
use crate::chunk::{Chunk, ChunkId};
use crate::pieces::{Piece, assemble};
use crate::ports::{
    Claim, Claimed, Claims, Clock, Fault, Fenced, Incoming, Journal, Outbox, Outgoing, Owner, Page, Sent,
};

/// SQS FIFO absorbs a repeated deduplication id for five minutes.
const FIFO_WINDOW_MS: i64 = 300_000;
/// How long a message of the spill queue is hidden from others once received: as template.yaml has it.
const VISIBILITY_MS: i64 = 60_000;
/// Chunks of a page: few, so that small tests have several.
const PAGE: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Box_ {
    Events,
    Quarantine,
    Spill,
}

/// The look at a shard where something is due, and at one where nothing is: nobody waits at the latter, for there are 32.
const EXPIRED: &str = "journal.expired";
pub(super) const EXPIRED_EMPTY: &str = "journal.expired (nothing)";

pub(super) struct MemoryOutbox(pub(super) World, pub(super) Box_);

#[async_trait]
impl Journal for World {
    async fn put(&self, chunks: &[Chunk]) -> Vec<Result<(), Fault>> {
        let fault = || Fault { operation: "journal.put", code: "planned".to_owned(), retry: true };
        let put = self.call("journal.put", |state, half| {
            let mut results = Vec::new();
            for (at, chunk) in chunks.iter().enumerate() {
                if half && at % 2 == 0 {
                    results.push(Err(fault()));
                } else {
                    state.audit_put(chunk);
                    state.audit_change("journal.put", &chunk.key, Some(chunk));
                    state.journal.insert(chunk.key, chunk.clone());
                    results.push(Ok(()));
                }
            }
            results
        });
        put.await.unwrap_or_else(|fault| vec![Err(fault); chunks.len()])
    }

    async fn delete(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let delete = self.call("journal.delete", |state, _| {
            if state.journal.get(&chunk.key).is_some_and(|stored| stored.epoch != chunk.epoch) {
                return Fenced::Lost;
            }
            state.audit_change("journal.delete", &chunk.key, None);
            state.journal.remove(&chunk.key);
            Fenced::Done
        });
        delete.await
    }

    async fn rewrite(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let rewrite = self.call("journal.rewrite", |state, _| match state.journal.get(&chunk.key) {
            Some(stored) if stored.epoch == chunk.epoch => {
                // As the adapter does: the data, how many, and the lease.
                let after = Chunk { epoch: stored.epoch, tries: stored.tries, ..chunk.clone() };
                state.audit_change("journal.rewrite", &chunk.key, Some(&after));
                state.journal.insert(chunk.key, after);
                Fenced::Done
            }
            _ => Fenced::Lost,
        });
        rewrite.await
    }

    async fn expired(&self, shard: u8, now_ms: i64, from: Option<&str>) -> Result<Page, Fault> {
        let due = |chunk: &&Chunk| {
            let is_later = from.is_none_or(|from| chunk.key.sort().as_str() > from);
            chunk.key.shard == shard && chunk.lease_ms < now_ms && is_later
        };
        let name = if self.state().journal.values().any(|chunk| due(&chunk)) { EXPIRED } else { EXPIRED_EMPTY };
        let expired = self.call(name, |state, _| {
            let mut due = state.journal.values().filter(due);
            let chunks: Vec<Chunk> = due.by_ref().take(PAGE).cloned().collect();
            let next = due.next().and_then(|_| chunks.last()).map(|last| last.key.sort());
            Page { chunks, next }
        });
        expired.await
    }

    async fn take(&self, seen: &Chunk, taken: &Chunk, now_ms: i64) -> Result<Fenced, Fault> {
        let take = self.call("journal.take", |state, _| match state.journal.get_mut(&seen.key) {
            Some(stored) if stored.epoch == seen.epoch && stored.lease_ms < now_ms => {
                stored.lease_ms = taken.lease_ms;
                stored.epoch = taken.epoch;
                stored.tries = taken.tries;
                Fenced::Done
            }
            _ => Fenced::Lost,
        });
        take.await
    }

    async fn bury(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let bury = self.call("journal.bury", |state, _| {
            if state.journal.get(&chunk.key).is_none_or(|stored| stored.epoch != chunk.epoch) {
                return Fenced::Lost;
            }
            state.audit_change("journal.bury", &chunk.key, Some(chunk));
            state.dead.insert(chunk.key, chunk.clone());
            state.journal.remove(&chunk.key);
            Fenced::Done
        });
        bury.await
    }
}

#[async_trait]
impl Claims for World {
    async fn insert(&self, claims: &[Claim], owner: ChunkId, _expires_s: i64) -> Result<Vec<Claimed>, Fault> {
        let insert = self.call("claims.insert", |state, half| {
            state.audit_keys("claims.insert", &claims.iter().map(|claim| claim.id).collect::<Vec<_>>());
            let mut results = Vec::new();
            for (at, Claim { id, says }) in claims.iter().enumerate() {
                results.push(if half && at % 2 == 0 {
                    Claimed::Undecided
                } else if state.claims.contains_key(id) {
                    Claimed::Taken
                } else {
                    state.audit_claim(*id, owner);
                    state.claims.insert(*id, Owner { chunk: owner, says: *says });
                    Claimed::New
                });
            }
            results
        });
        insert.await
    }

    async fn owners(&self, events: &[EventId]) -> Result<Vec<Option<Owner>>, Fault> {
        let owners = self.call("claims.owners", |state, _| {
            state.audit_keys("claims.owners", events);
            events.iter().map(|id| state.claims.get(id).copied()).collect()
        });
        owners.await
    }
}

#[async_trait]
impl Outbox for MemoryOutbox {
    async fn send(&self, messages: &[Outgoing<'_>]) -> Vec<Sent> {
        let name = match self.1 {
            Box_::Events => "queue.send",
            Box_::Quarantine => "quarantine.send",
            Box_::Spill => "spill.send",
        };
        let send = self.0.call(name, |state, half| {
            state.audit_batch(messages, self.1 == Box_::Events);
            let mut results = Vec::new();
            for (at, message) in messages.iter().enumerate() {
                if half && at % 2 == 0 {
                    results.push(Sent::Retry);
                } else if state.refused.iter().any(|id| id == message.deduplication_id) {
                    results.push(Sent::Refused);
                } else {
                    state.deliver(self.1, message);
                    results.push(Sent::Acknowledged);
                }
            }
            results
        });
        send.await.unwrap_or_else(|_| vec![Sent::Retry; messages.len()])
    }

    async fn receive(&self) -> Result<Vec<Incoming>, Fault> {
        let receive = self.0.call("spill.receive", |state, _| {
            let now_ms = state.now_ms;
            let visible = state.spill.iter_mut().filter(|(_, (_, hidden_until))| *hidden_until <= now_ms).take(10);
            let incoming = |(handle, (body, hidden_until)): (&usize, &mut (String, i64))| {
                *hidden_until = now_ms + VISIBILITY_MS;
                Incoming { handle: handle.to_string(), body: body.clone() }
            };
            visible.map(incoming).collect()
        });
        receive.await
    }

    async fn remove(&self, handles: &[&str]) -> Result<usize, Fault> {
        let remove = self.0.call("spill.remove", |state, half| {
            let skipped = if half { handles.len().div_ceil(2) } else { 0 };
            for handle in handles.iter().skip(skipped).filter_map(|handle| handle.parse().ok()) {
                state.audit_unspilled(handle);
                state.spill.remove(&handle);
            }
            skipped
        });
        remove.await
    }
}

impl State {
    /// Quarantine gets a message: a part, or a piece of one.
    fn keep(&mut self, body: &str) {
        self.quarantine.push(body.to_owned());
        let Some(piece) = Piece::parse(body) else { return };
        let pieces = self.pieces.entry(piece.part.clone()).or_default();
        pieces.push(piece);
        if let Ok(whole) = assemble(pieces)
            && whole.reason == "conflict"
        {
            self.conflicts.extend(String::from_utf8(whole.part));
        }
    }

    fn deliver(&mut self, which: Box_, message: &Outgoing<'_>) {
        match which {
            Box_::Quarantine => self.keep(message.body),
            Box_::Spill => {
                let handle = self.spill.last_key_value().map_or(0, |(last, _)| last + 1);
                self.spill.insert(handle, (message.body.to_owned(), 0));
            }
            Box_::Events => {
                let id = message.deduplication_id.to_owned();
                let delivered = self.last_sent.get(&id).is_none_or(|at| self.now_ms - at >= FIFO_WINDOW_MS);
                if delivered {
                    self.last_sent.insert(id.clone(), self.now_ms);
                }
                self.sent.extend(event_id(&id));
                let (group, body) = (message.group.to_owned(), message.body.to_owned());
                self.queue.push(Copy { id, group, body, delivered });
            }
        }
    }
}

/// The event a deduplication id names.
pub(super) fn event_id(deduplication_id: &str) -> Option<EventId> {
    uuid::Uuid::parse_str(deduplication_id).ok().map(|id| EventId::from_bytes(id.into_bytes()))
}

#[async_trait]
impl Clock for World {
    fn now_ms(&self) -> i64 {
        self.now()
    }

    async fn sleep_ms(&self, ms: u64) {
        self.pass_ms(i64::try_from(ms).unwrap_or(0));
    }

    fn random(&self) -> u128 {
        let mut state = self.state();
        // Any odd multiplier spreads the counter over all bits, shard included.
        state.random += 1;
        state.random.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
    }
}
