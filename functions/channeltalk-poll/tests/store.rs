//! Cursors in the journal's table, over the wire to the embedded DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use channeltalk_poll::{Cursor, Cursors, DynamoCursors};
use tributary_pipeline::Deadline;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::{Fenced, SystemClock};
use tributary_stack::{Stack, StackOptions};

#[tokio::test]
async fn a_cursor_moves_only_from_where_it_was_read() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let table = StackOptions::default().journal_table;
    let cursors = DynamoCursors::new(stack.dynamodb(), table.clone());
    assert_eq!(cursors.load("user/u").await, Ok(Cursor::default()));

    let first = Cursor { page: Some("print".into()), ..Cursor::default() };
    assert_eq!(cursors.save("user/u", &first).await, Ok(Fenced::Done));
    assert_eq!(cursors.save("user/u", &first).await, Ok(Fenced::Lost), "another run was here first");
    let stored = cursors.load("user/u").await.unwrap();
    assert_eq!(stored, Cursor { revision: 1, ..first });

    let moved = Cursor { since: Some("n-2".into()), page: None, complete_ms: 1_780_000_000_000, ..stored.clone() };
    assert_eq!(cursors.save("user/u", &moved).await, Ok(Fenced::Done));
    assert_eq!(cursors.save("user/u", &stored).await, Ok(Fenced::Lost), "a run that read the older cursor");
    assert_eq!(cursors.load("user/u").await, Ok(Cursor { revision: 2, ..moved }));
    assert_eq!(cursors.load("user/v").await, Ok(Cursor::default()));

    // The sweeper passes over cursors: it finds no chunk, and the cursor is still there.
    let resources = Resources {
        journal_table: table,
        claims_table: StackOptions::default().claims_table,
        queue_url: stack.queues().events.clone(),
        quarantine_url: stack.queues().quarantine.clone(),
        spill_url: None,
    };
    let pipeline = with_clients(stack.dynamodb(), &stack.sqs(), resources, std::sync::Arc::new(SystemClock));
    let report = pipeline.sweep(Deadline { at_ms: i64::MAX }).await;
    assert_eq!((report.expired, report.faults), (0, 0));
    assert_eq!(cursors.load("user/u").await.unwrap().revision, 2);
}

#[tokio::test]
async fn a_cursor_that_cannot_be_read_is_a_fault_and_not_a_fresh_one() {
    let stack = Stack::start(StackOptions::default()).await.unwrap();
    let table = StackOptions::default().journal_table;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let put = stack.dynamodb().put_item().table_name(&table);
    put.item("pk", text("cursor#channeltalk")).item("sk", text("user/u")).item("r", text("1")).send().await.unwrap();
    let cursors = DynamoCursors::new(stack.dynamodb(), table);
    assert_eq!(cursors.load("user/u").await.unwrap_err().code, "Unreadable");
    let nowhere = DynamoCursors::new(stack.dynamodb(), "no-such-table".to_owned());
    assert_eq!(nowhere.load("user/u").await.unwrap_err().code, "ResourceNotFoundException");
    assert!(nowhere.save("user/u", &Cursor::default()).await.is_err());
}
