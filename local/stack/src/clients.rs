//! Clients for the stand-ins: plain HTTP, made-up credentials.

use aws_smithy_http_client::Builder;

const REGION: &str = "us-east-1";
/// Credentials must be there to be sent; nobody checks them.
const KEY: &str = "local";

/// A DynamoDB client for an endpoint, e.g. [`Stack::dynamodb_url`](crate::Stack::dynamodb_url) or a proxy before it.
pub fn dynamodb_client(url: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(Credentials::new(KEY, KEY, None, None, "embedded"))
        .http_client(Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// An SQS client for an endpoint, e.g. [`Stack::sqs_url`](crate::Stack::sqs_url) or a proxy before it.
pub fn sqs_client(url: &str) -> aws_sdk_sqs::Client {
    use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static(REGION))
        .credentials_provider(Credentials::new(KEY, KEY, None, None, "embedded"))
        .http_client(Builder::new().build_http())
        .endpoint_url(url);
    aws_sdk_sqs::Client::from_conf(config.build())
}
