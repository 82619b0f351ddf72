//! Points in time and lengths of time, as values.

use ::time::format_description::well_known::Rfc3339;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Time(pub u64);

impl Time {
    /// Returns this point plus a number of milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Returns this point plus a number of seconds.
    #[must_use]
    pub fn plus_s(self, seconds: u64) -> Self {
        self.plus_ms(seconds.saturating_mul(1000))
    }

    /// Reads RFC 3339, such as `2026-11-20T14:02:05Z`; `None` for anything else, and before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let ms = ::time::OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos() / 1_000_000;
        u64::try_from(ms).ok().map(Self)
    }

    /// Returns hours and minutes in UTC, such as `14:02`.
    pub fn clock(self) -> String {
        let minutes = self.0 / 60_000;
        format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
    }

    /// Returns the time of day for a reader at `now`, with the date, such as `2026-11-21 14:02`, if it is another day.
    pub fn clock_at(self, now: Self) -> String {
        let clock = self.clock();
        if self.0 / DAY_MS == now.0 / DAY_MS {
            return clock;
        }
        let whole = self.to_string();
        format!("{} {clock}", whole.split('T').next().unwrap_or_default())
    }

    /// Returns the milliseconds from `earlier` to this point; 0 when `earlier` is later.
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Writes RFC 3339 in UTC with seconds, such as `2026-11-20T14:02:05Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(i64::MAX);
        let at = ::time::OffsetDateTime::from_unix_timestamp(seconds).ok();
        match at.and_then(|at| at.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}ms", self.0),
        }
    }
}

/// A length of time, written as `30s`, `5m`, `2h` or `800ms`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = r"^[0-9]{1,6}(ms|s|m|h)$"))]
pub struct Span {
    ms: u64,
}

/// The text is not a length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write for example 800ms, 30s, 5m or 2h")]
pub struct BadSpan(pub String);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self { ms: 0 };

    /// Makes a length of a number of seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self { ms: seconds * 1000 }
    }

    /// Makes a length of a number of seconds where one is named as a function, as serde names what counts if nothing is
    /// written.
    pub const fn of_seconds<const SECONDS: u64>() -> Self {
        Self::seconds(SECONDS)
    }

    /// Makes a length of a number of milliseconds.
    pub const fn millis(ms: u64) -> Self {
        Self { ms }
    }

    /// Returns the length in milliseconds.
    pub const fn as_ms(self) -> u64 {
        self.ms
    }

    /// Returns the length in whole seconds, rounded up.
    pub const fn as_s(self) -> u64 {
        self.ms.div_ceil(1000)
    }

    /// Reads `30s`, `5m`, `2h` or `800ms`: at most six digits and a unit.
    pub fn parse(text: &str) -> Result<Self, BadSpan> {
        let bad = || BadSpan(text.to_owned());
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (digits, unit) = text.split_at(split);
        if digits.is_empty() || digits.len() > 6 {
            return Err(bad());
        }
        let count: u64 = digits.parse().map_err(|_| bad())?;
        let factor = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(bad()),
        };
        Ok(Self { ms: count * factor })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ms {
            ms if ms > 0 && ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            ms if ms > 0 && ms % 60_000 == 0 => write!(f, "{}m", ms / 60_000),
            ms if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

impl TryFrom<String> for Span {
    type Error = BadSpan;
    fn try_from(text: String) -> Result<Self, BadSpan> {
        Self::parse(&text)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

/// Returns a length of time in two steps at most: `3d 4h`, `4m 12s`.
pub fn lasting(seconds: u64) -> String {
    let steps = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (step, name) in steps {
        if left >= step || (step == 1 && parts.is_empty()) {
            parts.push(format!("{}{name}", left / step));
            left %= step;
        } else if !parts.is_empty() {
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_in_time() {
        let at = Time(1_795_183_325_678);
        assert_eq!(at.to_string(), "2026-11-20T14:02:05Z");
        assert_eq!(at.clock(), "14:02");
        assert_eq!(Time(26 * 3_600_000 + 60_000).clock(), "02:01");
        for (now, seen) in [
            ("2026-11-20T00:00:00Z", "14:02"),
            ("2026-11-20T23:59:59Z", "14:02"),
            ("2026-11-19T23:59:59Z", "2026-11-20 14:02"),
            ("2026-11-21T00:00:00Z", "2026-11-20 14:02"),
        ] {
            assert_eq!(at.clock_at(Time::parse(now).unwrap()), seen, "{now}");
        }
        assert_eq!(at.plus_ms(5).ms_since(at), 5);
        assert_eq!(at.plus_s(2).ms_since(at), 2000);
        assert_eq!(at.ms_since(at.plus_ms(1)), 0, "never below nothing");
        assert_eq!(Time(u64::MAX).plus_s(1), Time(u64::MAX));
        assert_eq!(Time(u64::MAX).to_string(), format!("{}ms", u64::MAX));
    }

    #[test]
    fn a_length_of_time_is_read_and_written() {
        // text, milliseconds, as it is written again
        let table = [
            ("800ms", 800, "800ms"),
            ("0s", 0, "0s"),
            ("30s", 30_000, "30s"),
            ("90s", 90_000, "90s"),
            ("5000ms", 5_000, "5s"),
            ("60s", 60_000, "1m"),
            ("5m", 300_000, "5m"),
            ("120m", 7_200_000, "2h"),
            ("2h", 7_200_000, "2h"),
            ("999999s", 999_999_000, "999999s"),
        ];
        for (text, ms, written) in table {
            let span = Span::parse(text).unwrap();
            assert_eq!(span.as_ms(), ms, "{text}");
            assert_eq!(String::from(span), written, "{text}");
            assert_eq!(Span::try_from(written.to_owned()), Ok(span), "{text}");
        }
        for text in ["", "5", "s", "5 m", "5d", "-5s", "1000000s", "5m30s", "1.5s"] {
            assert_eq!(Span::parse(text), Err(BadSpan(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_length_of_time_in_seconds_is_rounded_up() {
        assert_eq!(Span::millis(1_000).as_s(), 1);
        assert_eq!(Span::millis(1_001).as_s(), 2);
        assert_eq!(Span::seconds(7).as_ms(), 7_000);
        assert_eq!(Span::ZERO, Span::default());
    }

    #[test]
    fn a_time_is_read_as_it_is_written() {
        let written = "2026-11-20T14:02:05Z";
        let read = Time::parse(written);
        assert_eq!(read.map(|time| time.to_string()).as_deref(), Some(written));
        let east = Time::parse("2026-11-20T16:02:05.250+02:00");
        assert_eq!(east, read.map(|time| time.plus_ms(250)));
        for bad in ["", "yesterday", "2026-11-20", "1969-12-31T23:59:59Z"] {
            assert_eq!(Time::parse(bad), None, "{bad}");
        }
    }
}
