//! The turns of persons at the wheel, as a deployment's record has them, and their effect on a wave. Pure.

use crate::access::AllowedBy;
use crate::declaration::gate::PauseThen;
use crate::release::action::ActionName;
use crate::text::foreign::{self, Foreign};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A turn of a person at the wheel, or of Windlass when a pause was over.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SteeringRecord {
    /// `pause`, `continue` or `skip_bake`.
    pub action: ActionName,
    /// The wave that was watched, counted from 0.
    pub wave: u32,
    /// The time.
    pub at: Time,
    /// The person.
    #[serde(deserialize_with = "foreign::one")]
    pub by: String,
    /// What let the person in; absent where no rules of operators were in force, and for what Windlass does.
    pub allowed_by: Option<AllowedBy>,
    /// The reason.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
    /// `pause`: its end.
    pub pause: Option<Paused>,
}

/// A pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    /// The time at which it is over, unless a person has ended it.
    pub until: Time,
    /// The longest time between two looks meanwhile, in seconds.
    pub pace_s: u64,
    /// The consequence when it is over.
    pub then: PauseThen,
}

/// The effect of the turns on one wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Steered {
    /// The time at which its watch is over.
    pub until: Time,
    /// The pause that nobody has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
}

impl SteeringRecord {
    /// Says what was done, by whom, why, and what follows.
    pub fn in_words(&self) -> String {
        let (by, reason) = (&self.by, Foreign(&self.reason));
        let by = format!("{by}{}", AllowedBy::behind(self.allowed_by.as_ref()));
        let wave = self.wave + 1;
        match (self.action, &self.pause) {
            (_, Some(Paused { until, then, .. })) => {
                let then = match then {
                    PauseThen::Continue => "goes on",
                    PauseThen::Undo => "is undone",
                };
                format!(
                    "wave {wave} is paused until {until} by {by}: {reason}. Its gates are judged meanwhile; then it {then}."
                )
            }
            (ActionName::SkipBake, None) => format!(
                "the rest of the bake of wave {wave} is skipped by {by}: {reason}. It passes at its next look, where no \
                 gate is red."
            ),
            _ => format!("wave {wave} goes on, by {by}: {reason}."),
        }
    }
}

/// Returns the effect of a record's turns on a wave whose bake would end then; `None` if nobody touched it. Time goes
/// on while a wave is paused, because its gates are judged. The end that a pause has moved stays moved when the pause
/// is over: a gate that is unknown then is held from there.
pub fn steered(turns: &[SteeringRecord], wave: u32, bake_end: Time) -> Option<Steered> {
    let mut of_it = turns.iter().filter(|turn| turn.wave == wave).peekable();
    of_it.peek()?;
    let (mut until, mut paused) = (bake_end, None::<Paused>);
    for turn in of_it {
        if let Some(before) = paused {
            until = until.max(before.until.min(turn.at));
        }
        if turn.action == ActionName::SkipBake {
            until = turn.at;
        }
        paused = turn.pause;
    }
    if let Some(paused) = &paused {
        until = until.max(paused.until);
    }
    Some(Steered { until, paused })
}

/// The name for the end of a pause that nobody has ended.
pub const BY_ITSELF: &str = "Windlass";

/// Returns the turn that ends a pause which is over, if the release goes on then: nobody has ended it, and everybody is
/// notified.
pub fn gone_on(turns: &[SteeringRecord], wave: u32, now: Time) -> Option<SteeringRecord> {
    let pause = turns.iter().rfind(|turn| turn.wave == wave)?.pause.filter(|pause| now >= pause.until)?;
    (pause.then == PauseThen::Continue).then(|| SteeringRecord {
        action: ActionName::Continue,
        wave,
        at: now,
        by: BY_ITSELF.to_owned(),
        allowed_by: None,
        reason: format!("its pause was over at {}, and nobody had ended it", pause.until),
        pause: None,
    })
}

/// Returns the pause of a wave that is in force.
pub fn pause_of(turns: &[SteeringRecord], wave: u32, now: Time) -> Option<&SteeringRecord> {
    let last = turns.iter().rfind(|turn| turn.wave == wave);
    let is_in_force = |turn: &&SteeringRecord| turn.pause.is_some_and(|pause| now < pause.until);
    last.filter(is_in_force)
}
