//! Vectors computed apart from this code: with `openssl dgst -hmac` where it says so, else with Python's `hmac` and
//! `hashlib`, and `cryptography` (`ec.ECDSA(hashes.SHA256())`) for the public keys. The time is 1,700,000,000, which is
//! 2023-11-14T22:13:20Z.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::*;
use crate::request::{Incoming, Path};

fn request(path: &str, query: &str, headers: &[(&'static str, &str)], body: &'static str) -> Received {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let incoming = Incoming {
        method: Method::POST,
        path: Path::decoded(path),
        query: query.to_owned(),
        headers,
        body: Bytes::from_static(body.as_bytes()),
        was_text: false,
    };
    Received::new("karte", incoming)
}

fn signed(headers: &[(&'static str, &str)], body: &'static str) -> Received {
    request("/karte", "", headers, body)
}

fn at(now_s: i64, rule: &str, request: Received) -> Result<Option<usize>, Denied> {
    let rules = Rules::parse(&format!(r#"{{"rules":[{rule}]}}"#)).unwrap();
    rules.verify(request, now_s).map(|verified| verified.rule).map_err(|(denied, _)| denied)
}

fn check(rule: &str, request: Received) -> Result<Option<usize>, Denied> {
    at(1_700_000_000, rule, request)
}

// Computed with `openssl dgst -hmac`: key "topsecret", text "1700000000:{\"a\":1}".
const HEX: &str = "2f8904a056fb0c9b14fea90515b43f23e4749753005269ac3f952f4a5dbc93b1";
const BASE64: &str = "L4kEoFb7DJsU/qkFFbQ/I+R0l1MAUmmsP5UvSl28k7E=";
const KARTE: &str = r#"{"type":"hmac","secret":"topsecret","header":"X-Karte-Signature",
    "timestamp_header":"X-Karte-Request-Timestamp","signed":"{timestamp}:{body}"}"#;

fn karte(signature: &str, timestamp: &str, body: &'static str) -> Received {
    signed(&[("x-karte-signature", signature), ("x-karte-request-timestamp", timestamp)], body)
}

#[test]
fn a_signature_is_taken_in_hex_and_base64_and_only_over_this_body_and_time() {
    let body = r#"{"a":1}"#;
    assert_eq!(check(KARTE, karte(HEX, "1700000000", body)), Ok(Some(0)));
    assert_eq!(check(KARTE, karte(&HEX.to_uppercase(), "1700000000", body)), Ok(Some(0)));
    assert_eq!(check(KARTE, karte(BASE64, "1700000000", body)), Ok(Some(0)));
    assert_eq!(check(KARTE, karte(BASE64.trim_end_matches('='), "1700000000", body)), Ok(Some(0)));
    assert_eq!(check(KARTE, karte(HEX, "1700000001", body)), Err(Denied::Wrong));
    assert_eq!(check(KARTE, karte(HEX, "1700000000", r#"{"a": 1}"#)), Err(Denied::Wrong));
    assert_eq!(check(KARTE, karte("", "1700000000", body)), Err(Denied::Wrong));
    assert_eq!(check(KARTE, karte("zz", "1700000000", body)), Err(Denied::Wrong));
    assert_eq!(check(KARTE, signed(&[], body)), Err(Denied::Missing));
}

#[test]
fn an_old_signature_is_stale_unless_the_tolerance_is_off() {
    let right = || karte(HEX, "1700000000", r#"{"a":1}"#);
    assert_eq!(at(1_700_000_300, KARTE, right()), Ok(Some(0)));
    assert_eq!(at(1_700_000_301, KARTE, right()), Err(Denied::Stale));
    assert_eq!(at(1_699_999_699, KARTE, right()), Err(Denied::Stale));
    let any = KARTE.replace(r#""type""#, r#""tolerance_seconds":0,"type""#);
    assert_eq!(at(0, &any, right()), Ok(Some(0)));
}

#[test]
fn a_time_in_milliseconds_is_one() {
    let signature = "46ec1b2663f925d8052e0be7b18192b711ef16429624ccc4941ee7e562542df1";
    let right = || karte(signature, "1700000000123", r#"{"a":1}"#);
    assert_eq!(check(KARTE, right()), Ok(Some(0)));
    assert_eq!(at(1_700_000_301, KARTE, right()), Err(Denied::Stale));
}

#[test]
fn a_time_in_rfc_3339_is_one() {
    let rule = r#"{"type":"hmac","secret":"topsecret","header":"x-signature","encoding":"base64",
        "timestamp_header":"x-time","signed":"{timestamp}{body}"}"#;
    let signature = "67lpnx0p3vc3kLVbeYmjkUdNsy1nrI6kqmCM5grKXuA=";
    let right = || signed(&[("x-signature", signature), ("x-time", "2023-11-14T22:13:20Z")], r#"{"a":1}"#);
    assert_eq!(check(rule, right()), Ok(Some(0)));
    assert_eq!(at(1_700_000_301, rule, right()), Err(Denied::Stale));
}

#[test]
fn a_time_in_the_signatures_own_header_is_one_and_any_of_several_signatures_will_do() {
    let rule = |between: &str| {
        format!(
            r#"{{"type":"hmac","secret":"topsecret","header":"x-signature","prefix":"v1=","timestamp_prefix":"t=",
            "signed":"{{timestamp}}{between}{{body}}"}}"#
        )
    };
    let dotted = "6a939b0c71853d606167625a15168ee9188c6a511c773ef4f42d307f3849e50f";
    let right = |value: &str| signed(&[("x-signature", value)], r#"{"a":1}"#);
    for value in [
        format!("t=1700000000,v1={dotted}"),
        format!("t=1700000000, v0=00, v1={HEX}, v1={dotted}"),
        format!("v1={dotted};t=1700000000"),
    ] {
        assert_eq!(check(&rule("."), right(&value)), Ok(Some(0)), "{value}");
        assert_eq!(at(1_700_000_301, &rule("."), right(&value)), Err(Denied::Stale), "{value}");
    }
    // With a colon, as another sender joins the two.
    assert_eq!(check(&rule(":"), right(&format!("t=1700000000;v1={HEX}"))), Ok(Some(0)));
    for (value, why) in [
        (format!("t=1700000001,v1={dotted}"), Denied::Wrong),
        (format!("t=1700000000,v0={dotted}"), Denied::Missing),
        (format!("v1={dotted}"), Denied::Missing),
        (format!("at=1700000000,v1={dotted}"), Denied::Missing),
    ] {
        assert_eq!(check(&rule("."), right(&value)), Err(why), "{value}");
    }
}

#[test]
fn infobips_two_signatures_are_taken_by_the_rules_of_its_readme() {
    let exchange = r#"{"type":"hmac","secret":"topsecret","header":"x-ib-exchange-req-signature","encoding":"hex",
        "timestamp_header":"x-ib-exchange-req-timestamp","signed":"{timestamp}{body}"}"#;
    let signature = "3c6b574836a832331bd225702452f4b24c7d5cc3de6bb87ce885a4d06fbd2029";
    let request = |time| {
        signed(&[("x-ib-exchange-req-signature", signature), ("x-ib-exchange-req-timestamp", time)], r#"{"a":1}"#)
    };
    assert_eq!(check(exchange, request("1700000000123")), Ok(Some(0)));
    assert_eq!(check(exchange, request("1700000000")), Err(Denied::Wrong));
    assert_eq!(at(1_700_000_500, exchange, request("1700000000123")), Err(Denied::Stale));
    let calls = r#"{"type":"hmac","secret":"topsecret","header":"x-ib-hmac-signature","encoding":"base64"}"#;
    let request = |body| signed(&[("x-ib-hmac-signature", "vx5lAbf6ko7COR/qndkK88mtG3se9v8xnCWUDOx0a/g=")], body);
    assert_eq!(check(calls, request(r#"{"a":1}"#)), Ok(Some(0)));
    assert_eq!(check(calls, request(r#"{"a":2}"#)), Err(Denied::Wrong));
    for rule in [exchange, calls] {
        let rule: serde_json::Value = serde_json::from_str(rule).unwrap();
        let readme = include_str!("../../../normalize/src/infobip/README.md");
        for (field, value) in rule.as_object().unwrap() {
            let shown = format!("\"{field}\":{value}");
            assert!(field == "secret" || readme.contains(&shown), "the README of infobip lacks {shown}");
        }
    }
}

#[test]
fn a_prefix_marks_the_signature_within_its_header() {
    // RFC 2202 and RFC 4231, test case 2.
    for (algorithm, digest) in [
        ("md5", "750c783e6ab0b503eaa86e310a5db738"),
        ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        ("sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
        ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ("sha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"),
        (
            "sha512",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ] {
        let rule = format!(
            r#"{{"type":"hmac","secret":"Jefe","header":"authorization","prefix":"Signature=","algorithm":"{algorithm}"}}"#
        );
        let text = "what do ya want for nothing?";
        let value = format!("Scheme Credential=c,Signature={digest},x");
        assert!(check(&rule, signed(&[("authorization", &value)], text)).is_ok(), "{algorithm}");
        assert_eq!(check(&rule, signed(&[("authorization", digest)], text)), Err(Denied::Missing));
    }
}

const POINT: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZR74gqe00rtRo00hul7nliw/PBVeqwojc9ouD6ojTcnvFvw79JudAzPtoRxG5JWnAbS//HvAq9OHehCjKlhTnQ==";

#[test]
fn a_public_key_vouches_for_time_and_body() {
    let body = "[{\"event\":\"delivered\",\"email\":\"ada@example.com\"}]\r\n";
    let pem = format!("-----BEGIN PUBLIC KEY-----\\n{}\\n{}\\n-----END PUBLIC KEY-----\\n", &POINT[..64], &POINT[64..]);
    let signature = "MEYCIQDyj8/wB1rk/Zi8Ti9Ve+4AM50sI6QHNVbZAQSmMRm9iAIhAPgnKwp8//PI0NB/bbxBHXlTFWlU+CM1zOZNDxTTq2oW";
    let request = |signature: &str, time: &str, body| signed(&[("x-signature", signature), ("x-time", time)], body);
    for key in [POINT, &pem] {
        let rule =
            format!(r#"{{"type":"ecdsa","public_key":"{key}","header":"x-signature","timestamp_header":"x-time"}}"#);
        assert_eq!(check(&rule, request(signature, "1700000000", body)), Ok(Some(0)));
        assert_eq!(at(1_700_000_301, &rule, request(signature, "1700000000", body)), Err(Denied::Stale));
        assert_eq!(check(&rule, request(signature, "1700000001", body)), Err(Denied::Wrong));
        assert_eq!(check(&rule, request(signature, "1700000000", "[]")), Err(Denied::Wrong));
        assert_eq!(check(&rule, request("AAAA", "1700000000", body)), Err(Denied::Wrong));
        assert_eq!(check(&rule, request("", "1700000000", body)), Err(Denied::Wrong));
        assert_eq!(check(&rule, signed(&[("x-time", "1700000000")], body)), Err(Denied::Missing));
        assert_eq!(check(&rule, signed(&[("x-signature", signature)], body)), Err(Denied::Missing));
    }
    let untimed = format!(r#"{{"type":"ecdsa","public_key":"{POINT}","header":"x-signature"}}"#);
    let signature = "MEYCIQDXD2rtstpzmojonNYaAWBH8mwZ3MtBxEYsJBINrptA3wIhAJjutRKTh7l1YjUk2eWznRnhW4PLNnl58KHiE8X4qHb3";
    assert_eq!(check(&untimed, signed(&[("x-signature", signature)], body)), Ok(Some(0)));
}

#[test]
fn standard_webhooks_are_taken_whichever_of_their_signatures_is_right() {
    let rule = r#"{"type":"standard_webhooks","secret":"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}"#;
    let right = "v1,x3elAHawy7Y9N7Y2XJgGonbeZHlwrhObUD19SZw3/hU=";
    let request = |id: &str, time: &str, signatures: &str| {
        signed(&[("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signatures)], r#"{"a":1}"#)
    };
    for signatures in [right.to_owned(), format!("v1,AAAA {right}"), format!("v1a,AAAA {right} v2,AAAA")] {
        assert_eq!(check(rule, request("msg_7", "1700000000", &signatures)), Ok(Some(0)), "{signatures}");
    }
    for signatures in ["", "v1,", "v1,AAAA", "x3elAHawy7Y9N7Y2XJgGonbeZHlwrhObUD19SZw3/hU="] {
        assert_eq!(check(rule, request("msg_7", "1700000000", signatures)), Err(Denied::Wrong), "{signatures}");
    }
    let other_version = right.replacen("v1", "v1a", 1);
    assert_eq!(check(rule, request("msg_7", "1700000000", &other_version)), Err(Denied::Wrong));
    assert_eq!(check(rule, request("msg_8", "1700000000", right)), Err(Denied::Wrong));
    assert_eq!(check(rule, request("msg_7", "1700000001", right)), Err(Denied::Wrong));
    assert_eq!(at(1_700_000_301, rule, request("msg_7", "1700000000", right)), Err(Denied::Stale));
    assert_eq!(check(rule, signed(&[("webhook-signature", right)], r#"{"a":1}"#)), Err(Denied::Missing));
    let svix = rule.replace(r#""secret""#, r#""headers":"svix","secret""#);
    let headers = [("svix-id", "msg_7"), ("svix-timestamp", "1700000000"), ("svix-signature", right)];
    assert_eq!(check(&svix, signed(&headers, r#"{"a":1}"#)), Ok(Some(0)));
}

#[test]
fn the_url_and_the_sorted_fields_of_a_form_are_signed() {
    let rule = r#"{"type":"url_form","secret":"auth-token","url":"https://hooks.example.com/twilio?x=1","header":"X-Twilio-Signature"}"#;
    let request = |body| signed(&[("x-twilio-signature", "BrnEBYqwHp7NukyhFjvUOcu8nRI=")], body);
    let body = "To=%2B385910000001&From=%2B385910000002&Body=hi+there+%26+bye&AccountSid=AC1";
    let sorted = "AccountSid=AC1&Body=hi%20there%20%26%20bye&From=%2B385910000002&To=%2B385910000001";
    assert_eq!(check(rule, request(body)), Ok(Some(0)));
    assert_eq!(check(rule, request(sorted)), Ok(Some(0)));
    assert_eq!(check(rule, request("To=%2B385910000001")), Err(Denied::Wrong));
    assert_eq!(check(&rule.replace("x=1", "x=2"), request(body)), Err(Denied::Wrong));
    assert_eq!(check(rule, signed(&[], body)), Err(Denied::Missing));
}

#[test]
fn every_plain_rule_lets_in_its_own_secret_and_nothing_else() {
    let cases = [
        (
            r#"{"type":"basic","username":"u","password":"p:1"}"#,
            request("/karte", "", &[("authorization", "basic dTpwOjE=")], ""),
        ),
        (r#"{"type":"bearer","token":"t"}"#, request("/karte", "", &[("authorization", "Bearer t")], "")),
        (r#"{"type":"header","name":"X-Key","value":"v"}"#, request("/karte", "", &[("x-key", "v")], "")),
        (r#"{"type":"query","name":"token","value":"a b"}"#, request("/karte", "x=1&token=a+b", &[], "")),
        (r#"{"type":"path","secret":"s"}"#, request("/karte/key-s/x", "", &[], "")),
        (r#"{"type":"form","name":"token","value":"é"}"#, request("/karte", "", &[], "a=1&token=%C3%A9")),
    ];
    for (rule, right) in cases {
        assert_eq!(check(rule, right), Ok(Some(0)), "{rule}");
        assert_eq!(check(rule, request("/karte", "", &[], "")), Err(Denied::Missing), "{rule}");
        let wrong = request(
            "/karte/key-S",
            "token=a",
            &[("authorization", if rule.contains("basic") { "Basic dTpwOjI=" } else { "Bearer T" }), ("x-key", "V")],
            "token=e",
        );
        assert_eq!(check(rule, wrong), Err(Denied::Wrong), "{rule}");
    }
}

#[test]
fn several_rules_are_live_at_once() {
    let both = r#"{"type":"bearer","token":"old"},{"type":"bearer","token":"new"}"#;
    assert_eq!(check(both, request("/karte", "", &[("authorization", "Bearer old")], "")), Ok(Some(0)));
    assert_eq!(check(both, request("/karte", "", &[("authorization", "Bearer new")], "")), Ok(Some(1)));
}

#[test]
fn a_handshake_is_answered_to_who_knows_its_token_and_only_with_a_plain_challenge() {
    let rules = r#"{"rules":[{"type":"bearer","token":"x"}],"handshake":{"type":"hub","verify_token":"t1"}}"#;
    let rules = Rules::parse(rules).unwrap();
    let answer = |query: &str| rules.handshake().unwrap().answer(query);
    let right = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t1";
    assert_eq!(answer(right).as_deref(), Some("1158201444"));
    assert_eq!(answer(&format!("a=1&{right}&b=2")).as_deref(), Some("1158201444"));
    for (from, to) in [
        ("=t1", "=t2"),
        ("=t1", "="),
        ("subscribe", "unsubscribe"),
        ("hub.mode", "mode"),
        ("hub.verify_token", "verify_token"),
        ("hub.challenge", "challenge"),
        ("1158201444", ""),
        ("1158201444", "%3Cscript%3E"),
        ("1158201444", "a+b"),
        ("1158201444", "%0A"),
        ("1158201444", "%C3%A9"),
        ("1158201444", &"1".repeat(257)),
    ] {
        assert_eq!(answer(&right.replace(from, to)), None, "{from} as {to}");
    }
    assert!(answer(&right.replace("1158201444", &"1".repeat(256))).is_some());
    assert!(Rules::parse(r#"{"rules":[{"type":"bearer","token":"x"}]}"#).unwrap().handshake().is_none());
}

#[test]
fn rules_that_let_nobody_in_or_more_than_they_say_are_refused_by_rule_and_field() {
    let hmac = r#""type":"hmac","secret":"k","header":"h""#;
    let ecdsa = r#""type":"ecdsa","header":"h","public_key""#;
    let cases = [
        (r#""type":"bearer","token":"""#.to_owned(), r#"rules[1] (bearer), field "token": is empty"#),
        (r#""type":"bearer""#.to_owned(), r#"rules[1] (bearer), field "token": is missing"#),
        (r#""type":"bearer","token":7"#.to_owned(), r#"rules[1] (bearer), field "token": must be a text"#),
        (r#""type":"bearer","token":" x""#.to_owned(), r#"rules[1] (bearer), field "token": has blanks"#),
        (r#""type":"bearer","token":"é""#.to_owned(), r#"rules[1] (bearer), field "token": comes in a header"#),
        (r#""type":"query","name":"a","value":"x\n""#.to_owned(), r#"(query), field "value": has blanks"#),
        (r#""type":"form","name":"a","value":"x\u0000y""#.to_owned(), r#"(form), field "value": has a control"#),
        (r#""type":"form","name":"","value":"x""#.to_owned(), r#"(form), field "name": is empty"#),
        (r#""type":"header","name":"a b","value":"x""#.to_owned(), r#"(header), field "name": is no name of a header"#),
        (r#""type":"header","name":"","value":"x""#.to_owned(), r#"(header), field "name": is no name of a header"#),
        (r#""type":"basic","username":"a:b","password":"x""#.to_owned(), r#"(basic), field "username": has a colon"#),
        (r#""type":"basic","username":"a","password":"x ""#.to_owned(), r#"(basic), field "password": has blanks"#),
        (r#""type":"path","secret":"a/b""#.to_owned(), r#"rules[1] (path), field "secret": has a slash"#),
        (r#""type":"hmac","secret":"k\t","header":"h""#.to_owned(), r#"(hmac), field "secret": has blanks"#),
        (r#""type":"hmac","secret":"k","header":" h""#.to_owned(), r#"(hmac), field "header": is no name of a header"#),
        (format!(r#"{hmac},"algorithm":"sha3""#), r#"(hmac), field "algorithm": must be one of: md5, sha1"#),
        (format!(r#"{hmac},"encoding":"latin""#), r#"(hmac), field "encoding": must be one of: any, hex"#),
        (format!(r#"{hmac},"signed":"{{timestamp}}""#), r#"(hmac), field "signed": must contain {body}"#),
        (format!(r#"{hmac},"signed":"{{timestamp}}{{body}}""#), r#"(hmac), field "signed": has {timestamp}, but"#),
        (format!(r#"{hmac},"timestamp_header":"t""#), r#"(hmac), field "timestamp_header": is not signed"#),
        (format!(r#"{hmac},"timestamp_prefix":"t=""#), r#"(hmac), field "timestamp_prefix": is not signed"#),
        (
            format!(r#"{hmac},"timestamp_header":"t t","signed":"{{timestamp}}{{body}}""#),
            r#"(hmac), field "timestamp_header": is no name of a header"#,
        ),
        (
            format!(r#"{hmac},"timestamp_header":"t","timestamp_prefix":"t=","signed":"{{timestamp}}{{body}}""#),
            r#"(hmac), field "timestamp_prefix": stands beside"#,
        ),
        (
            format!(r#"{hmac},"timestamp_header":"t","signed":"{{timestamp}}{{body}}","tolerance_seconds":-300"#),
            r#"(hmac), field "tolerance_seconds": is negative"#,
        ),
        (
            format!(r#"{hmac},"timestamp_header":"t","signed":"{{timestamp}}{{body}}","tolerance_seconds":0.5"#),
            r#"(hmac), field "tolerance_seconds": must be a whole number"#,
        ),
        (format!(r#"{hmac},"tolerance_seconds":300"#), r#"(hmac), field "tolerance_seconds": has no time"#),
        (format!(r#"{ecdsa}:"AAAA""#), r#"(ecdsa), field "public_key": is no P-256 public key"#),
        // One letter of the point changed: it is not on the curve. And a key of another curve.
        (
            format!(r#"{ecdsa}:"{}""#, POINT.replace("Zw==", "Zg==").replace("EZR74", "EZR75")),
            r#"is no P-256 public key"#,
        ),
        (
            format!(
                r#"{ecdsa}:"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE6GuZXjUOTTEqlaa31djNzbRoL1iIAKHNbJcuHcsqWsONkARpUbA8yzsXmon9qIsbSFufLB9EsN1Bzm48OmkLv6q+weH/Su+yRh/dpmKb7L1Dz3TBPYwaFiVhIkPwBGFI""#
            ),
            r#"is no P-256 public key"#,
        ),
        (r#""type":"standard_webhooks","secret":"AAEC""#.to_owned(), r#"field "secret": must be whsec_ and base64"#),
        (r#""type":"standard_webhooks","secret":"whsec_""#.to_owned(), r#"field "secret": must be whsec_ and base64"#),
        (
            r#""type":"url_form","secret":"k","url":"/x","header":"h""#.to_owned(),
            r#"field "url": must be the whole URL"#,
        ),
        (r#""type":"bearer","tokn":"hunter2""#.to_owned(), r#"rules[1] (bearer), field "token": is missing"#),
        (
            r#""type":"bearer","token":"x","hunter2":"x""#.to_owned(),
            "rules[1] (bearer): has a field that this type does not know; it knows: type, token",
        ),
        (
            r#""type":"berer","token":"hunter2""#.to_owned(),
            r#"rules[1]: "type" is "berer"; there are: basic, bearer, ecdsa"#,
        ),
        (r#""token":"hunter2""#.to_owned(), r#"rules[1]: "type" is missing; there are"#),
        (r#""type":7"#.to_owned(), r#"rules[1]: "type" is no text; there are"#),
    ];
    for (rule, wanted) in cases {
        let json = format!(r#"{{"rules":[{{"type":"bearer","token":"fine"}},{{{rule}}}]}}"#);
        let error = Rules::parse(&json).expect_err(&rule).to_string();
        assert!(error.contains(wanted), "{rule}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert_eq!(Rules::parse(r#"{"rules":[]}"#).unwrap_err(), RulesError::Empty);
    let handshake = r#"{"rules":[{"type":"bearer","token":"x"}],"handshake":{"type":"hub","verify_token":""}}"#;
    let error = Rules::parse(handshake).unwrap_err().to_string();
    assert_eq!(error, r#"handshake (hub), field "verify_token": is empty"#);
}

#[test]
fn what_is_no_list_of_rules_says_where_and_quotes_nothing() {
    for json in [
        "hunter2",
        r#"{"rules":"hunter2"}"#,
        r#"{"rules":["hunter2"]}"#,
        r#"{"rules":[{"type":"bearer","token":"x"}],"hunter2":1}"#,
        r#"{"rules":[{"type":"bearer","token":"hunter2"}],"rules":[{"type":"bearer","token":"x"}]}"#,
        r#"{"rules":[{"type":"bearer","token":"hunter2","token":"x"}]}"#,
    ] {
        let error = Rules::parse(json).unwrap_err();
        assert!(matches!(error, RulesError::Shape { .. }), "{json}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    let rules = Rules::parse(r#"{"rules":[{"type":"path","secret":"hunter2"}]}"#).unwrap();
    assert_eq!(format!("{rules:?}"), "[path(..)]");
}
