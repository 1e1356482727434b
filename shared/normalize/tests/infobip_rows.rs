//! Every row of Infobip's own list of events has a fixture, and events carry the list's names.

mod common;

use std::collections::BTreeSet;

use common::fixtures;
use tributary_events::{Context, Event, EventType, Timestamp};
use tributary_normalize::{Request, Settings, find, fold, normalize};

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

/// The README tells people to give one URL for each channel, and lists the events that need one of their own.
#[test]
fn one_url_a_channel_is_enough_but_for_the_events_that_are_listed() {
    let source = find("infobip").unwrap();
    let own: BTreeSet<(String, String)> = source
        .urls()
        .iter()
        .flat_map(|url| url.own.iter().map(|event| (url.path.to_owned(), (*event).to_owned())))
        .collect();
    // Bodies cut short that only the event's name saves: a call event without its type, words without id and time.
    const CUT: [&str; 2] = ["voice.CALL_RINGING.type-only-in-route", "sms.INBOUND_MESSAGE.without-its-time"];
    let mut needed = BTreeSet::new();
    let mut same = 0;
    for fixture in fixtures(source) {
        let [channel, event] = &fixture.segments[..] else { continue };
        let told = |segments: &[String]| {
            let request = Request {
                segments,
                content_type: fixture.content_type,
                body: &fixture.body,
                context: Context { received: Timestamp::parse("2026-11-21T09:30:00Z").unwrap(), traceparent: None },
                settings: &Settings::default(),
            };
            let normalized = normalize(source, &request, false).unwrap();
            // What no list knows is named by the route, and is the same event all the same.
            let known = |event: &tributary_normalize::Prepared| match event.kind {
                EventType::Unrecognized => event.id.to_string(),
                _ => event.json.clone(),
            };
            normalized.events.iter().map(known).collect::<Vec<_>>()
        };
        if CUT.contains(&&*fixture.stem()) {
            continue;
        }
        if told(&fixture.segments) == told(std::slice::from_ref(channel)) {
            same += 1;
        } else {
            let channel = fold(channel);
            let channel = if channel == "voice" { "voice_video".to_owned() } else { channel };
            needed.insert((channel, event.to_uppercase()));
        }
    }
    assert!(same > 250, "{same} fixtures are the same by the URL of their channel");
    assert_eq!(needed, own);
}
