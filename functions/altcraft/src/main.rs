//! The Lambda function behind `POST /altcraft`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::serve(tributary_normalize::ALTCRAFT)
}
