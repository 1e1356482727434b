//! Messages and what is sent by them.

use super::{Raw, Str};
use crate::time::Timestamp;

object! {
    /// A message between a company and a person.
    Message {
        /// The vendor's id of the message.
        id: Str<'a>,
        /// The id of the bulk, broadcast or send it belongs to.
        bulk_id: Str<'a>,
        /// `inbound` from the person, `outbound` to the person.
        direction: Str<'a>,
        /// Sender: address, number or name.
        from: Str<'a>,
        /// Recipient: address or number.
        to: Str<'a>,
        /// The vendor's content type, lower case: `text`, `image`, `button`, `reaction` ...
        kind: Str<'a>,
        /// Text or caption.
        text: Str<'a>,
        /// Subject line.
        subject: Str<'a>,
        /// Keyword that an inbound message began with.
        keyword: Str<'a>,
        /// What the vendor or customer attached to the button that was pressed.
        payload: Str<'a>,
        /// Files and media.
        attachments: Vec<Attachment<'a>>,
        /// The message this one answers or reacts to.
        in_reply_to: Str<'a>,
        /// How many parts it was sent in.
        parts: u64,
        /// When it was sent.
        sent_at: Timestamp,
        /// The vendor's own status of it, verbatim.
        status: Str<'a>,
        /// The mobile network of the recipient, MCC and MNC.
        network: Str<'a>,
        /// What the mail server answered.
        smtp_response: Str<'a>,
        /// Delivery attempts made.
        attempts: u64,
        /// Correlates the events of one delivery where the message has no id of its own. No dedupe key.
        delivery_id: Str<'a>,
        /// Whether the person was in the control group, so that nothing was really shown or sent.
        control_group: bool,
    }
}

object! {
    /// A file or medium of a message.
    Attachment {
        /// Where it lies. May need the vendor's credentials.
        url: Str<'a>,
        /// MIME type.
        content_type: Str<'a>,
        /// File name.
        name: Str<'a>,
    }
}

object! {
    /// A click on a link or button.
    Click {
        /// The link.
        url: Str<'a>,
        /// Name or text of the link or button.
        label: Str<'a>,
        /// The vendor's id of the link.
        id: Str<'a>,
    }
}

object! {
    /// A campaign, mailing, scenario or on-site action.
    Campaign {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// The variant, action or step within it.
        variant_id: Str<'a>,
        /// The customer's own reference.
        reference: Str<'a>,
        /// The vendor's kind of campaign.
        kind: Str<'a>,
    }
}

object! {
    /// A message template registered at a channel's operator.
    Template {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// Language code.
        language: Str<'a>,
        /// What changed, in the vendor's word.
        change: Str<'a>,
        /// Its status now, in the vendor's word.
        status: Str<'a>,
        /// Its category now.
        category: Str<'a>,
        /// Its quality now.
        quality: Str<'a>,
        /// Why.
        reason: Str<'a>,
    }
}

object! {
    /// A chat bot.
    Bot {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// The branch or step of its script.
        step: Str<'a>,
        /// What it carries in the vendor's shape.
        details: Raw<'a>,
    }
}
