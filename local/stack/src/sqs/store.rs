//! The database under the queues: one SQLite connection, one transaction a call.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::errors::Fault;
use crate::Clock;

/// Long enough for a predecessor in the same process to let go of the file, short enough to tell a user soon that a
/// second gateway runs on the directory.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Row ids of messages are never used twice (AUTOINCREMENT): they give the order, and a receipt handle names one.
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    attributes TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    purged INTEGER,
    sequence INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    trace TEXT,
    message_group TEXT,
    dedup TEXT,
    sequence TEXT,
    sent INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    first_received INTEGER,
    receipt TEXT,
    source TEXT
);
CREATE INDEX IF NOT EXISTS message_order ON message (queue, id);
CREATE INDEX IF NOT EXISTS message_age ON message (queue, sent);
CREATE INDEX IF NOT EXISTS message_group ON message (queue, message_group, visible) WHERE message_group IS NOT NULL;
CREATE TABLE IF NOT EXISTS dedup (
    queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
    scope TEXT NOT NULL,
    id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sequence TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (queue, scope, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dedup_expiry ON dedup (queue, expires);
";

/// The queues and their messages.
pub(super) struct Store {
    connection: Mutex<Connection>,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the file, or memory without a path.
    pub(super) fn open(path: Option<&Path>, clock: Arc<dyn Clock>) -> rusqlite::Result<Self> {
        let connection = match path {
            Some(path) => Connection::open(path)?,
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(LOCK_WAIT)?;
        // One process a directory: two would hand out each other's messages.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit reaches the operating system before the answer leaves, so a killed process loses nothing. The sync
        // to the disk, which only a power failure needs, is left to checkpoints.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection: Mutex::new(connection), clock })
    }

    /// Runs one call in a transaction that is kept only if it succeeds. `now` is in milliseconds of Unix time.
    pub(super) fn call<T>(&self, work: impl FnOnce(&Transaction<'_>, i64) -> Result<T, Fault>) -> Result<T, Fault> {
        // A panic while the lock was held has rolled its transaction back, so the state is sound.
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = work(&transaction, milliseconds(self.clock.now_unix_secs_f64()))?;
        transaction.commit()?;
        Ok(answer)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Unix time in milliseconds is far below 2^53")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}
