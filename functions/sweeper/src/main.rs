//! The Lambda function that finishes what a killed invocation left.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::sweep()
}
