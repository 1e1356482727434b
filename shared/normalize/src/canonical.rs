//! A fingerprint of JSON: one for every spelling of the same content.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use tributary_events::{Key, Timestamp};

use crate::lenient::string_bytes;

/// Brackets that nest deeper than this are taken as text. Bodies are refused before, at 64 levels.
const MAX_DEPTH: usize = 128;
/// Digits of a second that [`Timestamp`] keeps. A time with more is taken as text, so that nothing is cut off.
const MAX_FRACTION: usize = 9;

/// The fingerprint of JSON text, less the volatile fields: 36 characters, the same for every spelling of one content.
///
/// What does not count: key order, white space, escapes, whether a number is written `1`, `1.0`, `1e0` or `"1"`, whether a
/// time is written `+0000` or `Z`, `.1Z` or `.100Z`, and whether a field is null, empty text or absent. Everything else
/// does, the order of arrays included. Text that is not JSON is taken as it is.
///
/// One pass reads the text and one writes it sorted: n bytes cost n log n at any depth.
#[must_use]
pub fn fingerprint(json: &str, volatile: &Volatile) -> String {
    let mut out = Vec::with_capacity(json.len() + 64);
    match Tree::read(json) {
        Some(tree) => tree.write(tree.root, Some(volatile), &mut out),
        None => {
            out.push(b'!');
            text(json.trim_ascii().as_bytes(), &mut out);
        }
    }
    Key::new("canonical", None).bytes(&out).finish().to_string()
}

/// Fields that a vendor changes between two deliveries of one event, as paths within the event's element.
///
/// From `volatile.txt`, one path a line: names divided by `.`, `[]` for the elements of an array, `*` for any name. What
/// follows `#` on a line is the reason.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Volatile {
    whole: bool,
    names: BTreeMap<String, Self>,
}

impl Volatile {
    /// Nothing is volatile.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// From the text of a `volatile.txt`.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut all = Self::default();
        for line in text.lines() {
            let path = line.split('#').next().unwrap_or_default().trim();
            if !path.is_empty() {
                path.split('.').fold(&mut all, |at, name| at.names.entry(name.to_owned()).or_default()).whole = true;
            }
        }
        all
    }

    fn under(&self, name: &[u8]) -> Option<&Self> {
        let name = std::str::from_utf8(name).ok().and_then(|name| self.names.get(name));
        name.or_else(|| self.names.get("*"))
    }

    fn elements(&self) -> Option<&Self> {
        self.names.get("[]")
    }
}

/// One spelling of a value that stands in a key by itself: times as instants, numbers without needless digits, telephone
/// numbers without the plus, everything else as it is.
#[must_use]
pub fn spelling(value: &str) -> Cow<'_, str> {
    let value = value.trim_ascii();
    if let Some(at) = instant(value) {
        return Cow::Owned(format!("@{}", nanos(at)));
    }
    match value.strip_prefix('+') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => Cow::Borrowed(digits),
        _ => Cow::Borrowed(value),
    }
}

/// Nanoseconds since 1970 in digits. Of a moment within 292 years of it that is a matter of 64 bits, and quick.
pub(crate) fn nanos(at: Timestamp) -> String {
    let nanos = at.unix_nanos();
    i64::try_from(nanos).map_or_else(|_| nanos.to_string(), |nanos| nanos.to_string())
}

/// The moment that text names without doubt and without loss.
fn instant(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    // Cheap, for every string of a body comes by here: `2026-01-15T12:00Z` is the shortest.
    if bytes.len() < 17 || bytes[4] != b'-' || bytes[7] != b'-' || !bytes[0].is_ascii_digit() {
        return None;
    }
    let fraction =
        text.split_once(['.', ',']).map_or(0, |(_, rest)| rest.bytes().take_while(u8::is_ascii_digit).count());
    // A leap second is moved by `Timestamp`: it would be the moment before.
    if fraction > MAX_FRACTION || text.get(17..19) == Some("60") {
        return None;
    }
    Timestamp::parse(text)
}

/// JSON as nodes in one list, the children of each beside one another.
struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    children: Vec<(Cow<'a, [u8]>, usize)>,
    root: usize,
}

enum Node<'a> {
    /// A string between its quotes, escapes and all.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
    /// What nests too deep, as it came.
    Deep(&'a str),
    Array {
        from: usize,
        to: usize,
    },
    Object {
        from: usize,
        to: usize,
    },
}

impl<'a> Tree<'a> {
    fn read(json: &'a str) -> Option<Self> {
        let json = json.trim_ascii();
        // From here on the text is known to be JSON, and what reads it needs to check nothing.
        serde_json::from_str::<IgnoredAny>(json).ok()?;
        let mut reader =
            Reader { json, at: 0, tree: Self { nodes: Vec::new(), children: Vec::new(), root: 0 }, open: Vec::new() };
        let root = reader.value(0)?;
        Some(Self { root, ..reader.tree })
    }

    fn write(&self, node: usize, volatile: Option<&Volatile>, out: &mut Vec<u8>) {
        match self.nodes.get(node) {
            Some(Node::Text(inner)) => write_text(inner, out),
            Some(Node::Word(word)) => write_word(word, out),
            Some(Node::Deep(json)) => text(json.as_bytes(), out),
            Some(Node::Array { from, to }) => {
                out.push(b'[');
                let inner = volatile.and_then(Volatile::elements);
                if !inner.is_some_and(|inner| inner.whole) {
                    for (_, child) in &self.children[*from..*to] {
                        self.write(*child, inner, out);
                    }
                }
                out.push(b']');
            }
            Some(Node::Object { from, to }) => {
                out.push(b'{');
                for (name, child) in &self.children[*from..*to] {
                    let inner = volatile.and_then(|volatile| volatile.under(name));
                    if inner.is_some_and(|inner| inner.whole) || self.is_nothing(*child) {
                        continue;
                    }
                    text(name, out);
                    self.write(*child, inner, out);
                }
                out.push(b'}');
            }
            None => {}
        }
    }

    /// Null and empty text, which vendors mix with a field that is absent.
    fn is_nothing(&self, node: usize) -> bool {
        matches!(self.nodes.get(node), Some(Node::Word("null") | Node::Text("")))
    }
}

/// Text with its length before it, so that no two lists of texts run together.
fn text(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b's');
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn write_text(inner: &str, out: &mut Vec<u8>) {
    let bytes = unescape(inner);
    match std::str::from_utf8(&bytes).ok().and_then(instant) {
        Some(at) => {
            out.push(b'@');
            out.extend_from_slice(&at.unix_nanos().to_be_bytes());
        }
        None => text(&bytes, out),
    }
}

fn write_word(word: &str, out: &mut Vec<u8>) {
    match word.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => text(number(word).as_bytes(), out),
        first => out.push(first.copied().unwrap_or_default()),
    }
}

/// A JSON number in the shortest spelling of the same value: `1.50` and `15e-1` are `1.5`, `-0` is `0`. Exact at any
/// length: no float is made of it.
fn number(word: &str) -> Cow<'_, str> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(word);
    }
    let (sign, digits) = word.strip_prefix('-').map_or(("", word), |digits| ("-", digits));
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Some(exponent) = exponent.parse::<i32>().ok().filter(|exponent| exponent.abs() < 1_000) else {
        return Cow::Borrowed(word);
    };
    let digits = format!("{whole}{fraction}");
    let point = i64::try_from(whole.len()).unwrap_or(i64::MAX) + i64::from(exponent);
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let point = point - i64::try_from(leading).unwrap_or(0);
    let digits = digits.trim_matches('0');
    if digits.is_empty() {
        return Cow::Borrowed("0");
    }
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    Cow::Owned(if point <= 0 {
        format!("{sign}0.{}{digits}", zeros(-point))
    } else if point >= length {
        format!("{sign}{digits}{}", zeros(point - length))
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
        format!("{sign}{whole}.{fraction}")
    })
}

/// The bytes of a JSON string. Half a surrogate pair, which no Rust string holds, stays apart from every other.
fn unescape(inner: &str) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner.as_bytes());
    }
    string_bytes(&format!("\"{inner}\"")).map_or(Cow::Borrowed(inner.as_bytes()), Cow::Owned)
}

struct Reader<'a> {
    json: &'a str,
    at: usize,
    tree: Tree<'a>,
    /// Children of what is open now, the innermost last.
    open: Vec<(Cow<'a, [u8]>, usize)>,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..)?;
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.at += blanks;
        rest.get(blanks).copied()
    }

    fn value(&mut self, depth: usize) -> Option<usize> {
        let node = match self.peek()? {
            b'"' => Node::Text(self.string()?),
            open @ (b'{' | b'[') if depth < MAX_DEPTH => {
                let (from, to) = self.children(open == b'{', depth)?;
                if open == b'{' { Node::Object { from, to } } else { Node::Array { from, to } }
            }
            b'{' | b'[' => Node::Deep(self.skip()?),
            _ => {
                let rest = &self.json[self.at..];
                let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                self.at += end;
                Node::Word(&rest[..end])
            }
        };
        self.tree.nodes.push(node);
        Some(self.tree.nodes.len() - 1)
    }

    /// What is between two brackets, as a range of `children`, fields sorted by name.
    fn children(&mut self, fields: bool, depth: usize) -> Option<(usize, usize)> {
        self.at += 1;
        let mark = self.open.len();
        loop {
            match self.peek()? {
                b'}' | b']' => break,
                b',' => self.at += 1,
                _ => {
                    let mut name = Cow::Borrowed(&b""[..]);
                    if fields {
                        name = unescape(self.string()?);
                        self.peek()?;
                        self.at += 1;
                    }
                    let value = self.value(depth + 1)?;
                    self.open.push((name, value));
                }
            }
        }
        self.at += 1;
        let from = self.tree.children.len();
        self.tree.children.extend(self.open.drain(mark..));
        if fields {
            // Stable: a name that stands twice keeps the order of its values.
            self.tree.children[from..].sort_by(|one, other| one.0.cmp(&other.0));
        }
        Some((from, self.tree.children.len()))
    }

    fn string(&mut self) -> Option<&'a str> {
        let from = self.at + 1;
        let mut at = from;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.json.as_bytes().get(at..)?)?;
            if self.json.as_bytes()[at] == b'"' {
                break;
            }
            at += 2;
        }
        self.at = at + 1;
        self.json.get(from..at)
    }

    fn skip(&mut self) -> Option<&'a str> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => drop(self.string()?),
                byte => {
                    self.at += 1;
                    match byte {
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' => depth -= 1,
                        _ => {}
                    }
                }
            }
            if depth == 0 {
                return self.json.get(from..self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Volatile, number, spelling};

    fn fingerprint(json: &str) -> String {
        super::fingerprint(json, &Volatile::none())
    }

    #[test]
    fn a_fingerprint_stays_what_it_was() {
        // Pinned: a change here re-delivers every event without an id.
        assert_eq!(
            fingerprint(r#"{"b":[1.0,"x\u00e9","2026-01-15T12:00:00.5+01:00"],"a \"":{}}"#),
            "4a43dd59-c25f-8c48-b435-a35978a357f4"
        );
    }

    #[test]
    fn spellings_of_one_content_are_one() {
        let one = r#"{"a":1,"b":[{"c":-1.5,"d":"é"},"2026-01-15T12:00:00.100Z",true],"e":{"f":"g"}}"#;
        for other in [
            "{ \"b\": [{\"d\":\"\\u00e9\",\"c\":-15e-1},\"2026-01-15T13:00:00.1+0100\", true ],\n\"e\":{\"f\":\"g\"}, \"a\":1.00}",
            r#"{"x":null,"a":"1","y":"","b":[{"c":"-1.5","d":"é","z":null},"2026-01-15T12:00:00,1Z",true],"e":{"f":"g"}}"#,
        ] {
            assert_eq!(fingerprint(one), fingerprint(other), "{other}");
        }
    }

    #[test]
    fn everything_else_counts() {
        let all = [
            r#"{"a":1}"#,
            r#"{"b":1}"#,
            r#"{"a":"1.0"}"#,
            r#"{"a":[1]}"#,
            r#"{"a":true}"#,
            r#"{"a":"true"}"#,
            r#"{"a":"t"}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":[null]}"#,
            r#"{"a":[""]}"#,
            "{}",
            "[]",
            "[1,2]",
            "[2,1]",
            "[12]",
            "[[1],2]",
            "[[1,2]]",
            "x",
            "",
            "\"x\"",
            "null",
            r#"{"a":1,"a":2}"#,
            r#"{"a":2,"a":1}"#,
            r#"{"a":"+1"}"#,
            r#"{"a":1e999}"#,
            r#"{"a":"2026-01-15T12:00:00Z"}"#,
            r#"{"a":"2026-01-15T12:00:00"}"#,
            r#"{"a":"2026-01-15T12:00:00.000000001Z"}"#,
            r#"{"a":"2026-01-15T12:00:00.0000000011Z"}"#,
            r#"{"a":"2026-01-15T12:00:00.0000000012Z"}"#,
            r#"{"a":"2016-12-31T23:59:60Z"}"#,
            r#"{"a":"2016-12-31T23:59:59.999999999Z"}"#,
            r#"{"a":123456789012345678901}"#,
            r#"{"a":123456789012345678902}"#,
            r#"{"a":0.1}"#,
            r#"{"a":0.10000000000000000001}"#,
            r#"{"a":1,"\ud800":2}"#,
            r#"{"a":1,"\udbff":2}"#,
        ];
        let distinct: HashSet<_> = all.iter().map(|json| fingerprint(json)).collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn numbers_have_one_spelling() {
        let spellings = [
            ("1.50", "1.5"),
            ("15e-1", "1.5"),
            ("0.15E+1", "1.5"),
            ("-0.0", "0"),
            ("0e5", "0"),
            ("1e3", "1000"),
            ("100", "100"),
            ("-100.0", "-100"),
            ("0.00010", "0.0001"),
            ("1e-4", "0.0001"),
            ("10.01", "10.01"),
        ];
        for (written, shortest) in spellings {
            assert_eq!(number(written), shortest, "{written}");
        }
    }

    #[test]
    fn volatile_fields_do_not_count_and_their_neighbours_do() {
        let volatile =
            Volatile::read("# of a delivery\nprice  # corrected later\nuser.*.tries # counter\nlist.[].n# number\n");
        let print = |json| super::fingerprint(json, &volatile);
        let one = r#"{"price":{"a":1},"user":{"x":{"tries":1,"k":1}},"list":[{"n":1,"k":1},{"n":2}]}"#;
        assert_eq!(print(one), print(r#"{"user":{"x":{"tries":7,"k":1}},"list":[{"n":8,"k":1},{}],"price":null}"#));
        for other in [
            r#"{"user":{"x":{"k":2}},"list":[{"k":1},{}]}"#,
            r#"{"user":{"x":{"k":1}},"list":[{"k":2},{}]}"#,
            r#"{"user":{"x":{"k":1}},"list":[{"k":1},{}],"inner":{"price":1}}"#,
        ] {
            assert_ne!(print(one), print(other), "{other}");
        }
    }

    #[test]
    fn values_of_a_key_have_one_spelling() {
        assert_eq!(spelling("2026-01-15T12:00:00.100Z"), spelling("2026-01-15T13:00:00.1+0100"));
        assert_eq!(spelling("+385910000001"), "385910000001");
        for text in ["2026-01-15T12:00:00", "+1 555", "+", "", "0.10"] {
            assert_eq!(spelling(text), text);
        }
    }

    #[test]
    fn any_depth_has_a_fingerprint() {
        let deep = |levels: usize, core: &str| format!("{}{core}{}", "[".repeat(levels), "]".repeat(levels));
        assert_ne!(fingerprint(&deep(127, "1")), fingerprint(&deep(127, "2")));
        assert_ne!(fingerprint(&deep(126, "{\"a\":[1]}")), fingerprint(&deep(126, "{\"a\":[2]}")));
    }
}
