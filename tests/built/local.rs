//! The local gateway, as a process.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tributary_stack::sqs_client;
use tributary_tests::lambda::target;

/// A running local gateway, in memory.
pub(crate) struct Local {
    pub(crate) url: String,
    events: String,
    quarantine: String,
    _process: Child,
}

/// `tributary` as `cargo build` leaves it.
fn path() -> PathBuf {
    let path = target().join("debug/tributary");
    assert!(path.is_file(), "{} is not built. Run: bash .ci/run functions", path.display());
    path
}

impl Local {
    pub(crate) async fn start() -> Self {
        let mut command = Command::new(path());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRIBUTARY_") {
                command.env_remove(name);
            }
        }
        let mut process = command
            .args(["--port", "0"])
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
        // Somebody has to read on, or the gateway would wait for room in the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let after = |marker: &str| said.split_once(marker).unwrap_or_else(|| panic!("no {marker:?} in: {said}")).1;
        let port = after("http://127.0.0.1:").split('/').next().unwrap();
        let word = |marker: &str| after(marker).split_whitespace().next().unwrap().to_owned();
        Self {
            url: format!("http://127.0.0.1:{port}"),
            events: word("Events, also printed here:"),
            quarantine: word("Quarantine:"),
            _process: process,
        }
    }

    pub(crate) async fn events(&self) -> Vec<String> {
        drain(&self.events).await
    }

    pub(crate) async fn quarantine(&self) -> Vec<String> {
        drain(&self.quarantine).await
    }
}

async fn drain(queue_url: &str) -> Vec<String> {
    let endpoint = queue_url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    tributary_tests::drain(&sqs_client(&endpoint), queue_url).await
}
