//! The errors of the service: the shape name of the JSON protocol, and the older name of the query protocol that goes
//! along in the header `x-amzn-query-error`, because the service is marked `awsQueryCompatible`.

use std::fmt;

/// What kind of refusal it is. The names are the service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InternalFailure,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MessageNotInflight,
    MissingParameter,
    PurgeQueueInProgress,
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleExpired,
    ReceiptHandleIsInvalid,
    Serialization,
    TooManyEntriesInBatchRequest,
    UnknownOperation,
}

impl Kind {
    /// `__type` of the body, and the code of the query protocol.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::BatchEntryIdsNotDistinct => {
                ("com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Self::BatchRequestTooLong => {
                ("com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong")
            }
            Self::EmptyBatchRequest => {
                ("com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest")
            }
            Self::InternalFailure => ("com.amazonaws.sqs#InternalFailure", "InternalFailure"),
            Self::InvalidAttributeName => ("com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName"),
            Self::InvalidAttributeValue => ("com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue"),
            Self::InvalidBatchEntryId => {
                ("com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId")
            }
            Self::InvalidMessageContents => ("com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents"),
            Self::InvalidParameterValue | Self::ReceiptHandleExpired => {
                ("com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue")
            }
            Self::MessageNotInflight => {
                ("com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight")
            }
            Self::MissingParameter => {
                ("com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter")
            }
            Self::PurgeQueueInProgress => {
                ("com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress")
            }
            Self::QueueDoesNotExist => {
                ("com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
            }
            Self::QueueNameExists => ("com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists"),
            Self::ReceiptHandleIsInvalid => ("com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::Serialization => ("com.amazon.coral.service#SerializationException", "SerializationException"),
            Self::TooManyEntriesInBatchRequest => (
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            ),
            Self::UnknownOperation => {
                ("com.amazon.coral.service#UnknownOperationException", "AWS.SimpleQueueService.UnsupportedOperation")
            }
        }
    }
}

/// A refused call, or a refused entry of a batch.
#[derive(Debug)]
pub(super) struct Fault {
    kind: Kind,
    message: String,
}

impl Fault {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(Kind::MissingParameter, format!("The request must contain the parameter {parameter}."))
    }

    pub(super) fn value(parameter: &str, value: impl fmt::Display, reason: &str) -> Self {
        Self::new(
            Kind::InvalidParameterValue,
            format!("Value {value} for parameter {parameter} is invalid. Reason: {reason}"),
        )
    }

    /// `__type` of the answer.
    pub(super) fn shape(&self) -> &'static str {
        self.kind.names().0
    }

    /// The code in the header `x-amzn-query-error`.
    pub(super) fn code(&self) -> &'static str {
        self.kind.names().1
    }

    /// The code of a batch's entry, which differs from that of a call of its own for an expired handle.
    pub(super) fn entry_code(&self) -> &'static str {
        match self.kind {
            Kind::ReceiptHandleExpired => "ReceiptHandleIsInvalid",
            _ => self.code(),
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Whether the caller is to blame; otherwise the call may be repeated.
    pub(super) fn is_sender(&self) -> bool {
        self.kind != Kind::InternalFailure
    }

    pub(super) fn status(&self) -> http::StatusCode {
        if self.is_sender() { http::StatusCode::BAD_REQUEST } else { http::StatusCode::INTERNAL_SERVER_ERROR }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the embedded queue's database failed");
        Self::new(Kind::InternalFailure, "The request processing has failed because of an unknown error.")
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        // Without the error's own text, which quotes the body.
        Self::new(Kind::Serialization, format!("The request cannot be read at column {}.", error.column()))
    }
}
