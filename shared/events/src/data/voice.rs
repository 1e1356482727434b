//! Calls and all that hangs on them. Durations are named with their unit.

use serde_json::Number;

use super::{Raw, Str};
use crate::time::Timestamp;

object! {
    /// A telephone or WebRTC call: one leg.
    Call {
        /// The vendor's id of the leg.
        id: Str<'a>,
        /// The leg this one was made from.
        parent_id: Str<'a>,
        /// `inbound` or `outbound`.
        direction: Str<'a>,
        /// Caller.
        from: Str<'a>,
        /// Callee.
        to: Str<'a>,
        /// The person's end: caller of an inbound call, callee of an outbound one.
        endpoint: CallEndpoint<'a>,
        /// State in the vendor's word.
        state: Str<'a>,
        /// How it ended: `answered`, `no_answer`, `busy`, `declined`, `cancelled`, `failed`. Absent before the end.
        outcome: Str<'a>,
        /// Begin.
        started_at: Timestamp,
        /// Answer.
        answered_at: Timestamp,
        /// End.
        ended_at: Timestamp,
        /// Seconds from answer to end.
        duration_seconds: Number,
        /// Seconds it rang.
        ring_seconds: Number,
        /// Seconds charged.
        charged_seconds: Number,
        /// Who hung up, in the vendor's word.
        hangup_source: Str<'a>,
        /// Code of the end, `NORMAL_HANGUP` included. A failed call has it in `failure` as well.
        end_code: Str<'a>,
        /// Name of that code.
        end_name: Str<'a>,
        /// The bulk it belongs to.
        bulk_id: Str<'a>,
        /// The dialog it is part of.
        dialog_id: Str<'a>,
        /// The conferences it was part of.
        conference_ids: Vec<Str<'a>>,
        /// The customer's own id.
        external_id: Str<'a>,
        /// The call's own correlation id, where the vendor has one besides the id.
        correlation_id: Str<'a>,
        /// Whether it is a new try of a failed call.
        retry: bool,
        /// Who answered: `human` or `machine`.
        answered_by: Str<'a>,
        /// Keys pressed.
        dtmf: Str<'a>,
        /// What was done with it, in the vendor's word.
        action: Str<'a>,
        /// What its media are now.
        media: Media<'a>,
    }
}

object! {
    /// One end of a call.
    CallEndpoint {
        /// `phone`, `sip`, `webrtc`, `viber`, `whatsapp`, `websocket`.
        kind: Str<'a>,
        /// Number, user name or identity.
        address: Str<'a>,
        /// Display name.
        name: Str<'a>,
    }
}

object! {
    /// What of a call's media is on.
    Media {
        /// Microphone off, by anyone.
        muted: bool,
        /// Microphone off, by the person.
        user_muted: bool,
        /// Hears nothing.
        deaf: bool,
        /// Camera on.
        camera: bool,
        /// Screen shared.
        screen_share: bool,
        /// Sees nothing.
        blind: bool,
    }
}

object! {
    /// Two calls joined by the vendor.
    Dialog {
        /// The vendor's id.
        id: Str<'a>,
        /// State in the vendor's word.
        state: Str<'a>,
        /// The calling leg.
        parent_call_id: Str<'a>,
        /// The called leg.
        child_call_id: Str<'a>,
        /// What is told of both sides, the calling one first: ends, states, times.
        participants: Vec<Participant<'a>>,
        /// Begin.
        started_at: Timestamp,
        /// Both connected.
        established_at: Timestamp,
        /// End.
        ended_at: Timestamp,
        /// Who hung up, in the vendor's word.
        hangup_source: Str<'a>,
        /// Code of the end.
        end_code: Str<'a>,
        /// Name of that code.
        end_name: Str<'a>,
    }
}

object! {
    /// A conference.
    Conference {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// Calls in it.
        participant_call_ids: Vec<Str<'a>>,
        /// What is told of those calls: ends, states, times.
        participants: Vec<Participant<'a>>,
        /// Code of the end.
        end_code: Str<'a>,
        /// Name of that code.
        end_name: Str<'a>,
    }
}

object! {
    /// A call in a conference, or a side of a dialog.
    Participant {
        /// The call.
        call_id: Str<'a>,
        /// State in the vendor's word.
        state: Str<'a>,
        /// Role in the vendor's word.
        role: Str<'a>,
        /// Joined.
        joined_at: Timestamp,
        /// Left.
        left_at: Timestamp,
        /// Its end.
        endpoint: CallEndpoint<'a>,
        /// Its media.
        media: Media<'a>,
        /// Reason, in the vendor's word.
        reason: Str<'a>,
    }
}

object! {
    /// A recording.
    Recording {
        /// What was recorded: `call`, `conference`, `dialog`, `participant`.
        scope: Str<'a>,
        /// The file or recording the event is about.
        file_id: Str<'a>,
        /// Kind in the vendor's word.
        kind: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
        /// Reason, in the vendor's word.
        reason: Str<'a>,
        /// Begin.
        started_at: Timestamp,
        /// End.
        ended_at: Timestamp,
        /// The files.
        files: Vec<RecordingFile<'a>>,
    }
}

object! {
    /// A file of a recording.
    RecordingFile {
        /// The vendor's id.
        id: Str<'a>,
        /// The call recorded.
        call_id: Str<'a>,
        /// File name.
        name: Str<'a>,
        /// Format, in the vendor's word.
        format: Str<'a>,
        /// Size in bytes.
        size_bytes: Number,
        /// Length in seconds.
        duration_seconds: Number,
        /// Begin.
        started_at: Timestamp,
        /// End.
        ended_at: Timestamp,
        /// Where it lies, in the vendor's word.
        location: Str<'a>,
        /// Until when it is kept.
        expires_at: Timestamp,
        /// Which call is on which channel of the file, in the vendor's shape.
        channels: Raw<'a>,
    }
}

object! {
    /// A stream of a call's media.
    MediaStream {
        /// The vendor's id.
        id: Str<'a>,
        /// Its configuration.
        config_id: Str<'a>,
        /// Reason, in the vendor's word.
        reason: Str<'a>,
    }
}

object! {
    /// Something played or said.
    Playback {
        /// `play` or `say`.
        kind: Str<'a>,
        /// Length in milliseconds.
        duration_ms: Number,
        /// Whether it was played to the end.
        completed: bool,
    }
}

object! {
    /// Speech turned to text, or keys captured.
    Transcription {
        /// All text.
        text: Str<'a>,
        /// The phrase that matched.
        matched: Str<'a>,
        /// Confidence from 0 to 1.
        confidence: Number,
        /// Why listening ended, in the vendor's word.
        ended_by: Str<'a>,
        /// Whether time ran out.
        timed_out: bool,
        /// Pieces, in the vendor's shape.
        results: Raw<'a>,
    }
}

object! {
    /// Who or what answered.
    Detection {
        /// Result, in the vendor's word.
        result: Str<'a>,
        /// Confidence by result, in the vendor's shape.
        confidence: Raw<'a>,
        /// Reason of a failure.
        reason: Str<'a>,
    }
}

object! {
    /// A call handed to another application or number.
    Transfer {
        /// The vendor's id.
        id: Str<'a>,
        /// From where.
        from: Str<'a>,
        /// To where.
        to: Str<'a>,
    }
}
