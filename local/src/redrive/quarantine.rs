//! `tributary redrive quarantine`

use std::process::ExitCode;
use std::sync::Arc;

use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::join_all;
use tributary_gateway::{Reopened, reopen, reopen_as_new, settings_from_env};
use tributary_pipeline::ports::SystemClock;
use tributary_pipeline::{Accepted, Deadline, Pipeline, aws};

use super::Progress;
use super::parts::{Part, Parts};
use super::tally::Tally;
use crate::cli::{Queue, RedriveQuarantine, complain, print, say};
use crate::deployment::Deployment;
use crate::deployment::trouble::trouble;
use crate::doctor::may_drive;
use crate::interrupt::Interrupt;

/// A part has as long as a request.
const PART_MS: i64 = 20_000;
/// What a shell reports of a command that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

pub(super) async fn run(options: &RedriveQuarantine) -> Result<ExitCode, String> {
    if let Some(source) = &options.source
        && tributary_normalize::find(source).is_none()
    {
        return Err(crate::normalize::unknown_source(source));
    }
    let deployment = Deployment::find(&options.place).await?;
    let url = deployment.queue(Queue::Quarantine).await?;
    let pipeline = if options.apply {
        may_drive(&deployment).await?;
        let resources = deployment.resources().await?;
        let clock = Arc::new(SystemClock);
        Some(aws::with_clients(deployment.dynamodb.clone(), &deployment.sqs, resources, clock))
    } else {
        None
    };
    say(&format!("quarantine of {}: {}", deployment.name(), if options.apply { "redrive" } else { "dry run" }));
    if let Some(hidden) = hidden(&deployment, &url).await? {
        say(&format!(
            "{hidden} messages are hidden now, by another reader or by a run that was killed: run again in a minute for those"
        ));
    }
    let mut walk = Walk {
        options,
        pipeline,
        parts: Parts::new(deployment.sqs.clone(), url, options.hold),
        tally: Tally::default(),
        taken: 0,
    };
    let ended = walk.run().await;
    walk.parts.give_back().await;
    walk.report();
    match ended? {
        Ended::Interrupted => {
            say("interrupted; run it again to go on: nothing is lost or doubled");
            Ok(ExitCode::from(INTERRUPTED))
        }
        Ended::Over if walk.tally.failures.is_empty() => Ok(ExitCode::SUCCESS),
        Ended::Over => Ok(ExitCode::FAILURE),
    }
}

/// How many messages somebody else has received and not settled.
async fn hidden(deployment: &Deployment, url: &str) -> Result<Option<u64>, String> {
    let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    let call = deployment.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone());
    let output = call.send().await.map_err(|error| trouble("sqs:GetQueueAttributes", &error))?;
    let count: Option<u64> = output.attributes().and_then(|all| all.get(&name)?.parse().ok());
    Ok(count.filter(|count| *count > 0))
}

enum Ended {
    Over,
    Interrupted,
}

struct Walk<'o> {
    options: &'o RedriveQuarantine,
    /// None in a dry run: then there is nothing to write with.
    pipeline: Option<Pipeline>,
    parts: Parts,
    tally: Tally,
    /// Parts that passed the filters.
    taken: u64,
}

impl Walk<'_> {
    async fn run(&mut self) -> Result<Ended, String> {
        let mut interrupt = Interrupt::new().await;
        let mut progress = Progress::new();
        while !self.parts.is_over() && self.limit_left() > 0 {
            if interrupt.came().await {
                return Ok(Ended::Interrupted);
            }
            let parts = self.parts.next().await?;
            let left = usize::try_from(self.limit_left()).unwrap_or(usize::MAX);
            let chosen: Vec<Part> = parts.into_iter().filter(|part| self.is_wanted(part)).take(left).collect();
            self.taken += u64::try_from(chosen.len()).unwrap_or(u64::MAX);
            let done = join_all(chosen.iter().map(|part| one(part, self.pipeline.as_ref(), self.options.as_new))).await;
            for (part, done) in chosen.iter().zip(done) {
                self.settle(part, done).await;
            }
            progress.tell(|| {
                let sum = self.tally.sum();
                format!("  {} parts read, {} readable with {} events", sum.parts, sum.readable, sum.events)
            });
        }
        Ok(Ended::Over)
    }

    fn limit_left(&self) -> u64 {
        self.options.limit.map_or(u64::MAX, |limit| limit - self.taken)
    }

    fn is_wanted(&self, part: &Part) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        fits(&self.options.source, &part.inner.source) && fits(&self.options.reason, &part.inner.reason)
    }

    /// Counts a part, and deletes its messages if each event of it is durable and nothing of it is left over.
    async fn settle(&mut self, part: &Part, done: Done) {
        let (source, reason) = (&part.inner.source, &part.inner.reason);
        let whole = done.rejects.is_empty();
        for (why, place) in &done.rejects {
            self.tally.stays(source, why, place);
        }
        let row = self.tally.row(source, reason);
        row.parts += 1;
        row.readable += usize::from(whole);
        row.partly += usize::from(!whole && done.events > 0);
        row.events += done.events;
        row.rejected += done.rejects.len();
        match done.accepted {
            None => {}
            Some(Err(why)) => self.tally.failures.push(format!("{source}: {why}; the part stays")),
            Some(Ok(accepted)) => {
                row.accepted.new += accepted.new;
                row.accepted.duplicate += accepted.duplicate;
                row.accepted.left += accepted.left;
                row.accepted.conflict += accepted.conflict;
                if whole {
                    match self.parts.delete(part).await {
                        Ok(()) => self.tally.row(source, reason).deleted += 1,
                        Err(why) => self.tally.failures.push(format!(
                            "{source}: sent, yet its message is still there: {why}; the next run finds duplicates and deletes it"
                        )),
                    }
                }
            }
        }
    }

    fn report(&self) {
        let sum = self.tally.sum();
        for (source, reason, found, pieces) in self.parts.incomplete() {
            say(&format!(
                "  stays: {source}: {reason}: {found} of {pieces} pieces are there; the others may be hidden now"
            ));
        }
        if self.parts.foreign > 0 {
            say(&format!("  stays: {} messages that Tributary did not write", self.parts.foreign));
        }
        for failure in &self.tally.failures {
            complain(failure);
        }
        if sum.parts == 0 {
            print("no parts, none that fit the filters, or all hidden now");
            return;
        }
        print(&self.tally.table(self.options.apply));
        if self.options.apply {
            print(&format!(
                "{} of {} parts have left quarantine: {} events new, {} duplicate, {} for the sweeper",
                sum.deleted, sum.parts, sum.accepted.new, sum.accepted.duplicate, sum.accepted.left
            ));
            if sum.accepted.conflict > 0 {
                print(&format!("{} events are in quarantine as conflicts now", sum.accepted.conflict));
            }
        } else {
            print(&format!(
                "dry run, nothing changed: {} of {} parts would leave quarantine; {} events would be sent unless they were before",
                sum.readable, sum.parts, sum.events
            ));
        }
        if sum.rejected > 0 {
            print("what this version still rejects stays, and expires 14 days after it came:");
            for line in self.tally.reasons() {
                print(&line);
            }
        } else if !self.options.apply {
            print("to do it: the same with --apply");
        }
    }
}

/// What became of a part.
struct Done {
    events: usize,
    rejects: Vec<(String, String)>,
    /// None where nothing was to be done.
    accepted: Option<Result<Accepted, String>>,
}

async fn one(part: &Part, pipeline: Option<&Pipeline>, as_new: bool) -> Done {
    let Reopened { events, rejects } =
        if as_new { reopen_as_new(&part.inner, settings_from_env) } else { reopen(&part.inner, settings_from_env) };
    let count = events.len();
    let accepted = match pipeline {
        Some(pipeline) if count > 0 || rejects.is_empty() => {
            let deadline = Deadline { at_ms: pipeline.clock.now_ms() + PART_MS };
            // The rejects are none of its business: their message stays as it is.
            let accepted = pipeline.accept(events, Vec::new(), deadline).await;
            Some(accepted.map_err(|error| error.to_string()))
        }
        _ => None,
    };
    Done { events: count, rejects, accepted }
}
