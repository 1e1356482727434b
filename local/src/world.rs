//! Everything behind the port: embedded back ends, and a gateway for each source.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tributary_gateway::{Gateway, Provider, Rules, from_env, settings_from_env};
use tributary_normalize::SOURCES;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::SystemClock;
use tributary_pipeline::{Pipeline, Settings};
use tributary_stack::{Stack, StackOptions, Watcher};

use crate::feed::Feed;
use crate::info::{Endpoints, Info, Queues, Tables};

/// Rules for local use, known to everybody: one of several a source, so that each way can be tried.
const DEV_AUTH: &str = include_str!("../dev-auth.json");
/// Local requests end sooner than Lambda's, so leases do too: a restart after a crash need not wait half a minute.
/// The rule stays: a lease is longer than a request may take.
pub(crate) const REQUEST_MS: i64 = 5_000;
const LEASE_MS: i64 = 15_000;

/// The stand-ins take any; a client must name one.
const REGION: &str = "us-east-1";

pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) pipeline: Pipeline,
    pub(crate) gateways: BTreeMap<&'static str, Gateway>,
    /// Sources that use the rules everybody knows.
    pub(crate) dev: Vec<&'static str>,
    /// Tells what reaches the queue.
    pub(crate) feed: Feed,
}

impl World {
    /// Starts the back ends and makes a gateway for each source. `each` hears every event that reaches the queue, also
    /// those that other programs send.
    pub(crate) async fn start(
        host: IpAddr,
        data: Option<PathBuf>,
        each: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let feed = Feed::new();
        let fed = feed.clone();
        let watcher: Watcher = Arc::new(move |event| {
            fed.tell(event);
            each(event);
        });
        let options = StackOptions { host, data_dir: data, watcher: Some(watcher), ..StackOptions::default() };
        let resources = |stack: &Stack| Resources {
            journal_table: StackOptions::default().journal_table,
            claims_table: StackOptions::default().claims_table,
            queue_url: stack.queues().events.clone(),
            quarantine_url: stack.queues().quarantine.clone(),
            spill_url: Some(stack.queues().spill.clone()),
        };
        let stack = Stack::start(options).await.map_err(|error| error.to_string())?;
        let mut pipeline = with_clients(stack.dynamodb(), &stack.sqs(), resources(&stack), Arc::new(SystemClock));
        pipeline.settings = Settings { lease_ms: LEASE_MS, ..Settings::default() };
        let mut gateways = BTreeMap::new();
        let mut dev = Vec::new();
        for source in SOURCES {
            let name = source.name();
            let mut provider = from_env(name, None);
            if provider.is_missing() {
                provider = Provider::fixed(dev_rules(name)?);
                dev.push(name);
            }
            gateways.insert(name, Gateway::new(*source, settings_from_env(name), provider, pipeline.clone()));
        }
        Ok(Self { stack, pipeline, gateways, dev, feed })
    }

    /// What the gateway tells of itself.
    pub(crate) fn info(&self) -> Info {
        let (names, queues) = (StackOptions::default(), self.stack.queues());
        let rules = |source: &&'static str| Some(((*source).to_owned(), all_dev_rules().ok()?.get(*source)?.clone()));
        Info {
            region: REGION.to_owned(),
            endpoints: Endpoints {
                dynamodb: self.stack.dynamodb_url().to_owned(),
                sqs: self.stack.sqs_url().to_owned(),
            },
            tables: Tables { journal: names.journal_table, claims: names.claims_table },
            queues: Queues {
                events: queues.events.clone(),
                dead_letters: queues.dead_letters.clone(),
                quarantine: queues.quarantine.clone(),
                spill: queues.spill.clone(),
            },
            auth: self.dev.iter().filter_map(rules).collect(),
        }
    }
}

fn all_dev_rules() -> Result<serde_json::Value, String> {
    serde_json::from_str(DEV_AUTH).map_err(|error| format!("dev-auth.json: {error}"))
}

fn dev_rules(source: &str) -> Result<Rules, String> {
    let all = all_dev_rules()?;
    let rules = all.get(source).ok_or_else(|| format!("dev-auth.json has no rules for {source}"))?;
    Rules::parse(&rules.to_string()).map_err(|error| format!("dev-auth.json, {source}: {error}"))
}
