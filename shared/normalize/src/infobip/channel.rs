//! The vendor's many words for a channel.

use tributary_events::Channel;

use crate::fold;

/// A channel or group of events, in the words of the vendor's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// The vendor's name as the list of events has it.
    pub(super) vendor: &'static str,
    /// Ours; `None` for a channel that we have no word for, and for a group.
    pub(super) ours: Option<Channel>,
    /// Events that travel by no channel.
    pub(super) is_group: bool,
}

const fn known(vendor: &'static str, ours: Channel) -> Known {
    Known { vendor, ours: Some(ours), is_group: false }
}

/// A channel of the vendor's that we have no word for.
const fn other(vendor: &'static str) -> Known {
    Known { vendor, ours: None, is_group: false }
}

const fn group(vendor: &'static str) -> Known {
    Known { vendor, ours: None, is_group: true }
}

/// What a word means, whatever its case and separators: page names, subscription values, the `channel` and
/// `integrationType` of bodies, and our own names.
pub(super) fn find(word: &str) -> Option<Known> {
    Some(match fold(word).as_str() {
        "email" | "mail" => known("Email", Channel::Email),
        "sms" => known("SMS", Channel::Sms),
        "mms" => known("MMS", Channel::Mms),
        "whatsapp" => known("WhatsApp", Channel::Whatsapp),
        "viber" | "viber_bm" | "viber_bot" | "viber_bots" | "viber_business_messages" => known("Viber", Channel::Viber),
        "rcs" => known("RCS", Channel::Rcs),
        "line" | "line_on" | "line_oa" => known("LINE", Channel::Line),
        // The channel of templates: the friends' channel is named KAKAO_BRAND_MESSAGE wherever KAKAO is used.
        "kakao" | "kakao_a" | "kakao_alim" | "kakao_alimtalk" => known("Kakao - Alim", Channel::KakaoAlim),
        "kakao_b" | "kakao_chingu" | "kakao_friendtalk" | "kakao_brand_message" => {
            known("Kakao - Chingu", Channel::KakaoChingu)
        }
        // Consultations: neither of the two.
        "kakao_s" | "kakao_sangdam" => other("Kakao - Sangdam"),
        "tiktok" | "tiktok_bm" => other("TikTok"),
        "messenger" | "facebook" | "facebook_messenger" => known("Facebook Messenger", Channel::Messenger),
        "instagram" | "instagram_dm" => known("Instagram", Channel::Instagram),
        "apple"
        | "apple_messages"
        | "apple_messages_for_business"
        | "apple_mfb"
        | "apple_mb"
        | "apple_bc"
        | "apple_business_chat" => known("Apple Messages for Business", Channel::AppleMessages),
        "zalo" | "zalo_ns" | "zalo_zns" | "zalo_f" | "zalo_follower" | "zalo_notification_service" => {
            known("Zalo", Channel::Zalo)
        }
        "telegram" | "telegram_bot" => known("Telegram", Channel::TelegramBot),
        "push" | "mobile_push" | "web_push" | "new_push_notif" => known("Mobile push", Channel::Push),
        "live_chat" | "livechat" | "web_chat" => known("Live Chat", Channel::WebChat),
        "open_channel" => known("Open Channel", Channel::OpenChannel),
        "voice"
        | "voice_video"
        | "voice_and_webrtc"
        | "webrtc"
        | "voice_outbound_tts"
        | "calls"
        | "calls_markup"
        | "calls_markup_language" => known("Voice and WebRTC", Channel::Voice),
        "registration" | "10dlc_registration" | "10dlc" => group("Registration"),
        "mobile_identity" => group("Mobile identity"),
        "number_lookup" => group("Number lookup"),
        "blocklist" => group("Blocklist"),
        "answers" => group("Answers"),
        "billing" => group("Billing"),
        "biometrics" => group("Biometrics"),
        "metrics" => group("Metrics"),
        "customer_engagement" | "conversation" | "conversations" | "people" | "agent_os" | "web_sdk" => {
            group("Customer engagement")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_names_are_understood() {
        for ours in [
            Channel::Email,
            Channel::Sms,
            Channel::Mms,
            Channel::Whatsapp,
            Channel::Viber,
            Channel::Rcs,
            Channel::Line,
            Channel::KakaoAlim,
            Channel::KakaoChingu,
            Channel::Messenger,
            Channel::Instagram,
            Channel::AppleMessages,
            Channel::Zalo,
            Channel::TelegramBot,
            Channel::Push,
            Channel::WebChat,
            Channel::OpenChannel,
            Channel::Voice,
        ] {
            assert_eq!(find(ours.as_str()).and_then(|known| known.ours), Some(ours), "{}", ours.as_str());
        }
    }

    #[test]
    fn every_channel_of_the_catalog_is_understood_by_its_name() {
        for row in super::super::catalog::ROWS.iter().filter(|row| row.vendor_channel != "beyond the list") {
            assert_eq!(find(row.vendor_channel).map(|known| known.vendor), Some(row.vendor_channel));
        }
    }
}
