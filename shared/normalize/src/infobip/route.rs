//! The route `/infobip/{channel}/{event}`: what the URL says of a body that does not say it itself.

use std::collections::HashSet;
use std::sync::LazyLock;

use tributary_events::Channel;

use crate::{Url, fold};

use super::{catalog, channel};

/// The URLs to subscribe with, by the vendor's list of channels (`SubscriptionChannel`). The last segment of the few that
/// need one of their own is the event: these bodies do not tell it.
pub(super) const URLS: &[Url] = &[
    Url::new("AGENT_OS", "agent_os", &[]),
    Url::new("APPLE_MESSAGES_FOR_BUSINESS", "apple_messages_for_business", &[]),
    Url::new("BLOCKLIST", "blocklist", &[]),
    Url::new("CUSTOMER_ENGAGEMENT", "customer_engagement", &[]),
    Url::new("EMAIL", "email", &[]),
    Url::new("FACEBOOK", "facebook", &["CONSENT_UPDATE"]),
    Url::new("INSTAGRAM_DM", "instagram", &[]),
    Url::new("KAKAO_ALIM", "kakao_alim", &[]),
    Url::new("KAKAO_BRAND_MESSAGE", "kakao_brand_message", &[]),
    Url::new("KAKAO_SANGDAM", "kakao_sangdam", &[]),
    Url::new("LINE", "line", &[]),
    Url::new("LIVE_CHAT", "live_chat", &[]),
    Url::new("MMS", "mms", &[]),
    Url::new("MOBILE_IDENTITY", "mobile_identity", &[]),
    Url::new("MOBILE_PUSH", "mobile_push", &["SENT"]),
    Url::new("NUMBER_LOOKUP", "number_lookup", &[]),
    Url::new("OPEN_CHANNEL", "open_channel", &[]),
    Url::new("RCS", "rcs", &[]),
    Url::new("REGISTRATION", "registration", &[]),
    Url::new("SMS", "sms", &[]),
    Url::new("TIKTOK", "tiktok", &[]),
    Url::new("VIBER", "viber", &["TEMPLATE_UPDATE"]),
    Url::new("VOICE_VIDEO", "voice_video", &["SILENT_VERIFICATION_DELIVERY"]),
    Url::new("WEB_PUSH", "web_push", &[]),
    Url::new("WHATSAPP", "whatsapp", &["ACCOUNT_REGISTRATION", "ACCOUNT_UPDATE_NOTIFICATION", "BILLING", "CLICK"]),
    Url::new("ZALO", "zalo", &["TEMPLATE_UPDATE"]),
];

/// Every event segment that a list knows, folded: names of the catalog, of URLs above, and of bodies that come without a
/// subscription.
static EVENTS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    const OTHERS: [&str; 3] = ["markup_callback", "url_destination_request", "consent_update"];
    let rows = catalog::ROWS.iter().flat_map(|row| row.vendor_event.split(", "));
    let names = rows.map(|name| name.split(" (").next().unwrap_or_default());
    let own = URLS.iter().flat_map(|url| url.own.iter().copied());
    names.chain(own).chain(OTHERS).map(fold).collect()
});

/// What the URL says. Both segments may be missing.
#[derive(Debug, Default)]
pub(super) struct Route {
    /// The channel segment, folded.
    pub(super) channel: Option<String>,
    /// The event segment, folded, and body values as subscription values: `open` for `OPENED`.
    pub(super) event: Option<String>,
    /// How many segments no list knows.
    pub(super) unknown: usize,
}

impl Route {
    /// Reads the segments after the source. A single segment is a channel if it names one, else an event.
    pub(super) fn read(segments: &[String]) -> Self {
        let mut segments = segments.iter().map(String::as_str).filter(|segment| !fold(segment).is_empty());
        let (channel, event) = match (segments.next(), segments.next()) {
            (Some(only), None) if channel::find(only).is_none() => (None, Some(only)),
            pair => pair,
        };
        let event = event.map(|event| subscription_value(fold(event)));
        let channel = channel.map(fold);
        let no_channel = channel.as_deref().is_some_and(|channel| channel::find(channel).is_none());
        let no_event = event.as_deref().is_some_and(|event| !EVENTS.contains(event));
        let unknown = usize::from(no_channel) + usize::from(no_event) + segments.count();
        Self { channel, event, unknown }
    }

    /// Whether the event segment is this one, given folded: `call_failed`.
    pub(super) fn event_is(&self, name: &str) -> bool {
        self.event.as_deref() == Some(name)
    }

    /// The channel segment in our terms; `None` for a group of events that has no channel.
    pub(super) fn our_channel(&self) -> Option<Channel> {
        self.known_channel()?.ours
    }

    /// The channel segment, if it is one we know.
    pub(super) fn known_channel(&self) -> Option<channel::Known> {
        channel::find(self.channel.as_deref()?)
    }

    /// The channel segment in the words of the vendor's list of events.
    pub(super) fn vendor_channel(&self) -> Option<&'static str> {
        self.known_channel().map(|known| known.vendor)
    }

    /// Whether the channel segment is this one of the vendor's list of events.
    pub(super) fn channel_is(&self, vendor: &str) -> bool {
        self.vendor_channel() == Some(vendor)
    }

    /// The event segment the way the vendor writes names: `CALL_FAILED`.
    pub(super) fn vendor_event(&self) -> Option<String> {
        self.event.as_deref().map(str::to_ascii_uppercase)
    }
}

/// Bodies and our own types name some events otherwise than subscriptions do.
fn subscription_value(event: String) -> String {
    match event.as_str() {
        "opened" | "message_opened" => "open",
        "clicked" | "message_clicked" | "marketing_click" => "click",
        "complained" | "message_complained" => "complaint",
        "unsubscribed" => "unsubscribe",
        "message_bounced" => "late_bounce",
        "mo" | "inbound" | "message_received" => "inbound_message",
        "message_read" => "seen",
        "message_typing" => "typing_indicator",
        "message_suggestion_selected" => "suggestion",
        "contact_blocked" => "block",
        "contact_unblocked" => "unblock",
        _ => return event,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(path: &str) -> (Option<String>, Option<String>, Option<Channel>) {
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let route = Route::read(&segments);
        (route.channel.clone(), route.event.clone(), route.our_channel())
    }

    #[test]
    fn both_segments_take_any_spelling() {
        for path in ["sms/DELIVERY", "SMS/delivery", "Sms/-delivery-"] {
            assert_eq!(route(path), (Some("sms".into()), Some("delivery".into()), Some(Channel::Sms)), "{path}");
        }
        let voice = (Some("voice_video".into()), Some("call_failed".into()), Some(Channel::Voice));
        assert_eq!(route("VOICE_VIDEO/call-failed"), voice);
        assert_eq!(route("apple-messages-for-business/MO").2, Some(Channel::AppleMessages));
    }

    #[test]
    fn one_segment_is_a_channel_or_an_event() {
        assert_eq!(
            route("kakao-brand-message"),
            (Some("kakao_brand_message".into()), None, Some(Channel::KakaoChingu))
        );
        assert_eq!(route("OPENED"), (None, Some("open".into()), None));
        assert_eq!(route(""), (None, None, None));
    }

    #[test]
    fn body_values_are_subscription_values() {
        for (written, event) in
            [("OPENED", "open"), ("CLICKED", "click"), ("complained", "complaint"), ("Unsubscribed", "unsubscribe")]
        {
            assert_eq!(route(&format!("email/{written}")).1.as_deref(), Some(event));
        }
    }

    #[test]
    fn a_group_has_no_channel_and_an_unknown_channel_is_none() {
        assert_eq!(route("registration/BRAND_VET_UPDATE").2, None);
        assert_eq!(route("carrier-pigeon/DELIVERY").2, None);
    }
}
