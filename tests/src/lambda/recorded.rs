//! The requests under events/, as API Gateway's HTTP API hands them to Lambda: payload format 2.0.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use serde::Deserialize;

/// What of such a file makes the HTTP request it came from.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recorded {
    /// `<source>/<situation>`.
    #[serde(skip)]
    pub name: String,
    /// The file's text: the event itself.
    #[serde(skip)]
    pub text: String,
    /// The path as API Gateway hands it over.
    pub raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    #[serde(default)]
    is_base64_encoded: bool,
    request_context: Context,
}

#[derive(Debug, Clone, Deserialize)]
struct Context {
    stage: String,
}

impl Recorded {
    /// The vendor's request, without what the client states itself.
    pub fn request(&self, base: &str) -> Request<Bytes> {
        let query = if self.raw_query_string.is_empty() { "" } else { "?" };
        // API Gateway puts the stage in front of the path, and decodes it.
        let path = tributary_gateway::Path::decoded(&self.raw_path).without_stage(&self.request_context.stage).to_url();
        let mut request = Request::post(format!("{base}{path}{query}{}", self.raw_query_string));
        for (name, value) in &self.headers {
            if !matches!(name.as_str(), "host" | "content-length" | "connection") {
                request = request.header(name, value);
            }
        }
        request.body(self.bytes().into()).unwrap()
    }

    /// The same request with another body.
    #[must_use]
    pub fn with_body(&self, change: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        Self { body: BASE64_STANDARD.encode(change(&self.bytes())), is_base64_encoded: true, ..self.clone() }
    }

    fn bytes(&self) -> Vec<u8> {
        if self.is_base64_encoded {
            BASE64_STANDARD.decode(&self.body).unwrap()
        } else {
            self.body.clone().into_bytes()
        }
    }
}

/// Every file under events/, in the order of their names.
pub fn recorded_requests() -> Vec<Recorded> {
    let mut files = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    for source in std::fs::read_dir(&folder).unwrap() {
        let source = source.unwrap();
        if !source.file_type().unwrap().is_dir() {
            continue;
        }
        for file in std::fs::read_dir(source.path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                let situation = path.file_stem().unwrap().to_string_lossy().into_owned();
                let name = format!("{}/{situation}", source.file_name().to_string_lossy());
                files.push(Recorded { name, text: text.clone(), ..serde_json::from_str(&text).unwrap() });
            }
        }
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}
