//! The first request after an environment was frozen: its connections were cut meanwhile, in three ways.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a forwarder of the test outlives nothing but it")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::{Credentials, Region};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tributary_events::Key;
use tributary_pipeline::aws::{loader, with_clients};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Deadline, Message, Pipeline};
use tributary_tests::Bench;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Closed,
    Reset,
    /// Neither side is told.
    Silent,
}

/// Forwards connections, and cuts all that there are when told to. Gives its URL.
async fn forward(to: String, cut: Cut, frozen: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let to = to.trim_start_matches("http://").trim_end_matches('/').to_owned();
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut frozen = frozen.clone();
            let is_new = *frozen.borrow_and_update();
            let mut far = TcpStream::connect(&to).await.unwrap();
            tokio::spawn(async move {
                let cut_now = async {
                    if is_new {
                        std::future::pending::<()>().await;
                    }
                    let _ = frozen.changed().await;
                };
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => return,
                    () = cut_now => {}
                }
                match cut {
                    Cut::Closed => {}
                    Cut::Reset => near.set_zero_linger().unwrap(),
                    Cut::Silent => std::future::pending::<()>().await,
                }
            });
        }
    });
    url
}

async fn accept(pipeline: &Pipeline, n: usize) -> Duration {
    let id = Key::new("thaw", None).part(Some(&n.to_string())).finish();
    let message = Message { id, says: None, group: "g".to_owned(), body: "{}".to_owned() };
    let begun = Instant::now();
    let deadline = Deadline { at_ms: SystemClock.now_ms() + 20_000 };
    assert_eq!(pipeline.accept(vec![message], vec![], deadline).await.unwrap().new, 1);
    begun.elapsed()
}

/// How much longer the first request takes after that cut than the one before.
async fn longer(cut: Cut, idle: Duration) -> Duration {
    let bench = Bench::start().await;
    let (freeze, frozen) = watch::channel(false);
    let dynamodb = forward(bench.stack.dynamodb_url().to_owned(), cut, frozen.clone()).await;
    let sqs = forward(bench.stack.sqs_url().to_owned(), cut, frozen).await;
    let config = |url: String| {
        let credentials = Credentials::new("test", "test", None, None, "test");
        loader().endpoint_url(url).region(Region::from_static("us-east-1")).credentials_provider(credentials).load()
    };
    let (dynamodb, sqs) = (config(dynamodb).await, config(sqs).await);
    let clients = (aws_sdk_dynamodb::Client::new(&dynamodb), aws_sdk_sqs::Client::new(&sqs));
    let pipeline = with_clients(clients.0, &clients.1, bench.resources(), Arc::new(SystemClock));
    accept(&pipeline, 0).await;
    let warm = accept(&pipeline, 1).await;
    freeze.send(true).unwrap();
    tokio::time::sleep(idle).await;
    let first = accept(&pipeline, 2).await;
    first.saturating_sub(warm)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_request_after_a_thaw_is_as_fast_as_any_however_its_connections_were_cut() {
    // At once, so that what is tried again shows; and, where nothing tells, after the time that a connection is trusted.
    let (closed, reset, silent) = tokio::join!(
        longer(Cut::Closed, Duration::from_millis(100)),
        longer(Cut::Reset, Duration::from_millis(100)),
        longer(Cut::Silent, Duration::from_secs(21)),
    );
    assert!(closed < Duration::from_millis(300), "{closed:?}");
    assert!(reset < Duration::from_millis(300), "{reset:?}");
    assert!(silent < Duration::from_millis(1500), "{silent:?}");
}
