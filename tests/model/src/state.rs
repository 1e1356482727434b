//! The world: tables, queues, who is at work, and time.

use crate::config::{CHUNKS, Config, EVENTS, Events, Phase, Protocol, SWEEPERS};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Progress {
    /// Not here yet.
    #[default]
    Waiting,
    /// Its handler is at work.
    Running,
    /// Answered 200.
    Acknowledged,
    /// Its handler is gone and nothing was acknowledged.
    Unanswered,
}

/// A chunk in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chunk {
    /// What it holds.
    pub events: Events,
    /// Ticks until the lease ends, by the slowest clock.
    pub lease: i8,
    /// Raised by each take.
    pub epoch: u8,
    /// Ticks it has been seen with its lease run out on every clock.
    pub waited: u8,
}

/// A chunk in the spill queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spilled {
    /// Ticks until it can be received.
    pub hidden: u8,
    /// Ticks it could have been received.
    pub waited: u8,
}

/// What the queue knows of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sends {
    /// Copies sent.
    pub sent: u8,
    /// Copies delivered: those that the window did not absorb.
    pub delivered: u8,
    /// Ticks since the copy delivered last, while within the window.
    pub age: Option<u8>,
}

/// A handler or a sweeper at work on one chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Driver {
    /// The chunk.
    pub chunk: u8,
    /// What it does next.
    pub phase: Phase,
    /// How far its clock is ahead of the slowest.
    pub ahead: i8,
    /// Ticks since it read its clock for the lease.
    pub age: u8,
    /// The epoch it read.
    pub epoch: u8,
    /// The events it read: all that it drives.
    pub view: Events,
    /// Statements of the insert under way that have not run.
    pub open: Events,
    /// Claims inserted by the insert under way.
    pub new: Events,
    /// Claims that the insert under way found taken.
    pub taken: Events,
    /// To be sent.
    pub ours: Events,
    /// Sent and acknowledged.
    pub sent: Events,
    /// Another chunk's.
    pub foreign: Events,
    /// Another chunk's by their ids, and other events.
    pub colliding: Events,
    /// Those of them that quarantine has acknowledged.
    pub kept: Events,
    /// Whether the phase's call went wrong once: it may be left.
    pub stumbled: bool,
}

impl Driver {
    /// A driver before its first call.
    #[must_use]
    pub fn new(chunk: usize, phase: Phase, ahead: i8, view: Events, epoch: u8) -> Self {
        Self {
            chunk: u8::try_from(chunk).unwrap_or(u8::MAX),
            phase,
            ahead,
            age: 0,
            epoch,
            view,
            open: 0,
            new: 0,
            taken: 0,
            ours: 0,
            sent: 0,
            foreign: 0,
            colliding: 0,
            kept: 0,
            stumbled: false,
        }
    }

    /// Events not known to be anybody's.
    #[must_use]
    pub fn unclaimed(&self) -> Events {
        self.view & !(self.ours | self.sent | self.foreign | self.colliding | self.kept)
    }

    /// Events that are neither on the queue nor another chunk's nor in quarantine.
    #[must_use]
    pub fn rest(&self) -> Events {
        self.view & !(self.sent | self.foreign | self.kept)
    }

    /// The statements of an insert that begins now.
    #[must_use]
    pub fn statements(&self, protocol: Protocol) -> Events {
        if protocol == Protocol::SendThenPut { self.sent } else { self.unclaimed() }
    }

    /// The events that the next call is about. For a settle: what stays in the chunk, none for a delete.
    #[must_use]
    pub fn about(&self, protocol: Protocol) -> Events {
        match self.phase {
            Phase::Insert => self.open,
            Phase::Send => self.ours,
            Phase::Keep => self.colliding,
            Phase::Settle if protocol == Protocol::DeleteBeforeSend => 0,
            Phase::Settle | Phase::Bury => self.rest(),
            _ => self.view,
        }
    }
}

/// A call whose caller gave up or died, and whose effect comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flying {
    /// The call.
    pub phase: Phase,
    /// The chunk.
    pub chunk: u8,
    /// The events it is about: those put, claimed, sent, or left by the rewrite (none: a delete).
    pub events: Events,
    /// The epoch it asks for.
    pub epoch: u8,
    /// The clock it was made by, against the slowest clock now.
    pub clock: i8,
    /// Ticks since the caller gave up.
    pub elapsed: u8,
}

/// Handlers, one a delivery, then sweepers.
pub const DRIVERS: usize = CHUNKS + CHUNKS * SWEEPERS;

/// The world.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct State {
    /// Deliveries.
    pub deliveries: [Progress; CHUNKS],
    /// The journal.
    pub journal: [Option<Chunk>; CHUNKS],
    /// Epochs handed out for each chunk, where they are unique.
    pub epochs: [u8; CHUNKS],
    /// Chunks that were durable at any time.
    pub born: [bool; CHUNKS],
    /// The spill queue.
    pub spill: [Option<Spilled>; CHUNKS],
    /// Chunks set aside.
    pub dead: [Option<Chunk>; CHUNKS],
    /// Burials so far.
    pub burials: u8,
    /// What quarantine has of each chunk.
    pub quarantine: [Events; CHUNKS],
    /// The claims: the chunk that owns each event.
    pub claims: [Option<u8>; EVENTS],
    /// Whether a claim got another owner than its first.
    pub claim_changed: bool,
    /// The queue.
    pub queue: [Sends; EVENTS],
    /// Who is at work.
    pub drivers: [Option<Driver>; DRIVERS],
    /// Calls in flight without a caller, sorted where that does not matter.
    pub flying: Vec<Flying>,
    /// Faults so far.
    pub faults: u8,
    /// Partial failures so far.
    pub partials: u8,
    /// Whether a sweeper settled a chunk, for the proof that searches are not empty.
    pub swept: bool,
}

/// The numbers of the events of a set.
pub fn each(events: Events) -> impl Iterator<Item = usize> {
    (0..EVENTS).filter(move |event| events & 1 << event != 0)
}

impl State {
    /// The slots of a chunk's sweepers.
    pub fn sweepers(config: &Config, chunk: usize) -> std::ops::Range<usize> {
        let first = CHUNKS + chunk * SWEEPERS;
        first..first + config.sweepers.min(SWEEPERS)
    }

    /// Whether journal, dead shards or spill queue hold that event in that chunk.
    #[must_use]
    pub fn holds(&self, config: &Config, chunk: usize, event: usize) -> bool {
        let has = |chunk: &Chunk| chunk.events & 1 << event != 0;
        let journaled = self.journal[chunk].iter().chain(&self.dead[chunk]).any(has);
        journaled || (self.spill[chunk].is_some() && config.events(chunk) & 1 << event != 0)
    }

    /// Nobody is at work, and nobody will be unless a vendor sends again.
    #[must_use]
    pub fn is_quiet(&self, config: &Config) -> bool {
        let settled =
            self.journal.iter().chain(&self.dead).all(Option::is_none) && self.spill.iter().all(Option::is_none);
        self.drivers.iter().all(Option::is_none) && self.flying.is_empty() && (settled || config.sweepers == 0)
    }

    /// Whether time may pass: nobody is at the end of their time.
    #[must_use]
    pub fn may_tick(&self, config: &Config) -> bool {
        let times = &config.times;
        let swept = config.sweepers > 0;
        let overdue = |waited: u8| swept && waited >= times.sweep;
        let timed = |driver: &Driver| driver.phase != Phase::Take;
        !self.drivers.iter().flatten().any(|driver| timed(driver) && driver.age >= times.run)
            && !self.flying.iter().any(|call| call.elapsed >= times.flight)
            && !self.journal.iter().flatten().any(|chunk| overdue(chunk.waited))
            && !self.spill.iter().flatten().any(|chunk| overdue(chunk.waited))
    }

    /// Lets one tick pass.
    pub fn tick(&mut self, config: &Config) {
        let times = &config.times;
        // Below this no comparison tells leases apart.
        let longest_ago = -1 - times.flight.cast_signed();
        for chunk in self.journal.iter_mut().flatten() {
            chunk.lease = (chunk.lease - 1).max(longest_ago);
            if chunk.lease < 0 {
                chunk.waited = (chunk.waited + 1).min(times.sweep);
            }
        }
        for spilled in self.spill.iter_mut().flatten() {
            if spilled.hidden == 0 {
                spilled.waited = (spilled.waited + 1).min(times.sweep);
            }
            spilled.hidden = spilled.hidden.saturating_sub(1);
        }
        for driver in self.drivers.iter_mut().flatten().filter(|driver| driver.phase != Phase::Take) {
            driver.age += 1;
        }
        for call in &mut self.flying {
            call.elapsed += 1;
            call.clock -= 1;
        }
        for sends in &mut self.queue {
            sends.age = sends.age.map(|age| age + 1).filter(|age| *age < times.window);
        }
    }

    /// The queue gets a copy of each of these.
    pub fn enqueue(&mut self, config: &Config, events: Events) {
        for event in each(events) {
            let sends = &mut self.queue[event];
            sends.sent += 1;
            if sends.age.is_none() {
                sends.delivered += 1;
                sends.age = (config.times.window > 0).then_some(0);
            }
        }
    }
}
