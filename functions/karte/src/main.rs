//! The Lambda function behind `POST /karte`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::serve(tributary_normalize::KARTE)
}
