//! Who it was: members, anonymous visitors, people known by LINE alone.

use std::borrow::Cow;

use tributary_events::data::{Address, AddressKind, Contact};
use tributary_events::{Channel, Str};

use crate::identity::is_placeholder;
use crate::lenient::Text;

/// Written before a visitor's id where it stands for a user's. Hooks write it, template variables do not.
const VISITOR: &str = "vis-";
/// Written before a LINE id where it stands for a user's.
const LINE_USER: &str = "wuid-line-";

/// A person by KARTE's two ids. Empty ids are none, and so is what stands for a variable that nobody filled.
#[derive(Default, Clone)]
pub(super) struct Person<'a> {
    user: Option<Str<'a>>,
    visitor: Option<Str<'a>>,
}

impl<'a> Person<'a> {
    pub(super) fn new(user_id: &Text<'a>, visitor_id: &Text<'a>) -> Self {
        let real = |id: &Text<'a>| id.take().filter(|id| !is_placeholder(id));
        let visitor = real(visitor_id).map(|id| cut(id, VISITOR));
        match real(user_id) {
            Some(id) if id.starts_with(VISITOR) => Self { user: None, visitor: visitor.or(Some(cut(id, VISITOR))) },
            user => Self { user, visitor },
        }
    }

    /// The same visitor under another user id.
    pub(super) fn known_as(&self, user_id: &Text<'a>) -> Self {
        let Self { user, visitor } = Self::new(user_id, &Text::default());
        Self { user, visitor: self.visitor.clone().or(visitor) }
    }

    /// KARTE's id of the person, the same whichever way a body spells it.
    pub(super) fn id(&self) -> Option<Str<'a>> {
        self.user.clone().or_else(|| self.visitor.as_ref().map(|id| Cow::Owned(format!("{VISITOR}{id}"))))
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// `<kind>/<id>`.
    pub(super) fn subject(&self, kind: &str) -> Option<Str<'a>> {
        self.id().map(|id| Cow::Owned(format!("{kind}/{id}")))
    }

    /// The id that LINE knows the person by, where KARTE knows no other.
    fn line(&self) -> Option<&str> {
        self.user.as_deref().and_then(|user| user.strip_prefix(LINE_USER))
    }

    /// The person's address on that channel, if it is in KARTE's id of the person. Only LINE's is: a user id is the
    /// customer's own.
    pub(super) fn address(&self, channel: Option<Channel>) -> Option<Address<'a>> {
        let line = self.line().filter(|_| channel == Some(Channel::Line))?;
        Some(Address { kind: AddressKind::Account, value: Cow::Owned(line.to_owned()) })
    }

    pub(super) fn contact(&self) -> Option<Contact<'a>> {
        let id = self.id()?;
        let line = self.line();
        Some(Contact {
            id: Some(id),
            user_id: self.user.clone().filter(|_| line.is_none()),
            visitor_id: self.visitor.clone(),
            channel_id: line.map(|id| Cow::Owned(id.to_owned())),
            anonymous: self.user.is_none().then_some(true),
            ..Contact::default()
        })
    }
}

fn cut<'a>(text: Str<'a>, prefix: &str) -> Str<'a> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.strip_prefix(prefix).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.strip_prefix(prefix).map(str::to_owned).unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_the_same_with_and_without_prefix() {
        let id = |user: &'static str, visitor: &'static str| Person::new(&user.into(), &visitor.into()).id();
        assert_eq!(id("", "7f00-aa").as_deref(), Some("vis-7f00-aa"));
        assert_eq!(id("", "vis-7f00-aa"), id("vis-7f00-aa", ""));
        assert_eq!(id("", "7f00-aa"), id("vis-7f00-aa", "7f00-aa"));
        assert_eq!(id("member-7", "7f00-aa").as_deref(), Some("member-7"));
        assert_eq!(id("", ""), None);
    }

    #[test]
    fn a_variable_that_nobody_filled_is_nobody() {
        for none in ["undefined", "null", "{{user_id}}", "0", "-"] {
            assert_eq!(Person::new(&none.into(), &none.into()).id(), None, "{none}");
        }
    }

    #[test]
    fn only_a_line_user_has_an_address_and_only_on_line() {
        let address = |user: &'static str, channel| Person::new(&user.into(), &"".into()).address(channel);
        assert_eq!(address("wuid-line-Uabc", Some(Channel::Line)).unwrap().value, "Uabc");
        assert_eq!(address("wuid-line-Uabc", Some(Channel::WebChat)), None);
        assert_eq!(address("member-7", Some(Channel::Line)), None);
        assert_eq!(address("member-7", Some(Channel::Email)), None);
    }

    #[test]
    fn a_line_user_is_no_member() {
        let contact = Person::new(&"wuid-line-Uabc".into(), &"".into()).contact().unwrap();
        assert_eq!((contact.user_id, contact.channel_id.as_deref()), (None, Some("Uabc")));
        assert_eq!(contact.id.as_deref(), Some("wuid-line-Uabc"));
    }
}
