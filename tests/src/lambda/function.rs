//! A function: sandboxes of one program, each busy with one invocation at a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tributary_pipeline::ports::{Clock, SystemClock};

use super::sandbox::{Program, Sandbox};

/// An invocation without a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The function reported an error: this, as JSON.
    Reported(String),
    /// The process died.
    Died,
    /// The time was up, and the sandbox was killed.
    TimedOut,
}

/// A deployed function.
pub struct Function {
    program: Program,
    timeout: Duration,
    /// As many sandboxes as there may be at once.
    permits: Semaphore,
    idle: Mutex<Vec<Arc<Sandbox>>>,
    busy: Mutex<Vec<Arc<Sandbox>>>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Function {
    /// A function of so many sandboxes at most. Calls above that wait: a queue where Lambda would throttle.
    pub fn new(program: Program, timeout: Duration, concurrency: usize) -> Self {
        Self {
            program,
            timeout,
            permits: Semaphore::new(concurrency),
            idle: Mutex::default(),
            busy: Mutex::default(),
            log: Arc::default(),
        }
    }

    /// Invokes it with an event.
    ///
    /// # Errors
    /// [`Failed`], as Lambda tells a caller.
    pub async fn invoke(&self, event: String) -> Result<Bytes, Failed> {
        let _permit = self.permits.acquire().await.unwrap();
        let sandbox = self.sandbox().await;
        self.busy.lock().unwrap().push(Arc::clone(&sandbox));
        // Counted from when the sandbox is up, as Lambda does: init has its own time.
        sandbox.ready().await;
        let deadline_ms = SystemClock.now_ms() + i64::try_from(self.timeout.as_millis()).unwrap();
        let answered = tokio::time::timeout(self.timeout, sandbox.begin(event, deadline_ms)).await;
        self.busy.lock().unwrap().retain(|busy| !Arc::ptr_eq(busy, &sandbox));
        match answered {
            Ok(Ok(outcome)) => {
                self.idle.lock().unwrap().push(sandbox);
                outcome.map_err(Failed::Reported)
            }
            Ok(Err(_)) => Err(Failed::Died),
            Err(_) => {
                sandbox.kill();
                sandbox.exit().await;
                Err(Failed::TimedOut)
            }
        }
    }

    async fn sandbox(&self) -> Arc<Sandbox> {
        loop {
            let idle = self.idle.lock().unwrap().pop();
            match idle {
                Some(sandbox) if sandbox.is_alive() => return sandbox,
                Some(_) => {}
                None => return Arc::new(Sandbox::start(&self.program, &self.log).await),
            }
        }
    }

    /// The sandboxes that run, those in the middle of an invocation first.
    pub fn sandboxes(&self) -> Vec<Arc<Sandbox>> {
        let busy = self.busy.lock().unwrap();
        let idle = self.idle.lock().unwrap();
        busy.iter().chain(idle.iter()).filter(|sandbox| sandbox.is_alive()).cloned().collect()
    }

    /// Those in the middle of an invocation.
    pub fn busy(&self) -> Vec<Arc<Sandbox>> {
        self.busy.lock().unwrap().iter().filter(|sandbox| sandbox.is_alive()).cloned().collect()
    }

    /// Every line that its sandboxes wrote so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("name", &self.program.name).finish_non_exhaustive()
    }
}
