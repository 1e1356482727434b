//! The Calls API: one event in an envelope of `type`, `timestamp` and ids, its content in `properties`.

use std::borrow::Cow;

use tributary_events::data::{Detection, MediaStream, Playback, Transcription, Transfer};
use tributary_events::{Channel, Data, Draft, EventType, Failure, FailureClass, FailureReason, Str, data};

use super::super::payload::application;
use super::payload::{Envelope, ErrorCode, Piece, Properties};
use super::types::{About, event_type};
use super::{VENDOR_CHANNEL, objects, outcome};
use crate::lenient::{Any, Text};
use crate::{Output, original};

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

    fn any(&self) -> bool {
        [&self.call, &self.conference, &self.dialog, &self.bulk].into_iter().any(|id| !id.is_none())
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

/// Puts out the event `name` of this envelope. A name that the schema does not list flows as `unrecognized`, and so does
/// one that tells of no call, conference, dialog or bulk.
///
/// There is no event id, and the same type recurs within one call, at times in one moment: all of the body tells it.
pub(super) fn put(body: &str, name: &str, envelope: &Envelope<'_>, out: &mut Output<'_>) {
    let ids = Ids::of(envelope);
    let kind = event_type(name).filter(|_| ids.any() || has_ends(&envelope.properties));
    let kind = kind.map_or(EventType::Unrecognized, |kind| as_detected(kind, &envelope.properties.detection_result));
    let about = About::of(name);
    let mut data = Data::new(name.to_owned(), original(body));
    data.vendor.channel = Some(Cow::Borrowed(VENDOR_CHANNEL));
    let account = application(&envelope.platform, &envelope.application_id);
    data.vendor.account = account.take();
    data.channel = Some(Channel::Voice);
    let code = error_code(&envelope.properties);
    fill(&mut data, kind, about, name, envelope, &ids, &code);
    let identity = out.identity(account.get(), name).element(body);
    out.event(&identity, Draft { kind, subject: ids.subject(about), time: objects::time(&envelope.timestamp), data });
}

/// Whether a call without an id tells who called whom.
fn has_ends(properties: &Properties<'_>) -> bool {
    [&properties.call, &properties.call_log].into_iter().any(|call| {
        !call.from.is_none()
            || !call.to.is_none()
            || objects::endpoint(&call.endpoint).is_some_and(|end| end.address.is_some())
    })
}

/// What answered: the vendor has one event for both. A result that is neither says that nobody knows.
fn as_detected(kind: EventType, result: &Text<'_>) -> EventType {
    match kind {
        EventType::CallMachineDetected if result.is("HUMAN") => EventType::CallHumanDetected,
        EventType::CallMachineDetected if !result.is("MACHINE") => EventType::Unrecognized,
        kind => kind,
    }
}

/// The code of an end or of an error, wherever it stands.
fn error_code<'a>(properties: &Properties<'a>) -> ErrorCode<'a> {
    let places = [&properties.error_code, &properties.call_log.error_code, &properties.call.error_code];
    let mut code = places.into_iter().find(|code| !code.is_none()).cloned().unwrap_or_default();
    code.description = code.description.or(&properties.error_details);
    code
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
        | EventType::CallHumanDetected
        | EventType::CallMachineDetectionFailed
        | EventType::CallMachineMessageDetected
        | EventType::CallMachineMessageDetectionFailed => {
            data.detection = Some(Box::new(detection(properties)));
        }
        // A result that nobody knows.
        EventType::Unrecognized if !properties.detection_result.is_none() => {
            data.detection = Some(Box::new(detection(properties)));
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
    data.address = objects::phone(data.contact.as_deref());
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
        EventType::CallMachineDetected | EventType::CallHumanDetected => {
            call.answered_by = properties.detection_result.lower();
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

fn detection<'a>(properties: &Properties<'a>) -> Detection<'a> {
    Detection {
        result: properties.detection_result.take(),
        confidence: properties.confidence_rating.take(),
        reason: properties.reason.take(),
        ..Detection::default()
    }
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
            let state = properties.call_log.state.or(&properties.call.state);
            outcome::failure(code).or_else(|| Some(outcome::failure_of_state(&state)))
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
        EventType::CallActionFailed => {
            let name = if code.id.is_none() { None } else { code.name.take() };
            Some(Failure { code: code.id.or(&code.name).take(), name, ..unexplained(&code.description) })
        }
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

/// A failure of which Infobip gives a sentence and no code.
fn unexplained<'a>(reason: &Text<'a>) -> Failure<'a> {
    Failure { description: reason.take(), ..Failure::new(FailureClass::Unknown, FailureReason::Other) }
}
