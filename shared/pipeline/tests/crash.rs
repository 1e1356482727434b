//! Every single mishap and every pair of mishaps, at every call, and then: nothing lost, nothing doubled.

mod common;

use common::{
    ALL, FAR, SWEEP_EVERY_MS, check, deliver, message, messages, reject, request, run, sweep, sweep_until_done, twin,
};
use futures_util::FutureExt;
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::{Deadline, NotDurable};

/// Calls of a request and of the sweeps after it, with room for the ones a mishap adds.
fn calls(messages: &[tributary_pipeline::Message]) -> usize {
    run(&Plan::new(), messages) + 12
}

/// Goes through all plans with so many of these mishaps more than `plan` has, at any calls. Gives their number.
fn every_plan(plan: &Plan, more: usize, mishaps: &[Mishap], messages: &[tributary_pipeline::Message]) -> usize {
    let calls = run(plan, messages);
    if more == 0 {
        return 1;
    }
    let from = plan.last_key_value().map_or(0, |(last, _)| last + 1);
    let mut count = 1;
    for at in from..calls {
        for mishap in mishaps {
            let mut plan = plan.clone();
            plan.insert(at, *mishap);
            count += every_plan(&plan, more - 1, mishaps, messages);
        }
    }
    count
}

#[test]
fn one_mishap_at_any_call_loses_and_doubles_nothing() {
    for count in [1, 12, 25, 26, 30, 51] {
        assert!(every_plan(&Plan::new(), 1, &ALL, &messages(count)) > 5 * 5);
    }
}

#[test]
fn two_mishaps_at_any_two_calls_lose_and_double_nothing() {
    // 26 events are two chunks, driven together.
    let plans: usize = [1, 2, 3, 12, 26].map(|count| every_plan(&Plan::new(), 2, &ALL, &messages(count))).iter().sum();
    assert!(plans > 5_000, "{plans}");
}

#[test]
fn three_mishaps_at_any_three_calls_lose_and_double_nothing() {
    // Those that leave an effect behind.
    let mishaps = [Mishap::DieAfter, Mishap::FailAfter, Mishap::FailHalf];
    let plans = every_plan(&Plan::new(), 3, &mishaps, &messages(2));
    assert!(plans > 5_000, "{plans}");
}

#[test]
fn two_mishaps_while_an_event_collides_lose_and_double_nothing() {
    // One request that holds both, and a second whose event has the id of the first's.
    let first = [message(1), message(2), twin(2)];
    let second = [twin(1), message(3)];
    let all: Vec<_> = first.iter().chain(&second).cloned().collect();
    let run = |plan: &Plan| {
        let world = World::new();
        world.plan(plan.clone());
        for request in [&first[..], &second] {
            assert!(deliver(&world, request).is_some(), "{plan:?}");
        }
        sweep_until_done(&world);
        check(&world, &all, plan);
        world.calls()
    };
    let calls = run(&Plan::new());
    for (one, other) in (0..calls + 8).flat_map(|one| (one + 1..calls + 9).map(move |other| (one, other))) {
        for mishaps in ALL.iter().flat_map(|one| ALL.map(|other| (*one, other))) {
            run(&Plan::from([(one, mishaps.0), (other, mishaps.1)]));
        }
    }
}

#[test]
fn a_conflict_is_counted_once_and_stays_in_its_chunk_until_quarantine_has_it() {
    let world = World::new();
    deliver(&world, &[message(1), message(2)]).unwrap();
    world.pass_ms(400_000);
    let counts = |accepted: &tributary_pipeline::Accepted| {
        (accepted.new, accepted.duplicate, accepted.conflict, accepted.left, accepted.quarantined)
    };
    // Put, claims, owners, and then quarantine, four times.
    world.plan((3..7).map(|at| (at, Mishap::FailBefore)).collect());
    let accepted = request(&world, &[twin(1), message(2)], vec![]).unwrap();
    assert_eq!(counts(&accepted), (0, 1, 0, 1, 0), "answered 200, for it is in the journal");
    assert_eq!((world.open_chunks(), world.conflicts().len()), (1, 0));
    world.plan(Plan::new());
    world.pass_ms(SWEEP_EVERY_MS);
    let report = world.pipeline().sweep(FAR).now_or_never().unwrap();
    assert_eq!((report.conflict, report.left, report.sent), (1, 0, 0));
    assert_eq!(world.conflicts(), [twin(1).body].into());
    // Its repeat is a conflict again; an event whose id tells all, or one of before that, is a duplicate.
    assert_eq!(counts(&request(&world, &[twin(1)], vec![]).unwrap()), (0, 0, 1, 0, 1));
    let silent = tributary_pipeline::Message { says: None, ..twin(1) };
    assert_eq!(counts(&request(&world, &[silent], vec![]).unwrap()), (0, 1, 0, 0, 0));
    assert_eq!(world.queue().len(), 2);
    assert_eq!(world.violations(), Vec::<String>::new());
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
    // Others keep coming: so it is this one, and its tries count.
    for n in 0..200 {
        deliver(&world, &[message(100 + n)]).unwrap();
        world.plan(Plan::from([(1, Mishap::DieBefore)]));
        assert!(request(&world, &[message(1_000 + n)], vec![]).is_none());
        world.plan(Plan::new());
        world.pass_ms(SWEEP_EVERY_MS);
        world.pipeline().sweep(FAR).now_or_never().unwrap();
    }
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 1));
    assert_eq!(world.queue().len(), 4 + 400);
}

#[test]
fn what_fails_in_part_or_loses_its_reply_is_tried_again_within_the_drive() {
    // Claims, and each of the two sends.
    for at in 1..4 {
        for mishap in [Mishap::FailHalf, Mishap::FailBefore, Mishap::FailAfter] {
            let world = World::new();
            world.plan(Plan::from([(at, mishap)]));
            let accepted = world.pipeline().accept(messages(12), vec![], FAR).now_or_never().unwrap().unwrap();
            assert_eq!((accepted.new, accepted.left), (12, 0), "{at} {mishap:?}");
            check(&world, &messages(12), &(at, mishap));
        }
    }
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
fn a_chunk_that_is_in_the_journal_and_in_the_spill_queue_is_sent_once_however_late_the_other_comes() {
    // The put took effect and its reply was lost; the spilled copy waits behind a long queue, or comes back because its
    // removal failed. Hours later the queue has forgotten what it was sent.
    // The sweeper drives what lies there and then brings back what was spilled, for its next pass.
    for (second, what, open) in [(7, "spill.receive", 0), (9, "spill.remove", 1)] {
        let world = World::new();
        let messages = messages(3);
        world.plan(Plan::from([(0, Mishap::FailAfter), (second, Mishap::FailBefore)]));
        assert_eq!(request(&world, &messages, vec![]).unwrap().spilled, 1);
        sweep(&world);
        assert_eq!(world.queue().len(), 3);
        assert_eq!((world.open_chunks(), world.spilled()), (open, 1), "sent and settled, and {what} failed");
        world.pass_ms(3_600_000);
        sweep_until_done(&world);
        check(&world, &messages, &what);
    }
}

#[test]
fn beyond_the_life_of_its_claim_an_event_is_new() {
    let world = World::new();
    let messages = messages(1);
    deliver(&world, &messages).unwrap();
    world.pass_ms(400_000);
    world.expire_claim(messages[0].id);
    assert_eq!(deliver(&world, &messages).unwrap().new, 1);
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
