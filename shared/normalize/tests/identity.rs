//! No two events share an id, and no event has two: for every leaf of every fixture.
//!
//! An event whose id is the fingerprint of its element says nothing for its claim ([`Prepared::says`] is absent); the
//! others are keyed by the vendor's own id or by chosen fields, which their README defends.

#![allow(clippy::unwrap_used, reason = "a body that cannot be made fails its test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::json::Json;
use common::{Fixture, fixtures, folder};
use tributary_events::Timestamp;
use tributary_normalize::{Normalized, Prepared, SOURCES, Volatile};

/// What stands around the elements of a batch and belongs to none of them: changing it changes no event. By source and
/// path; each is needed.
const AROUND: &[(&str, &str)] = &[
    // A secret that travels in the body, and a name beside it that the event has itself.
    ("carrotquest", "token"),
    // What the poller's answers say of paging and of the campaign whose recipients are listed.
    ("channeltalk", "next"),
    ("channeltalk", "prev"),
    ("channeltalk", "oneTimeMsg.channelId"),
    ("channeltalk", "oneTimeMsg.id"),
    ("channeltalk", "oneTimeMsg.name"),
    ("channeltalk", "oneTimeMsg.sendMedium"),
    // Counters of the batch.
    ("infobip", "eventCount"),
    ("infobip", "messageCount"),
    ("infobip", "pendingEventCount"),
    ("infobip", "pendingMessageCount"),
    // What WhatsApp's operator says of all messages of a change; the account and the number are in their ids.
    ("infobip", "entry.[].changes.[].field"),
    ("infobip", "entry.[].changes.[].value.contacts.[].userId"),
    ("infobip", "entry.[].changes.[].value.contacts.[].waId"),
    ("infobip", "entry.[].changes.[].value.history.[].metadata.chunkOrder"),
    ("infobip", "entry.[].changes.[].value.history.[].metadata.phase"),
    ("infobip", "entry.[].changes.[].value.history.[].metadata.progress"),
    ("infobip", "entry.[].changes.[].value.messagingProduct"),
    ("infobip", "entry.[].changes.[].value.messaging_product"),
    ("infobip", "entry.[].changes.[].value.metadata.phoneNumberId"),
    ("infobip", "entry.[].changes.[].value.metadata.phone_number_id"),
    // The app that sent the beacon.
    ("karte", "app_info.karte_sdk_version"),
    ("karte", "app_info.system_info.bundle_id"),
    ("karte", "app_info.system_info.device"),
    ("karte", "app_info.system_info.language"),
    ("karte", "app_info.system_info.model"),
    ("karte", "app_info.system_info.os"),
    ("karte", "app_info.system_info.os_version"),
    ("karte", "app_info.version_code"),
    ("karte", "app_info.version_name"),
    ("karte", "keys.original_pv_id"),
];

fn all() -> impl Iterator<Item = Fixture> {
    SOURCES.iter().flat_map(|source| fixtures(*source))
}

/// A body as a tree, and how to print it again: JSON, or a form whose fields may be JSON.
enum Body {
    Json(Json),
    Form(Vec<(String, Json)>),
}

impl Body {
    fn of(fixture: &Fixture) -> Option<Self> {
        let text = std::str::from_utf8(&fixture.body).ok()?;
        if fixture.path.extension().is_none_or(|extension| extension != "form") {
            return Json::parse(text).map(Self::Json);
        }
        let fields = form_urlencoded::parse(text.trim().as_bytes());
        let leaf = |text: &str| Json::Leaf(serde_json::to_string(text).unwrap());
        Some(Self::Form(
            fields
                .map(|(name, value)| {
                    let structured = value.starts_with(['{', '[']).then(|| Json::parse(&value)).flatten();
                    (name.into_owned(), structured.unwrap_or_else(|| leaf(&value)))
                })
                .collect(),
        ))
    }

    fn print(&self) -> Vec<u8> {
        match self {
            Self::Json(tree) => tree.print("").into_bytes(),
            Self::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    match value {
                        Json::Leaf(text) => form.append_pair(name, &serde_json::from_str::<String>(text).unwrap()),
                        tree => form.append_pair(name, &tree.print("")),
                    };
                }
                form.finish().into_bytes()
            }
        }
    }

    /// The path of every leaf, in the order of [`Body::each`].
    fn leaves(&self) -> Vec<String> {
        fn collect(tree: &Json, path: &str, into: &mut Vec<String>) {
            let under = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            match tree {
                Json::Leaf(_) => into.push(path.to_owned()),
                Json::Array(items) => items.iter().for_each(|item| collect(item, &under("[]"), into)),
                Json::Object(fields) => fields.iter().for_each(|(name, value)| collect(value, &under(name), into)),
            }
        }
        let mut into = Vec::new();
        match self {
            Self::Json(tree) => collect(tree, "", &mut into),
            Self::Form(fields) => fields.iter().for_each(|(name, tree)| collect(tree, name, &mut into)),
        }
        into
    }

    /// Changes every tree in it.
    fn each(&mut self, change: &mut impl FnMut(&mut Json)) {
        match self {
            Self::Json(tree) => tree.visit(change),
            Self::Form(fields) => fields.iter_mut().for_each(|(_, tree)| tree.visit(change)),
        }
    }
}

/// Another value in a leaf's place.
fn changed(leaf: &str) -> String {
    match leaf.as_bytes()[0] {
        b'"' => format!("{}~\"", &leaf[..leaf.len() - 1]),
        b't' => "false".to_owned(),
        b'f' => "true".to_owned(),
        b'n' => "\"~\"".to_owned(),
        _ if leaf == "0" => "7".to_owned(),
        _ => format!("{leaf}7"),
    }
}

fn run(fixture: &Fixture, body: &[u8]) -> Normalized {
    fixture.normalize(body, false).unwrap()
}

fn original(event: &Prepared) -> Json {
    let event = tributary_events::Event::parse(&event.json).unwrap();
    Json::parse(event.data.original.get()).unwrap()
}

/// Where two trees differ first.
fn difference(one: &Json, other: &Json, path: &mut Vec<String>) -> bool {
    let mut at = |name: String, one: &Json, other: &Json| {
        path.push(name);
        let differs = difference(one, other, path);
        if !differs {
            path.pop();
        }
        differs
    };
    match (one, other) {
        (Json::Leaf(one), Json::Leaf(other)) => one != other,
        (Json::Array(one), Json::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).any(|(one, other)| at("[]".to_owned(), one, other))
        }
        (Json::Object(one), Json::Object(other)) if one.len() == other.len() => {
            one.iter().zip(other).any(|((name, one), (_, other))| at(name.clone(), one, other))
        }
        _ => true,
    }
}

/// The lines of a source's `volatile.txt`.
fn volatile(fixture: &Fixture) -> Vec<String> {
    let text = std::fs::read_to_string(folder(fixture.source).join("volatile.txt")).unwrap();
    let paths = text.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
    paths.filter(|path| !path.is_empty()).collect()
}

fn covers(line: &str, path: &[String]) -> bool {
    let names: Vec<&str> = line.split('.').collect();
    names.len() <= path.len() && names.iter().zip(path).all(|(name, at)| *name == "*" || name == at)
}

/// A change of one leaf, and what it did to one event.
struct Change {
    fixture: String,
    source: &'static str,
    /// Within the event's element.
    path: Vec<String>,
    volatile: Option<String>,
    by_element: bool,
    id_changed: bool,
}

/// Every leaf of every fixture, changed alone. Leaves that are in no element come back as paths of the body.
fn changes() -> (Vec<Change>, BTreeSet<(&'static str, String, String)>) {
    let (mut changes, mut around) = (Vec::new(), BTreeSet::new());
    for fixture in all() {
        let Some(mut body) = Body::of(&fixture) else { continue };
        let lines = volatile(&fixture);
        let before = run(&fixture, &body.print());
        let originals: Vec<Json> = before.events.iter().map(original).collect();
        for (leaf, path_in_body) in body.leaves().into_iter().enumerate() {
            let (mut at, mut was) = (0, String::new());
            let mut set = |body: &mut Body, value: &dyn Fn(&str) -> String| {
                at = 0;
                body.each(&mut |node| {
                    if let Json::Leaf(text) = node {
                        if at == leaf {
                            was.clone_from(text);
                            *text = value(text);
                        }
                        at += 1;
                    }
                });
                was.clone()
            };
            let kept = set(&mut body, &changed);
            let after = run(&fixture, &body.print());
            set(&mut body, &|_| kept.clone());
            if after.events.len() != before.events.len() {
                continue;
            }
            let mut touched = after.rejects != before.rejects;
            for (at, event) in after.events.iter().enumerate() {
                let id_changed = event.id != before.events[at].id;
                touched |= id_changed;
                let mut path = Vec::new();
                if !difference(&originals[at], &original(event), &mut path) {
                    continue;
                }
                touched = true;
                changes.push(Change {
                    fixture: fixture.path.display().to_string(),
                    source: fixture.source.name(),
                    volatile: lines.iter().find(|line| covers(line, &path)).cloned(),
                    by_element: event.says.is_none() && before.events[at].says.is_none(),
                    path,
                    id_changed,
                });
            }
            if !touched {
                around.insert((fixture.source.name(), path_in_body, fixture.stem()));
            }
        }
    }
    (changes, around)
}

#[test]
fn any_leaf_of_an_element_makes_another_event_and_what_is_volatile_does_not() {
    let (changes, around) = changes();
    let mut wrong = BTreeSet::new();
    let mut needed: BTreeMap<(&str, String), bool> = BTreeMap::new();
    let mut tried = 0;
    for change in changes {
        if !change.by_element {
            continue;
        }
        tried += 1;
        let path = change.path.join(".");
        let complaint = match (change.volatile, change.id_changed) {
            (None, true) => continue,
            (Some(line), false) => {
                needed.insert((change.source, line), true);
                continue;
            }
            (None, false) => format!("{path} changes and the id stays"),
            (Some(line), true) => format!("{path} is volatile ({line}) and the id changes"),
        };
        wrong.insert(format!("{}: {complaint}", change.fixture));
    }
    for fixture in all() {
        for line in volatile(&fixture) {
            needed.entry((fixture.source.name(), line)).or_insert(false);
        }
    }
    for ((source, line), is_needed) in needed {
        if !is_needed {
            wrong.insert(format!("{source}/volatile.txt: no fixture with an event keyed by its element has {line}"));
        }
    }
    for (source, path, stem) in &around {
        if !AROUND.contains(&(source, path)) {
            wrong.insert(format!("{source}: {path} of {stem} is in no event"));
        }
    }
    for exempt in AROUND {
        if !around.iter().any(|(source, path, _)| exempt == &(*source, path.as_str())) {
            wrong.insert(format!("{exempt:?} is exempt without need"));
        }
    }
    assert!(tried > 3_000, "{tried} leaves of elements tried");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Another spelling of the same time: an offset of zero in digits, and a fraction no longer than it must be.
fn respelled_time(text: &str) -> Option<String> {
    let inner: String = serde_json::from_str(text).ok()?;
    let fraction = inner.split_once('.').map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    let at = Timestamp::parse(&inner).filter(|_| fraction <= 9 && inner.len() >= 17)?.to_string();
    let (seconds, fraction) = at.strip_suffix('Z')?.split_once('.')?;
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    serde_json::to_string(&format!("{seconds}{point}{fraction}+00:00")).ok()
}

#[test]
fn spellings_of_times_and_numbers_make_no_other_event() {
    let (mut times, mut numbers) = (0, 0);
    for fixture in all() {
        let Some(mut body) = Body::of(&fixture) else { continue };
        let before = run(&fixture, &body.print());
        body.each(&mut |node| {
            let Json::Leaf(text) = node else { return };
            if let Some(other) = respelled_time(text) {
                *text = other;
                times += 1;
            } else if text.contains('.') && text.parse::<f64>().is_ok() && !text.contains(['e', 'E']) {
                text.push('0');
                numbers += 1;
            }
        });
        let after = run(&fixture, &body.print());
        let ids = |normalized: &Normalized| normalized.events.iter().map(|event| event.id).collect::<Vec<_>>();
        assert_eq!(ids(&before), ids(&after), "{}", fixture.path.display());
        let says = |normalized: &Normalized| normalized.events.iter().map(|event| event.says).collect::<Vec<_>>();
        assert_eq!(says(&before), says(&after), "{}: what it says", fixture.path.display());
    }
    assert!(times > 300 && numbers > 50, "{times} times, {numbers} numbers");
}

#[test]
fn another_url_of_the_source_makes_no_other_event() {
    let mut tried = 0;
    for fixture in all().filter(|fixture| !fixture.segments.is_empty()) {
        let before = run(&fixture, &fixture.body);
        for length in 0..fixture.segments.len() {
            let segments = fixture.segments[..length].to_vec();
            let other = Fixture { segments, body: fixture.body.clone(), path: fixture.path.clone(), ..fixture };
            let after = run(&other, &other.body);
            for (one, two) in before.events.iter().zip(&after.events) {
                let name = |event: &Prepared| {
                    let event = tributary_events::Event::parse(&event.json).unwrap();
                    (event.data.vendor.event.into_owned(), event.data.vendor.account.map(std::borrow::Cow::into_owned))
                };
                // Where the body names nothing the route's word is the name, and where it names no account, the account.
                if one.kind == two.kind && name(one) == name(two) {
                    tried += 1;
                    assert_eq!(one.id, two.id, "{}: by {:?}", fixture.path.display(), other.segments);
                }
            }
        }
    }
    assert!(tried > 200, "{tried} tried");
}

#[test]
fn fixtures_that_share_an_id_say_the_same() {
    for source in SOURCES {
        let mut seen = BTreeMap::new();
        for fixture in fixtures(*source) {
            for event in run(&fixture, &fixture.body).events {
                let first = seen.entry(event.id).or_insert_with(|| (event.says, fixture.stem()));
                assert_eq!(first.0, event.says, "{} and {}: one id, and they differ", first.1, fixture.stem());
            }
        }
    }
}

#[test]
fn every_line_of_volatile_txt_has_its_reason() {
    for source in SOURCES {
        let text = std::fs::read_to_string(folder(*source).join("volatile.txt")).unwrap();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#')) {
            let reason = line.split_once('#').map(|(_, reason)| reason.trim()).unwrap_or_default();
            assert!(reason.len() > 10, "{}/volatile.txt: {line}: why?", source.name());
        }
        assert_eq!(&Volatile::read(&text), source.volatile());
    }
}
