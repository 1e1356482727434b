//! The proxy counts, and breaks what it is told to break; and the embedded SQS answers what is no request.

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use common::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tributary_stack::{Fault, Proxy, Rule, Stack, StackOptions, dynamodb_client, sqs_client};

async fn stack() -> Stack {
    Stack::start(StackOptions::default()).await.expect("the stack starts")
}

#[tokio::test]
async fn calls_are_counted_by_operation() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    client.list_tables().send().await.expect("a list");
    client.list_tables().send().await.expect("a list");
    client.describe_table().table_name("tributary-claims").send().await.expect("a table");
    let counts = proxy.counts();
    assert_eq!(
        counts.iter().map(|(name, n)| (name.as_str(), *n)).collect::<Vec<_>>(),
        [("DescribeTable", 1), ("ListTables", 2)]
    );
    proxy.reset();
    assert_eq!(proxy.count("ListTables"), 0);
}

#[tokio::test]
async fn a_call_broken_before_it_is_forwarded_has_no_effect() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, url) = (sqs_client(proxy.url()), &stack.queues().spill);
    for (broken, fault) in [Fault::Unavailable, Fault::Throttled, Fault::Dropped].into_iter().enumerate() {
        proxy.reset();
        proxy.inject(Rule::on("SendMessage", fault));
        client.send_message().queue_url(url).message_body("x").send().await.expect("the retry goes through");
        assert_eq!(proxy.count("SendMessage"), 2, "{fault:?}");
        let there = queue_attribute(&client, url, Name::ApproximateNumberOfMessages).await;
        assert_eq!(there, (broken + 1).to_string(), "{fault:?}");
    }
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    proxy.inject(Rule::any(Fault::Throttled).always());
    let error = client.list_tables().send().await.expect_err("throttled for ever").into_service_error();
    assert_eq!(aws_sdk_dynamodb::error::ProvideErrorMetadata::code(&error), Some("ThrottlingException"));
    assert_eq!(proxy.count("ListTables"), 3, "the SDK tries three times");
}

#[tokio::test]
async fn a_lost_reply_leaves_the_effect_and_a_retry_doubles_it_on_a_standard_queue_only() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, queues) = (sqs_client(proxy.url()), stack.queues());
    proxy.inject(Rule::on("SendMessageBatch", Fault::ReplyLost));
    send_batch(&client, &queues.spill, vec![entry("a", "x")]).await;
    assert_eq!(bodies(&receive(&client, &queues.spill).await), ["x", "x"]);
    proxy.inject(Rule::on("SendMessageBatch", Fault::ReplyLost));
    send_batch(&client, &queues.events, vec![fifo_entry("a", "x", "g", "d")]).await;
    assert_eq!(bodies(&receive(&client, &queues.events).await), ["x"]);
    assert_eq!(proxy.count("SendMessageBatch"), 4);
}

#[tokio::test]
async fn a_rule_waits_its_turn_and_looks_into_the_body() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    let describe = |table: &str| client.describe_table().table_name(table).send();
    proxy.inject(Rule::on("DescribeTable", Fault::Delayed(Duration::from_millis(200))).containing("claims").after(1));
    for (table, delayed) in [
        ("tributary-claims", false),
        ("tributary-journal", false),
        ("tributary-claims", true),
        ("tributary-claims", false),
    ] {
        let started = Instant::now();
        describe(table).await.expect("a table");
        assert_eq!(started.elapsed() >= Duration::from_millis(200), delayed, "{table}");
    }
}

#[tokio::test]
async fn a_back_end_that_is_gone_is_a_dropped_connection() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let client = sqs_client(proxy.url());
    stack.shutdown().await;
    let error = client.list_queues().send().await.expect_err("no answer");
    assert!(matches!(error, aws_sdk_sqs::error::SdkError::DispatchFailure(_)), "{error:?}");
}

#[tokio::test]
async fn what_is_no_request_gets_an_error_and_harms_nothing() {
    let stack = stack().await;
    assert!(stack.sqs_url().starts_with("http://127.0.0.1:") && stack.dynamodb_url().starts_with("http://127.0.0.1:"));
    let address = stack.sqs_url().trim_start_matches("http://").to_owned();
    let nested = "[".repeat(100_000);
    for (target, body) in [
        ("AmazonSQS.SendMessage", "{"),
        ("AmazonSQS.SendMessage", "null"),
        ("AmazonSQS.SendMessage", "{}"),
        ("AmazonSQS.SendMessage", r#"{"QueueUrl":""}"#),
        ("AmazonSQS.SendMessage", nested.as_str()),
        ("AmazonSQS.SendMessageBatch", r#"{"QueueUrl":"tributary-spill","Entries":null}"#),
        ("AmazonSQS.SendMessageBatch", r#"{"QueueUrl":"tributary-spill","Entries":[{}]}"#),
        ("AmazonSQS.ReceiveMessage", r#"{"QueueUrl":"tributary-spill","MaxNumberOfMessages":0}"#),
        ("AmazonSQS.ReceiveMessage", r#"{"QueueUrl":"tributary-spill","WaitTimeSeconds":-1}"#),
        ("AmazonSQS.DeleteMessage", r#"{"QueueUrl":"tributary-spill"}"#),
        ("AmazonSQS.CreateQueue", r#"{"QueueName":".fifo","Attributes":{"FifoQueue":"true"}}"#),
        ("AmazonSQS.CreateQueue", r#"{"QueueName":"a","Attributes":{"RedrivePolicy":"{}"}}"#),
        ("AmazonSQS.StartMessageMoveTask", "{}"),
        ("", "{}"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.expect("a connection");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: local\r\nconnection: close\r\nx-amz-target: {target}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target}: {answer}");
        assert!(answer.contains("x-amzn-query-error: ") && answer.contains(r#"{"__type":""#), "{target}: {answer}");
    }
    assert!(receive(&stack.sqs(), &stack.queues().spill).await.is_empty());
}
