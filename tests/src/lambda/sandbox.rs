//! One sandbox: the program as a process, with a Runtime API of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::runtime_api::{Invocation, RuntimeApi};

/// A program, and what it finds in its environment.
#[derive(Debug, Clone)]
pub struct Program {
    /// The function's name.
    pub name: String,
    /// The built program.
    pub path: PathBuf,
    /// Its environment, beside what Lambda sets. Nothing of the caller's own reaches it.
    pub variables: BTreeMap<String, String>,
}

/// What a process used, as the kernel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// From exec to the first poll of the Runtime API.
    pub to_first_poll: Duration,
    /// Time on the processor, so far.
    pub cpu: Duration,
    /// Resident memory now, bytes.
    pub resident: u64,
    /// Most resident memory so far, bytes.
    pub peak: u64,
}

#[derive(Debug, Clone, Copy)]
enum Signal {
    Kill,
    Terminate,
}

/// A running sandbox. Dropping it kills the process.
pub struct Sandbox {
    id: u32,
    api: Arc<RuntimeApi>,
    signals: mpsc::UnboundedSender<Signal>,
    exited: watch::Receiver<Option<Exit>>,
    to_first_poll: Mutex<Option<Duration>>,
    began: Instant,
    _tasks: JoinSet<()>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// Its exit code, unless a signal ended it.
    pub code: Option<i32>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts the process. Does not wait for it. Lines it writes go to `log`.
    pub async fn start(program: &Program, log: &Arc<Mutex<Vec<String>>>) -> Self {
        let api = Arc::new(RuntimeApi::start(&program.name).await);
        let mut command = Command::new(&program.path);
        command
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", &program.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .env("AWS_LAMBDA_LOG_LEVEL", "INFO")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "local")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "local")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .envs(&program.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let began = Instant::now();
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot run {}: {error}", program.path.display()));
        let mut tasks = JoinSet::new();
        tasks.spawn(copy(child.stdout.take(), Arc::clone(log)));
        tasks.spawn(copy(child.stderr.take(), Arc::clone(log)));
        let (signals, orders) = mpsc::unbounded_channel();
        let (exit, exited) = watch::channel(None);
        let id = child.id().unwrap();
        tasks.spawn(attend(child, id, orders, exit, Arc::clone(&api)));
        Self { id, api, signals, exited, to_first_poll: Mutex::new(None), began, _tasks: tasks }
    }

    /// Waits until the process asks for its first event. False if it ends before.
    pub async fn ready(&self) -> bool {
        let (mut polls, mut exited) = (self.api.polls.clone(), self.exited.clone());
        let ready = tokio::select! {
            polled = polls.wait_for(|polls| *polls > 0) => polled.is_ok(),
            _ = exited.wait_for(Option::is_some) => false,
        };
        if ready {
            self.to_first_poll.lock().unwrap().get_or_insert_with(|| self.began.elapsed());
        }
        ready
    }

    /// Hands an event in. The receiver fails if the process dies first.
    pub(crate) fn begin(&self, event: String, deadline_ms: i64) -> oneshot::Receiver<super::runtime_api::Outcome> {
        let (reply, answer) = oneshot::channel();
        // Where nobody listens any more the receiver sees its sender gone.
        let _ = self.api.sender.send(Invocation { event, deadline_ms, reply });
        answer
    }

    /// SIGKILL.
    pub fn kill(&self) {
        let _ = self.signals.send(Signal::Kill);
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let _ = self.signals.send(Signal::Terminate);
    }

    /// Waits for the process's end.
    pub async fn exit(&self) -> Exit {
        let mut exited = self.exited.clone();
        exited.wait_for(Option::is_some).await.unwrap().unwrap()
    }

    /// Whether the process still runs.
    pub fn is_alive(&self) -> bool {
        self.exited.borrow().is_none()
    }

    /// What the process used so far, after [`Sandbox::ready`].
    ///
    /// # Panics
    /// If the process is gone, or where there is no `/proc`.
    pub fn measure(&self) -> Measured {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.id)).unwrap();
        let status = read("status");
        let kilobytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
        };
        let on_cpu = read("schedstat").split_whitespace().next().unwrap().parse().unwrap();
        Measured {
            to_first_poll: self.to_first_poll.lock().unwrap().unwrap(),
            cpu: Duration::from_nanos(on_cpu),
            resident: kilobytes("VmRSS:"),
            peak: kilobytes("VmHWM:"),
        }
    }
}

async fn copy(from: Option<impl AsyncRead + Unpin>, log: Arc<Mutex<Vec<String>>>) {
    let mut lines = BufReader::new(from.unwrap()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().unwrap().push(line);
    }
}

/// Passes signals on, and reaps the process.
async fn attend(
    mut child: Child,
    id: u32,
    mut orders: mpsc::UnboundedReceiver<Signal>,
    exit: watch::Sender<Option<Exit>>,
    api: Arc<RuntimeApi>,
) {
    loop {
        tokio::select! {
            status = child.wait() => {
                api.abandon();
                exit.send_replace(Some(Exit { code: status.unwrap().code() }));
                return;
            }
            Some(signal) = orders.recv() => match signal {
                Signal::Kill => child.start_kill().unwrap_or_default(),
                Signal::Terminate => {
                    let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
                    assert!(sent.unwrap().success(), "SIGTERM cannot be sent");
                }
            },
        }
    }
}
