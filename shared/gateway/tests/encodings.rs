//! Compressed bodies, whole and damaged: what is authentic becomes events or is kept, and no bomb goes off.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write;

use base64::Engine;
use common::{Bench, Proof, SECRET, events};
use flate2::Compression;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;
use tributary_gateway::{Incoming, Path, Summary};
use tributary_normalize::SOURCES;

const ENCODINGS: [&str; 3] = ["gzip", "x-gzip", "deflate"];

fn encode(encoding: &str, body: &[u8]) -> Vec<u8> {
    if encoding == "deflate" {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        return encoder.finish().unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn send(bench: &Bench, encoding: &'static str, body: &[u8]) -> (Response<bytes::Bytes>, Summary) {
    let mut request = Proof::Header.request(bench.gateway.source().name(), SECRET, body, 0);
    request.headers_mut().insert("content-encoding", HeaderValue::from_static(encoding));
    bench.send(request)
}

/// The one part in quarantine, whole, with its reason.
fn kept(bench: &Bench) -> (String, Vec<u8>) {
    let mut reason = String::new();
    let mut whole = Vec::new();
    for (number, message) in bench.world.quarantine().iter().enumerate() {
        let message: Value = serde_json::from_str(message).unwrap();
        assert_eq!(message["piece"], number + 1);
        reason = message["reason"].as_str().unwrap().to_owned();
        match &message["text"] {
            Value::String(text) => whole.extend_from_slice(text.as_bytes()),
            _ => {
                let bytes = message["base64"].as_str().unwrap();
                whole.extend(base64::engine::general_purpose::STANDARD.decode(bytes).unwrap());
            }
        }
    }
    (reason, whole)
}

#[test]
fn a_whole_body_is_read_in_each_encoding() {
    for source in SOURCES {
        for encoding in ENCODINGS {
            let bench = Bench::new(*source, Proof::Header);
            let (response, summary) = send(&bench, encoding, &encode(encoding, events(source.name())));
            assert_eq!((response.status(), summary.accepted.new), (StatusCode::OK, 1), "{} {encoding}", source.name());
        }
    }
}

#[test]
fn a_body_cut_anywhere_is_kept_and_never_read() {
    for source in SOURCES {
        for encoding in ENCODINGS {
            let whole = encode(encoding, events(source.name()));
            for length in 0..whole.len() {
                let bench = Bench::new(*source, Proof::Header);
                let (response, summary) = send(&bench, encoding, &whole[..length]);
                let at = format!("{} {encoding}: {length} of {} bytes", source.name(), whole.len());
                assert_eq!(response.status(), StatusCode::OK, "{at}");
                assert_eq!((summary.accepted.received, summary.accepted.quarantined), (0, 1), "{at}");
                if length > 0 {
                    assert_eq!(kept(&bench), ("content_encoding".to_owned(), whole[..length].to_vec()), "{at}");
                }
            }
        }
    }
}

#[test]
fn a_body_with_a_byte_changed_is_never_another_event() {
    for source in SOURCES {
        for encoding in ENCODINGS {
            let whole = encode(encoding, events(source.name()));
            let bench = Bench::new(*source, Proof::Header);
            let right = send(&bench, encoding, &whole).1.ids;
            for at in 0..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 0x10;
                let bench = Bench::new(*source, Proof::Header);
                let (response, summary) = send(&bench, encoding, &changed);
                let at = format!("{} {encoding}: byte {at} of {}", source.name(), whole.len());
                assert_eq!(response.status(), StatusCode::OK, "{at}");
                // Bytes of a gzip header that mean nothing may change; of the text none.
                let unharmed = summary.ids == right && summary.accepted.quarantined == 0;
                assert!(unharmed || (summary.accepted.received, summary.accepted.quarantined) == (0, 1), "{at}");
            }
        }
    }
}

#[test]
fn what_follows_the_end_makes_a_body_unreadable() {
    for encoding in ENCODINGS {
        let bench = Bench::new(tributary_normalize::KARTE, Proof::Header);
        let body = [&encode(encoding, events("karte"))[..], b"more"].concat();
        let (_, summary) = send(&bench, encoding, &body);
        assert_eq!((summary.accepted.received, summary.accepted.quarantined), (0, 1), "{encoding}");
        assert_eq!(kept(&bench), ("content_encoding".to_owned(), body), "{encoding}");
    }
}

#[test]
fn what_inflates_to_more_than_is_read_is_kept_as_it_came() {
    for encoding in ENCODINGS {
        let bomb = encode(encoding, &vec![b' '; 64 << 20]);
        assert!(bomb.len() < 1 << 20);
        let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
        let (response, summary) = send(&bench, encoding, &bomb);
        assert_eq!(response.status(), StatusCode::OK, "{encoding}");
        assert_eq!((summary.accepted.received, summary.accepted.quarantined), (0, 1), "{encoding}");
        assert_eq!(kept(&bench), ("too_large".to_owned(), bomb), "{encoding}");
    }
}

#[test]
fn what_nests_deeper_than_is_read_is_kept_as_it_came() {
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65)).into_bytes();
    for (encoding, body) in [("identity", deep.clone()), ("gzip", encode("gzip", &deep))] {
        let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
        let (response, summary) = send(&bench, encoding, &body);
        assert_eq!((response.status(), summary.accepted.quarantined), (StatusCode::OK, 1), "{encoding}");
        assert_eq!(kept(&bench), ("too_deep".to_owned(), body), "{encoding}");
    }
}

#[test]
fn a_secret_within_a_body_is_cut_off_before_it_is_kept() {
    let body = [b"[".repeat(65).as_slice(), b"&token=", SECRET.as_bytes(), b"&a=1"].concat();
    for encoding in ["identity", "br"] {
        let bench = Bench::new(tributary_normalize::CARROTQUEST, Proof::Header);
        let (_, summary) = send(&bench, encoding, &body);
        assert_eq!(summary.accepted.quarantined, 1, "{encoding}");
        assert!(!bench.world.quarantine()[0].contains(SECRET), "{encoding}");
    }
}

#[test]
fn the_largest_body_that_lambda_hands_over_is_taken_and_one_byte_more_is_refused() {
    let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
    let mut body = events("infobip").to_vec();
    body.resize(6 << 20, b' ');
    let (response, summary) = send(&bench, "identity", &body);
    assert_eq!((response.status(), summary.accepted.new), (StatusCode::OK, 1));
    body.push(b' ');
    let (response, summary) = send(&bench, "identity", &body);
    assert_eq!((response.status(), summary.outcome.as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
}

#[test]
fn what_was_compressed_and_came_as_text_is_415_for_it_is_lost() {
    let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
    let gzip = encode("gzip", events("infobip"));
    let text = String::from_utf8_lossy(&gzip).into_owned().into_bytes();
    let mut request = Proof::Header.request("infobip", SECRET, &text, 0);
    request.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
    let request = Incoming { was_text: true, ..Incoming::from(request) };
    let (response, summary) = bench.send(request);
    assert_eq!((response.status(), summary.outcome.as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, "destroyed"));
    assert!(bench.is_untouched());
}

#[test]
fn many_empty_members_are_an_empty_body() {
    let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
    let body = encode("gzip", b"").repeat(40_000);
    let (response, summary) = send(&bench, "gzip", &body);
    assert_eq!((response.status(), summary.accepted.quarantined), (StatusCode::OK, 1));
}

#[test]
fn a_segment_with_a_slash_in_it_is_kept_as_one() {
    let bench = Bench::new(tributary_normalize::INFOBIP, Proof::Header);
    let request = Incoming::from(Proof::Header.request("infobip", SECRET, b"{", 0));
    let path = Path::encoded("/infobip/a%2Fb/%2541");
    bench.send(Incoming { path, ..request });
    let message: Value = serde_json::from_str(&bench.world.quarantine()[0]).unwrap();
    let kept = message["path"].as_str().unwrap();
    // A redrive reads it so.
    assert_eq!(Path::encoded(kept).into_segments(), ["a/b", "%41"], "{kept}");
}
