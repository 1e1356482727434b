//! Journal and claims.

use std::sync::Arc;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::BatchStatementErrorCodeEnum as Code;
use serde_json::{Value, json};
use tributary_events::{EventId, Key, Says};
use tributary_pipeline::aws::{DynamoClaims, DynamoJournal};
use tributary_pipeline::memory::World;
use tributary_pipeline::ports::{Claim, Claimed, Claims, Fenced, Journal, Owner};
use tributary_pipeline::{Chunk, ChunkId, ChunkKey};

use super::{Replay, error, is_word};

/// What the operations we use may answer instead of doing their work (API reference of DynamoDB, and its common errors),
/// and one code nobody knows.
const WHOLE: [(u16, &str); 23] = [
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
    (400, "ThrottlingException"),
    (400, "ProvisionedThroughputExceededException"),
    (400, "RequestLimitExceeded"),
    (400, "ItemCollectionSizeLimitExceededException"),
    (400, "LimitExceededException"),
    (400, "ReplicatedWriteConflictException"),
    (400, "TransactionConflictException"),
    (400, "TransactionInProgressException"),
    (400, "DuplicateItemException"),
    (400, "InvalidEndpointException"),
    (400, "ResourceNotFoundException"),
    (400, "ValidationException"),
    (400, "SerializationException"),
    (400, "AccessDeniedException"),
    (400, "IncompleteSignatureException"),
    (400, "MissingAuthenticationTokenException"),
    (400, "UnrecognizedClientException"),
    (400, "ExpiredTokenException"),
    (400, "RequestExpired"),
    (400, "NotAuthorized"),
    (418, "SomethingNewException"),
];

fn client(replay: &Replay) -> aws_sdk_dynamodb::Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("k", "k", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url("http://localhost")
        .http_client(replay.client());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn claims(replay: &Replay) -> DynamoClaims {
    DynamoClaims::new(client(replay), "claims".to_owned())
}

fn journal(replay: &Replay) -> DynamoJournal {
    DynamoJournal::new(client(replay), "journal".to_owned(), Arc::new(World::new()))
}

fn id(n: usize) -> EventId {
    Key::new("t", None).part(Some(&n.to_string())).finish()
}

fn ids(count: usize) -> Vec<EventId> {
    (0..count).map(id).collect()
}

/// Claims on so many events; every second one tells what its event says.
fn claimed_by(count: usize) -> Vec<Claim> {
    let claim = |n: usize| Claim { id: id(n), says: (n % 2 == 1).then(|| Says::from_bytes([n.to_be_bytes()[7]; 8])) };
    (0..count).map(claim).collect()
}

fn chunk(n: u128) -> Chunk {
    let key = ChunkKey::new(1_768_478_400_000, ChunkId::from_random(n));
    Chunk { key, data: vec![1, 2, 3], events: 1, lease_ms: 5, epoch: 1, tries: 1 }
}

fn statement(code: Option<&str>) -> Value {
    code.map_or(json!({}), |code| json!({"Error": {"Code": code, "Message": "of a test"}}))
}

#[tokio::test]
async fn every_code_of_a_statement_is_a_duplicate_or_undecided() {
    // The whole enum: a code that the SDK learns later is none of its values and lands with the unknown ones.
    let known: Vec<&str> = Code::values().to_vec();
    assert_eq!(known.len(), 11, "the SDK knows a new code: say what it means to us");
    let more = ["DuplicateItemException", "ThrottlingException", "SomethingNew", ""];
    for code in known.into_iter().chain(more) {
        let is_duplicate = matches!(code, "DuplicateItem" | "DuplicateItemException" | "ConditionalCheckFailed");
        let expected = if is_duplicate { Claimed::Taken } else { Claimed::Undecided };
        let replay =
            Replay::of([(200, json!({"Responses": [statement(None), statement(Some(code)), statement(None)]}))]);
        let claimed = claims(&replay).insert(&claimed_by(3), ChunkId::from_random(1), 1).await.unwrap();
        assert_eq!(claimed, [Claimed::New, expected, Claimed::New], "{code}");
    }
}

#[tokio::test]
async fn a_statement_without_an_answer_is_undecided() {
    for answer in [
        json!({}),
        json!({"Responses": []}),
        json!({"Responses": [{"Error": {"Message": "no code"}}]}),
        json!({"Responses": [{"Error": {}}]}),
    ] {
        let replay = Replay::of([(200, answer.clone())]);
        let claimed = claims(&replay).insert(&claimed_by(2), ChunkId::from_random(1), 1).await.unwrap();
        assert_eq!(claimed, [Claimed::Undecided; 2], "{answer}");
    }
    let replay = Replay::of([(200, json!({"Responses": [{}]}))]);
    let claimed = claims(&replay).insert(&claimed_by(2), ChunkId::from_random(1), 1).await.unwrap();
    assert_eq!(claimed, [Claimed::New, Claimed::Undecided]);
}

#[tokio::test]
async fn no_error_of_a_whole_call_is_taken_for_success() {
    let now = 1_768_478_400_000;
    for (status, code) in WHOLE.into_iter().chain([(400, "ConditionalCheckFailedException")]) {
        let replay = Replay::of([error(status, code)]);
        let (claims, journal) = (claims(&replay), journal(&replay));
        let insert = claims.insert(&claimed_by(2), ChunkId::from_random(1), 1).await.unwrap_err();
        let owners = claims.owners(&ids(2)).await.unwrap_err();
        let puts = journal.put(&[chunk(1), chunk(2)]).await;
        let delete = journal.delete(&chunk(1)).await;
        let expired = journal.expired(3, now, None).await.unwrap_err();
        let bury = journal.bury(&chunk(1)).await;
        assert_eq!(puts.len(), 2);
        let puts = puts.into_iter().map(Result::unwrap_err);
        for fault in [insert, owners, expired].into_iter().chain(puts) {
            assert_eq!(fault.code, code);
            assert!(is_word(&fault), "{fault}");
            // What only a change of the deployment heals is not tried again within the same drive.
            let is_ours = ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"].contains(&code);
            assert_eq!(fault.retry, !is_ours, "{fault}");
        }
        let (rewrite, take) = (journal.rewrite(&chunk(1)).await, journal.take(&chunk(1), &chunk(1), now).await);
        if code == "ConditionalCheckFailedException" {
            assert_eq!([rewrite, take, delete], [Ok(Fenced::Lost), Ok(Fenced::Lost), Ok(Fenced::Lost)]);
        } else {
            assert_eq!(delete.unwrap_err().code, code);
            assert_eq!(rewrite.unwrap_err().code, code);
            assert_eq!(take.unwrap_err().code, code);
        }
        // A transaction does not fail by that name.
        assert_eq!(bury.unwrap_err().code, code);
        assert_eq!(replay.operations().iter().filter(|name| *name == "DeleteItem").count(), 1, "bury deletes nothing");
    }
}

#[tokio::test]
async fn a_chunk_is_set_aside_in_one_transaction_that_asks_for_its_epoch() {
    let cancelled = |put: &str, delete: &str| {
        let reasons = json!([{"Code": put}, {"Code": delete}]);
        let code = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        (400, json!({"__type": code, "Message": "of a test", "CancellationReasons": reasons}))
    };
    let replay = Replay::of([(200, json!({}))]);
    assert_eq!(journal(&replay).bury(&chunk(1)).await, Ok(Fenced::Done));
    assert_eq!(replay.operations(), ["TransactWriteItems"]);
    let items = replay.bodies()[0]["TransactItems"].clone();
    assert!(items[0]["Put"]["Item"]["pk"]["S"].as_str().unwrap().starts_with("dead#"), "{items}");
    assert!(items[1]["Delete"]["Key"]["pk"]["S"].as_str().unwrap().starts_with("shard#"), "{items}");
    let condition = (&items[1]["Delete"]["ConditionExpression"], &items[1]["Delete"]["ExpressionAttributeValues"]);
    assert_eq!(condition, (&json!("e = :seen"), &json!({":seen": {"N": "1"}})));

    let replay = Replay::of([cancelled("None", "ConditionalCheckFailed")]);
    assert_eq!(journal(&replay).bury(&chunk(1)).await, Ok(Fenced::Lost));
    for (put, delete) in [("TransactionConflict", "None"), ("None", "ThrottlingError"), ("None", "None")] {
        let replay = Replay::of([cancelled(put, delete)]);
        assert_eq!(journal(&replay).bury(&chunk(1)).await.unwrap_err().code, "TransactionCanceledException");
    }
}

#[tokio::test]
async fn an_answer_nobody_can_read_is_no_success() {
    for (status, body) in [(200, "{\"Resp"), (500, ""), (503, "<html>"), (200, "[]"), (301, "")] {
        let replay = Replay::raw(status, body);
        let (claims, journal) = (claims(&replay), journal(&replay));
        assert!(claims.insert(&claimed_by(1), ChunkId::from_random(1), 1).await.is_err(), "{status} {body}");
        assert!(claims.owners(&ids(1)).await.is_err(), "{status} {body}");
        assert!(journal.expired(1, 1, None).await.is_err(), "{status} {body}");
        assert!(journal.put(&[chunk(1)]).await[0].is_err(), "{status} {body}");
        assert!(journal.take(&chunk(1), &chunk(1), 1).await.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn items_left_unprocessed_are_written_again_and_those_still_left_are_faults() {
    let write = |n| {
        let chunk = chunk(n);
        let item = json!({"pk": {"S": chunk.key.partition()}, "sk": {"S": chunk.key.sort()}});
        json!({"PutRequest": {"Item": item}})
    };
    let left = |numbers: &[u128]| {
        let writes: Vec<Value> = numbers.iter().map(|n| write(*n)).collect();
        (200, json!({"UnprocessedItems": {"journal": writes}}))
    };
    let chunks = [chunk(1), chunk(2), chunk(3)];
    let replay = Replay::of([left(&[1, 3]), left(&[3]), (200, json!({"UnprocessedItems": {}}))]);
    assert!(journal(&replay).put(&chunks).await.iter().all(Result::is_ok));
    let sent = |body: &Value| body["RequestItems"]["journal"].as_array().unwrap().len();
    assert_eq!(replay.bodies().iter().map(sent).collect::<Vec<_>>(), [3, 2, 1]);

    let replay = Replay::of([left(&[1, 3]), left(&[3])]);
    let put = journal(&replay).put(&chunks).await;
    assert_eq!(put.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(put[2].as_ref().unwrap_err().code, "UnprocessedItems");

    // An error after a part was written: nobody knows, so all are faults and go to the spill queue as well.
    let replay = Replay::of([left(&[3]), error(400, "ThrottlingException")]);
    assert!(journal(&replay).put(&chunks).await.iter().all(Result::is_err));
}

#[tokio::test]
async fn keys_left_unread_are_read_again_and_never_taken_for_absent() {
    use aws_smithy_types::base64::encode;
    let owner = Owner { chunk: ChunkId::from_random(7), says: None };
    let key = |n| json!({"pk": {"B": encode(id(n).as_bytes())}});
    let item = |n| json!({"pk": {"B": encode(id(n).as_bytes())}, "o": {"B": encode(owner.chunk.as_bytes())}});
    let first = json!({"Responses": {"claims": [item(0)]}, "UnprocessedKeys": {"claims": {"Keys": [key(1), key(2)]}}});
    let second = json!({"Responses": {"claims": [item(2)]}, "UnprocessedKeys": {}});
    let replay = Replay::of([(200, first.clone()), (200, second)]);
    let owners = claims(&replay).owners(&ids(3)).await.unwrap();
    assert_eq!(owners, [Some(owner), None, Some(owner)]);
    assert_eq!(replay.bodies()[1]["RequestItems"]["claims"]["Keys"].as_array().unwrap().len(), 2);
    let replay = Replay::of([(200, first)]);
    assert_eq!(claims(&replay).owners(&ids(3)).await.unwrap_err().code, "UnprocessedKeys");
}

#[tokio::test]
async fn a_claim_holds_what_its_event_says_and_one_of_before_is_read_as_saying_nothing() {
    use aws_smithy_types::base64::{decode, encode};
    let owner = ChunkId::from_random(7);
    let replay = Replay::of([(200, json!({"Responses": [statement(None), statement(None)]}))]);
    let claims = claims(&replay);
    claims.insert(&claimed_by(2), owner, 1_795_253_400).await.unwrap();
    let statements = replay.bodies()[0]["Statements"].clone();
    let names = [&["pk", "o", "x"][..], &["pk", "o", "x", "s"]];
    for (n, names) in names.into_iter().enumerate() {
        let text = statements[n]["Statement"].as_str().unwrap();
        let values: Vec<String> = names.iter().map(|name| format!("'{name}': ?")).collect();
        assert_eq!(text, format!("INSERT INTO \"claims\" VALUE {{{}}}", values.join(", ")));
        // A write unit is 1 KB of names and values (a number takes a byte for two digits and one more), and what
        // DynamoDB adds for itself.
        let parameters = statements[n]["Parameters"].as_array().unwrap();
        assert_eq!(parameters.len(), names.len());
        let length = |value: &Value| match value["B"].as_str() {
            Some(binary) => decode(binary).unwrap().len(),
            None => value["N"].as_str().unwrap().len().div_ceil(2) + 1,
        };
        let bytes: usize = parameters.iter().zip(names).map(|(value, name)| name.len() + length(value)).sum();
        assert!(bytes + 100 < 1024 / 4, "{bytes} bytes");
    }
    assert_eq!(statements[1]["Parameters"][3]["B"], encode([1; 8]));

    let item = |n: usize, says: Option<&[u8]>| {
        let mut item = json!({"pk": {"B": encode(id(n).as_bytes())}, "o": {"B": encode(owner.as_bytes())}});
        if let Some(says) = says {
            item["s"] = json!({"B": encode(says)});
        }
        item
    };
    let answer = json!({"Responses": {"claims": [item(0, None), item(1, Some(&[1; 8])), item(2, Some(&[1; 7]))]}});
    let replay = Replay::of([(200, answer)]);
    let owners = self::claims(&replay).owners(&ids(4)).await.unwrap();
    let says = [None, Some(Says::from_bytes([1; 8])), None];
    let expected: Vec<_> = says.into_iter().map(|says| Some(Owner { chunk: owner, says })).chain([None]).collect();
    assert_eq!(owners, expected);
    let read = replay.bodies();
    assert_eq!((read.len(), &read[0]["RequestItems"]["claims"]["ProjectionExpression"]), (1, &json!("pk, o, s")));
}

#[tokio::test]
async fn shards_and_owners_are_read_consistently() {
    let replay = Replay::of([(200, json!({}))]);
    journal(&replay).expired(3, 1, None).await.unwrap();
    claims(&replay).owners(&ids(1)).await.unwrap();
    let bodies = replay.bodies();
    assert_eq!(bodies[0]["ConsistentRead"], true);
    assert_eq!(bodies[1]["RequestItems"]["claims"]["ConsistentRead"], true);
}
