//! Number masking: the callback of an inbound call, which waits for a command, and the report after the call.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use tributary_events::data::{Call, Contact, Detection, Recording, Transfer};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureClass, FailureReason, Timestamp};

use super::super::route::Route;
use super::super::status::voice::{Ending, ending_of_word};
use super::outcome::word;
use super::{VENDOR_CHANNEL, objects};
use crate::lenient::{Text, plausible};
use crate::{Answer, Output, Request, Settings, original};

/// The setting with the command for an inbound call, a JSON object.
const REPLY: &str = "number_masking_reply";
/// The setting with the command after a `captureDtmf`, a JSON object.
const DTMF_REPLY: &str = "number_masking_dtmf_reply";
/// The one command that ends the call, needs no number and asks nothing back: an announcement, after which Infobip
/// hangs up (infobip.com/docs/voice-and-video/number-masking). Without a file there is nothing to announce.
const DEFAULT_REPLY: &str = r#"{"command":"audio"}"#;

/// Callback and report: the report has `action` and `status`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Masking<'a> {
    from: Text<'a>,
    to: Text<'a>,
    correlation_id: Text<'a>,
    nm_correlation_id: Text<'a>,
    dtmf_captured: Text<'a>,
    action: Text<'a>,
    status: Text<'a>,
    transfer_to: Text<'a>,
    duration: Text<'a>,
    ringing_time: Text<'a>,
    answered_time: Text<'a>,
    recording_file_id: Text<'a>,
    recording_status: Text<'a>,
    machine_detection_result: Text<'a>,
    client_reference_id: Text<'a>,
}

impl Masking<'_> {
    fn is_report(&self) -> bool {
        !self.status.is_none() || !self.action.is_none()
    }

    fn is_callback(&self, route: &Route) -> bool {
        let routed = route.event_is("number_masking") && !self.correlation_id.is_none();
        (routed || !self.nm_correlation_id.is_none()) && !self.is_report()
    }
}

/// The command for a number masking callback; nothing for any other body.
pub(in crate::infobip) fn answer(request: &Request<'_>) -> Option<Answer> {
    let text = std::str::from_utf8(request.body).ok()?;
    let body: Masking<'_> = serde_json::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text)).ok()?;
    if !body.is_callback(&Route::read(request.segments)) {
        return None;
    }
    let after_dtmf = body.dtmf_captured.flag() == Some(true);
    let reply = after_dtmf
        .then(|| command(request.settings, DTMF_REPLY))
        .flatten()
        .or_else(|| command(request.settings, REPLY))
        .map_or(Cow::Borrowed(DEFAULT_REPLY), |reply| Cow::Owned(reply.to_owned()));
    Some(Answer { content_type: "application/json", body: reply })
}

/// A setting, if it is a JSON object: Infobip takes nothing else.
fn command<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    let reply = settings.get(name)?.trim_ascii();
    (reply.starts_with('{') && serde_json::from_str::<&RawValue>(reply).is_ok()).then_some(reply)
}

/// Puts out a callback or a report. Neither has an id of its own: one call may have several of both, with the same
/// correlation ids, so all of the body tells it. The backup URLs are sent the same body.
pub(super) fn put(body: &str, masking: &Masking<'_>, out: &mut Output<'_>) {
    let after_dtmf = masking.dtmf_captured.flag() == Some(true);
    let mut data = Data::new("NUMBER_MASKING", original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.channel = Some(Channel::Voice);
    // After captureDtmf `from` is no number but the keys pressed.
    let caller = if after_dtmf { Text::default() } else { masking.from.clone() };
    data.failure = failure(&masking.status).map(Box::new);
    data.contact = caller.take().map(|phone| Box::new(Contact { phone: Some(phone), ..Contact::default() }));
    data.address = objects::phone(data.contact.as_deref());
    let answered_at = time(&masking.answered_time);
    let rang_at = time(&masking.ringing_time);
    let outcome = match &data.failure {
        Some(failure) => Some(word(failure.reason)),
        None => masking.status.is("answered").then_some("answered"),
    };
    data.call = Some(Box::new(Call {
        id: masking.correlation_id.take(),
        correlation_id: masking.nm_correlation_id.take(),
        direction: Some(Cow::Borrowed("inbound")),
        from: caller.take(),
        to: masking.to.take(),
        state: masking.status.take(),
        outcome: outcome.map(Cow::Borrowed),
        started_at: rang_at,
        answered_at,
        duration_seconds: masking.duration.number(),
        external_id: masking.client_reference_id.take(),
        answered_by: masking.machine_detection_result.lower(),
        dtmf: if after_dtmf { masking.from.take() } else { None },
        action: masking.action.take(),
        ..Call::default()
    }));
    data.detection = masking
        .machine_detection_result
        .take()
        .map(|result| Box::new(Detection { result: Some(result), ..Detection::default() }));
    data.transfer = masking.transfer_to.take().map(|to| Box::new(Transfer { to: Some(to), ..Transfer::default() }));
    if !masking.recording_file_id.is_none() || !masking.recording_status.is_none() {
        data.recording = Some(Box::new(Recording {
            scope: Some(Cow::Borrowed("call")),
            file_id: masking.recording_file_id.take(),
            status: masking.recording_status.take(),
            ..Recording::default()
        }));
    }
    let identity = out.identity(None, "NUMBER_MASKING").element(body);
    let subject =
        masking.correlation_id.or(&masking.nm_correlation_id).get().map(|id| Cow::Owned(format!("call/{id}")));
    out.event(&identity, Draft { kind: EventType::CallMasked, subject, time: answered_at.or(rang_at), data });
}

/// The report's times have no zone. That they are UTC is our reading: every other voice body is in UTC.
fn time(text: &Text<'_>) -> Option<Timestamp> {
    plausible(Timestamp::parse_assuming_utc(text.get()?))
}

fn failure<'a>(status: &Text<'a>) -> Option<Failure<'a>> {
    let (class, reason) = match ending_of_word(status.get()?) {
        Some(Ending::Well) => return None,
        Some(Ending::Badly(_, class, reason)) => (class, reason),
        None => (FailureClass::Unknown, FailureReason::Other),
    };
    Some(Failure { name: status.take(), ..Failure::new(class, reason) })
}

#[cfg(test)]
mod tests {
    use tributary_events::Context;

    use super::*;

    const CALLBACK: &str = r#"{"from":"15005550101","to":"15005550102","correlationId":"c-1","nmCorrelationId":"n-1"}"#;
    const AFTER_DTMF: &str =
        r#"{"from":"42","to":"15005550102","correlationId":"c-1","nmCorrelationId":"n-1","dtmfCaptured":"true"}"#;

    fn answer_to(body: &str, settings: &[(&str, &str)]) -> Option<String> {
        let settings: Settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let context = Context { received: Timestamp::from_unix_millis(0).unwrap(), traceparent: None };
        answer(&Request {
            segments: &[],
            content_type: "application/json",
            body: body.as_bytes(),
            context,
            settings: &settings,
        })
        .map(|answer| {
            assert_eq!(answer.content_type, "application/json");
            answer.body.into_owned()
        })
    }

    #[test]
    fn a_callback_is_answered_with_the_configured_command() {
        let dial = r#"{"command":"dial","phoneNumber":"15005550103","callerId":"15005550102"}"#;
        let audio = r#"{"command":"audio","fileId":"f-1"}"#;
        assert_eq!(answer_to(CALLBACK, &[(REPLY, dial)]).as_deref(), Some(dial));
        assert_eq!(answer_to(AFTER_DTMF, &[(REPLY, dial)]).as_deref(), Some(dial));
        assert_eq!(answer_to(AFTER_DTMF, &[(REPLY, dial), (DTMF_REPLY, audio)]).as_deref(), Some(audio));
        assert_eq!(answer_to(CALLBACK, &[(REPLY, dial), (DTMF_REPLY, audio)]).as_deref(), Some(dial));
    }

    #[test]
    fn without_a_usable_setting_the_call_ends() {
        for settings in [&[][..], &[(REPLY, "")], &[(REPLY, "dial")], &[(REPLY, "{\"command\":")], &[(REPLY, "[]")]] {
            assert_eq!(answer_to(CALLBACK, settings).as_deref(), Some(DEFAULT_REPLY), "{settings:?}");
        }
    }

    #[test]
    fn nothing_else_is_answered_with_a_command() {
        for body in [
            r#"{"nmCorrelationId":"n-1","correlationId":"c-1","action":"dial","status":"busy"}"#,
            r#"{"correlationId":"c-1"}"#,
            r#"{"results":[]}"#,
            "[]",
            "null",
            "",
        ] {
            assert_eq!(answer_to(body, &[(REPLY, "{}")]), None, "{body}");
        }
    }
}
