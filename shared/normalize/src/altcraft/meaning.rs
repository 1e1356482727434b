//! What a type means: the vendor's page "Типы событий для захвата", heading by heading.
//!
//! Email types have no suffix, SMS and push types end in theirs, messenger and popup types begin with theirs.

use tributary_events::Channel::{self, Email, Popup, Push, Sms, TelegramBot, TelegramGroup, Viber, Whatsapp};
use tributary_events::EventType::{self, *};
use tributary_events::FailureClass::{self, Permanent, Transient, Unknown};
use tributary_events::FailureReason::{self, Network, Other, SuppressionList, UnknownRecipient};

/// What a type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: EventType,
    pub(super) channel: Option<Channel>,
    pub(super) unique: Option<bool>,
    pub(super) engagement: Option<&'static str>,
    pub(super) failure: Option<(FailureClass, FailureReason)>,
    /// How consent was given or withdrawn.
    pub(super) means: Option<&'static str>,
    /// How the profile was imported.
    pub(super) import: Option<&'static str>,
}

impl Meaning {
    pub(super) const fn of(kind: EventType) -> Self {
        Self { kind, channel: None, unique: None, engagement: None, failure: None, means: None, import: None }
    }

    const fn on(channel: Channel, kind: EventType) -> Self {
        Self { channel: Some(channel), ..Self::of(kind) }
    }

    const fn unique(self, first: bool) -> Self {
        Self { unique: Some(first), ..self }
    }

    const fn engagement(self, grade: &'static str) -> Self {
        Self { engagement: Some(grade), ..self }
    }

    const fn failed(self, class: FailureClass, reason: FailureReason) -> Self {
        Self { failure: Some((class, reason)), ..self }
    }

    const fn means(self, means: &'static str) -> Self {
        Self { means: Some(means), ..self }
    }

    const fn import(self, method: &'static str) -> Self {
        Self { import: Some(method), ..self }
    }
}

/// What the type means, if the list has it.
#[rustfmt::skip]
pub(super) fn meaning(event_type: &str) -> Option<Meaning> {
    let on = Meaning::on;
    let of = Meaning::of;
    Some(match event_type {
        // События Email канала
        "send"       => on(Email, MessageSent),
        "reply"      => on(Email, MessageReceived),
        "uopen"      => on(Email, MessageOpened).unique(true),
        "open"       => on(Email, MessageOpened).unique(false),
        "uclick"     => on(Email, MessageClicked).unique(true),
        "click"      => on(Email, MessageClicked).unique(false),
        "confirm"    => on(Email, MessageConfirmed),
        "confirmsub" => on(Email, ConsentGranted).means("double_opt_in"),
        "unsub"      => on(Email, ConsentRevoked).means("link"),
        "complain"   => on(Email, MessageComplained),
        "sbounce"    => on(Email, MessageDeferred).failed(Transient, Other),
        "hbounce"    => on(Email, MessageBounced).failed(Permanent, Other),
        "suppress"   => on(Email, MessageSuppressed).failed(Permanent, SuppressionList),
        "deliv"      => on(Email, MessageDelivered),
        "undeliv"    => on(Email, MessageUndelivered).failed(Unknown, Other),
        // How long the email stayed open. No read receipts: those are `whatsapp_read` and `viber_read`.
        "read"       => on(Email, MessageOpened).engagement("read"),
        "glanced"    => on(Email, MessageOpened).engagement("glanced"),
        "skimmed"    => on(Email, MessageOpened).engagement("skimmed"),

        // События импорта профилей подписчиков
        "import_manual" => of(ContactImported).import("manual"),
        "import_file"   => of(ContactImported).import("file"),
        "import_api"    => of(ContactImported).import("api"),

        // События для SMS канала
        "send_sms"    => on(Sms, MessageSent),
        "click_sms"   => on(Sms, MessageClicked).unique(false),
        "uclick_sms"  => on(Sms, MessageClicked).unique(true),
        "deliv_sms"   => on(Sms, MessageDelivered),
        "undeliv_sms" => on(Sms, MessageUndelivered).failed(Unknown, Other),
        "unsub_sms"   => on(Sms, ConsentRevoked).means("link"),

        // События для Push канала
        "uopen_push"   => on(Push, MessageOpened).unique(true),
        "open_push"    => on(Push, MessageOpened).unique(false),
        "send_push"    => on(Push, MessageSent),
        "click_push"   => on(Push, MessageClicked).unique(false),
        "uclick_push"  => on(Push, MessageClicked).unique(true),
        "deliv_push"   => on(Push, MessageDelivered),
        "undeliv_push" => on(Push, MessageUndelivered).failed(Unknown, Other),
        // The push service is out of reach; Altcraft goes on trying.
        "sbounce_push" => on(Push, MessageDeferred).failed(Transient, Network),
        // The subscription is no longer valid; Altcraft gives up.
        "hbounce_push" => on(Push, MessageBounced).failed(Permanent, UnknownRecipient),

        // Кастомная (API) отписка от рассылок
        "unsub_api" => of(ConsentRevoked).means("api"),

        // Запуск кампании, Ошибки кампании
        "campaign_launch" => of(CampaignLaunched),
        "camp_error"      => of(CampaignFailed).failed(Unknown, Other),

        // События, захваченные Пикселями на внешних ресурсах
        "pixel_open" => of(PixelFired),

        // События, связанные с промокодами
        "promocode_attach"   => of(PromoCodeAssigned),
        "promocode_detach"   => of(PromoCodeUnassigned),
        "promocode_activate" => of(PromoCodeActivated),

        // События, связанные с автоматическим созданием статического сегмента на импорте
        "segs_add"    => of(SegmentEntered),
        "segs_remove" => of(SegmentLeft),

        // События объединения нескольких профилей или разделения одного профиля
        "profile_merge" => of(ContactMerged),
        "profile_split" => of(ContactSplit),

        // События Telegram Bot канала
        "telegram_bot_send"      => on(TelegramBot, MessageSent),
        "telegram_bot_deliv"     => on(TelegramBot, MessageDelivered),
        "telegram_bot_click"     => on(TelegramBot, MessageClicked).unique(false),
        "telegram_bot_uclick"    => on(TelegramBot, MessageClicked).unique(true),
        "telegram_bot_undeliv"   => on(TelegramBot, MessageUndelivered).failed(Unknown, Other),
        "telegram_bot_subscribe" => on(TelegramBot, ConsentGranted),

        // События Telegram Group канала
        "telegram_group_send"    => on(TelegramGroup, MessageSent),
        "telegram_group_deliv"   => on(TelegramGroup, MessageDelivered),
        "telegram_group_click"   => on(TelegramGroup, MessageClicked).unique(false),
        "telegram_group_undeliv" => on(TelegramGroup, MessageUndelivered).failed(Unknown, Other),

        // События WhatsApp*-канала
        "whatsapp_send"      => on(Whatsapp, MessageSent),
        "whatsapp_deliv"     => on(Whatsapp, MessageDelivered),
        "whatsapp_click"     => on(Whatsapp, MessageClicked).unique(false),
        "whatsapp_uclick"    => on(Whatsapp, MessageClicked).unique(true),
        "whatsapp_undeliv"   => on(Whatsapp, MessageUndelivered).failed(Unknown, Other),
        "whatsapp_read"      => on(Whatsapp, MessageRead),
        "whatsapp_subscribe" => on(Whatsapp, ConsentGranted),
        "whatsapp_unsub"     => on(Whatsapp, ConsentRevoked),

        // События Viber канала
        "viber_send"      => on(Viber, MessageSent),
        "viber_deliv"     => on(Viber, MessageDelivered),
        "viber_click"     => on(Viber, MessageClicked).unique(false),
        "viber_uclick"    => on(Viber, MessageClicked).unique(true),
        // Refused by Viber or by the sending service, which of the two and why is not told.
        "viber_undeliv"   => on(Viber, MessageUndelivered).failed(Unknown, Other),
        "viber_read"      => on(Viber, MessageRead),
        "viber_subscribe" => on(Viber, ConsentGranted),
        "viber_unsub"     => on(Viber, ConsentRevoked),

        // События Попапа
        "popup_post"   => on(Popup, FormSubmitted),
        "popup_click"  => on(Popup, MessageClicked),
        "popup_error"  => on(Popup, MessageDisplayFailed).failed(Unknown, Other),
        // The form's post failed on the way; nothing to do with email.
        "popup_bounce" => on(Popup, FormFailed).failed(Unknown, Other),
        "popup_close"  => on(Popup, MessageClosed),
        "popup_open"   => on(Popup, MessageViewed),
        "popup_custom" => on(Popup, Custom),

        _ => return None,
    })
}

/// The channel that a type newer than the list names beside what happened: `max_bot` of `max_bot_send`, `notify` of
/// `deliv_notify`.
pub(super) fn channel_word(event_type: &str) -> Option<&str> {
    const ACTIONS: [&str; 15] = [
        "click",
        "complain",
        "deliv",
        "hbounce",
        "open",
        "read",
        "reply",
        "sbounce",
        "send",
        "subscribe",
        "suppress",
        "uclick",
        "undeliv",
        "unsub",
        "uopen",
    ];
    let word = |action: &&str| {
        let before = event_type.strip_suffix(*action).and_then(|rest| rest.strip_suffix('_'));
        before.or_else(|| event_type.strip_prefix(*action).and_then(|rest| rest.strip_prefix('_')))
    };
    ACTIONS.iter().find_map(word).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::catalog::ROWS;
    use super::{channel_word, meaning};
    use tributary_events::Channel;

    #[test]
    fn a_type_newer_than_the_list_may_name_its_channel() {
        for (event_type, word) in [
            ("max_bot_send", Some("max_bot")),
            ("max_group_undeliv", Some("max_group")),
            ("deliv_notify", Some("notify")),
            ("notify_unsub", Some("notify")),
            ("loyalty_points_add", None),
            ("_send", None),
            ("send", None),
            ("resend", None),
        ] {
            assert_eq!(channel_word(event_type), word, "{event_type}");
        }
    }

    #[test]
    fn the_table_and_the_catalog_say_the_same() {
        let listed: Vec<_> = ROWS.iter().filter(|row| row.vendor_channel != "beyond the list").collect();
        assert_eq!(listed.len(), 80);
        for row in listed {
            let found = meaning(row.vendor_event).unwrap_or_else(|| panic!("{} is not read", row.vendor_event));
            assert_eq!(found.kind.as_str(), row.kind, "{}", row.vendor_event);
            assert_eq!(found.channel.map_or("-", Channel::as_str), row.channel, "{}", row.vendor_event);
        }
    }
}
