//! Whether AWS answers, and how far this machine's time is from its.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sqs::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_sqs::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use tributary_pipeline::ports::{Clock, SystemClock};

use super::report::{Report, State};
use crate::deployment::Deployment;
use crate::deployment::trouble::{Trouble, Why, trouble};

/// AWS refuses a signature of another time than five minutes from its own.
const FAIL_S: i64 = 240;
const WARN_S: i64 = 60;

/// Keeps the `Date` of an answer, whatever the answer is.
#[derive(Debug, Clone, Default)]
struct Date(Arc<Mutex<Option<i64>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.map(|date| date.secs());
        Ok(())
    }
}

/// How far this machine's time is ahead of AWS's, whole seconds; none if nothing answers with a time. The time of an answer is
/// cut to a second, and as old as its way here.
async fn ahead_s(deployment: &Deployment) -> (Option<i64>, Option<Trouble>) {
    let date = Date::default();
    let call = deployment.sqs.list_queues().max_results(1).customize().interceptor(date.clone());
    let trouble = call.send().await.map_err(|error| trouble("sqs:ListQueues", &error)).err();
    let date = *date.0.lock().unwrap_or_else(PoisonError::into_inner);
    (date.map(|date| SystemClock.now_ms() / 1000 - date), trouble)
}

/// Farthest that the clock of a machine that drives may be from AWS's, seconds: the protocol's S of less than one, and one
/// that an answer's time does not tell.
const DRIVE_S: i64 = 2;

/// Whether this machine may drive chunks: leases are compared with other machines' clocks.
///
/// # Errors
/// Why not.
pub(crate) async fn may_drive(deployment: &Deployment) -> Result<(), String> {
    if deployment.is_local() {
        return Ok(());
    }
    match ahead_s(deployment).await.0 {
        Some(ahead) if ahead.abs() > DRIVE_S => Err(format!(
            "{}: what it takes up it would hold too long or too short, and events could come twice. Set this machine's clock, by NTP if you can",
            verdict(ahead).1
        )),
        _ => Ok(()),
    }
}

/// False if there is no use in going on.
pub(super) async fn check(deployment: &Deployment, report: &mut Report) -> bool {
    let (ahead, sqs) = ahead_s(deployment).await;
    let call = deployment.dynamodb.list_tables().limit(1);
    let dynamodb = call.send().await.map_err(|error| trouble("dynamodb:ListTables", &error)).err();
    // A denied call was answered, and its right is of no use beyond this.
    let failed: Vec<_> = [sqs, dynamodb].into_iter().flatten().filter(|trouble| trouble.why != Why::Denied).collect();
    if deployment.is_local() {
        report.not_here("clock");
    } else if let Some(ahead) = ahead {
        let (state, finding) = verdict(ahead);
        let todo = "set this machine's clock, by NTP if you can: AWS refuses requests that are five minutes off";
        report.add(state, "clock", finding, if state == State::Ok { "" } else { todo });
    }
    for trouble in &failed {
        report.trouble("services", trouble);
    }
    if failed.is_empty() {
        report.ok("services", "DynamoDB and SQS answer");
    }
    failed.is_empty()
}

fn verdict(ahead_s: i64) -> (State, String) {
    let state = match ahead_s.abs() {
        0..=WARN_S => State::Ok,
        61..=FAIL_S => State::Warn,
        _ => State::Fail,
    };
    let word = if ahead_s < 0 { "behind" } else { "ahead of" };
    (state, format!("this machine is {} s {word} AWS", ahead_s.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_before_aws_refuses_it() {
        for (ahead, state) in
            [(0, State::Ok), (-60, State::Ok), (61, State::Warn), (-240, State::Warn), (241, State::Fail)]
        {
            assert_eq!(verdict(ahead).0, state, "{ahead}");
        }
        assert_eq!(verdict(-90).1, "this machine is 90 s behind AWS");
    }
}
