//! Bodies of every vendor with a mark in every value that does not name the kind of event.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use tributary_events::{Context, Timestamp};
use tributary_normalize::{Normalized, Request, SOURCES, Settings, Source, normalize};

use crate::json::Json;

/// Stands in every text.
pub(crate) const MARK: &str = "canary";
/// Stands for every number.
pub(crate) const NUMBER: &str = "70077007007";

/// Whether a text holds a mark, in any case.
pub(crate) fn is_marked(text: &str) -> bool {
    text.to_lowercase().contains(MARK) || text.contains(NUMBER)
}

/// A marked request.
pub(crate) struct Marked {
    pub(crate) route: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
    /// The names of the fields that hold a mark.
    pub(crate) fields: BTreeSet<String>,
}

/// A body as fields: those of a form, or one without a name for JSON.
struct Body {
    fields: Vec<(String, Json)>,
    is_form: bool,
}

impl Body {
    fn read(bytes: &[u8], is_form: bool) -> Option<Self> {
        if !is_form {
            let tree = Json::parse(std::str::from_utf8(bytes).ok()?)?;
            return Some(Self { fields: vec![(String::new(), tree)], is_form });
        }
        let text = |value: &str| Json::Leaf(serde_json::to_string(value).unwrap());
        let value = |value: &str| Json::parse(value).filter(|_| value.starts_with('{')).unwrap_or_else(|| text(value));
        let fields = form_urlencoded::parse(bytes).map(|(name, text)| (name.into_owned(), value(&text))).collect();
        Some(Self { fields, is_form })
    }

    fn print(&self) -> Vec<u8> {
        if !self.is_form {
            return self.fields[0].1.print("").into_bytes();
        }
        let text = |value: &Json| match value {
            Json::Leaf(json) => serde_json::from_str::<String>(json).unwrap_or_else(|_| json.clone()),
            tree => tree.print(""),
        };
        let pairs = self.fields.iter().map(|(name, value)| (name, text(value)));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes()
    }

    /// Changes the n-th leaf of all; tells its field's name, nothing if there are fewer.
    fn change(&mut self, n: usize, change: impl Fn(&mut String)) -> Option<String> {
        let mut at = 0;
        let mut found = None;
        for (name, tree) in &mut self.fields {
            walk(tree, name, &mut |name, leaf| {
                if at == n {
                    change(leaf);
                    found = Some(name.to_owned());
                }
                at += 1;
            });
        }
        found
    }
}

fn walk(node: &mut Json, name: &str, visit: &mut impl FnMut(&str, &mut String)) {
    match node {
        Json::Leaf(text) => visit(name, text),
        Json::Array(items) => items.iter_mut().for_each(|item| walk(item, name, visit)),
        Json::Object(fields) => fields.iter_mut().for_each(|(name, value)| walk(value, name, visit)),
    }
}

fn mark(leaf: &mut String) {
    if leaf.starts_with('"') {
        leaf.insert_str(1, MARK);
    } else if leaf.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        NUMBER.clone_into(leaf);
    }
}

/// The marked bodies of a source: one of each kind of event among its fixtures. Made once: it takes many readings.
pub(crate) fn marked(source: &'static dyn Source) -> &'static [Marked] {
    static ALL: LazyLock<BTreeMap<&str, Vec<Marked>>> =
        LazyLock::new(|| SOURCES.iter().map(|source| (source.name(), mark_fixtures(*source))).collect());
    &ALL[source.name()]
}

fn mark_fixtures(source: &'static dyn Source) -> Vec<Marked> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/normalize/src").join(source.name());
    let mut paths: Vec<_> =
        std::fs::read_dir(folder.join("fixtures")).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let mut seen = BTreeSet::new();
    paths
        .iter()
        .filter_map(|path| {
            let stem = path.file_stem()?.to_str()?;
            let route = stem.rsplit_once('.').map_or("", |(route, _)| route).replace('.', "/");
            let is_form = path.extension()? == "form";
            let content_type = if is_form { "application/x-www-form-urlencoded" } else { "application/json" };
            let mut body = Body::read(&std::fs::read(path).unwrap(), is_form)?;
            let kinds = |body: &Body| told(source, &route, content_type, &body.print());
            let was = kinds(&body);
            if !seen.insert(was.clone()) {
                return None;
            }
            let mut fields = BTreeSet::new();
            for n in 0.. {
                let before = Body { fields: body.fields.clone(), is_form };
                let Some(name) = body.change(n, mark) else { break };
                // What names the kind of event stays.
                if kinds(&body) == was {
                    fields.insert(name);
                } else {
                    body = before;
                }
            }
            Some(Marked { route, content_type, body: body.print(), fields })
        })
        .collect()
}

/// What a body is taken for.
fn told(source: &dyn Source, route: &str, content_type: &str, body: &[u8]) -> Vec<String> {
    let segments: Vec<String> = route.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let context = Context { received: Timestamp::from_unix_millis(0).unwrap(), traceparent: None };
    let request = Request { segments: &segments, content_type, body, context, settings: &Settings::default() };
    let Ok(Normalized { events, rejects, .. }) = normalize(source, &request, false) else { return Vec::new() };
    let events = events.iter().map(|event| event.kind.as_str().to_owned());
    events.chain(rejects.iter().map(|reject| reject.reason.as_str().to_owned())).collect()
}
