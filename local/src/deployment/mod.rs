//! Which deployment a command is for, and where its tables and queues are.

mod aws;
pub(crate) mod gateway;
pub(crate) mod plain;
mod stack;
pub(crate) mod trouble;

use aws_config::SdkConfig;
use aws_sdk_sqs::types::QueueAttributeName;
use tributary_pipeline::aws::Resources;

use self::trouble::{Trouble, Why, trouble};
use crate::cli::{Place, Queue};
use crate::info::Info;

/// A deployment, and clients that reach it.
pub(crate) struct Deployment {
    pub(crate) kind: Kind,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    /// Of AWS, or of whatever the endpoint variables name; none for the local gateway.
    pub(crate) config: Option<SdkConfig>,
}

pub(crate) enum Kind {
    /// A stack of the template, by its name.
    Stack(String),
    /// The local gateway, and its URL.
    Local(Box<Info>, String),
    /// What the functions' variables name.
    Environment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Journal,
    Claims,
}

impl Table {
    /// Its logical id in the template.
    pub(crate) fn logical_id(self) -> &'static str {
        match self {
            Self::Journal => "JournalTable",
            Self::Claims => "ClaimsTable",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Self::Journal => "TRIBUTARY_JOURNAL_TABLE",
            Self::Claims => "TRIBUTARY_CLAIMS_TABLE",
        }
    }
}

impl Queue {
    fn variable(self) -> &'static str {
        match self {
            Self::Events | Self::DeadLetters => "TRIBUTARY_QUEUE_URL",
            Self::Quarantine => "TRIBUTARY_QUARANTINE_URL",
            Self::Spill => "TRIBUTARY_SPILL_URL",
        }
    }
}

impl Deployment {
    /// Finds it. No table or queue is looked for yet, but credentials are there and a local gateway answers.
    pub(crate) async fn find(place: &Place) -> Result<Self, String> {
        if let Some(url) = &place.local {
            let info = gateway::info(url).await?;
            return Ok(Self {
                dynamodb: tributary_stack::dynamodb_client(&info.endpoints.dynamodb),
                sqs: tributary_stack::sqs_client(&info.endpoints.sqs),
                kind: Kind::Local(Box::new(info), url.clone()),
                config: None,
            });
        }
        let kind = match &place.stack {
            Some(name) => Kind::Stack(name.clone()),
            None if variable("TRIBUTARY_QUEUE_URL").is_some() || variable("TRIBUTARY_JOURNAL_TABLE").is_some() => {
                Kind::Environment
            }
            None => {
                return Err(
                    "which deployment? --stack NAME for one on AWS, --local for the gateway on this machine, or \
                            the functions' variables (TRIBUTARY_JOURNAL_TABLE, TRIBUTARY_QUEUE_URL ...)"
                        .to_owned(),
                );
            }
        };
        let config = aws::config().await?;
        Ok(Self {
            kind,
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            config: Some(config),
        })
    }

    /// In words, for a heading.
    pub(crate) fn name(&self) -> String {
        let region = self.config.as_ref().and_then(SdkConfig::region).map_or("?", AsRef::as_ref);
        match &self.kind {
            Kind::Stack(name) => format!("stack {name} in {region}"),
            Kind::Local(_, url) => format!("local gateway at {url}"),
            Kind::Environment => format!("what the variables name, in {region}"),
        }
    }

    pub(crate) fn is_local(&self) -> bool {
        matches!(self.kind, Kind::Local(..))
    }

    /// The name of a table.
    pub(crate) async fn table(&self, table: Table) -> Result<String, Trouble> {
        match &self.kind {
            Kind::Stack(stack) => stack::table(&self.dynamodb, &self.sqs, stack, table).await,
            Kind::Local(info, _) => Ok(match table {
                Table::Journal => info.tables.journal.clone(),
                Table::Claims => info.tables.claims.clone(),
            }),
            Kind::Environment => required(table.variable()),
        }
    }

    /// The URL of a queue.
    pub(crate) async fn queue(&self, queue: Queue) -> Result<String, Trouble> {
        match &self.kind {
            Kind::Local(info, _) => Ok(match queue {
                Queue::Events => &info.queues.events,
                Queue::DeadLetters => &info.queues.dead_letters,
                Queue::Quarantine => &info.queues.quarantine,
                Queue::Spill => &info.queues.spill,
            }
            .clone()),
            Kind::Environment | Kind::Stack(_) if queue == Queue::DeadLetters => self.dead_letters().await,
            Kind::Stack(name) => stack::queue(&self.sqs, name, queue).await,
            Kind::Environment => required(queue.variable()),
        }
    }

    /// Where the events queue sends what a consumer fails on.
    async fn dead_letters(&self) -> Result<String, Trouble> {
        let events = match &self.kind {
            Kind::Stack(name) => stack::queue(&self.sqs, name, Queue::Events).await?,
            _ => required(Queue::Events.variable())?,
        };
        let call =
            self.sqs.get_queue_attributes().queue_url(&events).attribute_names(QueueAttributeName::RedrivePolicy);
        let output = call.send().await.map_err(|error| trouble("sqs:GetQueueAttributes", &error))?;
        let policy = output.attributes().and_then(|all| all.get(&QueueAttributeName::RedrivePolicy));
        let name = policy.and_then(|policy| dead_letter_queue(policy)).ok_or_else(|| {
            Trouble::new(Why::Missing, "the events queue has no dead-letter queue: deploy the template again")
        })?;
        let call = self.sqs.get_queue_url().queue_name(name);
        let output = call.send().await.map_err(|error| trouble("sqs:GetQueueUrl", &error))?;
        Ok(output.queue_url().unwrap_or_default().to_owned())
    }

    /// What it takes to accept events as the functions do.
    pub(crate) async fn resources(&self) -> Result<Resources, Trouble> {
        let spill = match self.queue(Queue::Spill).await {
            Ok(url) => Some(url),
            // Optional for the functions, too.
            Err(_) if matches!(self.kind, Kind::Environment) => None,
            Err(trouble) => return Err(trouble),
        };
        Ok(Resources {
            journal_table: self.table(Table::Journal).await?,
            claims_table: self.table(Table::Claims).await?,
            queue_url: self.queue(Queue::Events).await?,
            quarantine_url: self.queue(Queue::Quarantine).await?,
            spill_url: spill,
        })
    }
}

/// The name of the queue in a redrive policy: the last part of its ARN.
fn dead_letter_queue(policy: &str) -> Option<String> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    policy["deadLetterTargetArn"].as_str()?.rsplit(':').next().map(str::to_owned)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn required(name: &'static str) -> Result<String, Trouble> {
    variable(name).ok_or_else(|| {
        let text =
            format!("{name} is not set: the functions' variables name a deployment together; or say --stack NAME");
        Trouble::new(Why::Missing, text)
    })
}
