//! Sizes and numbers over the wire: what AWS would refuse is never sent, checked on every call a proxy saw.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use http::StatusCode;
use serde_json::Value;
use tributary_events::Key;
use tributary_pipeline::{Deadline, Message};
use tributary_stack::Fault;
use tributary_stack::Rule;
use tributary_tests::{Bench, REPORTS, post, reports, send};

/// AWS: most bytes of a message, and of a batch.
const LARGEST: usize = 1_048_576;
const FAR: Deadline = Deadline { at_ms: i64::MAX };

/// Holds every call that the proxies recorded to the documented limits.
fn check_calls(bench: &Bench) {
    let bodies = |proxy: &tributary_stack::Proxy, operation: &str| -> Vec<Value> {
        proxy.bodies(operation).iter().map(|body| serde_json::from_slice(body).unwrap()).collect()
    };
    for call in bodies(&bench.dynamodb, "BatchExecuteStatement") {
        let statements = call["Statements"].as_array().unwrap();
        assert!((1..=25).contains(&statements.len()), "{} statements", statements.len());
        let keys: BTreeSet<&str> = statements.iter().map(|one| one["Parameters"][0]["B"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), statements.len(), "a key twice in one call");
    }
    for call in bodies(&bench.dynamodb, "BatchGetItem") {
        for table in call["RequestItems"].as_object().unwrap().values() {
            let keys: Vec<&str> =
                table["Keys"].as_array().unwrap().iter().map(|key| key["pk"]["B"].as_str().unwrap()).collect();
            assert!((1..=100).contains(&keys.len()), "{} keys", keys.len());
            assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "a key twice in one call");
        }
    }
    for (call, body) in bodies(&bench.dynamodb, "BatchWriteItem").iter().zip(bench.dynamodb.bodies("BatchWriteItem")) {
        assert!(body.len() <= 16 << 20, "a call of {} bytes", body.len());
        for table in call["RequestItems"].as_object().unwrap().values() {
            let items = table.as_array().unwrap();
            assert!((1..=25).contains(&items.len()), "{} items", items.len());
            for item in items {
                let data = item["PutRequest"]["Item"]["d"]["B"].as_str().unwrap();
                assert!(data.len() / 4 * 3 <= 400 * 1024 - 300, "an item of {} bytes", data.len() / 4 * 3);
            }
        }
    }
    for call in bodies(&bench.sqs, "SendMessageBatch") {
        let entries = call["Entries"].as_array().unwrap();
        assert!((1..=10).contains(&entries.len()), "{} entries", entries.len());
        let ids: BTreeSet<&str> = entries.iter().map(|entry| entry["Id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), entries.len());
        let bytes: usize = entries.iter().map(|entry| entry["MessageBody"].as_str().unwrap().len()).sum();
        assert!(bytes <= LARGEST, "a batch of {bytes} bytes");
        for entry in entries {
            for name in ["MessageDeduplicationId", "MessageGroupId"] {
                let Some(word) = entry[name].as_str() else { continue };
                assert!((1..=128).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic()), "{name}");
            }
        }
    }
}

async fn bench() -> Bench {
    // No claim and no send is cut short by the lease, however slow the machine: the counts below are exact.
    let bench = Bench::with_lease(600_000).await;
    bench.dynamodb.record();
    bench.sqs.record();
    bench
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Posts reports, compressed, for ten thousand are more than a request may be.
async fn post_reports(bench: &Bench, name: &str, count: usize) -> (StatusCode, tributary_gateway::Summary) {
    let mut request = post(REPORTS, gzip(&reports(name, 0..count)));
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    let (response, summary) = send(&bench.gateway("infobip"), request).await;
    (response.status(), summary)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_to_a_thousand_events_in_a_request_are_within_the_limits_and_arrive_once() {
    let bench = bench().await;
    for count in [1, 9, 10, 11, 24, 25, 26, 249, 250, 251, 1000] {
        let (status, summary) = post_reports(&bench, &format!("n{count}"), count).await;
        assert_eq!((status, summary.accepted.new), (StatusCode::OK, count));
        let events = bench.events().await;
        assert_eq!((events.len(), events.values().max()), (count, Some(&1)));
    }
    assert_eq!((bench.open_chunks().await, bench.dynamodb.count("BatchGetItem")), (0, 0));
    check_calls(&bench);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_in_a_request_are_counted_exactly_and_cost_what_they_should() {
    let bench = bench().await;
    let (status, summary) = post_reports(&bench, "ten-thousand", 10_000).await;
    let accepted = summary.accepted;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((accepted.received, accepted.new, accepted.duplicate, accepted.left), (10_000, 10_000, 0, 0));
    let counts = bench.dynamodb.counts();
    assert_eq!(counts["BatchWriteItem"], 16, "400 chunks, 25 a call");
    assert_eq!((counts["BatchExecuteStatement"], counts["DeleteItem"]), (400, 400));
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert_eq!(bench.sqs.counts(), BTreeMap::from([("SendMessageBatch".to_owned(), 1_000)]));
    check_calls(&bench);
    let events = bench.events().await;
    assert_eq!((events.len(), events.values().max()), (10_000, Some(&1)));
    assert_eq!(bench.open_chunks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_hold_for_what_is_tried_again() {
    let bench = bench().await;
    for (name, operation, fault) in [
        ("statements", "BatchExecuteStatement", Fault::StatementsFail { every: 2, code: "ThrottlingError" }),
        ("items", "BatchWriteItem", Fault::Unprocessed { every: 2 }),
        ("entries", "SendMessageBatch", Fault::EntriesFail { every: 3, code: "InternalError", sender_fault: false }),
        ("lost", "BatchExecuteStatement", Fault::ReplyLost),
    ] {
        let proxy = if operation == "SendMessageBatch" { &bench.sqs } else { &bench.dynamodb };
        proxy.inject(Rule::on(operation, fault).times(3));
        let (status, summary) = post_reports(&bench, name, 120).await;
        assert_eq!((status, summary.accepted.new, summary.accepted.duplicate), (StatusCode::OK, 120, 0), "{name}");
        let events = bench.events().await;
        assert_eq!((events.len(), events.values().max()), (120, Some(&1)), "{name}");
    }
    assert!(bench.dynamodb.count("BatchGetItem") > 0, "own claims came back as taken");
    check_calls(&bench);
}

fn message(n: usize, body: String) -> Message {
    let id = Key::new("size", None).part(Some(&n.to_string())).finish();
    Message { id, says: None, group: format!("g{n}"), body }
}

/// Lengths of the messages on the queue, which it is emptied of.
async fn lengths(bench: &Bench, url: &str) -> Vec<usize> {
    let sqs = bench.stack.sqs();
    let mut lengths = Vec::new();
    loop {
        let received = sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
        if received.messages().is_empty() {
            lengths.sort_unstable();
            return lengths;
        }
        for message in received.messages() {
            lengths.push(message.body().unwrap().len());
            let handle = message.receipt_handle().unwrap();
            sqs.delete_message().queue_url(url).receipt_handle(handle).send().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_every_size_up_to_the_largest_arrives_and_one_byte_more_is_kept() {
    let bench = bench().await;
    let mut sizes = vec![1, 2, 3, 255, 256, 65_535, 65_536, 262_143, 262_144, 262_145, 524_288];
    sizes.extend([LARGEST - 1, LARGEST]);
    let too_large = [LARGEST + 1, 2 * LARGEST];
    let all: Vec<Message> =
        sizes.iter().chain(&too_large).enumerate().map(|(n, size)| message(n, "x".repeat(*size))).collect();
    let accepted = bench.pipeline.accept(all, vec![], FAR).await.unwrap();
    assert_eq!((accepted.new, accepted.quarantined, accepted.left), (sizes.len(), 2, 0));
    assert_eq!(lengths(&bench, &bench.stack.queues().events).await, sizes);
    let kept: usize = bench.quarantine().await.iter().map(|piece| piece["text"].as_str().unwrap().len()).sum();
    assert_eq!(kept, too_large.iter().sum::<usize>(), "kept whole, in pieces");
    assert_eq!(bench.claims().await, sizes.len(), "what cannot be sent is not claimed");
    check_calls(&bench);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_grows_when_it_is_written_is_sent_or_kept_but_never_stuck() {
    let bench = bench().await;
    let gateway = bench.gateway("infobip");
    // A control character of one byte in the request's JSON is six in ours; what SQS refuses is escaped.
    let pieces = [
        ("plain", "y", 200_000),
        ("control", "\\u0001", 60_000),
        ("noncharacter", "\u{FFFF}", 150_000),
        ("emoji", "\u{1F600}", 100_000),
        ("quotes", "\\\"", 200_000),
    ];
    let mut sent = 0;
    for (name, piece, times) in pieces {
        // The id of the message stands in the event several times. An eighth of it fits a message.
        for (times, new) in [(times / 8, 1), (2 * times, 0)] {
            let body = reports(&format!("{name}-{times}"), 0..1)
                .replace("\"messageId\":\"", &format!("\"messageId\":\"{}", piece.repeat(times)));
            let mut request = post(REPORTS, gzip(&body));
            request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            let (response, summary) = send(&gateway, request).await;
            assert_eq!(response.status(), StatusCode::OK, "{name}");
            let accepted = summary.accepted;
            assert_eq!((accepted.new, accepted.quarantined, accepted.left), (new, 1 - new, 0), "{name}: {accepted:?}");
            sent += new;
        }
    }
    assert_eq!(lengths(&bench, &bench.stack.queues().events).await.len(), sent);
    let kept = bench.quarantine().await;
    assert!(kept.iter().all(|piece| piece["reason"] == "too_large"));
    assert_eq!(kept.iter().filter(|piece| piece["piece"] == 1).count(), pieces.len());
    assert_eq!((bench.claims().await, bench.open_chunks().await), (sent, 0), "what cannot be sent is not claimed");
    check_calls(&bench);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_a_hundred_kilobytes_are_keys_like_any_other() {
    let bench = bench().await;
    let gateway = bench.gateway("infobip");
    let long = "i".repeat(100 * 1024);
    // Two that differ in their last character only.
    let mut body: Value = serde_json::from_str(&reports("long", 0..2)).unwrap();
    body["results"][0]["messageId"] = format!("{long}a").into();
    body["results"][1]["messageId"] = format!("{long}b").into();
    for repeat in 0..2 {
        let (response, summary) = send(&gateway, post(REPORTS, body.to_string())).await;
        assert_eq!(response.status(), StatusCode::OK);
        let expected = if repeat == 0 { (2, 0) } else { (0, 2) };
        assert_eq!((summary.accepted.new, summary.accepted.duplicate), expected);
    }
    assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1, 1]);
    check_calls(&bench);
}
