//! What an action does.

use crate::actions::{Action, How};
use crate::config::{Config, Epoch, Events, Phase, Protocol};
use crate::state::{Chunk, Driver, Flying, Progress, Spilled, State, each};

/// The state after an action.
#[must_use]
pub fn after(config: &Config, state: &State, action: Action) -> State {
    let mut next = state.clone();
    match action {
        Action::Tick => next.tick(config),
        Action::Arrive { delivery, ahead } => next.arrive(config, delivery, ahead),
        Action::Read { chunk, driver, ahead } => {
            if let Some(stored) = state.journal[chunk] {
                next.drivers[driver] = Some(Driver::new(chunk, Phase::Take, ahead, stored.events, stored.epoch));
            }
        }
        Action::Receive { chunk, driver, ahead } => {
            next.spill[chunk] = Some(Spilled { hidden: config.times.hidden, waited: 0 });
            next.drivers[driver] = Some(Driver::new(chunk, Phase::Restore, ahead, config.events(chunk), 0));
        }
        Action::GiveUp { driver } => {
            next.burials += 1;
            if let Some(driver) = &mut next.drivers[driver] {
                (driver.phase, driver.stumbled) = (Phase::Bury, false);
            }
        }
        Action::PutBack { chunk } => next.put_back(config, chunk),
        Action::Call { driver, how } => next.call(config, driver, how),
        Action::Leave { driver } => next.leave(config, driver),
        Action::Die { driver } => {
            next.faults += 1;
            next.end(driver, false);
        }
        Action::Land { flying } => {
            let call = next.flying.remove(flying);
            next.land(config, call);
        }
    }
    next
}

impl State {
    fn arrive(&mut self, config: &Config, delivery: usize, ahead: i8) {
        self.deliveries[delivery] = Progress::Running;
        let order = config.protocol.order();
        let mut driver = Driver::new(delivery, order[0], ahead, config.events(delivery), 0);
        driver.open = driver.statements(config.protocol);
        self.drivers[delivery] = Some(driver);
    }

    /// A driver is gone. A handler's request was answered 200, or is unanswered.
    fn end(&mut self, at: usize, answered: bool) {
        self.drivers[at] = None;
        if let Some(delivery) = self.deliveries.get_mut(at) {
            *delivery = if answered { Progress::Acknowledged } else { Progress::Unanswered };
        }
    }

    fn call(&mut self, config: &Config, at: usize, how: How) {
        let Some(mut driver) = self.drivers[at] else { return };
        self.faults += u8::from(how.is_fault());
        self.partials += u8::from(how.is_partial());
        match how {
            How::Done => return self.done(config, at, driver),
            How::Statement(event) => {
                self.insert_one(config, &mut driver, event);
                return self.inserted(config, at, driver);
            }
            How::Undecided(event) => {
                driver.open &= !(1 << event);
                driver.stumbled = true;
                return self.inserted(config, at, driver);
            }
            How::Named(acknowledged) if driver.phase == Phase::Keep => {
                self.quarantine[usize::from(driver.chunk)] |= acknowledged;
                driver.colliding &= !acknowledged;
                driver.kept |= acknowledged;
            }
            How::Named(acknowledged) => {
                self.enqueue(config, acknowledged);
                driver.ours &= !acknowledged;
                driver.sent |= acknowledged;
            }
            How::Failed => {}
            How::Lost(events) => self.effect(config, &flying(&driver, events)),
            How::LostAt(event) => self.insert_one(config, &mut driver, event),
            How::Hangs | How::DiesWaiting => self.fly(flying(&driver, driver.about(config.protocol))),
        }
        if how == How::DiesWaiting {
            return self.end(at, false);
        }
        driver.stumbled = true;
        if matches!(driver.phase, Phase::Insert | Phase::Owners) {
            // What this insert found is not known: again from the start.
            (driver.phase, driver.new, driver.taken) = (Phase::Insert, 0, 0);
            driver.open = driver.statements(config.protocol);
        }
        self.drivers[at] = Some(driver);
    }

    /// A call that does its work and says so.
    fn done(&mut self, config: &Config, at: usize, mut driver: Driver) {
        let call = flying(&driver, driver.about(config.protocol));
        match driver.phase {
            Phase::Put | Phase::Spill => self.effect(config, &call),
            Phase::Restore => {
                self.effect(config, &call);
                driver.phase = Phase::Remove;
                self.drivers[at] = Some(driver);
                return;
            }
            Phase::Take => {
                if !self.takes(config, &call) {
                    return self.end(at, false);
                }
                self.effect(config, &call);
                driver.epoch = self.journal[usize::from(driver.chunk)].map_or(0, |stored| stored.epoch);
            }
            Phase::Insert => {}
            Phase::Owners => {
                for event in each(driver.taken) {
                    match self.claims[event] {
                        Some(owner) if owner == driver.chunk => driver.ours |= 1 << event,
                        Some(owner)
                            if config.protocol != Protocol::ConflictDropped
                                && config.collide(usize::from(owner), usize::from(driver.chunk), event) =>
                        {
                            driver.colliding |= 1 << event;
                        }
                        Some(_) => driver.foreign |= 1 << event,
                        None => {}
                    }
                }
                driver.taken = 0;
                return self.claimed(config, at, driver);
            }
            Phase::Look => {
                driver.foreign = each(driver.view).filter(|event| self.claims[*event].is_some()).fold(0, with);
                driver.ours = driver.view & !driver.foreign;
            }
            Phase::Send => {
                self.effect(config, &call);
                driver.sent |= driver.ours;
                driver.ours = 0;
            }
            Phase::Keep => {
                if config.protocol != Protocol::ConflictForgotten {
                    self.effect(config, &call);
                }
                driver.kept |= driver.colliding;
                driver.colliding = 0;
            }
            Phase::Settle => {
                self.effect(config, &call);
                self.swept |= driver.epoch > 0;
            }
            Phase::Bury => {
                self.effect(config, &call);
                if config.protocol == Protocol::BuryUnfenced {
                    driver.phase = Phase::BuryDelete;
                    driver.stumbled = false;
                    self.drivers[at] = Some(driver);
                    return;
                }
                return self.end(at, false);
            }
            Phase::BuryDelete => {
                self.effect(config, &call);
                return self.end(at, false);
            }
            Phase::Answer => return self.end(at, true),
            Phase::Remove => {
                self.spill[usize::from(driver.chunk)] = None;
                return self.end(at, false);
            }
        }
        self.go_on(config, at, driver);
    }

    /// One statement of an insert.
    fn insert_one(&mut self, config: &Config, driver: &mut Driver, event: usize) {
        driver.open &= !(1 << event);
        if self.claim(config, driver.chunk, event) {
            driver.new |= 1 << event;
        } else {
            driver.taken |= 1 << event;
        }
    }

    /// Inserts a claim; false if there is one.
    fn claim(&mut self, config: &Config, chunk: u8, event: usize) -> bool {
        let owner = &mut self.claims[event];
        match config.protocol {
            Protocol::ClaimsOverwritten | Protocol::SendThenPut => {
                self.claim_changed |= config.protocol.has_journal() && owner.is_some_and(|owner| owner != chunk);
                *owner = Some(chunk);
                true
            }
            _ if owner.is_some() => false,
            _ => {
                *owner = Some(chunk);
                true
            }
        }
    }

    /// After a statement: once the insert's last one has run, looks at what it found.
    fn inserted(&mut self, config: &Config, at: usize, mut driver: Driver) {
        if driver.open != 0 {
            self.drivers[at] = Some(driver);
            return;
        }
        // Remembering what was sent leaves nothing to send.
        driver.ours |= driver.new & !driver.sent;
        driver.new = 0;
        if driver.taken != 0 {
            if matches!(config.protocol, Protocol::NoOwnerCheck | Protocol::PutThenSend) {
                driver.foreign |= driver.taken;
                driver.taken = 0;
            } else {
                driver.phase = Phase::Owners;
                self.drivers[at] = Some(driver);
                return;
            }
        }
        self.claimed(config, at, driver);
    }

    /// After an insert and its owners: again for those undecided, else on.
    fn claimed(&mut self, config: &Config, at: usize, mut driver: Driver) {
        driver.phase = Phase::Insert;
        if driver.unclaimed() == 0 {
            return self.go_on(config, at, driver);
        }
        driver.open = driver.unclaimed();
        self.drivers[at] = Some(driver);
    }

    /// To the next phase that has anything to do.
    fn go_on(&mut self, config: &Config, at: usize, mut driver: Driver) {
        driver.stumbled = false;
        let order = config.protocol.order();
        let mut place = match driver.phase {
            Phase::Take => Some(0),
            Phase::Spill => order.iter().position(|phase| *phase == Phase::Answer).map(|place| place - 1),
            phase => order.iter().position(|other| *other == phase),
        };
        while let Some(next) = place.and_then(|place| order.get(place + 1)) {
            place = place.map(|place| place + 1);
            driver.phase = *next;
            let has_work = match next {
                Phase::Insert => {
                    driver.open = driver.statements(config.protocol);
                    driver.open != 0
                }
                Phase::Send => driver.ours != 0,
                Phase::Keep => driver.colliding != 0,
                Phase::Settle => self.may_settle(config, &driver),
                Phase::Answer => at < self.deliveries.len(),
                _ => true,
            };
            if has_work {
                self.drivers[at] = Some(driver);
                return;
            }
        }
        self.end(at, false);
    }

    /// Nothing to take out of the chunk: the lease runs out by itself.
    fn may_settle(&self, config: &Config, driver: &Driver) -> bool {
        match config.protocol {
            Protocol::DeleteBeforeSend => driver.unclaimed() == 0,
            _ => driver.rest() != driver.view,
        }
    }

    /// A driver whose call went wrong goes on without it.
    fn leave(&mut self, config: &Config, at: usize) {
        let Some(mut driver) = self.drivers[at] else { return };
        match driver.phase {
            Phase::Put if config.spill => {
                (driver.phase, driver.stumbled) = (Phase::Spill, false);
                self.drivers[at] = Some(driver);
            }
            Phase::Put
            | Phase::Spill
            | Phase::Take
            | Phase::Restore
            | Phase::Remove
            | Phase::Look
            | Phase::Bury
            | Phase::BuryDelete => {
                self.end(at, false);
            }
            // Without a journal nobody else finishes the work: no 200.
            _ if !config.protocol.has_journal() => self.end(at, false),
            _ => self.go_on(config, at, driver),
        }
    }

    /// A person puts a chunk back: in one transaction, under an epoch of its own and with a lease that has run out.
    fn put_back(&mut self, config: &Config, chunk: usize) {
        let Some(dead) = self.dead[chunk].take() else { return };
        if self.journal[chunk].is_none() {
            self.epochs[chunk] += 1;
            let epoch = if config.epoch == Epoch::Unique { self.epochs[chunk] } else { dead.epoch + 1 };
            self.journal[chunk] = Some(Chunk { epoch, lease: -1 - config.times.skew, waited: 0, ..dead });
        }
    }

    fn fly(&mut self, call: Flying) {
        self.flying.push(call);
        self.flying.sort_unstable_by_key(|call| {
            (call.chunk, call.phase as u8, call.events, call.epoch, call.clock, call.elapsed)
        });
    }

    /// A call in flight takes effect, if its condition holds.
    fn land(&mut self, config: &Config, call: Flying) {
        if call.phase != Phase::Take || self.takes(config, &call) {
            self.effect(config, &call);
        }
    }

    /// Whether a take finds what it asks for.
    fn takes(&self, config: &Config, call: &Flying) -> bool {
        self.journal[usize::from(call.chunk)].is_some_and(|stored| {
            stored.lease < call.clock && (stored.epoch == call.epoch || !config.protocol.is_fenced())
        })
    }

    /// What a call does to tables and queues.
    fn effect(&mut self, config: &Config, call: &Flying) {
        let chunk = usize::from(call.chunk);
        let put = |lease| Some(Chunk { events: config.events(chunk), lease, epoch: 0, waited: 0 });
        match call.phase {
            Phase::Put => {
                self.journal[chunk] = put(call.clock + config.times.lease);
                self.born[chunk] = true;
            }
            Phase::Restore => self.journal[chunk] = put(call.clock - 1),
            Phase::Spill => {
                self.spill[chunk] = Some(Spilled { hidden: 0, waited: 0 });
                self.born[chunk] = true;
            }
            Phase::Take => {
                if let Some(stored) = &mut self.journal[chunk] {
                    stored.lease = call.clock + config.times.lease;
                    stored.epoch = match config.epoch {
                        Epoch::Next => stored.epoch + 1,
                        Epoch::Unique => {
                            self.epochs[chunk] += 1;
                            self.epochs[chunk]
                        }
                    };
                    stored.waited = 0;
                }
            }
            Phase::Insert => {
                for event in each(call.events) {
                    self.claim(config, call.chunk, event);
                }
            }
            Phase::Send => self.enqueue(config, call.events),
            Phase::Keep => self.quarantine[chunk] |= call.events,
            Phase::Bury => {
                let fenced = config.protocol != Protocol::BuryUnfenced;
                let is_its = self.journal[chunk].is_some_and(|stored| stored.epoch == call.epoch);
                if is_its || !fenced {
                    self.dead[chunk] = Some(Chunk { events: call.events, lease: 0, epoch: call.epoch, waited: 0 });
                }
                if is_its && fenced {
                    self.journal[chunk] = None;
                }
            }
            Phase::BuryDelete => self.journal[chunk] = None,
            // A chunk that is not there stays away; one of another epoch is another driver's.
            Phase::Settle if call.events == 0 => {
                if self.journal[chunk].is_some_and(|stored| stored.epoch == call.epoch) || !config.protocol.is_fenced()
                {
                    self.journal[chunk] = None;
                }
            }
            Phase::Settle => {
                if let Some(stored) = &mut self.journal[chunk]
                    && (stored.epoch == call.epoch || !config.protocol.is_fenced())
                {
                    stored.events = call.events;
                    stored.lease = call.clock;
                    stored.waited = 0;
                }
            }
            Phase::Owners | Phase::Look | Phase::Answer | Phase::Remove => {}
        }
    }
}

/// A call as it leaves its caller. Handlers read the clock for a lease when they begin, everybody else when they call.
fn flying(driver: &Driver, events: Events) -> Flying {
    let began = if driver.phase == Phase::Put { driver.age.cast_signed() } else { 0 };
    Flying {
        phase: driver.phase,
        chunk: driver.chunk,
        events,
        epoch: driver.epoch,
        clock: driver.ahead - began,
        elapsed: 0,
    }
}

fn with(events: Events, event: usize) -> Events {
    events | 1 << event
}
