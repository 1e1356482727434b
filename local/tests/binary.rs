//! The built binary, as a person or a script uses it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn tributary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    // Rules of whoever runs the tests would lock these tests out.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRIBUTARY_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    tributary().args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running gateway. What it said until it was ready is kept.
struct Running {
    child: Child,
    port: u16,
    events_url: String,
    said: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = tributary()
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            said.push_str(&line);
            said.push('\n');
            if line.starts_with("Stop:") {
                break;
            }
        }
        // Somebody has to read on, or the gateway would wait for room in the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let after = |marker: &str| said.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in: {said}")).1;
        let port = after("http://127.0.0.1:").split('/').next().unwrap().parse().unwrap();
        let events_url = after("Events, also printed here:").split_whitespace().next().unwrap().to_owned();
        Self { child, port, events_url, said }
    }

    fn post(&self, path: &str, body: &str) -> Option<u16> {
        post(self.port, path, body)
    }

    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The status of the answer; none if the connection broke first.
fn post(port: u16, path: &str, body: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-tributary-secret: local\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    // An answer counts once it is whole, like for a vendor.
    let answer = text(&answer);
    answer.contains("\r\n\r\n").then(|| answer.split_whitespace().nth(1)?.parse().ok())?
}

fn report(id: &str) -> String {
    format!(
        r#"{{"messageId":"{id}","to":"385910000001","doneAt":"2026-11-21T09:30:02.000+0000","status":{{"groupId":3,"groupName":"DELIVERED","id":5}},"error":{{"id":0}}}}"#
    )
}

fn reports(ids: &[String]) -> String {
    let reports: Vec<String> = ids.iter().map(|id| report(id)).collect();
    format!(r#"{{"results":[{}]}}"#, reports.join(","))
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies of each subject that came off the queue.
fn drain(queue_url: &str, wanted: &BTreeSet<String>, patience: Duration) -> BTreeMap<String, usize> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let endpoint = queue_url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let sqs = tributary_stack::sqs_client(&endpoint);
        let mut copies: BTreeMap<String, usize> = BTreeMap::new();
        let begun = Instant::now();
        let mut quiet = 0;
        while begun.elapsed() < patience && quiet < 3 {
            let received = sqs.receive_message().queue_url(queue_url).max_number_of_messages(10);
            let received = received.wait_time_seconds(1).send().await.unwrap();
            for message in received.messages() {
                let event = tributary_events::Event::parse(message.body().unwrap()).unwrap();
                *copies.entry(event.subject.unwrap().into_owned()).or_default() += 1;
                let handle = message.receipt_handle().unwrap();
                sqs.delete_message().queue_url(queue_url).receipt_handle(handle).send().await.unwrap();
            }
            let complete = wanted.iter().all(|subject| copies.contains_key(subject));
            // A while longer, for copies that should not be.
            quiet = if complete && received.messages().is_empty() { quiet + 1 } else { 0 };
        }
        copies
    })
}

#[test]
fn killed_under_load_and_started_again_every_event_answered_200_is_on_the_queue() {
    let scratch = Scratch::new("kill");
    let data = scratch.0.to_string_lossy().into_owned();
    let acknowledged = Mutex::new(BTreeSet::new());
    for life in 0..3 {
        let running = Running::start(&["--data", &data]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let (stop, acknowledged, port) = (&stop, &acknowledged, running.port);
                scope.spawn(move || {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let ids: Vec<String> = (0..7).map(|n| format!("k-{life}-{thread}-{number}-{n}")).collect();
                        if post(port, "/infobip/sms/DELIVERY", &reports(&ids)) == Some(200) {
                            acknowledged.lock().unwrap().extend(ids.iter().map(|id| format!("message/{id}")));
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(1_500));
            running.signal("-KILL");
            stop.store(true, Ordering::Relaxed);
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 50, "only {} events got through before the kills", acknowledged.len());
    let running = Running::start(&["--data", &data]);
    let copies = drain(&running.events_url, &acknowledged, Duration::from_secs(90));
    let missing: Vec<_> = acknowledged.iter().filter(|subject| !copies.contains_key(*subject)).collect();
    assert!(missing.is_empty(), "{} of {} lost, such as {:?}", missing.len(), acknowledged.len(), missing[0]);
    let doubled: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
}

#[test]
fn the_curl_line_works_when_pasted_and_the_event_is_printed() {
    let mut running = Running::start(&[]);
    let line = running.said.split_once("curl -i ").unwrap().1.split_once("\n\n").unwrap().0;
    let body = line.split_once("-d '").unwrap().1.trim_end_matches('\'');
    assert!(line.contains("-H 'x-tributary-secret: local' -H 'content-type: application/json'"));
    let path = line.split_once(&running.port.to_string()).unwrap().1.split_whitespace().next().unwrap();
    assert_eq!(running.post(path, body), Some(200));
    assert_eq!(running.post("/nobody", body), Some(404));
    assert_eq!(running.post("/infobip", "{"), Some(200), "authentic, so kept in quarantine");
    let copies = drain(&running.events_url, &BTreeSet::from(["message/m-1".to_owned()]), Duration::from_secs(20));
    assert_eq!(copies.into_iter().collect::<Vec<_>>(), [("message/m-1".to_owned(), 1)]);
    running.signal("-INT");
    let ended = running.child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "Ctrl-C is a normal end");
}

#[test]
fn a_taken_port_and_a_wrong_flag_say_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port "), "{said}");

    let output = run(&["--prot", "3000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--port"), "suggests the flag that was meant");

    let output = run(&["normalise"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("normalize"));

    let output = run(&["normalize", "--source", "infobib", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("infobip"), "{}", text(&output.stderr));

    let output = run(&["normalize", "--source", "infobip", "no-such-file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-file.json"));
}

#[test]
fn a_data_directory_belongs_to_one_process() {
    let scratch = Scratch::new("twice");
    let data = scratch.0.to_string_lossy().into_owned();
    let _first = Running::start(&["--data", &data]);
    let output = run(&["--port", "0", "--data", &data]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&data), "{}", text(&output.stderr));
}

#[test]
fn normalize_prints_events_as_lines_and_reasons_apart() {
    let body = format!("{{\n \"results\": [ {},\n 17, {} ] }}", report("n-1"), report("n-2"));
    let mut child = tributary()
        .args(["normalize", "--source", "infobip", "--path", "/infobip/sms/DELIVERY", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "one part is no event");
    let events: Vec<_> =
        text(&output.stdout).lines().map(|line| tributary_events::Event::parse(line).unwrap()).collect();
    let subjects: Vec<_> = events.iter().map(|event| event.subject.as_deref().unwrap()).collect();
    assert_eq!(subjects, ["message/n-1", "message/n-2"]);
    assert_eq!(text(&output.stderr).lines().count(), 1);
    assert!(text(&output.stderr).contains("wrong_shape"));
}

#[test]
fn the_catalog_is_a_table_with_a_header() {
    let output = run(&["catalog"]);
    assert!(output.status.success());
    let out = text(&output.stdout);
    let mut lines = out.lines();
    assert_eq!(lines.next().unwrap(), "source\tvendor_channel\tvendor_event\ttype\tchannel");
    assert!(lines.clone().count() > 190);
    assert!(lines.all(|line| line.split('\t').count() == 5));
}

#[test]
fn the_demo_shows_every_event_once_and_ends_well() {
    let output = run(&["demo"]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{out}{}", text(&output.stderr));
    assert!(out.contains("second time:") && out.contains(" 0 events new"), "{out}");
    let output = run(&["demo", "--events", "no-such-folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--events DIR"));
}
