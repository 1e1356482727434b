//! What the log tells of the last days: how fast the first request after a rest is, and whether a function timed out.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use http::Request;
use serde_json::{Value, json};
use tributary_pipeline::ports::{Clock, SystemClock};

use super::NAMES;
use crate::deployment::plain::{self, LOGS};
use crate::deployment::trouble::Trouble;
use crate::doctor::report::{Report, State};
use crate::redrive::age;

const HOUR_MS: i64 = 3_600_000;
/// For requests, of which there may be many.
const REQUESTS_MS: i64 = 24 * HOUR_MS;
/// For what is rare.
const RARE_MS: i64 = 7 * 24 * HOUR_MS;
/// Pages of the log that are read at most for one question.
const PAGES: usize = 30;
/// Between two requests of one environment: long enough for AWS, or whoever is between, to have cut its connections.
const REST_MS: i64 = 2 * 60_000;
/// What the first request after a rest may take longer than others.
const MORE_MS: i64 = 1_500;

/// A line of the log.
struct Line {
    /// One for each environment of a function.
    stream: String,
    at_ms: i64,
    text: String,
}

pub(super) async fn check(config: &SdkConfig, stack: &str, report: &mut Report) {
    let group = format!("/tributary/{stack}");
    let accepted = "{ $.fields.message = \"request\" && $.fields.outcome = \"accepted\" }";
    match lines(config, &group, accepted, REQUESTS_MS).await {
        Ok(lines) => {
            report_levels(&lines, report);
            report_rests(&rests(lines), report);
        }
        Err(trouble) => report.trouble(NAMES[1], &trouble),
    }
    let told = "{ $.type = \"platform.report\" && $.record.status = \"timeout\" }";
    match (lines(config, &group, told, RARE_MS).await, lines(config, &group, "\"Task timed out\"", RARE_MS).await) {
        (Ok(reports), Ok(plain)) => report_timeouts(&reports, &plain, report),
        (Err(trouble), _) | (_, Err(trouble)) => report.trouble(NAMES[3], &trouble),
    }
}

/// The lines of a log group that a pattern finds, of the last milliseconds.
async fn lines(config: &SdkConfig, group: &str, pattern: &str, since_ms: i64) -> Result<Vec<Line>, Trouble> {
    let mut found = Vec::new();
    let mut token = Value::Null;
    for _ in 0..PAGES {
        let mut body = json!({
            "logGroupName": group, "filterPattern": pattern, "startTime": SystemClock.now_ms() - since_ms,
        });
        if token.is_string() {
            body["nextToken"] = token;
        }
        let request = Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "Logs_20140328.FilterLogEvents");
        let answer = plain::ask(config, LOGS, "logs:FilterLogEvents", "/", request, body.to_string()).await?;
        let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        for event in answer["events"].as_array().into_iter().flatten() {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let at_ms = event["timestamp"].as_i64().unwrap_or_default();
            found.push(Line { stream: text("logStreamName"), at_ms, text: text("message") });
        }
        token = answer["nextToken"].take();
        if !token.is_string() {
            break;
        }
    }
    Ok(found)
}

/// Lambda filters lines by their level, and takes one that lacks level or time for INFO.
fn report_levels(lines: &[Line], report: &mut Report) {
    let lacks = |line: &&Line| {
        let line: Value = serde_json::from_str(&line.text).unwrap_or_default();
        !line["level"].is_string() || !line["timestamp"].is_string()
    };
    let (all, lacking) = (lines.len(), lines.iter().filter(lacks).count());
    match (all, lacking) {
        (0, _) => report.ok(NAMES[1], "no request was accepted in the last 24 h: nothing to look at"),
        (_, 0) => report.ok(NAMES[1], format!("{all} accepted requests in 24 h, each line with level and time")),
        _ => report.add(
            State::Fail,
            NAMES[1],
            format!("{lacking} of {all} lines lack level or time, so Lambda takes them for INFO"),
            "deploy this version, and LoggingConfig as the template has it",
        ),
    }
}

/// How long requests took, milliseconds: the first after a rest, and others.
#[derive(Debug, Default, PartialEq)]
struct Rests {
    first: Vec<i64>,
    other: Vec<i64>,
    /// The longest rest.
    longest_ms: i64,
}

fn rests(lines: Vec<Line>) -> Rests {
    let mut streams: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for line in lines {
        let fields: Value = serde_json::from_str(&line.text).unwrap_or_default();
        if let Some(total_ms) = fields["fields"]["total_ms"].as_i64() {
            streams.entry(line.stream).or_default().push((line.at_ms, total_ms));
        }
    }
    let mut rests = Rests::default();
    for mut requests in streams.into_values() {
        requests.sort_unstable();
        // The very first is a cold start, and no rest.
        for pair in requests.windows(2) {
            let [(before_ms, _), (at_ms, total_ms)] = *pair else { continue };
            let rest_ms = at_ms - total_ms - before_ms;
            if rest_ms < REST_MS {
                rests.other.push(total_ms);
            } else {
                rests.first.push(total_ms);
                rests.longest_ms = rests.longest_ms.max(rest_ms);
            }
        }
    }
    rests.first.sort_unstable();
    rests.other.sort_unstable();
    rests
}

fn report_rests(rests: &Rests, report: &mut Report) {
    let what = NAMES[2];
    let median = |sorted: &[i64]| sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let Some(slowest) = rests.first.last() else {
        return report.ok(what, "no environment had a rest of 2 min between two requests in the last 24 h");
    };
    let finding = format!(
        "{} after 2 min to {}: median {} ms, slowest {slowest} ms; others: {}, median {} ms",
        rests.first.len(),
        age(rests.longest_ms),
        median(&rests.first),
        rests.other.len(),
        median(&rests.other),
    );
    if *slowest <= median(&rests.other) + MORE_MS {
        report.ok(what, finding);
    } else {
        let todo = "a connection that was cut while the environment rested; the log line of that request has its times";
        report.add(State::Warn, what, finding, todo);
    }
}

fn report_timeouts(reports: &[Line], plain: &[Line], report: &mut Report) {
    let count = reports.len().max(plain.len());
    if count == 0 {
        return report.ok(NAMES[3], "none in 7 days");
    }
    let newest = reports.iter().chain(plain).map(|line| line.at_ms).max().unwrap_or_default();
    let told = match (reports.is_empty(), plain.is_empty()) {
        (false, true) => "by platform.report",
        (true, _) => "as \"Task timed out\"",
        _ => "both by platform.report and as \"Task timed out\"",
    };
    let finding = format!("{count} in 7 days, told {told}, the last {} ago", age(SystemClock.now_ms() - newest));
    report.add(State::Warn, NAMES[3], finding, "docs/operations.md, source-errors");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stream: &str, at_ms: i64, total_ms: i64) -> Line {
        let text = json!({"timestamp": "t", "level": "INFO", "fields": {"total_ms": total_ms}}).to_string();
        Line { stream: stream.to_owned(), at_ms, text }
    }

    #[test]
    fn a_rest_is_between_two_requests_of_one_environment() {
        let lines = vec![
            line("b", 0, 900),
            line("a", 400_000, 1_800),
            line("a", 0, 800),
            line("a", 1_000, 20),
            line("a", 519_500, 30),
            // Of the time between, half was the request's own.
            line("b", 130_000, 20_000),
        ];
        assert_eq!(rests(lines), Rests { first: vec![1_800], other: vec![20, 30, 20_000], longest_ms: 397_200 });
    }
}
