//! The values of `type`, and the subscription values they belong to.

use tributary_events::EventType::{self, *};

/// One event of Conversations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// The subscription value, which is the name that Infobip's list of events has.
    pub(super) event: &'static str,
    pub(super) kind: EventType,
}

/// An event of Conversations. Five types of the body have another name than the subscription; either name is taken.
#[rustfmt::skip]
pub(super) fn conversation(name: &str) -> Option<Known> {
    let (event, kind) = match name {
        "INBOUND_MESSAGE" | "CONVERSATION_MESSAGE_RECEIVED" => ("CONVERSATION_MESSAGE_RECEIVED", MessageReceived),
        "OUTBOUND_MESSAGE" | "CONVERSATION_MESSAGE_SENT" => ("CONVERSATION_MESSAGE_SENT", MessageSent),
        // The schema has both; which one comes when is not documented: each is an event of its own.
        "INBOUND_MESSAGE_UPDATED" | "CONVERSATION_MESSAGE_UPDATED" => ("CONVERSATION_MESSAGE_UPDATED", MessageUpdated),
        "INBOUND_MESSAGE_DELETED" | "CONVERSATION_MESSAGE_DELETED" => ("CONVERSATION_MESSAGE_DELETED", MessageDeleted),
        "CONVERSATION_AGENT_STATUS_CHANGED" | "CONVERSATION_AGENT_STATUS_UPDATED" => ("CONVERSATION_AGENT_STATUS_UPDATED", AgentStatusUpdated),
        "CONVERSATION_ASSIGNMENT_UPDATED" => ("CONVERSATION_ASSIGNMENT_UPDATED", ConversationAssigned),
        "CONVERSATION_CREATED" => ("CONVERSATION_CREATED", ConversationCreated),
        "CONVERSATION_CUSTOMER_UPDATED" => ("CONVERSATION_CUSTOMER_UPDATED", ConversationCustomerUpdated),
        "CONVERSATION_FORM_FIELD_UPDATED" => ("CONVERSATION_FORM_FIELD_UPDATED", ConversationFormFieldUpdated),
        "CONVERSATION_FORM_UPDATED" => ("CONVERSATION_FORM_UPDATED", ConversationFormUpdated),
        "CONVERSATION_NOTE_ADDED" => ("CONVERSATION_NOTE_ADDED", ConversationNoteAdded),
        "CONVERSATION_NOTE_REMOVED" => ("CONVERSATION_NOTE_REMOVED", ConversationNoteRemoved),
        "CONVERSATION_NOTE_UPDATED" => ("CONVERSATION_NOTE_UPDATED", ConversationNoteUpdated),
        "CONVERSATION_PRIORITY_UPDATED" => ("CONVERSATION_PRIORITY_UPDATED", ConversationPriorityUpdated),
        "CONVERSATION_QUEUE_UPDATED" => ("CONVERSATION_QUEUE_UPDATED", ConversationQueueUpdated),
        "CONVERSATION_SLA_POLICY_UPDATED" => ("CONVERSATION_SLA_POLICY_UPDATED", ConversationSlaUpdated),
        // CLOSED is told by the payload.
        "CONVERSATION_STATUS_UPDATED" => ("CONVERSATION_STATUS_UPDATED", ConversationStatusUpdated),
        "CONVERSATION_SUMMARY_UPDATED" => ("CONVERSATION_SUMMARY_UPDATED", ConversationSummaryUpdated),
        "CONVERSATION_TAG_ADDED" => ("CONVERSATION_TAG_ADDED", ConversationTagAdded),
        "CONVERSATION_TAG_REMOVED" => ("CONVERSATION_TAG_REMOVED", ConversationTagRemoved),
        "CONVERSATION_TOPIC_UPDATED" => ("CONVERSATION_TOPIC_UPDATED", ConversationTopicUpdated),
        // No subscription value of the list, a body type of the schema.
        "CONVERSATION_DELETED" => ("CONVERSATION_DELETED", ConversationDeleted),
        _ => return None,
    };
    Some(Known { event, kind })
}

/// An event of People, the web SDK or the mobile SDK. Their types are the subscription values.
pub(super) fn person(name: &str) -> Option<EventType> {
    Some(match name {
        "PERSON_CREATED" => ContactCreated,
        "PERSON_DELETED" => ContactDeleted,
        "PERSON_MERGED" => ContactMerged,
        "PERSON_ATTRIBUTE_CHANGED" => ContactUpdated,
        "PERSON_CONTACT_INFORMATION_CREATED" => ContactAddressAdded,
        "PERSON_CONTACT_INFORMATION_UPDATED" => ContactAddressUpdated,
        "PERSON_CONTACT_INFORMATION_DELETED" => ContactAddressRemoved,
        "PERSON_TAG_ADDED" => ContactTagAdded,
        "PERSON_TAG_DELETED" => ContactTagRemoved,
        "WEB_SDK_SESSION_STARTED" => SessionStarted,
        "WEB_SDK_SESSION_ENDED" => SessionEnded,
        "WEB_SDK_PAGE_VIEW" => PageViewed,
        "MOBILE_APP_INSTALL" => AppInstalled,
        "MOBILE_APP_UNINSTALL" => AppUninstalled,
        "MOBILE_APP_APP_LAUNCH" => AppLaunched,
        "MOBILE_APP_PERSONALIZE" => AppPersonalized,
        "MOBILE_APP_DEPERSONALIZE" => AppDepersonalized,
        "PEOPLE_CUSTOM_AND_TEMPLATE_EVENTS" => Custom,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::catalog::ROWS;
    use super::*;

    #[test]
    fn every_event_of_the_catalog_has_its_type() {
        for row in ROWS.iter().filter(|row| row.vendor_channel == "Customer engagement") {
            let name = row.vendor_event;
            let kind = conversation(name).map(|known| known.kind).or_else(|| person(name));
            let kind = kind.map(EventType::as_str).unwrap_or_default();
            assert!(row.kinds().iter().any(|listed| listed == kind), "{name}: {kind}");
            assert!(conversation(name).is_none_or(|known| known.event == name), "{name}");
        }
    }

    #[test]
    fn body_types_are_named_like_the_subscription() {
        for (name, event) in [
            ("INBOUND_MESSAGE", "CONVERSATION_MESSAGE_RECEIVED"),
            ("OUTBOUND_MESSAGE", "CONVERSATION_MESSAGE_SENT"),
            ("INBOUND_MESSAGE_UPDATED", "CONVERSATION_MESSAGE_UPDATED"),
            ("INBOUND_MESSAGE_DELETED", "CONVERSATION_MESSAGE_DELETED"),
            ("CONVERSATION_AGENT_STATUS_CHANGED", "CONVERSATION_AGENT_STATUS_UPDATED"),
        ] {
            assert_eq!(conversation(name).map(|known| known.event), Some(event));
        }
        assert!(conversation("PERSON_CREATED").is_none() && person("INBOUND_MESSAGE").is_none());
    }
}
