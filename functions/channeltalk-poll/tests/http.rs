//! The adapter and the poller against a server that speaks HTTP: pages, limits, failures, slow answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use channeltalk_poll::{Api, ApiError, Credentials, Ended, Feed, OpenApi, Pace, Poller, Quota, Scope, State};
use common::{Fake, Paging};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tributary_pipeline::Deadline;

/// What the server does with a request instead of answering with a page.
#[derive(Debug, Clone)]
enum Trouble {
    Status(u16, Vec<(&'static str, String)>),
    Slow(Duration),
    Cut,
    Body(&'static str),
}

#[derive(Clone)]
struct Server {
    fake: Fake,
    trouble: Arc<Mutex<Vec<Trouble>>>,
    requests: Arc<Mutex<Vec<String>>>,
    url: String,
}

/// The server, for as long as this is kept.
struct Running {
    server: Server,
    _serving: JoinSet<()>,
}

impl std::ops::Deref for Running {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Server {
    async fn start(fake: Fake) -> Running {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { fake, trouble: Arc::default(), requests: Arc::default(), url };
        let accepting = server.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                let service = service_fn(move |request| server.clone().answer(request));
                connections
                    .spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Running { server, _serving: serving }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let target = request.uri().path_and_query().unwrap().as_str().to_owned();
        self.requests.lock().unwrap().push(target);
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if (header("x-access-key"), header("x-access-secret")) != ("key-1", "secret-1") {
            return Ok(Response::builder().status(401).body(Full::default()).unwrap());
        }
        let trouble = self.trouble.lock().unwrap().pop();
        match trouble {
            Some(Trouble::Status(status, headers)) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                return Ok(response.body(Full::default()).unwrap());
            }
            Some(Trouble::Slow(time)) => tokio::time::sleep(time).await,
            Some(Trouble::Cut) => panic!("the connection breaks"),
            Some(Trouble::Body(body)) => return Ok(Response::new(Full::from(body))),
            None => {}
        }
        let query = request.uri().query().unwrap_or_default();
        let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        assert_eq!(parameter("sortOrder"), Some("asc"));
        let name = match request.uri().path().split('/').skip(3).collect::<Vec<_>>()[..] {
            ["users", id, "events"] => format!("user/{id}"),
            ["mkt", "campaigns", id, "campaign-users"] => format!("campaign/{id}/{}", parameter("state").unwrap()),
            _ => return Ok(Response::builder().status(404).body(Full::default()).unwrap()),
        };
        let page = self.fake.page_of(&name, parameter("since"), parameter("limit").unwrap().parse().unwrap());
        Ok(Response::new(Full::from(page)))
    }

    fn api(&self, key: &str) -> OpenApi {
        let credentials = Credentials { access_key: key.into(), access_secret: "secret-1".into() };
        OpenApi::new(&credentials, Some(self.url.clone()), Duration::from_millis(400)).unwrap()
    }

    fn trouble(&self, trouble: &[Trouble]) {
        *self.trouble.lock().unwrap() = trouble.iter().rev().cloned().collect();
    }

    async fn page(&self) -> Result<(), ApiError> {
        self.api("key-1").page(&Feed::User("u".into()), None, 3).await.map(|_| ())
    }
}

fn throttled(reset: &str) -> Trouble {
    let header = |name, value: &str| (name, value.to_owned());
    Trouble::Status(
        429,
        vec![
            header("x-ratelimit-limit", "1000"),
            header("x-ratelimit-remaining", "0"),
            header("x-ratelimit-reset", reset),
        ],
    )
}

fn poller(server: &Server, scope: Scope) -> Poller {
    let poller = server.fake.poller(scope);
    Poller { api: Arc::new(server.api("key-1")), pace: Pace { page: 3, ..poller.pace }, ..poller }
}

#[tokio::test]
async fn pages_are_read_through_whatever_trouble_there_is() {
    let fake = Fake::new(Paging::Token);
    let now = fake.world.now();
    for n in 0..8 {
        fake.event("u", &format!("e-{n}"), now - 3_600_000 + n, 0);
    }
    fake.campaign_user(&Feed::Campaign("7".into(), State::Goal), "u", now - 3_600_000);
    let server = Server::start(fake).await;
    server.trouble(&[
        Trouble::Status(503, vec![]),
        throttled(&((now / 1000) + 20).to_string()),
        Trouble::Slow(Duration::from_secs(2)),
        Trouble::Cut,
    ]);
    let scope = Scope { users: vec!["u".into()], campaigns: vec!["7".into()], ..Scope::default() };
    // No list meets more than four of them, for each is tried four times.
    let report = poller(&server, scope.clone()).run(Deadline { at_ms: i64::MAX }).await;
    let again = poller(&server, scope).run(Deadline { at_ms: i64::MAX }).await;
    assert_eq!(report.accepted.new + again.accepted.new, 9, "{report:?} {again:?}");
    assert_eq!(again.ended, Ended::Complete);
    assert!(server.fake.world.now() >= now + 20_000, "the reset was waited for");
    let requests = server.requests.lock().unwrap().clone();
    assert_eq!(requests[0], "/open/v5/mkt/campaigns/7/campaign-users?state=sent&sortOrder=asc&limit=3");
}

#[tokio::test]
async fn every_answer_has_its_meaning() {
    let server = Server::start(Fake::new(Paging::Token)).await;
    for (trouble, expected) in [
        (Trouble::Status(500, vec![]), ApiError::Unavailable("500".into())),
        (Trouble::Status(408, vec![]), ApiError::Unavailable("408".into())),
        (Trouble::Status(403, vec![]), ApiError::Denied(403)),
        (Trouble::Status(404, vec![]), ApiError::Missing),
        (Trouble::Status(422, vec![]), ApiError::Unexpected("422".into())),
        // Where a redirect leads to the key must not follow.
        (Trouble::Status(302, vec![("location", server.url.clone())]), ApiError::Unexpected("302".into())),
        (Trouble::Status(429, vec![]), ApiError::Throttled { until_ms: None }),
        (throttled("1780000000"), ApiError::Throttled { until_ms: Some(1_780_000_000_000) }),
        (Trouble::Slow(Duration::from_secs(2)), ApiError::Unavailable("no answer in time".into())),
        (Trouble::Cut, ApiError::Unavailable("connection lost".into())),
    ] {
        server.trouble(std::slice::from_ref(&trouble));
        assert_eq!(server.page().await, Err(expected), "{trouble:?}");
    }
    assert_eq!(server.page().await, Ok(()));
}

#[tokio::test]
async fn a_wrong_key_is_denied_and_no_server_is_unavailable() {
    let server = Server::start(Fake::new(Paging::Token)).await;
    let feed = Feed::User("u".into());
    assert_eq!(server.api("key-2").page(&feed, None, 3).await, Err(ApiError::Denied(401)));
    let credentials = Credentials { access_key: "key-1".into(), access_secret: "secret-1".into() };
    let nobody = OpenApi::new(&credentials, Some("http://127.0.0.1:1".into()), Duration::from_secs(5)).unwrap();
    assert_eq!(nobody.page(&feed, None, 3).await, Err(ApiError::Unavailable("no connection".into())));
    let shown = format!("{nobody:?}");
    assert!(!shown.contains("key-1") && !shown.contains("secret-1"), "{shown}");
}

#[tokio::test]
async fn a_page_that_is_none_leaves_the_cursor_alone() {
    let server = Server::start(Fake::new(Paging::Token)).await;
    for body in ["<html>", "{}", r#"{"events":7}"#, r#"{"campaignUsers":[]}"#] {
        server.trouble(&[Trouble::Body(body)]);
        let scope = Scope { users: vec!["u".into()], ..Scope::default() };
        let report = poller(&server, scope).run(Deadline { at_ms: i64::MAX }).await;
        assert_eq!((report.ended, report.failed), (Ended::Unavailable, 1), "{body}");
        assert_eq!(server.fake.cursor("user/u").revision, 0, "{body}");
    }
}

#[tokio::test]
async fn the_rate_limit_is_read_from_the_headers() {
    let server = Server::start(Fake::new(Paging::Token)).await;
    let header = |name, value: &str| (name, value.to_owned());
    server.trouble(&[Trouble::Status(
        200,
        vec![
            header("x-ratelimit-limit", "1000"),
            header("x-ratelimit-remaining", "999"),
            header("x-ratelimit-reset", "1696118400"),
        ],
    )]);
    let answer = server.api("key-1").page(&Feed::User("u".into()), None, 3).await.unwrap();
    let quota = Quota { limit: 1000, remaining: 999, reset_ms: 1_696_118_400_000 };
    assert_eq!(answer.quota, Some(quota));
    assert!(!quota.is_low());
    assert!(Quota { remaining: 100, ..quota }.is_low());
}
