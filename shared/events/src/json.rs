//! JSON text as the queue takes it.

use std::borrow::Cow;

/// Makes of JSON text what the queue and strict readers take: no insignificant white space, so that an event kept verbatim
/// fits on one line, and `\ufffd` for half a surrogate pair (`\ud83d` alone), which is no text.
///
/// Everything else stays byte for byte: key order, number text, all other escapes. Text that is not JSON comes back in some
/// shape, never with an error, and is not JSON then either: parse the result to find out. Borrowed when there was nothing
/// to remove.
#[must_use]
pub fn compact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    // Looked for once: hardly any body has one.
    let surrogates = [&b"\\ud"[..], b"\\uD"].iter().any(|start| memchr::memmem::find(bytes, start).is_some());
    let mut kept: Option<String> = None;
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = end_of_string(bytes, at + 1);
                for half in if surrogates { half_pairs(&bytes[at..end]) } else { Vec::new() } {
                    let kept = kept.get_or_insert_with(|| String::with_capacity(text.len()));
                    kept.push_str(&text[from..at + half]);
                    kept.push_str("\\ufffd");
                    from = at + half + ESCAPE;
                }
                at = end;
            }
            b' ' | b'\t' | b'\n' | b'\r' => {
                let end = end_of_space(bytes, at);
                // `1 2` is no JSON, `12` would be.
                let divides = at > 0 && is_word(bytes[at - 1]) && bytes.get(end).copied().is_some_and(is_word);
                if !divides {
                    kept.get_or_insert_with(|| String::with_capacity(text.len())).push_str(&text[from..at]);
                    from = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    match kept {
        None => Cow::Borrowed(text),
        Some(mut kept) => {
            kept.push_str(&text[from..]);
            Cow::Owned(kept)
        }
    }
}

/// Bytes of `\uXXXX`.
const ESCAPE: usize = 6;

/// Where in a JSON string halves of surrogate pairs stand that lack the other half.
fn half_pairs(string: &[u8]) -> Vec<usize> {
    let mut halves = Vec::new();
    let surrogate = |at: usize| {
        let escape = string.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
        let code = u16::from_str_radix(std::str::from_utf8(escape).ok()?, 16).ok()?;
        (0xD800..0xE000).contains(&code).then_some(code)
    };
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', string.get(at..).unwrap_or_default()) {
        at += found;
        match surrogate(at) {
            None => at += 2,
            Some(high) if high < 0xDC00 && surrogate(at + ESCAPE).is_some_and(|low| low >= 0xDC00) => at += 2 * ESCAPE,
            Some(_) => {
                halves.push(at);
                at += ESCAPE;
            }
        }
    }
    halves
}

/// How deep brackets nest in JSON text. Counts without recursion; text that is not JSON gives some number.
#[must_use]
pub fn depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut now, mut deepest) = (0, 0_usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = end_of_string(bytes, at + 1);
                continue;
            }
            b'{' | b'[' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    deepest
}

fn end_of_space(bytes: &[u8], at: usize) -> usize {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    bytes[at..].iter().position(|byte| !is_space(byte)).map_or(bytes.len(), |length| at + length)
}

/// Part of a number, `true`, `false` or `null`: what white space divides.
fn is_word(byte: u8) -> bool {
    !matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"')
}

fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Escapes what SQS refuses in a message and JSON text may still hold raw: U+FFFE and U+FFFF.
///
/// SQS takes U+0009, U+000A, U+000D, U+0020 to U+D7FF, U+E000 to U+FFFD and U+10000 to U+10FFFF
/// (AWS API reference, `SendMessage`). JSON forbids raw control characters below U+0020 within strings, so in text that
/// is JSON only these two remain, and only within strings, where `\ufffe` and `\uffff` mean the same.
#[must_use]
pub fn queue_safe(json: String) -> String {
    // Both begin with EF BF in UTF-8, which hardly any text holds.
    if memchr::memmem::find(json.as_bytes(), b"\xEF\xBF").is_none() {
        return json;
    }
    json.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_keeps_strings_and_numbers_as_they_are() {
        let text = "{ \"a b\" :\t[ 1.50 , \"x \\\" y\" ,\r\n true ] }\n";
        assert_eq!(compact(text), "{\"a b\":[1.50,\"x \\\" y\",true]}");
        assert!(matches!(compact("{\"a\":1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn half_a_surrogate_pair_becomes_a_replacement_character() {
        for (text, clean) in [
            (r#"{"a":"x\ud83d","\uDE00":1}"#, r#"{"a":"x\ufffd","\ufffd":1}"#),
            (r#"["\ud83d\ude00"]"#, r#"["\ud83d\ude00"]"#),
            (r#"["\ud83d\ud83d\ude00\ude00"]"#, r#"["\ufffd\ud83d\ude00\ufffd"]"#),
            (r#"["\\ud83d","\ud83d\\ude00"]"#, r#"["\\ud83d","\ufffd\\ude00"]"#),
            (r#" [ "\ud83d" , "\ud8" , "\ud83" ] "#, r#"["\ufffd","\ud8","\ud83"]"#),
        ] {
            assert_eq!(compact(text), clean);
        }
    }

    #[test]
    fn compact_survives_text_that_is_not_json() {
        for text in ["\"", "\"\\", "\"abc", "{", "  ", "é \"é"] {
            let _ = compact(text);
        }
    }

    #[test]
    fn compact_makes_no_json_of_what_is_none() {
        for text in ["[1 2]", "[1\n .5]", "[tr ue]", "[- 1]", "{\"a\":1 \t\r\n e3}"] {
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(text).is_err());
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(&compact(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert_eq!(depth(r#"{"a":[{"[[[[":1}],"b":{}}"#), 3);
        assert_eq!(depth(&"[".repeat(100_000)), 100_000);
        assert_eq!(depth("]]]]"), 0);
    }

    #[test]
    fn queue_safe_escapes_the_two_noncharacters_only() {
        let text = serde_json::to_string("a\u{FFFE}b\u{FFFF}c\u{FFFD}\u{7F}\u{1}").unwrap();
        let safe = queue_safe(text);
        assert_eq!(safe, "\"a\\ufffeb\\uffffc\u{FFFD}\u{7F}\\u0001\"");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), "a\u{FFFE}b\u{FFFF}c\u{FFFD}\u{7F}\u{1}");
    }
}
