//! DynamoDB away, SQS away, both away, and a service that never answers: what is accepted, what is kept, what the vendor is
//! told, and when.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http::{Request, StatusCode};
use tributary_gateway::Outcome;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Accepted, Deadline, Message};
use tributary_stack::{Fault, Rule, StackOptions, dynamodb_client, sqs_client};
use tributary_tests::{Bench, REPORTS, post, reports, send};

/// Timeout of a source's function, and what it keeps for the calls under way, milliseconds.
const FUNCTION_MS: i64 = 20_000;
const MARGIN_MS: i64 = 9_000;
/// What API Gateway gives an answer. Alone, the cases below take 17 s at most: a busy machine adds to that.
const ANSWER: Duration = Duration::from_secs(30);

/// A bench with the time limits of the functions' own clients.
async fn bench() -> Bench {
    use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
    let mut bench = Bench::start().await;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    let dynamodb = dynamodb_client(bench.dynamodb.url()).config().to_builder().timeout_config(timeouts.clone()).build();
    let sqs = sqs_client(bench.sqs.url()).config().to_builder().timeout_config(timeouts).build();
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
    bench
}

fn messages(name: &str, count: usize) -> Vec<Message> {
    let message = |n: usize| {
        let id = tributary_events::Key::new(name, None).part(Some(&n.to_string())).finish();
        let event = serde_json::json!({"specversion": "1.0", "id": id.to_string(), "n": n});
        Message { id, says: None, group: format!("g{}", n % 50), body: event.to_string() }
    };
    (0..count).map(message).collect()
}

/// Accepts as a function does that has 20 s, and says how long it took.
async fn accept(bench: &Bench, messages: Vec<Message>) -> (Option<Accepted>, Duration) {
    let begun = Instant::now();
    let end_ms = SystemClock.now_ms() + FUNCTION_MS;
    let accepted = bench.pipeline.accept(messages, vec![], Deadline::before(end_ms, MARGIN_MS)).await;
    (accepted.ok(), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_dynamodb_away_authentic_requests_are_spilled_and_strangers_are_not() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    bench.dynamodb.inject(Rule::any(Fault::Unavailable).always());
    let stranger = Request::post(REPORTS).header("x-secret", "wrong").body(reports("stranger", 0..3).into()).unwrap();
    let (response, summary) = send(&gateway, stranger).await;
    assert_eq!((response.status(), summary.outcome), (StatusCode::UNAUTHORIZED, Outcome::Denied));
    assert!(bench.sqs.counts().is_empty(), "nothing of a stranger is spilled");

    // 30 events are two chunks. Repeated, for the vendor knows no better.
    for _ in 0..2 {
        let (response, summary) = send(&gateway, post(REPORTS, reports("spilled", 0..30))).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!((summary.accepted.spilled, summary.accepted.left), (2, 30));
    }
    // While it is away, a sweep changes nothing.
    let report = bench.sweep().await;
    assert!(report.faults > 0 && report.unspilled == 0, "{report:?}");
    assert!(bench.events().await.is_empty());
    bench.dynamodb.clear();
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut unspilled = 0;
    // What the first sweep received is hidden for its visibility timeout.
    while unspilled < 4 {
        assert!(Instant::now() < deadline, "the spilled chunks do not come back");
        unspilled += bench.sweep().await.unspilled;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    bench.sweep_until_done().await;
    let events = bench.events().await;
    assert_eq!(events.len(), 30, "none of the stranger's");
    assert!(events.values().all(|copies| *copies == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_both_away_the_vendor_is_told_and_nothing_is_half_done() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let both = |dynamodb: &[Rule]| {
        dynamodb.iter().for_each(|rule| bench.dynamodb.inject(rule.clone()));
        bench.sqs.inject(Rule::any(Fault::Unavailable).always());
    };
    // DynamoDB wholly away; and taking every other chunk only, of two.
    let half = [Rule::any(Fault::Unprocessed { every: 2 }), Rule::any(Fault::Unprocessed { every: 1 }).always()];
    for (name, dynamodb) in [("whole", &[Rule::any(Fault::Unavailable).always()][..]), ("half", &half)] {
        both(dynamodb);
        let (response, _) = send(&gateway, post(REPORTS, reports(name, 0..30))).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{name}");
        assert_eq!(response.headers()["retry-after"], "30");
        assert_eq!(bench.claims().await, 0, "{name}: nothing is claimed before all is durable");
        assert!(bench.events().await.is_empty());
        bench.dynamodb.clear();
        bench.sqs.clear();
    }
    // Answered 503, the vendor sends again: everything once, whatever was left behind.
    for name in ["whole", "half"] {
        let (response, _) = send(&gateway, post(REPORTS, reports(name, 0..30))).await;
        assert_eq!(response.status(), StatusCode::OK);
    }
    bench.sweep_until_done().await;
    let events = bench.events().await;
    assert_eq!(events.len(), 60);
    assert!(events.values().all(|copies| *copies == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sqs_away_everything_is_kept_in_the_journal() {
    let bench = Bench::with_lease(15_000).await;
    let gateway = bench.gateway("infobip");
    bench.sqs.inject(Rule::any(Fault::Dropped).always());
    let (response, summary) = send(&gateway, post(REPORTS, reports("kept", 0..30))).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((summary.accepted.new, summary.accepted.left), (0, 30));
    bench.sqs.clear();
    bench.sweep_until_done().await;
    assert_eq!(bench.events().await.into_values().collect::<Vec<_>>(), [1; 30]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_delays_the_answer_but_not_beyond_the_functions_time() {
    // What hangs, how many events, and whether they are durable all the same.
    let cases = [
        (vec![None], 3, true),
        (vec![None], 10_000, true),
        (vec![Some("BatchExecuteStatement")], 3, true),
        (vec![Some("BatchExecuteStatement")], 1_000, true),
        (vec![Some("DeleteItem")], 60, true),
        (vec![Some("SendMessageBatch")], 60, true),
        (vec![None, Some("SendMessageBatch")], 60, false),
    ];
    join_all(cases.map(async |(hangs, count, is_durable)| {
        let bench = bench().await;
        for operation in &hangs {
            match operation {
                None => bench.dynamodb.inject(Rule::any(Fault::Hangs).always()),
                Some("SendMessageBatch") => bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Hangs).always()),
                Some(operation) => bench.dynamodb.inject(Rule::on(operation, Fault::Hangs).always()),
            }
        }
        let (accepted, took) = accept(&bench, messages("hang", count)).await;
        assert!(took < ANSWER, "{hangs:?}, {count} events: {took:?}");
        assert_eq!(accepted.is_some(), is_durable, "{hangs:?}, {count} events");
        if let Some(accepted) = accepted {
            assert_eq!(accepted.new + accepted.duplicate + accepted.left, count, "{hangs:?}");
            let spilled = if hangs == [None] { count.div_ceil(25) } else { 0 };
            assert_eq!(accepted.spilled, spilled, "{hangs:?}");
        }
    }))
    .await;
}
