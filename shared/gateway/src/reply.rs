//! Answers: the vendor's success, or an error that says what to do next.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};
use tributary_normalize::Answer;

/// Seconds after which a vendor that heeds `Retry-After` tries again.
const RETRY_SECONDS: &str = "30";

/// An error as RFC 9457 problem details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    BadRequest,
    NotFound,
    Method,
    TooLarge,
    Destroyed,
    Denied,
    NoSecret,
    NotDurable,
}

impl Problem {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (
                StatusCode::BAD_REQUEST,
                "No HTTP request",
                "A function of Tributary takes events of an HTTP API, payload format 2.0.",
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "No such source",
                "Routes are POST /{source} and POST /{source}/...; see the README for the sources.",
            ),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "Only POST", "Webhooks are sent with POST."),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "Body too large",
                "Send fewer events in one request: most vendors let you set the batch size.",
            ),
            Self::Destroyed => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Body lost its encoding",
                "API Gateway takes this content type for text: send it uncompressed and in UTF-8.",
            ),
            Self::Denied => (
                StatusCode::UNAUTHORIZED,
                "Not authentic",
                "The request matches no authentication rule of this source; compare the vendor's console with the secret.",
            ),
            Self::NoSecret => (
                StatusCode::SERVICE_UNAVAILABLE,
                "No secret configured",
                "This source has no usable authentication rules yet; nothing is let in without.",
            ),
            Self::NotDurable => (StatusCode::SERVICE_UNAVAILABLE, "Not stored", "Send the request again."),
        }
    }
}

pub(crate) fn problem(problem: Problem) -> Response<Bytes> {
    let (status, title, detail) = problem.parts();
    let body = serde_json::json!({"title": title, "status": status.as_u16(), "detail": detail}).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    match problem {
        Problem::NoSecret | Problem::NotDurable => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
        }
        Problem::Method => {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        _ => {}
    }
    response
}

pub(crate) fn success(answer: Answer) -> Response<Bytes> {
    let body = match answer.body {
        std::borrow::Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
        std::borrow::Cow::Owned(text) => Bytes::from(text),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    response
}

/// The answer to a handshake: nothing but text, also for a browser.
pub(crate) fn challenge(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
