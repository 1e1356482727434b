//! `tributary normalize`

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use tributary_events::{Context, Timestamp};
use tributary_gateway::{settings_from_env, to_message};
use tributary_normalize::{Request, SOURCES, Source, find, normalize};
use tributary_pipeline::ports::{Clock, SystemClock};
use tributary_pipeline::{Settings, Split, split};

use crate::cli::{Normalize, print, say};

/// Events to standard output, each once, as the gateway would queue them; what would not be queued to standard error. 1 if
/// there was any of the latter but doubles.
pub(crate) fn run(options: &Normalize) -> Result<ExitCode, String> {
    let source = find(&options.source).ok_or_else(|| unknown_source(&options.source))?;
    let default_path = format!("/{}", source.name());
    let path = options.path.as_deref().unwrap_or(&default_path);
    let segments = tributary_gateway::Path::encoded(path).below(source.name()).0;
    let mut whole = true;
    for file in &options.files {
        let body = read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        whole &= one(source, &segments, &options.content_type, &body, file)?;
    }
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn one(source: &dyn Source, segments: &[String], content_type: &str, body: &[u8], file: &Path) -> Result<bool, String> {
    let received = Timestamp::from_unix_millis(SystemClock.now_ms()).ok_or("the clock is out of range")?;
    let request = Request {
        segments,
        content_type,
        body,
        context: Context { received, traceparent: None },
        settings: &settings_from_env(source.name()),
    };
    let normalized = match normalize(source, &request, false) {
        Ok(normalized) => normalized,
        Err(error) => {
            say(&format!("{}: too_deep: {error}", file.display()));
            return Ok(false);
        }
    };
    let messages = normalized.events.into_iter().map(to_message).collect();
    let Split { chunks, doubles, conflicts, oversized } = split(messages, Settings::default().max_message_bytes);
    for message in chunks.iter().flat_map(|(messages, _)| messages) {
        if !print(&message.body) {
            return Ok(true);
        }
    }
    let file = file.display();
    if doubles > 0 {
        say(&format!("{file}: {doubles} doubles dropped: the body holds these events more than once"));
    }
    for message in &conflicts {
        say(&format!("{file}: conflict: another event of the body has the id {} and says something else", message.id));
    }
    for message in &oversized {
        say(&format!("{file}: too_large: event {} of {} bytes", message.id, message.body.len()));
    }
    for reject in &normalized.rejects {
        say(&format!("{file}: {}: {}", reject.reason.as_str(), reject.detail));
    }
    Ok(normalized.rejects.is_empty() && conflicts.is_empty() && oversized.is_empty())
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body)?;
        return Ok(body);
    }
    std::fs::read(file)
}

/// What to say of a source there is not.
pub(crate) fn unknown_source(name: &str) -> String {
    let known: Vec<&str> = SOURCES.iter().map(|source| source.name()).collect();
    format!("no source is called {name:?}; there are {}", known.join(", "))
}
