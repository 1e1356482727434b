//! Chunks: the events of a request in pieces that fit the journal.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use tributary_events::{EventId, Says};
use uuid::Uuid;

use crate::message::{Message, collide};

/// Shards of the journal: the sweeper queries each, so writes spread and nothing is scanned.
pub(crate) const SHARDS: u8 = 32;
/// Most events of a chunk: one `BatchExecuteStatement` claims them all (AWS: 25 statements).
const MAX_EVENTS: usize = 25;
/// Most compressed bytes of a chunk of several events.
const MAX_BYTES: usize = 300 * 1024;
/// Most compressed bytes of a chunk of one event: a DynamoDB item has 400 KB with names and keys.
const MAX_SINGLE_BYTES: usize = 390 * 1024;
/// Most bytes of a chunk before it is compressed, unless one event is larger: what compresses well would be small in the
/// journal and large in the memory of whoever reads it back.
const MAX_PLAIN: usize = 2 * 1024 * 1024;
/// Most inflated bytes read back: above what 25 messages of the largest size take, for chunks of before that bound.
const MAX_INFLATED: usize = 64 * 1024 * 1024;
/// Written now: each message with what its event says.
const VERSION: u8 = 2;
/// Read still, for it may lie in a journal: without.
const WITHOUT_SAYS: u8 = 1;
const ZSTD_LEVEL: i32 = 3;

/// The id of a chunk: the owner in a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkId(Uuid);

impl ChunkId {
    /// From 128 random bits.
    #[must_use]
    pub fn from_random(bits: u128) -> Self {
        Self(uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid())
    }

    /// The 16 bytes, as stored in a claim.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the bytes of [`ChunkId::as_bytes`].
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for ChunkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// Where a chunk lies: shard, creation time, id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkKey {
    /// 0 to 31.
    pub shard: u8,
    /// Milliseconds since 1970.
    pub created_ms: i64,
    /// The chunk.
    pub id: ChunkId,
}

impl ChunkKey {
    /// A new key: the shard follows from the random id.
    #[must_use]
    pub fn new(created_ms: i64, id: ChunkId) -> Self {
        Self { shard: id.as_bytes()[15] % SHARDS, created_ms, id }
    }

    /// Partition key of the journal's table.
    #[must_use]
    pub fn partition(&self) -> String {
        partition(self.shard)
    }

    /// Sort key of the journal's table: sorts by creation time.
    #[must_use]
    pub fn sort(&self) -> String {
        format!("{:015}#{}", self.created_ms, self.id)
    }

    /// From the two keys of the journal's table.
    #[must_use]
    pub fn parse(partition: &str, sort: &str) -> Option<Self> {
        let shard = partition.rsplit_once('#')?.1.parse().ok()?;
        let (created, id) = sort.split_once('#')?;
        Some(Self { shard, created_ms: created.parse().ok()?, id: ChunkId(Uuid::parse_str(id).ok()?) })
    }
}

/// Partition key of a shard of live chunks.
pub(crate) fn partition(shard: u8) -> String {
    format!("shard#{shard}")
}

/// Partition key of the shard where a chunk is kept that could not be driven.
pub(crate) fn dead_partition(shard: u8) -> String {
    format!("dead#{shard}")
}

/// A chunk as it stands in the journal.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where it lies.
    pub key: ChunkKey,
    /// Compressed messages.
    pub data: Vec<u8>,
    /// How many.
    pub events: usize,
    /// Until when it belongs to its driver, milliseconds since 1970.
    pub lease_ms: i64,
    /// Another each time somebody takes it: fences earlier drivers. 0 at first.
    pub epoch: u32,
    /// How often it was taken.
    pub tries: u32,
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunk").field("key", &self.key).field("events", &self.events).finish_non_exhaustive()
    }
}

/// Why chunk data cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk's data is damaged or of a newer version")]
pub struct Damaged;

impl Chunk {
    /// The messages.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn messages(&self) -> Result<Vec<Message>, Damaged> {
        let length = zstd::zstd_safe::get_frame_content_size(&self.data).ok().flatten();
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(MAX_INFLATED);
        let data = zstd::bulk::decompress(&self.data, length.min(MAX_INFLATED)).map_err(|_| Damaged)?;
        let mut reader = Reader(&data);
        let version = reader.take(1)?[0];
        if ![VERSION, WITHOUT_SAYS].contains(&version) {
            return Err(Damaged);
        }
        let mut messages = Vec::with_capacity(self.events);
        while !reader.0.is_empty() {
            let id = EventId::from_bytes(reader.take(16)?.try_into().map_err(|_| Damaged)?);
            let says = if version == WITHOUT_SAYS { None } else { reader.says()? };
            messages.push(Message { id, says, group: reader.text()?, body: reader.text()? });
        }
        Ok(messages)
    }
}

/// Compresses messages for the journal.
pub(crate) fn pack<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Vec<u8> {
    let mut data = vec![VERSION];
    for message in messages {
        data.extend_from_slice(message.id.as_bytes());
        data.push(u8::from(message.says.is_some()));
        data.extend(message.says.iter().flat_map(|says| *says.as_bytes()));
        for text in [&message.group, &message.body] {
            data.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            data.extend_from_slice(text.as_bytes());
        }
    }
    // Compressing bytes in memory fails only for want of memory: then they go uncompressed into an item that DynamoDB
    // refuses, and the request is answered as not durable.
    zstd::bulk::compress(&data, ZSTD_LEVEL).unwrap_or(data)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(Damaged)?;
        self.0 = tail;
        Ok(head)
    }

    /// How many there are, none or one, and its bytes.
    fn says(&mut self) -> Result<Option<Says>, Damaged> {
        match self.take(1)? {
            [0] => Ok(None),
            [1] => Says::from_slice(self.take(8)?).map(Some).ok_or(Damaged),
            _ => Err(Damaged),
        }
    }

    fn text(&mut self) -> Result<String, Damaged> {
        let length = u32::from_be_bytes(self.take(4)?.try_into().map_err(|_| Damaged)?);
        let bytes = self.take(usize::try_from(length).map_err(|_| Damaged)?)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| Damaged)
    }
}

/// The messages of a request, divided.
#[derive(Debug, Default)]
pub struct Split {
    /// Messages and their compressed form, in the request's order; 1 to 25 each, no id twice in all.
    pub chunks: Vec<(Vec<Message>, Vec<u8>)>,
    /// How many messages repeated an event of this request.
    pub doubles: usize,
    /// Messages that share the id of an earlier one of this request and say something else: never dropped, and never
    /// sent beside it.
    pub conflicts: Vec<Message>,
    /// Messages that neither the journal nor the queue takes.
    pub oversized: Vec<Message>,
}

/// Divides the messages of a request into chunks: drops doubles, sets aside what collides and what is too large.
#[must_use]
pub fn split(messages: Vec<Message>, max_message_bytes: usize) -> Split {
    let mut out = Split::default();
    let mut seen: HashMap<EventId, Option<Says>> = HashMap::with_capacity(messages.len());
    let mut conflicts: HashSet<(EventId, Option<Says>)> = HashSet::new();
    let mut fresh = Vec::with_capacity(messages.len());
    for message in messages {
        let is_repeat = match seen.entry(message.id) {
            Entry::Vacant(first) => {
                first.insert(message.says);
                false
            }
            Entry::Occupied(first) if collide(*first.get(), message.says) => {
                if conflicts.insert((message.id, message.says)) {
                    out.conflicts.push(message);
                    continue;
                }
                true
            }
            Entry::Occupied(_) => true,
        };
        if is_repeat {
            out.doubles += 1;
        } else if message.body.len() > max_message_bytes {
            out.oversized.push(message);
        } else {
            fresh.push(message);
        }
    }
    let mut rest = fresh.into_iter().peekable();
    while rest.peek().is_some() {
        let piece: Vec<_> = rest.by_ref().take(MAX_EVENTS).collect();
        halve(piece, &mut out);
    }
    out
}

/// Bytes of a message in a chunk, about.
fn plain(message: &Message) -> usize {
    message.body.len() + message.group.len()
}

fn halve(mut piece: Vec<Message>, out: &mut Split) {
    if piece.len() > 1 && piece.iter().map(plain).sum::<usize>() > MAX_PLAIN {
        let second = piece.split_off(piece.len() / 2);
        halve(piece, out);
        halve(second, out);
        return;
    }
    let data = pack(&piece);
    let limit = if piece.len() == 1 { MAX_SINGLE_BYTES } else { MAX_BYTES };
    if data.len() <= limit {
        out.chunks.push((piece, data));
    } else if piece.len() == 1 {
        out.oversized.append(&mut piece);
    } else {
        let second = piece.split_off(piece.len() / 2);
        halve(piece, out);
        halve(second, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tributary_events::Key;

    fn message(n: usize, body: String) -> Message {
        let id = Key::new("t", None).part(Some(&n.to_string())).finish();
        Message { id, says: None, group: format!("g{n}"), body }
    }

    /// Text that does not compress below three quarters.
    fn noise(bytes: usize, seed: u64) -> String {
        let mut state = seed | 1;
        let mut text = String::with_capacity(bytes);
        for _ in 0..bytes {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(char::from(b'0' + u8::try_from(state % 64).unwrap_or(0)));
        }
        text
    }

    #[test]
    fn keys_read_back_and_sort_by_time() {
        let id = ChunkId::from_random(7);
        let key = ChunkKey::new(1_768_478_400_000, id);
        assert_eq!(ChunkKey::parse(&key.partition(), &key.sort()), Some(key));
        assert!(ChunkKey::new(999, id).sort() < key.sort());
        assert_eq!(ChunkId::from_slice(id.as_bytes()), Some(id));
    }

    #[test]
    fn chunks_hold_everything_once_in_order() {
        for count in [0, 1, 24, 25, 26, 250, 1000] {
            let messages: Vec<_> = (0..count).map(|n| message(n, format!("body {n}"))).collect();
            let doubled = messages.iter().chain(&messages).cloned().collect();
            let split = split(doubled, 1000);
            assert_eq!(split.doubles, count);
            assert_eq!(split.chunks.len(), count.div_ceil(25));
            let read: Vec<_> = split.chunks.iter().flat_map(|(inner, _)| inner.clone()).collect();
            assert_eq!(read, messages);
        }
    }

    /// `d` of an item that the version before wrote: three messages.
    const VERSION_1: &str = "KLUv/SBkrQIAhAQBBZKWIcx+ip6Bcb4JsTpo6gAAAAJnMAAAAAd7Im4iOjB9YOZSO+BigQihgMaCQV09RzExfUKGTfIUxIUjpgBjxNF9\
         lkYyMn0EAKAEcAMoIeRSUA==";

    #[test]
    fn what_an_event_says_is_carried_and_a_chunk_written_before_that_reads_as_saying_nothing() {
        let says = [Some(Says::from_bytes([7; 8])), None, Some(Says::from_bytes([0, 1, 2, 3, 4, 5, 6, 7]))];
        let messages: Vec<_> =
            (0..3).map(|n| Message { says: says[n], ..message(n, format!("{{\"n\":{n}}}")) }).collect();
        let of = |data| Chunk {
            key: ChunkKey::new(1, ChunkId::from_random(1)),
            data,
            events: 3,
            lease_ms: 0,
            epoch: 0,
            tries: 0,
        };
        assert_eq!(of(pack(&messages)).messages().unwrap(), messages);
        let silent: Vec<_> = messages.into_iter().map(|message| Message { says: None, ..message }).collect();
        let item = aws_smithy_types::base64::decode(VERSION_1).unwrap();
        assert_eq!(of(item).messages().unwrap(), silent);
    }

    #[test]
    fn two_events_of_one_id_that_say_different_things_are_a_conflict_and_never_a_double() {
        let with = |says: Option<u8>, body: &str| {
            let says = says.map(|byte| Says::from_bytes([byte; 8]));
            Message { says, ..message(1, body.to_owned()) }
        };
        let bodies = |messages: &[Message]| messages.iter().map(|message| message.body.clone()).collect::<Vec<_>>();
        let all =
            [(Some(1), "a"), (Some(2), "b"), (Some(1), "a again"), (Some(2), "b again"), (Some(3), "c"), (None, "d")];
        let split = split(all.map(|(says, body)| with(says, body)).to_vec(), 1000);
        assert_eq!(bodies(&split.chunks[0].0), ["a"]);
        assert_eq!(bodies(&split.conflicts), ["b", "c"], "each once");
        assert_eq!(split.doubles, 3);
        // Where one does not tell, they are one event.
        let told_by_one = super::split(vec![with(None, "a"), with(Some(1), "b"), with(Some(2), "c")], 1000);
        assert_eq!((told_by_one.doubles, told_by_one.conflicts.len()), (2, 0));
    }

    #[test]
    fn large_messages_get_chunks_that_fit_or_are_set_aside() {
        let mut messages: Vec<_> = (0..10).map(|n| message(n, noise(100_000, n as u64 + 1))).collect();
        messages.push(message(10, noise(600_000, 99)));
        messages.push(message(11, "x".repeat(1_000_001)));
        let split = split(messages, 1_000_000);
        assert!(split.chunks.iter().all(|(inner, data)| data.len() <= MAX_BYTES || inner.len() == 1));
        assert_eq!(split.chunks.iter().map(|(inner, _)| inner.len()).sum::<usize>(), 10);
        assert_eq!(split.oversized.len(), 2);
    }

    #[test]
    fn data_reads_back_and_damage_is_noticed() {
        let messages: Vec<_> = (0..3).map(|n| message(n, format!("é{n}"))).collect();
        let mut chunk = Chunk {
            key: ChunkKey::new(1, ChunkId::from_random(1)),
            data: pack(&messages),
            events: 3,
            lease_ms: 0,
            epoch: 0,
            tries: 0,
        };
        assert_eq!(chunk.messages().unwrap(), messages);
        for damaged in
            [vec![3, 0], vec![VERSION, 0, 0], vec![WITHOUT_SAYS, 0, 0], [&[VERSION][..], &[0; 16], &[2; 9]].concat()]
        {
            chunk.data = zstd::bulk::compress(&damaged, 1).unwrap();
            assert_eq!(chunk.messages(), Err(Damaged), "{damaged:?}");
        }
        chunk.data = vec![1, 2, 3];
        assert_eq!(chunk.messages(), Err(Damaged));
    }
}
