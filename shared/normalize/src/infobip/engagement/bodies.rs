//! Bodies of customer engagement whole: what makes two of them one event, and whose address took part.

use serde_json::{Value, json};

use super::super::voice::bodies::{event, one, with};

fn conversation(kind: &str, outer: &str, changes: &Value) -> Value {
    let payload = json!({
        "id": "conv-1", "status": "OPEN", "channel": "WHATSAPP", "direction": "INBOUND",
        "timestamp": "2026-11-20T15:00:01.250+00:00",
    });
    json!({"type": kind, "timestamp": outer, "payload": with(&payload, changes)})
}

const EARLY: &str = "2026-11-20T15:00:04.500+00:00";
const LATE: &str = "2026-11-21T19:00:00.000+00:00";

#[test]
fn what_happens_in_a_conversation_differs_where_its_own_time_stays() {
    let message = |changes: Value| with(&json!({"channel": "SMS", "from": "12025550178"}), &changes);
    for (kind, first, second) in [
        ("CONVERSATION_STATUS_UPDATED", (EARLY, json!({})), (LATE, json!({}))),
        ("CONVERSATION_STATUS_UPDATED", (EARLY, json!({})), (EARLY, json!({"status": "SOLVED"}))),
        ("CONVERSATION_QUEUE_UPDATED", (EARLY, json!({"queue": {"id": "1"}})), (EARLY, json!({"queue": {"id": "2"}}))),
        (
            "CONVERSATION_ASSIGNMENT_UPDATED",
            (EARLY, json!({"assignee": {"id": "a-1"}})),
            (EARLY, json!({"assignee": {"id": "a-2"}})),
        ),
        ("CONVERSATION_PRIORITY_UPDATED", (EARLY, json!({"priority": "LOW"})), (EARLY, json!({"priority": "HIGH"}))),
        ("CONVERSATION_TOPIC_UPDATED", (EARLY, json!({"topic": "a"})), (EARLY, json!({"topic": "b"}))),
        ("CONVERSATION_SUMMARY_UPDATED", (EARLY, json!({"summary": "a"})), (EARLY, json!({"summary": "b"}))),
        (
            "CONVERSATION_SLA_POLICY_UPDATED",
            (EARLY, json!({"policy": {"policyId": "p-1"}})),
            (EARLY, json!({"policy": {"policyId": "p-2"}})),
        ),
        (
            "CONVERSATION_NOTE_UPDATED",
            (EARLY, json!({"note": {"id": "n-1", "content": "a"}})),
            (EARLY, json!({"note": {"id": "n-1", "content": "b"}})),
        ),
        (
            "INBOUND_MESSAGE",
            (EARLY, json!({"message": message(json!({"content": "yes"}))})),
            (EARLY, json!({"message": message(json!({"content": "no"}))})),
        ),
    ] {
        let bodies = [&first, &second].map(|(outer, changes)| conversation(kind, outer, changes));
        let [first, second] = bodies.each_ref().map(|body| one("customer_engagement", body));
        assert_ne!(first.id, second.id, "{kind}");
        assert_eq!(first.says, None, "{kind}");
        // Another group of the vendor's list, another URL, another spelling of the time.
        assert_eq!(one(&format!("agent_os/{kind}"), &bodies[0]).id, first.id, "{kind}");
        let body = with(&bodies[0], &json!({"timestamp": "2026-11-20T15:00:04.5Z"}));
        assert_eq!(one("", &body).id, first.id, "{kind}");
    }
}

#[test]
fn events_of_one_person_in_one_moment_are_several() {
    let person = |kind: &str, changes: Value| {
        let payload = with(&json!({"person": {"id": "p-1"}}), &changes);
        json!({"type": kind, "timestamp": EARLY, "payload": payload})
    };
    let push = |id: &str| json!({"channelData": {"type": "PUSH", "pushRegId": id}});
    for (kind, first, second) in [
        ("PERSON_CONTACT_INFORMATION_CREATED", push("reg-1"), push("reg-2")),
        ("PERSON_TAG_ADDED", json!({"addedTag": "a"}), json!({"addedTag": "b"})),
        (
            "PERSON_ATTRIBUTE_CHANGED",
            json!({"attributeName": "city", "to": "a"}),
            json!({"attributeName": "city", "to": "b"}),
        ),
        ("PEOPLE_CUSTOM_AND_TEMPLATE_EVENTS", json!({"definitionId": "a"}), json!({"definitionId": "b"})),
        ("MOBILE_APP_INSTALL", json!({"pushRegId": "reg-1"}), json!({"pushRegId": "reg-2"})),
        ("WEB_SDK_PAGE_VIEW", json!({"url": "https://example.com/a"}), json!({"url": "https://example.com/b"})),
    ] {
        let (first, second) = (person(kind, first), person(kind, second));
        assert_ne!(one("people", &first).id, one("people", &second).id, "{kind}");
        assert_eq!(one("", &first).id, one("people", &first).id, "{kind}");
    }
}

#[test]
fn the_address_is_of_the_customer_where_the_body_says_it_took_part() {
    let body = |kind: &str, message: Value| conversation(kind, EARLY, &json!({"message": message}));
    let message =
        |channel: &str, from: &str, to: &str| json!({"id": "m-1", "channel": channel, "from": from, "to": to});
    let (person, company) = ("12025550178", "12025550143");
    for (body, expected) in [
        (body("INBOUND_MESSAGE", message("SMS", person, company)), json!({"kind": "phone", "value": person})),
        (body("OUTBOUND_MESSAGE", message("SMS", company, person)), json!({"kind": "phone", "value": person})),
        (
            body("INBOUND_MESSAGE_DELETED", message("WHATSAPP", person, company)),
            json!({"kind": "phone", "value": person}),
        ),
        (
            body("INBOUND_MESSAGE", message("EMAIL", "robin@example.org", "desk@example.com")),
            json!({"kind": "email", "value": "robin@example.org"}),
        ),
        (
            body("INBOUND_MESSAGE", message("FACEBOOK_MESSENGER", "72001", "page-1")),
            json!({"kind": "account", "value": "72001"}),
        ),
        // Which way it went is not told; what a live chat has is no address; a word that no list has.
        (body("CONVERSATION_MESSAGE_UPDATED", message("SMS", person, company)), json!(null)),
        (body("INBOUND_MESSAGE", message("LIVE_CHAT", "visitor-1", "channel-1")), json!(null)),
        (body("INBOUND_MESSAGE", message("PIGEON", person, company)), json!(null)),
        // The last message had no part in a change of the status, and an agent's address is the company's.
        (
            conversation(
                "CONVERSATION_STATUS_UPDATED",
                EARLY,
                &json!({"lastMessage": {"from": person, "channel": "SMS"}, "assignee": {"email": "kim@example.com"}}),
            ),
            json!(null),
        ),
    ] {
        assert_eq!(event("customer_engagement", &body)["data"]["address"], expected, "{body}");
    }
}

#[test]
fn the_customers_own_id_is_no_address() {
    let body = conversation(
        "INBOUND_MESSAGE",
        EARLY,
        &json!({
            "message": {"id": "m-1", "channel": "FACEBOOK_MESSENGER", "from": "member-7", "to": "page-1", "content": "Hi"},
            "authentication": {"authenticationType": "EXTERNAL_ID", "value": "member-7"},
        }),
    );
    let data = &event("customer_engagement", &body)["data"];
    assert_eq!((&data["address"], &data["message"]["from"]), (&json!(null), &json!(null)));
    assert_eq!((&data["contact"]["user_id"], &data["contact"]["channel_id"]), (&json!("member-7"), &json!(null)));
}

#[test]
fn the_address_of_a_person_is_the_one_that_came_or_went() {
    let person =
        json!({"id": "p-1", "externalId": "member-7", "email": ["robin@example.org"], "phone": ["12025550178"]});
    for (kind, changes, expected) in [
        (
            "PERSON_CONTACT_INFORMATION_CREATED",
            json!({"channelData": {"type": "EMAIL", "value": "r.vale@example.net"}}),
            json!({"kind": "email", "value": "r.vale@example.net"}),
        ),
        (
            "PERSON_CONTACT_INFORMATION_DELETED",
            json!({"channelData": {"type": "MSISDN", "value": "12025550143"}}),
            json!({"kind": "phone", "value": "12025550143"}),
        ),
        (
            "PERSON_CONTACT_INFORMATION_DELETED",
            json!({"channelData": {"type": "PUSH", "regId": "reg-1"}}),
            json!({"kind": "device", "value": "reg-1"}),
        ),
        (
            "PERSON_CONTACT_INFORMATION_CREATED",
            json!({"channelData": {"type": "LINE", "value": "U4af"}}),
            json!({"kind": "account", "value": "U4af"}),
        ),
        (
            "PERSON_CONTACT_INFORMATION_UPDATED",
            json!({"channelData": {"type": "EMAIL", "property": "preferred", "from": "false", "to": "true"}}),
            json!(null),
        ),
        ("MOBILE_APP_UNINSTALL", json!({"pushRegId": "reg-2"}), json!({"kind": "device", "value": "reg-2"})),
        ("PERSON_CREATED", json!({}), json!(null)),
        ("PERSON_DELETED", json!({}), json!(null)),
        ("PERSON_ATTRIBUTE_CHANGED", json!({"attributeName": "city", "to": "Oslo"}), json!(null)),
        ("WEB_SDK_PAGE_VIEW", json!({"url": "https://example.com"}), json!(null)),
    ] {
        let body = json!({"type": kind, "timestamp": EARLY, "payload": with(&json!({"person": person}), &changes)});
        assert_eq!(event("people", &body)["data"]["address"], expected, "{kind} {changes}");
    }
}

#[test]
fn the_route_names_a_body_that_tells_of_somebody() {
    let body = json!({"timestamp": EARLY, "payload": {"person": {"id": "p-1"}}});
    let deleted = event("customer_engagement/PERSON_DELETED", &body);
    assert_eq!((&deleted["type"], &deleted["subject"]), (&json!("contact.deleted"), &json!("contact/p-1")));
    let closed = json!({"payload": {"id": "conv-1", "status": "CLOSED"}});
    let closed = event("customer_engagement/CONVERSATION_STATUS_UPDATED", &closed);
    assert_eq!((&closed["type"], &closed["subject"]), (&json!("conversation.closed"), &json!("conversation/conv-1")));
}
