//! `tributary catalog`

use std::process::ExitCode;

use tributary_normalize::SOURCES;

use crate::cli::print;

pub(crate) fn run() -> Result<ExitCode, String> {
    let mut open = print("source\tvendor_channel\tvendor_event\ttype\tchannel");
    for source in SOURCES {
        for row in source.catalog() {
            let line = [source.name(), row.vendor_channel, row.vendor_event, row.kind, row.channel].join("\t");
            open = open && print(&line);
        }
    }
    Ok(ExitCode::SUCCESS)
}
