//! The catalog and what the fixtures really give.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::fixtures;
use tributary_events::EventType;
use tributary_normalize::SOURCES;

/// Types that a note of the vendor's list allows, or no list can hold: no row has them.
const BEYOND_THE_ROWS: &[(&str, &str)] = &[
    ("*", "custom"),
    ("*", "unrecognized"),
    // A note that was edited or removed: no message to anybody.
    ("carrotquest", "conversation.note_removed"),
    ("carrotquest", "conversation.note_updated"),
    // `talk_message_fail` of a mail that bounced.
    ("karte", "message.bounced"),
    // `message_open` of the control group: nothing was shown or sent.
    ("karte", "message.withheld"),
];

#[test]
fn every_kind_of_every_row_is_a_type() {
    for source in SOURCES {
        for row in source.catalog() {
            for kind in row.kinds() {
                assert!(EventType::from_name(&kind).is_some(), "{}: {kind} in {row:?}", source.name());
            }
        }
    }
}

#[test]
fn no_row_is_there_twice() {
    for source in SOURCES {
        let mut seen = BTreeSet::new();
        for row in source.catalog() {
            assert!(seen.insert((row.vendor_channel, row.vendor_event)), "{}: {row:?} twice", source.name());
        }
    }
}

#[test]
fn fixtures_give_what_the_catalog_lists_and_all_of_it() {
    for source in SOURCES {
        let listed: BTreeSet<String> = source.catalog().iter().flat_map(tributary_normalize::Row::kinds).collect();
        let mut given: BTreeMap<String, String> = BTreeMap::new();
        for fixture in fixtures(*source) {
            for event in fixture.normalize(&fixture.body, false).unwrap().events {
                given.insert(event.kind.to_string(), fixture.stem());
            }
        }
        for (kind, stem) in &given {
            let allowed = |source| BEYOND_THE_ROWS.contains(&(source, kind.as_str()));
            let beyond = allowed("*") || allowed(source.name());
            assert!(beyond || listed.contains(kind), "{}: {stem} gives {kind}, which no row lists", source.name());
        }
        let missing: Vec<_> = listed.iter().filter(|kind| !given.contains_key(*kind)).collect();
        assert!(missing.is_empty(), "{}: no fixture gives {missing:?}", source.name());
    }
}
