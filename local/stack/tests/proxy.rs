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
async fn an_error_of_the_service_is_answered_as_told() {
    use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
    let stack = stack().await;
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    for (fault, expected) in [
        (Fault::ThroughputExceeded, "ProvisionedThroughputExceededException"),
        (Fault::Refused { status: 500, code: "InternalServerError" }, "InternalServerError"),
        (Fault::Refused { status: 400, code: "AccessDeniedException" }, "AccessDeniedException"),
    ] {
        proxy.reset();
        proxy.inject(Rule::any(fault).always());
        let error = client.list_tables().send().await.expect_err("refused").into_service_error();
        assert_eq!(error.code(), Some(expected));
    }
}

#[tokio::test]
async fn statements_fail_inside_a_200_and_are_not_executed() {
    use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementErrorCodeEnum as Code, BatchStatementRequest};
    let stack = stack().await;
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    let insert = || async {
        let mut call = client.batch_execute_statement();
        for n in 0..5_u8 {
            let statement = BatchStatementRequest::builder()
                .statement("INSERT INTO \"tributary-claims\" VALUE {'pk': ?}")
                .parameters(AttributeValue::B(vec![n].into()));
            call = call.statements(statement.build().expect("a statement"));
        }
        let answer = call.send().await.expect("a 200");
        let code = |response: &aws_sdk_dynamodb::types::BatchStatementResponse| response.error()?.code().cloned();
        answer.responses().iter().map(code).collect::<Vec<_>>()
    };
    proxy.inject(Rule::on("BatchExecuteStatement", Fault::StatementsFail { every: 1, code: "ThrottlingError" }));
    assert_eq!(insert().await, vec![Some(Code::ThrottlingError); 5]);
    proxy.inject(Rule::on("BatchExecuteStatement", Fault::StatementsFail { every: 2, code: "ThrottlingError" }));
    let throttled = Some(Code::ThrottlingError);
    assert_eq!(insert().await, [None, throttled.clone(), None, throttled, None]);
    assert_eq!(proxy.count("BatchExecuteStatement"), 2, "the SDK does not look inside a 200");
    let there = Some(Code::from("DuplicateItem"));
    let expected = [there.clone(), None, there.clone(), None, there];
    let known = insert().await.into_iter().map(|code| code.is_some()).collect::<Vec<_>>();
    assert_eq!(known, expected.map(|code| code.is_some()), "the failed two were not executed");
}

#[tokio::test]
async fn items_stay_unprocessed_inside_a_200() {
    use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, PutRequest, WriteRequest};
    use std::collections::HashMap;
    const TABLE: &str = "tributary-claims";
    let stack = stack().await;
    let proxy = Proxy::start(stack.dynamodb_url()).await.expect("a proxy");
    let client = dynamodb_client(proxy.url());
    let key = |n: u8| HashMap::from([("pk".to_owned(), AttributeValue::B(vec![n].into()))]);
    let write = |n| {
        let put = PutRequest::builder().set_item(Some(key(n))).build().expect("a put");
        WriteRequest::builder().put_request(put).build()
    };
    let pks = |keys: &[HashMap<String, AttributeValue>]| {
        let mut pks: Vec<u8> = keys.iter().map(|key| key["pk"].as_b().expect("binary").as_ref()[0]).collect();
        pks.sort_unstable();
        pks
    };
    let written = async |every| {
        proxy.inject(Rule::on("BatchWriteItem", Fault::Unprocessed { every }));
        let call = client.batch_write_item().request_items(TABLE, (0..5).map(write).collect());
        let answer = call.send().await.expect("a 200");
        let left = answer.unprocessed_items().expect("some")[TABLE].clone();
        pks(&left.iter().map(|write| write.put_request().expect("a put").item().clone()).collect::<Vec<_>>())
    };
    let read = async || {
        let keys = KeysAndAttributes::builder().set_keys(Some((0..5).map(key).collect())).build().expect("keys");
        let answer = client.batch_get_item().request_items(TABLE, keys).send().await.expect("a 200");
        let found = answer.responses().and_then(|tables| tables.get(TABLE)).cloned().unwrap_or_default();
        let left = answer.unprocessed_keys().and_then(|tables| tables.get(TABLE));
        (pks(&found), left.map(|left| pks(left.keys())).unwrap_or_default())
    };
    assert_eq!(written(1).await, [0, 1, 2, 3, 4]);
    assert_eq!(read().await, (vec![], vec![]), "nothing was written");
    assert_eq!(written(2).await, [1, 3]);
    assert_eq!(read().await, (vec![0, 2, 4], vec![]));
    proxy.inject(Rule::on("BatchGetItem", Fault::Unprocessed { every: 3 }));
    assert_eq!(read().await, (vec![0, 4], vec![2]));
    proxy.inject(Rule::on("BatchGetItem", Fault::Unprocessed { every: 1 }));
    assert_eq!(read().await, (vec![], vec![0, 1, 2, 3, 4]));
}

#[tokio::test]
async fn entries_fail_inside_a_200_and_are_not_sent() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, url) = (sqs_client(proxy.url()), &stack.queues().spill);
    let mut kept = Vec::new();
    for (every, sender_fault, expected) in [(1, false, vec![]), (2, true, vec!["a", "c"])] {
        proxy.inject(Rule::on("SendMessageBatch", Fault::EntriesFail { every, code: "InternalError", sender_fault }));
        let entries = ["a", "b", "c"].map(|id| entry(id, id)).to_vec();
        let sent = client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await.expect("a 200");
        let successful: Vec<_> =
            sent.successful().iter().map(aws_sdk_sqs::types::SendMessageBatchResultEntry::id).collect();
        assert_eq!(successful, expected);
        assert_eq!(sent.failed().len(), 3 - expected.len());
        for failed in sent.failed() {
            assert_eq!((failed.code(), failed.sender_fault()), ("InternalError", sender_fault));
        }
        kept.extend(expected);
    }
    assert_eq!(bodies(&receive(&client, url).await), kept);
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_no_json_comes_after_the_effect() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, url) = (sqs_client(proxy.url()), &stack.queues().spill);
    for (calls, fault) in [Fault::Truncated, Fault::Malformed].into_iter().enumerate() {
        proxy.reset();
        proxy.inject(Rule::on("SendMessage", fault).always());
        let sent = client.send_message().queue_url(url).message_body("x").send().await;
        assert!(sent.is_err(), "{fault:?} {calls}");
        let there = receive(&client, url).await.len();
        assert_eq!(there, proxy.count("SendMessage"), "{fault:?}: every try took effect");
    }
}

#[tokio::test]
async fn a_call_that_hangs_is_never_answered_and_has_no_effect() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, url) = (sqs_client(proxy.url()), &stack.queues().spill);
    proxy.inject(Rule::on("SendMessage", Fault::Hangs));
    let hanging = client.send_message().queue_url(url).message_body("x").send();
    tokio::select! {
        answer = hanging => unreachable!("answered: {answer:?}"),
        () = async {
            while proxy.count("SendMessage") == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        } => {}
    }
    assert!(receive(&client, url).await.is_empty());
}

#[tokio::test]
async fn bodies_are_kept_when_asked_for() {
    let stack = stack().await;
    let proxy = Proxy::start(stack.sqs_url()).await.expect("a proxy");
    let (client, url) = (sqs_client(proxy.url()), &stack.queues().spill);
    for body in ["unseen", "seen"] {
        client.send_message().queue_url(url).message_body(body).send().await.expect("sent");
        proxy.record();
    }
    let bodies = proxy.bodies("SendMessage");
    assert_eq!(bodies.len(), 1);
    assert!(String::from_utf8_lossy(&bodies[0]).contains(r#""MessageBody":"seen""#));
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
