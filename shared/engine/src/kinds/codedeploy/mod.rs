//! Shared code of the kinds whose callers a deployment of AWS CodeDeploy moves. It finds which deployments are ours and
//! how they stand, and tells people about them (decisions 0450 and 0451).

pub(super) mod find;
pub(super) mod group;
mod needs;
pub(super) mod sentences;

pub(super) use needs::needs;

use crate::ports::Deployed;
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

/// The service that moves callers by itself, as people know it.
pub const CODEDEPLOY: &str = "CodeDeploy";

/// The time for which a rollback of a deployment that has ended may not be told yet, in seconds.
const ROLLBACK_S: u64 = 30;

/// The time to wait between two looks at a deployment, in seconds.
pub(super) const POLL_S: u64 = 10;

/// The time after which a call that shows no effect is sent again, in seconds. Its open call is over then.
pub(super) const AGAIN_S: u64 = 20;

/// The largest number of times that such a call is sent, once it is answered.
pub(super) const TIMES: u32 = 6;

/// The text with which the descriptions begin of all deployments that any deployment of Windlass has created.
pub(super) const MARK: &str = "Windlass deployment ";

/// Returns the text by which a deployment of CodeDeploy is known to belong to this one.
pub(super) fn mark(deployment: &DeploymentId) -> String {
    format!("{MARK}{deployment}")
}

impl Deployed {
    /// True if CodeDeploy does no more with it. A status that this build does not know is not over.
    pub(super) fn is_over(&self) -> bool {
        ["Succeeded", "Failed", "Stopped"].contains(&self.status.as_str())
    }

    /// True if it is over, and callers do not get what it deployed for good.
    pub(super) fn is_gone(&self) -> bool {
        ["Failed", "Stopped"].contains(&self.status.as_str())
    }
}

/// The sends of one call about a deployment of CodeDeploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentCalls {
    /// The number of them, from 1.
    pub times: u32,
    /// The time of the last one.
    pub last: Time,
    /// True if one was answered. Otherwise none may have reached CodeDeploy.
    pub answered: bool,
    /// True if the last one was not answered.
    pub is_open: bool,
}

impl SentCalls {
    /// Returns whether one may still show an effect. A call that nobody has answered in its time has not reached
    /// CodeDeploy.
    pub(super) fn may_reach(&self, now: Time) -> bool {
        self.answered || now < self.last.plus_s(AGAIN_S)
    }
}

/// Returns the sends of the call whose change is recorded with this member.
pub(super) fn sent(changes: &[ChangeRecord], member: &str, deployment: &str) -> Option<SentCalls> {
    let of = |change: &&ChangeRecord| change.change[member] == *deployment;
    let sent = changes.iter().filter(of);
    Some(SentCalls {
        last: sent.clone().map(|change| change.at).max()?,
        answered: sent.clone().any(|change| change.answered),
        is_open: sent.clone().next_back().is_some_and(|last| !last.answered),
        times: u32::try_from(sent.count()).unwrap_or(u32::MAX),
    })
}

/// Returns the number of the send if the call is to be sent now, from 0; `None` if it is not. A call without an answer
/// is sent under the same number until it gets one, because it may not have reached CodeDeploy.
pub(super) fn again(sent: Option<SentCalls>, now: Time) -> Option<u32> {
    match sent {
        None => Some(0),
        Some(sent) if now < sent.last.plus_s(AGAIN_S) => None,
        Some(sent) if sent.is_open => Some(sent.times.saturating_sub(1)),
        Some(sent) if sent.times >= TIMES => None,
        Some(sent) => Some(sent.times),
    }
}

/// True while CodeDeploy takes a deployment back, or may be about to. `stopped` is the time at which that was asked
/// for.
pub(super) fn is_returning(of: &Deployed, rollback: Option<&Deployed>, stopped: Option<Time>, now: Time) -> bool {
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
