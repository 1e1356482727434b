//! docs/events.md is made from the catalogs. `UPDATE_DOCS=1 cargo test -p tributary-normalize --test events_page` writes it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use common::fixtures;
use tributary_events::{Channel, Event, EventType};
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
- **Suppress by `data.address`** and by nothing else: the one address the event is about, with its kind (`email`, `phone`,
  `device`: a push token or registration, `account`: the channel's own id of a person), or absent where the vendor does not
  tell it. The table below says where it is. `data.contact` is all that is known of the person, addresses that had no part in
  the event included.
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

/// Which kinds of address the fixtures of a source have for a type; `-` where an event has none.
fn addresses() -> BTreeMap<EventType, BTreeMap<&'static str, BTreeSet<&'static str>>> {
    let mut found: BTreeMap<_, BTreeMap<_, BTreeSet<_>>> = BTreeMap::new();
    for fixture in SOURCES.iter().flat_map(|source| fixtures(*source)) {
        for event in fixture.normalize(&fixture.body, false).unwrap().events {
            let address = Event::parse(&event.json).unwrap().data.address;
            let kind = address.map_or("-", |address| address.kind.as_str());
            found.entry(event.kind).or_default().entry(fixture.source.name()).or_default().insert(kind);
        }
    }
    found.retain(|_, sources| sources.values().flatten().any(|kind| *kind != "-"));
    found
}

fn address_table(page: &mut String) {
    page.push_str(
        "\n## Where `data.address` is\n\nThe kinds that the fixtures have; `-` among others: at times the vendor does not tell it. \
         Types that are not listed have none.\n\n",
    );
    let names: Vec<&str> = SOURCES.iter().map(|source| source.name()).collect();
    writeln!(page, "| type | {} |\n| --- |{}", names.join(" | "), " --- |".repeat(names.len())).unwrap();
    for (kind, sources) in addresses() {
        let cell = |name: &&str| {
            sources.get(name).map_or(String::new(), |kinds| kinds.iter().copied().collect::<Vec<_>>().join(" "))
        };
        writeln!(page, "| `{kind}` | {} |", names.iter().map(cell).collect::<Vec<_>>().join(" | ")).unwrap();
    }
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
    address_table(&mut page);
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
