//! The customer's set-up at the vendor, and data jobs.

use super::{Raw, Str};

object! {
    /// A sender, domain or number of the customer.
    Sender {
        /// The vendor's id or name of it.
        id: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
        /// Domain.
        domain: Str<'a>,
        /// Test number.
        test_number: Str<'a>,
        /// Bounce rate in percent, decimal text.
        bounce_rate: Str<'a>,
        /// Threshold in percent, decimal text.
        threshold: Str<'a>,
        /// The time the rate is over, in the vendor's word.
        scope: Str<'a>,
        /// Reason or comment.
        reason: Str<'a>,
    }
}

object! {
    /// A registration with an operator or registry.
    Registration {
        /// The vendor's id of what is registered or asked for.
        id: Str<'a>,
        /// The brand.
        brand_id: Str<'a>,
        /// The campaign.
        campaign_id: Str<'a>,
        /// Kind in the vendor's word.
        kind: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
        /// Network.
        network: Str<'a>,
        /// Vetting score.
        score: Str<'a>,
        /// Why it was refused, or what is missing.
        reasons: Vec<Str<'a>>,
    }
}

object! {
    /// What was found out about a phone number.
    Number {
        /// The number.
        number: Str<'a>,
        /// MCC and MNC.
        network: Str<'a>,
        /// Whether it was ported.
        ported: bool,
        /// Whether it is roaming.
        roaming: bool,
        /// Status or capability in the vendor's word.
        status: Str<'a>,
        /// Anything else, in the vendor's shape.
        details: Raw<'a>,
    }
}

object! {
    /// The outcome of a verification.
    Verification {
        /// The vendor's token of it.
        id: Str<'a>,
        /// Result in the vendor's word.
        result: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
    }
}

object! {
    /// A form.
    Form {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// The field.
        field: Str<'a>,
        /// Its value.
        value: Str<'a>,
        /// Everything filled in, in the vendor's shape.
        fields: Raw<'a>,
    }
}

object! {
    /// A survey.
    Survey {
        /// The vendor's id.
        id: Str<'a>,
        /// Questions with their answers, in the vendor's shape.
        answers: Raw<'a>,
    }
}

object! {
    /// A segment of contacts.
    Segment {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// Several, in the vendor's shape.
        details: Raw<'a>,
    }
}

object! {
    /// A batch job.
    Job {
        /// The vendor's id.
        id: Str<'a>,
        /// Its name.
        name: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
    }
}

object! {
    /// How a contact came into the vendor's database.
    Import {
        /// `manual`, `file` or `api`.
        method: Str<'a>,
    }
}

object! {
    /// Content of a content management system.
    Content {
        /// The vendor's id.
        id: Str<'a>,
        /// Model or kind.
        model: Str<'a>,
        /// Its name or title.
        name: Str<'a>,
    }
}
