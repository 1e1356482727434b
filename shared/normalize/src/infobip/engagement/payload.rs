//! Bodies of Conversations, People and the SDKs, as Infobip names them (OpenAPI 3.210.0, webhooks
//! `conversation-event-webhook` and `cdp-event-webhook`).

use serde::Deserialize;

use crate::lenient::{Any, List, Obj, Text};

/// The envelope of both.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a, P: Deserialize<'de> + Default"))]
pub(super) struct Envelope<'a, P> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) timestamp: Text<'a>,
    pub(super) payload: Obj<P>,
}

/// The payload of Conversations. In agent status events `id`, `email`, `role` and `status` are the agent's.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Conversation<'a> {
    pub(super) id: Text<'a>,
    /// A word; an object in agent status events.
    pub(super) status: Any<'a>,
    pub(super) queue: Obj<Named<'a>>,
    pub(super) priority: Text<'a>,
    pub(super) channel: Text<'a>,
    pub(super) direction: Text<'a>,
    pub(super) assignee: Obj<Assignee<'a>>,
    pub(super) customer: Obj<Customer<'a>>,
    pub(super) form: Obj<Named<'a>>,
    pub(super) form_fields: Any<'a>,
    pub(super) tags: List<Named<'a>>,
    pub(super) invoker: Obj<Invoker<'a>>,
    pub(super) topic: Text<'a>,
    pub(super) summary: Text<'a>,
    pub(super) timestamp: Text<'a>,
    pub(super) message: Obj<Message<'a>>,
    pub(super) authentication: Obj<Authentication<'a>>,
    pub(super) field: Obj<Field<'a>>,
    pub(super) policy: Obj<Policy<'a>>,
    pub(super) added_tag: Obj<Named<'a>>,
    pub(super) removed_tag: Obj<Named<'a>>,
    pub(super) note: Obj<Note<'a>>,
    pub(super) email: Text<'a>,
    pub(super) role: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Named<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Assignee<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) email: Text<'a>,
    pub(super) role: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct AgentStatus<'a> {
    pub(super) name: Text<'a>,
    pub(super) group: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Customer<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    /// The id of the person in People.
    pub(super) person_id: Text<'a>,
}

/// `id` and `name` are null for SYSTEM.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Invoker<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Message<'a> {
    pub(super) id: Text<'a>,
    pub(super) message_id: Text<'a>,
    pub(super) channel: Text<'a>,
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    pub(super) created_at: Text<'a>,
    /// A free object.
    pub(super) content: Any<'a>,
    pub(super) social_context: Obj<SocialContext<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct SocialContext<'a> {
    pub(super) username: Text<'a>,
}

/// What of a free object is text: the content of a message or of a note.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Content<'a> {
    pub(super) text: Text<'a>,
}

/// Who the visitor of a live chat proved to be.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Authentication<'a> {
    pub(super) authentication_type: Text<'a>,
    pub(super) value: Text<'a>,
    /// A number here, text in `customer`.
    pub(super) person_id: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Field<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) value: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Policy<'a> {
    pub(super) policy_id: Text<'a>,
    pub(super) policy_name: Text<'a>,
    pub(super) severity_id: Text<'a>,
    pub(super) severity_name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Note<'a> {
    pub(super) id: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    /// Text, or an object for attachments and comments of other systems.
    pub(super) content: Any<'a>,
}

/// The payload of People and the SDKs.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct People<'a> {
    pub(super) person: Obj<Person<'a>>,
    pub(super) invoker: Obj<Invoker<'a>>,
    pub(super) person_type: Text<'a>,
    // PERSON_ATTRIBUTE_CHANGED
    pub(super) attribute_name: Text<'a>,
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    // PERSON_CONTACT_INFORMATION_*
    pub(super) channel_data: Obj<ChannelData<'a>>,
    // PERSON_TAG_*: the bare name, where Conversations have an object
    pub(super) added_tag: Text<'a>,
    pub(super) removed_tag: Text<'a>,
    // WEB_SDK_SESSION_*
    pub(super) session_id: Text<'a>,
    pub(super) session_start: Text<'a>,
    pub(super) session_end: Text<'a>,
    /// Seconds, as text.
    pub(super) session_length: Text<'a>,
    pub(super) session_type: Text<'a>,
    pub(super) ended_by_type: Text<'a>,
    pub(super) utm_source: Text<'a>,
    pub(super) utm_medium: Text<'a>,
    pub(super) utm_campaign: Text<'a>,
    pub(super) utm_term: Text<'a>,
    pub(super) utm_content: Text<'a>,
    // WEB_SDK_PAGE_VIEW
    pub(super) timestamp: Text<'a>,
    pub(super) url: Text<'a>,
    pub(super) page_title: Text<'a>,
    pub(super) referrer: Text<'a>,
    pub(super) device_type: Text<'a>,
    pub(super) browser_name: Text<'a>,
    pub(super) browser_version: Text<'a>,
    #[serde(rename = "browserOS")]
    pub(super) browser_os: Text<'a>,
    pub(super) browser_language: Text<'a>,
    pub(super) city: Text<'a>,
    pub(super) country_code: Text<'a>,
    // MOBILE_APP_*
    pub(super) platform: Text<'a>,
    pub(super) os_version: Text<'a>,
    pub(super) os_language: Text<'a>,
    pub(super) device_manufacturer: Text<'a>,
    pub(super) device_model: Text<'a>,
    pub(super) push_reg_id: Text<'a>,
    // PEOPLE_CUSTOM_AND_TEMPLATE_EVENTS
    pub(super) definition_id: Text<'a>,
    pub(super) custom_data: Any<'a>,
}

impl People<'_> {
    /// Whether it tells of anybody or anything: a person, an address, a session, a device, a page, a definition.
    pub(super) fn names_something(&self) -> bool {
        let (person, entry) = (&self.person, &self.channel_data);
        [
            &person.id,
            &person.external_id,
            &entry.value,
            &entry.push_reg_id,
            &entry.reg_id,
            &self.session_id,
            &self.push_reg_id,
            &self.url,
            &self.definition_id,
        ]
        .into_iter()
        .any(|field| !field.is_none())
            || [&person.email, &person.phone].into_iter().any(|addresses| match addresses.elements() {
                Some(elements) => !elements.is_empty(),
                None => !addresses.text().is_none(),
            })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Person<'a> {
    pub(super) id: Text<'a>,
    pub(super) external_id: Text<'a>,
    pub(super) first_name: Text<'a>,
    pub(super) last_name: Text<'a>,
    pub(super) email: Any<'a>,
    pub(super) phone: Any<'a>,
}

/// An address: `value` when it comes or goes, `property` with `from` and `to` when something about it changes.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct ChannelData<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) value: Text<'a>,
    pub(super) property: Text<'a>,
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    pub(super) push_reg_id: Text<'a>,
    pub(super) reg_id: Text<'a>,
}
