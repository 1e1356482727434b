//! Every metric the code emits, by what emits it and under which outcome, as it came out of the code when it ran.
//! `functions/metrics.tsv` lists them, and `.ci/check_template.py` holds alarms and dashboard to that list.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use bytes::Bytes;
use common::{Bench, Proof, SECRET, events};
use http::{Method, Request};
use serde_json::Value;
use tributary_gateway::{Call, Gateway, Incoming, Outcome, Provider, Rules, request_metrics, sweep_metrics};
use tributary_normalize::{INFOBIP, Settings};
use tributary_pipeline::memory::{Mishap, World};
use tributary_pipeline::{Deadline, SweepReport};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions/metrics.tsv");

/// Adds the metrics of a line to the list.
fn add(list: &mut BTreeSet<String>, emitter: &str, line: &str) {
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["level"], "INFO", "{line}");
    assert!(line["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{line}");
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Namespace"], "Tributary");
    assert_eq!(directive["Dimensions"][0].as_array().unwrap(), &["Source", "Outcome"]);
    for metric in directive["Metrics"].as_array().unwrap() {
        let name = metric["Name"].as_str().unwrap();
        assert!(line[name].is_i64(), "{name} has no value: {line}");
        list.insert(format!("{emitter}\t{}\t{name}", line["Outcome"].as_str().unwrap()));
    }
}

fn gateway(world: &World, provider: Provider) -> Gateway {
    Gateway::new(INFOBIP, Settings::default(), provider, world.pipeline())
}

fn request(method: Method, uri: &str, body: &[u8]) -> Incoming {
    let mut request = Proof::Header.request("infobip", SECRET, body, 0);
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    request.into()
}

fn handle(gateway: &Gateway, request: Incoming, at_ms: i64) -> tributary_gateway::Summary {
    let call = Call { deadline: Deadline { at_ms }, request_id: "test".to_owned() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(gateway.handle(request, &call)).1
}

#[test]
fn alarms_and_dashboard_are_held_to_what_the_code_emits() {
    let mut list = BTreeSet::new();
    let world = World::new();
    let later = world.now() + 30_000;
    let rules = r#"{"rules":[{"type":"header","name":"x-secret","value":"s3cret-7d1f"}],
        "handshake":{"type":"hub","verify_token":"t"}}"#;
    let open = gateway(&world, Provider::fixed(Rules::parse(rules).unwrap()));
    let closed = gateway(&world, Provider::missing());
    let report = events("infobip");
    let post = |body: &[u8]| request(Method::POST, "/infobip", body);
    let mut destroyed = request(Method::POST, "/infobip", "\u{FFFD}".as_bytes());
    destroyed.headers.insert("content-encoding", "gzip".parse().unwrap());
    destroyed.was_text = true;
    let handshake = "/infobip?hub.mode=subscribe&hub.verify_token=t&hub.challenge=1";
    let cases = [
        (&open, post(report), later, Outcome::Accepted),
        (&open, Request::post("/infobip").body(Bytes::new()).unwrap().into(), later, Outcome::Denied),
        (&closed, post(report), later, Outcome::NoSecret),
        (&open, post(&vec![b' '; (6 << 20) + 1]), later, Outcome::TooLarge),
        (&open, destroyed, later, Outcome::Destroyed),
        (&open, request(Method::PUT, "/infobip", b""), later, Outcome::Method),
        (&open, request(Method::GET, handshake, b""), later, Outcome::Handshake),
        (&open, post(report), 0, Outcome::NotDurable),
    ];
    for (gateway, request, deadline, outcome) in cases {
        let summary = handle(gateway, request, deadline);
        assert_eq!(summary.outcome, outcome);
        add(&mut list, "request", &request_metrics(&summary, 1));
    }
    // A sweep of nothing, and one whose first call fails.
    for mishap in [None, Some(Mishap::FailBefore)] {
        let world = World::new();
        world.plan(mishap.into_iter().map(|mishap| (0, mishap)).collect());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sweep: SweepReport = runtime.block_on(world.pipeline().sweep(Deadline { at_ms: world.now() + 30_000 }));
        assert_eq!(sweep.faults > 0, mishap.is_some());
        add(&mut list, "sweeper", &sweep_metrics(&sweep, 1));
    }
    let text = format!("emitter\toutcome\tmetric\n{}\n", list.into_iter().collect::<Vec<_>>().join("\n"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(LIST, text).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(LIST).unwrap_or_default();
    assert_eq!(
        kept, text,
        "functions/metrics.tsv is stale: UPDATE_DOCS=1 cargo test -p tributary-gateway --test metrics"
    );
}

#[test]
fn a_refused_request_costs_two_metrics_and_an_accepted_one_all() {
    let bench = Bench::new(INFOBIP, Proof::Header);
    let metrics = |request: Request<Bytes>| {
        let line: Value = serde_json::from_str(&request_metrics(&bench.send(request).1, 1)).unwrap();
        line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len()
    };
    assert_eq!(metrics(Request::post("/infobip").body(Bytes::new()).unwrap()), 2);
    assert_eq!(metrics(Proof::Header.request("infobip", SECRET, events("infobip"), 0)), 10);
}

#[test]
fn a_segment_that_no_list_knows_is_counted_and_costs_no_event() {
    let world = World::new();
    let rules = r#"{"rules":[{"type":"header","name":"x-secret","value":"s3cret-7d1f"}]}"#;
    let open = gateway(&world, Provider::fixed(Rules::parse(rules).unwrap()));
    let told = |uri| {
        let summary = handle(&open, request(Method::POST, uri, events("infobip")), world.now() + 30_000);
        assert_eq!(summary.outcome, Outcome::Accepted, "{uri}");
        let line: Value = serde_json::from_str(&request_metrics(&summary, 7)).unwrap();
        (summary.accepted.received, summary.unknown_segments, line["UnknownSegments"].as_i64())
    };
    let (received, none, no_metric) = told("/infobip/sms/DELIVERY");
    assert_eq!((none, no_metric), (0, None));
    assert_eq!(told("/infobip/smss/DELIVERRY"), (received, 2, Some(2)));
}
