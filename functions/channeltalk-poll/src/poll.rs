//! One run: every list from its cursor, page by page, until the end or until the time is up.

use std::collections::HashSet;
use std::sync::Arc;

use tributary_events::{Context, EventType, Timestamp};
use tributary_normalize::{Normalized, Settings, Source, normalize};
use tributary_pipeline::ports::{Fault, Fenced};
use tributary_pipeline::{Accepted, Deadline, NotDurable, Pipeline, Quarantined};

use crate::api::{Answer, Api, ApiError, Feed, Quota};
use crate::config::Scope;
use crate::cursor::{Cursor, Cursors};
use crate::page::Page;
use crate::report::{Ended, Report};

/// Records of the largest page the vendor gives.
const MAX_PAGE: u32 = 500;
/// Name of the cursor that says which list was not finished.
const TURN: &str = "turn";

/// The times and sizes of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Records of a page. The vendor allows 500; a smaller page is less work to repeat.
    pub page: u32,
    /// Users of a page where each user's events are read too.
    pub page_followed: u32,
    /// How late a record may appear in a list, milliseconds: the cursor stays before records younger than this.
    pub settle_ms: i64,
    /// How long one page's events may take to become durable and be sent: as long as a webhook's.
    pub accept_ms: i64,
    /// Tries of one page.
    pub attempts: u32,
    /// First pause between those tries, milliseconds; doubles each time.
    pub backoff_ms: u64,
    /// Lists that may get no answer, one after the other, before the run ends.
    pub failures: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            page: 100,
            page_followed: 25,
            settle_ms: 600_000,
            accept_ms: 15_000,
            attempts: 4,
            backoff_ms: 500,
            failures: 3,
        }
    }
}

/// Why reading a list stopped before its end.
#[derive(Debug, Clone, Copy)]
enum Stop {
    /// The whole run ends.
    Run(Ended),
    /// This list only: the vendor refuses it, or its answer is no page. Trying again does not help.
    Refused,
    /// The same: the key may not read it. It may read others.
    Forbidden,
    /// This list only: the vendor may not be here for others either.
    Away,
}

/// Reads the lists of the Open API into the pipeline.
pub struct Poller {
    /// The Open API.
    pub api: Arc<dyn Api>,
    /// How far each list has been read.
    pub cursors: Arc<dyn Cursors>,
    /// Where events go.
    pub pipeline: Pipeline,
    /// What reads the records.
    pub source: &'static dyn Source,
    /// The source's settings.
    pub settings: Settings,
    /// What is polled.
    pub scope: Scope,
    /// Times and sizes.
    pub pace: Pace,
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller").field("scope", &self.scope).field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// A run under way.
struct Run<'p> {
    poller: &'p Poller,
    deadline: Deadline,
    report: Report,
    quota: Option<Quota>,
    /// Lists that got no answer since the last one that did.
    away: usize,
}

impl Poller {
    /// Reads every list once, from where the last run stopped. After the deadline no call is begun.
    pub async fn run(&self, deadline: Deadline) -> Report {
        let mut run = Run { poller: self, deadline, report: Report::default(), quota: None, away: 0 };
        run.report.ended = match run.feeds().await {
            Ok(()) => Ended::Complete,
            Err(ended) => ended,
        };
        run.report
    }
}

impl Run<'_> {
    async fn feeds(&mut self) -> Result<(), Ended> {
        let mut feeds = self.poller.scope.feeds();
        self.report.feeds = feeds.len();
        let turn = self.load(TURN).await.map_err(ended)?;
        let begin = feeds.iter().position(|feed| Some(feed.to_string()) == turn.since).unwrap_or_default();
        // What the last run did not come to is read first, or a long list would starve those behind it.
        feeds.rotate_left(begin);
        let mut forbidden = 0;
        for (at, feed) in feeds.iter().enumerate() {
            let pages = self.report.pages;
            match self.feed(feed, 0).await {
                Ok(()) => {}
                // It costs itself alone.
                Err(Stop::Refused | Stop::Away) => self.report.failed += 1,
                Err(Stop::Forbidden) => (self.report.failed, forbidden) = (self.report.failed + 1, forbidden + 1),
                Err(Stop::Run(ended)) => {
                    // A list that came on, or failed, has had its turn.
                    let had_its_turn = self.report.pages > pages || ended == Ended::Unavailable;
                    let next = if had_its_turn { &feeds[(at + 1) % feeds.len()] } else { feed };
                    let next = Cursor { since: Some(next.to_string()), ..turn };
                    let goes_on = matches!(ended, Ended::Deadline | Ended::Throttled | Ended::Unavailable);
                    if goes_on && next.since != turn.since {
                        // Without it the order is unfair for one run, and no event is lost.
                        let _ = self.poller.cursors.save(TURN, &next).await;
                    }
                    return Err(ended);
                }
            }
        }
        let all = |count: usize| !feeds.is_empty() && count == feeds.len();
        match self.report {
            _ if all(forbidden) => Err(Ended::Denied),
            Report { failed: 1.., .. } => Err(Ended::Unavailable),
            Report { gone, .. } if all(gone) => Err(Ended::Gone),
            _ => Ok(()),
        }
    }

    /// Reads a list from its cursor to its end, unless it was read to the end after `since_ms` already.
    async fn feed(&mut self, feed: &Feed, since_ms: i64) -> Result<(), Stop> {
        let name = feed.to_string();
        let mut cursor = self.load(&name).await?;
        if since_ms > 0 && cursor.complete_ms > since_ms {
            return Ok(());
        }
        let found = cursor.clone();
        let begun_ms = self.now();
        let mut since = cursor.since.clone();
        let mut seen: HashSet<String> = since.iter().cloned().collect();
        // Once a page is too young for the cursor to pass, the cursor stays there, and reading goes on.
        let mut held = false;
        let mut limit = self.page_size(feed);
        loop {
            let Some(answer) = self.fetch(feed, since.as_deref(), limit).await? else {
                self.report.gone += usize::from(since_ms == 0);
                break;
            };
            let page = match Page::parse(feed, &answer.body) {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(feed = kind(feed), %error, "page not read");
                    return Err(Stop::Refused);
                }
            };
            self.report.pages += 1;
            let settled = page.is_settled(feed, begun_ms, self.poller.pace.settle_ms);
            let print = page.fingerprint(settled);
            let mut waits = false;
            if !held && cursor.page.as_ref() == Some(&print) {
                self.report.unchanged += 1;
            } else {
                self.accept(feed, &page, found.complete_ms).await?;
                waits = self.follow(feed, &page, settled).await?;
            }
            // A vendor that answers with a `next` it gave before would be read for ever.
            let next = page.next.clone().filter(|next| seen.insert(next.clone()));
            if next.is_none() && page.next.is_some() && page.records.len() >= limit as usize {
                // A full page that leads to itself: more records of one moment than the page holds.
                if limit >= MAX_PAGE {
                    tracing::error!(feed = kind(feed), "list not read on: more records of one time than a page holds");
                    return Err(Stop::Refused);
                }
                limit = MAX_PAGE.min(limit * 2);
                continue;
            }
            if !held {
                // Only now are the page's events durable, so only now may the cursor move.
                match &next {
                    Some(next) if settled && !waits => (cursor.since, cursor.page) = (Some(next.clone()), None),
                    // A page without a print is read as if it were new, for the sake of those who were not asked.
                    _ => (cursor.page, held) = ((!waits).then_some(print), true),
                }
                if next.is_some() {
                    self.save(&name, &mut cursor).await?;
                }
            }
            let Some(next) = next else { break };
            since = Some(next);
        }
        // Only following asks when a list was read: for the others a run without news writes nothing.
        if cursor != found || since_ms > 0 || found.complete_ms == 0 {
            cursor.complete_ms = begun_ms;
            self.save(&name, &mut cursor).await?;
        }
        self.report.finished += 1;
        Ok(())
    }

    /// A page, waited for as long as it is worth it. `None` if the list is gone.
    async fn fetch(&mut self, feed: &Feed, since: Option<&str>, limit: u32) -> Result<Option<Answer>, Stop> {
        let pace = self.poller.pace;
        for attempt in 0..pace.attempts {
            if let Some(quota) = self.quota.take_if(|quota| quota.is_low()) {
                self.wait_until(quota.reset_ms, Ended::Throttled).await?;
            }
            self.in_time()?;
            let pause = i64::try_from(pace.backoff_ms << attempt.min(16)).unwrap_or(i64::MAX);
            match self.poller.api.page(feed, since, limit).await {
                Ok(answer) => {
                    (self.quota, self.away) = (answer.quota, 0);
                    return Ok(Some(answer));
                }
                Err(ApiError::Throttled { until_ms }) => {
                    let until_ms = until_ms.unwrap_or_default().max(self.now() + pause);
                    tracing::warn!(feed = kind(feed), wait_ms = until_ms - self.now(), "throttled");
                    self.wait_until(until_ms, Ended::Throttled).await?;
                }
                Err(error @ ApiError::Unavailable(_)) => {
                    tracing::warn!(feed = kind(feed), %error, attempt, "no answer");
                    if attempt + 1 == pace.attempts {
                        self.away += 1;
                        // One sick list is not the vendor's outage: that is several, and nothing between them.
                        if self.away < pace.failures {
                            return Err(Stop::Away);
                        }
                        self.report.failed += 1;
                        return Err(Stop::Run(Ended::Unavailable));
                    }
                    self.wait_until(self.now() + pause, Ended::Deadline).await?;
                }
                Err(error @ ApiError::Denied(status)) => {
                    tracing::error!(feed = kind(feed), %error, "denied");
                    if status == 403 {
                        return Err(Stop::Forbidden);
                    }
                    return Err(Stop::Run(Ended::Denied));
                }
                Err(error @ ApiError::Missing) => {
                    tracing::warn!(feed = kind(feed), %error, "list is gone");
                    return Ok(None);
                }
                Err(error @ ApiError::Unexpected(_)) => {
                    tracing::error!(feed = kind(feed), %error, "page not read");
                    return Err(Stop::Refused);
                }
            }
        }
        Err(Stop::Run(Ended::Throttled))
    }

    fn page_size(&self, feed: &Feed) -> u32 {
        match feed {
            Feed::Campaign(..) | Feed::OneTimeMessage(..) if self.poller.scope.follow => self.poller.pace.page_followed,
            _ => self.poller.pace.page,
        }
    }

    /// Makes a page's events durable, but for those that were when the list was last read to its end.
    async fn accept(&mut self, feed: &Feed, page: &Page<'_>, complete_ms: i64) -> Result<(), Stop> {
        let now_ms = self.now();
        let context = Context {
            received: Timestamp::from_unix_millis(now_ms).ok_or(Stop::Run(Ended::NotDurable))?,
            traceparent: None,
        };
        // The routes on which the normalizer takes single records, whoever fetched them.
        let segments = [match feed {
            Feed::User(_) => "event".to_owned(),
            Feed::Campaign(..) => "campaign-user".to_owned(),
            Feed::OneTimeMessage(..) => "one-time-msg-user".to_owned(),
        }];
        let (mut messages, mut rejects) = (Vec::new(), Vec::new());
        for record in page.fresh(feed, complete_ms, self.poller.pace.settle_ms) {
            let body = record.get().as_bytes();
            let request = tributary_normalize::Request {
                segments: &segments,
                content_type: "application/json",
                body,
                context: context.clone(),
                settings: &self.poller.settings,
            };
            let quarantined = |reason: &str, detail: String, part: Vec<u8>| Quarantined {
                source: self.poller.source.name().to_owned(),
                path: segments.iter().map(|segment| format!("/{segment}")).collect(),
                content_type: "application/json".to_owned(),
                received: context.received.to_string(),
                reason: reason.to_owned(),
                detail,
                part,
            };
            let Ok(Normalized { events, rejects: rejected, .. }) = normalize(self.poller.source, &request, false)
            else {
                rejects.push(quarantined("depth", "the record nests too deep".to_owned(), body.to_vec()));
                continue;
            };
            let events: Vec<_> = events.into_iter().filter(|event| !feed.is_of_another(event.kind)).collect();
            self.report.unrecognized += events.iter().filter(|event| event.kind == EventType::Unrecognized).count();
            messages.extend(events.into_iter().map(tributary_gateway::to_message));
            rejects.extend(rejected.into_iter().map(|r| quarantined(r.reason.as_str(), r.detail, r.part)));
        }
        for reject in &rejects {
            tracing::warn!(reason = reject.reason, detail = reject.detail, "record put into quarantine");
        }
        if messages.is_empty() && rejects.is_empty() {
            return Ok(());
        }
        let deadline = Deadline { at_ms: self.deadline.at_ms.min(now_ms + self.poller.pace.accept_ms) };
        match self.poller.pipeline.accept(messages, rejects, deadline).await {
            Ok(accepted) => {
                self.report.accepted = sum(self.report.accepted, accepted);
                Ok(())
            }
            Err(NotDurable::Deadline) => Err(Stop::Run(Ended::Deadline)),
            Err(error) => {
                tracing::error!(feed = kind(feed), %error, "page not durable");
                Err(Stop::Run(Ended::NotDurable))
            }
        }
    }

    /// Reads the events of a page's users, if they are wanted.
    ///
    /// A page that is too young is read again, and so are its users then: what they did last may appear late. True if
    /// somebody could not be asked and the page has to wait for that. A user whom the vendor refuses is asked again
    /// while the page is young, and then given up: the page is passed without them.
    async fn follow(&mut self, feed: &Feed, page: &Page<'_>, settled: bool) -> Result<bool, Stop> {
        let mut waits = false;
        if !self.poller.scope.follow {
            return Ok(waits);
        }
        let grace_ms = if settled { self.poller.pace.settle_ms } else { 0 };
        for (user, at_ms) in page.users(feed) {
            // A user who was read to the end since needs no call: that makes a page killed half-way through go on.
            let since_ms = at_ms.min(self.now()) + grace_ms;
            match Box::pin(self.feed(&Feed::User(user), since_ms)).await {
                Ok(()) => {}
                Err(Stop::Run(ended)) => return Err(Stop::Run(ended)),
                Err(Stop::Away) => (self.report.failed, waits) = (self.report.failed + 1, true),
                Err(Stop::Refused | Stop::Forbidden) => {
                    self.report.failed += 1;
                    waits |= !settled;
                    tracing::error!(given_up = settled, "events of a followed user not read");
                }
            }
        }
        Ok(waits)
    }

    fn now(&self) -> i64 {
        self.poller.pipeline.clock.now_ms()
    }

    fn in_time(&self) -> Result<(), Stop> {
        if self.now() < self.deadline.at_ms { Ok(()) } else { Err(Stop::Run(Ended::Deadline)) }
    }

    /// Waits, or ends the run if it would end before.
    async fn wait_until(&self, at_ms: i64, otherwise: Ended) -> Result<(), Stop> {
        if at_ms >= self.deadline.at_ms {
            return Err(Stop::Run(otherwise));
        }
        let ms = u64::try_from(at_ms - self.now()).unwrap_or_default();
        self.poller.pipeline.clock.sleep_ms(ms).await;
        Ok(())
    }

    async fn load(&self, name: &str) -> Result<Cursor, Stop> {
        self.in_time()?;
        self.poller.cursors.load(name).await.map_err(|fault| cursor_fault(&fault))
    }

    async fn save(&self, name: &str, cursor: &mut Cursor) -> Result<(), Stop> {
        self.in_time()?;
        match self.poller.cursors.save(name, cursor).await {
            Ok(Fenced::Done) => {
                cursor.revision += 1;
                Ok(())
            }
            Ok(Fenced::Lost) => {
                // Another run reads the same lists: it goes on from its own cursor, and nothing is missed.
                tracing::warn!("cursor moved by another run");
                Err(Stop::Run(Ended::Moved))
            }
            Err(fault) => Err(cursor_fault(&fault)),
        }
    }
}

fn cursor_fault(fault: &Fault) -> Stop {
    tracing::error!(%fault, "cursor not read or written");
    Stop::Run(Ended::Cursors)
}

fn ended(stop: Stop) -> Ended {
    match stop {
        Stop::Run(ended) => ended,
        Stop::Refused | Stop::Forbidden | Stop::Away => Ended::Unavailable,
    }
}

/// What a list is, for logs: ids of users stay out of them.
fn kind(feed: &Feed) -> &'static str {
    match feed {
        Feed::User(_) => "user",
        Feed::Campaign(..) => "campaign",
        Feed::OneTimeMessage(..) => "one_time_message",
    }
}

fn sum(one: Accepted, other: Accepted) -> Accepted {
    Accepted {
        received: one.received + other.received,
        new: one.new + other.new,
        duplicate: one.duplicate + other.duplicate,
        conflict: one.conflict + other.conflict,
        left: one.left + other.left,
        quarantined: one.quarantined + other.quarantined,
        spilled: one.spilled + other.spilled,
        durable_ms: one.durable_ms + other.durable_ms,
        drive_ms: one.drive_ms + other.drive_ms,
    }
}
