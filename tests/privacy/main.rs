//! Nothing of a body, an address, a secret or a path ends up in logs, metrics, answers or claims, whatever happens to the
//! request. Journal, queue and quarantine hold it: that is what they are for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../../shared/normalize/tests/common/json.rs"]
#[allow(dead_code, unreachable_pub, reason = "the privacy tests use a part")]
mod json;
mod log;
mod marks;
mod quoting;

use bytes::Bytes;
use http::{Request, Response};
use log::Log;
use marks::{Marked, is_marked, marked};
use tributary_gateway::{Gateway, Outcome, Provider, Rules, Summary, request_metrics, sweep_metrics};
use tributary_normalize::{SOURCES, Settings};
use tributary_pipeline::memory::{Mishap, Plan, World};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Deadline, Pipeline};
use tributary_stack::{Fault, Rule, StackOptions};
use tributary_tests::{Bench, REPORTS, post, reports, send};

/// All but the right header are rules that look at what strangers bring.
const RULES: &str = r#"{"rules":[
    {"type":"path","secret":"canary-path"},
    {"type":"hmac","secret":"canary-key","header":"x-signature"},
    {"type":"basic","username":"canary","password":"canary-password"},
    {"type":"bearer","token":"canary-token"},
    {"type":"header","name":"x-secret","value":"canary-value"},
    {"type":"query","name":"token","value":"canary-query"},
    {"type":"form","name":"token","value":"canary-form"}]}"#;

fn gateway(source: &str, pipeline: Pipeline) -> Gateway {
    let provider = Provider::fixed(Rules::parse(RULES).unwrap());
    Gateway::new(tributary_normalize::find(source).unwrap(), Settings::default(), provider, pipeline)
}

/// A request with marks everywhere: in its path, query, headers and body. Authentic by its path, or not at all.
fn request(source: &str, marked: &Marked, authentic: bool) -> Request<Bytes> {
    let secret = if authentic { "canary-path" } else { "canary-wrong" };
    let request =
        Request::post(format!("/{source}/key-{secret}/{}?token=canary&email=canary%40canary.example", marked.route));
    request
        .header("content-type", marked.content_type)
        .header("authorization", "Bearer canary")
        .header("x-signature", "canary")
        .header("x-forwarded-for", "canary")
        .header("cookie", "canary=canary")
        .header("user-agent", "canary")
        .body(Bytes::from(marked.body.clone()))
        .unwrap()
}

/// What an outsider, or whoever reads logs and metrics, gets to see of a request.
fn assert_tells_nothing(response: &Response<Bytes>, summary: &Summary) {
    let told = format!("{:?} {:?} {} {summary:?}", response.headers(), response.body(), request_metrics(summary, 0));
    assert!(!is_marked(&told), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_marked_value_of_any_source_is_told_to_anybody() {
    let log = Log::get();
    let mishaps: Vec<Plan> = vec![
        Plan::new(),
        [(0, Mishap::FailBefore)].into(),
        [(0, Mishap::FailAfter), (2, Mishap::FailAfter)].into(),
        [(1, Mishap::FailHalf), (2, Mishap::FailHalf)].into(),
        (0..64).map(|at| (at, Mishap::FailBefore)).collect(),
        (1..64).map(|at| (at, Mishap::FailAfter)).collect(),
    ];
    for source in SOURCES {
        let bodies = marked(*source);
        let fields: std::collections::BTreeSet<&str> =
            bodies.iter().flat_map(|body| &body.fields).map(String::as_str).collect();
        let missing: Vec<_> = personal(source.name()).iter().filter(|name| !fields.contains(**name)).collect();
        assert!(missing.is_empty(), "{}: no mark in {missing:?}", source.name());
        let mut outcomes = [0; 3];
        for (number, body) in bodies.iter().enumerate() {
            for plan in [&mishaps[0], &mishaps[1 + number % (mishaps.len() - 1)]] {
                let world = World::new();
                let gateway = gateway(source.name(), world.pipeline());
                world.plan(plan.clone());
                let (response, summary) = send_at(&gateway, request(source.name(), body, true), &world).await;
                assert_tells_nothing(&response, &summary);
                outcomes[match summary.outcome {
                    Outcome::Accepted => 0,
                    Outcome::NotDurable => 1,
                    _ => panic!("{:?}", summary.outcome),
                }] += 1;
                world.plan(Plan::new());
                world.pass_ms(60_000);
                // What was spilled comes back in one pass and is driven in the next.
                for _ in 0..2 {
                    let report = gateway_sweep(&world).await;
                    assert!(!is_marked(&sweep_metrics(&report, 0)));
                    world.pass_ms(60_000);
                }
                // The marks did go in.
                let kept = world.queue().iter().any(|copy| is_marked(&copy.body))
                    || world.quarantine().iter().any(|text| is_marked(text) || text.contains("base64"));
                // A token goes no further than the gateway, and a bare `null` bears nothing.
                let bears_marks =
                    is_marked(&String::from_utf8_lossy(&body.body)) && body.fields.iter().any(|name| name != "token");
                assert!(
                    kept || !bears_marks || summary.outcome == Outcome::NotDurable,
                    "{}: {} {:?}: {:?}",
                    source.name(),
                    body.route,
                    body.fields,
                    summary.accepted
                );
                // Nor do they stand in what queues show of a message.
                assert!(world.queue().iter().all(|copy| !is_marked(&copy.id) && !is_marked(&copy.group)));

                let world = World::new();
                let gateway = self::gateway(source.name(), world.pipeline());
                let (response, summary) = send_at(&gateway, request(source.name(), body, false), &world).await;
                assert_eq!(summary.outcome, Outcome::Denied);
                assert_tells_nothing(&response, &summary);
                outcomes[2] += 1;
            }
            for broken in [cut(&body.body), [&body.body[..], b"\xFF"].concat(), Vec::new()] {
                let world = World::new();
                let gateway = gateway(source.name(), world.pipeline());
                let broken = Marked { route: body.route.clone(), body: broken, fields: body.fields.clone(), ..*body };
                let (response, summary) = send_at(&gateway, request(source.name(), &broken, true), &world).await;
                assert_tells_nothing(&response, &summary);
            }
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{}: {outcomes:?}", source.name());
    }
    let text = log.text();
    assert!(text.contains("request not durable") && text.contains("quarantine") && text.contains("denied"));
    assert!(!is_marked(&text), "{}", marked_lines(&text));
}

/// Names of fields, as the vendor writes them, that hold what is personal or secret. Each must be marked in some body.
fn personal(source: &str) -> &'static [&'static str] {
    match source {
        "altcraft" => &["email", "phone", "profile_id", "ip", "user_agent", "subscription_id", "link_url"],
        "carrotquest" => &["token", "$email", "$name", "$phone", "$ip", "user_id", "body", "url"],
        "channeltalk" => &["email", "mobileNumber", "name", "plainText", "personId", "memberId"],
        "infobip" => &["to", "from", "text", "phoneNumber", "email", "firstName", "lastName", "sendingIp", "ticket"],
        _ => &["user_id", "visitor_id", "text", "url", "profile_name", "line_user_id"],
    }
}

fn cut(body: &[u8]) -> Vec<u8> {
    body[..body.len() * 2 / 3].to_vec()
}

/// The first lines that hold a mark.
fn marked_lines(text: &str) -> String {
    text.lines().filter(|line| is_marked(line)).take(5).collect::<Vec<_>>().join("\n")
}

async fn send_at(gateway: &Gateway, request: Request<Bytes>, world: &World) -> (Response<Bytes>, Summary) {
    let call =
        tributary_gateway::Call { deadline: Deadline { at_ms: world.now() + 30_000 }, request_id: "test".to_owned() };
    gateway.handle(request, &call).await
}

async fn gateway_sweep(world: &World) -> tributary_pipeline::SweepReport {
    world.pipeline().sweep(Deadline { at_ms: i64::MAX }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_hold_no_marked_value() {
    let log = Log::get();
    let bench = Bench::start().await;
    for source in SOURCES {
        let gateway = gateway(source.name(), bench.pipeline.clone());
        for body in marked(*source).iter().step_by(5).take(6) {
            let (response, summary) = send(&gateway, request(source.name(), body, true)).await;
            assert_tells_nothing(&response, &summary);
        }
    }
    let names = StackOptions::default();
    let scan = bench.stack.dynamodb().scan().table_name(names.claims_table).send().await.unwrap();
    assert!(scan.count() > 10);
    for item in scan.items() {
        let mut fields: Vec<_> = item.keys().map(String::as_str).collect();
        fields.sort_unstable();
        fields.retain(|name| *name != "s");
        assert_eq!(fields, ["o", "pk", "x"]);
        let bytes = |name| item[name].as_b().unwrap().as_ref().to_vec();
        assert_eq!((bytes("pk").len(), bytes("o").len()), (16, 16), "an id is a hash, an owner is random");
        let says = if item.contains_key("s") { bytes("s") } else { Vec::new() };
        assert!(matches!(says.len(), 0 | 8), "what an event says is a hash of eight bytes");
        assert!(!is_marked(&String::from_utf8_lossy(&[bytes("pk"), bytes("o"), says].concat())));
        assert!(!is_marked(item["x"].as_n().unwrap()));
    }
    assert!(!is_marked(&log.text()), "{}", marked_lines(&log.text()));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_hold_no_marked_value() {
    let log = Log::get();
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
    bench.sweep().await;

    let text = log.text();
    assert!(text.matches("request").count() >= 7, "the log is there: {text}");
    assert!(text.contains("quarantined"), "{text}");
    assert!(!is_marked(&text), "{}", marked_lines(&text));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_aws_that_quote_data_are_not_passed_on() {
    let log = Log::get();
    let aws = quoting::Aws::start();
    let body = reports("canary", 0..3).replace("385910000001", "canary@canary.example");
    for answers in quoting::ANSWERS {
        aws.answer(answers);
        let gateway = gateway("infobip", aws.pipeline());
        for body in [body.as_str(), r#"{"results":["canary"]}"#] {
            let request =
                Request::post("/infobip/key-canary-path/sms/DELIVERY").body(Bytes::from(body.to_owned())).unwrap();
            let (response, summary) = send(&gateway, request).await;
            assert_tells_nothing(&response, &summary);
        }
        // The stand-in's spill queue is never empty.
        let report = aws.pipeline().sweep(Deadline { at_ms: SystemClock.now_ms() + 3_000 }).await;
        assert!(!is_marked(&sweep_metrics(&report, 0)));
        aws.pipeline().warm().await;
    }
    assert!(aws.quoted() > 20, "the stand-in did quote");
    let text = log.text();
    assert!(text.contains("batch not sent") && text.contains("message not sent") && text.contains("claim undecided"));
    assert!(
        text.contains("chunk not journaled")
            && text.contains("shard not read")
            && text.contains("spill queue not read")
    );
    assert!(!is_marked(&text), "{}", marked_lines(&text));
}
