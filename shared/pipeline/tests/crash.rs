//! Every single mishap and every pair of mishaps, at every call, and then: nothing lost, nothing doubled.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use tributary_events::Key;
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::{Accepted, Deadline, Message, NotDurable, Quarantined};

const ALL: [Mishap; 5] = [Mishap::DieBefore, Mishap::DieAfter, Mishap::FailBefore, Mishap::FailAfter, Mishap::FailHalf];
const FAR: Deadline = Deadline { at_ms: i64::MAX };
/// A lease and a pass of the sweeper.
const SWEEP_EVERY_MS: i64 = 45_000;

fn messages(count: usize) -> Vec<Message> {
    let message = |n: usize| Message {
        id: Key::new("t", None).part(Some(&n.to_string())).finish(),
        group: format!("g{}", n % 3),
        body: format!(r#"{{"n":{n}}}"#),
    };
    (0..count).map(message).collect()
}

fn reject() -> Quarantined {
    Quarantined {
        source: "t".into(),
        path: "/".into(),
        content_type: String::new(),
        received: String::new(),
        reason: "not_json".into(),
        detail: String::new(),
        part: b"broken".to_vec(),
    }
}

/// The vendor's request, repeated until it is answered 200 like a vendor that does.
fn deliver(world: &World, messages: &[Message]) -> Option<Accepted> {
    for _ in 0..4 {
        let pipeline = world.pipeline();
        let accept = pipeline.accept(messages.to_vec(), vec![reject()], FAR);
        if let Some(Ok(accepted)) = accept.now_or_never() {
            return Some(accepted);
        }
        world.pass_ms(20_000);
    }
    None
}

fn sweep_until_done(world: &World) {
    for _ in 0..8 {
        world.pass_ms(SWEEP_EVERY_MS);
        // A sweeper that dies is started again by the schedule.
        let _ = world.pipeline().sweep(FAR).now_or_never();
        if world.open_chunks() == 0 && world.spilled() == 0 {
            return;
        }
    }
}

fn check(world: &World, messages: &[Message], story: &dyn std::fmt::Debug) {
    assert_eq!(world.open_chunks(), 0, "{story:?}: chunks left");
    assert_eq!(world.spilled(), 0, "{story:?}: spilled chunks left");
    assert_eq!(world.dead_chunks(), 0, "{story:?}: chunks set aside");
    assert!(!world.quarantine().is_empty(), "{story:?}: quarantine lost its part");
    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    for copy in world.queue().into_iter().filter(|copy| copy.delivered) {
        *delivered.entry(copy.id).or_default() += 1;
    }
    for message in messages {
        assert_eq!(delivered.get(&message.id.to_string()), Some(&1), "{story:?}: copies of one event");
    }
    assert_eq!(delivered.len(), messages.len(), "{story:?}: events of nobody");
}

fn run(plan: &Plan, messages: &[Message]) {
    let world = World::new();
    world.plan(plan.clone());
    let answered = deliver(&world, messages);
    assert!(answered.is_some(), "{plan:?}: two mishaps keep nobody from being answered in four tries");
    sweep_until_done(&world);
    check(&world, messages, plan);
}

/// Calls of a request and of the sweeps after it, with room for the ones a mishap adds.
fn calls(messages: &[Message]) -> usize {
    let world = World::new();
    world.plan(Plan::new());
    deliver(&world, messages);
    world.calls() + 12
}

#[test]
fn one_mishap_at_any_call_loses_and_doubles_nothing() {
    for count in [1, 12, 30] {
        let messages = messages(count);
        for at in 0..calls(&messages) {
            for mishap in ALL {
                run(&Plan::from([(at, mishap)]), &messages);
            }
        }
    }
}

#[test]
fn two_mishaps_at_any_two_calls_lose_and_double_nothing() {
    let messages = messages(12);
    let calls = calls(&messages);
    for first in 0..calls {
        // Beyond the request lie the sweeper's 34 calls and more before it finds the chunk.
        for second in (first + 1)..(first + 45) {
            for one in ALL {
                for other in ALL {
                    run(&Plan::from([(first, one), (second, other)]), &messages);
                }
            }
        }
    }
}

#[test]
fn a_vendor_that_never_retries_loses_nothing_once_the_chunk_is_durable() {
    let messages = messages(12);
    for at in 0..calls(&messages) {
        for mishap in ALL {
            let world = World::new();
            world.plan(Plan::from([(at, mishap)]));
            let answer = world.pipeline().accept(messages.clone(), vec![reject()], FAR).now_or_never();
            let durable = world.open_chunks() > 0 || !world.queue().is_empty() || world.spilled() > 0;
            if matches!(answer, Some(Ok(_))) {
                assert!(durable, "{at} {mishap:?}: answered 200 for nothing");
            }
            sweep_until_done(&world);
            if durable && !world.quarantine().is_empty() {
                check(&world, &messages, &(at, mishap));
            }
        }
    }
}

#[test]
fn a_duplicate_in_flight_is_answered_at_once_and_sent_by_the_first() {
    let messages = messages(5);
    for at in 0..calls(&messages) {
        let world = World::new();
        world.plan(Plan::from([(at, Mishap::DieAfter)]));
        let first = world.pipeline().accept(messages.clone(), vec![reject()], FAR).now_or_never();
        world.plan(Plan::new());
        let second = world.pipeline().accept(messages.clone(), vec![reject()], FAR).now_or_never().unwrap().unwrap();
        assert_eq!(second.new + second.duplicate, 5, "{first:?}");
        sweep_until_done(&world);
        check(&world, &messages, &at);
    }
}

#[test]
fn a_message_the_queue_refuses_is_kept_and_blocks_nobody() {
    let world = World::new();
    let messages = messages(5);
    world.refuse(messages[2].id);
    let accepted = world.pipeline().accept(messages.clone(), vec![], FAR).now_or_never().unwrap().unwrap();
    assert_eq!((accepted.new, accepted.left), (4, 1));
    for _ in 0..200 {
        world.pass_ms(SWEEP_EVERY_MS);
        world.pipeline().sweep(FAR).now_or_never().unwrap();
    }
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 1));
    assert_eq!(world.queue().len(), 4);
}

#[test]
fn when_the_journal_is_down_chunks_are_spilled_and_come_back() {
    let world = World::new();
    let messages = messages(30);
    world.plan(Plan::from([(0, Mishap::FailBefore)]));
    let accepted = world.pipeline().accept(messages.clone(), vec![reject()], FAR).now_or_never().unwrap().unwrap();
    assert_eq!((accepted.spilled, accepted.left, accepted.new), (2, 30, 0));
    sweep_until_done(&world);
    check(&world, &messages, &"spilled");
}

#[test]
fn a_claim_that_expires_between_insert_and_read_is_inserted_again() {
    let world = World::new();
    let messages = messages(1);
    deliver(&world, &messages).unwrap();
    world.pass_ms(400_000);
    world.expire_claim(messages[0].id);
    let again = deliver(&world, &messages).unwrap();
    assert_eq!(again.new, 1, "beyond the claims' life an event is new");
}

#[test]
fn a_repeat_long_after_the_queue_has_forgotten_is_still_no_second_event() {
    let messages = messages(30);
    for at in 0..calls(&messages) {
        for mishap in ALL {
            let world = World::new();
            deliver(&world, &messages).unwrap();
            sweep_until_done(&world);
            // An hour later, with whatever may go wrong: Infobip repeats for 42 hours.
            world.pass_ms(3_600_000);
            world.plan(Plan::from([(at, mishap)]));
            deliver(&world, &messages).unwrap();
            sweep_until_done(&world);
            check(&world, &messages, &(at, mishap));
        }
    }
}

#[test]
fn with_no_time_left_nothing_is_written_and_the_vendor_is_told() {
    let world = World::new();
    let gone = Deadline { at_ms: world.now() };
    let answer = world.pipeline().accept(messages(1), vec![], gone).now_or_never().unwrap();
    assert_eq!(answer, Err(NotDurable::Deadline));
    assert_eq!(world.calls(), 0);
}

#[test]
fn a_deadline_in_the_middle_leaves_the_rest_to_the_sweeper() {
    let world = World::new();
    let messages = messages(30);
    // The claims fail until the pauses between tries have used up the time.
    world.plan((1..100).map(|at| (at, Mishap::FailBefore)).collect());
    let soon = Deadline { at_ms: world.now() + 60 };
    let accepted = world.pipeline().accept(messages.clone(), vec![reject()], soon).now_or_never().unwrap();
    world.plan(Plan::new());
    if let Ok(accepted) = accepted {
        assert_eq!(accepted.left, 30);
    }
    deliver(&world, &messages).unwrap();
    sweep_until_done(&world);
    check(&world, &messages, &"deadline");
}

#[test]
fn calls_stay_within_the_budget() {
    for count in [1, 25, 26, 250, 1000] {
        let world = World::new();
        let messages = messages(count);
        let first = world.pipeline().accept(messages.clone(), vec![], FAR).now_or_never().unwrap().unwrap();
        assert_eq!(first.new, count);
        let chunks = count.div_ceil(25);
        let counts = world.counts();
        let of = |name| counts.get(name).copied().unwrap_or(0);
        assert!(of("journal.put") + of("journal.delete") <= 2 * chunks, "{counts:?}");
        assert_eq!(of("claims.insert"), chunks);
        assert_eq!(of("queue.send"), count.div_ceil(10));
        let again = world.pipeline().accept(messages, vec![], FAR).now_or_never().unwrap().unwrap();
        assert_eq!((again.new, again.duplicate), (0, count));
        assert_eq!(world.counts()["queue.send"], of("queue.send"), "a repeated request sends nothing");
    }
}
