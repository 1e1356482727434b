//! A request of which nothing can be read costs a message or two and a few lines, however many elements it has.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::{Bench, Proof, SECRET};
use tributary_gateway::reopen;
use tributary_normalize::{ALTCRAFT, Settings};
use tributary_pipeline::Quarantined;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Parts in quarantine, messages they take, and log lines of a body.
fn cost(body: &str) -> (usize, usize, Vec<serde_json::Value>) {
    let written = Written::default();
    let writer = written.clone();
    let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    let bench = Bench::new(ALTCRAFT, Proof::Header);
    let (_, summary) = tracing::subscriber::with_default(log, || {
        bench.send(Proof::Header.request("altcraft", SECRET, body.as_bytes(), 0))
    });
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (summary.accepted.quarantined, bench.world.quarantine().len(), lines)
}

fn list(elements: usize) -> String {
    format!("[{}]", vec!["1"; elements].join(","))
}

#[test]
fn twenty_thousand_broken_elements_are_one_body_and_one_line() {
    let (parts, messages, lines) = cost(&list(19_999));
    assert_eq!((parts, messages), (1, 1));
    // The part's and the request's.
    assert_eq!(lines.len(), 2);
    assert!(lines[0]["fields"]["detail"].as_str().unwrap().starts_with("19999 elements of a list"), "{}", lines[0]);
}

#[test]
fn a_few_broken_elements_are_a_part_each_and_ten_of_them_have_a_line() {
    let (parts, messages, lines) = cost(&list(150));
    assert_eq!((parts, messages), (150, 150));
    assert_eq!(lines.len(), 12);
    assert_eq!(lines[10]["fields"]["parts"], 150);
    assert_eq!(cost(&list(10)).2.len(), 11);
}

#[test]
fn the_one_body_is_read_again_whole_once_its_elements_can_be() {
    let event = r#"{"event_type":"open","event_date":"2026-11-20T10:01:11Z","profile_id":"p","account_id":7}"#;
    let elements: Vec<String> = (0..300).map(|number| event.replace("\"p\"", &format!("\"p{number}\""))).collect();
    let part = Quarantined {
        source: "altcraft".into(),
        path: String::new(),
        content_type: "application/json".into(),
        received: "2026-11-21T00:00:00.000Z".into(),
        reason: "wrong_shape".into(),
        detail: "300 elements of a list".into(),
        part: format!("[{}]", elements.join(",")).into_bytes(),
    };
    let reopened = reopen(&part, |_| Settings::default());
    assert_eq!((reopened.events.len(), reopened.rejects.len()), (300, 0));
}
