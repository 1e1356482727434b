//! `tributary redrive`

mod dead;
mod parts;
mod quarantine;
mod tally;

use std::process::ExitCode;
use std::time::{Duration, Instant};

pub(crate) use self::dead::age;
use crate::cli::{RedriveWhat, say};

pub(crate) async fn run(what: &RedriveWhat) -> Result<ExitCode, String> {
    match what {
        RedriveWhat::Quarantine(options) => quarantine::run(options).await,
        RedriveWhat::Dead(options) => dead::run(options).await,
    }
}

/// Between two lines of progress.
const EVERY: Duration = Duration::from_secs(2);

/// Says how far it is, not too often.
struct Progress(Instant);

impl Progress {
    fn new() -> Self {
        Self(Instant::now())
    }

    fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.0.elapsed() >= EVERY {
            self.0 = Instant::now();
            say(&text());
        }
    }
}
