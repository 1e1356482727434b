//! The local gateway, asked over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::info::Info;

/// It is on this machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the gateway at that URL tells of itself.
pub(crate) async fn info(url: &str) -> Result<Info, String> {
    let response = get(url, "/_local").await?;
    let body = tokio::time::timeout(PATIENCE, response.into_body().collect()).await;
    let body = body.ok().and_then(Result::ok).map(http_body_util::Collected::to_bytes).unwrap_or_default();
    serde_json::from_slice(&body).map_err(|_| no_gateway(url, "it answers, but not as a gateway of this version"))
}

/// The answer to a request for a path. Its body may go on for ever.
pub(crate) async fn get(url: &str, path: &str) -> Result<Response<Incoming>, String> {
    let request = Request::get(format!("{}{path}", base(url)?)).body(Empty::<Bytes>::new());
    let request = request.map_err(|_| wrong_url(url))?;
    let client = Client::builder(TokioExecutor::new()).build_http();
    match tokio::time::timeout(PATIENCE, client.request(request)).await {
        Err(_) => Err(no_gateway(url, "no answer in 5 s")),
        Ok(Err(_)) => Err(no_gateway(url, "nobody answers")),
        Ok(Ok(response)) if response.status() == StatusCode::OK => Ok(response),
        Ok(Ok(response)) => Err(no_gateway(url, &format!("it answers {}", response.status()))),
    }
}

fn base(url: &str) -> Result<String, String> {
    let with_scheme = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let parsed: http::Uri = with_scheme.parse().map_err(|_| wrong_url(url))?;
    match (parsed.scheme_str(), parsed.authority()) {
        (Some("http"), Some(authority)) => Ok(format!("http://{authority}")),
        _ => Err(wrong_url(url)),
    }
}

fn wrong_url(url: &str) -> String {
    format!("{url} is no URL of a local gateway; it looks like http://127.0.0.1:3000")
}

fn no_gateway(url: &str, why: &str) -> String {
    format!(
        "no local gateway at {url}: {why}. Start one with `tributary`, or say where it is: --local=http://127.0.0.1:PORT"
    )
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn urls_are_taken_as_people_write_them() {
        for url in ["http://127.0.0.1:4000", "http://127.0.0.1:4000/", "127.0.0.1:4000"] {
            assert_eq!(base(url).as_deref(), Ok("http://127.0.0.1:4000"), "{url}");
        }
        for url in ["https://127.0.0.1:4000", "not a url", ""] {
            assert!(base(url).is_err(), "{url}");
        }
    }
}
