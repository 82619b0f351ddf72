//! The progress of the summaries of a day: one application after another, each by one invocation at a time. Pure.
//!
//! An invocation that begins with an application notes that before. Another one that comes meanwhile leaves the
//! application alone. If the note is old, the invocation has died, and nobody knows what it sent. So a summary may come
//! twice, and none is lost.

use crate::prose;
use crate::release::call;
use crate::shown::event::{LONGEST_CAUSE, Notification};
use crate::text::foreign::truncate;
use crate::text::name::AppName;
use crate::text::time::Time;
use serde::{Deserialize, Serialize};

/// An hour, in milliseconds: the schedule looks several times in it, and its day ends where it begins.
const HOUR_MS: u64 = 60 * 60 * 1000;

/// The time within the hour from which no further look of the schedule comes.
pub const LAST_MS: u64 = 55 * 60 * 1000;

/// The time after which an invocation that has begun with an application has ended, whatever came of it: longer than
/// its function may work.
pub const ALONE_MS: u64 = 45 * 1000;

/// The most invocations that try to send the summary of an application.
pub const TRIES: u32 = 3;

/// The progress of a day.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// The time at which the day ends.
    to: Time,
    /// All applications up to this one are done with.
    told: Option<AppName>,
    /// The application whose summary is being sent.
    telling: Option<Sending>,
    /// True if all are done with.
    #[serde(default)]
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sending {
    app: AppName,
    since: Time,
    tries: u32,
}

/// The decision for an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SummaryDecision {
    /// It goes on from there.
    Go(Day),
    /// It does nothing: all is sent.
    Done,
    /// It does nothing: another invocation is at it.
    Elsewhere,
}

impl Day {
    /// Returns the time at which the day ends that a look of the schedule is for.
    pub fn end_of(look: Time) -> Time {
        Time(look.0 - look.0 % HOUR_MS)
    }

    /// Returns whether a look is the last one for its day.
    pub fn is_last(look: Time) -> bool {
        look.ms_since(Self::end_of(look)) >= LAST_MS
    }

    /// Decides what to do for the day that ends at `to`, by the known progress.
    pub fn turn(known: Option<Self>, to: Time, now: Time) -> SummaryDecision {
        let Some(known) = known.filter(|known| known.to >= to) else {
            return SummaryDecision::Go(Self { to, told: None, telling: None, done: false });
        };
        let sending = known.telling.as_ref();
        // A look that came very late is for a day of which nobody wants to hear any more.
        if known.done || known.to > to {
            SummaryDecision::Done
        } else if sending.is_some_and(|sending| now.ms_since(sending.since) < ALONE_MS) {
            SummaryDecision::Elsewhere
        } else {
            SummaryDecision::Go(known)
        }
    }

    /// Returns the time at which the day ends.
    pub fn to(&self) -> Time {
        self.to
    }

    /// Returns whether an application is done with.
    pub fn is_done_with(&self, app: &AppName) -> bool {
        self.told.as_ref().is_some_and(|last| app <= last)
    }

    /// Begins with an application. Returns false if that was tried too often.
    pub fn begin(&mut self, app: &AppName, now: Time) -> bool {
        let tries = self.telling.take().filter(|sending| sending.app == *app).map_or(0, |sending| sending.tries);
        self.telling = Some(Sending { app: app.clone(), since: now, tries: tries + 1 });
        tries < TRIES
    }

    /// Notes that an application is done with.
    pub fn done_with(&mut self, app: &AppName) {
        self.told = Some(app.clone());
        self.telling = None;
    }

    /// Notes that all are done with.
    pub fn end(&mut self) {
        self.telling = None;
        self.done = true;
    }
}

/// Makes the notification that there is no summary of an application.
pub fn no_summary(app: &AppName, to: Time, why: &str) -> Notification {
    let message = prose!(
        "There is no summary of {} for the day until {}: {}\nThose of other applications are sent. {} and `GET \
         /apps` show what it would have said; the logs of the function `outbox` say more.",
        app,
        to,
        why,
        call::figures_of_a_day(app)
    )
    .written();
    Notification::new(&format!("no summary of {app}"), truncate(message, LONGEST_CAUSE))
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;
