//! The four queues.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::report::{Report, State};
use super::{Found, name};
use crate::cli::Queue;
use crate::deployment::trouble::trouble;

/// Seven days, as the template has it for events.
const EVENTS_KEPT_S: u64 = 604_800;
/// Fourteen days, the most there is, for what nobody consumes by itself.
const REST_KEPT_S: u64 = 1_209_600;
/// The largest message of SQS, and of ours.
const LARGEST: u64 = 1_048_576;

type Attributes = HashMap<Name, String>;

pub(super) async fn check(found: &Found, report: &mut Report) {
    let local = found.deployment.is_local();
    for (queue, url) in &found.queues {
        let what = name(*queue);
        let url = match url {
            Ok(url) => url,
            Err(trouble) => {
                report.trouble(what, trouble);
                continue;
            }
        };
        let call = found.deployment.sqs.get_queue_attributes().queue_url(url).attribute_names(Name::All);
        match call.send().await {
            Ok(output) => one(*queue, url, output.attributes().unwrap_or(&HashMap::new()), local, report),
            Err(error) => report.trouble(what, &trouble("sqs:GetQueueAttributes", &error)),
        }
    }
}

fn one(queue: Queue, url: &str, attributes: &Attributes, local: bool, report: &mut Report) {
    let what = name(queue);
    let text = |name: Name| attributes.get(&name).map_or("", String::as_str);
    let number = |name: Name| attributes.get(&name).and_then(|value| value.parse::<u64>().ok());
    let own_name = url.rsplit('/').next().unwrap_or(url);
    let fifo = text(Name::FifoQueue) == "true";

    let by_group =
        text(Name::DeduplicationScope) == "messageGroup" && text(Name::FifoThroughputLimit) == "perMessageGroupId";
    if !fifo {
        let note = if queue == Queue::Events { ", standard: SQS itself may deliver a copy" } else { "" };
        report.ok(what, format!("{own_name}{note}"));
    } else if by_group {
        report.ok(what, format!("{own_name}, FIFO, high throughput"));
    } else {
        let todo =
            "set DeduplicationScope=messageGroup and FifoThroughputLimit=perMessageGroupId, or deploy the template";
        report.add(State::Warn, what, format!("{own_name}, FIFO, 300 sends a second at most"), todo);
    }

    let redrive = text(Name::RedrivePolicy);
    match queue {
        Queue::Events => match max_receives(redrive) {
            Some(count) => report.ok("events queue: failures", format!("to the dead letters after {count} receives")),
            None => report.add(
                State::Fail,
                "events queue: failures",
                "no dead-letter queue: an event that a consumer fails on comes again for ever",
                "deploy the template, which sets a RedrivePolicy",
            ),
        },
        _ if !redrive.is_empty() => report.add(
            State::Warn,
            &format!("{what}: failures"),
            "has a dead-letter queue of its own: looking at it often moves messages there",
            "take its RedrivePolicy away",
        ),
        _ => {}
    }

    let wanted = if queue == Queue::Events { EVENTS_KEPT_S } else { REST_KEPT_S };
    let settings = format!("{what}: settings");
    if local {
        return report.not_here(&settings);
    }
    let mut wrong = Vec::new();
    match number(Name::MessageRetentionPeriod) {
        Some(kept) if kept >= wanted => {}
        kept => wrong.push(format!("keeps messages {} h, not {}", kept.unwrap_or_default() / 3600, wanted / 3600)),
    }
    if text(Name::SqsManagedSseEnabled) != "true" && text(Name::KmsMasterKeyId).is_empty() {
        wrong.push("not encrypted".to_owned());
    }
    let small = number(Name::MaximumMessageSize).is_none_or(|bytes| bytes < LARGEST);
    if small {
        wrong.push("takes no messages of 1 MiB".to_owned());
    }
    if wrong.is_empty() {
        return report.ok(&settings, format!("messages up to 1 MiB, kept {} days, encrypted", wanted / 86_400));
    }
    // An event that the queue refuses stays in the journal and is buried in the end.
    let state = if small && queue == Queue::Events { State::Fail } else { State::Warn };
    report.add(state, &settings, wrong.join("; "), "deploy the template again, which sets this");
}

fn max_receives(redrive: &str) -> Option<u64> {
    let policy: serde_json::Value = serde_json::from_str(redrive).ok()?;
    let count = &policy["maxReceiveCount"];
    count.as_u64().or_else(|| count.as_str()?.parse().ok())
}
