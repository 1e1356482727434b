//! Messages of a queue, received and given back, or taken.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry};

use super::line::Style;
use crate::cli::{Queue, print};
use crate::deployment::trouble::trouble;
use crate::interrupt::Interrupt;

/// Most messages of a call (AWS).
const BATCH: usize = 10;
/// How long a message is hidden while the rest is looked at, seconds, if it cannot be given back.
const HOLD_S: i32 = 60;
/// Messages are given back well before that.
const ROUND: Duration = Duration::from_secs(40);
/// Between two looks at the same queue.
const PAUSE: Duration = Duration::from_secs(3);
/// How long a receive waits for messages, seconds; below the time limit of a call.
const WAIT_S: i32 = 1;

pub(super) struct Peek {
    sqs: Client,
    url: String,
    queue: Queue,
    take: bool,
    style: Style,
    seen: HashSet<String>,
    held: Vec<String>,
}

impl Peek {
    pub(super) fn new(sqs: Client, url: String, queue: Queue, take: bool, style: Style) -> Self {
        Self { sqs, url, queue, take, style, seen: HashSet::new(), held: Vec::new() }
    }

    /// Shows what is there and what comes, until Ctrl-C, or until nobody reads it any more.
    pub(super) async fn run(&mut self, interrupt: &mut Interrupt) -> Result<(), String> {
        loop {
            if !self.round(interrupt).await? {
                return Ok(());
            }
            self.give_back().await;
            if !self.take && interrupt.came_within(PAUSE).await {
                return Ok(());
            }
        }
    }

    /// One look at all that is there. False when it is to end.
    async fn round(&mut self, interrupt: &mut Interrupt) -> Result<bool, String> {
        let begun = Instant::now();
        while begun.elapsed() < ROUND {
            if interrupt.came().await {
                return Ok(false);
            }
            let call = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
            let call = call.wait_time_seconds(WAIT_S).visibility_timeout(HOLD_S);
            let received = call.send().await.map_err(|error| trouble("sqs:ReceiveMessage", &error))?;
            if received.messages().is_empty() {
                break;
            }
            for message in received.messages() {
                self.held.extend(message.receipt_handle().map(str::to_owned));
                let new = self.seen.insert(message.message_id().unwrap_or_default().to_owned());
                if new && !print(&self.style.of(self.queue, message.body().unwrap_or_default())) {
                    return Ok(false);
                }
            }
            if self.take {
                // Shown first: what cannot be shown is not deleted.
                self.delete().await?;
            }
        }
        Ok(true)
    }

    async fn delete(&mut self) -> Result<(), String> {
        let entries = entries(&self.held, |id, handle| {
            DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().ok()
        });
        self.held.clear();
        let call = self.sqs.delete_message_batch().queue_url(&self.url).set_entries(Some(entries));
        let output = call.send().await.map_err(|error| trouble("sqs:DeleteMessage", &error))?;
        match output.failed().first() {
            None => Ok(()),
            Some(failed) => Err(format!("a message was shown and not deleted: {}", failed.code())),
        }
    }

    /// Lets others see at once what was looked at. What cannot be given back comes back by itself.
    pub(super) async fn give_back(&mut self) {
        for handles in std::mem::take(&mut self.held).chunks(BATCH) {
            let entries = entries(handles, |id, handle| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
                entry.visibility_timeout(0).build().ok()
            });
            let call = self.sqs.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            if call.send().await.is_err() {
                return;
            }
        }
    }
}

fn entries<T>(handles: &[String], build: impl Fn(String, &str) -> Option<T>) -> Vec<T> {
    handles.iter().enumerate().filter_map(|(at, handle)| build(at.to_string(), handle)).collect()
}
