//! The Lambda function behind `POST /infobip`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::serve(tributary_normalize::INFOBIP)
}
