//! What API Gateway's HTTP API hands to a function, and what it takes for an answer: payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//!
//! The types are `lambda_http`'s. Its own way from there to an `http::Request` is not taken: that makes a URI of the path,
//! which HTTP APIs hand over decoded, and panics where there is none.

use base64::Engine;
use bytes::Bytes;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue, Response};
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest as Event, ApiGatewayV2httpResponse as Answer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::request::{Incoming, Path};

const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The request of an event.
///
/// `trace` is the trace of the invocation, for a request that brings none.
///
/// # Errors
/// Those of `serde_json`, if this is no event of an HTTP API.
pub(super) fn incoming(event: &RawValue, trace: Option<&str>) -> Result<Incoming, serde_json::Error> {
    let event: Event = serde_json::from_str(event.get()).or_else(|error| without_odd_headers(event).ok_or(error))?;
    let raw_path = event.raw_path.unwrap_or_default();
    // Function URLs hand the path over as it was sent, HTTP APIs decode it.
    let context = event.request_context;
    let is_function_url = context.domain_name.is_some_and(|name| name.contains(".lambda-url."));
    let path = if is_function_url { Path::encoded(&raw_path) } else { Path::decoded(&raw_path) };
    let (body, was_text) = match event.body {
        None => (Bytes::new(), false),
        Some(body) if !event.is_base64_encoded => (Bytes::from(body), true),
        // API Gateway writes no other base64. Should one come, its text is at least kept.
        Some(body) => match base64::engine::general_purpose::STANDARD.decode(&body) {
            Ok(bytes) => (Bytes::from(bytes), false),
            Err(_) => (Bytes::from(body), true),
        },
    };
    let mut headers = event.headers;
    let cookies = event.cookies.and_then(|cookies| HeaderValue::from_str(&cookies.join("; ")).ok());
    if let Some(cookies) = cookies {
        headers.insert(COOKIE, cookies);
    }
    if let Some(trace) = trace.filter(|_| !headers.contains_key(TRACE)).and_then(|own| HeaderValue::from_str(own).ok())
    {
        headers.insert(TRACE, trace);
    }
    Ok(Incoming {
        method: context.http.method,
        path: path.without_stage(context.stage.as_deref().unwrap_or_default()),
        query: event.raw_query_string.unwrap_or_default(),
        headers,
        body,
        was_text,
    })
}

/// The event without headers that no HTTP knows, such as one with a control character: none of them is needed, and an
/// authentic request is not refused for them.
fn without_odd_headers(event: &RawValue) -> Option<Event> {
    let mut event: Value = serde_json::from_str(event.get()).ok()?;
    event.get_mut("headers")?.as_object_mut()?.retain(|name, value| {
        let is_value = value.as_str().is_some_and(|value| HeaderValue::from_str(value).is_ok());
        is_value && HeaderName::from_bytes(name.as_bytes()).is_ok()
    });
    serde_json::from_value(event).ok()
}

/// The event that answers a request. Every answer of ours is text.
pub(super) fn answer(response: Response<Bytes>) -> Answer {
    let (parts, body) = response.into_parts();
    let mut answer = Answer::default();
    answer.status_code = i64::from(parts.status.as_u16());
    answer.headers = parts.headers;
    answer.body = Some(Body::Text(String::from_utf8_lossy(&body).into_owned()));
    answer
}

#[cfg(test)]
mod tests {
    use http::Method;
    use serde_json::json;

    use super::*;

    fn read(event: &serde_json::Value) -> Result<Incoming, serde_json::Error> {
        incoming(&serde_json::value::to_raw_value(event).unwrap(), Some("Root=1-own"))
    }

    #[test]
    fn an_event_is_the_request_it_stands_for() {
        let request = read(&json!({
            "version": "2.0", "rawPath": "/prod/karte/a b/%41", "rawQueryString": "a=%20b&c",
            "headers": {"Content-Type": "application/json", "bad name": "x", "x-bad": "a\u{1}b", "x-good": "é"}, "cookies": ["a=1", "b=2"],
            "requestContext": {"stage": "prod", "domainName": "x.execute-api.us-east-1.amazonaws.com", "http": {"method": "POST"}},
            "body": "{}", "isBase64Encoded": false,
        }))
        .unwrap();
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
        let event = json!({"rawPath": "/karte/a%2Fb", "requestContext": url, "body": "AAE=", "isBase64Encoded": true});
        let request = read(&event).unwrap();
        assert_eq!(request.path, Path::encoded("/karte/a%2Fb"));
        assert_eq!((&request.body[..], request.was_text), (&b"\0\x01"[..], false));
    }

    #[test]
    fn what_is_no_request_is_an_error_and_no_panic() {
        let http = json!({"http": {"method": "POST"}});
        for event in [
            json!({"not": "an API event"}),
            json!([]),
            json!({"requestContext": null}),
            json!({"requestContext": {"http": {"method": "P\u{0}ST"}}}),
        ] {
            assert!(read(&event).is_err(), "{event}");
        }
        let headers = json!({"requestContext": http, "rawPath": null, "body": "%", "isBase64Encoded": true});
        assert_eq!(read(&headers).unwrap().body, "%");
    }
}
