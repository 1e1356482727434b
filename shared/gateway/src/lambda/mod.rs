//! The functions' mains: what every Lambda function of this project does.

mod event;
mod log;

use std::convert::Infallible;
use std::io::Write;
use std::process::ExitCode;

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tributary_normalize::Source;
use tributary_pipeline::aws::{self, Resources};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Deadline, Pipeline, SweepReport};

use crate::gateway::{Call, Gateway};
use crate::metrics::{request_metrics, sweep_metrics};
use crate::secrets::{from_env, settings_from_env};

/// Time left for calls under way when a source's function nears its end, milliseconds: one call with its retries takes 8 s
/// at most.
const MARGIN_MS: i64 = 9_000;
/// From the begin of one pass of a sweep to the next, milliseconds. In the sweeper's 60 s the fourth begins after 45, so
/// that even two minutes from one run to the next leave a chunk waiting no longer than 75 s.
const PASS_MS: i64 = 15_000;
/// From one run of the sweeper to the next, milliseconds. With more time than that a run begins no more passes, and only
/// ends the one it is at: the next run is there.
const MINUTE_MS: i64 = 60_000;
/// Time to begin calls that a pass needs at least, milliseconds.
const PASS_ROOM_MS: i64 = 5_000;

/// The moment an invocation ends, milliseconds since 1970.
///
/// Lambda gives that moment. The local runtimes of cargo-lambda give the milliseconds that are left instead: what would
/// be a moment of 1970 is taken for those.
#[must_use]
pub fn end_ms(deadline: u64, now_ms: i64) -> i64 {
    /// A year; no invocation may take a thousandth of it, and no moment since 1971 is before.
    const LONGEST_MS: i64 = 365 * 24 * 3_600_000;
    match i64::try_from(deadline).unwrap_or(i64::MAX) {
        left if left < LONGEST_MS => now_ms.saturating_add(left),
        moment => moment,
    }
}

/// Runs the function of a source until Lambda ends it.
pub fn serve(source: &'static dyn Source) -> ExitCode {
    run(async move {
        let config = aws::load_config().await;
        let pipeline = aws::pipeline(&config, Resources::from_env()?);
        let provider = from_env(source.name(), Some(&config));
        let gateway = Gateway::new(source, settings_from_env(source.name()), provider, pipeline);
        gateway.warm().await;
        lambda_runtime::run(service_fn(|event| answer(&gateway, event))).await
    })
}

/// Answers one event, whatever it is: an error of the function would set off alarms at any stranger's will.
async fn answer(gateway: &Gateway, event: LambdaEvent<Box<RawValue>>) -> Result<ApiGatewayV2httpResponse, Infallible> {
    let context = event.context;
    let deadline = Deadline::before(end_ms(context.deadline, SystemClock.now_ms()), MARGIN_MS);
    let call = Call { deadline, request_id: context.request_id };
    let request = match event::incoming(&event.payload, context.xray_trace_id.as_deref()) {
        Ok(request) => request,
        Err(error) => {
            let (request_id, line, column) = (&call.request_id, error.line(), error.column());
            tracing::warn!(request_id, line, column, "no request of an HTTP API");
            return Ok(event::answer(Gateway::bad_request()));
        }
    };
    let (response, summary) = gateway.handle(request, &call).await;
    emit(&request_metrics(&summary, SystemClock.now_ms()));
    Ok(event::answer(response))
}

/// Runs the sweeper's function until Lambda ends it.
pub fn sweep() -> ExitCode {
    run(async {
        let config = aws::load_config().await;
        let pipeline = aws::pipeline(&config, Resources::from_env()?);
        pipeline.warm().await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<serde::de::IgnoredAny>| {
            sweep_until(&pipeline, end_ms(event.context.deadline, SystemClock.now_ms()))
        }))
        .await
    })
}

/// Passes with pauses until the time is up, so that a chunk waits seconds for the sweeper and not a minute.
async fn sweep_until(pipeline: &Pipeline, end_ms: i64) -> Result<(), lambda_runtime::Error> {
    let deadline = Deadline::before(end_ms, MARGIN_MS);
    let mut sum = SweepReport::default();
    let mut next_ms = pipeline.clock.now_ms();
    let passes = Deadline::before(end_ms.min(next_ms + MINUTE_MS), MARGIN_MS);
    loop {
        sum = sum.and(pipeline.sweep(deadline).await);
        next_ms = pipeline.clock.now_ms().max(next_ms + PASS_MS);
        if next_ms + PASS_ROOM_MS > passes.at_ms {
            break;
        }
        let pause = next_ms - pipeline.clock.now_ms();
        pipeline.clock.sleep_ms(u64::try_from(pause).unwrap_or(0)).await;
    }
    tracing::info!(
        expired = sum.expired,
        driven = sum.driven,
        sent = sum.sent,
        duplicate = sum.duplicate,
        conflict = sum.conflict,
        left = sum.left,
        buried = sum.buried,
        unspilled = sum.unspilled,
        faults = sum.faults,
        oldest_ms = sum.oldest_ms,
        unread = sum.unread,
        oldest_spilled_ms = sum.oldest_spilled_ms,
        "sweep"
    );
    emit(&sweep_metrics(&sum, pipeline.clock.now_ms()));
    Ok(())
}

/// Writes a line of metrics.
///
/// On a line of its own, past the log's format: CloudWatch reads metrics from the root object only.
pub fn emit(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Runs a function's main: sets the log up and makes the runtime. An error is logged.
pub fn run(main: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    log::init();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(main) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function cannot run");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tributary_pipeline::memory::World;

    use super::*;
    use crate::auth::Rules;
    use crate::secrets::Provider;
    use proptest::prelude::*;
    use tributary_normalize::Settings;

    const REPORT: &str = r#"{"results":[{"messageId":"m","to":"1","status":{"groupId":3,"id":5},"error":{"id":0}}]}"#;

    /// What the function of infobip answers to an event, and the world it did so in.
    fn function(event: &serde_json::Value) -> (u64, World) {
        let world = World::new();
        let rules = r#"{"rules":[{"type":"header","name":"x-secret","value":"s3cret"}]}"#;
        let provider = Provider::fixed(Rules::parse(rules).unwrap());
        let gateway = Gateway::new(tributary_normalize::INFOBIP, Settings::default(), provider, world.pipeline());
        let mut context = lambda_runtime::Context::default();
        context.deadline = u64::MAX;
        let event = LambdaEvent::new(serde_json::value::to_raw_value(event).unwrap(), context);
        let answer = answer(&gateway, event).now_or_never().unwrap().unwrap();
        let answer = serde_json::to_value(answer).unwrap();
        (answer["statusCode"].as_u64().unwrap(), world)
    }

    fn event(path: &str, secret: &str) -> serde_json::Value {
        serde_json::json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "", "body": REPORT, "isBase64Encoded": false,
            "headers": {"content-type": "application/json", "x-secret": secret, "host": "h t"},
            "requestContext": {"stage": "$default", "http": {"method": "POST", "path": path}},
        })
    }

    #[test]
    fn a_path_as_http_apis_decode_it_is_answered_and_an_authentic_event_of_it_taken() {
        for below in [
            "space value",
            "Kakao Alim/DELIVERY",
            "<channel>/<event>",
            "^`{|}",
            "\t\u{1}",
            "a?b#c",
            "%41",
            "%",
            "\u{FFFD}",
        ] {
            let path = format!("/infobip/{below}");
            assert_eq!(function(&event(&path, "wrong")).0, 401, "{path:?}");
            let (status, world) = function(&event(&path, "s3cret"));
            assert_eq!((status, world.queue().len()), (200, 1), "{path:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

        #[test]
        fn whatever_path_query_and_headers_come_there_is_an_answer(
            path in any::<String>(),
            query in any::<String>(),
            headers in prop::collection::hash_map(any::<String>(), any::<String>(), 0..4),
            method in prop_oneof![Just("POST".to_owned()), Just("GET".to_owned()), any::<String>()],
            right in any::<bool>(),
        ) {
            let mut event = event(&format!("/infobip/{path}"), if right { "s3cret" } else { "wrong" });
            event["rawQueryString"] = query.into();
            event["requestContext"]["http"]["method"] = method.clone().into();
            for (name, value) in headers {
                // Others of these would say something about the body.
                if !name.to_ascii_lowercase().starts_with("content-") && !name.eq_ignore_ascii_case("x-secret") {
                    event["headers"][name] = value.into();
                }
            }
            let (status, world) = function(&event);
            let is_http = http::Method::from_bytes(method.as_bytes()).is_ok();
            match (method.as_str(), right) {
                // What no HTTP API hands over is refused one way or the other.
                _ if !is_http => prop_assert!(matches!(status, 400 | 405), "{}", status),
                ("POST", true) => prop_assert_eq!(status, 200),
                ("POST", false) => prop_assert_eq!(status, 401),
                _ => prop_assert_eq!(status, 405),
            }
            prop_assert_eq!(world.queue().len(), usize::from(status == 200));
        }
    }

    #[test]
    fn a_sweep_begins_its_fourth_pass_in_the_last_quarter_of_its_minute() {
        // A minute, and what a larger timeout or cargo-lambda gives.
        for time in [60_000, 600_000] {
            let world = World::new();
            let begun = world.now();
            let pipeline = world.pipeline();
            sweep_until(&pipeline, begun + time).now_or_never().unwrap().unwrap();
            let passes = world.counts()["spill.receive"];
            assert_eq!((passes, world.now() - begun), (4, 45_000), "one look at the spill queue a pass");
        }
    }

    #[test]
    fn a_deadline_is_a_moment_or_the_time_left() {
        let now = 1_795_253_400_000;
        assert_eq!(end_ms(1_795_253_420_000, now), now + 20_000);
        assert_eq!(end_ms(600_000, now), now + 600_000);
        assert_eq!(end_ms(u64::MAX, now), i64::MAX);
        assert!(end_ms(1_795_253_399_000, now) < now, "time that is up stays up");
    }
}
