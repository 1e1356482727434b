//! How signatures are written.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::fields::{Fields, RulesError};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Base64, padded or not.
pub(super) const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// How a signature is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Either, for vendors whose pages do not say.
    #[default]
    Any,
    /// Hexadecimal, any case.
    Hex,
    /// Base64, standard or URL alphabet, padded or not.
    Base64,
}

impl Encoding {
    /// Field `encoding`.
    pub(super) fn read(fields: &mut Fields) -> Result<Self, RulesError> {
        let words = [("any", Self::Any), ("hex", Self::Hex), ("base64", Self::Base64)];
        Ok(fields.word("encoding", &words, "must be one of: any, hex, base64")?.unwrap_or_default())
    }

    /// Everything that a text may stand for.
    pub(super) fn decodings(self, signature: &str) -> Vec<Vec<u8>> {
        let hex = || unhex(signature);
        let base64 = || base64(signature);
        match self {
            Self::Hex => hex().into_iter().collect(),
            Self::Base64 => base64().into_iter().collect(),
            Self::Any => hex().into_iter().chain(base64()).collect(),
        }
    }
}

/// Base64 in either alphabet.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}
