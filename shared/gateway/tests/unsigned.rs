//! Who is calling is decided before anything of the body is read, and nothing is called for a stranger.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write;
use std::sync::LazyLock;

use bytes::Bytes;
use common::{Bench, PROOFS, Proof, SECRET, events};
use http::{HeaderName, HeaderValue, Request, StatusCode};
use proptest::prelude::*;
use tributary_gateway::Outcome;
use tributary_normalize::SOURCES;

/// Bodies that reading would refuse or keep: an unsigned request with one of them is answered 401 all the same.
fn bodies(source: &str) -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        bomb.write_all(&vec![b' '; 16 << 20]).unwrap();
        bomb.finish().unwrap()
    });
    vec![
        ("events", events(source).to_vec(), None),
        ("too deep", "[".repeat(100_000).into_bytes(), None),
        ("a bomb", BOMB.clone(), Some("gzip")),
        ("no gzip", b"no gzip".to_vec(), Some("gzip")),
        ("no text", b"\xFF\xFE".to_vec(), None),
        ("no JSON", b"{".to_vec(), None),
        ("nothing", Vec::new(), None),
    ]
}

#[test]
fn nothing_is_read_and_nothing_called_for_an_unsigned_request() {
    for source in SOURCES {
        for proof in PROOFS {
            let bench = Bench::new(*source, proof);
            let now = bench.now_s();
            for (what, body, encoding) in bodies(source.name()) {
                let right = proof.request(source.name(), SECRET, &body, now);
                let mut requests = vec![
                    ("wrong", proof.request(source.name(), "s3cret-7d1e", &body, now)),
                    ("longer", proof.request(source.name(), "s3cret-7d1f0", &body, now)),
                    ("shorter", proof.request(source.name(), "s3cret-7d1", &body, now)),
                    ("empty", proof.request(source.name(), "", &body, now)),
                    ("none", Request::post(format!("/{}", source.name())).body(Bytes::from(body.clone())).unwrap()),
                ];
                if matches!(proof, Proof::TimedSignature | Proof::StandardWebhooks) {
                    requests.push(("old", proof.request(source.name(), SECRET, &body, now - 301)));
                    requests.push(("early", proof.request(source.name(), SECRET, &body, now + 301)));
                    let mut moved = right.clone();
                    let header = if proof == Proof::TimedSignature { "x-time" } else { "webhook-timestamp" };
                    moved.headers_mut().insert(header, HeaderValue::from(now + 1));
                    requests.push(("another time", moved));
                }
                if matches!(proof, Proof::TimedSignature | Proof::Signature | Proof::StandardWebhooks) {
                    let mut changed = right.clone();
                    *changed.body_mut() = Bytes::from([&body[..], b" "].concat());
                    requests.push(("another body", changed));
                }
                for (how, mut request) in requests {
                    if let Some(encoding) = encoding {
                        request.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
                    }
                    let at = format!("{} {proof:?} {how}, {what}", source.name());
                    let (response, summary) = bench.send(request);
                    assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{at}");
                    assert_eq!(summary.outcome, Outcome::Denied, "{at}");
                    assert!(summary.ids.is_empty() && summary.accepted.quarantined == 0, "{at}");
                    assert!(bench.is_untouched(), "{at}: {:?}", bench.world.counts());
                }
            }
            // The same rule lets the right secret in: the harness does count.
            let (response, summary) = bench.send(proof.request(source.name(), SECRET, events(source.name()), now));
            assert_eq!(response.status(), StatusCode::OK, "{} {proof:?}", source.name());
            assert_eq!(summary.accepted.new + summary.accepted.quarantined, 1, "{} {proof:?}", source.name());
            assert!(!bench.is_untouched(), "{} {proof:?}", source.name());
        }
    }
}

#[test]
fn nothing_is_called_for_what_is_refused_by_its_method_or_size() {
    for source in SOURCES {
        let bench = Bench::new(*source, Proof::Header);
        let right = |body: &[u8]| Proof::Header.request(source.name(), SECRET, body, 0);
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "BREW"] {
            let mut request = right(events(source.name()));
            *request.method_mut() = method.parse().unwrap();
            assert_eq!(bench.send(request).0.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        }
        assert_eq!(bench.send(right(&vec![b' '; (6 << 20) + 1])).0.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(bench.is_untouched(), "{}", source.name());
    }
}

/// Any headers a server hands on.
fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let known = prop::sample::select(vec![
        "authorization",
        "content-type",
        "content-encoding",
        "x-secret",
        "x-signature",
        "x-time",
        "traceparent",
        "x-amzn-trace-id",
        "host",
        "cookie",
    ])
    .prop_map(HeaderName::from_static);
    let words = prop::sample::select(vec![
        &b"Basic"[..],
        b"Basic ",
        b"Bearer  ",
        b"Signature=",
        b"gzip",
        b"deflate",
        b"identity, gzip",
        b"",
        b"=",
        b"\xFF\x80",
        b"00-",
        b"Root=1-",
        b";Parent=;",
        b"99999999999999999999",
        b"-1",
        b"dXNlcjo=",
    ])
    .prop_map(<[u8]>::to_vec);
    let value =
        prop_oneof![words, any::<Vec<u8>>()].prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok());
    prop::collection::vec((known, value), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_garbage_lets_anybody_in(
        source in prop::sample::select(SOURCES.to_vec()),
        proof in prop::sample::select(PROOFS.to_vec()),
        path in "[-/a-z0-9%._~]{0,40}",
        query in "[-a-z0-9%&=+]{0,40}",
        headers in headers(),
        body in any::<Vec<u8>>(),
    ) {
        let bench = Bench::new(source, proof);
        let mut request = Request::post(format!("/{path}?{query}")).body(Bytes::from(body)).unwrap();
        for (name, value) in headers {
            request.headers_mut().append(name, value);
        }
        let (response, _) = bench.send(request);
        prop_assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        prop_assert!(bench.is_untouched());
    }

    #[test]
    fn no_garbage_in_headers_costs_an_authentic_event(
        source in prop::sample::select(SOURCES.to_vec()),
        headers in headers(),
    ) {
        let bench = Bench::new(source, Proof::Path);
        let mut request = Proof::Path.request(source.name(), SECRET, events(source.name()), 0);
        for (name, value) in headers {
            request.headers_mut().append(name, value);
        }
        let (response, summary) = bench.send(request);
        prop_assert_eq!(response.status(), StatusCode::OK);
        // An encoding that is not the body's: kept as it came.
        prop_assert_eq!(summary.accepted.new + summary.accepted.quarantined, 1);
    }
}
