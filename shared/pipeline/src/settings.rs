//! The times and limits of the protocol, and the rules between them.

/// The times and limits of the protocol. The defaults keep every rule of the protocol's model check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// L: how long a chunk belongs to whoever put or took it, milliseconds. Longer than the function's timeout.
    pub lease_ms: i64,
    /// How long a claim is kept, seconds. Longer than the longest retry of any vendor (Infobip: 42 hours).
    pub claim_seconds: i64,
    /// Tries of a chunk before it is set aside.
    pub max_tries: u32,
    /// Age at which a chunk that has been tried a few times is set aside, milliseconds.
    pub max_age_ms: i64,
    /// Largest message the queue takes, bytes.
    pub max_message_bytes: usize,
    /// Chunks driven at once.
    pub parallel: usize,
    /// Tries of one call's failed parts within one drive.
    pub attempts: u32,
    /// First pause between those tries, milliseconds; doubles each time.
    pub backoff_ms: u64,
}

/// T: the timeout of a source's function, milliseconds.
pub(crate) const FUNCTION_TIMEOUT_MS: i64 = 20_000;
/// D: the longest a chunk waits for the sweeper after its lease: a minute between invocations, passes within.
pub(crate) const SWEEP_DELAY_MS: i64 = 75_000;
/// SQS FIFO absorbs a repeated deduplication id for so long (AWS: five minutes).
const FIFO_WINDOW_MS: i64 = 300_000;
const LEASE_MS: i64 = 30_000;
/// Faults in a row on one chunk that still give one delivered copy.
const FAULTS: i64 = 2;

/// Before the end of its lease, a driver begins no call; the longest call, with its retries (`aws::load_config`).
pub(crate) const LEASE_MARGIN_MS: i64 = 9_000;
pub(crate) const CALL_MS: u64 = 8_000;
/// From taking a chunk to the effect of the last call of its living driver: the later of a function's end and a call that
/// a sweeper began last.
const EFFECT_MS: i64 = LEASE_MS - LEASE_MARGIN_MS + CALL_MS.cast_signed();
/// Two machines' clocks differ by less (both run on AWS, on its time service).
const SKEW_MS: i64 = 1_000;

// At most one delivered copy on FIFO iff W > k(L + D + S) + T; without L >= T + S even a run without faults may double.
// Both are tight (docs/model.md).
const _: () = assert!(LEASE_MS > FUNCTION_TIMEOUT_MS + SKEW_MS);
const _: () = assert!(LEASE_MS >= EFFECT_MS + SKEW_MS);
const _: () = assert!(EFFECT_MS >= FUNCTION_TIMEOUT_MS);
const _: () = assert!(FIFO_WINDOW_MS > FAULTS * (LEASE_MS + SWEEP_DELAY_MS + SKEW_MS) + EFFECT_MS);

impl Default for Settings {
    fn default() -> Self {
        Self {
            lease_ms: LEASE_MS,
            claim_seconds: 30 * 24 * 3600,
            max_tries: 100,
            max_age_ms: 6 * 3600 * 1000,
            // SQS: 1 MiB for body and attributes together; we set no attributes.
            max_message_bytes: 1_048_576,
            parallel: 16,
            attempts: 4,
            backoff_ms: 40,
        }
    }
}

/// The moment after which no new call is begun. Calls under way are waited for; the rest is left to the sweeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

impl Deadline {
    /// The deadline of a caller that ends at `end_ms`, with `margin_ms` left for calls under way.
    #[must_use]
    pub fn before(end_ms: i64, margin_ms: i64) -> Self {
        Self { at_ms: end_ms - margin_ms }
    }

    pub(crate) fn earlier(self, at_ms: i64) -> Self {
        Self { at_ms: self.at_ms.min(at_ms) }
    }

    pub(crate) fn passed(self, now_ms: i64) -> bool {
        now_ms >= self.at_ms
    }
}
