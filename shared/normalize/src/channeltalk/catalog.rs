//! Every vendor event known.

use crate::Row;

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
    Row::new("beyond the list", "webhook userChat opened", "conversation.created", "web_chat"),
    Row::new("beyond the list", "webhook userChat closed", "conversation.closed", "web_chat"),
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
