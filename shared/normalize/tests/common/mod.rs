//! The vendors' fixtures, as requests.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails its test")]

pub mod json;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tributary_events::{Context, Timestamp};
use tributary_normalize::{Normalized, Request, Settings, Source, TooDeep, normalize};

/// One recorded situation: a body of our own making in the vendor's shape.
///
/// The file's name tells the route: `sms.DELIVERY.hard-failure.json` comes by `/infobip/sms/DELIVERY`,
/// `unknown-event.json` by `/infobip`. `.form` files are form encoded, all others JSON.
pub struct Fixture {
    pub source: &'static dyn Source,
    pub path: PathBuf,
    pub segments: Vec<String>,
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

impl Fixture {
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// Normalizes another body as if it had come by this fixture's route.
    pub fn normalize(&self, body: &[u8], audit: bool) -> Result<Normalized, TooDeep> {
        let request = Request {
            segments: &self.segments,
            content_type: self.content_type,
            body,
            context: context(),
            settings: &Settings::default(),
        };
        normalize(self.source, &request, audit)
    }
}

pub fn context() -> Context<'static> {
    Context { received: Timestamp::parse("2026-11-21T09:30:00.125Z").unwrap(), traceparent: None }
}

pub fn folder(source: &dyn Source) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(source.name())
}

pub fn fixtures(source: &'static dyn Source) -> Vec<Fixture> {
    let mut paths: Vec<_> = std::fs::read_dir(folder(source).join("fixtures"))
        .map(|files| files.map(|file| file.unwrap().path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let mut segments: Vec<_> = stem.split('.').map(str::to_owned).collect();
            segments.pop();
            let content_type = match path.extension().and_then(|extension| extension.to_str()) {
                Some("form") => "application/x-www-form-urlencoded",
                _ => "application/json",
            };
            Fixture { source, segments, content_type, body: std::fs::read(&path).unwrap(), path }
        })
        .collect()
}

/// The lines of a list in the source's folder, without comments and blank lines. Empty where there is no such file.
pub fn list(source: &dyn Source, file: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder(source).join(file)).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let list: BTreeSet<_> = lines.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(list.len(), lines.len(), "{}/{file} has a line twice", source.name());
    list
}
