//! Hook v2 in whichever envelope, and the hooks of version 1.

use std::borrow::Cow;

use tributary_events::data::{Agent, Attachment, Campaign, Content, Conversation, Job, Message, Page};
use tributary_events::{Channel, Data, Draft, EventType, Str};

use super::moment::moment;
use super::payload::{Body, HookData, Operator};
use super::person::Person;
use super::place::Place;
use super::{Frame, occurrence, unrecognized};
use crate::lenient::{Obj, Text};
use crate::{Output, Unreadable, fold};

/// A hook, read as far as its type does not matter.
struct Hook<'h, 'a> {
    event_type: &'h str,
    data: HookData<'a>,
    person: Person<'a>,
}

impl<'a> Hook<'_, 'a> {
    /// `event_type` to ours. What holds nothing of its kind is only a name.
    fn kind(&self) -> EventType {
        let data = &self.data;
        let somebody = self.person.id().is_some();
        let said = !data.content.text.is_none() || !data.content.image.is_none();
        let (kind, is_told) = match self.event_type {
            "talk/message/sendFromUser" => (EventType::MessageReceived, somebody || said),
            "talk/message/sendFromOperator" => (EventType::MessageSent, somebody || said),
            "talk/assignee/assign" => (EventType::ConversationAssigned, somebody || data.operator.get().is_some()),
            "datahub/jobflow/start" => (EventType::JobStarted, self.is_job()),
            // Runs for a jobflow that ended with an error, too (developers.karte.io/reference/jobflow-hook).
            "datahub/jobflow/end" if is_failure(&data.status) => (EventType::JobFailed, self.is_job()),
            "datahub/jobflow/end" => (EventType::JobFinished, self.is_job()),
            "datahub/jobflow/error" => (EventType::JobFailed, self.is_job()),
            "cms/content/create" => (EventType::ContentCreated, self.is_content()),
            "cms/content/update" => (EventType::ContentUpdated, self.is_content()),
            "cms/content/delete" => (EventType::ContentDeleted, self.is_content()),
            "cms/content/publish" => (EventType::ContentPublished, self.is_content()),
            "cms/content/unpublish" => (EventType::ContentUnpublished, self.is_content()),
            _ => return EventType::Unrecognized,
        };
        if is_told { kind } else { EventType::Unrecognized }
    }

    fn is_job(&self) -> bool {
        !self.data.id.is_none() || !self.data.name.is_none()
    }

    fn content_id(&self) -> Text<'a> {
        self.data.id.or(&self.data.sys.raw.content_id)
    }

    fn is_content(&self) -> bool {
        !self.content_id().is_none() || !self.data.sys.model_id.is_none()
    }

    /// What it is about, also where its type is in no list: campaigns, functions, sites and whatever comes.
    fn subject(&self) -> Option<Str<'a>> {
        let words: Vec<&str> = self.event_type.split('/').collect();
        let id = self.data.ret.id.or(&self.content_id());
        let noun = match words.as_slice() {
            ["talk", ..] => return self.person.subject("conversation"),
            ["datahub", ..] => Cow::Borrowed("job"),
            ["cms", ..] => Cow::Borrowed("content"),
            words => match words.iter().find_map(|word| noun(word)) {
                Some(noun) => Cow::Borrowed(noun),
                // `<area>/<thing>/<verb>`.
                None => Cow::Owned(fold(words.get(words.len().checked_sub(2)?)?)),
            },
        };
        let id = id.get().filter(|_| !noun.is_empty())?;
        Some(Cow::Owned(format!("{noun}/{id}")))
    }
}

fn noun(word: &str) -> Option<&'static str> {
    let word = fold(word);
    let is = |part: &str, noun: &str| part.strip_prefix(noun).is_some_and(|rest| matches!(rest, "" | "s"));
    ["campaign", "function", "site"].into_iter().find(|noun| word.split('_').any(|part| is(part, noun)))
}

/// Whether a status says that the job did not do its work. KARTE lists no statuses, so each word of it counts.
fn is_failure(status: &Text<'_>) -> bool {
    const WORDS: [&str; 20] = [
        "error",
        "errors",
        "errored",
        "fail",
        "failed",
        "failure",
        "cancel",
        "canceled",
        "cancelled",
        "abort",
        "aborted",
        "timeout",
        "timedout",
        "killed",
        "terminated",
        "interrupted",
        "stopped",
        "失敗",
        "エラー",
        "キャンセル",
    ];
    let status = fold(status.get().unwrap_or_default()).replace("timed_out", "timedout");
    let words: Vec<&str> = status.split('_').collect();
    let negated = |at: usize| at > 0 && matches!(words[at - 1], "no" | "without" | "0");
    words.iter().enumerate().any(|(at, word)| WORDS.contains(word) && !negated(at))
}

pub(super) fn read<'a>(body: &Body<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let event_type = body.event_type.get().unwrap_or_default();
    if !event_type.contains('/') {
        return first_version(body, frame, out);
    }
    let json = body.data.object();
    let data = match &json {
        Some(json) => out.parse(json)?,
        None => HookData::default(),
    };
    let person = Person::new(&data.user_id.or(&body.extra.user_id), &data.visitor_id);
    let hook = Hook { event_type, data, person };
    let kind = hook.kind();
    let me = out.identity(frame.api_key.get(), event_type);
    let identity = occurrence::hook(&me, &body.id, moment(&hook.data.date).is_some(), frame);
    let mut data = frame.data(body.event_type.take().unwrap_or_default());
    fill(&mut data, kind, &hook, body);
    // Only messages carry a time. KARTE runs a hook when the fact happens, so the envelope's time is next best.
    let time = moment(&hook.data.date).or(frame.time);
    out.event(&identity, Draft { kind, subject: hook.subject(), time, data });
    Ok(())
}

/// Fills the objects of the hook's area.
fn fill<'a>(data: &mut Data<'a>, kind: EventType, hook: &Hook<'_, 'a>, body: &Body<'a>) {
    let told = &hook.data;
    if hook.event_type.starts_with("talk/") {
        data.vendor.channel = Some("chat".into());
        data.channel = Some(Channel::WebChat);
        data.contact = hook.person.contact().map(Box::new);
        data.page = body.extra.access_uri.url.take().map(|url| Box::new(Page { url: Some(url), ..Page::default() }));
    }
    match kind {
        EventType::MessageReceived => data.message = Some(Box::new(message(told, "inbound"))),
        EventType::MessageSent => {
            data.message = Some(Box::new(message(told, "outbound")));
            let name = told.profile_name.take();
            data.agent = told.account_id.take().map(|id| Box::new(Agent { id: Some(id), name, ..Agent::default() }));
        }
        EventType::ConversationAssigned => {
            data.conversation = Some(Box::new(conversation(&hook.person)));
            data.agent = agent(&told.operator);
        }
        _ if kind.family() == "job" => {
            data.job = Some(Box::new(Job {
                id: told.id.take(),
                name: told.name.take(),
                status: told.status.take(),
                ..Job::default()
            }));
        }
        _ if kind.family() == "content" => {
            data.content = Some(Box::new(Content {
                id: hook.content_id().take(),
                model: told.sys.model_id.take(),
                ..Content::default()
            }));
        }
        _ if hook.event_type.split('/').any(|word| noun(word) == Some("campaign")) => {
            data.campaign = told.ret.id.take().map(|id| {
                Box::new(Campaign {
                    id: Some(id),
                    name: told.ret.title.or(&told.ret.name).take(),
                    ..Campaign::default()
                })
            });
        }
        _ => {}
    }
}

/// A chat message. KARTE names people by its own ids, which are no addresses.
fn message<'a>(hook: &HookData<'a>, direction: &'static str) -> Message<'a> {
    let image = hook.content.image.take();
    let kind = match (hook.content.text.is_none(), &image) {
        (false, _) => Some("text".into()),
        (true, Some(_)) => Some("image".into()),
        (true, None) => None,
    };
    Message {
        direction: Some(direction.into()),
        kind,
        text: hook.content.text.take(),
        attachments: image.map(|url| vec![Attachment { url: Some(url), ..Attachment::default() }]),
        ..Message::default()
    }
}

/// KARTE knows one chat a person and gives it no id of its own.
fn conversation<'a>(person: &Person<'a>) -> Conversation<'a> {
    Conversation { id: person.id(), ..Conversation::default() }
}

/// Empty id: the assignment was taken back.
fn agent<'a>(operator: &Obj<Operator<'a>>) -> Option<Box<Agent<'a>>> {
    Some(Box::new(Agent {
        id: Some(operator.id.take()?),
        name: operator.profile_name.take(),
        bot: operator.is_bot.flag(),
        ..Agent::default()
    }))
}

/// Version 1, of old bots: flat, without id or time.
fn first_version<'a>(body: &Body<'a>, frame: &Frame<'a, '_>, out: &mut Output<'_>) -> Result<(), Unreadable> {
    let person = Person::new(&body.user_id, &body.visitor_id);
    let somebody = person.id().is_some();
    let kind = match body.event_type.get() {
        Some("message") if somebody || body.content.is_object() => EventType::MessageReceived,
        Some("assign") if somebody || body.assignee.get().is_some() => EventType::ConversationAssigned,
        _ => return unrecognized(&body.event_type, frame, out),
    };
    let mut data = frame.data(body.event_type.take().unwrap_or_default());
    data.vendor.channel = body.app_name.take();
    data.channel = body.app_name.get().and_then(Place::from_word).and_then(|place| place.channel);
    data.contact = person.contact().map(Box::new);
    data.agent = agent(&body.assignee);
    if kind == EventType::MessageReceived {
        let content = match body.content.get().filter(|_| body.content.is_object()) {
            Some(json) => out.parse(json)?,
            None => Obj::default(),
        };
        data.address = person.address(data.channel);
        let from = data.address.as_ref().map(|address| address.value.clone());
        data.message =
            Some(Box::new(Message { from, ..message(&HookData { content, ..HookData::default() }, "inbound") }));
    } else {
        data.conversation = Some(Box::new(conversation(&person)));
    }
    let me = out.identity(frame.api_key.get(), body.event_type.get().unwrap_or_default());
    let identity = me.element(frame.original);
    out.event(&identity, Draft { kind, subject: person.subject("conversation"), time: frame.time, data });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_the_job_failed() {
        for failed in [
            "ERROR",
            "error",
            "Failed",
            "FAILURE",
            "CANCELED",
            "cancelled",
            "TIMED_OUT",
            "timeout",
            "PARTIAL_FAILURE",
            "失敗",
        ] {
            assert!(is_failure(&failed.into()), "{failed}");
        }
        for not in
            ["", "SUCCESS", "success", "FINISHED", "DONE", "no_error", "WITHOUT ERRORS", "0 errors", "terrorless"]
        {
            assert!(!is_failure(&not.into()), "{not}");
        }
    }
}
