//! What the service accepts: characters, sizes, names, ids of a batch.

use std::collections::HashSet;

use super::errors::{Fault, Kind};
use super::protocol::{Attributes, Entry, Outgoing};
use super::queues::Queue;

/// The most bytes of a message, and of all messages of a batch together (1 MiB since August 2025).
pub(super) const MAX_BYTES: usize = 1_048_576;
/// The most entries of a batch, and messages of a receive.
pub(super) const MAX_ENTRIES: usize = 10;
const MAX_ATTRIBUTES: usize = 10;
const MAX_ID: usize = 80;
/// Of a deduplication or group id.
const MAX_TOKEN: usize = 128;
const MAX_ATTRIBUTE_NAME: usize = 256;
const MAX_DELAY: i64 = 900;

/// Checks that concern a batch as a whole; what passes is then looked at entry by entry.
pub(super) fn batch<T: Entry>(entries: &[T]) -> Result<(), Fault> {
    if entries.is_empty() {
        return Err(Fault::new(Kind::EmptyBatchRequest, "There should be at least one entry in the request."));
    }
    if entries.len() > MAX_ENTRIES {
        return Err(Fault::new(
            Kind::TooManyEntriesInBatchRequest,
            format!("Maximum number of entries per request are {MAX_ENTRIES}. You have sent {}.", entries.len()),
        ));
    }
    let mut seen = HashSet::new();
    for entry in entries {
        let id = entry.id();
        let well_formed = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if id.is_empty() || id.len() > MAX_ID || !well_formed {
            return Err(Fault::new(
                Kind::InvalidBatchEntryId,
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                 It can be at most 80 letters long.",
            ));
        }
        if !seen.insert(id) {
            return Err(Fault::new(Kind::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
        }
    }
    Ok(())
}

/// Checks of `SendMessageBatch` beyond those of every batch.
pub(super) fn send_batch(queue: &Queue, entries: &[Outgoing]) -> Result<(), Fault> {
    batch(entries)?;
    let total: usize = entries.iter().map(size).sum();
    if total > MAX_BYTES {
        return Err(Fault::new(
            Kind::BatchRequestTooLong,
            format!("Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {total} bytes."),
        ));
    }
    entries.iter().try_for_each(|entry| ordering(queue, entry))
}

/// What a FIFO queue needs of a message, and a standard queue does not take. In a batch, it refuses the whole call.
pub(super) fn ordering(queue: &Queue, message: &Outgoing) -> Result<(), Fault> {
    if !queue.is_fifo() {
        return match &message.message_deduplication_id {
            Some(id) => Err(Fault::value(
                "MessageDeduplicationId",
                id,
                "The request include parameter that is not valid for this queue type.",
            )),
            None => Ok(()),
        };
    }
    if message.message_group_id.as_deref().is_none_or(str::is_empty) {
        return Err(Fault::missing("MessageGroupId"));
    }
    if message.message_deduplication_id.is_none() && !queue.dedupes_by_content() {
        return Err(Fault::new(
            Kind::InvalidParameterValue,
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ));
    }
    Ok(())
}

/// Checks of one message that do not touch its neighbours. Gives its body.
pub(super) fn message<'a>(queue: &Queue, message: &'a Outgoing) -> Result<&'a str, Fault> {
    let body = message.message_body.as_deref().unwrap_or_default();
    if body.is_empty() {
        return Err(Fault::missing("MessageBody"));
    }
    if !is_allowed(body) {
        return Err(Fault::new(
            Kind::InvalidMessageContents,
            "Invalid characters found. Valid unicode characters are \
             #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        ));
    }
    let most = queue.maximum_message_size();
    if size(message) > most {
        return Err(Fault::new(
            Kind::InvalidParameterValue,
            format!("One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."),
        ));
    }
    token("MessageDeduplicationId", message.message_deduplication_id.as_deref())?;
    token("MessageGroupId", message.message_group_id.as_deref())?;
    if let Some(delay) = message.delay_seconds {
        if queue.is_fifo() && delay != 0 {
            let reason = "The request include parameter that is not valid for this queue type.";
            return Err(Fault::value("DelaySeconds", delay, reason));
        }
        seconds("DelaySeconds", delay, MAX_DELAY)?;
    }
    attributes(&message.message_attributes)?;
    system_attributes(&message.message_system_attributes)?;
    Ok(body)
}

/// A number of seconds from 0 up to a most.
pub(super) fn seconds(parameter: &str, value: i64, most: i64) -> Result<i64, Fault> {
    if (0..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Fault::value(parameter, value, &format!("Must be >= 0 and <= {most}, if provided.")))
    }
}

/// Body and attributes count, the trace header does not.
fn size(message: &Outgoing) -> usize {
    let attributes: usize = message.message_attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    message.message_body.as_deref().map_or(0, str::len) + attributes
}

/// A char is never a surrogate, so below U+20 and the last two of the basic plane are all there is to refuse.
fn is_allowed(text: &str) -> bool {
    text.chars().all(|char| match char {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        char => char >= ' ',
    })
}

fn token(parameter: &str, value: Option<&str>) -> Result<(), Fault> {
    match value {
        Some(value) if value.is_empty() || value.len() > MAX_TOKEN || !value.bytes().all(|b| b.is_ascii_graphic()) => {
            let reason = format!(
                "{parameter} can only include alphanumeric and punctuation characters. 1 to {MAX_TOKEN} in length."
            );
            Err(Fault::value(parameter, value, &reason))
        }
        _ => Ok(()),
    }
}

fn attributes(attributes: &Attributes) -> Result<(), Fault> {
    let refuse = |message: String| Err(Fault::new(Kind::InvalidParameterValue, message));
    if attributes.len() > MAX_ATTRIBUTES {
        return refuse(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [10].",
            attributes.len()
        ));
    }
    for (name, value) in attributes {
        let lower = name.to_ascii_lowercase();
        let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if name.is_empty()
            || name.len() > MAX_ATTRIBUTE_NAME
            || !well_formed
            || lower.starts_with("aws.")
            || lower.starts_with("amazon.")
        {
            return refuse(format!("The message attribute name '{name}' is invalid."));
        }
        let text = value.string_value.as_deref().filter(|text| !text.is_empty());
        let present = match value.data_type.split('.').next() {
            Some("String") => text.is_some_and(is_allowed),
            Some("Number") => text.is_some_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite)),
            Some("Binary") => !value.bytes().is_empty() && value.is_readable(),
            _ => return refuse(format!("The type of message (user) attribute '{name}' is invalid.")),
        };
        if !present {
            return refuse(format!("The message (user) attribute '{name}' contains no valid value of its type."));
        }
    }
    Ok(())
}

fn system_attributes(attributes: &Attributes) -> Result<(), Fault> {
    for (name, value) in attributes {
        if name != "AWSTraceHeader" || value.data_type != "String" || value.string_value.is_none() {
            return Err(Fault::new(
                Kind::InvalidParameterValue,
                format!("Message system attribute name '{name}' is invalid."),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn characters_of_the_service() {
        for text in ["\t\n\r", " ~\u{7f}\u{80}\u{9f}", "\u{d7ff}\u{e000}\u{fffd}", "\u{10000}\u{1fffe}\u{10ffff}"] {
            assert!(is_allowed(text), "{text:?}");
        }
        for text in ["\0", "\u{8}", "\u{b}", "\u{c}", "\u{e}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
            assert!(!is_allowed(text), "{text:?}");
        }
    }
}
