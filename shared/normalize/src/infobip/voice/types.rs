//! The 65 values of the Calls API's `type`.

use tributary_events::EventType::{self, *};

/// What an event is about: decides its subject, and the scope of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Call,
    Conference,
    Dialog,
    Participant,
}

impl About {
    /// Infobip begins the name of an event with what it is about, and leaves it out for what happens inside a call.
    pub(super) fn of(name: &str) -> Self {
        match name.split('_').next() {
            Some("CONFERENCE") => Self::Conference,
            Some("DIALOG") => Self::Dialog,
            Some("PARTICIPANT") => Self::Participant,
            _ => Self::Call,
        }
    }

    /// The word for `data.recording.scope`.
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Conference => "conference",
            Self::Dialog => "dialog",
            Self::Participant => "participant",
        }
    }
}

/// The unified type, or `None` for a name that no version of the schema lists.
#[rustfmt::skip]
pub(super) fn event_type(name: &str) -> Option<EventType> {
    Some(match name {
        "CALL_STARTED" => CallStarted,
        "CALL_RECEIVED" => CallReceived,
        "CALL_RINGING" => CallRinging,
        "CALL_PRE_ESTABLISHED" => CallPreEstablished,
        "CALL_ESTABLISHED" => CallEstablished,
        "CALL_DISCONNECTED" => CallDisconnected,
        "CALL_RECONNECTED" => CallReconnected,
        "CALL_FINISHED" => CallFinished,
        "CALL_FAILED" => CallFailed,
        "CALL_MEDIA_CHANGED" => CallMediaChanged,
        "BULK_CALL_STATUS" => CallBulkStatus,

        "CALL_RECORDING_STARTED" | "CONFERENCE_RECORDING_STARTED" | "DIALOG_RECORDING_STARTED" => RecordingStarted,
        "CALL_RECORDING_STOPPED" | "CONFERENCE_RECORDING_STOPPED" | "DIALOG_RECORDING_STOPPED" => RecordingStopped,
        "CALL_RECORDING_READY" | "CONFERENCE_RECORDING_READY" | "DIALOG_RECORDING_READY" => RecordingReady,
        "CALL_RECORDING_FAILED" | "CONFERENCE_RECORDING_FAILED" | "DIALOG_RECORDING_FAILED"
            | "PARTICIPANT_RECORDING_FAILED" => RecordingFailed,
        "CALL_RECORDING_DELETED" | "CONFERENCE_RECORDING_DELETED" | "DIALOG_RECORDING_DELETED" => RecordingDeleted,
        "CONFERENCE_COMPOSITION_FINISHED" | "DIALOG_COMPOSITION_FINISHED" => RecordingComposed,
        "CONFERENCE_COMPOSITION_FAILED" | "DIALOG_COMPOSITION_FAILED" => RecordingCompositionFailed,

        "CONFERENCE_CREATED" => ConferenceCreated,
        "CONFERENCE_FINISHED" => ConferenceFinished,
        "PARTICIPANT_JOINING" => ParticipantJoining,
        "PARTICIPANT_JOINED" => ParticipantJoined,
        "PARTICIPANT_JOIN_FAILED" => ParticipantJoinFailed,
        "PARTICIPANT_REMOVED" => ParticipantRemoved,
        "PARTICIPANT_MEDIA_CHANGED" => ParticipantMediaChanged,
        "PARTICIPANT_STARTED_TALKING" => ParticipantStartedTalking,
        "PARTICIPANT_STOPPED_TALKING" => ParticipantStoppedTalking,
        "PARTICIPANT_ROLE_CHANGED" => ParticipantRoleChanged,
        "PARTICIPANT_ROLE_CHANGE_FAILED" => ParticipantRoleChangeFailed,

        "DIALOG_CREATED" => DialogCreated,
        "DIALOG_ESTABLISHED" => DialogEstablished,
        "DIALOG_FINISHED" => DialogFinished,
        "DIALOG_FAILED" => DialogFailed,
        "DIALOG_TRANSFER_REQUESTED" => DialogTransferRequested,
        "DIALOG_TRANSFER_FINISHED" => DialogTransferFinished,
        "DIALOG_TRANSFER_FAILED" => DialogTransferFailed,

        "APPLICATION_TRANSFER_REQUESTED" => CallTransferRequested,
        "APPLICATION_TRANSFER_FINISHED" => CallTransferFinished,
        "APPLICATION_TRANSFER_FAILED" => CallTransferFailed,

        "PLAY_FINISHED" | "SAY_FINISHED" => CallPlaybackFinished,
        "DTMF_CAPTURED" => CallDtmfCaptured,
        "SPEECH_CAPTURED" => CallSpeechCaptured,
        "TRANSCRIPTION" => CallTranscribed,
        // HUMAN is told by the properties.
        "MACHINE_DETECTION_FINISHED" => CallMachineDetected,
        "MACHINE_DETECTION_FAILED" => CallMachineDetectionFailed,
        "MACHINE_MESSAGE_DETECTION_FINISHED" => CallMachineMessageDetected,
        "MACHINE_MESSAGE_DETECTION_FAILED" => CallMachineMessageDetectionFailed,
        "MEDIA_STREAM_STARTED" => MediaStreamStarted,
        "MEDIA_STREAM_FINISHED" => MediaStreamFinished,
        "MEDIA_STREAM_FAILED" => MediaStreamFailed,
        "ERROR" => CallActionFailed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::ROWS;
    use super::*;

    #[test]
    fn every_calls_event_of_the_catalog_has_its_type() {
        // These three are no values of `type`.
        let others = ["DELIVERY", "MISSED_CALL", "NUMBER_MASKING"];
        let rows = ROWS.iter().filter(|row| row.channel == "voice" && !others.contains(&row.vendor_event));
        let mut seen = 0;
        for row in rows.filter(|row| row.vendor_event != "call link webhook") {
            let kind = event_type(row.vendor_event).map(EventType::as_str).unwrap_or_default();
            assert!(row.kinds().iter().any(|listed| listed == kind), "{}: {kind}", row.vendor_event);
            seen += 1;
        }
        assert_eq!(seen, 65, "values of `type` in the schema");
    }

    #[test]
    fn the_name_tells_what_it_is_about() {
        for (name, about) in [
            ("CALL_FAILED", About::Call),
            ("BULK_CALL_STATUS", About::Call),
            ("APPLICATION_TRANSFER_FAILED", About::Call),
            ("SAY_FINISHED", About::Call),
            ("CONFERENCE_RECORDING_READY", About::Conference),
            ("DIALOG_TRANSFER_FAILED", About::Dialog),
            ("PARTICIPANT_RECORDING_FAILED", About::Participant),
            ("NEW_THING", About::Call),
        ] {
            assert_eq!(About::of(name), about, "{name}");
        }
    }
}
