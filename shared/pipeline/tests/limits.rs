//! Whatever is claimed can be sent, and no call is larger than AWS takes it: for 1 to 10,000 events of any size.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{FAR, check, message, messages, request, sweep_until_done};
use futures_util::FutureExt;
use proptest::prelude::*;
use tributary_pipeline::Message;
use tributary_pipeline::memory::{Mishap, Plan, World};

const LARGEST: usize = 1_048_576;

/// A message of exactly so many bytes: plain text, or text that does not compress.
fn of_size(n: usize, bytes: usize, is_noise: bool) -> Message {
    let mut state = 0x9E37_79B9_u64.wrapping_mul(n as u64 + 1) | 1;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + u8::try_from(state % 64).unwrap_or(0))
    };
    let body = if is_noise { (0..bytes).map(|_| letter()).collect() } else { "x".repeat(bytes) };
    Message { body, ..message(n) }
}

/// Accepts a request and checks the counts: every event is sent, a duplicate, or kept in quarantine.
fn accept(messages: &[Message]) -> (World, usize) {
    let world = World::new();
    let accepted = world.pipeline().accept(messages.to_vec(), vec![], FAR).now_or_never().unwrap().unwrap();
    assert_eq!(accepted.new + accepted.duplicate + accepted.quarantined, messages.len());
    assert_eq!((accepted.left, accepted.spilled, world.open_chunks()), (0, 0, 0));
    assert_eq!(accepted.received, accepted.new + accepted.duplicate);
    assert_eq!(world.violations(), Vec::<String>::new());
    assert_eq!(world.claims().len(), accepted.new, "only what is sent is claimed");
    (world, accepted.quarantined)
}

#[test]
fn from_one_event_to_ten_thousand_every_call_is_within_the_limits_and_every_event_sent_once() {
    for count in [1, 2, 9, 10, 11, 24, 25, 26, 49, 50, 51, 249, 250, 251, 999, 1000, 10_000] {
        let messages = messages(count);
        let (world, _) = accept(&messages);
        check(&world, &messages, &count);
        let counts = world.counts();
        assert_eq!(counts["claims.insert"], count.div_ceil(25), "{count}");
        assert_eq!(counts["queue.send"], count.div_ceil(10), "{count}");
        assert_eq!(counts["journal.delete"], count.div_ceil(25), "{count}");
    }
}

#[test]
fn a_message_of_the_largest_size_is_sent_and_one_byte_more_is_kept_in_quarantine() {
    for (bytes, quarantined) in
        [(1, 0), (127, 0), (262_144, 0), (262_145, 0), (LARGEST - 1, 0), (LARGEST, 0), (LARGEST + 1, 1)]
    {
        assert_eq!(accept(&[of_size(0, bytes, false)]).1, quarantined, "{bytes} bytes");
    }
    // What does not compress may not fit an item of the journal: it is not claimed, but kept.
    for (bytes, quarantined) in [(300_000, 0), (500_000, 0), (600_000, 1), (LARGEST, 1)] {
        let (world, kept) = accept(&[of_size(0, bytes, true)]);
        assert_eq!(kept, quarantined, "{bytes} bytes");
        assert_eq!(world.quarantine().is_empty(), quarantined == 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mix_of_sizes_and_duplicates_is_within_the_limits_and_nothing_is_missing(
        sizes in prop::collection::vec(
            (prop_oneof![4 => 1_usize..600, 2 => 600_usize..60_000, 1 => 60_000_usize..LARGEST + 2], any::<bool>(), 0_usize..90),
            1..90,
        ),
        mishap in prop::option::of((0_usize..12, prop_oneof![Just(Mishap::FailBefore), Just(Mishap::FailAfter), Just(Mishap::FailHalf)])),
    ) {
        // Few large ones: they are slow, and one alone already fills a batch.
        let mut budget = LARGEST + LARGEST / 2;
        let messages: Vec<Message> = sizes
            .into_iter()
            .map(|(bytes, is_noise, n)| {
                let bytes = if bytes > budget { 1 + bytes % 600 } else { bytes };
                budget -= bytes.min(budget);
                of_size(n, bytes, is_noise)
            })
            .collect();
        accept(&messages);
        // And with a mishap: the same limits hold for what is tried again.
        let world = World::new();
        world.plan(mishap.into_iter().collect::<Plan>());
        if request(&world, &[], vec![]).is_some() {
            let accepted = world.pipeline().accept(messages.clone(), vec![], FAR).now_or_never();
            prop_assert!(accepted.is_some());
        }
        sweep_until_done(&world);
        prop_assert_eq!(world.violations(), Vec::<String>::new());
        prop_assert_eq!(world.open_chunks() + world.spilled(), 0);
    }

    #[test]
    fn whatever_a_message_holds_its_chunk_reads_back_the_same(
        texts in prop::collection::vec((any::<String>(), "[!-~]{1,128}"), 1..60),
    ) {
        let messages: Vec<Message> = texts
            .into_iter()
            .enumerate()
            .map(|(n, (body, group))| Message { body: body + "x", group, ..message(n) })
            .collect();
        let split = tributary_pipeline::split(messages.clone(), LARGEST);
        prop_assert_eq!(split.chunks.into_iter().flat_map(|(messages, _)| messages).collect::<Vec<_>>(), messages.clone());
        // Sent by the sweeper, from what the journal holds.
        let world = World::new();
        world.plan((1..8).map(|at| (at, Mishap::DieBefore)).collect());
        prop_assert!(request(&world, &messages, vec![]).is_none());
        world.plan(Plan::new());
        sweep_until_done(&world);
        let mut sent: Vec<(String, String)> = world.queue().into_iter().map(|copy| (copy.group, copy.body)).collect();
        let mut expected: Vec<(String, String)> = messages.into_iter().map(|m| (m.group, m.body)).collect();
        sent.sort();
        expected.sort();
        prop_assert_eq!(sent, expected);
    }
}
