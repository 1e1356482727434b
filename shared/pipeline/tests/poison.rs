//! What cannot be finished is kept and counted, and keeps nobody from their turn.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, SWEEP_EVERY_MS, copies, message, messages, request, sweep};
use futures_util::FutureExt;
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::{Message, NotDurable, SweepReport};

fn numbered(numbers: std::ops::Range<usize>) -> Vec<Message> {
    numbers.map(message).collect()
}

/// A pass of the sweeper that lives.
fn pass(world: &World) -> SweepReport {
    world.pass_ms(SWEEP_EVERY_MS);
    world.pipeline().sweep(FAR).now_or_never().unwrap()
}

/// Chunks that were put but not claimed, one a request.
fn leave(world: &World, requests: impl IntoIterator<Item = Vec<Message>>) {
    for messages in requests {
        world.plan(Plan::from([(1, Mishap::DieBefore)]));
        assert!(request(world, &messages, vec![]).is_none());
    }
    world.plan(Plan::new());
}

#[test]
fn a_message_the_queue_refuses_is_kept_after_the_last_try_and_its_neighbours_are_sent_at_once() {
    let world = World::new();
    let messages = messages(30);
    world.refuse(messages[2].id);
    let accepted = request(&world, &messages, vec![]).unwrap();
    assert_eq!((accepted.new, accepted.left), (29, 1));
    let (mut buried, mut passes) = (0, 0);
    while buried == 0 && passes < 1_000 {
        assert_eq!(world.open_chunks(), 1, "kept until it is set aside");
        // Others are sent meanwhile: it is not the queue.
        leave(&world, (0..5).map(|n| numbered(1_000 + 5 * passes + n..1_001 + 5 * passes + n)));
        let report = pass(&world);
        buried += report.buried;
        passes += 1;
    }
    // 100 tries, and the one that finds there were too many, after something else was sent in the same pass.
    assert!((101..110).contains(&passes) && buried == 1, "{passes} {buried}");
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 1));
    assert_eq!(world.durable(&messages[2..3]), 1, "kept where nobody sweeps");
    assert_eq!(copies(&world, false).len(), 29 + 5 * passes);
    assert_eq!(world.violations(), Vec::<String>::new());
    assert_eq!(pass(&world), SweepReport::default(), "and nobody tries again");
}

#[test]
fn an_old_chunk_is_set_aside_after_a_few_tries() {
    let world = World::new();
    world.refuse(message(0).id);
    assert_eq!(request(&world, &messages(1), vec![]).unwrap().left, 1);
    // Through an outage of seven hours.
    world.pass_ms(7 * 3_600_000);
    let buried: Vec<usize> = (0..7).map(|_| pass(&world).buried).collect();
    assert_eq!(buried, [0, 0, 0, 0, 0, 1, 0]);
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 1));
}

#[test]
fn a_damaged_chunk_is_kept_and_counted_and_all_others_go_through_in_the_same_pass() {
    let world = World::new();
    // Damaged ones in many shards, and in front of every sound one, for a shard is read oldest first.
    leave(&world, (0..40).map(|n| numbered(n..n + 1)));
    world.damage();
    world.pass_ms(1_000);
    leave(&world, (100..140).map(|n| numbered(n..n + 1)));
    let report = pass(&world);
    assert_eq!((report.buried, report.driven, report.sent, report.faults), (40, 40, 40, 0));
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 40));
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn refused_messages_in_front_of_every_other_delay_nobody() {
    let world = World::new();
    leave(&world, (0..40).map(|n| numbered(n..n + 1)));
    (0..40).for_each(|n| world.refuse(message(n).id));
    world.pass_ms(1_000);
    leave(&world, (100..140).map(|n| numbered(n..n + 1)));
    let report = pass(&world);
    assert_eq!((report.expired, report.driven, report.sent, report.left), (80, 80, 40, 40));
    for _ in 0..110 {
        sweep(&world);
    }
    assert_eq!((world.open_chunks(), world.dead_chunks()), (40, 0), "nothing is taken: it may be the queue");
    world.pass_ms(6 * 3_600_000);
    sweep(&world);
    assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 40));
    assert_eq!(copies(&world, false).len(), 40);
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn a_queue_that_refuses_all_for_an_hour_buries_nothing() {
    let world = World::new();
    let messages = numbered(0..60);
    messages.iter().for_each(|message| world.refuse(message.id));
    leave(&world, (0..60).map(|n| numbered(n..n + 1)));
    // As often as a lease and a pass allow it.
    for _ in 0..120 {
        world.pass_ms(31_000);
        let report = world.pipeline().sweep(FAR).now_or_never().unwrap();
        assert_eq!((report.driven, report.buried), (60, 0));
    }
    world.relent();
    let report = pass(&world);
    assert_eq!((report.sent, report.buried, world.open_chunks()), (60, 0, 0), "each was tried before it was given up");
}

#[test]
fn setting_aside_survives_any_mishap() {
    for at in 0..6 {
        for mishap in common::ALL {
            let world = World::new();
            leave(&world, [messages(1)]);
            world.damage();
            world.plan(Plan::from([(at, mishap)]));
            for _ in 0..4 {
                sweep(&world);
            }
            assert_eq!((world.open_chunks(), world.dead_chunks()), (0, 1), "{at} {mishap:?}");
            assert_eq!(world.violations(), Vec::<String>::new(), "{at} {mishap:?}");
        }
    }
}

#[test]
fn rubbish_in_the_spill_queue_is_kept_and_counted_and_spilled_chunks_pass_it() {
    let world = World::new();
    for _ in 0..25 {
        world.spill_rubbish();
    }
    world.plan(Plan::from([(0, Mishap::FailBefore)]));
    assert_eq!(request(&world, &messages(3), vec![]).unwrap().spilled, 1);
    let report = pass(&world);
    assert_eq!((report.unspilled, report.faults), (1, 25));
    assert_eq!(pass(&world).sent, 3);
    assert_eq!(world.spilled(), 25, "kept for whoever looks");
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn a_part_that_quarantine_does_not_take_is_not_answered_for() {
    let world = World::new();
    world.plan((0..10).map(|at| (at, Mishap::FailBefore)).collect());
    let answer = world.pipeline().accept(vec![], vec![common::reject()], FAR).now_or_never().unwrap();
    assert_eq!(answer, Err(NotDurable::Quarantine));
    world.plan(Plan::new());
    assert_eq!(request(&world, &[], vec![common::reject()]).unwrap().quarantined, 1);
    assert_eq!(world.quarantine().len(), 1);
}
