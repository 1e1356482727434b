//! What the proxy can do to a call.

use std::time::Duration;

use http::{Response, StatusCode};
use serde_json::json;

use crate::server::Answer;

/// What happens to a call.
///
/// `every: n` befalls the n-th, 2n-th ... part of a batch, counted from 1; with 1 every part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not forwarded; answered 503.
    Unavailable,
    /// Not forwarded; answered as the service throttles: `ThrottlingException` or `RequestThrottled`.
    Throttled,
    /// Not forwarded; answered as DynamoDB does above a table's capacity: `ProvisionedThroughputExceededException`.
    ThroughputExceeded,
    /// Not forwarded; answered with this HTTP status and error code.
    Refused {
        /// HTTP status.
        status: u16,
        /// The code without its namespace, e.g. `InternalServerError`.
        code: &'static str,
    },
    /// Not forwarded; the connection is closed.
    Dropped,
    /// Not forwarded; never answered.
    Hangs,
    /// Forwarded, so it takes effect; then the connection is closed without the answer.
    ReplyLost,
    /// Forwarded after this time.
    Delayed(Duration),
    /// Forwarded at once, so it takes effect; answered after this time.
    ReplyDelayed(Duration),
    /// Forwarded, so it takes effect; the answer breaks off in the middle of its body.
    Truncated,
    /// Forwarded, so it takes effect; answered 200 with a body that is no JSON.
    Malformed,
    /// `BatchExecuteStatement`: such statements are not forwarded and come back with this error inside the 200, e.g.
    /// `ThrottlingError`. Other operations are left alone.
    StatementsFail {
        /// Which statements.
        every: usize,
        /// Code of the statement's error.
        code: &'static str,
    },
    /// `BatchWriteItem` and `BatchGetItem`: such items are not forwarded and come back as `UnprocessedItems` or
    /// `UnprocessedKeys` inside the 200. Other operations are left alone.
    Unprocessed {
        /// Which items, counted within a table.
        every: usize,
    },
    /// `SendMessageBatch`: such entries are not forwarded and come back as `Failed` inside the 200. Other operations are
    /// left alone.
    EntriesFail {
        /// Which entries.
        every: usize,
        /// Code of the entry's failure, e.g. `InternalError`.
        code: &'static str,
        /// Whether the service blames the sender.
        sender_fault: bool,
    },
}

impl Fault {
    /// The answer of a call that is not forwarded, if that is what the fault is.
    pub(super) fn refusal(self, service: &str) -> Option<Response<Answer>> {
        let is_sqs = service.starts_with("AmazonSQS");
        let (status, code) = match self {
            Self::Unavailable => (503, "ServiceUnavailable"),
            Self::Throttled if is_sqs => (400, "RequestThrottled"),
            Self::Throttled => (400, "ThrottlingException"),
            Self::ThroughputExceeded => (400, "ProvisionedThroughputExceededException"),
            Self::Refused { status, code } => (status, code),
            _ => return None,
        };
        let namespace = if is_sqs { "com.amazonaws.sqs" } else { "com.amazonaws.dynamodb.v20120810" };
        let body = json!({"__type": format!("{namespace}#{code}"), "message": "injected by a test"});
        Some(super::json(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), &body))
    }
}
