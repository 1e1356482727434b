//! Error codes of calls and voice messages: 10xxx, and the 5xxx they replaced in October 2024.
//!
//! The vendor flags every 10xxx code permanent, success included, so its flag says nothing here: the class is our
//! reading.

use tributary_events::FailureClass::{Permanent, Transient, Unknown};
use tributary_events::FailureReason::{
    Busy, Cancelled, Configuration, Declined, InvalidAddress, Network, NoAnswer, Other, Policy, Quota,
    UnknownRecipient, Unreachable, VendorError,
};
use tributary_events::{Failure, FailureClass, FailureReason};

use crate::lenient::Text;

type Row = (u32, &'static str, FailureClass, FailureReason);

/// Group 0: the call ended as it should.
const OK: &[(u32, &str)] = &[
    (0, "NO_ERROR"),
    (10000, "NORMAL_HANGUP"),
    (10001, "ANSWERED_ELSEWHERE"),
    (10002, "MACHINE_DETECTED"),
    (10003, "HUMAN_DETECTED"),
    (10004, "MAX_DURATION_REACHED"),
    (5000, "VOICE_ANSWERED"),
    (5001, "VOICE_ANSWERED_MACHINE"),
];

/// Group 1: handset errors.
const HANDSET: &[Row] = &[
    (10100, "DEVICE_FORBIDDEN", Unknown, Unreachable),
    (10101, "DEVICE_NOT_FOUND", Unknown, Unreachable),
    (10102, "DEVICE_UNAVAILABLE", Transient, Unreachable),
    (10103, "MEDIA_ERROR", Transient, Network),
];

/// Group 2: user errors.
const USER: &[Row] = &[
    (10200, "NO_ANSWER", Transient, NoAnswer),
    (10201, "BUSY", Transient, Busy),
    (10202, "CANCELLED", Unknown, Cancelled),
    (10203, "REJECTED", Unknown, Declined),
    (10204, "TEMPORARILY_UNAVAILABLE", Transient, Unreachable),
];

/// Group 3: operator errors. The last three are of the customer's own URL.
const OPERATOR: &[Row] = &[
    (10300, "FORBIDDEN", Permanent, Policy),
    (10301, "INSUFFICIENT_FUNDS", Permanent, Quota),
    (10302, "UNAUTHENTICATED", Permanent, Configuration),
    (10303, "DESTINATION_NOT_FOUND", Permanent, UnknownRecipient),
    (10304, "DESTINATION_UNAVAILABLE", Transient, Unreachable),
    (10305, "INVALID_DESTINATION", Permanent, InvalidAddress),
    (10306, "INVALID_REQUEST", Permanent, Configuration),
    (10307, "REQUEST_TIMEOUT", Transient, Network),
    (10308, "NETWORK_ERROR", Transient, Network),
    (10309, "SERVICE_UNAVAILABLE", Transient, VendorError),
    (10310, "UNKNOWN", Unknown, Other),
    (10311, "FEATURE_UNAVAILABLE", Permanent, Configuration),
    (10312, "CONGESTION", Transient, Network),
    (10313, "UNAUTHORIZED", Permanent, Configuration),
    (10400, "URL_NOT_FOUND", Permanent, Configuration),
    (10401, "URL_UNREACHABLE", Transient, Configuration),
    (10402, "INVALID_RESPONSE", Permanent, Configuration),
];

/// The codes before October 2024, still in the vendor's examples.
const OLD: &[Row] = &[
    (5002, "EC_VOICE_USER_BUSY", Transient, Busy),
    (5003, "EC_VOICE_NO_ANSWER", Transient, NoAnswer),
    (5480, "EC_VOICE_ERROR_TEMPORARILY_NOT_AVAILABLE", Transient, Unreachable),
    (5487, "EC_VOICE_ERROR_REQUEST_TERMINATED", Unknown, Cancelled),
    (5603, "EC_DECLINE", Unknown, Declined),
];

/// Other spellings of names above: words that states, masking reports and older bodies have.
const ALSO: &[(&str, &str)] = &[
    ("answered", "NORMAL_HANGUP"),
    ("finished", "NORMAL_HANGUP"),
    ("user_busy", "BUSY"),
    ("canceled", "CANCELLED"),
    ("declined", "REJECTED"),
    ("decline", "REJECTED"),
];

/// What a name or a code says of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::infobip) enum Ending {
    /// It ended as it should.
    Well,
    /// It did not, and this is why; with the name that the list has for it.
    Badly(&'static str, FailureClass, FailureReason),
}

/// What a word of the vendor's says of a call: the name of a code or a state, in any case and with any separators.
pub(in crate::infobip) fn ending_of_word(word: &str) -> Option<Ending> {
    let folded = crate::fold(word);
    let name = ALSO.iter().find(|(also, _)| *also == folded).map_or(folded, |(_, name)| crate::fold(name));
    let is = |known: &str| crate::fold(known) == name;
    if OK.iter().any(|row| is(row.1)) {
        return Some(Ending::Well);
    }
    rows().find(|row| is(row.1)).map(|row| Ending::Badly(row.1, row.2, row.3))
}

fn ending_of_number(number: u32) -> Option<Ending> {
    if OK.iter().any(|row| row.0 == number) {
        return Some(Ending::Well);
    }
    rows().find(|row| row.0 == number).map(|row| Ending::Badly(row.1, row.2, row.3))
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [HANDSET, USER, OPERATOR, OLD].into_iter().flatten()
}

/// Whether an error is one of calls, whatever the route: by its number, which no other product has (5492 is of messages),
/// or by a name of before.
pub(in crate::infobip) fn is_voice_error(code: &Text<'_>, name: &Text<'_>) -> bool {
    let number = code.get().and_then(|code| code.parse::<u32>().ok());
    let in_range = number.is_some_and(|number| matches!(number, 5000..=5491 | 5493..=5999 | 10000..=10999));
    in_range || name.get().is_some_and(|name| name.starts_with("EC_VOICE_") || name.starts_with("VOICE_"))
}

/// The failure a voice code stands for. `None` where the call ended as it should, or where there is no code at all.
///
/// Code and name may both be missing or not agree: a name that is known goes before a number whose name is another.
pub(in crate::infobip) fn voice_failure<'a>(
    code: &Text<'a>,
    name: &Text<'a>,
    description: &Text<'a>,
) -> Option<Failure<'a>> {
    if code.is_none() && name.is_none() {
        return None;
    }
    let number = code.get().and_then(|code| code.parse::<u32>().ok());
    // The name UNKNOWN says no more than no name.
    let word = if number.is_none() { name.or(code) } else { name.clone() };
    let by_name = word.get().filter(|_| !word.is("UNKNOWN")).and_then(ending_of_word);
    let (known, class, reason) = match by_name.or_else(|| ending_of_number(number?)) {
        Some(Ending::Well) => return None,
        Some(Ending::Badly(known, class, reason)) => (Some(known), class, reason),
        None => {
            let (class, reason) = unlisted(number);
            (None, class, reason)
        }
    };
    Some(Failure {
        code: code.take(),
        name: name.take().or_else(|| known.map(Into::into)),
        description: description.take(),
        ..Failure::new(class, reason)
    })
}

/// The other old codes are 5000 and the SIP response: 404 is 5404.
fn unlisted(number: Option<u32>) -> (FailureClass, FailureReason) {
    match number {
        Some(5404 | 5410 | 5604) => (Permanent, UnknownRecipient),
        Some(5484) => (Permanent, InvalidAddress),
        Some(5486 | 5600) => (Transient, Busy),
        Some(5408 | 5500..=5599) => (Transient, Network),
        Some(5400..=5499) => (Unknown, Network),
        _ => (Unknown, Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &'static str, name: &'static str) -> Option<Failure<'static>> {
        voice_failure(&code.into(), &name.into(), &"text".into())
    }

    #[test]
    fn every_code_is_listed_once() {
        let mut codes: Vec<u32> = OK.iter().map(|row| row.0).collect();
        codes.extend([HANDSET, USER, OPERATOR, OLD].into_iter().flatten().map(|row| row.0));
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), listed);
        for range in [10000..=10004, 10100..=10103, 10200..=10204, 10300..=10313, 10400..=10402] {
            for code in range {
                assert!(codes.contains(&code), "{code}");
            }
        }
    }

    #[test]
    fn calls_that_ended_well_did_not_fail() {
        for code in ["10000", "10001", "10002", "10003", "10004", "5000", "5001", "0"] {
            assert!(failure(code, "WHATEVER").is_none(), "{code}");
        }
        assert!(failure("", "normal_hangup").is_none());
        assert!(failure("", "").is_none());
    }

    #[test]
    fn the_four_ways_not_to_answer_are_told_apart() {
        for (code, name, reason) in [
            ("10200", "NO_ANSWER", NoAnswer),
            ("10201", "BUSY", Busy),
            ("10202", "CANCELLED", Cancelled),
            ("10203", "REJECTED", Declined),
            ("5002", "EC_VOICE_USER_BUSY", Busy),
            ("5003", "EC_VOICE_NO_ANSWER", NoAnswer),
            ("5603", "EC_DECLINE", Declined),
        ] {
            assert_eq!(failure(code, "").unwrap().reason, reason, "{code}");
            let by_name = failure("", name).unwrap();
            assert_eq!(by_name.reason, reason, "{name}");
            assert_eq!(by_name.name.as_deref(), Some(name));
        }
    }

    #[test]
    fn a_known_name_goes_before_a_number_of_another_name() {
        assert_eq!(failure("10200", "BUSY").unwrap().reason, Busy);
        assert_eq!(failure("10000", "REJECTED").unwrap().reason, Declined);
        assert!(failure("10310", "NORMAL_HANGUP").is_none());
        assert_eq!(failure("10200", "UNKNOWN").unwrap().reason, NoAnswer);
        assert_eq!(failure("10200", "NAME_OF_TOMORROW").unwrap().reason, NoAnswer);
    }

    #[test]
    fn a_name_is_known_in_any_spelling() {
        for (name, reason) in [
            ("no answer", NoAnswer),
            ("No-Answer", NoAnswer),
            ("CANCELED", Cancelled),
            ("canceled", Cancelled),
            ("DECLINED", Declined),
            ("user busy", Busy),
            ("congestion", Network),
        ] {
            assert_eq!(failure("", name).unwrap().reason, reason, "{name}");
        }
        assert!(failure("", "answered").is_none());
        assert_eq!(failure("NO_ANSWER", "").unwrap().reason, NoAnswer, "the name where the number should be");
    }

    #[test]
    fn an_error_of_calls_is_told_from_those_of_messages() {
        for (code, name) in
            [("10200", ""), ("5003", "EC_VOICE_NO_ANSWER"), ("5599", "EC_VOICE_ERROR_SERVER"), ("10000", "")]
        {
            assert!(is_voice_error(&code.into(), &name.into()), "{code} {name}");
        }
        for (code, name) in
            [("0", "NO_ERROR"), ("5492", "EC_DUPLICATE_MESSAGE"), ("1", "EC_UNKNOWN_SUBSCRIBER"), ("", "BUSY")]
        {
            assert!(!is_voice_error(&code.into(), &name.into()), "{code} {name}");
        }
    }

    #[test]
    fn a_code_nobody_knows_is_a_failure_of_unknown_kind() {
        let unlisted = failure("10999", "NEW_ONE").unwrap();
        assert_eq!((unlisted.class, unlisted.reason), (Unknown, Other));
        assert_eq!(unlisted.code.as_deref(), Some("10999"));
        assert_eq!(failure("5503", "").unwrap().reason, Network);
    }
}
