//! A request as it came, believed by nobody yet.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What marks a path segment as a secret.
const SECRET_PREFIX: &str = "key-";

/// The segments of a request's path, decoded, without empty ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<String>);

impl Path {
    /// A path that is decoded already, as HTTP APIs hand it over. It is text: nothing in it is decoded again, and any
    /// character may stand in it.
    #[must_use]
    pub fn decoded(path: &str) -> Self {
        Self(path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect())
    }

    /// A path with percent-encoding, of which each segment is decoded by itself, as function URLs hand it over.
    #[must_use]
    pub fn encoded(path: &str) -> Self {
        Self(path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect())
    }

    /// The segments after the source, and the secret if the first of them is one, `key-<secret>`. Before the source may
    /// stand something else, such as the base path of a custom domain.
    #[must_use]
    pub fn below(self, source: &str) -> (Vec<String>, Option<String>) {
        let Self(mut segments) = self;
        if let Some(at) = segments.iter().position(|segment| segment == source) {
            segments.drain(..=at);
        }
        let secret = segments.first().and_then(|first| first.strip_prefix(SECRET_PREFIX)).map(str::to_owned);
        if secret.is_some() {
            segments.remove(0);
        }
        (segments, secret)
    }

    /// The path of a URL that stands for these segments.
    #[must_use]
    pub fn to_url(&self) -> String {
        self.0.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, ENCODED))).collect()
    }

    /// The segments.
    #[must_use]
    pub fn into_segments(self) -> Vec<String> {
        self.0
    }

    /// The path without the stage of an API in front of it.
    #[must_use]
    pub fn without_stage(mut self, stage: &str) -> Self {
        if self.0.first().is_some_and(|first| first == stage) {
            self.0.remove(0);
        }
        self
    }
}

/// What would not stay in its segment, or would be taken for encoding.
const JOINED: &AsciiSet = &CONTROLS.add(b'%').add(b'/');

/// What stands in a URL as it is: letters, digits and the four marks of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Segments as one path, `/a/b`, of which [`Path::encoded`] makes the same segments again.
pub(crate) fn joined(segments: &[String]) -> String {
    segments.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, JOINED))).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A request as whoever listens hands it over.
#[derive(Clone)]
pub struct Incoming {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: Path,
    /// Its query, without the question mark, encoded.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as sent.
    pub body: Bytes,
    /// Whether the body went through text on the way: then what was no UTF-8 is U+FFFD by now.
    pub was_text: bool,
}

impl From<http::Request<Bytes>> for Incoming {
    /// A request that a server of our own has read. The path is decoded whole, as an HTTP API does it, so that the local
    /// gateway and AWS read the same URL in the same way.
    fn from(request: http::Request<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        Self {
            method: parts.method,
            path: Path::decoded(&decode(parts.uri.path())),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            was_text: false,
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("method", &self.method).field("bytes", &self.body.len()).finish()
    }
}

impl Incoming {
    /// Whether the body was compressed, or in another character set, and is lost: it went through text, which left
    /// U+FFFD of it.
    pub(crate) fn is_destroyed(&self) -> bool {
        let header = |name: &str| self.headers.get(name).map(|value| value.to_str().unwrap_or("?")).unwrap_or_default();
        let is_encoded = !matches!(header("content-encoding").trim().to_ascii_lowercase().as_str(), "" | "identity");
        let charset = header("content-type").split(';').skip(1).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        let is_foreign = charset.is_some_and(|charset| !matches!(charset.as_str(), "" | "utf-8" | "utf8" | "us-ascii"));
        self.was_text && (is_encoded || is_foreign) && memchr::memmem::find(&self.body, "\u{FFFD}".as_bytes()).is_some()
    }
}

/// A request as it came, believed by nobody yet. The only way on is through [`crate::Rules::verify`].
///
/// A secret path segment is cut off here: nothing else sees it.
pub struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) segments: Vec<String>,
    pub(crate) path_secret: Option<String>,
    pub(crate) query: String,
    pub(crate) body: Bytes,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received").field("segments", &self.segments.len()).field("bytes", &self.body.len()).finish()
    }
}

impl Received {
    /// A request for `source`, whose path is `/<source>`, `/<source>/...` or `/<source>/key-<secret>/...`.
    #[must_use]
    pub fn new(source: &str, request: Incoming) -> Self {
        let (segments, path_secret) = request.path.below(source);
        Self { headers: request.headers, segments, path_secret, query: request.query, body: request.body }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The W3C trace context of the request: its own `traceparent`, or X-Ray's header in that form.
    pub(crate) fn traceparent(&self) -> Option<String> {
        if let Some(own) = self.header("traceparent").filter(|own| is_traceparent(own)) {
            return Some(own.to_owned());
        }
        let xray = self.header("x-amzn-trace-id")?;
        let part = |name| xray.split(';').find_map(|part| part.trim().strip_prefix(name));
        let root = part("Root=1-")?.replace('-', "");
        let parent = part("Parent=").unwrap_or_else(|| root.get(..16).unwrap_or_default());
        let sampled = if part("Sampled=") == Some("1") { "01" } else { "00" };
        Some(format!("00-{root}-{parent}-{sampled}")).filter(|made| is_traceparent(made))
    }
}

fn is_traceparent(text: &str) -> bool {
    let lengths = [2, 32, 16, 2];
    let mut parts = text.split('-');
    lengths.iter().all(|length| {
        parts.next().is_some_and(|part| {
            part.len() == *length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    }) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(path: Path) -> Incoming {
        Incoming {
            method: Method::POST,
            path,
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            was_text: false,
        }
    }

    fn segments(path: Path) -> Vec<String> {
        Received::new("infobip", incoming(path)).segments
    }

    #[test]
    fn the_path_is_split_after_the_source_and_the_secret_cut_off() {
        let plain = Received::new("infobip", incoming(Path::decoded("/infobip/sms/DELIVERY")));
        assert_eq!(plain.segments, ["sms", "DELIVERY"]);
        assert_eq!(plain.path_secret, None);
        let secret = Received::new("infobip", incoming(Path::encoded("/hooks/infobip/key-a%20b/Kakao%20-%20Alim/")));
        assert_eq!(secret.segments, ["Kakao - Alim"]);
        assert_eq!(secret.path_secret.as_deref(), Some("a b"));
        assert_eq!(segments(Path::decoded("/infobip")), Vec::<String>::new());
        assert_eq!(segments(Path::decoded("/infobip/sms/key-x")), ["sms", "key-x"]);
        assert_eq!(segments(Path::decoded("/infobip/infobip/sms").without_stage("infobip")), ["sms"]);
        assert_eq!(segments(Path::decoded("/infobip/sms").without_stage("$default")), ["sms"]);
    }

    #[test]
    fn a_decoded_path_is_text_and_decoded_once() {
        for segment in ["a b", "<channel>", "%41", "a?b", "a#b", "\u{1}\t", "100%", "^`{|}", "é"] {
            assert_eq!(segments(Path::decoded(&format!("/infobip/{segment}/x"))), [segment, "x"]);
        }
        assert_eq!(segments(Path::encoded("/infobip/a%2Fb/%2541")), ["a/b", "%41"]);
        // A server of our own decodes like an HTTP API.
        let served = |path: &str| segments(Incoming::from(http::Request::post(path).body(Bytes::new()).unwrap()).path);
        assert_eq!(served("/infobip/a%20b/%2541?x=%41"), ["a b", "%41"]);
        assert_eq!(served("/infobip/a%2Fb"), ["a", "b"]);
        assert_eq!(served("/infobip/%FF"), ["\u{FFFD}"]);
        let path = Path::decoded("/infobip/<a b>/%41/é");
        assert_eq!(path.to_url(), "/infobip/%3Ca%20b%3E/%2541/%C3%A9");
        assert_eq!(served(&path.to_url()), ["<a b>", "%41", "é"]);
    }

    #[test]
    fn a_joined_path_has_the_same_segments_again() {
        let segments = ["a/b", "%41", "Kakao - Alim", "100%", "\u{1}", "é"].map(str::to_owned);
        assert_eq!(joined(&segments), "/a%2Fb/%2541/Kakao - Alim/100%25/%01/%C3%A9");
        assert_eq!(Path::encoded(&joined(&segments)).0, segments);
    }

    #[test]
    fn a_body_is_destroyed_if_it_was_encoded_and_came_as_text() {
        let is = |was_text, headers: &[(&'static str, &'static str)], body: &'static str| {
            let headers = headers
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
                .collect();
            let body = Bytes::from_static(body.as_bytes());
            Incoming { was_text, headers, body, ..incoming(Path::default()) }.is_destroyed()
        };
        let gzip = [("content-encoding", "gzip")];
        assert!(is(true, &gzip, "\u{1F}\u{FFFD}\u{8}"));
        assert!(is(true, &[("content-type", "application/json; Charset=\"windows-1251\"")], "{\"a\":\"\u{FFFD}\"}"));
        assert!(!is(false, &gzip, "\u{1F}\u{FFFD}\u{8}"), "it came as bytes");
        assert!(!is(true, &gzip, "{}"), "nothing is lost");
        assert!(!is(true, &[("content-type", "application/json; charset=UTF-8")], "\u{FFFD}"), "the sender's own");
        assert!(!is(true, &[("content-encoding", "identity")], "\u{FFFD}"), "the sender's own");
    }

    #[test]
    fn traces_come_from_either_header() {
        let trace = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            Received::new("karte", Incoming { headers, ..incoming(Path::default()) }).traceparent()
        };
        let own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(trace("traceparent", own).as_deref(), Some(own));
        assert_eq!(
            trace("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1")
                .unwrap(),
            "00-67891233abcdef012345678912345678-463ac35c9f6413ad-01"
        );
        assert_eq!(
            trace("x-amzn-trace-id", "Root=1-67891233-abcdef012345678912345678").unwrap(),
            "00-67891233abcdef012345678912345678-67891233abcdef01-00"
        );
        assert_eq!(trace("traceparent", "00-xyz-1-01"), None);
        assert_eq!(trace("x-amzn-trace-id", "Root=1-é"), None);
    }
}
