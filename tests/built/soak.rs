//! The local gateway under mixed load for a long time: counts exact, memory flat.
//!
//! ```text
//! cargo build && cargo run -p tributary-tests --features built --bin soak -- 30
//! ```
//!
//! The argument is minutes. All sources, 5 % repeated requests, 1 % broken bodies; in the first third the gateway is
//! killed and stopped several times on one data directory, then it runs on. Every id that a request answered 200 named
//! must come off the queue exactly once, and every broken body that was answered 200 must be in quarantine.
//! Ends with 1 if a count is off, or the memory of the last quarter is a tenth above that of the quarter before.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use tokio::sync::RwLock;
use tributary_events::Event;
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_tests::lambda::{Recorded, Sender, recorded_requests};
use tributary_tests::local::Local;

const VENDORS: usize = 4;
/// Between two requests of one vendor.
const PAUSE: Duration = Duration::from_millis(40);
const RESTARTS: u32 = 4;
/// What makes each of these requests one of a kind: the text in it that a fresh number replaces.
const KINDS: [(&str, &str); 7] = [
    ("altcraft/batch-mixed", "6745c0de010d"),
    ("carrotquest/cart-viewed", "9100000063"),
    ("channeltalk/message-user", "6aff9b955eed"),
    ("infobip/sms-delivery-batch", "sms-"),
    ("infobip/call-1-started", "c0c0c0c0-0000"),
    ("karte/hook-message-from-user", "5f0c1e2d-0001"),
    ("karte/talk-message-opened", "6a6a6a6a-0000"),
];

#[derive(Default)]
struct Tally {
    requests: usize,
    unanswered: usize,
    repeated: usize,
    acknowledged: BTreeSet<String>,
    broken_sent: usize,
    broken_acknowledged: usize,
    copies: BTreeMap<String, usize>,
    quarantined: usize,
    resident: Vec<(Duration, u64)>,
}

struct Soak {
    gateway: RwLock<Option<Local>>,
    tally: Mutex<Tally>,
    stop: AtomicBool,
    begun: Instant,
}

fn below(limit: u128) -> usize {
    usize::try_from(SystemClock.random() % limit).unwrap()
}

fn fresh(kinds: &[(Recorded, &str)]) -> Recorded {
    let (recorded, token) = &kinds[below(kinds.len() as u128)];
    // Twelve digits, the first no zero: some stand where JSON wants a number.
    let number = (10_u128.pow(11) + SystemClock.random() % (9 * 10_u128.pow(11))).to_string();
    recorded.with_body(|body| {
        let text = String::from_utf8_lossy(body).into_owned();
        assert!(text.contains(token), "{} holds no {token}", recorded.name);
        text.replace(token, &number).into_bytes()
    })
}

async fn vendor(soak: &Soak, kinds: &[(Recorded, &str)]) {
    let sender = Sender::default();
    let mut earlier: VecDeque<Recorded> = VecDeque::new();
    while !soak.stop.load(Ordering::Relaxed) {
        tokio::time::sleep(PAUSE).await;
        let chance = below(100);
        let repeated = chance < 5 && !earlier.is_empty();
        let broken = chance == 99;
        let recorded = if repeated { earlier[below(earlier.len() as u128)].clone() } else { fresh(kinds) };
        let request = |base: &str| -> Request<Bytes> {
            if broken {
                // JSON that ends in the middle: authentic by its header, readable by nobody.
                let text = r#"{"results":[{"messageId":"broken"#;
                let request = Request::post(format!("{base}/infobip/sms/DELIVERY"));
                return request.header("x-tributary-secret", "local").body(text.into()).unwrap();
            }
            let mut request = recorded.request(base);
            request.headers_mut().insert("x-tributary-secret", http::HeaderValue::from_static("local"));
            request
        };
        let url = soak.gateway.read().await.as_ref().map(|gateway| gateway.url.clone());
        let Some(url) = url else { continue };
        let answer = sender.send(request(&url)).await;
        let mut tally = soak.tally.lock().unwrap();
        tally.requests += 1;
        tally.repeated += usize::from(repeated);
        tally.broken_sent += usize::from(broken);
        match answer {
            Some(answer) if answer.status == StatusCode::OK => {
                let ids = answer.headers.get("tributary-ids").map_or("", |ids| ids.to_str().unwrap());
                tally.acknowledged.extend(ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned));
                tally.broken_acknowledged += usize::from(broken);
            }
            Some(answer) => panic!("{}: answered {}", recorded.name, answer.status),
            None => tally.unanswered += 1,
        }
        if !repeated && !broken {
            earlier.push_back(recorded);
            earlier.truncate(200);
        }
    }
}

/// Takes what is there off both queues.
async fn consume(soak: &Soak) {
    let gateway = soak.gateway.read().await;
    let Some(gateway) = gateway.as_ref() else { return };
    let (events, quarantine) = tokio::join!(gateway.events(), gateway.quarantine());
    let mut tally = soak.tally.lock().unwrap();
    for event in events {
        *tally.copies.entry(Event::parse(&event).unwrap().id.to_string()).or_default() += 1;
    }
    tally.quarantined += quarantine.len();
    let sample = (soak.begun.elapsed(), gateway.resident());
    tally.resident.push(sample);
}

async fn consumer(soak: &Soak) {
    while !soak.stop.load(Ordering::Relaxed) {
        consume(soak).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
}

/// Restarts in the first third, then a long quiet life.
async fn operator(soak: &Soak, whole: Duration, data: &str) {
    for restart in 1..=RESTARTS {
        tokio::time::sleep(whole / 3 / RESTARTS).await;
        // A kill does not ask who is speaking; the vendors meet a closed port.
        let gateway = soak.gateway.write().await.take().unwrap();
        gateway.stop(restart % 2 == 1).await;
        let started = Local::start(&["--data", data]).await;
        *soak.gateway.write().await = Some(started);
        println!("{:>6.0} s: restart {restart}", soak.begun.elapsed().as_secs_f64());
    }
    tokio::time::sleep(whole.saturating_sub(soak.begun.elapsed())).await;
    soak.stop.store(true, Ordering::Relaxed);
}

/// Mean memory between two moments, in MB.
fn mean(samples: &[(Duration, u64)], from: Duration, to: Duration) -> f64 {
    let within: Vec<f64> =
        samples.iter().filter(|(at, _)| (from..to).contains(at)).map(|(_, bytes)| *bytes as f64 / 1e6).collect();
    within.iter().sum::<f64>() / within.len() as f64
}

fn verdict(tally: &Tally, whole: Duration) -> bool {
    let lost = tally.acknowledged.iter().filter(|id| !tally.copies.contains_key(*id)).count();
    let doubled = tally.copies.values().filter(|copies| **copies > 1).count();
    println!(
        "{} requests ({} repeated, {} broken, {} unanswered); {} events acknowledged, {} on the queue; lost {lost}, \
         doubled {doubled}; {} broken bodies acknowledged, {} in quarantine",
        tally.requests,
        tally.repeated,
        tally.broken_sent,
        tally.unanswered,
        tally.acknowledged.len(),
        tally.copies.len(),
        tally.broken_acknowledged,
        tally.quarantined,
    );
    let (third, last) = (mean(&tally.resident, whole / 2, whole * 3 / 4), mean(&tally.resident, whole * 3 / 4, whole));
    let most = tally.resident.iter().map(|(_, bytes)| bytes).max().unwrap();
    println!(
        "resident memory: third quarter {third:.1} MB, last quarter {last:.1} MB, most {:.1} MB",
        *most as f64 / 1e6
    );
    let quarantine = tally.broken_acknowledged..=tally.broken_sent;
    lost == 0 && doubled == 0 && quarantine.contains(&tally.quarantined) && last < third * 1.1
}

#[tokio::main]
async fn main() -> ExitCode {
    let minutes: u64 = std::env::args().nth(1).and_then(|minutes| minutes.parse().ok()).unwrap_or(30);
    let whole = Duration::from_secs(minutes * 60);
    let recorded = recorded_requests();
    let kinds: Vec<(Recorded, &str)> = KINDS
        .iter()
        .map(|(name, token)| (recorded.iter().find(|recorded| recorded.name == *name).unwrap().clone(), *token))
        .collect();
    let data = std::env::temp_dir().join(format!("tributary-soak-{}", std::process::id()));
    let data_text = data.to_str().unwrap().to_owned();
    let soak = Arc::new(Soak {
        gateway: RwLock::new(Some(Local::start(&["--data", &data_text]).await)),
        tally: Mutex::default(),
        stop: AtomicBool::new(false),
        begun: Instant::now(),
    });
    println!("{minutes} minutes, {VENDORS} vendors");
    let vendors = join_all((0..VENDORS).map(|_| vendor(&soak, &kinds)));
    tokio::join!(vendors, consumer(&soak), operator(&soak, whole, &data_text));
    // What is left is the sweeper's: a lease and its passes.
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        consume(&soak).await;
    }
    let well = verdict(&soak.tally.lock().unwrap(), whole);
    if let Some(gateway) = soak.gateway.write().await.take() {
        gateway.stop(false).await;
    }
    std::fs::remove_dir_all(&data).unwrap();
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
