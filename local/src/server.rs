//! `tributary`: the local gateway.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use tokio::net::TcpListener;
use tributary_gateway::{Call, Gateway, Summary};
use tributary_pipeline::Deadline;
use tributary_stack::url;

use crate::cli::{Serve, print, say};
use crate::world::{REQUEST_MS, World};

const SWEEP_EVERY: Duration = Duration::from_secs(3);
/// Above the gateway's own limit, so that the gateway gives the answer.
const READ_LIMIT: usize = 16 << 20;
/// How long requests under way may take once Ctrl-C was pressed.
const GRACE: Duration = Duration::from_secs(10);

/// A sample that works when pasted.
const SAMPLE: &str = r#"{"results":[{"messageId":"m-1","to":"385910000001","sentAt":"2026-11-21T09:30:00.000+0000","doneAt":"2026-11-21T09:30:02.000+0000","status":{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET"},"error":{"id":0,"name":"NO_ERROR"}}]}"#;

pub(crate) async fn run(options: &Serve) -> Result<ExitCode, String> {
    log_to_stderr();
    // The port first: nothing is begun that cannot be reached.
    let listener = listen(options).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let world = World::start(options.host, options.data.clone(), |event| {
        print(event);
    });
    let world = Arc::new(world.await?);
    welcome(&world, address, options);

    let feed = world.feed.clone();
    let server = axum::serve(listener, router(world.clone())).with_graceful_shutdown(async move {
        interrupted().await;
        // Who listens would keep the server from ending.
        feed.close();
    });
    tokio::select! {
        served = async { server.await } => served.map_err(|error| format!("the server stopped: {error}"))?,
        () = sweep(&world) => {}
        () = overdue() => say("some requests did not end in time; what they had stored is swept at the next start"),
    }
    let kept = match &options.data {
        Some(directory) => format!("tables and queues are kept in {}", directory.display()),
        None => "tables and queues were in memory and are gone".to_owned(),
    };
    if let Some(world) = Arc::into_inner(world) {
        world.stack.shutdown().await;
    }
    say(&format!("stopped; {kept}"));
    Ok(ExitCode::SUCCESS)
}

async fn listen(options: &Serve) -> Result<TcpListener, String> {
    let (host, port) = (options.host, options.port);
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("port {port} is taken; stop what listens there, or choose another: --port {}", port.wrapping_add(1))
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("port {port} needs privileges; choose one above 1023: --port 3000")
        }
        std::io::ErrorKind::AddrNotAvailable => format!("this machine has no address {host}: --host 127.0.0.1"),
        _ => format!("cannot listen on {host}, port {port}: {error}"),
    })
}

/// The routes of every source.
pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().fallback(answer).with_state(world)
}

/// Answers what an HTTP API would hand to a function, and nothing else: routes are compared as they are written, so
/// `/Infobip` and `//infobip` are none, and only POST and GET have any.
async fn answer(State(world): State<Arc<World>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let name = path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default();
    let is_routed = matches!(parts.method, Method::POST | Method::GET);
    let Some(gateway) = world.gateways.get(name).filter(|_| is_routed) else {
        if parts.method == Method::GET && name == "_local" {
            return local(&world, path);
        }
        if parts.method == Method::GET && path == "/" {
            return Response::new(Body::from(format!("POST to one of: {}\n", routes(&world).join(" "))));
        }
        // Never the path: it may hold a secret.
        tracing::info!(outcome = "not_found", status = 404, method = parts.method.as_str(), "request");
        return Gateway::not_found().map(Body::from);
    };
    // A body that cannot be read whole is answered like one that is too large; its sender is gone or beyond reason.
    let body = to_bytes(body, READ_LIMIT).await.unwrap_or_else(|_| Bytes::from(vec![b' '; READ_LIMIT]));
    let clock = &world.pipeline.clock;
    let call = Call {
        deadline: Deadline { at_ms: clock.now_ms() + REQUEST_MS },
        request_id: format!("{:032x}", clock.random()),
    };
    let (mut response, summary) = gateway.handle(Request::from_parts(parts, body), &call).await;
    tell(response.headers_mut(), &summary);
    response.map(Body::from)
}

/// What the other commands ask: where tables and queues are, and the events as they reach the queue.
fn local(world: &World, path: &str) -> Response {
    let (content_type, body) = match path {
        "/_local" => ("application/json", serde_json::to_string(&world.info()).unwrap_or_default().into()),
        "/_local/events" => ("application/jsonl", world.feed.listen()),
        _ => return Gateway::not_found().map(Body::from),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What became of the request, in headers: only here, where the caller is the developer.
fn tell(headers: &mut HeaderMap, summary: &Summary) {
    let accepted = &summary.accepted;
    let ids: Vec<String> = summary.ids.iter().map(ToString::to_string).collect();
    for (name, value) in [
        ("tributary-new", accepted.new.to_string()),
        ("tributary-duplicate", accepted.duplicate.to_string()),
        ("tributary-conflict", accepted.conflict.to_string()),
        ("tributary-left", accepted.left.to_string()),
        ("tributary-quarantined", accepted.quarantined.to_string()),
        // A long list would burst clients' limits on headers.
        ("tributary-ids", if ids.len() <= 100 { ids.join(",") } else { String::new() }),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if summary.unknown_segments > 0 {
        let warning = format!(
            "{} segment(s) of the path are in no list: `tributary urls {}` prints those to use",
            summary.unknown_segments, summary.source
        );
        if let Ok(warning) = HeaderValue::from_str(&warning) {
            headers.insert("x-tributary-warning", warning);
        }
    }
}

async fn sweep(world: &World) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let deadline = Deadline { at_ms: world.pipeline.clock.now_ms() + REQUEST_MS };
        let report = world.pipeline.sweep(deadline).await;
        if report.expired + report.unspilled + report.faults > 0 {
            tracing::info!(
                expired = report.expired,
                sent = report.sent,
                duplicate = report.duplicate,
                left = report.left,
                buried = report.buried,
                unspilled = report.unspilled,
                faults = report.faults,
                "sweep"
            );
        }
    }
}

async fn interrupted() {
    // Where the signal cannot be had the process ends by the system's default, which is as well.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    say("stopping: finishing the requests under way (Ctrl-C again to end at once)");
}

async fn overdue() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = tokio::time::sleep(GRACE) => {}
    }
}

fn routes(world: &World) -> Vec<String> {
    world.gateways.keys().map(|source| format!("/{source}")).collect()
}

fn welcome(world: &World, address: SocketAddr, options: &Serve) {
    let base = url(address);
    say("Tributary, local gateway. Routes:\n");
    for (name, gateway) in &world.gateways {
        let events = gateway.source().catalog().len();
        let auth = if world.dev.contains(name) { "local secret" } else { "rules from the environment" };
        say(&format!("  POST {base}/{name:<12} {events:>4} vendor events known, {auth}"));
    }
    say("\nTry it:\n");
    say(&format!(
        "  curl -i {base}/infobip/sms/DELIVERY -H 'x-tributary-secret: local' -H 'content-type: application/json' \\\n    -d '{SAMPLE}'\n"
    ));
    say(&format!("Events, also printed here:  {}", world.stack.queues().events));
    say(&format!("Quarantine:                 {}", world.stack.queues().quarantine));
    match &options.data {
        Some(directory) => say(&format!("Data:                       kept in {}", directory.display())),
        None => say("Data:                       in memory; --data DIR keeps it"),
    }
    say("Stop:                       Ctrl-C\n");
}

fn log_to_stderr() {
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let ours = tracing_subscriber::filter::Targets::new()
        .with_default(tracing::Level::ERROR)
        .with_target("tributary", tracing::Level::INFO);
    let format = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(false);
    // Set already only in tests.
    let _ = tracing_subscriber::registry().with(format).with(ours).try_init();
}
