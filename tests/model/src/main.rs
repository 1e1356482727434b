//! Searches the configurations of a group and prints a table.
//!
//! `small` (default), `large`, `twins`, `windows`, or `trace NAME` for the way to a failure. Exit code 1 if anything is
//! not as expected.

use std::io::Write;
use std::process::ExitCode;

use tributary_model::cases::{self, Case, Expect, Twins};
use tributary_model::config::{Config, Epoch};
use tributary_model::search::{Found, search};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let group = arguments.next().unwrap_or_else(|| "small".to_owned());
    let cases = match group.as_str() {
        "small" => cases::small(),
        "large" => cases::large(),
        "twins" => {
            let mut twins = cases::twins();
            twins.extend([cases::epoch_set_back(), cases::flight(), cases::spill_window()]);
            both(twins)
        }
        "windows" => both(cases::windows()),
        "trace" => return trace(&arguments.next().unwrap_or_default()),
        _ => {
            say("usage: tributary-model [small | large | twins | windows | trace NAME]");
            return ExitCode::from(2);
        }
    };
    say("| case | configuration | states | depth | seconds | verdict |");
    say("| --- | --- | ---: | ---: | ---: | --- |");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut good = true;
    for case in &cases {
        let found = search(case, threads);
        good &= found.is(case.expect);
        let Found { states, depth, took, .. } = &found;
        let (name, configuration, seconds) = (&case.name, describe(&case.config), took.as_secs_f64());
        say(&format!("| {name} | {configuration} | {states} | {depth} | {seconds:.1} | {} |", verdict(case, &found)));
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn both(twins: Vec<Twins>) -> Vec<Case> {
    twins.into_iter().flat_map(|twins| [twins.without, twins.ours]).collect()
}

fn describe(config: &Config) -> String {
    let times = &config.times;
    let deliveries = config.deliveries.iter().map(|delivery| {
        let retry = if delivery.retry_of.is_some() { "retry " } else { "" };
        let twins = if delivery.twins > 0 { format!(" (other {:03b})", delivery.twins) } else { String::new() };
        format!("{retry}{:03b}{twins}", delivery.events)
    });
    let deliveries = deliveries.collect::<Vec<_>>().join(", ");
    let spill = if config.spill { format!(" V{}", times.hidden) } else { String::new() };
    let burials = if config.burials > 0 { format!(", {} burials", config.burials) } else { String::new() };
    let epochs = if config.epoch == Epoch::Next { ", counted epochs" } else { "" };
    format!(
        "{:?}; {deliveries}; L{} D{} T{} F{} S{} W{}{spill}; {} sweepers, {} faults, {} partial{burials}{epochs}",
        config.protocol,
        times.lease,
        times.sweep,
        times.run,
        times.flight,
        times.skew,
        times.window,
        config.sweepers,
        config.faults,
        config.partials
    )
}

fn verdict(case: &Case, found: &Found) -> String {
    let failed: Vec<&str> = found.failures.iter().map(|(name, _)| *name).collect();
    let expected = if found.is(case.expect) { "" } else { " (NOT expected)" };
    match case.expect {
        _ if !found.unreached.is_empty() && failed.is_empty() => {
            format!("never: {}{expected}", found.unreached.join(", "))
        }
        _ if failed.is_empty() => format!("holds{expected}"),
        Expect::Holds | Expect::Fails(_) => format!("fails: {}{expected}", failed.join(", ")),
    }
}

fn trace(name: &str) -> ExitCode {
    let Some(case) = cases::all().into_iter().find(|case| case.name == name && case.expect != Expect::Holds) else {
        say("no case of that name is expected to fail; `twins` and `windows` print the names");
        return ExitCode::from(2);
    };
    say(&format!("{name}: {}", describe(&case.config)));
    for (property, way) in search(&case, 1).failures {
        say(&format!("fails: {property}"));
        for (number, (_, action)) in way.iter().enumerate() {
            if let Some(action) = action {
                say(&format!("{:3}. {action:?}", number + 1));
            }
        }
        if let Some((state, _)) = way.last() {
            say(&format!("{state:#?}"));
        }
    }
    ExitCode::SUCCESS
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
