//! Every vendor event known.

use crate::Row;

/// How far a call has come.
const CALLS: &str = "call.{received|started|established|missed|finished|transcribed}";

pub(super) const ROWS: &[Row] = &[
    Row::new("default", "PageView", "page.viewed", "web"),
    Row::new("default", "UserChatOpen", "conversation.created", "web_chat"),
    Row::new("default", "MarketingView", "message.viewed", "from the message kind"),
    Row::new("default", "MarketingClick", "message.clicked", "from the message kind"),
    Row::new("default", "MarketingGoal", "campaign.goal_reached", "-"),
    Row::new("custom", "*", "custom", "web"),
    Row::new("beyond the list", "webhook message (personType user)", "message.received", "web_chat"),
    Row::new("beyond the list", "webhook message (personType manager or bot)", "message.sent", "web_chat"),
    Row::new(
        "beyond the list",
        "webhook message, chatType group or option private",
        "conversation.note_added",
        "web_chat",
    ),
    Row::new("beyond the list", "webhook message upsert, note (edited)", "conversation.note_updated", "web_chat"),
    Row::new("beyond the list", "webhook message removed, note", "conversation.note_removed", "web_chat"),
    Row::new("beyond the list", "webhook message with log", "conversation.{updated|closed}", "web_chat"),
    Row::new("beyond the list", "webhook message with meet", CALLS, "voice"),
    Row::new("beyond the list", "webhook message (state sending)", "message.queued", "web_chat"),
    Row::new("beyond the list", "webhook message (state failed)", "message.undelivered", "web_chat"),
    Row::new("beyond the list", "webhook message removed", "message.deleted", "web_chat"),
    Row::new("beyond the list", "webhook message with email", "message.{received|sent}", "email"),
    Row::new("beyond the list", "webhook userChat opened", "conversation.created", "web_chat"),
    Row::new("beyond the list", "webhook userChat closed", "conversation.closed", "web_chat"),
    Row::new("beyond the list", "webhook userChat in any other state", "conversation.updated", "web_chat"),
    Row::new("beyond the list", "webhook userChat delete", "conversation.deleted", "web_chat"),
    Row::new("beyond the list", "webhook user upsert", "contact.updated", "-"),
    Row::new("beyond the list", "webhook user delete", "contact.deleted", "-"),
    Row::new("beyond the list", "MarketingSend", "message.sent", "from the message kind"),
    Row::new("beyond the list", "webhook message upsert (edited)", "message.updated", "web_chat"),
    Row::new("beyond the list", "webhook message with marketing", "message.sent", "web_chat"),
    Row::new(
        "beyond the list",
        "campaign user record (poll)",
        "message.{sent|viewed|clicked}, campaign.goal_reached",
        "from the message kind",
    ),
];
