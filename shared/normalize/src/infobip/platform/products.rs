//! Products whose results come to a URL given with each request: tests of chat bots, answers to queries of traffic,
//! sessions in which a person proves who they are.

use serde::Deserialize;
use tributary_events::data::{Bot, Contact, Conversation, Job, Message, Verification};
use tributary_events::{EventType, Failure, FailureClass, FailureReason};

use crate::Output;
use crate::lenient::{Any, Obj, Text};

use super::super::draft::{Part, Way, put, subject};
use super::super::payload::time;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct BotEvent<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    account_key: Text<'a>,
    timestamp: Text<'a>,
    session_information: Obj<BotSession<'a>>,
    last_dialog: Obj<Dialog<'a>>,
    outbound_message: Obj<BotMessage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct BotSession<'a> {
    session_id: Text<'a>,
    bot_information: Obj<BotInformation<'a>>,
    callback_data: Any<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct BotInformation<'a> {
    bot_id: Text<'a>,
    bot_name: Text<'a>,
    channel: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Dialog<'a> {
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct BotMessage<'a> {
    channel: Text<'a>,
    content: Obj<BotContent<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct BotContent<'a> {
    #[serde(rename = "type")]
    kind: Text<'a>,
    text: Text<'a>,
    caption: Text<'a>,
}

/// Answers: what a bot says in a test that was started over the API. Nobody gets it, so there is no address.
pub(in crate::infobip) fn answers(json: &str, out: &mut Output<'_>) {
    let event: BotEvent<'_> = match out.parse(json) {
        Ok(event) => event,
        Err(error) => return out.broken(&error, json),
    };
    let session = &*event.session_information;
    let bot = &*session.bot_information;
    let sent = event.kind.is("MESSAGE_SENT");
    let kind = if sent { EventType::BotSent } else { EventType::Unrecognized };
    let way = Way::of_word(&event.outbound_message.channel.or(&bot.channel)).and_then(|way| way.ours);
    let way = Way { ours: way, ..Way::group("Answers") };
    let name = event.kind.take().unwrap_or_else(|| "ANSWERS".into());
    let part = Part { json, event: name, way, account: event.account_key.clone() };
    let identity = part.element(out);
    let mut data = part.data();
    data.test = Some(true);
    data.bot = Some(Box::new(Bot {
        id: bot.bot_id.take(),
        name: bot.bot_name.take(),
        step: event.last_dialog.name.take(),
        ..Bot::default()
    }));
    data.conversation = Some(Box::new(Conversation { id: session.session_id.take(), ..Conversation::default() }));
    let content = &*event.outbound_message.content;
    data.message = event.outbound_message.get().map(|_| {
        Box::new(Message {
            direction: Some("outbound".into()),
            kind: content.kind.lower(),
            text: content.text.or(&content.caption).take(),
            ..Message::default()
        })
    });
    data.callback_data = session.callback_data.take();
    put(out, &identity, kind, subject("conversation", &session.session_id), time(&event.timestamp), data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct QueryResult<'a> {
    request_id: Text<'a>,
    status: Text<'a>,
    failure_message: Text<'a>,
}

/// Metrics: a query of traffic has its answer, which stays in `original`.
pub(in crate::infobip) fn metrics(json: &str, out: &mut Output<'_>) {
    let result: QueryResult<'_> = match out.parse(json) {
        Ok(result) => result,
        Err(error) => return out.broken(&error, json),
    };
    let kind = match result.status.get().unwrap_or_default() {
        "SUCCESS" => EventType::JobFinished,
        "FAILED" => EventType::JobFailed,
        _ => EventType::Unrecognized,
    };
    let part = Part { json, event: "QUERY_RESULT".into(), way: Way::group("Metrics"), account: Text::default() };
    let identity = part.element(out);
    let mut data = part.data();
    data.job = Some(Box::new(Job { id: result.request_id.take(), status: result.status.take(), ..Job::default() }));
    data.failure = (kind == EventType::JobFailed).then(|| {
        let failure = Failure::new(FailureClass::Unknown, FailureReason::Other);
        Box::new(Failure { description: result.failure_message.take(), ..failure })
    });
    put(out, &identity, kind, subject("job", &result.request_id), None, data);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Session<'a> {
    session_id: Text<'a>,
    /// The customer's own id of the person.
    partner_reference: Text<'a>,
    status: Text<'a>,
    data: Obj<Found<'a>>,
}

/// Of a document, a face or a code. Holds what stands in passports: it stays in `original`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Found<'a> {
    face_match: Text<'a>,
}

/// Biometrics: a session ended, or went on where the URL asks for each change.
pub(in crate::infobip) fn biometrics(json: &str, out: &mut Output<'_>) {
    let session: Session<'_> = match out.parse(json) {
        Ok(session) => session,
        Err(error) => return out.broken(&error, json),
    };
    let kind = match session.status.get().unwrap_or_default() {
        "SUCCESS" | "EXPIRED" | "CANCELED" => EventType::VerificationCompleted,
        _ => EventType::Unrecognized,
    };
    let part = Part { json, event: "SESSION_RESULT".into(), way: Way::group("Biometrics"), account: Text::default() };
    let identity = part.element(out);
    let mut data = part.data();
    data.contact = Some(Box::new(Contact { user_id: session.partner_reference.take(), ..Contact::default() }));
    data.verification = Some(Box::new(Verification {
        id: session.session_id.take(),
        status: session.status.take(),
        result: session.data.face_match.flag().map(|same| if same { "FACE_MATCH" } else { "NO_FACE_MATCH" }.into()),
        ..Verification::default()
    }));
    put(out, &identity, kind, subject("verification", &session.session_id), None, data);
}
