//! The chunks set aside, for the person who looks at them: what there is, and one back among the living.

use aws_sdk_dynamodb::types::Put;

use super::fault;
use super::journal::{DynamoJournal, Item, Moved, chunk, item, keys, text};
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
                from = page.last_evaluated_key().cloned();
                for item in page.items.unwrap_or_default() {
                    let sort = item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
                    match chunk(item) {
                        Some(chunk) => dead.chunks.push(chunk),
                        None => dead.unreadable.extend(sort),
                    }
                }
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
            .set_item(Some(item(&back, partition(dead.key.shard))))
            .condition_expression("attribute_not_exists(pk)");
        let key = || keys(&dead.key, dead_partition(dead.key.shard));
        match self.move_item("journal.put_back", put, key(), dead.epoch).await? {
            Moved::Done => Ok(Returned::Back),
            Moved::Gone => Ok(Returned::Gone),
            // Left by a version that set chunks aside in two writes and was killed between, or brought back by a late
            // put: what lives under this id holds all that the dead copy does.
            Moved::Occupied => match self.delete_if("journal.put_back", key(), "e = :seen", dead.epoch).await? {
                Fenced::Done => Ok(Returned::There),
                Fenced::Lost => Ok(Returned::Gone),
            },
        }
    }
}
