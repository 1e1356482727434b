//! The whole gateway on the pipeline in memory.
//!
//! An input is four letters that choose ([`Choice`]), then a request as text: `POST /karte/web?x=1`, header lines
//! `name: value`, an empty line, the body. What a fuzzer cannot guess is added here: the secret, signatures, compression.

use std::io::Write;

use base64::Engine;
use bytes::Bytes;
use flate2::Compression;
use futures_executor::block_on;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde_json::Value;
use sha2::Sha256;
use tributary_gateway::{Call, Gateway, Outcome, Provider, Rules, Summary, request_metrics};
use tributary_normalize::{SOURCES, Settings};
use tributary_pipeline::Deadline;
use tributary_pipeline::memory::{Mishap, Plan, World};

use crate::message;

const SECRET: &str = "canary-5c1f0e7a94d2b836";
const WRONG: &str = "canary-5c1f0e7a94d2b837";
/// Quarantine messages stay below what every SQS queue takes.
const MAX_QUARANTINE_BYTES: usize = 256 * 1024;

/// The ways to prove who is calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Signature,
    SignatureOfBody,
    Basic,
    Bearer,
    Header,
    Query,
    Path,
    Form,
}

const PROOFS: [Proof; 8] = [
    Proof::Signature,
    Proof::SignatureOfBody,
    Proof::Basic,
    Proof::Bearer,
    Proof::Header,
    Proof::Query,
    Proof::Path,
    Proof::Form,
];

/// What the request brings as proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brings {
    Right,
    Wrong,
    Nothing,
    /// Right, but of another time; only signatures with a time know.
    Old,
}

/// How the body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    AsGiven,
    Gzip,
    Deflate,
    CutGzip,
    GzipAndMore,
    GzipTwice,
    Unknown,
    Identity,
}

const CODINGS: [Coding; 8] = [
    Coding::AsGiven,
    Coding::Gzip,
    Coding::Deflate,
    Coding::CutGzip,
    Coding::GzipAndMore,
    Coding::GzipTwice,
    Coding::Unknown,
    Coding::Identity,
];

/// What the four letters choose. `a` is the first of each.
struct Choice {
    source: usize,
    proof: Proof,
    brings: Brings,
    coding: Coding,
    plan: Plan,
}

impl Choice {
    fn read(letters: [u8; 4]) -> Self {
        let [source, proof, coding, mishap] = letters.map(|letter| usize::from(letter.wrapping_sub(b'a')));
        // Most of the time right: behind that lies most of the code.
        let brings = match proof / PROOFS.len() % 5 {
            1 => Brings::Wrong,
            2 => Brings::Nothing,
            3 => Brings::Old,
            _ => Brings::Right,
        };
        let at = mishap / 8;
        let plan = match mishap % 8 {
            1 => [(at, Mishap::FailBefore)].into(),
            2 => [(at, Mishap::FailAfter)].into(),
            3 => [(at, Mishap::FailHalf)].into(),
            4 => (0..64).map(|at| (at, Mishap::FailBefore)).collect(),
            5 => (0..64).map(|at| (at, Mishap::FailAfter)).collect(),
            _ => Plan::new(),
        };
        Self {
            source: source % SOURCES.len(),
            proof: PROOFS[proof % PROOFS.len()],
            brings,
            coding: CODINGS[coding % CODINGS.len()],
            plan,
        }
    }

    fn rules(&self) -> Rules {
        let rule = match self.proof {
            Proof::Signature => format!(
                r#"{{"type":"hmac","secret":"{SECRET}","header":"x-signature","timestamp_header":"x-time","signed":"{{timestamp}}:{{body}}"}}"#
            ),
            Proof::SignatureOfBody => format!(
                r#"{{"type":"hmac","secret":"{SECRET}","header":"authorization","prefix":"Signature=","encoding":"base64"}}"#
            ),
            Proof::Basic => format!(r#"{{"type":"basic","username":"user","password":"{SECRET}"}}"#),
            Proof::Bearer => format!(r#"{{"type":"bearer","token":"{SECRET}"}}"#),
            Proof::Header => format!(r#"{{"type":"header","name":"x-secret","value":"{SECRET}"}}"#),
            Proof::Query => format!(r#"{{"type":"query","name":"token","value":"{SECRET}"}}"#),
            Proof::Path => format!(r#"{{"type":"path","secret":"{SECRET}"}}"#),
            Proof::Form => format!(r#"{{"type":"form","name":"token","value":"{SECRET}"}}"#),
        };
        let other = r#"{"type":"header","name":"x-other","value":"canary-another-secret"}"#;
        Rules::parse(&format!(r#"{{"rules":[{other},{rule}]}}"#)).expect("rules of ours")
    }

    /// Whether the request is authentic. A form's field cannot be read while the form is compressed.
    fn is_authentic(&self) -> bool {
        let plain = matches!(self.coding, Coding::AsGiven | Coding::Unknown | Coding::Identity);
        match self.brings {
            Brings::Right => self.proof != Proof::Form || plain,
            Brings::Wrong | Brings::Nothing => false,
            Brings::Old => self.proof != Proof::Signature && (self.proof != Proof::Form || plain),
        }
    }
}

/// The request as the input has it.
struct Input<'a> {
    method: Method,
    target: &'a str,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Input<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let mut rest = input;
        let mut line = || {
            let at = memchr::memchr(b'\n', rest)?;
            let line = &rest[..at];
            rest = &rest[at + 1..];
            Some(line)
        };
        let (method, target) = std::str::from_utf8(line()?).ok()?.split_once(' ')?;
        // What no server hands on: a fragment would swallow the query.
        if !target.starts_with('/') || target.contains('#') {
            return None;
        }
        let mut headers = HeaderMap::new();
        loop {
            let header = line()?;
            if header.is_empty() {
                break;
            }
            let at = memchr::memmem::find(header, b": ")?;
            headers
                .append(HeaderName::from_bytes(&header[..at]).ok()?, HeaderValue::from_bytes(&header[at + 2..]).ok()?);
        }
        Some(Self { method: method.parse().ok()?, target, headers, body: rest })
    }

    /// The request as it is sent, with its proof for that moment.
    fn request(&self, choice: &Choice, now_ms: i64) -> Option<Request<Bytes>> {
        let secret = match choice.brings {
            Brings::Right | Brings::Old => Some(SECRET),
            Brings::Wrong => Some(WRONG),
            Brings::Nothing => None,
        };
        let mut headers = self.headers.clone();
        let mut body = self.body.to_vec();
        let mut target = self.target.to_owned();
        match (choice.proof, secret) {
            (Proof::Form, Some(secret)) => {
                body = [b"token=", secret.as_bytes(), b"&", &body].concat();
            }
            (Proof::Path, Some(secret)) => {
                target = format!("/{}/key-{secret}{target}", SOURCES[choice.source].name());
            }
            (Proof::Query, Some(secret)) => {
                let (path, query) = target.split_once('?').unwrap_or((&target, ""));
                target = format!("{path}?token={secret}&{query}");
            }
            _ => {}
        }
        let body = encoded(body, choice.coding, &mut headers);
        let seconds = now_ms / 1000 - if choice.brings == Brings::Old { 301 } else { 0 };
        let mut set =
            |name: &'static str, value: String| headers.insert(name, value.parse().expect("a header of ours"));
        match (choice.proof, secret) {
            (Proof::Signature, Some(secret)) => {
                set("x-time", seconds.to_string());
                let signed = [seconds.to_string().as_bytes(), b":", &body].concat();
                set("x-signature", sign(secret, &signed).iter().map(|byte| format!("{byte:02x}")).collect());
            }
            (Proof::SignatureOfBody, Some(secret)) => {
                let signature = base64::engine::general_purpose::STANDARD.encode(sign(secret, &body));
                set("authorization", format!("Scheme Signature={signature},x"));
            }
            (Proof::Basic, Some(secret)) => {
                let user = base64::engine::general_purpose::STANDARD.encode(format!("user:{secret}"));
                set("authorization", format!("Basic {user}"));
            }
            (Proof::Bearer, Some(secret)) => {
                set("authorization", format!("Bearer {secret}"));
            }
            (Proof::Header, Some(secret)) => {
                set("x-secret", secret.to_owned());
            }
            _ => {}
        }
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse::<Uri>().ok()?;
        *request.headers_mut() = headers;
        Some(request)
    }
}

fn sign(secret: &str, text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length will do");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn encoded(body: Vec<u8>, coding: Coding, headers: &mut HeaderMap) -> Vec<u8> {
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory takes all")
    };
    let (name, body) = match coding {
        Coding::AsGiven => return body,
        Coding::Gzip => ("gzip", gzip(&body)),
        Coding::Deflate => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::fast());
            ("deflate", encoder.write_all(&body).and_then(|()| encoder.finish()).expect("memory takes all"))
        }
        Coding::CutGzip => {
            let whole = gzip(&body);
            ("x-gzip", whole[..whole.len() / 2].to_vec())
        }
        Coding::GzipAndMore => ("gzip", [gzip(&body).as_slice(), b"more"].concat()),
        Coding::GzipTwice => ("gzip", [gzip(&body), gzip(b" ")].concat()),
        Coding::Unknown => ("br", body),
        Coding::Identity => ("identity", body),
    };
    headers.insert("content-encoding", HeaderValue::from_static(name));
    body
}

/// Runs an input through the gateway.
///
/// # Panics
/// If anything does not hold that must hold for any request.
pub fn check(input: &[u8]) {
    let Some((letters, rest)) = input.split_first_chunk::<4>() else { return };
    let Some(input) = Input::read(rest) else { return };
    let choice = Choice::read(*letters);
    let world = World::new();
    let pipeline = world.pipeline();
    let source = SOURCES[choice.source];
    let gateway = Gateway::new(source, Settings::default(), Provider::fixed(choice.rules()), pipeline.clone());
    let send = || {
        let now_ms = world.now();
        let call = Call { deadline: Deadline { at_ms: now_ms + 30_000 }, request_id: "fuzz".to_owned() };
        let request = input.request(&choice, now_ms)?;
        Some(block_on(gateway.handle(request, &call)))
    };

    world.plan(choice.plan.clone());
    let Some((response, summary)) = send() else { return };
    check_answer(&response, &summary);
    let status = response.status();
    let calls = world.calls();
    match status {
        _ if input.method != Method::POST => assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED),
        // A body so large cannot be read by a fuzzer, yet path and query rules do not look at it.
        _ if !choice.is_authentic() => assert_eq!(status, StatusCode::UNAUTHORIZED),
        StatusCode::OK | StatusCode::PAYLOAD_TOO_LARGE => {}
        StatusCode::SERVICE_UNAVAILABLE => assert!(!choice.plan.is_empty(), "not durable although nothing failed"),
        _ => panic!("an authentic request is answered {status}"),
    }
    if !matches!(status, StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE) {
        assert_eq!(calls, 0, "{status}, yet something was called");
        assert!(world.counts().is_empty(), "{status}, yet something was called");
        return;
    }
    check_kept(source.name(), &world, &summary);
    if choice.plan.is_empty() {
        assert_eq!((summary.accepted.left, summary.accepted.spilled), (0, 0), "nothing failed");
        assert_eq!((world.open_chunks(), world.queue().len()), (0, summary.accepted.new));
    }

    // The sweeper finishes whatever was answered for, and sending the request again brings nothing new.
    world.plan(Plan::new());
    for _ in 0..4 {
        world.pass_ms(60_000);
        let _ = block_on(pipeline.sweep(Deadline { at_ms: i64::MAX }));
    }
    assert_eq!((world.open_chunks(), world.spilled(), world.dead_chunks()), (0, 0, 0), "the sweeper leaves something");
    let sent =
        |world: &World| world.queue().iter().map(|copy| copy.id.clone()).collect::<std::collections::BTreeSet<_>>();
    let before = sent(&world);
    if status == StatusCode::OK {
        assert!(summary.ids.iter().all(|id| before.contains(&id.to_string())), "answered for, yet never sent");
    }
    let Some((response, again)) = send() else { return };
    check_answer(&response, &again);
    assert_eq!(response.status(), StatusCode::OK, "nothing failed");
    assert_eq!(summary.ids, again.ids, "the same request has other ids");
    if status == StatusCode::OK {
        assert_eq!(again.accepted.new, 0, "the same request brings something new");
        assert_eq!(before, sent(&world));
    }
}

/// The answer is one of those documented, and neither it nor the metrics tell a secret.
fn check_answer(response: &Response<Bytes>, summary: &Summary) {
    let status = response.status();
    let expected = match summary.outcome {
        Outcome::Accepted | Outcome::Handshake => 200,
        Outcome::Denied => 401,
        Outcome::Method => 405,
        Outcome::TooLarge => 413,
        Outcome::Destroyed => 415,
        Outcome::NoSecret | Outcome::NotDurable => 503,
    };
    assert_eq!(status.as_u16(), expected, "{:?}", summary.outcome);
    let headers = response.headers();
    assert_eq!(headers.contains_key("retry-after"), status == StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers.contains_key("allow"), status == StatusCode::METHOD_NOT_ALLOWED);
    let is_problem = headers["content-type"] == "application/problem+json";
    assert_eq!(is_problem, status != StatusCode::OK);
    let text = std::str::from_utf8(response.body()).expect("answers are text");
    assert!(text.len() < 1024, "the answer is short");
    if is_problem {
        let problem: Value = serde_json::from_str(text).expect("a problem is JSON");
        assert_eq!(problem["status"], status.as_u16());
    }
    let metrics = request_metrics(summary, 0);
    assert!(serde_json::from_str::<Value>(&metrics).is_ok_and(|line| line.is_object()), "metrics");
    let told = format!("{headers:?} {text} {metrics} {summary:?}").to_lowercase();
    assert!(!told.contains("canary"), "the answer or the metrics tell something: {told}");
}

/// What lies in the queues is fit for them, and counts add up.
fn check_kept(source: &str, world: &World, summary: &Summary) {
    let accepted = &summary.accepted;
    assert_eq!(accepted.received, accepted.new + accepted.duplicate + accepted.left, "{summary:?}");
    for copy in world.queue() {
        let _ = message::check_event(source, &copy.id, &copy.group, &copy.body);
    }
    let quarantine = world.quarantine();
    assert!(summary.outcome != Outcome::Accepted || (accepted.quarantined > 0) == !quarantine.is_empty());
    for text in quarantine {
        assert!(text.len() <= MAX_QUARANTINE_BYTES && message::queue_takes(&text), "a message in quarantine");
        let kept: Value = serde_json::from_str(&text).expect("a message in quarantine is JSON");
        assert_eq!(kept["source"], source);
        assert!(kept["text"].is_string() != kept["base64"].is_string());
        assert!(!text.contains(SECRET) || source != "carrotquest", "a secret in quarantine");
    }
}
