//! Secrets Manager, as far as a function asks it: `GetSecretValue`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

type Values = Arc<Mutex<BTreeMap<String, String>>>;

/// Secrets on a loopback port.
#[derive(Debug)]
pub struct Secrets {
    /// For `AWS_ENDPOINT_URL_SECRETS_MANAGER`.
    pub url: String,
    values: Values,
    _serving: JoinSet<()>,
}

impl Secrets {
    /// None yet.
    pub async fn start() -> Self {
        let values = Values::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(post(answer)).with_state(Arc::clone(&values));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, values, _serving: serving }
    }

    /// Puts a secret's value.
    pub fn put(&self, id: &str, value: &str) {
        self.values.lock().unwrap().insert(id.to_owned(), value.to_owned());
    }
}

async fn answer(State(values): State<Values>, body: Bytes) -> Response {
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = request["SecretId"].as_str().unwrap_or_default();
    match values.lock().unwrap().get(id) {
        Some(value) => axum::Json(json!({"Name": id, "SecretString": value})).into_response(),
        None => {
            let error = json!({"__type": "ResourceNotFoundException", "Message": "no such secret"});
            (StatusCode::BAD_REQUEST, axum::Json(error)).into_response()
        }
    }
}
