//! Infobip's objects, as ours.

use std::borrow::Cow;

use tributary_events::data::{self, CallEndpoint, RecordingFile};
use tributary_events::{Channel, Str, Timestamp};

use super::payload::{self, Audio, Conference, Dialog, Endpoint, File, Participant, Recording, Role, Video};
use crate::address;
use crate::lenient::{Any, Obj, Text};

/// A time of the voice products: ISO 8601, or milliseconds since 1970 in the older bodies.
pub(super) fn time(text: &Text<'_>) -> Option<Timestamp> {
    text.time().or_else(|| text.millis())
}

/// The texts of an array, or the one text that stands in its place.
pub(super) fn texts<'a>(any: &Any<'a>) -> Vec<Str<'a>> {
    match any.elements() {
        Some(elements) => elements.iter().filter_map(|element| Text::from_json(element.get()).take()).collect(),
        None => any.text().take().into_iter().collect(),
    }
}

pub(super) fn endpoint<'a>(endpoint: &Obj<Endpoint<'a>>) -> Option<CallEndpoint<'a>> {
    endpoint.get().map(|endpoint| CallEndpoint {
        kind: endpoint.kind.lower(),
        address: address_of(endpoint).take(),
        name: endpoint.display_name.take(),
        ..CallEndpoint::default()
    })
}

fn address_of<'a>(endpoint: &Endpoint<'a>) -> Text<'a> {
    endpoint.phone_number.or(&endpoint.identity).or(&endpoint.username).or(&endpoint.identifier)
}

/// The person at the other end, where that end can be a person: a SIP trunk or a WebSocket is a machine of the
/// customer's.
pub(super) fn contact<'a>(call: &payload::Call<'a>, name: &Text<'a>) -> Option<data::Contact<'a>> {
    let inbound = call.direction.is("INBOUND");
    // The network tells the name of a caller only.
    let name = if inbound { name.take() } else { None };
    match call.endpoint.get() {
        Some(end) if !end.phone_number.is_none() => {
            Some(data::Contact { phone: end.phone_number.take(), name, ..data::Contact::default() })
        }
        Some(end) if !end.identity.is_none() => Some(data::Contact {
            channel_id: end.identity.take(),
            name: end.display_name.take().or(name),
            ..data::Contact::default()
        }),
        Some(_) => None,
        None => {
            let end = if inbound { &call.from } else { &call.to };
            let known = !call.direction.is_none() && end.get().is_some_and(address::is_phone);
            known.then(|| data::Contact { phone: end.take(), name, ..data::Contact::default() })
        }
    }
}

/// The number of the person that a call was with: the one address it is about. A WebRTC identity is the customer's own
/// name of a person and no address.
pub(super) fn phone<'a>(contact: Option<&data::Contact<'a>>) -> Option<data::Address<'a>> {
    address::address(&contact?.phone.clone().map_or_else(Text::default, Text::from), Some(Channel::Voice))
}

pub(super) fn media<'a>(audio: &Obj<Audio<'_>>, video: &Obj<Video<'_>>) -> Option<data::Media<'a>> {
    (audio.get().is_some() || video.get().is_some()).then(|| data::Media {
        muted: audio.muted.flag(),
        user_muted: audio.user_muted.flag(),
        deaf: audio.deaf.flag(),
        camera: video.camera.flag(),
        screen_share: video.screen_share.flag(),
        blind: video.blind.flag(),
        ..data::Media::default()
    })
}

pub(super) fn call<'a>(call: &payload::Call<'a>) -> data::Call<'a> {
    let mut conference_ids = texts(&call.conference_ids);
    if conference_ids.is_empty() {
        conference_ids.extend(call.conference_id.take());
    }
    data::Call {
        id: call.id.or(&call.call_id).take(),
        parent_id: call.parent_call_id.take(),
        direction: call.direction.lower(),
        from: call.from.or(&call.sender).take(),
        to: call.to.take(),
        endpoint: endpoint(&call.endpoint),
        state: call.state.take(),
        started_at: time(&call.start_time),
        answered_at: time(&call.answer_time),
        ended_at: time(&call.end_time),
        duration_seconds: call.duration.number(),
        ring_seconds: call.ring_duration.number(),
        hangup_source: call.hangup_source.take(),
        dialog_id: call.dialog_id.take(),
        conference_ids: (!conference_ids.is_empty()).then_some(conference_ids),
        external_id: call.external_id.take(),
        media: call.media.get().and_then(|both| media(&both.audio, &both.video)),
        ..data::Call::default()
    }
}

pub(super) fn dialog<'a>(id: &Text<'a>, dialog: &Dialog<'a>) -> data::Dialog<'a> {
    data::Dialog {
        id: id.take(),
        state: dialog.state.take(),
        parent_call_id: dialog.parent_call.id.take(),
        child_call_id: dialog.child_call.id.take(),
        started_at: time(&dialog.start_time),
        established_at: time(&dialog.establish_time),
        ended_at: time(&dialog.end_time),
        ..data::Dialog::default()
    }
}

pub(super) fn conference<'a>(id: &Text<'a>, conference: &Conference<'a>) -> data::Conference<'a> {
    let calls: Vec<_> = conference.participants.iter().filter_map(|participant| participant.call_id.take()).collect();
    data::Conference {
        id: id.take(),
        name: conference.name.take(),
        participant_call_ids: (!calls.is_empty()).then_some(calls),
        participants: participants(&conference.participants),
        ..data::Conference::default()
    }
}

fn participants<'a>(all: &[Participant<'a>]) -> Option<Vec<data::Participant<'a>>> {
    (!all.is_empty()).then(|| all.iter().map(|one| participant(&one.call_id, one)).collect())
}

pub(super) fn participant<'a>(call_id: &Text<'a>, participant: &Participant<'a>) -> data::Participant<'a> {
    let role = match participant.role.get() {
        Some(json) if participant.role.is_object() => {
            serde_json::from_str(json).map_or_else(|_| Text::default(), |role: Role<'a>| role.kind)
        }
        _ => participant.role.text(),
    };
    data::Participant {
        call_id: call_id.take(),
        state: participant.state.take(),
        role: role.take(),
        joined_at: time(&participant.join_time),
        left_at: time(&participant.leave_time),
        endpoint: endpoint(&participant.endpoint),
        media: participant.media.get().and_then(|both| media(&both.audio, &both.video)),
        ..data::Participant::default()
    }
}

/// A recording with every file of it, the composed ones first.
pub(super) fn recording<'a>(scope: &'static str, recording: &Recording<'a>) -> data::Recording<'a> {
    let of_calls = recording.call_recordings.iter().flat_map(|one| {
        let files = one.files.iter().chain(one.file.get());
        files.map(|item| file(item, &one.call_id))
    });
    let files: Vec<_> = recording
        .composed_files
        .iter()
        .map(|item| file(item, &Text::default()))
        .chain(recording.files.iter().map(|item| file(item, &recording.call_id)))
        .chain(of_calls)
        .collect();
    // Dialogs and conferences have a status for each of their calls only: one that is not good speaks for all.
    let bad = recording.call_recordings.iter().find(|one| is_failed(&one.status));
    data::Recording {
        scope: Some(Cow::Borrowed(scope)),
        status: recording.status.take().or_else(|| bad?.status.take()),
        reason: recording.reason.take().or_else(|| bad?.reason.take()),
        started_at: time(&recording.start_time),
        ended_at: time(&recording.end_time),
        files: (!files.is_empty()).then_some(files),
        ..data::Recording::default()
    }
}

/// SUCCESSFUL, PARTIALLY_FAILED or FAILED.
pub(super) fn is_failed(status: &Text<'_>) -> bool {
    status.is("FAILED") || status.is("PARTIALLY_FAILED")
}

fn file<'a>(file: &File<'a>, call_id: &Text<'a>) -> RecordingFile<'a> {
    RecordingFile {
        id: file.id.take(),
        call_id: call_id.take(),
        name: file.name.take(),
        format: file.file_format.take(),
        size_bytes: file.size.number(),
        duration_seconds: file.duration.number(),
        started_at: time(&file.start_time),
        ended_at: time(&file.end_time),
        location: file.location.take(),
        expires_at: time(&file.expiration_time),
        channels: file.multichannel_mapping_data.take(),
        ..RecordingFile::default()
    }
}
