//! A world in memory: every port, a clock moved by hand, and faults at any call.
//!
//! Calls are numbered from 0 in the order they are made; the sweeper's look at a shard where nothing is due has no number
//! and no mishap, for it changes and tells nothing. A [`Plan`] says what happens at some of them: the caller dies
//! before or after the call takes effect (the call never returns; the test drops the future), or the call reports a
//! fault before or after taking effect. The queue keeps every copy sent and tells which a FIFO queue would deliver.
//!
//! Each call is checked while it takes effect: [`World::violations`]. With [`Schedule`] a test decides which of several
//! callers makes the next step, and when one of them dies.

mod audit;
mod ports;
mod schedule;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tributary_events::EventId;

use self::ports::{Box_, EXPIRED_EMPTY, MemoryOutbox};
use self::schedule::Gate;
pub use self::schedule::{Actor, Pauses, Schedule, every_schedule};
use crate::chunk::{Chunk, ChunkKey};
use crate::message::Message;
use crate::pieces::Piece;
use crate::ports::{Fault, Owner};
use crate::{Pipeline, Settings};

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
    /// How long each call takes.
    call_ms: i64,
    random: u128,
    calls: usize,
    plan: Plan,
    counts: BTreeMap<&'static str, usize>,
    journal: BTreeMap<ChunkKey, Chunk>,
    dead: BTreeMap<ChunkKey, Chunk>,
    claims: HashMap<EventId, Owner>,
    queue: Vec<Copy>,
    last_sent: HashMap<String, i64>,
    refused: Vec<String>,
    quarantine: Vec<String>,
    /// Pieces of parts that are not whole yet.
    pieces: HashMap<String, Vec<Piece>>,
    /// Unified events that quarantine has as conflicts, whole.
    conflicts: HashSet<String>,
    /// Bodies, each hidden until that moment.
    spill: BTreeMap<usize, (String, i64)>,
    /// Events the queue ever got.
    sent: HashSet<EventId>,
    violations: Vec<String>,
    gate: Option<Gate>,
}

/// The world. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct World(Arc<Mutex<State>>);

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

    /// Sets what goes wrong from now on, and goes on counting.
    pub fn replan(&self, plan: Plan) {
        self.state().plan = plan;
    }

    /// Lets time pass.
    pub fn pass_ms(&self, ms: i64) {
        self.state().now_ms += ms;
    }

    /// Each call takes so long from now on, one after the other.
    pub fn calls_take_ms(&self, ms: i64) {
        self.state().call_ms = ms;
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

    /// The queue takes whatever it refused.
    pub fn relent(&self) {
        self.state().refused.clear();
    }

    /// A person puts everything back that was set aside, as `tributary redrive dead` does: each chunk in one transaction,
    /// which finds nothing to do where the chunk is not as it was seen. Gives how many are back.
    pub async fn put_back(&self) -> usize {
        let seen: Vec<Chunk> = self.state().dead.values().cloned().collect();
        let mut count = 0;
        for dead in seen {
            let back = self.call("journal.put_back", |state, _| {
                if state.dead.get(&dead.key).is_none_or(|stored| stored.epoch != dead.epoch) {
                    return false;
                }
                state.dead.remove(&dead.key);
                let is_free = !state.journal.contains_key(&dead.key);
                if is_free {
                    let back = Chunk { lease_ms: 0, epoch: dead.epoch.wrapping_add(1), tries: 0, ..dead.clone() };
                    state.journal.insert(dead.key, back);
                }
                is_free
            });
            count += usize::from(back.await == Ok(true));
        }
        count
    }

    /// Forgets a claim, as the table does when it expires.
    pub fn expire_claim(&self, id: EventId) {
        self.state().claims.remove(&id);
    }

    /// Takes away every claim, as 30 days do.
    pub fn expire_claims(&self) {
        self.state().claims.clear();
    }

    /// Damages the data of every chunk that lies in the journal now.
    pub fn damage(&self) {
        for chunk in self.state().journal.values_mut() {
            chunk.data = b"damaged".to_vec();
        }
    }

    /// Puts a message into the spill queue that is no chunk.
    pub fn spill_rubbish(&self) {
        let mut state = self.state();
        let handle = state.spill.last_key_value().map_or(0, |(last, _)| last + 1);
        state.spill.insert(handle, ("rubbish".to_owned(), 0));
    }

    /// The owner of each claim, as text.
    #[must_use]
    pub fn claims(&self) -> BTreeMap<String, String> {
        self.state().claims.iter().map(|(id, owner)| (id.to_string(), owner.chunk.to_string())).collect()
    }

    /// Unified events that quarantine has as conflicts, each whole.
    #[must_use]
    pub fn conflicts(&self) -> HashSet<String> {
        self.state().conflicts.clone()
    }

    /// How many of these events cannot get lost any more: on the queue, in a chunk that is kept, or, where another event
    /// has the id, in quarantine.
    #[must_use]
    pub fn durable(&self, events: &[Message]) -> usize {
        events.len() - self.state().not_durable(events.to_vec()).len()
    }

    /// What broke a rule of the protocol or a limit of AWS so far. Empty if all is well.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one call: counts it, lets its mishap happen, and tells whether half of it fails.
    async fn call<T>(&self, name: &'static str, effect: impl FnOnce(&mut State, bool) -> T) -> Result<T, Fault> {
        let mishap = {
            let mut state = self.state();
            state.now_ms += state.call_ms;
            *state.counts.entry(name).or_default() += 1;
            if name == EXPIRED_EMPTY {
                None
            } else {
                let number = state.calls;
                state.calls += 1;
                state.plan.get(&number).copied()
            }
        };
        let fault = Fault { operation: name, code: "planned".to_owned(), retry: true };
        if name != EXPIRED_EMPTY {
            self.pause(name).await;
        }
        match mishap {
            Some(Mishap::DieBefore) => std::future::pending().await,
            Some(Mishap::FailBefore) => return Err(fault),
            _ => {}
        }
        let done = effect(&mut self.state(), mishap == Some(Mishap::FailHalf));
        if name != EXPIRED_EMPTY {
            self.pause_after(name).await;
        }
        match mishap {
            Some(Mishap::DieAfter) => std::future::pending().await,
            Some(Mishap::FailAfter) => Err(fault),
            _ => Ok(done),
        }
    }
}
