//! The ports on DynamoDB and SQS.

mod claims;
mod dead;
mod journal;
mod outbox;

use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls;

pub use claims::DynamoClaims;
pub use dead::{Dead, Returned};
pub use journal::DynamoJournal;
pub use outbox::SqsOutbox;

use crate::ports::{Clock, Fault, SystemClock};
use crate::settings::CALL_MS;
use crate::{Pipeline, Settings};

/// Names of the tables and addresses of the queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// Name of the journal's table.
    pub journal_table: String,
    /// Name of the claims' table.
    pub claims_table: String,
    /// URL of the events' queue. FIFO if it ends in `.fifo`.
    pub queue_url: String,
    /// URL of the quarantine queue.
    pub quarantine_url: String,
    /// URL of the spill queue, if there is one.
    pub spill_url: Option<String>,
}

/// A variable of the environment is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set: the template sets it for every function")]
pub struct MissingVariable(pub &'static str);

impl Resources {
    /// From the variables that template.yaml sets: `TRIBUTARY_JOURNAL_TABLE`, `TRIBUTARY_CLAIMS_TABLE`,
    /// `TRIBUTARY_QUEUE_URL`, `TRIBUTARY_QUARANTINE_URL` and, optional, `TRIBUTARY_SPILL_URL`.
    ///
    /// # Errors
    /// [`MissingVariable`].
    pub fn from_env() -> Result<Self, MissingVariable> {
        let optional = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let required = |name| optional(name).ok_or(MissingVariable(name));
        Ok(Self {
            journal_table: required("TRIBUTARY_JOURNAL_TABLE")?,
            claims_table: required("TRIBUTARY_CLAIMS_TABLE")?,
            queue_url: required("TRIBUTARY_QUEUE_URL")?,
            quarantine_url: required("TRIBUTARY_QUARANTINE_URL")?,
            spill_url: optional("TRIBUTARY_SPILL_URL"),
        })
    }
}

/// The SDK's configuration from the environment, with time limits that fit the function's.
///
/// One attempt ends after 3 s, one call with its retries after 8 s: a call begun at the last moment still ends before
/// the chunk's lease.
pub async fn load_config() -> SdkConfig {
    loader().load().await
}

/// A connection that was idle for longer is not used again: while an environment is frozen the other side closes it, and
/// what is sent on it then is lost without a word.
const IDLE: Duration = Duration::from_secs(20);
/// The first pause before a call is tried again. The SDK's own is a second, of which it takes a random part.
const BACKOFF: Duration = Duration::from_millis(50);

/// What [`load_config`] loads, for callers that set more.
#[must_use]
pub fn loader() -> aws_config::ConfigLoader {
    let http = aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(IDLE)
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_millis(CALL_MS))
        .build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(BACKOFF))
}

/// A pipeline on AWS, or on whatever stands in for it at the configured endpoints.
#[must_use]
pub fn pipeline(config: &SdkConfig, resources: Resources) -> Pipeline {
    let dynamodb = aws_sdk_dynamodb::Client::new(config);
    let sqs = aws_sdk_sqs::Client::new(config);
    with_clients(dynamodb, &sqs, resources, Arc::new(SystemClock))
}

/// As [`pipeline`], with clients and a clock of the caller's.
#[must_use]
pub fn with_clients(
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: &aws_sdk_sqs::Client,
    resources: Resources,
    clock: Arc<dyn Clock>,
) -> Pipeline {
    let outbox = |url| Arc::new(SqsOutbox::new(sqs.clone(), url));
    Pipeline {
        journal: Arc::new(DynamoJournal::new(dynamodb.clone(), resources.journal_table, clock.clone())),
        claims: Arc::new(DynamoClaims::new(dynamodb, resources.claims_table)),
        queue: outbox(resources.queue_url),
        quarantine: outbox(resources.quarantine_url),
        spill: resources.spill_url.map(|url| outbox(url) as Arc<dyn crate::ports::Outbox>),
        clock,
        settings: Settings::default(),
    }
}

impl Pipeline {
    /// Opens the connections to DynamoDB and SQS, for the time before the first request. Failures only cost that time.
    pub async fn warm(&self) {
        let nobody = tributary_events::Key::new("warm", None).finish();
        let _ = tokio::join!(self.claims.owners(std::slice::from_ref(&nobody)), self.queue.warm());
    }
}

/// The service's code of an error, or the kind of failure: never a message, which may quote data.
fn fault<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Fault {
    let (code, retry) = match error {
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("ServiceError");
            // The caller's own mistake stays one; anything else may pass.
            (code, !matches!(code, "ValidationException" | "AccessDeniedException" | "ResourceNotFoundException"))
        }
        SdkError::TimeoutError(_) => ("Timeout", true),
        SdkError::DispatchFailure(_) => ("Dispatch", true),
        SdkError::ResponseError(_) => ("Response", true),
        _ => ("Construction", false),
    };
    Fault { operation, code: code.to_owned(), retry }
}
