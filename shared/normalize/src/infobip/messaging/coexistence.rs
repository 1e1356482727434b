//! `WhatsApp`'s business app beside the API (coexistence): what the company's people write on the telephone, what they
//! wrote before, and whom they have in its address book.
//!
//! The bodies are those of the operator of `WhatsApp`, in the vendor's spelling of names or in the operator's own.

use serde::Deserialize;
use tributary_events::data::{Attachment, Contact, Message};
use tributary_events::{Channel, EventType, Str};

use crate::lenient::{Any, Obj, Text};
use crate::{Naming, Output};

use super::super::draft::{Part, Way, put, subject};
use super::super::route::Route;

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Body<'a> {
    entry: Any<'a>,
}

/// What one account has to tell.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Entry<'a> {
    id: Text<'a>,
    changes: Any<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Change<'a> {
    field: Text<'a>,
    value: Obj<Value<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Value<'a> {
    message_echoes: Any<'a>,
    #[serde(rename = "message_echoes")]
    operators_echoes: Any<'a>,
    history: Any<'a>,
    state_sync: Any<'a>,
    #[serde(rename = "state_sync")]
    operators_sync: Any<'a>,
    metadata: Obj<Number<'a>>,
}

/// The company's number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Number<'a> {
    display_phone_number: Text<'a>,
    #[serde(rename = "display_phone_number")]
    operators_number: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct History<'a> {
    threads: Any<'a>,
}

/// The messages with one person, whose number is the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Thread<'a> {
    id: Text<'a>,
    messages: Any<'a>,
}

/// A message, in the vendor's spelling and the operator's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Written<'a> {
    id: Text<'a>,
    from: Text<'a>,
    to: Text<'a>,
    to_user_id: Text<'a>,
    #[serde(rename = "to_user_id")]
    operators_user_id: Text<'a>,
    /// Seconds.
    timestamp: Text<'a>,
    #[serde(rename = "type")]
    kind: Text<'a>,
    text: Obj<Words<'a>>,
    image: Obj<Media<'a>>,
    video: Obj<Media<'a>>,
    audio: Obj<Media<'a>>,
    document: Obj<Media<'a>>,
    sticker: Obj<Media<'a>>,
    context: Obj<Context<'a>>,
    history_context: Obj<HistoryContext<'a>>,
    #[serde(rename = "history_context")]
    operators_context: Obj<HistoryContext<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Words<'a> {
    body: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Media<'a> {
    caption: Text<'a>,
    mime_type: Text<'a>,
    #[serde(rename = "mime_type")]
    operators_type: Text<'a>,
    filename: Text<'a>,
    url: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Context<'a> {
    id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct HistoryContext<'a> {
    status: Text<'a>,
}

/// An entry of the address book.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Sync<'a> {
    /// `add`, also for a changed entry, or `remove`.
    action: Text<'a>,
    contact: Obj<Person<'a>>,
    metadata: Obj<SyncTime<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Person<'a> {
    full_name: Text<'a>,
    #[serde(rename = "full_name")]
    operators_name: Text<'a>,
    phone_number: Text<'a>,
    #[serde(rename = "phone_number")]
    operators_number: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct SyncTime<'a> {
    /// Seconds.
    timestamp: Text<'a>,
}

/// Who tells: the account, and the company's number in it.
#[derive(Debug, Default)]
struct Teller<'a> {
    account: Text<'a>,
    number: Text<'a>,
}

/// `entry[].changes[].value`, each change with a list of its own.
pub(in crate::infobip) fn read(json: &str, route: &Route, out: &mut Output<'_>) {
    let body: Body<'_> = match out.parse(json) {
        Ok(body) => body,
        Err(error) => return out.broken(&error, json),
    };
    let before = out.count();
    let mut field = Text::default();
    each(body.entry, out, |entry: Entry<'_>, _, out| {
        each(entry.changes, out, |change: Change<'_>, _, out| {
            field = field.or(&change.field);
            let value = &*change.value;
            let number = value.metadata.display_phone_number.or(&value.metadata.operators_number);
            let teller = Teller { account: entry.id.clone(), number };
            for list in [value.message_echoes, value.operators_echoes] {
                each(list, out, |written, json, out| echo(&written, json, &teller, out));
            }
            for list in [value.state_sync, value.operators_sync] {
                each(list, out, |entry, json, out| sync(&entry, json, &teller, out));
            }
            each(value.history, out, |history: History<'_>, _, out| {
                each(history.threads, out, |thread: Thread<'_>, _, out| {
                    each(thread.messages, out, |written, json, out| {
                        old_message(&written, json, &thread.id, &teller, out);
                    });
                });
            });
        });
    });
    // A history that was refused, or a field of the operator's that no list holds.
    if out.count() == before {
        let name = match field.get() {
            Some("smb_message_echoes") => "BUSINESS_APP_MESSAGE_ECHO".into(),
            Some("history") => "BUSINESS_APP_MESSAGE_HISTORY".into(),
            Some("smb_app_state_sync") => "BUSINESS_APP_CONTACT_SYNC".into(),
            _ => field,
        };
        super::super::unrecognized(json, &name, route, out);
    }
}

/// Reads every element of a list, with its text; those that cannot be read are rejects.
fn each<'a, 'c, T: Deserialize<'a>>(
    list: Any<'a>,
    out: &mut Output<'c>,
    mut read: impl FnMut(T, &'a str, &mut Output<'c>),
) {
    let elements = list.elements().unwrap_or_default();
    for element in &elements {
        if out.is_full() {
            break;
        }
        // Again for each: what an element holds may be lists.
        out.within(&elements);
        let json = element.get();
        match out.parse(json) {
            Ok(part) => read(part, json, out),
            Err(error) => out.broken(&error, json),
        }
    }
}

/// A message that somebody of the company wrote on the telephone.
fn echo<'a>(written: &Written<'a>, json: &'a str, teller: &Teller<'a>, out: &mut Output<'_>) {
    let part = part(json, "BUSINESS_APP_MESSAGE_ECHO");
    let me = teller.naming(&part, out);
    let identity = me.occurrence(&written.id).unwrap_or_else(|| me.element(json));
    let user_id = written.to_user_id.or(&written.operators_user_id);
    let person = written.to.or(&user_id);
    let mut data = part.data();
    data.address = part.address(&person);
    data.contact =
        Some(Box::new(Contact { phone: written.to.take(), channel_id: user_id.take(), ..Contact::default() }));
    data.message = Some(Box::new(Message { direction: Some("outbound".into()), ..written.message() }));
    put(out, &identity, EventType::MessageSent, subject("message", &written.id), written.timestamp.seconds(), data);
}

/// A message of before the app and the API came together: told now, and not new.
fn old_message<'a>(written: &Written<'a>, json: &'a str, thread: &Text<'a>, teller: &Teller<'a>, out: &mut Output<'_>) {
    let part = part(json, "BUSINESS_APP_MESSAGE_HISTORY");
    let digits = |text: &Text<'_>| text.get().map(|text| text.trim_start_matches('+').to_owned());
    let outbound = digits(&written.from).is_some() && digits(&written.from) == digits(&teller.number);
    let person = if thread.is_none() { written.to.or(&written.from) } else { thread.clone() };
    // Media come again later, under the id of their message.
    let identity = teller.naming(&part, out).with(thread.get()).element(json);
    let mut data = part.data();
    data.address = part.address(&person);
    data.contact = Some(Box::new(Contact { phone: person.take(), ..Contact::default() }));
    data.message = Some(Box::new(Message {
        direction: Some(if outbound { "outbound" } else { "inbound" }.into()),
        status: written.history_context.status.or(&written.operators_context.status).take(),
        ..written.message()
    }));
    let about = subject("message", &written.id);
    put(out, &identity, EventType::MessageImported, about, written.timestamp.seconds(), data);
}

/// A person was entered, changed or taken out of the telephone's address book.
fn sync<'a>(sync: &Sync<'a>, json: &'a str, teller: &Teller<'a>, out: &mut Output<'_>) {
    let part = part(json, "BUSINESS_APP_CONTACT_SYNC");
    let identity = teller.naming(&part, out).element(json);
    let who = &*sync.contact;
    let phone = who.phone_number.or(&who.operators_number);
    let mut data = part.data();
    data.address = part.address(&phone);
    data.contact = Some(Box::new(Contact {
        phone: phone.take(),
        name: who.full_name.or(&who.operators_name).take(),
        changed: Some("address_book".into()),
        new_value: sync.action.lower(),
        ..Contact::default()
    }));
    let at = sync.metadata.timestamp.seconds();
    put(out, &identity, EventType::ContactSynced, subject("contact", &phone), at, data);
}

fn part<'a>(json: &'a str, event: &'static str) -> Part<'a> {
    Part { json, event: event.into(), way: Way::of(Channel::Whatsapp), account: Text::default() }
}

impl Teller<'_> {
    fn naming(&self, part: &Part<'_>, out: &Output<'_>) -> Naming<'static> {
        part.naming(out).with(self.account.get()).with(self.number.get())
    }
}

impl<'a> Written<'a> {
    fn message(&self) -> Message<'a> {
        let media = [&self.image, &self.video, &self.audio, &self.document, &self.sticker];
        let media: Vec<&Media<'a>> = media.into_iter().filter_map(Obj::get).collect();
        let caption = || media.iter().find_map(|media| media.caption.take());
        let attachments: Vec<Attachment<'a>> = media.iter().map(|media| media.attachment()).collect();
        Message {
            id: self.id.take(),
            from: self.from.take(),
            to: self.to.take(),
            kind: self.kind.lower(),
            text: self.text.body.take().or_else(caption),
            in_reply_to: self.context.id.take(),
            attachments: (!attachments.is_empty()).then_some(attachments),
            ..Message::default()
        }
    }
}

impl<'a> Media<'a> {
    fn attachment(&self) -> Attachment<'a> {
        let content_type: Option<Str<'a>> = self.mime_type.or(&self.operators_type).take();
        Attachment { url: self.url.take(), content_type, name: self.filename.take(), ..Attachment::default() }
    }
}
