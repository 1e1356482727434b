//! Checks and how they came out.

use std::process::ExitCode;

use crate::cli::print;
use crate::deployment::trouble::{Trouble, Why};
use crate::table::table;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
    /// Not applicable locally.
    NotHere,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::NotHere => "n/a",
        }
    }
}

struct Check {
    state: State,
    name: String,
    finding: String,
    todo: String,
}

#[derive(Default)]
pub(super) struct Report(Vec<Check>);

impl Report {
    /// A check, and what to do about it; an empty text where nothing is.
    pub(super) fn add(&mut self, state: State, name: &str, finding: impl Into<String>, todo: &str) {
        self.0.push(Check { state, name: name.to_owned(), finding: finding.into(), todo: todo.to_owned() });
    }

    pub(super) fn ok(&mut self, name: &str, finding: impl Into<String>) {
        self.add(State::Ok, name, finding, "");
    }

    pub(super) fn not_here(&mut self, name: &str) {
        self.add(State::NotHere, name, "not applicable locally", "");
    }

    /// A check that could not be made: what is missing fails, what may not be looked at is worth a warning.
    pub(super) fn trouble(&mut self, name: &str, trouble: &Trouble) {
        let state = if trouble.why == Why::Denied { State::Warn } else { State::Fail };
        self.add(state, name, trouble.to_string(), "");
    }

    /// Prints it; 1 if a check failed.
    pub(super) fn finish(self) -> ExitCode {
        let rows: Vec<Vec<String>> = self
            .0
            .iter()
            .map(|check| vec![check.state.word().to_owned(), check.name.clone(), check.finding.clone()])
            .collect();
        for (line, check) in table(&rows).lines().zip(&self.0) {
            print(line);
            if !check.todo.is_empty() {
                print(&format!("      -> {}", check.todo));
            }
        }
        let count = |state| self.0.iter().filter(|check| check.state == state).count();
        let (ok, warn, fail) = (count(State::Ok), count(State::Warn), count(State::Fail));
        print(&format!("\n{ok} ok, {warn} to look at, {fail} failed"));
        if fail == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
