//! What the workspace's tests share: a gateway on real SDK clients, with a proxy before each embedded back end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "only tests use this crate")]

pub mod lambda;
pub mod local;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use tributary_events::Event;
use tributary_gateway::{Call, Gateway, Provider, Rules, Summary};
use tributary_normalize::Settings;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::SystemClock;
use tributary_pipeline::{Deadline, Pipeline, SweepReport};
use tributary_stack::{Proxy, Stack, StackOptions, dynamodb_client, sqs_client};

/// A lease that tests can wait for, yet long enough for a busy machine to finish what it began.
const LEASE_MS: i64 = 45_000;
pub const SECRET: &str = "test";

pub struct Bench {
    pub stack: Stack,
    pub dynamodb: Proxy,
    pub sqs: Proxy,
    pub pipeline: Pipeline,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with_lease(LEASE_MS).await
    }

    pub async fn with_lease(lease_ms: i64) -> Self {
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        let dynamodb = Proxy::start(stack.dynamodb_url()).await.unwrap();
        let sqs = Proxy::start(stack.sqs_url()).await.unwrap();
        let clients = (dynamodb_client(dynamodb.url()), sqs_client(sqs.url()));
        let mut pipeline = with_clients(clients.0, &clients.1, resources(&stack), Arc::new(SystemClock));
        pipeline.settings.lease_ms = lease_ms;
        Self { stack, dynamodb, sqs, pipeline }
    }

    /// Names of the tables and addresses of the queues.
    pub fn resources(&self) -> Resources {
        resources(&self.stack)
    }

    /// A gateway that lets in requests with the test's secret in a header.
    pub fn gateway(&self, source: &str) -> Gateway {
        let rules = format!(r#"{{"rules":[{{"type":"header","name":"x-secret","value":"{SECRET}"}}]}}"#);
        self.gateway_with(source, Provider::fixed(Rules::parse(&rules).unwrap()))
    }

    pub fn gateway_with(&self, source: &str, provider: Provider) -> Gateway {
        Gateway::new(tributary_normalize::find(source).unwrap(), Settings::default(), provider, self.pipeline.clone())
    }

    pub async fn sweep(&self) -> SweepReport {
        self.pipeline.sweep(Deadline { at_ms: i64::MAX }).await
    }

    /// Sweeps until nothing is left, as the schedule would.
    pub async fn sweep_until_done(&self) {
        for _ in 0..150 {
            self.sweep().await;
            if self.open_chunks().await == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        panic!("the sweeper does not finish");
    }

    pub async fn open_chunks(&self) -> usize {
        self.items(&StackOptions::default().journal_table).await
    }

    pub async fn claims(&self) -> usize {
        self.items(&StackOptions::default().claims_table).await
    }

    async fn items(&self, table: &str) -> usize {
        let scan = self.stack.dynamodb().scan().table_name(table).consistent_read(true).send().await.unwrap();
        usize::try_from(scan.count()).unwrap()
    }

    /// Takes all events off the queue, each with the number of its copies.
    pub async fn events(&self) -> BTreeMap<String, usize> {
        let mut copies = BTreeMap::new();
        for message in self.drain(&self.stack.queues().events).await {
            let event = Event::parse(&message).unwrap();
            *copies.entry(event.id.to_string()).or_default() += 1;
        }
        copies
    }

    pub async fn quarantine(&self) -> Vec<Value> {
        let messages = self.drain(&self.stack.queues().quarantine).await;
        messages.iter().map(|message| serde_json::from_str(message).unwrap()).collect()
    }

    async fn drain(&self, url: &str) -> Vec<String> {
        drain(&self.stack.sqs(), url).await
    }

    /// Nothing anywhere: no chunk, no claim, no message.
    pub async fn is_untouched(&self) -> bool {
        let nothing = self.open_chunks().await == 0 && self.claims().await == 0;
        nothing && self.events().await.is_empty() && self.quarantine().await.is_empty()
    }
}

/// Takes all messages off a queue.
pub async fn drain(sqs: &aws_sdk_sqs::Client, url: &str) -> Vec<String> {
    let mut bodies = Vec::new();
    loop {
        let received = sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await.unwrap();
        if received.messages().is_empty() {
            return bodies;
        }
        let mut delete = sqs.delete_message_batch().queue_url(url);
        for (at, message) in received.messages().iter().enumerate() {
            bodies.push(message.body().unwrap().to_owned());
            let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
            delete = delete.entries(entry.receipt_handle(message.receipt_handle().unwrap()).build().unwrap());
        }
        assert!(delete.send().await.unwrap().failed().is_empty());
    }
}

fn resources(stack: &Stack) -> Resources {
    let names = StackOptions::default();
    Resources {
        journal_table: names.journal_table,
        claims_table: names.claims_table,
        queue_url: stack.queues().events.clone(),
        quarantine_url: stack.queues().quarantine.clone(),
        spill_url: Some(stack.queues().spill.clone()),
    }
}

pub fn call() -> Call {
    let now = tributary_pipeline::ports::Clock::now_ms(&SystemClock);
    Call { deadline: Deadline { at_ms: now + 30_000 }, request_id: "test".to_owned() }
}

/// An authentic request.
pub fn post(path: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    Request::post(path).header("x-secret", SECRET).header("content-type", "application/json").body(body.into()).unwrap()
}

pub async fn send(gateway: &Gateway, request: Request<Bytes>) -> (Response<Bytes>, Summary) {
    gateway.handle(request, &call()).await
}

/// Delivery reports of Infobip, in our words: messages `<prefix>-<n>`.
pub fn reports(prefix: &str, numbers: std::ops::Range<usize>) -> String {
    let report = |n| {
        json!({
            "messageId": format!("{prefix}-{n}"),
            "to": "385910000001",
            "sentAt": "2026-11-21T09:30:00.000+0000",
            "doneAt": "2026-11-21T09:30:02.000+0000",
            "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
            "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR"},
        })
    };
    json!({"results": numbers.map(report).collect::<Vec<_>>()}).to_string()
}

pub const REPORTS: &str = "/infobip/sms/DELIVERY";
