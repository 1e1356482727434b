//! The real SDK over the wire to the embedded back ends: counts, batches, duplicates.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tributary_stack::{Fault, Rule};
use tributary_tests::{Bench, REPORTS, post, reports, send};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_posts_of_one_event_at_once_give_one_message() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let body = reports("same", 0..1);
    let answers = join_all((0..100).map(|_| send(&gateway, post(REPORTS, body.clone())))).await;
    let mut new = 0;
    for (response, summary) in answers {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(summary.accepted.new + summary.accepted.duplicate + summary.accepted.left, 1);
        new += summary.accepted.new;
    }
    assert!(new <= 1);
    bench.sweep_until_done().await;
    assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1]);
    assert_eq!(bench.claims().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_every_size_arrive_whole_and_once() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    for count in [1, 25, 26, 250, 1000] {
        let body = reports(&format!("batch-{count}"), 0..count);
        for repeat in 0..2 {
            let (response, summary) = send(&gateway, post(REPORTS, body.clone())).await;
            assert_eq!(response.status(), StatusCode::OK);
            let accepted = summary.accepted;
            let expected = if repeat == 0 { (count, 0) } else { (0, count) };
            assert_eq!((accepted.new, accepted.duplicate), expected, "{count} events, time {repeat}");
        }
        let events = bench.events().await;
        assert_eq!(events.len(), count);
        assert!(events.values().all(|copies| *copies == 1));
        assert_eq!(bench.open_chunks().await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_250_stays_within_its_budget_of_calls() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let body = reports("budget", 0..250);
    send(&gateway, post(REPORTS, body.clone())).await;
    let counts = bench.dynamodb.counts();
    let of = |name: &str| counts.get(name).copied().unwrap_or(0);
    let journal = of("BatchWriteItem") + of("PutItem") + of("DeleteItem") + of("UpdateItem") + of("Query");
    assert!(journal <= 2 * 10, "{counts:?}");
    assert_eq!(of("BatchExecuteStatement"), 10, "one claim call per 25 events");
    assert_eq!(of("BatchGetItem"), 0, "{counts:?}");
    assert_eq!(bench.sqs.counts()["SendMessageBatch"], 25, "one send per 10 events");
    assert_eq!(bench.sqs.counts().len(), 1);

    bench.dynamodb.reset();
    bench.sqs.reset();
    let (_, summary) = send(&gateway, post(REPORTS, body)).await;
    assert_eq!(summary.accepted.duplicate, 250);
    assert!(bench.sqs.counts().is_empty(), "a repeated request makes no send");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_within_a_request_and_across_differently_cut_requests_is_one_event() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let once: serde_json::Value = serde_json::from_str(&reports("cut", 0..4)).unwrap();
    let mut twice = once["results"].as_array().unwrap().clone();
    twice.extend(twice.clone());
    let (_, first) = send(&gateway, post(REPORTS, serde_json::json!({"results": twice}).to_string())).await;
    assert_eq!((first.accepted.received, first.accepted.new, first.accepted.duplicate), (8, 4, 4));
    let (_, second) = send(&gateway, post(REPORTS, reports("cut", 2..6))).await;
    assert_eq!((second.accepted.new, second.accepted.duplicate), (2, 2));
    assert_eq!(bench.events().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_of_an_event_still_in_flight_is_answered_at_once() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Delayed(Duration::from_secs(6))));
    let first_ended = AtomicBool::new(false);
    let first = async {
        let (_, summary) = send(&gateway, post(REPORTS, reports("flight", 0..3))).await;
        first_ended.store(true, Ordering::Relaxed);
        summary.accepted.new
    };
    let second = async {
        while bench.sqs.count("SendMessageBatch") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let (response, summary) = send(&gateway, post(REPORTS, reports("flight", 0..3))).await;
        assert!(!first_ended.load(Ordering::Relaxed), "waited for the first");
        assert_eq!(response.status(), StatusCode::OK);
        summary.accepted.duplicate
    };
    assert_eq!(tokio::join!(first, second), (3, 3));
    assert_eq!(bench.events().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_services_are_retried_or_left_to_the_sweeper_and_double_nothing() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let faults = [Fault::Unavailable, Fault::Throttled, Fault::Dropped, Fault::ReplyLost];
    let operations = ["BatchWriteItem", "BatchExecuteStatement", "DeleteItem", "SendMessageBatch"];
    let mut sent = 0;
    for (number, operation) in operations.into_iter().enumerate() {
        for (kind, fault) in faults.into_iter().enumerate() {
            let proxy = if operation == "SendMessageBatch" { &bench.sqs } else { &bench.dynamodb };
            proxy.inject(Rule::on(operation, fault));
            let body = reports(&format!("fault-{number}-{kind}"), 0..12);
            let (response, summary) = send(&gateway, post(REPORTS, body)).await;
            assert_eq!(response.status(), StatusCode::OK, "{operation} {fault:?}");
            assert_eq!(summary.accepted.duplicate, 0, "{operation} {fault:?}: our own claims are no duplicates");
            sent += 12;
        }
    }
    bench.sweep_until_done().await;
    let events = bench.events().await;
    assert_eq!(events.len(), sent);
    assert!(events.values().all(|copies| *copies == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_own_claim_that_comes_back_as_taken_after_the_sdks_retry_is_known_by_its_owner() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    for (times, name) in [(1, "once"), (2, "twice")] {
        bench.dynamodb.inject(Rule::on("BatchExecuteStatement", Fault::ReplyLost).times(times));
        let (response, summary) = send(&gateway, post(REPORTS, reports(name, 0..12))).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!((summary.accepted.new, summary.accepted.duplicate), (12, 0), "{name}");
        assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1; 12], "{name}");
    }
    assert_eq!(bench.dynamodb.count("BatchExecuteStatement"), 5, "the SDK tried again, we did not");
    assert_eq!(bench.dynamodb.count("BatchGetItem"), 2, "and the owners were read");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_inside_a_200_is_tried_again_alone() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let code = "ThrottlingError";
    bench.dynamodb.inject(Rule::on("BatchExecuteStatement", Fault::StatementsFail { every: 3, code }));
    let fault = Fault::EntriesFail { every: 2, code: "InternalError", sender_fault: false };
    bench.sqs.inject(Rule::on("SendMessageBatch", fault));
    bench.dynamodb.record();
    bench.sqs.record();
    let (_, summary) = send(&gateway, post(REPORTS, reports("part", 0..9))).await;
    assert_eq!((summary.accepted.new, summary.accepted.left), (9, 0));
    let sizes = |bodies: Vec<bytes::Bytes>, name: &str| -> Vec<usize> {
        let size = |body: &bytes::Bytes| {
            serde_json::from_slice::<serde_json::Value>(body).unwrap()[name].as_array().unwrap().len()
        };
        bodies.iter().map(size).collect()
    };
    assert_eq!(sizes(bench.dynamodb.bodies("BatchExecuteStatement"), "Statements"), [9, 3]);
    assert_eq!(sizes(bench.sqs.bodies("SendMessageBatch"), "Entries"), [9, 4]);
    assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1; 9]);
    assert_eq!(bench.open_chunks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_dynamodb_is_down_events_are_spilled_and_when_sqs_is_down_too_the_vendor_is_told() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    bench.dynamodb.inject(Rule::on("BatchWriteItem", Fault::Unavailable).times(3));
    let (response, summary) = send(&gateway, post(REPORTS, reports("spill", 0..3))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((summary.accepted.spilled, summary.accepted.left), (1, 3));

    bench.dynamodb.inject(Rule::on("BatchWriteItem", Fault::Unavailable).times(3));
    bench.sqs.inject(Rule::any(Fault::Unavailable).times(3));
    let (response, _) = send(&gateway, post(REPORTS, reports("lost", 0..3))).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "30");

    bench.sweep_until_done().await;
    assert_eq!(bench.events().await.len(), 3, "the spilled events, and none of the request that was answered 503");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_part_goes_to_quarantine_and_its_neighbours_through() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let mut body: serde_json::Value = serde_json::from_str(&reports("poison", 0..4)).unwrap();
    body["results"][1] = serde_json::json!("not a report");
    let (response, summary) = send(&gateway, post(REPORTS, body.to_string())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((summary.accepted.new, summary.accepted.quarantined), (3, 1));
    assert_eq!(bench.events().await.len(), 3);
    let quarantine = bench.quarantine().await;
    assert_eq!(quarantine.len(), 1);
    assert_eq!(quarantine[0]["reason"], "wrong_shape");
    assert_eq!(quarantine[0]["source"], "infobip");
    assert_eq!(quarantine[0]["path"], "/sms/DELIVERY");
    assert_eq!(quarantine[0]["text"], r#"{"results":["not a report"]}"#, "with what stood around it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_altcraft_events_with_three_broken_are_997_queued_and_3_quarantined() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("altcraft");
    let kinds = ["deliv", "uopen", "click", "deliv_sms", "viber_read", "hbounce_push", "whatsapp_send"];
    let event = |n: usize| match n {
        100 => serde_json::json!("no object"),
        500 => serde_json::json!(null),
        900 => serde_json::json!([7]),
        _ => serde_json::json!({
            "account_id": 4,
            "event_type": kinds[n % kinds.len()],
            "event_date": format!("2026-11-21T09:30:00.{n:09}Z"),
            "profile_id": format!("6745c0de{n:016}"),
            "data": {},
        }),
    };
    let body = serde_json::Value::from((0..1000).map(event).collect::<Vec<_>>()).to_string();
    let (response, summary) = send(&gateway, post("/altcraft", body)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(String::from_utf8_lossy(response.body()).contains("OK"));
    assert_eq!((summary.accepted.new, summary.accepted.quarantined), (997, 3));
    assert_eq!(bench.events().await.len(), 997);
    let reasons: Vec<_> = bench.quarantine().await.iter().map(|kept| kept["reason"].to_string()).collect();
    assert_eq!(reasons, [r#""wrong_shape""#; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_masking_callback_is_answered_with_a_command_and_its_report_with_ok() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let path = "/infobip/voice/NUMBER_MASKING";
    let callback = r#"{"from":"385910000001","to":"385910000002","correlationId":"c-1","nmCorrelationId":"n-1"}"#;
    let (response, summary) = send(&gateway, post(path, callback)).await;
    assert_eq!((response.status(), summary.accepted.new), (StatusCode::OK, 1));
    assert_eq!(response.headers()["content-type"], "application/json");
    let answer: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    assert!(answer["command"].is_string(), "{answer}");
    let report = r#"{"action":"dial","from":"385910000001","to":"385910000002","transferTo":"385910000003","duration":5,"status":"answered","correlationId":"c-1","nmCorrelationId":"n-1"}"#;
    let (response, summary) = send(&gateway, post(path, report)).await;
    assert_eq!((response.status(), summary.accepted.new), (StatusCode::OK, 1));
    assert_eq!(response.body().as_ref(), b"OK");
}
