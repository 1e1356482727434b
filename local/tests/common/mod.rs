//! The built binary, run as a person or a script runs it.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

pub mod operator;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use tributary_events::Event;

pub fn tributary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    // Rules of whoever runs the tests would lock these tests out, and their account is none of our business.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRIBUTARY_") || name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

pub fn run(arguments: &[&str]) -> Output {
    tributary().args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running gateway. What it said until it was ready is kept.
pub struct Running {
    pub child: Child,
    pub port: u16,
    pub events_url: String,
    pub said: String,
    printed: Mutex<mpsc::Receiver<String>>,
}

impl Running {
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = tributary()
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
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
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, printed) = mpsc::channel();
        std::thread::spawn(move || events.map_while(Result::ok).for_each(|event| drop(tell.send(event))));
        let after = |marker: &str| said.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in: {said}")).1;
        let port = after("POST http://").split('/').next().unwrap().rsplit(':').next().unwrap().parse().unwrap();
        let events_url = after("Events, also printed here:").split_whitespace().next().unwrap().to_owned();
        Self { child, port, events_url, said, printed: Mutex::new(printed) }
    }

    /// The next line on standard output.
    pub fn printed(&self) -> Event<'static> {
        let printed = self.printed.lock().unwrap();
        let line = printed.recv_timeout(Duration::from_secs(20)).expect("nothing printed within 20 s");
        Event::parse(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    pub fn post(&self, path: &str, body: &str) -> Option<u16> {
        post(self.port, path, body)
    }

    pub fn signal(&self, signal: &str) {
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
pub fn post(port: u16, path: &str, body: &str) -> Option<u16> {
    post_as(port, path, "application/json", body.as_bytes())
}

pub fn post_as(port: u16, path: &str, content_type: &str, body: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-tributary-secret: local\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    // An answer counts once it is whole, like for a vendor.
    let answer = text(&answer);
    answer.contains("\r\n\r\n").then(|| answer.split_whitespace().nth(1)?.parse().ok())?
}

pub fn report(id: &str) -> String {
    format!(
        r#"{{"messageId":"{id}","to":"385910000001","doneAt":"2026-11-21T09:30:02.000+0000","status":{{"groupId":3,"groupName":"DELIVERED","id":5}},"error":{{"id":0}}}}"#
    )
}

pub fn reports(ids: &[String]) -> String {
    let reports: Vec<String> = ids.iter().map(|id| report(id)).collect();
    format!(r#"{{"results":[{}]}}"#, reports.join(","))
}

pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
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
pub fn drain(queue_url: &str, wanted: &BTreeSet<String>, patience: Duration) -> BTreeMap<String, usize> {
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
