//! A queue in SQS.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName, SendMessageBatchRequestEntry};

use super::fault;
use crate::ports::{Fault, Incoming, Outbox, Outgoing, Sent};

/// A queue in SQS, FIFO or standard by its URL.
#[derive(Debug, Clone)]
pub struct SqsOutbox {
    client: Client,
    url: String,
    fifo: bool,
}

impl SqsOutbox {
    /// The queue at that URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        let fifo = url.ends_with(".fifo");
        Self { client, url, fifo }
    }

    fn entry(&self, at: usize, message: &Outgoing<'_>) -> Option<SendMessageBatchRequestEntry> {
        let entry = SendMessageBatchRequestEntry::builder().id(at.to_string()).message_body(message.body);
        let entry = if self.fifo {
            entry.message_group_id(message.group).message_deduplication_id(message.deduplication_id)
        } else {
            entry
        };
        entry.build().ok()
    }
}

#[async_trait]
impl Outbox for SqsOutbox {
    async fn send(&self, messages: &[Outgoing<'_>]) -> Vec<Sent> {
        // What the answer does not name is not known to be sent.
        let mut sent = vec![Sent::Retry; messages.len()];
        let entries: Option<Vec<_>> =
            messages.iter().enumerate().map(|(at, message)| self.entry(at, message)).collect();
        let output = self.client.send_message_batch().queue_url(&self.url).set_entries(entries).send().await;
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                let fault = fault("queue.send", &error);
                tracing::warn!(%fault, messages = messages.len(), "batch not sent");
                return sent;
            }
        };
        for entry in output.successful() {
            if let Some(slot) = entry.id().parse().ok().and_then(|at: usize| sent.get_mut(at)) {
                *slot = Sent::Acknowledged;
            }
        }
        for entry in output.failed() {
            tracing::warn!(code = entry.code(), sender_fault = entry.sender_fault(), "message not sent");
            if let Some(slot) = entry.id().parse().ok().and_then(|at: usize| sent.get_mut(at)) {
                *slot = if entry.sender_fault() && !throttled(entry.code()) { Sent::Refused } else { Sent::Retry };
            }
        }
        sent
    }

    async fn warm(&self) {
        let call =
            self.client.get_queue_attributes().queue_url(&self.url).attribute_names(QueueAttributeName::QueueArn);
        if let Err(error) = call.send().await {
            tracing::warn!(fault = %fault("queue.warm", &error), "queue not reached during init");
        }
    }

    async fn receive(&self) -> Result<Vec<Incoming>, Fault> {
        let call = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10).wait_time_seconds(0);
        let output = call.send().await.map_err(|error| fault("queue.receive", &error))?;
        let incoming = |message: &aws_sdk_sqs::types::Message| {
            Some(Incoming { handle: message.receipt_handle()?.to_owned(), body: message.body()?.to_owned() })
        };
        Ok(output.messages().iter().filter_map(incoming).collect())
    }

    async fn remove(&self, handles: &[&str]) -> Result<usize, Fault> {
        let entry = |(at, handle): (usize, &&str)| {
            DeleteMessageBatchRequestEntry::builder().id(at.to_string()).receipt_handle(*handle).build().ok()
        };
        let entries = handles.iter().enumerate().map(entry).collect();
        let output = self.client.delete_message_batch().queue_url(&self.url).set_entries(entries).send().await;
        let output = output.map_err(|error| fault("queue.remove", &error))?;
        // What the answer does not name is not known to be removed.
        Ok(handles.len().saturating_sub(output.successful().len()))
    }
}

/// SQS blames the sender for going too fast as well.
fn throttled(code: &str) -> bool {
    code.contains("Throttl") || code.contains("LimitExceeded") || code.contains("TooManyRequests")
}
