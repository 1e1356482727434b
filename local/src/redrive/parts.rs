//! The parts in the quarantine queue, each whole, as they come off it.

use std::collections::{HashMap, HashSet};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use tributary_pipeline::{Piece, Quarantined, assemble};

use crate::deployment::trouble::{Trouble, trouble};

/// Most messages of a call (AWS).
const BATCH: usize = 10;
/// How long a receive waits for messages, seconds; below the time limit of a call.
const WAIT_S: i32 = 1;
/// Receives that bring nothing new before the queue counts as read: a short queue may answer empty by chance.
const EMPTY_ROUNDS: usize = 2;

/// A part, whole.
pub(super) struct Part {
    pub(super) inner: Quarantined,
    /// Of the messages it came in.
    pub(super) messages: Vec<String>,
}

/// A walk through the queue. What it receives is hidden from others until it is deleted or given back.
pub(super) struct Parts {
    sqs: Client,
    url: String,
    hold_s: i32,
    /// Receipt handles by message, the latest each.
    held: HashMap<String, String>,
    seen: HashSet<String>,
    open: HashMap<String, Vec<(Piece, String)>>,
    empty: usize,
    /// Messages that are none of ours.
    pub(super) foreign: usize,
}

impl Parts {
    pub(super) fn new(sqs: Client, url: String, hold_s: i32) -> Self {
        Self {
            sqs,
            url,
            hold_s,
            held: HashMap::new(),
            seen: HashSet::new(),
            open: HashMap::new(),
            empty: 0,
            foreign: 0,
        }
    }

    /// Whether the walk has seen everything.
    pub(super) fn is_over(&self) -> bool {
        self.empty >= EMPTY_ROUNDS
    }

    /// The parts that are whole after one more receive. May be none though the walk is not over.
    pub(super) async fn next(&mut self) -> Result<Vec<Part>, Trouble> {
        let call = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let call = call.wait_time_seconds(WAIT_S).visibility_timeout(self.hold_s);
        let output = call.send().await.map_err(|error| trouble("sqs:ReceiveMessage", &error))?;
        let mut whole = Vec::new();
        let mut news = false;
        for message in output.messages() {
            let (Some(id), Some(handle)) = (message.message_id(), message.receipt_handle()) else { continue };
            self.held.insert(id.to_owned(), handle.to_owned());
            // Back already because the walk is long: its handle was all that was new.
            if !self.seen.insert(id.to_owned()) {
                continue;
            }
            news = true;
            match Piece::parse(message.body().unwrap_or_default()) {
                Some(piece) => whole.extend(self.add(piece, id)),
                None => self.foreign += 1,
            }
        }
        self.empty = if news { 0 } else { self.empty + 1 };
        Ok(whole)
    }

    fn add(&mut self, piece: Piece, message: &str) -> Option<Part> {
        let name = piece.part.clone();
        let pieces = self.open.entry(name.clone()).or_default();
        pieces.push((piece, message.to_owned()));
        let found: Vec<Piece> = pieces.iter().map(|(piece, _)| piece.clone()).collect();
        let inner = assemble(&found).ok()?;
        let messages = self.open.remove(&name)?.into_iter().map(|(_, message)| message).collect();
        Some(Part { inner, messages })
    }

    /// Parts of which pieces are missing: source, reason, pieces found and pieces there should be.
    pub(super) fn incomplete(&self) -> Vec<(String, String, usize, usize)> {
        let told = |pieces: &Vec<(Piece, String)>| {
            let (first, _) = pieces.first()?;
            let found: HashSet<usize> = pieces.iter().map(|(piece, _)| piece.piece).collect();
            Some((first.inner.source.clone(), first.inner.reason.clone(), found.len(), first.pieces))
        };
        self.open.values().filter_map(told).collect()
    }

    /// Deletes the messages of a part.
    pub(super) async fn delete(&mut self, part: &Part) -> Result<(), Trouble> {
        for message in &part.messages {
            let Some(handle) = self.held.get(message) else { continue };
            let call = self.sqs.delete_message().queue_url(&self.url).receipt_handle(handle);
            call.send().await.map_err(|error| trouble("sqs:DeleteMessage", &error))?;
            self.held.remove(message);
        }
        Ok(())
    }

    /// Lets others see at once what is still held. What cannot be given back comes back by itself.
    pub(super) async fn give_back(&mut self) {
        let handles: Vec<String> = std::mem::take(&mut self.held).into_values().collect();
        for batch in handles.chunks(BATCH) {
            let entry = |(at, handle): (usize, &String)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string());
                entry.receipt_handle(handle).visibility_timeout(0).build().ok()
            };
            let entries = batch.iter().enumerate().filter_map(entry).collect();
            let call = self.sqs.change_message_visibility_batch().queue_url(&self.url).set_entries(Some(entries));
            if call.send().await.is_err() {
                return;
            }
        }
    }
}
