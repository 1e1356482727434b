//! Which event is which: by the surest id that it brings.

use std::collections::HashMap;

use tributary_events::{EventId, Str};

use super::Frame;
use super::payload::{Body, Item, Keys, Values};
use crate::decimal::shortest;
use crate::lenient::Text;
use crate::{Identity, Naming};

/// A hook: its own id is the same on every way out, and the vendor says to go by it. The pages of messages and assignments
/// leave it out of their examples; then the envelope's id tells the one hook that is in it, else the whole body.
pub(super) fn hook(me: &Naming<'_>, id: &Text<'_>, has_own_time: bool, frame: &Frame<'_, '_>) -> Identity {
    match me.occurrence(id) {
        // The time is the envelope's then, and by plain HTTP there is none.
        Some(identity) if !has_own_time => identity.told_again_later(),
        Some(identity) => identity,
        None => me.occurrence(&frame.id).unwrap_or_else(|| me.element(frame.original)),
    }
}

/// An order: a tag fires again when its page is loaded again, and some tags fire once an item. So it is the person, the
/// shop's id and what was bought; when it was told does not count.
pub(super) fn order(
    me: &Naming<'_>,
    person: Option<&str>,
    values: &Values<'_>,
    items: &[Item<'_>],
) -> Option<Identity> {
    let mut bought = vec![amount(&values.revenue)];
    for item in items {
        bought.extend([item.item_id.clone(), item.name.clone(), amount(&item.price), amount(&item.quantity)]);
    }
    let bought: Vec<&Text<'_>> = bought.iter().collect();
    let identity = me.clone().with(person).fields(&[&values.transaction_id], &bought)?;
    Some(identity.told_again_later())
}

/// An amount in one spelling, or the text where it is none.
fn amount<'a>(text: &Text<'a>) -> Text<'a> {
    match text.grouped_decimal() {
        Some(decimal) => Text::from(Str::Owned(shortest(&decimal).to_owned())),
        None => text.clone(),
    }
}

/// A record of KARTE's server: by the id that the server or the SDK gave it.
pub(super) fn record(me: &Naming<'_>, body: &Body<'_>, values: &Values<'_>) -> Option<Identity> {
    me.occurrence(&body.event_hash).or_else(|| me.occurrence(&values._event_id))
}

/// A beacon: what it says for all its events, and how many equal ones there were so far.
pub(super) struct Beacon<'b, 'a> {
    keys: &'b Keys<'a>,
    equal: HashMap<EventId, u32>,
}

impl<'b, 'a> Beacon<'b, 'a> {
    pub(super) fn new(keys: &'b Keys<'a>) -> Self {
        Self { keys, equal: HashMap::new() }
    }

    /// By person, page view and the whole element. Nothing but their number tells equal events apart; the first of them is
    /// what it would be alone.
    pub(super) fn event(&mut self, me: &Naming<'_>, element: &str) -> Identity {
        let keys = [&self.keys.user_id, &self.keys.visitor_id, &self.keys.pv_id];
        let me = keys.into_iter().fold(me.clone(), |me, key| me.with(key.get()));
        let first = me.element(element);
        let before = self.equal.entry(first.id()).and_modify(|before| *before += 1).or_default();
        if *before == 0 { first } else { me.with(Some(&before.to_string())).element(element) }
    }
}
