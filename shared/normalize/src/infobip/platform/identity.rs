//! Mobile identity: was this phone verified, and what is known of its number. No time, no number in the body.

use serde::Deserialize;
use tributary_events::EventType;
use tributary_events::data::{Number, Verification};

use crate::Output;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, put, subject};
use super::super::payload::Error;
use super::super::route::Route;
use super::super::status;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Outcome<'a> {
    token: Text<'a>,
    /// Null where the vendor could not tell.
    result: Text<'a>,
    /// Of the advanced flow.
    status: Text<'a>,
    error: Obj<Error<'a>>,
    /// Number intelligence. May be the text "null".
    ni_attributes: Any<'a>,
}

pub(in crate::infobip) fn read(json: &str, route: &Route, out: &mut Output<'_>) {
    let outcome: Outcome<'_> = match out.parse(json) {
        Ok(outcome) => outcome,
        Err(error) => return out.broken(&error, json),
    };
    let intelligence = outcome.ni_attributes.non_empty().is_some();
    let (event, kind) = if intelligence {
        ("NUMBER_INTELLIGENCE", EventType::NumberIntelligenceReported)
    } else {
        ("SILENT_VERIFICATION", EventType::VerificationCompleted)
    };
    // The name that the subscription has for calls: the body is the same.
    let named = if route.event_is("silent_verification_delivery") { "SILENT_VERIFICATION_DELIVERY" } else { event };
    let part = Part { json, event: named.into(), way: Way::group("Mobile identity"), account: Text::default() };
    let identity = out.identity(None, event).element(json);
    let mut data = part.data();
    data.verification = Some(Box::new(Verification {
        id: outcome.token.take(),
        result: outcome.result.take(),
        status: outcome.status.take(),
        ..Verification::default()
    }));
    if outcome.ni_attributes.is_object() {
        data.number = Some(Box::new(Number { details: outcome.ni_attributes.take(), ..Number::default() }));
    }
    data.failure = status::identity_failure(&outcome.error).map(Box::new);
    put(out, &identity, kind, subject("verification", &outcome.token), None, data);
}
