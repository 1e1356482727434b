//! A stand-in for DynamoDB and SQS whose answers quote data: items, keys, messages, as real error texts may.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tributary_pipeline::Pipeline;
use tributary_pipeline::aws::{Resources, with_clients};
use tributary_pipeline::ports::SystemClock;
use tributary_stack::{dynamodb_client, sqs_client};

/// What the stand-in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// Every call fails.
    All(u16, &'static str),
    /// The journal works, every statement fails by itself within a 200.
    Statements(&'static str),
    /// Journal and claims work, every message fails by itself within a 200.
    Messages(&'static str, bool),
    /// What comes is no answer at all.
    Garbage,
}

pub(crate) const ANSWERS: &[Answers] = &[
    Answers::All(400, "com.amazonaws.dynamodb.v20120810#ValidationException"),
    Answers::All(400, "ConditionalCheckFailedException"),
    Answers::All(400, "AccessDeniedException"),
    Answers::All(400, "com.amazonaws.sqs#QueueDoesNotExist"),
    Answers::All(500, "InternalServerError"),
    Answers::Statements("ValidationError"),
    Answers::Statements("DuplicateItem"),
    Answers::Statements("ConditionalCheckFailed"),
    Answers::Messages("InvalidMessageContents", true),
    Answers::Messages("InternalError", false),
    Answers::Garbage,
];

struct State {
    answers: Answers,
    quoted: usize,
}

pub(crate) struct Aws {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Aws {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { answers: Answers::Garbage, quoted: 0 }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { url, state }
    }

    pub(crate) fn answer(&self, answers: &Answers) {
        self.state.lock().unwrap().answers = *answers;
    }

    /// How many answers quoted a mark.
    pub(crate) fn quoted(&self) -> usize {
        self.state.lock().unwrap().quoted
    }

    pub(crate) fn pipeline(&self) -> Pipeline {
        let resources = Resources {
            journal_table: "journal".to_owned(),
            claims_table: "claims".to_owned(),
            queue_url: format!("{}/1/events.fifo", self.url),
            quarantine_url: format!("{}/1/quarantine", self.url),
            spill_url: Some(format!("{}/1/spill", self.url)),
        };
        with_clients(dynamodb_client(&self.url), &sqs_client(&self.url), resources, Arc::new(SystemClock))
    }
}

/// One request, one answer, and the connection is closed.
fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut operation, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => operation = value.rsplit('.').next().unwrap_or_default().trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, answer) = {
        let mut state = state.lock().unwrap();
        let (status, answer) = answer(state.answers, &operation, &request);
        state.quoted += usize::from(answer.contains("canary"));
        (status, answer)
    };
    let length = answer.len();
    let head = format!(
        "HTTP/1.1 {status} Canary\r\ncontent-type: application/x-amz-json-1.0\r\nx-amzn-requestid: r\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // The client may have given up.
    let _ = stream.write_all(format!("{head}{answer}").as_bytes());
}

fn answer(answers: Answers, operation: &str, request: &Value) -> (u16, String) {
    const TEXT: &str = "the item {\"to\":\"canary@canary.example\"} of canary is refused";
    let item = json!({"pk": {"B": "Y2FuYXJ5Y2FuYXJ5Y2FuYQ=="}, "to": {"S": "canary@canary.example"}});
    let entries = request["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ids = entries.iter().map(|entry| entry["Id"].clone());
    match (answers, operation) {
        (Answers::Garbage, _) => (200, format!("<canary>{TEXT}</canary>")),
        (Answers::All(status, code), _) => (status, json!({"__type": code, "message": TEXT, "Item": item}).to_string()),
        (Answers::Statements(code), "BatchExecuteStatement") => {
            let count = request["Statements"].as_array().map_or(0, Vec::len);
            let error = json!({"Error": {"Code": code, "Message": TEXT, "Item": item}, "TableName": "canary"});
            (200, json!({"Responses": vec![error; count]}).to_string())
        }
        (Answers::Messages(code, sender), "SendMessageBatch") => {
            let failed = ids.map(|id| json!({"Id": id, "SenderFault": sender, "Code": code, "Message": TEXT}));
            (200, json!({"Failed": failed.collect::<Vec<_>>(), "Successful": []}).to_string())
        }
        (_, "BatchExecuteStatement") => {
            let count = request["Statements"].as_array().map_or(0, Vec::len);
            (200, json!({"Responses": vec![json!({"TableName": "claims"}); count]}).to_string())
        }
        (_, "SendMessageBatch") => {
            let sent = ids.map(|id| json!({"Id": id, "MessageId": "m", "MD5OfMessageBody": "0"}));
            (200, json!({"Failed": [], "Successful": sent.collect::<Vec<_>>()}).to_string())
        }
        (_, "Query") => (200, json!({"Items": [item], "Count": 1, "ScannedCount": 1}).to_string()),
        (_, "ReceiveMessage") => {
            (200, json!({"Messages": [{"ReceiptHandle": "h", "Body": "canary", "MessageId": "m"}]}).to_string())
        }
        _ => (200, "{}".to_owned()),
    }
}
