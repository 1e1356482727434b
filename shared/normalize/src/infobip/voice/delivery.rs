//! Delivery reports of voice messages, outbound IVR, click-to-call and Calls Markup Language.
//!
//! Four dialects: `voiceCall` holds the call; its fields lie flat in the report with times in milliseconds; flat and
//! fewer; and the Messages API's, which has no call at all. A report may hold any, so all places are read.

use std::borrow::Cow;

use serde::Deserialize;
use tributary_events::data::{Call, Campaign, Contact, Message, Money, Recording, Transcription};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureReason, Timestamp};

use super::super::draft::report_identity;
use super::super::payload::{self, Error, Platform, Price, Status};
use super::super::route::Route;
use super::super::status::voice::{ending_of_word, is_voice_error, voice_failure};
use super::super::status::{self, Group};
use super::{VENDOR_CHANNEL, objects, outcome};
use crate::lenient::{Any, Obj, Text};
use crate::{Identity, Output, original};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Report<'a> {
    bulk_id: Text<'a>,
    message_id: Text<'a>,
    from: Text<'a>,
    to: Text<'a>,
    // The Messages API's names of both, and what else it has.
    event: Any<'a>,
    channel: Text<'a>,
    sender: Text<'a>,
    destination: Text<'a>,
    message_count: Text<'a>,
    campaign_reference_id: Text<'a>,
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

impl<'a> Report<'a> {
    /// Whether it tells of the call, in any generation. The price is no sign: it comes and goes.
    fn has_call(&self) -> bool {
        let flat = [&self.start_time, &self.answer_time, &self.end_time, &self.duration, &self.dtmf_codes];
        self.voice_call.get().is_some() || flat.into_iter().any(|field| !field.is_none())
    }

    /// What tells it apart. A report of a call is told by all of it: each attempt of a message has one, and the vendor
    /// documents no fields that tell two of them apart. One without a call is a report like that of any other channel.
    fn identity(&self, text: &str, account: &Text<'a>, out: &Output<'_>) -> Identity {
        let me = out.identity(account.get(), "DELIVERY");
        if self.has_call() {
            return me.element(text);
        }
        let to = self.to.or(&self.destination);
        report_identity(&me, text, &self.message_id, &to, &self.status, &self.error, self.done_at())
    }

    fn done_at(&self) -> Option<Timestamp> {
        payload::time(&self.done_at).or_else(|| objects::time(&self.done_at))
    }
}

fn put(text: &str, report: &Report<'_>, out: &mut Output<'_>) {
    let voice = &report.voice_call;
    let (kind, failure) = verdict(&report.status, &report.error);
    let application = payload::application(&report.platform, &report.application_id);
    let inbound = voice.direction.is("INBOUND");
    let ended_at = objects::time(&voice.end_time.or(&report.end_time));
    let (from, to) = (report.from.or(&report.sender), report.to.or(&report.destination));
    let identity = report.identity(text, &application, out);

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
        from: from.take(),
        to: to.take(),
        parts: report.message_count.int(),
        kind: voice.feature.lower(),
        sent_at: objects::time(&report.sent_at),
        status: report.status.name.or(&report.status.group_name).take(),
        network: report.mcc_mnc.take(),
        ..Message::default()
    }));
    let person = if inbound { &from } else { &to };
    data.contact = person.take().map(|phone| Box::new(Contact { phone: Some(phone), ..Contact::default() }));
    data.address = objects::phone(data.contact.as_deref());
    data.campaign = report
        .campaign_reference_id
        .take()
        .map(|reference| Box::new(Campaign { reference: Some(reference), ..Campaign::default() }));
    data.call = Some(Box::new(Call {
        direction: Some(direction),
        from: from.take(),
        to: to.take(),
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
    let per_second = |amount| {
        Box::new(Money {
            amount: Some(amount),
            currency: report.price.currency.take(),
            per: Some(Cow::Borrowed("second")),
            ..Money::default()
        })
    };
    data.price = report.price.price_per_second.take().map(per_second).or_else(|| report.price.money());
    data.callback_data = report.callback_data.take();

    // Where nothing tells when the call ended, the sending is the nearest time.
    let sent_at = if report.has_call() { objects::time(&report.sent_at) } else { None };
    let time = ended_at.or_else(|| report.done_at()).or(sent_at);
    let subject = report.message_id.get().map(|id| Cow::Owned(format!("message/{id}")));
    out.event(&identity, Draft { kind, subject, time, data });
}

/// What became of the message.
///
/// The error of a call is read before the status: accounts of before 2024 report a call that nobody answered as DELIVERED,
/// with error 5003 EC_VOICE_NO_ANSWER. Any other error means what it means for a message.
fn verdict<'a>(status: &Status<'a>, error: &Error<'a>) -> (EventType, Option<Failure<'a>>) {
    let none = Error::default();
    let by_name_alone =
        error.id.is_none() && !error.name.is("NO_ERROR") && error.name.get().and_then(ending_of_word).is_some();
    let of_calls = is_voice_error(&error.id, &error.name) || by_name_alone;
    let failure = of_calls.then(|| voice_failure(&error.id, &error.name, &error.description)).flatten();
    let of_messages = if of_calls { &none } else { error };
    let by_status = status::failure(status, of_messages);
    match status::delivery(status, of_messages) {
        Some(_) if failure.is_some() && status::group(status) == Some(Group::Delivered) => {
            (EventType::MessageUndelivered, failure)
        }
        Some(kind @ (EventType::MessageQueued | EventType::MessageSent | EventType::MessageDelivered)) => {
            (kind, by_status)
        }
        Some(kind) => (kind, explained(failure, by_status)),
        // No status: the error alone tells whether the call was answered.
        None if failure.is_some() => (EventType::MessageUndelivered, failure),
        None if of_calls => (EventType::MessageDelivered, None),
        None => (EventType::Unrecognized, by_status),
    }
}

/// An error that says nothing does not hide a status that says why.
fn explained<'a>(error: Option<Failure<'a>>, status: Option<Failure<'a>>) -> Option<Failure<'a>> {
    match error {
        Some(error) if error.reason == FailureReason::Other => {
            let reason = status.map_or(FailureReason::Other, |status| status.reason);
            Some(Failure { reason, ..error })
        }
        Some(error) => Some(error),
        None => status,
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
        // The error of a message does not undo a call that was answered.
        let error = r#"{"id":1,"name":"EC_UNKNOWN_SUBSCRIBER"}"#;
        assert_eq!(verdict_of(delivered, error), (EventType::MessageDelivered, None));
    }

    #[test]
    fn end_codes_come_as_text_and_by_name_only() {
        let failed = r#"{"groupId":2,"groupName":"UNDELIVERABLE"}"#;
        for (error, reason) in [
            (r#"{"name":"NO_ANSWER"}"#, FailureReason::NoAnswer),
            (r#"{"name":"CANCELED"}"#, FailureReason::Cancelled),
            (r#"{"name":"DECLINED"}"#, FailureReason::Declined),
            (r#"{"id":"10201"}"#, FailureReason::Busy),
            (r#"{"id":10200,"name":"BUSY"}"#, FailureReason::Busy),
        ] {
            assert_eq!(verdict_of(failed, error), (EventType::MessageUndelivered, Some(reason)), "{error}");
        }
        assert_eq!(verdict_of("{}", r#"{"id":10000}"#), (EventType::MessageDelivered, None));
    }

    #[test]
    fn an_error_that_says_nothing_does_not_hide_the_status() {
        let status = r#"{"groupId":5,"id":12,"name":"REJECTED_NOT_ENOUGH_CREDITS"}"#;
        for error in [r#"{"id":10310,"name":"UNKNOWN"}"#, r#"{"id":10999}"#, "{}"] {
            assert_eq!(verdict_of(status, error), (EventType::MessageRejected, Some(FailureReason::Quota)), "{error}");
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
