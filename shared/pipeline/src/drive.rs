//! Driving a chunk: claim, send, settle.

use futures_util::future::join_all;
use tributary_events::EventId;

use crate::Pipeline;
use crate::batch::batches;
use crate::chunk::{Chunk, ChunkId, pack};
use crate::message::{Message, collide};
use crate::ports::{Claim, Claimed, Fenced, Outgoing, Sent};
use crate::quarantine::Quarantined;
use crate::settings::{Deadline, LEASE_MARGIN_MS};

/// Chunks driven together: two full ones fill five batches, where each alone would leave a batch half empty.
pub(crate) const TOGETHER: usize = 2;

/// What became of the events of the chunks driven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Driven {
    /// Sent by this drive.
    pub(crate) sent: usize,
    /// Owned by another chunk: somebody else sends them.
    pub(crate) duplicate: usize,
    /// Another chunk owns an event of this id that says something else: in quarantine now.
    pub(crate) conflict: usize,
    /// Left for the sweeper.
    pub(crate) left: usize,
}

/// A chunk, its messages, and how far each is.
pub(crate) struct Work<'a> {
    chunk: &'a Chunk,
    messages: &'a [Message],
    states: Vec<State>,
}

impl Work<'_> {
    fn rest(&self) -> Vec<&Message> {
        let open = self.messages.iter().zip(&self.states).filter(|(_, state)| !state.is_settled());
        open.map(|(message, _)| message).collect()
    }

    /// The chunk with what must stay of it, and a lease that ends now. None if nothing must.
    pub(crate) fn rest_of_chunk(&self, now_ms: i64) -> Option<Chunk> {
        let rest = self.rest();
        (!rest.is_empty()).then(|| Chunk {
            data: pack(rest.iter().copied()),
            events: rest.len(),
            lease_ms: now_ms,
            ..self.chunk.clone()
        })
    }
}

/// Sums up how far the events of some chunks are.
pub(crate) fn sum(work: &[Work<'_>]) -> Driven {
    let mut driven = Driven::default();
    for state in work.iter().flat_map(|work| &work.states) {
        match state {
            State::Sent => driven.sent += 1,
            State::Foreign => driven.duplicate += 1,
            State::Kept => driven.conflict += 1,
            State::Unclaimed | State::Ours | State::Refused | State::Conflict => driven.left += 1,
        }
    }
    driven
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unclaimed,
    Ours,
    Sent,
    Refused,
    Foreign,
    /// Another chunk's by its id, and not the same event: to be put into quarantine.
    Conflict,
    /// That, and quarantine has it.
    Kept,
}

impl State {
    /// Whether the chunk need not hold it any longer.
    fn is_settled(self) -> bool {
        matches!(self, Self::Sent | Self::Foreign | Self::Kept)
    }
}

/// Most ids that a log line names.
const TOLD: usize = 25;

/// One line for events that share their ids with others and say something else: ids only.
pub(crate) fn tell_conflicts(chunk: Option<ChunkId>, events: &[EventId]) {
    if events.is_empty() {
        return;
    }
    let ids: Vec<String> = events.iter().take(TOLD).map(ToString::to_string).collect();
    let (chunk, count) = (chunk.map(|chunk| chunk.to_string()).unwrap_or_default(), events.len());
    tracing::error!(chunk, count, events = ids.join(" "), "conflict: another event has this id; put into quarantine");
}

impl Pipeline {
    /// Drives chunks that this caller holds the leases of, and settles them. Never fails: what is not done is left for the
    /// sweeper.
    ///
    /// Dropping the future at any point is safe in the same way.
    pub(crate) async fn drive(&self, chunks: &[(&Chunk, &[Message])], deadline: Deadline) -> Driven {
        let work = self.carry(chunks, deadline).await;
        join_all(work.iter().map(|work| self.settle(work))).await;
        sum(&work)
    }

    /// Claims, puts conflicts into quarantine, sends. The chunks stay as they are: the caller settles them.
    pub(crate) async fn carry<'a>(&self, chunks: &[(&'a Chunk, &'a [Message])], deadline: Deadline) -> Vec<Work<'a>> {
        let lease_ms = chunks.iter().map(|(chunk, _)| chunk.lease_ms).min().unwrap_or(i64::MAX);
        let deadline = deadline.earlier(lease_ms - LEASE_MARGIN_MS);
        let mut work: Vec<Work<'_>> = chunks
            .iter()
            .map(|(chunk, messages)| Work { chunk, messages, states: vec![State::Unclaimed; messages.len()] })
            .collect();
        join_all(work.iter_mut().map(|work| self.claim(work, deadline))).await;
        let collided = in_state(&work, State::Conflict);
        let (kept, ()) = tokio::join!(self.keep_conflicts(&collided, deadline), self.send(&mut work, deadline));
        for (open, _) in collided.iter().zip(kept).filter(|(_, kept)| *kept) {
            work[open.chunk].states[open.at] = State::Kept;
        }
        for work in &work {
            let kept = work.messages.iter().zip(&work.states).filter(|(_, state)| **state == State::Kept);
            tell_conflicts(Some(work.chunk.key.id), &kept.map(|(message, _)| message.id).collect::<Vec<_>>());
        }
        work
    }

    async fn claim(&self, work: &mut Work<'_>, deadline: Deadline) {
        let Work { chunk, messages, states } = work;
        let expires_s = self.clock.now_ms() / 1000 + self.settings.claim_seconds;
        for attempt in 0..self.settings.attempts {
            let unclaimed = |(_, state): &(usize, &State)| **state == State::Unclaimed;
            let open: Vec<usize> = states.iter().enumerate().filter(unclaimed).map(|(at, _)| at).collect();
            if open.is_empty() || !self.may_begin(attempt, deadline).await {
                return;
            }
            let claim = |at: &usize| Claim { id: messages[*at].id, says: messages[*at].says };
            let claims: Vec<Claim> = open.iter().map(claim).collect();
            let claimed = match self.claims.insert(&claims, chunk.key.id, expires_s).await {
                Ok(claimed) => claimed,
                Err(fault) => {
                    tracing::warn!(chunk = %chunk.key.id, %fault, "claims not inserted");
                    if fault.retry { continue } else { return }
                }
            };
            let mut taken = Vec::new();
            for (at, claimed) in open.into_iter().zip(claimed) {
                match claimed {
                    Claimed::New => states[at] = State::Ours,
                    Claimed::Taken => taken.push(at),
                    Claimed::Undecided => {}
                }
            }
            if !taken.is_empty() && !deadline.passed(self.clock.now_ms()) {
                self.find_owners(chunk, messages, states, &taken).await;
            }
        }
    }

    /// A claim that exists may be our own: an earlier drive of this chunk, or a retry whose first try had landed.
    async fn find_owners(&self, chunk: &Chunk, messages: &[Message], states: &mut [State], taken: &[usize]) {
        let ids: Vec<EventId> = taken.iter().map(|at| messages[*at].id).collect();
        match self.claims.owners(&ids).await {
            Ok(owners) => {
                for (at, owner) in taken.iter().zip(owners) {
                    match owner {
                        Some(owner) if owner.chunk == chunk.key.id => states[*at] = State::Ours,
                        Some(owner) if collide(owner.says, messages[*at].says) => states[*at] = State::Conflict,
                        Some(_) => states[*at] = State::Foreign,
                        // Expired between the two calls: insert again.
                        None => {}
                    }
                }
            }
            Err(fault) => tracing::warn!(chunk = %chunk.key.id, %fault, "owners not read"),
        }
    }

    /// Puts events into quarantine that are another chunk's by their ids only. One answer each.
    async fn keep_conflicts(&self, events: &[Open<'_>], deadline: Deadline) -> Vec<bool> {
        let parts: Vec<Quarantined> = events.iter().map(|open| Quarantined::conflict(open.message)).collect();
        self.quarantine_all(&parts, deadline).await
    }

    async fn send(&self, work: &mut [Work<'_>], deadline: Deadline) {
        for attempt in 0..self.settings.attempts {
            let open = in_state(work, State::Ours);
            if open.is_empty() || !self.may_begin(attempt, deadline).await {
                return;
            }
            // One batch after the other, so that the events of one group keep their order.
            for batch in batches(&open, self.settings.max_message_bytes, |open| open.message.body.len()) {
                if deadline.passed(self.clock.now_ms()) {
                    return;
                }
                let ids: Vec<String> = batch.iter().map(|open| open.message.id.to_string()).collect();
                let entries: Vec<Outgoing<'_>> = batch
                    .iter()
                    .zip(&ids)
                    .map(|(open, id)| Outgoing {
                        deduplication_id: id,
                        group: &open.message.group,
                        body: &open.message.body,
                    })
                    .collect();
                for (open, sent) in batch.iter().zip(self.queue.send(&entries).await) {
                    match sent {
                        Sent::Acknowledged => work[open.chunk].states[open.at] = State::Sent,
                        Sent::Refused => work[open.chunk].states[open.at] = State::Refused,
                        Sent::Retry => {}
                    }
                }
            }
        }
    }

    /// Deletes the chunk if each of its events is on the queue, somebody else's or in quarantine; else keeps the rest.
    pub(crate) async fn settle(&self, work: &Work<'_>) {
        let Work { chunk, messages, .. } = work;
        let left = work.rest().len();
        if left == messages.len() {
            // Nothing to take out: the lease runs out by itself.
            return;
        }
        let outcome = match work.rest_of_chunk(self.clock.now_ms()) {
            None => self.journal.delete(chunk).await,
            Some(rest) => self.journal.rewrite(&rest).await,
        };
        match outcome {
            Ok(Fenced::Done) => {}
            Ok(Fenced::Lost) => tracing::warn!(chunk = %chunk.key.id, "another driver took the chunk"),
            Err(fault) => tracing::warn!(chunk = %chunk.key.id, %fault, "chunk not settled, the sweeper will"),
        }
    }

    /// Waits before a further attempt. False once the deadline has passed.
    pub(crate) async fn may_begin(&self, attempt: u32, deadline: Deadline) -> bool {
        if attempt > 0 {
            let pause = self.settings.backoff_ms << (attempt - 1).min(8);
            // Up to half as much again, so that callers throttled together do not come back together.
            let jitter = u64::try_from(self.clock.random() % 512).unwrap_or(0) * pause / 1024;
            self.clock.sleep_ms(pause + jitter).await;
        }
        !deadline.passed(self.clock.now_ms())
    }
}

/// A message in the work, and its place.
#[derive(Clone, Copy)]
struct Open<'a> {
    chunk: usize,
    at: usize,
    message: &'a Message,
}

fn in_state<'a>(work: &[Work<'a>], state: State) -> Vec<Open<'a>> {
    let mut open = Vec::new();
    for (chunk, work) in work.iter().enumerate() {
        for (at, message) in work.messages.iter().enumerate() {
            if work.states[at] == state {
                open.push(Open { chunk, at, message });
            }
        }
    }
    open
}
