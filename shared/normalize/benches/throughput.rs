//! Events a second on one core, and against two measures taken in the same run, for the machine's speed differs:
//! copying the body, and parsing it into `serde_json::Value` and writing that out again. Then what depth costs: a fingerprint
//! of 1 MiB at 60 levels beside one of 1 MiB flat, and the same through KARTE, which looks into envelopes.
//!
//! `cargo bench -p tributary-normalize`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tributary_events::{Context, Timestamp};
use tributary_normalize::canonical::{Volatile, fingerprint};
use tributary_normalize::{Request, Settings, find, normalize};

const BATCH: usize = 250;
const EACH: Duration = Duration::from_secs(2);
const MIB: usize = 1 << 20;
const LEVELS: usize = 60;

/// A delivery report of 700 bytes or so, as vendors send them.
fn report(n: usize) -> String {
    format!(
        r#"{{"bulkId":"bulk-2026-11-21","messageId":"0a1b2c3d-{n:06}","to":"385910000001","sender":"EXAMPLE","sentAt":"2026-11-21T09:30:00.000+0000","doneAt":"2026-11-21T09:30:02.250+0000","messageCount":1,"mccMnc":"21901","callbackData":"order-17","price":{{"pricePerMessage":0.02,"currency":"EUR"}},"status":{{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"}},"error":{{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR","description":"No Error","permanent":false}},"platform":{{"entityId":"eu","applicationId":"shop"}}}}"#
    )
}

/// Runs of `work` in a second.
fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let begun = Instant::now();
    let mut runs = 0_u32;
    while begun.elapsed() < EACH {
        work();
        runs += 1;
    }
    f64::from(runs) / begun.elapsed().as_secs_f64()
}

/// Fields until there is a mebibyte of them, within that many objects.
fn nested(levels: usize, name: &str) -> String {
    let mut fields: Vec<String> =
        (0..MIB / 30).map(|n| format!(r#""field-{:06}":"value {n:06}""#, n * 7919 % 1_000_003)).collect();
    let each = fields.len() / levels;
    let mut body = String::new();
    for level in 0..levels {
        let own = fields.split_off(fields.len() - if level + 1 == levels { fields.len() } else { each }).join(",");
        body = if body.is_empty() { format!("{{{own}}}") } else { format!(r#"{{"{name}":{body},{own}}}"#) };
    }
    body
}

fn request<'a>(segments: &'a [String], body: &'a str, settings: &'a Settings) -> Request<'a> {
    let received = Timestamp::parse("2026-11-21T09:30:03Z").unwrap();
    Request {
        segments,
        content_type: "application/json",
        body: body.as_bytes(),
        context: Context { received, traceparent: None },
        settings,
    }
}

fn main() {
    let reports: Vec<String> = (0..BATCH).map(report).collect();
    let body = format!(r#"{{"results":[{}]}}"#, reports.join(","));
    let segments = ["sms".to_owned(), "DELIVERY".to_owned()];
    let settings = Settings::default();
    let source = find("infobip").unwrap();

    let copy = rate(|| drop(black_box(black_box(&body).clone())));
    let value = rate(|| {
        let value: serde_json::Value = serde_json::from_str(black_box(&body)).unwrap();
        drop(black_box(value.to_string()));
    });
    let events = rate(|| {
        let normalized = normalize(source, &request(&segments, black_box(&body), &settings), false).unwrap();
        assert_eq!(normalized.events.len(), BATCH);
        drop(black_box(normalized));
    });
    let per_event = |runs: f64| runs * BATCH as f64;
    println!("body                     {:>10} bytes an event", body.len() / BATCH);
    println!("normalize                {:>10.0} events/s", per_event(events));
    println!("parse to Value and back  {:>10.0} events/s, {:.2} times normalize", per_event(value), value / events);
    println!("copy                     {:>10.0} events/s", per_event(copy));

    let (flat, deep) = (nested(1, "inner"), nested(LEVELS, "inner"));
    let volatile = Volatile::none();
    let print = |json: &str| rate(|| drop(black_box(fingerprint(black_box(json), &volatile))));
    let (flat, deep) = (print(&flat), print(&deep));
    println!(
        "fingerprint, 1 MiB       {:>10.1} ms flat, {:.1} ms at {LEVELS} levels: {:.2} times",
        1e3 / flat,
        1e3 / deep,
        flat / deep
    );
    let karte = find("karte").unwrap();
    let through = |body: &str| {
        rate(|| drop(black_box(normalize(karte, &request(&[], black_box(body), &settings), false).unwrap())))
    };
    let (flat, deep) = (through(&nested(1, "data")), through(&nested(LEVELS, "data")));
    println!(
        "KARTE, 1 MiB             {:>10.1} ms flat, {:.1} ms at {LEVELS} levels: {:.2} times",
        1e3 / flat,
        1e3 / deep,
        flat / deep
    );
}
