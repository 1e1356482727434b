//! The field names as KARTE writes them. Every field takes any JSON.

use serde::Deserialize;

use crate::lenient::{Any, Obj, Text};

/// One level of a body: an envelope, a hook, an action's data, a beacon or an event. Which one shows in what is set.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Body<'a> {
    /// Of the envelope, the hook, or the action's run.
    pub(super) id: Text<'a>,
    // Craft's envelope.
    pub(super) kind: Text<'a>,
    pub(super) timestamp: Text<'a>,
    #[serde(rename = "jsonPayload")]
    pub(super) json_payload: Any<'a>,
    // EventBridge's envelope, and its `detail`.
    #[serde(rename = "detail-type")]
    pub(super) detail_type: Text<'a>,
    pub(super) time: Text<'a>,
    pub(super) detail: Any<'a>,
    /// Of `detail`: what KARTE or the action wrote. Of a v1 message: its content.
    pub(super) content: Any<'a>,
    // A hook, v2.
    pub(super) event_type: Text<'a>,
    pub(super) api_key: Text<'a>,
    /// Of a hook or an action.
    pub(super) data: Any<'a>,
    pub(super) extra: Obj<Extra<'a>>,
    // A hook, v1.
    pub(super) app_name: Text<'a>,
    pub(super) assignee: Obj<Operator<'a>>,
    /// The action's own name.
    pub(super) name: Text<'a>,
    // An event.
    pub(super) event_name: Text<'a>,
    pub(super) event_hash: Text<'a>,
    pub(super) user_id: Text<'a>,
    pub(super) visitor_id: Text<'a>,
    pub(super) datetime: Text<'a>,
    pub(super) channel: Text<'a>,
    pub(super) plugin_name: Text<'a>,
    /// Where the message went, or came from: ours, of the action's template.
    pub(super) address: Text<'a>,
    pub(super) values: Any<'a>,
    // A beacon, and the API's write form.
    pub(super) keys: Obj<Keys<'a>>,
    pub(super) app_info: Any<'a>,
    pub(super) events: Any<'a>,
    pub(super) event: Any<'a>,
}

impl Body<'_> {
    /// Whether it is a hook, an event or a beacon, and not what a customer made up.
    pub(super) fn names_itself(&self) -> bool {
        let tracked = self.keys.get().is_some() && (self.event.is_object() || self.events.elements().is_some());
        !self.event_name.is_none() || !self.event_type.is_none() || tracked
    }

    /// This event with what the body around it says of all its events.
    pub(super) fn tracked_in(mut self, body: &Self) -> Self {
        self.user_id = self.user_id.or(&body.keys.user_id);
        self.visitor_id = self.visitor_id.or(&body.keys.visitor_id);
        if !self.app_info.is_object() {
            self.app_info = body.app_info;
        }
        self
    }
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Extra<'a> {
    pub(super) user_id: Text<'a>,
    pub(super) access_uri: Obj<Uri<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Uri<'a> {
    pub(super) url: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Operator<'a> {
    pub(super) id: Text<'a>,
    pub(super) profile_name: Text<'a>,
    pub(super) is_bot: Text<'a>,
}

/// `data` of a hook: a chat message, an assignment, a job or content.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct HookData<'a> {
    pub(super) user_id: Text<'a>,
    pub(super) visitor_id: Text<'a>,
    pub(super) account_id: Text<'a>,
    pub(super) profile_name: Text<'a>,
    pub(super) date: Text<'a>,
    pub(super) content: Obj<Content<'a>>,
    pub(super) operator: Obj<Operator<'a>>,
    pub(super) id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) status: Text<'a>,
    pub(super) sys: Obj<Sys<'a>>,
    /// Of a campaign, function or site: what was changed, as it is now.
    pub(super) ret: Obj<Changed<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Changed<'a> {
    pub(super) id: Text<'a>,
    pub(super) title: Text<'a>,
    pub(super) name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Content<'a> {
    pub(super) text: Text<'a>,
    pub(super) image: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Sys<'a> {
    pub(super) model_id: Text<'a>,
    pub(super) raw: Obj<SysRaw<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct SysRaw<'a> {
    pub(super) content_id: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Keys<'a> {
    pub(super) user_id: Text<'a>,
    pub(super) visitor_id: Text<'a>,
    pub(super) pv_id: Text<'a>,
}

/// `values` of an event: schemaless, so this is the union of what the events of the list carry.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Values<'a> {
    // Any event.
    pub(super) date: Text<'a>,
    pub(super) _local_event_date: Text<'a>,
    pub(super) _event_id: Text<'a>,
    pub(super) _source: Text<'a>,
    pub(super) _session: Obj<Session<'a>>,
    pub(super) app_info: Any<'a>,
    pub(super) ip_address: Text<'a>,
    pub(super) plugin_name: Text<'a>,
    // message_*, talk_message_*
    pub(super) message: Obj<Message<'a>>,
    pub(super) url: Text<'a>,
    pub(super) content: Obj<Content<'a>>,
    pub(super) task_id: Text<'a>,
    pub(super) schedule_id: Text<'a>,
    // talk_message_fail
    pub(super) r#type: Text<'a>,
    pub(super) reason: Text<'a>,
    pub(super) error_code: Text<'a>,
    pub(super) error_message: Text<'a>,
    // _webchat_read
    pub(super) read: Text<'a>,
    // view
    pub(super) view_name: Text<'a>,
    pub(super) title: Text<'a>,
    pub(super) access_uri: Obj<Uri<'a>>,
    // buy
    pub(super) transaction_id: Text<'a>,
    pub(super) revenue: Text<'a>,
    pub(super) items: Any<'a>,
    // identify, plugin_*_identify
    pub(super) user_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) email: Text<'a>,
    pub(super) line_user_id: Text<'a>,
    pub(super) fcm_token: Text<'a>,
    pub(super) subscribe: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Session<'a> {
    #[serde(rename = "session_id#session")]
    pub(super) id: Text<'a>,
}

/// The delivery a message event belongs to.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Message<'a> {
    pub(super) campaign_id: Text<'a>,
    pub(super) shorten_id: Text<'a>,
    pub(super) response_id: Text<'a>,
    pub(super) response_timestamp: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Item<'a> {
    pub(super) item_id: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) price: Text<'a>,
    pub(super) quantity: Text<'a>,
    pub(super) item_url: Text<'a>,
    pub(super) item_image_url: Text<'a>,
    pub(super) l_category_name: Text<'a>,
    pub(super) brand_name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct AppInfo<'a> {
    pub(super) system_info: Obj<SystemInfo<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct SystemInfo<'a> {
    pub(super) os: Text<'a>,
    pub(super) device: Text<'a>,
    pub(super) model: Text<'a>,
    pub(super) language: Text<'a>,
}
