//! The journal in DynamoDB.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, PutRequest, TransactWriteItem, WriteRequest};
use aws_smithy_types::Blob;
use futures_util::{StreamExt, stream};

use super::fault;
use crate::chunk::{Chunk, ChunkKey, dead_partition, partition};
use crate::ports::{Clock, Fault, Fenced, Journal, Page};

/// Most items of a `BatchWriteItem` (AWS).
const BATCH_ITEMS: usize = 25;
/// Batches written at once: 16 hold the 10,000 events of the largest request.
const BATCHES_TOGETHER: usize = 16;
/// Rounds for items that a throttled table left unwritten.
const WRITE_ROUNDS: u32 = 5;
/// No round begins so long after the first, milliseconds: what is unwritten by then goes to the spill queue, for which a
/// function's time must suffice as well.
const ROUNDS_MS: i64 = 3_000;

/// The journal's table: `pk` (`shard#0` to `shard#31`, `dead#...`), `sk` (creation time and chunk id), `d` (compressed
/// messages), `n` (how many), `l` (lease, milliseconds), `e` (epoch), `t` (tries).
pub struct DynamoJournal {
    pub(super) client: Client,
    pub(super) table: String,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for DynamoJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DynamoJournal").field("table", &self.table).finish_non_exhaustive()
    }
}

pub(super) type Item = HashMap<String, AttributeValue>;

impl DynamoJournal {
    /// The journal in that table.
    #[must_use]
    pub fn new(client: Client, table: String, clock: Arc<dyn Clock>) -> Self {
        Self { client, table, clock }
    }

    /// Writes up to 25 items; returns the sort keys of those that are not known to be written.
    async fn put_batch(&self, chunks: &[Chunk]) -> Result<Vec<String>, Fault> {
        let mut open: Vec<WriteRequest> =
            chunks.iter().map(|chunk| put_request(item(chunk, partition(chunk.key.shard)))).collect();
        let begun_ms = self.clock.now_ms();
        for round in 0..WRITE_ROUNDS {
            if round > 0 {
                self.clock.sleep_ms(50 << round).await;
                if self.clock.now_ms() - begun_ms > ROUNDS_MS {
                    break;
                }
            }
            let output = self
                .client
                .batch_write_item()
                .request_items(&self.table, open)
                .send()
                .await
                .map_err(|error| fault("journal.put", &error))?;
            open = output.unprocessed_items().and_then(|tables| tables.get(&self.table)).cloned().unwrap_or_default();
            if open.is_empty() {
                break;
            }
        }
        let sort_key = |write: &WriteRequest| Some(write.put_request()?.item().get("sk")?.as_s().ok()?.clone());
        Ok(open.iter().filter_map(sort_key).collect())
    }

    /// Writes up to 25 items; one answer an item, in order.
    async fn put_some(&self, batch: &[Chunk]) -> Vec<Result<(), Fault>> {
        let unwritten = match self.put_batch(batch).await {
            Ok(unwritten) => unwritten,
            Err(fault) => return vec![Err(fault); batch.len()],
        };
        let result = |chunk: &Chunk| {
            if unwritten.contains(&chunk.key.sort()) {
                Err(Fault { operation: "journal.put", code: "UnprocessedItems".to_owned(), retry: true })
            } else {
                Ok(())
            }
        };
        batch.iter().map(result).collect()
    }

    fn update(&self, chunk: &Chunk) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("pk", text(chunk.key.partition()))
            .key("sk", text(chunk.key.sort()))
            .expression_attribute_values(":seen", number(chunk.epoch))
    }
}

#[async_trait]
impl Journal for DynamoJournal {
    async fn put(&self, chunks: &[Chunk]) -> Vec<Result<(), Fault>> {
        // Together, for a table that does not answer costs the time of one call then, however large the request.
        let batches: Vec<_> = chunks.chunks(BATCH_ITEMS).map(|batch| self.put_some(batch)).collect();
        stream::iter(batches).buffered(BATCHES_TOGETHER).collect::<Vec<_>>().await.concat()
    }

    async fn delete(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let live = keys(&chunk.key, partition(chunk.key.shard));
        self.delete_if("journal.delete", live, "attribute_not_exists(pk) OR e = :seen", chunk.epoch).await
    }

    async fn rewrite(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        let call = self
            .update(chunk)
            .update_expression("SET d = :d, n = :n, l = :l")
            .condition_expression("attribute_exists(pk) AND e = :seen")
            .expression_attribute_values(":d", AttributeValue::B(Blob::new(chunk.data.clone())))
            .expression_attribute_values(":n", number(chunk.events))
            .expression_attribute_values(":l", number(chunk.lease_ms));
        fenced("journal.rewrite", call.send().await)
    }

    async fn expired(&self, shard: u8, now_ms: i64, from: Option<&str>) -> Result<Page, Fault> {
        let start = |sort: &str| {
            HashMap::from([("pk".to_owned(), text(partition(shard))), ("sk".to_owned(), text(sort.to_owned()))])
        };
        let output = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk")
            .filter_expression("l < :now")
            .expression_attribute_values(":pk", text(partition(shard)))
            .expression_attribute_values(":now", number(now_ms))
            .set_exclusive_start_key(from.map(start))
            .send()
            .await
            .map_err(|error| fault("journal.expired", &error))?;
        let mut page = Page::default();
        let last = output.last_evaluated_key().and_then(|last| last.get("sk")?.as_s().ok());
        page.next = last.cloned();
        for item in output.items.unwrap_or_default() {
            match chunk(item) {
                Some(chunk) => page.chunks.push(chunk),
                None => tracing::error!(shard, "an item of the journal is no chunk"),
            }
        }
        Ok(page)
    }

    async fn take(&self, seen: &Chunk, taken: &Chunk, now_ms: i64) -> Result<Fenced, Fault> {
        let call = self
            .update(seen)
            .update_expression("SET l = :l, e = :e, t = :t")
            .condition_expression("attribute_exists(pk) AND e = :seen AND l < :now")
            .expression_attribute_values(":l", number(taken.lease_ms))
            .expression_attribute_values(":e", number(taken.epoch))
            .expression_attribute_values(":t", number(taken.tries))
            .expression_attribute_values(":now", number(now_ms));
        fenced("journal.take", call.send().await)
    }

    async fn bury(&self, chunk: &Chunk) -> Result<Fenced, Fault> {
        // What lies there under this key is an older state of this chunk, or nothing.
        let put = Put::builder().set_item(Some(item(chunk, dead_partition(chunk.key.shard))));
        let moved =
            self.move_item("journal.bury", put, keys(&chunk.key, partition(chunk.key.shard)), chunk.epoch).await?;
        Ok(if moved == Moved::Done { Fenced::Done } else { Fenced::Lost })
    }
}

/// What became of a transaction that moves a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// It took effect.
    Done,
    /// What was to be moved is not there any more, or is another's.
    Gone,
    /// What was to be moved is there, and something lies where it was to go.
    Occupied,
}

impl DynamoJournal {
    /// Puts an item and deletes another if its epoch is the seen one: one transaction, which takes effect whole or not.
    pub(super) async fn move_item(
        &self,
        operation: &'static str,
        put: aws_sdk_dynamodb::types::builders::PutBuilder,
        from: Item,
        seen: u32,
    ) -> Result<Moved, Fault> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(from))
            .condition_expression("e = :seen")
            .expression_attribute_values(":seen", number(seen));
        let built = || Fault { operation, code: "Construction".to_owned(), retry: false };
        let put = TransactWriteItem::builder().put(put.table_name(&self.table).build().map_err(|_| built())?).build();
        let delete = TransactWriteItem::builder().delete(delete.build().map_err(|_| built())?).build();
        let call = self.client.transact_write_items().transact_items(put).transact_items(delete);
        let Err(error) = call.send().await else { return Ok(Moved::Done) };
        match refused(&error) {
            Some((_, true)) => Ok(Moved::Gone),
            Some((true, false)) => Ok(Moved::Occupied),
            _ => Err(fault(operation, &error)),
        }
    }

    /// Deletes an item under a condition on its epoch, `:seen`.
    pub(super) async fn delete_if(
        &self,
        operation: &'static str,
        key: Item,
        condition: &str,
        seen: u32,
    ) -> Result<Fenced, Fault> {
        let call = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        let call = call.condition_expression(condition).expression_attribute_values(":seen", number(seen));
        match call.send().await {
            Ok(_) => Ok(Fenced::Done),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(Fenced::Lost),
                _ => Err(fault(operation, &error)),
            },
        }
    }
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

/// The keys of a chunk's item in that partition.
pub(super) fn keys(key: &ChunkKey, partition: String) -> Item {
    HashMap::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(key.sort()))])
}

fn fenced<T>(
    operation: &'static str,
    result: Result<T, aws_sdk_dynamodb::error::SdkError<UpdateItemError>>,
) -> Result<Fenced, Fault> {
    match result {
        Ok(_) => Ok(Fenced::Done),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Fenced::Lost),
            _ => Err(fault(operation, &error)),
        },
    }
}

pub(super) fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}

pub(super) fn number<T: TryInto<i64>>(value: T) -> AttributeValue {
    AttributeValue::N(value.try_into().unwrap_or(i64::MAX).to_string())
}

fn put_request(item: Item) -> WriteRequest {
    // An item is always set, which is all the builder asks.
    let put = PutRequest::builder().set_item(Some(item)).build().ok();
    WriteRequest::builder().set_put_request(put).build()
}

pub(super) fn item(chunk: &Chunk, partition: String) -> Item {
    HashMap::from([
        ("pk".to_owned(), text(partition)),
        ("sk".to_owned(), text(chunk.key.sort())),
        ("d".to_owned(), AttributeValue::B(Blob::new(chunk.data.clone()))),
        ("n".to_owned(), number(chunk.events)),
        ("l".to_owned(), number(chunk.lease_ms)),
        ("e".to_owned(), number(chunk.epoch)),
        ("t".to_owned(), number(chunk.tries)),
    ])
}

pub(super) fn chunk(mut item: Item) -> Option<Chunk> {
    fn read<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
        item.get(name)?.as_n().ok()?.parse().ok()
    }
    let AttributeValue::B(data) = item.remove("d")? else { return None };
    let text = |name| item.get(name)?.as_s().ok();
    Some(Chunk {
        key: ChunkKey::parse(text("pk")?, text("sk")?)?,
        data: data.into_inner(),
        events: read(&item, "n")?,
        lease_ms: read(&item, "l")?,
        epoch: read(&item, "e")?,
        tries: read(&item, "t")?,
    })
}
