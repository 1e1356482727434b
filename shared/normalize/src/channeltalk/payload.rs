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
    pub(super) model: Any<'a>,
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
    pub(super) id: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) person_id: Text<'a>,
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
    pub(super) plain_text: Text<'a>,
    pub(super) blocks: List<Block<'a>>,
    pub(super) state: Text<'a>,
    /// Why it was not sent, in a number of the vendor's that no page explains.
    pub(super) error_code: Text<'a>,
    pub(super) removed_by_writer: Text<'a>,
    pub(super) options: Any<'a>,
    pub(super) files: List<File<'a>>,
    pub(super) log: Obj<Log<'a>>,
    pub(super) form: Any<'a>,
    pub(super) web_page: Any<'a>,
    pub(super) carousel: Any<'a>,
    pub(super) email: Obj<Email<'a>>,
    pub(super) meet: Obj<Meet<'a>>,
    pub(super) marketing: Obj<Marketing<'a>>,
    pub(super) ai_marketing: Obj<AiMarketing<'a>>,
}

impl<'a> Message<'a> {
    /// The words. `plainText` is absent in some bodies whose blocks hold text; markup of the blocks stays in it.
    pub(super) fn text(&self) -> Text<'a> {
        if !self.plain_text.is_none() || self.blocks.is_empty() {
            return self.plain_text.clone();
        }
        if let [Block { value, blocks, .. }] = &*self.blocks
            && blocks.is_empty()
        {
            return value.clone();
        }
        let mut lines = Vec::new();
        self.blocks.iter().for_each(|block| block.lines(&mut lines));
        Text::from(std::borrow::Cow::Owned(lines.join("\n")))
    }

    /// Whether it says or shows anything. A webhook about nothing is no message.
    pub(super) fn holds_something(&self) -> bool {
        let objects = [&self.form, &self.web_page, &self.carousel];
        !self.id.is_none()
            || !self.text().is_none()
            || !self.files.is_empty()
            || !self.log.action.is_none()
            || self.email.get().is_some()
            || self.meet.get().is_some()
            || objects.iter().any(|object| object.is_object())
    }
}

/// A paragraph, a block of code, or the points of a list.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Block<'a> {
    pub(super) value: Text<'a>,
    pub(super) blocks: List<Block<'a>>,
}

impl Block<'_> {
    fn lines<'b>(&'b self, into: &mut Vec<&'b str>) {
        into.extend(self.value.get());
        self.blocks.iter().for_each(|block| block.lines(into));
    }
}

/// What a message had in its envelope that went by email.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Email<'a> {
    pub(super) from: Obj<EmailAddress<'a>>,
    pub(super) to: List<EmailAddress<'a>>,
    pub(super) subject: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct EmailAddress<'a> {
    pub(super) address: Text<'a>,
}

/// A call: by telephone (`call`), in the messenger (`front`), or within the team.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Meet<'a> {
    pub(super) id: Text<'a>,
    pub(super) state: Text<'a>,
    /// Beside `state`, which has taken its place.
    #[serde(rename = "stateV2")]
    pub(super) state_v2: Text<'a>,
    pub(super) meet_type: Text<'a>,
    pub(super) room_started_at: Text<'a>,
    pub(super) meet_ended_at: Text<'a>,
    pub(super) call: Obj<CallInfo<'a>>,
    pub(super) front: Obj<CallInfo<'a>>,
}

/// The telephone's or the messenger's side of a call.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct CallInfo<'a> {
    pub(super) from: Text<'a>,
    pub(super) to: Text<'a>,
    pub(super) direction: Text<'a>,
    pub(super) missed_reason: Text<'a>,
    /// Not `createdAt`, in the vendor's own description.
    pub(super) create_at: Text<'a>,
    pub(super) engaged_at: Text<'a>,
    pub(super) closed_at: Text<'a>,
}

/// The marketing agent that leads the talk.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct AiMarketing<'a> {
    pub(super) handling_id: Text<'a>,
    pub(super) session_id: Text<'a>,
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
    /// The customer's, as the desk shows it.
    pub(super) name: Text<'a>,
    /// What it is about.
    pub(super) title: Text<'a>,
    pub(super) priority: Text<'a>,
    pub(super) source: Obj<Origin<'a>>,
    /// Of the chat as it is now; `source` tells where it began.
    pub(super) medium_type: Text<'a>,
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
        let of_source = source.medium.medium_type.or(&source.app_messenger.medium_type);
        self.medium_type.or(&of_source).or(&self.messenger_type)
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
    pub(super) unsubscribe_email: Text<'a>,
    pub(super) unsubscribe_email_updated_at: Text<'a>,
    pub(super) unsubscribe_texting: Text<'a>,
    pub(super) unsubscribe_texting_updated_at: Text<'a>,
    pub(super) updated_at: Text<'a>,
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
    /// Version 5.
    pub(super) title: Text<'a>,
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
