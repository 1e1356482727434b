//! What must hold for a message on its way to the queue.

use tributary_events::{Event, TypeName};

/// What SQS takes in a message (AWS API reference, `SendMessage`).
#[must_use]
pub fn queue_takes(text: &str) -> bool {
    text.chars().all(|letter| {
        matches!(letter,
            '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
    })
}

/// A FIFO message group (AWS API reference, `MessageGroupId`): 1 to 128 printable ASCII characters.
#[must_use]
pub fn is_group(group: &str) -> bool {
    (1..=128).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_graphic())
}

/// An event as it goes to the queue: takes the queue, reads back as itself, and says what the envelope promises.
///
/// # Panics
/// If anything of that does not hold.
#[must_use]
pub fn check_event(source: &str, id: &str, group: &str, json: &str) -> Event<'static> {
    assert!(queue_takes(json), "a character that SQS refuses");
    assert!(!json.contains(['\n', '\r', '\t']), "the event stands on one line");
    assert!(is_group(group), "no message group: {group:?}");
    let event = match Event::parse(json) {
        Ok(event) => event,
        Err(error) => panic!("a consumer cannot read the event: {error}"),
    };
    assert_eq!(event.id.to_string(), id, "id");
    assert_eq!(event.partitionkey, group, "group");
    assert!(matches!(event.kind, TypeName::Known(_)), "type");
    assert_eq!(event.time.is_some(), event.sequence.is_some(), "time and sequence come together");
    let uri = event.source.strip_prefix('/').and_then(|uri| uri.strip_prefix(source));
    assert!(uri.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')), "source URI");
    assert!(event.source.is_ascii(), "source URI");
    assert!(event.to_json().is_ok_and(|again| again == json), "a consumer that passes the event on changes it");
    event
}
