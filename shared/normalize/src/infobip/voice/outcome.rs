//! How a call ended.

use tributary_events::EventType;
use tributary_events::{Failure, FailureClass, FailureReason};

use super::super::status::voice::{Ending, ending_of_word, voice_failure};
use super::payload::ErrorCode;
use crate::lenient::Text;

/// The failure behind a code; none for the codes of a call that went well.
pub(super) fn failure<'a>(code: &ErrorCode<'a>) -> Option<Failure<'a>> {
    voice_failure(&code.id, &code.name, &code.description)
}

/// The failure behind a call's state, for calls that failed without a code.
pub(super) fn failure_of_state(state: &Text<'_>) -> Failure<'static> {
    let (class, reason) = match state.get().and_then(ending_of_word) {
        Some(Ending::Badly(_, class, reason)) => (class, reason),
        _ => (FailureClass::Unknown, FailureReason::Other),
    };
    Failure::new(class, reason)
}

/// The word for `data.call.outcome`, or `None` if the call has not ended.
///
/// Infobip documents that CALL_FINISHED follows an answer and CALL_FAILED the lack of one, and puts the code into
/// both: a call that was answered and then cut off is `answered`, with a failure beside it.
pub(super) fn outcome(
    kind: EventType,
    answered: bool,
    state: &Text<'_>,
    failure: Option<&Failure<'_>>,
) -> Option<&'static str> {
    let failed = failure.map(|failure| word(failure.reason));
    match kind {
        EventType::CallFinished if answered => Some("answered"),
        EventType::CallFinished => Some(failed.unwrap_or("answered")),
        EventType::CallFailed => Some(failed.unwrap_or("failed")),
        EventType::CallBulkStatus if answered => Some("answered"),
        EventType::CallBulkStatus => failed.or_else(|| match state.get().and_then(ending_of_word) {
            Some(Ending::Well) => Some("answered"),
            Some(Ending::Badly(_, _, reason)) => Some(word(reason)),
            None => state.is("FAILED").then_some("failed"),
        }),
        _ => None,
    }
}

/// The outcome of a call that did not come about for this reason.
pub(super) fn word(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::NoAnswer => "no_answer",
        FailureReason::Busy => "busy",
        FailureReason::Declined => "declined",
        FailureReason::Cancelled => "cancelled",
        _ => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: EventType, answered: bool, code: &str, state: &str) -> Option<&'static str> {
        let code = ErrorCode { id: Text::from(code), ..ErrorCode::default() };
        outcome(kind, answered, &Text::from(state), failure(&code).as_ref())
    }

    #[test]
    fn the_code_tells_calls_that_were_not_answered_apart() {
        for (code, word) in [
            ("10200", "no_answer"),
            ("5003", "no_answer"),
            ("10201", "busy"),
            ("5002", "busy"),
            ("10202", "cancelled"),
            ("10203", "declined"),
            ("5603", "declined"),
            ("10204", "failed"),
            ("10303", "failed"),
        ] {
            assert_eq!(of(EventType::CallFailed, false, code, "FAILED"), Some(word), "{code}");
            assert_eq!(of(EventType::CallFinished, false, code, "FINISHED"), Some(word), "{code}");
        }
    }

    #[test]
    fn an_answered_call_stays_answered_however_it_ends() {
        for code in ["10000", "10002", "10004", "10308", ""] {
            assert_eq!(of(EventType::CallFinished, true, code, "FINISHED"), Some("answered"), "{code}");
            assert_eq!(of(EventType::CallBulkStatus, true, code, "FINISHED"), Some("answered"), "{code}");
        }
        assert_eq!(of(EventType::CallFinished, false, "10000", ""), Some("answered"));
    }

    #[test]
    fn a_call_under_way_has_no_outcome() {
        assert_eq!(of(EventType::CallRinging, false, "", "RINGING"), None);
        assert_eq!(of(EventType::CallBulkStatus, false, "", "CALLING"), None);
        for (state, word) in [
            ("BUSY", "busy"),
            ("CANCELED", "cancelled"),
            ("Declined", "declined"),
            ("FINISHED", "answered"),
            ("FAILED", "failed"),
        ] {
            assert_eq!(of(EventType::CallBulkStatus, false, "", state), Some(word), "{state}");
        }
    }
}
