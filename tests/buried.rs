//! A chunk that is set aside over a connection that delays or loses, while a person puts chunks back: it is always in one
//! place, and its events go out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use tributary_events::Key;
use tributary_pipeline::aws::{DynamoJournal, Returned};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Chunk, ChunkId, ChunkKey, Deadline, Message, split};
use tributary_stack::{Fault, Rule};
use tributary_tests::Bench;

fn message(n: u128) -> Message {
    let id = Key::new("buried", None).part(Some(&n.to_string())).finish();
    let event = serde_json::json!({
        "specversion": "1.0", "id": id.to_string(), "source": "/infobip", "type": "message.delivered",
        "recordedtime": "2026-11-27T10:00:00Z", "partitionkey": "g", "datacontenttype": "application/json",
        "dataschema": "urn:tributary:data:message:1",
        "data": {"rank": 30, "vendor": {"event": "DELIVERY"}, "original": {}},
    });
    Message { id, says: None, group: "g".to_owned(), body: event.to_string() }
}

/// A chunk as a long outage leaves it: tried 100 times, a day old, its lease run out.
async fn leave(bench: &Bench, n: u128) -> Chunk {
    let (_, data) = split(vec![message(n)], 1 << 20).chunks.remove(0);
    let key = ChunkKey::new(SystemClock.now_ms() - 24 * 3_600_000, ChunkId::from_random(n));
    let chunk = Chunk { key, data, events: 1, lease_ms: 1, epoch: 9, tries: 100 };
    assert_eq!(bench.pipeline.journal.put(std::slice::from_ref(&chunk)).await, [Ok(())]);
    chunk
}

/// A person's way to the journal: not through the proxy.
fn person(bench: &Bench) -> DynamoJournal {
    DynamoJournal::new(bench.stack.dynamodb(), bench.resources().journal_table, Arc::new(SystemClock))
}

/// `tributary redrive dead --apply`.
async fn redrive(bench: &Bench) -> Vec<Returned> {
    let journal = person(bench);
    let mut returned = Vec::new();
    for dead in journal.dead().await.unwrap().chunks {
        returned.push(journal.put_back(&dead).await.unwrap());
    }
    returned
}

#[tokio::test(flavor = "multi_thread")]
async fn setting_aside_beside_a_redrive_loses_nothing_however_late_or_lost_the_calls_are() {
    let late = Duration::from_millis(1_500);
    // The call that moves it, and, for a version that would delete by itself, that one.
    for (number, (operation, fault)) in [
        ("TransactWriteItems", Fault::Delayed(late)),
        ("TransactWriteItems", Fault::ReplyDelayed(late)),
        ("TransactWriteItems", Fault::ReplyLost),
        ("DeleteItem", Fault::Delayed(late)),
        ("DeleteItem", Fault::ReplyLost),
    ]
    .into_iter()
    .enumerate()
    {
        let bench = Bench::with_lease(11_000).await;
        let chunk = leave(&bench, number as u128).await;
        // The queue takes nothing, so the chunk is given up for its age.
        bench.sqs.inject(Rule::on("SendMessageBatch", Fault::Unavailable).times(1_000));
        bench.dynamodb.inject(Rule::on(operation, fault).times(1));
        let mut pipeline = bench.pipeline.clone();
        pipeline.settings.attempts = 1;
        let sweep = pipeline.sweep(Deadline { at_ms: i64::MAX });
        let person = async {
            // As soon as it is there to be put back, or the call has long been made.
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let returned = redrive(&bench).await;
                if !returned.is_empty() {
                    return returned;
                }
            }
            Vec::new()
        };
        let (report, returned) = tokio::join!(sweep, person);
        assert!(bench.open_chunks().await > 0, "{operation} {fault:?}: gone; {report:?} {returned:?}");
        bench.sqs.reset();
        for _ in 0..40 {
            redrive(&bench).await;
            pipeline.sweep(Deadline { at_ms: i64::MAX }).await;
            if bench.open_chunks().await == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let events = bench.events().await;
        assert_eq!(events.len(), 1, "{operation} {fault:?}: lost");
        assert_eq!(events.into_values().next(), Some(1), "{operation} {fault:?}: {:?}", chunk.key);
    }
}
