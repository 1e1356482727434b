//! Orders, items and money.

use super::Str;

object! {
    /// An amount of money.
    Money {
        /// Decimal number as text, the digits the vendor sent. Never through a float.
        amount: Str<'a>,
        /// ISO 4217 code, where the vendor gives one.
        currency: Str<'a>,
        /// What the amount is for where it is a rate: `message`, `second`.
        per: Str<'a>,
    }
}

object! {
    /// An order or a cart.
    Order {
        /// The shop's id.
        id: Str<'a>,
        /// The whole amount.
        total: Money<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
    }
}

object! {
    /// One item of an order, a cart or a product event.
    Item {
        /// The shop's id.
        id: Str<'a>,
        /// Name.
        name: Str<'a>,
        /// Price of one.
        price: Money<'a>,
        /// How many, decimal text.
        quantity: Str<'a>,
        /// Page of the item.
        url: Str<'a>,
        /// Picture of the item.
        image_url: Str<'a>,
        /// Category.
        category: Str<'a>,
        /// Brand.
        brand: Str<'a>,
    }
}

object! {
    /// A payment.
    Payment {
        /// The vendor's id.
        id: Str<'a>,
        /// The customer's own reference.
        reference: Str<'a>,
        /// Status in the vendor's word.
        status: Str<'a>,
        /// Amount.
        amount: Money<'a>,
    }
}
