//! People, their consent, conversations and visits.

use super::{Raw, Str};
use crate::time::Timestamp;

object! {
    /// The person at the customer's end, by whatever the vendor knows.
    Contact {
        /// The vendor's id of the person.
        id: Str<'a>,
        /// The customer's own id of the person.
        user_id: Str<'a>,
        /// The id of an anonymous visitor.
        visitor_id: Str<'a>,
        /// Email address.
        email: Str<'a>,
        /// Phone number, as the vendor writes it.
        phone: Str<'a>,
        /// Id at the channel: device, LINE, WhatsApp or Messenger user.
        channel_id: Str<'a>,
        /// A hash of the address, where the vendor sends one.
        address_hash: Str<'a>,
        /// Name.
        name: Str<'a>,
        /// User name at the channel.
        username: Str<'a>,
        /// Whether the person is known only as a visitor.
        anonymous: bool,
        /// The person this one was merged into, or split from.
        merged_with: Str<'a>,
        /// What changed: the attribute, tag, list or address.
        changed: Str<'a>,
        /// Its old value.
        old_value: Str<'a>,
        /// Its new value.
        new_value: Str<'a>,
        /// Kind of person, in the vendor's word.
        kind: Str<'a>,
        /// Whether the person can be reached by this channel now.
        subscribed: bool,
    }
}

object! {
    /// Consent given, asked for or withdrawn.
    Consent {
        /// `granted`, `requested` or `revoked`.
        state: Str<'a>,
        /// What it is for: a list, a topic, marketing.
        scope: Str<'a>,
        /// How it came: link, reply, import, friend added.
        means: Str<'a>,
    }
}

object! {
    /// A conversation.
    Conversation {
        /// The vendor's id.
        id: Str<'a>,
        /// Its status in the vendor's word.
        status: Str<'a>,
        /// Subject line or topic.
        topic: Str<'a>,
        /// Summary.
        summary: Str<'a>,
        /// The queue or team, id.
        queue_id: Str<'a>,
        /// The queue or team, name.
        queue: Str<'a>,
        /// Priority in the vendor's word.
        priority: Str<'a>,
        /// The vendor's channel of the conversation.
        channel: Str<'a>,
        /// Who began it: `inbound` from the person, `outbound` from the company.
        direction: Str<'a>,
        /// The tag that was added or removed.
        tag: Str<'a>,
        /// All tags now.
        tags: Vec<Str<'a>>,
        /// What was set, for events about one field or policy: its name.
        field: Str<'a>,
        /// And its value now.
        value: Str<'a>,
        /// Whether it was opened again.
        reopened: bool,
    }
}

object! {
    /// An agent or operator of the customer's company.
    Agent {
        /// The vendor's id.
        id: Str<'a>,
        /// Name.
        name: Str<'a>,
        /// Email address.
        email: Str<'a>,
        /// Role in the vendor's word.
        role: Str<'a>,
        /// Availability in the vendor's word.
        status: Str<'a>,
        /// Whether it is a bot.
        bot: bool,
        /// Team.
        team: Str<'a>,
    }
}

object! {
    /// Who or what set the event off.
    Invoker {
        /// `agent`, `system`, `user`, `client`, in the vendor's word.
        kind: Str<'a>,
        /// The vendor's id.
        id: Str<'a>,
        /// Name.
        name: Str<'a>,
    }
}

object! {
    /// An internal note.
    Note {
        /// The vendor's id.
        id: Str<'a>,
        /// Kind in the vendor's word.
        kind: Str<'a>,
        /// Text.
        text: Str<'a>,
    }
}

object! {
    /// A page or screen.
    Page {
        /// Address.
        url: Str<'a>,
        /// Title.
        title: Str<'a>,
        /// Address of the page before.
        referrer: Str<'a>,
        /// Name of an app's screen.
        name: Str<'a>,
    }
}

object! {
    /// A visit.
    Session {
        /// The vendor's id.
        id: Str<'a>,
        /// Begin.
        started_at: Timestamp,
        /// End.
        ended_at: Timestamp,
        /// Length in seconds.
        duration_seconds: serde_json::Number,
        /// Kind in the vendor's word.
        kind: Str<'a>,
        /// UTM source.
        utm_source: Str<'a>,
        /// UTM medium.
        utm_medium: Str<'a>,
        /// UTM campaign.
        utm_campaign: Str<'a>,
        /// UTM term.
        utm_term: Str<'a>,
        /// UTM content.
        utm_content: Str<'a>,
        /// What ended it.
        ended_by: Str<'a>,
    }
}

object! {
    /// The person's device and place.
    Client {
        /// IP address.
        ip: Str<'a>,
        /// User agent string.
        user_agent: Str<'a>,
        /// Operating system.
        os: Str<'a>,
        /// Browser.
        browser: Str<'a>,
        /// Language.
        language: Str<'a>,
        /// Device.
        device: Device<'a>,
        /// Place, from the vendor's look-up.
        geo: Geo<'a>,
        /// Anything else, in the vendor's shape.
        details: Raw<'a>,
    }
}

object! {
    /// A device.
    Device {
        /// Kind: phone, tablet, desktop.
        kind: Str<'a>,
        /// Name, model or maker.
        name: Str<'a>,
    }
}

object! {
    /// A place.
    Geo {
        /// Country, name or code as the vendor writes it.
        country: Str<'a>,
        /// Region or state.
        region: Str<'a>,
        /// City.
        city: Str<'a>,
        /// Latitude in degrees, decimal text.
        latitude: Str<'a>,
        /// Longitude in degrees, decimal text.
        longitude: Str<'a>,
    }
}
