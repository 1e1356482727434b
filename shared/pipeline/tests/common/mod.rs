//! Requests, sweeps until all is quiet, and what must hold then.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use futures_util::FutureExt;
use tributary_events::{Key, Says};
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::{Accepted, Deadline, Message, Quarantined};

pub(crate) const ALL: [Mishap; 5] =
    [Mishap::DieBefore, Mishap::DieAfter, Mishap::FailBefore, Mishap::FailAfter, Mishap::FailHalf];
pub(crate) const FAR: Deadline = Deadline { at_ms: i64::MAX };
/// A lease and a pass of the sweeper.
pub(crate) const SWEEP_EVERY_MS: i64 = 45_000;

pub(crate) fn message(n: usize) -> Message {
    Message {
        id: Key::new("t", None).part(Some(&n.to_string())).finish(),
        // Every third is keyed by its fingerprint.
        says: (!n.is_multiple_of(3)).then(|| Says::from_bytes([0; 8])),
        group: format!("g{}", n % 3),
        body: format!(r#"{{"n":{n}}}"#),
    }
}

/// Another event that has the id of `message(n)` by mistake. `n` is no multiple of three.
pub(crate) fn twin(n: usize) -> Message {
    let other = message(n);
    assert!(other.says.is_some(), "a fingerprint has no twin");
    Message { says: Some(Says::from_bytes([1; 8])), body: format!(r#"{{"twin":{n}}}"#), ..other }
}

pub(crate) fn messages(count: usize) -> Vec<Message> {
    (0..count).map(message).collect()
}

pub(crate) fn reject() -> Quarantined {
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

/// How many of these cannot get lost any more.
pub(crate) fn durable(world: &World, messages: &[Message]) -> usize {
    world.durable(messages)
}

/// A request that may die: `None` when it did. What is answered 200 is durable at that moment.
pub(crate) fn request(world: &World, messages: &[Message], rejects: Vec<Quarantined>) -> Option<Accepted> {
    let accepted = world.pipeline().accept(messages.to_vec(), rejects, FAR).now_or_never()?.ok()?;
    assert_eq!(durable(world, messages), messages.len(), "answered 200 before all was durable");
    Some(accepted)
}

/// The vendor's request, repeated until it is answered 200 like a vendor that does.
pub(crate) fn deliver(world: &World, messages: &[Message]) -> Option<Accepted> {
    for _ in 0..4 {
        if let Some(accepted) = request(world, messages, vec![reject()]) {
            return Some(accepted);
        }
        world.pass_ms(20_000);
    }
    None
}

/// One pass of the sweeper; one that dies is started again by the schedule.
pub(crate) fn sweep(world: &World) {
    world.pass_ms(SWEEP_EVERY_MS);
    let _ = world.pipeline().sweep(FAR).now_or_never();
}

pub(crate) fn sweep_until_done(world: &World) {
    for _ in 0..12 {
        sweep(world);
        if world.open_chunks() == 0 && world.spilled() == 0 {
            return;
        }
    }
}

/// Copies by event: those a FIFO queue delivers, or all.
pub(crate) fn copies(world: &World, only_delivered: bool) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    for copy in world.queue().into_iter().filter(|copy| copy.delivered || !only_delivered) {
        *copies.entry(copy.id).or_default() += 1;
    }
    copies
}

/// Nothing left, nothing lost, nothing doubled, and no call broke a rule on the way.
pub(crate) fn check(world: &World, messages: &[Message], story: &dyn Debug) {
    assert_eq!(world.open_chunks(), 0, "{story:?}: chunks left");
    assert_eq!(world.spilled(), 0, "{story:?}: spilled chunks left");
    assert_eq!(world.dead_chunks(), 0, "{story:?}: chunks set aside");
    assert_eq!(world.violations(), Vec::<String>::new(), "{story:?}");
    let delivered = copies(world, true);
    let bodies: BTreeSet<String> = world.queue().into_iter().map(|copy| copy.body).collect();
    let conflicts = world.conflicts();
    for message in messages {
        assert_eq!(delivered.get(&message.id.to_string()), Some(&1), "{story:?}: copies of one event");
        // Of two events of one id one is on the queue and the other in quarantine, whole.
        let places = (bodies.contains(&message.body), conflicts.contains(&message.body));
        assert!(places == (true, false) || places == (false, true), "{story:?}: {message:?} is at {places:?}");
    }
    let ids: BTreeSet<String> = messages.iter().map(|message| message.id.to_string()).collect();
    assert_eq!(delivered.len(), ids.len(), "{story:?}: events of nobody");
    assert_eq!(conflicts.len(), messages.len() - ids.len(), "{story:?}: conflicts of nobody");
    // Whoever is delivered is owned by one chunk, for good.
    let claims = world.claims();
    assert!(delivered.keys().all(|id| claims.contains_key(id)), "{story:?}: sent without a claim");
}

/// Runs a request and the sweeps after it under a plan. Gives the number of calls it took.
pub(crate) fn run(plan: &Plan, messages: &[Message]) -> usize {
    let world = World::new();
    world.plan(plan.clone());
    let answered = deliver(&world, messages);
    assert!(answered.is_some(), "{plan:?}: so few mishaps keep nobody from being answered in four tries");
    assert!(!world.quarantine().is_empty(), "{plan:?}: quarantine lost its part");
    sweep_until_done(&world);
    check(&world, messages, plan);
    let most = copies(&world, false).into_values().max().unwrap_or(0);
    assert!(most <= 1 + plan.len(), "{plan:?}: {most} sends of one event");
    world.calls()
}
