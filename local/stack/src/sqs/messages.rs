//! Messages: sending with deduplication, receiving with order and redrive, settling by receipt handle.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use uuid::Uuid;

use super::errors::{Fault, Kind};
use super::protocol::{Attributes, Delivered, Outgoing, ReceiveMessage, Sent};
use super::queues::{self, Queue};
use super::{digest, limits};

/// How long a deduplication id is remembered.
const DEDUP_MS: i64 = 5 * 60 * 1000;
/// The longest visibility timeout, in seconds.
pub(super) const MAX_VISIBILITY: i64 = 43_200;
/// What real queues give as the sender is the caller's principal; there are none here.
const SENDER: &str = "local";

/// Puts one message on a queue, or finds that it is there.
pub(super) fn send(db: &Transaction<'_>, now: i64, queue: &Queue, message: &Outgoing) -> Result<Sent, Fault> {
    let body = limits::message(queue, message)?;
    let mut sent = Sent {
        id: message.id.clone(),
        message_id: Uuid::new_v4().to_string(),
        md5_of_message_body: digest::of_body(body),
        md5_of_message_attributes: digest::of_attributes(&message.message_attributes),
        md5_of_message_system_attributes: digest::of_attributes(&message.message_system_attributes),
        sequence_number: None,
        is_new: true,
    };
    let mut dedup = None;
    if queue.is_fifo() {
        let id = message.message_deduplication_id.clone().unwrap_or_else(|| digest::of_content(body));
        let group = message.message_group_id.as_deref().unwrap_or_default();
        let scope = if queue.dedupes_by_group() { group } else { "" };
        db.prepare_cached("DELETE FROM dedup WHERE queue = ?1 AND expires <= ?2")?.execute([queue.id, now])?;
        let known: Option<(String, String)> = db
            .prepare_cached("SELECT message_id, sequence FROM dedup WHERE queue = ?1 AND scope = ?2 AND id = ?3")?
            .query_row(params![queue.id, scope, id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((message_id, sequence)) = known {
            // Accepted and not delivered again; the digests are those of this call.
            return Ok(Sent { message_id, sequence_number: Some(sequence), is_new: false, ..sent });
        }
        let sequence: i64 = db
            .prepare_cached("UPDATE queue SET sequence = sequence + 1 WHERE id = ?1 RETURNING sequence")?
            .query_row([queue.id], |row| row.get(0))?;
        let sequence = format!("{sequence:020}");
        db.prepare_cached("INSERT INTO dedup VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            queue.id,
            scope,
            id,
            sent.message_id,
            sequence,
            now + DEDUP_MS
        ])?;
        sent.sequence_number = Some(sequence);
        dedup = Some(id);
    }
    // A FIFO queue knows the delay of the queue only.
    let delay = message.delay_seconds.filter(|_| !queue.is_fifo()).unwrap_or_else(|| queue.number("DelaySeconds"));
    let trace = message.message_system_attributes.get("AWSTraceHeader").and_then(|value| value.string_value.as_deref());
    db.prepare_cached(
        "INSERT INTO message (queue, message_id, body, attributes, trace, message_group, dedup, sequence, sent, visible)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        queue.id,
        sent.message_id,
        body,
        serde_json::to_string(&message.message_attributes)?,
        trace,
        message.message_group_id,
        dedup,
        sent.sequence_number,
        now,
        now + delay * 1000,
    ])?;
    Ok(sent)
}

/// A message as it lies in the queue.
struct Stored {
    row: i64,
    message_id: String,
    body: String,
    attributes: String,
    trace: Option<String>,
    group: Option<String>,
    dedup: Option<String>,
    sequence: Option<String>,
    sent: i64,
    receives: i64,
    first_received: Option<i64>,
    source: Option<String>,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            row: row.get(0)?,
            message_id: row.get(1)?,
            body: row.get(2)?,
            attributes: row.get(3)?,
            trace: row.get(4)?,
            group: row.get(5)?,
            dedup: row.get(6)?,
            sequence: row.get(7)?,
            sent: row.get(8)?,
            receives: row.get(9)?,
            first_received: row.get(10)?,
            source: row.get(11)?,
        })
    }
}

/// A group of a FIFO queue is locked while one of its messages is with a consumer; a message that is still delayed
/// holds back those behind it. The first two lines alone are a standard queue's rule.
const AVAILABLE: &str = "
SELECT id, message_id, body, attributes, trace, message_group, dedup, sequence, sent, receives, first_received, source
FROM message m WHERE queue = ?1 AND visible <= ?2 AND id > ?3
AND (?4 = 0 OR NOT EXISTS (
    SELECT 1 FROM message b
    WHERE b.queue = ?1 AND b.message_group = m.message_group AND b.visible > ?2 AND (b.receives > 0 OR b.id < m.id)
))
ORDER BY id LIMIT ?5";

/// Hands out up to the number of messages asked for, and moves aside those handed out too often.
pub(super) fn receive(
    db: &Transaction<'_>,
    now: i64,
    queue: &Queue,
    request: &ReceiveMessage,
) -> Result<Vec<Delivered>, Fault> {
    let most = request.max_number_of_messages.unwrap_or(1);
    if !usize::try_from(most).is_ok_and(|most| (1..=limits::MAX_ENTRIES).contains(&most)) {
        return Err(Fault::value("MaxNumberOfMessages", most, "Must be between 1 and 10, if provided."));
    }
    let timeout = match request.visibility_timeout {
        Some(timeout) => limits::seconds("VisibilityTimeout", timeout, MAX_VISIBILITY)?,
        None => queue.number("VisibilityTimeout"),
    };
    let oldest = now - queue.number("MessageRetentionPeriod") * 1000;
    db.prepare_cached("DELETE FROM message WHERE queue = ?1 AND sent <= ?2")?.execute([queue.id, oldest])?;

    let names = Names::new(request);
    available(db, now, queue, most)?
        .into_iter()
        .map(|stored| hand_out(db, now, queue, stored, timeout, &names))
        .collect()
}

fn available(db: &Transaction<'_>, now: i64, queue: &Queue, most: i64) -> Result<Vec<Stored>, Fault> {
    let dead_letters = match queue.redrive() {
        // Without its dead-letter queue, a message stays where it is.
        Some(redrive) => queues::find(db, &redrive.queue)?.map(|target| (target, redrive.max_receives)),
        None => None,
    };
    let mut chosen = Vec::new();
    let mut after = 0;
    loop {
        let wanted = usize::try_from(most).unwrap_or_default() - chosen.len();
        let found: Vec<Stored> = db
            .prepare_cached(AVAILABLE)?
            .query_map(params![queue.id, now, after, queue.is_fifo(), wanted], Stored::read)?
            .collect::<Result<_, _>>()?;
        let Some(last) = found.last() else { return Ok(chosen) };
        after = last.row;
        for stored in found {
            match &dead_letters {
                Some((target, max_receives)) if stored.receives >= *max_receives => {
                    move_aside(db, now, queue, target, stored.row)?;
                }
                _ => chosen.push(stored),
            }
        }
        if chosen.len() >= usize::try_from(most).unwrap_or_default() {
            return Ok(chosen);
        }
    }
}

/// To the dead-letter queue, behind what lies there. Id, group, time of sending and the count stay.
fn move_aside(db: &Transaction<'_>, now: i64, queue: &Queue, target: &Queue, row: i64) -> Result<(), Fault> {
    db.prepare_cached(
        "INSERT INTO message (queue, message_id, body, attributes, trace, message_group, dedup, sequence, sent, visible,
                              receives, first_received, source)
         SELECT ?2, message_id, body, attributes, trace, message_group, dedup, sequence, sent, ?3,
                receives, first_received, ?4
         FROM message WHERE id = ?1",
    )?
    .execute(params![row, target.id, now, queue.arn()])?;
    db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([row])?;
    Ok(())
}

fn hand_out(
    db: &Transaction<'_>,
    now: i64,
    queue: &Queue,
    stored: Stored,
    timeout: i64,
    names: &Names<'_>,
) -> Result<Delivered, Fault> {
    let handle = Handle { queue: queue.id, row: stored.row, receipt: Uuid::new_v4().simple().to_string() };
    let first = stored.first_received.unwrap_or(now);
    db.prepare_cached(
        "UPDATE message SET receives = receives + 1, first_received = ?2, visible = ?3, receipt = ?4 WHERE id = ?1",
    )?
    .execute(params![stored.row, first, now + timeout * 1000, handle.receipt])?;

    let all = [
        ("SenderId", Some(SENDER.to_owned())),
        ("SentTimestamp", Some(stored.sent.to_string())),
        ("ApproximateReceiveCount", Some((stored.receives + 1).to_string())),
        ("ApproximateFirstReceiveTimestamp", Some(first.to_string())),
        ("SequenceNumber", stored.sequence),
        ("MessageDeduplicationId", stored.dedup),
        ("MessageGroupId", stored.group),
        ("AWSTraceHeader", stored.trace),
        ("DeadLetterQueueSourceArn", stored.source),
    ];
    let attributes: BTreeMap<_, _> = all
        .into_iter()
        .filter(|(name, _)| names.system(name))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let mut message_attributes: Attributes = serde_json::from_str(&stored.attributes)?;
    message_attributes.retain(|name, _| names.own(name));
    Ok(Delivered {
        message_id: stored.message_id,
        receipt_handle: handle.to_string(),
        md5_of_body: digest::of_body(&stored.body),
        body: stored.body,
        attributes,
        // Over what is returned, not over what was sent: the client can check no more.
        md5_of_message_attributes: digest::of_attributes(&message_attributes),
        message_attributes,
    })
}

/// Which attributes the caller asked for.
struct Names<'a>(&'a ReceiveMessage);

impl<'a> Names<'a> {
    fn new(request: &'a ReceiveMessage) -> Self {
        Self(request)
    }

    fn system(&self, name: &str) -> bool {
        let mut asked = self.0.attribute_names.iter().chain(&self.0.message_system_attribute_names);
        asked.any(|asked| asked == "All" || asked == name)
    }

    /// By name, by the start of the name (`order.*`), or all (`All`, `.*`).
    fn own(&self, name: &str) -> bool {
        self.0.message_attribute_names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some(start) => name.starts_with(start),
            None => asked == "All" || asked == name,
        })
    }
}

/// A receipt handle: names a message, its queue, and one receive of it.
struct Handle {
    queue: i64,
    row: i64,
    receipt: String,
}

impl std::fmt::Display for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}/{}/{}", self.queue, self.row, self.receipt)))
    }
}

impl Handle {
    fn parse(handle: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(handle).ok()?).ok()?;
        let mut parts = text.splitn(3, '/');
        Some(Self {
            queue: parts.next()?.parse().ok()?,
            row: parts.next()?.parse().ok()?,
            receipt: parts.next()?.to_owned(),
        })
    }
}

/// What a handle points at.
struct Held {
    row: i64,
    in_flight: bool,
    /// Whether it is the handle of the last receive.
    is_latest: bool,
}

/// `None` if the message is gone.
fn held(db: &Transaction<'_>, now: i64, queue: &Queue, handle: Option<&str>) -> Result<Option<Held>, Fault> {
    let handle = handle.ok_or_else(|| Fault::missing("ReceiptHandle"))?;
    let handle = Handle::parse(handle)
        .filter(|handle| handle.queue == queue.id)
        .ok_or_else(|| Fault::new(Kind::ReceiptHandleIsInvalid, "The input receipt handle is invalid."))?;
    let held = db
        .prepare_cached("SELECT visible > ?3, receipt FROM message WHERE id = ?1 AND queue = ?2")?
        .query_row([handle.row, queue.id, now], |row| {
            let latest: Option<String> = row.get(1)?;
            Ok(Held { row: handle.row, in_flight: row.get(0)?, is_latest: latest.as_ref() == Some(&handle.receipt) })
        })
        .optional()?;
    Ok(held)
}

fn expired(handle: Option<&str>) -> Fault {
    let handle = handle.unwrap_or_default();
    Fault::new(
        Kind::ReceiptHandleExpired,
        format!("Value {handle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired."),
    )
}

/// Takes a message off its queue; one that is gone already counts as done. A standard queue takes any handle the
/// message ever had, a FIFO queue only that of a receive whose visibility timeout still runs.
pub(super) fn delete(db: &Transaction<'_>, now: i64, queue: &Queue, handle: Option<&str>) -> Result<(), Fault> {
    let Some(held) = held(db, now, queue, handle)? else { return Ok(()) };
    if queue.is_fifo() && !(held.in_flight && held.is_latest) {
        return Err(expired(handle));
    }
    db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([held.row])?;
    Ok(())
}

/// Lets a received message appear again in a number of seconds from now.
pub(super) fn change_visibility(
    db: &Transaction<'_>,
    now: i64,
    queue: &Queue,
    handle: Option<&str>,
    timeout: Option<i64>,
) -> Result<(), Fault> {
    let timeout = timeout.ok_or_else(|| Fault::missing("VisibilityTimeout"))?;
    let timeout = limits::seconds("VisibilityTimeout", timeout, MAX_VISIBILITY)?;
    let Some(held) = held(db, now, queue, handle)? else {
        let reason = "Message does not exist or is not available for visibility timeout change.";
        return Err(Fault::value("ReceiptHandle", handle.unwrap_or_default(), reason));
    };
    if queue.is_fifo() && !held.is_latest {
        return Err(expired(handle));
    }
    if !held.in_flight {
        return Err(Fault::new(Kind::MessageNotInflight, "The message referred to isn't in flight."));
    }
    db.prepare_cached("UPDATE message SET visible = ?2 WHERE id = ?1")?.execute([held.row, now + timeout * 1000])?;
    Ok(())
}
