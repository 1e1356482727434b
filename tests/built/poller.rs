//! The poller of Channel Talk, run by its schedule.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_stack::{Fault, Rule};
use tributary_tests::Bench;
use tributary_tests::lambda::{Function, Secrets, program, variables};

const ID: &str = "tributary/channeltalk-poll";
const EVENT: &str = r#"{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#;
const RECORDS: usize = 30;

/// An Open API with one user's events on one page.
async fn open_api() -> (String, JoinSet<()>) {
    let begun = SystemClock.now_ms() - 3_600_000;
    let record = |n: usize| {
        format!(
            r#"{{"id":"rec-{n}","userId":"u-1","name":"PageView","createdAt":{}}}"#,
            begun + i64::try_from(n).unwrap()
        )
    };
    let page = format!(r#"{{"events":[{}]}}"#, (0..RECORDS).map(record).collect::<Vec<_>>().join(","));
    let page = Arc::new(page);
    let router = Router::new().route(
        "/open/v5/users/u-1/events",
        get(move || {
            let page = Arc::clone(&page);
            async move { page.to_string() }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, serving)
}

async fn poller(bench: &Bench, secrets: &Secrets, api: &str) -> Function {
    let mut variables = variables(bench, "channeltalk-poll");
    variables.extend(
        [
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url.as_str()),
            ("TRIBUTARY_CHANNELTALK_POLL_SECRET_ID", ID),
            ("TRIBUTARY_CHANNELTALK_POLL_USERS", "u-1"),
            ("TRIBUTARY_CHANNELTALK_API_URL", api),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    Function::new(program("channeltalk-poll", variables), Duration::from_secs(120), 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_reads_what_is_new_and_a_killed_one_is_made_good_by_the_next() {
    let (api, _serving) = open_api().await;
    let (bench, secrets) = tokio::join!(Bench::start(), Secrets::start());
    let poller = poller(&bench, &secrets, &api).await;

    secrets.put(ID, r#"{"access_key":"","access_secret":""}"#);
    poller.invoke(EVENT.to_owned()).await.unwrap();
    assert!(bench.is_untouched().await, "without a key it does nothing");

    secrets.put(ID, r#"{"access_key":"k-1","access_secret":"s-1"}"#);
    bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Hangs).always());
    let kill = async {
        while bench.sqs.count("SendMessageBatch") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        poller.busy()[0].kill();
    };
    let (killed, ()) = tokio::join!(poller.invoke(EVENT.to_owned()), kill);
    assert!(killed.is_err());
    bench.sqs.reset();

    for _ in 0..2 {
        poller.invoke(EVENT.to_owned()).await.unwrap();
    }
    // The journal keeps the poller's cursor: the chunks alone must be gone.
    while bench.open_chunks().await > 1 {
        bench.sweep().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let events = bench.events().await;
    assert_eq!((events.len(), events.values().all(|copies| *copies == 1)), (RECORDS, true), "{:?}", poller.log());
}
