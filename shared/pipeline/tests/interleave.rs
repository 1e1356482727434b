//! Several callers at once, under every order of their calls: requests of the same and of overlapping events, request and
//! sweeper, two sweepers, with the lease running out at any moment.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, check, copies, durable, message, messages, sweep_until_done, twin};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tributary_pipeline::memory::{Mishap, Pauses, Plan, Schedule, World, every_schedule};
use tributary_pipeline::{Message, Pipeline};

/// Longer than a lease: whoever holds one has lost it.
const LEASE_OUT_MS: i64 = 31_000;

/// One of the callers of a scene.
#[derive(Debug, Clone)]
enum Caller {
    Request(Vec<Message>),
    Sweeper,
    /// As its first step the lease of everybody runs out; then it sweeps.
    LateSweeper,
    /// The lease of everybody runs out, so many times.
    Time(usize),
}

/// What is there before, and who acts.
#[derive(Debug, Clone, Default)]
struct Scene {
    /// Left in the journal by a request that died before its claims; its lease has run out.
    left: Vec<Message>,
    callers: Vec<Caller>,
    /// One try of each call, so that a part that fails is left and the chunk rewritten.
    one_attempt: bool,
    plan: Plan,
}

impl Scene {
    fn world(&self) -> (World, Pipeline) {
        let world = World::new();
        if !self.left.is_empty() {
            // Two, for the claims of two chunks are made together.
            world.plan(Plan::from([(1, Mishap::DieBefore), (2, Mishap::DieBefore)]));
            assert!(world.pipeline().accept(self.left.clone(), vec![], FAR).now_or_never().is_none());
            assert!(world.open_chunks() > 0 && world.claims().is_empty());
            world.pass_ms(LEASE_OUT_MS);
        }
        world.plan(self.plan.clone());
        let mut pipeline = world.pipeline();
        if self.one_attempt {
            pipeline.settings.attempts = 1;
        }
        (world, pipeline)
    }

    /// All events of the scene, each once.
    fn events(&self) -> Vec<Message> {
        let mut events = self.left.clone();
        for caller in &self.callers {
            if let Caller::Request(messages) = caller {
                events.extend(messages.iter().filter(|message| !events.contains(message)).cloned().collect::<Vec<_>>());
            }
        }
        events
    }

    /// Plays the scene under every schedule of at most so many switches. Gives their number.
    fn play(&self, switches: usize) -> usize {
        let switches = switches.saturating_add(more_switches());
        let events = self.events();
        let times = self.callers.iter().map(|caller| match caller {
            Caller::Time(times) => *times,
            Caller::LateSweeper => 1,
            Caller::Request(_) | Caller::Sweeper => 0,
        });
        // Each time the lease runs out under a caller is a fault, as is each mishap: none may cost more than one send.
        let most_sends = 1 + times.sum::<usize>() + self.plan.len();
        let last = std::cell::RefCell::new(World::new());
        let begin = || {
            let (world, pipeline) = self.world();
            let mut schedule = Schedule::new(&world, Pauses::Before);
            for caller in &self.callers {
                schedule.add(act(&world, &pipeline, caller.clone()));
            }
            *last.borrow_mut() = world;
            schedule
        };
        every_schedule(switches, begin, |schedule: &mut Schedule<'_, bool>| {
            let world = last.borrow().clone();
            schedule.close();
            let story = &schedule.story;
            for (caller, ended) in self.callers.iter().zip(&schedule.ended) {
                assert_eq!(*ended, Some(true), "{caller:?}: {story:?}");
            }
            let before = world.claims();
            sweep_until_done(&world);
            check(&world, &events, story);
            let after = world.claims();
            assert!(before.iter().all(|(id, owner)| after.get(id) == Some(owner)), "a claim changed: {story:?}");
            let most = copies(&world, false).into_values().max().unwrap_or(0);
            assert!(most <= most_sends, "{most} sends: {story:?}");
        })
    }
}

/// More by hand: `TRIBUTARY_MORE_SWITCHES=2 cargo test -p tributary-pipeline --test interleave`.
fn more_switches() -> usize {
    std::env::var("TRIBUTARY_MORE_SWITCHES").ok().and_then(|more| more.parse().ok()).unwrap_or(0)
}

fn act(world: &World, pipeline: &Pipeline, caller: Caller) -> BoxFuture<'static, bool> {
    let (world, pipeline) = (world.clone(), pipeline.clone());
    async move {
        match caller {
            Caller::Request(messages) => {
                let accepted = pipeline.accept(messages.clone(), vec![], FAR).await.is_ok();
                accepted && durable(&world, &messages) == messages.len()
            }
            Caller::LateSweeper => {
                world.pause("time passes").await;
                world.pass_ms(LEASE_OUT_MS);
                pipeline.sweep(FAR).await;
                true
            }
            Caller::Sweeper => {
                pipeline.sweep(FAR).await;
                true
            }
            Caller::Time(times) => {
                for _ in 0..times {
                    world.pause("time passes").await;
                    world.pass_ms(LEASE_OUT_MS);
                }
                true
            }
        }
    }
    .boxed()
}

fn numbered(numbers: &[usize]) -> Vec<Message> {
    numbers.iter().map(|n| message(*n)).collect()
}

#[test]
fn two_requests_of_the_same_events_under_every_order_of_their_calls() {
    for count in [1, 3] {
        let callers = vec![Caller::Request(messages(count)); 2];
        let schedules = Scene { callers, ..Scene::default() }.play(usize::MAX);
        assert!(schedules >= 70, "{schedules}");
    }
    // Two chunks each.
    let callers = vec![Caller::Request(messages(26)); 2];
    let schedules = Scene { callers, ..Scene::default() }.play(4);
    assert!(schedules > 500, "{schedules}");
}

#[test]
fn requests_of_overlapping_events_under_every_order_of_their_calls() {
    let requests = |all: &[&[usize]]| all.iter().map(|numbers| Caller::Request(numbered(numbers))).collect();
    let scene = |callers| Scene { callers, ..Scene::default() };
    let schedules = scene(requests(&[&[1, 2, 3], &[3, 4, 1]])).play(usize::MAX);
    assert!(schedules >= 70, "{schedules}");
    let schedules = scene(requests(&[&[1, 2], &[2, 3], &[3, 1]])).play(3);
    assert!(schedules > 500, "{schedules}");
}

#[test]
fn a_request_and_the_sweeper_with_the_lease_running_out_at_any_moment() {
    let request = || Caller::Request(messages(2));
    let play = |callers, switches| Scene { callers, ..Scene::default() }.play(switches);
    let schedules = play(vec![request(), Caller::LateSweeper], usize::MAX);
    assert!(schedules > 50, "{schedules}");
    let schedules = play(vec![request(), Caller::LateSweeper, Caller::LateSweeper], 3);
    assert!(schedules > 500, "{schedules}");
    let schedules = play(vec![request(), request(), Caller::LateSweeper], 3);
    assert!(schedules > 500, "{schedules}");
    // Two chunks, and a request that repeats what another left.
    let schedules = play(vec![Caller::Request(messages(26)), Caller::LateSweeper], 4);
    assert!(schedules > 100, "{schedules}");
    let callers = vec![Caller::Request(numbered(&[1, 2, 5])), Caller::Sweeper, Caller::Time(1)];
    let schedules = Scene { left: numbered(&[1, 2, 3]), callers, ..Scene::default() }.play(4);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn two_events_of_one_id_under_every_order_of_their_calls() {
    let (one, other) = (vec![message(1), message(2)], vec![twin(1), message(2), message(3)]);
    let both = || vec![Caller::Request(one.clone()), Caller::Request(other.clone())];
    let schedules = Scene { callers: both(), ..Scene::default() }.play(usize::MAX);
    assert!(schedules >= 70, "{schedules}");
    // With a sweeper for whom every lease has run out, and with one that finds the twin in the journal.
    let callers = [both(), vec![Caller::LateSweeper]].concat();
    let schedules = Scene { callers, ..Scene::default() }.play(2);
    assert!(schedules > 200, "{schedules}");
    let callers = vec![Caller::Request(one.clone()), Caller::Sweeper, Caller::Sweeper, Caller::Time(1)];
    let schedules = Scene { left: other.clone(), callers, ..Scene::default() }.play(2);
    assert!(schedules > 500, "{schedules}");
    // And with a call that fails: a conflict that quarantine does not take stays in its chunk.
    for at in 0..14 {
        for mishap in [Mishap::FailHalf, Mishap::FailAfter, Mishap::FailBefore] {
            let plan = Plan::from([(at, mishap)]);
            Scene { callers: both(), one_attempt: true, plan, ..Scene::default() }.play(2);
        }
    }
}

#[test]
fn two_sweepers_with_the_lease_running_out_at_any_moment() {
    let callers = vec![Caller::Sweeper, Caller::Sweeper, Caller::Time(2)];
    let schedules = Scene { left: messages(3), callers, ..Scene::default() }.play(4);
    assert!(schedules > 1_000, "{schedules}");
    let callers = vec![Caller::Sweeper, Caller::Sweeper];
    let schedules = Scene { left: messages(26), callers, ..Scene::default() }.play(5);
    assert!(schedules > 1_000, "{schedules}");
}

#[test]
fn two_sweepers_of_which_one_leaves_a_part() {
    for at in 0..14 {
        for mishap in [Mishap::FailHalf, Mishap::FailAfter, Mishap::FailBefore] {
            let callers = vec![Caller::Sweeper, Caller::Sweeper, Caller::Time(1)];
            let plan = Plan::from([(at, mishap)]);
            Scene { left: messages(3), callers, one_attempt: true, plan }.play(2);
        }
    }
}
