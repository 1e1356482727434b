//! Events a second on one core, and against two measures taken in the same run, for the machine's speed differs:
//! copying the body, and parsing it into `serde_json::Value` and writing that out again.
//!
//! `cargo bench -p tributary-normalize`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use tributary_events::{Context, Timestamp};
use tributary_normalize::{Request, Settings, find, normalize};

const BATCH: usize = 250;
const EACH: Duration = Duration::from_secs(2);

/// A delivery report of 700 bytes or so, as vendors send them.
fn report(n: usize) -> String {
    format!(
        r#"{{"bulkId":"bulk-2026-11-21","messageId":"0a1b2c3d-{n:06}","to":"385910000001","sender":"EXAMPLE","sentAt":"2026-11-21T09:30:00.000+0000","doneAt":"2026-11-21T09:30:02.250+0000","messageCount":1,"mccMnc":"21901","callbackData":"order-17","price":{{"pricePerMessage":0.02,"currency":"EUR"}},"status":{{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET","description":"Message delivered to handset"}},"error":{{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR","description":"No Error","permanent":false}},"platform":{{"entityId":"eu","applicationId":"shop"}}}}"#
    )
}

/// Runs of `work` in the time, as events a second.
fn rate(mut work: impl FnMut()) -> f64 {
    work();
    let begun = Instant::now();
    let mut runs = 0_u32;
    while begun.elapsed() < EACH {
        work();
        runs += 1;
    }
    f64::from(runs) * BATCH as f64 / begun.elapsed().as_secs_f64()
}

fn main() {
    let reports: Vec<String> = (0..BATCH).map(report).collect();
    let body = format!(r#"{{"results":[{}]}}"#, reports.join(","));
    let segments = ["sms".to_owned(), "DELIVERY".to_owned()];
    let settings = Settings::default();
    let received = Timestamp::parse("2026-11-21T09:30:03Z").unwrap();
    let source = find("infobip").unwrap();

    let copy = rate(|| drop(black_box(black_box(&body).clone())));
    let value = rate(|| {
        let value: serde_json::Value = serde_json::from_str(black_box(&body)).unwrap();
        drop(black_box(value.to_string()));
    });
    let events = rate(|| {
        let request = Request {
            segments: &segments,
            content_type: "application/json",
            body: black_box(body.as_bytes()),
            context: Context { received, traceparent: None },
            settings: &settings,
        };
        let normalized = normalize(source, &request, false).unwrap();
        assert_eq!(normalized.events.len(), BATCH);
        drop(black_box(normalized));
    });
    println!("body                     {:>10} bytes an event", body.len() / BATCH);
    println!("normalize                {events:>10.0} events/s");
    println!("parse to Value and back  {value:>10.0} events/s, {:.2} times normalize", value / events);
    println!("copy                     {copy:>10.0} events/s");
}
