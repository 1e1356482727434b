//! The built functions on the embedded back ends, with a proxy before each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::front::Front;
use super::function::{Failed, Function};
use super::sandbox::Program;
use crate::Bench;

/// The sources that have a function behind the API.
pub const SOURCES: [&str; 5] = ["altcraft", "carrotquest", "channeltalk", "infobip", "karte"];
/// As in template.yaml.
const TIMEOUT: Duration = Duration::from_secs(20);
const SWEEPER_TIMEOUT: Duration = Duration::from_secs(60);
/// The rules of the local gateway, by source.
const RULES: &str = include_str!("../../../local/dev-auth.json");

/// A deployment.
pub struct Built {
    /// Queues and tables, and the proxies that the functions speak to.
    pub bench: Bench,
    /// The API.
    pub front: Front,
    /// Its functions.
    pub functions: BTreeMap<String, Arc<Function>>,
    sweeper: Function,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Built").field("front", &self.front).finish_non_exhaustive()
    }
}

/// The program of a function.
///
/// # Panics
/// If it is not built.
pub fn program(name: &str, variables: BTreeMap<String, String>) -> Program {
    let folder = std::env::var_os("TRIBUTARY_FUNCTIONS").map_or_else(|| target().join("release"), PathBuf::from);
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not built. Run: bash .ci/run functions", path.display());
    Program { name: name.to_owned(), path, variables }
}

/// Cargo's target directory: this program lies below it, and so do the built functions.
pub fn target() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    here.ancestors().find(|folder| folder.ends_with("debug")).and_then(Path::parent).unwrap_or(&here).to_owned()
}

/// What template.yaml sets for every function, for these back ends; and the rules of a source, if it is one.
pub fn variables(bench: &Bench, source: &str) -> BTreeMap<String, String> {
    let resources = bench.resources();
    let mut variables = BTreeMap::from(
        [
            ("TRIBUTARY_JOURNAL_TABLE", resources.journal_table),
            ("TRIBUTARY_CLAIMS_TABLE", resources.claims_table),
            ("TRIBUTARY_QUEUE_URL", resources.queue_url),
            ("TRIBUTARY_QUARANTINE_URL", resources.quarantine_url),
            ("TRIBUTARY_SPILL_URL", resources.spill_url.unwrap_or_default()),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", bench.dynamodb.url().to_owned()),
            ("AWS_ENDPOINT_URL_SQS", bench.sqs.url().to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let rules: serde_json::Value = serde_json::from_str(RULES).unwrap();
    if let Some(rules) = rules.get(source) {
        variables.insert(format!("TRIBUTARY_{}_AUTH", source.to_ascii_uppercase()), rules.to_string());
    }
    variables
}

impl Built {
    /// Deploys every source and the sweeper.
    pub async fn start() -> Self {
        let bench = Bench::start().await;
        let function = |name: &str, timeout, concurrency| {
            Function::new(program(name, variables(&bench, name)), timeout, concurrency)
        };
        let functions: BTreeMap<_, _> =
            SOURCES.map(|name| (name.to_owned(), Arc::new(function(name, TIMEOUT, 4)))).into();
        let sweeper = function("sweeper", SWEEPER_TIMEOUT, 2);
        let front = Front::start(functions.clone()).await;
        Self { bench, front, functions, sweeper }
    }

    /// One run of the sweeper, as the schedule starts it.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn sweep(&self) -> Result<(), Failed> {
        let event = r#"{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}"#;
        self.sweeper.invoke(event.to_owned()).await.map(drop)
    }

    /// Runs the sweeper until the journal is empty.
    ///
    /// # Panics
    /// If it is not, after five runs of a minute each.
    pub async fn sweep_until_done(&self) {
        for _ in 0..5 {
            if self.bench.open_chunks().await == 0 {
                return;
            }
            self.sweep().await.unwrap();
        }
        panic!("the sweeper does not finish; it said: {:?}", self.sweeper.log());
    }

    /// The sweeper's function.
    pub fn sweeper(&self) -> &Function {
        &self.sweeper
    }
}
