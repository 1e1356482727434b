//! The HTTP API, asked by a stranger: nothing is stored or sent for one.

use aws_config::SdkConfig;
use aws_smithy_types::body::SdkBody;
use http::Request;
use serde_json::Value;
use tributary_normalize::SOURCES;

use crate::deployment::plain::{self, APIS};
use crate::deployment::trouble::{Trouble, Why};
use crate::doctor::report::{Report, State};

/// A path segment that holds a blank once the API has decoded it, and nothing that any vendor's rule knows.
const DECODED: &str = "doctor%20%3Cdoctor%3E";
/// `{}`, compressed by gzip.
const GZIP: [u8; 22] = [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 174, 5, 0, 67, 191, 166, 163, 2, 0, 0, 0];
/// Pages of APIs that are read at most.
const PAGES: usize = 20;

/// The URL of a stack's API.
pub(super) async fn url(config: &SdkConfig, stack: &str) -> Result<String, Trouble> {
    let mut path = "/v2/apis".to_owned();
    for _ in 0..PAGES {
        let body = plain::ask(config, APIS, "apigateway:GET", &path, Request::get("/"), String::new()).await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let is_ours = |api: &&Value| {
            api["tags"]["aws:cloudformation:stack-name"].as_str().or(api["name"].as_str()) == Some(stack)
        };
        if let Some(url) = body["items"].as_array().into_iter().flatten().find(is_ours) {
            return Ok(url["apiEndpoint"].as_str().unwrap_or_default().to_owned());
        }
        let Some(next) = body["nextToken"].as_str() else { break };
        let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        path = format!("/v2/apis?nextToken={next}");
    }
    Err(Trouble::new(
        Why::Missing,
        format!("no HTTP API of the stack {stack}: another region (AWS_REGION) or account?"),
    ))
}

pub(super) async fn check(url: &str, report: &mut Report) {
    for source in SOURCES {
        let name = source.name();
        let request = Request::post(format!("{url}/{name}/{DECODED}")).header("content-type", "application/json");
        let answer = status(request.body(SdkBody::from("{}"))).await;
        let what = format!("api: {name}, a path with a blank");
        let todo = "its function fails on such a path, or is not there: see the access log, and deploy this version";
        match answer {
            Ok(401) => report.ok(&what, "answered 401, as a stranger is anywhere"),
            Ok(503) => report.ok(&what, "answered 503: it has no rules yet"),
            Ok(status) => report.add(State::Fail, &what, format!("answered {status}, not 401"), todo),
            Err(error) => report.add(State::Fail, &what, format!("no answer: {error}"), "see the access log"),
        }
    }
    let Some(source) = SOURCES.first() else { return };
    let request = Request::post(format!("{url}/{}", source.name()))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip");
    let what = "api: compressed JSON";
    match status(request.body(SdkBody::from(GZIP.as_slice()))).await {
        Ok(415) => report.ok(what, "answered 415: the API turns it into text, so the vendor is told to send it plain"),
        Ok(401 | 503) => report.ok(what, "arrives as it was sent"),
        Ok(status) => report.add(
            State::Fail,
            what,
            format!("answered {status}, not 415 or 401"),
            "deploy this version: it refuses what arrives destroyed",
        ),
        Err(error) => report.add(State::Fail, what, format!("no answer: {error}"), "see the access log"),
    }
}

async fn status(request: http::Result<Request<SdkBody>>) -> Result<u16, String> {
    Ok(plain::send(request.map_err(|error| error.to_string())?).await?.0)
}
