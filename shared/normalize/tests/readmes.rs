//! Every vendor's README answers the same six questions.

mod common;

use common::folder;
use tributary_normalize::SOURCES;

const HEADINGS: [&str; 6] = ["Endpoints", "Authentication", "Deduplication", "Events", "Quirks", "Not covered"];

#[test]
fn every_readme_has_the_fixed_headings_in_order_and_says_something_under_each() {
    for source in SOURCES {
        let text = std::fs::read_to_string(folder(*source).join("README.md")).unwrap();
        let mut sections = text.split("\n## ").skip(1).map(|section| section.split_once('\n').unwrap_or((section, "")));
        for heading in HEADINGS {
            let (found, body) = sections.next().unwrap_or_default();
            assert_eq!(found, heading, "{}: headings are fixed, in this order", source.name());
            assert!(!body.trim().is_empty(), "{}: nothing under {heading}", source.name());
        }
        assert!(sections.next().is_none(), "{}: a heading too many", source.name());
    }
}
