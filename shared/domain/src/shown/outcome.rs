//! The outcome of one deployment for the changes of its environment. Pure.
//!
//! Figures of a history ([`crate::shown::figures`]), and counts that are made while deployments end, both begin with
//! it. So both mean the same by a change, by one that failed, and by the time to restore. Counts are only added to, and
//! know one record at a time. So they differ from figures: they count a change that is taken back when that happens,
//! whenever it went live. They count a lead time each time that a release goes live, and a rollback that succeeds from
//! its own request.

// The seconds of an ending are counted without bakes: a longer bake would be an alarm.

use crate::deployment::Deployment;
use crate::document::git::Git;
use crate::release::action::ActionName;
use crate::release::ending::Ending;
use crate::release::identity::DeploymentId;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::time::Time;

/// The meaning of an ending for the changes of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeOutcome {
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

impl ChangeOutcome {
    /// Returns the outcome of an action with this ending. `stopped` is true if a person, a rollback or a newer release
    /// stopped it before anything was known to be wrong.
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

    /// Returns the number of changes that it is: 0 or 1. A rollback is none itself.
    pub fn changes(self) -> u64 {
        u64::from(matches!(self, Self::Live | Self::Failed))
    }

    /// Returns the number of changes that failed by it: 0 or 1.
    pub fn failed(self) -> u64 {
        u64::from(matches!(self, Self::Failed | Self::TakenBack))
    }
}

/// Returns the milliseconds from the commit of a release until it was live. `None` if no time of a commit is known, or
/// if it is later, because clocks differ.
pub fn lead_time_ms(one: &Deployment, live: Time) -> Option<u64> {
    let committed = one.release.git.as_ref().and_then(Git::committed);
    let committed = committed.filter(|committed| *committed <= live)?;
    Some(live.ms_since(committed))
}

/// Returns the milliseconds from a failure until its environment was well again, as far as the record of one deployment
/// shows.
///
/// For a change that was undone, they count from its turn until that had ended, or until an operator accepted what was
/// left. For a rollback they count from its request: no ledger learns when a failure was first seen. `None` if
/// nothing had failed, if it is not restored yet, or if only a later deployment can restore it.
pub fn restored_ms(one: &Deployment) -> Option<u64> {
    let ended = one.ending.as_ref()?;
    let resolved = ended.resolved.as_ref().map(|resolved| resolved.at);
    let began = one.started.unwrap_or(one.accepted);
    let (since, until) = match ChangeOutcome::of(one.action, ended.ending, one.stopped) {
        ChangeOutcome::Failed if ended.ending == Ending::NeedsOperator => (began, resolved?),
        ChangeOutcome::Failed => (began, resolved.unwrap_or(ended.at)),
        ChangeOutcome::TakenBack => (one.accepted, ended.at),
        ChangeOutcome::NotTakenBack => (one.accepted, resolved?),
        ChangeOutcome::Live | ChangeOutcome::Nothing => return None,
    };
    Some(until.ms_since(since))
}

/// A restored environment for the counts: it has just become well again after a failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRestore {
    /// The deployment that shows it: the change that failed, or the rollback.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// Seconds since the failure, see [`restored_ms`].
    pub seconds: u64,
}

impl CountedRestore {
    /// Compares a record before and now. `None` if it shows no restoring, or showed it before already. This may
    /// come later than an ending: with the recovery, or the operator's acceptance, of a deployment that had needed an
    /// operator.
    pub fn of(before: Option<&Deployment>, after: &Deployment) -> Option<Self> {
        if before.and_then(restored_ms).is_some() {
            return None;
        }
        Some(Self {
            id: after.id.clone(),
            app: after.app.clone(),
            environment: after.environment.clone(),
            seconds: restored_ms(after)? / 1000,
        })
    }
}

/// A deployment that has just ended, for the counts.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedDeployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment that it went into.
    pub environment: EnvironmentName,
    /// Its ending.
    pub ending: Ending,
    /// The meaning of its ending.
    pub outcome: ChangeOutcome,
    /// The seconds that it worked: from its turn to its end. `None` if it never had a turn: a deployment that waited
    /// until a newer one superseded it did no work. Code that knows how long its waves were watched subtracts that
    /// time, because it is as long as the declaration says.
    pub seconds: Option<u64>,
    /// Milliseconds from the commit until it was live, if it went live and the commit's time is known.
    pub lead_time_ms: Option<u64>,
    /// US dollars that it cost, if that could be estimated, see [`crate::shown::planned`].
    pub dollars: Option<f64>,
}

impl CountedDeployment {
    /// Compares a record before and now. `None` if it has not ended, or had an ending before already. A recovery out of
    /// `NeedsOperator`, and an operator who accepts what is left, are not counted again.
    pub fn of(before: Option<&Deployment>, after: &Deployment) -> Option<Self> {
        let had_ended = before.is_some_and(|before| before.ending.is_some());
        if had_ended || after.taken_up_again {
            return None;
        }
        let ended = after.ending.as_ref()?;
        let outcome = ChangeOutcome::of(after.action, ended.ending, after.stopped);
        let is_live = outcome == ChangeOutcome::Live;
        Some(Self {
            id: after.id.clone(),
            app: after.app.clone(),
            environment: after.environment.clone(),
            ending: ended.ending,
            outcome,
            seconds: after.started.map(|began| ended.at.ms_since(began) / 1000),
            lead_time_ms: is_live.then(|| lead_time_ms(after, ended.at)).flatten(),
            dollars: ended.cost.as_ref().map(|cost| cost.dollars),
        })
    }
}

#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
