//! The Lambda function behind `POST /channeltalk`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tributary_gateway::lambda::serve(tributary_normalize::CHANNELTALK)
}
