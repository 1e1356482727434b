//! What a search is about.

/// A set of events, one bit each.
pub type Events = u8;

/// Most events of a configuration.
pub const EVENTS: usize = 3;
/// Most deliveries of a configuration. Each makes one chunk, of the same number.
pub const CHUNKS: usize = 3;
/// Most sweepers that may look at one chunk at the same time.
pub const SWEEPERS: usize = 2;

/// The order of calls: ours, and orders that must fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Journal, claim, send, settle; the sweeper does the same.
    Ours,
    /// Remember the event, then send it. No journal.
    PutThenSend,
    /// Look whether the event is remembered, send it, then remember it. No journal.
    SendThenPut,
    /// Ours, but take and rewrite do not ask for the epoch.
    NoFence,
    /// Ours, but a claim that exists is taken for somebody else's.
    NoOwnerCheck,
    /// Ours, but the chunk is deleted once its events are claimed, before they are sent.
    DeleteBeforeSend,
    /// Ours, but a claim is written without asking whether there is one.
    ClaimsOverwritten,
    /// Ours, but an event whose id is another event's is dropped as its repeat: nobody asks what it says.
    ConflictDropped,
    /// Ours, but an event whose id is another event's counts as kept before quarantine has it.
    ConflictForgotten,
    /// Ours, but a chunk is set aside as it was once: its copy is put, and then the live one deleted whoever has it.
    BuryUnfenced,
}

/// What a driver does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// `Journal::put` by a handler.
    Put,
    /// `Outbox::send` of the chunk to the spill queue by a handler whose put failed.
    Spill,
    /// `Journal::take` by a sweeper that has read the chunk.
    Take,
    /// `Claims::insert`, statement by statement.
    Insert,
    /// `Claims::owners` for those that were taken.
    Owners,
    /// Claims read before anything is sent: only [`Protocol::SendThenPut`].
    Look,
    /// `Outbox::send`, to quarantine, of events whose ids are other events'.
    Keep,
    /// `Outbox::send` of what is ours.
    Send,
    /// `Journal::delete` or `Journal::rewrite`.
    Settle,
    /// The handler's answer 200.
    Answer,
    /// `Journal::put` by a sweeper that received a spilled chunk.
    Restore,
    /// `Outbox::remove` of the spilled chunk.
    Remove,
    /// `Journal::bury` by a sweeper that gives the chunk up; for [`Protocol::BuryUnfenced`] its put.
    Bury,
    /// The delete after it: only [`Protocol::BuryUnfenced`].
    BuryDelete,
}

impl Protocol {
    /// The order of a driver's phases. [`Phase::Owners`] belongs to [`Phase::Insert`].
    #[must_use]
    pub fn order(self) -> &'static [Phase] {
        match self {
            Self::PutThenSend => &[Phase::Insert, Phase::Send, Phase::Answer],
            Self::SendThenPut => &[Phase::Look, Phase::Send, Phase::Insert, Phase::Answer],
            Self::DeleteBeforeSend => &[Phase::Put, Phase::Insert, Phase::Settle, Phase::Send, Phase::Answer],
            _ => &[Phase::Put, Phase::Insert, Phase::Keep, Phase::Send, Phase::Settle, Phase::Answer],
        }
    }

    /// Whether requests go through the journal.
    #[must_use]
    pub fn has_journal(self) -> bool {
        !matches!(self, Self::PutThenSend | Self::SendThenPut)
    }

    /// Whether take and rewrite ask for the epoch.
    #[must_use]
    pub fn is_fenced(self) -> bool {
        self != Self::NoFence
    }
}

/// A request on its way to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// What it holds.
    pub events: Events,
    /// Those of them that share their ids with other events by mistake: they say something else.
    pub twins: Events,
    /// The delivery it repeats because no 200 came; without one it comes whenever it likes, or never.
    pub retry_of: Option<usize>,
}

impl Delivery {
    /// A delivery that comes whenever it likes.
    #[must_use]
    pub const fn of(events: Events) -> Self {
        Self { events, twins: 0, retry_of: None }
    }

    /// The same, and these of its events say something else than those of other deliveries.
    #[must_use]
    pub const fn saying(self, twins: Events) -> Self {
        Self { twins, ..self }
    }

    /// The vendor's retry of an earlier one.
    #[must_use]
    pub const fn retry(events: Events, of: usize) -> Self {
        Self { events, twins: 0, retry_of: Some(of) }
    }
}

/// Times, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// L: how long a chunk belongs to whoever put or took it.
    pub lease: i8,
    /// D: the longest a chunk whose lease ran out on every clock waits for a sweeper.
    pub sweep: u8,
    /// T: the last call of a driver that lives takes effect so long after it read the clock for its lease, at most.
    pub run: u8,
    /// F: the last effect of a call whose caller gave up comes so long after it gave up, at most.
    pub flight: u8,
    /// S: how far two clocks are apart, at most.
    pub skew: i8,
    /// W: how long the queue absorbs a repeated id after the copy it delivered; 0 for a standard queue.
    pub window: u8,
    /// V: how long a received message of the spill queue stays hidden.
    pub hidden: u8,
}

/// The times of most configurations: L 2, D 1, T 1, F 1, no skew, a standard queue.
pub const TIMES: Times = Times { lease: 2, sweep: 1, run: 1, flight: 1, skew: 0, window: 0, hidden: 2 };

/// What a take sets as the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// A value that this chunk never had: ours is random.
    Unique,
    /// One more than it was: a put that comes late, or again from the spill queue, sets it back.
    Next,
}

/// One search.
#[derive(Debug, Clone)]
pub struct Config {
    /// The order of calls.
    pub protocol: Protocol,
    /// What vendors send, at most [`CHUNKS`].
    pub deliveries: Vec<Delivery>,
    /// Times.
    pub times: Times,
    /// Sweepers that may look at one chunk at the same time; 0 for none at all.
    pub sweepers: usize,
    /// Crashes, failed calls, lost replies and calls that hang, all together.
    pub faults: u8,
    /// Answers that name failed entries or undecided statements, all together.
    pub partials: u8,
    /// Whether a chunk that the journal refuses goes to the spill queue.
    pub spill: bool,
    /// What a take sets as the epoch.
    pub epoch: Epoch,
    /// How often a sweeper may give a chunk up and set it aside, all together; a person puts each back some time.
    pub burials: u8,
}

impl Config {
    /// Our protocol with one sweeper a chunk, no spill queue, and nothing that goes wrong.
    #[must_use]
    pub fn new(deliveries: &[Delivery]) -> Self {
        Self {
            protocol: Protocol::Ours,
            deliveries: deliveries.to_vec(),
            times: TIMES,
            sweepers: 1,
            faults: 0,
            partials: 0,
            spill: false,
            epoch: Epoch::Unique,
            burials: 0,
        }
    }

    /// Whether two chunks mean different events by that id.
    #[must_use]
    pub fn collide(&self, one: usize, other: usize, event: usize) -> bool {
        let twins = |chunk: usize| self.deliveries.get(chunk).map_or(0, |delivery| delivery.twins) & 1 << event;
        twins(one) != twins(other)
    }

    /// The events of a chunk when it is put.
    #[must_use]
    pub fn events(&self, chunk: usize) -> Events {
        self.deliveries.get(chunk).map_or(0, |delivery| delivery.events)
    }
}
