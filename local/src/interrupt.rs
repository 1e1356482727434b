//! Ctrl-C, noticed between two steps, so that what is under way ends first.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub(crate) struct Interrupt(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Interrupt {
    /// From now on Ctrl-C no longer ends the process by itself.
    pub(crate) async fn new() -> Self {
        let mut interrupt = Self(Box::pin(async {
            if tokio::signal::ctrl_c().await.is_err() {
                // Then it ends the process by the system's default, which is as well.
                std::future::pending::<()>().await;
            }
        }));
        // It listens from the first look on.
        std::future::poll_fn(|context| {
            let _ = interrupt.0.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        interrupt
    }

    /// Waits until it comes.
    pub(crate) async fn comes(&mut self) {
        (&mut self.0).await;
    }

    /// Whether it came. To be asked no more once it did.
    pub(crate) async fn came(&mut self) -> bool {
        self.came_within(Duration::ZERO).await
    }

    /// Waits, but not longer than until it comes; whether it did.
    pub(crate) async fn came_within(&mut self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = &mut self.0 => true,
            () = tokio::time::sleep(pause) => false,
        }
    }
}
