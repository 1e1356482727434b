//! JSON as a tree that keeps what a body may vary: key order, repeated keys, number text.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

#[derive(Debug, Clone)]
pub enum Json {
    /// A string, number, boolean or null, verbatim.
    Leaf(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn parse(text: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Some(match raw.get().as_bytes()[0] {
            b'{' => {
                let Fields(fields) = serde_json::from_str(raw.get()).ok()?;
                let fields = fields.into_iter().map(|(name, value)| Some((name, Self::parse(value.get())?)));
                Self::Object(fields.collect::<Option<_>>()?)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).ok()?;
                Self::Array(items.into_iter().map(|item| Self::parse(item.get())).collect::<Option<_>>()?)
            }
            _ => Self::Leaf(raw.get().to_owned()),
        })
    }

    /// The text, with `gap` between any two tokens.
    pub fn print(&self, gap: &str) -> String {
        let list = |open, close, items: Vec<String>| {
            format!("{gap}{open}{gap}{}{gap}{close}{gap}", items.join(&format!("{gap},{gap}")))
        };
        match self {
            Self::Leaf(text) => text.clone(),
            Self::Array(items) => list('[', ']', items.iter().map(|item| item.print(gap)).collect()),
            Self::Object(fields) => {
                let field = |(name, value): &(String, Self)| {
                    format!("{}{gap}:{gap}{}", serde_json::to_string(name).unwrap(), value.print(gap))
                };
                list('{', '}', fields.iter().map(field).collect())
            }
        }
    }

    /// Every node, parents before children.
    pub fn visit(&mut self, change: &mut impl FnMut(&mut Self)) {
        change(self);
        match self {
            Self::Leaf(_) => {}
            Self::Array(items) => items.iter_mut().for_each(|item| item.visit(change)),
            Self::Object(fields) => fields.iter_mut().for_each(|(_, value)| value.visit(change)),
        }
    }

    /// A copy with its n-th node (as [`Json::visit`] counts) changed; `None` if there are fewer.
    pub fn with_nth(&self, n: usize, change: impl FnOnce(&mut Self)) -> Option<Self> {
        let (mut copy, mut at, mut change) = (self.clone(), 0, Some(change));
        copy.visit(&mut |node| {
            if at == n
                && let Some(change) = change.take()
            {
                change(node);
            }
            at += 1;
        });
        change.is_none().then_some(copy)
    }

    /// Every copy that lacks one field whose value is a leaf.
    pub fn without_each_leaf(&self) -> Vec<Self> {
        let mut copies = Vec::new();
        for n in 0.. {
            let mut leaves = 0;
            let Some(_) = self.with_nth(n, |node| leaves = node.leaf_fields().len()) else { return copies };
            for leaf in 0..leaves {
                copies.extend(self.with_nth(n, |node| {
                    let at = node.leaf_fields()[leaf];
                    if let Self::Object(fields) = node {
                        fields.remove(at);
                    }
                }));
            }
        }
        copies
    }

    /// Every copy in which one element of an array is this one instead.
    pub fn with_each_element(&self, element: &Self) -> Vec<Self> {
        let mut copies = Vec::new();
        for n in 0.. {
            let mut elements = 0;
            let count = |node: &mut Self| {
                if let Self::Array(items) = node {
                    elements = items.len();
                }
            };
            let Some(_) = self.with_nth(n, count) else { return copies };
            copies.extend((0..elements).filter_map(|at| {
                self.with_nth(n, |node| {
                    if let Self::Array(items) = node {
                        items[at] = element.clone();
                    }
                })
            }));
        }
        copies
    }

    fn leaf_fields(&self) -> Vec<usize> {
        let Self::Object(fields) = self else { return Vec::new() };
        (0..fields.len()).filter(|at| matches!(fields[*at].1, Self::Leaf(_))).collect()
    }

    /// The names of all fields.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.clone().visit(&mut |node| {
            if let Self::Object(fields) = node {
                names.extend(fields.iter().map(|(name, _)| name.clone()));
            }
        });
        names
    }
}

struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
