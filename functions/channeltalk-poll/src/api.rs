//! What the poller needs of the Open API.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use tributary_events::EventType;

/// What somebody did with a marketing message: the `state` that lists of its users are asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was sent.
    Sent,
    /// It was viewed.
    View,
    /// It was clicked.
    Click,
    /// Its goal was reached.
    Goal,
}

impl State {
    /// All of them. `revenue` is a sum on the goal's record and no happening of its own.
    pub const ALL: [Self; 4] = [Self::Sent, Self::View, Self::Click, Self::Goal];

    /// The vendor's word: the query value, and the record's field that holds the time.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::View => "view",
            Self::Click => "click",
            Self::Goal => "goal",
        }
    }

    /// What the normalizer makes of it.
    #[must_use]
    pub const fn kind(self) -> EventType {
        match self {
            Self::Sent => EventType::MessageSent,
            Self::View => EventType::MessageViewed,
            Self::Click => EventType::MessageClicked,
            Self::Goal => EventType::CampaignGoalReached,
        }
    }
}

/// One list of the Open API, read oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// The events of a user.
    User(String),
    /// The users of a campaign, by what they did with it.
    Campaign(String, State),
    /// The users of a one-time message, by what they did with it.
    OneTimeMessage(String, State),
}

impl Feed {
    /// Whether an event of a record in this list is told by another list: a record has all of its user's times, whichever
    /// state was asked for, and each list knows only of its own state how far it was read.
    #[must_use]
    pub fn is_of_another(&self, kind: EventType) -> bool {
        match self {
            Self::User(_) => false,
            Self::Campaign(_, own) | Self::OneTimeMessage(_, own) => {
                State::ALL.iter().any(|state| state != own && state.kind() == kind)
            }
        }
    }
}

impl fmt::Display for Feed {
    /// The name of its cursor.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user/{id}"),
            Self::Campaign(id, state) => write!(f, "campaign/{id}/{}", state.as_str()),
            Self::OneTimeMessage(id, state) => write!(f, "one-time-msg/{id}/{}", state.as_str()),
        }
    }
}

/// What the answer's headers say about the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// `x-ratelimit-limit`: requests of one window.
    pub limit: u64,
    /// `x-ratelimit-remaining`: requests left of it.
    pub remaining: u64,
    /// `x-ratelimit-reset`, in milliseconds since 1970.
    pub reset_ms: i64,
}

impl Quota {
    /// Whether only the last tenth is left, which is for the customer's other programs: the limit is the channel's.
    #[must_use]
    pub fn is_low(&self) -> bool {
        self.remaining <= self.limit / 10
    }
}

/// A page as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The body, JSON.
    pub body: Bytes,
    /// The rate limit, where the headers tell.
    pub quota: Option<Quota>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("bytes", &self.body.len()).field("quota", &self.quota).finish()
    }
}

/// Why there is no page. Never holds data or a credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// 429: too many requests.
    #[error("429: too many requests")]
    Throttled {
        /// When there are more, milliseconds since 1970, if the vendor tells.
        until_ms: Option<i64>,
    },
    /// 5xx, no answer in time, no connection: trying again may help.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// 401 or 403: the key is wrong, or may not read this.
    #[error("{0}: the access key is not accepted")]
    Denied(u16),
    /// 404: the user, campaign or message is gone, or never was.
    #[error("404: there is no such list")]
    Missing,
    /// Any other answer, or a body that is no page: trying again does not help.
    #[error("unexpected answer: {0}")]
    Unexpected(String),
}

/// The Open API.
#[async_trait]
pub trait Api: Send + Sync {
    /// One page of at most `limit` records, oldest first, from `since`: the `next` of the page before.
    ///
    /// # Errors
    /// [`ApiError`]. Does not try again by itself.
    async fn page(&self, feed: &Feed, since: Option<&str>, limit: u32) -> Result<Answer, ApiError>;
}
