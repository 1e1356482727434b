//! How a function begins and ends.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tributary_stack::{Fault, Rule};
use tributary_tests::lambda::{Built, Failed, Function, program, variables};
use tributary_tests::{Bench, reports};

use crate::load::authentic;

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_an_idle_function_and_the_next_request_gets_a_new_one() {
    let built = Built::start().await;
    let infobip = &built.functions["infobip"];
    for n in 0..3 {
        let answer = built.front.send(authentic(&built.front.url, &reports("term", n..n + 1))).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
        let [sandbox] = &infobip.sandboxes()[..] else { panic!("one sandbox serves one request after the other") };
        sandbox.terminate();
        let ended = tokio::time::timeout(Duration::from_secs(5), sandbox.exit()).await;
        assert!(ended.is_ok(), "SIGTERM does not end the function");
    }
    assert_eq!(built.bench.events().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_in_the_middle_loses_nothing_that_is_durable() {
    let built = Built::start().await;
    built.bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Hangs).always());
    let (request, infobip) = (authentic(&built.front.url, &reports("mid", 0..12)), &built.functions["infobip"]);
    let terminate = async {
        while built.bench.sqs.count("SendMessageBatch") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        infobip.busy()[0].terminate();
    };
    let (answer, ()) = tokio::join!(built.front.send(request), terminate);
    assert_eq!(answer.unwrap().status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(built.bench.open_chunks().await, 1);
    built.bench.sqs.reset();
    built.sweep_until_done().await;
    let events = built.bench.events().await;
    assert_eq!((events.len(), events.values().all(|copies| *copies == 1)), (12, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_without_its_settings_ends_in_init_and_says_which_one() {
    let bench = Bench::start().await;
    let mut variables = variables(&bench, "karte");
    variables.remove("TRIBUTARY_QUEUE_URL");
    let function = Function::new(program("karte", variables), Duration::from_secs(20), 1);
    assert_eq!(function.invoke("{}".to_owned()).await, Err(Failed::Died));
    // What a process said may arrive a moment after its end.
    for _ in 0..100 {
        if function.log().iter().any(|line| line.contains("TRIBUTARY_QUEUE_URL is not set")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", function.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_event_comes_there_is_an_answer_and_the_sandbox_lives_on() {
    let built = Built::start().await;
    let infobip = &built.functions["infobip"];
    let recorded = tributary_tests::lambda::recorded_requests();
    let recorded = recorded.iter().find(|recorded| recorded.name == "infobip/sms-inbound").unwrap();
    infobip.invoke(recorded.text.clone()).await.unwrap();
    let before = format!("{:?}", infobip.sandboxes());
    let mut broken: Value = serde_json::from_str(&recorded.text).unwrap();
    // None of these is a URL's, and none is needed.
    broken["headers"]["host"] = "h t".into();
    broken["headers"]["x-forwarded-proto"] = "h t".into();
    broken["headers"]["x-control"] = "a\u{1}b".into();
    broken["rawPath"] = "/infobip/space value/<x>\u{1}#a?b".into();
    let answer: Value = serde_json::from_slice(&infobip.invoke(broken.to_string()).await.unwrap()).unwrap();
    assert_eq!(answer["statusCode"], 200, "{answer}");
    for event in [r#"{"not":"an API event"}"#, "[]", "\"\""] {
        // Whatever the answer is: it comes from a process that goes on.
        let _ = infobip.invoke(event.to_owned()).await;
    }
    infobip.invoke(recorded.text.clone()).await.unwrap();
    assert_eq!(format!("{:?}", infobip.sandboxes()), before, "the sandbox died");
}
