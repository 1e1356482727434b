//! `tributary`: every source behind one local port, and the tools around it.

mod catalog;
mod cli;
mod demo;
mod deployment;
mod doctor;
mod environment;
mod feed;
mod info;
mod interrupt;
mod normalize;
mod redrive;
mod server;
mod table;
mod tail;
mod urls;
mod world;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The tools work without a runtime, a port or a database.
    let outcome = match &cli.command {
        Some(Command::Normalize(options)) => normalize::run(options),
        Some(Command::Catalog) => catalog::run(),
        Some(Command::Urls(urls)) => urls::run(urls),
        Some(Command::Demo(options)) => block_on(demo::run(options)),
        Some(Command::Tail(options)) => block_on(tail::run(options)),
        Some(Command::Redrive(options)) => block_on(redrive::run(&options.what)),
        Some(Command::Doctor(options)) => block_on(doctor::run(options)),
        Some(Command::Env(options)) => block_on(environment::run(options)),
        None => block_on(server::run(&cli.serve)),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            cli::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn block_on(main: impl Future<Output = Result<ExitCode, String>>) -> Result<ExitCode, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("no async runtime: {error}"))?.block_on(main)
}
