//! Delivery reports of voice messages, outbound IVR, click-to-call and Calls Markup Language.
//!
//! Three generations: `voiceCall` holds the call; its fields lie flat in the report with times in milliseconds; flat
//! and fewer. A report may hold either, so both places are read.

use std::borrow::Cow;

use serde::Deserialize;
use tributary_events::data::{Call, Contact, Message, Money, Recording, Transcription};
use tributary_events::{Channel, Data, Draft, EventType, Failure, Key};

use super::super::payload::{self, Error, Platform, Price, Status};
use super::super::route::Route;
use super::super::status::voice::voice_failure;
use super::super::status::{self, Group};
use super::{VENDOR_CHANNEL, objects, outcome};
use crate::lenient::{Any, Obj, Text};
use crate::{Output, canonical, original};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Report<'a> {
    bulk_id: Text<'a>,
    message_id: Text<'a>,
    from: Text<'a>,
    to: Text<'a>,
    sent_at: Text<'a>,
    done_at: Text<'a>,
    mcc_mnc: Text<'a>,
    callback_data: Any<'a>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
    voice_call: Obj<VoiceCall<'a>>,
    // The two older generations.
    start_time: Text<'a>,
    answer_time: Text<'a>,
    end_time: Text<'a>,
    duration: Text<'a>,
    dtmf_codes: Text<'a>,
    price: Obj<Price<'a>>,
    status: Obj<Status<'a>>,
    error: Obj<Error<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct VoiceCall<'a> {
    feature: Text<'a>,
    start_time: Text<'a>,
    answer_time: Text<'a>,
    end_time: Text<'a>,
    /// Seconds.
    duration: Text<'a>,
    /// Seconds.
    charged_duration: Text<'a>,
    dtmf_codes: Text<'a>,
    answered_by: Text<'a>,
    call_recording_file_id: Text<'a>,
    direction: Text<'a>,
    ivr: Obj<Ivr<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Ivr<'a> {
    spoken_input: Text<'a>,
    matched_spoken_input: Text<'a>,
}

/// Reads one element of `results`.
pub(in crate::infobip) fn read_report(report: &str, _route: &Route, out: &mut Output<'_>) {
    match out.parse::<Report<'_>>(report) {
        Ok(body) => put(report, &body, out),
        Err(error) => out.broken(&error, report),
    }
}

fn put(text: &str, report: &Report<'_>, out: &mut Output<'_>) {
    let voice = &report.voice_call;
    let (kind, failure) = verdict(&report.status, &report.error);
    let application = payload::application(&report.platform, &report.application_id);
    let inbound = voice.direction.is("INBOUND");
    let ended_at = objects::time(&voice.end_time.or(&report.end_time));

    let mut data = Data::new("DELIVERY", original(text));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.vendor.account = application.take();
    data.channel = Some(Channel::Voice);
    let outcome = call_outcome(kind, failure.as_ref());
    let direction = Cow::Borrowed(if inbound { "inbound" } else { "outbound" });
    data.message = Some(Box::new(Message {
        id: report.message_id.take(),
        bulk_id: report.bulk_id.take(),
        direction: Some(direction.clone()),
        from: report.from.take(),
        to: report.to.take(),
        kind: voice.feature.lower(),
        sent_at: objects::time(&report.sent_at),
        status: report.status.name.or(&report.status.group_name).take(),
        network: report.mcc_mnc.take(),
        ..Message::default()
    }));
    let person = if inbound { &report.from } else { &report.to };
    data.contact = person.take().map(|phone| Box::new(Contact { phone: Some(phone), ..Contact::default() }));
    data.call = Some(Box::new(Call {
        direction: Some(direction),
        from: report.from.take(),
        to: report.to.take(),
        outcome: outcome.map(Cow::Borrowed),
        started_at: objects::time(&voice.start_time.or(&report.start_time)),
        answered_at: objects::time(&voice.answer_time.or(&report.answer_time)),
        ended_at,
        duration_seconds: voice.duration.or(&report.duration).number(),
        charged_seconds: voice.charged_duration.number(),
        end_code: if outcome.is_some() { report.error.id.take() } else { None },
        end_name: if outcome.is_some() { report.error.name.take() } else { None },
        bulk_id: report.bulk_id.take(),
        answered_by: voice.answered_by.lower(),
        dtmf: voice.dtmf_codes.or(&report.dtmf_codes).take(),
        ..Call::default()
    }));
    data.failure = failure.map(Box::new);
    data.recording = voice.call_recording_file_id.take().map(|id| {
        Box::new(Recording { scope: Some(Cow::Borrowed("call")), file_id: Some(id), ..Recording::default() })
    });
    let ivr = &voice.ivr;
    if !ivr.spoken_input.is_none() || !ivr.matched_spoken_input.is_none() {
        data.transcription = Some(Box::new(Transcription {
            text: ivr.spoken_input.take(),
            matched: ivr.matched_spoken_input.take(),
            ..Transcription::default()
        }));
    }
    data.price = report.price.price_per_second.take().map(|amount| {
        Box::new(Money {
            amount: Some(amount),
            currency: report.price.currency.take(),
            per: Some(Cow::Borrowed("second")),
            ..Money::default()
        })
    });
    data.callback_data = report.callback_data.take();

    let key = Key::new(out.source(), application.get()).part(Some("voice_delivery"));
    let key = match report.message_id.get() {
        // A report differs from the next one of its message by these; its price may be corrected later.
        Some(id) => key
            .part(Some(id))
            .part(report.status.id.or(&report.status.group_name).get())
            .part(report.error.id.or(&report.error.name).get())
            .part(report.to.get()),
        None => key.part(Some(&canonical::whole(text))),
    };
    out.event(
        &crate::Identity::of_key(key.finish()),
        Draft {
            kind,
            subject: report.message_id.get().map(|id| Cow::Owned(format!("message/{id}"))),
            time: ended_at.or_else(|| objects::time(&report.done_at)).or_else(|| objects::time(&report.sent_at)),
            data,
        },
    );
}

/// What became of the message.
///
/// The error is read before the status: accounts of before 2024 report a call that nobody answered as DELIVERED, with
/// error 5003 EC_VOICE_NO_ANSWER.
fn verdict<'a>(status: &Status<'a>, error: &Error<'a>) -> (EventType, Option<Failure<'a>>) {
    // The tables of messages do not hold the error codes of calls.
    let none = Error::default();
    let failure = voice_failure(&error.id, &error.name, &error.description);
    match status::delivery(status, &none) {
        Some(_) if failure.is_some() && status::group(status) == Some(Group::Delivered) => {
            (EventType::MessageUndelivered, failure)
        }
        Some(kind @ (EventType::MessageUndelivered | EventType::MessageExpired | EventType::MessageRejected)) => {
            (kind, failure.or_else(|| status::failure(status, &none)))
        }
        Some(kind) => (kind, None),
        // No status: the error alone tells whether the call was answered.
        None if failure.is_some() => (EventType::MessageUndelivered, failure),
        None if !error.id.is_none() => (EventType::MessageDelivered, None),
        None => (EventType::Unrecognized, None),
    }
}

fn call_outcome(kind: EventType, failure: Option<&Failure<'_>>) -> Option<&'static str> {
    match kind {
        EventType::MessageDelivered => Some("answered"),
        EventType::MessageUndelivered | EventType::MessageRejected | EventType::MessageExpired => {
            Some(failure.map_or("failed", |failure| outcome::word(failure.reason)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tributary_events::FailureReason;

    use super::*;

    fn verdict_of(status: &str, error: &str) -> (EventType, Option<FailureReason>) {
        let status: Status<'_> = serde_json::from_str(status).unwrap();
        let error: Error<'_> = serde_json::from_str(error).unwrap();
        let (kind, failure) = verdict(&status, &error);
        (kind, failure.map(|failure| failure.reason))
    }

    #[test]
    fn the_error_is_read_before_the_status() {
        let delivered = r#"{"groupId":3,"groupName":"DELIVERED","id":5}"#;
        for (error, reason) in [
            (r#"{"groupId":0,"groupName":"Ok","id":5003}"#, FailureReason::NoAnswer),
            (r#"{"id":"5002"}"#, FailureReason::Busy),
            (r#"{"id":5603}"#, FailureReason::Declined),
        ] {
            assert_eq!(verdict_of(delivered, error), (EventType::MessageUndelivered, Some(reason)), "{error}");
        }
        for error in ["{}", r#"{"id":0}"#, r#"{"name":"NO_ERROR"}"#, r#"{"id":5000}"#, r#"{"id":"5001"}"#] {
            assert_eq!(verdict_of(delivered, error), (EventType::MessageDelivered, None), "{error}");
        }
    }

    #[test]
    fn the_status_explains_what_the_error_does_not() {
        for (status, kind, reason) in [
            (r#"{"groupId":"2","id":96}"#, EventType::MessageUndelivered, FailureReason::NoAnswer),
            (r#"{"groupName":"undeliverable","id":97}"#, EventType::MessageUndelivered, FailureReason::Busy),
            (r#"{"groupId":2,"id":98}"#, EventType::MessageUndelivered, FailureReason::Cancelled),
            (r#"{"groupId":4,"id":15}"#, EventType::MessageExpired, FailureReason::Expired),
            (r#"{"groupId":5,"id":99}"#, EventType::MessageRejected, FailureReason::Other),
        ] {
            assert_eq!(verdict_of(status, "{}"), (kind, Some(reason)), "{status}");
        }
    }

    #[test]
    fn a_pending_call_has_not_failed() {
        let pending = r#"{"groupId":1,"id":26}"#;
        assert_eq!(verdict_of(pending, r#"{"id":10308}"#), (EventType::MessageQueued, None));
        assert_eq!(verdict_of("{}", "{}"), (EventType::Unrecognized, None));
    }
}
