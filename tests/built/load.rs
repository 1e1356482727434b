//! Many requests at once, several sandboxes a function.

use futures_util::future::join_all;
use http::{Request, StatusCode};
use serde_json::Value;
use tributary_tests::lambda::{Built, recorded_requests};
use tributary_tests::{REPORTS, reports};

/// Reports that the local rules of Infobip let in.
pub(crate) fn authentic(base: &str, body: &str) -> Request<bytes::Bytes> {
    Request::post(format!("{base}{REPORTS}"))
        .header("x-tributary-secret", "local")
        .header("content-type", "application/json")
        .body(body.to_owned().into())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sources_at_once_with_repeats_give_every_event_once() {
    let built = Built::start().await;
    let recorded = recorded_requests();
    let mut sent = Vec::new();
    for _ in 0..5 {
        sent.extend(recorded.iter().map(|recorded| built.front.send(recorded.request(&built.front.url))));
    }
    let answers = join_all(sent).await;
    assert!(answers.iter().all(Option::is_some));
    built.sweep_until_done().await;
    let repeated = built.bench.events().await;
    assert!(repeated.values().all(|copies| *copies == 1), "an event was delivered twice");

    let once = Built::start().await;
    for recorded in &recorded {
        once.front.send(recorded.request(&once.front.url)).await.unwrap();
    }
    assert_eq!(repeated.keys().collect::<Vec<_>>(), once.bench.events().await.keys().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_batches_at_once_are_counted_exactly() {
    let built = Built::start().await;
    let bodies: Vec<String> = (0..400).map(|n| reports("load", n * 7..n * 7 + 7)).collect();
    // Every tenth twice.
    let twice = bodies.iter().step_by(10);
    let sent = bodies.iter().chain(twice).map(|body| built.front.send(authentic(&built.front.url, body)));
    for answer in join_all(sent).await {
        assert_eq!(answer.unwrap().status, StatusCode::OK);
    }
    built.sweep_until_done().await;
    let events = built.bench.events().await;
    assert_eq!(events.len(), 2_800);
    assert!(events.values().all(|copies| *copies == 1), "an event was delivered twice");

    // What the functions said: one line and one line of metrics a request, and the counts add up.
    let lines: Vec<Value> =
        built.functions["infobip"].log().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = |name: &str| lines.iter().filter_map(|line| line[name].as_i64()).sum::<i64>();
    let metrics = lines.iter().filter(|line| line.get("_aws").is_some()).count();
    assert_eq!(metrics, 440);
    assert_eq!(lines.iter().filter(|line| line["fields"]["message"] == "request").count(), 440);
    assert_eq!((sum("Requests"), sum("Received")), (440, 440 * 7));
    assert_eq!(sum("New") + sum("Duplicate") + sum("Left"), 440 * 7);
}
