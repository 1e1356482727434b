//! The command line.

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Where the local gateway listens unless told otherwise.
const LOCAL: &str = "http://127.0.0.1:3000";

/// Webhooks of customer-engagement vendors as one event stream.
///
/// Without a command: serves every source on one local port, with DynamoDB and SQS embedded. Unified events are printed
/// to standard output as they reach the queue, one JSON object a line; everything else goes to standard error.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Posts every request under events/ twice and shows what became of each event
    Demo(Demo),
    /// Prints the unified events of request bodies, as they would be queued
    Normalize(Normalize),
    /// Lists every vendor event known, tab separated
    Catalog,
    Urls(Urls),
    Tail(Tail),
    Redrive(Redrive),
    Doctor(Doctor),
    Env(Env),
}

/// Prints the URLs to give to a vendor, by the vendor's channel.
///
/// One for each channel is enough. Under it stand those of the few events whose bodies do not tell what they are.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  tributary urls infobip --base https://abc123.execute-api.eu-central-1.amazonaws.com
  tributary urls karte                                                    for the local gateway"
)]
pub(crate) struct Urls {
    /// The source, such as infobip
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Where the endpoint is: `ApiUrl` among the outputs of the stack
    #[arg(long, value_name = "URL", default_value = LOCAL)]
    pub(crate) base: String,
}

/// Which deployment a command is for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Which deployment (without either: the functions' TRIBUTARY_* variables)")]
pub(crate) struct Place {
    /// The stack of that name on AWS, by the usual credentials and region
    ///
    /// Credentials and region come from where the AWS CLI has them: AWS_PROFILE, AWS_REGION, `aws sso login`, a role of
    /// the machine. For a kind of sign-in that this program does not know:
    /// eval "$(aws configure export-credentials --format env)"
    #[arg(long, value_name = "NAME", conflicts_with = "local", verbatim_doc_comment)]
    pub(crate) stack: Option<String>,
    /// The local gateway that is running [without a URL: http://127.0.0.1:3000]
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true, default_missing_value = LOCAL)]
    pub(crate) local: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Queue {
    /// Unified events
    Events,
    /// Events a consumer failed on five times
    DeadLetters,
    /// Parts that could not be read
    Quarantine,
    /// Chunks the journal refused
    Spill,
}

/// Shows the messages of a queue as they come, one line each.
///
/// Of an event: time, source, type, channel, subject, the first part of its id, why it failed. Ctrl-C ends it.
///
/// Nothing is consumed unless you say --take. The local gateway tells by itself what it sends; what other processes put
/// on its queue is not shown. The other queues have no consumer that a look could harm: each message is hidden from
/// others for a moment, then given back. The events queue of a deployment is different. To receive a message there hides
/// it and its group from the consumer, and five receives send it to the dead letters. So it is shown with --take only,
/// which deletes what it shows: for stacks without another consumer.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Needs: sqs:GetQueueUrl, sqs:ReceiveMessage, sqs:ChangeMessageVisibility; with --take sqs:DeleteMessage;
for dead-letters sqs:GetQueueAttributes of the events queue.

Examples:
  tributary tail --local                            what reaches the local gateway's queue, as it comes
  tributary tail quarantine --stack tributary       why parts were not read
  tributary tail dead-letters --stack tributary --json | jq .type
  tributary tail events --stack test --take         takes the events off the queue of a test stack"
)]
pub(crate) struct Tail {
    /// The queue
    #[arg(value_enum, default_value = "events")]
    pub(crate) queue: Queue,
    /// Messages as they are, one a line, instead of a summary
    #[arg(long)]
    pub(crate) json: bool,
    /// Delete each message once it is shown: for a queue that nobody else reads
    #[arg(long)]
    pub(crate) take: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Sends what was set aside through the code of today; dry run unless --apply.
///
/// Without --apply nothing is changed: it says what would happen. Build it from the version that has the fix: what is
/// read again is read by this program, not by the deployed functions.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, arg_required_else_help = true)]
pub(crate) struct Redrive {
    #[command(subcommand)]
    pub(crate) what: RedriveWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RedriveWhat {
    Quarantine(RedriveQuarantine),
    Dead(RedriveDead),
}

/// Reads the quarantined parts again and sends what is readable now.
///
/// Shows by source and reason how many parts there are, how many are readable now, and how many events they hold. With
/// --apply the events go the way of any request: journal, claims, queue. An event keeps the time it was received first,
/// and one that went through before is a duplicate and dropped.
///
/// A message is deleted only once each event of its part is durable, so it can be interrupted, or killed, and run again:
/// nothing is lost or doubled. A part that is readable in places has its events sent, and stays until all of it is. What
/// the code still rejects stays as it is. So does a part of which pieces are missing, and an event that is too large
/// for any queue.
///
/// A `conflict` is an event that shares its id with another one and says something else: it stays, too. If both happened,
/// the key of that event is too coarse: correct it in the code. Then, or at once if the event is wanted now, --as-new
/// sends it under an id of its own, always the same one. If they are one event after all, delete the part.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Needs: sqs:GetQueueUrl, ListQueues, GetQueueAttributes, ReceiveMessage, ChangeMessageVisibility, and with --apply
DeleteMessage on the quarantine queue and SendMessage on it and the events and spill queues; dynamodb:ListTables, and with
--apply BatchWriteItem, UpdateItem, DeleteItem on the journal, PartiQLInsert, BatchGetItem on the claims.
Settings of a source (TRIBUTARY_<SOURCE>_<NAME>, as the function has them) are taken from the environment.

Examples:
  tributary redrive quarantine --stack tributary
  tributary redrive quarantine --stack tributary --source infobip --reason wrong_shape --limit 1 --apply
  tributary redrive quarantine --stack tributary --reason conflict --as-new
  tributary redrive quarantine --local --apply"
)]
pub(crate) struct RedriveQuarantine {
    /// Do it
    #[arg(long)]
    pub(crate) apply: bool,
    /// Parts of this source only
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,
    /// Parts rejected for this reason only, such as not_json
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: Option<String>,
    /// At most so many parts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Send what shares its id with another event under an id of its own: with --reason conflict
    #[arg(long)]
    pub(crate) as_new: bool,
    /// Seconds a message is hidden from others while it is looked at; after a kill they come back then
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i32).range(5..=3600))]
    pub(crate) hold: i32,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Puts chunks that were set aside back into the journal, where the sweeper drives them.
///
/// Lists id, age, tries and events of each. With --apply each goes back under its own id, with no tries, in one
/// transaction, so that its claims stay its own and there is never a second copy. Find out first why it could not be
/// sent: after a few more tries it would be set aside again. A damaged chunk stays where it is.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Needs: dynamodb:ListTables, dynamodb:Query on the journal; with --apply dynamodb:PutItem and dynamodb:DeleteItem on it.

Examples:
  tributary redrive dead --stack tributary
  tributary redrive dead --stack tributary --limit 1 --apply"
)]
pub(crate) struct RedriveDead {
    /// Do it
    #[arg(long)]
    pub(crate) apply: bool,
    /// At most so many chunks, the oldest first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Checks a deployment and says what to do about what it finds.
///
/// Looks at tables, queues, secrets, clock, backlog, and what you may do.
///
/// Changes nothing. It looks at the quarantine queue the way `tail` does, and tries rights with calls that cannot take
/// effect. Secrets are read to see whether they are rules; no value is ever shown.
///
/// --deep looks further, at what only a deployment shows. It asks the API as a stranger does: a path with a blank for each
/// source, and one compressed body. Those are answered 401 or 415 and nothing is stored or sent for them; they count as
/// six denied requests. It has IAM judge the functions' roles, without trying anything. And it reads in the log how long
/// the first request after a rest took (24 h), and whether a function timed out (7 days).
///
/// Exit code: 0 if nothing failed (warnings are none), 1 if a check failed, 2 if it could not begin.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Needs: what it is to check. A call that is denied is named, and the rest goes on.
With --deep also apigateway:GET, lambda:GetFunctionConfiguration, iam:SimulatePrincipalPolicy, logs:FilterLogEvents.

Examples:
  tributary doctor --stack tributary
  AWS_PROFILE=prod AWS_REGION=eu-central-1 tributary doctor --stack tributary
  tributary doctor --stack tributary --deep        after the first deployment, and after a change of the template
  tributary doctor --local"
)]
pub(crate) struct Doctor {
    /// Also what takes requests, roles and the log; needs --stack or --local
    #[arg(long)]
    pub(crate) deep: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

/// Prints the variables that point a function at the local gateway's tables and queues.
///
/// For a shell: eval "$(tributary env)". Then a function started by hand, by cargo-lambda or in a debugger works on the
/// same tables and queues as the gateway, lets in the same local secrets, and `tributary tail` and `redrive` need no
/// --local. Only while that gateway runs: it listens on other ports each time.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Needs: a local gateway that runs (`tributary`).

Examples:
  eval \"$(tributary env)\" && cargo lambda watch
  tributary env --local=http://127.0.0.1:4000"
)]
pub(crate) struct Env {
    /// The gateway
    #[arg(long, value_name = "URL", num_args = 0..=1, default_value = LOCAL, default_missing_value = LOCAL)]
    pub(crate) local: String,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Address to listen on, also for the embedded DynamoDB and SQS
    ///
    /// Unless told otherwise only this machine reaches them. A function in a container needs the address of the
    /// container's network, and 0.0.0.0 takes all. Whoever reaches them may do everything, so never an address that
    /// others can reach.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 3000, value_name = "PORT")]
    pub(crate) port: u16,
    /// Keep tables and queues in this directory; without it they are in memory
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Directory with SOURCE/SITUATION.json: requests as API Gateway sends them to Lambda
    #[arg(long, value_name = "DIR")]
    pub(crate) events: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Normalize {
    /// The vendor
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: String,
    /// Path the request came by, such as /infobip/sms/DELIVERY
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Content type of the request
    #[arg(long, value_name = "TYPE", default_value = "application/json")]
    pub(crate) content_type: String,
    /// Bodies; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// A line for the person at the terminal. A terminal that is gone is no reason to stop.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// An error.
pub(crate) fn complain(error: &str) {
    say(&format!("tributary: {error}"));
}

/// A line of output. False once nobody reads it any more.
pub(crate) fn print(line: &str) -> bool {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}
