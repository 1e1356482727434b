//! What must hold at every single call, checked while it takes effect.

use std::collections::HashSet;

use tributary_events::EventId;

use super::State;
use super::ports::event_id;
use crate::chunk::{Chunk, ChunkId, ChunkKey};
use crate::message::{Message, collide};
use crate::ports::Outgoing;
use crate::sweep::read_spilled;

/// AWS: most statements of a `BatchExecuteStatement`.
const STATEMENTS: usize = 25;
/// AWS: most entries of a `SendMessageBatch`.
const ENTRIES: usize = 10;
/// AWS: most bytes of a `SendMessageBatch`, and of one message.
const BATCH_BYTES: usize = 1_048_576;
/// AWS: most bytes of a DynamoDB item, less room for names, keys and numbers.
const ITEM_BYTES: usize = 399_000;

impl State {
    fn violate(&mut self, what: &str, detail: impl std::fmt::Debug) {
        self.violations.push(format!("{what}: {detail:?}"));
    }

    /// Whether the id of an event is another event's, by what they say.
    fn collides(&self, message: &Message) -> bool {
        self.claims.get(&message.id).is_some_and(|owner| collide(owner.says, message.says))
    }

    /// Whether an event needs this chunk no more: it is on the queue, or another chunk owns it. One whose id is another
    /// event's must be in quarantine.
    fn is_settled(&self, message: &Message, chunk: ChunkId) -> bool {
        if self.collides(message) {
            return self.conflicts.contains(&message.body);
        }
        self.sent.contains(&message.id) || self.claims.get(&message.id).is_some_and(|owner| owner.chunk != chunk)
    }

    /// Of these events, those neither on the queue nor in a chunk that is kept, nor, where they collide, in quarantine.
    pub(super) fn not_durable(&self, mut events: Vec<Message>) -> Vec<Message> {
        // A collision within a request is known without a claim.
        events.retain(|message| !self.conflicts.contains(&message.body));
        events.retain(|message| self.collides(message) || !self.sent.contains(&message.id));
        let spilled = self.spill.values().filter_map(|(text, _)| read_spilled(text, 0));
        for chunk in self.journal.values().chain(self.dead.values()).cloned().chain(spilled) {
            if events.is_empty() {
                break;
            }
            let kept = chunk.messages().unwrap_or_default();
            let is_in =
                |message: &Message| kept.iter().any(|kept| kept.id == message.id && !collide(kept.says, message.says));
            events.retain(|message| !is_in(message));
        }
        events
    }

    /// A stored chunk is about to become `after`, or nothing: what it loses must be settled.
    pub(super) fn audit_change(&mut self, call: &str, key: &ChunkKey, after: Option<&Chunk>) {
        let Some(stored) = self.journal.get(key) else { return };
        if after.is_some_and(|after| after.data == stored.data) {
            return;
        }
        if stored.messages().is_err() {
            self.violate(call, "data nobody could read is gone");
            return;
        }
        let kept: HashSet<EventId> = after.map(ids).unwrap_or_default();
        let lost: Vec<EventId> = stored
            .messages()
            .unwrap_or_default()
            .iter()
            .filter(|message| !kept.contains(&message.id) && !self.is_settled(message, key.id))
            .map(|message| message.id)
            .collect();
        if !lost.is_empty() {
            self.violate(call, lost);
        }
    }

    /// A spilled chunk is about to leave the queue: each of its events must be kept elsewhere, or sent.
    pub(super) fn audit_unspilled(&mut self, handle: usize) {
        let Some((text, hidden_until)) = self.spill.remove(&handle) else { return };
        match read_spilled(&text, 0) {
            Some(chunk) if self.not_durable(chunk.messages().unwrap_or_default()).is_empty() => {}
            Some(chunk) => self.violate("spill.remove", chunk.key),
            None => self.violate("spill.remove", "a message that is no chunk"),
        }
        self.spill.insert(handle, (text, hidden_until));
    }

    /// What a put must be: distinct events, few and small enough for an item.
    pub(super) fn audit_put(&mut self, chunk: &Chunk) {
        let count = chunk.messages().map(|messages| messages.len());
        let is_sound = count.is_err() || count == Ok(chunk.events) && ids(chunk).len() == chunk.events;
        if !is_sound || chunk.events == 0 || chunk.events > STATEMENTS || chunk.data.len() > ITEM_BYTES {
            self.violate("journal.put", (chunk.events, chunk.data.len()));
        }
    }

    /// What a call on claims must be: 1 to 25 different events.
    pub(super) fn audit_keys(&mut self, call: &str, events: &[EventId]) {
        let different: HashSet<_> = events.iter().collect();
        if events.is_empty() || events.len() > STATEMENTS || different.len() != events.len() {
            self.violate(call, (events.len(), different.len()));
        }
    }

    /// A claim is about to be made: its owner must be kept somewhere.
    pub(super) fn audit_claim(&mut self, id: EventId, owner: ChunkId) {
        let keeps = |key: &ChunkKey| key.id == owner;
        if !self.journal.keys().chain(self.dead.keys()).any(keeps) {
            self.violate("claims.insert: the owner is not in the journal", id);
        }
    }

    /// What a batch must be, and that each of its events is claimed.
    pub(super) fn audit_batch(&mut self, messages: &[Outgoing<'_>], are_events: bool) {
        let bytes: usize = messages.iter().map(|message| message.body.len()).sum();
        if messages.is_empty() || messages.len() > ENTRIES || bytes > BATCH_BYTES {
            self.violate("queue.send", (messages.len(), bytes));
        }
        let is_word = |word: &str| (1..=128).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic());
        for message in messages {
            if !is_word(message.deduplication_id) || !is_word(message.group) || message.body.is_empty() {
                self.violate("queue.send", message);
            }
            if are_events && !event_id(message.deduplication_id).is_some_and(|id| self.claims.contains_key(&id)) {
                self.violate("queue.send: claimed by nobody", message.deduplication_id);
            }
        }
    }
}

/// Events of a chunk; none where its data is damaged.
fn ids(chunk: &Chunk) -> HashSet<EventId> {
    chunk.messages().unwrap_or_default().into_iter().map(|message| message.id).collect()
}
