//! Every row of Infobip's own list of events has a fixture, and events carry the list's names.

mod common;

use std::collections::BTreeSet;

use common::fixtures;
use tributary_events::Event;
use tributary_normalize::find;

#[test]
fn every_listed_event_has_a_fixture_that_bears_its_names() {
    let source = find("infobip").unwrap();
    let mut given = BTreeSet::new();
    for fixture in fixtures(source) {
        for event in fixture.normalize(&fixture.body, false).unwrap().events {
            let vendor = Event::parse(&event.json).unwrap().data.vendor;
            given.insert((vendor.channel.unwrap_or_default().into_owned(), vendor.event.into_owned()));
        }
    }
    let listed = source.catalog().iter().filter(|row| row.vendor_channel != "beyond the list");
    let missing: Vec<_> = listed
        .map(|row| (row.vendor_channel.to_owned(), row.vendor_event.to_owned()))
        .filter(|names| !given.contains(names))
        .collect();
    assert!(missing.is_empty(), "no fixture gives {missing:?}");
}
