//! Dedupe keys and partition keys: pure functions of the vendor's event.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The dedupe key of an event: a UUIDv8 over the first 122 free bits of a SHA-256.
///
/// Written in the hyphenated lower-case form of RFC 9562.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// The 16 bytes, as stored in a claim.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// From the 16 bytes of [`EventId::as_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Eight bytes of what an event says, beside its [`EventId`]: equal for two deliveries of one event, different where two
/// events share an id by mistake.
///
/// They tell a repeat from a collision and nothing else; they are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Says([u8; 8]);

impl Says {
    /// The bytes, as stored in a claim and in the journal.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// From the bytes of [`Says::as_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Of these parts.
    #[must_use]
    pub fn of(parts: &Parts) -> Self {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&first16(Sha256::new_with_prefix(&parts.0))[..8]);
        Self(bytes)
    }

    /// From bytes of any length: `None` unless there are eight.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// Collects what makes one occurrence of a vendor's event: its source, account and own occurrence fields.
///
/// Every part is length-prefixed, so no two different lists of parts hash alike. A part that is absent, null or empty
/// counts the same, because vendors mix the three. What must never go in: arrival time, header order, delivery attempt,
/// prices that may be corrected, counters of the batch.
///
/// ```
/// use tributary_events::Key;
/// let a = Key::new("infobip", None).part(Some("delivery")).part(Some("m-1")).finish();
/// let b = Key::new("infobip", None).part(Some("delivery")).part(Some("m-2")).finish();
/// assert_ne!(a, b);
/// ```
#[derive(Clone)]
pub struct Key(Sha256);

impl Key {
    /// Starts a key for an event of `source`, within the vendor's `account` where the vendor has several.
    #[must_use]
    pub fn new(source: &str, account: Option<&str>) -> Self {
        Self(Sha256::new()).part(Some(source)).part(account)
    }

    /// Adds one occurrence field. The place of a part in the list is part of the key.
    #[must_use]
    pub fn part(self, part: Option<&str>) -> Self {
        self.bytes(part.unwrap_or_default().as_bytes())
    }

    /// Adds parts that were collected by [`Parts`], as if each had been added by itself, in one go.
    #[must_use]
    pub fn parts(mut self, parts: &Parts) -> Self {
        self.0.update(&parts.0);
        self
    }

    /// As [`Key::part`], of bytes that need not be text.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.update(bytes);
        self
    }

    /// The key.
    #[must_use]
    pub fn finish(self) -> EventId {
        EventId(Uuid::new_v8(first16(self.0)))
    }
}

/// Parts of a key, collected before they are hashed: one call costs less than ten.
#[derive(Clone, Default)]
pub struct Parts(Vec<u8>);

impl Parts {
    /// No parts yet, with room for what most keys hold.
    #[must_use]
    pub fn new() -> Self {
        Self(Vec::with_capacity(256))
    }

    /// Adds a part, as [`Key::part`] does.
    pub fn push(&mut self, part: Option<&str>) {
        let bytes = part.unwrap_or_default().as_bytes();
        self.0.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// Adds a part that may be absent, with its place, and nothing where it is: for lists of which most is absent.
    pub fn push_at(&mut self, place: u8, part: Option<&str>) {
        if part.is_some_and(|part| !part.is_empty()) {
            self.0.push(place);
            self.push(part);
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts(..)")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The message group of a FIFO queue: 32 lower-case hexadecimal digits over source URI and subject.
///
/// Hashed so that no address stands in a queue attribute, and short enough for SQS (128 characters).
#[must_use]
pub fn partition_key(source_uri: &str, subject: &str) -> String {
    let digest = first16(Sha256::new().chain_update(source_uri).chain_update([0]).chain_update(subject));
    let mut text = String::with_capacity(32);
    for byte in digest {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    text
}

fn first16(hash: Sha256) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_version_8_uuid_and_stays_what_it_was() {
        let id = Key::new("karte", Some("p1")).part(Some("hook")).part(Some("42")).finish();
        // Pinned: a change here re-delivers every event seen in the last 30 days.
        assert_eq!(id.to_string(), "5bc60656-d49f-8982-83f2-c32d08d90397");
        assert_eq!(EventId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = |parts: &[&str]| parts.iter().fold(Key::new("s", None), |key, part| key.part(Some(part))).finish();
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a", ""]), key(&["", "a"]));
        assert_ne!(Key::new("s", Some("a")).finish(), Key::new("sa", None).finish());
    }

    #[test]
    fn absent_and_empty_parts_are_one() {
        let absent = Key::new("s", None).part(None).part(Some("x")).finish();
        assert_eq!(absent, Key::new("s", Some("")).part(Some("")).part(Some("x")).finish());
    }

    #[test]
    fn partition_keys_are_printable_and_short() {
        let key = partition_key("/infobip", "message/é");
        assert_eq!(key.len(), 32);
        assert!(key.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(key, partition_key("/infobip", "message/e"));
    }
}
