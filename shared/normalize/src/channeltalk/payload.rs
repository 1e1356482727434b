//! The field names as Channel Talk writes them, versions 3 to 5. Every field takes any JSON.

use serde::Deserialize;

use crate::lenient::{Any, List, Obj, Text};

/// A whole body: a webhook, or an answer of the Open API. Which one shows in what is set.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Body<'a> {
    /// Of a webhook: the verb. Of the API: a user's event.
    pub(super) event: Any<'a>,
    /// The model a webhook is about.
    #[serde(rename = "type")]
    pub(super) model: Text<'a>,
    pub(super) entity: Any<'a>,
    pub(super) refers: Any<'a>,
    // Answers of the Open API.
    pub(super) events: Any<'a>,
    pub(super) campaign_user: Any<'a>,
    pub(super) campaign_users: Any<'a>,
    pub(super) one_time_msg_user: Any<'a>,
    pub(super) one_time_msg_users: Any<'a>,
    pub(super) campaign: Obj<CampaignInfo<'a>>,
    pub(super) one_time_msg: Obj<CampaignInfo<'a>>,
    // What tells a record that comes bare.
    pub(super) name: Text<'a>,
    pub(super) property: Any<'a>,
    pub(super) expire_at: Text<'a>,
    pub(super) campaign_id: Text<'a>,
    pub(super) one_time_msg_id: Text<'a>,
}

/// Related models of a webhook, by name.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Refers<'a> {
    pub(super) user: Obj<User<'a>>,
    pub(super) user_chat: Obj<UserChat<'a>>,
    pub(super) message: Obj<Message<'a>>,
    pub(super) manager: Obj<Person<'a>>,
    pub(super) bot: Obj<Person<'a>>,
    pub(super) group: Obj<Group<'a>>,
}

/// A message of any chat.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Message<'a> {
    pub(super) id: Text<'a>,
    pub(super) channel_id: Text<'a>,
    pub(super) chat_type: Text<'a>,
    pub(super) chat_id: Text<'a>,
    pub(super) person_type: Text<'a>,
    pub(super) person_id: Text<'a>,
    pub(super) root_message_id: Text<'a>,
    pub(super) created_at: Text<'a>,
    pub(super) updated_at: Text<'a>,
    pub(super) edited_at: Text<'a>,
    pub(super) version: Text<'a>,
    pub(super) plain_text: Text<'a>,
    pub(super) state: Text<'a>,
    pub(super) options: Any<'a>,
    pub(super) files: List<File<'a>>,
    pub(super) log: Obj<Log<'a>>,
    pub(super) marketing: Obj<Marketing<'a>>,
}

/// A file of a message. Its address must be asked for through the Open API.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct File<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) content_type: Text<'a>,
}

/// What the desk writes into a chat by itself.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Log<'a> {
    pub(super) action: Text<'a>,
    pub(super) values: Any<'a>,
}

/// The campaign or one-time message something came from.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Marketing<'a> {
    pub(super) id: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
}

/// A chat with a customer.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct UserChat<'a> {
    pub(super) id: Text<'a>,
    pub(super) channel_id: Text<'a>,
    pub(super) state: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) priority: Text<'a>,
    pub(super) source: Obj<Origin<'a>>,
    /// Version 4 has these three instead of `source`.
    pub(super) source_page: Text<'a>,
    pub(super) messenger_type: Text<'a>,
    pub(super) marketing: Obj<Marketing<'a>>,
    pub(super) assignee_id: Text<'a>,
    pub(super) team_id: Text<'a>,
    pub(super) tags: Any<'a>,
    pub(super) first_opened_at: Text<'a>,
    pub(super) opened_at: Text<'a>,
    pub(super) closed_at: Text<'a>,
    pub(super) created_at: Text<'a>,
    pub(super) updated_at: Text<'a>,
    pub(super) version: Text<'a>,
}

/// Where a chat began.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Origin<'a> {
    pub(super) page: Text<'a>,
    pub(super) marketing: Obj<Marketing<'a>>,
    pub(super) medium: Obj<Medium<'a>>,
    /// The medium, before `medium` took its place.
    pub(super) app_messenger: Obj<Medium<'a>>,
}

impl<'a> UserChat<'a> {
    /// What carries the chat, in the vendor's word. Nothing where it is the vendor's own messenger.
    pub(super) fn medium(&self) -> Text<'a> {
        let source = &self.source;
        source.medium.medium_type.or(&source.app_messenger.medium_type).or(&self.messenger_type)
    }
}

/// What carries a chat.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Medium<'a> {
    pub(super) medium_type: Text<'a>,
}

/// A customer: member (known to the shop) or lead.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct User<'a> {
    pub(super) id: Text<'a>,
    pub(super) channel_id: Text<'a>,
    pub(super) member_id: Text<'a>,
    pub(super) veil_id: Text<'a>,
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) profile: Any<'a>,
    pub(super) email: Text<'a>,
    pub(super) mobile_number: Text<'a>,
    pub(super) language: Text<'a>,
    pub(super) country: Text<'a>,
    pub(super) province: Text<'a>,
    pub(super) city: Text<'a>,
    pub(super) updated_at: Text<'a>,
    pub(super) version: Text<'a>,
}

/// The part of a profile that has a meaning of its own.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Profile<'a> {
    pub(super) name: Text<'a>,
    pub(super) email: Text<'a>,
    pub(super) mobile_number: Text<'a>,
}

/// A manager or a bot.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Person<'a> {
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) email: Text<'a>,
    pub(super) role: Text<'a>,
    pub(super) role_id: Text<'a>,
}

/// A chat room of the team.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Group<'a> {
    pub(super) name: Text<'a>,
}

/// A user's event, as the Open API gives it. Version 3 names its person as messages do.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct UserEvent<'a> {
    pub(super) id: Text<'a>,
    pub(super) channel_id: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) person_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) property: Any<'a>,
    pub(super) created_at: Text<'a>,
    /// Whether the name is the vendor's own.
    pub(super) managed: Text<'a>,
}

/// The properties that have a meaning of their own.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Property<'a> {
    pub(super) url: Text<'a>,
    pub(super) title: Text<'a>,
    pub(super) page: Text<'a>,
    pub(super) ip: Text<'a>,
    pub(super) os: Text<'a>,
    pub(super) browser: Text<'a>,
    pub(super) device: Text<'a>,
    pub(super) country: Text<'a>,
    pub(super) city: Text<'a>,
    pub(super) revenue: Text<'a>,
}

/// What became of a campaign or one-time message at one person.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Recipient<'a> {
    pub(super) id: Text<'a>,
    pub(super) campaign_id: Text<'a>,
    pub(super) one_time_msg_id: Text<'a>,
    pub(super) msg_id: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) user_chat_id: Text<'a>,
    pub(super) sent: Text<'a>,
    pub(super) view: Text<'a>,
    pub(super) click: Text<'a>,
    pub(super) goal: Text<'a>,
    pub(super) revenue: Text<'a>,
}

/// A campaign or one-time message, beside its recipients.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct CampaignInfo<'a> {
    pub(super) channel_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) send_medium: Text<'a>,
}
