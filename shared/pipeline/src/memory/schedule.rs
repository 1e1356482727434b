//! Several callers in one world, and who of them makes the next step.
//!
//! Every call to the world waits at a pause until it is let through. So a test can stop a caller at each of its awaits,
//! let others go first, let time pass, or drop it there; and [`every_schedule`] goes through all ways to do so.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::World;

/// Where a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pauses {
    /// Before its effect. Enough for interleavings: what follows an effect touches nobody until the next call.
    Before,
    /// Before and after its effect.
    Around,
}

/// The number of a caller.
pub type Actor = usize;

#[derive(Debug)]
pub(super) struct Gate {
    pauses: Pauses,
    /// The caller that is polled now: whatever begins to wait is its.
    current: Actor,
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    actor: Actor,
    call: &'static str,
    is_released: bool,
    waker: Option<Waker>,
}

impl World {
    /// Waits until the schedule lets this call through, if there is one.
    pub async fn pause(&self, call: &'static str) {
        let Some(ticket) = self.queue_up(call) else { return };
        poll_fn(|context| {
            let mut state = self.state();
            let Some(gate) = &mut state.gate else { return Poll::Ready(()) };
            match gate.waiting.get_mut(&ticket) {
                Some(waiting) if !waiting.is_released => {
                    waiting.waker = Some(context.waker().clone());
                    Poll::Pending
                }
                _ => {
                    gate.waiting.remove(&ticket);
                    Poll::Ready(())
                }
            }
        })
        .await;
    }

    /// As [`World::pause`], after an effect.
    pub(super) async fn pause_after(&self, call: &'static str) {
        if self.state().gate.as_ref().is_some_and(|gate| gate.pauses == Pauses::Around) {
            self.pause(call).await;
        }
    }

    fn queue_up(&self, call: &'static str) -> Option<u64> {
        let mut state = self.state();
        let gate = state.gate.as_mut()?;
        let ticket = gate.next;
        gate.next += 1;
        gate.waiting.insert(ticket, Waiting { actor: gate.current, call, is_released: false, waker: None });
        Some(ticket)
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Callers in a world. Ends the pauses when dropped.
pub struct Schedule<'a, T> {
    world: World,
    actors: Vec<Option<BoxFuture<'a, T>>>,
    /// What each caller that came to its end gave.
    pub ended: Vec<Option<T>>,
    /// Who stepped, and the call let through: the story of a failure.
    pub story: Vec<(Actor, &'static str)>,
}

impl<T> std::fmt::Debug for Schedule<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedule").field("story", &self.story).finish_non_exhaustive()
    }
}

impl<'a, T> Schedule<'a, T> {
    /// Nobody yet. From now on every call in the world waits.
    #[must_use]
    pub fn new(world: &World, pauses: Pauses) -> Self {
        world.state().gate = Some(Gate { pauses, current: 0, next: 0, waiting: BTreeMap::new() });
        Self { world: world.clone(), actors: Vec::new(), ended: Vec::new(), story: Vec::new() }
    }

    /// Adds a caller and runs it to its first call.
    pub fn add(&mut self, caller: impl Future<Output = T> + Send + 'a) -> Actor {
        self.actors.push(Some(caller.boxed()));
        self.ended.push(None);
        let actor = self.actors.len() - 1;
        self.poll(actor);
        actor
    }

    /// Callers that wait at a call.
    #[must_use]
    pub fn waiting(&self) -> Vec<Actor> {
        let state = self.world.state();
        let mut actors: Vec<Actor> =
            state.gate.iter().flat_map(|gate| gate.waiting.values()).map(|waiting| waiting.actor).collect();
        actors.sort_unstable();
        actors.dedup();
        actors
    }

    /// The call a caller has waited at longest.
    #[must_use]
    pub fn waits_at(&self, actor: Actor) -> Option<&'static str> {
        let state = self.world.state();
        let waiting = state.gate.iter().flat_map(|gate| gate.waiting.values());
        waiting.into_iter().find(|waiting| waiting.actor == actor).map(|waiting| waiting.call)
    }

    /// Lets through the call a caller has waited at longest. False if it waits at none: it ended, or hangs for ever.
    pub fn step(&mut self, actor: Actor) -> bool {
        let woken = {
            let mut state = self.world.state();
            let waiting = state.gate.iter_mut().flat_map(|gate| gate.waiting.values_mut());
            let Some(waiting) = waiting.into_iter().find(|waiting| waiting.actor == actor) else { return false };
            waiting.is_released = true;
            self.story.push((actor, waiting.call));
            waiting.waker.take()
        };
        if let Some(waker) = woken {
            waker.wake();
        }
        self.poll(actor);
        true
    }

    /// Drops a caller where it is.
    pub fn kill(&mut self, actor: Actor) {
        if let Some(slot) = self.actors.get_mut(actor) {
            *slot = None;
        }
        if let Some(gate) = &mut self.world.state().gate {
            gate.waiting.retain(|_, waiting| waiting.actor != actor);
        }
    }

    /// Drops whoever is left and ends the pauses: from here on calls go through at once.
    pub fn close(&mut self) {
        self.actors.clear();
        self.world.state().gate = None;
    }

    fn poll(&mut self, actor: Actor) {
        if let Some(gate) = &mut self.world.state().gate {
            gate.current = actor;
        }
        let Some(caller) = self.actors[actor].as_mut() else { return };
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut context = Context::from_waker(&waker);
        while flag.0.swap(false, Ordering::Relaxed) {
            if let Poll::Ready(output) = caller.as_mut().poll(&mut context) {
                self.ended[actor] = Some(output);
                self.actors[actor] = None;
                return;
            }
        }
    }
}

impl<T> Drop for Schedule<'_, T> {
    fn drop(&mut self) {
        self.close();
    }
}

/// Choices made so far, and how many there were at each.
#[derive(Debug, Default)]
struct Path {
    choices: Vec<(usize, usize)>,
    at: usize,
}

impl Path {
    fn choose(&mut self, options: usize) -> usize {
        if self.at == self.choices.len() {
            self.choices.push((0, options));
        }
        self.at += 1;
        self.choices[self.at - 1].0
    }

    /// On to the next path. False when all were gone.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, options)) = self.choices.pop() {
            if choice + 1 < options {
                self.choices.push((choice + 1, options));
                return true;
            }
        }
        false
    }
}

/// Goes through every schedule with at most so many switches away from a caller that could go on. Gives their number.
///
/// `begin` makes the world and its callers, `end` looks at what became of them.
pub fn every_schedule<'a, T>(
    switches: usize,
    mut begin: impl FnMut() -> Schedule<'a, T>,
    mut end: impl FnMut(&mut Schedule<'a, T>),
) -> usize {
    let mut path = Path::default();
    let mut count = 0;
    loop {
        let mut schedule = begin();
        let (mut current, mut left): (Option<Actor>, usize) = (None, switches);
        loop {
            let mut options = schedule.waiting();
            if options.is_empty() {
                break;
            }
            // First of all the one who went last; to leave it is a switch. After its end the choice is free.
            let going = options.iter().position(|actor| Some(*actor) == current);
            if let Some(going) = going {
                options.swap(0, going);
                if left == 0 {
                    options.truncate(1);
                }
            }
            let choice = path.choose(options.len());
            if going.is_some() && choice > 0 {
                left -= 1;
            }
            current = Some(options[choice]);
            schedule.step(options[choice]);
        }
        end(&mut schedule);
        count += 1;
        if !path.advance() {
            return count;
        }
    }
}
