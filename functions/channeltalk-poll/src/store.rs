//! Cursors in the journal's table.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use tributary_pipeline::ports::{Fault, Fenced};

use crate::cursor::{Cursor, Cursors};

/// No shard of the journal begins like this, so the sweeper never sees a cursor.
const PARTITION: &str = "cursor#channeltalk";

/// Cursors in the journal's table: `pk` (`cursor#channeltalk`), `sk` (name), `s` (since), `p` (page), `c` (complete),
/// `r` (revision).
#[derive(Debug, Clone)]
pub struct DynamoCursors {
    client: Client,
    table: String,
}

impl DynamoCursors {
    /// Cursors in that table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn fault<E: ProvideErrorMetadata, R>(operation: &'static str, error: &SdkError<E, R>) -> Fault {
    let code = match error {
        SdkError::ServiceError(service) => service.err().code().unwrap_or("ServiceError"),
        SdkError::TimeoutError(_) => "Timeout",
        _ => "Dispatch",
    };
    Fault { operation, code: code.to_owned(), retry: true }
}

#[async_trait]
impl Cursors for DynamoCursors {
    async fn load(&self, name: &str) -> Result<Cursor, Fault> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("pk", text(PARTITION))
            .key("sk", text(name))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault("cursors.load", &error))?;
        let Some(item) = output.item() else { return Ok(Cursor::default()) };
        let string = |key| item.get(key).and_then(|value: &AttributeValue| value.as_s().ok()).cloned();
        let number = |key| item.get(key).and_then(|value: &AttributeValue| value.as_n().ok());
        // A cursor that cannot be read must not be taken for a fresh one: that would read all again, and never save.
        let unreadable = || Fault { operation: "cursors.load", code: "Unreadable".to_owned(), retry: false };
        Ok(Cursor {
            since: string("s"),
            page: string("p"),
            complete_ms: number("c").and_then(|n| n.parse().ok()).ok_or_else(unreadable)?,
            revision: number("r").and_then(|n| n.parse().ok()).ok_or_else(unreadable)?,
        })
    }

    async fn save(&self, name: &str, cursor: &Cursor) -> Result<Fenced, Fault> {
        let mut item = HashMap::from([
            ("pk".to_owned(), text(PARTITION)),
            ("sk".to_owned(), text(name)),
            ("c".to_owned(), AttributeValue::N(cursor.complete_ms.to_string())),
            ("r".to_owned(), AttributeValue::N((cursor.revision + 1).to_string())),
        ]);
        item.extend(cursor.since.as_ref().map(|since| ("s".to_owned(), text(since))));
        item.extend(cursor.page.as_ref().map(|page| ("p".to_owned(), text(page))));
        let call = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let call = if cursor.revision == 0 {
            call.condition_expression("attribute_not_exists(pk)")
        } else {
            call.condition_expression("r = :r")
                .expression_attribute_values(":r", AttributeValue::N(cursor.revision.to_string()))
        };
        match call.send().await {
            Ok(_) => Ok(Fenced::Done),
            Err(SdkError::ServiceError(service))
                if matches!(service.err(), PutItemError::ConditionalCheckFailedException(_)) =>
            {
                Ok(Fenced::Lost)
            }
            Err(error) => Err(fault("cursors.save", &error)),
        }
    }
}
