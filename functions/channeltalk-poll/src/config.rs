//! What is polled, and with which key.

use std::fmt;

use serde::Deserialize;

use crate::api::{Feed, State};

/// What is polled. Nothing, unless it is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Users whose events are read in every run, by Channel Talk's own id.
    pub users: Vec<String>,
    /// Campaigns whose users are read.
    pub campaigns: Vec<String>,
    /// One-time messages whose users are read.
    pub one_time_messages: Vec<String>,
    /// Whether the events of users met in those lists are read as well.
    pub follow: bool,
}

impl Scope {
    /// From `TRIBUTARY_CHANNELTALK_POLL_USERS`, `_CAMPAIGNS` and `_ONE_TIME_MSGS`, ids with commas between, and
    /// `_FOLLOW`, `true` or not.
    #[must_use]
    pub fn from_env() -> Self {
        let env = |name: &str| std::env::var(name).unwrap_or_default();
        Self {
            users: ids(&env("TRIBUTARY_CHANNELTALK_POLL_USERS")),
            campaigns: ids(&env("TRIBUTARY_CHANNELTALK_POLL_CAMPAIGNS")),
            one_time_messages: ids(&env("TRIBUTARY_CHANNELTALK_POLL_ONE_TIME_MSGS")),
            follow: env("TRIBUTARY_CHANNELTALK_POLL_FOLLOW") == "true",
        }
    }

    /// Whether nothing is to be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.campaigns.is_empty() && self.one_time_messages.is_empty()
    }

    /// Every list to be read, in a fixed order.
    #[must_use]
    pub fn feeds(&self) -> Vec<Feed> {
        let by_state = |ids: &[String], feed: fn(String, State) -> Feed| -> Vec<Feed> {
            ids.iter().flat_map(|id| State::ALL.map(|state| feed(id.clone(), state))).collect()
        };
        let mut feeds = by_state(&self.campaigns, Feed::Campaign);
        feeds.extend(by_state(&self.one_time_messages, Feed::OneTimeMessage));
        feeds.extend(self.users.iter().cloned().map(Feed::User));
        feeds
    }
}

fn ids(text: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// The key of the Open API.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `x-access-key`.
    pub access_key: String,
    /// `x-access-secret`.
    pub access_secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// The secret is not `{"access_key": "...", "access_secret": "..."}`. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is not an object of access_key and access_secret")]
pub struct CredentialsError;

impl Credentials {
    /// From the secret's text. `None` while both are empty, as the template makes them.
    ///
    /// # Errors
    /// [`CredentialsError`] if it is anything else, or only one of them is set.
    pub fn parse(text: &str) -> Result<Option<Self>, CredentialsError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Secret {
            access_key: String,
            access_secret: String,
        }
        let Secret { access_key, access_secret } = serde_json::from_str(text).map_err(|_| CredentialsError)?;
        match (access_key.is_empty(), access_secret.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(Self { access_key, access_secret })),
            _ => Err(CredentialsError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_whole_or_empty_or_an_error() {
        let parse = |text| Credentials::parse(text).map(|found| found.is_some());
        assert_eq!(parse(r#"{"access_key":"k-1","access_secret":"s-1"}"#), Ok(true));
        assert_eq!(parse(r#"{"access_key":"","access_secret":""}"#), Ok(false));
        for text in
            ["", "{}", r#"{"access_key":"k-1"}"#, r#"{"access_key":"k-1","access_secret":""}"#, r#"{"rules":[]}"#]
        {
            assert_eq!(parse(text), Err(CredentialsError), "{text}");
        }
    }

    #[test]
    fn a_credential_is_never_shown() {
        let credentials = Credentials { access_key: "visible-key".into(), access_secret: "visible-secret".into() };
        assert_eq!(format!("{credentials:?}"), "Credentials(..)");
    }

    #[test]
    fn ids_are_split_at_commas_and_taken_once() {
        assert_eq!(ids(" a, b,,a ,"), ["a", "b"]);
        assert!(ids("").is_empty());
        let scope = Scope { campaigns: ids("7"), users: ids("u"), ..Scope::default() };
        let names: Vec<String> = scope.feeds().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["campaign/7/sent", "campaign/7/view", "campaign/7/click", "campaign/7/goal", "user/u"]);
    }
}
