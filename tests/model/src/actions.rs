//! What may happen next.

use crate::config::{CHUNKS, Config, Events, Phase};
use crate::state::{Driver, Progress, State, each};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A tick passes.
    Tick,
    /// A delivery arrives; its handler reads a clock so far ahead of the slowest.
    Arrive {
        /// Which.
        delivery: usize,
        /// The handler's clock.
        ahead: i8,
    },
    /// A sweeper reads a chunk whose lease ran out by its clock.
    Read {
        /// The chunk.
        chunk: usize,
        /// The sweeper's place among the drivers.
        driver: usize,
        /// Its clock.
        ahead: i8,
    },
    /// A sweeper receives a spilled chunk.
    Receive {
        /// The chunk.
        chunk: usize,
        /// The sweeper's place among the drivers.
        driver: usize,
        /// Its clock.
        ahead: i8,
    },
    /// A sweeper that has taken a chunk sets it aside instead of driving it: its tries, or its age, are used up.
    GiveUp {
        /// Which driver.
        driver: usize,
    },
    /// A person puts a chunk back that was set aside: one transaction. The copy is deleted if the chunk is there.
    PutBack {
        /// The chunk.
        chunk: usize,
    },
    /// A driver makes its next call.
    Call {
        /// Which driver.
        driver: usize,
        /// How the call ends.
        how: How,
    },
    /// A driver whose call went wrong does not try again: no attempt, or no time, is left.
    Leave {
        /// Which driver.
        driver: usize,
    },
    /// A driver dies between two calls. A fault.
    Die {
        /// Which driver.
        driver: usize,
    },
    /// A call in flight takes effect.
    Land {
        /// Its place among the calls in flight.
        flying: usize,
    },
}

/// How a call ends. All but the first three and [`How::Named`] are faults; [`How::Undecided`] and [`How::Named`] are
/// partial failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It does its work and says so.
    Done,
    /// The insert's next statement, for this event.
    Statement(usize),
    /// The insert's statement for this event is throttled.
    Undecided(usize),
    /// The send answers: these are acknowledged, the others failed.
    Named(Events),
    /// It fails without effect.
    Failed,
    /// It takes effect, for these events if it is about events, and the reply is lost.
    Lost(Events),
    /// The insert's statement for this event takes effect, no further one does, and the reply is lost.
    LostAt(usize),
    /// The caller gives up waiting and goes on; the effect comes later.
    Hangs,
    /// The caller dies waiting; the effect comes later.
    DiesWaiting,
}

impl How {
    /// Whether it counts as a fault.
    #[must_use]
    pub fn is_fault(self) -> bool {
        matches!(self, Self::Failed | Self::Lost(_) | Self::LostAt(_) | Self::Hangs | Self::DiesWaiting)
    }

    /// Whether it counts as a partial failure.
    #[must_use]
    pub fn is_partial(self) -> bool {
        matches!(self, Self::Undecided(_) | Self::Named(_))
    }
}

/// All that may happen in a state.
pub fn possible(config: &Config, state: &State, actions: &mut Vec<Action>) {
    if state.may_tick(config) {
        actions.push(Action::Tick);
    }
    for (delivery, sent) in config.deliveries.iter().enumerate() {
        let due = sent.retry_of.is_none_or(|of| state.deliveries[of] == Progress::Unanswered);
        if state.deliveries[delivery] == Progress::Waiting && due {
            actions.extend((0..=config.times.skew).map(|ahead| Action::Arrive { delivery, ahead }));
        }
    }
    for chunk in 0..CHUNKS {
        sweeps(config, state, chunk, actions);
        if state.dead[chunk].is_some() {
            actions.push(Action::PutBack { chunk });
        }
    }
    for (at, driver) in state.drivers.iter().enumerate() {
        if let Some(driver) = driver {
            calls(config, state, at, driver, actions);
        }
    }
    actions.extend((0..state.flying.len()).map(|flying| Action::Land { flying }));
}

/// Sweepers that begin. The slots of a chunk are alike: the first free one does.
fn sweeps(config: &Config, state: &State, chunk: usize, actions: &mut Vec<Action>) {
    let Some(driver) = State::sweepers(config, chunk).find(|slot| state.drivers[*slot].is_none()) else { return };
    if let Some(stored) = &state.journal[chunk] {
        let expired = (0..=config.times.skew).filter(|ahead| stored.lease < *ahead);
        actions.extend(expired.map(|ahead| Action::Read { chunk, driver, ahead }));
    }
    if state.spill[chunk].is_some_and(|spilled| spilled.hidden == 0) {
        actions.extend((0..=config.times.skew).map(|ahead| Action::Receive { chunk, driver, ahead }));
    }
}

fn calls(config: &Config, state: &State, at: usize, driver: &Driver, actions: &mut Vec<Action>) {
    let may_fail = state.faults < config.faults;
    // Before its first call, and after it: what is left then is set aside.
    let may_give_up = driver.rest() != 0 && matches!(driver.phase, Phase::Insert | Phase::Settle);
    if driver.epoch > 0 && state.burials < config.burials && may_give_up {
        actions.push(Action::GiveUp { driver: at });
    }
    let may_part = state.partials < config.partials;
    let mut call = |how: How| actions.push(Action::Call { driver: at, how });
    let fresh = driver.open == driver.statements(config.protocol);
    match driver.phase {
        Phase::Insert => {
            for event in each(driver.open) {
                call(How::Statement(event));
                if may_fail {
                    call(How::LostAt(event));
                }
                if may_part {
                    call(How::Undecided(event));
                }
            }
            if may_fail && fresh {
                [How::Failed, How::Hangs, How::DiesWaiting].into_iter().for_each(&mut call);
            }
        }
        Phase::Send | Phase::Keep => {
            call(How::Done);
            let about = driver.about(config.protocol);
            let some = (1..about).filter(|events| events & !about == 0);
            if may_part {
                std::iter::once(0).chain(some.clone()).map(How::Named).for_each(&mut call);
            }
            if may_fail {
                some.chain(std::iter::once(about)).map(How::Lost).for_each(&mut call);
                [How::Failed, How::Hangs, How::DiesWaiting].into_iter().for_each(&mut call);
            }
        }
        Phase::Put | Phase::Settle | Phase::Bury | Phase::BuryDelete => {
            call(How::Done);
            if may_fail {
                [How::Failed, How::Lost(driver.about(config.protocol)), How::Hangs, How::DiesWaiting]
                    .into_iter()
                    .for_each(&mut call);
            }
        }
        Phase::Spill => {
            call(How::Done);
            if may_fail {
                [How::Failed, How::Lost(driver.view)].into_iter().for_each(&mut call);
            }
        }
        Phase::Take => {
            // Failing is dying before it, a lost reply is dying after it: the sweeper goes to the next chunk.
            call(How::Done);
            if may_fail {
                call(How::DiesWaiting);
            }
        }
        // A read that hangs is one that fails. Putting a chunk back hangs as putting it does.
        Phase::Owners | Phase::Look | Phase::Restore | Phase::Remove => {
            call(How::Done);
            if may_fail {
                call(How::Failed);
            }
        }
        Phase::Answer => call(How::Done),
    }
    if driver.stumbled && (driver.phase != Phase::Insert || fresh) {
        actions.push(Action::Leave { driver: at });
    }
    if may_fail {
        actions.push(Action::Die { driver: at });
    }
}
