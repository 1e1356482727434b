//! The log of a function.

use tracing_subscriber::filter::LevelFilter;

/// Writes a line to standard output for each event, with `timestamp` and `level`: by these Lambda filters lines, and a
/// line without them counts as INFO of its own time.
///
/// Level and format are Lambda's: `AWS_LAMBDA_LOG_LEVEL` (INFO if there is none) and `AWS_LAMBDA_LOG_FORMAT`.
pub(super) fn init() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL").ok().and_then(|level| level.parse().ok());
    let is_json = std::env::var("AWS_LAMBDA_LOG_FORMAT").is_ok_and(|format| format.eq_ignore_ascii_case("json"));
    let log = tracing_subscriber::fmt()
        .with_target(false)
        .with_ansi(false)
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .with_writer(std::io::stdout);
    // Set already only in tests.
    let _ = if is_json { log.json().try_init() } else { log.try_init() };
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tributary_events::Timestamp;

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

    #[test]
    fn a_line_has_a_time_and_a_level_where_lambda_looks() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || tracing::error!(status = 503, "request"));
        let line: serde_json::Value = serde_json::from_slice(&written.0.lock().unwrap()).unwrap();
        assert!(Timestamp::parse(line["timestamp"].as_str().unwrap()).is_some(), "{line}");
        assert_eq!((line["level"].as_str(), line["fields"]["status"].as_i64()), (Some("ERROR"), Some(503)));
    }
}
