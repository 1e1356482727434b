//! Addresses: what text is an address on which channel.

use tributary_events::Channel;
use tributary_events::data::{Address, AddressKind};

use crate::lenient::Text;

/// The address that an event is about, if the text is one on that channel.
///
/// Without a channel only text that is an email address beyond doubt is one: digits may be anything.
#[must_use]
pub fn address<'a>(text: &Text<'a>, channel: Option<Channel>) -> Option<Address<'a>> {
    let value = text.get()?;
    let kind = match channel {
        Some(Channel::Email) => is_email(value).then_some(AddressKind::Email)?,
        Some(Channel::Sms | Channel::Mms | Channel::Voice) => is_phone(value).then_some(AddressKind::Phone)?,
        // These go by number, or by an id of the channel where the person is known by none.
        Some(
            Channel::Whatsapp
            | Channel::Viber
            | Channel::Rcs
            | Channel::KakaoAlim
            | Channel::KakaoChingu
            | Channel::Zalo,
        ) => {
            if is_phone(value) {
                AddressKind::Phone
            } else {
                AddressKind::Account
            }
        }
        Some(
            Channel::Line
            | Channel::Messenger
            | Channel::Instagram
            | Channel::AppleMessages
            | Channel::TelegramBot
            | Channel::TelegramGroup,
        ) => AddressKind::Account,
        Some(Channel::Push) => AddressKind::Device,
        _ => is_email(value).then_some(AddressKind::Email)?,
    };
    Some(Address { kind, value: text.take()? })
}

/// Digits as E.164 has them, 3 to 15, with or without `+`.
#[must_use]
pub fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (3..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A mail address. LINE and other ids may begin with `@`.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@').filter(|(user, _)| !user.is_empty());
    parts.is_some_and(|(_, domain)| domain.contains('.') && !text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_its_channel_says() {
        let kind = |text: &'static str, channel| address(&text.into(), channel).map(|address| address.kind.as_str());
        assert_eq!(kind("15550100123", Some(Channel::Sms)), Some("phone"));
        assert_eq!(kind("EXAMPLE", Some(Channel::Sms)), None, "a name to send from is no address of a person");
        assert_eq!(kind("15550100123", Some(Channel::Messenger)), Some("account"));
        assert_eq!(kind("4643969800980361935", Some(Channel::Zalo)), Some("account"));
        assert_eq!(kind("ann@example.com", Some(Channel::Email)), Some("email"));
        assert_eq!(kind("member-2001", Some(Channel::Email)), None);
        assert_eq!(kind("ann@example.com", None), Some("email"));
        assert_eq!(kind("15550100123", None), None);
        assert_eq!(kind("@official", Some(Channel::Line)), Some("account"));
        assert_eq!(kind("token", Some(Channel::Push)), Some("device"));
        assert_eq!(kind("token", Some(Channel::Popup)), None);
        assert_eq!(kind("", Some(Channel::Push)), None);
    }
}
