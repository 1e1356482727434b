//! A proxy before a back end, for tests: it counts calls by operation, and breaks those it is told to break.

mod fault;
mod partial;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

pub use self::fault::Fault;
use self::partial::Split;
use crate::server::{Answer, Dropped, Server};

/// Which calls a fault befalls: the next one that matches, unless told otherwise.
#[derive(Debug, Clone)]
pub struct Rule {
    fault: Fault,
    operation: Option<String>,
    containing: Option<String>,
    skip: usize,
    times: usize,
}

impl Rule {
    /// On calls of an operation, by its name in `X-Amz-Target`, e.g. `SendMessageBatch`.
    pub fn on(operation: &str, fault: Fault) -> Self {
        Self { operation: Some(operation.to_owned()), ..Self::any(fault) }
    }

    /// On any call.
    pub fn any(fault: Fault) -> Self {
        Self { fault, operation: None, containing: None, skip: 0, times: 1 }
    }

    /// Only calls with this text in their body, e.g. the name of a table.
    #[must_use]
    pub fn containing(self, text: &str) -> Self {
        Self { containing: Some(text.to_owned()), ..self }
    }

    /// Spares so many matching calls first.
    #[must_use]
    pub fn after(self, calls: usize) -> Self {
        Self { skip: calls, ..self }
    }

    /// Befalls so many matching calls.
    #[must_use]
    pub fn times(self, calls: usize) -> Self {
        Self { times: calls, ..self }
    }

    /// Befalls every matching call.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn matches(&self, operation: &str, body: &[u8]) -> bool {
        let contains = |text: &String| body.windows(text.len().max(1)).any(|window| window == text.as_bytes());
        self.operation.as_ref().is_none_or(|wanted| wanted == operation)
            && self.containing.as_ref().is_none_or(contains)
    }
}

#[derive(Debug, Default)]
struct State {
    counts: BTreeMap<String, usize>,
    rules: Vec<Rule>,
    recording: bool,
    bodies: Vec<(String, Bytes)>,
}

impl State {
    /// Counts a call, and gives the fault of the first rule that is due.
    fn arrive(&mut self, operation: &str, body: &Bytes) -> Option<Fault> {
        *self.counts.entry(operation.to_owned()).or_default() += 1;
        if self.recording {
            self.bodies.push((operation.to_owned(), body.clone()));
        }
        for rule in self.rules.iter_mut().filter(|rule| rule.times > 0) {
            if !rule.matches(operation, body) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times != usize::MAX {
                rule.times -= 1;
            }
            return Some(rule.fault);
        }
        None
    }
}

/// A proxy on a loopback port. Every call that arrives counts, those it breaks and the client's retries included.
#[derive(Debug)]
pub struct Proxy {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Starts before a back end, e.g. `stack.sqs_url()`.
    ///
    /// # Errors
    ///
    /// If the URL has no host, or no port is free.
    pub async fn start(upstream_url: &str) -> std::io::Result<Self> {
        let uri: Uri = upstream_url.parse().map_err(std::io::Error::other)?;
        let authority =
            uri.authority().cloned().ok_or_else(|| std::io::Error::other("the URL of the back end has no host"))?;
        let state = Arc::new(Mutex::new(State::default()));
        let forward = Arc::new(Forward {
            state: Arc::clone(&state),
            authority,
            client: Client::builder(TokioExecutor::new()).build_http(),
        });
        let server = Server::start(Ipv4Addr::LOCALHOST.into(), |_, _| {
            move |request| {
                let forward = Arc::clone(&forward);
                async move { forward.answer(request).await }
            }
        })
        .await?;
        Ok(Self { server, state })
    }

    /// `http://127.0.0.1:<port>`, the endpoint to give to a client.
    pub fn url(&self) -> &str {
        self.server.url()
    }

    /// Calls so far, by operation.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        lock(&self.state).counts.clone()
    }

    /// Calls so far of one operation.
    pub fn count(&self, operation: &str) -> usize {
        lock(&self.state).counts.get(operation).copied().unwrap_or_default()
    }

    /// Keeps the body of every call from now on, for [`Proxy::bodies`].
    pub fn record(&self) {
        lock(&self.state).recording = true;
    }

    /// Bodies of the calls of one operation since [`Proxy::record`], as they arrived, broken ones included.
    pub fn bodies(&self, operation: &str) -> Vec<Bytes> {
        let state = lock(&self.state);
        state.bodies.iter().filter(|(name, _)| name == operation).map(|(_, body)| body.clone()).collect()
    }

    /// Adds a rule; of several that are due, the first added acts.
    pub fn inject(&self, rule: Rule) {
        lock(&self.state).rules.push(rule);
    }

    /// Drops all rules: from now on nothing is broken. Counts and records stay.
    pub fn clear(&self) {
        lock(&self.state).rules.clear();
    }

    /// Back to counts of zero, no rules and no recording.
    pub fn reset(&self) {
        *lock(&self.state) = State::default();
    }

    /// Lets calls under way end, then closes.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Forward {
    state: Arc<Mutex<State>>,
    authority: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Forward {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Answer>, Dropped> {
        let (mut head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let (service, operation) = target.rsplit_once('.').unwrap_or_default();
        let fault = lock(&self.state).arrive(operation, &body);
        if let Some(answer) = fault.and_then(|fault| fault.refusal(service)) {
            return Ok(answer);
        }
        match fault {
            Some(Fault::Dropped) => return Err(Dropped),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::Delayed(time)) => tokio::time::sleep(time).await,
            _ => {}
        }
        let split = fault.and_then(|fault| Split::of(fault, operation, &body));
        let (split, body) = match split {
            Some(split) => match split.forwarded() {
                Some(body) => (Some(split), body),
                // Nothing is left to forward: an empty batch is an error, so the answer is made here.
                None => return Ok(json(StatusCode::OK, &split.merge(serde_json::Value::Null))),
            },
            None => (None, body),
        };
        head.uri = Uri::builder()
            .scheme(Scheme::HTTP)
            .authority(self.authority.clone())
            .path_and_query(head.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/")))
            .build()
            .map_err(|_| Dropped)?;
        // The body is whole here, so the client states its length itself.
        head.headers.remove(http::header::TRANSFER_ENCODING);
        head.headers.remove(http::header::CONTENT_LENGTH);
        let response = self.client.request(Request::from_parts(head, Full::new(body))).await.map_err(|_| Dropped)?;
        let (mut head, body) = response.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        head.headers.remove(http::header::TRANSFER_ENCODING);
        head.headers.remove(http::header::CONNECTION);
        match fault {
            Some(Fault::ReplyLost) => return Err(Dropped),
            Some(Fault::ReplyDelayed(time)) => tokio::time::sleep(time).await,
            Some(Fault::Truncated) => {
                head.headers.remove(http::header::CONTENT_LENGTH);
                return Ok(Response::from_parts(head, Answer::broken_off(&body)));
            }
            Some(Fault::Malformed) => return Ok(bytes(StatusCode::OK, half(&body))),
            _ => {}
        }
        match split {
            Some(split) if head.status == StatusCode::OK => {
                let answer = serde_json::from_slice(&body).map_err(|_| Dropped)?;
                Ok(json(StatusCode::OK, &split.merge(answer)))
            }
            _ => Ok(Response::from_parts(head, Answer::new(body))),
        }
    }
}

fn half(body: &Bytes) -> Bytes {
    body.slice(..body.len() / 2)
}

fn json(status: StatusCode, body: &serde_json::Value) -> Response<Answer> {
    bytes(status, Bytes::from(body.to_string()))
}

fn bytes(status: StatusCode, body: Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::new(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
