//! What reaches the queue, told to whoever listens at `GET /_local/events`.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Most events a listener may be behind before it misses some.
const BEHIND: usize = 4096;

/// Events on their way to listeners.
#[derive(Clone)]
pub(crate) struct Feed(Arc<Mutex<Option<broadcast::Sender<Bytes>>>>);

impl Feed {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(broadcast::Sender::new(BEHIND)))))
    }

    /// Tells an event. Costs nothing where nobody listens.
    pub(crate) fn tell(&self, event: &str) {
        if let Some(sender) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && sender.receiver_count() > 0
        {
            let _ = sender.send(Bytes::from(format!("{event}\n")));
        }
    }

    /// Ends every listener's answer, so that the server can stop.
    pub(crate) fn close(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Events from now on, one JSON object a line; `{"missed":n}` where the listener was too slow for n of them.
    pub(crate) fn listen(&self) -> Body {
        let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(broadcast::Sender::subscribe);
        Body::from_stream(stream::unfold(receiver, |receiver| async move {
            let mut receiver = receiver?;
            let line = match receiver.recv().await {
                Ok(line) => line,
                Err(RecvError::Lagged(missed)) => Bytes::from(format!("{{\"missed\":{missed}}}\n")),
                Err(RecvError::Closed) => return None,
            };
            Some((Ok::<_, Infallible>(line), Some(receiver)))
        }))
    }
}
