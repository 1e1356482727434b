//! Who it was.

use std::borrow::Cow;

use tributary_events::Str;
use tributary_events::data::{Client, Contact, Device, Geo};

use super::payload::{Body, Event, Props, User};
use crate::identity::is_placeholder;
use crate::lenient::Text;

/// The person of an event, by both ids: the vendor's and the customer's own are never mixed. What a template that was not
/// filled leaves (`None`, `0`) is no id: it would make one person of all strangers.
pub(super) struct Person<'a> {
    /// The vendor's.
    pub(super) id: Text<'a>,
    /// The customer's own.
    pub(super) user_id: Text<'a>,
}

impl<'a> Person<'a> {
    pub(super) fn new(body: &Body<'a>, event: &Event<'a>, user: &User<'a>) -> Self {
        let known = |ids: &[&Text<'a>]| {
            let known = ids.iter().find(|id| id.get().is_some_and(|id| !is_placeholder(id)));
            known.map_or_else(Text::default, |id| (*id).clone())
        };
        Self {
            id: known(&[&user.id, &body.user_id, &event.user]),
            user_id: known(&[&user.user_id, &user.props.user_id]),
        }
    }

    /// `contact/<vendor's id>`.
    pub(super) fn subject(&self) -> Option<Str<'a>> {
        self.id.get().map(|id| Cow::Owned(format!("contact/{id}")))
    }

    /// What is known of the person. `props` are those of a registration or sign-in: newer than the profile.
    pub(super) fn contact(&self, user: Option<&User<'a>>, props: Option<&Props<'a>>) -> Option<Contact<'a>> {
        let given = |text: fn(&Props<'a>) -> Text<'a>| props.map(text).unwrap_or_default();
        let known = |text: fn(&User<'a>) -> Text<'a>| user.map(text).unwrap_or_default();
        let user_id = self.user_id.or(&given(|props| props.user_id.clone()));
        let email = given(|props| props.email.clone()).or(&known(|user| user.props.email.clone()));
        let phone = given(|props| props.phone.clone()).or(&known(|user| user.props.phone.clone()));
        let name = given(|props| props.name.text()).or(&known(|user| user.props.name.clone()));
        if [&self.id, &user_id, &email, &phone].iter().all(|text| text.is_none()) {
            return None;
        }
        let anonymous = user.is_some() && user_id.is_none() && email.is_none() && phone.is_none();
        Some(Contact {
            id: self.id.take(),
            user_id: user_id.take(),
            email: email.take(),
            phone: phone.take(),
            name: name.take(),
            anonymous: anonymous.then_some(true),
            ..Contact::default()
        })
    }
}

/// The device of the visit, and the place the vendor looked up for the person.
pub(super) fn client<'a>(user: &User<'a>, props: &Props<'a>) -> Option<Client<'a>> {
    let kind = match props.device_type.get() {
        Some("pc") => Some("desktop".into()),
        Some("mobile") => Some("phone".into()),
        _ => props.device_type.take(),
    };
    let name = props.device.take();
    let device = (kind.is_some() || name.is_some()).then(|| Device { kind, name, ..Device::default() });
    let place = &user.props;
    let known = [&place.country, &place.region, &place.city, &place.latitude, &place.longitude];
    let geo = known.iter().any(|text| !text.is_none()).then(|| Geo {
        country: place.country.take(),
        region: place.region.take(),
        city: place.city.take(),
        latitude: place.latitude.take(),
        longitude: place.longitude.take(),
        ..Geo::default()
    });
    let told = [&props.ip, &props.os, &props.browser].iter().any(|text| !text.is_none());
    (told || device.is_some() || geo.is_some()).then(|| Client {
        ip: props.ip.take(),
        os: props.os.take(),
        browser: props.browser.take(),
        device,
        geo,
        ..Client::default()
    })
}
