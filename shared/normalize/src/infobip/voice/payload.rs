//! Bodies of the Calls API, as Infobip names them (OpenAPI 3.210.0, schema `Event` and those below it).
//!
//! `properties` has another shape for each type; the shapes do not contradict each other, so one struct holds them all.
//! No field is required by the schema, none is here.

use serde::{Deserialize, Deserializer};

use super::super::payload::Platform;
use crate::lenient::{Any, List, Obj, Text};

/// The envelope of every Calls event, and the fields by which the bodies without a `type` are told apart.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Envelope<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) timestamp: Text<'a>,
    pub(super) call_id: Text<'a>,
    pub(super) conference_id: Text<'a>,
    pub(super) dialog_id: Text<'a>,
    pub(super) bulk_id: Text<'a>,
    pub(super) platform: Obj<Platform<'a>>,
    /// Only in bodies of before CPaaS X.
    pub(super) application_id: Text<'a>,
    pub(super) properties: Obj<Properties<'a>>,
    pub(super) retry_properties: Obj<RetryProperties<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct RetryProperties<'a> {
    pub(super) retry: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Properties<'a> {
    // CALL_STARTED to CALL_RECONNECTED
    pub(super) call: Obj<Call<'a>>,
    pub(super) sender: Text<'a>,
    pub(super) resolved_cnam: Text<'a>,
    // CALL_FINISHED, CALL_FAILED, BULK_CALL_STATUS
    pub(super) call_log: Obj<Call<'a>>,
    // CALL_MEDIA_CHANGED, PARTICIPANT_MEDIA_CHANGED: the media object itself
    pub(super) audio: Obj<Audio<'a>>,
    pub(super) video: Obj<Video<'a>>,
    // *_RECORDING_*, *_COMPOSITION_*
    pub(super) recording: Obj<Recording<'a>>,
    pub(super) recording_type: Text<'a>,
    pub(super) file_id: Text<'a>,
    pub(super) start_time: Text<'a>,
    pub(super) end_time: Text<'a>,
    pub(super) recording_custom_data: Any<'a>,
    // CONFERENCE_*, DIALOG_*, PARTICIPANT_*
    pub(super) conference: Obj<Conference<'a>>,
    pub(super) dialog: Obj<Dialog<'a>>,
    pub(super) participant: Obj<Participant<'a>>,
    pub(super) error_code: ErrorCode<'a>,
    pub(super) hangup_source: Text<'a>,
    // *_TRANSFER_*
    pub(super) transferor_call: Obj<Leg<'a>>,
    pub(super) refer_to: Text<'a>,
    pub(super) transfer_id: Text<'a>,
    pub(super) source_calls_configuration_id: Text<'a>,
    pub(super) destination_calls_configuration_id: Text<'a>,
    pub(super) source_application_id: Text<'a>,
    pub(super) destination_application_id: Text<'a>,
    // PLAY_FINISHED, SAY_FINISHED: milliseconds
    pub(super) duration: Text<'a>,
    pub(super) played_completely: Text<'a>,
    pub(super) captured_dtmf: Text<'a>,
    // DTMF_CAPTURED
    pub(super) dtmf: Text<'a>,
    pub(super) timeout: Text<'a>,
    pub(super) played_content_properties: Obj<PlayedContent<'a>>,
    // SPEECH_CAPTURED
    pub(super) full_text: Text<'a>,
    pub(super) matched_key_phrase: Text<'a>,
    pub(super) confidence: Text<'a>,
    pub(super) termination_reason: Text<'a>,
    // TRANSCRIPTION
    pub(super) results: Any<'a>,
    // MACHINE_DETECTION_*, MACHINE_MESSAGE_DETECTION_*
    pub(super) detection_result: Text<'a>,
    pub(super) confidence_rating: Any<'a>,
    // MEDIA_STREAM_*
    pub(super) config_id: Text<'a>,
    pub(super) stream_id: Text<'a>,
    // ERROR
    pub(super) action_type: Text<'a>,
    pub(super) error_details: Text<'a>,
    // several
    pub(super) reason: Text<'a>,
    pub(super) custom_data: Any<'a>,
}

/// `Call` and `CallLog`: the same but for the name of the id.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Call<'a> {
    pub(super) id: Text<'a>,
    pub(super) call_id: Text<'a>,
    pub(super) endpoint: Obj<Endpoint<'a>>,
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    pub(super) direction: Text<'a>,
    pub(super) state: Text<'a>,
    pub(super) media: Obj<Media<'a>>,
    pub(super) start_time: Text<'a>,
    pub(super) answer_time: Text<'a>,
    pub(super) end_time: Text<'a>,
    pub(super) parent_call_id: Text<'a>,
    pub(super) ring_duration: Text<'a>,
    pub(super) duration: Text<'a>,
    pub(super) conference_id: Text<'a>,
    pub(super) conference_ids: Any<'a>,
    pub(super) dialog_id: Text<'a>,
    pub(super) bulk_id: Text<'a>,
    pub(super) external_id: Text<'a>,
    pub(super) error_code: ErrorCode<'a>,
    pub(super) hangup_source: Text<'a>,
    pub(super) sender: Text<'a>,
    pub(super) custom_data: Any<'a>,
    /// Only in the request of a call routing URL destination.
    pub(super) application_id: Text<'a>,
    // Only in callbacks of the Calls Markup Language.
    pub(super) recording_file_id: Text<'a>,
    pub(super) captured_dtmf: Text<'a>,
    pub(super) machine_detection_result: Text<'a>,
}

/// How something ended, or why it failed: `{id, name, description}` by the schema of what ends, a bare word in ERROR.
/// Either is taken everywhere: a bare number is the id, a bare word the name.
#[derive(Debug, Default, Clone)]
pub(super) struct ErrorCode<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) description: Text<'a>,
}

impl ErrorCode<'_> {
    pub(super) fn is_none(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ErrorCode<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default, bound(deserialize = "'de: 'a"))]
        struct Object<'a> {
            id: Text<'a>,
            name: Text<'a>,
            description: Text<'a>,
        }
        let any = Any::deserialize(deserializer)?;
        if any.is_object() {
            let Object { id, name, description } =
                any.get().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
            return Ok(Self { id, name, description });
        }
        let bare = any.text();
        let is_number = bare.int().is_some();
        let (id, name) = if is_number { (bare, Text::default()) } else { (Text::default(), bare) };
        Ok(Self { id, name, description: Text::default() })
    }
}

/// One end of a call. It is the caller on inbound calls, the callee on outbound ones.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Endpoint<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    /// PHONE, VIBER, WHATSAPP
    pub(super) phone_number: Text<'a>,
    /// SIP
    pub(super) username: Text<'a>,
    /// WEBRTC
    pub(super) identity: Text<'a>,
    /// WEBRTC
    pub(super) display_name: Text<'a>,
    /// WEBSOCKET
    pub(super) identifier: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Media<'a> {
    pub(super) audio: Obj<Audio<'a>>,
    pub(super) video: Obj<Video<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Audio<'a> {
    pub(super) muted: Text<'a>,
    pub(super) user_muted: Text<'a>,
    pub(super) deaf: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Video<'a> {
    pub(super) camera: Text<'a>,
    pub(super) screen_share: Text<'a>,
    pub(super) blind: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Conference<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) participants: List<Participant<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Participant<'a> {
    pub(super) call_id: Text<'a>,
    pub(super) endpoint: Obj<Endpoint<'a>>,
    pub(super) state: Text<'a>,
    pub(super) join_time: Text<'a>,
    pub(super) leave_time: Text<'a>,
    pub(super) media: Obj<Media<'a>>,
    /// `{type}` by the schema; a bare word is taken as well.
    pub(super) role: Any<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Role<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Dialog<'a> {
    pub(super) id: Text<'a>,
    pub(super) state: Text<'a>,
    pub(super) start_time: Text<'a>,
    pub(super) establish_time: Text<'a>,
    pub(super) end_time: Text<'a>,
    pub(super) parent_call: Obj<Leg<'a>>,
    pub(super) child_call: Obj<Leg<'a>>,
}

/// A call inside another object: the legs have events of their own.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Leg<'a> {
    pub(super) id: Text<'a>,
    pub(super) state: Text<'a>,
}

/// `CallRecording`, `ConferenceRecording`, `DialogRecording` and the recording of a call link.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Recording<'a> {
    pub(super) call_id: Text<'a>,
    pub(super) status: Text<'a>,
    pub(super) reason: Text<'a>,
    pub(super) start_time: Text<'a>,
    pub(super) end_time: Text<'a>,
    pub(super) files: List<File<'a>>,
    pub(super) composed_files: List<File<'a>>,
    pub(super) call_recordings: List<CallRecording<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct CallRecording<'a> {
    pub(super) call_id: Text<'a>,
    pub(super) status: Text<'a>,
    pub(super) reason: Text<'a>,
    pub(super) files: List<File<'a>>,
    /// The call link's spelling.
    pub(super) file: Obj<File<'a>>,
}

#[derive(Default, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct File<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) file_format: Text<'a>,
    pub(super) size: Text<'a>,
    /// Seconds.
    pub(super) duration: Text<'a>,
    pub(super) start_time: Text<'a>,
    pub(super) end_time: Text<'a>,
    pub(super) location: Text<'a>,
    /// Until when the vendor keeps it.
    pub(super) expiration_time: Text<'a>,
    /// Which call is on which channel of the file.
    pub(super) multichannel_mapping_data: Any<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct PlayedContent<'a> {
    /// Milliseconds.
    pub(super) duration: Text<'a>,
    pub(super) played_completely: Text<'a>,
}

/// A piece of TRANSCRIPTION's `results`.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Piece<'a> {
    pub(super) text: Text<'a>,
    pub(super) confidence: Text<'a>,
}
