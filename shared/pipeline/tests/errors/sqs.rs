//! Queues.

use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use serde_json::{Value, json};
use tributary_pipeline::aws::SqsOutbox;
use tributary_pipeline::ports::{Outbox, Outgoing, Sent};

use super::{Replay, error, is_word};

/// What `SendMessageBatch`, `ReceiveMessage` and `DeleteMessageBatch` may answer instead of doing their work (API reference of
/// SQS, and its common errors), and one code nobody knows.
const WHOLE: [(u16, &str); 26] = [
    (400, "BatchEntryIdsNotDistinct"),
    (400, "BatchRequestTooLong"),
    (400, "EmptyBatchRequest"),
    (400, "InvalidBatchEntryId"),
    (400, "TooManyEntriesInBatchRequest"),
    (400, "QueueDoesNotExist"),
    (400, "UnsupportedOperation"),
    (400, "InvalidAddress"),
    (400, "InvalidSecurity"),
    (400, "InvalidMessageContents"),
    (400, "InvalidIdFormat"),
    (400, "ReceiptHandleIsInvalid"),
    (400, "OverLimit"),
    (400, "RequestThrottled"),
    (400, "ThrottlingException"),
    (400, "KmsThrottled"),
    (400, "KmsAccessDenied"),
    (400, "KmsDisabled"),
    (400, "KmsInvalidKeyUsage"),
    (400, "KmsInvalidState"),
    (400, "KmsNotFound"),
    (400, "KmsOptInRequired"),
    (403, "AccessDeniedException"),
    (500, "InternalFailure"),
    (503, "ServiceUnavailable"),
    (418, "SomethingNew"),
];

fn outbox(replay: &Replay) -> SqsOutbox {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("k", "k", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url("http://localhost")
        .http_client(replay.client());
    SqsOutbox::new(aws_sdk_sqs::Client::from_conf(config.build()), "http://localhost/0/q.fifo".to_owned())
}

async fn send(replay: &Replay, count: usize) -> Vec<Sent> {
    let bodies: Vec<String> = (0..count).map(|n| n.to_string()).collect();
    let message = |body| Outgoing { deduplication_id: body, group: "g", body };
    outbox(replay).send(&bodies.iter().map(|body| message(body)).collect::<Vec<_>>()).await
}

fn sent(at: usize) -> Value {
    json!({"Id": at.to_string(), "MessageId": "m", "MD5OfMessageBody": "d"})
}

#[tokio::test]
async fn no_error_of_a_whole_call_is_taken_for_success() {
    for (status, code) in WHOLE {
        let replay = Replay::of([error(status, code)]);
        assert_eq!(send(&replay, 3).await, [Sent::Retry; 3], "{code}");
        for fault in [outbox(&replay).receive().await.map(|_| ()), outbox(&replay).remove(&["h"]).await.map(|_| ())]
            .map(Result::unwrap_err)
        {
            assert!(is_word(&fault), "{fault}");
        }
        assert_eq!(replay.operations(), ["SendMessageBatch", "ReceiveMessage", "DeleteMessageBatch"]);
    }
}

#[tokio::test]
async fn every_failed_entry_is_tried_again_or_refused_and_its_neighbours_are_acknowledged() {
    // With the sender to blame, by the service's word, and the code; throttling is the service's business all the same.
    for (code, sender_fault, expected) in [
        ("InternalError", false, Sent::Retry),
        ("ServiceUnavailable", false, Sent::Retry),
        ("InvalidMessageContents", true, Sent::Refused),
        ("InvalidMessageContents", false, Sent::Retry),
        ("InvalidParameterValue", true, Sent::Refused),
        ("MissingParameter", true, Sent::Refused),
        ("AccessDenied", true, Sent::Refused),
        ("ThrottlingException", true, Sent::Retry),
        ("RequestThrottled", true, Sent::Retry),
        ("KMS.ThrottlingException", true, Sent::Retry),
        ("KmsThrottled", true, Sent::Retry),
        ("RequestLimitExceeded", true, Sent::Retry),
        ("TooManyRequestsException", true, Sent::Retry),
        ("SomethingNew", false, Sent::Retry),
        ("SomethingNew", true, Sent::Refused),
        ("", false, Sent::Retry),
    ] {
        let failed = json!({"Id": "1", "Code": code, "SenderFault": sender_fault});
        let replay = Replay::of([(200, json!({"Successful": [sent(2), sent(0)], "Failed": [failed]}))]);
        let expected = [Sent::Acknowledged, expected, Sent::Acknowledged];
        assert_eq!(send(&replay, 3).await, expected, "{code} {sender_fault}");
    }
}

#[tokio::test]
async fn an_entry_the_answer_does_not_name_is_not_taken_for_sent() {
    for (answer, expected) in [
        (json!({}), [Sent::Retry; 2]),
        (json!({"Successful": [], "Failed": []}), [Sent::Retry; 2]),
        (json!({"Successful": [sent(1)]}), [Sent::Retry, Sent::Acknowledged]),
        (json!({"Successful": [sent(7), {"Id": "x", "MessageId": "m", "MD5OfMessageBody": "d"}]}), [Sent::Retry; 2]),
        (
            json!({"Successful": [sent(0)], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": false}]}),
            [Sent::Retry; 2],
        ),
    ] {
        assert_eq!(send(&Replay::of([(200, answer.clone())]), 2).await, expected, "{answer}");
    }
    for (status, body) in [(200, "{\"Succ"), (500, ""), (503, "<html>"), (301, "")] {
        assert_eq!(send(&Replay::raw(status, body), 2).await, [Sent::Retry; 2], "{status} {body}");
    }
}

#[tokio::test]
async fn a_message_the_answer_does_not_name_is_not_taken_for_removed() {
    let failed = json!({"Id": "1", "Code": "InternalError", "SenderFault": false});
    for (answer, left) in [
        (json!({"Successful": [{"Id": "0"}, {"Id": "1"}], "Failed": []}), 0),
        (json!({"Successful": [{"Id": "0"}], "Failed": [failed]}), 1),
        (json!({}), 2),
    ] {
        let replay = Replay::of([(200, answer.clone())]);
        assert_eq!(outbox(&replay).remove(&["g", "h"]).await, Ok(left), "{answer}");
        let entries = replay.bodies()[0]["Entries"].clone();
        assert_eq!((&entries[0]["ReceiptHandle"], &entries[1]["ReceiptHandle"]), (&json!("g"), &json!("h")));
    }
}

#[tokio::test]
async fn each_entry_goes_with_its_deduplication_id_and_its_group() {
    let replay = Replay::of([(200, json!({"Successful": [sent(0), sent(1)]}))]);
    assert_eq!(send(&replay, 2).await, [Sent::Acknowledged; 2]);
    let entries = replay.bodies()[0]["Entries"].clone();
    for n in 0..2 {
        assert_eq!(entries[n]["MessageDeduplicationId"], n.to_string());
        assert_eq!((&entries[n]["MessageGroupId"], &entries[n]["MessageBody"]), (&json!("g"), &json!(n.to_string())));
    }
}
