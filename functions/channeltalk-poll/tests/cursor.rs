//! Where the cursor stands, what a run costs, and when it ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use channeltalk_poll::{ApiError, Ended, Feed, Pace, Poller, Quota, Report, Scope, State};
use common::{Fake, Paging};
use futures_util::FutureExt;
use tributary_pipeline::Deadline;

const FAR: Deadline = Deadline { at_ms: i64::MAX };
const HOUR: i64 = 3_600_000;

fn users(ids: &[&str]) -> Scope {
    Scope { users: ids.iter().map(ToString::to_string).collect(), ..Scope::default() }
}

fn run(fake: &Fake, scope: Scope) -> Report {
    fake.poller(scope).run(FAR).now_or_never().unwrap()
}

fn delivered(fake: &Fake) -> usize {
    fake.world.queue().iter().filter(|copy| copy.delivered).count()
}

/// Four old events of one time, around the border of a page of three; a fifth of that time comes late.
fn late_at_a_border(settle_ms: i64) -> usize {
    let fake = Fake::new(Paging::Token);
    let at = fake.world.now() - 120_000;
    for id in ["b", "c", "d", "e"] {
        fake.event("u", id, at, at);
    }
    fake.event("u", "a", at, fake.world.now() + 60_000);
    let poller = |fake: &Fake| Poller {
        pace: Pace { settle_ms, ..fake.poller(users(&["u"])).pace },
        ..fake.poller(users(&["u"]))
    };
    for _ in 0..4 {
        poller(&fake).run(FAR).now_or_never().unwrap();
        fake.world.pass_ms(300_000);
    }
    delivered(&fake)
}

#[test]
fn an_event_that_appears_late_at_a_page_border_is_read() {
    assert_eq!(late_at_a_border(600_000), 5);
    assert_eq!(late_at_a_border(0), 4, "without the overlap it is lost: so the overlap is what saves it");
}

#[test]
fn the_cursor_passes_old_pages_and_stays_before_young_ones() {
    let fake = Fake::new(Paging::Token);
    let now = fake.world.now();
    for n in 0..6 {
        fake.event("u", &format!("old-{n}"), now - HOUR + n, 0);
    }
    for n in 0..4 {
        fake.event("u", &format!("young-{n}"), now - 4 + n, 0);
    }
    let report = run(&fake, users(&["u"]));
    assert_eq!((report.pages, report.accepted.new), (4, 10));
    let since = fake.cursor("user/u").since.unwrap();
    assert!(since.ends_with("old-5"), "{since}");

    fake.world.pass_ms(HOUR);
    let report = run(&fake, users(&["u"]));
    assert_eq!((report.pages, report.accepted.new, report.accepted.duplicate), (2, 0, 4), "one more look at them");
    let since = fake.cursor("user/u").since.unwrap();
    assert!(since.ends_with("young-2"), "{since}");
}

#[test]
fn a_run_without_news_accepts_and_writes_nothing() {
    for paging in [Paging::Token, Paging::TokenAlways] {
        let fake = Fake::new(paging);
        fake.event("u", "a", fake.world.now() - HOUR, 0);
        run(&fake, users(&["u"]));
        run(&fake, users(&["u"]));
        let (revision, calls) = (fake.cursor("user/u").revision, fake.world.calls());
        let report = run(&fake, users(&["u"]));
        assert_eq!((report.pages, report.unchanged, report.accepted.received), (1, 1, 0), "{paging:?}");
        assert_eq!((fake.cursor("user/u").revision, fake.world.calls()), (revision, calls), "{paging:?}");
    }
}

/// All claims of what is on the queue are gone, as 30 days after.
fn forget(fake: &Fake) {
    fake.world.pass_ms(40 * 24 * HOUR);
    fake.world.expire_claims();
}

#[test]
fn a_page_that_grows_after_the_claims_have_ended_gives_only_what_is_new() {
    let fake = Fake::new(Paging::Token);
    fake.event("u", "a", fake.world.now() - HOUR, 0);
    run(&fake, users(&["u"]));
    forget(&fake);
    fake.event("u", "b", fake.world.now(), 0);
    assert_eq!(run(&fake, users(&["u"])).accepted.new, 1);
    let ids: std::collections::HashSet<String> = fake.world.queue().into_iter().map(|copy| copy.id).collect();
    assert_eq!((ids.len(), delivered(&fake)), (2, 2));
}

#[test]
fn who_does_one_more_thing_after_the_claims_have_ended_gives_that_alone() {
    let fake = Fake::new(Paging::Token);
    let scope = || Scope { campaigns: vec!["7".into()], ..Scope::default() };
    let at = fake.world.now() - HOUR;
    for (n, user) in ["u-1", "u-2", "u-3"].iter().enumerate() {
        fake.campaign_user(&Feed::Campaign("7".into(), State::Sent), user, at + n as i64);
        fake.campaign_user(&Feed::Campaign("7".into(), State::View), user, at + 10 + n as i64);
    }
    assert_eq!(run(&fake, scope()).accepted.new, 6);
    forget(&fake);
    fake.campaign_user(&Feed::Campaign("7".into(), State::Click), "u-2", fake.world.now());
    let report = run(&fake, scope());
    assert_eq!((report.accepted.new, report.accepted.received), (1, 1), "a record is of the list that was asked for");
    assert_eq!(delivered(&fake), 7);
}

#[test]
fn an_event_from_the_future_hides_none_that_comes_after_it() {
    for paging in [Paging::Token, Paging::TokenAlways, Paging::Time] {
        let fake = Fake::new(paging);
        let now = fake.world.now();
        fake.event("u", "old", now - HOUR, 0);
        fake.event("u", "2099", now + 20 * 365 * 24 * HOUR, 0);
        fake.event("u", "soon", now + HOUR / 3, 0);
        run(&fake, users(&["u"]));
        for n in 0..4 {
            fake.world.pass_ms(300_000);
            fake.event("u", &format!("new-{n}"), fake.world.now(), 0);
            run(&fake, users(&["u"]));
        }
        assert_eq!(delivered(&fake), 7, "{paging:?}");
    }
}

#[test]
fn a_record_that_comes_of_age_while_its_page_is_fetched_is_not_new_again() {
    let fake = Fake::new(Paging::Token);
    fake.event("u", "a", fake.world.now() - 598_500, 0);
    *fake.slow_ms.lock().unwrap() = 3_000;
    for _ in 0..3 {
        run(&fake, users(&["u"]));
    }
    forget(&fake);
    fake.event("u", "b", fake.world.now(), 0);
    assert_eq!(run(&fake, users(&["u"])).accepted.new, 1);
}

#[test]
fn followed_users_are_read_when_they_did_something_and_not_again() {
    let fake = Fake::new(Paging::Token);
    let now = fake.world.now();
    let scope = || Scope { campaigns: vec!["7".into()], follow: true, ..Scope::default() };
    fake.campaign_user(&Feed::Campaign("7".into(), State::Click), "u", now - HOUR);
    fake.event("u", "click", now - HOUR, 0);
    assert_eq!(run(&fake, scope()).accepted.new, 2);
    fake.world.pass_ms(300_000);
    fake.asked.lock().unwrap().clear();
    run(&fake, scope());
    let asked = fake.asked.lock().unwrap().clone();
    assert_eq!(asked, ["campaign/7/sent", "campaign/7/view", "campaign/7/click", "campaign/7/goal"]);
    fake.campaign_user(&Feed::Campaign("7".into(), State::Goal), "u", fake.world.now());
    fake.event("u", "goal", fake.world.now(), 0);
    assert_eq!(run(&fake, scope()).accepted.new, 2);
}

#[test]
fn a_user_who_is_gone_does_not_stop_the_others() {
    let fake = Fake::new(Paging::Token);
    fake.event("b", "b-1", fake.world.now() - HOUR, 0);
    fake.errors.lock().unwrap().push(ApiError::Missing);
    let report = run(&fake, users(&["a", "b"]));
    assert_eq!((report.ended, report.finished, report.accepted.new), (Ended::Complete, 2, 1));
}

#[test]
fn too_many_requests_are_waited_for_until_the_vendor_allows_more() {
    let fake = Fake::new(Paging::Token);
    let begun = fake.world.now();
    fake.event("u", "a", begun - HOUR, 0);
    fake.errors.lock().unwrap().push(ApiError::Throttled { until_ms: Some(begun + 30_000) });
    let report = run(&fake, users(&["u"]));
    assert_eq!((report.ended, report.accepted.new), (Ended::Complete, 1));
    assert!(fake.world.now() >= begun + 30_000);
}

#[test]
fn a_wait_beyond_the_deadline_ends_the_run_and_the_next_one_goes_on() {
    let fake = Fake::new(Paging::Token);
    let now = fake.world.now();
    fake.event("a", "a-1", now - HOUR, 0);
    fake.event("b", "b-1", now - HOUR, 0);
    *fake.quota.lock().unwrap() = Some(Quota { limit: 100, remaining: 10, reset_ms: now + HOUR });
    let soon = Deadline { at_ms: now + 60_000 };
    let report = fake.poller(users(&["a", "b"])).run(soon).now_or_never().unwrap();
    assert_eq!((report.ended, report.accepted.new), (Ended::Throttled, 1));
    assert_eq!(*fake.asked.lock().unwrap(), ["user/a"], "the last tenth is left to others");

    *fake.quota.lock().unwrap() = None;
    fake.asked.lock().unwrap().clear();
    let report = run(&fake, users(&["a", "b"]));
    assert_eq!((report.ended, report.accepted.new), (Ended::Complete, 1));
    assert_eq!(*fake.asked.lock().unwrap(), ["user/b", "user/a"], "what was not reached comes first");
}

#[test]
fn failures_are_tried_again_then_left_to_the_next_run() {
    let fake = Fake::new(Paging::Token);
    fake.event("u", "a", fake.world.now() - HOUR, 0);
    let down = |times| vec![ApiError::Unavailable("503".into()); times];
    *fake.errors.lock().unwrap() = down(3);
    assert_eq!(run(&fake, users(&["u"])).ended, Ended::Complete);
    *fake.errors.lock().unwrap() = down(4);
    let report = run(&fake, users(&["u"]));
    assert_eq!((report.ended, report.failed), (Ended::Unavailable, 1));
}

#[test]
fn a_key_that_is_not_accepted_ends_the_run_at_once() {
    let fake = Fake::new(Paging::Token);
    *fake.errors.lock().unwrap() = vec![ApiError::Denied(401); 5];
    assert_eq!(run(&fake, users(&["a", "b"])).ended, Ended::Denied);
    assert_eq!(fake.asked.lock().unwrap().len(), 1);
}

#[test]
fn with_no_time_left_nothing_is_called() {
    let fake = Fake::new(Paging::Token);
    let gone = Deadline { at_ms: fake.world.now() };
    let report = fake.poller(users(&["u"])).run(gone).now_or_never().unwrap();
    assert_eq!((report.ended, fake.calls()), (Ended::Deadline, 0));
}

#[test]
fn a_second_run_beside_the_first_moves_no_cursor_back() {
    let fake = Fake::new(Paging::Token);
    fake.event("u", "a", fake.world.now() - HOUR, 0);
    let stale = fake.cursor("user/u");
    run(&fake, users(&["u"]));
    let moved = fake.cursor("user/u");
    let save = channeltalk_poll::Cursors::save(&fake, "user/u", &stale).now_or_never().unwrap();
    assert_eq!(save, Ok(tributary_pipeline::ports::Fenced::Lost));
    assert_eq!(fake.cursor("user/u"), moved);
}

/// What the real normalizer makes of the records: the types on the queue, and no reject.
#[test]
fn records_become_the_events_of_their_route() {
    let fake = Fake::new(Paging::Token);
    let at = fake.world.now() - HOUR;
    fake.event("u", "6a1b02dee0e0798334ce", at, 0);
    for state in [State::Sent, State::Click] {
        fake.campaign_user(&Feed::Campaign("7".into(), state), "u", at);
    }
    let source = tributary_normalize::find("channeltalk").unwrap();
    let scope = Scope { campaigns: vec!["7".into()], ..users(&["u"]) };
    let poller = Poller { source, ..fake.poller(scope) };
    let report = poller.run(FAR).now_or_never().unwrap();
    assert_eq!((report.accepted.new, report.accepted.quarantined, report.unrecognized), (3, 0, 0));
    let queue = fake.world.queue();
    let mut events: Vec<(String, String)> = Vec::new();
    for copy in &queue {
        let event: serde_json::Value = serde_json::from_str(&copy.body).unwrap();
        let original: serde_json::Value = event["data"]["original"].clone();
        assert!(original["userId"] == "u", "the record itself is the original: {original}");
        events
            .push((event["type"].as_str().unwrap().into(), event["data"]["vendor"]["event"].as_str().unwrap().into()));
    }
    let expected =
        [("message.sent", "campaignUser.sent"), ("message.clicked", "campaignUser.click"), ("page.viewed", "PageView")];
    assert_eq!(events, expected.map(|(kind, name)| (kind.to_owned(), name.to_owned())));
}
