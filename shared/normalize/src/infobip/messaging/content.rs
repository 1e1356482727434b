//! What an inbound message holds: one object, the array of an MMS, or the parts of the Messages API.

use serde::Deserialize;
use tributary_events::data::{Attachment, Item, Message, Payment};
use tributary_events::{Money, Str};

use crate::Output;
use crate::lenient::{Any, List, Obj, Text};

/// One object or part. The fields of all message types lie side by side in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(super) struct Content<'a> {
    #[serde(rename = "type")]
    pub(super) kind: Text<'a>,
    /// Messenger's id of the message.
    pub(super) mid: Text<'a>,
    text: Text<'a>,
    /// Live Chat: the message within a bundle, and the words of a survey.
    inbound_message: Any<'a>,
    message: Text<'a>,
    survey_satisfaction: Text<'a>,
    /// `TikTok`.
    pub(super) conversation_id: Text<'a>,
    keyword: Text<'a>,
    caption: Text<'a>,
    emoji: Text<'a>,
    /// Apple: begin or end of typing.
    pub(super) typing_indicator_type: Text<'a>,

    /// List and button replies.
    id: Text<'a>,
    title: Text<'a>,
    payload: Text<'a>,
    postback_data: Text<'a>,
    /// Apple: what was picked.
    quick_reply_selected_item: Obj<Picked<'a>>,
    list_picker_selected_items: List<Picked<'a>>,
    choice: Text<'a>,
    /// The message it answers or reacts to.
    context: Obj<Context<'a>>,

    url: Text<'a>,
    content_type: Text<'a>,
    file_type: Text<'a>,
    name: Text<'a>,
    file_name: Text<'a>,
    attachments: List<AppleAttachment<'a>>,
    /// MMS: the text of a text part.
    value: Text<'a>,

    /// Orders.
    product_items: List<ProductItem<'a>>,
    /// Payments.
    payment_id: Text<'a>,
    reference_id: Text<'a>,
    status: Text<'a>,
    currency: Text<'a>,
    total_amount: Obj<Amount<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Picked<'a> {
    identifier: Text<'a>,
    title: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Context<'a> {
    id: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct AppleAttachment<'a> {
    file_name: Text<'a>,
    url: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct ProductItem<'a> {
    product_retailer_id: Text<'a>,
    item_price: Text<'a>,
    currency: Text<'a>,
    quantity: Text<'a>,
}

/// A whole number and what to divide it by.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Amount<'a> {
    value: Text<'a>,
    offset: Text<'a>,
}

/// The parts of a `message` or `content`.
///
/// # Errors
/// A field that occurs twice in one object.
pub(super) fn parts<'a>(content: Any<'a>, out: &Output<'_>) -> Result<Vec<Content<'a>>, serde_json::Error> {
    match content.elements() {
        Some(elements) => elements
            .into_iter()
            .filter(|element| element.get().starts_with('{'))
            .map(|element| out.parse(element.get()))
            .collect(),
        None if content.is_object() => {
            let part: Content<'a> = out.parse(content.get().unwrap_or_default())?;
            let inner = part.inbound_message.get().filter(|_| part.inbound_message.is_object());
            Ok(vec![inner.map(|inner| out.parse(inner)).transpose()?.unwrap_or(part)])
        }
        None => Ok(vec![Content { text: content.text(), ..Content::default() }]),
    }
}

/// Fills a message with what its parts hold.
pub(super) fn fill<'a>(message: &mut Message<'a>, parts: &[Content<'a>]) {
    let first = |of: fn(&Content<'a>) -> Option<Str<'a>>| parts.iter().find_map(of);
    message.kind = first(|part| part.kind.lower());
    message.text = first(Content::text);
    message.keyword = first(|part| part.keyword.take());
    message.payload = first(Content::payload);
    message.in_reply_to = first(|part| part.context.id.take());
    let attachments: Vec<_> = parts.iter().flat_map(Content::attachments).collect();
    message.attachments = (!attachments.is_empty()).then_some(attachments);
}

/// The items of an order.
pub(super) fn items<'a>(parts: &[Content<'a>]) -> Option<Vec<Item<'a>>> {
    let items: Vec<_> = parts.iter().flat_map(|part| part.product_items.iter()).map(ProductItem::item).collect();
    (!items.is_empty()).then_some(items)
}

/// The payment an interactive message confirms.
pub(super) fn payment<'a>(parts: &[Content<'a>]) -> Option<Box<Payment<'a>>> {
    let part = parts.iter().find(|part| !part.payment_id.is_none())?;
    Some(Box::new(Payment {
        id: part.payment_id.take(),
        reference: part.reference_id.take(),
        status: part.status.take(),
        amount: money(&part.total_amount.value, &part.total_amount.offset, &part.currency),
        ..Payment::default()
    }))
}

/// An amount written as a whole number and what to divide it by. Nothing if that is no power of ten.
pub(super) fn money<'a>(value: &Text<'a>, offset: &Text<'_>, currency: &Text<'a>) -> Option<Money<'a>> {
    let amount = shifted(value.get()?, offset.get().unwrap_or("1"))?;
    Some(Money { amount: Some(amount.into()), currency: currency.take(), ..Money::default() })
}

fn shifted(value: &str, offset: &str) -> Option<String> {
    let zeros = offset.strip_prefix('1')?;
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || !zeros.bytes().all(|byte| byte == b'0')
    {
        return None;
    }
    if zeros.is_empty() {
        return Some(value.to_owned());
    }
    let digits = format!("{digits:0>width$}", width = zeros.len() + 1);
    let (whole, fraction) = digits.split_at(digits.len() - zeros.len());
    Some(format!("{sign}{whole}.{fraction}"))
}

impl<'a> Content<'a> {
    fn text(&self) -> Option<Str<'a>> {
        let plain =
            self.content_type.is_none() || self.content_type.get().is_some_and(|kind| kind.starts_with("text/"));
        let value = if plain { self.value.take() } else { None };
        let picked = || {
            let one = self.quick_reply_selected_item.title.take();
            one.or_else(|| self.list_picker_selected_items.iter().find_map(|item| item.title.take()))
        };
        self.text
            .or(&self.caption)
            .or(&self.title)
            .or(&self.emoji)
            .or(&self.message)
            .take()
            .or(value)
            .or_else(picked)
            .or_else(|| self.choice.take())
    }

    fn payload(&self) -> Option<Str<'a>> {
        let picked = || {
            let one = self.quick_reply_selected_item.identifier.take();
            one.or_else(|| self.list_picker_selected_items.iter().find_map(|item| item.identifier.take()))
        };
        // Of other types `id` names a sticker or the like: only replies have it beside a title.
        let reply = || if self.title.is_none() { None } else { self.id.take() };
        self.payload.or(&self.postback_data).or(&self.survey_satisfaction).take().or_else(reply).or_else(picked)
    }

    fn attachments(&self) -> Vec<Attachment<'a>> {
        // The link of a place is no file.
        let own = self.url.take().filter(|_| !self.kind.is("LOCATION")).map(|url| Attachment {
            url: Some(url),
            content_type: self.content_type.or(&self.file_type).take(),
            name: self.file_name.or(&self.name).take(),
            ..Attachment::default()
        });
        let others = self.attachments.iter().map(|file| Attachment {
            url: file.url.take(),
            name: file.file_name.take(),
            ..Attachment::default()
        });
        own.into_iter().chain(others).collect()
    }
}

impl<'a> ProductItem<'a> {
    fn item(&self) -> Item<'a> {
        let price = self.item_price.take().map(|amount| Money {
            amount: Some(amount),
            currency: self.currency.take(),
            ..Money::default()
        });
        Item { id: self.product_retailer_id.take(), quantity: self.quantity.take(), price, ..Item::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::shifted;

    #[test]
    fn amounts_move_their_point_without_a_float() {
        assert_eq!(shifted("21000", "100").as_deref(), Some("210.00"));
        assert_eq!(shifted("5", "100").as_deref(), Some("0.05"));
        assert_eq!(shifted("-5", "1000").as_deref(), Some("-0.005"));
        assert_eq!(shifted("90071992547409931", "1").as_deref(), Some("90071992547409931"));
        for (value, offset) in [("1.5", "100"), ("", "100"), ("1", "60"), ("1", ""), ("x", "10")] {
            assert_eq!(shifted(value, offset), None, "{value} {offset}");
        }
    }
}
