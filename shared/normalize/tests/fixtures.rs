//! Every fixture of every vendor, against its snapshot.

mod common;

use std::collections::BTreeSet;

use common::{fixtures, folder};
use serde_json::Value;
use tributary_events::Event;
use tributary_normalize::SOURCES;

#[test]
fn every_fixture_matches_its_snapshot() {
    for source in SOURCES {
        for fixture in fixtures(*source) {
            let normalized = fixture.normalize(&fixture.body, false).unwrap();
            let events: Vec<Value> = normalized
                .events
                .iter()
                .map(|event| {
                    let read = Event::parse(&event.json).unwrap();
                    assert_eq!(read.to_json().unwrap(), event.json, "{}: round trip", fixture.path.display());
                    let mut event: Value = serde_json::from_str(&event.json).unwrap();
                    // The fixture holds it already.
                    event["data"].as_object_mut().unwrap().remove("original").expect("an original");
                    event
                })
                .collect();
            let rejects: Vec<Value> = normalized
                .rejects
                .iter()
                .map(|reject| serde_json::json!({"reason": reject.reason.as_str(), "detail": reject.detail}))
                .collect();
            assert!(!events.is_empty() || !rejects.is_empty(), "{}: nothing came out", fixture.path.display());
            insta::with_settings!({
                snapshot_path => folder(*source).join("snapshots"),
                prepend_module_to_snapshot => false,
                omit_expression => true,
                input_file => fixture.path.clone(),
            }, {
                insta::assert_json_snapshot!(fixture.stem(), serde_json::json!({"events": events, "rejects": rejects}));
            });
        }
    }
}

#[test]
fn no_snapshot_is_left_without_its_fixture() {
    for source in SOURCES {
        let known: BTreeSet<String> = fixtures(*source).iter().map(common::Fixture::stem).collect();
        let Ok(files) = std::fs::read_dir(folder(*source).join("snapshots")) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(known.contains(&stem), "{} belongs to no fixture: delete it", path.display());
        }
    }
}
