//! Who watches the events queue hears what is new on it, once, whoever sent it.

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use tributary_stack::{Stack, StackOptions};

#[tokio::test]
async fn each_new_event_is_heard_once_and_nothing_else() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let watcher: tributary_stack::Watcher = Arc::new(move |body| told.lock().expect("sound").push(body.to_owned()));
    let stack = Stack::start(StackOptions { watcher: Some(watcher), ..StackOptions::default() }).await;
    let stack = stack.expect("the stack starts");
    let (sqs, queues) = (stack.sqs(), stack.queues());
    let entries = vec![
        fifo_entry("a", "one", "g", "1"),
        fifo_entry("b", "one again", "g", "1"),
        fifo_entry("c", "\u{1}", "g", "2"),
        fifo_entry("d", "three", "g", "3"),
    ];
    let batch = sqs.send_message_batch().queue_url(&queues.events).set_entries(Some(entries)).send().await;
    assert_eq!(batch.expect("an answer").failed().len(), 1, "the control character");
    let one = || sqs.send_message().queue_url(&queues.events).message_group_id("g").message_deduplication_id("4");
    one().message_body("four").send().await.expect("taken");
    one().message_body("four").send().await.expect("absorbed");
    send_batch(&sqs, &queues.quarantine, vec![entry("a", "elsewhere")]).await;
    assert_eq!(bodies(&receive(&sqs, &queues.events).await), ["one", "three", "four"]);
    assert_eq!(*heard.lock().expect("sound"), ["one", "three", "four"]);
}
