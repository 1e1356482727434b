//! `tributary redrive`: what was set aside comes back once, whatever happens in between.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![cfg(unix)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use common::operator::{Operated, quarantined};
use common::{post_as, report, text};
use tributary_events::Event;
use tributary_pipeline::aws::DynamoJournal;
use tributary_pipeline::ports::{Fenced, Journal, SystemClock};
use tributary_pipeline::{Chunk, ChunkId, ChunkKey, Message, split};
use tributary_stack::{Fault, Proxy, Rule};

const PATIENCE: Duration = Duration::from_secs(90);

/// One readable request of each source: source, path after it, content type, body.
fn readable() -> Vec<(String, String, String, String)> {
    [
        "altcraft/batch-mixed",
        "carrotquest/cart-viewed",
        "channeltalk/message-user",
        "infobip/sms-delivery-batch",
        "karte/hook-message-from-user",
    ]
    .into_iter()
    .map(|name| {
        let file = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let event: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let body = event["body"].as_str().unwrap();
        let body = if event["isBase64Encoded"] == true {
            String::from_utf8(base64::engine::general_purpose::STANDARD.decode(body).unwrap()).unwrap()
        } else {
            body.to_owned()
        };
        let source = name.split('/').next().unwrap();
        let path = event["rawPath"].as_str().unwrap().strip_prefix(&format!("/{source}")).unwrap();
        let content_type = event["headers"]["content-type"].as_str().unwrap();
        (source.to_owned(), path.to_owned(), content_type.to_owned(), body)
    })
    .collect()
}

/// Copies of each event by id; the times they were received first.
fn copies(bodies: &[String]) -> (BTreeMap<String, usize>, BTreeSet<String>) {
    let (mut copies, mut received) = (BTreeMap::new(), BTreeSet::new());
    for body in bodies {
        let event = Event::parse(body).unwrap();
        *copies.entry(event.id.to_string()).or_default() += 1;
        received.insert(event.recordedtime.to_string());
    }
    (copies, received)
}

#[test]
fn what_is_still_broken_stays_and_what_became_readable_goes_once() {
    let operated = Operated::start();
    let quarantine = operated.quarantine();
    let canary = "canary-7f3a";
    for (source, broken) in [
        ("altcraft", format!("[\"{canary}\"]")),
        ("carrotquest", format!("type=event&event=%7B{canary}")),
        ("channeltalk", format!("{{\"{canary}")),
        ("infobip", format!("{{\"results\":[\"{canary}\"]}}")),
        ("karte", format!("[\"{canary}\"]")),
    ] {
        let content_type =
            if source == "carrotquest" { "application/x-www-form-urlencoded" } else { "application/json" };
        assert_eq!(post_as(operated.running.port, &format!("/{source}"), content_type, broken.as_bytes()), Some(200));
    }
    let before = operated.look(quarantine);
    assert_eq!(before.len(), 5);
    for arguments in [&["redrive", "quarantine"][..], &["redrive", "quarantine", "--apply"]] {
        let output = operated.run(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let told = text(&output.stdout);
        assert!(told.contains("0 of 5 parts"), "{told}");
        assert!(
            !told.contains(canary) && !text(&output.stderr).contains(canary),
            "bodies are nobody's business: {told}"
        );
        assert_eq!(operated.look(quarantine), before, "untouched, and visible again at once");
    }

    // As if the code had learnt to read them.
    for (source, path, content_type, body) in readable() {
        operated.send(quarantine, &quarantined(&source, &path, &content_type, "not_json", &body).to_string());
    }
    let all = operated.look(quarantine);
    let told = text(&operated.run(&["redrive", "quarantine"]).stdout);
    assert!(told.contains("5 of 10 parts would leave"), "{told}");
    assert_eq!(operated.look(quarantine), all, "a dry run changes nothing");
    let told =
        text(&operated.run(&["redrive", "quarantine", "--source", "karte", "--reason", "not_json", "--apply"]).stdout);
    assert!(told.contains("1 of 1 parts have left"), "the filters hold: {told}");
    let told = text(&operated.run(&["redrive", "quarantine", "--apply"]).stdout);
    assert!(told.contains("4 of 9 parts have left"), "{told}");
    assert_eq!(operated.look(quarantine), before);

    let bodies = operated.take(&operated.env["TRIBUTARY_QUEUE_URL"], PATIENCE, |bodies| bodies.len() >= 10);
    let (once, received) = copies(&bodies);
    assert!(once.values().all(|copies| *copies == 1), "{once:?}");
    let sources: BTreeSet<_> =
        bodies.iter().map(|body| Event::parse(body).unwrap().source.split('/').nth(1).unwrap().to_owned()).collect();
    assert_eq!(sources.len(), 5, "{sources:?}");
    assert_eq!(
        received,
        BTreeSet::from(["2026-11-01T08:00:00.125Z".to_owned()]),
        "the time it came, not that of the redrive"
    );

    // The same parts once more, as after a crash before the messages were deleted.
    for (source, path, content_type, body) in readable() {
        operated.send(quarantine, &quarantined(&source, &path, &content_type, "not_json", &body).to_string());
    }
    let told = text(&operated.run(&["redrive", "quarantine", "--apply"]).stdout);
    assert!(told.contains(&format!(": 0 events new, {} duplicate", once.len())), "{told}");
}

#[test]
fn pieces_find_together_and_a_part_that_is_readable_in_places_stays() {
    let operated = Operated::start();
    let quarantine = operated.quarantine();
    let (source, path) = ("infobip", "/sms/DELIVERY");
    let whole = format!(r#"{{"results":[{}]}}"#, report("p-1"));
    let pieces = |name: &str, wanted: &[usize]| {
        let third = whole.len() / 3;
        for number in wanted {
            let end = if *number == 3 { whole.len() } else { number * third };
            let mut piece = quarantined(source, path, "application/json", "not_json", "");
            piece["part"] = name.into();
            piece["piece"] = (*number).into();
            piece["pieces"] = 3.into();
            piece.as_object_mut().unwrap().remove("text");
            let bytes = &whole.as_bytes()[(number - 1) * third..end];
            piece["base64"] = base64::engine::general_purpose::STANDARD.encode(bytes).into();
            operated.send(quarantine, &piece.to_string());
        }
    };
    pieces("whole/0", &[3, 1, 2, 2]);
    pieces("torn/0", &[1, 3]);
    let partly = format!(r#"{{"results":[{},17]}}"#, report("p-2"));
    operated.send(quarantine, &quarantined(source, path, "application/json", "not_json", &partly).to_string());
    operated.send(quarantine, "somebody's own");
    let mut large = quarantined("", "", "application/cloudevents+json", "too_large", "{}");
    large["received"] = "".into();
    operated.send(quarantine, &large.to_string());

    let output = operated.run(&["redrive", "quarantine", "--apply"]);
    let (told, said) = (text(&output.stdout), text(&output.stderr));
    assert!(told.contains("1 of 3 parts have left") && told.contains("2 events new"), "{told}{said}");
    assert!(
        said.contains("2 of 3 pieces are there") && said.contains("1 messages that Tributary did not write"),
        "{said}"
    );
    assert!(told.contains("a unified event that no queue takes"), "{told}");
    let told = text(&operated.run(&["redrive", "quarantine", "--apply"]).stdout);
    assert!(told.contains("0 of 2 parts have left") && told.contains("0 events new, 1 duplicate"), "{told}");
    let bodies = operated.take(&operated.env["TRIBUTARY_QUEUE_URL"], PATIENCE, |bodies| bodies.len() >= 2);
    let subjects: BTreeSet<String> =
        bodies.iter().map(|body| Event::parse(body).unwrap().subject.unwrap().into_owned()).collect();
    assert_eq!(subjects, BTreeSet::from(["message/p-1".to_owned(), "message/p-2".to_owned()]));
    assert_eq!(bodies.len(), 2);
    // The second copy of a piece is the start of a part that never comes; it, the torn part and the rest stay.
    assert_eq!(operated.look(quarantine).len(), 6);
}

#[test]
fn a_conflict_stays_until_it_is_wanted_as_new_and_then_comes_once() {
    let operated = Operated::start();
    let quarantine = operated.quarantine();
    let id = "5bc60656-d49f-8982-83f2-c32d08d90397";
    let event = |received: &str| {
        serde_json::json!({
            "specversion": "1.0", "id": id, "source": "/infobip", "type": "message.delivered",
            "recordedtime": received, "partitionkey": "0123456789abcdef0123456789abcdef",
            "datacontenttype": "application/json", "dataschema": "urn:tributary:data:message:1",
            "data": {"rank": 30, "vendor": {"event": "DELIVERY"}, "original": {"state": "canary"}},
        })
        .to_string()
    };
    // The vendor repeated it: two parts of one event.
    for received in ["2026-11-27T10:00:00Z", "2026-11-27T11:00:00Z"] {
        let part = quarantined("infobip", "", "application/cloudevents+json", "conflict", &event(received));
        operated.send(quarantine, &part.to_string());
    }
    let before = operated.look(quarantine);
    let told = text(&operated.run(&["redrive", "quarantine", "--apply"]).stdout);
    assert!(told.contains("0 of 2 parts have left") && told.contains("--as-new") && !told.contains("canary"), "{told}");
    let told = text(&operated.run(&["redrive", "quarantine", "--reason", "conflict", "--as-new"]).stdout);
    assert!(told.contains("dry run, nothing changed: 2 of 2 parts would leave"), "{told}");
    assert_eq!(operated.look(quarantine), before, "a dry run changes nothing");
    let told = text(&operated.run(&["redrive", "quarantine", "--reason", "conflict", "--as-new", "--apply"]).stdout);
    assert!(told.contains("2 of 2 parts have left quarantine: 1 events new, 1 duplicate"), "{told}");
    let bodies = operated.take(&operated.env["TRIBUTARY_QUEUE_URL"], PATIENCE, |bodies| !bodies.is_empty());
    assert_eq!(bodies.len(), 1);
    assert_ne!(Event::parse(&bodies[0]).unwrap().id.to_string(), id);
    assert!(operated.look(quarantine).is_empty());
}

#[test]
fn killed_at_any_call_and_run_again_every_event_comes_once() {
    const PARTS: usize = 200;
    /// Longer than the test: the call under way at the kill has no answer, or never arrives.
    const EVER: Duration = Duration::from_secs(3600);
    let (before, after) = (Fault::Delayed(EVER), Fault::ReplyDelayed(EVER));
    let operated = Operated::start();
    for number in 0..PARTS {
        let body = format!(r#"{{"results":[{}]}}"#, report(&format!("r-{number}")));
        let message = quarantined("infobip", "/sms/DELIVERY", "application/json", "not_json", &body);
        operated.send(operated.quarantine(), &message.to_string());
    }
    let proxy = |name: &str| operated.runtime.block_on(Proxy::start(&operated.env[name])).unwrap();
    let (dynamodb, sqs) = (proxy("AWS_ENDPOINT_URL_DYNAMODB"), proxy("AWS_ENDPOINT_URL_SQS"));
    let redrive = || {
        let mut command = operated.by_variables();
        command.args(["redrive", "quarantine", "--apply", "--hold", "5"]);
        command.env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb.url()).env("AWS_ENDPOINT_URL_SQS", sqs.url());
        command
    };
    for (service, operation, fault) in [
        (&dynamodb, "BatchWriteItem", before),
        (&dynamodb, "BatchWriteItem", after),
        (&dynamodb, "BatchExecuteStatement", before),
        (&dynamodb, "BatchExecuteStatement", after),
        (&sqs, "SendMessageBatch", before),
        (&sqs, "SendMessageBatch", after),
        (&dynamodb, "DeleteItem", before),
        (&sqs, "DeleteMessage", before),
        (&sqs, "DeleteMessage", after),
    ] {
        service.reset();
        service.inject(Rule::on(operation, fault).after(5).times(1));
        let mut child = redrive().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while service.count(operation) < 6 {
            assert!(begun.elapsed() < PATIENCE, "{operation} was not called six times");
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        service.reset();
    }
    let begun = Instant::now();
    loop {
        let output = redrive().output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        if operated.depth(operated.quarantine()) == (0, 0) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{:?} left", operated.depth(operated.quarantine()));
        std::thread::sleep(Duration::from_millis(500));
    }
    // What a killed run left in the journal the gateway's sweeper finishes.
    let bodies = operated.take(&operated.env["TRIBUTARY_QUEUE_URL"], PATIENCE, |bodies| bodies.len() >= PARTS);
    let (once, _) = copies(&bodies);
    assert_eq!(once.len(), PARTS, "lost");
    assert!(once.values().all(|copies| *copies == 1), "doubled");
}

#[test]
fn with_a_clock_that_is_off_it_does_not_drive() {
    use std::io::{Read, Write};
    let operated = Operated::start();
    // An SQS whose clock is ten minutes behind, which is to say that this machine's is ahead.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut calls = Vec::new();
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = vec![0; 8192];
            let read = stream.read(&mut request).unwrap_or(0);
            let request = text(&request[..read]).to_ascii_lowercase();
            if request.is_empty() {
                break;
            }
            calls.push(request.split("amazonsqs.").nth(1).unwrap_or("?").split_whitespace().next().unwrap().to_owned());
            let then = time_of(std::time::SystemTime::now() - Duration::from_secs(600));
            let head = format!("HTTP/1.1 200 OK\r\ndate: {then}\r\ncontent-type: application/x-amz-json-1.0\r\n");
            let _ = write!(stream, "{head}connection: close\r\ncontent-length: 2\r\n\r\n{{}}");
        }
        calls
    });
    let mut command = operated.by_variables();
    command.env("AWS_ENDPOINT_URL_SQS", &endpoint);
    let output = command.args(["redrive", "quarantine", "--apply"]).output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("s ahead of AWS") && said.contains("clock"), "{said}");
    drop(std::net::TcpStream::connect(endpoint.trim_start_matches("http://")).unwrap());
    assert_eq!(served.join().unwrap(), ["listqueues"], "nothing was received");
}

/// As an HTTP header has it.
fn time_of(time: std::time::SystemTime) -> String {
    let format = aws_smithy_types::date_time::Format::HttpDate;
    aws_smithy_types::DateTime::from(time).fmt(format).unwrap()
}

#[test]
fn interrupted_it_gives_everything_back() {
    let operated = Operated::start();
    for number in 0..200 {
        let message = quarantined("infobip", "", "application/json", "not_json", &format!("{{{number}"));
        operated.send(operated.quarantine(), &message.to_string());
    }
    let mut command = operated.by_variables();
    command.args(["redrive", "quarantine", "--apply"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let begun = Instant::now();
    while operated.depth(operated.quarantine()).1 == 0 && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("run it again"));
    assert_eq!(operated.depth(operated.quarantine()), (200, 0));
}

fn journal(operated: &Operated) -> DynamoJournal {
    let table = operated.env["TRIBUTARY_JOURNAL_TABLE"].clone();
    DynamoJournal::new(operated.dynamodb.clone(), table, Arc::new(SystemClock))
}

/// A chunk of one event that no request of the test brings.
fn chunk(number: u128) -> Chunk {
    let body = format!(r#"{{"results":[{}]}}"#, report(&format!("d-{number}")));
    let part = tributary_pipeline::Quarantined {
        source: "infobip".into(),
        path: "/sms/DELIVERY".into(),
        content_type: "application/json".into(),
        received: "2026-11-01T08:00:00.125Z".into(),
        reason: "not_json".into(),
        detail: String::new(),
        part: body.into_bytes(),
    };
    let events: Vec<Message> = tributary_gateway::reopen(&part, |_| tributary_normalize::Settings::default()).events;
    let (messages, data) = split(events, 1 << 20).chunks.remove(0);
    let key = ChunkKey::new(1_793_500_000_000, ChunkId::from_random(number));
    Chunk { key, data, events: messages.len(), lease_ms: 1_793_500_000_000, epoch: 101, tries: 101 }
}

/// Puts a chunk into the journal and sets it aside, before the gateway's sweeper could take it.
async fn set_aside(journal: &DynamoJournal, chunk: &Chunk) {
    let live = Chunk { lease_ms: 4_102_444_800_000, ..chunk.clone() };
    assert_eq!(journal.put(&[live]).await, [Ok(())]);
    assert_eq!(journal.bury(chunk).await, Ok(Fenced::Done));
}

#[test]
fn dead_chunks_come_back_once_and_damaged_ones_stay() {
    let operated = Operated::start();
    let journal = journal(&operated);
    let damaged = Chunk { data: vec![1, 2, 3], ..chunk(2) };
    let there = chunk(3);
    operated.runtime.block_on(async {
        for dead in [&chunk(1), &damaged, &there] {
            set_aside(&journal, dead).await;
        }
        // As a version left it that was killed between its two writes; far in the lease, so that nobody takes it.
        let live = Chunk { lease_ms: 4_102_444_800_000, ..there.clone() };
        assert_eq!(journal.put(&[live]).await, [Ok(())]);
    });
    let told = text(&operated.run(&["redrive", "dead"]).stdout);
    assert!(told.contains("2 chunks would go back") && told.contains("damaged: stays"), "{told}");
    assert!(told.contains(&chunk(1).key.id.to_string()) && told.contains("infobip"), "{told}");
    assert_eq!(operated.runtime.block_on(journal.dead()).unwrap().chunks.len(), 3, "a dry run changes nothing");

    let told = text(&operated.run(&["redrive", "dead", "--apply"]).stdout);
    assert!(told.contains("1 chunks are back") && told.contains("was back already"), "{told}");
    let left = operated.runtime.block_on(journal.dead()).unwrap().chunks;
    assert_eq!(left, [damaged]);
    let events = operated.take(&operated.env["TRIBUTARY_QUEUE_URL"], PATIENCE, |bodies| !bodies.is_empty());
    let subjects: Vec<_> =
        events.iter().map(|body| Event::parse(body).unwrap().subject.unwrap().into_owned()).collect();
    assert_eq!(subjects, ["message/d-1"], "swept, once; the live one is another's");
    let told = text(&operated.run(&["redrive", "dead", "--apply"]).stdout);
    assert!(told.contains("0 chunks are back"), "{told}");
}

#[test]
fn a_chunk_that_somebody_else_moved_is_left_alone() {
    let operated = Operated::start();
    let journal = journal(&operated);
    operated.runtime.block_on(async {
        use tributary_pipeline::aws::Returned;
        let seen = chunk(7);
        assert_eq!(journal.put_back(&seen).await, Ok(Returned::Gone), "never was there");
        // Buried again meanwhile, with what is left of it.
        set_aside(&journal, &Chunk { epoch: 105, ..seen.clone() }).await;
        assert_eq!(journal.put_back(&seen).await, Ok(Returned::Gone));
        assert_eq!(journal.dead().await.unwrap().chunks.len(), 1);
    });
}
