//! The built binary, as a person or a script uses it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{Running, Scratch, drain, post, report, reports, run, text, tributary};

#[test]
fn killed_under_load_and_started_again_every_event_answered_200_is_on_the_queue() {
    let scratch = Scratch::new("kill");
    let data = scratch.0.to_string_lossy().into_owned();
    let acknowledged = Mutex::new(BTreeSet::new());
    for life in 0..3 {
        let running = Running::start(&["--data", &data]);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let (stop, acknowledged, port) = (&stop, &acknowledged, running.port);
                scope.spawn(move || {
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let ids: Vec<String> = (0..7).map(|n| format!("k-{life}-{thread}-{number}-{n}")).collect();
                        if post(port, "/infobip/sms/DELIVERY", &reports(&ids)) == Some(200) {
                            acknowledged.lock().unwrap().extend(ids.iter().map(|id| format!("message/{id}")));
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(1_500));
            running.signal("-KILL");
            stop.store(true, Ordering::Relaxed);
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 50, "only {} events got through before the kills", acknowledged.len());
    let running = Running::start(&["--data", &data]);
    let copies = drain(&running.events_url, &acknowledged, Duration::from_secs(90));
    let missing: Vec<_> = acknowledged.iter().filter(|subject| !copies.contains_key(*subject)).collect();
    assert!(missing.is_empty(), "{} of {} lost, such as {:?}", missing.len(), acknowledged.len(), missing[0]);
    let doubled: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
}

#[test]
fn the_curl_line_works_when_pasted_and_the_event_is_printed() {
    let mut running = Running::start(&[]);
    let line = running.said.split_once("curl -i ").unwrap().1.split_once("\n\n").unwrap().0;
    let body = line.split_once("-d '").unwrap().1.trim_end_matches('\'');
    assert!(line.contains("-H 'x-tributary-secret: local' -H 'content-type: application/json'"));
    let path = line.split_once(&running.port.to_string()).unwrap().1.split_whitespace().next().unwrap();
    assert_eq!(running.post(path, body), Some(200));
    assert_eq!(running.printed().subject.as_deref(), Some("message/m-1"));
    assert_eq!(running.post("/nobody", body), Some(404));
    assert_eq!(running.post("/infobip", "{"), Some(200), "authentic, so kept in quarantine");
    let copies = drain(&running.events_url, &BTreeSet::from(["message/m-1".to_owned()]), Duration::from_secs(20));
    assert_eq!(copies.into_iter().collect::<Vec<_>>(), [("message/m-1".to_owned(), 1)]);
    running.signal("-INT");
    let ended = running.child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "Ctrl-C is a normal end");
}

/// Other systems than Linux have one address of loopback.
#[cfg(target_os = "linux")]
#[test]
fn another_address_is_listened_on_only_if_told_and_then_by_everything() {
    let endpoints = |gateway: &str| -> Option<Vec<String>> {
        let output = run(&["env", &format!("--local={gateway}")]);
        let shown = text(&output.stdout);
        let endpoints = shown.lines().filter_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL_")?.split_once('='));
        output.status.success().then(|| endpoints.map(|(_, url)| url.trim_matches('\'').to_owned()).collect())
    };
    let reached = |url: &str| std::net::TcpStream::connect(url.trim_start_matches("http://")).is_ok();
    for (host, told, also) in [
        (&[] as &[&str], "http://127.0.0.1:", None),
        (&["--host", "127.0.0.2"], "http://127.0.0.2:", None),
        (&["--host", "0.0.0.0"], "http://127.0.0.1:", Some("http://127.0.0.2:")),
    ] {
        let running = Running::start(host);
        assert!(running.events_url.starts_with(told), "{host:?}: {}", running.events_url);
        let endpoints = endpoints(&format!("{told}{}", running.port)).unwrap();
        assert_eq!(endpoints.len(), 2, "{endpoints:?}");
        for url in endpoints.iter().map(String::as_str).chain([format!("{told}{}", running.port).as_str()]) {
            let port = url.strip_prefix(told).unwrap_or_else(|| panic!("{host:?} tells {url}"));
            for address in ["http://127.0.0.1:", "http://127.0.0.2:"] {
                let wanted = address == told || Some(address) == also;
                assert_eq!(reached(&format!("{address}{port}")), wanted, "{host:?}: {address}{port}");
            }
        }
    }
    // An address of documents, which no machine has.
    let output = run(&["--host", "203.0.113.1", "--port", "0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no address 203.0.113.1"), "{}", text(&output.stderr));
}

#[test]
fn a_taken_port_and_a_wrong_flag_say_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port "), "{said}");

    let output = run(&["--prot", "3000"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--port"), "suggests the flag that was meant");

    let output = run(&["normalise"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("normalize"));

    let output = run(&["normalize", "--source", "infobib", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("infobip"), "{}", text(&output.stderr));

    let output = run(&["normalize", "--source", "infobip", "no-such-file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-file.json"));
}

#[test]
fn a_data_directory_belongs_to_one_process() {
    let scratch = Scratch::new("twice");
    let data = scratch.0.to_string_lossy().into_owned();
    let _first = Running::start(&["--data", &data]);
    let output = run(&["--port", "0", "--data", &data]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains(&data), "{}", text(&output.stderr));
}

#[test]
fn normalize_drops_doubles_as_the_gateway_does_and_says_how_many() {
    let normalize = |body: &str| {
        let mut child = tributary()
            .args(["normalize", "--source", "infobip", "--path", "/infobip/sms/DELIVERY", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        (text(&output.stdout).lines().count(), text(&output.stderr))
    };
    let (one, two) = (report("n-1"), report("n-2"));
    let (events, said) = normalize(&format!(r#"{{"results":[{one},{two},{one},{one}]}}"#));
    assert_eq!(events, 2);
    assert_eq!(said.lines().count(), 1, "one line a file: {said}");
    assert!(said.contains("2 doubles dropped"), "{said}");
    assert_eq!(normalize(&format!(r#"{{"results":[{one},{two}]}}"#)), (2, String::new()), "and nothing without any");
}

#[test]
fn normalize_prints_events_as_lines_and_reasons_apart() {
    let body = format!("{{\n \"results\": [ {},\n 17, {} ] }}", report("n-1"), report("n-2"));
    let mut child = tributary()
        .args(["normalize", "--source", "infobip", "--path", "/infobip/sms/DELIVERY", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "one part is no event");
    let events: Vec<_> =
        text(&output.stdout).lines().map(|line| tributary_events::Event::parse(line).unwrap()).collect();
    let subjects: Vec<_> = events.iter().map(|event| event.subject.as_deref().unwrap()).collect();
    assert_eq!(subjects, ["message/n-1", "message/n-2"]);
    assert_eq!(text(&output.stderr).lines().count(), 1);
    assert!(text(&output.stderr).contains("wrong_shape"));
}

#[test]
fn the_catalog_is_a_table_with_a_header() {
    let output = run(&["catalog"]);
    assert!(output.status.success());
    let out = text(&output.stdout);
    let mut lines = out.lines();
    assert_eq!(lines.next().unwrap(), "source\tvendor_channel\tvendor_event\ttype\tchannel");
    assert!(lines.clone().count() > 190);
    assert!(lines.all(|line| line.split('\t').count() == 5));
}

#[test]
fn the_demo_shows_every_event_once_and_ends_well() {
    let output = run(&["demo"]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{out}{}", text(&output.stderr));
    assert!(out.contains("second time:") && out.contains(" 0 events new"), "{out}");
    let output = run(&["demo", "--events", "no-such-folder"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--events DIR"));
}
