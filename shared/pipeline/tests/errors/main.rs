//! Every error the two services document, for a whole call and for a part of one: each is tried again, a duplicate, or
//! leaves the chunk; none is taken for success, and neither is one nobody has heard of.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod dynamodb;
mod sqs;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

/// An HTTP client that gives prepared answers, the last of them for ever, and keeps the requests.
#[derive(Debug, Clone, Default)]
struct Replay(Arc<Mutex<Tape>>);

#[derive(Debug, Default)]
struct Tape {
    answers: VecDeque<(u16, String)>,
    requests: Vec<(String, Value)>,
}

impl Replay {
    fn of(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let answers = answers.into_iter().map(|(status, body)| (status, body.to_string())).collect();
        Self(Arc::new(Mutex::new(Tape { answers, requests: Vec::new() })))
    }

    fn raw(status: u16, body: &str) -> Self {
        Self(Arc::new(Mutex::new(Tape { answers: [(status, body.to_owned())].into(), requests: Vec::new() })))
    }

    fn client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// Names of the operations called, in order.
    fn operations(&self) -> Vec<String> {
        self.0.lock().unwrap().requests.iter().map(|(operation, _)| operation.clone()).collect()
    }

    fn bodies(&self) -> Vec<Value> {
        self.0.lock().unwrap().requests.iter().map(|(_, body)| body.clone()).collect()
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut tape = self.0.lock().unwrap();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        tape.requests.push((operation, body));
        let (status, body) = match tape.answers.len() {
            1 => tape.answers[0].clone(),
            _ => tape.answers.pop_front().unwrap(),
        };
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))))
    }
}

/// An error of a whole call.
fn error(status: u16, code: &str) -> (u16, Value) {
    (status, json!({"__type": format!("com.amazonaws.test#{code}"), "message": "of a test"}))
}

/// The message of a fault holds a word, never what the service said, which may quote data.
fn is_word(fault: &tributary_pipeline::ports::Fault) -> bool {
    !fault.code.is_empty() && !fault.to_string().contains("of a test")
}
