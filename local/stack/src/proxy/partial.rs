//! Batches of which a part fails inside a 200: the part is taken out of the request, and put into the answer as failed.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Fault;

/// A batch call, divided.
pub(super) struct Split {
    /// The request without the failed part, and what of it holds the batch.
    rest: Value,
    batch: &'static str,
    failed: Failed,
}

enum Failed {
    /// Positions of statements, ascending.
    Statements { positions: Vec<usize>, code: &'static str },
    /// Items or keys by table, as they stood in the request.
    Items { tables: Map<String, Value>, answer: &'static str },
    /// Ids of entries.
    Entries { ids: Vec<Value>, code: &'static str, sender_fault: bool },
}

impl Split {
    /// Divides a call if that is what the fault does to the operation.
    pub(super) fn of(fault: Fault, operation: &str, body: &[u8]) -> Option<Self> {
        let mut rest: Value = serde_json::from_slice(body).ok()?;
        let (batch, failed) = match (fault, operation) {
            (Fault::StatementsFail { every, code }, "BatchExecuteStatement") => {
                let taken = take(rest.get_mut("Statements")?, every)?;
                let positions = taken.into_iter().map(|(at, _)| at).collect();
                ("Statements", Failed::Statements { positions, code })
            }
            (Fault::Unprocessed { every }, "BatchWriteItem") => {
                let tables = tables(&mut rest, None, every)?;
                ("RequestItems", Failed::Items { tables, answer: "UnprocessedItems" })
            }
            (Fault::Unprocessed { every }, "BatchGetItem") => {
                let tables = tables(&mut rest, Some("Keys"), every)?;
                ("RequestItems", Failed::Items { tables, answer: "UnprocessedKeys" })
            }
            (Fault::EntriesFail { every, code, sender_fault }, "SendMessageBatch") => {
                let taken = take(rest.get_mut("Entries")?, every)?;
                let ids = taken.into_iter().map(|(_, entry)| entry["Id"].clone()).collect();
                ("Entries", Failed::Entries { ids, code, sender_fault })
            }
            _ => return None,
        };
        Some(Self { rest, batch, failed })
    }

    /// The request to forward; `None` when nothing is left of it.
    pub(super) fn forwarded(&self) -> Option<Bytes> {
        let left = match &self.rest[self.batch] {
            Value::Array(parts) => parts.len(),
            Value::Object(tables) => tables.len(),
            _ => 0,
        };
        (left > 0).then(|| Bytes::from(self.rest.to_string()))
    }

    /// The answer to the rest (null where nothing was forwarded) with the failed part in it.
    pub(super) fn merge(self, answer: Value) -> Value {
        let mut answer = if answer.is_object() { answer } else { json!({}) };
        match self.failed {
            Failed::Statements { positions, code } => {
                let error = json!({"Error": {"Code": code, "Message": "injected by a test"}});
                if let Some(responses) = list(&mut answer, "Responses") {
                    for at in positions {
                        responses.insert(at.min(responses.len()), error.clone());
                    }
                }
            }
            Failed::Items { tables, answer: name } => {
                answer[name] = Value::Object(tables);
            }
            Failed::Entries { ids, code, sender_fault } => {
                list(&mut answer, "Successful");
                let failed =
                    |id| json!({"Id": id, "Code": code, "SenderFault": sender_fault, "Message": "injected by a test"});
                if let Some(list) = list(&mut answer, "Failed") {
                    list.extend(ids.into_iter().map(failed));
                }
            }
        }
        answer
    }
}

/// The list of that name, made if missing.
fn list<'a>(answer: &'a mut Value, name: &str) -> Option<&'a mut Vec<Value>> {
    let value = &mut answer[name];
    if !value.is_array() {
        *value = Value::Array(Vec::new());
    }
    value.as_array_mut()
}

/// Takes every n-th part out of a list, with its position.
fn take(parts: &mut Value, every: usize) -> Option<Vec<(usize, Value)>> {
    let parts = parts.as_array_mut()?;
    let all = std::mem::take(parts).into_iter().enumerate();
    let (taken, kept) = all.partition::<Vec<_>, _>(|(at, _)| (at + 1) % every.max(1) == 0);
    parts.extend(kept.into_iter().map(|(_, part)| part));
    Some(taken)
}

/// Takes every n-th item out of each table; `within` names the list where a table's value is an object.
fn tables(request: &mut Value, within: Option<&str>, every: usize) -> Option<Map<String, Value>> {
    let tables = request.get_mut("RequestItems")?.as_object_mut()?;
    let mut failed = Map::new();
    for (table, mut value) in std::mem::take(tables) {
        let mut unprocessed = value.clone();
        let taken = take(part(&mut value, within), every)?;
        let kept = part(&mut value, within).as_array().is_some_and(|kept| !kept.is_empty());
        if !taken.is_empty() {
            *part(&mut unprocessed, within) = taken.into_iter().map(|(_, item)| item).collect();
            failed.insert(table.clone(), unprocessed);
        }
        if kept {
            tables.insert(table, value);
        }
    }
    Some(failed)
}

fn part<'a>(value: &'a mut Value, within: Option<&str>) -> &'a mut Value {
    match within {
        Some(name) => &mut value[name],
        None => value,
    }
}
