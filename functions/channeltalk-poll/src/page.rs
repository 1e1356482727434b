//! A page of a list, told apart.

use serde::Deserialize;
use serde_json::value::RawValue;
use tributary_events::Key;
use tributary_normalize::lenient::Text;

use crate::api::{ApiError, Feed, State};

/// A page, read.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Its records, oldest first, verbatim.
    pub(crate) records: Vec<&'a RawValue>,
    /// From where to read on. The vendor leaves it out, or empty, at the end.
    pub(crate) next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Listing<'a> {
    next: Text<'a>,
    events: Option<Vec<&'a RawValue>>,
    campaign_users: Option<Vec<&'a RawValue>>,
    one_time_msg_users: Option<Vec<&'a RawValue>>,
}

/// What the poller itself reads of a record: everything else is the normalizer's.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Record<'a> {
    user_id: Text<'a>,
    created_at: Text<'a>,
    sent: Text<'a>,
    view: Text<'a>,
    click: Text<'a>,
    goal: Text<'a>,
}

impl<'a> Page<'a> {
    pub(crate) fn parse(feed: &Feed, body: &'a [u8]) -> Result<Self, ApiError> {
        let unexpected = |what: &str| ApiError::Unexpected(what.to_owned());
        let listing: Listing<'a> = serde_json::from_slice(body).map_err(|_| unexpected("the body is no page"))?;
        let records = match feed {
            Feed::User(_) => listing.events,
            Feed::Campaign(..) => listing.campaign_users,
            Feed::OneTimeMessage(..) => listing.one_time_msg_users,
        };
        let records = records.ok_or_else(|| unexpected("the page has no list"))?;
        let next = listing.next.get().filter(|_| !records.is_empty()).map(str::to_owned);
        Ok(Self { records, next })
    }

    /// Names the page's content; `settled` because a page that has come of age is worth one more look.
    pub(crate) fn fingerprint(&self, settled: bool) -> String {
        let mut key = Key::new("channeltalk-poll", Some(if settled { "settled" } else { "young" }));
        for record in &self.records {
            key = key.part(Some(record.get()));
        }
        key.finish().to_string()
    }

    /// Whether nothing could be added within this page any more when the run began: every record was `settle_ms` old then.
    ///
    /// A time in the future, which is the customer's own mistake, is young too: what is dated now belongs before it. A
    /// missing time says nothing. The moment is that of [`Cursor::complete_ms`](crate::Cursor), so that a record is
    /// either read again or known, and never both or neither.
    pub(crate) fn is_settled(&self, feed: &Feed, begun_ms: i64, settle_ms: i64) -> bool {
        !self.records.iter().any(|record| time(feed, record).is_some_and(|at| at >= begun_ms - settle_ms))
    }

    /// The records that may be new to somebody who read the whole list at `complete_ms`: all but those too old to have
    /// appeared since. Claims end after 30 days, and then they alone would let an old record of a page through again.
    pub(crate) fn fresh(&self, feed: &Feed, complete_ms: i64, settle_ms: i64) -> impl Iterator<Item = &'a RawValue> {
        let known = move |record: &RawValue| time(feed, record).is_some_and(|at| at < complete_ms - settle_ms);
        self.records.iter().copied().filter(move |record| !known(record))
    }

    /// The users of a list of users, each with the time of what they did, 0 if unknown.
    pub(crate) fn users(&self, feed: &Feed) -> Vec<(String, i64)> {
        let user = |record: &&RawValue| {
            let id = parse(record).user_id.get().map(str::to_owned)?;
            Some((id, time(feed, record).unwrap_or_default()))
        };
        if matches!(feed, Feed::User(_)) { Vec::new() } else { self.records.iter().filter_map(user).collect() }
    }
}

fn parse(record: &RawValue) -> Record<'_> {
    serde_json::from_str(record.get()).unwrap_or_default()
}

/// The time that a list is ordered by, milliseconds since 1970.
fn time(feed: &Feed, record: &RawValue) -> Option<i64> {
    let record = parse(record);
    let field = match feed {
        Feed::User(_) => record.created_at,
        Feed::Campaign(_, state) | Feed::OneTimeMessage(_, state) => match state {
            State::Sent => record.sent,
            State::View => record.view,
            State::Click => record.click,
            State::Goal => record.goal,
        },
    };
    field.millis().map(tributary_events::Timestamp::unix_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_780_000_000_000;

    fn user() -> Feed {
        Feed::User("u".into())
    }

    #[test]
    fn a_page_is_the_list_that_was_asked_for() {
        let body = br#"{"prev":"p","next":"n-1","events":[{"id":"e-1","createdAt":1}]}"#;
        let page = Page::parse(&user(), body).unwrap();
        assert_eq!((page.records.len(), page.next.as_deref()), (1, Some("n-1")));
        let wrong = Page::parse(&Feed::Campaign("7".into(), State::View), body).unwrap_err();
        assert_eq!(wrong, ApiError::Unexpected("the page has no list".into()));
        assert!(Page::parse(&user(), b"<html>").is_err());
    }

    #[test]
    fn the_end_has_no_next_in_whatever_way() {
        for next in ["", r#""next":null,"#, r#""next":"","#] {
            let body = format!(r#"{{{next}"events":[{{"id":"e-1"}}]}}"#);
            assert_eq!(Page::parse(&user(), body.as_bytes()).unwrap().next, None, "{body}");
        }
        let empty = Page::parse(&user(), br#"{"next":"n-2","events":[]}"#).unwrap();
        assert_eq!(empty.next, None, "a page of nothing is an end");
        let number = Page::parse(&user(), br#"{"next":1780000000000123,"events":[{}]}"#).unwrap();
        assert_eq!(number.next.as_deref(), Some("1780000000000123"));
    }

    #[test]
    fn a_page_is_settled_when_its_youngest_record_is_old() {
        for (at, settled) in
            [(NOW - 600_001, true), (NOW - 600_000, false), (NOW + 5_000, false), (NOW + 601_000, false)]
        {
            let body = format!(r#"{{"events":[{{"createdAt":1}},{{"createdAt":{at}}}]}}"#);
            let page = Page::parse(&user(), body.as_bytes()).unwrap();
            assert_eq!(page.is_settled(&user(), NOW, 600_000), settled, "{at}");
        }
        let page = Page::parse(&user(), br#"{"events":[{"id":"no-time"}]}"#).unwrap();
        assert!(page.is_settled(&user(), NOW, 600_000));
    }

    #[test]
    fn a_list_of_users_is_ordered_by_its_own_state() {
        let body = br#"{"campaignUsers":[{"userId":"u-1","sent":1780000000005,"view":1780000000007},{"sent":9}]}"#;
        let at = |state| {
            let feed = Feed::Campaign("7".into(), state);
            Page::parse(&feed, body).unwrap().users(&feed)
        };
        assert_eq!(at(State::Sent), [("u-1".to_owned(), NOW + 5)]);
        assert_eq!(at(State::View), [("u-1".to_owned(), NOW + 7)]);
    }
}
