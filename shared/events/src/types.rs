//! The unified types and their place in a life cycle.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! event_types {
    ($($variant:ident = $name:literal @ $rank:literal,)*) => {
        /// What happened, as `family.action`: the closed list a normalizer chooses from.
        ///
        /// `custom` is a customer's own event under its own name, `unrecognized` a vendor's name that no list holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum EventType {
            $(#[doc = concat!("`", $name, "`, rank ", stringify!($rank), ".")] $variant,)*
        }

        impl EventType {
            /// Every type there is.
            pub const ALL: &[EventType] = &[$(EventType::$variant,)*];

            /// The type as written in an event.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(EventType::$variant => $name,)* }
            }

            /// The type of that name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(EventType::$variant),)* _ => None }
            }

            /// The place of this type in the life of its subject, 0 to 99.
            ///
            /// A consumer applies an event if its rank is higher than what it has, or equal with a later time. Events
            /// that add up (clicks, opens, page views) need no order. Recordings and bills come after the end of
            /// their call and rank above it: a finished subject is not a closed one.
            #[must_use]
            pub const fn rank(self) -> u8 {
                match self { $(EventType::$variant => $rank,)* }
            }
        }
    };
}

event_types! {
    AccountRegistered = "account.registered" @ 50,
    AccountUpdated = "account.updated" @ 50,
    AgentStatusUpdated = "agent.status_updated" @ 50,
    AppDepersonalized = "app.depersonalized" @ 50,
    AppInstalled = "app.installed" @ 10,
    AppLaunched = "app.launched" @ 50,
    AppPersonalized = "app.personalized" @ 50,
    AppUninstalled = "app.uninstalled" @ 90,
    BillingConversationStarted = "billing.conversation_started" @ 50,
    BillingReported = "billing.reported" @ 50,
    BotFinished = "bot.finished" @ 90,
    BotInterrupted = "bot.interrupted" @ 90,
    BotRead = "bot.read" @ 20,
    BotReplied = "bot.replied" @ 30,
    BotSent = "bot.sent" @ 10,
    CallActionFailed = "call.action_failed" @ 60,
    CallBulkStatus = "call.bulk_status" @ 95,
    CallDisconnected = "call.disconnected" @ 40,
    CallDtmfCaptured = "call.dtmf_captured" @ 60,
    CallEstablished = "call.established" @ 30,
    CallFailed = "call.failed" @ 90,
    CallFinished = "call.finished" @ 90,
    CallHumanDetected = "call.human_detected" @ 60,
    CallLinkFinished = "call.link_finished" @ 90,
    CallMachineDetected = "call.machine_detected" @ 60,
    CallMachineDetectionFailed = "call.machine_detection_failed" @ 60,
    CallMachineMessageDetected = "call.machine_message_detected" @ 60,
    CallMachineMessageDetectionFailed = "call.machine_message_detection_failed" @ 60,
    CallMasked = "call.masked" @ 10,
    CallMediaChanged = "call.media_changed" @ 60,
    CallMissed = "call.missed" @ 90,
    CallPlaybackFinished = "call.playback_finished" @ 60,
    CallPreEstablished = "call.pre_established" @ 25,
    CallReceived = "call.received" @ 10,
    CallReconnected = "call.reconnected" @ 45,
    CallRinging = "call.ringing" @ 20,
    CallSpeechCaptured = "call.speech_captured" @ 60,
    CallStarted = "call.started" @ 10,
    CallTranscribed = "call.transcribed" @ 60,
    CallTransferFailed = "call.transfer_failed" @ 55,
    CallTransferFinished = "call.transfer_finished" @ 55,
    CallTransferRequested = "call.transfer_requested" @ 50,
    CampaignFailed = "campaign.failed" @ 90,
    CampaignGoalReached = "campaign.goal_reached" @ 80,
    CampaignLaunched = "campaign.launched" @ 10,
    CartItemAdded = "cart.item_added" @ 50,
    CartViewed = "cart.viewed" @ 50,
    ConferenceCreated = "conference.created" @ 10,
    ConferenceFinished = "conference.finished" @ 90,
    ConsentGranted = "consent.granted" @ 20,
    ConsentRequested = "consent.requested" @ 10,
    ConsentRevoked = "consent.revoked" @ 20,
    ContactAddressAdded = "contact.address_added" @ 50,
    ContactAddressRemoved = "contact.address_removed" @ 50,
    ContactAddressUpdated = "contact.address_updated" @ 50,
    ContactAudienceMatched = "contact.audience_matched" @ 50,
    ContactBlocked = "contact.blocked" @ 50,
    ContactCreated = "contact.created" @ 10,
    ContactDeleted = "contact.deleted" @ 99,
    ContactIdentified = "contact.identified" @ 50,
    ContactIdentityChanged = "contact.identity_changed" @ 50,
    ContactImported = "contact.imported" @ 10,
    ContactLocated = "contact.located" @ 50,
    ContactMerged = "contact.merged" @ 90,
    ContactRegistered = "contact.registered" @ 10,
    ContactSignedIn = "contact.signed_in" @ 50,
    ContactSignedOut = "contact.signed_out" @ 50,
    ContactSplit = "contact.split" @ 90,
    ContactSynced = "contact.synced" @ 50,
    ContactTagAdded = "contact.tag_added" @ 50,
    ContactTagRemoved = "contact.tag_removed" @ 50,
    ContactUnblocked = "contact.unblocked" @ 50,
    ContactUpdated = "contact.updated" @ 50,
    ContentCreated = "content.created" @ 10,
    ContentDeleted = "content.deleted" @ 90,
    ContentPublished = "content.published" @ 50,
    ContentUnpublished = "content.unpublished" @ 50,
    ContentUpdated = "content.updated" @ 50,
    ConversationAssigned = "conversation.assigned" @ 50,
    ConversationClosed = "conversation.closed" @ 90,
    ConversationCreated = "conversation.created" @ 10,
    ConversationCustomerUpdated = "conversation.customer_updated" @ 50,
    ConversationDeleted = "conversation.deleted" @ 99,
    ConversationFormFieldUpdated = "conversation.form_field_updated" @ 50,
    ConversationFormUpdated = "conversation.form_updated" @ 50,
    ConversationNoteAdded = "conversation.note_added" @ 50,
    ConversationNoteRemoved = "conversation.note_removed" @ 50,
    ConversationNoteUpdated = "conversation.note_updated" @ 50,
    ConversationPriorityUpdated = "conversation.priority_updated" @ 50,
    ConversationQueueUpdated = "conversation.queue_updated" @ 50,
    ConversationSlaUpdated = "conversation.sla_updated" @ 50,
    ConversationStatusUpdated = "conversation.status_updated" @ 50,
    ConversationSummaryUpdated = "conversation.summary_updated" @ 50,
    ConversationTagAdded = "conversation.tag_added" @ 50,
    ConversationTagRemoved = "conversation.tag_removed" @ 50,
    ConversationTopicUpdated = "conversation.topic_updated" @ 50,
    ConversationUpdated = "conversation.updated" @ 50,
    Custom = "custom" @ 50,
    DialogCreated = "dialog.created" @ 10,
    DialogEstablished = "dialog.established" @ 30,
    DialogFailed = "dialog.failed" @ 90,
    DialogFinished = "dialog.finished" @ 90,
    DialogTransferFailed = "dialog.transfer_failed" @ 55,
    DialogTransferFinished = "dialog.transfer_finished" @ 55,
    DialogTransferRequested = "dialog.transfer_requested" @ 50,
    FormFailed = "form.failed" @ 20,
    FormInputFilled = "form.input_filled" @ 10,
    FormSubmitted = "form.submitted" @ 20,
    InquirySubmitted = "inquiry.submitted" @ 50,
    JobFailed = "job.failed" @ 90,
    JobFinished = "job.finished" @ 90,
    JobStarted = "job.started" @ 10,
    LeadCaptured = "lead.captured" @ 50,
    MediaStreamFailed = "media_stream.failed" @ 80,
    MediaStreamFinished = "media_stream.finished" @ 80,
    MediaStreamStarted = "media_stream.started" @ 32,
    MeetingJoined = "meeting.joined" @ 20,
    MeetingScheduled = "meeting.scheduled" @ 10,
    MessageBounced = "message.bounced" @ 35,
    MessageClicked = "message.clicked" @ 50,
    MessageClosed = "message.closed" @ 51,
    MessageComplained = "message.complained" @ 60,
    MessageConfirmed = "message.confirmed" @ 50,
    MessageDeferred = "message.deferred" @ 25,
    MessageDeleted = "message.deleted" @ 80,
    MessageDelivered = "message.delivered" @ 30,
    MessageDisplayFailed = "message.display_failed" @ 35,
    MessageExpired = "message.expired" @ 35,
    MessageImported = "message.imported" @ 5,
    MessageLanded = "message.landed" @ 55,
    MessageOpened = "message.opened" @ 40,
    MessageQueued = "message.queued" @ 10,
    MessageRead = "message.read" @ 40,
    MessageReceived = "message.received" @ 10,
    MessageRejected = "message.rejected" @ 35,
    MessageSent = "message.sent" @ 20,
    MessageStateChanged = "message.state_changed" @ 41,
    MessageSuggestionSelected = "message.suggestion_selected" @ 50,
    MessageSuppressed = "message.suppressed" @ 35,
    MessageTyping = "message.typing" @ 5,
    MessageUndelivered = "message.undelivered" @ 35,
    MessageUnread = "message.unread" @ 38,
    MessageUpdated = "message.updated" @ 70,
    MessageViewed = "message.viewed" @ 40,
    MessageWithheld = "message.withheld" @ 20,
    MessengerConversationOpened = "messenger.conversation_opened" @ 50,
    MessengerStartOpened = "messenger.start_opened" @ 50,
    NumberCapabilityChecked = "number.capability_checked" @ 50,
    NumberIntelligenceReported = "number.intelligence_reported" @ 50,
    NumberLookedUp = "number.looked_up" @ 50,
    OrderCancelled = "order.cancelled" @ 80,
    OrderCompleted = "order.completed" @ 20,
    OrderFulfilled = "order.fulfilled" @ 40,
    OrderPaid = "order.paid" @ 30,
    OrderRefunded = "order.refunded" @ 90,
    OrderStarted = "order.started" @ 10,
    PageExitIntent = "page.exit_intent" @ 50,
    PageViewed = "page.viewed" @ 50,
    ParticipantJoinFailed = "participant.join_failed" @ 30,
    ParticipantJoined = "participant.joined" @ 30,
    ParticipantJoining = "participant.joining" @ 10,
    ParticipantMediaChanged = "participant.media_changed" @ 50,
    ParticipantRemoved = "participant.removed" @ 90,
    ParticipantRoleChangeFailed = "participant.role_change_failed" @ 50,
    ParticipantRoleChanged = "participant.role_changed" @ 50,
    ParticipantStartedTalking = "participant.started_talking" @ 50,
    ParticipantStoppedTalking = "participant.stopped_talking" @ 50,
    PaymentUpdated = "payment.updated" @ 50,
    PixelFired = "pixel.fired" @ 50,
    ProductViewed = "product.viewed" @ 50,
    PromoCodeActivated = "promo_code.activated" @ 20,
    PromoCodeAssigned = "promo_code.assigned" @ 10,
    PromoCodeUnassigned = "promo_code.unassigned" @ 30,
    RecommendationClicked = "recommendation.clicked" @ 50,
    RecordingComposed = "recording.composed" @ 97,
    RecordingCompositionFailed = "recording.composition_failed" @ 97,
    RecordingDeleted = "recording.deleted" @ 99,
    RecordingFailed = "recording.failed" @ 96,
    RecordingReady = "recording.ready" @ 96,
    RecordingStarted = "recording.started" @ 32,
    RecordingStopped = "recording.stopped" @ 80,
    RegistrationAiCampaignUpdated = "registration.ai_campaign_updated" @ 50,
    RegistrationBrandAuthUpdated = "registration.brand_auth_updated" @ 50,
    RegistrationBrandStatusUpdated = "registration.brand_status_updated" @ 50,
    RegistrationBrandVettingUpdated = "registration.brand_vetting_updated" @ 50,
    RegistrationCampaignNetworkUpdated = "registration.campaign_network_updated" @ 50,
    RegistrationCampaignStatusUpdated = "registration.campaign_status_updated" @ 50,
    RegistrationResourceRequestReminded = "registration.resource_request_reminded" @ 50,
    RegistrationResourceRequestUpdated = "registration.resource_request_updated" @ 50,
    ScriptExecuted = "script.executed" @ 50,
    SegmentEntered = "segment.entered" @ 50,
    SegmentLeft = "segment.left" @ 50,
    SenderBlocked = "sender.blocked" @ 50,
    SenderBounceRateWarned = "sender.bounce_rate_warned" @ 50,
    SenderLaunchUpdated = "sender.launch_updated" @ 50,
    SenderTestNumberUpdated = "sender.test_number_updated" @ 50,
    SenderUpdated = "sender.updated" @ 50,
    SessionAttributed = "session.attributed" @ 20,
    SessionEnded = "session.ended" @ 90,
    SessionStarted = "session.started" @ 10,
    SurveyAnswered = "survey.answered" @ 50,
    TemplateUpdated = "template.updated" @ 50,
    Unrecognized = "unrecognized" @ 50,
    VerificationCompleted = "verification.completed" @ 50,
}

impl EventType {
    /// The part before the point: which object of `data` the event is about.
    #[must_use]
    pub fn family(self) -> &'static str {
        let name = self.as_str();
        name.split_once('.').map_or(name, |(family, _)| family)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| de::Error::custom("not a type of this version"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        let mut seen = std::collections::HashSet::new();
        for kind in EventType::ALL {
            assert!(seen.insert(kind.as_str()), "{kind} twice");
            assert_eq!(EventType::from_name(kind.as_str()), Some(*kind));
            assert!(kind.rank() < 100, "{kind}: the sequence has two digits for the rank");
        }
    }

    #[test]
    fn a_life_cycle_ranks_in_order() {
        use EventType::*;
        for life in [
            &[MessageQueued, MessageSent, MessageDelivered, MessageBounced, MessageRead, MessageClicked][..],
            &[CallStarted, CallRinging, CallPreEstablished, CallEstablished, CallFinished, RecordingReady],
            &[OrderStarted, OrderCompleted, OrderPaid, OrderFulfilled, OrderRefunded],
        ] {
            assert!(life.windows(2).all(|pair| pair[0].rank() < pair[1].rank()), "{life:?}");
        }
    }
}
