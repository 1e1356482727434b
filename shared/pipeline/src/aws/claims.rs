//! Claims in DynamoDB: inserted with PartiQL, which has no way to overwrite.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, BatchStatementRequest, KeysAndAttributes};
use aws_smithy_types::Blob;
use tributary_events::{EventId, Says};

use super::fault;
use crate::chunk::ChunkId;
use crate::ports::{Claim, Claimed, Claims, Fault, Owner};

/// Rounds of `BatchGetItem` for keys that a full response left unread.
const READ_ROUNDS: usize = 5;

/// The claims' table: `pk` (binary, the event's id), `o` (binary, the owning chunk), `x` (number, expiry in seconds), `s`
/// (binary of 8 bytes, what the event says; absent where the id is a fingerprint of it, and in claims of before).
#[derive(Debug, Clone)]
pub struct DynamoClaims {
    client: Client,
    table: String,
    statement: String,
    /// The same, with what the event says.
    with_says: String,
}

impl DynamoClaims {
    /// Claims in that table.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        // Quotes within a quoted name are doubled; table names cannot hold any.
        let into = format!("INSERT INTO \"{}\" VALUE", table.replace('"', ""));
        let statement = format!("{into} {{'pk': ?, 'o': ?, 'x': ?}}");
        let with_says = format!("{into} {{'pk': ?, 'o': ?, 'x': ?, 's': ?}}");
        Self { client, table, statement, with_says }
    }
}

fn blob(bytes: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

#[async_trait]
impl Claims for DynamoClaims {
    async fn insert(&self, claims: &[Claim], owner: ChunkId, expires_s: i64) -> Result<Vec<Claimed>, Fault> {
        let mut call = self.client.batch_execute_statement();
        for Claim { id, says } in claims {
            let statement = if says.is_some() { &self.with_says } else { &self.statement };
            let request = BatchStatementRequest::builder()
                .statement(statement)
                .parameters(blob(id.as_bytes()))
                .parameters(blob(owner.as_bytes()))
                .parameters(AttributeValue::N(expires_s.to_string()));
            let request = match says {
                Some(says) => request.parameters(blob(says.as_bytes())),
                None => request,
            };
            let request = request.build().map_err(|_| Fault {
                operation: "claims.insert",
                code: "Construction".to_owned(),
                retry: false,
            })?;
            call = call.statements(request);
        }
        let output = call.send().await.map_err(|error| fault("claims.insert", &error))?;
        // The answer has the order of the request; one that is missing says nothing.
        let mut claimed: Vec<Claimed> = output
            .responses()
            .iter()
            .map(|response| match response.error() {
                None => Claimed::New,
                // One and the same refusal under three names, by service and stand-in.
                Some(error) => match error.code().map(aws_sdk_dynamodb::types::BatchStatementErrorCodeEnum::as_str) {
                    Some("DuplicateItem" | "DuplicateItemException" | "ConditionalCheckFailed") => Claimed::Taken,
                    code => {
                        tracing::warn!(code = code.unwrap_or("none"), "claim undecided");
                        Claimed::Undecided
                    }
                },
            })
            .collect();
        claimed.resize(claims.len(), Claimed::Undecided);
        Ok(claimed)
    }

    async fn owners(&self, events: &[EventId]) -> Result<Vec<Option<Owner>>, Fault> {
        let mut owners: HashMap<Vec<u8>, Owner> = HashMap::with_capacity(events.len());
        let mut keys: Vec<_> =
            events.iter().map(|id| HashMap::from([("pk".to_owned(), blob(id.as_bytes()))])).collect();
        for _ in 0..READ_ROUNDS {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .projection_expression("pk, o, s")
                .build()
                .map_err(|_| Fault { operation: "claims.owners", code: "Construction".to_owned(), retry: false })?;
            let output = self
                .client
                .batch_get_item()
                .request_items(&self.table, wanted)
                .send()
                .await
                .map_err(|error| fault("claims.owners", &error))?;
            for item in output.responses().and_then(|tables| tables.get(&self.table)).into_iter().flatten() {
                let binary = |name| item.get(name).and_then(|value: &AttributeValue| value.as_b().ok());
                if let (Some(pk), Some(owner)) = (binary("pk"), binary("o"))
                    && let Some(chunk) = ChunkId::from_slice(owner.as_ref())
                {
                    let says = binary("s").and_then(|says| Says::from_slice(says.as_ref()));
                    owners.insert(pk.as_ref().to_vec(), Owner { chunk, says });
                }
            }
            let unread = output.unprocessed_keys().and_then(|tables| tables.get(&self.table));
            match unread {
                Some(unread) if !unread.keys().is_empty() => keys = unread.keys().to_vec(),
                _ => return Ok(events.iter().map(|id| owners.get(id.as_bytes().as_slice()).copied()).collect()),
            }
        }
        Err(Fault { operation: "claims.owners", code: "UnprocessedKeys".to_owned(), retry: true })
    }
}
