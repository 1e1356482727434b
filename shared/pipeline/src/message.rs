//! A message on its way to the queue.

use std::fmt;

use tributary_events::EventId;

/// One event as it goes to the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Dedupe key; the FIFO deduplication id.
    pub id: EventId,
    /// FIFO message group: 1 to 128 printable ASCII characters.
    pub group: String,
    /// The event as JSON, free of characters SQS refuses.
    pub body: String,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}
