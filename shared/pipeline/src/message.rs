//! A message on its way to the queue.

use std::fmt;

use tributary_events::{EventId, Says};

/// One event as it goes to the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Dedupe key; the FIFO deduplication id.
    pub id: EventId,
    /// What the event says, for its claim. `None` where the id is a fingerprint of the whole event: then equal ids are
    /// equal events, and so they count where only one of two deliveries tells.
    pub says: Option<Says>,
    /// FIFO message group: 1 to 128 printable ASCII characters.
    pub group: String,
    /// The event as JSON, free of characters SQS refuses.
    pub body: String,
}

/// Whether two events of one id are not the same event: both tell what they say, and they say different things.
pub(crate) fn collide(one: Option<Says>, other: Option<Says>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}
