//! How far the telling of a day has come: application after application, each by one invocation at a time. Pure.
//!
//! Whoever is to tell one says so before; who comes meanwhile leaves it alone. Where that was long ago it died, and
//! nobody knows what it sent: so a summary may come twice, and none is lost.

use crate::call;
use crate::cut::cut;
use crate::event::{LONGEST_CAUSE, Notification, ascii};
use crate::name::AppName;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// An hour, in milliseconds: the schedule looks several times in it, and its day ends where it begins.
const HOUR_MS: u64 = 60 * 60 * 1000;

/// From so late in the hour on no further look of the schedule comes.
pub const LAST_MS: u64 = 55 * 60 * 1000;

/// So long after an invocation has begun with an application it has ended, whatever came of it: longer than its function
/// may work.
pub const ALONE_MS: u64 = 45 * 1000;

/// So many invocations try to tell of an application.
pub const TRIES: u32 = 3;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// When the day ends.
    to: Time,
    /// All applications up to this one are done with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<AppName>,
    /// The one that is being told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    telling: Option<Telling>,
    /// Whether all are done with.
    #[serde(default)]
    done: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Telling {
    app: AppName,
    since: Time,
    tries: u32,
}

/// What an invocation does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Goes on from there.
    Go(Day),
    /// Nothing: all is told.
    Done,
    /// Nothing: another invocation is at it.
    Elsewhere,
}

impl Day {
    /// When the day ends that a look of the schedule is for.
    pub fn end_of(look: Time) -> Time {
        Time(look.0 - look.0 % HOUR_MS)
    }

    /// Whether a look is the last one for its day.
    pub fn is_last(look: Time) -> bool {
        look.ms_since(Self::end_of(look)) >= LAST_MS
    }

    /// What to do for the day that ends then, by what is known of the telling.
    pub fn turn(known: Option<Self>, to: Time, now: Time) -> Turn {
        let Some(known) = known.filter(|known| known.to >= to) else {
            return Turn::Go(Self {
                to,
                told: None,
                telling: None,
                done: false,
            });
        };
        let telling = known.telling.as_ref();
        // A look that came very late is for a day of which nobody wants to hear any more.
        if known.done || known.to > to {
            Turn::Done
        } else if telling.is_some_and(|telling| now.ms_since(telling.since) < ALONE_MS) {
            Turn::Elsewhere
        } else {
            Turn::Go(known)
        }
    }

    /// When it ends.
    pub fn to(&self) -> Time {
        self.to
    }

    /// Whether an application is done with.
    pub fn is_told(&self, app: &AppName) -> bool {
        self.told.as_ref().is_some_and(|told| app <= told)
    }

    /// Begins with an application; false where that was tried too often.
    pub fn begin(&mut self, app: &AppName, now: Time) -> bool {
        let before = self.telling.take().filter(|telling| telling.app == *app);
        let tries = before.map_or(0, |telling| telling.tries);
        self.telling = Some(Telling {
            app: app.clone(),
            since: now,
            tries: tries + 1,
        });
        tries < TRIES
    }

    /// Is done with an application.
    pub fn tell(&mut self, app: &AppName) {
        self.told = Some(app.clone());
        self.telling = None;
    }

    /// Is done with all.
    pub fn end(&mut self) {
        self.telling = None;
        self.done = true;
    }
}

/// The notification that there is no summary of an application.
pub fn not_told(app: &AppName, to: Time, why: &str) -> Notification {
    let message = format!(
        "There is no summary of {app} for the day until {to}: {why}\nThose of other applications are told. {} and `GET /apps` \
         tell what it would have said; the logs of the function `outbox` say more.",
        call::figures_of_a_day(app)
    );
    Notification {
        subject: ascii(&format!("[windlass] no summary of {app}")),
        message: cut(message, LONGEST_CAUSE),
    }
}

#[cfg(test)]
#[path = "day_tests.rs"]
mod tests;
