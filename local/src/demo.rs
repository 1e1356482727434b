//! `tributary demo`: the main job, seen.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use tokio::net::TcpListener;
use tributary_events::Event;

use crate::cli::{Demo, print, say};
use crate::server::router;
use crate::table::{shorten, table};
use crate::world::World;

/// Most rounds of receiving nothing before a queue counts as drained.
const EMPTY_ROUNDS: usize = 2;

/// A request as API Gateway's HTTP API hands it to Lambda: payload format 2.0, as far as we need it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorded {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Deserialize)]
struct Context {
    stage: String,
}

impl Recorded {
    /// The path that was sent: API Gateway puts the stage in front of it, and decodes it.
    fn path(&self) -> String {
        tributary_gateway::Path::decoded(&self.raw_path).without_stage(&self.request_context.stage).to_url()
    }
}

/// Totals of a round.
#[derive(Default)]
struct Totals {
    requests: usize,
    new: usize,
    duplicate: usize,
    conflict: usize,
    quarantined: usize,
    refused: usize,
}

/// What the gateway answered.
struct Posted {
    status: StatusCode,
    /// Of the events in the request.
    ids: Vec<String>,
    /// How many share their id with another event.
    conflict: usize,
}

struct Stage {
    world: Arc<World>,
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
    sqs: aws_sdk_sqs::Client,
    /// Every event that came off the queue, by id.
    seen: BTreeMap<String, Event<'static>>,
    rows: Vec<Vec<String>>,
    /// What should not be.
    wrong: Vec<String>,
}

pub(crate) async fn run(options: &Demo) -> Result<ExitCode, String> {
    let files = recorded(&folder(options)?)?;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| format!("no free port: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let world = Arc::new(World::start(Ipv4Addr::LOCALHOST.into(), None, |_| {}).await?);
    let mut stage = Stage {
        client: Client::builder(TokioExecutor::new()).build_http(),
        base: format!("http://{address}"),
        sqs: world.stack.sqs(),
        seen: BTreeMap::new(),
        rows: Vec::new(),
        wrong: Vec::new(),
        world: world.clone(),
    };
    let show = async {
        let first = stage.round(&files).await?;
        let second = stage.round(&files).await?;
        Ok::<_, String>((first, second))
    };
    let server = axum::serve(listener, router(world));
    let (first, second) = tokio::select! {
        shown = show => shown?,
        served = async { server.await } => return Err(format!("the server stopped: {served:?}")),
    };
    let header = ["file", "vendor event", "type", "channel", "subject", ""];
    stage.rows.insert(0, header.map(str::to_owned).to_vec());
    if second.new > 0 {
        stage.wrong.push(format!("{} events were new the second time", second.new));
    }
    print(&table(&stage.rows));
    for (name, totals) in [("first", first), ("second", second)] {
        let Totals { requests, new, duplicate, conflict, quarantined, refused } = totals;
        let conflict = if conflict > 0 { format!(", {conflict} in conflict") } else { String::new() };
        print(&format!(
            "{name} time: {requests} requests, {refused} refused, {new} events new, {duplicate} duplicate{conflict}, {quarantined} parts quarantined"
        ));
    }
    print(&format!("queue: {} events, each once", stage.seen.len()));
    for wrong in &stage.wrong {
        say(&format!("wrong: {wrong}"));
    }
    Ok(if stage.wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Stage {
    async fn round(&mut self, files: &[(String, Recorded)]) -> Result<Totals, String> {
        let mut totals = Totals::default();
        for (name, recorded) in files {
            totals.requests += 1;
            let Posted { status, ids, conflict } =
                self.post(recorded).await.map_err(|error| format!("{name}: {error}"))?;
            let arrived = self.drain_events().await?;
            let queues = self.world.stack.queues();
            let quarantined = drain(&self.sqs, &queues.quarantine).await?;
            if status != StatusCode::OK {
                totals.refused += 1;
                self.row(name, &["-", "-", "-", "-"], &format!("refused: {status}"));
                if !arrived.is_empty() || !quarantined.is_empty() {
                    self.wrong.push(format!("{name} was refused, yet something of it was stored"));
                }
                continue;
            }
            let mut arrived: BTreeSet<String> = arrived.into_iter().collect();
            for id in ids {
                let verdict = if arrived.remove(&id) {
                    totals.new += 1;
                    "new"
                } else if self.seen.contains_key(&id) {
                    totals.duplicate += 1;
                    "duplicate"
                } else {
                    self.wrong.push(format!("{name}: event {id} is not on the queue"));
                    "MISSING"
                };
                self.event_row(name, &id, verdict);
            }
            // By its id it was seen; that it is another event the gateway tells.
            totals.conflict += conflict;
            totals.duplicate = totals.duplicate.saturating_sub(conflict);
            if !arrived.is_empty() {
                self.wrong.push(format!("{name}: {} events of nobody on the queue", arrived.len()));
            }
            for message in quarantined {
                totals.quarantined += 1;
                let message: serde_json::Value = serde_json::from_str(&message).unwrap_or_default();
                let reason = message["reason"].as_str().unwrap_or("unknown").to_owned();
                self.row(name, &["-", "-", "-", "-"], &format!("quarantined: {reason}"));
            }
        }
        Ok(totals)
    }

    fn event_row(&mut self, file: &str, id: &str, verdict: &str) {
        let Some(event) = self.seen.get(id) else { return self.row(file, &["-", "-", "-", "-"], verdict) };
        let cells = [
            event.data.vendor.event.to_string(),
            event.kind.as_str().to_owned(),
            event.data.channel.map_or("-", tributary_events::Channel::as_str).to_owned(),
            event.subject.as_deref().map_or_else(|| "-".to_owned(), shorten),
        ];
        self.row(file, &cells.each_ref().map(String::as_str), verdict);
    }

    fn row(&mut self, file: &str, cells: &[&str; 4], verdict: &str) {
        let mut row = vec![file.to_owned()];
        row.extend(cells.map(str::to_owned));
        row.push(verdict.to_owned());
        self.rows.push(row);
    }

    /// Posts a request.
    async fn post(&self, recorded: &Recorded) -> Result<Posted, String> {
        let body = if recorded.is_base64_encoded {
            base64::engine::general_purpose::STANDARD.decode(&recorded.body).map_err(|error| error.to_string())?
        } else {
            recorded.body.clone().into_bytes()
        };
        let mut uri = format!("{}{}", self.base, recorded.path());
        if !recorded.raw_query_string.is_empty() {
            uri = format!("{uri}?{}", recorded.raw_query_string);
        }
        let mut request = Request::builder().method(Method::POST).uri(uri);
        for (name, value) in &recorded.headers {
            // The recorded request's own host and length are not this one's.
            if !matches!(name.as_str(), "host" | "content-length") {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let response = self.client.request(request).await.map_err(|error| error.to_string())?;
        let ids = response.headers().get("tributary-ids").and_then(|ids| ids.to_str().ok()).unwrap_or_default();
        let ids = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        let conflict = response.headers().get("tributary-conflict").and_then(|count| count.to_str().ok()?.parse().ok());
        let (status, conflict) = (response.status(), conflict.unwrap_or_default());
        response.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok(Posted { status, ids, conflict })
    }

    /// Takes all events off the queue; gives their ids. An id that was there before is wrong.
    async fn drain_events(&mut self) -> Result<Vec<String>, String> {
        let mut ids = Vec::new();
        for message in drain(&self.sqs, &self.world.stack.queues().events).await? {
            let event = Event::parse(&message).map_err(|error| error.to_string())?;
            let id = event.id.to_string();
            if self.seen.insert(id.clone(), event).is_some() {
                self.wrong.push(format!("event {id} was on the queue twice"));
            }
            ids.push(id);
        }
        Ok(ids)
    }
}

/// Takes all messages off a queue.
async fn drain(sqs: &aws_sdk_sqs::Client, url: &str) -> Result<Vec<String>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("the embedded queue does not answer: {error}");
    let mut bodies = Vec::new();
    let mut empty = 0;
    while empty < EMPTY_ROUNDS {
        let received =
            sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(0).send().await;
        let received = received.map_err(|error| failed(&error))?;
        empty = if received.messages().is_empty() { empty + 1 } else { 0 };
        for message in received.messages() {
            let handle = message.receipt_handle().unwrap_or_default();
            sqs.delete_message().queue_url(url).receipt_handle(handle).send().await.map_err(|error| failed(&error))?;
            bodies.extend(message.body().map(str::to_owned));
        }
    }
    Ok(bodies)
}

fn folder(options: &Demo) -> Result<PathBuf, String> {
    let here = Path::new("events").to_owned();
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let folder = match &options.events {
        Some(folder) => folder.clone(),
        None if here.is_dir() => here,
        None => built,
    };
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(format!("{} is no directory; run in the project's folder or give --events DIR", folder.display()))
    }
}

/// Every `<source>/<situation>.json`, in order.
fn recorded(folder: &Path) -> Result<Vec<(String, Recorded)>, String> {
    let mut files = Vec::new();
    for source in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        for path in entries(&source)?.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let recorded = serde_json::from_str(&text)
                .map_err(|error| format!("{}: not an API Gateway request (payload 2.0): {error}", path.display()))?;
            let name = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
            files.push((name.display().to_string(), recorded));
        }
    }
    if files.is_empty() {
        return Err(format!("{} holds no <source>/<situation>.json", folder.display()));
    }
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    // By name without its ending, so that `a` comes before `a-again`.
    paths.sort_by_key(|path| path.with_extension(""));
    Ok(paths)
}
