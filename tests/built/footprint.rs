//! Size, start and memory of each built function, as a table.
//!
//! `bash .ci/run functions` builds them and runs this. With `UPDATE_DOCS=1` the table goes into docs/footprint.md.
//! Figures depend on the machine and on what else it does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tributary_tests::Bench;
use tributary_tests::lambda::{Function, Measured, Program, SOURCES, Sandbox, program, recorded_requests, variables};

const STARTS: usize = 21;
const INVOCATIONS: usize = 200;
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/footprint.md");
const BEGIN: &str = "<!-- figures -->\n";

struct Row {
    name: String,
    bytes: u64,
    deflated: usize,
    /// Sorted by time to the first poll.
    starts: Vec<Measured>,
    worked: Option<Measured>,
}

/// The middle one.
fn median<T: Copy + Ord>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

fn deflated(path: &Path) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&std::fs::read(path).unwrap()).unwrap();
    encoder.finish().unwrap().len()
}

async fn starts(program: &Program) -> Vec<Measured> {
    let log = Arc::<Mutex<Vec<String>>>::default();
    let mut measured = Vec::new();
    for _ in 0..STARTS {
        let sandbox = Sandbox::start(program, &log).await;
        assert!(sandbox.ready().await, "{}: {:?}", program.name, log.lock().unwrap());
        measured.push(sandbox.measure());
    }
    measured
}

/// Memory after many requests of the source.
async fn worked(program: &Program) -> Option<Measured> {
    let requests = recorded_requests();
    let own: Vec<_> =
        requests.iter().filter(|recorded| recorded.name.split('/').next() == Some(&program.name)).collect();
    if own.is_empty() {
        return None;
    }
    let function = Function::new(program.clone(), Duration::from_secs(20), 1);
    for recorded in own.iter().cycle().take(INVOCATIONS) {
        function.invoke(recorded.text.clone()).await.unwrap();
    }
    Some(function.sandboxes()[0].measure())
}

async fn row(bench: &Bench, name: &str) -> Row {
    let program = program(name, variables(bench, name));
    Row {
        name: name.to_owned(),
        bytes: program.path.metadata().unwrap().len(),
        deflated: deflated(&program.path),
        starts: starts(&program).await,
        worked: worked(&program).await,
    }
}

fn table(rows: &[Row]) -> String {
    let mega = |bytes: f64| format!("{:.2}", bytes / 1e6);
    let milli = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    #[allow(clippy::cast_precision_loss, reason = "for people to read")]
    let bytes = |bytes: u64| mega(bytes as f64);
    let mut text = String::from(
        "| function | size, MB | deflated, MB | exec to first poll, ms | of that on the processor, ms | resident at first poll, MB | peak after 200 requests, MB |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in rows {
        let Row { name, starts, .. } = row;
        text.push_str(&format!(
            "| {name} | {} | {} | {} | {} | {} | {} |\n",
            bytes(row.bytes),
            bytes(row.deflated as u64),
            milli(median(starts.iter().map(|start| start.to_first_poll))),
            milli(median(starts.iter().map(|start| start.cpu))),
            bytes(median(starts.iter().map(|start| start.resident))),
            row.worked.map_or_else(|| "-".to_owned(), |worked| bytes(worked.peak)),
        ));
    }
    text
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let table = runtime.block_on(async {
        let bench = Bench::start().await;
        let mut rows = Vec::new();
        for name in SOURCES.into_iter().chain(["channeltalk-poll", "sweeper"]) {
            rows.push(row(&bench, name).await);
        }
        table(&rows)
    });
    println!("{table}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = std::fs::read_to_string(PAGE).unwrap();
        let (text, _) = page.split_once(BEGIN).unwrap();
        std::fs::write(PAGE, format!("{text}{BEGIN}{table}")).unwrap();
    }
}
