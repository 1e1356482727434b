//! A long spill queue: what has run out is driven all the same, and what was spilled comes back fast.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, SWEEP_EVERY_MS, check, message, messages, request, sweep_until_done};
use futures_util::FutureExt;
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::{Chunk, ChunkId, ChunkKey, Deadline, Message, SweepReport, split};

/// A tenth of an hour's outage, and calls that take ten times what AWS takes: the world in memory checks each call against all
/// that is stored.
const SPILLED: usize = 1_400;

const CALL_MS: i64 = 60;

/// Requests of one event each while the journal is away.
fn spill(world: &World, events: std::ops::Range<usize>) {
    for n in events {
        world.plan(Plan::from([(0, Mishap::FailBefore)]));
        let accepted = world.pipeline().accept(vec![message(n)], vec![], FAR).now_or_never().unwrap();
        assert_eq!(accepted.unwrap().spilled, 1);
    }
    world.plan(Plan::new());
}

/// Messages a second that one after the other would come back, each put and removed: as it was before.
fn one_by_one(world: &World) -> i64 {
    let pipeline = world.pipeline();
    let spill = pipeline.spill.as_ref().unwrap();
    let begun_ms = world.now();
    let mut count = 0;
    while count < 100 {
        for incoming in spill.receive().now_or_never().unwrap().unwrap() {
            let (_, data) = split(vec![message(1_000_000 + count)], 1 << 20).chunks.remove(0);
            let key = ChunkKey::new(begun_ms, ChunkId::from_random(7_919 * (count as u128 + 1)));
            let chunk = Chunk { key, data, events: 1, lease_ms: begun_ms, epoch: 0, tries: 0 };
            assert_eq!(pipeline.journal.put(&[chunk]).now_or_never().unwrap(), [Ok(())]);
            let _ = spill.remove(&[&incoming.handle]).now_or_never().unwrap();
            count += 1;
        }
    }
    1_000 * i64::try_from(count).unwrap() / (world.now() - begun_ms)
}

#[test]
fn an_expired_chunk_is_driven_in_the_first_pass_whatever_is_spilled_and_the_spill_drains_fast() {
    let before = World::new();
    spill(&before, 0..200);
    before.calls_take_ms(CALL_MS);
    let before = one_by_one(&before);

    let world = World::new();
    spill(&world, 0..SPILLED);
    world.plan(Plan::from([(1, Mishap::DieBefore)]));
    assert!(request(&world, &[message(SPILLED)], vec![]).is_none());
    world.plan(Plan::new());
    world.pass_ms(SWEEP_EVERY_MS);
    world.calls_take_ms(CALL_MS);
    let begun_ms = world.now();
    let deadline = Deadline { at_ms: begun_ms + 51_000 };
    let report = world.pipeline().sweep(deadline).now_or_never().unwrap();
    let took_ms = world.now() - begun_ms;
    assert_eq!((report.expired, report.sent), (1, 1), "{report:?}");
    assert!(took_ms < 15_000, "the next pass over the shards comes in time: {took_ms} ms");
    let now = 1_000 * i64::try_from(report.unspilled).unwrap() / took_ms;
    assert!(now >= 5 * before, "{now} a second, {before} before");
    assert!(report.oldest_spilled_ms >= SWEEP_EVERY_MS, "{report:?}");

    let all: Vec<Message> = (0..=SPILLED).map(message).collect();
    assert_eq!(world.durable(&all), all.len());
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn while_the_journal_refuses_one_batch_is_tried_and_not_the_whole_queue() {
    let world = World::new();
    spill(&world, 0..200);
    world.plan((0..1_000).map(|at| (at, Mishap::FailAfter)).filter(|(at, _)| at % 2 == 1).collect());
    let report = world.pipeline().sweep(FAR).now_or_never().unwrap();
    assert_eq!((report.unspilled, report.faults), (0, 10), "one receive, one put that failed");
    world.plan(Plan::new());
    // The put took effect, so those ten are there twice, and are sent once.
    world.pass_ms(SWEEP_EVERY_MS + 60_000);
    sweep_until_done(&world);
    check(&world, &(0..200).map(message).collect::<Vec<_>>(), &"drained");
}

#[test]
fn shards_that_were_not_read_are_unknown() {
    let world = World::new();
    let known = |report: SweepReport| (report.unread, report.known_oldest_ms());
    let gone = Deadline { at_ms: world.now() };
    assert_eq!(known(world.pipeline().sweep(gone).now_or_never().unwrap()), (32, None));
    assert_eq!(known(world.pipeline().sweep(FAR).now_or_never().unwrap()), (0, Some(0)));
    // One that cannot be read.
    world.plan(Plan::from([(1, Mishap::DieBefore)]));
    assert!(request(&world, &messages(1), vec![]).is_none());
    world.pass_ms(SWEEP_EVERY_MS);
    world.plan(Plan::from([(0, Mishap::FailBefore)]));
    let report = world.pipeline().sweep(FAR).now_or_never().unwrap();
    assert_eq!((known(report), report.faults), ((1, None), 1));
    let report = world.pipeline().sweep(FAR).now_or_never().unwrap();
    assert_eq!(known(report), (0, Some(SWEEP_EVERY_MS)));
}
