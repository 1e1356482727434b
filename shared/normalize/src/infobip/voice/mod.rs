//! Voice and WebRTC: the Calls API, delivery reports of voice messages, number masking, missed calls, call links.
//!
//! No field tells these bodies apart; [`read`] goes by the fields that only one of them has.

mod calls;
mod delivery;
mod masking;
mod objects;
mod outcome;
mod payload;
mod simple;
mod types;

use serde::Deserialize;

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
    call_link_id: Text<'a>,
    call_details: Any<'a>,
    route_id: Text<'a>,
    endpoint: Any<'a>,
    start_time: Text<'a>,
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
}

impl Probe<'_> {
    fn body(&self, route: &Route) -> Option<Body> {
        let any_id = [&self.call_id, &self.conference_id, &self.dialog_id, &self.calls_configuration_id]
            .into_iter()
            .any(|id| !id.is_none());
        let calls = any_id || !self.bulk_id.is_none() || self.properties.is_object();
        if self.payload.get().is_some() {
            return None;
        }
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
        let routed = route.vendor_event();
        Some(match routed.filter(|name| types::event_type(name).is_some()) {
            Some(name) if calls => Body::Calls(name),
            _ if self.voice_call.is_object() => Body::Report,
            _ if !self.nm_correlation_id.is_none() => Body::Masking,
            _ if route.event_is("number_masking") && !self.correlation_id.is_none() => Body::Masking,
            _ if !self.calling_number.is_none() && !self.called_number.is_none() => Body::MissedCall,
            _ if !self.call_link_id.is_none() && self.call_details.is_object() => Body::CallLink,
            _ if self.call_id.is_none() => return None,
            _ if !self.route_id.is_none() => Body::Destination,
            _ if self.endpoint.is_object() || !self.start_time.is_none() => Body::Markup,
            _ => return None,
        })
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
            r#"{"callId":"c"}"#,
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
        // The body's own word goes first.
        assert_eq!(body(r#"{"type":"CALL_FAILED","callId":"c"}"#, &["voice", "CALL_RINGING"]), calls("CALL_FAILED"));
    }
}
