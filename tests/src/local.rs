//! The local gateway, as a process.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tributary_stack::sqs_client;

use crate::drain;
use crate::lambda::target;

/// A running local gateway. Dropping it kills it.
#[derive(Debug)]
pub struct Local {
    /// `http://127.0.0.1:<port>`
    pub url: String,
    events: String,
    quarantine: String,
    process: Child,
    /// Somebody has to read on, or the gateway would wait for room in the pipe.
    _reading: JoinSet<()>,
}

impl Local {
    /// Starts `tributary`, as `cargo build --bin tributary` leaves it, with these arguments.
    ///
    /// # Panics
    /// If it is not built, or ends before it is ready: with what it said.
    pub async fn start(arguments: &[&str]) -> Self {
        let path = target().join("debug/tributary");
        assert!(path.is_file(), "{} is not built. Run: cargo build --bin tributary", path.display());
        let mut command = Command::new(path);
        // Rules of whoever runs the tests would lock them out.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRIBUTARY_") {
                command.env_remove(name);
            }
        }
        let mut process = command
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            said.push_str(&line);
            said.push('\n');
            if line.starts_with("Stop:") {
                break;
            }
        }
        let mut reading = JoinSet::new();
        reading.spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let after = |marker: &str| said.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in: {said}")).1;
        let port = after("http://127.0.0.1:").split('/').next().unwrap();
        let word = |marker: &str| after(marker).split_whitespace().next().unwrap().to_owned();
        Self {
            url: format!("http://127.0.0.1:{port}"),
            events: word("Events, also printed here:"),
            quarantine: word("Quarantine:"),
            process,
            _reading: reading,
        }
    }

    /// Takes all events off the queue.
    pub async fn events(&self) -> Vec<String> {
        drain(&sqs_client(endpoint(&self.events)), &self.events).await
    }

    /// Takes everything out of quarantine.
    pub async fn quarantine(&self) -> Vec<String> {
        drain(&sqs_client(endpoint(&self.quarantine)), &self.quarantine).await
    }

    /// Resident memory now, bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Ends it: at once, or as Ctrl-C does.
    pub async fn stop(mut self, at_once: bool) {
        if at_once {
            self.process.kill().await.unwrap();
        } else {
            let id = self.process.id().unwrap().to_string();
            assert!(Command::new("kill").args(["-INT", &id]).status().await.unwrap().success());
            self.process.wait().await.unwrap();
        }
    }
}

fn endpoint(queue_url: &str) -> &str {
    let path = queue_url.match_indices('/').nth(2).map_or(queue_url.len(), |(at, _)| at);
    &queue_url[..path]
}
