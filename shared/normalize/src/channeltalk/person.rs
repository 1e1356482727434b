//! Customers and those who talk to them.

use std::borrow::Cow;

use tributary_events::data::{Agent, Client, Contact, Geo};
use tributary_events::{Draft, EventType, Key, Str};

use super::payload::{Profile, Refers, User};
use super::{Verb, Webhook};
use crate::Output;
use crate::lenient::Text;

/// A customer's data changed, or the customer was deleted. What changed is not told.
pub(super) fn user<'a>(user: &User<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    let kind = match hook.verb {
        Verb::Push | Verb::Upsert => EventType::ContactUpdated,
        Verb::Delete => EventType::ContactDeleted,
        Verb::Unknown => EventType::Unrecognized,
    };
    let mut data = hook.data(None, &user.channel_id);
    data.contact = Some(Box::new(contact(user)));
    data.client = client(user);
    data.attributes = user.profile.take().filter(|_| user.profile.is_object());
    let key = hook.identify(Key::new(out.source(), user.channel_id.get()).part(Some("user")), &user.id);
    let version = user.version.or(&user.updated_at);
    let id = match kind {
        EventType::ContactDeleted => key.part(Some("deleted")),
        EventType::ContactUpdated => key.part(Some("updated")).part(version.get()),
        _ => key.part(Some(&hook.name())).part(version.get()),
    };
    let subject = subject("contact", &user.id);
    out.event(&crate::Identity::of_key(id.finish()), Draft { kind, subject, time: user.updated_at.millis(), data });
}

/// The customer as far as the model tells.
pub(super) fn contact<'a>(user: &User<'a>) -> Contact<'a> {
    let profile = user.profile.get().filter(|_| user.profile.is_object());
    let profile: Profile<'a> = profile.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    Contact {
        id: user.id.take(),
        user_id: user.member_id.take(),
        visitor_id: user.veil_id.take(),
        email: user.email.or(&profile.email).take(),
        phone: user.mobile_number.or(&profile.mobile_number).take(),
        name: user.name.or(&profile.name).take(),
        kind: user.kind.take(),
        ..Contact::default()
    }
}

/// The customer of a chat: whole where the webhook refers to it, else by id.
pub(super) fn of_chat<'a>(refers: &Refers<'a>, id: &Text<'a>) -> Option<Box<Contact<'a>>> {
    match refers.user.get() {
        Some(user) => Some(Box::new(contact(user))),
        None => id.take().map(|id| Box::new(Contact { id: Some(id), ..Contact::default() })),
    }
}

fn client<'a>(user: &User<'a>) -> Option<Box<Client<'a>>> {
    let geo =
        Geo { country: user.country.take(), region: user.province.take(), city: user.city.take(), ..Geo::default() };
    let geo = (geo.country.is_some() || geo.region.is_some() || geo.city.is_some()).then_some(geo);
    let language = user.language.take();
    (geo.is_some() || language.is_some()).then(|| Box::new(Client { language, geo, ..Client::default() }))
}

/// Who wrote for the company: a manager or a bot.
pub(super) fn agent<'a>(refers: &Refers<'a>, person_type: &Text<'_>, id: &Text<'a>) -> Option<Box<Agent<'a>>> {
    let bot = person_type.is("bot");
    let person = if bot { &refers.bot } else { &refers.manager };
    let agent = Agent {
        id: id.or(&person.id).take(),
        name: person.name.take(),
        email: person.email.take(),
        role: person.role.or(&person.role_id).take(),
        bot: (!person_type.is_none()).then_some(bot),
        ..Agent::default()
    };
    (agent.id.is_some() || agent.name.is_some()).then(|| Box::new(agent))
}

/// `<kind>/<id>`, if there is an id.
pub(super) fn subject<'a>(kind: &str, id: &Text<'_>) -> Option<Str<'a>> {
    id.get().map(|id| Cow::Owned(format!("{kind}/{id}")))
}
