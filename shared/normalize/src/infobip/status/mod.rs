//! Status and error tables, one file a product, and what they make of a report.
//!
//! From the vendor's page "Response status and error codes". The status group decides the type of an event; the error
//! explains it. `permanent` of an error never decides a type: a pending report may carry a permanent error when the
//! message goes on by another channel.

mod chat;
mod code;
mod dlt;
mod email;
mod general;
mod mms;
mod mobile_identity;
mod push;
mod statuses;
#[cfg(test)]
mod tests;
pub(super) mod voice;

use tributary_events::{EventType, Failure, FailureClass, FailureReason};

use super::payload::{Error, Status};

use code::{Code, Flag};

pub(super) use code::Group;

/// Every table of error codes. Where products share a code, the name tells; failing that, the order here.
const ERRORS: [&[Code]; 13] = [
    general::HANDSET,
    general::USER,
    general::OPERATOR,
    email::DROPPED,
    email::BOUNCED,
    email::SYSTEM,
    chat::CLIENT,
    chat::PROVIDER,
    chat::SYSTEM,
    push::REGISTRATION,
    push::CLOUD,
    mms::MMS,
    dlt::DLT,
];

const STATUSES: [&[code::Status]; 4] = [statuses::GENERAL, statuses::MMS, statuses::EMAIL, statuses::PUSH];

/// The group of a status: by number, else by name, else by what the code is known for.
pub(super) fn group(status: &Status<'_>) -> Option<Group> {
    let by_id = status.group_id.get().and_then(Group::from_id);
    let by_name = || status.group_name.get().and_then(Group::from_name);
    by_id.or_else(by_name).or_else(|| known(status, None).map(|known| known.group))
}

/// The type of a delivery report. `None` if the group is none we know: then nobody can tell.
pub(super) fn delivery(status: &Status<'_>, error: &Error<'_>) -> Option<EventType> {
    let group = group(status)?;
    let bounce = bounce(error);
    Some(match (group, bounce) {
        (Group::Pending, Some(Bounce::Soft)) => EventType::MessageDeferred,
        // 7 and 3 say "handed to the operator", 26 "ready to be".
        (Group::Pending, _) if status.is(7, "PENDING_ENROUTE") || status.is(3, "PENDING_WAITING_DELIVERY") => {
            EventType::MessageSent
        }
        (Group::Accepted | Group::Pending, _) => EventType::MessageQueued,
        (Group::Delivered, _) if status.is(2, "DELIVERED_TO_OPERATOR") => EventType::MessageSent,
        (Group::Delivered, _) => EventType::MessageDelivered,
        (Group::Undeliverable | Group::Expired | Group::Rejected, Some(Bounce::Hard)) => EventType::MessageBounced,
        (Group::Undeliverable | Group::Expired | Group::Rejected, Some(Bounce::Soft)) => EventType::MessageDeferred,
        (Group::Undeliverable, None) => EventType::MessageUndelivered,
        (Group::Expired, None) => EventType::MessageExpired,
        (Group::Rejected, None) => EventType::MessageRejected,
    })
}

/// Why a report says what it says. `None` if nothing went wrong.
///
/// The error explains, where there is one; else the status, if it is one of failure.
pub(super) fn failure<'a>(status: &Status<'a>, error: &Error<'a>) -> Option<Failure<'a>> {
    error_failure(error).or_else(|| status_failure(status))
}

/// The failure an error object stands for, by the tables of messages. `None` for no error.
pub(super) fn error_failure<'a>(error: &Error<'a>) -> Option<Failure<'a>> {
    explain(error, &ERRORS)
}

/// The failure an error object of mobile identity stands for: its numbers overlap with those of messages.
pub(super) fn identity_failure<'a>(error: &Error<'a>) -> Option<Failure<'a>> {
    explain(error, &[mobile_identity::MOBILE_IDENTITY])
}

fn explain<'a>(error: &Error<'a>, tables: &[&'static [Code]]) -> Option<Failure<'a>> {
    if is_no_error(error) {
        return None;
    }
    let known = find(error, tables);
    let permanent = error.permanent.flag();
    let class = match (known, permanent) {
        (Some(known), _) => known.class(permanent),
        (None, Some(true)) => FailureClass::Permanent,
        (None, Some(false)) => FailureClass::Transient,
        (None, None) => FailureClass::Unknown,
    };
    Some(Failure {
        code: error.id.take(),
        name: error.name.take().or_else(|| known.map(|known| known.name.into())),
        description: error.description.take(),
        ..Failure::new(class, known.map_or(FailureReason::Other, |known| known.reason))
    })
}

fn status_failure<'a>(status: &Status<'a>) -> Option<Failure<'a>> {
    let group = group(status)?;
    let reason = match group {
        Group::Accepted | Group::Pending | Group::Delivered => return None,
        Group::Expired => FailureReason::Expired,
        Group::Undeliverable | Group::Rejected => FailureReason::Other,
    };
    let known = known(status, Some(group));
    Some(Failure {
        code: status.id.take(),
        name: status.name.or(&status.group_name).take(),
        description: status.description.take(),
        ..Failure::new(FailureClass::Unknown, known.and_then(|known| known.reason).unwrap_or(reason))
    })
}

/// How an email came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bounce {
    /// The address is no good.
    Hard,
    /// It may work later.
    Soft,
}

/// The bounce an error stands for. The list of bounced mail holds faults of sender and content as well: they say
/// nothing about the address and are no bounces here.
fn bounce(error: &Error<'_>) -> Option<Bounce> {
    let known = find(error, &[email::BOUNCED])?;
    match known.code {
        6042..=6045 | 6047..=6049 => None,
        _ if known.flag == Flag::Permanent => Some(Bounce::Hard),
        _ => Some(Bounce::Soft),
    }
}

/// `NO_ERROR`, nothing at all, or a group that says so.
fn is_no_error(error: &Error<'_>) -> bool {
    if error.id.get() == Some("0") || error.name.is("NO_ERROR") {
        return true;
    }
    error.id.is_none()
        && error.name.is_none()
        && (error.group_name.is_none() || error.group_name.is("OK") || error.group_id.get() == Some("0"))
}

fn find(error: &Error<'_>, tables: &[&'static [Code]]) -> Option<&'static Code> {
    let rows = || tables.iter().copied().flatten();
    match error.id.get().and_then(|id| id.parse::<u16>().ok()) {
        None => rows().find(|row| error.name.is(row.name)),
        Some(id) => {
            let same = || rows().filter(move |row| row.code == id);
            same().find(|row| error.name.is(row.name)).or_else(|| same().next())
        }
    }
}

/// The row of a status. Ids recur in other groups, so the name goes first, then the id within the group.
fn known(status: &Status<'_>, group: Option<Group>) -> Option<&'static code::Status> {
    let rows = || STATUSES.iter().copied().flatten().filter(|row| group.is_none_or(|group| row.group == group));
    let id = status.id.get().and_then(|id| id.parse::<u16>().ok());
    rows().find(|row| status.name.is(row.name)).or_else(|| rows().find(|row| Some(row.id) == id))
}

impl Status<'_> {
    /// Whether it is this status, by its name or, without a name, by its id.
    fn is(&self, id: u16, name: &str) -> bool {
        match self.name.get() {
            Some(own) => own.eq_ignore_ascii_case(name),
            None => self.id.int() == Some(u64::from(id)),
        }
    }
}
