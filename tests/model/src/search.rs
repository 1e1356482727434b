//! Searching a case.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::actions::Action;
use crate::cases::{Case, Expect};
use crate::state::State;

/// A way through states: each with the action taken in it.
pub type Way = Vec<(State, Option<Action>)>;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// Different states visited: all there are, unless something failed.
    pub states: usize,
    /// The longest of the shortest ways to a state.
    pub depth: usize,
    /// Time it took.
    pub took: Duration,
    /// Properties that fail, with the way there.
    pub failures: Vec<(&'static str, Way)>,
    /// States that should be reached and are not.
    pub unreached: Vec<&'static str>,
}

impl Found {
    /// Whether it is what was expected.
    #[must_use]
    pub fn is(&self, expect: Expect) -> bool {
        match expect {
            Expect::Holds => self.failures.is_empty() && self.unreached.is_empty(),
            Expect::Fails(property) => self.failures.iter().any(|(name, _)| *name == property),
        }
    }
}

/// Searches breadth first, so that a counterexample is as short as can be; stops at the failure that is expected, or
/// at any where none is.
#[must_use]
pub fn search(case: &Case, threads: usize) -> Found {
    let until = match case.expect {
        Expect::Holds => HasDiscoveries::AnyFailures,
        Expect::Fails(property) => HasDiscoveries::AnyOf(BTreeSet::from([property])),
    };
    let begun = Instant::now();
    let checker = case.config.clone().checker().threads(threads).finish_when(until).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let mut failures = Vec::new();
    let mut unreached = Vec::new();
    for property in case.config.properties() {
        let way = discoveries.get(property.name);
        match (&property.expectation, way) {
            (Expectation::Sometimes, None) => unreached.push(property.name),
            (Expectation::Always, Some(way)) => failures.push((property.name, way.clone().into_vec())),
            _ => {}
        }
    }
    Found {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        took: begun.elapsed(),
        failures,
        unreached,
    }
}
