//! A fake of the Open API and of the cursors' table, in a world where any call can go wrong.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests, which clippy does not take for tests")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use channeltalk_poll::{Answer, Api, ApiError, Cursor, Cursors, Feed, Pace, Poller, Quota, Scope};
use tributary_events::{Data, Draft, EventType};
use tributary_normalize::lenient::Text;
use tributary_normalize::{Output, RejectReason, Request, Row, Settings, Source, Unreadable, Volatile, original};
use tributary_pipeline::memory::{Mishap, World};
use tributary_pipeline::ports::{Fault, Fenced};

/// How the fake pages: the vendor tells no more of `next` than that it is the next `since`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// A token that names the last record exactly, and none on the last page.
    Token,
    /// The same, on the last page as well.
    TokenAlways,
    /// The time of the last record: its page comes again with every record of that time.
    Time,
}

/// A record: visible from `visible_ms`, listed at `at_ms`.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) visible_ms: i64,
    pub(crate) body: String,
}

#[derive(Default)]
struct Calls {
    made: usize,
    plan: BTreeMap<usize, Mishap>,
}

/// The fake. Clones share it.
#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) world: World,
    pub(crate) paging: Paging,
    calls: Arc<Mutex<Calls>>,
    lists: Arc<Mutex<BTreeMap<String, Vec<Record>>>>,
    /// Times of campaigns' users, by record and state.
    people: Arc<Mutex<BTreeMap<String, BTreeMap<&'static str, i64>>>>,
    cursors: Arc<Mutex<BTreeMap<String, Cursor>>>,
    /// Answers given before any page is: popped from the end.
    pub(crate) errors: Arc<Mutex<Vec<ApiError>>>,
    pub(crate) quota: Arc<Mutex<Option<Quota>>>,
    /// Lists that answer nothing but this.
    pub(crate) sick: Arc<Mutex<BTreeMap<String, ApiError>>>,
    /// How long each page takes.
    pub(crate) slow_ms: Arc<Mutex<i64>>,
    /// Lists asked for, in order.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn new(paging: Paging) -> Self {
        Self {
            world: World::new(),
            paging,
            calls: Arc::default(),
            lists: Arc::default(),
            people: Arc::default(),
            sick: Arc::default(),
            slow_ms: Arc::default(),
            cursors: Arc::default(),
            errors: Arc::default(),
            quota: Arc::default(),
            asked: Arc::default(),
        }
    }

    pub(crate) fn plan(&self, plan: BTreeMap<usize, Mishap>) {
        *self.calls.lock().unwrap() = Calls { made: 0, plan };
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.lock().unwrap().made
    }

    pub(crate) fn cursor(&self, name: &str) -> Cursor {
        self.cursors.lock().unwrap().get(name).cloned().unwrap_or_default()
    }

    /// Adds an event of a user.
    pub(crate) fn event(&self, user: &str, id: &str, at_ms: i64, visible_ms: i64) {
        let body = format!(r#"{{"id":"{id}","userId":"{user}","name":"PageView","createdAt":{at_ms}}}"#);
        self.add(&Feed::User(user.into()), Record { id: id.into(), at_ms, visible_ms, body });
    }

    /// Adds to what became of a campaign at a user. As with the vendor there is one record, it holds all its times, and
    /// every list that has it shows it whole.
    pub(crate) fn campaign_user(&self, feed: &Feed, user: &str, at_ms: i64) {
        let Feed::Campaign(campaign, state) = feed else { panic!("no campaign") };
        let id = format!("{campaign}-{user}");
        let mut people = self.people.lock().unwrap();
        let times = people.entry(id.clone()).or_default();
        times.insert(state.as_str(), at_ms);
        let told: Vec<String> = times.iter().map(|(state, at)| format!(r#""{state}":{at}"#)).collect();
        let body = format!(r#"{{"id":"{id}","campaignId":"{campaign}","userId":"{user}",{}}}"#, told.join(","));
        let mut lists = self.lists.lock().unwrap();
        for record in
            lists.values_mut().flatten().filter(|record| record.id.rsplit_once('-').is_some_and(|of| of.0 == id))
        {
            record.body.clone_from(&body);
        }
        let record = Record { id: format!("{id}-{}", state.as_str()), at_ms, visible_ms: at_ms, body };
        lists.entry(feed.to_string()).or_default().push(record);
    }

    fn add(&self, feed: &Feed, record: Record) {
        self.lists.lock().unwrap().entry(feed.to_string()).or_default().push(record);
    }

    /// Ids of all records there are.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.lists.lock().unwrap().values().flatten().map(|record| record.id.clone()).collect()
    }

    pub(crate) fn poller(&self, scope: Scope) -> Poller {
        Poller {
            api: Arc::new(self.clone()),
            cursors: Arc::new(self.clone()),
            pipeline: self.world.pipeline(),
            source: &Stub,
            settings: Settings::default(),
            scope,
            pace: Pace { page: 3, page_followed: 2, ..Pace::default() },
        }
    }

    /// Runs one call: the mishap planned for it happens before or after its effect.
    async fn call<T, E>(&self, fault: impl Fn() -> E, effect: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let mishap = {
            let mut calls = self.calls.lock().unwrap();
            calls.made += 1;
            let number = calls.made - 1;
            calls.plan.get(&number).copied()
        };
        match mishap {
            Some(Mishap::DieBefore) => std::future::pending().await,
            Some(Mishap::FailBefore) => return Err(fault()),
            _ => {}
        }
        let done = effect();
        match mishap {
            Some(Mishap::DieAfter) => std::future::pending().await,
            Some(Mishap::FailAfter) => Err(fault()),
            _ => done,
        }
    }

    pub(crate) fn page_of(&self, name: &str, since: Option<&str>, limit: usize) -> String {
        let lists = self.lists.lock().unwrap();
        let mut visible: Vec<&Record> =
            lists.get(name).into_iter().flatten().filter(|record| record.visible_ms <= self.world.now()).collect();
        let place = |record: &Record| format!("{:015}.{}", record.at_ms, record.id);
        visible.sort_by_key(|record| place(record));
        let after = |record: &&Record| match (since, self.paging) {
            (None, _) => true,
            (Some(since), Paging::Time) => record.at_ms >= since.parse().unwrap(),
            (Some(since), _) => place(record).as_str() > since,
        };
        let rest: Vec<&Record> = visible.into_iter().filter(after).collect();
        let page = &rest[..limit.min(rest.len())];
        let next = page.last().filter(|_| rest.len() > limit || self.paging == Paging::TokenAlways).map(|last| {
            let token = if self.paging == Paging::Time { last.at_ms.to_string() } else { place(last) };
            format!(r#""next":"{token}","#)
        });
        let list = if name.starts_with("user/") { "events" } else { "campaignUsers" };
        let bodies: Vec<&str> = page.iter().map(|record| record.body.as_str()).collect();
        format!(r#"{{{}"{list}":[{}]}}"#, next.unwrap_or_default(), bodies.join(","))
    }
}

#[async_trait]
impl Api for Fake {
    async fn page(&self, feed: &Feed, since: Option<&str>, limit: u32) -> Result<Answer, ApiError> {
        self.asked.lock().unwrap().push(feed.to_string());
        if let Some(error) = self.sick.lock().unwrap().get(&feed.to_string()) {
            return Err(error.clone());
        }
        let slow_ms = *self.slow_ms.lock().unwrap();
        if slow_ms > 0 {
            self.world.pass_ms(slow_ms);
        }
        let fault = || ApiError::Unavailable("planned".to_owned());
        let page = self.call(fault, || match self.errors.lock().unwrap().pop() {
            Some(error) => Err(error),
            None => {
                let body = self.page_of(&feed.to_string(), since, limit as usize);
                Ok(Answer { body: body.into(), quota: *self.quota.lock().unwrap() })
            }
        });
        page.await
    }
}

#[async_trait]
impl Cursors for Fake {
    async fn load(&self, name: &str) -> Result<Cursor, Fault> {
        let fault = || Fault { operation: "cursors.load", code: "planned".to_owned(), retry: true };
        self.call(fault, || Ok(self.cursor(name))).await
    }

    async fn save(&self, name: &str, cursor: &Cursor) -> Result<Fenced, Fault> {
        let fault = || Fault { operation: "cursors.save", code: "planned".to_owned(), retry: true };
        let save = self.call(fault, || {
            if self.cursor(name).revision != cursor.revision {
                return Ok(Fenced::Lost);
            }
            let stored = Cursor { revision: cursor.revision + 1, ..cursor.clone() };
            self.cursors.lock().unwrap().insert(name.to_owned(), stored);
            Ok(Fenced::Done)
        });
        save.await
    }
}

/// The event of a fact of a record: its name, and as what the normalizer tells it.
const FACTS: [(&str, EventType); 4] = [
    ("sent", EventType::MessageSent),
    ("view", EventType::MessageViewed),
    ("click", EventType::MessageClicked),
    ("goal", EventType::CampaignGoalReached),
];

/// Reads a record's id, and one event for each of its facts: what they mean is not the poller's business.
#[derive(Debug)]
pub(crate) struct Stub;

impl Source for Stub {
    fn name(&self) -> &'static str {
        "channeltalk"
    }

    fn catalog(&self) -> &'static [Row] {
        &[]
    }

    fn volatile(&self) -> &'static Volatile {
        static VOLATILE: LazyLock<Volatile> = LazyLock::new(Volatile::none);
        &VOLATILE
    }

    fn read(&self, _request: &Request<'_>, text: &str, out: &mut Output<'_>) -> Result<(), Unreadable> {
        let record: serde_json::Value = serde_json::from_str(text)?;
        let Some(id) = record["id"].as_str() else {
            out.reject(RejectReason::MissingField, "id", text.as_bytes());
            return Ok(());
        };
        let mut put = |name: String, kind, at: &str| {
            let data = Data::new(name.clone(), original(text));
            let key = [Text::from(name.as_str()), Text::from(at)];
            let identity = out.identity(None, "record").fields(&[&key[0]], &[&key[1]]).unwrap();
            out.event(&identity, Draft { kind, subject: None, time: None, data });
        };
        let mut facts = FACTS.iter().filter_map(|(name, kind)| Some((name, kind, record[name].as_i64()?))).peekable();
        if facts.peek().is_none() {
            put(id.to_owned(), EventType::Custom, "");
        }
        for (name, kind, at) in facts {
            put(format!("{id}-{name}"), *kind, &at.to_string());
        }
        Ok(())
    }
}
