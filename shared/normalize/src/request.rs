//! One authentic webhook request.

use std::collections::BTreeMap;

use tributary_events::Context;

/// One authentic webhook request, as the gateway hands it on.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The path after the source, percent-decoded and split, without a secret segment. May be empty.
    pub segments: &'a [String],
    /// The `Content-Type` header; empty if there was none.
    pub content_type: &'a str,
    /// The body, decoded from base64 and inflated.
    pub body: &'a [u8],
    /// Time and trace.
    pub context: Context<'a>,
    /// What the customer configured for this source.
    pub settings: &'a Settings,
}

/// What the customer configured for a source beyond its secrets: documented names to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// The value of a setting, if set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Settings {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// A name as people vary it: lower case, and every run of what is no letter or digit as one `_`.
///
/// `Apple Messages for Business`, `apple-messages-for-business` and `APPLE_MESSAGES_FOR_BUSINESS` are one name.
#[must_use]
pub fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            folded.extend(letter.to_lowercase());
        } else if !folded.is_empty() && !folded.ends_with('_') {
            folded.push('_');
        }
    }
    folded.truncate(folded.trim_end_matches('_').len());
    folded
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_one_name_fold_together() {
        for name in ["Kakao - Alim", "KAKAO_ALIM", "kakao-alim", "-kakao  alim-"] {
            assert_eq!(fold(name), "kakao_alim", "{name}");
        }
    }
}
