//! What the protocol needs of the world.

use async_trait::async_trait;
use tributary_events::{EventId, Says};

use crate::chunk::{Chunk, ChunkId};

/// A call did not do its work, or its reply was lost: nobody knows whether it took effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {code}")]
pub struct Fault {
    /// The call.
    pub operation: &'static str,
    /// The service's error code or the kind of failure. Never holds data.
    pub code: String,
    /// Whether trying again may help.
    pub retry: bool,
}

/// Whether a conditional write found what it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fenced {
    /// It did, and wrote.
    Done,
    /// Somebody else was faster; nothing was written.
    Lost,
}

/// Some of the chunks of a shard whose lease ran out, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The chunks.
    pub chunks: Vec<Chunk>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<String>,
}

/// Where chunks lie until they are settled. Whatever ends or moves a chunk asks for its epoch: whoever has taken it since
/// keeps it.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Puts new chunks, any number. One answer a chunk, in order. Putting the same chunk again is harmless.
    async fn put(&self, chunks: &[Chunk]) -> Vec<Result<(), Fault>>;
    /// Deletes a settled chunk, if the epoch is still the chunk's. One that is not there is deleted already.
    async fn delete(&self, chunk: &Chunk) -> Result<Fenced, Fault>;
    /// Replaces the data of a chunk and its lease, if it is there and the epoch is still the chunk's.
    async fn rewrite(&self, chunk: &Chunk) -> Result<Fenced, Fault>;
    /// Chunks of a shard whose lease ran out before `now_ms`, read consistently: about 1 MiB of them, from where an earlier
    /// page says the next begins. A page may be empty though others follow.
    async fn expired(&self, shard: u8, now_ms: i64, from: Option<&str>) -> Result<Page, Fault>;
    /// Takes a chunk whose lease ran out before `now_ms`, if its epoch is still the seen one: sets lease, epoch and tries
    /// to those of `taken`.
    async fn take(&self, seen: &Chunk, taken: &Chunk, now_ms: i64) -> Result<Fenced, Fault>;
    /// Moves a chunk, as given, to where the sweeper does not look, if it is there and the epoch is still the chunk's: in
    /// one transaction, so that nobody ever sees both copies or neither.
    async fn bury(&self, chunk: &Chunk) -> Result<Fenced, Fault>;
}

/// What became of the claim on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Inserted.
    New,
    /// There is one already, perhaps our own.
    Taken,
    /// Not decided: try again.
    Undecided,
}

/// A claim to be made on an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The event.
    pub id: EventId,
    /// What it says, if that is told.
    pub says: Option<Says>,
}

/// Whose an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The chunk that claimed it.
    pub chunk: ChunkId,
    /// What the event says that was claimed. `None` in a claim of an earlier version, too.
    pub says: Option<Says>,
}

/// Who owns which event. Inserted once, never changed.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Inserts claims for 1 to 25 different events. One answer an event, in order.
    async fn insert(&self, claims: &[Claim], owner: ChunkId, expires_s: i64) -> Result<Vec<Claimed>, Fault>;
    /// The owners of 1 to 25 different events, read consistently. `None` where there is no claim.
    async fn owners(&self, events: &[EventId]) -> Result<Vec<Option<Owner>>, Fault>;
}

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The queue has it.
    Acknowledged,
    /// The queue does not have it, or we do not know. Trying again may help.
    Retry,
    /// The queue refuses this message. Trying again unchanged does not help.
    Refused,
}

/// A message on its way out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Deduplication id on FIFO queues: at most 128 printable ASCII characters.
    pub deduplication_id: &'a str,
    /// Message group on FIFO queues.
    pub group: &'a str,
    /// The body.
    pub body: &'a str,
}

/// A message that came back: the spill queue is read by the sweeper.
#[derive(Clone)]
pub struct Incoming {
    /// Names this delivery, for [`Outbox::remove`].
    pub handle: String,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// A queue.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Sends 1 to 10 messages of at most 1 MiB together. One answer a message, in order.
    async fn send(&self, messages: &[Outgoing<'_>]) -> Vec<Sent>;
    /// Opens the connection. Has no effect on the queue.
    async fn warm(&self) {}
    /// Receives up to 10 messages without waiting. They come again unless removed.
    async fn receive(&self) -> Result<Vec<Incoming>, Fault>;
    /// Removes 1 to 10 received messages, by their handles. Gives how many are not known to be removed: they come again.
    async fn remove(&self, handles: &[&str]) -> Result<usize, Fault>;
}

/// Time and chance.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Waits.
    async fn sleep_ms(&self, ms: u64);
    /// 128 fresh random bits.
    fn random(&self) -> u128;
}

/// The machine's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    async fn sleep_ms(&self, ms: u64) {
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
    }

    fn random(&self) -> u128 {
        uuid::Uuid::new_v4().as_u128()
    }
}
