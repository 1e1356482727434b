//! Voice and WebRTC: the Calls API, delivery reports of voice messages, number masking, missed calls, call links.
//!
//! No field tells these bodies apart; [`read`] goes by the fields that only one of them has.

#[cfg(test)]
pub(super) mod bodies;
mod calls;
mod delivery;
mod masking;
mod objects;
mod outcome;
mod payload;
mod simple;
mod types;

use serde::Deserialize;
use tributary_events::Channel;

use super::route::Route;
use crate::lenient::{Any, Text};
use crate::{Output, Unreadable};

pub(super) use delivery::read_report;
pub(super) use masking::answer;

/// The group of Infobip's event list. The bodies do not name it.
const VENDOR_CHANNEL: &str = "Voice and WebRTC";

/// The fields by which a body is told apart.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Probe<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    payload: Any<'a>,
    properties: Any<'a>,
    call_id: Text<'a>,
    conference_id: Text<'a>,
    dialog_id: Text<'a>,
    bulk_id: Text<'a>,
    calls_configuration_id: Text<'a>,
    nm_correlation_id: Text<'a>,
    correlation_id: Text<'a>,
    calling_number: Text<'a>,
    called_number: Text<'a>,
    time_of_call: Text<'a>,
    call_link_id: Text<'a>,
    call_details: Any<'a>,
    route_id: Text<'a>,
    endpoint: Any<'a>,
    start_time: Text<'a>,
    error_code: Any<'a>,
    recording_file_id: Text<'a>,
    captured_dtmf: Text<'a>,
    machine_detection_result: Text<'a>,
    dial_data: Any<'a>,
    voice_call: Any<'a>,
}

#[derive(Debug, PartialEq, Eq)]
enum Body {
    /// A Calls API event of this name.
    Calls(String),
    /// A delivery report outside of `results`.
    Report,
    Masking,
    MissedCall,
    CallLink,
    /// The request of a call routing URL destination.
    Destination,
    /// A callback of the Calls Markup Language.
    Markup,
    /// Of a call, under the route's name if it has one.
    OfCall(String),
}

impl Probe<'_> {
    fn body(&self, route: &Route) -> Option<Body> {
        if self.payload.get().is_some() {
            return None;
        }
        let any_id = [&self.call_id, &self.conference_id, &self.dialog_id, &self.calls_configuration_id]
            .into_iter()
            .any(|id| !id.is_none());
        let calls = any_id || !self.bulk_id.is_none() || self.properties.is_object();
        if let Some(name) = self.kind.get() {
            let upper = name.to_ascii_uppercase();
            // Anything might call itself ERROR.
            let known = types::event_type(&upper).is_some() && (calls || upper != "ERROR");
            return match (known, any_id) {
                (true, _) => Some(Body::Calls(upper)),
                (false, true) => Some(Body::Calls(name.to_owned())),
                (false, false) => None,
            };
        }
        Some(if self.voice_call.is_object() {
            Body::Report
        } else if !self.nm_correlation_id.is_none()
            || (route.event_is("number_masking") && !self.correlation_id.is_none())
        {
            Body::Masking
        } else if self.is_missed_call(route) {
            Body::MissedCall
        } else if !self.call_link_id.is_none() && self.call_details.is_object() {
            Body::CallLink
        } else if !self.call_id.is_none() && !self.route_id.is_none() {
            Body::Destination
        } else if self.is_markup() {
            Body::Markup
        } else {
            return self.by_route(any_id, route);
        })
    }

    /// Two numbers, or one and the time.
    fn is_missed_call(&self, route: &Route) -> bool {
        let numbers =
            [&self.calling_number, &self.called_number].into_iter().filter(|number| !number.is_none()).count();
        let told = !self.time_of_call.is_none() || route.event_is("missed_call");
        numbers == 2 || (numbers == 1 && told)
    }

    fn is_markup(&self) -> bool {
        let of_a_script = self.endpoint.is_object()
            || self.error_code.non_empty().is_some()
            || self.dial_data.is_object()
            || [&self.start_time, &self.recording_file_id, &self.captured_dtmf, &self.machine_detection_result]
                .into_iter()
                .any(|field| !field.is_none());
        // A Calls event has all of these inside `properties`.
        !self.call_id.is_none() && of_a_script && !self.properties.is_object()
    }

    /// The route names what the body does not, if the body is about a call, conference, dialog or bulk at all.
    fn by_route(&self, any_id: bool, route: &Route) -> Option<Body> {
        let name = route.vendor_event();
        let of_calls = any_id || self.properties.is_object();
        match name.filter(|name| types::event_type(name).is_some()) {
            Some(name) if of_calls => Some(Body::Calls(name)),
            // Whatever it is, it is about a call, unless the URL is one of another channel.
            _ if !self.call_id.is_none() && route.our_channel().is_none_or(|channel| channel == Channel::Voice) => {
                Some(Body::OfCall(route.vendor_event().unwrap_or_default()))
            }
            _ => None,
        }
    }
}

/// Reads a whole body that is one object. `false` if it is none of voice.
///
/// # Errors
/// [`Unreadable`] if the body is not JSON.
pub(super) fn read(body: &str, route: &Route, out: &mut Output<'_>) -> Result<bool, Unreadable> {
    if !body.starts_with('{') {
        return Ok(false);
    }
    // Not through `out`: what this leaves unread is read below.
    let probe: Probe<'_> = serde_json::from_str(body)?;
    match probe.body(route) {
        None => return Ok(false),
        Some(Body::Calls(name)) => calls::put(body, &name, &out.parse(body)?, out),
        Some(Body::Report) => delivery::read_report(body, route, out),
        Some(Body::Masking) => masking::put(body, &out.parse(body)?, out),
        Some(Body::MissedCall) => simple::missed_call(body, &out.parse(body)?, out),
        Some(Body::CallLink) => simple::call_link(body, &out.parse(body)?, out),
        Some(Body::Destination) => simple::call_request(body, "call routing URL destination", &out.parse(body)?, out),
        Some(Body::Markup) => simple::call_request(body, "Calls Markup Language callback", &out.parse(body)?, out),
        Some(Body::OfCall(name)) => simple::call_request(body, &name, &out.parse(body)?, out),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str, path: &[&str]) -> Option<Body> {
        let segments: Vec<String> = path.iter().map(|segment| (*segment).to_owned()).collect();
        serde_json::from_str::<Probe<'_>>(json).unwrap().body(&Route::read(&segments))
    }

    fn calls(name: &str) -> Option<Body> {
        Some(Body::Calls(name.to_owned()))
    }

    #[test]
    fn a_body_is_told_by_its_own_fields() {
        for (json, expected) in [
            (r#"{"type":"CALL_FAILED","callId":"c"}"#, calls("CALL_FAILED")),
            (r#"{"type":"call_failed"}"#, calls("CALL_FAILED")),
            (r#"{"type":"CALL_HELD","conferenceId":"c"}"#, calls("CALL_HELD")),
            (r#"{"type":"ERROR","bulkId":"b"}"#, calls("ERROR")),
            (r#"{"voiceCall":{},"messageId":"m"}"#, Some(Body::Report)),
            (r#"{"nmCorrelationId":"n","correlationId":"c","status":"busy"}"#, Some(Body::Masking)),
            (r#"{"callingNumber":"1","calledNumber":2,"timeOfCall":3}"#, Some(Body::MissedCall)),
            (r#"{"callLinkId":"l","callDetails":{}}"#, Some(Body::CallLink)),
            (r#"{"routeId":"r","callId":"c","startTime":"t"}"#, Some(Body::Destination)),
            (r#"{"callId":"c","endpoint":{}}"#, Some(Body::Markup)),
            (r#"{"callId":"c","capturedDtmf":"12"}"#, Some(Body::Markup)),
            (r#"{"callId":"c","errorCode":"BUSY"}"#, Some(Body::Markup)),
            (r#"{"callingNumber":"1","timeOfCall":3}"#, Some(Body::MissedCall)),
        ] {
            assert_eq!(body(json, &[]), expected, "{json}");
        }
    }

    #[test]
    fn other_products_are_left_alone() {
        for json in [
            r#"{"type":"ERROR","message":"x"}"#,
            r#"{"type":"CALL_FAILED","payload":{"id":"c"}}"#,
            r#"{"type":"text","bulkId":"b"}"#,
            r#"{"correlationId":"c","from":"1"}"#,
            r#"{"messageId":"m","status":{}}"#,
            "{}",
        ] {
            assert_eq!(body(json, &["voice"]), None, "{json}");
        }
    }

    #[test]
    fn the_route_names_what_the_body_does_not() {
        let json = r#"{"callId":"c","timestamp":"t"}"#;
        assert_eq!(body(json, &["voice", "call-ringing"]), calls("CALL_RINGING"));
        assert_eq!(body(r#"{"correlationId":"c"}"#, &["VOICE_VIDEO", "NUMBER_MASKING"]), Some(Body::Masking));
        // A script's callback at the URL of another event.
        assert_eq!(body(r#"{"callId":"c","endpoint":{}}"#, &["voice", "CALL_FINISHED"]), Some(Body::Markup));
        assert_eq!(body(r#"{"callId":"c"}"#, &["voice", "MARKUP"]), Some(Body::OfCall("MARKUP".to_owned())));
        assert_eq!(body(r#"{"callId":"c"}"#, &[]), Some(Body::OfCall(String::new())));
        assert_eq!(body(r#"{"callId":"c"}"#, &["sms", "DELIVERY"]), None);
        // A bulk of messages is none of calls.
        assert_eq!(body(r#"{"bulkId":"b","messageId":"m","status":{}}"#, &["voice", "CALL_FAILED"]), None);
        assert_eq!(body(r#"{"ping":1}"#, &["voice", "MISSED_CALL"]), None);
        // The body's own word goes first.
        assert_eq!(body(r#"{"type":"CALL_FAILED","callId":"c"}"#, &["voice", "CALL_RINGING"]), calls("CALL_FAILED"));
    }
}
