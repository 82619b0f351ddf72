//! The outcome of one deployment for the changes of its environment. Pure.
//!
//! Figures of a history ([`crate::figures`]) and counts that are made while deployments end begin with it, so that both
//! mean the same by a change and by one that failed. Counts are only added to, and know one ending at a time: other than
//! figures they count a change that is taken back when that happens, whenever it went live, and a lead time each time
//! that a release goes live.

use crate::deployment::Deployment;
use crate::ending::Ending;
use crate::git::Git;
use crate::identity::DeploymentId;
use crate::name::{AppName, EnvironmentName};
use crate::request::ActionName;
use crate::time::Time;

/// The meaning of an ending for the changes of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A change went live.
    Live,
    /// A change was undone, or needs an operator.
    Failed,
    /// A rollback succeeded, and so a change that was live failed.
    TakenBack,
    /// A rollback was tried and did not succeed. The change that it was to take back stands, or nobody knows.
    NotTakenBack,
    /// Nothing changed, or a person stopped it before anything was known to be wrong and it was restored.
    Nothing,
}

impl Outcome {
    /// The outcome of an action that ended so. `stopped` is true where a person, a rollback or a newer release stopped
    /// it before anything was known to be wrong.
    pub fn of(action: ActionName, ending: Ending, stopped: bool) -> Self {
        use ActionName::{Deploy, Rollback};
        match (action, ending) {
            (Deploy | Rollback, Ending::RolledBack) if stopped => Self::Nothing,
            (Deploy, Ending::Succeeded) => Self::Live,
            (Deploy, Ending::RolledBack | Ending::NeedsOperator) => Self::Failed,
            (Rollback, Ending::Succeeded) => Self::TakenBack,
            (Rollback, Ending::RolledBack | Ending::NeedsOperator) => Self::NotTakenBack,
            _ => Self::Nothing,
        }
    }

    /// Changes that it is: 0 or 1. A rollback is none itself.
    pub fn changes(self) -> u64 {
        u64::from(matches!(self, Self::Live | Self::Failed))
    }

    /// Changes that failed by it: 0 or 1.
    pub fn failed(self) -> u64 {
        u64::from(matches!(self, Self::Failed | Self::TakenBack))
    }
}

/// Milliseconds from the commit of a release until it was live. `None` where no time of a commit is known, or one that
/// is later, because clocks differ.
pub fn lead_time_ms(one: &Deployment, live: Time) -> Option<u64> {
    let committed = one.release.git.as_ref().and_then(Git::committed);
    let committed = committed.filter(|committed| *committed <= live)?;
    Some(live.ms_since(committed))
}

/// A deployment that has just ended, as it is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct EndedDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment that it went into.
    pub environment: EnvironmentName,
    /// Its ending.
    pub ending: Ending,
    /// The meaning of that.
    pub outcome: Outcome,
    /// Seconds that it worked: from its turn, else its acceptance, to its end. Whoever knows for how long its waves were
    /// watched takes that off, because it is as long as the declaration says.
    pub seconds: u64,
    /// Milliseconds from the commit until it was live, where it went live and the commit's time is known.
    pub lead_time_ms: Option<u64>,
    /// US dollars that it cost, where that could be estimated, see [`crate::cost`].
    pub dollars: Option<f64>,
}

impl EndedDeployment {
    /// Of a record as it was before and is now: `None` where it has not ended, or had an ending before already. A
    /// recovery out of `NeedsOperator`, and an operator who accepts what is left, are not counted again.
    pub fn of(before: Option<&Deployment>, after: &Deployment) -> Option<Self> {
        let had_ended = before.is_some_and(|before| before.ending.is_some());
        if had_ended || after.taken_up_again {
            return None;
        }
        let ended = after.ending.as_ref()?;
        let began = after.started.unwrap_or(after.accepted);
        let outcome = Outcome::of(after.action, ended.ending, after.stopped);
        let is_live = outcome == Outcome::Live;
        Some(Self {
            id: after.id.clone(),
            app: after.app.clone(),
            environment: after.environment.clone(),
            ending: ended.ending,
            outcome,
            seconds: ended.at.ms_since(began) / 1000,
            lead_time_ms: is_live.then(|| lead_time_ms(after, ended.at)).flatten(),
            dollars: ended.cost.as_ref().map(|cost| cost.dollars),
        })
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
