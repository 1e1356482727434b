//! What a run did, and how it ended.

use tributary_pipeline::Accepted;

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ended {
    /// Every list was read to its end.
    #[default]
    Complete,
    /// The time was up: the next run goes on.
    Deadline,
    /// The rate limit was reached and does not free itself in time: the next run goes on.
    Throttled,
    /// A list could not be read, though everything was tried: its cursor stays.
    Unavailable,
    /// The access key is not accepted.
    Denied,
    /// A page's events could not be made durable.
    NotDurable,
    /// A cursor could not be read or written.
    Cursors,
    /// Another run reads the same lists.
    Moved,
    /// No list that is named is there.
    Gone,
}

impl Ended {
    /// The end as a word for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Deadline => "deadline",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::NotDurable => "not_durable",
            Self::Cursors => "cursors",
            Self::Moved => "moved",
            Self::Gone => "gone",
        }
    }
}

/// What a run did: counts, never content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub ended: Ended,
    /// Lists to be read, without those of followed users.
    pub feeds: usize,
    /// Of all lists, those read to their end.
    pub finished: usize,
    /// Of all lists, those that failed and were left for the next run.
    pub failed: usize,
    /// Of the lists to be read, those that are not there.
    pub gone: usize,
    /// Pages read.
    pub pages: usize,
    /// Of these, as they were when last read.
    pub unchanged: usize,
    /// Events of a name that no list holds.
    pub unrecognized: usize,
    /// What became of the events.
    pub accepted: Accepted,
}

impl Report {
    /// Whether somebody has to look at it: the function fails then, and an alarm counts that.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self.ended {
            // Time is for the next run; a cursor moved by another run is that run's work.
            Ended::Complete | Ended::Deadline | Ended::Moved => false,
            // So is quota, unless there is never any.
            Ended::Throttled => self.finished == 0,
            Ended::Unavailable | Ended::Denied | Ended::NotDurable | Ended::Cursors | Ended::Gone => true,
        }
    }
}
