//! What the vendor sends beyond its own list of events.

use crate::Row;

pub(super) const ROWS: &[Row] = &[
    Row::new("beyond the list", "HIGH_BOUNCE_RATE_WARNING", "sender.bounce_rate_warned", "email"),
    Row::new("beyond the list", "HIGH_BOUNCE_RATE_BLOCKED", "sender.blocked", "email"),
    Row::new("beyond the list", "SENT (push)", "message.sent", "push"),
    Row::new("beyond the list", "SEEN (push, Messenger)", "message.read", "push messenger"),
    Row::new("beyond the list", "CLICK (Messenger)", "message.clicked", "messenger"),
    Row::new("beyond the list", "CONSENT_UPDATE", "consent.{granted|revoked}", "by the route"),
    Row::new("beyond the list", "SENDER_LAUNCH_UPDATE", "sender.launch_updated", "rcs"),
    Row::new("beyond the list", "CONVERSATION_STARTED (RCS)", "billing.conversation_started", "rcs"),
    Row::new("beyond the list", "CAP_CHECK", "number.capability_checked", "rcs"),
    Row::new("beyond the list", "AI_CAMPAIGN_BUILDER, AI_CAMPAIGN_FEEDBACK", "registration.ai_campaign_updated", "-"),
    Row::new("beyond the list", "RESOURCE_REQUEST_REMINDER", "registration.resource_request_reminded", "-"),
    Row::new("beyond the list", "RESOURCE_REQUEST_FOC_DATE_CHANGE", "registration.resource_request_updated", "-"),
    Row::new("beyond the list", "NUMBER_INTELLIGENCE", "number.intelligence_reported", "-"),
    Row::new("beyond the list", "TYPING_STARTED, TYPING_STOPPED (Messages API)", "message.typing", "by the body"),
    Row::new("beyond the list", "DIALOG_TRANSFER_REQUESTED", "dialog.transfer_requested", "voice"),
    Row::new("beyond the list", "DIALOG_TRANSFER_FINISHED", "dialog.transfer_finished", "voice"),
    Row::new("beyond the list", "DIALOG_TRANSFER_FAILED", "dialog.transfer_failed", "voice"),
    Row::new("beyond the list", "CONVERSATION_DELETED", "conversation.deleted", "conversation"),
    Row::new("beyond the list", "MOBILE_APP_INSTALL", "app.installed", "app"),
    Row::new("beyond the list", "MOBILE_APP_UNINSTALL", "app.uninstalled", "app"),
    Row::new("beyond the list", "MOBILE_APP_APP_LAUNCH", "app.launched", "app"),
    Row::new("beyond the list", "MOBILE_APP_PERSONALIZE", "app.personalized", "app"),
    Row::new("beyond the list", "MOBILE_APP_DEPERSONALIZE", "app.depersonalized", "app"),
    Row::new("beyond the list", "PEOPLE_CUSTOM_AND_TEMPLATE_EVENTS", "custom", "-"),
    Row::new("beyond the list", "call link webhook", "call.link_finished", "voice"),
    Row::new("beyond the list", "any other name", "unrecognized", "by the route"),
];
