//! `ecdsa`: a signature by the sender's private key, P-256 with SHA-256, as Twilio SendGrid's signed event webhook makes it
//! (<https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features>).

use http::HeaderName;
use ring::agreement::{self, EphemeralPrivateKey, agree_ephemeral};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::encoding::base64;
use super::fields::{Fields, RulesError};
use super::signed::Signed;
use super::{Check, Denied};
use crate::request::Received;

/// A P-256 key as `SubjectPublicKeyInfo` (RFC 5480) up to the point: two lengths, the two object identifiers, a bit
/// string.
const SPKI_P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

pub(super) struct Ecdsa {
    /// The point, uncompressed.
    key: Vec<u8>,
    header: HeaderName,
    signed: Signed,
}

/// Fields `public_key`, PEM or the base64 within it, `header`, whose value is base64 of a DER signature, and those of
/// [`Signed`].
pub(super) fn read(fields: &mut Fields) -> Result<Box<dyn Check>, RulesError> {
    let text = fields.needed("public_key")?;
    let Some(key) = point(&text) else {
        return Err(fields.fault("public_key", "is no P-256 public key in PEM, or in the base64 within it"));
    };
    Ok(Box::new(Ecdsa {
        key,
        header: fields.needed_header("header")?,
        signed: Signed::read(fields, "{timestamp}{body}")?,
    }))
}

impl Check for Ecdsa {
    fn check(&self, request: &Received, now_s: i64) -> Result<(), Denied> {
        let value = request.header(self.header.as_str()).ok_or(Denied::Missing)?.trim();
        let time = self.signed.time(request, value)?;
        let signature = base64(value).ok_or(Denied::Wrong)?;
        let mut message = Vec::with_capacity(request.body.len() + 64);
        self.signed.feed(time, &request.body, &mut |piece| message.extend_from_slice(piece));
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.key);
        key.verify(&message, &signature).map_err(|_| Denied::Wrong)?;
        self.signed.is_fresh(time, now_s)
    }
}

/// The point of a key that is one.
fn point(text: &str) -> Option<Vec<u8>> {
    let inner =
        text.trim().trim_start_matches("-----BEGIN PUBLIC KEY-----").trim_end_matches("-----END PUBLIC KEY-----");
    let der = base64(&inner.split_ascii_whitespace().collect::<String>())?;
    let point = der.strip_prefix(&SPKI_P256)?;
    // Deriving a key with it is what finds a point that is not on the curve, such as that of a key with a typing error.
    let ours = EphemeralPrivateKey::generate(&agreement::ECDH_P256, &SystemRandom::new()).ok()?;
    let theirs = agreement::UnparsedPublicKey::new(&agreement::ECDH_P256, point);
    agree_ephemeral(ours, &theirs, |_| ()).ok()?;
    Some(point.to_vec())
}
