//! Metrics in CloudWatch's Embedded Metric Format: one JSON line on standard output.

use serde_json::{Value, json};
use tributary_events::Timestamp;
use tributary_pipeline::{Accepted, SweepReport};

use crate::gateway::{Outcome, Summary};

const NAMESPACE: &str = "Tributary";

fn line(timestamp_ms: i64, dimensions: &[(&str, &str)], metrics: &[(&str, &str, i64)]) -> String {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let units: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    // Lambda filters lines by level, and takes one that lacks either of the first two for INFO.
    let mut line = json!({
        "timestamp": Timestamp::from_unix_millis(timestamp_ms).map(|at| at.to_string()),
        "level": "INFO",
        "_aws": {
            "Timestamp": timestamp_ms,
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [names], "Metrics": units}],
        },
    });
    for (name, value) in dimensions {
        line[*name] = (*value).into();
    }
    for (name, _, value) in metrics {
        line[*name] = (*value).into();
    }
    line.to_string()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The metrics of one request, by source and outcome: every further dimension would be billed again, and so would be the
/// counts of a request that nothing of was taken.
#[must_use]
pub fn request_metrics(summary: &Summary, timestamp_ms: i64) -> String {
    let accepted = &summary.accepted;
    let mut metrics = vec![("Requests", "Count", 1), ("Duration", "Milliseconds", summary.total_ms)];
    if summary.outcome == Outcome::Accepted || *accepted != Accepted::default() {
        metrics.extend([
            ("Received", "Count", count(accepted.received)),
            ("New", "Count", count(accepted.new)),
            ("Duplicate", "Count", count(accepted.duplicate)),
            ("Conflict", "Count", count(accepted.conflict)),
            ("Left", "Count", count(accepted.left)),
            ("Quarantined", "Count", count(accepted.quarantined)),
            ("Spilled", "Count", count(accepted.spilled)),
            ("Unrecognized", "Count", count(summary.unrecognized)),
        ]);
    }
    // Billed in the month that a URL is wrong, and in no other.
    if summary.unknown_segments > 0 {
        metrics.push(("UnknownSegments", "Count", count(summary.unknown_segments)));
    }
    line(timestamp_ms, &[("Source", summary.source), ("Outcome", summary.outcome.as_str())], &metrics)
}

/// The metrics of the sweeper's run. What it does not know it does not write: the age of the oldest chunk, where no shard it
/// read has one and others were not read.
#[must_use]
pub fn sweep_metrics(report: &SweepReport, timestamp_ms: i64) -> String {
    let oldest = report.known_oldest_ms().map(|oldest| ("OldestChunk", "Milliseconds", oldest));
    let mut metrics = vec![
        ("Expired", "Count", count(report.expired)),
        ("New", "Count", count(report.sent)),
        ("Duplicate", "Count", count(report.duplicate)),
        ("Conflict", "Count", count(report.conflict)),
        ("Left", "Count", count(report.left)),
        ("Buried", "Count", count(report.buried)),
        ("Unspilled", "Count", count(report.unspilled)),
        ("Faults", "Count", count(report.faults)),
        ("OldestSpilled", "Milliseconds", report.oldest_spilled_ms),
    ];
    metrics.extend(oldest);
    let outcome = if report.faults == 0 { "ok" } else { "faults" };
    line(timestamp_ms, &[("Source", "sweeper"), ("Outcome", outcome)], &metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_named_has_its_value() {
        let text = sweep_metrics(&SweepReport { expired: 3, oldest_ms: 45, ..SweepReport::default() }, 7);
        let line: Value = serde_json::from_str(&text).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(line["_aws"]["Timestamp"], 7);
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_i64(), "{metric}");
        }
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
        }
        assert_eq!((line["Expired"].as_i64(), line["OldestChunk"].as_i64()), (Some(3), Some(45)));
    }

    #[test]
    fn the_age_of_what_was_not_looked_at_is_not_told() {
        let oldest = |report: SweepReport| {
            let line: Value = serde_json::from_str(&sweep_metrics(&report, 7)).unwrap();
            let named = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].to_string().contains("OldestChunk");
            assert_eq!(named, line.get("OldestChunk").is_some());
            line["OldestChunk"].as_i64()
        };
        assert_eq!(oldest(SweepReport::default()), Some(0), "all was read");
        assert_eq!(oldest(SweepReport { unread: 1, ..SweepReport::default() }), None);
        assert_eq!(oldest(SweepReport { unread: 1, oldest_ms: 9, ..SweepReport::default() }), Some(9), "at least");
    }
}
