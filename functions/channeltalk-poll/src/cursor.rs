//! How far a list has been read.

use async_trait::async_trait;
use tributary_pipeline::ports::{Fault, Fenced};

/// How far a list has been read. Everything before `since` is durable, and old enough that nothing is added there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The vendor's `next` from which to read on; none from the beginning.
    pub since: Option<String>,
    /// Fingerprint of the page at `since` as it was when all of it was durable. Reading the same page again is no work.
    pub page: Option<String>,
    /// When the list was last read to its end, milliseconds since 1970; 0 for never.
    pub complete_ms: i64,
    /// Raised by each save; 0 where nothing is stored.
    pub revision: u64,
}

/// Where cursors are kept.
#[async_trait]
pub trait Cursors: Send + Sync {
    /// The cursor of that name, read consistently; the default one where there is none.
    async fn load(&self, name: &str) -> Result<Cursor, Fault>;
    /// Stores a cursor, with its revision raised by one, if the stored revision is still the cursor's.
    async fn save(&self, name: &str, cursor: &Cursor) -> Result<Fenced, Fault>;
}
