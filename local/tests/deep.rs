//! `tributary doctor --deep`, against the local gateway and against stand-ins for the services that it asks.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use common::operator::Operated;
use common::{text, tributary};
use serde_json::json;

const ACCOUNT: &str = "123456789012";

/// A request, as far as a stand-in looks at it.
struct Asked {
    path: String,
    head: String,
    body: String,
}

impl Asked {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let path = head.split_whitespace().nth(1)?.to_owned();
        let length =
            head.to_lowercase().split_once("content-length: ").map_or("0", |(_, rest)| rest.trim_start()).to_owned();
        let mut body = vec![0; length.split_whitespace().next()?.parse().ok()?];
        lines.read_exact(&mut body).ok()?;
        Some(Self { path, head: head.to_lowercase(), body: text(&body) })
    }

    /// Whether it is signed for a service.
    fn is_for(&self, service: &str, region: &str) -> bool {
        self.head.contains(&format!("/{region}/{service}/aws4_request"))
    }
}

/// Answers requests, each on a connection of its own.
fn serve(answer: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                let Some(asked) = Asked::read(&stream) else { return };
                let (status, body) = answer(&asked);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
            });
        }
    });
    url
}

/// What a stack looks like.
#[derive(Clone, Copy)]
struct Looks {
    /// What its routes answer; none for those of the local gateway.
    answer: Option<u16>,
    /// What a function may do: the action, and the resource.
    may: fn(&str, &str) -> bool,
    /// Lines of the log for a pattern: environment, milliseconds, line.
    log: fn(&str) -> Vec<(&'static str, i64, String)>,
}

fn request_line(total_ms: i64) -> String {
    json!({"timestamp": "2026-11-21T09:30:02Z", "level": "INFO", "fields": {"message": "request", "total_ms": total_ms}})
        .to_string()
}

/// Stands in for every service but DynamoDB and SQS. Tells what was simulated.
fn services(gateway: String, looks: Looks) -> (String, Arc<Mutex<Vec<String>>>) {
    let own = Arc::new(Mutex::new(String::new()));
    let (known, simulated) = (Arc::clone(&own), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&simulated);
    let url = serve(move |asked| {
        if let Some(status) = looks.answer.filter(|_| !asked.head.contains("authorization: aws4")) {
            return (status, String::new());
        }
        if asked.path == "/v2/apis" && asked.is_for("apigateway", "eu-west-1") {
            return (
                200,
                json!({"items": [{"name": "other", "apiEndpoint": "http://127.0.0.1:9"}], "nextToken": "2+/="})
                    .to_string(),
            );
        }
        if asked.path == "/v2/apis?nextToken=2%2B%2F%3D" {
            let url = if looks.answer.is_some() { known.lock().unwrap().clone() } else { gateway.clone() };
            let tags = json!({"aws:cloudformation:stack-name": "shop"});
            return (200, json!({"items": [{"name": "x", "apiEndpoint": url, "tags": tags}]}).to_string());
        }
        if let Some(rest) = asked.path.strip_prefix("/2015-03-31/functions/shop-") {
            let function = rest.split('/').next().unwrap();
            let role = format!("arn:aws:iam::{ACCOUNT}:role/shop-{function}");
            let is_there = function != "channeltalk-poll" && asked.is_for("lambda", "eu-west-1");
            return if is_there { (200, json!({"Role": role}).to_string()) } else { (404, "{}".to_owned()) };
        }
        if asked.head.contains("logs_20140328.filterlogevents") && asked.is_for("logs", "eu-west-1") {
            let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
            assert_eq!(body["logGroupName"], "/tributary/shop");
            let lines = (looks.log)(body["filterPattern"].as_str().unwrap());
            let event = |(stream, at, line): &(&str, i64, String)| json!({"logStreamName": stream, "timestamp": at, "message": line});
            return (200, json!({"events": lines.iter().map(event).collect::<Vec<_>>()}).to_string());
        }
        if asked.head.contains("secretsmanager.getsecretvalue") {
            let arn = format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/x-AbCdEf");
            let rules = r#"{"rules":[{"type":"bearer","token":"hunter2-hunter2"}]}"#;
            return (200, json!({"Name": "x", "ARN": arn, "SecretString": rules}).to_string());
        }
        if asked.body.contains("Action=SimulatePrincipalPolicy") && asked.is_for("iam", "us-east-1") {
            let decoded = asked.body.replace("%3A", ":").replace("%2F", "/");
            let value = |name: &str| {
                decoded
                    .split('&')
                    .filter_map(|pair| pair.split_once('='))
                    .filter(|(key, _)| key.starts_with(name))
                    .map(|(_, value)| value.to_owned())
                    .collect::<Vec<_>>()
            };
            let resource = value("ResourceArns").remove(0);
            let results: String = value("ActionNames")
                .iter()
                .map(|action| {
                    told.lock().unwrap().push(format!("{} {action} {resource}", value("PolicySourceArn")[0]));
                    let decision = if (looks.may)(action, &resource) { "allowed" } else { "implicitDeny" };
                    format!(
                        "<member><MatchedStatements><member/></MatchedStatements><EvalDecision>{decision}</EvalDecision>\
                         <EvalActionName>{action}</EvalActionName></member>"
                    )
                })
                .collect();
            return (200, format!("<R><EvaluationResults>{results}</EvaluationResults></R>"));
        }
        (403, json!({"__type": "AccessDeniedException"}).to_string())
    });
    own.lock().unwrap().clone_from(&url);
    (url, simulated)
}

fn doctor(operated: &Operated, url: &str) -> (Option<i32>, String) {
    let mut command = tributary();
    command.args(["doctor", "--stack", "shop", "--deep"]);
    command.envs(operated.env.iter().filter(|(name, _)| name.starts_with("AWS_")));
    let output = command.env("AWS_REGION", "eu-west-1").env("AWS_ENDPOINT_URL", url).output().unwrap();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn row(told: &str, name: &str) -> String {
    let of = |line: &&str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).nth(1) == Some(name);
    told.lines().find(of).unwrap_or_else(|| panic!("no {name} in:\n{told}")).to_owned()
}

/// What a claim's table may never allow, and every role may else.
fn as_it_should_be(action: &str, resource: &str) -> bool {
    !resource.contains("ClaimsTable") || matches!(action, "dynamodb:PartiQLInsert" | "dynamodb:BatchGetItem")
}

const SOURCES: [&str; 5] = ["altcraft", "carrotquest", "channeltalk", "infobip", "karte"];

#[test]
fn the_local_gateway_answers_what_a_stranger_asks_and_keeps_nothing_of_it() {
    let operated = Operated::start();
    let output = operated.run(&["doctor", "--deep"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}{}", text(&output.stderr));
    for source in SOURCES {
        let row = row(&told, &format!("api: {source}, a path with a blank"));
        assert!(row.starts_with("ok") && row.contains("401"), "{row}");
    }
    assert!(row(&told, "api: compressed JSON").contains("arrives as it was sent"), "{told}");
    assert!(row(&told, "rights of the functions").starts_with("n/a"), "{told}");
    for name in ["TRIBUTARY_QUEUE_URL", "TRIBUTARY_QUARANTINE_URL", "TRIBUTARY_SPILL_URL"] {
        assert_eq!(operated.depth(&operated.env[name]), (0, 0), "{name}");
    }
    let scan = operated.dynamodb.scan().table_name(&operated.env["TRIBUTARY_JOURNAL_TABLE"]);
    assert_eq!(operated.runtime.block_on(scan.send()).unwrap().count(), 0);
    let output = operated.by_variables().args(["doctor", "--deep"]).output().unwrap();
    assert!(text(&output.stderr).contains("--deep needs a stack"), "{}", text(&output.stderr));
}

#[test]
fn a_sound_stack_passes() {
    let operated = Operated::start();
    operated.make_stack("shop");
    let gateway = format!("http://127.0.0.1:{}", operated.running.port);
    let log = |pattern: &str| match pattern {
        _ if !pattern.contains("accepted") => vec![],
        _ => vec![("a", 0, request_line(700)), ("a", 1_000, request_line(30)), ("a", 400_000, request_line(250))],
    };
    let (url, simulated) = services(gateway, Looks { answer: None, may: as_it_should_be, log });
    let (_, told) = doctor(&operated, &url);
    for source in SOURCES {
        assert!(row(&told, &format!("api: {source}, a path with a blank")).starts_with("ok"), "{told}");
        assert!(row(&told, &format!("rights of {source}")).starts_with("ok"), "{told}");
    }
    for name in ["api: compressed JSON", "rights of sweeper", "log", "first request after a rest", "time-outs"] {
        assert!(row(&told, name).starts_with("ok"), "{name}: {told}");
    }
    assert!(row(&told, "first request after a rest").contains("1 after 2 min to 6 min"), "{told}");
    assert!(!told.contains("rights of channeltalk-poll"), "it is not made: {told}");
    assert!(!told.contains("hunter2"), "{told}");
    let simulated = simulated.lock().unwrap();
    for asked in [
        format!(
            "arn:aws:iam::{ACCOUNT}:role/shop-karte sqs:SendMessage arn:aws:sqs:eu-west-1:{ACCOUNT}:shop-quarantine"
        ),
        format!(
            "arn:aws:iam::{ACCOUNT}:role/shop-sweeper dynamodb:Query arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/shop-JournalTable-1A2B3C"
        ),
        format!(
            "arn:aws:iam::{ACCOUNT}:role/shop-karte secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/x-AbCdEf"
        ),
    ] {
        assert!(simulated.contains(&asked), "{asked} is not among {simulated:#?}");
    }
}

#[test]
fn a_stack_with_faults_has_each_named() {
    let operated = Operated::start();
    operated.make_stack("shop");
    let may = |action: &str, resource: &str| match action {
        "dynamodb:BatchWriteItem" => false,
        "dynamodb:UpdateItem" => true,
        _ => as_it_should_be(action, resource),
    };
    let log = |pattern: &str| match pattern {
        _ if pattern.contains("platform.report") => vec![("a", 0, "{}".to_owned())],
        _ if pattern.contains("accepted") => vec![
            ("a", 0, request_line(20)),
            ("a", 1_000, request_line(30)),
            ("a", 400_000, request_line(6_300)),
            ("a", 401_000, r#"{"fields":{"total_ms":40}}"#.to_owned()),
        ],
        _ => vec![],
    };
    let (url, _) = services(String::new(), Looks { answer: Some(500), may, log });
    let (code, told) = doctor(&operated, &url);
    assert_eq!(code, Some(1), "{told}");
    assert!(row(&told, "api: infobip, a path with a blank").starts_with("fail"), "{told}");
    assert!(row(&told, "api: compressed JSON").starts_with("fail"), "{told}");
    let rights = row(&told, "rights of karte");
    assert!(rights.starts_with("fail") && rights.contains("lacks dynamodb:BatchWriteItem"), "{told}");
    assert!(rights.contains("may dynamodb:UpdateItem on") && rights.contains("must never be"), "{told}");
    assert!(row(&told, "log").contains("1 of 4 lines lack"), "{told}");
    let rest = row(&told, "first request after a rest");
    assert!(rest.starts_with("warn") && rest.contains("slowest 6300 ms"), "{told}");
    assert!(row(&told, "time-outs").contains("1 in 7 days, told by platform.report"), "{told}");

    // Where nothing of it may be looked at the rest is checked all the same.
    let (denied, _) = (serve(|_| (403, json!({"__type": "AccessDeniedException"}).to_string())), ());
    let (_, told) = doctor(&operated, &denied);
    for (name, call) in [
        ("api", "apigateway:GET"),
        ("rights of karte", "lambda:GetFunctionConfiguration"),
        ("log", "logs:FilterLogEvents"),
    ] {
        let row = row(&told, name);
        assert!(row.starts_with("warn") && row.contains(&format!("{call} is denied")), "{told}");
    }
    assert!(row(&told, "journal table").starts_with("ok"), "{told}");
}
