//! A small HTTP/1.1 server on a free port, which ends with the value that stands for it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A whole answer: nothing here streams. One that announces more than it has breaks off, and with it the connection.
#[derive(Debug)]
pub(crate) struct Answer {
    body: Full<Bytes>,
    announced: u64,
}

impl Answer {
    pub(crate) fn new(body: Bytes) -> Self {
        let announced = u64::try_from(body.len()).unwrap_or(u64::MAX);
        Self { body: Full::new(body), announced }
    }

    /// The first half of a body, with the length of the whole.
    pub(crate) fn broken_off(body: &Bytes) -> Self {
        Self { announced: Self::new(body.clone()).announced, ..Self::new(body.slice(..body.len() / 2)) }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}

/// How long requests under way may take after the stop.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// After an accept that failed, e.g. for want of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped on purpose")]
pub(crate) struct Dropped;

/// A running server. Dropping it closes every connection at once.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    stop: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Server {
    /// Listens on a free port of this address. `make` gets the URL and what tells of the stop, and gives the handler.
    pub(crate) async fn start<H, F>(
        host: IpAddr,
        make: impl FnOnce(String, watch::Receiver<bool>) -> H,
    ) -> std::io::Result<Self>
    where
        H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<Answer>, Dropped>> + Send + 'static,
    {
        let (listener, url) = listen(host).await?;
        let (stop, stopping) = watch::channel(false);
        let handler = make(url.clone(), stopping.clone());
        let mut task = JoinSet::new();
        task.spawn(accept(listener, handler, stopping));
        Ok(Self { url, stop, task })
    }

    /// `http://<address>:<port>`
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Lets requests under way end, then closes.
    pub(crate) async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, self.task.join_next()).await.is_err() {
            self.task.shutdown().await;
        }
    }
}

/// A listener on a free port of this address, and its URL.
pub(crate) async fn listen(host: IpAddr) -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((host, 0))).await?;
    let url = url(listener.local_addr()?);
    Ok((listener, url))
}

/// How this machine reaches what listens there. All addresses of the machine are no address to send to; among them is
/// that of the loopback interface.
pub fn url(mut address: SocketAddr) -> String {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    format!("http://{address}")
}

async fn accept<H, F>(listener: TcpListener, handler: H, mut stopping: watch::Receiver<bool>)
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Answer>, Dropped>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, handler.clone(), stopping.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            () = told_to_stop(&mut stopping) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Ends when the server is told to stop, or is gone.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn serve<H, F>(stream: TcpStream, handler: H, mut stopping: watch::Receiver<bool>)
where
    H: Fn(Request<Incoming>) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Response<Answer>, Dropped>> + Send + 'static,
{
    // Small answers must not wait for more.
    let _ = stream.set_nodelay(true);
    let connection =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service_fn(handler));
    tokio::pin!(connection);
    tokio::select! {
        // The other side's departure and our own drops end here too; neither is worth a word.
        _ = connection.as_mut() => return,
        () = told_to_stop(&mut stopping) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
