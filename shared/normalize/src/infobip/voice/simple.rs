//! The bodies without a `type` that stand alone: missed calls, call links, and the requests that ask for instructions.

use std::borrow::Cow;

use serde::Deserialize;
use tributary_events::data::{Call, Conference, Contact, Detection, Dialog, Participant, Recording as RecordingData};
use tributary_events::{Channel, Data, Draft, EventType};

use super::payload::{self, Endpoint, ErrorCode, Recording};
use super::{VENDOR_CHANNEL, objects, outcome};
use crate::lenient::{Any, List, Obj, Text};
use crate::{Output, original};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct MissedCall<'a> {
    calling_number: Text<'a>,
    called_number: Text<'a>,
    time_of_call: Text<'a>,
}

/// A number of the customer's was called and nobody answered. There is no call id.
pub(super) fn missed_call(body: &str, missed: &MissedCall<'_>, out: &mut Output<'_>) {
    let time = objects::time(&missed.time_of_call);
    let mut data = voice_data("MISSED_CALL", body);
    data.contact = Some(Box::new(Contact { phone: missed.calling_number.take(), ..Contact::default() }));
    data.call = Some(Box::new(Call {
        direction: Some(Cow::Borrowed("inbound")),
        from: missed.calling_number.take(),
        to: missed.called_number.take(),
        outcome: Some(Cow::Borrowed("no_answer")),
        started_at: time,
        ..Call::default()
    }));
    data.address = objects::phone(data.contact.as_deref());
    let identity = out.identity(None, "MISSED_CALL").element(body);
    out.event(&identity, Draft { kind: EventType::CallMissed, subject: None, time, data });
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct CallLink<'a> {
    call_link_id: Text<'a>,
    call_details: Obj<CallDetails<'a>>,
    custom_data: Any<'a>,
    recording: Obj<Recording<'a>>,
    error_code: ErrorCode<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct CallDetails<'a> {
    /// WEBRTC and PHONE
    caller: Obj<Side<'a>>,
    /// WEBRTC and PHONE
    callee: Obj<Side<'a>>,
    /// ROOM
    participants: List<Side<'a>>,
    dialog_id: Text<'a>,
    conference_id: Text<'a>,
    hangup_source: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Side<'a> {
    call_id: Text<'a>,
    endpoint: Obj<Endpoint<'a>>,
    start_time: Text<'a>,
    join_time: Text<'a>,
    leave_time: Text<'a>,
    duration: Text<'a>,
    state: Text<'a>,
}

/// What came of a call over a call link. One body at the end; it has no time of its own. Which side is the person and
/// which the company's is not told, so there is no address.
pub(super) fn call_link(body: &str, link: &CallLink<'_>, out: &mut Output<'_>) {
    let details = &link.call_details;
    let sides: Vec<&Side<'_>> =
        details.caller.get().into_iter().chain(details.callee.get()).chain(details.participants.iter()).collect();
    let first = sides.first().copied();
    let ended_at = sides.iter().filter_map(|side| objects::time(&side.leave_time)).max();
    let failure = outcome::failure(&link.error_code);
    let answered = failure.is_none() && sides.iter().any(|side| !side.join_time.is_none());
    let mut data = voice_data("call link webhook", body);
    data.attributes = link.custom_data.take();
    data.call = Some(Box::new(Call {
        id: first.and_then(|side| side.call_id.take()),
        from: details.caller.get().and_then(|side| address(side)),
        to: details.callee.get().and_then(|side| address(side)),
        state: first.and_then(|side| side.state.take()),
        outcome: match &failure {
            Some(failure) => Some(Cow::Borrowed(outcome::word(failure.reason))),
            None => answered.then_some(Cow::Borrowed("answered")),
        },
        started_at: sides.iter().filter_map(|side| objects::time(&side.start_time)).min(),
        answered_at: first.and_then(|side| objects::time(&side.join_time)),
        ended_at,
        duration_seconds: first.and_then(|side| side.duration.number()),
        hangup_source: details.hangup_source.take(),
        end_code: link.error_code.id.take(),
        end_name: link.error_code.name.take(),
        dialog_id: details.dialog_id.take(),
        ..Call::default()
    }));
    data.failure = failure.map(Box::new);
    let both = [("caller", &details.caller), ("callee", &details.callee)];
    let both: Vec<_> = both.iter().filter_map(|(role, side)| Some(participant(Some(*role), side.get()?))).collect();
    if !both.is_empty() || !details.dialog_id.is_none() {
        data.dialog = Some(Box::new(Dialog {
            id: details.dialog_id.take(),
            parent_call_id: details.caller.call_id.take(),
            child_call_id: details.callee.call_id.take(),
            participants: (!both.is_empty()).then_some(both),
            ..Dialog::default()
        }));
    }
    if !details.participants.is_empty() {
        data.conference = Some(Box::new(Conference {
            id: details.conference_id.take(),
            participant_call_ids: Some(details.participants.iter().filter_map(|side| side.call_id.take()).collect()),
            participants: Some(details.participants.iter().map(|side| participant(None, side)).collect()),
            ..Conference::default()
        }));
    }
    let scope = match (&data.dialog, &data.conference) {
        (Some(_), _) => "dialog",
        (None, Some(_)) => "conference",
        (None, None) => "call",
    };
    data.recording = link.recording.get().map(|recording| Box::new(objects::recording(scope, recording)));
    let subject = match (details.dialog_id.get(), first.and_then(|side| side.call_id.get())) {
        (Some(id), _) => Some(format!("dialog/{id}")),
        (None, Some(id)) => Some(format!("call/{id}")),
        (None, None) => None,
    };
    let identity = out.identity(None, "call link webhook").element(body);
    let draft = Draft { kind: EventType::CallLinkFinished, subject: subject.map(Cow::Owned), time: ended_at, data };
    out.event(&identity, draft);
}

fn address<'a>(side: &Side<'a>) -> Option<tributary_events::Str<'a>> {
    objects::endpoint(&side.endpoint)?.address
}

fn participant<'a>(role: Option<&'static str>, side: &Side<'a>) -> Participant<'a> {
    Participant {
        call_id: side.call_id.take(),
        state: side.state.take(),
        role: role.map(Cow::Borrowed),
        joined_at: objects::time(&side.join_time),
        left_at: objects::time(&side.leave_time),
        endpoint: objects::endpoint(&side.endpoint),
        ..Participant::default()
    }
}

/// A request that asks what to do with a call: it wants an answer that a queue cannot give, and is no event of the
/// list. It flows on under the words that Infobip's documentation has for it.
pub(super) fn call_request(body: &str, name: &str, call: &payload::Call<'_>, out: &mut Output<'_>) {
    let mut data = voice_data(name.to_owned(), body);
    data.vendor.account = call.application_id.take();
    data.contact = objects::contact(call, &Text::default()).map(Box::new);
    data.address = objects::phone(data.contact.as_deref());
    data.attributes = call.custom_data.take();
    data.failure = outcome::failure(&call.error_code).map(Box::new);
    data.call = Some(Box::new(Call {
        end_code: call.error_code.id.take(),
        end_name: call.error_code.name.take(),
        dtmf: call.captured_dtmf.take(),
        ..objects::call(call)
    }));
    data.detection = call
        .machine_detection_result
        .take()
        .map(|result| Box::new(Detection { result: Some(result), ..Detection::default() }));
    data.recording = call.recording_file_id.take().map(|id| {
        Box::new(RecordingData { scope: Some(Cow::Borrowed("call")), file_id: Some(id), ..RecordingData::default() })
    });
    let subject = call.call_id.get().map(|id| Cow::Owned(format!("call/{id}")));
    let identity = out.identity(call.application_id.get(), name).element(body);
    // `startTime` is when the call began, not when this was asked.
    out.event(&identity, Draft { kind: EventType::Unrecognized, subject, time: None, data });
}

fn voice_data<'a>(name: impl Into<tributary_events::Str<'a>>, body: &'a str) -> Data<'a> {
    let mut data = Data::new(name, original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.channel = Some(Channel::Voice);
    data
}
