//! An HTTP listener that does with a request what API Gateway's HTTP API does, and with the function's response too: the
//! path is decoded, the query is not, and what counts as text goes through text.
//!
//! Payload format 2.0: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::function::Function;

/// API Gateway gives up; the function runs on.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(30);
/// Largest body of a request to an HTTP API, bytes.
const MAX_BODY: usize = 10 << 20;
/// Largest event of a synchronous invocation, bytes.
const MAX_EVENT: usize = 6 << 20;

/// The answer that a vendor gets.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: String,
}

type Routes = Arc<BTreeMap<String, Arc<Function>>>;

/// The listener, with routes for a function: `/{name}` and `/{name}/{proxy+}`, POST and GET.
pub struct Front {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    client: Sender,
    _serving: JoinSet<()>,
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Front {
    /// Listens on a free port of the loopback interface.
    pub async fn start(functions: BTreeMap<String, Arc<Function>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(serve).with_state(Arc::new(functions));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, client: Sender::default(), _serving: serving }
    }

    /// Sends a request. None if no answer came back.
    pub async fn send(&self, request: Request<Bytes>) -> Option<Answer> {
        self.client.send(request).await
    }
}

/// The vendor's side of the wire.
#[derive(Debug, Clone)]
pub struct Sender(Client<HttpConnector, Full<Bytes>>);

impl Default for Sender {
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Sender {
    /// Sends a request. None if no answer came back.
    pub async fn send(&self, request: Request<Bytes>) -> Option<Answer> {
        let response = self.0.request(request.map(Full::new)).await.ok()?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer { status: head.status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

fn message(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(json!({"message": text}).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

#[allow(
    clippy::disallowed_methods,
    reason = "the function runs on when the gateway has given up or the vendor is gone"
)]
async fn serve(State(functions): State<Routes>, request: axum::extract::Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    // Routes are compared as they are written: `/Infobip` and `//infobip` are none.
    let path = head.uri.path().to_owned();
    let mut segments = path.strip_prefix('/').unwrap_or(&path).splitn(2, '/');
    let name = segments.next().unwrap_or_default();
    let proxy = segments.next();
    let is_routed = matches!(head.method, http::Method::POST | http::Method::GET);
    let Some(function) = functions.get(name).filter(|_| is_routed).cloned() else {
        return message(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = event(&head, name, proxy, &body).to_string();
    if event.len() > MAX_EVENT {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    }
    let invoked = tokio::spawn(async move { function.invoke(event).await });
    match tokio::time::timeout(INTEGRATION_TIMEOUT, invoked).await {
        Ok(Ok(Ok(response))) => answer(&response),
        Ok(_) => message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"),
        Err(_) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

/// The event: lower-cased headers, values of repeated ones joined with commas, binary bodies in base64.
fn event(head: &http::request::Parts, name: &str, proxy: Option<&str>, body: &[u8]) -> Value {
    let mut headers = Map::new();
    for key in head.headers.keys() {
        let values: Vec<String> = head
            .headers
            .get_all(key)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        headers.insert(key.as_str().to_owned(), values.join(",").into());
    }
    let header = |name: &str| headers.get(name).and_then(Value::as_str).unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let values = parameters.entry(key.into_owned()).or_default();
        if !values.is_empty() {
            values.push(',');
        }
        values.push_str(&value);
    }
    let kind = header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = kind.starts_with("text/")
        || matches!(kind.as_str(), "application/json" | "application/xml" | "application/javascript");
    // Only the type counts, not the encoding: compressed text is destroyed here, as it is on AWS.
    let text = is_text.then(|| String::from_utf8_lossy(body).into_owned());
    let method = head.method.as_str();
    let route = if proxy.is_some() { format!("{method} /{name}/{{proxy+}}") } else { format!("{method} /{name}") };
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = decode(head.uri.path());
    let mut event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api-id",
            "domainName": "api-id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "api-id",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": header("user-agent"),
            },
            "requestId": "request-id",
            "routeKey": route,
            "stage": "$default",
            "time": "21/Nov/2026:09:30:00 +0000",
            "timeEpoch": 1_795_253_400_000_i64,
        },
        "isBase64Encoded": text.is_none(),
        "body": text.unwrap_or_else(|| BASE64_STANDARD.encode(body)),
    });
    if !parameters.is_empty() {
        event["queryStringParameters"] = json!(parameters);
    }
    if let Some(proxy) = proxy {
        event["pathParameters"] = json!({"proxy": decode(proxy)});
    }
    event
}

/// The HTTP answer that a function's response stands for.
fn answer(response: &[u8]) -> Response<Body> {
    let Ok(response) = serde_json::from_slice::<Value>(response) else {
        return message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    let status = response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
    let body = response["body"].as_str().unwrap_or_default();
    let body = if response["isBase64Encoded"].as_bool() == Some(true) {
        BASE64_STANDARD.decode(body).unwrap_or_default()
    } else {
        body.as_bytes().to_vec()
    };
    let mut answer = Response::builder().status(status);
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        answer = answer.header(name, value.as_str().unwrap_or_default());
    }
    answer
        .body(Body::from(body))
        .unwrap_or_else(|_| message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error"))
}
