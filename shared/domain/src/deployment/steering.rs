//! The steering of a deployment that watches: a person pauses it, lets it go on, skips the rest of a bake. Pure.
//!
//! The record has the turns of persons, one by one. A pause moves the end of the watch, and nothing else: the wave's
//! gates are looked at and judged as ever, and a red gate undoes the release. So does a skipped bake, which moves the
//! end to the front.

mod decide;
mod record;

use crate::deployment::Deployment;
use crate::deployment::event_name::EventName;
use crate::release::action::ActionName;
use crate::release::cause_name::CauseName;
use crate::text::time::Time;
pub use decide::{SteeringDecision, SteeringFacts, SteeringRequest, decide};
pub use record::{BY_ITSELF, Paused, Steered, SteeringRecord, gone_on, pause_of, steered};

/// The most turns of a deployment: its record has room for so many reasons.
pub const MOST_TURNS: usize = 24;

/// The name of the cause of an undo after a pause that nobody has ended.
pub const PAUSE_RAN_OUT: &str = CauseName::PauseRanOut.as_str();

/// Returns the pause of a deployment that is in force, whichever wave it watches: only the last turn can be in force.
pub fn pause_in_force(record: &Deployment, now: Time) -> Option<&SteeringRecord> {
    let is_steered = record.ending.is_none() && record.undoing.is_none();
    let last = record.wheel.last().filter(|_| is_steered)?;
    pause_of(&record.wheel, last.wave, now)
}

impl SteeringRecord {
    /// Returns its event.
    pub fn event(&self) -> EventName {
        match self.action {
            ActionName::Continue => EventName::WatchContinued,
            ActionName::SkipBake => EventName::BakeSkipped,
            _ => EventName::WatchPaused,
        }
    }

    /// Returns the sentence for people: in the event, the notification and the answer.
    pub fn message(&self, record: &Deployment) -> String {
        let (app, environment) = (&record.app, &record.environment);
        let version = &record.release.version;
        format!("{app} {environment} {version}: {}\n  deployment {}", self.in_words(), record.id)
    }
}

/// Returns the sentence of an undo after a pause that nobody has ended.
pub fn ran_out(wave: u32, what: &str, until: Time) -> String {
    format!(
        "the pause of wave {} ({what}) was over at {until}, and nobody had let it go on. The declaration says \
         `then: undo`.",
        wave + 1
    )
}

#[cfg(test)]
#[path = "steering_tests.rs"]
mod tests;
