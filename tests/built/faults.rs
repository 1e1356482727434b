//! Services that hang, are slow, throttle, refuse a part or lose the connection, as the functions' own clients see them.

use std::time::Duration;

use http::StatusCode;
use tributary_stack::{Fault, Rule};
use tributary_tests::lambda::Built;
use tributary_tests::{SECRET, reports};

use crate::load::authentic;

/// What the vendor is told, once the services are well again and the sweeper has run.
struct Told {
    status: StatusCode,
    events: usize,
    doubled: bool,
}

async fn post(built: &Built, count: usize) -> StatusCode {
    let request = authentic(&built.front.url, &reports("fault", 0..count));
    built.front.send(request).await.unwrap().status
}

async fn recovered(built: &Built, status: StatusCode) -> Told {
    built.bench.dynamodb.reset();
    built.bench.sqs.reset();
    built.sweep().await.unwrap();
    built.sweep_until_done().await;
    let events = built.bench.events().await;
    Told { status, events: events.len(), doubled: events.values().any(|copies| *copies > 1) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dynamodb_that_hangs_is_answered_in_time_and_the_spilled_chunks_come_back() {
    let built = Built::start().await;
    built.bench.dynamodb.inject(Rule::any(Fault::Hangs).always());
    let status = post(&built, 30).await;
    assert_eq!(status, StatusCode::OK, "the spill queue took it");
    let Told { events, doubled, .. } = recovered(&built, status).await;
    assert_eq!((events, doubled), (30, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_services_gone_the_vendor_is_told_to_come_again() {
    let built = Built::start().await;
    built.bench.dynamodb.inject(Rule::any(Fault::Unavailable).always());
    built.bench.sqs.inject(Rule::any(Fault::Unavailable).always());
    let request = authentic(&built.front.url, &reports("fault", 0..30));
    let answer = built.front.send(request).await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
    let mut forged = authentic(&built.front.url, &reports("forged", 0..1));
    forged.headers_mut().insert("x-tributary-secret", http::HeaderValue::from_static(SECRET));
    assert_eq!(built.front.send(forged).await.unwrap().status, StatusCode::UNAUTHORIZED);
    built.bench.dynamodb.reset();
    built.bench.sqs.reset();
    assert!(built.bench.is_untouched().await, "something is half done");
    let status = post(&built, 30).await;
    let Told { status, events, doubled } = recovered(&built, status).await;
    assert_eq!((status, events, doubled), (StatusCode::OK, 30, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_sqs_is_left_to_the_sweeper_and_what_it_took_unseen_is_not_doubled() {
    let built = Built::start().await;
    // Beyond the client's patience: the messages arrive, the acknowledgements do not.
    built.bench.sqs.inject(Rule::on("SendMessageBatch", Fault::ReplyDelayed(Duration::from_secs(4))).always());
    let status = post(&built, 30).await;
    let Told { status, events, doubled } = recovered(&built, status).await;
    assert_eq!((status, events, doubled), (StatusCode::OK, 30, false));
}

/// What may befall a call, and a part of it.
fn faults(operation: &str) -> Vec<Fault> {
    let mut faults = vec![
        Fault::Throttled,
        Fault::ThroughputExceeded,
        Fault::Unavailable,
        Fault::Dropped,
        Fault::ReplyLost,
        Fault::Truncated,
        Fault::Malformed,
    ];
    match operation {
        "BatchExecuteStatement" => {
            faults.extend(
                ["ThrottlingError", "ProvisionedThroughputExceeded", "InternalServerError"]
                    .map(|code| Fault::StatementsFail { every: 2, code }),
            );
        }
        "BatchWriteItem" | "BatchGetItem" => faults.push(Fault::Unprocessed { every: 2 }),
        "SendMessageBatch" => faults.extend([
            Fault::EntriesFail { every: 2, code: "InternalError", sender_fault: false },
            Fault::EntriesFail { every: 3, code: "ServiceUnavailable", sender_fault: false },
        ]),
        _ => {}
    }
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn throttles_failures_in_whole_or_part_and_lost_connections_on_every_call_lose_and_double_nothing() {
    let operations = ["BatchWriteItem", "BatchExecuteStatement", "SendMessageBatch", "DeleteItem"];
    let built = Built::start().await;
    let mut sent = 0;
    for operation in operations {
        let proxy = if operation == "SendMessageBatch" { &built.bench.sqs } else { &built.bench.dynamodb };
        for fault in faults(operation) {
            // Once, as the SDK's retries mend; and so often that they cannot.
            for times in [1, 9] {
                proxy.inject(Rule::on(operation, fault).times(times));
                let body = reports(&format!("{operation}-{fault:?}-{times}"), 0..30);
                let status = built.front.send(authentic(&built.front.url, &body)).await.unwrap().status;
                assert_eq!(status, StatusCode::OK, "{operation} {fault:?} {times}");
                assert!(proxy.count(operation) > 0, "{operation} was never called");
                sent += 30;
                proxy.reset();
            }
        }
    }
    let Told { events, doubled, .. } = recovered(&built, StatusCode::OK).await;
    assert_eq!((events, doubled), (sent, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_that_cannot_read_its_owners_is_left_to_the_sweeper_and_sends_nothing_twice() {
    let built = Built::start().await;
    assert_eq!(post(&built, 30).await, StatusCode::OK);
    for fault in faults("BatchGetItem") {
        built.bench.dynamodb.inject(Rule::on("BatchGetItem", fault).times(9));
        assert_eq!(post(&built, 30).await, StatusCode::OK, "{fault:?}");
        assert!(built.bench.dynamodb.count("BatchGetItem") > 0);
        built.bench.dynamodb.reset();
    }
    let Told { events, doubled, .. } = recovered(&built, StatusCode::OK).await;
    assert_eq!((events, doubled), (30, false));
}
