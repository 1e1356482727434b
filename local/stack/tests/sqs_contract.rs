//! What the pipeline takes for granted of SQS, held against the embedded one, and against the one at
//! `TRIBUTARY_CONTRACT_SQS_URL` if it is set. The latter is meant to be ministack 1.5.33, from which the embedded one
//! differs in these points (asserted for the embedded one only):
//!
//! | what | ministack | here, held to be real |
//! |---|---|---|
//! | an entry without a group, in a batch to a FIFO queue | fails alone | the call is refused, as LocalStack took over from AWS |
//! | a deduplication id on a standard queue | accepted | refused: not valid for this queue type |
//! | a message deleted twice | the handle is invalid | fine, says the documentation of `DeleteMessage` |
//! | a visibility timeout over 12 hours | accepted | refused, says the documentation of `ChangeMessageVisibility` |
//! | a second purge within 60 seconds | accepted | refused, says the documentation of `PurgeQueue` |
//! | a handle of an earlier receive, on a standard queue | invalid | still deletes |

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

mod common;

use std::time::{Duration, Instant};

use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry as ChangeEntry, DeleteMessageBatchRequestEntry as DeleteEntry,
    DeleteMessageBatchResultEntry, MessageAttributeValue, MessageSystemAttributeName as System,
    MessageSystemAttributeNameForSends, MessageSystemAttributeValue, QueueAttributeName as Name,
};
use common::*;

const MIB: usize = 1_048_576;

fn attribute(kind: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(kind).string_value(value).build().expect("an attribute")
}

#[tokio::test]
async fn a_full_batch_arrives_with_its_attributes_and_digests() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let binary = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255, 7]));
        let binary = binary.build().expect("an attribute");
        let entries = (0..10).map(|n| {
            aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .message_body(format!("body {n}"))
                .message_attributes("content-type", attribute("String", "application/cloudevents+json"))
                .message_attributes("size", attribute("Number.int", "42"))
                .message_attributes("raw", binary.clone())
                .build()
                .expect("an entry")
        });
        let sent = sqs.send_message_batch().queue_url(&url).set_entries(Some(entries.collect())).send().await;
        let sent = sent.expect("a 200");
        assert_eq!(sent.successful().len(), 10);
        assert_eq!(sent.successful()[3].md5_of_message_body(), "bf6814b87c20f3d27783197fb41f53ff");
        assert_eq!(sent.successful()[3].md5_of_message_attributes(), Some("422d829e665b0153706c44323a55f73f"));

        let messages = receive(&sqs, &url).await;
        assert_eq!(messages.len(), 10);
        for message in &messages {
            let twin = sent.successful().iter().find(|sent| Some(sent.message_id()) == message.message_id());
            let twin = twin.expect("the id of the send");
            assert_eq!(message.body(), Some(format!("body {}", twin.id()).as_str()));
            assert_eq!(message.md5_of_body(), Some(twin.md5_of_message_body()));
            assert_eq!(message.md5_of_message_attributes(), twin.md5_of_message_attributes());
            let attributes = message.message_attributes().expect("attributes");
            assert_eq!(attributes["size"].string_value(), Some("42"));
            assert_eq!(attributes["raw"].binary_value(), Some(&Blob::new([0, 255, 7])));
            assert_eq!(system(message, &System::ApproximateReceiveCount), Some("1"));
            assert!(system(message, &System::SentTimestamp).is_some_and(|sent| sent.len() == 13));
        }
    }
}

#[tokio::test]
async fn attributes_are_returned_on_request_only() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let send =
            sqs.send_message().queue_url(&url).message_body("b").message_attributes("a", attribute("String", "x"));
        send.message_attributes("b", attribute("String", "y")).send().await.expect("sent");
        let receive = sqs.receive_message().queue_url(&url).visibility_timeout(0);
        let plain = receive.clone().send().await.expect("a receive");
        assert!(plain.messages()[0].attributes().is_none() && plain.messages()[0].message_attributes().is_none());
        let one = receive.message_attribute_names("b").send().await.expect("a receive");
        let one = one.messages()[0].message_attributes().expect("attributes");
        assert_eq!(one.keys().collect::<Vec<_>>(), ["b"]);
    }
}

/// Held to be real: the service's documentation lists the characters, and refusal of the entry alone is what LocalStack's
/// tests recorded of AWS.
#[tokio::test]
async fn a_forbidden_character_fails_its_entry_alone() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let mut entries: Vec<_> =
            (0..8).map(|n| entry(&format!("fine-{n}"), "\u{9}\u{a}\u{d} \u{fffd}\u{10ffff}")).collect();
        entries.insert(4, entry("control", "a\u{1}b"));
        entries.insert(6, entry("nonchar", "a\u{ffff}b"));
        let (sent, mut failed) = send_batch(&sqs, &url, entries).await;
        failed.sort();
        assert_eq!(sent.len(), 8);
        let refused = |id: &str| (id.to_owned(), "InvalidMessageContents".to_owned());
        assert_eq!(failed, [refused("control"), refused("nonchar")]);
        assert_eq!(receive(&sqs, &url).await.len(), 8);

        let single = sqs.send_message().queue_url(&url).message_body("a\u{b}").send().await;
        assert!(single.expect_err("refused").into_service_error().is_invalid_message_contents());
    }
}

/// That the neighbours of an entry over the queue's `MaximumMessageSize` go through is what every emulator does; for the
/// real service it is not verified.
#[tokio::test]
async fn an_entry_over_the_maximum_message_size_fails_alone() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[(Name::MaximumMessageSize, "1024")]).await;
        let entries = vec![entry("a", "x"), entry("b", &"x".repeat(1025)), entry("c", &"x".repeat(1024))];
        let (sent, failed) = send_batch(&sqs, &url, entries).await;
        assert_eq!(sent, ["a", "c"]);
        assert_eq!(failed, [("b".to_owned(), "InvalidParameterValue".to_owned())]);
    }
}

#[tokio::test]
async fn a_batch_is_refused_as_a_whole_for_its_shape() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let send = |entries: Vec<_>| {
            let send = sqs.send_message_batch().queue_url(&url).set_entries(Some(entries)).send();
            async { send.await.expect_err("refused").into_service_error() }
        };
        assert!(
            send((0..11).map(|n| entry(&n.to_string(), "x")).collect()).await.is_too_many_entries_in_batch_request()
        );
        assert!(send(vec![]).await.is_empty_batch_request());
        assert!(send(vec![entry("a", "x"), entry("a", "y")]).await.is_batch_entry_ids_not_distinct());
        assert!(send(vec![entry("a b", "x")]).await.is_invalid_batch_entry_id());
        assert!(send(vec![entry(&"a".repeat(81), "x")]).await.is_invalid_batch_entry_id());
        let half = "x".repeat(MIB / 2);
        assert!(send(vec![entry("a", &half), entry("b", &half), entry("c", "x")]).await.is_batch_request_too_long());
        assert!(receive(&sqs, &url).await.is_empty(), "nothing of it is stored");

        let (sent, failed) = send_batch(&sqs, &url, vec![entry("a", &half), entry("b", &half)]).await;
        assert_eq!((sent.len(), failed.len()), (2, 0), "1 MiB in all is allowed");
    }
}

#[tokio::test]
async fn a_message_has_one_mebibyte_at_most_and_a_character_at_least() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let send = |body: String| sqs.send_message().queue_url(&url).message_body(body).send();
        send("x".repeat(MIB)).await.expect("1 MiB");
        assert_eq!(code(send("x".repeat(MIB + 1)).await), "InvalidParameterValue");
        assert_eq!(code(send(String::new()).await), "MissingParameter");
        let received = receive(&sqs, &url).await;
        assert_eq!(received[0].body().map(str::len), Some(MIB));
    }
}

#[tokio::test]
async fn a_fifo_queue_takes_a_deduplication_id_once() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = fifo(&sqs, &[]).await;
        let first =
            send_batch(&sqs, &url, vec![fifo_entry("a", "one", "g", "d"), fifo_entry("b", "two", "h", "d")]).await;
        assert_eq!(first.0.len(), 2, "a duplicate is accepted: {first:?}");
        let again = sqs.send_message().queue_url(&url).message_body("three");
        let again = again.message_group_id("g").message_deduplication_id("d").send().await.expect("accepted");
        let received = receive(&sqs, &url).await;
        assert_eq!(bodies(&received), ["one"], "across groups: the scope is the queue");
        assert_eq!(again.message_id(), received[0].message_id(), "the id is that of the first");
        assert_eq!(again.sequence_number(), system(&received[0], &System::SequenceNumber));
        delete(&sqs, &url, &received[0]).await;

        send_batch(&sqs, &url, vec![fifo_entry("a", "four", "g", "d"), fifo_entry("b", "five", "g", "e")]).await;
        assert_eq!(bodies(&receive(&sqs, &url).await), ["five"], "the id outlives its message");
    }
}

#[tokio::test]
async fn deduplication_may_count_within_a_group_and_by_content() {
    for Endpoint { sqs, .. } in endpoints().await {
        let high = [
            (Name::DeduplicationScope, "messageGroup"),
            (Name::FifoThroughputLimit, "perMessageGroupId"),
            (Name::ContentBasedDeduplication, "true"),
        ];
        let url = fifo(&sqs, &high).await;
        for (body, group) in [("same", "g"), ("same", "h"), ("same", "g"), ("other", "g")] {
            let send = sqs.send_message().queue_url(&url).message_body(body).message_group_id(group);
            send.send().await.expect("accepted");
        }
        let received = receive(&sqs, &url).await;
        let mut got: Vec<_> =
            received.iter().map(|m| (m.body().unwrap_or_default(), system(m, &System::MessageGroupId))).collect();
        got.sort();
        assert_eq!(got, [("other", Some("g")), ("same", Some("g")), ("same", Some("h"))]);
        let content = "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5";
        let same = received.iter().find(|m| m.body() == Some("same")).expect("there");
        assert_eq!(system(same, &System::MessageDeduplicationId), Some(content), "SHA-256 of the body");
    }
}

#[tokio::test]
async fn a_fifo_queue_wants_a_group_and_a_deduplication_id() {
    for Endpoint { sqs, is_embedded, .. } in endpoints().await {
        let url = fifo(&sqs, &[]).await;
        let send = sqs.send_message().queue_url(&url).message_body("x");
        assert_eq!(code(send.clone().message_deduplication_id("d").send().await), "MissingParameter");
        assert_eq!(code(send.message_group_id("g").send().await), "InvalidParameterValue");
        if is_embedded {
            let send = sqs.send_message_batch().queue_url(&url).entries(entry("a", "x")).send().await;
            assert_eq!(code(send), "MissingParameter");
        }
        let standard = standard(&sqs, &[]).await;
        let send = sqs.send_message().queue_url(standard).message_body("x").message_deduplication_id("d").send().await;
        if is_embedded {
            assert_eq!(code(send), "InvalidParameterValue");
        }
    }
}

#[tokio::test]
async fn a_group_is_locked_while_one_of_its_messages_is_out() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = fifo(&sqs, &[]).await;
        let all = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")];
        let entries = all.iter().map(|(body, group)| fifo_entry(body, body, group, body)).collect();
        send_batch(&sqs, &url, entries).await;
        let one = sqs.receive_message().queue_url(&url).send().await.expect("a receive");
        assert_eq!(bodies(one.messages()), ["a1"]);
        assert_eq!(bodies(&receive(&sqs, &url).await), ["b1"], "a is locked");
        delete(&sqs, &url, &one.messages()[0]).await;
        let rest = receive(&sqs, &url).await;
        assert_eq!(bodies(&rest), ["a2", "a3"], "the order of the sends");
        let numbers: Vec<_> = rest.iter().map(|message| system(message, &System::SequenceNumber)).collect();
        assert!(numbers[0] < numbers[1] && numbers[0].is_some(), "{numbers:?}");

        sqs.change_message_visibility()
            .queue_url(&url)
            .receipt_handle(rest[0].receipt_handle().expect("a handle"))
            .visibility_timeout(0)
            .send()
            .await
            .expect("changed");
        assert!(receive(&sqs, &url).await.is_empty(), "a3 is still out and locks the group");
    }
}

#[tokio::test]
async fn a_message_appears_again_after_its_visibility_timeout() {
    for Endpoint { sqs, is_embedded, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        sqs.send_message().queue_url(&url).message_body("x").send().await.expect("sent");
        let first = receive_for(&sqs, &url, 1).await;
        assert_eq!(first.len(), 1);
        assert!(receive(&sqs, &url).await.is_empty());
        let started = Instant::now();
        let wait = sqs.receive_message().queue_url(&url).wait_time_seconds(5).visibility_timeout(60);
        let second = wait.message_system_attribute_names(System::All).send().await.expect("a receive");
        assert!(started.elapsed() < Duration::from_secs(3), "a waiting receive finds it");
        assert_eq!(system(&second.messages()[0], &System::ApproximateReceiveCount), Some("2"));
        assert_eq!(queue_attribute(&sqs, &url, Name::ApproximateNumberOfMessagesNotVisible).await, "1");

        let change = sqs.change_message_visibility().queue_url(&url);
        let handle = second.messages()[0].receipt_handle().expect("a handle");
        let too_long = change.clone().receipt_handle(handle).visibility_timeout(43_201).send().await;
        if is_embedded {
            assert_eq!(code(too_long), "InvalidParameterValue");
        }
        change.clone().receipt_handle(handle).visibility_timeout(0).send().await.expect("changed");
        assert_eq!(receive(&sqs, &url).await.len(), 1);
        let bogus = change.receipt_handle("bogus").visibility_timeout(1).send().await.expect_err("refused");
        assert!(bogus.into_service_error().is_receipt_handle_is_invalid());
    }
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue() {
    for Endpoint { sqs, .. } in endpoints().await {
        let dead = fifo(&sqs, &[]).await;
        let arn = queue_attribute(&sqs, &dead, Name::QueueArn).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"2"}}"#);
        let url = fifo(&sqs, &[(Name::RedrivePolicy, &policy)]).await;
        let poison = sqs.send_message().queue_url(&url).message_body("poison").message_group_id("g");
        let poison = poison.message_deduplication_id("1").message_attributes("a", attribute("String", "x"));
        let poison = poison.send().await.expect("sent");
        send_batch(&sqs, &url, vec![fifo_entry("b", "behind", "g", "2")]).await;
        for _ in 0..2 {
            let one = sqs.receive_message().queue_url(&url).visibility_timeout(0).send().await.expect("a receive");
            assert_eq!(bodies(one.messages()), ["poison"]);
        }
        assert_eq!(bodies(&receive(&sqs, &url).await), ["behind"]);
        let moved = receive(&sqs, &dead).await;
        assert_eq!(bodies(&moved), ["poison"]);
        assert_eq!(moved[0].message_id(), poison.message_id());
        assert_eq!(system(&moved[0], &System::MessageGroupId), Some("g"));
        assert_eq!(
            system(&moved[0], &System::DeadLetterQueueSourceArn),
            Some(queue_attribute(&sqs, &url, Name::QueueArn).await.as_str())
        );
        assert!(moved[0].message_attributes().is_some_and(|all| all.contains_key("a")));
    }
}

#[tokio::test]
async fn a_long_poll_waits_and_wakes() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let wait = sqs.receive_message().queue_url(&url).wait_time_seconds(1);
        let started = Instant::now();
        assert!(wait.clone().send().await.expect("a receive").messages().is_empty());
        assert!(started.elapsed() >= Duration::from_millis(950), "{:?}", started.elapsed());

        let late = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            sqs.send_message().queue_url(&url).message_body("x").send().await.expect("sent");
        };
        let started = Instant::now();
        let (received, ()) = tokio::join!(wait.wait_time_seconds(10).send(), late);
        assert_eq!(received.expect("a receive").messages().len(), 1);
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_wrong_handle_in_a_batch_fails_alone() {
    for Endpoint { sqs, is_embedded, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        send_batch(&sqs, &url, vec![entry("a", "x"), entry("b", "y")]).await;
        let change = |id: &str, handle: &str| {
            let entry = ChangeEntry::builder().id(id).receipt_handle(handle).visibility_timeout(0);
            entry.build().expect("an entry")
        };
        let out = receive(&sqs, &url).await;
        let entries = vec![change("a", "bogus"), change("b", out[0].receipt_handle().expect("a handle"))];
        let changed = sqs.change_message_visibility_batch().queue_url(&url).set_entries(Some(entries)).send().await;
        let changed = changed.expect("a 200");
        assert_eq!((changed.successful().len(), changed.successful()[0].id()), (1, "b"));
        assert_eq!((changed.failed()[0].id(), changed.failed()[0].code()), ("a", "ReceiptHandleIsInvalid"));
        assert_eq!(receive_for(&sqs, &url, 0).await.len(), 1);

        send_batch(&sqs, &url, vec![entry("c", "z")]).await;
        let handles: Vec<_> =
            receive(&sqs, &url).await.iter().map(|m| m.receipt_handle().expect("a handle").to_owned()).collect();
        let delete =
            |id: &str, handle: &str| DeleteEntry::builder().id(id).receipt_handle(handle).build().expect("an entry");
        let entries = vec![delete("a", &handles[0]), delete("b", "bogus"), delete("c", &handles[1])];
        let done = sqs.delete_message_batch().queue_url(&url).set_entries(Some(entries)).send().await.expect("a 200");
        assert_eq!(done.successful().iter().map(DeleteMessageBatchResultEntry::id).collect::<Vec<_>>(), ["a", "c"]);
        assert_eq!((done.failed()[0].id(), done.failed()[0].code()), ("b", "ReceiptHandleIsInvalid"));
        let again = sqs.delete_message().queue_url(&url).receipt_handle(&handles[0]).send().await;
        if is_embedded {
            again.expect("deleting twice is fine");
        }
        let bogus = sqs.delete_message().queue_url(&url).receipt_handle("bogus").send().await.expect_err("refused");
        assert!(bogus.into_service_error().is_receipt_handle_is_invalid());
    }
}

#[tokio::test]
async fn the_trace_header_and_a_fair_queues_group_come_back() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        let value = MessageSystemAttributeValue::builder().data_type("String").string_value(trace).build();
        let send = sqs.send_message().queue_url(&url).message_body("x").message_group_id("tenant");
        let send =
            send.message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, value.expect("a value"));
        send.send().await.expect("sent");
        let received = receive(&sqs, &url).await;
        assert_eq!(system(&received[0], &System::AwsTraceHeader), Some(trace));
        assert_eq!(system(&received[0], &System::MessageGroupId), Some("tenant"));
    }
}

#[tokio::test]
async fn a_delayed_message_is_not_there_yet() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        sqs.send_message().queue_url(&url).message_body("late").delay_seconds(1).send().await.expect("sent");
        assert!(receive(&sqs, &url).await.is_empty());
        assert_eq!(queue_attribute(&sqs, &url, Name::ApproximateNumberOfMessagesDelayed).await, "1");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        assert_eq!(bodies(&receive(&sqs, &url).await), ["late"]);
    }
}

#[tokio::test]
async fn queues_are_made_found_changed_and_deleted() {
    for Endpoint { sqs, is_embedded, .. } in endpoints().await {
        let name = format!("contract-{}", uuid::Uuid::new_v4());
        let url = create(&sqs, &name, &[(Name::VisibilityTimeout, "7")]).await;
        assert_eq!(create(&sqs, &name, &[(Name::VisibilityTimeout, "7")]).await, url, "again is fine");
        let other = sqs.create_queue().queue_name(&name).attributes(Name::VisibilityTimeout, "8").send().await;
        assert!(other.expect_err("refused").into_service_error().is_queue_name_exists());
        let found = sqs.get_queue_url().queue_name(&name).send().await.expect("found");
        assert_eq!(found.queue_url(), Some(url.as_str()));
        let listed = sqs.list_queues().queue_name_prefix(&name).send().await.expect("a list");
        assert_eq!(listed.queue_urls(), [url.as_str()]);

        assert_eq!(queue_attribute(&sqs, &url, Name::VisibilityTimeout).await, "7");
        sqs.set_queue_attributes().queue_url(&url).attributes(Name::VisibilityTimeout, "9").send().await.expect("set");
        assert_eq!(queue_attribute(&sqs, &url, Name::VisibilityTimeout).await, "9");
        let wrong =
            sqs.set_queue_attributes().queue_url(&url).attributes(Name::VisibilityTimeout, "43201").send().await;
        assert_eq!(code(wrong), "InvalidAttributeValue");

        send_batch(&sqs, &url, vec![entry("a", "x"), entry("b", "y")]).await;
        assert_eq!(queue_attribute(&sqs, &url, Name::ApproximateNumberOfMessages).await, "2");
        sqs.purge_queue().queue_url(&url).send().await.expect("purged");
        assert!(receive(&sqs, &url).await.is_empty());
        let again = sqs.purge_queue().queue_url(&url).send().await;
        if is_embedded {
            assert!(again.expect_err("refused").into_service_error().is_purge_queue_in_progress());
        }

        sqs.delete_queue().queue_url(&url).send().await.expect("deleted");
        let gone = sqs.send_message().queue_url(&url).message_body("x").send().await.expect_err("refused");
        assert!(gone.into_service_error().is_queue_does_not_exist());
        let gone = sqs.get_queue_url().queue_name(&name).send().await.expect_err("refused");
        assert!(gone.into_service_error().is_queue_does_not_exist());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_senders_and_receivers_lose_and_double_nothing() {
    for Endpoint { sqs, .. } in endpoints().await {
        let url = standard(&sqs, &[]).await;
        let mut senders = tokio::task::JoinSet::new();
        for batch in 0..20 {
            let (sqs, url) = (sqs.clone(), url.clone());
            senders.spawn(async move {
                let entries = (0..10).map(|n| entry(&n.to_string(), &format!("{batch}/{n}"))).collect();
                send_batch(&sqs, &url, entries).await.0.len()
            });
        }
        assert_eq!(senders.join_all().await.iter().sum::<usize>(), 200);
        let mut receivers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (sqs, url) = (sqs.clone(), url.clone());
            receivers.spawn(async move {
                let mut got = Vec::new();
                loop {
                    let messages = receive(&sqs, &url).await;
                    if messages.is_empty() {
                        return got;
                    }
                    got.extend(messages.iter().map(|message| message.body().unwrap_or_default().to_owned()));
                }
            });
        }
        let mut got = receivers.join_all().await.concat();
        got.sort();
        let mut wanted: Vec<_> = (0..20).flat_map(|batch| (0..10).map(move |n| format!("{batch}/{n}"))).collect();
        wanted.sort();
        assert_eq!(got, wanted);
    }
}
