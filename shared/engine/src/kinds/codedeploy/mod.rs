//! What the kinds share whose callers a deployment of AWS CodeDeploy moves: which deployments are ours, how they stand,
//! and what is told of them (decisions 0450 and 0451).

pub(super) mod find;
pub(super) mod group;
pub(super) mod told;

use crate::ports::Deployed;
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

/// For how long a rollback may not be told yet of a deployment that has ended, in seconds.
const ROLLBACK_S: u64 = 30;

/// The time to wait between two looks at a deployment, in seconds.
pub(super) const POLL_S: u64 = 10;

/// After how many seconds a call is sent again that shows no effect: its open call is over then.
pub(super) const AGAIN_S: u64 = 20;

/// The number of times that such a call is sent at most.
pub(super) const TIMES: u32 = 6;

/// With what the descriptions of all deployments begin that any deployment of Windlass has created.
pub(super) const MARK: &str = "Windlass deployment ";

/// By what a deployment of CodeDeploy's is known to be of this one.
pub(super) fn mark(deployment: &DeploymentId) -> String {
    format!("{MARK}{deployment}")
}

impl Deployed {
    /// True where CodeDeploy does no more with it. A status that this build does not know is not over.
    pub(super) fn is_over(&self) -> bool {
        ["Succeeded", "Failed", "Stopped"].contains(&self.status.as_str())
    }

    /// True where it is over, and callers do not get what it deployed for good.
    pub(super) fn is_gone(&self) -> bool {
        ["Failed", "Stopped"].contains(&self.status.as_str())
    }
}

/// The number of times that a call about a deployment was sent, by the member with which its change is recorded, and
/// when last.
pub(super) fn sent(
    changes: &[ChangeRecord],
    member: &str,
    deployment: &str,
) -> Option<(u32, Time)> {
    let of = |change: &&ChangeRecord| change.change[member] == *deployment;
    let sent = changes.iter().filter(of);
    let last = sent.clone().map(|change| change.at).max()?;
    Some((u32::try_from(sent.count()).unwrap_or(u32::MAX), last))
}

/// Whether such a call is to be sent: how often it was sent before.
pub(super) fn again(sent: Option<(u32, Time)>, now: Time) -> Option<u32> {
    match sent {
        Some((sent, at)) if sent >= TIMES || now < at.plus_s(AGAIN_S) => None,
        sent => Some(sent.map_or(0, |(sent, _)| sent)),
    }
}

/// True while CodeDeploy takes a deployment back, or may be about to begin it; `stopped` is when that was asked for.
pub(super) fn is_returning(
    of: &Deployed,
    rollback: Option<&Deployed>,
    stopped: Option<Time>,
    now: Time,
) -> bool {
    if !of.is_gone() {
        return false;
    }
    if let Some(rollback) = rollback {
        return !rollback.is_over();
    }
    let is_awaited = of.rolls_back || stopped.is_some();
    let ended = of.completed.or(stopped);
    is_awaited && ended.is_some_and(|at| now < at.plus_s(ROLLBACK_S))
}
