//! What comes out of a request.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use tributary_events::{Context, Draft, Event, EventId, EventType, Raw, Says};

use crate::audit::Audit;
use crate::canonical::Volatile;
use crate::identity::{Identity, Naming};
use crate::source::Source;

/// Most events and rejects of one request. The largest batch of any vendor is 2,000 (Infobip).
pub(crate) const MAX_PARTS: usize = 20_000;
/// Most bytes of all events of one request. A large batch of any vendor stays below 4 MiB; what stands around a list
/// (`keys` of a KARTE beacon, `bulkId` of an Infobip batch) is in each of its events and would multiply.
pub(crate) const MAX_BYTES: usize = 32 << 20;

/// Most bytes that rejected elements of one list may repeat of what stands around it.
const MAX_AROUND: usize = 4 << 20;
/// Most rejected elements of one list that are a part each. Each is a message of its own in quarantine: more of them
/// would take longer than the request has.
const MAX_ALONE: usize = 200;

/// An event ready for the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Dedupe key.
    pub id: EventId,
    /// What the event says, for its claim. Absent where the id is a fingerprint of the whole event: then equal ids are
    /// equal events.
    pub says: Option<Says>,
    /// FIFO message group.
    pub group: String,
    /// What happened.
    pub kind: EventType,
    /// The message: [`Event::to_json`].
    pub json: String,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Why a part of an authentic request is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectReason {
    /// The body is empty.
    Empty,
    /// The body is not UTF-8.
    NotUtf8,
    /// The text is not JSON.
    NotJson,
    /// The body is not the form encoding the vendor uses.
    NotForm,
    /// JSON, but not an object (or array) of the shape the vendor documents.
    WrongShape,
    /// What the vendor always sends is missing, so the event could not be told from others.
    MissingField,
    /// The message would be larger than the queue takes.
    TooLarge,
    /// More events in one request than any vendor sends, or larger ones.
    TooMany,
}

impl RejectReason {
    /// The reason as a word for logs, metrics and the quarantine message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::NotForm => "not_form",
            Self::WrongShape => "wrong_shape",
            Self::MissingField => "missing_field",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
        }
    }
}

/// A part of an authentic request that is no event: goes to quarantine, whole. It is a body that [`crate::normalize`]
/// reads alone: an element of a list keeps what stood around the list.
#[derive(Clone, PartialEq, Eq)]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// Where and what, without any value of the body: a field's name, a position.
    pub detail: String,
    /// The part itself.
    pub part: Vec<u8>,
}

impl fmt::Debug for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reject").field("reason", &self.reason).field("detail", &self.detail).finish_non_exhaustive()
    }
}

/// All that came out of one request.
#[derive(Debug, Clone, Default)]
pub struct Normalized {
    /// Events, in the vendor's order. May hold the same id twice if the vendor sent the same event twice.
    pub events: Vec<Prepared>,
    /// Parts that are no events.
    pub rejects: Vec<Reject>,
    /// How many segments of the path no list of the source knows: a typing error in a URL, most likely. The events flow all
    /// the same.
    pub unknown_segments: usize,
    /// Paths of fields that were left in `original` only. Filled when asked for.
    pub unread: Vec<String>,
}

/// Where a source puts what it reads.
#[derive(Debug)]
pub struct Output<'c> {
    source: &'static str,
    volatile: &'static Volatile,
    context: &'c Context<'c>,
    events: Vec<Prepared>,
    rejects: Vec<Reject>,
    /// The list whose elements are read now.
    list: Option<Span>,
    /// Which rejects are elements of which list.
    elements: Vec<(usize, Span)>,
    /// Of all events.
    bytes: usize,
    unknown_segments: usize,
    audit: Audit,
}

impl<'c> Output<'c> {
    pub(crate) fn new(source: &dyn Source, context: &'c Context<'c>, audit: bool) -> Self {
        let audit = if audit { Audit::on() } else { Audit::default() };
        let (events, rejects, elements) = (Vec::new(), Vec::new(), Vec::new());
        let (source, volatile) = (source.name(), source.volatile());
        Self { source, volatile, context, events, rejects, list: None, elements, bytes: 0, unknown_segments: 0, audit }
    }

    /// Begins the identity of an event: in the vendor's `account`, where it has several, and by the vendor's own name of
    /// what happened (ours, in a word that stays, where the body names nothing).
    #[must_use]
    pub fn identity(&self, account: Option<&str>, name: &str) -> Naming<'static> {
        Naming::new(self.source, account, name, self.volatile)
    }

    /// Parses a part of the body. Parse everything with this: it counts the fields that the type does not name.
    ///
    /// # Errors
    /// Those of `serde_json`. Turn them into a reject with [`Output::broken`].
    pub fn parse<'a, T: Deserialize<'a>>(&self, part: &'a str) -> Result<T, serde_json::Error> {
        self.audit.parse(part)
    }

    /// Counts the fields of a part that was parsed otherwise, to tell what it is. Does nothing unless fields are counted.
    pub fn account<'a, T: Deserialize<'a>>(&self, part: &'a str) {
        if self.audit.is_on() {
            let _ = self.audit.parse::<T>(part);
        }
    }

    /// Puts out an event.
    pub fn event(&mut self, identity: &Identity, draft: Draft<'_>) {
        if self.is_full() {
            return;
        }
        let kind = draft.kind;
        let says = identity.says(kind, draft.time, &draft.data);
        let event = Event::assemble(self.source, identity.id(), draft, self.context);
        match event.to_json() {
            Ok(json) => {
                self.bytes += json.len();
                self.events.push(Prepared { id: event.id, says, group: event.partitionkey.into_owned(), kind, json });
            }
            Err(_) => {
                self.reject(RejectReason::WrongShape, "event has no JSON form", event.data.original.get().as_bytes());
            }
        }
    }

    /// Puts a part into quarantine. `detail` must not hold any value of the body.
    pub fn reject(&mut self, reason: RejectReason, detail: impl Into<String>, part: &[u8]) {
        if self.is_full() {
            return;
        }
        if let Some(list) = self.list.filter(|list| list.holds(part)) {
            self.elements.push((self.rejects.len(), list));
        }
        self.rejects.push(Reject { reason, detail: detail.into(), part: part.to_vec() });
    }

    /// Says that what comes next are the elements of a list: a rejected one keeps what stands around the list, so that
    /// it can be read again alone.
    pub fn within(&mut self, elements: &[&RawValue]) {
        let ends = elements.first().zip(elements.last());
        self.list = ends.map(|(first, last)| Span::of(first.get()).to(Span::of(last.get())));
    }

    /// Puts the body around rejected elements of a list, once all is read.
    pub(crate) fn surround(&mut self, body: &str) {
        // What came after the limit is missing here: the body is kept whole instead.
        if self.is_full() {
            return;
        }
        for (list, rejects) in by_list(std::mem::take(&mut self.elements)) {
            let Some((before, after)) = list.around(body) else { continue };
            let around = |inner: &[u8]| [before.as_bytes(), inner, after.as_bytes()].concat();
            if rejects.len() <= MAX_ALONE && rejects.len() * (before.len() + after.len()) <= MAX_AROUND {
                for at in rejects {
                    self.rejects[at].part = around(&self.rejects[at].part);
                }
                continue;
            }
            // Too much to say for each: then one body has them all, and is no larger than the one that came.
            let parts: Vec<Vec<u8>> = rejects.iter().map(|at| std::mem::take(&mut self.rejects[*at].part)).collect();
            let first = &mut self.rejects[rejects[0]];
            first.part = around(&parts.join(&b','));
            first.detail = format!("{} elements of a list, the first: {}", rejects.len(), first.detail);
        }
        // A reject without a part was joined to another; parts are never empty, for they are JSON.
        self.rejects.retain(|reject| !reject.part.is_empty());
    }

    /// Puts a part that did not parse into quarantine.
    pub fn broken(&mut self, error: &serde_json::Error, part: &str) {
        let reason = if error.is_data() { RejectReason::WrongShape } else { RejectReason::NotJson };
        self.reject(reason, position(error), part.as_bytes());
    }

    /// Whether the request holds more than is taken. What comes then is dropped, and the body kept whole instead.
    pub(crate) fn is_full(&self) -> bool {
        self.events.len() + self.rejects.len() > MAX_PARTS || self.bytes > MAX_BYTES
    }

    /// How many events there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing has been put out so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.rejects.is_empty()
    }

    /// Says how many segments of the path are in no list.
    pub fn unknown_segments(&mut self, count: usize) {
        self.unknown_segments = count;
    }

    /// How many parts there are so far, events and rejects.
    #[must_use]
    pub fn count(&self) -> usize {
        self.events.len() + self.rejects.len()
    }

    pub(crate) fn finish(self) -> Normalized {
        Normalized {
            events: self.events,
            rejects: self.rejects,
            unknown_segments: self.unknown_segments,
            unread: self.audit.into_unread(),
        }
    }
}

/// Where a text lies in memory: parts of a body are slices of it, so this tells where in the body they stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    fn of(text: &str) -> Self {
        let range = text.as_bytes().as_ptr_range();
        Self { start: range.start.addr(), end: range.end.addr() }
    }

    fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }

    fn holds(self, part: &[u8]) -> bool {
        let range = part.as_ptr_range();
        self.start <= range.start.addr() && range.end.addr() <= self.end
    }

    /// What stands before and after it in the body; none if it is no slice of it.
    fn around(self, body: &str) -> Option<(&str, &str)> {
        let start = Self::of(body).start;
        Some((body.get(..self.start.checked_sub(start)?)?, body.get(self.end.checked_sub(start)?..)?))
    }
}

/// Lists in their order, each with its rejects.
fn by_list(elements: Vec<(usize, Span)>) -> Vec<(Span, Vec<usize>)> {
    let mut lists: Vec<(Span, Vec<usize>)> = Vec::new();
    for (at, list) in elements {
        match lists.last_mut() {
            Some((last, rejects)) if *last == list => rejects.push(at),
            _ => lists.push((list, vec![at])),
        }
    }
    lists
}

/// Where in the text, without quoting it.
pub(crate) fn position(error: &serde_json::Error) -> String {
    format!("line {} column {}", error.line(), error.column())
}

/// A part of the body as `original`.
///
/// The text must be compact JSON, as every part of a body is that [`crate::normalize`] hands to a source. Text that is
/// not JSON becomes a JSON string.
#[must_use]
pub fn original(part: &str) -> Raw<'_> {
    match serde_json::from_str::<&RawValue>(part) {
        Ok(raw) => Cow::Borrowed(raw),
        Err(_) => Cow::Owned(serde_json::value::to_raw_value(part).unwrap_or_else(|_| RawValue::NULL.to_owned())),
    }
}
