//! Windows and freezes: the times in which a release may start, by the clock on the wall. Pure: the rules of the time
//! zones are compiled in.
//!
//! A window is open while the clock of its zone shows a time in it. So it is an hour shorter or longer where that clock
//! is put forward or back within it, and one that lies in the hour that is left out does not open that day.

use crate::text::finding::{Finding, FindingName};
use crate::text::foreign::{self, Foreign};
use crate::text::time::Time;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, AmbiguousTimestamp, TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The milliseconds after its acceptance for which a release waits for its turn, where people are to approve it or the
/// clock holds it: three days in all.
pub const WAITS_MS: u64 = 3 * 24 * 3600 * 1000;

/// The days, from today on, in which the next opening of a window is looked for.
const DAYS_AHEAD: usize = 16;

/// The changes of a zone's clock that are looked at in those days. There are two in a year, and four in some places.
const CHANGES_AHEAD: usize = 4;

/// The time zones that are compiled in. What a machine or its environment says of time zones is not read.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// The weekdays, as they are written.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Weekdays and hours in which releases may start. It ends on the day on which it began: hours across midnight are two
/// windows, until `24:00` and from `00:00` on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// A weekday, such as `fri`, or the first and the last of several, such as `mon-thu`. `fri-mon` goes across the
    /// weekend.
    #[schemars(extend("pattern" = "^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$"))]
    pub days: String,
    /// The time of day at which it opens, such as `09:00`.
    #[schemars(extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// The time of day at which it is closed again, such as `16:00`; `24:00` is the end of the day.
    #[schemars(extend("pattern" = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))]
    pub until: String,
    /// The time zone of the hours and the days, such as `Europe/Berlin`.
    #[schemars(extend("maxLength" = 64))]
    pub zone: String,
}

impl Window {
    /// Returns what is wrong with it beyond its form.
    pub(super) fn findings(&self, at: &str) -> Vec<Finding> {
        let mut findings = Vec::from_iter(unknown_zone(at, &self.zone));
        if self.from >= self.until {
            findings.push(Finding::bad_value(
                format!("{at}.until"),
                format!("a window ends on the day on which it begins, and {} is not after {}.", self.until, self.from),
                "Write a later time; or two windows for hours across midnight, until `24:00` and from `00:00` on.",
            ));
        }
        findings
    }

    fn has(&self, day: Weekday) -> bool {
        let (first, last) = self.days.split_once('-').unwrap_or((self.days.as_str(), self.days.as_str()));
        let place = |name: &str| DAYS.iter().position(|day| *day == name);
        let day = usize::from(day.to_monday_zero_offset().unsigned_abs());
        let (Some(first), Some(last)) = (place(first), place(last)) else { return false };
        let after_first = |day: usize| (day + 7 - first) % 7;
        after_first(day) <= after_first(last)
    }

    fn is_open(&self, at: Timestamp) -> bool {
        let Some(zone) = zone(&self.zone) else { return false };
        let wall = zone.to_datetime(at);
        // Both are written with two digits each, so that their texts are in order as the times are.
        let clock = format!("{:02}:{:02}", wall.hour(), wall.minute());
        self.has(wall.weekday()) && self.from <= clock && clock < self.until
    }

    /// Returns the moments after this one at which it may open: those at which the clock shows `from`, and those at
    /// which it is put forward or back.
    fn turns(&self, after: Timestamp) -> Vec<Timestamp> {
        let Some(zone) = zone(&self.zone) else { return Vec::new() };
        let days = zone.to_datetime(after).date().series(Span::new().days(1)).take(DAYS_AHEAD);
        let begins = days.filter_map(|day| date_time(&format!("{day}T{}", self.from)));
        let begins = begins.map(|begin| zone.to_ambiguous_timestamp(begin));
        let begins = begins.flat_map(|begin| [begin.earlier(), begin.later()]).flatten();
        let changes = zone.following(after).take(CHANGES_AHEAD).map(|change| change.timestamp());
        begins.chain(changes).filter(|turn| *turn > after).collect()
    }
}

/// Dates between which no release starts, in any environment of any application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// The date on which it begins, such as `2026-12-20`, or the date and the time of day, such as `2026-12-20T18:00`.
    /// A date alone is the beginning of that day.
    #[schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?$"))]
    pub from: String,
    /// The first moment that is free again, in the same form: with `2027-01-03`, releases start on the 3rd of January.
    #[schemars(extend("pattern" = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?$"))]
    pub until: String,
    /// The time zone of both, such as `Europe/Berlin`.
    #[schemars(extend("maxLength" = 64))]
    pub zone: String,
    /// The reason, which a refused caller reads.
    #[schemars(extend("minLength" = 1, "maxLength" = 500))]
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
}

impl Freeze {
    /// Returns what is wrong with it beyond its form.
    pub(super) fn findings(&self, at: &str) -> Vec<Finding> {
        let mut findings = Vec::from_iter(unknown_zone(at, &self.zone));
        let both = [("from", &self.from), ("until", &self.until)].map(|(member, text)| {
            let read = date_time(text);
            if read.is_none() {
                findings.push(Finding::bad_value(
                    format!("{at}.{member}"),
                    format!("`{text}` is no date of the calendar, or no time of a day."),
                    "Write a date such as `2026-12-20`, or one with a time such as `2026-12-20T18:00`.",
                ));
            }
            read
        });
        if let [Some(from), Some(until)] = both
            && from >= until
        {
            findings.push(Finding::bad_value(
                format!("{at}.until"),
                format!(
                    "`until` is the first moment that is free again, and {} is not after {}.",
                    self.until, self.from
                ),
                "Write a later date.",
            ));
        }
        findings
    }

    /// Returns its first moment, and the first moment that is free again.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let zone = zone(&self.zone)?;
        let (from, until) = (date_time(&self.from)?, date_time(&self.until)?);
        Some((moment(&zone, from, AmbiguousTimestamp::earlier)?, moment(&zone, until, AmbiguousTimestamp::later)?))
    }

    /// Returns whether it is in force, and until when. What cannot be read any more is in force for good.
    fn in_force(&self, at: Timestamp) -> Option<FreezeEnd> {
        match self.span() {
            None => Some(FreezeEnd(None)),
            Some((from, until)) => (from <= at && at < until).then_some(FreezeEnd(Some(until))),
        }
    }
}

/// The end of a freeze, where it is known.
struct FreezeEnd(Option<Timestamp>);

fn date_time(text: &str) -> Option<DateTime> {
    text.parse().ok()
}

/// Returns the moment at which a clock comes to a time; where it shows that twice, the `chosen` one. Where it is put
/// forward across the time, that is the moment at which it is.
fn moment(
    zone: &TimeZone,
    shows: DateTime,
    chosen: impl FnOnce(AmbiguousTimestamp) -> Result<Timestamp, jiff::Error>,
) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(shows);
    if matches!(found.offset(), AmbiguousOffset::Gap { .. }) {
        let before = found.earlier().ok()?;
        return zone.following(before).next().map(|change| change.timestamp());
    }
    chosen(found).ok()
}

fn unknown_zone(at: &str, name: &str) -> Option<Finding> {
    zone(name).is_none().then(|| {
        Finding::new(
            FindingName::UnknownName,
            format!("{at}.zone"),
            format!("no time zone is called `{name}`."),
            "Write the name of a time zone of the IANA database, such as `Europe/Berlin` or `UTC`.",
        )
    })
}

/// The fate of a release that comes outside of the windows, or in a freeze.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// It is refused.
    #[default]
    Refuse,
    /// It waits if releases may start within three days; otherwise it is refused.
    Wait,
}

impl Outside {
    /// Returns whether it is the default, which is left out where the file is written.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(super) fn is_refuse(&self) -> bool {
        *self == Self::Refuse
    }
}

/// A hold by the clock: a freeze, or a time outside of all windows. It keeps releases and drills from starting; what is
/// under way goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    /// The next moment at which a release may start; absent where there is none within two weeks after a freeze.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// The reason of the freeze; absent outside of the windows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub freeze: Option<String>,
    /// True if a release that comes now waits until then; else it is refused.
    pub waits: bool,
}

impl Closed {
    /// Returns the moment for which a release waits that waits until `latest` at most; `None` if it is refused.
    pub fn waits_until(&self, latest: Time) -> Option<Time> {
        self.until.filter(|until| self.waits && *until <= latest)
    }

    /// Says why and until when deployments are held, in words.
    pub fn in_words(&self) -> String {
        let until = self.until.map_or_else(|| "with no end in sight".to_owned(), |until| format!("until {until}"));
        match &self.freeze {
            Some(reason) => format!("by a freeze {until}: {}", Foreign(reason)),
            None => format!("outside of the windows {until}"),
        }
    }
}

/// Returns what keeps releases from starting now; `None` where a release may start.
pub(super) fn closed(windows: &[Window], freezes: &[Freeze], outside: Outside, now: Time) -> Option<Closed> {
    let began = Timestamp::from_millisecond(i64::try_from(now.0).ok()?).ok()?;
    let is_open = |at| windows.is_empty() || windows.iter().any(|window| window.is_open(at));
    let frozen = |at| freezes.iter().find_map(|freeze| Some((freeze, freeze.in_force(at)?)));
    let mut at = began;
    // Each freeze is left once, and a window opens before each of them and after the last.
    let mut steps = 0..=2 * freezes.len();
    let until = loop {
        let next = match frozen(at) {
            Some((_, FreezeEnd(until))) => until,
            None if is_open(at) => break Some(at),
            None => windows.iter().flat_map(|window| window.turns(at)).filter(|turn| is_open(*turn)).min(),
        };
        match (next, steps.next()) {
            (Some(next), Some(_)) => at = next,
            _ => break None,
        }
    };
    if until == Some(began) {
        return None;
    }
    let until = until.and_then(|until| u64::try_from(until.as_millisecond()).ok()).map(Time);
    Some(Closed {
        until,
        freeze: frozen(began).map(|(freeze, _)| freeze.reason.clone()),
        waits: outside == Outside::Wait && until.is_some_and(|until| until.ms_since(now) <= WAITS_MS),
    })
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
