//! A queue service for one machine: the JSON protocol of Amazon SQS on a port of its own, its state in SQLite.
//!
//! It serves `CreateQueue`, `GetQueueUrl`, `ListQueues`, `GetQueueAttributes`, `SetQueueAttributes`, `DeleteQueue`,
//! `PurgeQueue`, `SendMessage`, `ReceiveMessage`, `DeleteMessage`, `ChangeMessageVisibility` and the batches of the last
//! three kinds. What it does not show of the real service:
//!
//! - permissions and signatures: every caller may do everything;
//! - throttling and the quota of messages in flight (120,000): nothing is ever refused for its rate;
//! - eventual consistency: the counts of a queue are exact, a new queue is there at once, a deleted one may be made
//!   again at once;
//! - a standard queue's freedom to deliver a message twice or out of order, and to return fewer messages than there are;
//! - `ReceiveRequestAttemptId` is read over; move tasks, tags, permissions and encryption are not served.
//!
//! Faults of these kinds are injected by [`Proxy`](crate::Proxy).

mod digest;
mod errors;
mod limits;
mod messages;
mod protocol;
mod queues;
mod store;

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use uuid::Uuid;

use self::errors::{Fault, Kind};
use self::protocol::{
    Batch, BatchAnswer, Done, Entry, Failed, Outgoing, Receipt, ReceiveMessage, Sent, Settled, Target,
};
use self::queues::Queue;
use self::store::Store;
use crate::server::{Answer, Dropped, Server};
use crate::{Clock, StackError, Watcher};

/// The account in the path of a queue's URL.
const ACCOUNT: &str = "000000000000";
const TARGET_PREFIX: &str = "AmazonSQS.";
/// A full batch, with every character escaped.
const MAX_REQUEST: usize = 16 * 1024 * 1024;
/// The longest wait of a receive, in seconds.
const MAX_WAIT: i64 = 20;
/// How often a waiting receive looks for messages that appear by time passing, which nobody announces.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Who is told of each message that is new on a queue, by the queue's name.
pub(crate) struct Watch {
    pub(crate) queue: String,
    pub(crate) watcher: Watcher,
}

/// Opens the queues, in a file or in memory, and serves them.
pub(crate) async fn start(
    host: IpAddr,
    path: Option<&Path>,
    clock: Arc<dyn Clock>,
    watch: Option<Watch>,
) -> Result<Server, StackError> {
    let file = path.map(Path::to_owned);
    let store = tokio::task::spawn_blocking(move || Store::open(file.as_deref(), clock))
        .await
        .map_err(|error| StackError::Queue(error.to_string()))?
        .map_err(|error| match (error.sqlite_error_code(), path.and_then(Path::parent)) {
            (Some(rusqlite::ErrorCode::DatabaseBusy), Some(directory)) => {
                StackError::InUse { path: directory.to_owned() }
            }
            _ => StackError::Queue(error.to_string()),
        })?;
    Server::start(host, |base, stopping| {
        let service = Arc::new(Service {
            store: Arc::new(store),
            base,
            watch: watch.map(Arc::new),
            changed: Notify::new(),
            stopping,
        });
        move |request| {
            let service = Arc::clone(&service);
            async move { service.answer(request).await }
        }
    })
    .await
    .map_err(|error| StackError::Listen(host, error))
}

struct Service {
    store: Arc<Store>,
    /// Where queue URLs start.
    base: String,
    watch: Option<Arc<Watch>>,
    /// Wakes receives that wait.
    changed: Notify,
    stopping: watch::Receiver<bool>,
}

impl Service {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Answer>, Dropped> {
        let answer = self.dispatch(request).await;
        let (status, query_error, body) = match answer {
            Ok(body) => (http::StatusCode::OK, None, body),
            Err(fault) => {
                let at_fault = if fault.is_sender() { "Sender" } else { "Receiver" };
                let body = protocol::ErrorBody { shape: fault.shape(), message: fault.message() };
                let body = serde_json::to_string(&body).unwrap_or_default();
                (fault.status(), Some(format!("{};{at_fault}", fault.code())), body)
            }
        };
        let mut response = Response::new(Answer::new(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0"));
        let told = [("x-amzn-requestid", Some(Uuid::new_v4().to_string())), ("x-amzn-query-error", query_error)];
        for (name, value) in told {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        Ok(response)
    }

    async fn dispatch(&self, request: Request<Incoming>) -> Result<String, Fault> {
        // A page in a browser cannot set this header without asking first, and is not answered then.
        let operation = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = operation.and_then(|target| target.strip_prefix(TARGET_PREFIX)).unwrap_or_default().to_owned();
        let body = Limited::new(request.into_body(), MAX_REQUEST)
            .collect()
            .await
            .map_err(|_| Fault::new(Kind::Serialization, "The request is not readable to its end."))?
            .to_bytes();
        if operation == "ReceiveMessage" {
            return self.receive(body).await;
        }
        let mut told = Told { watch: self.watch.clone(), bodies: Vec::new() };
        let base = self.base.clone();
        let (answer, told) =
            self.call(move |db, now| Ok((operate(db, now, &base, &operation, &body, &mut told)?, told))).await?;
        self.changed.notify_waiters();
        told.tell();
        Ok(answer)
    }

    /// Looks at once, then waits for a change until the time is over.
    async fn receive(&self, body: Bytes) -> Result<String, Fault> {
        let target: Target = serde_json::from_slice(&body)?;
        let request: Arc<ReceiveMessage> = Arc::new(serde_json::from_slice(&body)?);
        let url: Arc<str> = target.queue_url.unwrap_or_default().into();
        let started = Instant::now();
        let mut stopping = self.stopping.clone();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let (asked, url) = (Arc::clone(&request), Arc::clone(&url));
            let (wait, messages) = self
                .call(move |db, now| {
                    let queue = queues::by_url(db, Some(&url))?;
                    let wait = match asked.wait_time_seconds {
                        Some(wait) => limits::seconds("WaitTimeSeconds", wait, MAX_WAIT)?,
                        None => queue.number("ReceiveMessageWaitTimeSeconds"),
                    };
                    Ok((wait, messages::receive(db, now, &queue, &asked)?))
                })
                .await?;
            let left = Duration::from_secs(wait.unsigned_abs()).saturating_sub(started.elapsed());
            if !messages.is_empty() || left.is_zero() || *stopping.borrow() {
                return Ok(serde_json::to_string(&protocol::Messages { messages })?);
            }
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
                _ = stopping.changed() => {}
            }
        }
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, i64) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || store.call(work)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call of the embedded queue did not end");
            Err(Fault::new(Kind::InternalFailure, "The call did not end."))
        })
    }
}

/// What a call has put on the watched queue. The watcher hears of it once it is stored.
struct Told {
    watch: Option<Arc<Watch>>,
    bodies: Vec<String>,
}

impl Told {
    /// Sends, and keeps what is new.
    fn send(&mut self, db: &Transaction<'_>, now: i64, queue: &Queue, message: &Outgoing) -> Result<Sent, Fault> {
        let sent = messages::send(db, now, queue, message)?;
        if sent.is_new && self.watch.as_ref().is_some_and(|watch| watch.queue == queue.name) {
            self.bodies.extend(message.message_body.clone());
        }
        Ok(sent)
    }

    fn tell(self) {
        if let Some(watch) = self.watch {
            self.bodies.iter().for_each(|body| (watch.watcher)(body));
        }
    }
}

/// Every operation but `ReceiveMessage`.
fn operate(
    db: &Transaction<'_>,
    now: i64,
    base: &str,
    operation: &str,
    body: &[u8],
    told: &mut Told,
) -> Result<String, Fault> {
    let url = |name: &str| format!("{base}/{ACCOUNT}/{name}");
    let queue = || queues::by_url(db, read::<Target>(body)?.queue_url.as_deref());
    match operation {
        "CreateQueue" => {
            let queue = queues::create(db, now, read(body)?)?;
            write(&protocol::QueueUrl { queue_url: url(&queue.name) })
        }
        "GetQueueUrl" => {
            let name = read::<protocol::GetQueueUrl>(body)?.queue_name.ok_or_else(|| Fault::missing("QueueName"))?;
            write(&protocol::QueueUrl { queue_url: url(&queues::by_name(db, &name)?.name) })
        }
        "ListQueues" => {
            let (names, next_token) = queues::list(db, &read(body)?)?;
            write(&protocol::QueueUrls { queue_urls: names.iter().map(|name| url(name)).collect(), next_token })
        }
        "GetQueueAttributes" => {
            let names = read::<protocol::GetQueueAttributes>(body)?.attribute_names;
            write(&protocol::QueueAttributes { attributes: queues::attributes(db, now, &queue()?, &names)? })
        }
        "SetQueueAttributes" => {
            queues::set_attributes(db, now, queue()?, read::<protocol::SetQueueAttributes>(body)?.attributes)?;
            write(&Done {})
        }
        "DeleteQueue" => {
            queues::delete(db, &queue()?)?;
            write(&Done {})
        }
        "PurgeQueue" => {
            queues::purge(db, now, &queue()?)?;
            write(&Done {})
        }
        "SendMessage" => {
            let (queue, message) = (queue()?, read::<Outgoing>(body)?);
            limits::ordering(&queue, &message)?;
            write(&told.send(db, now, &queue, &message)?)
        }
        "SendMessageBatch" => {
            let (queue, batch) = (queue()?, read::<Batch<Outgoing>>(body)?);
            limits::send_batch(&queue, &batch.entries)?;
            write(&each(&batch.entries, |message| told.send(db, now, &queue, message))?)
        }
        "DeleteMessage" => {
            messages::delete(db, now, &queue()?, read::<Receipt>(body)?.receipt_handle.as_deref())?;
            write(&Done {})
        }
        "DeleteMessageBatch" => settle(body, &queue()?, |queue, receipt| {
            messages::delete(db, now, queue, receipt.receipt_handle.as_deref())
        }),
        "ChangeMessageVisibility" => {
            let receipt: Receipt = read(body)?;
            let (handle, timeout) = (receipt.receipt_handle.as_deref(), receipt.visibility_timeout);
            messages::change_visibility(db, now, &queue()?, handle, timeout)?;
            write(&Done {})
        }
        "ChangeMessageVisibilityBatch" => settle(body, &queue()?, |queue, receipt| {
            let (handle, timeout) = (receipt.receipt_handle.as_deref(), receipt.visibility_timeout);
            messages::change_visibility(db, now, queue, handle, timeout)
        }),
        _ => Err(Fault::new(Kind::UnknownOperation, "The operation is not served.")),
    }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Fault> {
    Ok(serde_json::from_slice(body)?)
}

fn write<T: Serialize>(answer: &T) -> Result<String, Fault> {
    Ok(serde_json::to_string(answer)?)
}

/// A batch of receipts, each settled for itself.
fn settle(
    body: &[u8],
    queue: &Queue,
    mut work: impl FnMut(&Queue, &Receipt) -> Result<(), Fault>,
) -> Result<String, Fault> {
    let batch: Batch<Receipt> = read(body)?;
    limits::batch(&batch.entries)?;
    write(&each(&batch.entries, |receipt| work(queue, receipt).map(|()| Settled { id: receipt.id.clone() }))?)
}

/// Works on each entry; one that is refused does not touch the others, a failure of our own ends the call.
fn each<E: Entry, T>(entries: &[E], mut work: impl FnMut(&E) -> Result<T, Fault>) -> Result<BatchAnswer<T>, Fault> {
    let mut answer = BatchAnswer { successful: Vec::new(), failed: Vec::new() };
    for entry in entries {
        match work(entry) {
            Ok(done) => answer.successful.push(done),
            Err(fault) if fault.is_sender() => answer.failed.push(Failed {
                id: entry.id().to_owned(),
                sender_fault: true,
                code: fault.entry_code(),
                message: fault.message().to_owned(),
            }),
            Err(fault) => return Err(fault),
        }
    }
    Ok(answer)
}
