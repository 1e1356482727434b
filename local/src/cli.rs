//! The command line.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Port on 127.0.0.1; 0 takes a free one
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
