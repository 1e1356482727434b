//! Bodies whole: what makes two of them one event, what they say, and of whom.

use serde_json::{Value, json};
use tributary_events::{Context, Timestamp};

use super::super::Infobip;
use crate::{Prepared, Request, Settings, normalize};

fn all(path: &str, body: &Value) -> Vec<Prepared> {
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    let body = body.to_string();
    let request = Request {
        segments: &segments,
        content_type: "application/json",
        body: body.as_bytes(),
        context: Context { received: Timestamp::parse("2026-11-21T09:30:00Z").unwrap(), traceparent: None },
        settings: &Settings::default(),
    };
    normalize(&Infobip, &request, false).unwrap().events
}

pub(in crate::infobip) fn one(path: &str, body: &Value) -> Prepared {
    let mut events = all(path, body);
    assert_eq!(events.len(), 1, "{path} {body}");
    events.remove(0)
}

pub(in crate::infobip) fn event(path: &str, body: &Value) -> Value {
    serde_json::from_str(&one(path, body).json).unwrap()
}

pub(in crate::infobip) fn with(base: &Value, changes: &Value) -> Value {
    let mut all = base.clone();
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    all
}

fn results(report: &Value) -> Value {
    json!({"results": [report]})
}

fn error(code: u32, name: &str, group: u32, group_name: &str) -> (Value, Value) {
    (
        json!({"id": code, "name": name, "groupId": 2}),
        json!({"groupId": group, "groupName": group_name, "id": 90 + group}),
    )
}

#[test]
fn a_report_is_one_in_each_dialect_that_has_no_call() {
    for (error, status) in [
        error(10201, "BUSY", 2, "UNDELIVERABLE"),
        error(10200, "NO_ANSWER", 2, "UNDELIVERABLE"),
        error(5003, "EC_VOICE_NO_ANSWER", 3, "DELIVERED"),
        error(10203, "REJECTED", 5, "REJECTED"),
        error(10000, "NORMAL_HANGUP", 3, "DELIVERED"),
        error(0, "NO_ERROR", 3, "DELIVERED"),
        error(12, "EC_ILLEGAL_SUBSCRIBER", 2, "UNDELIVERABLE"),
    ] {
        let classic = json!({
            "bulkId": "b-1", "messageId": "v-1", "from": "12025550143", "to": "+12025550178", "mccMnc": "310260",
            "sentAt": "2026-11-20T14:00:00.000+0000", "doneAt": "2026-11-20T14:00:32.500+0000",
            "price": {"pricePerSecond": 0.01, "currency": "USD"}, "status": status, "error": error,
        });
        let messages_api = json!({
            "event": "DELIVERY", "channel": "VOICE", "messageId": "v-1", "sender": "12025550143",
            "destination": "12025550178", "doneAt": "2026-11-20T14:00:32.5Z", "messageCount": 1,
            "status": status, "error": error,
        });
        let of_before = json!({
            "messageId": "v-1", "to": "12025550178", "doneAt": "2026-11-20T09:00:32.500-0500",
            "status": status, "error": error,
        });
        let first = one("voice/DELIVERY", &results(&classic));
        assert!(first.says.is_some(), "{error}");
        for (path, other) in [
            ("voice/DELIVERY", &messages_api),
            ("messages-api", &messages_api),
            ("", &classic),
            ("sms/DELIVERY", &classic),
            ("voice/DELIVERY", &of_before),
            ("DELIVERY", &of_before),
            ("", &with(&classic, &json!({"price": {"pricePerSecond": 0.02}}))),
        ] {
            let other = one(path, &results(other));
            assert_eq!(
                (other.id, other.says, other.kind),
                (first.id, first.says, first.kind),
                "{path}: {error} {status}"
            );
        }
    }
}

fn report() -> Value {
    json!({
        "messageId": "v-2", "from": "12025550143", "to": "12025550178", "sentAt": "2026-11-20T14:00:00.000+0000",
        "voiceCall": {
            "startTime": "2026-11-20T14:00:01.000+0000", "endTime": "2026-11-20T14:00:31.000+0000", "duration": 22,
            "dtmfCodes": "1", "direction": "OUTBOUND",
        },
        "price": {"pricePerSecond": 0.01, "currency": "USD"},
        "status": {"groupId": 3, "id": 5}, "error": {"id": 10000, "name": "NORMAL_HANGUP"},
    })
}

#[test]
fn an_attempt_is_one_event_whatever_it_costs_and_another_is_another() {
    let id = |report: &Value| one("voice/DELIVERY", &results(report)).id;
    let first = id(&report());
    for same in [json!({"price": {"pricePerSecond": 0.02, "currency": "EUR"}}), json!({"price": null})] {
        assert_eq!(id(&with(&report(), &same)), first, "{same}");
    }
    let call = |changes: Value| json!({"voiceCall": with(&report()["voiceCall"], &changes)});
    for other in [
        call(json!({"startTime": "2026-11-20T15:00:01.000+0000", "endTime": "2026-11-20T15:00:31.000+0000"})),
        call(json!({"dtmfCodes": "2"})),
        call(json!({"callRecordingFileId": "file-1"})),
        json!({"callbackData": "another"}),
    ] {
        assert_ne!(id(&with(&report(), &other)), first, "{other}");
    }
    let flat = json!({
        "messageId": "v-2", "to": "12025550178", "doneAt": "2026-11-20T14:00:31.000+0000", "startTime": 1_795_183_201_000_u64,
        "dtmfCodes": "1", "status": {"groupId": 3, "id": 5}, "error": {"id": 5000},
    });
    assert_ne!(id(&flat), id(&with(&flat, &json!({"dtmfCodes": "2"}))));
    assert_ne!(id(&flat), id(&with(&flat, &json!({"startTime": 1_795_186_801_000_u64}))));
}

#[test]
fn events_of_one_call_in_one_moment_are_several() {
    let calls = |name: &str, properties: Value| {
        let body = json!({
            "type": name, "callId": "c-1", "timestamp": "2026-11-20T14:00:11+0000", "properties": properties,
        });
        ("voice", body)
    };
    let masking = |changes: Value| {
        let base =
            json!({"from": "12025550178", "to": "12025550143", "correlationId": "m-1", "nmCorrelationId": "n-1"});
        ("voice/NUMBER_MASKING", with(&base, &changes))
    };
    let report = |to: &str| masking(json!({"action": "dial", "status": "no answer", "transferTo": to}));
    let link = |state: &str| {
        ("voice", json!({"callLinkId": "l-1", "callDetails": {"dialogId": "d-1", "caller": {"state": state}}}))
    };
    for (one_of, other) in [
        (calls("DTMF_CAPTURED", json!({"dtmf": "1"})), calls("DTMF_CAPTURED", json!({"dtmf": "2"}))),
        (calls("SPEECH_CAPTURED", json!({"fullText": "yes"})), calls("SPEECH_CAPTURED", json!({"fullText": "no"}))),
        (
            calls("ERROR", json!({"actionType": "PLAY", "errorCode": "A"})),
            calls("ERROR", json!({"actionType": "PLAY", "errorCode": "B"})),
        ),
        (
            calls("MACHINE_DETECTION_FINISHED", json!({"detectionResult": "HUMAN"})),
            calls("MACHINE_DETECTION_FINISHED", json!({"detectionResult": "MACHINE"})),
        ),
        (
            calls("PARTICIPANT_JOINED", json!({"participant": {"endpoint": {"type": "WEBRTC", "identity": "ann"}}})),
            calls("PARTICIPANT_JOINED", json!({"participant": {"endpoint": {"type": "WEBRTC", "identity": "bob"}}})),
        ),
        (report("12025550101"), report("12025550102")),
        (masking(json!({"dtmfCaptured": true, "from": "1"})), masking(json!({"dtmfCaptured": true, "from": "2"}))),
        (masking(json!({})), masking(json!({"nmCorrelationId": "n-2"}))),
        (link("FINISHED"), link("NO_ANSWER")),
    ] {
        let (first, second) = (one(one_of.0, &one_of.1), one(other.0, &other.1));
        assert_ne!(first.id, second.id, "{} {}", one_of.1, other.1);
        assert_eq!((first.says, second.says), (None, None), "{}", one_of.1);
        // The backup URL, the URL of the subscription: the same body is the same event.
        assert_eq!(one("", &one_of.1).id, first.id, "{}", one_of.1);
    }
}

/// Every event of both groups, as a route.
pub(in crate::infobip) fn routes() -> impl Iterator<Item = (String, Vec<String>)> {
    let rows = super::super::catalog::ROWS.iter();
    rows.filter(|row| matches!(row.vendor_channel, "Voice and WebRTC" | "Customer engagement" | "beyond the list")).map(
        |row| (format!("{}/{}", row.vendor_channel.replace("beyond the list", "voice"), row.vendor_event), row.kinds()),
    )
}

#[test]
fn a_route_alone_makes_no_event() {
    let mut tried = 0;
    for (path, kinds) in routes() {
        for body in [
            json!({}),
            json!({"test": true}),
            json!({"ping": 1}),
            json!({"event": "healthcheck"}),
            json!({"payload": {}}),
            json!({"payload": {"person": {}}}),
            json!({"payload": {"status": "CLOSED", "queue": {}}}),
            json!({"properties": {}}),
            json!({"properties": {"call": {}, "duration": 3}}),
            json!({"timestamp": "2026-11-20T14:00:11+0000"}),
        ] {
            tried += 1;
            let got = one(&path, &body).kind;
            assert!(
                !kinds.contains(&got.as_str().to_owned()) || got.as_str() == "unrecognized",
                "{path} {body}: {got}"
            );
        }
    }
    assert!(tried > 900, "{tried}");
}

#[test]
fn a_name_of_its_own_with_nothing_in_it_makes_no_event() {
    for (path, kinds) in routes() {
        let name = path.split_once('/').unwrap().1;
        for body in [
            json!({"type": name}),
            json!({"type": name, "timestamp": "2026-11-20T14:00:11+0000", "payload": {}}),
            json!({"type": name, "timestamp": "2026-11-20T14:00:11+0000", "properties": {}}),
        ] {
            let got = one("", &body).kind;
            assert!(!kinds.contains(&got.as_str().to_owned()) || got.as_str() == "unrecognized", "{body}: {got}");
        }
    }
}

#[test]
fn a_message_that_names_itself_inbound_without_a_payload_is_none_of_a_desk() {
    let body = json!({"type": "INBOUND_MESSAGE", "messageId": "m-1", "from": "12025550178", "text": "STOP"});
    let got = event("sms/INBOUND_MESSAGE", &body);
    assert_eq!((&got["type"], &got["data"]["channel"]), (&json!("message.received"), &json!("sms")));
}

#[test]
fn what_answered_is_told_by_the_type() {
    for (result, kind) in [
        (json!("HUMAN"), "call.human_detected"),
        (json!("human"), "call.human_detected"),
        (json!("MACHINE"), "call.machine_detected"),
        (json!("UNKNOWN"), "unrecognized"),
        (json!(null), "unrecognized"),
    ] {
        let body = json!({
            "type": "MACHINE_DETECTION_FINISHED", "callId": "c-1", "properties": {"detectionResult": result},
        });
        let got = event("voice", &body);
        assert_eq!((&got["type"], &got["subject"]), (&json!(kind), &json!("call/c-1")), "{result}");
        assert_eq!(got["data"]["detection"]["result"], result);
    }
}

#[test]
fn the_end_of_a_call_is_read_in_any_form() {
    for (properties, reason, outcome) in [
        (json!({"errorCode": "NO_ANSWER"}), "no_answer", "no_answer"),
        (json!({"errorCode": "no answer"}), "no_answer", "no_answer"),
        (json!({"errorCode": 10201}), "busy", "busy"),
        (json!({"errorCode": "10201"}), "busy", "busy"),
        (json!({"errorCode": {"name": "DECLINED"}}), "declined", "declined"),
        (json!({"callLog": {"errorCode": "CANCELED"}}), "cancelled", "cancelled"),
        (json!({"callLog": {"errorCode": {"name": "REJECTED"}}}), "declined", "declined"),
        (json!({"callLog": {"errorCode": {"id": 10200, "name": "BUSY"}}}), "busy", "busy"),
        (json!({"callLog": {"state": "CANCELED"}}), "cancelled", "cancelled"),
        (json!({"call": {"state": "DECLINED"}}), "declined", "declined"),
        (json!({"errorCode": "WORD_OF_TOMORROW"}), "other", "failed"),
    ] {
        let body = json!({"type": "CALL_FAILED", "callId": "c-1", "properties": properties});
        let data = &event("voice", &body)["data"];
        assert_eq!((&data["failure"]["reason"], &data["call"]["outcome"]), (&json!(reason), &json!(outcome)), "{body}");
    }
    let bad =
        json!({"type": "ERROR", "callId": "c-1", "properties": {"errorCode": "17", "errorDetails": "No such file."}});
    let failure = &event("voice", &bad)["data"]["failure"];
    assert_eq!((&failure["code"], &failure["description"]), (&json!("17"), &json!("No such file.")));
}

#[test]
fn the_address_of_a_call_is_the_persons_number() {
    let phone = json!({"kind": "phone", "value": "12025550178"});
    let numbers = |direction: &str, from: &str, to: &str| json!({"direction": direction, "from": from, "to": to});
    for (call, expected) in [
        (numbers("OUTBOUND", "12025550143", "12025550178"), &phone),
        (numbers("INBOUND", "12025550178", "12025550143"), &phone),
        (json!({"direction": "INBOUND", "endpoint": {"type": "PHONE", "phoneNumber": "12025550178"}}), &phone),
        (json!({"direction": "INBOUND", "endpoint": {"type": "WHATSAPP", "phoneNumber": "12025550178"}}), &phone),
        // The customer's own name of a person, its own machines, and an end that nobody tells.
        (
            json!({"direction": "INBOUND", "from": "12025550178", "endpoint": {"type": "WEBRTC", "identity": "ann"}}),
            &json!(null),
        ),
        (
            json!({"direction": "OUTBOUND", "to": "12025550178", "endpoint": {"type": "SIP", "username": "desk"}}),
            &json!(null),
        ),
        (json!({"from": "12025550178", "to": "12025550143"}), &json!(null)),
    ] {
        let body = json!({"type": "CALL_FINISHED", "callId": "c-1", "properties": {"callLog": call}});
        assert_eq!(&event("voice", &body)["data"]["address"], expected, "{body}");
    }
    for (path, body) in [
        ("voice/MISSED_CALL", json!({"callingNumber": "12025550178", "calledNumber": "12025550143"})),
        ("voice", json!({"nmCorrelationId": "n-1", "from": "12025550178", "to": "12025550143"})),
        ("voice/DELIVERY", results(&report())),
        (
            "voice/DELIVERY",
            results(&with(
                &report(),
                &json!({
                    "voiceCall": {"direction": "INBOUND"}, "from": "12025550178", "to": "12025550143",
                }),
            )),
        ),
    ] {
        assert_eq!(event(path, &body)["data"]["address"], phone, "{path} {body}");
    }
    // After captureDtmf `from` is the keys pressed.
    let keys = json!({"nmCorrelationId": "n-1", "from": "2025550178", "to": "12025550143", "dtmfCaptured": true});
    assert_eq!(event("voice", &keys)["data"]["address"], json!(null));
}

#[test]
fn a_missed_call_needs_a_number() {
    for (path, body, kind) in [
        ("voice", json!({"callingNumber": "12025550178", "calledNumber": "12025550143"}), "call.missed"),
        ("voice", json!({"callingNumber": "12025550178", "timeOfCall": 1_795_183_200_000_u64}), "call.missed"),
        ("voice/MISSED_CALL", json!({"callingNumber": "12025550178"}), "call.missed"),
        ("voice/MISSED_CALL", json!({"timeOfCall": 1_795_183_200_000_u64}), "unrecognized"),
        ("voice", json!({"callingNumber": "12025550178"}), "unrecognized"),
    ] {
        assert_eq!(one(path, &body).kind.as_str(), kind, "{path} {body}");
    }
}

#[test]
fn a_list_of_what_stands_alone_as_a_rule_is_read_part_by_part() {
    let call = json!({"type": "CALL_RINGING", "callId": "c-1", "timestamp": "2026-11-20T14:00:11+0000"});
    let person = json!({"type": "PERSON_CREATED", "payload": {"person": {"id": "p-1"}}});
    let alone = [one("voice", &call), one("people", &person)].map(|event| event.id);
    for body in [json!([call, person]), json!({"results": [call, person]})] {
        let ids: Vec<_> = all("voice", &body).into_iter().map(|event| event.id).collect();
        assert_eq!(ids, alone, "{body}");
    }
}

#[test]
fn a_callback_of_a_script_has_its_channel_and_its_call() {
    for (path, body) in [
        ("calls-markup", json!({"callId": "c-1", "capturedDtmf": "12"})),
        ("", json!({"callId": "c-1", "errorCode": {"name": "BUSY"}})),
        ("voice/MARKUP", json!({"callId": "c-1", "aFieldOfTomorrow": true})),
        ("voice/CALL_FINISHED", json!({"callId": "c-1", "endpoint": {"type": "PHONE", "phoneNumber": "12025550178"}})),
    ] {
        let got = event(path, &body);
        let told = (&got["type"], &got["subject"], &got["data"]["channel"]);
        assert_eq!(told, (&json!("unrecognized"), &json!("call/c-1"), &json!("voice")), "{path} {body}");
    }
}
