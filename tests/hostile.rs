//! Requests that no vendor sends, or that no vendor signed: the documented answer, nothing stored unless authentic.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use tributary_gateway::{Outcome, Provider, Rules};
use tributary_tests::{Bench, REPORTS, SECRET, post, reports, send};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_authentic_is_401_and_leaves_no_trace() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    for secret in [None, Some("wrong"), Some(""), Some("tes"), Some("test ")] {
        let mut request = Request::post(REPORTS);
        if let Some(secret) = secret {
            request = request.header("x-secret", secret);
        }
        let (response, summary) = send(&gateway, request.body(Bytes::from(reports("no", 0..3))).unwrap()).await;
        // HTTP strips blanks around a header's value on the wire; here there is no wire.
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{secret:?}");
        assert_eq!(summary.outcome, Outcome::Denied);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    assert!(bench.dynamodb.counts().is_empty() && bench.sqs.counts().is_empty(), "no call to AWS for a stranger");
    assert!(bench.is_untouched().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_karte_signature_counts_for_its_own_body_only() {
    let bench = Bench::start().await;
    let rules = r#"{"rules":[{"type":"hmac","secret":"s","header":"x-karte-signature",
        "timestamp_header":"x-karte-request-timestamp","signed":"{timestamp}:{body}"}]}"#;
    let gateway = bench.gateway_with("karte", Provider::fixed(Rules::parse(rules).unwrap()));
    let request = Request::post("/karte")
        .header("x-karte-signature", "00".repeat(32))
        .header("x-karte-request-timestamp", "1795253400")
        .body(Bytes::from_static(b"{}"))
        .unwrap();
    assert_eq!(send(&gateway, request).await.0.status(), StatusCode::UNAUTHORIZED);
    assert!(bench.is_untouched().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nobody_gets_in_and_the_vendor_may_retry() {
    let bench = Bench::start().await;
    let gateway = bench.gateway_with("infobip", Provider::missing());
    let (response, summary) = send(&gateway, post(REPORTS, reports("no", 0..1))).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()["retry-after"], "30");
    assert_eq!(summary.outcome, Outcome::NoSecret);
    assert!(bench.is_untouched().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_post_is_a_webhook() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        let request = Request::builder().method(method).uri(REPORTS).header("x-secret", SECRET);
        let (response, _) = send(&gateway, request.body(Bytes::new()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["allow"], "POST");
    }
    assert!(bench.is_untouched().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_lambda_hands_over_is_refused_before_it_is_read() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let large = format!(r#"{{"results":[],"filler":"{}"}}"#, "x".repeat(6 << 20));
    let (response, _) = send(&gateway, post(REPORTS, large)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(bench.is_untouched().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_authentic_and_larger_or_deeper_than_can_be_read_is_kept_as_it_came_in_pieces() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let deep = "[".repeat(100_000).into_bytes();
    let nested = format!("{{\"results\":[{}", r#"{"a":["#.repeat(50_000)).into_bytes();
    // Bytes that no compression makes smaller, and spaces that it makes small.
    let noise: Vec<u8> = (0..1_u64 << 20).map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8).collect();
    let large = gzip(&[&noise[..], &vec![b' '; 64 << 20]].concat());
    for (body, encoding, reason) in
        [(deep, "identity", "too_deep"), (nested, "identity", "too_deep"), (large, "gzip", "too_large")]
    {
        let mut request = post(REPORTS, body.clone());
        request.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        let (response, summary) = send(&gateway, request).await;
        assert_eq!((response.status(), summary.accepted.quarantined), (StatusCode::OK, 1), "{reason}");
        let mut pieces = BTreeMap::new();
        for message in tributary_tests::drain(&bench.stack.sqs(), &bench.stack.queues().quarantine).await {
            let message: serde_json::Value = serde_json::from_str(&message).unwrap();
            assert_eq!(message["reason"], reason);
            let piece = match message["text"].as_str() {
                Some(text) => text.as_bytes().to_vec(),
                None => BASE64_STANDARD.decode(message["base64"].as_str().unwrap()).unwrap(),
            };
            pieces.insert(message["piece"].as_u64().unwrap(), piece);
        }
        assert_eq!(pieces.len(), body.len().div_ceil(160 * 1024), "{reason}");
        assert!(pieces.into_values().flatten().eq(body), "{reason}: nothing is missing");
    }
    assert!(bench.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_authentic_but_unreadable_is_kept_in_quarantine_and_answered_200() {
    let bench = Bench::start().await;
    for source in tributary_normalize::SOURCES {
        let gateway = bench.gateway(source.name());
        let path = format!("/{}", source.name());
        for (body, what) in [
            (&b""[..], "empty"),
            (b"   ", "blank"),
            (b"null", "null"),
            (b"\xFF\xFE{}", "invalid UTF-8"),
            (b"{\"a\":", "cut off"),
            (b"<xml/>", "XML"),
            (b"42", "a number"),
            (b"\"text\"", "a string"),
        ] {
            let (response, summary) = send(&gateway, post(&path, body)).await;
            assert_eq!(response.status(), StatusCode::OK, "{path} {what}");
            assert_eq!((summary.accepted.received, summary.accepted.quarantined), (0, 1), "{path} {what}");
            let kept = bench.quarantine().await;
            assert_eq!(kept.len(), 1, "{path} {what}");
            let whole = match &kept[0]["text"] {
                serde_json::Value::String(text) => text.clone().into_bytes(),
                _ => base64::Engine::decode(
                    &base64::engine::general_purpose::STANDARD,
                    kept[0]["base64"].as_str().unwrap(),
                )
                .unwrap(),
            };
            assert_eq!(whole, body, "{path} {what}: kept as it came");
        }
        let (response, summary) = send(&gateway, post(&path, &b"[]"[..])).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(summary.accepted.received, 0, "{path}: an empty list holds no event");
        bench.quarantine().await;
    }
    assert!(bench.events().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_any_vendor_sends_are_kept_as_one_body() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let body = format!(r#"{{"results":[{}{{}}]}}"#, "{},".repeat(100_000));
    let (response, summary) = send(&gateway, post(REPORTS, body.clone())).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!((summary.accepted.received, summary.accepted.quarantined), (0, 1));
    let kept = bench.quarantine().await;
    assert!(kept.iter().all(|piece| piece["reason"] == "too_many"));
    let whole: String = {
        let mut pieces = kept.clone();
        pieces.sort_by_key(|piece| piece["piece"].as_u64());
        pieces.iter().map(|piece| piece["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(whole, body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_inflate_is_kept() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    for (encoding, body) in [("gzip", b"no gzip".to_vec()), ("br", b"{}".to_vec())] {
        let mut request = post(REPORTS, body);
        request.headers_mut().insert("content-encoding", encoding.parse().unwrap());
        let (response, summary) = send(&gateway, request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(summary.accepted.quarantined, 1);
    }
    let mut request = post(REPORTS, gzip(reports("gz", 0..2).as_bytes()));
    request.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    assert_eq!(send(&gateway, request).await.1.accepted.new, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_sqs_refuses_raw_arrives_escaped() {
    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let body = reports("text", 0..1).replace("385910000001", "a\u{FFFE}b\u{FFFF}\\u0000\\ud800");
    let (response, summary) = send(&gateway, post(REPORTS, body)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(summary.accepted.new, 1, "{summary:?}");
    assert_eq!(bench.events().await.len(), 1);
}
