//! Queues: their names, their attributes, and the operations on them.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Transaction, params};
use serde::Deserialize;

use super::errors::{Fault, Kind};
use super::limits::MAX_BYTES;
use super::protocol::{CreateQueue, ListQueues};

const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:";
const MAX_NAME: usize = 80;
const MAX_RECEIVES: i64 = 1000;
/// A queue can be purged once in this time.
const PURGE_MS: i64 = 60_000;
const LIST_PAGE: i64 = 1000;

/// The values an attribute takes.
enum Values {
    /// A number in a range, and the default.
    Number(i64, i64, i64),
    /// One of these; the first is the default.
    Choice(&'static [&'static str]),
    /// As `Choice`, and for FIFO queues only.
    Fifo(&'static [&'static str]),
    /// Kept, but without effect here.
    Text,
    /// A JSON object with the dead-letter queue and the count.
    Redrive,
}

/// The attributes a caller may set, <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>.
fn values(name: &str) -> Option<Values> {
    Some(match name {
        "DelaySeconds" => Values::Number(0, 900, 0),
        "MaximumMessageSize" => Values::Number(1024, MAX_BYTES as i64, MAX_BYTES as i64),
        "MessageRetentionPeriod" => Values::Number(60, 1_209_600, 345_600),
        "ReceiveMessageWaitTimeSeconds" => Values::Number(0, 20, 0),
        "VisibilityTimeout" => Values::Number(0, 43_200, 30),
        "KmsDataKeyReusePeriodSeconds" => Values::Number(60, 86_400, 300),
        "SqsManagedSseEnabled" => Values::Choice(&["true", "false"]),
        "FifoQueue" => Values::Fifo(&["true"]),
        "ContentBasedDeduplication" => Values::Fifo(&["false", "true"]),
        "DeduplicationScope" => Values::Fifo(&["queue", "messageGroup"]),
        "FifoThroughputLimit" => Values::Fifo(&["perQueue", "perMessageGroupId"]),
        "Policy" | "KmsMasterKeyId" | "RedriveAllowPolicy" => Values::Text,
        "RedrivePolicy" => Values::Redrive,
        _ => return None,
    })
}

/// The attributes every queue shows, set or not.
const WITH_DEFAULT: [&str; 6] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];
const WITH_DEFAULT_FIFO: [&str; 4] =
    ["ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit"];
/// The attributes that are told, not set.
const COMPUTED: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// A queue as it was at the start of a call.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) id: i64,
    pub(super) name: String,
    attributes: BTreeMap<String, String>,
    created: i64,
    modified: i64,
    purged: Option<i64>,
}

/// Where messages go that were received too often.
#[derive(Debug)]
pub(super) struct Redrive {
    pub(super) queue: String,
    pub(super) max_receives: i64,
}

impl Queue {
    pub(super) fn is_fifo(&self) -> bool {
        is_fifo(&self.name)
    }

    pub(super) fn arn(&self) -> String {
        format!("{ARN}{}", self.name)
    }

    pub(super) fn dedupes_by_content(&self) -> bool {
        self.value("ContentBasedDeduplication") == "true"
    }

    /// Whether a deduplication id counts within its group only.
    pub(super) fn dedupes_by_group(&self) -> bool {
        self.value("DeduplicationScope") == "messageGroup"
    }

    pub(super) fn maximum_message_size(&self) -> usize {
        usize::try_from(self.number("MaximumMessageSize")).unwrap_or(MAX_BYTES)
    }

    /// A number attribute, set or default.
    pub(super) fn number(&self, name: &str) -> i64 {
        self.value(name).parse().unwrap_or_default()
    }

    pub(super) fn redrive(&self) -> Option<Redrive> {
        redrive(self.attributes.get("RedrivePolicy")?).ok()
    }

    fn value(&self, name: &str) -> String {
        self.attributes.get(name).cloned().unwrap_or_else(|| match values(name) {
            Some(Values::Number(_, _, default)) => default.to_string(),
            Some(Values::Choice(choice) | Values::Fifo(choice)) => choice[0].to_owned(),
            Some(Values::Text | Values::Redrive) | None => String::new(),
        })
    }
}

fn is_fifo(name: &str) -> bool {
    name.ends_with(".fifo")
}

fn redrive(policy: &str) -> Result<Redrive, Fault> {
    /// The console and the SDKs write the count as a number, many templates as a string.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Count {
        Number(i64),
        Text(String),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Policy {
        dead_letter_target_arn: String,
        max_receive_count: Count,
    }
    let invalid = || invalid_value("RedrivePolicy");
    let policy: Policy = serde_json::from_str(policy).map_err(|_| invalid())?;
    let max_receives = match policy.max_receive_count {
        Count::Number(count) => count,
        Count::Text(count) => count.parse().map_err(|_| invalid())?,
    };
    if !(1..=MAX_RECEIVES).contains(&max_receives) {
        return Err(invalid());
    }
    let queue = policy.dead_letter_target_arn.rsplit(':').next().unwrap_or_default().to_owned();
    Ok(Redrive { queue, max_receives })
}

fn invalid_value(name: &str) -> Fault {
    Fault::new(Kind::InvalidAttributeValue, format!("Invalid value for the parameter {name}."))
}

fn check(db: &Transaction<'_>, queue: &str, attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (name, value) in attributes {
        let unknown = || Fault::new(Kind::InvalidAttributeName, format!("Unknown Attribute {name}."));
        let fits = match values(name).ok_or_else(unknown)? {
            Values::Number(least, most, _) => value.parse().is_ok_and(|number| (least..=most).contains(&number)),
            Values::Fifo(_) if !is_fifo(queue) => return Err(unknown()),
            Values::Choice(choice) | Values::Fifo(choice) => choice.contains(&value.as_str()),
            Values::Text => true,
            // An empty policy takes the old one away.
            Values::Redrive if value.is_empty() => true,
            Values::Redrive => {
                let target = redrive(value)?.queue;
                find(db, &target)?.is_some() && is_fifo(&target) == is_fifo(queue)
            }
        };
        if !fits {
            return Err(invalid_value(name));
        }
    }
    Ok(())
}

/// The throughput per group needs the deduplication per group.
fn check_together(attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|found| found == value);
    if is("FifoThroughputLimit", "perMessageGroupId") && !is("DeduplicationScope", "messageGroup") {
        return Err(invalid_value("FifoThroughputLimit"));
    }
    Ok(())
}

/// `None` if there is no queue of the name.
pub(super) fn find(db: &Transaction<'_>, name: &str) -> Result<Option<Queue>, Fault> {
    let row = db
        .prepare_cached("SELECT id, name, attributes, created, modified, purged FROM queue WHERE name = ?1")?
        .query_row([name], |row| {
            let attributes: String = row.get(2)?;
            let queue = Queue {
                id: row.get(0)?,
                name: row.get(1)?,
                attributes: BTreeMap::new(),
                created: row.get(3)?,
                modified: row.get(4)?,
                purged: row.get(5)?,
            };
            Ok((queue, attributes))
        })
        .optional()?;
    row.map(|(queue, attributes)| Ok(Queue { attributes: serde_json::from_str(&attributes)?, ..queue })).transpose()
}

/// The queue a URL names. Only the last part of the path counts, so that a URL stays good through a proxy and over a
/// restart on another port.
pub(super) fn by_url(db: &Transaction<'_>, url: Option<&str>) -> Result<Queue, Fault> {
    let url = url.filter(|url| !url.is_empty()).ok_or_else(|| Fault::missing("QueueUrl"))?;
    by_name(db, url.rsplit('/').next().unwrap_or_default())
}

pub(super) fn by_name(db: &Transaction<'_>, name: &str) -> Result<Queue, Fault> {
    find(db, name)?
        .ok_or_else(|| Fault::new(Kind::QueueDoesNotExist, "The specified queue does not exist for this wsdl version."))
}

/// Makes a queue; an existing one of the same name is fine if it differs in none of the attributes given.
pub(super) fn create(db: &Transaction<'_>, now: i64, request: CreateQueue) -> Result<Queue, Fault> {
    let name = request.queue_name.filter(|name| !name.is_empty()).ok_or_else(|| Fault::missing("QueueName"))?;
    let mut attributes = request.attributes;
    let stem = name.strip_suffix(".fifo").unwrap_or(&name);
    let well_formed = stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if stem.is_empty() || name.len() > MAX_NAME || !well_formed {
        return Err(Fault::new(
            Kind::InvalidParameterValue,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    if is_fifo(&name) != attributes.contains_key("FifoQueue") {
        return Err(Fault::new(
            Kind::InvalidParameterValue,
            "The name of a FIFO queue ends with .fifo, and it needs the attribute FifoQueue.",
        ));
    }
    check(db, &name, &attributes)?;
    if let Some(queue) = find(db, &name)? {
        if let Some((differs, _)) = attributes.iter().find(|(name, value)| queue.value(name) != **value) {
            return Err(Fault::new(
                Kind::QueueNameExists,
                format!("A queue already exists with the same name and a different value for attribute {differs}"),
            ));
        }
        return Ok(queue);
    }
    attributes.retain(|_, value| !value.is_empty());
    check_together(&attributes)?;
    db.execute(
        "INSERT INTO queue (name, attributes, created, modified) VALUES (?1, ?2, ?3, ?3)",
        params![name, serde_json::to_string(&attributes)?, now],
    )?;
    Ok(Queue { id: db.last_insert_rowid(), name, attributes, created: now, modified: now, purged: None })
}

/// Names of queues in order, and the token to go on with.
pub(super) fn list(db: &Transaction<'_>, request: &ListQueues) -> Result<(Vec<String>, Option<String>), Fault> {
    let most = request.max_results.unwrap_or(LIST_PAGE).clamp(1, LIST_PAGE);
    let mut names: Vec<String> = db
        .prepare_cached(
            "SELECT name FROM queue WHERE name > ?1 AND substr(name, 1, length(?2)) = ?2 ORDER BY name LIMIT ?3",
        )?
        .query_map(
            params![request.next_token.as_deref().unwrap_or_default(), request.queue_name_prefix, most + 1],
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    let more = usize::try_from(most).is_ok_and(|most| names.len() > most);
    if more {
        names.pop();
    }
    let next = more.then(|| names.last().cloned()).flatten();
    Ok((names, next))
}

pub(super) fn set_attributes(
    db: &Transaction<'_>,
    now: i64,
    mut queue: Queue,
    attributes: BTreeMap<String, String>,
) -> Result<(), Fault> {
    check(db, &queue.name, &attributes)?;
    queue.attributes.extend(attributes);
    queue.attributes.retain(|_, value| !value.is_empty());
    check_together(&queue.attributes)?;
    db.execute(
        "UPDATE queue SET attributes = ?2, modified = ?3 WHERE id = ?1",
        params![queue.id, serde_json::to_string(&queue.attributes)?, now],
    )?;
    Ok(())
}

/// The attributes asked for; the three counts are exact here.
pub(super) fn attributes(
    db: &Transaction<'_>,
    now: i64,
    queue: &Queue,
    names: &[String],
) -> Result<BTreeMap<String, String>, Fault> {
    let mut all: BTreeMap<String, String> = queue.attributes.clone();
    let fifo: &[&str] = if queue.is_fifo() { &WITH_DEFAULT_FIFO } else { &[] };
    for name in WITH_DEFAULT.iter().chain(fifo) {
        all.entry((*name).to_owned()).or_insert_with(|| queue.value(name));
    }
    let counts: [i64; 3] = db
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE visible <= ?2),
                    count(*) FILTER (WHERE visible > ?2 AND receives = 0),
                    count(*) FILTER (WHERE visible > ?2 AND receives > 0)
             FROM message WHERE queue = ?1",
        )?
        .query_row([queue.id, now], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))?;
    let told = [
        counts[0].to_string(),
        counts[1].to_string(),
        counts[2].to_string(),
        (queue.created / 1000).to_string(),
        (queue.modified / 1000).to_string(),
        queue.arn(),
    ];
    all.extend(COMPUTED.iter().map(|name| (*name).to_owned()).zip(told));
    for name in names {
        let known = name == "All" || values(name).is_some() || COMPUTED.contains(&name.as_str());
        if !known {
            return Err(Fault::new(Kind::InvalidAttributeName, format!("Unknown Attribute {name}.")));
        }
    }
    if !names.iter().any(|name| name == "All") {
        all.retain(|name, _| names.contains(name));
    }
    Ok(all)
}

pub(super) fn purge(db: &Transaction<'_>, now: i64, queue: &Queue) -> Result<(), Fault> {
    if queue.purged.is_some_and(|purged| now - purged < PURGE_MS) {
        return Err(Fault::new(
            Kind::PurgeQueueInProgress,
            format!("Only one PurgeQueue operation on {} is allowed every 60 seconds.", queue.name),
        ));
    }
    db.execute("DELETE FROM message WHERE queue = ?1", [queue.id])?;
    db.execute("UPDATE queue SET purged = ?2 WHERE id = ?1", [queue.id, now])?;
    Ok(())
}

pub(super) fn delete(db: &Transaction<'_>, queue: &Queue) -> Result<(), Fault> {
    db.execute("DELETE FROM queue WHERE id = ?1", [queue.id])?;
    Ok(())
}
