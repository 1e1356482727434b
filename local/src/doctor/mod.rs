//! `tributary doctor`

mod backlog;
mod clock;
mod deep;
mod queues;
mod report;
mod rights;
mod secrets;
mod tables;

pub(crate) use self::clock::may_drive;

use std::process::ExitCode;

use self::report::Report;
use crate::cli::{Doctor, Queue, print};
use crate::deployment::trouble::Trouble;
use crate::deployment::{Deployment, Kind, Table};

/// Names of tables and URLs of queues, as far as they were found.
struct Found {
    deployment: Deployment,
    journal: Result<String, Trouble>,
    claims: Result<String, Trouble>,
    queues: [(Queue, Result<String, Trouble>); 4],
}

impl Found {
    /// What a check says that needs a table or queue which another check reports as missing.
    fn queue(&self, wanted: Queue) -> Option<&String> {
        self.queues.iter().find(|(queue, _)| *queue == wanted)?.1.as_ref().ok()
    }
}

pub(crate) async fn run(options: &Doctor) -> Result<ExitCode, String> {
    let deployment = Deployment::find(&options.place).await?;
    if options.deep && matches!(deployment.kind, Kind::Environment) {
        return Err("--deep needs a stack with all that belongs to it: --stack NAME; or --local".to_owned());
    }
    print(&format!("{}\n", deployment.name()));
    let mut report = Report::default();
    // First, for where nothing answers every other check would wait in vain.
    if clock::check(&deployment, &mut report).await {
        let found = find(deployment).await;
        tables::check(&found, &mut report).await;
        queues::check(&found, &mut report).await;
        secrets::check(&found.deployment, &mut report).await;
        backlog::check(&found, &mut report).await;
        rights::check(&found, &mut report).await;
        if options.deep {
            deep::check(&found, &mut report).await;
        }
    }
    Ok(report.finish())
}

async fn find(deployment: Deployment) -> Found {
    let url = |queue| deployment.queue(queue);
    let (journal, claims, events, dead_letters, quarantine, spill) = tokio::join!(
        deployment.table(Table::Journal),
        deployment.table(Table::Claims),
        url(Queue::Events),
        url(Queue::DeadLetters),
        url(Queue::Quarantine),
        url(Queue::Spill),
    );
    Found {
        journal,
        claims,
        queues: [
            (Queue::Events, events),
            (Queue::DeadLetters, dead_letters),
            (Queue::Quarantine, quarantine),
            (Queue::Spill, spill),
        ],
        deployment,
    }
}

/// What a queue is called in the report.
fn name(queue: Queue) -> &'static str {
    match queue {
        Queue::Events => "events queue",
        Queue::DeadLetters => "dead-letter queue",
        Queue::Quarantine => "quarantine queue",
        Queue::Spill => "spill queue",
    }
}
