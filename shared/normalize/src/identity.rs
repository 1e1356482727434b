//! Which event is which: the only way to an event's id.
//!
//! A key that is coarser than the event loses events in silence: the second is answered 200 and counted as a duplicate.
//! So there are three ways to tell an event, from best to last, and each begins with the vendor's name of the event and
//! the account, which nobody can leave out:
//!
//! 1. [`Naming::occurrence`]: the vendor's own id of this one thing that happened, the same in every repeat. The id of a
//!    message, an order, a run, a dialogue or a conversation is none, unless it can happen only once to it.
//! 2. [`Naming::fields`]: chosen fields, for an event that comes in several dialects or cuts, and only where the vendor's
//!    documents say that these fields tell two occurrences apart. The README names that evidence.
//! 3. [`Naming::element`]: the whole element less the source's `volatile.txt`. Never coarser than the event.
//!
//! The route is in none of them: one event posted to two URLs is one event. Ids of the first two ways can collide where
//! the vendor does not keep its word. Therefore such an event brings [`Says`] for its claim: two events of one id that say
//! different things are a conflict, which goes to quarantine, and no duplicate.

use serde_json::Value;
use tributary_events::data::Order;
use tributary_events::{Data, EventId, EventType, Key, Parts, Says, Timestamp};

use crate::canonical::{self, Volatile, spelling};
use crate::decimal::shortest;
use crate::lenient::Text;

/// What tells an event from every other of its source.
#[derive(Debug, Clone)]
pub struct Identity {
    id: EventId,
    collides: Option<Repeats>,
}

/// What may differ between two deliveries of an event whose id is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeats {
    /// Nothing that the event says.
    Same,
    /// The time: the event is told again later, such as an order by a page that is loaded anew.
    Later,
    /// Amounts: the vendor goes on adding up what the event was worth.
    Amended,
}

/// An event's name and account, from which its identity is made.
#[derive(Debug, Clone)]
pub struct Naming<'o> {
    key: Key,
    volatile: &'o Volatile,
}

impl<'o> Naming<'o> {
    pub(crate) fn new(source: &str, account: Option<&str>, name: &str, volatile: &'o Volatile) -> Self {
        Self { key: Key::new(source, account).part(Some(name)), volatile }
    }

    /// Adds what tells the event apart and does not stand in its element, such as the person that a batch names once.
    #[must_use]
    pub fn with(self, part: Option<&str>) -> Self {
        Self { key: self.key.part(part.map(spelling).as_deref()), volatile: self.volatile }
    }

    /// By the vendor's own id of this occurrence. `None` if there is none, or a placeholder stands in its place.
    #[must_use]
    pub fn occurrence(&self, id: &Text<'_>) -> Option<Identity> {
        self.fields(&[id], &[])
    }

    /// By chosen fields. `None` unless all the essential ones are there.
    ///
    /// Times count as instants and telephone numbers without their plus, so that two dialects say the same.
    #[must_use]
    pub fn fields(&self, essential: &[&Text<'_>], others: &[&Text<'_>]) -> Option<Identity> {
        if essential.iter().any(|field| field.get().is_none_or(is_placeholder)) {
            return None;
        }
        let mut parts = Parts::new();
        parts.push(Some("fields"));
        for field in essential.iter().chain(others) {
            parts.push(field.get().map(spelling).as_deref());
        }
        let key = self.key.clone().parts(&parts);
        Some(Identity { id: key.finish(), collides: Some(Repeats::Same) })
    }

    /// By all of its element, less what the source's `volatile.txt` lists.
    #[must_use]
    pub fn element(&self, json: &str) -> Identity {
        let print = canonical::fingerprint(json, self.volatile);
        let key = self.key.clone().part(Some("element")).part(Some(&print));
        Identity { id: key.finish(), collides: None }
    }
}

impl Identity {
    /// Says that the vendor tells one occurrence again with another time.
    #[must_use]
    pub fn told_again_later(self) -> Self {
        Self { collides: self.collides.map(|_| Repeats::Later), ..self }
    }

    /// Says that the vendor tells one occurrence again with another amount.
    #[must_use]
    pub fn amended_later(self) -> Self {
        Self { collides: self.collides.map(|_| Repeats::Amended), ..self }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.id
    }

    /// What the event says, for its claim; `None` where equal ids are equal events.
    pub(crate) fn says(&self, kind: EventType, time: Option<Timestamp>, data: &Data<'_>) -> Option<Says> {
        let (time, order) = match self.collides? {
            Repeats::Same => (time, data.order.as_deref()),
            Repeats::Later => (None, data.order.as_deref()),
            Repeats::Amended => (time, None),
        };
        Some(says(kind, time, order, data))
    }
}

/// What makes an event that event, from what was read of it: type, time, outcome, words, amounts.
///
/// Nothing that two dialects of one report spell in two ways, and nothing that the vendor corrects later, such as prices.
fn says(kind: EventType, time: Option<Timestamp>, order: Option<&Order<'_>>, data: &Data<'_>) -> Says {
    let nanos = time.map(canonical::nanos);
    let failure = data.failure.as_deref();
    let message = data.message.as_deref();
    // Values of the customer's own event; an order says its own.
    let values = data.attributes.as_deref().filter(|values| data.order.is_none() && !is_nothing(values.get()));
    let values = values.map(|values| canonical::fingerprint(values.get(), &Volatile::none()));
    let total = order.and_then(|order| order.total.as_ref()).and_then(|total| total.amount.as_deref());
    let mut parts = Parts::new();
    parts.push(Some(kind.as_str()));
    let said = [
        nanos.as_deref(),
        failure.map(|failure| failure.reason.as_str()),
        failure.and_then(|failure| failure.code.as_deref()),
        message.and_then(|message| message.text.as_deref()),
        message.and_then(|message| message.payload.as_deref()),
        data.consent.as_deref().and_then(|consent| consent.state.as_deref()),
        data.note.as_deref().and_then(|note| note.text.as_deref()),
        data.click.as_deref().and_then(|click| click.url.as_deref()),
        order.and_then(|order| order.status.as_deref()),
        total.map(shortest),
        values.as_deref(),
    ];
    for (place, part) in (1..).zip(said) {
        parts.push_at(place, part);
    }
    for item in data.items.iter().flatten() {
        parts.push(item.id.as_deref().or(item.name.as_deref()));
        parts.push(item.quantity.as_deref().map(shortest));
    }
    Says::of(&parts)
}

/// Text that stands where an id should: a variable that nobody filled, a zero, a dash.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "undefined",
        "null",
        "none",
        "nil",
        "nan",
        "n/a",
        "na",
        "false",
        "true",
        "(not set)",
        "(none)",
        "[object object]",
    ];
    // Variables of tag managers, mailers and shells: {{id}}, ${id}, %id%, *|id|*.
    const VARIABLES: [(&str, &str); 4] = [("{{", "}}"), ("${", "}"), ("%", "%"), ("*|", "|*")];
    let text = text.trim();
    text.trim_matches(['-', '_', '.', '0', ' ']).is_empty()
        || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || VARIABLES.iter().any(|(open, close)| text.starts_with(open) && text.ends_with(close))
}

/// Whether JSON holds no value at all: nothing but null, empty text, and what is made of these.
#[must_use]
pub fn is_nothing(json: &str) -> bool {
    fn nothing(value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.iter().all(nothing),
            Value::Object(fields) => fields.values().all(nothing),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }
    serde_json::from_str(json).is_ok_and(|value| nothing(&value))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::value::RawValue;
    use tributary_events::data::Message;

    use super::*;

    fn naming(volatile: &Volatile) -> Naming<'_> {
        Naming::new("s", Some("account"), "event", volatile)
    }

    fn text(text: &str) -> Text<'_> {
        Text::from(text)
    }

    #[test]
    fn ids_stay_what_they_were() {
        // Pinned: a change here re-delivers every event seen in the last 30 days.
        let volatile = Volatile::none();
        let me = naming(&volatile);
        let ids = [
            me.occurrence(&text("42")).unwrap().id(),
            me.fields(&[&text("42"), &text("2026-01-15T12:00:00Z")], &[&text("+4179")]).unwrap().id(),
            me.element(r#"{"a":1,"b":["2026-01-15T12:00:00Z"]}"#).id(),
            me.with(Some("person")).element("{}").id(),
        ];
        let pinned = [
            "02b9684d-1be8-816d-a96b-a27e65819852",
            "a65b6c71-9e54-8d88-a240-2985fdc522a0",
            "81891211-ba08-8ea7-b261-46de889f5675",
            "02de539f-c313-8a45-954d-7861f5a2c697",
        ];
        assert_eq!(ids.map(|id| id.to_string()), pinned);
    }

    #[test]
    fn what_stands_where_an_id_should_is_none() {
        for none in
            ["", " ", "0", "00", "-", "--", "NaN", "null", "Undefined", "{{order_id}}", "${id}", "%ID%", "(not set)"]
        {
            assert!(is_placeholder(none), "{none}");
            assert!(naming(&Volatile::none()).occurrence(&text(none)).is_none(), "{none}");
        }
        for id in ["1", "-1", "10", "a-0", "nan-1", "<a@b.example>", "{6f9619ff}", "100%", "T-0"] {
            assert!(!is_placeholder(id), "{id}");
        }
    }

    #[test]
    fn nothing_is_what_holds_no_value() {
        for nothing in ["null", "\"\"", "{}", "[]", r#"{"a":null,"b":["",{"c":[]}]}"#] {
            assert!(is_nothing(nothing), "{nothing}");
        }
        for something in ["0", "false", "\" \"", r#"{"a":[0]}"#, "{", "1e999"] {
            assert!(!is_nothing(something), "{something}");
        }
    }

    #[test]
    fn spellings_of_fields_are_one_and_their_places_are_not() {
        let volatile = Volatile::none();
        let id = |fields: [&str; 2]| naming(&volatile).fields(&[&text(fields[0])], &[&text(fields[1])]).unwrap().id();
        assert_eq!(id(["+4179", "2026-01-15T12:00:00.1Z"]), id(["4179", "2026-01-15T12:00:00.100+0000"]));
        assert_ne!(id(["a", "b"]), id(["b", "a"]));
        assert_ne!(id(["a", ""]), naming(&volatile).with(Some("a")).element("{}").id());
    }

    #[test]
    fn an_element_counts_whole_but_for_what_is_volatile() {
        let volatile = Volatile::read("tries # counts deliveries");
        let id = |json| naming(&volatile).element(json).id();
        assert_eq!(id(r#"{"a":1,"tries":1}"#), id(r#"{"tries":2,"a":1.0}"#));
        assert_ne!(id(r#"{"a":1}"#), id(r#"{"a":2}"#));
        assert_ne!(id("{}"), naming(&volatile).with(Some("around it")).element("{}").id());
    }

    #[test]
    fn an_event_says_what_it_is_and_not_what_it_costs() {
        let volatile = Volatile::none();
        let data = |words: &'static str| {
            let mut data = Data::new("event", Cow::Owned(RawValue::NULL.to_owned()));
            data.message = Some(Box::new(Message { text: Some(words.into()), ..Message::default() }));
            data
        };
        let early = Timestamp::parse("2026-01-15T12:00:00Z");
        let late = Timestamp::parse("2026-01-15T12:00:01Z");
        let by_id = naming(&volatile).occurrence(&text("7")).unwrap();
        let says = |kind, time, words| by_id.says(kind, time, &data(words)).unwrap();
        let one = says(EventType::MessageReceived, early, "yes");
        assert_eq!(one, says(EventType::MessageReceived, early, "yes"));
        for other in [
            says(EventType::MessageUpdated, early, "yes"),
            says(EventType::MessageReceived, late, "yes"),
            says(EventType::MessageReceived, None, "yes"),
            says(EventType::MessageReceived, early, "no"),
        ] {
            assert_ne!(one, other);
        }
        let again = by_id.clone().told_again_later();
        let says = |time| again.says(EventType::OrderCompleted, time, &data("yes")).unwrap();
        assert_eq!(says(early), says(late));
        assert!(
            naming(&volatile).element("{}").told_again_later().says(EventType::Custom, early, &data("yes")).is_none()
        );
    }
}
