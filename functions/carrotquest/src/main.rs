//! The Lambda function behind `POST /carrotquest`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::serve(tributary_normalize::CARROTQUEST)
}
