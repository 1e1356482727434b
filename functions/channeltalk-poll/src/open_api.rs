//! The Open API over HTTPS.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::api::{Answer, Api, ApiError, Feed, Quota};
use crate::config::Credentials;

/// Where the Open API is (developers.channel.io/docs/authentication-2).
const BASE: &str = "https://api.channel.io";
/// Most bytes of a page: 100 records of a few kilobytes each stay far below.
const MAX_BYTES: usize = 16 << 20;
/// What needs no escape in a path segment or a query value.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The system has no root certificates.
    #[error("no root certificates: {0}")]
    Roots(String),
    /// A part of the key cannot stand in a header. Never quotes it.
    #[error("the access key cannot stand in a header")]
    Key,
}

/// The Open API over HTTPS.
#[derive(Debug)]
pub struct OpenApi {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    base: String,
    headers: HeaderMap,
    timeout: Duration,
}

impl OpenApi {
    /// The Open API with that key, at the vendor's address or, for tests, at `base`. A page that takes longer than
    /// `timeout` is given up.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(credentials: &Credentials, base: Option<String>, timeout: Duration) -> Result<Self, ClientError> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| ClientError::Roots(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .build();
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("x-access-key", &credentials.access_key), ("x-access-secret", &credentials.access_secret)]
        {
            let mut value = HeaderValue::from_str(value).map_err(|_| ClientError::Key)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert("accept", HeaderValue::from_static("application/json"));
        let base = base.unwrap_or_else(|| BASE.to_owned()).trim_end_matches('/').to_owned();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), base, headers, timeout })
    }

    async fn get(&self, uri: Uri) -> Result<(StatusCode, HeaderMap, Bytes), ApiError> {
        let mut request = Request::new(Empty::new());
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (Method::GET, uri, self.headers.clone());
        // An error of the client may quote the address, so only its kind is told.
        let response = self.client.request(request).await.map_err(|error| {
            ApiError::Unavailable(if error.is_connect() { "no connection" } else { "connection lost" }.to_owned())
        })?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, MAX_BYTES).collect().await.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                ApiError::Unexpected("the body is too large".to_owned())
            } else {
                ApiError::Unavailable("connection lost".to_owned())
            }
        })?;
        Ok((parts.status, parts.headers, body.to_bytes()))
    }
}

fn target(feed: &Feed, since: Option<&str>, limit: u32) -> String {
    let escaped = |text| utf8_percent_encode(text, ESCAPED).to_string();
    let mut target = match feed {
        Feed::User(id) => format!("/open/v5/users/{}/events?sortOrder=asc", escaped(id)),
        Feed::Campaign(id, state) => {
            format!("/open/v5/mkt/campaigns/{}/campaign-users?state={}&sortOrder=asc", escaped(id), state.as_str())
        }
        Feed::OneTimeMessage(id, state) => format!(
            "/open/v5/mkt/one-time-msgs/{}/one-time-msg-users?state={}&sortOrder=asc",
            escaped(id),
            state.as_str()
        ),
    };
    target.push_str(&format!("&limit={limit}"));
    if let Some(since) = since {
        target.push_str(&format!("&since={}", escaped(since)));
    }
    target
}

/// developers.channel.io/docs/rate-limiting: limit, remaining, and reset in seconds since 1970.
fn quota(headers: &HeaderMap) -> Option<Quota> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    Some(Quota {
        limit: number("x-ratelimit-limit")?,
        remaining: number("x-ratelimit-remaining")?,
        reset_ms: i64::try_from(number("x-ratelimit-reset")?.saturating_mul(1000)).ok()?,
    })
}

#[async_trait]
impl Api for OpenApi {
    async fn page(&self, feed: &Feed, since: Option<&str>, limit: u32) -> Result<Answer, ApiError> {
        let uri: Uri = format!("{}{}", self.base, target(feed, since, limit))
            .parse()
            .map_err(|_| ApiError::Unexpected("the address is no URI".to_owned()))?;
        let (status, headers, body) = tokio::time::timeout(self.timeout, self.get(uri))
            .await
            .map_err(|_| ApiError::Unavailable("no answer in time".to_owned()))??;
        let quota = quota(&headers);
        match status.as_u16() {
            200 => Ok(Answer { body, quota }),
            429 => Err(ApiError::Throttled { until_ms: quota.map(|quota| quota.reset_ms) }),
            401 | 403 => Err(ApiError::Denied(status.as_u16())),
            404 => Err(ApiError::Missing),
            408 | 500.. => Err(ApiError::Unavailable(status.as_u16().to_string())),
            other => Err(ApiError::Unexpected(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::State;

    #[test]
    fn ids_and_cursors_cannot_leave_their_place() {
        let feed = Feed::User("a/../b?c".into());
        assert_eq!(
            target(&feed, Some("n=1&x"), 100),
            "/open/v5/users/a%2F..%2Fb%3Fc/events?sortOrder=asc&limit=100&since=n%3D1%26x"
        );
        assert_eq!(
            target(&Feed::OneTimeMessage("7".into(), State::Click), None, 25),
            "/open/v5/mkt/one-time-msgs/7/one-time-msg-users?state=click&sortOrder=asc&limit=25"
        );
    }
}
