//! What must hold, and the model that the checker searches.

use stateright::{Model, Property};

use crate::actions::{Action, possible};
use crate::config::{CHUNKS, Config, EVENTS};
use crate::state::{Progress, State, each};
use crate::step::after;

/// Nothing left to do: every event of a request answered 200 is on the queue, and of every chunk that was durable. One
/// whose id is another event's is in quarantine.
pub const QUEUED: &str = "acknowledged is queued";
/// At any moment: an event of a chunk that was durable is on the queue, or in a chunk that will send it, or, where its id
/// is another event's, in quarantine or in its own chunk.
pub const KEPT: &str = "durable until queued";
/// A claim keeps its first owner.
pub const OWNER: &str = "a claim keeps its owner";
/// No event is sent more often than once and once more for each fault.
pub const SENDS: &str = "sends <= 1 + faults";
/// The queue delivers no event twice. Asked with a window only: a standard queue absorbs nothing.
pub const ONE: &str = "one delivered message";
/// While anything is left to do, something can happen.
pub const MOVES: &str = "never stuck";
/// Reached: all is done and something was sent.
pub const DONE: &str = "reaches the end";
/// Reached: a sweeper settled a chunk.
pub const SWEPT: &str = "a sweeper settles";

impl Model for Config {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        possible(self, state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(after(self, state, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(QUEUED, acknowledged_is_queued),
            Property::always(KEPT, durable_until_queued),
            Property::always(OWNER, |_, state: &State| !state.claim_changed),
            Property::always(SENDS, |_, state: &State| state.queue.iter().all(|sends| sends.sent <= 1 + state.faults)),
            Property::always(MOVES, never_stuck),
            Property::sometimes(DONE, |config: &Config, state: &State| {
                state.is_quiet(config) && state.queue[0].sent > 0
            }),
        ];
        if self.times.window > 0 {
            properties
                .push(Property::always(ONE, |_, state: &State| state.queue.iter().all(|sends| sends.delivered <= 1)));
        }
        if self.protocol.has_journal() && self.sweepers > 0 && self.faults + self.partials > 0 {
            properties.push(Property::sometimes(SWEPT, |_, state: &State| state.swept));
        }
        properties
    }
}

fn acknowledged_is_queued(config: &Config, state: &State) -> bool {
    !state.is_quiet(config)
        || (0..CHUNKS)
            .filter(|chunk| state.deliveries[*chunk] == Progress::Acknowledged || state.born[*chunk])
            .flat_map(|chunk| each(config.events(chunk)).map(move |event| (chunk, event)))
            .all(|(chunk, event)| match state.claims[event] {
                Some(owner) if config.collide(usize::from(owner), chunk, event) => {
                    state.quarantine[chunk] & 1 << event != 0
                }
                _ => state.queue[event].sent > 0,
            })
}

fn durable_until_queued(config: &Config, state: &State) -> bool {
    let born = (0..CHUNKS).filter(|chunk| state.born[*chunk]);
    born.into_iter().all(|chunk| {
        each(config.events(chunk)).all(|event| {
            if state.claims[event].is_some_and(|owner| config.collide(usize::from(owner), chunk, event)) {
                return state.quarantine[chunk] & 1 << event != 0 || state.holds(config, chunk, event);
            }
            state.queue[event].sent > 0
                || match state.claims[event] {
                    Some(owner) => state.holds(config, usize::from(owner), event),
                    None => state.holds(config, chunk, event),
                }
        })
    })
}

fn never_stuck(config: &Config, state: &State) -> bool {
    // Somebody at work or in flight can always go on, and then time can pass. What is left is a chunk that nobody reads.
    if state.may_tick(config) || state.is_quiet(config) {
        return true;
    }
    let mut actions = Vec::new();
    possible(config, state, &mut actions);
    let nothing = |action: &Action| matches!(action, Action::Tick | Action::Arrive { .. } | Action::Die { .. });
    actions.iter().any(|action| !nothing(action))
}

/// The events that a configuration is about.
#[must_use]
pub fn events(config: &Config) -> usize {
    let all = config.deliveries.iter().fold(0, |all, delivery| all | delivery.events);
    (0..EVENTS).filter(|event| all & 1 << event != 0).count()
}
