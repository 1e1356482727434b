//! A caller dropped at each of its awaits, before and after each effect: request, repeat and sweeper.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, SWEEP_EVERY_MS, check, durable, messages, reject, sweep_until_done};
use tributary_pipeline::memory::{Pauses, Schedule, World};
use tributary_pipeline::{Accepted, Message};

/// Lets a caller make so many steps and drops it. True if it came to its end before.
fn drop_after(world: &World, steps: usize, caller: impl Future<Output = bool> + Send) -> bool {
    let mut schedule = Schedule::new(world, Pauses::Around);
    let actor = schedule.add(caller);
    for _ in 0..steps {
        if !schedule.step(actor) {
            break;
        }
    }
    schedule.kill(actor);
    schedule.ended[actor] == Some(true)
}

fn request(world: &World, messages: &[Message], steps: usize) -> bool {
    let pipeline = world.pipeline();
    let ended =
        drop_after(world, steps, async { pipeline.accept(messages.to_vec(), vec![reject()], FAR).await.is_ok() });
    if ended {
        assert_eq!(durable(world, messages), messages.len(), "answered 200 before all was durable");
    }
    ended
}

fn sweeper(world: &World, steps: usize) -> bool {
    world.pass_ms(SWEEP_EVERY_MS);
    let pipeline = world.pipeline();
    drop_after(world, steps, async {
        pipeline.sweep(FAR).await;
        true
    })
}

#[test]
fn a_request_dropped_at_any_await_is_finished_by_its_repeat_or_by_the_sweeper() {
    for messages in [1, 3, 26, 51].map(messages) {
        for steps in 0.. {
            // With the vendor's repeat, at once or long after; and without any.
            for repeat_after_ms in [None, Some(0), Some(20_000), Some(100_000)] {
                let world = World::new();
                let ended = request(&world, &messages, steps);
                if ended && repeat_after_ms.is_none() {
                    break;
                }
                if let Some(ms) = repeat_after_ms {
                    world.pass_ms(ms);
                    assert!(request(&world, &messages, usize::MAX), "the repeat is answered");
                }
                let durable = durable(&world, &messages);
                assert!(durable == 0 || durable == messages.len(), "put in one call");
                sweep_until_done(&world);
                check(&world, &messages[..durable], &(steps, repeat_after_ms));
            }
            if request(&World::new(), &messages, steps) {
                assert!(steps > 8, "{steps}");
                break;
            }
        }
    }
}

#[test]
fn a_request_and_its_repeat_dropped_at_any_two_awaits_lose_and_double_nothing() {
    for messages in [2, 26].map(messages) {
        for first in 0..14 {
            for second in 0..18 {
                let world = World::new();
                request(&world, &messages, first);
                world.pass_ms(15_000);
                request(&world, &messages, second);
                sweep_until_done(&world);
                let durable = durable(&world, &messages);
                check(&world, &messages[..durable], &(first, second));
            }
        }
    }
}

#[test]
fn a_request_and_the_sweeper_dropped_at_any_two_awaits_lose_and_double_nothing() {
    for messages in [1, 3, 26].map(messages) {
        for first in 0..16 {
            for second in 0.. {
                let world = World::new();
                request(&world, &messages, first);
                let durable = durable(&world, &messages);
                let ended = sweeper(&world, second);
                sweep_until_done(&world);
                check(&world, &messages[..durable], &(first, second));
                if ended {
                    break;
                }
            }
        }
    }
}

/// Lets a request make calls until it waits at one of that name.
fn stop_at(schedule: &mut Schedule<'_, Accepted>, actor: usize, call: &str) {
    while schedule.waits_at(actor) != Some(call) {
        assert!(schedule.step(actor), "it never comes to {call}");
    }
}

#[test]
fn a_drive_that_wakes_up_after_its_lease_begins_no_send() {
    for call in ["claims.insert", "queue.send"] {
        let world = World::new();
        let (pipeline, messages) = (world.pipeline(), messages(25));
        let mut schedule = Schedule::new(&world, Pauses::Before);
        let actor = schedule.add(async { pipeline.accept(messages.clone(), vec![], FAR).await.unwrap() });
        stop_at(&mut schedule, actor, call);
        world.pass_ms(31_000);
        while schedule.step(actor) {}
        schedule.close();
        // The call it was at had begun; of the three batches at most that one was sent.
        let sent = if call == "queue.send" { 10 } else { 0 };
        assert_eq!((world.queue().len(), schedule.ended[actor].unwrap().left), (sent, 25 - sent), "{call}");
        sweep_until_done(&world);
        check(&world, &messages, &call);
    }
}

#[test]
fn a_claim_that_expires_between_insert_and_read_is_inserted_again() {
    let world = World::new();
    let messages = messages(1);
    assert!(request(&world, &messages, usize::MAX));
    world.pass_ms(400_000);
    let pipeline = world.pipeline();
    let mut schedule = Schedule::new(&world, Pauses::Before);
    let actor = schedule.add(async { pipeline.accept(messages.clone(), vec![], FAR).await.unwrap() });
    stop_at(&mut schedule, actor, "claims.owners");
    world.expire_claim(messages[0].id);
    while schedule.step(actor) {}
    let accepted = schedule.ended[actor].unwrap();
    assert_eq!((accepted.new, accepted.duplicate, accepted.left), (1, 0, 0));
    schedule.close();
    assert_eq!(world.claims().len(), 1);
}
