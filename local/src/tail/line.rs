//! A message as one line.

use serde_json::Value;
use tributary_events::{Channel, Event};

use crate::cli::Queue;
use crate::table::shorten;

#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) json: bool,
    pub(super) colour: bool,
}

const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

impl Style {
    pub(super) fn of(self, queue: Queue, body: &str) -> String {
        if self.json {
            return body.to_owned();
        }
        let line = match queue {
            Queue::Events | Queue::DeadLetters => self.event(body),
            Queue::Quarantine => self.quarantined(body),
            Queue::Spill => self.spilled(body),
        };
        line.unwrap_or_else(|| format!("(not a message of ours, {} bytes)", body.len()))
    }

    fn event(self, body: &str) -> Option<String> {
        let event = Event::parse(body).ok()?;
        let time = event.time.unwrap_or(event.recordedtime).to_string();
        let source = event.source.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
        let channel = event.data.channel.map_or("-", Channel::as_str);
        let subject = event.subject.as_deref().map_or_else(|| "-".to_owned(), shorten);
        let id = event.id.to_string();
        let failure = event.data.failure.as_ref().map(|failure| {
            let word = |value: Result<Value, _>| value.ok().and_then(|word| word.as_str().map(str::to_owned));
            let class = word(serde_json::to_value(failure.class)).unwrap_or_default();
            let reason = word(serde_json::to_value(failure.reason)).unwrap_or_default();
            format!("  {}", self.in_colour(RED, &format!("{class} {reason}")))
        });
        Some(format!(
            "{}  {source:<11}  {}  {channel:<9}  {subject:<32}  {}{}",
            self.in_colour(DIM, &format!("{time:<24}")),
            self.in_colour(BOLD, &format!("{:<24}", event.kind.as_str())),
            self.in_colour(DIM, id.get(..8).unwrap_or(&id)),
            failure.unwrap_or_default(),
        ))
    }

    fn quarantined(self, body: &str) -> Option<String> {
        let message: Value = serde_json::from_str(body).ok()?;
        let text = |name: &str| message[name].as_str().filter(|text| !text.is_empty()).unwrap_or("-");
        let reason = message["reason"].as_str()?;
        let piece = match (message["piece"].as_u64(), message["pieces"].as_u64()) {
            (Some(piece), Some(pieces)) if pieces > 1 => format!("  piece {piece} of {pieces}"),
            _ => String::new(),
        };
        Some(format!(
            "{}  {:<11}  {}  {}{piece}",
            self.in_colour(DIM, &format!("{:<24}", text("received"))),
            text("source"),
            self.in_colour(RED, &format!("{reason:<16}")),
            text("detail"),
        ))
    }

    fn spilled(self, body: &str) -> Option<String> {
        let message: Value = serde_json::from_str(body).ok()?;
        let (created, chunk) = message["sort"].as_str()?.split_once('#')?;
        let at = tributary_events::Timestamp::from_unix_millis(created.parse().ok()?)?;
        let at = self.in_colour(DIM, &format!("{:<24}", at.to_string()));
        Some(format!("{at}  chunk {chunk}  {} events", message["events"].as_u64()?))
    }

    fn in_colour(self, colour: &str, text: &str) -> String {
        if self.colour { format!("{colour}{text}{PLAIN}") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN_STYLE: Style = Style { json: false, colour: false };

    #[test]
    fn a_quarantined_part_tells_when_whose_and_why() {
        let body = r#"{"source":"karte","received":"2026-11-21T00:00:00.000Z","reason":"not_json","detail":"line 1 column 1","part":"r/0","piece":2,"pieces":3,"text":"secret"}"#;
        let line = PLAIN_STYLE.of(Queue::Quarantine, body);
        assert_eq!(line, "2026-11-21T00:00:00.000Z  karte        not_json          line 1 column 1  piece 2 of 3");
        assert_eq!(Style { json: true, colour: false }.of(Queue::Quarantine, body), body);
    }

    #[test]
    fn what_is_no_message_of_ours_is_not_quoted() {
        for queue in [Queue::Events, Queue::DeadLetters, Queue::Quarantine, Queue::Spill] {
            assert_eq!(PLAIN_STYLE.of(queue, "hello"), "(not a message of ours, 5 bytes)");
        }
    }

    #[test]
    fn a_spilled_chunk_tells_when_and_how_many() {
        let body = r#"{"partition":"shard#1","sort":"001768478400000#abc","events":7,"data":""}"#;
        assert_eq!(PLAIN_STYLE.of(Queue::Spill, body), "2026-01-15T12:00:00.000Z  chunk abc  7 events");
    }
}
