//! The vendor's field names. Pages: "Action Hook Message Structure", "JSON batch request (HTTP POST action hook)".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{Any, List, Obj, Text};

/// One event of a batch. Three generations of it are documented; nothing is in all of them but type and date.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Event<'a> {
    pub(super) event_type: Text<'a>,
    /// One line of the batch page calls `event_type` so.
    pub(super) event: Text<'a>,
    pub(super) event_date: Text<'a>,
    pub(super) account_id: Text<'a>,
    /// The database.
    pub(super) list_id: Text<'a>,
    pub(super) profile_id: Text<'a>,
    #[serde(rename = "_xxh")]
    pub(super) xxh: Text<'a>,
    #[serde(rename = "_md5")]
    pub(super) md5: Text<'a>,
    /// Of `campaign_launch`, whose structure is not published, should it stand here.
    pub(super) campaign_id: Text<'a>,
    pub(super) sends_trying_num: Text<'a>,
    pub(super) is_test: Text<'a>,
    /// Profile fields that the customer chose in the hook.
    pub(super) custom_data: Any<'a>,
    pub(super) event_data: Obj<EventData<'a>>,
    pub(super) subscription: List<Subscription<'a>>,
}

impl<'a> Event<'a> {
    pub(super) fn name(&self) -> Text<'a> {
        self.event_type.or(&self.event)
    }

    pub(super) fn campaign_id(&self) -> Text<'a> {
        self.event_data.campaign_id.or(&self.campaign_id)
    }
}

/// The fields of tracking events; delivery events have the first three. Those of all other types are not published.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct EventData<'a> {
    /// The template: a message sent to a person is `send_message_id`.
    pub(super) message_id: Text<'a>,
    pub(super) campaign_id: Text<'a>,
    /// 0 for none.
    pub(super) segment_id: Text<'a>,
    pub(super) resource_id: Text<'a>,
    pub(super) launch_id: Text<'a>,
    pub(super) send_message_id: Text<'a>,
    pub(super) link_url: Text<'a>,
    pub(super) ip: Text<'a>,
    pub(super) user_agent: Text<'a>,
    pub(super) os: Text<'a>,
    pub(super) browser: Text<'a>,
    pub(super) device: Text<'a>,
    pub(super) country: Text<'a>,
    pub(super) region: Text<'a>,
    pub(super) city: Text<'a>,
    pub(super) lat: Text<'a>,
    pub(super) lon: Text<'a>,
}

/// A subscription of the profile to a resource.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Subscription<'a> {
    pub(super) resource_id: Text<'a>,
    pub(super) channel: Text<'a>,
    pub(super) email: Text<'a>,
    pub(super) phone: Text<'a>,
    /// The device or chat, where the channel has no address.
    pub(super) subscription_id: Text<'a>,
    pub(super) status: Text<'a>,
}

/// The fields of an object, by name, verbatim.
pub(super) type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// The fields of an object whose names we do not choose. None where the JSON is no object.
pub(super) fn fields(json: Option<&str>) -> Fields<'_> {
    json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The text of a profile field: of a list of addresses, the first.
pub(super) fn profile_field<'a>(profile: &Fields<'a>, name: &str) -> Text<'a> {
    let Some(json) = profile.get(name).map(|value| value.get()) else { return Text::default() };
    match serde_json::from_str::<Vec<&RawValue>>(json) {
        Ok(list) => list.first().map_or_else(Text::default, |first| Text::from_json(first.get())),
        Err(_) => Text::from_json(json),
    }
}
