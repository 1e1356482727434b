//! `tributary tail`, `doctor` and `env`, and what each command says when it cannot.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::operator::{Operated, quarantined};
use common::{report, reports, run, text, tributary};
use tributary_events::Event;

/// Far above what any command takes, far below hanging.
const SECONDS: Duration = Duration::from_secs(60);

fn events_url(operated: &Operated) -> String {
    operated.env["TRIBUTARY_QUEUE_URL"].clone()
}

/// A command that runs on; once it has said its first line.
fn begin(command: &mut Command) -> (Child, BufReader<std::process::ChildStdout>, BufReader<std::process::ChildStderr>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.contains("Ctrl-C ends"), "{first}");
    (child, out, said)
}

fn end(mut child: Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0), "Ctrl-C is a normal end");
}

fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn tail_shows_what_the_gateway_sends_and_takes_nothing() {
    let operated = Operated::start();
    let (child, mut out, _said) = begin(tributary().args(["tail", &operated.local]));
    let (raw_child, mut raw, _raw_said) = begin(tributary().args(["tail", "events", "--json", &operated.local]));
    let failed = report("t-1").replace("\"groupId\":3", "\"groupId\":5").replace("\"id\":0", "\"id\":1,\"groupId\":1");
    assert_eq!(operated.running.post("/infobip/sms/DELIVERY", &format!("{{\"results\":[{failed}]}}")), Some(200));
    let shown = line(&mut out);
    for part in ["2026-11-21T09:30:02", "infobip", "message.", "sms", "message/t-1"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "no colour into a pipe: {shown}");
    assert_eq!(Event::parse(&line(&mut raw)).unwrap().subject.as_deref(), Some("message/t-1"));
    end(child);
    end(raw_child);
    assert_eq!(operated.depth(&events_url(&operated)), (1, 0), "still there for its consumer");
    // With a listener still there the gateway stops at once all the same.
    let (mut child, _out, mut said) = begin(tributary().args(["tail", &operated.local]));
    let begun = Instant::now();
    operated.running.signal("-INT");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(8), "ended by force, after {:?}", begun.elapsed());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("has stopped"), "{rest}");
}

#[test]
fn what_a_function_beside_the_gateway_sends_is_printed_and_tailed_too() {
    let operated = Operated::start();
    let (child, mut out, _said) = begin(tributary().args(["tail", "events", "--json", &operated.local]));
    // An event to send: as the gateway has sent it, under another deduplication id.
    assert_eq!(operated.running.post("/infobip/sms/DELIVERY", &reports(&["f-1".to_owned()])), Some(200));
    assert_eq!(operated.running.printed().subject.as_deref(), Some("message/f-1"));
    let event = line(&mut out);
    for _ in 0..2 {
        let send = operated.sqs.send_message().queue_url(events_url(&operated)).message_body(&event);
        let send = send.message_group_id("message/f-1").message_deduplication_id("f-1").send();
        operated.runtime.block_on(send).unwrap();
    }
    assert_eq!(operated.running.post("/infobip/sms/DELIVERY", &reports(&["f-2".to_owned()])), Some(200));
    // The copy, which the queue absorbed, is not between them.
    for subject in ["message/f-1", "message/f-2"] {
        assert_eq!(operated.running.printed().subject.as_deref(), Some(subject));
        assert_eq!(Event::parse(&line(&mut out)).unwrap().subject.as_deref(), Some(subject));
    }
    end(child);
}

#[test]
fn tail_gives_back_what_it_looks_at_and_shows_each_message_once() {
    let operated = Operated::start();
    let message = quarantined("karte", "", "application/json", "not_json", "{canary-1b2c").to_string();
    operated.send(operated.quarantine(), &message);
    let mut command = operated.by_variables();
    let (child, mut out, _said) = begin(command.args(["tail", "quarantine"]));
    let shown = line(&mut out);
    assert!(shown.contains("karte") && shown.contains("not_json") && !shown.contains("canary"), "{shown}");
    // Looked at again and again, and shown no second time.
    std::thread::sleep(Duration::from_secs(5));
    operated.send(operated.quarantine(), &message.replace("not_json", "empty"));
    assert!(line(&mut out).contains("empty"));
    end(child);
    assert_eq!(operated.depth(operated.quarantine()), (2, 0), "visible at once");
}

#[test]
fn the_events_of_a_deployment_are_only_shown_to_who_takes_them() {
    let operated = Operated::start();
    let ids: Vec<String> = (0..25).map(|n| format!("take-{n}")).collect();
    assert_eq!(operated.running.post("/infobip/sms/DELIVERY", &reports(&ids)), Some(200));
    let output = operated.by_variables().args(["tail"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("--take") && said.contains("dead letters") && said.contains("tail quarantine"), "{said}");
    assert_eq!(operated.depth(&events_url(&operated)), (25, 0), "untouched");

    let mut command = operated.by_variables();
    let (child, mut out, _said) = begin(command.args(["tail", "events", "--take"]));
    let shown: std::collections::BTreeSet<String> = ids.iter().map(|_| line(&mut out)).collect();
    assert_eq!(shown.len(), 25);
    end(child);
    assert_eq!(operated.depth(&events_url(&operated)), (0, 0));
    // Dead letters are found through the events queue, which names them.
    let mut command = operated.by_variables();
    let (child, _out, _said) = begin(command.args(["tail", "dead-letters"]));
    end(child);
}

/// Stands in for Secrets Manager: the rules of a source by the secret's name.
fn secrets(rules: fn(&str) -> Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 16_384];
            let mut length = 0;
            let body = loop {
                let read = stream.read(&mut request[length..]).unwrap_or(0);
                length += read;
                let so_far = text(&request[..length]);
                match so_far.split_once("\r\n\r\n") {
                    Some((_, body)) if body.ends_with('}') => break body.to_owned(),
                    _ if read == 0 => break String::new(),
                    _ => {}
                }
            };
            let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let (status, body) = match rules(body["SecretId"].as_str().unwrap_or_default()) {
                Some(rules) => ("200 OK", serde_json::json!({"Name": "s", "SecretString": rules})),
                None => ("400 Bad Request", serde_json::json!({"__type": "ResourceNotFoundException"})),
            };
            let body = body.to_string();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

/// Only what makes the SDK talk to the stand-ins: a stack is found by its name.
fn on_stack(operated: &Operated, arguments: &[&str]) -> Output {
    let mut command = tributary();
    command.envs(operated.env.iter().filter(|(name, _)| name.starts_with("AWS_"))).args(arguments);
    let url = secrets(|id| match id {
        "shop/karte" => Some(r#"{"rules":[{"type":"bearer","token":"hunter2"},{"type":"path","secret":"hunter2"}]}"#),
        "shop/infobip" => Some(r#"{"rules":[{"type":"bearer","hunter2":"hunter2"}]}"#),
        "shop/altcraft" => None,
        _ => Some(r#"{"rules":[]}"#),
    });
    command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", url).output().unwrap()
}

#[test]
fn doctor_finds_nothing_wrong_with_the_local_gateway_and_much_with_a_bad_stack() {
    let operated = Operated::start();
    let output = operated.run(&["doctor"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", text(&output.stderr));
    assert!(told.contains("claims expire by `x`") && told.contains("not applicable locally"), "{told}");
    assert!(told.contains("0 to look at, 0 failed"), "{told}");

    operated.make_stack("shop");
    let output = on_stack(&operated, &["doctor", "--stack", "shop"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}{}", text(&output.stderr));
    let row = |name: &str| {
        let of = |line: &&str| line.get(6..).is_some_and(|rest| rest.starts_with(&format!("{name}  ")));
        told.lines().find(of).unwrap_or_else(|| panic!("no {name} in:\n{told}")).to_owned()
    };
    assert!(row("journal table").starts_with("ok") && row("journal table").contains("shop-JournalTable-1A2B3C"));
    assert!(row("claims table: expiry").starts_with("fail"), "{told}");
    assert!(told.contains("update-time-to-live --table-name shop-ClaimsTable-1A2B3C"), "{told}");
    assert!(row("events queue").contains("standard"), "{told}");
    assert!(row("events queue: failures").starts_with("fail"), "{told}");
    assert!(row("quarantine queue: settings").contains("keeps messages 96 h, not 336"), "{told}");
    assert!(row("clock").starts_with("ok"), "{told}");
    assert!(row("rules of karte").starts_with("ok") && row("rules of karte").contains("bearer, path"), "{told}");
    assert!(row("rules of infobip").starts_with("fail") && row("rules of altcraft").starts_with("fail"), "{told}");
    assert!(row("rules of channeltalk").starts_with("warn"), "{told}");
    assert!(row("you: redrive dead").contains("allowed"), "{told}");
    assert!(!told.contains("hunter2"), "no value of a secret: {told}");
}

#[test]
fn doctor_sees_what_waits_and_what_has_wrong_keys() {
    let operated = Operated::start();
    operated.send(operated.quarantine(), &quarantined("karte", "", "", "empty", "canary-9d").to_string());
    operated.runtime.block_on(operated.make_table("wrong", &["pk"]));
    let mut command = operated.by_variables();
    let output = command.args(["doctor"]).env("TRIBUTARY_JOURNAL_TABLE", "wrong").output().unwrap();
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("keys are pk B HASH, the code writes pk S HASH, sk S RANGE"), "{told}");
    assert!(told.contains("quarantine queue: backlog") && told.contains("tributary redrive quarantine"), "{told}");
    assert!(told.contains("rules of infobip") && told.contains("environment: header, path, basic"), "{told}");
    assert!(!told.contains("canary"), "{told}");
    assert_eq!(operated.depth(operated.quarantine()), (1, 0));
}

#[test]
fn a_stack_that_is_not_there_or_there_twice_says_what_to_do() {
    let operated = Operated::start();
    operated.make_stack("shop");
    for (arguments, wanted) in [
        (&["tail", "quarantine", "--stack", "shpo"][..], "did you mean --stack shop?"),
        (&["tail", "quarantine", "--stack", "elsewhere"], "stacks here: shop, tributary"),
        (&["redrive", "dead", "--stack", "tributaryy"], "did you mean --stack tributary?"),
        (&["redrive", "quarantine", "--stack", "elsewhere", "--apply"], "AWS_REGION"),
        (&["tail", "dead-letters", "--stack", "shop"], "no dead-letter queue"),
    ] {
        let output = on_stack(&operated, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(wanted), "{arguments:?}: {}", text(&output.stderr));
    }
    let output = on_stack(&operated, &["redrive", "dead", "--stack", "shop"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    operated.runtime.block_on(async {
        operated.make_table("shop-JournalTable-9Z", &["pk", "sk"]).await;
        operated
            .sqs
            .create_queue()
            .queue_name("shop-events.fifo")
            .attributes("FifoQueue".into(), "true")
            .send()
            .await
            .unwrap();
    });
    let said = text(&on_stack(&operated, &["redrive", "dead", "--stack", "shop"]).stderr);
    assert!(
        said.contains("shop-JournalTable-1A2B3C, shop-JournalTable-9Z") && said.contains("TRIBUTARY_JOURNAL_TABLE"),
        "{said}"
    );
    let said = text(&on_stack(&operated, &["tail", "--take", "--stack", "shop"]).stderr);
    assert!(said.contains("shop-events.fifo") && said.contains("TRIBUTARY_QUEUE_URL"), "{said}");
}

/// Arguments, variables, exit code, and what is to be said.
type Case<'a> = (Vec<&'a str>, Vec<(String, String)>, i32, &'a str);

#[test]
fn without_a_gateway_a_network_credentials_or_a_region_it_says_so_within_seconds() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // Takes connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (format!("http://{}", silent.local_addr().unwrap()), silent);
    let refused = format!("http://{nobody}");
    let local = format!("--local={refused}");
    let silent_local = format!("--local={}", silent.0);
    let known = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "k")];
    let at = |url: &str| {
        [&known[..], &[("AWS_ENDPOINT_URL", url)]]
            .concat()
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect::<Vec<_>>()
    };
    let own =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
    let cases: Vec<Case<'_>> = vec![
        (vec!["doctor"], vec![], 2, "--stack NAME"),
        (vec!["tail", &local], vec![], 2, "Start one with `tributary`"),
        (vec!["env", &local], vec![], 2, "Start one with `tributary`"),
        (vec!["env", &silent_local], vec![], 2, "no answer in 5 s"),
        (vec!["tail", "quarantine", "--local=ftp://x"], vec![], 2, "is no URL of a local gateway"),
        (vec!["redrive", "dead", "--stack", "a", "--local"], vec![], 2, "cannot be used with"),
        (vec!["redrive", "quarantine", "--local", "--source", "kart"], vec![], 2, "no source is called"),
        (vec!["redrive", "dead", "--stack", "a"], own(&known[1..]), 2, "set AWS_REGION"),
        (vec!["redrive", "dead", "--stack", "a"], own(&known[..1]), 2, "no AWS credentials"),
        (
            vec!["redrive", "dead", "--stack", "a"],
            at(&refused),
            2,
            "check the network, AWS_REGION, and AWS_ENDPOINT_URL",
        ),
        (vec!["tail", "quarantine", "--stack", "a"], at(&silent.0), 2, "no answer"),
        (vec!["doctor", "--stack", "a"], at(&refused), 1, "no answer"),
        (vec!["doctor", "--stack", "a"], at(&silent.0), 1, "no answer"),
    ];
    std::thread::scope(|scope| {
        for (arguments, environment, code, wanted) in cases {
            scope.spawn(move || {
                let begun = Instant::now();
                let mut command = tributary();
                // No profile of whoever runs the tests, and no network that would have to be asked for credentials.
                command.env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
                let output = command.args(&arguments).envs(environment).stdin(Stdio::null()).output().unwrap();
                let said = text(&output.stderr) + &text(&output.stdout);
                assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
                assert!(said.contains(wanted), "{arguments:?}: {said}");
                assert!(begun.elapsed() < SECONDS, "{arguments:?} took {:?}", begun.elapsed());
            });
        }
    });
}

#[test]
fn the_help_of_each_command_says_what_it_needs_and_gives_an_example() {
    for (arguments, says) in [
        (&["tail"][..], "Nothing is consumed unless you say --take"),
        (&["redrive", "quarantine"], "it can be interrupted, or killed, and run again"),
        (&["redrive", "dead"], "A damaged chunk stays where it is"),
        (&["doctor"], "no value is ever shown"),
        (&["env"], "Only while that gateway runs"),
    ] {
        let help = text(&run(&[arguments, &["--help"]].concat()).stdout);
        let flowing = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [says, "Needs: ", "Examples: ", "Usage: tributary "] {
            assert!(flowing.contains(part), "{arguments:?} lacks {part:?}:\n{help}");
        }
        assert!(help.lines().all(|line| line.len() <= 200), "{help}");
    }
    assert_eq!(run(&["redrive"]).status.code(), Some(2));
}
