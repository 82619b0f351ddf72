//! The number of polls of a change while AWS makes it, and of looks at a wave, and their time. Pure.

use crate::declaration::scope::Scope;
use crate::text::finding::Finding;
use crate::text::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest wait for a change while AWS makes it. The Retries of its state poll it for about a day, and what comes
/// before takes some minutes of that.
pub const LONGEST_WAIT: Span = Span::seconds(24 * 3600);

/// The shortest wait: a task of AWS Fargate and a stack take most of it to begin.
const SHORTEST_WAIT: Span = Span::seconds(60);

/// Notes a declared time for which something, such as a stack, cannot be waited: it is longer than `longest`, or
/// shorter than the thing takes to begin.
pub(crate) fn wait(scope: &mut Scope<'_>, path: &str, what: &str, (time, longest): (Span, Span)) {
    if time > longest {
        let reason = format!("A {what} that takes `{time}` cannot be waited for: it is waited for at most {longest}.");
        let remedy = format!("Write at most `{longest}`.");
        scope.note(Finding::too_large(path, reason, remedy).seen(time, longest));
    } else if time < SHORTEST_WAIT {
        let reason = format!("`{time}` is shorter than a {what} takes to begin.");
        let remedy = format!("Write at least `{SHORTEST_WAIT}`.");
        scope.note(Finding::bad_value(path, reason, remedy).seen(time, SHORTEST_WAIT));
    }
}

/// A change that AWS makes is polled often for so many seconds: after 5 s, then at growing intervals up to 30 s.
pub const OFTEN_S: u64 = 20 * 60;

/// The longest interval at which it is polled after that, in seconds.
pub const RARELY_S: u64 = 15 * 60;

/// Returns the most polls of a change that takes so many seconds. While it is polled often, an invocation waits at
/// least 15 s beside the interval. After that, the interval begins with a minute and grows by a tenth each time.
pub fn polls(seconds: u64) -> u64 {
    let often = 5 + seconds.min(OFTEN_S) / 45;
    let mut left_ms = seconds.saturating_sub(OFTEN_S) * 1000;
    let mut interval_ms = 60_000;
    let mut rarely = 0;
    while left_ms > 0 {
        left_ms = left_ms.saturating_sub(interval_ms);
        interval_ms = (interval_ms + interval_ms / 10).min(RARELY_S * 1000);
        rarely += 1;
    }
    often + rarely
}

/// The seconds for which the machine goes on with a change that is made in parts, in `Publish` and in `Deploy`.
pub const IN_PARTS_S: u64 = 7 * 3600;

/// The looks that a wave may take, so that the history of its execution stays within what AWS allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Looks {
    /// The looks until its bake is over.
    pub baking: u64,
    /// The looks after that, while a gate is unknown.
    pub held: u64,
}

/// The time between two looks, in seconds, if the history of the execution has room for them. It is the shortest period
/// of a metric, and the interval of the machine's Retry of `StillBaking`.
pub const EVERY_S: u64 = 60;

/// The longest time between two looks at all, in seconds. Alarms and metrics are measured since the change, so that
/// nothing between two looks is missed.
pub const SLOWEST_S: u64 = 900;

/// The most looks of one visit of the state `Judge`, by its Retry of `StillBaking`; a `Bake` begins the next visit.
/// Each visit has its own tries after a throttled or a lost answer, so that a few of them in a day's watch do not fail
/// the wave.
pub const LOOKS_OF_A_VISIT: u32 = 16;
