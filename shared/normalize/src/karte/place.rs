//! Where an event happened: on the site, in the chat, or off the site. KARTE uses the same event names for all three.

use tributary_events::Channel;

use crate::{Request, fold};

/// The three groups of KARTE's event list. The same name means something else in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// On the site or in the app.
    Web,
    /// In the chat widget.
    Chat,
    /// Off the site: mail, SMS, LINE, push.
    Talk,
    /// LINE's own events, passed on by KARTE.
    Plugin,
}

impl Group {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Chat => "chat",
            Self::Talk => "talk",
            Self::Plugin => "plugin",
        }
    }
}

/// A group, and the channel within it where that is told as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) group: Group,
    pub(super) channel: Option<Channel>,
}

impl Place {
    pub(super) const fn new(group: Group, channel: Option<Channel>) -> Self {
        Self { group, channel }
    }

    /// From a word of a plugin, an action's template, the route or a setting.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        use Channel::{App, Email, Line, Messenger, Push, Sms, Web, WebChat};
        Some(match fold(word).as_str() {
            "web" => Self::new(Group::Web, Some(Web)),
            "app" => Self::new(Group::Web, Some(App)),
            "chat" | "webchat" | "web_chat" => Self::new(Group::Chat, Some(WebChat)),
            "talk" => Self::new(Group::Talk, None),
            "plugin" => Self::new(Group::Plugin, None),
            "email" | "mail" | "sendgrid" | "mailgun" => Self::new(Group::Talk, Some(Email)),
            "sms" => Self::new(Group::Talk, Some(Sms)),
            "line" => Self::new(Group::Talk, Some(Line)),
            "facebook" | "messenger" => Self::new(Group::Talk, Some(Messenger)),
            "push" | "native_app" | "web_push" | "webpush" => Self::new(Group::Talk, Some(Push)),
            "popup" => Self::new(Group::Web, Some(Web)),
            // What customers send by through Craft: any channel by our name of it.
            word => Self::new(Group::Talk, Some(Channel::from_name(word)?)),
        })
    }

    /// From the route: `/karte/talk/email`, `/karte/email`, `/karte/chat`.
    pub(super) fn from_route(request: &Request<'_>) -> Option<Self> {
        let mut told = request.segments.iter().filter_map(|segment| Self::from_word(segment));
        let first = told.next()?;
        // The second segment names the channel of the first one's group.
        Some(told.find(|place| place.group == first.group && place.channel.is_some()).unwrap_or(first))
    }

    /// The only place where events of that name happen; `None` where the name alone does not tell.
    fn of_event(name: &str) -> Option<Self> {
        Some(match name {
            "message_open" | "message_click" | "message_reply" | "talk_message_send" => return None,
            "talk_message_open" => Self::new(Group::Talk, Some(Channel::Email)),
            "talk_message_fail" | "message_clicked" => Self::new(Group::Talk, None),
            "_webchat_read" => Self::new(Group::Chat, Some(Channel::WebChat)),
            "_line_message" | "_line_add_friend" | "_line_block_friend" => {
                Self::new(Group::Plugin, Some(Channel::Line))
            }
            "_message_state_changed"
            | "_location"
            | "_location_jp"
            | "_answer_question"
            | "_silveregg_recommend_click"
            | "_naviplus_recommend_click" => Self::new(Group::Web, Some(Channel::Web)),
            // Of KARTE's own names that no list holds nothing is known.
            name if name.starts_with('_') => return None,
            name => match identified_plugin(name) {
                Some(plugin) => Self::from_word(plugin).unwrap_or(Self::new(Group::Talk, None)),
                None => Self::new(Group::Web, Some(Channel::Web)),
            },
        })
    }

    /// The place of an event: what its name says, filled in by what else tells it.
    ///
    /// A hint never moves an event to a group its name excludes.
    pub(super) fn resolve(name: &str, told: Option<Self>, from_sdk: bool) -> Option<Self> {
        let place = match (Self::of_event(name), told) {
            (Some(own), Some(told)) if own.group == told.group => {
                Self::new(own.group, own.channel.filter(|channel| *channel != Channel::Web).or(told.channel))
            }
            (Some(own), _) => own,
            // Sent by a sending plugin or the chat: never by the site.
            (None, Some(told)) if name == "talk_message_send" && told.group == Group::Web => {
                Self::new(Group::Web, None)
            }
            (None, told) => told.or(from_sdk.then_some(Self::new(Group::Web, None)))?,
        };
        // What an SDK tracks happens in an app, not on a web site.
        let in_app = from_sdk && place.group == Group::Web;
        Some(if in_app { Self::new(place.group, Some(Channel::App)) } else { place })
    }
}

/// `line` of `plugin_line_identify`.
pub(super) fn identified_plugin(name: &str) -> Option<&str> {
    name.strip_prefix("plugin_")?.strip_suffix("_identify").filter(|plugin| !plugin.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_fills_in_but_never_contradicts() {
        let email = Place::from_word("email");
        assert_eq!(Place::resolve("message_open", email, false), email);
        assert_eq!(Place::resolve("message_open", None, false), None);
        let app = Place::new(Group::Web, Some(Channel::App));
        assert_eq!(Place::resolve("message_open", None, true), Some(app));
        assert_eq!(Place::resolve("_new_event", None, false), None);
        let web = Place::from_word("web");
        assert_eq!(Place::resolve("talk_message_send", web, false), Some(Place::new(Group::Web, None)));
        assert_eq!(Place::resolve("view", email, false), Some(Place::new(Group::Web, Some(Channel::Web))));
        assert_eq!(Place::resolve("view", Place::from_word("app"), false), Some(app));
        assert_eq!(Place::resolve("talk_message_fail", email, false), email);
        assert_eq!(Place::resolve("talk_message_fail", None, false), Some(Place::new(Group::Talk, None)));
        assert_eq!(Place::resolve("_line_message", email, false), Some(Place::new(Group::Plugin, Some(Channel::Line))));
    }

    #[test]
    fn a_channel_that_karte_itself_does_not_send_by_is_off_the_site() {
        assert_eq!(Place::from_word("WhatsApp"), Some(Place::new(Group::Talk, Some(Channel::Whatsapp))));
        assert_eq!(Place::from_word("carrier pigeon"), None);
    }

    #[test]
    fn any_plugin_may_identify() {
        assert_eq!(identified_plugin("plugin_some_crm_identify"), Some("some_crm"));
        assert_eq!(identified_plugin("plugin_identify"), None);
        assert_eq!(identified_plugin("identify"), None);
    }
}
