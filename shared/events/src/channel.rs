//! The way an event travelled to or from the person.

use serde::{Deserialize, Serialize};

macro_rules! channels {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The way an event travelled to or from the person, in our spelling.
        ///
        /// Left out of an event where neither the body nor the route tells it; never guessed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Channel {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
            /// A channel this version does not know. Only met by consumers older than the producer.
            #[serde(other, rename = "other")]
            Other,
        }

        impl Channel {
            /// Every channel a normalizer may set.
            pub const ALL: &[Channel] = &[$(Channel::$variant,)*];

            /// The channel as written in an event.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Channel::$variant => $name,)*
                    Channel::Other => "other",
                }
            }

            /// The channel of that name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Channel::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

channels! {
    /// Email.
    Email = "email",
    /// SMS.
    Sms = "sms",
    /// MMS.
    Mms = "mms",
    /// WhatsApp.
    Whatsapp = "whatsapp",
    /// Viber, business messages and bots.
    Viber = "viber",
    /// RCS.
    Rcs = "rcs",
    /// LINE.
    Line = "line",
    /// Kakao Alimtalk (notifications).
    KakaoAlim = "kakao_alim",
    /// Kakao Chingu talk (friends; today Kakao brand messages).
    KakaoChingu = "kakao_chingu",
    /// Facebook Messenger.
    Messenger = "messenger",
    /// Instagram direct messages.
    Instagram = "instagram",
    /// Apple Messages for Business.
    AppleMessages = "apple_messages",
    /// Zalo.
    Zalo = "zalo",
    /// Telegram, through a bot.
    TelegramBot = "telegram_bot",
    /// Telegram, a group.
    TelegramGroup = "telegram_group",
    /// Push notifications, mobile or web.
    Push = "push",
    /// A web site.
    Web = "web",
    /// A chat on a web site or in an app.
    WebChat = "web_chat",
    /// A popup or form on a web site.
    Popup = "popup",
    /// A mobile app.
    App = "app",
    /// A telephone or WebRTC call.
    Voice = "voice",
    /// A channel of the customer's own behind the vendor's interface.
    OpenChannel = "open_channel",
    /// A conversation in a vendor's agent desk, whatever carries it.
    Conversation = "conversation",
}
