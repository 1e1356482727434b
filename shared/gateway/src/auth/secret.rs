//! A secret of a rule: compared in constant time, never shown.

use std::fmt;

use hmac::digest::InvalidLength;
use hmac::{KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A secret, password or token.
///
/// It is not comparable on purpose: `==` stops at the first byte that differs, and the time tells where that is.
///
/// ```compile_fail
/// fn comparable<T: PartialEq>() {}
/// comparable::<tributary_gateway::Secret>();
/// ```
///
/// Nor is anything that holds one:
///
/// ```compile_fail
/// fn comparable<T: PartialEq>() {}
/// comparable::<tributary_gateway::Rule>();
/// ```
///
/// ```compile_fail
/// fn comparable<T: PartialEq>() {}
/// comparable::<tributary_gateway::Rules>();
/// ```
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Whether this is what was given. Takes the same time wherever the two differ, and whatever their lengths.
    pub(super) fn is(&self, given: &[u8]) -> bool {
        Sha256::digest(given).ct_eq(&Sha256::digest(&*self.0)).into()
    }

    /// A keyed hash with this secret as the key.
    pub(super) fn mac<M: Mac + KeyInit>(&self) -> Result<M, InvalidLength> {
        <M as KeyInit>::new_from_slice(&self.0)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_itself_and_nothing_else() {
        let secret = Secret::from("hunter2".to_owned());
        assert!(secret.is(b"hunter2"));
        for other in ["", "hunter", "hunter22", "Hunter2", "hunter2\0", " hunter2"] {
            assert!(!secret.is(other.as_bytes()), "{other:?}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
