//! What all bodies have in common, field names as the vendor writes them.

use std::borrow::Cow;

use serde::Deserialize;
use tributary_events::{Money, Timestamp};

use crate::lenient::{Obj, Text, plausible};

/// Where delivery stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Status<'a> {
    pub(super) group_id: Text<'a>,
    pub(super) group_name: Text<'a>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) description: Text<'a>,
}

/// Why it stands there. Present on success too, as `NO_ERROR`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Error<'a> {
    pub(super) group_id: Text<'a>,
    pub(super) group_name: Text<'a>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) description: Text<'a>,
    pub(super) permanent: Text<'a>,
}

/// The application and entity of the customer, where they are not at the top.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Platform<'a> {
    pub(super) application_id: Text<'a>,
}

/// What a message costs. May be corrected later, so it is in no key.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Price<'a> {
    pub(super) price_per_message: Text<'a>,
    /// Only voice is charged by time.
    pub(super) price_per_second: Text<'a>,
    pub(super) currency: Text<'a>,
}

impl<'a> Price<'a> {
    /// The price of one message.
    pub(super) fn money(&self) -> Option<Box<Money<'a>>> {
        let amount = self.price_per_message.take()?;
        // "UNKNOWN" stands for no currency.
        let currency = self.currency.take().filter(|currency| !currency.eq_ignore_ascii_case("unknown"));
        Some(Box::new(Money { amount: Some(amount), currency, per: Some("message".into()), ..Money::default() }))
    }
}

/// The application of a body: `platform` of today, or the field at the top of before.
pub(super) fn application<'a>(platform: &Obj<Platform<'a>>, at_top: &Text<'a>) -> Text<'a> {
    platform.application_id.or(at_top)
}

/// A time of a body. Old reports have no offset: then it is UTC. Some have 1970 where there is no time.
pub(super) fn time(text: &Text<'_>) -> Option<Timestamp> {
    plausible(Timestamp::parse_assuming_utc(text.get()?))
}

/// A time for an identity: two dialects that write one moment in two ways say the same.
pub(super) fn moment(at: Option<Timestamp>) -> Text<'static> {
    Text::from(Cow::Owned(at.map(|at| at.to_string()).unwrap_or_default()))
}

/// The device a link was opened on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct RecipientInfo<'a> {
    pub(super) device_type: Text<'a>,
    pub(super) device_name: Text<'a>,
    pub(super) os: Text<'a>,
}

/// Where it was opened, in both spellings of the country.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct GeoLocation<'a> {
    pub(super) country_name: Text<'a>,
    #[serde(rename = "country_name")]
    pub(super) country_name_old: Text<'a>,
    pub(super) city: Text<'a>,
    pub(super) latitude: Text<'a>,
    pub(super) longitude: Text<'a>,
}
