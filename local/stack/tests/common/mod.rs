//! Queues to test on, and short words for what the tests do with them.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry as SendEntry,
};
use tributary_stack::{Stack, StackOptions, sqs_client};
use uuid::Uuid;

/// An SQS to hold to the contract.
pub(crate) struct Endpoint {
    pub(crate) sqs: Client,
    pub(crate) is_embedded: bool,
    /// Keeps the embedded one alive.
    _stack: Option<Stack>,
}

/// The embedded one, and the one the environment names.
pub(crate) async fn endpoints() -> Vec<Endpoint> {
    let stack = Stack::start(StackOptions::default()).await.expect("the stack starts");
    let mut endpoints = vec![Endpoint { sqs: stack.sqs(), is_embedded: true, _stack: Some(stack) }];
    if let Ok(url) = std::env::var("TRIBUTARY_CONTRACT_SQS_URL") {
        endpoints.push(Endpoint { sqs: sqs_client(&url), is_embedded: false, _stack: None });
    }
    endpoints
}

/// A directory that goes away with the test.
pub(crate) struct Directory(std::path::PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("tributary-stack-{}", Uuid::new_v4())))
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.0
    }

    pub(crate) fn options(&self) -> StackOptions {
        StackOptions { data_dir: Some(self.0.clone()), ..StackOptions::default() }
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) type Attributes<'a> = &'a [(QueueAttributeName, &'a str)];

/// Makes a standard queue of a name of its own.
pub(crate) async fn standard(sqs: &Client, attributes: Attributes<'_>) -> String {
    create(sqs, &format!("contract-{}", Uuid::new_v4()), attributes).await
}

/// Makes a FIFO queue of a name of its own.
pub(crate) async fn fifo(sqs: &Client, attributes: Attributes<'_>) -> String {
    let mut all = vec![(QueueAttributeName::FifoQueue, "true")];
    all.extend_from_slice(attributes);
    create(sqs, &format!("contract-{}.fifo", Uuid::new_v4()), &all).await
}

pub(crate) async fn create(sqs: &Client, name: &str, attributes: Attributes<'_>) -> String {
    let mut create = sqs.create_queue().queue_name(name);
    for (attribute, value) in attributes {
        create = create.attributes(attribute.clone(), *value);
    }
    create.send().await.expect("the queue is made").queue_url().expect("it has a URL").to_owned()
}

pub(crate) fn entry(id: &str, body: &str) -> SendEntry {
    SendEntry::builder().id(id).message_body(body).build().expect("an entry")
}

pub(crate) fn fifo_entry(id: &str, body: &str, group: &str, dedup: &str) -> SendEntry {
    let entry = SendEntry::builder().id(id).message_body(body).message_group_id(group).message_deduplication_id(dedup);
    entry.build().expect("an entry")
}

/// Ids of a batch's entries that went through, and id and code of those that failed.
pub(crate) async fn send_batch(
    sqs: &Client,
    url: &str,
    entries: Vec<SendEntry>,
) -> (Vec<String>, Vec<(String, String)>) {
    let sent = sqs.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await.expect("a 200");
    for failed in sent.failed() {
        assert!(failed.sender_fault(), "{failed:?}");
    }
    (
        sent.successful().iter().map(|entry| entry.id().to_owned()).collect(),
        sent.failed().iter().map(|entry| (entry.id().to_owned(), entry.code().to_owned())).collect(),
    )
}

/// Up to ten messages that are there now, with all their attributes.
pub(crate) async fn receive(sqs: &Client, url: &str) -> Vec<Message> {
    receive_for(sqs, url, 30).await
}

/// As `receive`, with a visibility timeout in seconds.
pub(crate) async fn receive_for(sqs: &Client, url: &str, seconds: i32) -> Vec<Message> {
    let receive = sqs
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .visibility_timeout(seconds)
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .message_attribute_names("All");
    receive.send().await.expect("a receive").messages.unwrap_or_default()
}

pub(crate) async fn delete(sqs: &Client, url: &str, message: &Message) {
    let handle = message.receipt_handle().expect("a handle");
    sqs.delete_message().queue_url(url).receipt_handle(handle).send().await.expect("deleted");
}

pub(crate) fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().unwrap_or_default()).collect()
}

pub(crate) fn system<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> Option<&'a str> {
    message.attributes().and_then(|all: &HashMap<_, _>| all.get(name)).map(String::as_str)
}

/// The code of a refused call.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(result: Result<T, E>) -> String {
    result.err().and_then(|error| error.code().map(str::to_owned)).unwrap_or_default()
}

pub(crate) async fn queue_attribute(sqs: &Client, url: &str, name: QueueAttributeName) -> String {
    let get = sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone());
    let told = get.send().await.expect("attributes");
    told.attributes().and_then(|all| all.get(&name)).cloned().unwrap_or_default()
}
