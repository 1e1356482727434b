//! Calls without a client of the SDK: to the API of a stack, and, signed, to services that only `doctor --deep` asks a
//! question or two. A client of each would be most of what this program takes to compile.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use http::Request;

use super::trouble::{Trouble, Why};

/// Longer than a function may take.
const PATIENCE: Duration = Duration::from_secs(35);

/// A service, as it is addressed and as signatures name it.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    /// First part of its host, and the name in a signature.
    pub(crate) name: &'static str,
    /// What stands behind `AWS_ENDPOINT_URL_` in the variable that says where else it is.
    pub(crate) variable: &'static str,
    /// Its one region, if it has one.
    pub(crate) region: Option<&'static str>,
}

pub(crate) const APIS: Service = Service { name: "apigateway", variable: "APIGATEWAYV2", region: None };
pub(crate) const LAMBDA: Service = Service { name: "lambda", variable: "LAMBDA", region: None };
pub(crate) const LOGS: Service = Service { name: "logs", variable: "CLOUDWATCH_LOGS", region: None };
pub(crate) const IAM: Service = Service { name: "iam", variable: "IAM", region: Some("us-east-1") };

/// The status and the body of an answer.
pub(crate) type Answer = (u16, Vec<u8>);

/// Sends a request as it is.
pub(crate) async fn send(request: Request<SdkBody>) -> Result<Answer, String> {
    let connector =
        Connector::builder().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build();
    let request = HttpRequest::try_from(request).map_err(|error| error.to_string())?;
    let answer = async {
        let response = connector.call(request).await.map_err(|error| super::trouble::reasons(&error))?;
        let status = response.status().as_u16();
        let body = ByteStream::new(response.into_body()).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_vec()))
    };
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err("no answer".to_owned()))
}

/// Asks a service. `call` is the action as IAM names it; `path` begins with a slash.
pub(crate) async fn ask(
    config: &SdkConfig,
    service: Service,
    call: &str,
    path: &str,
    request: http::request::Builder,
    body: String,
) -> Result<Vec<u8>, Trouble> {
    let region = config.region().map_or("us-east-1", AsRef::as_ref);
    let url = format!("{}{path}", endpoint(service, region));
    let other = |error: String| Trouble::new(Why::Other, format!("{call} could not be made: {error}"));
    let mut request = request.uri(&url).body(body).map_err(|error| other(error.to_string()))?;
    let provider = config.credentials_provider().ok_or_else(|| other("no credentials".to_owned()))?;
    let credentials = provider.provide_credentials().await.map_err(|error| other(error.to_string()))?;
    let identity = credentials.into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(service.region.unwrap_or(region))
        .name(service.name)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| other(error.to_string()))?
        .into();
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let signable =
        SignableRequest::new(request.method().as_str(), &url, headers, SignableBody::Bytes(request.body().as_bytes()))
            .and_then(|signable| sign(signable, &parameters))
            .map_err(|error| other(error.to_string()))?;
    signable.into_parts().0.apply_to_request_http1x(&mut request);
    match send(request.map(SdkBody::from)).await {
        Ok((200, body)) => Ok(body),
        Ok((status, body)) => Err(refused(call, status, &String::from_utf8_lossy(&body))),
        Err(error) => Err(Trouble::new(Why::Unreachable, format!("{call}: {error}"))),
    }
}

/// What to make of an answer that is none of 200. Some services say by the status what it is, others in the body.
fn refused(call: &str, status: u16, body: &str) -> Trouble {
    if status == 403 || body.contains("AccessDenied") {
        return Trouble::new(Why::Denied, format!("{call} is denied: the caller needs this action"));
    }
    if status == 404 || body.contains("ResourceNotFoundException") {
        return Trouble::new(Why::Missing, format!("{call}: there is none: another region (AWS_REGION) or account?"));
    }
    let said: String = body.chars().take(200).collect();
    Trouble::new(Why::Other, format!("{call}: {status} {said}"))
}

/// Where a service is: by the variables that the SDK reads, or on AWS.
fn endpoint(service: Service, region: &str) -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let own = variable(&format!("AWS_ENDPOINT_URL_{}", service.variable)).or_else(|| variable("AWS_ENDPOINT_URL"));
    let own = own.map(|url| url.trim_end_matches('/').to_owned());
    own.unwrap_or_else(|| on_aws(service, region))
}

fn on_aws(service: Service, region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    match service.region {
        Some(_) => format!("https://{}.{domain}", service.name),
        None => format!("https://{}.{region}.{domain}", service.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_where_aws_has_them() {
        assert_eq!(on_aws(LOGS, "eu-west-1"), "https://logs.eu-west-1.amazonaws.com");
        assert_eq!(on_aws(APIS, "cn-north-1"), "https://apigateway.cn-north-1.amazonaws.com.cn");
        assert_eq!(refused("a", 400, r#"{"__type":"AccessDeniedException"}"#).why, Why::Denied);
        assert_eq!(refused("a", 404, "{}").why, Why::Missing);
        assert_eq!(on_aws(IAM, "eu-west-1"), "https://iam.amazonaws.com");
    }
}
