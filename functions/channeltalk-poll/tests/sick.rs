//! A list that cannot be read costs itself alone, and no failure ends as a success.

#![allow(clippy::unwrap_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use channeltalk_poll::{ApiError, Ended, Feed, Report, Scope, State};
use common::{Fake, Paging};
use futures_util::FutureExt;
use tributary_pipeline::Deadline;

const FAR: Deadline = Deadline { at_ms: i64::MAX };
const HOUR: i64 = 3_600_000;

fn users(ids: &[&str]) -> Scope {
    Scope { users: ids.iter().map(ToString::to_string).collect(), ..Scope::default() }
}

fn campaign() -> Scope {
    Scope { campaigns: vec!["7".into()], follow: true, ..users(&["behind"]) }
}

fn run(fake: &Fake, scope: Scope) -> Report {
    fake.poller(scope).run(FAR).now_or_never().unwrap()
}

fn make_sick(fake: &Fake, lists: &[&str], error: &ApiError) {
    let sick = lists.iter().map(|name| ((*name).to_owned(), error.clone())).collect();
    *fake.sick.lock().unwrap() = sick;
}

fn refusals() -> [ApiError; 3] {
    [ApiError::Unexpected("422".into()), ApiError::Denied(403), ApiError::Unavailable("500".into())]
}

#[test]
fn a_sick_list_does_not_stop_what_stands_behind_it() {
    for error in refusals() {
        let fake = Fake::new(Paging::Token);
        fake.event("behind", "e", fake.world.now() - HOUR, 0);
        make_sick(&fake, &["campaign/7/sent", "campaign/7/click"], &error);
        let report = run(&fake, campaign());
        assert_eq!((report.ended, report.failed, report.accepted.new), (Ended::Unavailable, 2, 1), "{error}");
        assert!(report.is_failure(), "{error}: and somebody hears of it");
    }
}

#[test]
fn many_refused_lists_are_no_outage() {
    for error in &refusals()[..2] {
        let fake = Fake::new(Paging::Token);
        fake.event("behind", "e", fake.world.now() - HOUR, 0);
        let all = ["campaign/7/sent", "campaign/7/view", "campaign/7/click", "campaign/7/goal"];
        make_sick(&fake, &all, error);
        let report = run(&fake, campaign());
        assert_eq!((report.failed, report.accepted.new), (4, 1), "{error}");
    }
}

#[test]
fn after_an_outage_the_next_run_begins_behind_the_list_that_failed() {
    let fake = Fake::new(Paging::Token);
    fake.event("d", "e", fake.world.now() - HOUR, 0);
    make_sick(&fake, &["user/a", "user/b", "user/c"], &ApiError::Unavailable("500".into()));
    let report = run(&fake, users(&["a", "b", "c", "d"]));
    assert_eq!((report.ended, report.failed, report.accepted.new), (Ended::Unavailable, 3, 0));
    assert_eq!(run(&fake, users(&["a", "b", "c", "d"])).accepted.new, 1);
}

#[test]
fn a_followed_user_who_cannot_be_read_does_not_hold_the_campaign() {
    for error in refusals() {
        let fake = Fake::new(Paging::Token);
        let now = fake.world.now();
        for n in 0..5 {
            let user = format!("u-{n}");
            fake.campaign_user(&Feed::Campaign("7".into(), State::Sent), &user, now - HOUR + n);
            fake.event(&user, &format!("{user}-e"), now - HOUR, 0);
        }
        fake.event("behind", "e", now - HOUR, 0);
        make_sick(&fake, &["user/u-1"], &error);
        let report = run(&fake, campaign());
        assert_eq!((report.ended, report.accepted.new), (Ended::Unavailable, 5 + 4 + 1), "{error}");
        // No answer may be an answer in the next run; a refusal of what is old stays one.
        fake.sick.lock().unwrap().clear();
        let came_back = usize::from(matches!(error, ApiError::Unavailable(_)));
        assert_eq!(run(&fake, campaign()).accepted.new, came_back, "{error}");
        assert_eq!(run(&fake, campaign()).accepted.new, 0, "{error}");
    }
}

#[test]
fn no_failure_ends_as_a_success() {
    let fake = Fake::new(Paging::Token);
    let failure = |error: ApiError, scope: Scope| {
        let names: Vec<String> = scope.feeds().iter().map(ToString::to_string).collect();
        make_sick(&fake, &names.iter().map(String::as_str).collect::<Vec<_>>(), &error);
        let report = run(&fake, scope);
        (report.ended, report.is_failure())
    };
    assert_eq!(failure(ApiError::Missing, campaign()), (Ended::Gone, true));
    assert_eq!(failure(ApiError::Denied(403), campaign()), (Ended::Denied, true));
    assert_eq!(failure(ApiError::Denied(401), users(&["a"])), (Ended::Denied, true));
    assert_eq!(failure(ApiError::Throttled { until_ms: None }, users(&["a"])), (Ended::Throttled, true));
    let report = |ended, finished| Report { ended, finished, ..Report::default() }.is_failure();
    assert!(report(Ended::Cursors, 4) && report(Ended::NotDurable, 4) && report(Ended::Throttled, 0));
    assert!(!report(Ended::Moved, 0) && !report(Ended::Deadline, 0) && !report(Ended::Throttled, 1));
}
