//! What the embedded SQS does as time passes, with the clock turned by hand.

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use common::*;
use tributary_stack::{ManualClock, Stack, StackOptions};

async fn stack() -> (Stack, ManualClock) {
    let clock = ManualClock::new(1_790_000_000);
    let stack = Stack::start(StackOptions { clock: clock.arc(), ..StackOptions::default() }).await;
    (stack.expect("the stack starts"), clock)
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_deduplication_id_is_remembered_for_five_minutes_from_its_first_use() {
    let (stack, clock) = stack().await;
    let (sqs, url) = (stack.sqs(), stack.queues().events.clone());
    let send = |body: &'static str| send_batch(&sqs, &url, vec![fifo_entry("a", body, "g", "d")]);
    send("first").await;
    clock.tick(seconds(299));
    send("again").await;
    assert_eq!(queue_attribute(&sqs, &url, Name::ApproximateNumberOfMessages).await, "1");
    clock.tick(seconds(1));
    send("after").await;
    assert_eq!(bodies(&receive(&sqs, &url).await), ["first", "after"]);
}

#[tokio::test]
async fn an_event_nobody_settles_is_a_dead_letter_after_five_receives() {
    let (stack, clock) = stack().await;
    let (sqs, queues) = (stack.sqs(), stack.queues());
    send_batch(&sqs, &queues.events, vec![fifo_entry("a", "x", "g", "d")]).await;
    for _ in 0..5 {
        assert_eq!(receive_for(&sqs, &queues.events, 60).await.len(), 1);
        clock.tick(seconds(59));
        assert!(receive(&sqs, &queues.events).await.is_empty());
        clock.tick(seconds(1));
    }
    assert!(receive(&sqs, &queues.events).await.is_empty());
    assert_eq!(bodies(&receive(&sqs, &queues.dead_letters).await), ["x"]);
}

#[tokio::test]
async fn a_late_handle_is_refused_by_a_fifo_queue_and_taken_by_a_standard_one() {
    let (stack, clock) = stack().await;
    let (sqs, queues) = (stack.sqs(), stack.queues());
    send_batch(&sqs, &queues.events, vec![fifo_entry("a", "x", "g", "d")]).await;
    send_batch(&sqs, &queues.spill, vec![entry("a", "x")]).await;
    let late = [receive(&sqs, &queues.events).await, receive(&sqs, &queues.spill).await];
    clock.tick(seconds(30));
    let handle = late[0][0].receipt_handle().expect("a handle");
    let refused = sqs.delete_message().queue_url(&queues.events).receipt_handle(handle).send().await;
    assert_eq!(code(refused), "InvalidParameterValue");
    let change = sqs.change_message_visibility().queue_url(&queues.events).receipt_handle(handle).visibility_timeout(9);
    assert!(change.send().await.expect_err("refused").into_service_error().is_message_not_inflight());
    delete(&sqs, &queues.spill, &late[1][0]).await;
    assert!(receive(&sqs, &queues.spill).await.is_empty());
    assert_eq!(receive(&sqs, &queues.events).await.len(), 1);
}

#[tokio::test]
async fn a_message_is_gone_after_the_retention_period() {
    let (stack, clock) = stack().await;
    let sqs = stack.sqs();
    let url = standard(&sqs, &[(Name::MessageRetentionPeriod, "60")]).await;
    send_batch(&sqs, &url, vec![entry("a", "x")]).await;
    clock.tick(seconds(59));
    assert_eq!(receive_for(&sqs, &url, 0).await.len(), 1);
    clock.tick(seconds(1));
    assert!(receive(&sqs, &url).await.is_empty());
}

#[tokio::test]
async fn a_waiting_receive_sees_the_clock_turn_and_the_stack_stop() {
    let (stack, clock) = stack().await;
    let (sqs, url) = (stack.sqs(), stack.queues().spill.clone());
    sqs.send_message().queue_url(&url).message_body("late").delay_seconds(900).send().await.expect("sent");
    let wait = sqs.receive_message().queue_url(&url).wait_time_seconds(20);
    let turn = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        clock.tick(seconds(900));
    };
    let (received, ()) = tokio::join!(wait.clone().send(), turn);
    assert_eq!(bodies(received.expect("a receive").messages()), ["late"]);

    let stop = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        stack.shutdown().await;
    };
    let both = async { tokio::join!(wait.send(), stop) };
    let (received, ()) = tokio::time::timeout(seconds(4), both).await.expect("no wait of 20 s");
    assert!(received.expect("an empty answer").messages().is_empty());
}

#[tokio::test]
async fn attributes_a_queue_cannot_have_are_refused() {
    let (stack, _) = stack().await;
    let (sqs, queues) = (stack.sqs(), stack.queues());
    let set =
        |url: &str, name: Name, value: &str| sqs.set_queue_attributes().queue_url(url).attributes(name, value).send();
    let dead = queue_attribute(&sqs, &queues.dead_letters, Name::QueueArn).await;
    for (name, value) in
        [(Name::from("NoSuchAttribute"), "1"), (Name::ContentBasedDeduplication, "true"), (Name::QueueArn, "arn")]
    {
        assert_eq!(code(set(&queues.spill, name, value).await), "InvalidAttributeName", "{value}");
    }
    for (name, value) in [
        (Name::DelaySeconds, "901".to_owned()),
        (Name::MaximumMessageSize, "1048577".to_owned()),
        (Name::RedrivePolicy, "{".to_owned()),
        (Name::RedrivePolicy, format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":3}}"#)),
        (Name::RedrivePolicy, format!(r#"{{"deadLetterTargetArn":"{dead}-none","maxReceiveCount":3}}"#)),
        (Name::RedrivePolicy, format!(r#"{{"deadLetterTargetArn":"{dead}","maxReceiveCount":0}}"#)),
    ] {
        assert_eq!(code(set(&queues.spill, name, &value).await), "InvalidAttributeValue", "{value}");
    }
    // The throughput of a group needs the deduplication of a group.
    assert_eq!(code(set(&queues.events, Name::DeduplicationScope, "queue").await), "InvalidAttributeValue");
    assert!(queue_attribute(&sqs, &queues.events, Name::RedrivePolicy).await.contains(&dead));
    set(&queues.events, Name::RedrivePolicy, "").await.expect("an empty policy takes the old one away");
    assert_eq!(queue_attribute(&sqs, &queues.events, Name::RedrivePolicy).await, "");
}

#[tokio::test]
async fn queues_are_listed_in_pages() {
    let (stack, _) = stack().await;
    let sqs = stack.sqs();
    let first = sqs.list_queues().max_results(3).send().await.expect("a list");
    assert_eq!(first.queue_urls().len(), 3);
    let second = sqs.list_queues().max_results(3).set_next_token(first.next_token().map(str::to_owned));
    let second = second.send().await.expect("a list");
    assert_eq!((second.queue_urls(), second.next_token()), (&[stack.queues().spill.clone()][..], None));
}
