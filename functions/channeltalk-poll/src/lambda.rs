//! The function's main.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::de::IgnoredAny;
use tributary_gateway::lambda::{emit, end_ms, run};
use tributary_gateway::{Outcome, Summary, request_metrics, settings_from_env};
use tributary_pipeline::Deadline;
use tributary_pipeline::aws::{self, Resources};
use tributary_pipeline::ports::{Clock, SystemClock};

use crate::config::{Credentials, Scope};
use crate::open_api::OpenApi;
use crate::poll::{Pace, Poller};
use crate::report::{Ended, Report};
use crate::store::DynamoCursors;

/// Time left for calls under way when the function nears its end, milliseconds: the longest call takes 8 s.
const MARGIN_MS: i64 = 10_000;
/// A page that takes longer is given up.
const PAGE_TIMEOUT: Duration = Duration::from_secs(8);

/// Runs the function until Lambda ends it.
#[must_use]
pub fn serve() -> ExitCode {
    run(async {
        let config = aws::load_config().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<IgnoredAny>| {
            once(&config, end_ms(event.context.deadline, SystemClock.now_ms()))
        }))
        .await
    })
}

/// One run. Does nothing, and says so, unless users or campaigns are named and the secret holds a key.
async fn once(config: &SdkConfig, end_ms: i64) -> Result<(), Error> {
    let scope = Scope::from_env();
    if scope.is_empty() {
        tracing::info!("off: no users, campaigns or one-time messages are named");
        return Ok(());
    }
    let Some(credentials) = credentials(config).await? else {
        tracing::info!("off: the secret holds no access key");
        return Ok(());
    };
    let source = tributary_normalize::CHANNELTALK;
    let base = env("TRIBUTARY_CHANNELTALK_API_URL");
    let resources = Resources::from_env()?;
    let table = resources.journal_table.clone();
    let poller = Poller {
        api: Arc::new(OpenApi::new(&credentials, base, PAGE_TIMEOUT)?),
        cursors: Arc::new(DynamoCursors::new(aws_sdk_dynamodb::Client::new(config), table)),
        pipeline: aws::pipeline(config, resources),
        source,
        settings: settings_from_env(source.name()),
        scope,
        pace: Pace::default(),
    };
    let begun_ms = SystemClock.now_ms();
    let report = poller.run(Deadline::before(end_ms, MARGIN_MS)).await;
    finish(&report, SystemClock.now_ms() - begun_ms)
}

async fn credentials(config: &SdkConfig) -> Result<Option<Credentials>, Error> {
    let Some(id) = env("TRIBUTARY_CHANNELTALK_POLL_SECRET_ID") else { return Ok(None) };
    let client = aws_sdk_secretsmanager::Client::new(config);
    let output = client.get_secret_value().secret_id(id).send().await.map_err(|error| match error.code() {
        Some(code) => format!("Secrets Manager does not give the secret: {code}"),
        None => "Secrets Manager does not answer".to_owned(),
    })?;
    Ok(Credentials::parse(output.secret_string().unwrap_or_default())?)
}

/// Logs a run. One that needs somebody to look at it ends as an error of the function.
fn finish(report: &Report, total_ms: i64) -> Result<(), Error> {
    let accepted = &report.accepted;
    tracing::info!(
        ended = report.ended.as_str(),
        feeds = report.feeds,
        finished = report.finished,
        failed = report.failed,
        gone = report.gone,
        pages = report.pages,
        unchanged = report.unchanged,
        received = accepted.received,
        new = accepted.new,
        duplicate = accepted.duplicate,
        conflict = accepted.conflict,
        left = accepted.left,
        quarantined = accepted.quarantined,
        spilled = accepted.spilled,
        unrecognized = report.unrecognized,
        total_ms,
        "poll"
    );
    let summary = Summary {
        source: "channeltalk-poll",
        outcome: if report.ended == Ended::NotDurable { Outcome::NotDurable } else { Outcome::Accepted },
        reason: report.ended.as_str(),
        accepted: report.accepted,
        unrecognized: report.unrecognized,
        unknown_segments: 0,
        ids: Vec::new(),
        body_bytes: 0,
        total_ms,
    };
    emit(&request_metrics(&summary, SystemClock.now_ms()));
    if report.is_failure() { Err(report.ended.as_str().into()) } else { Ok(()) }
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
