//! Putting parts into quarantine.

use futures_util::stream::{self, StreamExt};

use crate::Pipeline;
use crate::batch::batches;
use crate::chunk::ChunkId;
use crate::ports::{Outgoing, Sent};
use crate::quarantine::Quarantined;
use crate::settings::Deadline;

/// A message of a part: a part has several where it is large.
#[derive(Clone, Copy)]
struct Piece<'a> {
    part: usize,
    body: &'a str,
}

impl Pipeline {
    /// Sends parts to the quarantine queue: batches in parallel, failed messages again, nothing after the deadline.
    ///
    /// One answer a part, in order: whether the queue has acknowledged all of it.
    pub(crate) async fn quarantine_all(&self, parts: &[Quarantined], deadline: Deadline) -> Vec<bool> {
        let mut kept = vec![true; parts.len()];
        if parts.is_empty() {
            return kept;
        }
        let name = ChunkId::from_random(self.clock.random()).to_string();
        let bodies: Vec<Vec<String>> = parts.iter().enumerate().map(|(at, part)| part.messages(&name, at)).collect();
        let pieces = |(part, bodies)| -> Vec<Piece<'_>> {
            let bodies: &Vec<String> = bodies;
            bodies.iter().map(|body| Piece { part, body }).collect()
        };
        let mut open: Vec<Piece<'_>> = bodies.iter().enumerate().flat_map(pieces).collect();
        for attempt in 0..self.settings.attempts {
            if open.is_empty() || !self.may_begin(attempt, deadline).await {
                break;
            }
            let batches = batches(&open, self.settings.max_message_bytes, |piece| piece.body.len());
            let sends: Vec<_> = batches.into_iter().map(|batch| self.quarantine_some(batch, &name, deadline)).collect();
            open = stream::iter(sends).buffered(self.settings.parallel).concat().await;
        }
        for piece in open {
            kept[piece.part] = false;
        }
        kept
    }

    /// Sends one batch; gives back what is not acknowledged.
    async fn quarantine_some<'a>(&self, batch: Vec<Piece<'a>>, name: &str, deadline: Deadline) -> Vec<Piece<'a>> {
        if deadline.passed(self.clock.now_ms()) {
            return batch;
        }
        let messages: Vec<Outgoing<'_>> =
            batch.iter().map(|piece| Outgoing { deduplication_id: name, group: name, body: piece.body }).collect();
        let sent = self.quarantine.send(&messages).await;
        let unsent = |(_, sent): &(&Piece<'a>, Sent)| *sent != Sent::Acknowledged;
        batch.iter().zip(sent).filter(unsent).map(|(piece, _)| *piece).collect()
    }
}
