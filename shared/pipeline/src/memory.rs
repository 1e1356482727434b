//! A world in memory: every port, a clock moved by hand, and faults at any call.
//!
//! Calls are numbered from 0 in the order they are made. A [`Plan`] says what happens at some of them: the caller dies
//! before or after the call takes effect (the call never returns; the test drops the future), or the call reports a
//! fault before or after taking effect. The queue keeps every copy sent and tells which a FIFO queue would deliver.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tributary_events::EventId;

use crate::chunk::{Chunk, ChunkId, ChunkKey};
use crate::ports::{Claimed, Claims, Clock, Fault, Fenced, Incoming, Journal, Outbox, Outgoing, Sent};
use crate::{Pipeline, Settings};

/// SQS FIFO absorbs a repeated deduplication id for five minutes.
const FIFO_WINDOW_MS: i64 = 300_000;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mishap {
    /// The caller dies before the call takes effect.
    DieBefore,
    /// The caller dies after the call took effect.
    DieAfter,
    /// The call fails without effect.
    FailBefore,
    /// The call takes effect and its reply is lost.
    FailAfter,
    /// A part of the call fails: every second entry of a batch.
    FailHalf,
}

/// Mishaps by number of the call.
pub type Plan = BTreeMap<usize, Mishap>;

/// A message as the queue got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Deduplication id.
    pub id: String,
    /// Group.
    pub group: String,
    /// Body.
    pub body: String,
    /// Whether a FIFO queue delivers it: no copy with this id in the five minutes before.
    pub delivered: bool,
}

#[derive(Debug, Default)]
struct State {
    now_ms: i64,
    random: u128,
    calls: usize,
    plan: Plan,
    counts: BTreeMap<&'static str, usize>,
    journal: BTreeMap<ChunkKey, Chunk>,
    dead: BTreeMap<ChunkKey, Chunk>,
    claims: HashMap<EventId, ChunkId>,
    queue: Vec<Copy>,
    last_sent: HashMap<String, i64>,
    refused: Vec<String>,
    quarantine: Vec<String>,
    spill: BTreeMap<usize, String>,
}

/// The world. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<State>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Box_ {
    Events,
    Quarantine,
    Spill,
}

struct MemoryOutbox(World, Box_);

impl World {
    /// An empty world at some moment of 2026.
    #[must_use]
    pub fn new() -> Self {
        let world = Self::default();
        world.state().now_ms = 1_768_478_400_000;
        world
    }

    /// A pipeline in this world.
    #[must_use]
    pub fn pipeline(&self) -> Pipeline {
        let outbox = |which| Arc::new(MemoryOutbox(self.clone(), which));
        Pipeline {
            journal: Arc::new(self.clone()),
            claims: Arc::new(self.clone()),
            queue: outbox(Box_::Events),
            quarantine: outbox(Box_::Quarantine),
            spill: Some(outbox(Box_::Spill)),
            clock: Arc::new(self.clone()),
            settings: Settings::default(),
        }
    }

    /// Sets what goes wrong from now on; numbers calls from 0 again.
    pub fn plan(&self, plan: Plan) {
        let mut state = self.state();
        state.plan = plan;
        state.calls = 0;
    }

    /// Lets time pass.
    pub fn pass_ms(&self, ms: i64) {
        self.state().now_ms += ms;
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.state().now_ms
    }

    /// Calls made since the last [`World::plan`].
    #[must_use]
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Calls made in all, by operation.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        self.state().counts.clone()
    }

    /// Every copy the queue got, in order.
    #[must_use]
    pub fn queue(&self) -> Vec<Copy> {
        self.state().queue.clone()
    }

    /// Chunks in the journal.
    #[must_use]
    pub fn open_chunks(&self) -> usize {
        self.state().journal.len()
    }

    /// Chunks set aside.
    #[must_use]
    pub fn dead_chunks(&self) -> usize {
        self.state().dead.len()
    }

    /// Messages in quarantine.
    #[must_use]
    pub fn quarantine(&self) -> Vec<String> {
        self.state().quarantine.clone()
    }

    /// Messages in the spill queue.
    #[must_use]
    pub fn spilled(&self) -> usize {
        self.state().spill.len()
    }

    /// The queue refuses messages of this deduplication id from now on.
    pub fn refuse(&self, id: EventId) {
        self.state().refused.push(id.to_string());
    }

    /// Forgets a claim, as the table does when it expires.
    pub fn expire_claim(&self, id: EventId) {
        self.state().claims.remove(&id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one call: counts it, lets its mishap happen, and tells whether half of it fails.
    async fn call<T>(&self, name: &'static str, effect: impl FnOnce(&mut State, bool) -> T) -> Result<T, Fault> {
        let mishap = {
            let mut state = self.state();
            let number = state.calls;
            state.calls += 1;
            *state.counts.entry(name).or_default() += 1;
            state.plan.get(&number).copied()
        };
        let fault = Fault { operation: name, code: "planned".to_owned(), retry: true };
        match mishap {
            Some(Mishap::DieBefore) => std::future::pending().await,
            Some(Mishap::FailBefore) => return Err(fault),
            _ => {}
        }
        let done = effect(&mut self.state(), mishap == Some(Mishap::FailHalf));
        match mishap {
            Some(Mishap::DieAfter) => std::future::pending().await,
            Some(Mishap::FailAfter) => Err(fault),
            _ => Ok(done),
        }
    }
}

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
                    state.journal.insert(chunk.key, chunk.clone());
                    results.push(Ok(()));
                }
            }
            results
        });
        put.await.unwrap_or_else(|fault| vec![Err(fault); chunks.len()])
    }

    async fn delete(&self, key: &ChunkKey) -> Result<(), Fault> {
        let delete = self.call("journal.delete", |state, _| {
            state.journal.remove(key);
        });
        delete.await
    }

    async fn rewrite(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let rewrite = self.call("journal.rewrite", |state, _| match state.journal.get_mut(&chunk.key) {
            Some(stored) if stored.epoch == chunk.epoch => {
                *stored = chunk.clone();
                Fenced::Done
            }
            _ => Fenced::Lost,
        });
        rewrite.await
    }

    async fn expired(&self, shard: u8, now_ms: i64) -> Result<Vec<Chunk>, Fault> {
        let expired = self.call("journal.expired", |state, _| {
            let due = |chunk: &&Chunk| chunk.key.shard == shard && chunk.lease_ms < now_ms;
            state.journal.values().filter(due).cloned().collect()
        });
        expired.await
    }

    async fn take(&self, chunk: &Chunk, now_ms: i64, lease_ms: i64) -> Result<Fenced, Fault> {
        let take = self.call("journal.take", |state, _| match state.journal.get_mut(&chunk.key) {
            Some(stored) if stored.epoch == chunk.epoch && stored.lease_ms < now_ms => {
                stored.lease_ms = lease_ms;
                stored.epoch += 1;
                stored.tries += 1;
                Fenced::Done
            }
            _ => Fenced::Lost,
        });
        take.await
    }

    async fn bury(&self, chunk: &Chunk) -> Result<(), Fault> {
        let bury = self.call("journal.bury", |state, _| {
            state.dead.insert(chunk.key, chunk.clone());
            state.journal.remove(&chunk.key);
        });
        bury.await
    }
}

#[async_trait]
impl Claims for World {
    async fn insert(&self, events: &[EventId], owner: ChunkId, _expires_s: i64) -> Result<Vec<Claimed>, Fault> {
        let insert = self.call("claims.insert", |state, half| {
            let mut results = Vec::new();
            for (at, id) in events.iter().enumerate() {
                results.push(if half && at % 2 == 0 {
                    Claimed::Undecided
                } else if state.claims.contains_key(id) {
                    Claimed::Taken
                } else {
                    state.claims.insert(*id, owner);
                    Claimed::New
                });
            }
            results
        });
        insert.await
    }

    async fn owners(&self, events: &[EventId]) -> Result<Vec<Option<ChunkId>>, Fault> {
        let owners =
            self.call("claims.owners", |state, _| events.iter().map(|id| state.claims.get(id).copied()).collect());
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
            let message =
                |(handle, body): (&usize, &String)| Incoming { handle: handle.to_string(), body: body.clone() };
            state.spill.iter().take(10).map(message).collect()
        });
        receive.await
    }

    async fn remove(&self, handle: &str) -> Result<(), Fault> {
        let remove = self.0.call("spill.remove", |state, _| {
            if let Ok(handle) = handle.parse() {
                state.spill.remove(&handle);
            }
        });
        remove.await
    }
}

impl State {
    fn deliver(&mut self, which: Box_, message: &Outgoing<'_>) {
        match which {
            Box_::Quarantine => self.quarantine.push(message.body.to_owned()),
            Box_::Spill => {
                let handle = self.spill.last_key_value().map_or(0, |(last, _)| last + 1);
                self.spill.insert(handle, message.body.to_owned());
            }
            Box_::Events => {
                let id = message.deduplication_id.to_owned();
                let delivered = self.last_sent.get(&id).is_none_or(|at| self.now_ms - at >= FIFO_WINDOW_MS);
                if delivered {
                    self.last_sent.insert(id.clone(), self.now_ms);
                }
                let (group, body) = (message.group.to_owned(), message.body.to_owned());
                self.queue.push(Copy { id, group, body, delivered });
            }
        }
    }
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
