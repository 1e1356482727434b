//! What must hold for any variation of a body that means the same, and for any body at all.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::json::Json;
use common::{Fixture, fixtures};
use proptest::prelude::*;
use tributary_normalize::{Normalized, SOURCES};

/// The fixtures that are JSON, as trees.
static TREES: LazyLock<Vec<(Fixture, Json)>> = LazyLock::new(|| {
    let all = SOURCES.iter().flat_map(|source| fixtures(*source));
    all.filter_map(|fixture| {
        let tree = Json::parse(std::str::from_utf8(&fixture.body).ok()?)?;
        Some((fixture, tree))
    })
    .collect()
});

fn of_source(name: &str) -> impl Iterator<Item = &'static (Fixture, Json)> {
    TREES.iter().filter(move |(fixture, _)| fixture.source.name() == name)
}

fn run(fixture: &Fixture, body: &Json) -> Normalized {
    fixture.normalize(body.print("").as_bytes(), false).unwrap()
}

fn parts(normalized: &Normalized) -> usize {
    normalized.events.len() + normalized.rejects.len()
}

fn ids(normalized: &Normalized) -> Vec<String> {
    normalized.events.iter().map(|event| event.id.to_string()).collect()
}

/// Whose ids must stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ids {
    Every,
    /// Of events that are told by an id or by fields of the vendor: of all others every field counts.
    Told,
}

/// The same events: as many, of the same kinds, with the same ids.
fn assert_same(fixture: &Fixture, changed: &Json, what: &str, which: Ids) {
    let (was, is) = (fixture.normalize(&fixture.body, false).unwrap(), run(fixture, changed));
    let kinds = |normalized: &Normalized| normalized.events.iter().map(|event| event.kind).collect::<Vec<_>>();
    let at = fixture.path.display();
    assert_eq!(kinds(&was), kinds(&is), "{at}: {what}: kinds");
    assert_eq!(was.rejects.len(), is.rejects.len(), "{at}: {what}: rejects");
    for (was, is) in was.events.iter().zip(&is.events) {
        if which == Ids::Every || was.says.is_some() {
            assert_eq!(was.id, is.id, "{at}: {what}: {}", was.kind);
        }
        // A field that nobody knows may be a value of the customer's own event: then it says something else.
        if which == Ids::Every {
            assert_eq!(was.says, is.says, "{at}: {what}: {}", was.kind);
        }
    }
}

fn add_unknown_fields(tree: &mut Json) {
    tree.visit(&mut |node| {
        if let Json::Object(fields) = node {
            fields.insert(0, ("aUnknownField".to_owned(), Json::Leaf("\"new\"".to_owned())));
            fields.push(("zUnknownField".to_owned(), Json::Array(vec![Json::Leaf("1".to_owned())])));
        }
    });
}

#[test]
fn unknown_fields_change_nothing() {
    for (fixture, tree) in &*TREES {
        let mut changed = tree.clone();
        add_unknown_fields(&mut changed);
        assert_same(fixture, &changed, "unknown fields", Ids::Told);
    }
}

#[test]
fn white_space_changes_nothing_at_all() {
    for (fixture, tree) in &*TREES {
        let tight = run(fixture, tree);
        let loose = fixture.normalize(tree.print(" \r\n\t").as_bytes(), false).unwrap();
        assert_eq!(tight.events, loose.events, "{}", fixture.path.display());
        assert_eq!(tight.rejects.len(), loose.rejects.len(), "{}", fixture.path.display());
    }
}

#[test]
fn null_is_absent() {
    for source in SOURCES {
        let pool: BTreeSet<String> = of_source(source.name()).flat_map(|(_, tree)| tree.names()).collect();
        for (fixture, tree) in of_source(source.name()) {
            let mut changed = tree.clone();
            changed.visit(&mut |node| {
                if let Json::Object(fields) = node {
                    let absent: Vec<_> =
                        pool.iter().filter(|name| fields.iter().all(|(field, _)| field != *name)).cloned().collect();
                    fields.extend(absent.into_iter().map(|name| (name, Json::Leaf("null".to_owned()))));
                }
            });
            assert_same(fixture, &changed, "nulls", Ids::Every);
        }
    }
}

#[test]
fn a_number_may_be_a_string() {
    for (fixture, tree) in &*TREES {
        let mut changed = tree.clone();
        changed.visit(&mut |node| {
            if let Json::Leaf(text) = node
                && text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
                // As a number `1.50` is 1.5, as text it is not.
                && !(text.contains('.') && text.ends_with('0'))
                && !text.contains(['e', 'E'])
            {
                *text = format!("\"{text}\"");
            }
        });
        assert_same(fixture, &changed, "numbers as strings", Ids::Every);
    }
}

#[test]
fn a_missing_field_costs_no_event() {
    for (fixture, tree) in &*TREES {
        let expected = parts(&run(fixture, tree));
        for fewer in tree.without_each_leaf() {
            let found = parts(&run(fixture, &fewer));
            assert_eq!(found, expected, "{}: {}", fixture.path.display(), fewer.print(""));
        }
    }
}

#[test]
fn values_of_an_odd_shape_cost_no_event() {
    for (fixture, tree) in &*TREES {
        let was = run(fixture, tree);
        for odd in ["null", "\"\"", "[[]]", "{}", "7"] {
            let odd = Json::parse(odd).unwrap();
            // One object after the other, all its plain fields at once.
            for n in 0.. {
                let mut fields_changed = 0;
                let Some(changed) = tree.with_nth(n, |node| {
                    if let Json::Object(fields) = node {
                        // Text that holds an object stands for that object, which is no plain field.
                        let plain = |value: &Json| matches!(value, Json::Leaf(text) if !text.starts_with("\"{"));
                        for (_, value) in fields.iter_mut().filter(|(_, value)| plain(value)) {
                            *value = odd.clone();
                            fields_changed += 1;
                        }
                    }
                }) else {
                    break;
                };
                if fields_changed > 0 {
                    let is = run(fixture, &changed);
                    let at = format!("{}: {}", fixture.path.display(), changed.print(""));
                    assert_eq!(parts(&is), parts(&was), "{at}");
                    assert!(is.rejects.len() <= was.rejects.len(), "{at}");
                }
            }
        }
    }
}

#[test]
fn a_broken_element_costs_no_other() {
    for (fixture, tree) in &*TREES {
        let was = run(fixture, tree);
        for broken in tree.with_each_element(&Json::Leaf("7".to_owned())) {
            let is = run(fixture, &broken);
            let at = format!("{}: {}", fixture.path.display(), broken.print(""));
            assert_eq!(parts(&is), parts(&was), "{at}");
            assert!(is.events.len() + 1 >= was.events.len(), "{at}");
            // The event that held the element may be another one now: a recording without one of its files. No other may
            // that is told by an id or by fields of the vendor.
            let others =
                is.events.iter().filter(|event| event.says.is_some() && !ids(&was).contains(&event.id.to_string()));
            assert!(others.count() <= 1, "{at}");
        }
    }
}

#[test]
fn form_fields_come_in_any_order() {
    for fixture in SOURCES.iter().flat_map(|source| fixtures(*source)) {
        let Ok(text) = std::str::from_utf8(&fixture.body) else { continue };
        if fixture.path.extension().is_some_and(|extension| extension == "form") {
            let reversed = text.trim().rsplit('&').collect::<Vec<_>>().join("&");
            let (was, is) = (fixture.normalize(&fixture.body, false), fixture.normalize(reversed.as_bytes(), false));
            assert_eq!(ids(&was.unwrap()), ids(&is.unwrap()), "{}", fixture.path.display());
        }
    }
}

/// What SQS takes in a message (AWS API reference, `SendMessage`).
fn queue_takes(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

#[test]
fn any_text_can_be_queued() {
    // Raw, escaped, and half of a surrogate pair, which no Rust string can hold.
    let odd = "\u{FFFE}\u{FFFF}\u{7F}\\u0000\\u001f\\ufffe\\uffff\\ud800";
    for (fixture, tree) in &*TREES {
        for n in 0.. {
            let Some(changed) = tree.with_nth(n, |node| match node {
                Json::Leaf(text) if text.starts_with('"') => text.insert_str(text.len() - 1, odd),
                Json::Object(fields) => fields.push(("\u{FFFF}\u{1}".to_owned(), Json::Leaf(format!("\"{odd}\"")))),
                _ => {}
            }) else {
                break;
            };
            let normalized = run(fixture, &changed);
            assert!(parts(&normalized) > 0, "{}: node {n}", fixture.path.display());
            for event in normalized.events {
                assert!(event.json.chars().all(queue_takes), "{}: node {n}", fixture.path.display());
                assert!(tributary_events::Event::parse(&event.json).is_ok(), "{}: node {n}", fixture.path.display());
            }
        }
    }
}

/// JSON of any shape, with the vendors' own names in it.
fn any_json() -> impl Strategy<Value = Json> {
    let names: Vec<String> = TREES.iter().flat_map(|(_, tree)| tree.names()).collect();
    let names = prop_oneof![prop::sample::select(names), any::<String>()];
    let leaf = prop_oneof![
        prop::sample::select(vec!["null", "true", "\"\"", "0", "-1", "1e999", "99999999999999999999", "\"\\ud800\""])
            .prop_map(str::to_owned),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ]
    .prop_map(Json::Leaf);
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let field = (names.clone(), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Json::Array),
            prop::collection::vec(field, 0..6).prop_map(Json::Object),
        ]
    })
}

/// No panic, and something comes out of everything but an empty batch.
fn assert_survives(fixture: &Fixture, body: &[u8]) {
    let Ok(normalized) = fixture.normalize(body, true) else { return };
    let empty_batch = body.windows(2).any(|pair| pair == b"[]");
    assert!(parts(&normalized) > 0 || empty_batch, "{}: {}", fixture.path.display(), String::from_utf8_lossy(body));
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn key_order_changes_nothing(which in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (fixture, tree) = which.get(&TREES);
        let mut shuffled = tree.clone();
        let mut state = seed;
        shuffled.visit(&mut |node| {
            if let Json::Object(fields) = node {
                for at in (1..fields.len()).rev() {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    fields.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
                }
            }
        });
        // Order never counts, not even where the content is the key.
        assert_same(fixture, &shuffled, "key order", Ids::Every);
    }

    #[test]
    fn any_json_comes_out_somewhere(which in any::<prop::sample::Index>(), body in any_json()) {
        let (fixture, _) = which.get(&TREES);
        assert_survives(fixture, body.print("").as_bytes());
    }

    #[test]
    fn any_json_within_a_body_comes_out_somewhere(
        which in any::<prop::sample::Index>(),
        node in any::<prop::sample::Index>(),
        graft in any_json(),
    ) {
        let (fixture, tree) = which.get(&TREES);
        let mut nodes = 0;
        tree.clone().visit(&mut |_| nodes += 1);
        let changed = tree.with_nth(node.index(nodes), |node| *node = graft).unwrap();
        assert_survives(fixture, changed.print("").as_bytes());
    }

    #[test]
    fn any_bytes_come_out_somewhere(which in any::<prop::sample::Index>(), body in any::<Vec<u8>>()) {
        let all: Vec<_> = SOURCES.iter().flat_map(|source| fixtures(*source)).collect();
        assert_survives(&all[which.index(all.len())], &body);
    }
}
