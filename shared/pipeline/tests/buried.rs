//! A chunk that is set aside while another sweeper, a person who puts it back, and time are at work: every order of their
//! calls loses nothing.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, check, durable, messages};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tributary_pipeline::memory::{Mishap, Pauses, Plan, Schedule, World, every_schedule};
use tributary_pipeline::ports::Journal;
use tributary_pipeline::{Chunk, ChunkId, ChunkKey, Message, Pipeline, split};

/// Longer than a lease.
const LEASE_OUT_MS: i64 = 31_000;

#[derive(Debug, Clone, Copy)]
enum Caller {
    Sweeper,
    /// `tributary redrive dead --apply`, once or twice.
    Person(usize),
    /// The lease of everybody runs out, so many times.
    Time(usize),
}

/// A chunk of two events that has been tried so often that its age decides, and it is old: the next sweep that leaves
/// something of it sets it aside. The queue refuses its first event.
fn given_up(messages: &[Message]) -> (World, Pipeline) {
    let world = World::new();
    world.refuse(messages[0].id);
    let mut pipeline = world.pipeline();
    pipeline.settings.attempts = 1;
    let (messages, data) = split(messages.to_vec(), 1 << 20).chunks.remove(0);
    let key = ChunkKey::new(world.now() - 7 * 3_600_000, ChunkId::from_random(7));
    let chunk = Chunk { key, data, events: messages.len(), lease_ms: 0, epoch: 5, tries: 5 };
    assert_eq!(world.put(&[chunk]).now_or_never().unwrap(), [Ok(())]);
    (world, pipeline)
}

fn act(world: &World, pipeline: &Pipeline, caller: Caller) -> BoxFuture<'static, ()> {
    let (world, pipeline) = (world.clone(), pipeline.clone());
    async move {
        match caller {
            Caller::Sweeper => {
                pipeline.sweep(FAR).await;
            }
            Caller::Person(times) => {
                for _ in 0..times {
                    world.pause("a person looks").await;
                    world.put_back().await;
                }
            }
            Caller::Time(times) => {
                for _ in 0..times {
                    world.pause("time passes").await;
                    world.pass_ms(LEASE_OUT_MS);
                }
            }
        }
    }
    .boxed()
}

fn play(callers: &[Caller], plan: &Plan, switches: usize) -> usize {
    let messages = messages(2);
    let last = std::cell::RefCell::new(World::new());
    let buried = std::cell::Cell::new(0);
    let begin = || {
        let (world, pipeline) = given_up(&messages);
        world.plan(plan.clone());
        let mut schedule = Schedule::new(&world, Pauses::Before);
        for caller in callers {
            schedule.add(act(&world, &pipeline, *caller));
        }
        *last.borrow_mut() = world;
        schedule
    };
    let count = every_schedule(switches, begin, |schedule: &mut Schedule<'_, ()>| {
        let world = last.borrow().clone();
        schedule.close();
        let story = schedule.story.clone();
        assert_eq!(durable(&world, &messages), messages.len(), "lost: {story:?}");
        buried.set(buried.get() + world.counts().get("journal.bury").copied().unwrap_or(0));
        // The queue takes it again, and a person puts back what is aside.
        world.plan(Plan::new());
        world.relent();
        while world.open_chunks() + world.dead_chunks() > 0 {
            world.put_back().now_or_never().unwrap();
            world.pass_ms(LEASE_OUT_MS);
            world.pipeline().sweep(FAR).now_or_never().unwrap();
        }
        check(&world, &messages, &story);
    });
    assert!(buried.get() > 0, "never set aside");
    count
}

#[test]
fn set_aside_and_put_back_under_every_order_of_their_calls() {
    let nothing = Plan::new();
    let schedules = play(&[Caller::Sweeper, Caller::Person(2)], &nothing, usize::MAX);
    assert!(schedules > 20, "{schedules}");
    let schedules = play(&[Caller::Sweeper, Caller::Sweeper, Caller::Person(1), Caller::Time(1)], &nothing, 2);
    assert!(schedules > 500, "{schedules}");
}

#[test]
fn set_aside_and_put_back_with_a_mishap_at_any_call() {
    for at in 0..14 {
        for mishap in [Mishap::FailBefore, Mishap::FailAfter] {
            let plan = Plan::from([(at, mishap)]);
            play(&[Caller::Sweeper, Caller::Person(1), Caller::Sweeper, Caller::Time(1)], &plan, 1);
        }
    }
}
