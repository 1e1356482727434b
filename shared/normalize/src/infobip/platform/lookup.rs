//! Number lookup: the network a number is in. No message, no time. Holds the IMSI: never log it.

use serde::Deserialize;
use tributary_events::EventType;
use tributary_events::data::Number;

use crate::Output;
use crate::lenient::{Obj, Text};

use super::super::draft::{Part, Way, person, phone, put, subject};
use super::super::payload::{Error, Platform, Status, application};
use super::super::status;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Lookup<'a> {
    to: Text<'a>,
    mcc_mnc: Text<'a>,
    ported: Text<'a>,
    roaming: Text<'a>,
    status: Obj<Status<'a>>,
    error: Obj<Error<'a>>,
    platform: Obj<Platform<'a>>,
    application_id: Text<'a>,
}

/// One number. The bulk stands beside the list.
pub(in crate::infobip) fn read(json: &str, bulk_id: &Text<'_>, out: &mut Output<'_>) {
    let lookup: Lookup<'_> = match out.parse(json) {
        Ok(lookup) => lookup,
        Err(error) => return out.broken(&error, json),
    };
    let account = application(&lookup.platform, &lookup.application_id);
    let part = Part { json, event: "NUMBER_LOOKUP".into(), way: Way::group("Number lookup"), account };
    // The same number may be looked up again with the same outcome: the bulk tells the two apart.
    let identity = part.naming(out).with(bulk_id.get()).element(json);
    let mut data = part.data();
    data.address = phone(&lookup.to);
    data.contact = (!lookup.to.is_none()).then(|| Box::new(person(&lookup.to, None)));
    data.number = Some(Box::new(Number {
        number: lookup.to.take(),
        network: lookup.mcc_mnc.take(),
        ported: lookup.ported.flag(),
        roaming: lookup.roaming.flag(),
        status: lookup.status.name.or(&lookup.status.group_name).take(),
        ..Number::default()
    }));
    data.failure = status::failure(&lookup.status, &lookup.error).map(Box::new);
    put(out, &identity, EventType::NumberLookedUp, subject("number", &lookup.to), None, data);
}
