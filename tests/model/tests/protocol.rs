//! Our protocol holds; each twin that lacks one thing fails, in the way it should.

use tributary_model::cases::{self, Case, Twins};
use tributary_model::search::search;

fn check(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        let found = search(&case, 1);
        let failures: Vec<_> = found.failures.iter().map(|(name, way)| (name, way.len())).collect();
        assert!(
            found.is(case.expect),
            "{}: {:?} expected; {} states, failures {failures:?}, never reached {:?}",
            case.name,
            case.expect,
            found.states,
            found.unreached
        );
    }
}

fn check_twins(twins: impl IntoIterator<Item = Twins>) {
    check(twins.into_iter().flat_map(|twins| [twins.without, twins.ours]));
}

#[test]
fn ours_holds() {
    check(cases::small());
}

#[test]
fn each_twin_fails_and_ours_holds_beside_it() {
    check_twins(cases::twins());
}

#[test]
fn the_window_is_tight() {
    check_twins(cases::windows());
}

#[test]
fn the_window_for_two_ticks_of_lease() {
    let named = |name: &str| {
        let window = cases::windows().into_iter().flat_map(|twins| [twins.without, twins.ours]);
        let case = window.into_iter().find(|case| case.name == name);
        case.map(|case| (case.config.times.window, search(&case, 1).failures.is_empty()))
    };
    // W > k(L + D) + T = 3k + 1
    assert_eq!(named("L2 D1 T1 S0, 1 event(s), 1 faults, 0 partial, W4"), Some((4, false)));
    assert_eq!(named("L2 D1 T1 S0, 1 event(s), 1 faults, 0 partial, W5"), Some((5, true)));
    assert_eq!(named("L2 D1 T1 S0, 1 event(s), 2 faults, 0 partial, W7"), Some((7, false)));
    assert_eq!(named("L2 D1 T1 S0, 1 event(s), 2 faults, 0 partial, W8"), Some((8, true)));
}

#[test]
fn a_call_lands_within_a_lease_or_doubles() {
    check_twins([cases::flight()]);
}

#[test]
fn the_spill_queue_asks_for_its_own_window() {
    check_twins([cases::spill_window()]);
}

#[test]
fn an_epoch_set_back_lets_a_late_sweeper_in_and_a_unique_one_does_not() {
    check_twins([cases::epoch_set_back()]);
}
