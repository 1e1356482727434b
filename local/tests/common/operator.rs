//! A deployment to operate on: a local gateway, and its queues and tables seen from beside it.

use std::collections::{BTreeMap, HashMap};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use aws_sdk_sqs::types::QueueAttributeName;

use super::{Running, text, tributary};

pub struct Operated {
    pub running: Running,
    pub local: String,
    /// What `tributary env` prints.
    pub env: BTreeMap<String, String>,
    pub runtime: tokio::runtime::Runtime,
    pub sqs: aws_sdk_sqs::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
}

impl Operated {
    pub fn start() -> Self {
        let running = Running::start(&[]);
        let local = format!("--local=http://127.0.0.1:{}", running.port);
        let output = tributary().args(["env", &local]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let variable = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        let env: BTreeMap<String, String> = text(&output.stdout).lines().filter_map(variable).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        // The clients' connections belong to the runtime.
        let _inside = runtime.enter();
        let sqs = tributary_stack::sqs_client(&env["AWS_ENDPOINT_URL_SQS"]);
        let dynamodb = tributary_stack::dynamodb_client(&env["AWS_ENDPOINT_URL_DYNAMODB"]);
        drop(_inside);
        Self { running, local, env, runtime, sqs, dynamodb }
    }

    /// The queues and tables of a stack, named as the template and CloudFormation name them.
    pub fn make_stack(&self, stack: &str) {
        self.runtime.block_on(async {
            for queue in ["quarantine", "spill", "events"] {
                self.sqs.create_queue().queue_name(format!("{stack}-{queue}")).send().await.unwrap();
            }
            for (table, keys) in [("JournalTable", &["pk", "sk"][..]), ("ClaimsTable", &["pk"])] {
                self.make_table(&format!("{stack}-{table}-1A2B3C"), keys).await;
            }
        });
    }

    pub async fn make_table(&self, name: &str, keys: &[&str]) {
        let mut create = self.dynamodb.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        for (key, kind) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
            let scalar = if keys.len() == 1 { ScalarAttributeType::B } else { ScalarAttributeType::S };
            let attribute = AttributeDefinition::builder().attribute_name(*key).attribute_type(scalar).build();
            let element = KeySchemaElement::builder().attribute_name(*key).key_type(kind).build();
            create = create.attribute_definitions(attribute.unwrap()).key_schema(element.unwrap());
        }
        create.send().await.unwrap();
    }

    /// A command on the local gateway.
    pub fn run(&self, arguments: &[&str]) -> Output {
        tributary().args(arguments).arg(&self.local).stdin(Stdio::null()).output().unwrap()
    }

    /// A command on what the variables name.
    pub fn by_variables(&self) -> Command {
        let mut command = tributary();
        command.envs(&self.env).stdin(Stdio::null());
        command
    }

    pub fn quarantine(&self) -> &str {
        &self.env["TRIBUTARY_QUARANTINE_URL"]
    }

    pub fn send(&self, url: &str, body: &str) {
        let send = self.sqs.send_message().queue_url(url).message_body(body).send();
        self.runtime.block_on(send).unwrap();
    }

    /// Messages that can be received, and those that are hidden.
    pub fn depth(&self, url: &str) -> (usize, usize) {
        use QueueAttributeName as Name;
        let names = [Name::ApproximateNumberOfMessages, Name::ApproximateNumberOfMessagesNotVisible];
        let call = self.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
        let output = self.runtime.block_on(call.send()).unwrap();
        let number = |name: &Name| output.attributes().unwrap()[name].parse().unwrap();
        (number(&names[0]), number(&names[1]))
    }

    /// Bodies by message id, without taking them away.
    pub fn look(&self, url: &str) -> HashMap<String, String> {
        let mut found = HashMap::new();
        let (mut handles, mut empty) = (Vec::new(), 0);
        while empty < 2 {
            let call = self.sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(30);
            let received = self.runtime.block_on(call.send()).unwrap();
            empty = if received.messages().is_empty() { empty + 1 } else { 0 };
            for message in received.messages() {
                found.insert(message.message_id().unwrap().to_owned(), message.body().unwrap().to_owned());
                handles.push(message.receipt_handle().unwrap().to_owned());
            }
        }
        for handle in handles {
            let back = self.sqs.change_message_visibility().queue_url(url).receipt_handle(handle).visibility_timeout(0);
            self.runtime.block_on(back.send()).unwrap();
        }
        found
    }

    /// Takes what is on a queue, until there was nothing new for a while and `enough` says so. Gives the bodies.
    pub fn take(&self, url: &str, patience: Duration, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let (mut bodies, begun, mut quiet) = (Vec::new(), Instant::now(), 0);
        while begun.elapsed() < patience && quiet < 2 {
            let call = self.sqs.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(1);
            let received = self.runtime.block_on(call.send()).unwrap();
            for message in received.messages() {
                bodies.push(message.body().unwrap().to_owned());
                let handle = message.receipt_handle().unwrap();
                let delete = self.sqs.delete_message().queue_url(url).receipt_handle(handle);
                self.runtime.block_on(delete.send()).unwrap();
            }
            quiet = if enough(&bodies) && received.messages().is_empty() { quiet + 1 } else { 0 };
        }
        bodies
    }
}

/// A message as docs/architecture.md describes it, of one piece.
pub fn quarantined(source: &str, path: &str, content_type: &str, reason: &str, body: &str) -> serde_json::Value {
    serde_json::json!({
        "source": source, "path": path, "content_type": content_type, "received": "2026-11-01T08:00:00.125Z",
        "reason": reason, "detail": "line 1 column 1", "part": format!("{:032x}/0", fresh()), "piece": 1, "pieces": 1,
        "text": body,
    })
}

fn fresh() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
