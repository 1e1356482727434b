//! The configurations searched, and what is expected of each.

use crate::config::{Config, Delivery, Epoch, Protocol, TIMES, Times};
use crate::properties::{KEPT, ONE, OWNER, QUEUED, SENDS};

/// What a search must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Every property holds in every state, and every end is reached.
    Holds,
    /// This property fails.
    Fails(&'static str),
}

/// One search and what is expected of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its name, unique.
    pub name: String,
    /// What is searched.
    pub config: Config,
    /// What must come out.
    pub expect: Expect,
}

fn holds(name: &str, config: Config) -> Case {
    Case { name: name.to_owned(), config, expect: Expect::Holds }
}

fn fails(name: &str, config: Config, property: &'static str) -> Case {
    Case { name: name.to_owned(), config, expect: Expect::Fails(property) }
}

/// One request of one event, of two and of three.
const ONE_EVENT: [Delivery; 1] = [Delivery::of(0b1)];
const TWO_EVENTS: [Delivery; 1] = [Delivery::of(0b11)];
const THREE_EVENTS: [Delivery; 1] = [Delivery::of(0b111)];
/// Two requests, in flight together if they like, that share one of their two events.
const SHARING: [Delivery; 2] = [Delivery::of(0b011), Delivery::of(0b110)];
/// A request and its copy, in flight together if they like.
const DOUBLED: [Delivery; 2] = [Delivery::of(0b11), Delivery::of(0b11)];
/// A request, and the vendor's retry if no 200 came.
const RETRIED: [Delivery; 2] = [Delivery::of(0b11), Delivery::retry(0b11, 0)];
/// Two requests of two events each, of which one shares its id with one of the other by mistake.
const COLLIDING: [Delivery; 2] = [Delivery::of(0b011), Delivery::of(0b110).saying(0b010)];
/// A request, its retry, and another that shares an event with both.
const MIXED: [Delivery; 3] = [Delivery::of(0b011), Delivery::retry(0b011, 0), Delivery::of(0b110)];

/// The smallest window that the rule W > k(L + D + S) + T allows.
#[must_use]
pub fn smallest_window(times: &Times, faults: u8) -> u8 {
    let cycle = times.lease.cast_unsigned() + times.sweep + times.skew.cast_unsigned();
    faults * cycle + times.run + 1
}

/// With the smallest window that should do, for so many faults and partial failures.
fn with(deliveries: &[Delivery], faults: u8, partials: u8, times: Times) -> Config {
    let times = Times { window: smallest_window(&times, faults + partials), ..times };
    Config { faults, partials, times, ..Config::new(deliveries) }
}

/// Our protocol, searched in seconds.
#[must_use]
pub fn small() -> Vec<Case> {
    let skewed = Times { skew: 1, ..TIMES };
    let late = Times { flight: 2, ..TIMES };
    let two_sweepers = |config| Config { sweepers: 2, ..config };
    let spill = |config| Config { spill: true, ..config };
    vec![
        holds("one chunk, two events", two_sweepers(with(&TWO_EVENTS, 2, 1, TIMES))),
        holds("one chunk, three events", with(&THREE_EVENTS, 1, 2, TIMES)),
        holds("one chunk, calls late by the lease", two_sweepers(with(&TWO_EVENTS, 2, 0, late))),
        holds("two chunks share an event", with(&SHARING, 1, 1, TIMES)),
        holds("request doubled in flight", with(&DOUBLED, 1, 1, TIMES)),
        holds("vendor retries", with(&RETRIED, 2, 0, TIMES)),
        holds("clock skew", with(&SHARING, 1, 0, skewed)),
        holds("spill queue", spill(with(&SHARING, 1, 0, TIMES))),
        holds("spill queue, one chunk", spill(with(&TWO_EVENTS, 2, 1, TIMES))),
        holds("two events of one id", with(&COLLIDING, 1, 1, TIMES)),
        holds("set aside and put back", buried(1, two_sweepers(of(1, &TWO_EVENTS)))),
        holds("set aside and put back twice", buried(2, of(2, &ONE_EVENT))),
        holds("set aside, of two that share an event", buried(1, of(1, &SHARING))),
    ]
}

/// So many faults, and a standard queue: a chunk is set aside long after the window.
fn of(faults: u8, deliveries: &[Delivery]) -> Config {
    Config { faults, ..Config::new(deliveries) }
}

fn buried(burials: u8, config: Config) -> Config {
    Config { burials, ..config }
}

/// Our protocol, searched in minutes.
#[must_use]
pub fn large() -> Vec<Case> {
    let skewed = Times { skew: 1, ..TIMES };
    let late = Times { flight: 2, ..TIMES };
    let two_sweepers = |config| Config { sweepers: 2, ..config };
    let spill = |config| Config { spill: true, ..config };
    vec![
        holds("one chunk, 2 faults, 2 partial", two_sweepers(with(&TWO_EVENTS, 2, 2, TIMES))),
        holds("one chunk, three events", two_sweepers(with(&THREE_EVENTS, 2, 1, TIMES))),
        holds("spill queue, three events", spill(two_sweepers(with(&THREE_EVENTS, 1, 2, TIMES)))),
        holds("request doubled, calls late by the lease", with(&DOUBLED, 2, 0, late)),
        holds("vendor retries, 3 faults", with(&RETRIED, 3, 0, TIMES)),
        holds("retry and a sharing request", with(&MIXED, 1, 0, TIMES)),
        holds("spill queue, two chunks", spill(with(&SHARING, 2, 0, TIMES))),
        holds("two chunks share an event, 1 partial", two_sweepers(with(&SHARING, 1, 1, TIMES))),
        holds("two chunks share an event, 2 faults", two_sweepers(with(&SHARING, 2, 0, TIMES))),
        holds("two chunks share an event, 2 faults, 1 partial", with(&SHARING, 2, 1, TIMES)),
        holds("two events of one id, 2 faults, 1 partial", with(&COLLIDING, 2, 1, TIMES)),
        holds("set aside twice, 2 faults", buried(2, two_sweepers(of(2, &TWO_EVENTS)))),
        holds("set aside, of two that share an event, 2 faults", buried(1, of(2, &SHARING))),
        holds("two chunks share an event, clock skew", two_sweepers(with(&SHARING, 1, 1, skewed))),
    ]
}

/// A protocol that lacks one thing, or breaks one rule, and the same with it.
#[derive(Debug, Clone)]
pub struct Twins {
    /// Must fail.
    pub without: Case,
    /// Must hold.
    pub ours: Case,
}

/// Orders and settings that must fail, each beside its twin that holds.
#[must_use]
pub fn twins() -> Vec<Twins> {
    let without = |name: &str, protocol, property, ours: Config| {
        let sweepers =
            if protocol == Protocol::PutThenSend || protocol == Protocol::SendThenPut { 0 } else { ours.sweepers };
        let config = Config { protocol, sweepers, ..ours.clone() };
        Twins { without: fails(name, config, property), ours: holds(name, ours) }
    };
    let faults = |faults, deliveries: &[Delivery]| Config { faults, ..Config::new(deliveries) };
    let fence = Config { sweepers: 2, partials: 2, ..faults(0, &TWO_EVENTS) };
    let fence_on_fifo = Config { times: Times { window: smallest_window(&TIMES, 2), ..TIMES }, ..fence.clone() };
    let times = |name: &str, property, ours: Times, broken: Times| Twins {
        without: fails(name, Config { times: broken, ..faults(0, &TWO_EVENTS) }, property),
        ours: holds(name, Config { times: ours, ..faults(0, &TWO_EVENTS) }),
    };
    vec![
        without("put then send", Protocol::PutThenSend, QUEUED, faults(1, &RETRIED)),
        without("send then put", Protocol::SendThenPut, SENDS, faults(0, &DOUBLED)),
        without("no epoch fence", Protocol::NoFence, SENDS, fence_on_fifo),
        without("own claims taken for foreign", Protocol::NoOwnerCheck, QUEUED, faults(1, &TWO_EVENTS)),
        without("delete before send", Protocol::DeleteBeforeSend, QUEUED, faults(1, &TWO_EVENTS)),
        without("claims overwritten", Protocol::ClaimsOverwritten, OWNER, faults(0, &SHARING)),
        without("conflict dropped", Protocol::ConflictDropped, KEPT, faults(0, &COLLIDING)),
        without("conflict forgotten", Protocol::ConflictForgotten, KEPT, faults(0, &COLLIDING)),
        without("bury without a fence", Protocol::BuryUnfenced, KEPT, buried(1, faults(1, &TWO_EVENTS))),
        Twins {
            without: fails("no sweeper", Config { sweepers: 0, ..faults(1, &TWO_EVENTS) }, QUEUED),
            ours: holds("no sweeper", faults(1, &TWO_EVENTS)),
        },
        times("T > L", SENDS, Times { run: 2, ..TIMES }, Times { run: 3, ..TIMES }),
        times("T + S > L", SENDS, Times { lease: 3, run: 2, skew: 1, ..TIMES }, Times { run: 2, skew: 1, ..TIMES }),
    ]
}

/// A chunk both in the journal and in the spill queue would get its old epochs again if each were one more than the last.
#[must_use]
pub fn epoch_set_back() -> Twins {
    let name = "epoch set back by a second put";
    let config = Config { sweepers: 2, spill: true, faults: 1, partials: 2, ..Config::new(&TWO_EVENTS) };
    let counted = Config { epoch: Epoch::Next, ..config.clone() };
    Twins { without: fails(name, counted, SENDS), ours: holds(name, config) }
}

/// The window at its smallest, and one tick less, for one chunk of one event and of two.
#[must_use]
pub fn windows() -> Vec<Twins> {
    let l2d1t1 = TIMES;
    let others = [
        Times { lease: 3, ..TIMES },
        Times { sweep: 2, run: 2, ..TIMES },
        Times { skew: 1, ..TIMES },
        Times { lease: 4, run: 2, skew: 2, ..TIMES },
    ];
    let mut twins = Vec::new();
    let mut add = |deliveries: &[Delivery], times: Times, faults, partials| {
        let enough = with(deliveries, faults, partials, times);
        let window = enough.times.window;
        let short = Config { times: Times { window: window - 1, ..enough.times }, ..enough.clone() };
        let Times { lease, sweep, run, skew, .. } = times;
        let events = crate::properties::events(&enough);
        let name =
            format!("L{lease} D{sweep} T{run} S{skew}, {events} event(s), {faults} faults, {partials} partial, W");
        twins.push(Twins {
            without: fails(&format!("{name}{}", window - 1), short, ONE),
            ours: holds(&format!("{name}{window}"), enough),
        });
    };
    for deliveries in [&ONE_EVENT, &TWO_EVENTS] {
        for faults in 1..=3 {
            add(deliveries, l2d1t1, faults, 0);
        }
        add(deliveries, l2d1t1, 1, 1);
        for times in others {
            add(deliveries, times, 1, 0);
            add(deliveries, times, 2, 0);
        }
    }
    twins
}

/// A call may stay in flight for a lease, not longer: a put that comes later brings back a chunk too late.
#[must_use]
pub fn flight() -> Twins {
    let with_flight = |flight| with(&TWO_EVENTS, 1, 0, Times { flight, ..TIMES });
    Twins { without: fails("F 3 > L", with_flight(3), ONE), ours: holds("F 2 = L", with_flight(2)) }
}

/// With the spill queue and two faults, W > V + 2D + 2T is asked too.
#[must_use]
pub fn spill_window() -> Twins {
    let config = |window| Config {
        spill: true,
        faults: 2,
        times: Times { hidden: 5, window, ..TIMES },
        ..Config::new(&ONE_EVENT)
    };
    Twins { without: fails("V 5, W 9", config(9), ONE), ours: holds("V 5, W 10", config(10)) }
}

/// Every case there is.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut twins = twins();
    twins.extend([epoch_set_back(), flight(), spill_window()]);
    twins.extend(windows());
    let both = twins.into_iter().flat_map(|twins| [twins.without, twins.ours]);
    small().into_iter().chain(large()).chain(both).collect()
}
