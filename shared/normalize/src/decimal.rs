//! Amounts as shops write them.

use std::borrow::Cow;

/// Marks of currencies that have no decimals: a comma beside one groups.
const WHOLE: &[char] = &['¥', '￥', '円', '₩', '원'];
/// Marks of other currencies.
const MARKS: &[char] = &['$', '€', '£', '₽', '₴', '₸'];
/// What divides groups of three digits and is never a decimal point.
const GAPS: &[char] = &[' ', '\u{a0}', '\u{2009}', '\u{202f}', '\''];

/// The decimal number that text says beyond doubt, as `-?digits(.digits)?`; see [`crate::lenient::Text::decimal`].
///
/// `comma_groups`: whether `1,980` is known to be 1980.
pub(crate) fn decimal(text: &str, comma_groups: bool) -> Option<Cow<'_, str>> {
    let text = text.trim();
    if is_plain(text) {
        return Some(Cow::Borrowed(text));
    }
    // Digits as wide as kanji.
    let narrow = |letter: char| match letter {
        '！'..='～' => char::from_u32(u32::from(letter) - 0xFEE0).unwrap_or(letter),
        letter => letter,
    };
    let text: String = text.chars().map(narrow).collect();
    let comma_groups = comma_groups || text.contains(WHOLE);
    let around = |letter: char| WHOLE.contains(&letter) || MARKS.contains(&letter) || GAPS.contains(&letter);
    let (sign, text) = sign(text.trim_matches(around));
    let (later_sign, text) = self::sign(text.trim_start_matches(around));
    if !sign.is_empty() && !later_sign.is_empty() {
        return None;
    }
    let (whole, fraction) = parts(text, comma_groups)?;
    let point = if fraction.is_empty() { "" } else { "." };
    let number = format!("{sign}{later_sign}{whole}{point}{fraction}");
    is_plain(&number).then_some(Cow::Owned(number))
}

/// A decimal number without needless zeros: `2499.50` is `2499.5`, `007.0` is `7`. Other text as it is.
pub(crate) fn shortest(text: &str) -> &str {
    if !is_plain(text) {
        return text;
    }
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    let digits = text.trim_start_matches('0');
    // One zero stays before the point.
    if digits.is_empty() || digits.starts_with('.') { &text[text.len() - digits.len() - 1..] } else { digits }
}

/// Whether text is a decimal number as it is: `-?digits(.digits)?`.
fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    text.split_once('.').map_or_else(|| digits(text), |(whole, fraction)| digits(whole) && digits(fraction))
}

fn sign(text: &str) -> (&'static str, &str) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The digits before and after the decimal point.
fn parts(text: &str, comma_groups: bool) -> Option<(String, &str)> {
    let last = |mark: char| text.rfind(mark);
    let count = |mark: char| text.matches(mark).count();
    let gaps = text.contains(GAPS);
    let point = match (last(','), last('.')) {
        (None, None) => None,
        // The later of two marks is the point, if it stands once.
        (Some(comma), Some(dot)) => {
            let later = if comma > dot { ',' } else { '.' };
            if count(later) > 1 {
                return None;
            }
            Some(later)
        }
        (None, Some(_)) => (count('.') == 1).then_some('.'),
        (Some(_), None) if count(',') > 1 => None,
        (Some(at), None) => {
            let may_group = !gaps && text.len() - at == 4 && (1..=3).contains(&at) && !text.starts_with('0');
            match (may_group, comma_groups) {
                (true, true) => None,
                (true, false) => return None,
                (false, _) => Some(','),
            }
        }
    };
    let (whole, fraction) = point.and_then(|mark| text.rsplit_once(mark)).unwrap_or((text, ""));
    if point.is_some() && fraction.is_empty() {
        return None;
    }
    // Groups are divided by one mark throughout, and all but the first have three digits.
    let divides = |letter: char| !letter.is_ascii_digit();
    let mut marks = whole.chars().filter(|letter| divides(*letter));
    let Some(mark) = marks.next() else { return Some((whole.to_owned(), fraction)) };
    let known = mark == ',' || mark == '.' || GAPS.contains(&mark);
    let mut groups = whole.split(divides);
    let grouped =
        groups.next().is_some_and(|first| (1..=3).contains(&first.len())) && groups.all(|group| group.len() == 3);
    (known && grouped && marks.all(|other| other == mark)).then(|| (whole.replace(divides, ""), fraction))
}

#[cfg(test)]
mod tests {
    use super::{decimal, shortest};

    fn read(text: &str) -> Option<String> {
        decimal(text, false).map(std::borrow::Cow::into_owned)
    }

    #[test]
    fn amounts_beyond_doubt_are_read() {
        for (text, is) in [
            ("1980", "1980"),
            ("-12.50", "-12.50"),
            (" 0.5 ", "0.5"),
            ("+5", "5"),
            ("1.980", "1.980"),
            ("1,980,000", "1980000"),
            ("1,980.50", "1980.50"),
            ("1.980,50", "1980.50"),
            ("1.980.000", "1980000"),
            ("12,5", "12.5"),
            ("12,50", "12.50"),
            ("0,980", "0.980"),
            ("1980,500", "1980.500"),
            ("1 980", "1980"),
            ("1\u{a0}980,50", "1980.50"),
            ("1'980.50", "1980.50"),
            ("¥1,980", "1980"),
            ("￥ 1,980", "1980"),
            ("1,980円", "1980"),
            ("１，９８０円", "1980"),
            ("-¥500", "-500"),
            ("¥-500", "-500"),
            ("$12.50", "12.50"),
        ] {
            assert_eq!(read(text).as_deref(), Some(is), "{text}");
        }
    }

    #[test]
    fn doubt_and_what_is_no_number_is_none() {
        for text in [
            "",
            "-",
            "1,980",
            "999,000",
            "abc",
            "1e3",
            "12.",
            ".5",
            "1,98,000",
            "1,980,00",
            "1.980.00",
            "1,980 000",
            "1,,980",
            "--5",
            "-¥-5",
            "NaN",
            "true",
            "1,980.5.5",
            "1 2",
            "12 345 67",
            "2490 rub.",
            "1_980",
            "1980,",
            ",5",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn needless_zeros_are_cut_off() {
        for (text, is) in [
            ("2499.50", "2499.5"),
            ("-2.50", "-2.5"),
            ("007.0", "7"),
            ("0.0", "0"),
            ("00", "0"),
            ("0.50", "0.5"),
            ("100", "100"),
            ("1.x0", "1.x0"),
            ("", ""),
        ] {
            assert_eq!(shortest(text), is, "{text}");
        }
    }

    #[test]
    fn where_commas_group_one_comma_does_too() {
        let read = |text| decimal(text, true).map(std::borrow::Cow::into_owned);
        assert_eq!(read("1,980").as_deref(), Some("1980"));
        assert_eq!(read("-1,980").as_deref(), Some("-1980"));
        assert_eq!(read("12,50").as_deref(), Some("12.50"));
        assert_eq!(read("1,980.5").as_deref(), Some("1980.5"));
    }
}
