//! The digests the service answers with and clients compare: MD5 of a body and of attributes, SHA-256 for content-based
//! deduplication.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

use super::protocol::{AttributeValue, Attributes};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// MD5 of a body, in lower case hex.
pub(super) fn of_body(body: &str) -> String {
    hex(&Md5::digest(body.as_bytes()))
}

/// The deduplication id a FIFO queue derives from a body.
pub(super) fn of_content(body: &str) -> String {
    hex(&sha2::Sha256::digest(body.as_bytes()))
}

/// MD5 over attributes sorted by name: name, type, one byte for the transport (1 text, 2 bytes) and the value, each
/// preceded by its length as four bytes, big end first. `None` without attributes.
pub(super) fn of_attributes(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut md5 = Md5::new();
    for (name, value) in attributes {
        part(&mut md5, name.as_bytes());
        part(&mut md5, value.data_type.as_bytes());
        match &value.string_value {
            Some(text) => {
                md5.update([1]);
                part(&mut md5, text.as_bytes());
            }
            None => {
                md5.update([2]);
                part(&mut md5, &value.bytes());
            }
        }
    }
    Some(hex(&md5.finalize()))
}

fn part(md5: &mut Md5, bytes: &[u8]) {
    md5.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    md5.update(bytes);
}

impl AttributeValue {
    /// The bytes of a binary value; none if it is not base64, which `limits` has refused before.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.binary_value.as_deref().and_then(|value| STANDARD.decode(value).ok()).unwrap_or_default()
    }

    /// Whether the binary value can be read.
    pub(super) fn is_readable(&self) -> bool {
        self.binary_value.as_deref().is_none_or(|value| STANDARD.decode(value).is_ok())
    }

    /// What the value adds to the size of its message.
    pub(super) fn len(&self) -> usize {
        self.data_type.len() + self.string_value.as_deref().map_or_else(|| self.bytes().len(), str::len)
    }
}
