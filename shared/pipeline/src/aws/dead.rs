//! The chunks set aside, for the person who looks at them: what there is, and one back among the living.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use super::fault;
use super::journal::{DynamoJournal, Item, chunk, item, number, text};
use crate::chunk::{Chunk, SHARDS, dead_partition, partition};
use crate::ports::{Fault, Fenced};

/// What lies in the journal's dead shards.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dead {
    /// Chunks, oldest first.
    pub chunks: Vec<Chunk>,
    /// Sort keys of items that are no chunks at all.
    pub unreadable: Vec<String>,
}

/// What became of a chunk that was to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// It is back; the sweeper drives it.
    Back,
    /// It was back already, or never gone: the copy among the dead is deleted.
    There,
    /// Somebody else moved it meanwhile. Nothing was written.
    Gone,
}

impl DynamoJournal {
    /// Every chunk that was set aside, of all shards. Reads them whole, and consistently.
    ///
    /// # Errors
    /// [`Fault`] of a query.
    pub async fn dead(&self) -> Result<Dead, Fault> {
        let mut dead = Dead::default();
        for shard in 0..SHARDS {
            let mut from: Option<Item> = None;
            loop {
                let page = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .consistent_read(true)
                    .key_condition_expression("pk = :pk")
                    .expression_attribute_values(":pk", text(dead_partition(shard)))
                    .set_exclusive_start_key(from)
                    .send()
                    .await
                    .map_err(|error| fault("journal.dead", &error))?;
                for item in page.items() {
                    match chunk(item) {
                        Some(chunk) => dead.chunks.push(chunk),
                        None => dead.unreadable.extend(item.get("sk").and_then(|sk| sk.as_s().ok()).cloned()),
                    }
                }
                from = page.last_evaluated_key().cloned();
                if from.is_none() {
                    break;
                }
            }
        }
        dead.chunks.sort_by_key(|chunk| (chunk.key.created_ms, chunk.key.id));
        Ok(dead)
    }

    /// Moves a dead chunk back to its shard, under its own id, with no tries and a lease that has run out.
    ///
    /// One transaction: were it put first and deleted later, a crash between would leave a second copy, whose events
    /// would go out again once the first had settled.
    ///
    /// # Errors
    /// [`Fault`]. Nobody knows then whether it is back; doing it again is harmless.
    pub async fn put_back(&self, dead: &Chunk) -> Result<Returned, Fault> {
        let back = Chunk { lease_ms: 0, epoch: dead.epoch.wrapping_add(1), tries: 0, ..dead.clone() };
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item(&back, partition(dead.key.shard))))
            .condition_expression("attribute_not_exists(pk)");
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(dead_key(dead)))
            .condition_expression("e = :seen")
            .expression_attribute_values(":seen", number(dead.epoch));
        let built = || Fault { operation: "journal.put_back", code: "Construction".to_owned(), retry: false };
        let put = TransactWriteItem::builder().put(put.build().map_err(|_| built())?).build();
        let delete = TransactWriteItem::builder().delete(delete.build().map_err(|_| built())?).build();
        let call = self.client.transact_write_items().transact_items(put).transact_items(delete);
        let Err(error) = call.send().await else { return Ok(Returned::Back) };
        match refused(&error) {
            Some((_, true)) => Ok(Returned::Gone),
            // What lives under this id is not older than the dead copy: bury puts before it deletes.
            Some((true, false)) => match self.delete_dead(dead).await? {
                Fenced::Done => Ok(Returned::There),
                Fenced::Lost => Ok(Returned::Gone),
            },
            _ => Err(fault("journal.put_back", &error)),
        }
    }

    /// Deletes the dead copy, if it is still the one that was seen.
    async fn delete_dead(&self, dead: &Chunk) -> Result<Fenced, Fault> {
        let call = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(dead_key(dead)))
            .condition_expression("e = :seen")
            .expression_attribute_values(":seen", number(dead.epoch));
        match call.send().await {
            Ok(_) => Ok(Fenced::Done),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Fenced::Lost)
            }
            Err(error) => Err(fault("journal.put_back", &error)),
        }
    }
}

fn dead_key(chunk: &Chunk) -> HashMap<String, AttributeValue> {
    HashMap::from([("pk".to_owned(), text(dead_partition(chunk.key.shard))), ("sk".to_owned(), text(chunk.key.sort()))])
}

/// Which of the two conditions refused the transaction: that of the put, that of the delete.
fn refused<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<(bool, bool)> {
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error.as_service_error()? else {
        return None;
    };
    let failed = |at: usize| {
        cancelled.cancellation_reasons().get(at).and_then(|reason| reason.code()) == Some("ConditionalCheckFailed")
    };
    Some((failed(0), failed(1)))
}
