//! The scheduled Lambda function that reads what Channel Talk sends no webhook for.

use std::process::ExitCode;

fn main() -> ExitCode {
    channeltalk_poll::serve()
}
