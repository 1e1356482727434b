//! Points in time, and the many ways vendors write them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

const NANOS: i128 = 1_000_000_000;

/// A point in time, UTC, to the nanosecond; years 1 to 9999.
///
/// Written as RFC 3339 with a `Z` and 3, 6 or 9 fraction digits, as many as it needs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// From nanoseconds since 1970-01-01T00:00:00Z. `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_unix_nanos(nanos: i128) -> Option<Self> {
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()?;
        (1..=9999).contains(&at.year()).then_some(Self(at))
    }

    /// From milliseconds since 1970-01-01T00:00:00Z. `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_unix_millis(millis: i64) -> Option<Self> {
        Self::from_unix_nanos(i128::from(millis) * 1_000_000)
    }

    /// From seconds since 1970-01-01T00:00:00Z, written as a decimal number with or without a fraction.
    ///
    /// Digits beyond the nanosecond are cut. `None` for anything else, exponents included.
    #[must_use]
    pub fn from_unix_seconds_text(text: &str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        if whole.is_empty() || whole.len() > 12 || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let nanos = whole.parse::<i128>().ok()? * NANOS + i128::from(fraction_nanos(fraction.as_bytes()));
        Self::from_unix_nanos(if negative { -nanos } else { nanos })
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        i64::try_from(self.0.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_nanos(self) -> i128 {
        self.0.unix_timestamp_nanos()
    }

    /// The year, UTC.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Reads ISO 8601 as vendors write it: date and time divided by `T`, `t` or a blank, seconds optional, a fraction of
    /// any length after `.` or `,`, and an offset as `Z`, `+hh:mm`, `+hhmm` or `+hh`.
    ///
    /// `None` for anything else, and for a time **without an offset**: whether to take it for UTC is a fact about the
    /// vendor ([`Timestamp::parse_assuming_utc`]). No time is better than a wrong one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::read(text, false)
    }

    /// As [`Timestamp::parse`], and takes a time without an offset for UTC.
    #[must_use]
    pub fn parse_assuming_utc(text: &str) -> Option<Self> {
        Self::read(text, true)
    }

    fn read(text: &str, assume_utc: bool) -> Option<Self> {
        let mut rest = Reader(text.trim_ascii().as_bytes());
        let year = rest.number(4)?;
        rest.byte(b"-")?;
        let month = rest.number(2)?;
        rest.byte(b"-")?;
        let day = rest.number(2)?;
        rest.byte(b"Tt ")?;
        let hour = rest.number(2)?;
        rest.byte(b":")?;
        let minute = rest.number(2)?;
        let mut second = 0;
        let mut nanos = 0;
        if rest.byte(b":").is_some() {
            second = rest.number(2)?;
            if rest.byte(b".,").is_some() {
                nanos = fraction_nanos(rest.digits()?);
            }
        }
        let offset = rest.offset(assume_utc)?;
        // A leap second is the last nanosecond of its minute: `time` has none.
        if second == 60 {
            (second, nanos) = (59, 999_999_999);
        }
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        let of = |n: u16| u8::try_from(n).ok();
        let time = Time::from_hms_nano(of(hour)?, of(minute)?, of(second)?, nanos).ok()?;
        let at = date.with_time(time).assume_offset(offset).checked_to_offset(UtcOffset::UTC)?;
        (1..=9999).contains(&at.year()).then_some(Self(at))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self, digits: usize) -> Option<u16> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        self.0 = tail;
        head.iter().try_fold(0u16, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))
    }

    fn byte(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, tail) = self.0.split_first()?;
        allowed.contains(first).then(|| {
            self.0 = tail;
            *first
        })
    }

    fn digits(&mut self) -> Option<&'a [u8]> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (head, tail) = self.0.split_at(length);
        self.0 = tail;
        (length > 0).then_some(head)
    }

    fn offset(&mut self, assume_utc: bool) -> Option<UtcOffset> {
        if self.0.is_empty() {
            return assume_utc.then_some(UtcOffset::UTC);
        }
        let sign = match self.byte(b"Zz+-")? {
            b'-' => -1,
            b'+' => 1,
            _ => return self.0.is_empty().then_some(UtcOffset::UTC),
        };
        let hours = i8::try_from(self.number(2)?).ok()?;
        let mut minutes = 0;
        if !self.0.is_empty() {
            let _ = self.byte(b":");
            minutes = i8::try_from(self.number(2)?).ok()?;
        }
        if !self.0.is_empty() || hours > 23 || minutes > 59 {
            return None;
        }
        UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
    }
}

fn fraction_nanos(digits: &[u8]) -> u32 {
    (0..9).fold(0, |sum, place| sum * 10 + digits.get(place).map_or(0, |byte| u32::from(byte - b'0')))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 30];
        f.write_str(self.write(&mut text))
    }
}

impl Timestamp {
    fn write<'a>(&self, text: &'a mut [u8; 30]) -> &'a str {
        let at = self.0;
        let mut length = 0;
        let mut put = |value: u32, digits: u32, end: u8| {
            for place in (0..digits).rev() {
                text[length] = b'0' + u8::try_from(value / 10u32.pow(place) % 10).unwrap_or(0);
                length += 1;
            }
            text[length] = end;
            length += 1;
        };
        put(at.year().unsigned_abs(), 4, b'-');
        put(u32::from(u8::from(at.month())), 2, b'-');
        put(u32::from(at.day()), 2, b'T');
        put(u32::from(at.hour()), 2, b':');
        put(u32::from(at.minute()), 2, b':');
        put(u32::from(at.second()), 2, b'.');
        match at.nanosecond() {
            nanos if nanos % 1_000_000 == 0 => put(nanos / 1_000_000, 3, b'Z'),
            nanos if nanos % 1_000 == 0 => put(nanos / 1_000, 6, b'Z'),
            nanos => put(nanos, 9, b'Z'),
        }
        std::str::from_utf8(&text[..length]).unwrap_or_default()
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 30];
        serializer.serialize_str(self.write(&mut text))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not an RFC 3339 time"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Timestamp::parse(text).map(|at| at.to_string())
    }

    #[test]
    fn reads_the_formats_vendors_write() {
        let noon = Some("2026-01-15T12:00:00.000Z".to_owned());
        for text in [
            "2026-01-15T12:00:00.000+0000",
            "2026-01-15T12:00:00Z",
            "2026-01-15t13:00:00.000+01:00",
            "2026-01-15 09:00:00 -0300".replace(" -", "-").as_str(),
            "2026-01-15T12:00Z",
            "2026-01-15T13:00:00,000+01",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2026-01-15T12:00:00.123456789Z").unwrap(), "2026-01-15T12:00:00.123456789Z");
        assert_eq!(read("2026-01-15T12:00:00.1200000000001Z").unwrap(), "2026-01-15T12:00:00.120Z");
        assert_eq!(read("2016-12-31T23:59:60Z").unwrap(), "2016-12-31T23:59:59.999999999Z");
    }

    #[test]
    fn gives_no_time_rather_than_a_wrong_one() {
        for text in [
            "",
            "now",
            "2026-01-15",
            "2026-01-15T12:00:00",
            "2026-02-30T00:00:00Z",
            "2026-01-15T24:00:00Z",
            "2026-01-15T12:00:00Zx",
            "2026-01-15T12:00:00+99:00",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "2026-1-15T12:00:00Z",
            "２０２６-01-15T12:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(Timestamp::parse_assuming_utc("2018-01-01 12:00:00").is_some());
    }

    #[test]
    fn reads_unix_times() {
        let show = |at: Option<Timestamp>| at.map(|at| at.to_string());
        assert_eq!(show(Timestamp::from_unix_millis(1_768_478_400_000)).unwrap(), "2026-01-15T12:00:00.000Z");
        assert_eq!(show(Timestamp::from_unix_seconds_text("1768478400")).unwrap(), "2026-01-15T12:00:00.000Z");
        assert_eq!(show(Timestamp::from_unix_seconds_text("1768478400.25")).unwrap(), "2026-01-15T12:00:00.250Z");
        assert_eq!(show(Timestamp::from_unix_seconds_text("-1")).unwrap(), "1969-12-31T23:59:59.000Z");
        for text in ["", "1e9", "1.5.5", "NaN", "99999999999999"] {
            assert_eq!(Timestamp::from_unix_seconds_text(text), None, "{text}");
        }
    }

    #[test]
    fn round_trips_and_sorts_as_text() {
        let early = Timestamp::parse("2026-01-15T12:00:00.5Z").unwrap();
        assert_eq!(Timestamp::parse(&early.to_string()), Some(early));
        assert_eq!(early.unix_millis(), 1_768_478_400_500);
        let json = serde_json::to_string(&early).unwrap();
        assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), early);
    }
}
