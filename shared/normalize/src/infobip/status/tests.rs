//! The tables against the numbers of the vendor's page.

use std::collections::HashSet;

use serde_json::json;
use tributary_events::{EventType, FailureClass, FailureReason};

use super::*;

/// Every error code of the page, by product and group.
#[rustfmt::skip]
const CODES: &[(&[Code], &[u16])] = &[
    (general::HANDSET, &[
        1, 2, 5, 6, 7, 8, 9, 11, 12, 13, 21, 27, 31, 32, 33, 34, 35, 36, 255, 256, 257, 258, 259, 260, 261, 262,
        500, 502, 503, 504, 507, 508, 509, 565, 573, 581, 628, 629, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031,
        1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1162, 1163, 1164, 1165, 1166, 1281, 1282, 1283,
        1284, 1536, 1537, 1538, 1539, 1540, 1541, 1792, 1793, 1794, 1795, 1796,
    ]),
    (general::USER, &[
        323, 351, 352, 355, 368, 433, 541, 542, 572, 577, 578, 579, 580, 594, 597, 598, 601, 603, 604, 607, 608,
        609, 2049, 2052, 2053, 3041, 4096, 4099, 4100, 4101, 4102, 4103, 4104, 4202,
    ]),
    (general::OPERATOR, &[
        10, 15, 20, 24, 51, 71, 345, 375, 488, 501, 560, 561, 562, 563, 564, 566, 568, 569, 571, 574, 592, 630,
        631, 632, 633, 810, 811, 815, 2048, 2050, 2051, 4097, 4098, 4102, 5492,
    ]),
    (email::DROPPED, &[
        6002, 6003, 6016, 6018, 6020, 6021, 6023, 6024, 6025, 6026, 6027, 6029, 6030, 6031, 6033, 6034, 6035, 6036,
        6038, 6039, 6040, 6041, 6050, 6051, 6052, 6053, 6054, 6055, 6056, 6057, 6058,
    ]),
    (email::BOUNCED, &[
        6006, 6007, 6009, 6010, 6011, 6012, 6017, 6037, 6042, 6043, 6044, 6045, 6046, 6047, 6048, 6049,
    ]),
    (email::SYSTEM, &[
        6013,
    ]),
    (chat::CLIENT, &[
        7001, 7002, 7003, 7004, 7005, 7006, 7007, 7008, 7009, 7010, 7011, 7012, 7013, 7014, 7015, 7016, 7017, 7018,
        7019, 7020, 7021, 7022, 7023, 7024, 7025, 7026, 7027, 7029, 7030, 7031, 7032, 7033, 7034, 7035, 7102, 7201,
    ]),
    (chat::PROVIDER, &[
        7036, 7037, 7038, 7050, 7051, 7052,
    ]),
    (chat::SYSTEM, &[
        7080, 7081, 7082, 7083, 7084, 7280, 7281,
    ]),
    (push::REGISTRATION, &[
        8001, 8002, 8003, 8004,
    ]),
    (push::CLOUD, &[
        8005, 8006, 8007, 8008, 8009, 8010, 8011, 8012, 8013,
    ]),
    (mms::MMS, &[
        15000, 15002, 15003, 15004, 15005, 15006, 15007, 15008, 15009, 15010, 15011, 15012, 15013, 15014, 15015,
        15016, 15017, 15018, 15019, 15020, 15021, 15022, 15023, 15024, 15025, 15026, 15200, 15201, 15202, 15203,
    ]),
    (mobile_identity::MOBILE_IDENTITY, &[
        100, 101, 102, 200, 201, 202, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 400, 1000,
    ]),
    (dlt::DLT, &[
        4106, 4107, 4108, 4109, 4110, 4111, 4112, 4113, 4114, 4115, 4116, 4117, 4118, 4119, 4120, 4121, 4122, 4123,
        4124, 4125, 4126, 4127, 4128, 4129, 4130, 4131, 4132, 4133, 4134, 4135, 4136, 4137, 4138, 4139, 4140, 4141,
        4142, 4143, 4144, 4146, 4147, 4148, 4149, 4150, 4151, 4153, 4154, 4155, 4156, 4157, 4158,
    ]),
];

/// Every status code of the page, by product and group.
#[rustfmt::skip]
const STATUS_IDS: &[(Group, &[u16])] = &[
    (Group::Pending, &[3, 7, 26]),
    (Group::Undeliverable, &[4, 9, 31, 96, 97, 98]),
    (Group::Delivered, &[2, 5]),
    (Group::Expired, &[15, 29, 87]),
    (Group::Rejected, &[6, 8, 10, 11, 12, 13, 14, 17, 18, 19, 20, 21, 23, 24, 25, 51, 52, 87, 99, 100]),
    (Group::Rejected, &[56, 77]),
    (Group::Rejected, &[75, 88, 89, 90]),
    (Group::Undeliverable, &[66]),
    (Group::Rejected, &[65, 68, 69, 70, 71, 73, 74]),
];

#[test]
fn every_error_code_is_listed_once_in_its_group() {
    for (table, codes) in CODES {
        let listed: Vec<u16> = table.iter().map(|row| row.code).collect();
        assert_eq!(listed, *codes);
        assert_eq!(listed.iter().collect::<HashSet<_>>().len(), listed.len(), "one twice in {listed:?}");
    }
}

#[test]
fn every_status_is_listed_once_in_its_group() {
    let rows = || STATUSES.iter().copied().flatten();
    let expected: usize = STATUS_IDS.iter().map(|(_, ids)| ids.len()).sum();
    assert_eq!(rows().count(), expected);
    for (group, ids) in STATUS_IDS {
        for id in *ids {
            assert_eq!(rows().filter(|row| row.group == *group && row.id == *id).count(), 1, "{group:?} {id}");
        }
    }
}

#[test]
fn a_name_belongs_to_one_reason() {
    let mut seen = std::collections::HashMap::new();
    for row in CODES.iter().flat_map(|(table, _)| *table) {
        assert_eq!(*seen.entry(row.name).or_insert(row.reason), row.reason, "{}", row.name);
    }
}

fn read(
    status: &serde_json::Value,
    error: &serde_json::Value,
) -> (Option<EventType>, Option<(FailureClass, FailureReason)>) {
    let (status, error) = (status.to_string(), error.to_string());
    let status: Status<'_> = serde_json::from_str(&status).unwrap();
    let error: Error<'_> = serde_json::from_str(&error).unwrap();
    (delivery(&status, &error), failure(&status, &error).map(|failure| (failure.class, failure.reason)))
}

#[test]
fn the_group_decides_the_type_and_permanent_never_does() {
    use EventType::*;
    let error = json!({"id": 7002, "name": "EC_UNKNOWN_USER", "permanent": true});
    for (status, kind) in [
        (json!({"groupId": 0}), MessageQueued),
        (json!({"groupId": 1, "id": 26, "name": "PENDING_ACCEPTED"}), MessageQueued),
        (json!({"groupId": 1, "id": 7, "name": "PENDING_ENROUTE"}), MessageSent),
        (json!({"groupId": "1", "id": "3"}), MessageSent),
        (json!({"groupId": 2}), MessageUndelivered),
        (json!({"groupId": 3, "id": 2}), MessageSent),
        (json!({"groupId": 3, "id": 5}), MessageDelivered),
        (json!({"groupId": 4}), MessageExpired),
        (json!({"groupId": 5}), MessageRejected),
        (json!({"groupName": "undeliverable"}), MessageUndelivered),
        (json!({"name": "REJECTED_DND"}), MessageRejected),
        (json!({"id": 29}), MessageExpired),
    ] {
        assert_eq!(read(&status, &error).0, Some(kind), "{status}");
    }
    assert_eq!(read(&json!({"groupId": 9, "groupName": "NEW"}), &json!({})).0, None);
}

#[test]
fn an_email_bounce_is_hard_or_soft_or_a_fault_of_the_sender() {
    use EventType::*;
    let undeliverable = json!({"groupId": 2, "id": 4});
    for (code, kind) in [
        (6006, MessageBounced),
        (6009, MessageBounced),
        (6012, MessageBounced),
        (6037, MessageBounced),
        (6007, MessageBounced),
        (6010, MessageBounced),
        (6011, MessageBounced),
        (6017, MessageBounced),
        (6046, MessageBounced),
        (6042, MessageUndelivered),
        (6049, MessageUndelivered),
        (6013, MessageUndelivered),
    ] {
        assert_eq!(read(&undeliverable, &json!({"id": code})).0, Some(kind), "{code}");
    }
    let full = read(&undeliverable, &json!({"id": 6010, "permanent": false}));
    assert_eq!(full, (Some(MessageBounced), Some((FailureClass::Transient, FailureReason::MailboxFull))));
    assert_eq!(read(&json!({"groupId": 4}), &json!({"id": 6010})).0, Some(MessageExpired));
    let waiting = read(&json!({"groupId": 1, "id": 7}), &json!({"id": 6010, "permanent": false}));
    assert_eq!(waiting, (Some(MessageDeferred), Some((FailureClass::Transient, FailureReason::MailboxFull))));
    assert_eq!(read(&json!({"groupId": 3, "id": 5}), &json!({"id": 6012})).0, Some(MessageDelivered));
}

#[test]
fn the_error_explains_else_the_status_does() {
    let explain = |status: serde_json::Value, error: &serde_json::Value| read(&status, error).1;
    let absent = json!({"id": 27, "name": "EC_ABSENT_SUBSCRIBER", "permanent": false});
    assert_eq!(
        explain(json!({"groupId": 2}), &absent),
        Some((FailureClass::Transient, FailureReason::Unreachable)),
        "error"
    );
    let fine = json!({"id": 0, "name": "NO_ERROR", "groupName": "Ok", "permanent": false});
    assert_eq!(
        explain(json!({"groupId": 5, "id": 12}), &fine),
        Some((FailureClass::Unknown, FailureReason::Quota)),
        "status"
    );
    assert_eq!(explain(json!({"groupId": 3, "id": 5}), &fine), None);
    assert_eq!(explain(json!({"groupId": 1}), &json!({})), None);
    assert_eq!(
        explain(json!({"groupId": 2}), &json!({"id": 60000, "permanent": true})),
        Some((FailureClass::Permanent, FailureReason::Other)),
        "a code nobody knows"
    );
    for error in
        [json!({"name": "EC_NOT_ENOUGH_CREDITS"}), json!({"id": 60000}), json!({"id": 255, "name": "EC_UNKNOWN_ERROR"})]
    {
        let (_, reason) = explain(json!({"groupId": 5, "name": "REJECTED_NOT_ENOUGH_CREDITS"}), &error).unwrap();
        assert_eq!(reason, FailureReason::Quota, "the status says why, {error} does not");
    }
}

#[test]
fn a_code_of_two_products_is_told_by_its_name() {
    let failure = |text: &str| {
        let error: Error<'_> = serde_json::from_str(text).unwrap();
        (error_failure(&error).unwrap().reason, identity_failure(&error).unwrap().reason)
    };
    let (message, identity) = failure(r#"{"id":202,"name":"EC_CONSENT_NOT_GRANTED"}"#);
    assert_eq!((message, identity), (FailureReason::Other, FailureReason::Declined));
    assert_eq!(failure(r#"{"id":500}"#), (FailureReason::Network, FailureReason::Other));
}

#[test]
fn a_temporary_failure_is_one_whatever_its_flag() {
    for code in [628, 7082, 8012] {
        let (_, failure) = read(&json!({"groupId": 2}), &json!({"id": code, "permanent": true}));
        assert_eq!(failure.unwrap().0, FailureClass::Transient, "{code}");
    }
}

#[test]
fn a_known_name_beats_a_number_that_stands_for_another() {
    use EventType::*;
    let undeliverable = json!({"groupId": 2, "id": 4});
    let sender = json!({"id": 6012, "name": "EC_SENDER_ADDRESS_INVALID", "permanent": true});
    assert_eq!(
        read(&undeliverable, &sender),
        (Some(MessageUndelivered), Some((FailureClass::Permanent, FailureReason::SenderNotAllowed)))
    );
    // The other way round as well, and the name where the number should be.
    for error in [
        json!({"id": 27, "name": "EC_HARD_BOUNCE"}),
        json!({"id": "EC_HARD_BOUNCE"}),
        json!({"name": "ec_hard_bounce"}),
        json!({"id": 6012, "name": "A_NAME_OF_TOMORROW"}),
    ] {
        let read = read(&undeliverable, &error);
        assert_eq!(
            read,
            (Some(MessageBounced), Some((FailureClass::Permanent, FailureReason::UnknownRecipient))),
            "{error}"
        );
    }
    let named = read(&json!({"groupId": 2}), &json!({"id": 0, "name": "EC_ABSENT_SUBSCRIBER"}));
    assert_eq!(named.1.unwrap().1, FailureReason::Unreachable);
}

#[test]
fn older_email_codes_keep_their_meaning() {
    use EventType::*;
    for (error, kind, reason) in [
        (json!({"id": 6001, "name": "EC_EMAIL_BLACKLISTED"}), MessageSuppressed, FailureReason::SuppressionList),
        (json!({"id": 6004}), MessageSuppressed, FailureReason::SuppressionList),
        (json!({"id": 6008}), MessageBounced, FailureReason::MailboxFull),
        (json!({"id": 6009, "name": "EC_MAILBOX_UNAVAILABLE"}), MessageBounced, FailureReason::UnknownRecipient),
        (json!({"id": 6014}), MessageUndelivered, FailureReason::VendorError),
    ] {
        let (got, failure) = read(&json!({"groupId": 2, "id": 4}), &error);
        assert_eq!((got, failure.unwrap().1), (Some(kind), reason), "{error}");
    }
}

#[test]
fn what_is_on_a_stop_list_was_suppressed() {
    use EventType::*;
    for (status, error) in [
        (json!({"groupId": 5}), json!({"id": 6034, "permanent": true})),
        (json!({"groupId": 2}), json!({"id": 6035, "name": "EC_SUPPRESSED_SPAM_COMPLAINT"})),
        (json!({"groupId": 5, "id": 14}), json!({"id": 0, "name": "NO_ERROR"})),
        (json!({"name": "REJECTED_DND"}), json!({})),
    ] {
        let (kind, failure) = read(&status, &error);
        assert_eq!((kind, failure.unwrap().1), (Some(MessageSuppressed), FailureReason::SuppressionList), "{status}");
    }
}

#[test]
fn a_status_by_its_name_only() {
    use EventType::*;
    for (status, kind, reason) in [
        (json!({"name": "CANCELED"}), MessageUndelivered, FailureReason::Cancelled),
        (json!({"groupName": "REJECTED", "name": "CANCELED"}), MessageRejected, FailureReason::Cancelled),
        (json!({"groupId": 2, "name": "DECLINED"}), MessageUndelivered, FailureReason::Declined),
        (json!({"id": "NO_ANSWER"}), MessageUndelivered, FailureReason::NoAnswer),
        (json!({"groupId": 2, "id": 98}), MessageUndelivered, FailureReason::Cancelled),
    ] {
        let (got, failure) = read(&status, &json!({}));
        assert_eq!((got, failure.unwrap().1), (Some(kind), reason), "{status}");
    }
}
