//! What waits, and for whom.

use std::sync::Arc;

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName as Name};
use futures_util::StreamExt;
use futures_util::stream;
use tributary_pipeline::aws::DynamoJournal;
use tributary_pipeline::ports::{Clock, Fault, Journal, SystemClock};

use super::report::{Report, State};
use super::{Found, name};
use crate::cli::Queue;
use crate::deployment::trouble::{Trouble, trouble};
use crate::redrive::age;

/// The journal's shards.
const SHARDS: u8 = 32;
/// Shards read at once.
const AT_ONCE: usize = 8;
/// The sweeper takes up a chunk at most 75 s after its lease has run out.
const SWEPT_MS: i64 = 90_000;
/// From then on FIFO no longer absorbs a copy.
const LATE_MS: i64 = 300_000;

pub(super) async fn check(found: &Found, report: &mut Report) {
    if let Ok(table) = &found.journal {
        let journal = DynamoJournal::new(found.deployment.dynamodb.clone(), table.clone(), Arc::new(SystemClock));
        match waiting(&journal).await {
            Ok((count, late_ms)) => report_waiting(count, late_ms, report),
            Err(fault) => report.add(State::Fail, "open chunks", format!("the journal cannot be read: {fault}"), ""),
        }
        match journal.dead().await {
            Ok(dead) if dead.chunks.is_empty() && dead.unreadable.is_empty() => report.ok("dead chunks", "none"),
            Ok(dead) => {
                let count = dead.chunks.len() + dead.unreadable.len();
                let todo = "find out why they could not be sent, in the sweeper's log; then: tributary redrive dead";
                report.add(State::Fail, "dead chunks", format!("{count} set aside"), todo);
            }
            Err(fault) => report.add(State::Fail, "dead chunks", format!("the journal cannot be read: {fault}"), ""),
        }
    }
    for (queue, todo) in [
        (Queue::Events, ""),
        (Queue::Quarantine, "see why: tributary tail quarantine; after a fix: tributary redrive quarantine"),
        (Queue::DeadLetters, "see them: tributary tail dead-letters; once the consumer is repaired move them back"),
        (Queue::Spill, "the journal refused chunks; the sweeper brings them back, so look again in a minute"),
    ] {
        let Some(url) = found.queue(queue) else { continue };
        let what = format!("{}: backlog", name(queue));
        match depth(found, queue, url).await {
            Ok((0, _)) => report.ok(&what, "empty"),
            Ok((count, oldest)) => {
                let oldest = oldest.map(|ms| format!(", one {} old", age(ms))).unwrap_or_default();
                let state = if queue == Queue::Events { State::Ok } else { State::Warn };
                report.add(state, &what, format!("about {count}{oldest}"), todo);
            }
            Err(trouble) => report.trouble(&what, &trouble),
        }
    }
}

/// Chunks whose lease has run out, and how long ago that was for the last one taken up.
async fn waiting(journal: &DynamoJournal) -> Result<(usize, i64), Fault> {
    let now_ms = SystemClock.now_ms();
    let shards = stream::iter(0..SHARDS).map(|shard| waiting_in(journal, shard, now_ms)).buffer_unordered(AT_ONCE);
    let shards: Vec<_> = shards.collect().await;
    let (mut count, mut late_ms) = (0, 0);
    for shard in shards {
        let (chunks, late) = shard?;
        count += chunks;
        late_ms = late_ms.max(late);
    }
    Ok((count, late_ms))
}

async fn waiting_in(journal: &DynamoJournal, shard: u8, now_ms: i64) -> Result<(usize, i64), Fault> {
    let (mut count, mut late_ms, mut from) = (0, 0, None);
    loop {
        let page = journal.expired(shard, now_ms, from.as_deref()).await?;
        for chunk in page.chunks {
            count += 1;
            // A chunk that was put back by hand has no lease.
            late_ms = late_ms.max(now_ms - chunk.lease_ms.max(chunk.key.created_ms));
        }
        from = page.next;
        if from.is_none() {
            return Ok((count, late_ms));
        }
    }
}

fn report_waiting(count: usize, late_ms: i64, report: &mut Report) {
    let what = "open chunks";
    if count == 0 {
        return report.ok(what, "none waits for the sweeper");
    }
    let finding = format!("{count} wait for the sweeper, one since {}", age(late_ms));
    let todo = "does the sweeper run? See its schedule and `faults` in its log";
    match late_ms {
        ..SWEPT_MS => report.ok(what, finding),
        SWEPT_MS..LATE_MS => report.add(State::Warn, what, finding, todo),
        _ => report.add(State::Fail, what, finding, todo),
    }
}

/// Messages of a queue, and the age of the oldest of some that were looked at, milliseconds.
async fn depth(found: &Found, queue: Queue, url: &str) -> Result<(u64, Option<i64>), Trouble> {
    let sqs = &found.deployment.sqs;
    let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
    let call = sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
    let output = call.send().await.map_err(|error| trouble("sqs:GetQueueAttributes", &error))?;
    let number = |name: &Name| -> u64 { output.attributes().and_then(|all| all.get(name)?.parse().ok()).unwrap_or(0) };
    let count = names.iter().map(number).sum();
    // Nobody consumes these, and a look of no length hides nothing.
    if count == 0 || !matches!(queue, Queue::Quarantine | Queue::DeadLetters) {
        return Ok((count, None));
    }
    let call = sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(0);
    let call = call.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
    let output = call.send().await.map_err(|error| trouble("sqs:ReceiveMessage", &error))?;
    let sent = output.messages().iter().filter_map(|message| {
        message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse::<i64>().ok()
    });
    Ok((count, sent.min().map(|sent| SystemClock.now_ms() - sent)))
}
