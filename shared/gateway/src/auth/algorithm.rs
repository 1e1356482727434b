//! Keyed hashes.

use hmac::{Hmac, KeyInit, Mac};

use super::Secret;
use super::fields::{Fields, RulesError};

/// The hash of a keyed hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// HMAC-MD5.
    Md5,
    /// HMAC-SHA-1.
    Sha1,
    /// HMAC-SHA-224.
    Sha224,
    /// HMAC-SHA-256.
    Sha256,
    /// HMAC-SHA-384.
    Sha384,
    /// HMAC-SHA-512.
    Sha512,
}

/// Hands what is signed, piece by piece, to whoever hashes it.
pub(super) type Feed<'a> = dyn Fn(&mut dyn FnMut(&[u8])) + 'a;

impl Algorithm {
    /// Field `algorithm`.
    pub(super) fn read(fields: &mut Fields) -> Result<Option<Self>, RulesError> {
        let words = [
            ("md5", Self::Md5),
            ("sha1", Self::Sha1),
            ("sha224", Self::Sha224),
            ("sha256", Self::Sha256),
            ("sha384", Self::Sha384),
            ("sha512", Self::Sha512),
        ];
        fields.word("algorithm", &words, "must be one of: md5, sha1, sha224, sha256, sha384, sha512")
    }

    /// Whether one of the signatures given is right. In constant time.
    pub(super) fn vouches(self, secret: &Secret, signed: &Feed<'_>, given: &[Vec<u8>]) -> bool {
        match self {
            Self::Md5 => verify::<Hmac<md5::Md5>>(secret, signed, given),
            Self::Sha1 => verify::<Hmac<sha1::Sha1>>(secret, signed, given),
            Self::Sha224 => verify::<Hmac<sha2::Sha224>>(secret, signed, given),
            Self::Sha256 => verify::<Hmac<sha2::Sha256>>(secret, signed, given),
            Self::Sha384 => verify::<Hmac<sha2::Sha384>>(secret, signed, given),
            Self::Sha512 => verify::<Hmac<sha2::Sha512>>(secret, signed, given),
        }
    }
}

fn verify<M: Mac + KeyInit + Clone>(secret: &Secret, signed: &Feed<'_>, given: &[Vec<u8>]) -> bool {
    // HMAC takes keys of any length.
    let Ok(mut mac) = secret.mac::<M>() else { return false };
    signed(&mut |piece| mac.update(piece));
    given.iter().any(|given| mac.clone().verify_slice(given).is_ok())
}
