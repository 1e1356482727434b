//! What carries a chat or a campaign.

use tributary_events::Channel;

use crate::lenient::Text;

/// The channel of a medium in the vendor's word (`mediumType` of a chat, `sendMedium` of a campaign) or ours.
pub(super) fn channel(medium: &Text<'_>) -> Option<Channel> {
    match medium.lower()?.as_ref() {
        // The messenger on the site or in the app.
        "native" | "inappchat" => Some(Channel::WebChat),
        "email" => Some(Channel::Email),
        // One word for SMS, LMS and MMS.
        "xms" => Some(Channel::Sms),
        "phone" => Some(Channel::Voice),
        "appalimtalk" => Some(Channel::KakaoAlim),
        "appline" => Some(Channel::Line),
        "appinstagram" => Some(Channel::Instagram),
        // A messenger behind an app, which the word does not name.
        "app" => None,
        ours => Channel::from_name(ours),
    }
}

/// The channel of a chat. Without a word for its medium it is the vendor's own messenger.
pub(super) fn of_chat(medium: &Text<'_>) -> Option<Channel> {
    if medium.is_none() { Some(Channel::WebChat) } else { channel(medium) }
}
