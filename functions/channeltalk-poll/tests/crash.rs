//! Killed at any call and started again: no event is skipped, none is doubled.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::collections::BTreeMap;

use channeltalk_poll::{Ended, Feed, Report, Scope, State};
use common::{Fake, Paging};
use futures_util::FutureExt;
use tributary_pipeline::Deadline;
use tributary_pipeline::memory::Mishap;

const MISHAPS: [Mishap; 4] = [Mishap::DieBefore, Mishap::DieAfter, Mishap::FailBefore, Mishap::FailAfter];
const FAR: Deadline = Deadline { at_ms: i64::MAX };
const HOUR: i64 = 3_600_000;

fn scope() -> Scope {
    Scope { users: vec!["u-1".into()], campaigns: vec!["7".into()], one_time_messages: vec![], follow: true }
}

/// History of three pages and more, with one time across a page's border, and users whose events are followed.
fn history(fake: &Fake) {
    let now = fake.world.now();
    for n in 0..7 {
        let at = now - HOUR + if (2..5).contains(&n) { 2 } else { n };
        fake.event("u-1", &format!("u-1-{n}"), at, at);
    }
    for (n, user) in ["u-2", "u-3", "u-4"].iter().enumerate() {
        let at = now - HOUR + n as i64;
        fake.campaign_user(&Feed::Campaign("7".into(), State::View), user, at);
        fake.event(user, &format!("{user}-view"), at, at);
    }
}

/// What happens between two runs: young events, one of them listed before others that were read already.
fn news(fake: &Fake) {
    let now = fake.world.now();
    for n in 0..4 {
        fake.event("u-1", &format!("u-1-young-{n}"), now + n, now + n);
    }
    fake.event("u-1", "u-1-late", now - 1, now + 60_000);
    fake.event("u-2", "u-2-click", now, now);
    fake.campaign_user(&Feed::Campaign("7".into(), State::Click), "u-2", now);
}

fn run(fake: &Fake) -> Option<Report> {
    fake.poller(scope()).run(FAR).now_or_never()
}

/// The sweeper and the clock between two runs of the schedule.
fn pause(fake: &Fake) {
    for ms in [45_000, 45_000, 210_000] {
        fake.world.pass_ms(ms);
        let _ = fake.world.pipeline().sweep(FAR).now_or_never();
    }
}

fn story(fake: &Fake) {
    history(fake);
    run(fake);
    pause(fake);
    news(fake);
    for _ in 0..4 {
        run(fake);
        pause(fake);
    }
}

fn check(fake: &Fake, what: &dyn std::fmt::Debug) {
    assert_eq!(fake.world.open_chunks(), 0, "{what:?}: chunks left");
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for copy in fake.world.queue().into_iter().filter(|copy| copy.delivered) {
        let event: serde_json::Value = serde_json::from_str(&copy.body).unwrap();
        *copies.entry(event["data"]["vendor"]["event"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for id in fake.ids() {
        assert_eq!(copies.remove(&id), Some(1), "{what:?}: copies of {id}");
    }
    assert!(copies.is_empty(), "{what:?}: events of nobody");
}

#[test]
fn every_way_of_paging_gives_every_event_once() {
    for paging in [Paging::Token, Paging::TokenAlways, Paging::Time] {
        let fake = Fake::new(paging);
        story(&fake);
        check(&fake, &paging);
        assert_eq!(run(&fake).unwrap().ended, Ended::Complete);
    }
}

#[test]
fn one_mishap_at_any_call_of_the_poller_skips_and_doubles_nothing() {
    for paging in [Paging::Token, Paging::TokenAlways] {
        let whole = Fake::new(paging);
        story(&whole);
        for at in 0..whole.calls() {
            for mishap in MISHAPS {
                let fake = Fake::new(paging);
                fake.plan(BTreeMap::from([(at, mishap)]));
                story(&fake);
                check(&fake, &(paging, at, mishap));
            }
        }
    }
}

#[test]
fn one_mishap_at_any_call_of_the_pipeline_skips_and_doubles_nothing() {
    let whole = Fake::new(Paging::Token);
    whole.world.plan(BTreeMap::new());
    history(&whole);
    run(&whole);
    for at in 0..whole.world.calls() {
        for mishap in MISHAPS.into_iter().chain([Mishap::FailHalf]) {
            let fake = Fake::new(Paging::Token);
            fake.world.plan(BTreeMap::from([(at, mishap)]));
            story(&fake);
            check(&fake, &(at, mishap));
        }
    }
}

#[test]
fn two_mishaps_at_calls_of_the_poller_skip_and_double_nothing() {
    let whole = Fake::new(Paging::Token);
    story(&whole);
    for first in (0..whole.calls()).step_by(3) {
        // Every mishap meets every other, at distances that sweep over the calls of the next run.
        for (n, other) in MISHAPS.into_iter().enumerate() {
            for one in MISHAPS {
                let second = first + 1 + (first * 7 + n * 5) % 40;
                let fake = Fake::new(Paging::Token);
                fake.plan(BTreeMap::from([(first, one), (second, other)]));
                story(&fake);
                check(&fake, &(first, one, second, other));
            }
        }
    }
}

#[test]
fn a_cursor_never_passes_what_is_not_durable() {
    let fake = Fake::new(Paging::Token);
    history(&fake);
    // Journal and spill queue refuse everything.
    fake.world.plan((0..10_000).map(|at| (at, Mishap::FailBefore)).collect());
    assert_eq!(run(&fake).unwrap().ended, Ended::NotDurable);
    assert_eq!(fake.cursor("user/u-1").revision, 0);
    assert_eq!(fake.cursor("campaign/7/view").revision, 0);
    fake.world.plan(BTreeMap::new());
    story_after_outage(&fake);
}

fn story_after_outage(fake: &Fake) {
    run(fake);
    pause(fake);
    check(fake, &"after the outage");
}
