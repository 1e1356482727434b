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

use crate::lenient::Text;

use super::payload::{Error, Status};

use code::{Code, Flag};

pub(super) use code::Group;

/// Every table of error codes. Where products share a code, the name tells; failing that, the order here.
const ERRORS: [&[Code]; 14] = [
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
    email::OLDER,
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
        // Soft ones too: the vendor tries no more.
        (Group::Undeliverable | Group::Rejected, Some(_)) | (Group::Expired, Some(Bounce::Hard)) => {
            EventType::MessageBounced
        }
        (Group::Undeliverable | Group::Rejected, None) if is_on_a_stop_list(status, error) => {
            EventType::MessageSuppressed
        }
        (Group::Undeliverable, None) => EventType::MessageUndelivered,
        (Group::Expired, _) => EventType::MessageExpired,
        (Group::Rejected, None) => EventType::MessageRejected,
    })
}

fn is_on_a_stop_list(status: &Status<'_>, error: &Error<'_>) -> bool {
    failure(status, error).is_some_and(|failure| failure.reason == FailureReason::SuppressionList)
}

/// Why a report says what it says. `None` if nothing went wrong.
///
/// The error explains, where there is one that we know; else the status, if it is one of failure. What was delivered has
/// not failed, whatever its error says.
pub(super) fn failure<'a>(status: &Status<'a>, error: &Error<'a>) -> Option<Failure<'a>> {
    if group(status) == Some(Group::Delivered) {
        return None;
    }
    let by_status = status_failure(status);
    let Some(by_error) = error_failure(error) else { return by_status };
    // An error that says nothing does not hide a status that says why.
    let reason = match by_error.reason {
        FailureReason::Other => by_status.map_or(FailureReason::Other, |failure| failure.reason),
        known => known,
    };
    Some(Failure { reason, ..by_error })
}

/// What tells the error of one report from that of another: its code, else its name. Nothing if nothing went wrong.
pub(super) fn code<'a>(error: &Error<'a>) -> Text<'a> {
    if is_no_error(error) { Text::default() } else { error.id.or(&error.name) }
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
    if is_no_error(error) {
        return None;
    }
    let known = find(error, &ERRORS)?;
    if !email::is_bounce(known) {
        return None;
    }
    Some(if known.flag == Flag::Permanent { Bounce::Hard } else { Bounce::Soft })
}

/// `NO_ERROR`, nothing at all, or a group that says so.
fn is_no_error(error: &Error<'_>) -> bool {
    if error.name.is("NO_ERROR") {
        return true;
    }
    if error.id.get() == Some("0") {
        return find(error, &ERRORS).is_none();
    }
    error.id.is_none()
        && error.name.is_none()
        && (error.group_name.is_none() || error.group_name.is("OK") || error.group_id.get() == Some("0"))
}

/// The row of an error. A name that we know beats a number that stands for another: numbers were given anew, and
/// products share them. Some bodies have the name where the number should be.
fn find(error: &Error<'_>, tables: &[&'static [Code]]) -> Option<&'static Code> {
    let rows = || tables.iter().copied().flatten();
    let id = error.id.get().and_then(|id| id.parse::<u16>().ok());
    let name = if id.is_none() { error.name.or(&error.id) } else { error.name.clone() };
    // Numbers are compared quicker than names, and as a rule both agree.
    let numbered = || rows().filter(|row| Some(row.code) == id);
    numbered()
        .find(|row| name.is(row.name))
        .or_else(|| rows().find(|row| name.is(row.name)))
        .or_else(|| numbered().next())
}

/// The row of a status. Ids recur in other groups, so the name goes first, then the id within the group.
fn known(status: &Status<'_>, group: Option<Group>) -> Option<&'static code::Status> {
    let rows = || STATUSES.iter().copied().flatten().filter(|row| group.is_none_or(|group| row.group == group));
    let others = || statuses::OTHER_NAMES.iter().filter(|row| group.is_none_or(|group| row.group == group));
    let id = status.id.get().and_then(|id| id.parse::<u16>().ok());
    rows()
        .chain(others())
        .find(|row| status.name.is(row.name) || status.id.is(row.name))
        .or_else(|| rows().find(|row| Some(row.id) == id))
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
