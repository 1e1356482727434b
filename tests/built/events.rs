//! Every recorded request gives the same through the built functions as through the local gateway.

use std::collections::BTreeMap;

use serde_json::Value;
use tributary_tests::lambda::{Built, recorded_requests};
use tributary_tests::local::Local;

/// Events by id, without what depends on the moment.
fn events(messages: &[String]) -> BTreeMap<String, Value> {
    let mut events = BTreeMap::new();
    for message in messages {
        let mut event: Value = serde_json::from_str(message).unwrap();
        // The trace is Lambda's own: its runtime sets the header anew.
        for of_the_moment in ["recordedtime", "traceparent"] {
            event.as_object_mut().unwrap().remove(of_the_moment);
        }
        let id = event["id"].as_str().unwrap().to_owned();
        assert!(events.insert(id, event).is_none(), "an event came twice");
    }
    events
}

/// Parts in quarantine, without what depends on the moment, in a fixed order.
fn parts(messages: &[String]) -> Vec<String> {
    let mut parts: Vec<String> = messages
        .iter()
        .map(|message| {
            let mut part: Value = serde_json::from_str(message).unwrap();
            for of_the_moment in ["received", "part"] {
                part.as_object_mut().unwrap().remove(of_the_moment);
            }
            part.to_string()
        })
        .collect();
    parts.sort();
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_request_gives_the_same_as_through_the_local_gateway() {
    let (built, local) = tokio::join!(Built::start(), Local::start(&[]));
    let requests = recorded_requests();
    assert!(requests.len() > 60, "only {} files under events/", requests.len());
    for recorded in &requests {
        let deployed = built.front.send(recorded.request(&built.front.url)).await.unwrap();
        let locally = built.front.send(recorded.request(&local.url)).await.unwrap();
        assert_eq!(deployed.status, locally.status, "{}", recorded.name);
        assert_eq!(deployed.body, locally.body, "{}", recorded.name);
        for header in ["content-type", "retry-after", "x-quick-reply"] {
            assert_eq!(deployed.headers.get(header), locally.headers.get(header), "{}: {header}", recorded.name);
        }
    }
    let queues = built.bench.stack.queues();
    let sqs = built.bench.stack.sqs();
    let deployed = events(&tributary_tests::drain(&sqs, &queues.events).await);
    let locally = events(&local.events().await);
    assert!(deployed.len() > 60, "only {} events", deployed.len());
    assert_eq!(deployed.keys().collect::<Vec<_>>(), locally.keys().collect::<Vec<_>>());
    for (id, event) in &deployed {
        assert_eq!(event, &locally[id]);
    }
    let deployed = parts(&tributary_tests::drain(&sqs, &queues.quarantine).await);
    assert!(!deployed.is_empty());
    assert_eq!(deployed, parts(&local.quarantine().await));
    assert_eq!(built.bench.open_chunks().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_events_themselves_are_what_the_functions_take() {
    // As `sam local invoke -e` and `cargo lambda invoke --data-file` hand them in: past the HTTP front.
    let built = Built::start().await;
    for recorded in recorded_requests() {
        let source = recorded.name.split('/').next().unwrap();
        let direct = built.functions[source].invoke(recorded.text.clone()).await.unwrap();
        let direct: Value = serde_json::from_slice(&direct).unwrap();
        let fronted = built.front.send(recorded.request(&built.front.url)).await.unwrap();
        assert_eq!(direct["statusCode"], fronted.status.as_u16(), "{}", recorded.name);
        assert_eq!(direct["body"].as_str().unwrap_or_default(), fronted.body, "{}", recorded.name);
    }
    assert!(built.bench.events().await.values().all(|copies| *copies == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_answered_the_same_by_the_functions_and_by_the_local_gateway() {
    let (built, local) = tokio::join!(Built::start(), Local::start(&[]));
    let report =
        recorded_requests().into_iter().find(|recorded| recorded.name == "infobip/sms-delivery-batch").unwrap();
    for (path, status) in [
        ("/infobip", 200),
        ("/infobip/", 200),
        ("/infobip/a%20b/%3Cx%3E", 200),
        ("/infobip/%2541/a%2Fb", 200),
        ("/infobip/%FF/%01", 200),
        ("/infobip/a%3Fb%23c", 200),
        ("/Infobip", 404),
        ("//infobip", 404),
        ("/nobody", 404),
        ("/infobipx", 404),
    ] {
        for base in [&built.front.url, &local.url] {
            let mut request = report.request(base);
            *request.uri_mut() = format!("{base}{path}").parse().unwrap();
            assert_eq!(built.front.send(request).await.unwrap().status, status, "{base}{path}");
        }
    }
}
