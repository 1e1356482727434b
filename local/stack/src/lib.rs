//! What a deployment has in AWS, in one process on one machine: DynamoDB and SQS on ports of their own, with the
//! tables and queues of the gateway made. The functions speak to them with the same SDK clients over the same wire protocols as in
//! Lambda; only the endpoint differs.
//!
//! - DynamoDB is `dynoxide-rs`, served in process. It does not show: permissions, throttling and hot partitions,
//!   eventually consistent reads (every read sees the last write), transaction conflicts, and the real delay of expiry:
//!   an expired item stays until [`Stack::expire_claims`] is called.
//! - SQS is the crate's own, in the module `sqs`. It does not show: permissions and signatures, throttling and the quota
//!   of messages in flight, counts that lag, and a standard queue's copies and reorderings of messages. Its tests are a
//!   contract that runs against other servers too, `tests/sqs_contract.rs`.
//!
//! [`Proxy`] injects what they do not show: throttling, failures, lost replies, delays; and counts calls.
//!
//! Data is in memory, or in a directory: then what was acknowledged survives the death of the process (`kill -9`), though
//! the last moments may not survive a power failure. A directory belongs to one process at a time.

mod clients;
mod provision;
mod proxy;
mod server;
mod sqs;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use dynoxide::Database;
pub use dynoxide::storage_backend::{Clock, ManualClock, SystemClock};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use self::clients::{dynamodb_client, sqs_client};
pub use self::proxy::{Fault, Proxy, Rule};
use self::server::Server;
pub use self::server::url;

/// Hears the body of a message. The sender waits for it, so it must be quick.
pub type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

/// Where the data is, and what things are called.
#[derive(Clone)]
pub struct StackOptions {
    /// The address to listen on, of loopback unless told otherwise. Whoever reaches another one may read and change
    /// everything: nobody proves who he is.
    pub host: IpAddr,
    /// A directory, made if missing, for `dynamodb.sqlite` and `sqs.sqlite`; memory without one.
    pub data_dir: Option<PathBuf>,
    /// Keys `pk` (string) and `sk` (string).
    pub journal_table: String,
    /// Key `pk` (binary), expiry `x`.
    pub claims_table: String,
    /// FIFO, deduplicated within a message group.
    pub events_queue: String,
    /// FIFO; takes events that were received five times.
    pub dead_letter_queue: String,
    /// Standard.
    pub quarantine_queue: String,
    /// Standard.
    pub spill_queue: String,
    /// The time of both stand-ins, for tests that turn it by hand. DynamoDB in a directory keeps to the system's clock.
    pub clock: Arc<dyn Clock>,
    /// Hears each message that is new on the events queue, whoever sent it, once it is stored. A copy that the queue
    /// absorbs is not new.
    pub watcher: Option<Watcher>,
}

impl Default for StackOptions {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            data_dir: None,
            journal_table: "tributary-journal".to_owned(),
            claims_table: "tributary-claims".to_owned(),
            events_queue: "tributary-events.fifo".to_owned(),
            dead_letter_queue: "tributary-events-dlq.fifo".to_owned(),
            quarantine_queue: "tributary-quarantine".to_owned(),
            spill_queue: "tributary-spill".to_owned(),
            clock: SystemClock::arc(),
            watcher: None,
        }
    }
}

impl fmt::Debug for StackOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackOptions")
            .field("host", &self.host)
            .field("data_dir", &self.data_dir)
            .field("journal_table", &self.journal_table)
            .field("claims_table", &self.claims_table)
            .field("events_queue", &self.events_queue)
            .field("dead_letter_queue", &self.dead_letter_queue)
            .field("quarantine_queue", &self.quarantine_queue)
            .field("spill_queue", &self.spill_queue)
            .finish_non_exhaustive()
    }
}

/// Why the stack did not start, or an operation of its own failed.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// The data directory cannot be made, or its name is not UTF-8.
    #[error("cannot use the data directory {path}: {reason}")]
    Directory {
        /// The directory asked for.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// No port of the address can be had.
    #[error("cannot listen on {0}: {1}")]
    Listen(IpAddr, #[source] std::io::Error),
    /// The table database cannot be opened.
    #[error("cannot open the embedded DynamoDB: {0}")]
    Database(String),
    /// Another process uses the data directory.
    #[error("the data directory {path} is in use by another process")]
    InUse {
        /// The directory asked for.
        path: PathBuf,
    },
    /// The queue database cannot be opened.
    #[error("cannot open the embedded SQS: {0}")]
    Queue(String),
    /// A table or queue cannot be made.
    #[error("cannot make {name}: {reason}")]
    Provision {
        /// Of the table or queue.
        name: String,
        /// What the stand-in says.
        reason: String,
    },
}

/// URLs of the gateway's queues. They hold for the life of the stack; after a restart the port differs, and the stand-in
/// goes by the last part of the path only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queues {
    /// Unified events, FIFO.
    pub events: String,
    /// Events received too often, FIFO.
    pub dead_letters: String,
    /// Requests and parts that could not be normalized.
    pub quarantine: String,
    /// Chunks the journal could not take.
    pub spill: String,
}

/// The running pair. Dropping it closes everything at once, as the death of the process would.
pub struct Stack {
    dynamodb: DynamoDb,
    sqs: Server,
    queues: Queues,
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack")
            .field("dynamodb_url", &self.dynamodb.url)
            .field("sqs_url", &self.sqs.url())
            .field("queues", &self.queues)
            .finish_non_exhaustive()
    }
}

impl Stack {
    /// Starts both stand-ins on free ports and makes what is missing of tables and queues.
    ///
    /// # Errors
    ///
    /// If the data directory cannot be used, is in use by another process, or holds a queue of other attributes.
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        if let Some(directory) = &options.data_dir {
            let mut builder = tokio::fs::DirBuilder::new();
            builder.recursive(true);
            // For the owner only: events are personal data.
            #[cfg(unix)]
            builder.mode(0o700);
            builder
                .create(directory)
                .await
                .map_err(|error| StackError::Directory { path: directory.clone(), reason: error.to_string() })?;
        }
        let watcher = options.watcher.clone();
        let watch = watcher.map(|watcher| sqs::Watch { queue: options.events_queue.clone(), watcher });
        // First, because it locks the directory.
        let queue_file = options.data_dir.as_ref().map(|directory| directory.join("sqs.sqlite"));
        let sqs = sqs::start(options.host, queue_file.as_deref(), Arc::clone(&options.clock), watch).await?;
        let dynamodb = DynamoDb::start(&options).await?;
        provision::tables(&dynamodb_client(&dynamodb.url), &options).await?;
        let queues = provision::queues(&sqs_client(sqs.url()), &options).await?;
        Ok(Self { dynamodb, sqs, queues })
    }

    /// `http://127.0.0.1:<port>`, or with the address of the options.
    pub fn dynamodb_url(&self) -> &str {
        &self.dynamodb.url
    }

    /// `http://127.0.0.1:<port>`, or with the address of the options.
    pub fn sqs_url(&self) -> &str {
        self.sqs.url()
    }

    /// A client with connections of its own.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        dynamodb_client(self.dynamodb_url())
    }

    /// A client with connections of its own.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        sqs_client(self.sqs_url())
    }

    /// Where the gateway's queues are.
    pub fn queues(&self) -> &Queues {
        &self.queues
    }

    /// Deletes the claims whose time is over, which the real service does by itself within days. Gives their number.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub fn expire_claims(&self) -> Result<usize, StackError> {
        self.dynamodb.database.sweep_ttl().map_err(|error| StackError::Database(error.to_string()))
    }

    /// Lets requests under way end, wakes receives that wait, and closes the databases.
    pub async fn shutdown(self) {
        let Self { dynamodb, sqs, .. } = self;
        tokio::join!(dynamodb.shutdown(), sqs.shutdown());
    }
}

struct DynamoDb {
    url: String,
    database: Database,
    stop: oneshot::Sender<()>,
    task: JoinSet<()>,
}

impl DynamoDb {
    async fn start(options: &StackOptions) -> Result<Self, StackError> {
        let database = match &options.data_dir {
            None => Database::memory_with_clock(Arc::clone(&options.clock)),
            Some(directory) => {
                let file = directory.join("dynamodb.sqlite");
                let file = file.to_str().ok_or_else(|| StackError::Directory {
                    path: directory.clone(),
                    reason: "its name is not UTF-8".to_owned(),
                })?;
                Database::new(file)
            }
        };
        let database = database.map_err(|error| StackError::Database(error.to_string()))?;
        let (listener, url) =
            server::listen(options.host).await.map_err(|error| StackError::Listen(options.host, error))?;
        let (stop, stopped) = oneshot::channel();
        let mut task = JoinSet::new();
        let served = database.clone();
        task.spawn(async move {
            let stopped = async move {
                // A sender that is gone stops the server as well.
                let _ = stopped.await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, served, stopped).await {
                tracing::error!(%error, "the embedded DynamoDB ended");
            }
        });
        Ok(Self { url, database, stop, task })
    }

    async fn shutdown(mut self) {
        let _ = self.stop.send(());
        if tokio::time::timeout(server::GRACE, self.task.join_next()).await.is_err() {
            self.task.shutdown().await;
        }
    }
}
