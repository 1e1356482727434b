//! The Calls API: one event in an envelope of `type`, `timestamp` and ids, its content in `properties`.

use std::borrow::Cow;

use tributary_events::data::{Detection, MediaStream, Playback, Transcription, Transfer};
use tributary_events::{
    Channel, Data, Draft, EventId, EventType, Failure, FailureClass, FailureReason, Key, Str, data,
};

use super::super::payload::application;
use super::payload::{self, Envelope, ErrorCode, Piece, Properties};
use super::types::{About, event_type};
use super::{VENDOR_CHANNEL, objects, outcome};
use crate::lenient::{Any, Text};
use crate::{Output, canonical, original};

/// What the event belongs to. The envelope's ids are optional, and those in `properties` say the same.
struct Ids<'a> {
    call: Text<'a>,
    conference: Text<'a>,
    dialog: Text<'a>,
    bulk: Text<'a>,
}

impl<'a> Ids<'a> {
    fn of(envelope: &Envelope<'a>) -> Self {
        let properties = &envelope.properties;
        Self {
            call: envelope
                .call_id
                .or(&properties.call.id)
                .or(&properties.call_log.call_id)
                .or(&properties.participant.call_id)
                .or(&properties.recording.call_id),
            conference: envelope.conference_id.or(&properties.conference.id),
            dialog: envelope.dialog_id.or(&properties.dialog.id),
            bulk: envelope.bulk_id.or(&properties.call_log.bulk_id),
        }
    }

    /// A recording has the subject of what was recorded, so that one that comes after the end still finds its call.
    fn subject(&self, about: About) -> Option<Str<'a>> {
        let call = || self.call.get().map(|id| format!("call/{id}"));
        let conference = || self.conference.get().map(|id| format!("conference/{id}"));
        let dialog = || self.dialog.get().map(|id| format!("dialog/{id}"));
        let bulk = || self.bulk.get().map(|id| format!("bulk/{id}"));
        let participant = || Some(format!("participant/{}/{}", self.conference.get()?, self.call.get()?));
        let own = match about {
            About::Call => None,
            About::Conference => conference(),
            About::Dialog => dialog(),
            About::Participant => participant(),
        };
        own.or_else(call).or_else(conference).or_else(dialog).or_else(bulk).map(Cow::Owned)
    }
}

/// Puts out the event `name` of this envelope. A name that the schema does not list flows as `unrecognized`.
pub(super) fn put(body: &str, name: &str, envelope: &Envelope<'_>, out: &mut Output<'_>) {
    let kind = event_type(name).unwrap_or(EventType::Unrecognized);
    let about = About::of(name);
    let ids = Ids::of(envelope);
    let mut data = Data::new(name.to_owned(), original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    data.vendor.account = application(&envelope.platform, &envelope.application_id).take();
    data.channel = Some(Channel::Voice);
    let code = error_code(&envelope.properties, out);
    fill(&mut data, kind, about, name, envelope, &ids, &code);
    out.event(
        &crate::Identity::of_key(key(body, name, envelope, &ids, out.source())),
        Draft { kind, subject: ids.subject(about), time: objects::time(&envelope.timestamp), data },
    );
}

/// There is no event id, and the same type recurs within one call: the timestamp is what tells two events apart.
fn key(body: &str, name: &str, envelope: &Envelope<'_>, ids: &Ids<'_>, source: &str) -> EventId {
    let properties = &envelope.properties;
    let account = application(&envelope.platform, &envelope.application_id);
    let at = match objects::time(&envelope.timestamp) {
        Some(time) => time.to_string(),
        None => canonical::whole(body),
    };
    let mut key = Key::new(source, account.get())
        .part(Some("calls"))
        .part(Some(name))
        .part(ids.call.get())
        .part(ids.conference.get())
        .part(ids.dialog.get())
        .part(ids.bulk.get())
        .part(Some(&at))
        .part(properties.file_id.get())
        .part(properties.transfer_id.get())
        .part(properties.stream_id.get())
        // Two actions may fail, and two pieces of speech end, in the same millisecond.
        .part(properties.action_type.get())
        .part(transcription(&properties.results).text.as_deref());
    for file in properties.recording.files.iter().chain(properties.recording.composed_files.iter()) {
        key = key.part(file.id.get());
    }
    key.finish()
}

/// An object where something ended, a word in ERROR.
fn error_code<'a>(properties: &Properties<'a>, out: &Output<'_>) -> ErrorCode<'a> {
    let of_log = || {
        let code = &properties.call_log.error_code;
        ErrorCode { id: code.id.clone(), name: code.name.clone(), description: code.description.clone() }
    };
    match properties.error_code.get() {
        Some(json) if properties.error_code.is_object() => out.parse(json).unwrap_or_default(),
        _ if properties.call_log.error_code.get().is_some() => of_log(),
        _ => ErrorCode {
            id: properties.error_code.text(),
            name: Text::default(),
            description: properties.error_details.clone(),
        },
    }
}

fn fill<'a>(
    data: &mut Data<'a>,
    kind: EventType,
    about: About,
    name: &str,
    envelope: &Envelope<'a>,
    ids: &Ids<'a>,
    code: &ErrorCode<'a>,
) {
    let properties = &*envelope.properties;
    data.failure = failure(kind, properties, code).map(Box::new);
    data.attributes = properties.custom_data.take().or_else(|| properties.recording_custom_data.take());
    call(data, kind, envelope, ids, code);
    conversation_of_calls(data, kind, about, properties, ids, code);
    match kind {
        EventType::RecordingStarted
        | EventType::RecordingStopped
        | EventType::RecordingReady
        | EventType::RecordingFailed
        | EventType::RecordingDeleted
        | EventType::RecordingComposed
        | EventType::RecordingCompositionFailed => data.recording = Some(Box::new(recording(about, properties))),
        EventType::CallPlaybackFinished => {
            let kind = if name == "SAY_FINISHED" { "say" } else { "play" };
            data.playback = Some(Box::new(playback(Some(kind), &properties.duration, &properties.played_completely)));
        }
        EventType::CallDtmfCaptured => {
            let played = properties.played_content_properties.get();
            data.playback = played.map(|played| Box::new(playback(None, &played.duration, &played.played_completely)));
            data.transcription = Some(Box::new(Transcription {
                text: properties.dtmf.take(),
                timed_out: properties.timeout.flag(),
                ..Transcription::default()
            }));
        }
        EventType::CallSpeechCaptured => {
            data.transcription = Some(Box::new(Transcription {
                text: properties.full_text.take(),
                matched: properties.matched_key_phrase.take(),
                confidence: properties.confidence.number(),
                ended_by: properties.termination_reason.take(),
                timed_out: properties.termination_reason.get().map(|reason| reason == "TIMEOUT"),
                ..Transcription::default()
            }));
        }
        EventType::CallTranscribed => data.transcription = Some(Box::new(transcription(&properties.results))),
        EventType::CallMachineDetected
        | EventType::CallMachineDetectionFailed
        | EventType::CallMachineMessageDetected
        | EventType::CallMachineMessageDetectionFailed => {
            data.detection = Some(Box::new(Detection {
                result: properties.detection_result.take(),
                confidence: properties.confidence_rating.take(),
                reason: properties.reason.take(),
                ..Detection::default()
            }));
        }
        EventType::MediaStreamStarted | EventType::MediaStreamFinished | EventType::MediaStreamFailed => {
            data.media_stream = Some(Box::new(MediaStream {
                id: properties.stream_id.take(),
                config_id: properties.config_id.take(),
                reason: properties.reason.take(),
                ..MediaStream::default()
            }));
        }
        EventType::CallTransferRequested | EventType::CallTransferFinished | EventType::CallTransferFailed => {
            let from = properties.source_application_id.or(&properties.source_calls_configuration_id);
            let to = properties.destination_application_id.or(&properties.destination_calls_configuration_id);
            data.transfer = Some(Box::new(Transfer {
                id: properties.transfer_id.take(),
                from: from.take(),
                to: to.take(),
                ..Transfer::default()
            }));
        }
        EventType::DialogTransferRequested => {
            data.transfer = Some(Box::new(Transfer {
                from: properties.transferor_call.id.take(),
                to: properties.refer_to.take(),
                ..Transfer::default()
            }));
        }
        _ => {}
    }
}

/// `data.call`, of every event that names a call or a bulk of calls.
fn call<'a>(data: &mut Data<'a>, kind: EventType, envelope: &Envelope<'a>, ids: &Ids<'a>, code: &ErrorCode<'a>) {
    let properties = &*envelope.properties;
    let body = properties.call_log.get().or_else(|| properties.call.get());
    if ids.call.is_none() && ids.bulk.is_none() && body.is_none() {
        return;
    }
    let mut call = body.map(objects::call).unwrap_or_default();
    data.contact = body.and_then(|body| objects::contact(body, &properties.resolved_cnam)).map(Box::new);
    if data.attributes.is_none() {
        data.attributes = body.and_then(|body| body.custom_data.take());
    }
    call.id = ids.call.take();
    call.bulk_id = ids.bulk.take();
    call.from = call.from.or_else(|| properties.sender.take());
    call.dialog_id = call.dialog_id.or_else(|| ids.dialog.take());
    call.retry = envelope.retry_properties.retry.flag();
    match kind {
        EventType::CallFinished | EventType::CallFailed | EventType::CallBulkStatus => {
            let nothing = Text::default();
            let state = body.map_or(&nothing, |body| &body.state);
            let outcome = outcome::outcome(kind, call.answered_at.is_some(), state, data.failure.as_deref());
            call.outcome = outcome.map(Cow::Borrowed);
            call.end_code = code.id.take();
            call.end_name = code.name.take();
            call.hangup_source = call.hangup_source.or_else(|| properties.hangup_source.take());
        }
        EventType::CallMediaChanged => call.media = objects::media(&properties.audio, &properties.video),
        EventType::CallDtmfCaptured => call.dtmf = properties.dtmf.take(),
        EventType::CallPlaybackFinished => call.dtmf = properties.captured_dtmf.take(),
        EventType::CallActionFailed => call.action = properties.action_type.take(),
        EventType::CallMachineDetected => {
            let result = &properties.detection_result;
            call.answered_by = if result.is("HUMAN") || result.is("MACHINE") { result.lower() } else { None };
        }
        _ => {}
    }
    data.call = Some(Box::new(call));
}

/// `data.dialog`, `data.conference` and `data.participant`.
fn conversation_of_calls<'a>(
    data: &mut Data<'a>,
    kind: EventType,
    about: About,
    properties: &Properties<'a>,
    ids: &Ids<'a>,
    code: &ErrorCode<'a>,
) {
    if about == About::Dialog || (about == About::Call && ids.call.is_none() && !ids.dialog.is_none()) {
        let mut dialog = objects::dialog(&ids.dialog, &properties.dialog);
        if matches!(kind, EventType::DialogFinished | EventType::DialogFailed) {
            dialog.end_code = code.id.take();
            dialog.end_name = code.name.take();
            dialog.hangup_source = properties.hangup_source.take();
        }
        data.dialog = Some(Box::new(dialog));
    }
    if matches!(about, About::Conference | About::Participant) || !ids.conference.is_none() {
        let mut conference = objects::conference(&ids.conference, &properties.conference);
        if kind == EventType::ConferenceFinished {
            conference.end_code = code.id.take();
            conference.end_name = code.name.take();
        }
        data.conference = Some(Box::new(conference));
    }
    if about == About::Participant {
        let mut participant = objects::participant(&ids.call, &properties.participant);
        participant.reason = if kind == EventType::RecordingFailed { None } else { properties.reason.take() };
        if kind == EventType::ParticipantMediaChanged {
            participant.media = objects::media(&properties.audio, &properties.video);
        }
        data.participant = Some(Box::new(participant));
    }
}

fn recording<'a>(about: About, properties: &Properties<'a>) -> data::Recording<'a> {
    let mut recording = objects::recording(about.scope(), &properties.recording);
    recording.file_id = properties.file_id.take();
    recording.kind = properties.recording_type.take();
    recording.reason = recording.reason.or_else(|| properties.reason.take());
    recording.started_at = recording.started_at.or_else(|| objects::time(&properties.start_time));
    recording.ended_at = recording.ended_at.or_else(|| objects::time(&properties.end_time));
    recording
}

fn playback<'a>(kind: Option<&'static str>, duration: &Text<'a>, completed: &Text<'a>) -> Playback<'a> {
    Playback {
        kind: kind.map(Cow::Borrowed),
        duration_ms: duration.number(),
        completed: completed.flag(),
        ..Playback::default()
    }
}

fn transcription<'a>(results: &Any<'a>) -> Transcription<'a> {
    let elements = results.elements().unwrap_or_default();
    let pieces: Vec<Piece<'a>> =
        elements.iter().filter_map(|element| serde_json::from_str(element.get()).ok()).collect();
    let text = match pieces.as_slice() {
        [one] => one.text.take(),
        many => {
            let texts: Vec<_> = many.iter().filter_map(|piece| piece.text.get()).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join(" ")))
        }
    };
    let confidence = match pieces.as_slice() {
        [one] => one.confidence.number(),
        _ => None,
    };
    Transcription { text, confidence, results: results.take(), ..Transcription::default() }
}

fn failure<'a>(kind: EventType, properties: &Properties<'a>, code: &ErrorCode<'a>) -> Option<Failure<'a>> {
    match kind {
        // Both carry a code: a finished call may have been cut off.
        EventType::CallFinished
        | EventType::CallBulkStatus
        | EventType::DialogFinished
        | EventType::ConferenceFinished => outcome::failure(code),
        EventType::CallFailed => {
            outcome::failure(code).or_else(|| Some(outcome::failure_of_state(&state(&properties.call_log))))
        }
        EventType::DialogFailed => {
            outcome::failure(code).or_else(|| Some(outcome::failure_of_state(&properties.dialog.child_call.state)))
        }
        EventType::RecordingReady | EventType::RecordingComposed => {
            let recording = &properties.recording;
            let bad = objects::is_failed(&recording.status).then_some((&recording.status, &recording.reason));
            let of_calls = recording.call_recordings.iter().map(|one| (&one.status, &one.reason));
            bad.or_else(|| of_calls.into_iter().find(|(status, _)| objects::is_failed(status)))
                .map(|(status, reason)| Failure { name: status.take(), ..unexplained(reason) })
        }
        // ERROR has a code space of its own, of which Infobip publishes no list.
        EventType::CallActionFailed => Some(Failure { code: code.id.take(), ..unexplained(&code.description) }),
        EventType::CallTransferFailed
        | EventType::DialogTransferFailed
        | EventType::RecordingFailed
        | EventType::RecordingCompositionFailed
        | EventType::ParticipantJoinFailed
        | EventType::ParticipantRoleChangeFailed
        | EventType::CallMachineDetectionFailed
        | EventType::CallMachineMessageDetectionFailed
        | EventType::MediaStreamFailed => Some(unexplained(&properties.reason)),
        _ => None,
    }
}

fn state<'a>(call: &payload::Call<'a>) -> Text<'a> {
    call.state.clone()
}

/// A failure of which Infobip gives a sentence and no code.
fn unexplained<'a>(reason: &Text<'a>) -> Failure<'a> {
    Failure { description: reason.take(), ..Failure::new(FailureClass::Unknown, FailureReason::Other) }
}
