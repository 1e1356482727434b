//! `data`: the typed objects of an event, one or more by its family, and the vendor's own event.
//!
//! Every field is optional: a normalizer fills what the vendor tells. Ids are text, times RFC 3339 UTC, money a decimal
//! number as text with its currency, durations named with their unit. Text in here is personal data: never log it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::channel::Channel;
use crate::failure::Failure;

/// Text, borrowed from the vendor's body where it can be.
pub type Str<'a> = Cow<'a, str>;
/// JSON of the vendor's or its customer's own shape, verbatim.
pub type Raw<'a> = Cow<'a, RawValue>;

/// Declares a family object: all fields optional, left out when absent, and a `Debug` that shows no content.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
        pub struct $name<'a> {
            $($(#[$field_doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$kind>,)*
            /// Ties the lifetime where no field does.
            #[serde(skip)]
            pub marker: std::marker::PhantomData<&'a ()>,
        }

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

mod address;
mod commerce;
mod message;
mod people;
mod platform;
mod voice;

pub use address::{Address, AddressKind};
pub use commerce::{Item, Money, Order, Payment};
pub use message::{Attachment, Bot, Campaign, Click, Message, Template};
pub use people::{Agent, Client, Consent, Contact, Conversation, Device, Geo, Invoker, Note, Page, Session};
pub use platform::{Content, Form, Import, Job, Number, Registration, Segment, Sender, Survey, Verification};
pub use voice::{
    Call, CallEndpoint, Conference, Detection, Dialog, Media, MediaStream, Participant, Playback, Recording,
    RecordingFile, Transcription, Transfer,
};

/// What the vendor calls it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Vendor<'a> {
    /// The vendor's own name of what happened; empty where the body names none.
    pub event: Str<'a>,
    /// The vendor's own name of the channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Str<'a>>,
    /// The customer's account, project or application at the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Str<'a>>,
}

macro_rules! data {
    ($($(#[$doc:meta])* $field:ident: $kind:ty,)*) => {
        /// What is known about an event. Which objects are set depends on its type's family.
        #[derive(Clone, Serialize, Deserialize)]
        pub struct Data<'a> {
            /// What the vendor calls it.
            pub vendor: Vendor<'a>,
            /// The way it travelled.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub channel: Option<Channel>,
            /// Place in the life of the subject, [`crate::EventType::rank`].
            #[serde(default)]
            pub rank: u8,
            $($(#[$doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$kind>,)*
            /// The vendor's own event, verbatim but for insignificant white space.
            pub original: Raw<'a>,
        }

        impl<'a> Data<'a> {
            /// Data that holds the vendor's event and nothing read from it yet.
            #[must_use]
            pub fn new(vendor_event: impl Into<Str<'a>>, original: Raw<'a>) -> Self {
                Self {
                    vendor: Vendor { event: vendor_event.into(), channel: None, account: None },
                    channel: None,
                    rank: 0,
                    $($field: None,)*
                    original,
                }
            }
        }
    };
}

data! {
    /// The one address this event is about on its channel; absent where the vendor does not tell it. What a consumer that
    /// suppresses goes by.
    address: Address<'a>,
    /// The message.
    message: Box<Message<'a>>,
    /// All that is known of the person at the customer's end. The address that took part is `address`.
    contact: Box<Contact<'a>>,
    /// Why it failed.
    failure: Box<Failure<'a>>,
    /// A click.
    click: Box<Click<'a>>,
    /// Whether this is the first open or click of its message by this person: vendors that send both a unique and a
    /// plain event send two for the first, so never add them up.
    unique: bool,
    /// True if a test sending set it off: leave it out of counts. Absent where it did not, or the vendor does not tell.
    test: bool,
    /// How long an opened email was looked at: `glanced`, `skimmed` or `read`. No read receipt.
    engagement: Str<'a>,
    /// Given or withdrawn consent.
    consent: Box<Consent<'a>>,
    /// The call.
    call: Box<Call<'a>>,
    /// The dialog between two calls.
    dialog: Box<Dialog<'a>>,
    /// The conference.
    conference: Box<Conference<'a>>,
    /// The participant of a conference.
    participant: Box<Participant<'a>>,
    /// The recording.
    recording: Box<Recording<'a>>,
    /// The media stream of a call.
    media_stream: Box<MediaStream<'a>>,
    /// Something played or said in a call.
    playback: Box<Playback<'a>>,
    /// Speech turned to text, or keys pressed.
    transcription: Box<Transcription<'a>>,
    /// A human or a machine answered.
    detection: Box<Detection<'a>>,
    /// A call handed over.
    transfer: Box<Transfer<'a>>,
    /// The conversation.
    conversation: Box<Conversation<'a>>,
    /// The agent or operator at the customer's company.
    agent: Box<Agent<'a>>,
    /// Who or what set it off.
    invoker: Box<Invoker<'a>>,
    /// The note on a conversation: internal, never shown to the person.
    note: Box<Note<'a>>,
    /// The chat bot.
    bot: Box<Bot<'a>>,
    /// The order.
    order: Box<Order<'a>>,
    /// The items of an order, cart or product event.
    items: Vec<Item<'a>>,
    /// The payment.
    payment: Box<Payment<'a>>,
    /// The page.
    page: Box<Page<'a>>,
    /// The visit.
    session: Box<Session<'a>>,
    /// The campaign, mailing, scenario or action.
    campaign: Box<Campaign<'a>>,
    /// The message template.
    template: Box<Template<'a>>,
    /// The customer's own sender, domain or number.
    sender: Box<Sender<'a>>,
    /// A registration of a brand, campaign or resource.
    registration: Box<Registration<'a>>,
    /// What was found out about a number.
    number: Box<Number<'a>>,
    /// The outcome of a verification.
    verification: Box<Verification<'a>>,
    /// The form and what was filled in.
    form: Box<Form<'a>>,
    /// The survey and its answers.
    survey: Box<Survey<'a>>,
    /// The segment of contacts.
    segment: Box<Segment<'a>>,
    /// The batch job.
    job: Box<Job<'a>>,
    /// How an imported contact came in.
    import: Box<Import<'a>>,
    /// Content of a content management system.
    content: Box<Content<'a>>,
    /// What the vendor charges for it.
    price: Box<Money<'a>>,
    /// Attributes in the customer's own shape: values of a custom event, custom data, UTM tags.
    attributes: Raw<'a>,
    /// Text the customer attached when sending, as given.
    callback_data: Raw<'a>,
    /// The person's device and place.
    client: Box<Client<'a>>,
}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Data").field("channel", &self.channel).field("rank", &self.rank).finish_non_exhaustive()
    }
}

impl fmt::Debug for Vendor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vendor").field("event", &self.event).finish_non_exhaustive()
    }
}
