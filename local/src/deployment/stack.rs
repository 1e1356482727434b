//! The tables and queues of a stack, by the names that the template gives them.
//!
//! CloudFormation is not asked: that would take another client and another right. What the template names cannot be told
//! from what an earlier stack of that name left behind, so where there are two of a thing this says so and guesses none.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::operation::get_queue_url::GetQueueUrlError;

use super::trouble::{Trouble, Why, trouble};
use super::{Queue, Table};

/// What the template puts behind the stack's name.
fn queue_names(queue: Queue) -> &'static [&'static str] {
    match queue {
        Queue::Events => &["-events.fifo", "-events"],
        Queue::DeadLetters => &["-dead-letters.fifo", "-dead-letters"],
        Queue::Quarantine => &["-quarantine"],
        Queue::Spill => &["-spill"],
    }
}

/// The URL of a stack's queue.
pub(super) async fn queue(sqs: &Client, stack: &str, queue: Queue) -> Result<String, Trouble> {
    let mut found = Vec::new();
    for suffix in queue_names(queue) {
        match sqs.get_queue_url().queue_name(format!("{stack}{suffix}")).send().await {
            Ok(output) => found.extend(output.queue_url().map(str::to_owned)),
            Err(error) if error.as_service_error().is_some_and(GetQueueUrlError::is_queue_does_not_exist) => {}
            Err(error) => return Err(trouble("sqs:GetQueueUrl", &error)),
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let names: Vec<String> = queue_names(queue).iter().map(|suffix| format!("{stack}{suffix}")).collect();
            let text = format!("no queue {}: {}", names.join(" or "), no_stack(sqs, stack).await);
            Err(Trouble::new(Why::Missing, text))
        }
        several => {
            let text = format!(
                "both {} exist: an earlier QueueType left one behind. Say which, and everything else of the stack, by the \
                 functions' variables instead of --stack: {}=...",
                several.join(" and "),
                queue.variable()
            );
            Err(Trouble::new(Why::Other, text))
        }
    }
}

/// The name of a stack's table: CloudFormation puts random letters behind it.
pub(super) async fn table(
    dynamodb: &aws_sdk_dynamodb::Client,
    sqs: &Client,
    stack: &str,
    table: Table,
) -> Result<String, Trouble> {
    let prefix = format!("{stack}-{}-", table.logical_id());
    // Names come sorted, so this begins where the prefix does.
    let call = dynamodb.list_tables().exclusive_start_table_name(&prefix).limit(20);
    let output = call.send().await.map_err(|error| trouble("dynamodb:ListTables", &error))?;
    let found: Vec<&String> = output.table_names().iter().filter(|name| name.starts_with(&prefix)).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let text = format!("no table {prefix}...: {}", no_stack(sqs, stack).await);
            Err(Trouble::new(Why::Missing, text))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|name| name.as_str()).collect();
            let text = format!(
                "several tables fit: {}. Tables outlive their stack: the stack's own is its output {}Name. Delete the \
                 others once they are empty, or name everything by the functions' variables instead of --stack: {}=...",
                names.join(", "),
                table.logical_id(),
                table.variable()
            );
            Err(Trouble::new(Why::Other, text))
        }
    }
}

/// What to do about a stack that is not there: others that are, as far as queues tell.
async fn no_stack(sqs: &Client, stack: &str) -> String {
    let check = "another region (AWS_REGION) or account (AWS_PROFILE)?";
    let Ok(output) = sqs.list_queues().max_results(1000).send().await else {
        return format!("wrong name? {check}");
    };
    let stacks = stacks(output.queue_urls().iter().map(String::as_str));
    if stacks.iter().any(|known| known == stack) {
        return "other queues of this stack are there: was it deleted, or changed by hand?".to_owned();
    }
    let mut near: Vec<&String> = stacks.iter().filter(|known| distance(known, stack) <= 3).collect();
    near.sort_by_key(|known| distance(known, stack));
    match (near.first(), stacks.as_slice()) {
        (Some(near), _) => format!("did you mean --stack {near}? Else {check}"),
        (None, []) => format!("no stack of Tributary is here: {check}"),
        (None, all) => format!("stacks here: {}; {check}", all[..all.len().min(10)].join(", ")),
    }
}

/// The stacks that queues belong to.
fn stacks<'a>(urls: impl Iterator<Item = &'a str>) -> Vec<String> {
    let name = |url: &'a str| url.rsplit('/').next()?.strip_suffix("-quarantine");
    let mut stacks: Vec<String> = urls.filter_map(name).map(str::to_owned).collect();
    stacks.sort();
    stacks.dedup();
    stacks
}

/// Letters to change, add or leave out to come from one name to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, theirs) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *theirs);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_near_each_other_are_told() {
        assert_eq!(distance("tributary", "tributary"), 0);
        assert_eq!(distance("tributary", "tribuary"), 1);
        assert_eq!(distance("prod", "test"), 4);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn stacks_are_read_off_queues() {
        let urls =
            ["https://sqs.eu-west-1.amazonaws.com/123/b-quarantine", "http://127.0.0.1:1/0/a-quarantine", "x/a-spill"];
        assert_eq!(stacks(urls.into_iter()), ["a", "b"]);
    }
}
