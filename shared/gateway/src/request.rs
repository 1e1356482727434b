//! A request as it came, believed by nobody yet.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;

/// What marks a path segment as a secret.
const SECRET_PREFIX: &str = "key-";

/// A request as it came. The only way on is through [`crate::Rules::verify`].
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
    /// A request for `source`. `path` is the raw path: `/<source>`, `/<source>/key-<secret>/...`, with or without
    /// something before the source, such as the stage of a REST API.
    #[must_use]
    pub fn new(source: &str, path: &str, query: &str, headers: HeaderMap, body: Bytes) -> Self {
        let mut segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        if let Some(at) = segments.iter().position(|segment| segment.eq_ignore_ascii_case(source)) {
            segments.drain(..=at);
        }
        let path_secret = segments
            .first()
            .and_then(|first| first.strip_prefix(SECRET_PREFIX))
            .map(str::to_owned)
            .inspect(|_| drop(segments.remove(0)));
        Self { headers, segments, path_secret, query: query.to_owned(), body }
    }

    /// The path after the source, without a secret segment.
    #[must_use]
    pub fn into_segments(self) -> Vec<String> {
        self.segments
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

    fn received(path: &str) -> Received {
        Received::new("infobip", path, "", HeaderMap::new(), Bytes::new())
    }

    #[test]
    fn the_path_is_split_after_the_source_and_the_secret_cut_off() {
        let plain = received("/infobip/sms/DELIVERY");
        assert_eq!(plain.segments, ["sms", "DELIVERY"]);
        assert_eq!(plain.path_secret, None);
        let secret = received("/prod/infobip/key-a%2Fb/Kakao%20-%20Alim/");
        assert_eq!(secret.segments, ["Kakao - Alim"]);
        assert_eq!(secret.path_secret.as_deref(), Some("a/b"));
        assert_eq!(received("/infobip").segments, Vec::<String>::new());
        assert_eq!(received("/infobip/sms/key-x").segments, ["sms", "key-x"]);
    }

    #[test]
    fn traces_come_from_either_header() {
        let trace = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            Received::new("karte", "/karte", "", headers, Bytes::new()).traceparent()
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
