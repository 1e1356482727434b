//! Checking a request against one rule, in constant time.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};

use super::rule::{Algorithm, Encoding, Rule};
use super::{Denied, Secret};
use crate::request::Received;

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl Rule {
    /// Whether the rule vouches for the request.
    pub(crate) fn check(&self, request: &Received, now_s: i64) -> Result<(), Denied> {
        let same = |given: Option<&[u8]>, wanted: &Secret| match given {
            None => Err(Denied::Missing),
            Some(given) if wanted.is(given) => Ok(()),
            Some(_) => Err(Denied::Wrong),
        };
        let text = |given: Option<&str>, wanted| same(given.map(str::as_bytes), wanted);
        match self {
            Self::Hmac { .. } => self.check_signature(request, now_s),
            Self::Basic { username, password } => {
                let given = scheme(request, "Basic").and_then(|given| STANDARD.decode(given.trim()).ok());
                same(given.as_deref(), &password.after(&format!("{username}:")))
            }
            Self::Bearer { token } => text(scheme(request, "Bearer").map(str::trim), token),
            Self::Header { name, value } => text(request.header(name), value),
            Self::Query { name, value } => text(pair(request.query.as_bytes(), name).as_deref(), value),
            Self::Path { secret } => text(request.path_secret.as_deref(), secret),
            Self::Form { name, value } => text(pair(&request.body, name).as_deref(), value),
        }
    }

    fn check_signature(&self, request: &Received, now_s: i64) -> Result<(), Denied> {
        let Self::Hmac { secret, header, algorithm, encoding, prefix, signed, timestamp_header, tolerance_seconds } =
            self
        else {
            return Err(Denied::Missing);
        };
        let value = request.header(header).ok_or(Denied::Missing)?;
        // A header without the prefix is somebody else's.
        let (_, signature) = value.split_once(prefix.as_str()).ok_or(Denied::Missing)?;
        let signature = signature.split(',').next().unwrap_or_default().trim();
        let timestamp = match timestamp_header {
            Some(name) => request.header(name).ok_or(Denied::Missing)?.trim(),
            None => "",
        };
        let given = decodings(signature, *encoding);
        if !algorithm.signed(secret, &Signed { template: signed, timestamp, body: &request.body }, &given) {
            return Err(Denied::Wrong);
        }
        // Only now: a time nobody signed says nothing.
        if timestamp_header.is_some() && *tolerance_seconds > 0 {
            let at: i64 = timestamp.parse().map_err(|_| Denied::Stale)?;
            if at.abs_diff(now_s) > tolerance_seconds.unsigned_abs() {
                return Err(Denied::Stale);
            }
        }
        Ok(())
    }
}

/// What a signature is over.
struct Signed<'a> {
    template: &'a str,
    timestamp: &'a str,
    body: &'a [u8],
}

impl Algorithm {
    /// Whether one of the signatures given is right.
    fn signed(self, secret: &Secret, signed: &Signed<'_>, given: &[Vec<u8>]) -> bool {
        match self {
            Self::Md5 => verify::<Hmac<md5::Md5>>(secret, signed, given),
            Self::Sha1 => verify::<Hmac<sha1::Sha1>>(secret, signed, given),
            Self::Sha224 => verify::<Hmac<sha2::Sha224>>(secret, signed, given),
            Self::Sha256 => verify::<Hmac<sha2::Sha256>>(secret, signed, given),
            Self::Sha384 => verify::<Hmac<sha2::Sha384>>(secret, signed, given),
            Self::Sha512 => verify::<Hmac<sha2::Sha512>>(secret, signed, given),
        }
    }
}

fn verify<M: Mac + KeyInit + Clone>(secret: &Secret, signed: &Signed<'_>, given: &[Vec<u8>]) -> bool {
    // HMAC takes keys of any length.
    let Ok(mut mac) = secret.mac::<M>() else { return false };
    let mut rest = signed.template;
    while let Some(open) = rest.find('{') {
        mac.update(&rest.as_bytes()[..open]);
        rest = &rest[open..];
        if let Some(tail) = rest.strip_prefix("{body}") {
            mac.update(signed.body);
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("{timestamp}") {
            mac.update(signed.timestamp.as_bytes());
            rest = tail;
        } else {
            mac.update(b"{");
            rest = &rest[1..];
        }
    }
    mac.update(rest.as_bytes());
    // In constant time.
    given.iter().any(|given| mac.clone().verify_slice(given).is_ok())
}

fn decodings(signature: &str, encoding: Encoding) -> Vec<Vec<u8>> {
    let hex = || unhex(signature);
    let base64 = || STANDARD.decode(signature).or_else(|_| URL_SAFE.decode(signature)).ok();
    match encoding {
        Encoding::Hex => hex().into_iter().collect(),
        Encoding::Base64 => base64().into_iter().collect(),
        Encoding::Any => hex().into_iter().chain(base64()).collect(),
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

fn scheme<'a>(request: &'a Received, name: &str) -> Option<&'a str> {
    let (scheme, rest) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(rest)
}

/// The first value of that name in form encoding.
fn pair(encoded: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(encoded).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Rules;
    use bytes::Bytes;
    use http::HeaderMap;

    fn request(path: &str, query: &str, headers: &[(&'static str, &str)], body: &'static str) -> Received {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        Received::new("karte", path, query, headers, Bytes::from_static(body.as_bytes()))
    }

    fn check(rule: &str, request: Received) -> Result<Option<usize>, Denied> {
        let rules = Rules::parse(&format!(r#"{{"rules":[{rule}]}}"#)).unwrap();
        rules.verify(request, 1_700_000_000).map(|verified| verified.rule).map_err(|(denied, _)| denied)
    }

    // Computed with `openssl dgst -hmac`: key "topsecret", text "1700000000:{\"a\":1}".
    const HEX: &str = "2f8904a056fb0c9b14fea90515b43f23e4749753005269ac3f952f4a5dbc93b1";
    const BASE64: &str = "L4kEoFb7DJsU/qkFFbQ/I+R0l1MAUmmsP5UvSl28k7E=";
    const KARTE: &str = r#"{"type":"hmac","secret":"topsecret","header":"X-Karte-Signature",
        "timestamp_header":"X-Karte-Request-Timestamp","signed":"{timestamp}:{body}"}"#;

    fn signed(signature: &str, timestamp: &str, body: &'static str) -> Received {
        request("/karte", "", &[("x-karte-signature", signature), ("x-karte-request-timestamp", timestamp)], body)
    }

    #[test]
    fn a_signature_is_taken_in_hex_and_base64_and_only_over_this_body_and_time() {
        let body = r#"{"a":1}"#;
        assert_eq!(check(KARTE, signed(HEX, "1700000000", body)), Ok(Some(0)));
        assert_eq!(check(KARTE, signed(&HEX.to_uppercase(), "1700000000", body)), Ok(Some(0)));
        assert_eq!(check(KARTE, signed(BASE64, "1700000000", body)), Ok(Some(0)));
        assert_eq!(check(KARTE, signed(BASE64.trim_end_matches('='), "1700000000", body)), Ok(Some(0)));
        assert_eq!(check(KARTE, signed(HEX, "1700000001", body)), Err(Denied::Wrong));
        assert_eq!(check(KARTE, signed(HEX, "1700000000", r#"{"a": 1}"#)), Err(Denied::Wrong));
        assert_eq!(check(KARTE, signed("", "1700000000", body)), Err(Denied::Wrong));
        assert_eq!(check(KARTE, signed("zz", "1700000000", body)), Err(Denied::Wrong));
        assert_eq!(check(KARTE, request("/karte", "", &[], body)), Err(Denied::Missing));
    }

    #[test]
    fn an_old_signature_is_stale_unless_the_tolerance_is_off() {
        let rules = Rules::parse(&format!(r#"{{"rules":[{KARTE}]}}"#)).unwrap();
        let at =
            |now| rules.verify(signed(HEX, "1700000000", r#"{"a":1}"#), now).map(|_| ()).map_err(|(denied, _)| denied);
        assert_eq!(at(1_700_000_300), Ok(()));
        assert_eq!(at(1_700_000_301), Err(Denied::Stale));
        assert_eq!(at(1_699_999_699), Err(Denied::Stale));
        let any = KARTE.replace(r#""type""#, r#""tolerance_seconds":0,"type""#);
        assert!(check(&any, signed(HEX, "1700000000", r#"{"a":1}"#)).is_ok());
    }

    #[test]
    fn a_prefix_marks_the_signature_within_its_header() {
        // RFC 2202 and RFC 4231, test case 2.
        for (algorithm, digest) in [
            ("md5", "750c783e6ab0b503eaa86e310a5db738"),
            ("sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            ("sha224", "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"),
            ("sha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                "sha384",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
            ),
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
            assert!(check(&rule, request("/karte", "", &[("authorization", &value)], text)).is_ok(), "{algorithm}");
            assert_eq!(check(&rule, request("/karte", "", &[("authorization", digest)], text)), Err(Denied::Missing));
        }
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
                &[
                    ("authorization", if rule.contains("basic") { "Basic dTpwOjI=" } else { "Bearer T" }),
                    ("x-key", "V"),
                ],
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
}
