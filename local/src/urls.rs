//! `tributary urls`

use std::process::ExitCode;

use tributary_normalize::{Url, find};

use crate::cli::{Urls, print};
use crate::normalize::unknown_source;
use crate::table::table;

pub(crate) fn run(options: &Urls) -> Result<ExitCode, String> {
    let source = find(&options.source).ok_or_else(|| unknown_source(&options.source))?;
    let base = options.base.trim_end_matches('/');
    if !(base.starts_with("http://") || base.starts_with("https://")) {
        return Err(format!("--base {base:?} is no URL: it begins with https://"));
    }
    print(table(&rows(&format!("{base}/{}", source.name()), source.urls())).trim_end());
    Ok(ExitCode::SUCCESS)
}

/// A line for each channel, and one below it for each event that needs a URL of its own.
fn rows(base: &str, urls: &[Url]) -> Vec<Vec<String>> {
    let row = |channel: &str, events: &str, url: String| vec![channel.to_owned(), events.to_owned(), url];
    let mut rows = vec![row("CHANNEL", "EVENTS", "URL".to_owned())];
    for url in urls {
        let path = if url.path.is_empty() { base.to_owned() } else { format!("{base}/{}", url.path) };
        rows.push(row(url.channel, if url.own.is_empty() { "all" } else { "all others" }, path.clone()));
        for event in url.own {
            rows.push(row(url.channel, event, format!("{path}/{event}")));
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use tributary_normalize::SOURCES;

    use super::*;

    #[test]
    fn every_source_has_its_urls() {
        let urls = |name: &str| {
            let source = SOURCES.iter().find(|source| source.name() == name).unwrap();
            rows(&format!("https://h.example/{name}"), source.urls())
        };
        assert_eq!(urls("karte")[1..], [["all", "all", "https://h.example/karte"].map(str::to_owned).to_vec()]);
        let infobip = urls("infobip");
        for expected in [
            ["SMS", "all", "https://h.example/infobip/sms"],
            ["WHATSAPP", "all others", "https://h.example/infobip/whatsapp"],
            ["WHATSAPP", "BILLING", "https://h.example/infobip/whatsapp/BILLING"],
        ] {
            assert!(infobip.contains(&expected.map(str::to_owned).to_vec()), "{expected:?}");
        }
    }
}
