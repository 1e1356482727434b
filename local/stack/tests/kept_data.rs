//! What was acknowledged is there after a restart, whatever ended the process.

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use common::*;
use tributary_stack::{Stack, StackError, StackOptions, dynamodb_client, sqs_client};

/// The journal entry of a number.
async fn put(client: &aws_sdk_dynamodb::Client, n: usize) -> bool {
    let key = |text: String| AttributeValue::S(text);
    let put =
        client.put_item().table_name("tributary-journal").item("pk", key("s#0".into())).item("sk", key(n.to_string()));
    put.send().await.is_ok()
}

async fn journal(client: &aws_sdk_dynamodb::Client) -> BTreeSet<usize> {
    let query = client.query().table_name("tributary-journal").key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", AttributeValue::S("s#0".into())).consistent_read(true);
    let found = query.send().await.expect("a query");
    found.items().iter().filter_map(|item| item["sk"].as_s().ok()?.parse().ok()).collect()
}

/// Every message of a queue, once each.
async fn drain(sqs: &aws_sdk_sqs::Client, url: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let messages = receive_for(sqs, url, 600).await;
        if messages.is_empty() {
            return all;
        }
        all.extend(bodies(&messages).into_iter().map(str::to_owned));
        for message in &messages {
            delete(sqs, url, message).await;
        }
    }
}

#[tokio::test]
async fn a_restart_keeps_messages_locks_and_deduplication() {
    let directory = Directory::new();
    let stack = Stack::start(directory.options()).await.expect("the stack starts");
    let (sqs, url) = (stack.sqs(), stack.queues().events.clone());
    let entries =
        vec![fifo_entry("a", "a1", "a", "1"), fifo_entry("b", "a2", "a", "2"), fifo_entry("c", "b1", "b", "3")];
    send_batch(&sqs, &url, entries).await;
    let out = sqs.receive_message().queue_url(&url).visibility_timeout(600).send().await.expect("a receive");
    assert_eq!(bodies(out.messages()), ["a1"]);
    assert!(put(&stack.dynamodb(), 7).await);
    // Without a shutdown.
    drop(stack);

    let stack = Stack::start(directory.options()).await.expect("it starts again");
    let (sqs, moved) = (stack.sqs(), stack.queues().events.clone());
    assert_ne!(moved, url, "another port");
    // The URL of before still names the queue.
    assert_eq!(bodies(&receive(&sqs, &url).await), ["b1"], "a is still locked");
    send_batch(&sqs, &moved, vec![fifo_entry("a", "again", "a", "2")]).await;
    delete(&sqs, &moved, &out.messages()[0]).await;
    assert_eq!(bodies(&receive(&sqs, &moved).await), ["a2"], "and the id of a2 still known");
    assert_eq!(journal(&stack.dynamodb()).await, BTreeSet::from([7]));
    stack.shutdown().await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(directory.path()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "events are personal data");
    }
    Stack::start(directory.options()).await.expect("and a third time, after a shutdown");
}

#[tokio::test]
async fn a_queue_of_other_attributes_is_not_taken_over() {
    let directory = Directory::new();
    Stack::start(directory.options()).await.expect("the stack starts").shutdown().await;
    let options = StackOptions { dead_letter_queue: "other.fifo".to_owned(), ..directory.options() };
    let error = Stack::start(options).await.expect_err("refused");
    assert!(matches!(&error, StackError::Provision { name, .. } if name == "tributary-events.fifo"), "{error}");
    assert!(error.to_string().contains("RedrivePolicy"), "{error}");
}

/// Not a test: what `a_killed_process_loses_nothing_acknowledged` starts, and kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process for another test to kill"]
async fn serve_until_killed() {
    let directory = PathBuf::from(std::env::var_os("TRIBUTARY_STACK_DIR").expect("a directory"));
    let stack = Stack::start(StackOptions { data_dir: Some(directory.clone()), ..StackOptions::default() }).await;
    let stack = stack.expect("the stack starts");
    let told = format!("{}\n{}\n{}", stack.dynamodb_url(), stack.sqs_url(), stack.queues().spill);
    // Renamed into place, so that no one reads half of it.
    std::fs::write(directory.join("urls.tmp"), told).expect("written");
    std::fs::rename(directory.join("urls.tmp"), directory.join("urls")).expect("renamed");
    tokio::time::sleep(Duration::from_secs(60)).await;
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL on Unix.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_nothing_acknowledged() {
    let directory = Directory::new();
    let child = Command::new(std::env::current_exe().expect("this test's program"))
        .args(["--exact", "serve_until_killed", "--ignored"])
        .env("TRIBUTARY_STACK_DIR", directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let child = Killed(child.expect("a process"));
    let mut urls = None;
    for _ in 0..300 {
        urls = std::fs::read_to_string(directory.path().join("urls")).ok();
        if urls.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let urls = urls.expect("it is up");
    let [dynamodb, sqs, spill] = urls.lines().collect::<Vec<_>>().try_into().expect("three URLs");

    let taken = Stack::start(directory.options()).await.expect_err("one process a directory");
    assert!(matches!(&taken, StackError::InUse { .. }), "{taken}");

    let (dynamodb, sqs) = (dynamodb_client(dynamodb), sqs_client(sqs));
    let mut writer = tokio::task::JoinSet::new();
    let (acknowledged, mut told) = tokio::sync::watch::channel((0, 0));
    let spill = spill.to_owned();
    writer.spawn(async move {
        for n in 0.. {
            let send = sqs.send_message().queue_url(&spill).message_body(n.to_string()).send();
            if !put(&dynamodb, n).await {
                return;
            }
            acknowledged.send_modify(|acknowledged| acknowledged.0 = n + 1);
            if send.await.is_err() {
                return;
            }
            acknowledged.send_modify(|acknowledged| acknowledged.1 = n + 1);
        }
    });
    told.wait_for(|told| told.1 >= 100).await.expect("a hundred acknowledged");
    drop(child);
    let (items, messages) = *told.borrow();
    writer.shutdown().await;

    let stack = Stack::start(directory.options()).await.expect("it starts again");
    let found = journal(&stack.dynamodb()).await;
    assert!((0..items).all(|n| found.contains(&n)), "{items} acknowledged, {} found", found.len());
    let found: BTreeSet<_> = drain(&stack.sqs(), &stack.queues().spill).await.into_iter().collect();
    assert!((0..messages).all(|n| found.contains(&n.to_string())), "{messages} acknowledged, {} found", found.len());
}
