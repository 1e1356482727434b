//! The log of the whole process: everything of ours at every level, what others log at the level of production.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The one log; made at the first call.
    pub(crate) fn get() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let make = || {
            let log = Log::default();
            let writer = log.clone();
            let lines = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
            let ours = tracing_subscriber::filter::filter_fn(|about| {
                about.target().starts_with("tributary") || *about.level() <= tracing::Level::INFO
            });
            let subscriber = lines.with_writer(move || writer.clone()).finish().with(ours);
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        };
        LOG.get_or_init(make).clone()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}
