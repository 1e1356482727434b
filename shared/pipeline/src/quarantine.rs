//! What could not be read, as messages for the quarantine queue.

use std::fmt;

use serde_json::json;
use tributary_events::{Event, queue_safe};

use crate::message::Message;

/// Most bytes of a part in one message: in base64 still below 256 KiB, which every SQS takes.
const PIECE_BYTES: usize = 160 * 1024;

/// The content type of a part that is a unified event.
const UNIFIED: &str = "application/cloudevents+json";

/// A part of an authentic request that is no event, or none that can be sent, with what it takes to send it through again.
#[derive(Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Our name of the vendor.
    pub source: String,
    /// The route after the source, without a secret segment.
    pub path: String,
    /// The request's `Content-Type`.
    pub content_type: String,
    /// When it was received, RFC 3339.
    pub received: String,
    /// Why, as a word.
    pub reason: String,
    /// Where and what; holds no value of the body.
    pub detail: String,
    /// The part.
    pub part: Vec<u8>,
}

impl fmt::Debug for Quarantined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quarantined")
            .field("source", &self.source)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Quarantined {
    /// An event that neither the journal nor the queue takes: kept as the unified event.
    pub(crate) fn too_large(message: &Message) -> Self {
        Self::unified("too_large", format!("event {} of {} bytes", message.id, message.body.len()), message)
    }

    /// An event that shares its id with another one, which says something else: kept as the unified event.
    pub(crate) fn conflict(message: &Message) -> Self {
        Self::unified("conflict", format!("event {} says something else than the one of that id", message.id), message)
    }

    fn unified(reason: &str, detail: String, message: &Message) -> Self {
        // Of what is read back: source and time of receipt, for whoever looks or filters.
        let event = Event::parse(&message.body).ok();
        let source = event.as_ref().and_then(|event| event.source.split('/').nth(1)).unwrap_or_default().to_owned();
        Self {
            source,
            path: String::new(),
            content_type: UNIFIED.to_owned(),
            received: event.map(|event| event.recordedtime.to_string()).unwrap_or_default(),
            reason: reason.to_owned(),
            detail,
            part: message.body.clone().into_bytes(),
        }
    }

    /// The messages that hold the part: one, or several numbered pieces of a large one.
    ///
    /// `request` and `index` name the part, so that pieces find together. A piece that is UTF-8 is in `text`, any other
    /// in `base64`.
    pub(crate) fn messages(&self, request: &str, index: usize) -> Vec<String> {
        let pieces: Vec<&[u8]> = if self.part.is_empty() { vec![&[]] } else { self.part.chunks(PIECE_BYTES).collect() };
        let count = pieces.len();
        pieces
            .into_iter()
            .enumerate()
            .map(|(number, piece)| {
                let mut message = json!({
                    "source": self.source,
                    "path": self.path,
                    "content_type": self.content_type,
                    "received": self.received,
                    "reason": self.reason,
                    "detail": self.detail,
                    "part": format!("{request}/{index}"),
                    "piece": number + 1,
                    "pieces": count,
                });
                // Text grows when escaped: six bytes for a control character. Base64 has a known size.
                let text = std::str::from_utf8(piece).ok().filter(|text| !text.contains(char::is_control));
                match text {
                    Some(text) => message["text"] = text.into(),
                    None => message["base64"] = aws_smithy_types::base64::encode(piece).into(),
                }
                queue_safe(message.to_string())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reject(part: Vec<u8>) -> Quarantined {
        Quarantined {
            source: "karte".into(),
            path: "/talk".into(),
            content_type: "application/json".into(),
            received: "2026-11-21T00:00:00.000Z".into(),
            reason: "not_json".into(),
            detail: "line 1 column 1".into(),
            part,
        }
    }

    #[test]
    fn a_small_part_is_one_readable_message() {
        let messages = reject(b"{\"a\xEF\xBF\xBF".to_vec()).messages("r", 0);
        assert_eq!(messages.len(), 1);
        assert!(messages[0].contains(r#""text":"{\"a\uffff""#), "{}", messages[0]);
    }

    #[test]
    fn a_large_part_comes_back_whole_from_its_pieces() {
        let part: Vec<u8> = (0..1_048_576_u32).map(|n| (n * 7 % 251) as u8).collect();
        let messages = reject(part.clone()).messages("r", 3);
        assert_eq!(messages.len(), 7);
        let mut whole = Vec::new();
        for message in &messages {
            assert!(message.len() <= 256 * 1024);
            let message: serde_json::Value = serde_json::from_str(message).unwrap();
            assert_eq!(message["part"], "r/3");
            whole.extend(aws_smithy_types::base64::decode(message["base64"].as_str().unwrap()).unwrap());
        }
        assert_eq!(whole, part);
        assert_eq!(reject(Vec::new()).messages("r", 0).len(), 1);
    }
}
