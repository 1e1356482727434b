//! Events that share an id on purpose, over the wire: the second is in quarantine, and copies of one event are no conflict.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use tributary_events::{EventId, Key, Parts, Says};
use tributary_gateway::{Outcome, Summary, reopen_as_new, request_metrics};
use tributary_pipeline::{Accepted, Deadline, Message, Quarantined};
use tributary_stack::{Fault, Rule, StackOptions};
use tributary_tests::Bench;

fn id(n: usize) -> EventId {
    Key::new("infobip", None).part(Some(&n.to_string())).finish()
}

/// An event that says `state` of message `n`.
fn event(n: usize, state: &str) -> Message {
    let body = serde_json::json!({
        "specversion": "1.0", "id": id(n).to_string(), "source": "/infobip", "type": "message.delivered",
        "recordedtime": "2026-11-27T10:00:00Z", "partitionkey": "0123456789abcdef0123456789abcdef",
        "datacontenttype": "application/json", "dataschema": "urn:tributary:data:message:1",
        "data": {"rank": 30, "vendor": {"event": "DELIVERY"}, "original": {"n": n, "state": state}},
    });
    let mut parts = Parts::new();
    parts.push(Some(state));
    let says = Some(Says::of(&parts));
    Message { id: id(n), says, group: "0123456789abcdef0123456789abcdef".to_owned(), body: body.to_string() }
}

async fn accept(bench: &Bench, messages: Vec<Message>) -> Accepted {
    let deadline = Deadline { at_ms: bench.pipeline.clock.now_ms() + 30_000 };
    bench.pipeline.accept(messages, vec![], deadline).await.unwrap()
}

/// A metric of a request that was accepted so.
fn metric(accepted: Accepted, name: &str) -> i64 {
    let summary = Summary {
        source: "infobip",
        outcome: Outcome::Accepted,
        reason: "",
        accepted,
        unrecognized: 0,
        unknown_segments: 0,
        ids: vec![],
        body_bytes: 0,
        total_ms: 0,
    };
    let line: serde_json::Value = serde_json::from_str(&request_metrics(&summary, 0)).unwrap();
    line[name].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_whose_events_share_an_id_the_second_is_in_quarantine_and_nothing_is_lost() {
    let bench = Bench::start().await;
    let first = accept(&bench, vec![event(1, "open"), event(2, "open")]).await;
    assert_eq!((first.new, first.conflict), (2, 0));
    assert_eq!((metric(first, "Conflict"), metric(first, "Quarantined")), (0, 0));
    assert_eq!(bench.dynamodb.count("BatchGetItem"), 0, "a new event costs no further call");

    let second = accept(&bench, vec![event(1, "closed"), event(2, "open"), event(3, "open")]).await;
    assert_eq!((second.received, second.new, second.duplicate, second.conflict, second.left), (3, 1, 1, 1, 0));
    assert_eq!((metric(second, "Conflict"), metric(second, "Quarantined"), metric(second, "Duplicate")), (1, 1, 1));
    assert_eq!(bench.dynamodb.count("BatchGetItem"), 1, "and one that is taken none beyond that for its owner");

    assert_eq!(bench.open_chunks().await, 0);
    let ids: BTreeSet<String> = bench.events().await.into_keys().collect();
    assert_eq!(ids, (1..4).map(|n| id(n).to_string()).collect());
    let parts = bench.quarantine().await;
    assert_eq!(parts.len(), 1);
    assert_eq!((&parts[0]["reason"], &parts[0]["source"]), (&"conflict".into(), &"infobip".into()));
    assert_eq!(parts[0]["text"], event(1, "closed").body, "as it would have been sent");
    assert!(!parts[0]["detail"].as_str().unwrap().contains("closed"), "a place, and no value");

    // As an operator would: under an id of its own, twice, and it comes once.
    let part = Quarantined {
        source: "infobip".into(),
        path: String::new(),
        content_type: parts[0]["content_type"].as_str().unwrap().to_owned(),
        received: String::new(),
        reason: "conflict".into(),
        detail: String::new(),
        part: event(1, "closed").body.into_bytes(),
    };
    for expected in [(1, 0), (0, 1)] {
        let reopened = reopen_as_new(&part, |_| tributary_normalize::Settings::default());
        let accepted = accept(&bench, reopened.events).await;
        assert_eq!((accepted.new, accepted.duplicate), expected);
    }
    assert_eq!(bench.events().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn within_a_request_the_second_is_in_quarantine_too() {
    let bench = Bench::start().await;
    let accepted = accept(&bench, vec![event(1, "open"), event(1, "closed"), event(1, "open")]).await;
    assert_eq!((accepted.received, accepted.new, accepted.duplicate, accepted.conflict), (3, 1, 1, 1));
    assert_eq!((bench.events().await.len(), bench.quarantine().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_quarantine_takes_nothing_a_conflict_stays_in_its_chunk_and_the_sweeper_puts_it_there() {
    let bench = Bench::start().await;
    assert_eq!(accept(&bench, vec![event(1, "open")]).await.new, 1);
    let mut pipeline = bench.pipeline.clone();
    pipeline.settings.lease_ms = 15_000;
    // Only the quarantine queue is called: nothing is new in this request.
    bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Unavailable).times(100));
    let deadline = Deadline { at_ms: pipeline.clock.now_ms() + 30_000 };
    let accepted = pipeline.accept(vec![event(1, "closed")], vec![], deadline).await.unwrap();
    assert_eq!((accepted.conflict, accepted.left), (0, 1));
    assert!(bench.quarantine().await.is_empty());
    bench.sqs.reset();
    let mut conflict = 0;
    while bench.open_chunks().await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        conflict += pipeline.sweep(Deadline { at_ms: i64::MAX }).await.conflict;
    }
    assert_eq!((conflict, bench.quarantine().await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_copies_at_once_are_one_message_and_no_conflict() {
    let bench = Bench::start().await;
    let all = join_all((0..100).map(|_| accept(&bench, vec![event(1, "open")]))).await;
    assert!(all.iter().all(|accepted| accepted.conflict == 0 && accepted.quarantined == 0));
    bench.sweep_until_done().await;
    assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1]);
    assert!(bench.quarantine().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_before_makes_a_duplicate_whatever_the_event_says() {
    let bench = Bench::start().await;
    // As the version before wrote it: no attribute `s`.
    let blob = |bytes: &[u8]| AttributeValue::B(Blob::new(bytes));
    let put = bench.stack.dynamodb().put_item().table_name(StackOptions::default().claims_table);
    let put = put.item("pk", blob(id(1).as_bytes())).item("o", blob(&[7; 16]));
    put.item("x", AttributeValue::N("4102444800".to_owned())).send().await.unwrap();
    let accepted = accept(&bench, vec![event(1, "closed")]).await;
    assert_eq!((accepted.duplicate, accepted.conflict), (1, 0));
    // And so does an event whose id is a fingerprint.
    let silent = Message { says: None, ..event(2, "open") };
    accept(&bench, vec![silent]).await;
    let accepted = accept(&bench, vec![event(2, "closed")]).await;
    assert_eq!((accepted.duplicate, accepted.conflict), (1, 0));
}
