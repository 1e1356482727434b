//! What the pipeline takes for granted of DynamoDB, held against the embedded one. The answers expected are those the
//! real service is documented to give, or was seen to give.

#![allow(clippy::expect_used, reason = "helpers of tests, which clippy does not take for tests")]

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse, KeyType,
    ScalarAttributeType,
};
use tributary_stack::{ManualClock, Stack, StackOptions};

async fn stack() -> Stack {
    Stack::start(StackOptions::default()).await.expect("the stack starts")
}

fn claim(key: &[u8], owner: &str) -> BatchStatementRequest {
    BatchStatementRequest::builder()
        .statement(r#"INSERT INTO "tributary-claims" VALUE {'pk': ?, 'o': ?, 'x': ?}"#)
        .parameters(AttributeValue::B(Blob::new(key)))
        .parameters(AttributeValue::S(owner.to_owned()))
        .parameters(AttributeValue::N("1790000600".to_owned()))
        .build()
        .expect("a statement")
}

async fn claims(client: &Client, statements: Vec<BatchStatementRequest>) -> Vec<BatchStatementResponse> {
    let batch = client.batch_execute_statement().set_statements(Some(statements)).send().await.expect("a 200");
    batch.responses.unwrap_or_default()
}

#[tokio::test]
async fn the_tables_have_their_keys_and_expiry() {
    let stack = stack().await;
    let client = stack.dynamodb();
    for (table, keys) in [
        (
            "tributary-journal",
            vec![("pk", KeyType::Hash, ScalarAttributeType::S), ("sk", KeyType::Range, ScalarAttributeType::S)],
        ),
        ("tributary-claims", vec![("pk", KeyType::Hash, ScalarAttributeType::B)]),
    ] {
        let described = client.describe_table().table_name(table).send().await.expect("a table");
        let described = described.table().expect("its description");
        let scalar = |name: &str| {
            described
                .attribute_definitions()
                .iter()
                .find(|a| a.attribute_name() == name)
                .map(|a| a.attribute_type().clone())
        };
        let found: Vec<_> = described
            .key_schema()
            .iter()
            .map(|key| (key.attribute_name(), key.key_type().clone(), scalar(key.attribute_name()).expect("its type")))
            .collect();
        assert_eq!(found, keys);
    }
    let ttl = client.describe_time_to_live().table_name("tributary-claims").send().await.expect("told");
    assert_eq!(ttl.time_to_live_description().and_then(|ttl| ttl.attribute_name()), Some("x"));
}

#[tokio::test]
async fn a_claim_is_inserted_once() {
    let stack = stack().await;
    let client = stack.dynamodb();
    let first = claims(&client, vec![claim(b"a", "one"), claim(b"b", "one")]).await;
    assert!(first.iter().all(|response| response.error().is_none()), "{first:?}");

    let second = claims(&client, vec![claim(b"c", "two"), claim(b"a", "two"), claim(b"d", "two")]).await;
    let codes: Vec<_> = second.iter().map(|response| response.error().and_then(|error| error.code())).collect();
    assert_eq!(
        codes,
        [None, Some(&BatchStatementErrorCodeEnum::DuplicateItem), None],
        "in the order of the statements"
    );
    let key = AttributeValue::B(Blob::new(b"a"));
    let kept = client.get_item().table_name("tributary-claims").key("pk", key).consistent_read(true).send().await;
    let kept = kept.expect("an answer").item.expect("an item");
    assert_eq!(kept["o"], AttributeValue::S("one".to_owned()), "the first owner");
}

#[tokio::test]
async fn a_call_is_refused_as_a_whole_for_a_key_twice_and_for_26_statements() {
    let stack = stack().await;
    let client = stack.dynamodb();
    let call = |statements| client.batch_execute_statement().set_statements(Some(statements)).send();
    let twice = call(vec![claim(b"a", "one"), claim(b"b", "one"), claim(b"a", "one")]).await.expect_err("refused");
    assert_eq!(twice.code(), Some("ValidationException"));
    assert!(twice.message().is_some_and(|text| text.contains("contains duplicates")), "{twice:?}");
    let many = call((0..26).map(|n| claim(&[n], "one")).collect()).await.expect_err("refused");
    assert_eq!(many.code(), Some("ValidationException"));
    let scan = client.scan().table_name("tributary-claims").consistent_read(true).send().await.expect("a scan");
    assert_eq!(scan.count(), 0, "nothing of either is stored");
    assert!(claims(&client, (0..25).map(|n| claim(&[n], "one")).collect()).await.iter().all(|r| r.error().is_none()));
}

#[tokio::test]
async fn one_of_many_wins_a_claim() {
    let stack = stack().await;
    let client = stack.dynamodb();
    let mut racers = tokio::task::JoinSet::new();
    for n in 0..50 {
        let client = client.clone();
        racers.spawn(async move { claims(&client, vec![claim(b"a", &n.to_string())]).await[0].error().is_none() });
    }
    let winners = racers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
}

/// The sweeper takes a chunk over from a request that went away; what that request still writes must not count.
#[tokio::test]
async fn an_update_is_fenced_by_the_epoch() {
    let stack = stack().await;
    let client = stack.dynamodb();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |n: u32| AttributeValue::N(n.to_string());
    let put = client.put_item().table_name("tributary-journal").item("pk", text("s#0")).item("sk", text("1"));
    put.item("epoch", number(1)).item("lease", number(9)).send().await.expect("stored");

    let update = |from: u32, to: u32| {
        let update = client.update_item().table_name("tributary-journal").key("pk", text("s#0")).key("sk", text("1"));
        update
            .update_expression("SET epoch = :to, tries = if_not_exists(tries, :zero) + :one REMOVE lease")
            .condition_expression("epoch = :from")
            .expression_attribute_values(":from", number(from))
            .expression_attribute_values(":to", number(to))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .send()
    };
    update(1, 2).await.expect("the takeover");
    let late = update(1, 2).await.expect_err("refused").into_service_error();
    assert!(late.is_conditional_check_failed_exception(), "{late:?}");

    let statement = |epoch: u32| {
        let statement = r#"UPDATE "tributary-journal" SET d = ? REMOVE tries WHERE pk = ? AND sk = ? AND epoch = ?"#;
        let request =
            BatchStatementRequest::builder().statement(statement).parameters(AttributeValue::B(Blob::new(b"d")));
        let request = request.parameters(text("s#0")).parameters(text("1")).parameters(number(epoch));
        request.build().expect("a statement")
    };
    let late = claims(&client, vec![statement(1)]).await;
    let code = late[0].error().and_then(|error| error.code());
    assert_eq!(code, Some(&BatchStatementErrorCodeEnum::ConditionalCheckFailed));
    assert!(claims(&client, vec![statement(2)]).await[0].error().is_none());

    let delete = |epoch: u32| {
        let delete = client.delete_item().table_name("tributary-journal").key("pk", text("s#0")).key("sk", text("1"));
        delete.condition_expression("epoch = :epoch").expression_attribute_values(":epoch", number(epoch)).send()
    };
    assert!(delete(1).await.expect_err("refused").into_service_error().is_conditional_check_failed_exception());
    delete(2).await.expect("settled");
}

#[tokio::test]
async fn an_expired_claim_blocks_until_it_is_swept() {
    let clock = ManualClock::new(1_790_000_000);
    let stack = Stack::start(StackOptions { clock: clock.arc(), ..StackOptions::default() }).await;
    let stack = stack.expect("the stack starts");
    let client = stack.dynamodb();
    claims(&client, vec![claim(b"a", "one")]).await;
    clock.tick(Duration::from_secs(599));
    assert_eq!(stack.expire_claims().expect("swept"), 0);
    clock.tick(Duration::from_secs(2));
    let blocked = claims(&client, vec![claim(b"a", "two")]).await;
    assert!(blocked[0].error().is_some(), "expired, but there");
    assert_eq!(stack.expire_claims().expect("swept"), 1);
    assert!(claims(&client, vec![claim(b"a", "two")]).await[0].error().is_none());
}
