//! Nothing of a body, an address, a secret or a path ends up in the logs, whatever happens to the request.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use http::Request;
use tributary_gateway::{Provider, Rules};
use tributary_stack::{Fault, Rule};
use tributary_tests::{Bench, REPORTS, post, reports, send};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_no_marked_value() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let bench = Bench::start().await;
    let gateway = bench.gateway("infobip");
    let marked = |name: &str| reports(name, 0..3).replace("385910000001", "canary@canary.example");
    send(&gateway, post(REPORTS, marked("fine"))).await;
    send(&gateway, post("/infobip/canary/CANARY?canary=1", marked("canary"))).await;
    send(&gateway, post(REPORTS, r#"{"results":["canary",{"status":"canary"}]}"#)).await;
    send(&gateway, post(REPORTS, r#"{"canary": canary"#)).await;
    for fault in [Fault::Unavailable, Fault::Throttled, Fault::ReplyLost] {
        bench.sqs.inject(Rule::any(fault).times(3));
        bench.dynamodb.inject(Rule::any(fault).times(4));
        send(&gateway, post(REPORTS, marked("canary-faults"))).await;
    }
    let rules = r#"{"rules":[{"type":"path","secret":"canary"},{"type":"bearer","token":"canary-token"}]}"#;
    let closed = bench.gateway_with("karte", Provider::fixed(Rules::parse(rules).unwrap()));
    for path in ["/karte/key-canary", "/karte/key-canary-wrong"] {
        let request = Request::post(path).header("authorization", "Bearer canary").body(marked("x").into()).unwrap();
        send(&closed, request).await;
    }
    bench.sweep().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.matches("request").count() >= 9, "the log is there: {text}");
    assert!(text.contains("quarantined") && text.contains("denied"), "{text}");
    assert!(!text.to_lowercase().contains("canary"), "{text}");
}
