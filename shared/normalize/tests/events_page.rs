//! docs/events.md is made from the catalogs. `UPDATE_DOCS=1 cargo test -p tributary-normalize --test events_page` writes it.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use tributary_events::{Channel, EventType};
use tributary_normalize::{Row, SOURCES};

const HEAD: &str = "\
# Events

<!-- Made from the sources' catalogs by shared/normalize/tests/events_page.rs; the tests fail when it is stale. -->

Every vendor event known, with the unified type and channel it becomes. `{a|b}` is decided by the body. The same table,
tab separated: `tributary catalog`. What is in no list flows all the same: a customer's own name as `custom`, a vendor's
as `unrecognized`.

## Reading an event

- **Key on `id`.** It is a pure function of the vendor's event. The queue delivers each once in all but rare double faults;
  your consumer may still see one again after its own crash.
- **Order by `rank`, then `time`.** Vendors shuffle, and the sweeper sends late. Apply an event to its `subject` if its
  `data.rank` is higher than what you have, or equal with a later `time`; `sequence` is both as sortable text. A lower
  rank is a late arrival. Clicks, opens and page views add up and need no order. An event without `time` has none at the
  vendor: it is not the time of arrival, which is `recordedtime`.
- **A finished subject is not closed.** Recordings, bills and late bounces come after the end and rank above it.
- **Three axes.** Where delivery stands is `type` and `rank`; what the person did are types of their own (`message.opened`,
  `message.clicked`, `message.read`); why it failed is `data.failure`, with `class` (permanent, transient, unknown), `reason`
  (a closed set) and the vendor's own code, name and text.
- **Do not add `unique` to the rest.** Where a vendor sends a unique and a plain event for one open, both come, told apart by
  `data.unique`. Count one kind.
- **An opened email is no read receipt.** `message.opened` is a loaded picture; `message.read` is the channel's own receipt.
- **Unknown types and fields** come with newer versions: skip them. In Rust, `tributary_events::Event::parse` does.
- `data.original` is the vendor's own event, verbatim but for white space between tokens.

";

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut by_kind: BTreeMap<EventType, Vec<&str>> = BTreeMap::new();
    for source in SOURCES {
        for kind in source.catalog().iter().flat_map(Row::kinds) {
            let sources = by_kind.entry(EventType::from_name(&kind).unwrap()).or_default();
            if sources.last() != Some(&source.name()) {
                sources.push(source.name());
            }
        }
    }
    page.push_str("## Types\n\n| type | rank | sources |\n| --- | --- | --- |\n");
    for (kind, sources) in by_kind {
        writeln!(page, "| `{kind}` | {} | {} |", kind.rank(), sources.join(" ")).unwrap();
    }
    let channels: Vec<String> = Channel::ALL.iter().map(|channel| format!("`{}`", channel.as_str())).collect();
    writeln!(page, "\n## Channels\n\n{}", channels.join(" ")).unwrap();
    for source in SOURCES {
        writeln!(
            page,
            "\n## {}\n\n| vendor channel | vendor event | type | channel |\n| --- | --- | --- | --- |",
            source.name()
        )
        .unwrap();
        for Row { vendor_channel, vendor_event, kind, channel } in source.catalog() {
            let cells = [vendor_channel, vendor_event, kind, channel].map(|text| cell(text));
            writeln!(page, "| {} | `{}` | `{}` | {} |", cells[0], cells[1], cells[2], cells[3]).unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_events_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/events.md is stale: UPDATE_DOCS=1 cargo test -p tributary-normalize --test events_page"
    );
}
