//! What API Gateway's HTTP API hands to a function, and what it takes for an answer: payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use std::collections::HashMap;

use base64::Engine;
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use serde::{Deserialize, Serialize};

use crate::request::{Incoming, Path};

/// A request. Nothing is missed that is not there: what a test event of the console lacks is empty, and what a local
/// runtime writes as `null` too.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Event {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<HashMap<String, Values>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: Option<Context>,
}

/// A header's value, or several where a local runtime does not join them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Context {
    domain_name: Option<String>,
    stage: Option<String>,
    http: Option<Http>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Http {
    method: Option<String>,
}

impl Event {
    /// The request, whatever is in it: what no HTTP knows, such as a control character in a header, is left out.
    ///
    /// `trace` is the trace of the invocation, for a request that brings none.
    pub(super) fn into_incoming(self, trace: Option<&str>) -> Incoming {
        let context = self.request_context.unwrap_or_default();
        let raw_path = self.raw_path.unwrap_or_default();
        // Function URLs hand the path over as it was sent, HTTP APIs decode it.
        let is_function_url = context.domain_name.is_some_and(|name| name.contains(".lambda-url."));
        let path = if is_function_url { Path::encoded(&raw_path) } else { Path::decoded(&raw_path) };
        let (body, was_text) = match self.body {
            None => (Bytes::new(), false),
            Some(body) if self.is_base64_encoded != Some(true) => (Bytes::from(body), true),
            // API Gateway writes no other base64. Should one come, its text is at least kept.
            Some(body) => match base64::engine::general_purpose::STANDARD.decode(&body) {
                Ok(bytes) => (Bytes::from(bytes), false),
                Err(_) => (Bytes::from(body), true),
            },
        };
        let joined = |values| match values {
            Values::One(value) => value,
            Values::Several(values) => values.join(","),
        };
        let headers = self.headers.into_iter().flatten();
        let mut headers: HeaderMap = headers.filter_map(|(name, value)| header(&name, &joined(value))).collect();
        if let Some((name, value)) = self.cookies.and_then(|cookies| header(COOKIE.as_str(), &cookies.join("; "))) {
            headers.insert(name, value);
        }
        const TRACE: &str = "x-amzn-trace-id";
        if let Some((name, value)) = trace.filter(|_| !headers.contains_key(TRACE)).and_then(|own| header(TRACE, own)) {
            headers.insert(name, value);
        }
        let method = context.http.and_then(|http| http.method);
        Incoming {
            method: method.and_then(|method| Method::from_bytes(method.as_bytes()).ok()).unwrap_or_default(),
            path: path.without_stage(context.stage.as_deref().unwrap_or_default()),
            query: self.raw_query_string.unwrap_or_default(),
            headers,
            body,
            was_text,
        }
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
}

/// An answer. Every answer of ours is text.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    status_code: u16,
    headers: HashMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            status_code: parts.status.as_u16(),
            headers: parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
            body: String::from_utf8_lossy(&body).into_owned(),
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: serde_json::Value) -> Incoming {
        serde_json::from_value::<Event>(event).unwrap().into_incoming(Some("Root=1-own"))
    }

    #[test]
    fn an_event_is_the_request_it_stands_for() {
        let request = read(json!({
            "version": "2.0", "rawPath": "/prod/karte/a b/%41", "rawQueryString": "a=%20b&c",
            "headers": {"Content-Type": "application/json", "bad name": "x", "x-bad": "a\u{1}b", "x-good": "é"},
            "cookies": ["a=1", "b=2"],
            "requestContext": {"stage": "prod", "domainName": "x.execute-api.us-east-1.amazonaws.com", "http": {"method": "POST"}},
            "body": "{}", "isBase64Encoded": false,
        }));
        assert_eq!(request.method, Method::POST);
        assert_eq!(request.path, Path::decoded("/karte/a b/%41"));
        assert_eq!(request.query, "a=%20b&c");
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.headers["cookie"], "a=1; b=2");
        assert_eq!(request.headers["x-amzn-trace-id"], "Root=1-own");
        assert!(!request.headers.contains_key("x-bad") && request.headers.contains_key("x-good"));
        assert_eq!((&request.body[..], request.was_text), (&b"{}"[..], true));
    }

    #[test]
    fn a_function_url_hands_its_path_over_encoded() {
        let url = json!({"domainName": "abc.lambda-url.us-east-1.on.aws", "http": {"method": "POST"}});
        let request =
            read(json!({"rawPath": "/karte/a%2Fb", "requestContext": url, "body": "AAE=", "isBase64Encoded": true}));
        assert_eq!(request.path, Path::encoded("/karte/a%2Fb"));
        assert_eq!((&request.body[..], request.was_text), (&b"\0\x01"[..], false));
    }

    #[test]
    fn what_is_no_request_is_an_empty_one() {
        let nulls = json!({
            "rawPath": null, "rawQueryString": null, "headers": null, "body": null, "cookies": null, "isBase64Encoded": null,
            "requestContext": {"domainName": null, "stage": null, "http": null},
        });
        for event in [json!({"not": "an API event"}), nulls, json!({"requestContext": null})] {
            let request = read(event);
            assert_eq!((request.method, request.path, request.body.len()), (Method::GET, Path::default(), 0));
        }
        let headers = json!({"x-one": "a", "x-two": ["a", "b"]});
        assert_eq!(read(json!({ "headers": headers })).headers["x-two"], "a,b");
    }
}
