//! Why an off-site message failed. KARTE documents no codes: it passes on what the sending service said.

use tributary_events::{Channel, Failure, FailureClass, FailureReason};

use super::payload::Values;

/// The failure of a `talk_message_fail`, and whether the event calls it a bounce.
pub(super) fn failure<'a>(values: &Values<'a>, channel: Option<Channel>) -> (Failure<'a>, bool) {
    let words = [&values.error_code, &values.r#type, &values.reason, &values.error_message];
    let says = |word: &str| words.iter().any(|text| contains(text.get(), word));
    // Only mail bounces; a channel that is not told may be mail.
    let bounced = says("bounce") && matches!(channel, None | Some(Channel::Email));
    let by_code = values.error_code.or(&values.r#type).or(&values.reason).get().and_then(firebase);
    let (class, reason) = match by_code {
        Some(known) => known,
        None if bounced && says("soft") => (FailureClass::Transient, FailureReason::Other),
        None if bounced && says("hard") => (FailureClass::Permanent, FailureReason::Other),
        None => (FailureClass::Unknown, FailureReason::Other),
    };
    let failure = Failure {
        class,
        reason,
        code: values.error_code.take(),
        name: values.r#type.or(&values.reason).take(),
        description: values.error_message.take(),
    };
    (failure, bounced)
}

/// Error codes of Firebase Cloud Messaging, the service behind KARTE's push
/// (firebase.google.com/docs/cloud-messaging/error-codes).
fn firebase(code: &str) -> Option<(FailureClass, FailureReason)> {
    use {FailureClass as Class, FailureReason as Reason};
    Some(match code {
        "UNREGISTERED" => (Class::Permanent, Reason::UnknownRecipient),
        "INVALID_ARGUMENT" => (Class::Permanent, Reason::InvalidAddress),
        "SENDER_ID_MISMATCH" => (Class::Permanent, Reason::Configuration),
        "THIRD_PARTY_AUTH_ERROR" => (Class::Permanent, Reason::Configuration),
        "QUOTA_EXCEEDED" => (Class::Transient, Reason::Quota),
        "UNAVAILABLE" | "INTERNAL" => (Class::Transient, Reason::VendorError),
        _ => return None,
    })
}

fn contains(text: Option<&str>, word: &str) -> bool {
    text.is_some_and(|text| text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes())))
}
