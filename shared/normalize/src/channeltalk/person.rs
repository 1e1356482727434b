//! Customers and those who talk to them.

use std::borrow::Cow;

use tributary_events::data::{Agent, Client, Consent, Contact, Geo};
use tributary_events::{Channel, Data, Draft, EventType, Str};

use super::payload::{Profile, Refers, User, UserChat};
use super::{Verb, Webhook};
use crate::Output;
use crate::address::address;
use crate::lenient::Text;

/// Longest time in milliseconds between the change of a setting and the save of the customer that tells it.
const ONE_SAVE_MS: u64 = 1_000;

/// A customer's data changed, or the customer was deleted. What changed is not told, but for push settings: they have
/// times of their own.
pub(super) fn user<'a>(user: &User<'a>, hook: &Webhook<'a>, out: &mut Output<'_>) {
    let contact = contact(user);
    let told = [&contact.id, &contact.user_id, &contact.visitor_id, &contact.email, &contact.phone];
    let is_somebody = told.iter().any(|id| id.is_some());
    let kind = match hook.verb {
        _ if !is_somebody => EventType::Unrecognized,
        Verb::Push | Verb::Upsert => EventType::ContactUpdated,
        Verb::Delete => EventType::ContactDeleted,
        Verb::Unknown => EventType::Unrecognized,
    };
    let mut data = hook.data(None, &user.channel_id);
    data.contact = Some(Box::new(contact));
    if kind == EventType::ContactUpdated {
        subscription(user, &mut data);
    }
    data.client = client(user);
    data.attributes = user.profile.take().filter(|_| user.profile.is_object());
    let subject = subject("contact", &user.id);
    let identity = hook.element(&out.identity(user.channel_id.get(), &data.vendor.event));
    out.event(&identity, Draft { kind, subject, time: user.updated_at.millis(), data });
}

/// Adds what was allowed or forbidden by this very change, if it was one of the two settings.
fn subscription<'a>(user: &User<'a>, data: &mut Data<'a>) {
    let saved = user.updated_at.int();
    let is_now = |changed: &Text<'_>| {
        changed.int().zip(saved).is_some_and(|(changed, saved)| changed.abs_diff(saved) <= ONE_SAVE_MS)
    };
    let email = is_now(&user.unsubscribe_email_updated_at);
    let texting = is_now(&user.unsubscribe_texting_updated_at);
    let Some(contact) = &mut data.contact else { return };
    let (channel, scope, forbidden, to) = match (email, texting) {
        (true, false) => (Channel::Email, "email", &user.unsubscribe_email, &contact.email),
        (false, true) => (Channel::Sms, "texting", &user.unsubscribe_texting, &contact.phone),
        // Both at once are about no one address.
        _ => return,
    };
    let Some(forbidden) = forbidden.flag() else { return };
    let to = to.clone().map_or_else(Text::default, Text::from);
    data.channel = Some(channel);
    data.address = address(&to, Some(channel));
    contact.subscribed = Some(!forbidden);
    data.consent = Some(Box::new(Consent {
        state: Some(if forbidden { "revoked" } else { "granted" }.into()),
        scope: Some(scope.into()),
        ..Consent::default()
    }));
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

/// The customer of a chat: whole where the webhook refers to it, else by id and the name that the chat goes by.
pub(super) fn of_chat<'a>(refers: &Refers<'a>, id: &Text<'a>, chat: &UserChat<'a>) -> Option<Box<Contact<'a>>> {
    match refers.user.get() {
        Some(user) => Some(Box::new(contact(user))),
        None => id.take().map(|id| Box::new(Contact { id: Some(id), name: chat.name.take(), ..Contact::default() })),
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
