//! The Lambda Runtime API for one sandbox: next, response, error, init error.
//!
//! Paths, headers and status codes as in <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tributary_pipeline::ports::{Clock, SystemClock};

/// What a function gave back: its response, or the error it reported.
pub(crate) type Outcome = Result<Bytes, String>;

/// An event on its way into a sandbox.
pub(crate) struct Invocation {
    pub(crate) event: String,
    pub(crate) deadline_ms: i64,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

struct Shared {
    invocations: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    replies: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
    arn: String,
    /// How often the function has asked for an event.
    polls: watch::Sender<usize>,
}

/// The API of one sandbox, on a port of its own. Dropping it closes the port, and whoever waits for a reply is told.
pub(crate) struct RuntimeApi {
    /// `127.0.0.1:<port>`, for `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    pub(crate) sender: mpsc::UnboundedSender<Invocation>,
    pub(crate) polls: watch::Receiver<usize>,
    shared: Arc<Shared>,
    _serving: JoinSet<()>,
}

impl RuntimeApi {
    pub(crate) async fn start(function: &str) -> Self {
        let (sender, invocations) = mpsc::unbounded_channel();
        let (polls, polled) = watch::channel(0);
        let shared = Arc::new(Shared {
            invocations: tokio::sync::Mutex::new(invocations),
            replies: Mutex::default(),
            arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{function}"),
            polls,
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(&shared));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, sender, polls: polled, shared, _serving: serving }
    }

    /// The process is gone: nobody answers any more.
    pub(crate) fn abandon(&self) {
        self.shared.replies.lock().unwrap().clear();
        // Also what lies unread: receivers see that their sender is gone.
        if let Ok(mut invocations) = self.shared.invocations.try_lock() {
            invocations.close();
            while invocations.try_recv().is_ok() {}
        }
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.polls.send_modify(|polls| *polls += 1);
    let Some(invocation) = shared.invocations.lock().await.recv().await else {
        // Lambda never answers a sandbox it has done with.
        return std::future::pending().await;
    };
    let id = format!("{:032x}", SystemClock.random());
    shared.replies.lock().unwrap().insert(id.clone(), invocation.reply);
    Response::builder()
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header("lambda-runtime-invoked-function-arn", &shared.arn)
        .header("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
        .header("content-type", "application/json")
        .body(Body::from(invocation.event))
        .unwrap()
}

fn reply(shared: &Shared, id: &str, outcome: Outcome) -> StatusCode {
    match shared.replies.lock().unwrap().remove(id) {
        Some(waiting) => {
            let _ = waiting.send(outcome);
            StatusCode::ACCEPTED
        }
        None => StatusCode::BAD_REQUEST,
    }
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    reply(&shared, &id, Ok(body))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    reply(&shared, &id, Err(String::from_utf8_lossy(&body).into_owned()))
}

async fn init_error(body: Bytes) -> StatusCode {
    tracing::warn!(error = %String::from_utf8_lossy(&body), "a function fails in init");
    StatusCode::ACCEPTED
}
