//! SIGKILL at random moments under load; then the sweeper alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tributary_events::Event;
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_tests::lambda::{Built, Failed};
use tributary_tests::reports;

use crate::load::authentic;

const KILLS: usize = 200;
const VENDORS: usize = 6;
/// Of these kills, so many hit the sweeper in the middle of its run.
const SWEEPER_KILLS: usize = 3;

fn below(limit: u64) -> u64 {
    u64::try_from(SystemClock.random() % u128::from(limit)).unwrap()
}

#[derive(Default)]
struct Told {
    /// Every event that was ever in a request.
    sent: BTreeSet<String>,
    /// Those in a request that was answered 200.
    acknowledged: BTreeSet<String>,
    answers: BTreeMap<u16, usize>,
}

/// A vendor that sends batches and, like the least careful of them, repeats only some of what was not answered 200.
async fn vendor(built: &Built, number: usize, told: &Mutex<Told>, stop: &AtomicBool) {
    for batch in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let prefix = format!("kill-{number}-{batch}");
        let count = usize::try_from(1 + below(30)).unwrap();
        let body = reports(&prefix, 0..count);
        let subjects: Vec<String> = (0..count).map(|n| format!("message/{prefix}-{n}")).collect();
        told.lock().unwrap().sent.extend(subjects.iter().cloned());
        let repeats = if below(5) == 0 { 3 } else { 1 };
        for _ in 0..repeats {
            let answer = built.front.send(authentic(&built.front.url, &body)).await;
            let status = answer.map_or(0, |answer| answer.status.as_u16());
            let mut told = told.lock().unwrap();
            *told.answers.entry(status).or_default() += 1;
            if status == StatusCode::OK {
                told.acknowledged.extend(subjects.iter().cloned());
            }
        }
    }
}

/// Kills sandboxes at random moments, most of them in the middle of an invocation.
async fn killer(built: &Built, stop: &AtomicBool) -> usize {
    let function = &built.functions["infobip"];
    let mut in_the_middle = 0;
    let mut kills = 0;
    while kills < KILLS - SWEEPER_KILLS {
        tokio::time::sleep(Duration::from_micros(below(120_000))).await;
        let busy = function.busy();
        let alive = if busy.is_empty() { function.sandboxes() } else { busy.clone() };
        let Some(victim) = alive.get(usize::try_from(below(16)).unwrap() % alive.len().max(1)) else { continue };
        victim.kill();
        victim.exit().await;
        kills += 1;
        in_the_middle += usize::from(!busy.is_empty());
    }
    stop.store(true, Ordering::Relaxed);
    in_the_middle
}

async fn sweep_with_kills(built: &Built) {
    for _ in 0..SWEEPER_KILLS {
        let kill = async {
            // Within its passes: the first sees nothing expired, later ones do.
            tokio::time::sleep(Duration::from_millis(5_000 + below(12_000))).await;
            for sandbox in built.sweeper().busy() {
                sandbox.kill();
                sandbox.exit().await;
            }
        };
        let (ended, ()) = tokio::join!(built.sweep(), kill);
        assert_eq!(ended, Err(Failed::Died));
    }
    built.sweep_until_done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_under_load_lose_nothing_and_double_nothing() {
    let built = Built::start().await;
    let (told, stop) = (Mutex::new(Told::default()), AtomicBool::new(false));
    let vendors = join_all((0..VENDORS).map(|number| vendor(&built, number, &told, &stop)));
    let (in_the_middle, _) = tokio::join!(killer(&built, &stop), vendors);
    let left = built.bench.open_chunks().await;
    sweep_with_kills(&built).await;

    let Told { sent, acknowledged, answers } = told.into_inner().unwrap();
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    let queue = &built.bench.stack.queues().events;
    for message in tributary_tests::drain(&built.bench.stack.sqs(), queue).await {
        let event = Event::parse(&message).unwrap();
        *copies.entry(event.subject.unwrap().into_owned()).or_default() += 1;
    }
    println!(
        "{KILLS} kills, {in_the_middle} in the middle of an invocation; answers {answers:?}; {} events sent, {} \
         acknowledged, {} on the queue; {left} chunks left to the sweeper",
        sent.len(),
        acknowledged.len(),
        copies.len()
    );
    let lost: Vec<_> = acknowledged.iter().filter(|subject| !copies.contains_key(*subject)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged events lost, such as {:?}",
        lost.len(),
        acknowledged.len(),
        lost[0]
    );
    let doubled: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
    assert!(copies.keys().all(|subject| sent.contains(subject)), "an event of nobody is on the queue");
    // The kills must have hit something, or this shows nothing.
    assert!(in_the_middle > KILLS / 2 && left > 0, "{in_the_middle} kills in the middle, {left} chunks left");
}
