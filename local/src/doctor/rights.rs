//! What the caller may do, by calls that cannot take effect.

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_smithy_types::Blob;

use super::Found;
use super::report::{Report, State};
use crate::cli::Queue;
use crate::deployment::trouble::{Trouble, Why, trouble};

/// True of no item.
const NEVER: &str = "attribute_exists(pk) AND attribute_not_exists(pk)";
/// No receipt.
const NO_HANDLE: &str = "none";

pub(super) async fn check(found: &Found, report: &mut Report) {
    const NAMES: [&str; 3] = ["you: tail", "you: redrive quarantine", "you: redrive dead"];
    if found.deployment.is_local() {
        for name in NAMES {
            report.not_here(name);
        }
        return;
    }
    let look = look(found).await;
    let write = write(found).await;
    let send = ["sqs:SendMessage", "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert"];
    tell(NAMES[0], &look, &[], report);
    tell(NAMES[1], &[look, read_claims(found).await, write.clone()].concat(), &send, report);
    tell(NAMES[2], &write, &[], report);
}

/// Calls that were tried, each with whether it is denied.
type Tried = Vec<(&'static str, bool)>;

fn tell(name: &str, tried: &Tried, untried: &[&str], report: &mut Report) {
    if tried.is_empty() {
        return report.add(State::Warn, name, "could not be tried: what it works on was not found", "");
    }
    let denied: Vec<&str> = tried.iter().filter(|(_, denied)| *denied).map(|(call, _)| *call).collect();
    if !denied.is_empty() {
        return report.add(
            State::Warn,
            name,
            format!("denied: {}", denied.join(", ")),
            "ask for these actions, if you are to do it",
        );
    }
    let rest = match untried {
        [] => String::new(),
        calls => format!("; not tried, for they would take effect: {}", calls.join(", ")),
    };
    report.ok(name, format!("allowed{rest}"));
}

fn denied<T>(call: &'static str, result: Result<T, Trouble>) -> (&'static str, bool) {
    (call, result.err().is_some_and(|trouble| trouble.why == Why::Denied))
}

async fn look(found: &Found) -> Tried {
    let Some(url) = found.queue(Queue::Quarantine) else { return Vec::new() };
    let sqs = &found.deployment.sqs;
    let receive = sqs.receive_message().queue_url(url).visibility_timeout(0).send().await;
    let change = sqs.change_message_visibility().queue_url(url).receipt_handle(NO_HANDLE).visibility_timeout(0);
    let change = change.send().await;
    let delete = sqs.delete_message().queue_url(url).receipt_handle(NO_HANDLE).send().await;
    let (receiving, changing, deleting) = ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage");
    vec![
        denied(receiving, receive.map_err(|error| trouble(receiving, &error))),
        denied(changing, change.map_err(|error| trouble(changing, &error))),
        denied(deleting, delete.map_err(|error| trouble(deleting, &error))),
    ]
}

async fn write(found: &Found) -> Tried {
    let Ok(table) = &found.journal else { return Vec::new() };
    let client = &found.deployment.dynamodb;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let (pk, sk) = (text("doctor#"), text("none"));
    let query = client.query().table_name(table).key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", pk.clone()).send().await;
    let put = client.put_item().table_name(table).item("pk", pk.clone()).item("sk", sk.clone());
    let put = put.condition_expression(NEVER).send().await;
    let update = client.update_item().table_name(table).key("pk", pk.clone()).key("sk", sk.clone());
    let update = update.update_expression("REMOVE d").condition_expression(NEVER).send().await;
    let delete = client.delete_item().table_name(table).key("pk", pk).key("sk", sk);
    let delete = delete.condition_expression(NEVER).send().await;
    let calls = ["dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];
    vec![
        denied(calls[0], query.map_err(|error| trouble(calls[0], &error))),
        denied(calls[1], put.map_err(|error| trouble(calls[1], &error))),
        denied(calls[2], update.map_err(|error| trouble(calls[2], &error))),
        denied(calls[3], delete.map_err(|error| trouble(calls[3], &error))),
    ]
}

async fn read_claims(found: &Found) -> Tried {
    let Ok(table) = &found.claims else { return Vec::new() };
    let key = [("pk".to_owned(), AttributeValue::B(Blob::new(vec![0; 16])))].into();
    let Ok(keys) = KeysAndAttributes::builder().keys(key).build() else { return Vec::new() };
    let call = "dynamodb:BatchGetItem";
    let get = found.deployment.dynamodb.batch_get_item().request_items(table, keys).send().await;
    vec![denied(call, get.map_err(|error| trouble(call, &error)))]
}
