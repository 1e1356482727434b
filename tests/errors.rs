//! Every error of DynamoDB and SQS at every call of a request and of the sweeper, over the wire: nothing lost, nothing
//! doubled. The SDK's own retries are off, so that each error reaches the protocol.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::SystemClock;
use tributary_stack::{Fault, Rule, StackOptions, dynamodb_client, sqs_client};
use tributary_tests::{Bench, REPORTS, post, reports, send};

/// Errors of whole calls to DynamoDB, one unknown.
const DYNAMODB: [(u16, &str); 14] = [
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
    (400, "ThrottlingException"),
    (400, "ProvisionedThroughputExceededException"),
    (400, "RequestLimitExceeded"),
    (400, "ItemCollectionSizeLimitExceededException"),
    (400, "ReplicatedWriteConflictException"),
    (400, "TransactionConflictException"),
    (400, "InvalidEndpointException"),
    (400, "ResourceNotFoundException"),
    (400, "ValidationException"),
    (400, "AccessDeniedException"),
    (400, "ExpiredTokenException"),
    (418, "SomethingNewException"),
];
/// Errors of one statement: the enum of `BatchStatementError`, and one unknown. `DuplicateItem` and
/// `ConditionalCheckFailed` come although there is no claim: they must be looked into, not believed.
const STATEMENT: [&str; 12] = [
    "AccessDenied",
    "ConditionalCheckFailed",
    "DuplicateItem",
    "InternalServerError",
    "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "ResourceNotFound",
    "ThrottlingError",
    "TransactionConflict",
    "ValidationError",
    "SomethingNew",
];
const SQS: [(u16, &str); 12] = [
    (400, "BatchEntryIdsNotDistinct"),
    (400, "BatchRequestTooLong"),
    (400, "QueueDoesNotExist"),
    (400, "UnsupportedOperation"),
    (400, "InvalidAddress"),
    (400, "InvalidSecurity"),
    (400, "RequestThrottled"),
    (400, "KmsThrottled"),
    (400, "KmsAccessDenied"),
    (403, "AccessDeniedException"),
    (500, "InternalFailure"),
    (418, "SomethingNew"),
];
const ENTRY: [(&str, bool); 6] = [
    ("InternalError", false),
    ("ServiceUnavailable", false),
    ("ThrottlingException", true),
    ("InvalidParameterValue", true),
    ("AccessDenied", true),
    ("SomethingNew", true),
];

/// Longer than a busy machine needs, and short enough to wait for.
const LEASE_MS: i64 = 15_000;

/// A bench without the SDK's retries.
async fn bench() -> Bench {
    let mut bench = Bench::start().await;
    let retry = aws_sdk_dynamodb::config::retry::RetryConfig::disabled();
    let dynamodb = dynamodb_client(bench.dynamodb.url()).config().to_builder().retry_config(retry.clone()).build();
    let sqs = sqs_client(bench.sqs.url()).config().to_builder().retry_config(retry).build();
    let (names, queues) = (StackOptions::default(), bench.stack.queues());
    let resources = Resources {
        journal_table: names.journal_table,
        claims_table: names.claims_table,
        queue_url: queues.events.clone(),
        quarantine_url: queues.quarantine.clone(),
        spill_url: Some(queues.spill.clone()),
    };
    let clients = (aws_sdk_dynamodb::Client::from_conf(dynamodb), aws_sdk_sqs::Client::from_conf(sqs));
    bench.pipeline = with_clients(clients.0, &clients.1, resources, Arc::new(SystemClock));
    bench.pipeline.settings.lease_ms = LEASE_MS;
    bench.pipeline.settings.backoff_ms = 1;
    bench
}

/// A request while some calls of an operation fail so; the vendor repeats it unless it was answered 200.
async fn request(bench: &Bench, name: &str, operation: &str, fault: Fault, times: usize) {
    let gateway = bench.gateway("infobip");
    let proxy = if operation == "SendMessageBatch" { &bench.sqs } else { &bench.dynamodb };
    proxy.inject(Rule::on(operation, fault).times(times));
    for _ in 0..3 {
        let (response, summary) = send(&gateway, post(REPORTS, reports(name, 0..3))).await;
        if response.status() == StatusCode::OK {
            let accepted = summary.accepted;
            assert_eq!(accepted.new + accepted.duplicate + accepted.left, 3, "{name}: {accepted:?}");
            // What the services refused is no duplicate: nothing was there before.
            assert_eq!(accepted.duplicate, 0, "{name}: {accepted:?}");
            proxy.clear();
            return;
        }
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}");
    }
    panic!("{name}: not answered 200 in three tries");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_dynamodb_at_every_call_loses_and_doubles_nothing() {
    let bench = bench().await;
    let mut requests = 0;
    for operation in ["BatchWriteItem", "BatchExecuteStatement", "DeleteItem", "BatchGetItem"] {
        for (status, code) in DYNAMODB {
            // Once, and for as long as the request lasts.
            for times in [1, 100] {
                let name = format!("{operation}-{code}-{times}");
                if operation == "BatchGetItem" {
                    // A claim whose reply was lost comes back as taken, and then its owner cannot be read.
                    bench.dynamodb.inject(Rule::on("BatchExecuteStatement", Fault::ReplyLost));
                }
                request(&bench, &name, operation, Fault::Refused { status, code }, times).await;
                requests += 1;
            }
        }
    }
    for code in STATEMENT {
        for (every, times) in [(1, 1), (2, 1), (1, 100), (2, 100)] {
            let fault = Fault::StatementsFail { every, code };
            request(&bench, &format!("statement-{code}-{every}-{times}"), "BatchExecuteStatement", fault, times).await;
            requests += 1;
        }
    }
    for (every, times) in [(1, 1), (1, 100), (2, 1), (2, 100)] {
        let name = format!("unprocessed-{every}-{times}");
        request(&bench, &name, "BatchWriteItem", Fault::Unprocessed { every }, times).await;
        bench.dynamodb.inject(Rule::on("BatchExecuteStatement", Fault::ReplyLost));
        request(&bench, &format!("unread-{every}-{times}"), "BatchGetItem", Fault::Unprocessed { every }, times).await;
        requests += 2;
    }
    finish(&bench, requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_sqs_loses_and_doubles_nothing() {
    let bench = bench().await;
    let mut requests = 0;
    for times in [1, 100] {
        for (status, code) in SQS {
            let fault = Fault::Refused { status, code };
            request(&bench, &format!("{code}-{times}"), "SendMessageBatch", fault, times).await;
            requests += 1;
        }
        for (code, sender_fault) in ENTRY {
            for every in [1, 2] {
                let fault = Fault::EntriesFail { every, code, sender_fault };
                let name = format!("entry-{code}-{every}-{times}");
                request(&bench, &name, "SendMessageBatch", fault, times).await;
                requests += 1;
            }
        }
        for fault in [Fault::Truncated, Fault::Malformed, Fault::ReplyLost, Fault::Dropped] {
            request(&bench, &format!("{fault:?}-{times}"), "SendMessageBatch", fault, times).await;
            requests += 1;
        }
    }
    finish(&bench, requests).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_at_every_call_of_the_sweeper_loses_and_doubles_nothing() {
    let operations = ["Query", "UpdateItem", "BatchExecuteStatement", "BatchGetItem", "DeleteItem"];
    join_all(operations.map(async |operation| {
        let bench = bench().await;
        for (_, code) in DYNAMODB {
            // Left to the sweeper with its claims made.
            request(&bench, &format!("{operation}-{code}"), "SendMessageBatch", Fault::Unavailable, 100).await;
        }
        tokio::time::sleep(Duration::from_millis(LEASE_MS.unsigned_abs())).await;
        for (status, code) in DYNAMODB {
            bench.dynamodb.inject(Rule::on(operation, Fault::Refused { status, code }));
        }
        let before = bench.dynamodb.count(operation);
        bench.sweep().await;
        assert!(bench.dynamodb.count(operation) - before >= DYNAMODB.len(), "{operation}: each error befell a call");
        finish(&bench, DYNAMODB.len()).await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_error_of_bringing_back_what_was_spilled_loses_and_doubles_nothing() {
    let bench = bench().await;
    for (status, code) in DYNAMODB {
        request(&bench, &format!("spilled-{code}"), "BatchWriteItem", Fault::Unavailable, 100).await;
        bench.dynamodb.inject(Rule::on("BatchWriteItem", Fault::Refused { status, code }));
        let before = bench.dynamodb.count("BatchWriteItem");
        // A pass ends bringing back at the first error, so each has a pass of its own.
        bench.sweep().await;
        assert!(bench.dynamodb.count("BatchWriteItem") > before, "{code} befell a call");
        bench.dynamodb.clear();
    }
    finish(&bench, DYNAMODB.len()).await;
}

/// No fault from here on: the sweeper ends what is open, and each event is there once.
async fn finish(bench: &Bench, requests: usize) {
    bench.dynamodb.clear();
    bench.sqs.clear();
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    // What a sweep received of the spill queue and could not put is hidden for its visibility timeout.
    for _ in 0..200 {
        bench.sweep_until_done().await;
        for (id, copies) in bench.events().await {
            *events.entry(id).or_default() += copies;
        }
        if events.len() >= 3 * requests {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    assert_eq!(events.len(), 3 * requests);
    assert!(events.values().all(|copies| *copies == 1), "an event was delivered twice");
    assert_eq!(bench.open_chunks().await, 0);
}
