//! Answering a sender that asks, before it sends anything, whether this URL is ours.

use super::Secret;
use super::fields::{Fields, Object, RulesError};

/// Longest challenge that is answered, bytes. Meta's are about ten digits.
const MAX_CHALLENGE: usize = 256;

/// A question by GET that is answered before anything is verified: who asks must know the verify token.
///
/// It lets nobody in: requests are verified by the rules all the same.
#[derive(Clone)]
pub(crate) struct Handshake {
    verify_token: Secret,
}

impl Handshake {
    /// `{"type":"hub","verify_token":"..."}`: WebSub's, as Meta asks
    /// (<https://developers.facebook.com/docs/graph-api/webhooks/getting-started>).
    pub(super) fn read(given: Object) -> Result<Self, RulesError> {
        let (_, (), mut fields) = Fields::of("handshake".to_owned(), given, &[("hub", ())])?;
        let verify_token = fields.secret("verify_token")?;
        fields.end()?;
        Ok(Self { verify_token })
    }

    /// The challenge, to be sent back as plain text; none if the question is not right. A challenge is letters, digits
    /// and `-._~`, and not long: nothing that a browser or a terminal could take for more than text.
    pub(crate) fn answer(&self, query: &str) -> Option<String> {
        let given = |name: &str| super::pair(query.as_bytes(), name);
        let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || b"-._~".contains(&letter);
        let is_right = given("hub.mode")? == "subscribe" && self.verify_token.is(given("hub.verify_token")?.as_bytes());
        given("hub.challenge").filter(|challenge| {
            is_right && (1..=MAX_CHALLENGE).contains(&challenge.len()) && challenge.bytes().all(is_plain)
        })
    }
}
