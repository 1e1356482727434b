//! Every field of every fixture is read, or listed as left in `original`.

mod common;

use std::collections::BTreeSet;

use common::{fixtures, list};
use tributary_normalize::SOURCES;

/// `results.0.sms` as `results.[].sms`: where in a list a field stands does not matter.
fn without_positions(path: &str) -> String {
    let part = |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) { "[]" } else { part }.to_owned();
    path.split('.').map(part).collect::<Vec<_>>().join(".")
}

#[test]
fn every_field_is_read_or_listed_in_unread_txt() {
    for source in SOURCES {
        let unread: BTreeSet<String> = fixtures(*source)
            .iter()
            .flat_map(|fixture| fixture.normalize(&fixture.body, true).unwrap().unread)
            .map(|path| without_positions(&path))
            .collect();
        let listed = list(*source, "unread.txt");
        let missing: Vec<_> = unread.difference(&listed).collect();
        let stale: Vec<_> = listed.difference(&unread).collect();
        let name = source.name();
        assert!(missing.is_empty(), "{name}: nobody reads {missing:#?}: read them, or say why not in unread.txt");
        assert!(stale.is_empty(), "{name}: unread.txt lists what is read, or is in no fixture: {stale:#?}");
    }
}
