//! Times, as events carry them and as customers write them into a template.

use tributary_events::Timestamp;

use crate::lenient::{Text, plausible};

/// The point in time, if the text names one beyond doubt: unix seconds, milli-, micro- or nanoseconds, or a date and time with
/// an offset, divided by dashes or slashes.
///
/// A time without an offset is none: customers write them in Tokyo's time as well as in UTC.
pub(super) fn moment(text: &Text<'_>) -> Option<Timestamp> {
    let text = text.get()?.trim_ascii();
    let at = if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') { unix(text) } else { calendar(text) };
    plausible(at)
}

/// The unit shows in how many digits there are: the seconds of the years 2001 to 2286 have ten, and a finer unit adds its
/// digits to them.
fn unix(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !matches!(whole.len(), 10 | 13 | 16 | 19) {
        return None;
    }
    let (seconds, finer) = whole.split_at(10);
    Timestamp::from_unix_seconds_text(&format!("{seconds}.{finer}{fraction}"))
}

/// As `Timestamp::parse`, also with slashes, single digits, a blank before the offset, or the offset's name.
fn calendar(text: &str) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse(text) {
        return Some(at);
    }
    let (date, time) = text.split_once(['T', ' '])?;
    let mut date = date.split(['-', '/']);
    let (year, month, day) = (date.next().filter(|year| year.len() == 4)?, date.next()?, date.next()?);
    if date.next().is_some() {
        return None;
    }
    let (hour, rest) = time.split_once(':')?;
    let offsets = [("JST", "+09:00"), ("UTC", "Z"), ("GMT", "Z")];
    let named = offsets.iter().find_map(|(name, offset)| Some((rest.strip_suffix(name)?, *offset)));
    let (rest, offset) = named.unwrap_or((rest, ""));
    let rest = rest.replace(' ', "");
    Timestamp::parse(&format!("{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{rest}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_shows_in_the_digits() {
        for (text, is) in [
            ("1795136523", "2026-11-20T01:02:03.000Z"),
            ("1795136523.25", "2026-11-20T01:02:03.250Z"),
            ("1795136523.0", "2026-11-20T01:02:03.000Z"),
            ("1795136523123", "2026-11-20T01:02:03.123Z"),
            ("1795136523123.5", "2026-11-20T01:02:03.123500Z"),
            ("1795136523123456", "2026-11-20T01:02:03.123456Z"),
            ("1795136523123456789", "2026-11-20T01:02:03.123456789Z"),
        ] {
            assert_eq!(moment(&text.into()).map(|at| at.to_string()).as_deref(), Some(is), "{text}");
        }
    }

    #[test]
    fn dates_are_read_where_they_have_an_offset() {
        for text in [
            "2026-11-20T01:02:03Z",
            "2026-11-20 10:02:03+09:00",
            "2026/11/20 10:02:03+09:00",
            "2026/11/20 10:02:03 +0900",
            "2026/11/20T01:02:03Z",
            "2026/11/20 10:02:03 JST",
            "2026-11-20 01:02:03 UTC",
            "2026/11/20 1:02:03 Z",
        ] {
            let at = moment(&text.into()).map(|at| at.to_string());
            assert_eq!(at.as_deref(), Some("2026-11-20T01:02:03.000Z"), "{text}");
        }
    }

    #[test]
    fn no_time_rather_than_a_wrong_one() {
        for text in [
            "",
            "0",
            "-1795136523",
            "2026/11/20 10:02:03",
            "2026-11-20 10:02:03",
            "2026-11-20T10:02:03",
            "2026/11/20",
            "20/11/2026 10:02:03Z",
            "20261120010203",
            "202611200102",
            "20261120",
            "1795136523.1.2",
            "1199145600",
            "1.795136523e9",
            "2026/2/30 1:02:03Z",
            "2026/1/2/3 1:02:03Z",
            "yesterday",
            "2026年11月20日 10:02:03 JST",
        ] {
            assert_eq!(moment(&text.into()), None, "{text}");
        }
    }
}
