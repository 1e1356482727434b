//! A caller dropped at each of its awaits, before and after each effect: request, repeat and sweeper.

mod common;

use common::{FAR, SWEEP_EVERY_MS, check, durable, messages, reject, sweep_until_done};
use tributary_pipeline::Message;
use tributary_pipeline::memory::{Pauses, Schedule, World};

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
