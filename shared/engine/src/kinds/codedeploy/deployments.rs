//! The deployments of a group of AWS CodeDeploy, and their rollbacks: which there are, how they stand, and how often a
//! call about one was sent.

use crate::ports::{CodeDeployApi, Deployed, LifecycleEvent, ListedDeployments, Result};
use crate::trouble::if_there;
use std::collections::BTreeSet;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::time::Time;

/// The time for which a rollback of a deployment that has ended may not be listed yet, in seconds.
const ROLLBACK_S: u64 = 30;

/// The time to wait between two looks at a deployment, in seconds.
pub(in crate::kinds) const POLL_S: u64 = 10;

/// The time after which a call that shows no effect is sent again, in seconds. Its open call is over then.
pub(in crate::kinds) const AGAIN_S: u64 = 20;

/// The largest number of times that such a call is sent, once it is answered.
pub(in crate::kinds) const TIMES: u32 = 6;

/// The text with which the descriptions begin of all deployments that any deployment of Windlass has created.
pub(in crate::kinds) const MARK: &str = "Windlass deployment ";

/// Returns the text by which a deployment of CodeDeploy is known to belong to this one.
pub(in crate::kinds) fn mark(deployment: &DeploymentId) -> String {
    format!("{MARK}{deployment}")
}

/// The meaning of a status of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeploymentState {
    /// CodeDeploy is at it, or waits.
    UnderWay,
    /// It is over, and callers get what it deployed.
    Succeeded,
    /// It is over, and callers do not get what it deployed for good.
    Gone,
}

/// Each status of a deployment (AWS CodeDeploy API Reference, DeploymentInfo, `status`).
const STATUSES: [(&str, DeploymentState); 8] = [
    ("Created", DeploymentState::UnderWay),
    ("Queued", DeploymentState::UnderWay),
    ("InProgress", DeploymentState::UnderWay),
    ("Baking", DeploymentState::UnderWay),
    ("Ready", DeploymentState::UnderWay),
    ("Succeeded", DeploymentState::Succeeded),
    ("Failed", DeploymentState::Gone),
    ("Stopped", DeploymentState::Gone),
];

/// Each status of a lifecycle event (AWS CodeDeploy API Reference, LifecycleEvent, `status`), and whether the deployment
/// is through with it.
const EVENT_STATUSES: [(&str, bool); 6] = [
    ("Pending", false),
    ("InProgress", false),
    ("Succeeded", true),
    ("Failed", false),
    ("Skipped", true),
    ("Unknown", false),
];

/// Returns the words of CodeDeploy that decisions go by, by the type that has them in the API. Any other word is
/// unknown.
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("DeploymentStatus", STATUSES.map(|(word, _)| word).to_vec()),
        ("LifecycleEventStatus", EVENT_STATUSES.map(|(word, _)| word).to_vec()),
    ]
}

impl Deployed {
    /// True if CodeDeploy does no more with it. A status that this build does not know is not over.
    pub(in crate::kinds) fn is_over(&self) -> bool {
        matches!(self.state(), Some(DeploymentState::Succeeded | DeploymentState::Gone))
    }

    /// True if it is over, and callers do not get what it deployed for good.
    pub(in crate::kinds) fn is_gone(&self) -> bool {
        self.state() == Some(DeploymentState::Gone)
    }

    /// Returns the state; `None` where this build does not know the status.
    fn state(&self) -> Option<DeploymentState> {
        STATUSES.iter().find(|(word, _)| *word == self.status).map(|(_, state)| *state)
    }
}

impl LifecycleEvent {
    /// True if the deployment is through with it. A status that this build does not know is none of these.
    pub(in crate::kinds) fn is_through(&self) -> bool {
        EVENT_STATUSES.contains(&(self.status.as_str(), true))
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
    pub(in crate::kinds) fn may_reach(&self, now: Time) -> bool {
        self.answered || now < self.last.plus_s(AGAIN_S)
    }
}

/// Returns the sends of the call whose change is recorded with this member.
pub(in crate::kinds) fn sent(changes: &[ChangeRecord], member: &str, deployment: &str) -> Option<SentCalls> {
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
pub(in crate::kinds) fn again(sent: Option<SentCalls>, now: Time) -> Option<u32> {
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
pub(in crate::kinds) fn is_returning(
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

/// The largest difference between the clocks of AWS and of this function, in seconds.
const SKEW_S: u64 = 120;

/// The time after the send in which a deployment may be created, in seconds, with that difference.
const CREATED_S: u64 = 300;

/// The creator of the deployments by which CodeDeploy takes others back.
pub(in crate::kinds) const ROLLBACK: &str = "codeDeployRollback";

/// Returns the deployments of a group that are not over, and those that were created around the times in `asked`. These
/// are the times at which ours was asked for: first, and last.
pub(in crate::kinds) async fn deployments(
    at: &impl CodeDeployApi,
    (application, group): (&str, &str),
    asked: Option<(Time, Time)>,
) -> Result<Vec<Deployed>> {
    let created = asked.map(|(first, last)| {
        let from = Time(first.0.saturating_sub(SKEW_S * 1000));
        ListedDeployments::Created(from, last.plus_s(CREATED_S))
    });
    let mut ids = BTreeSet::new();
    for listed in [Some(ListedDeployments::Active), created].into_iter().flatten() {
        let mut next: Option<String> = None;
        loop {
            let (page, more) = at.deployments(application, group, listed, next.as_deref()).await?;
            ids.extend(page);
            next = more;
            if next.is_none() {
                break;
            }
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(deployment(at, &id).await?);
    }
    Ok(found)
}

/// Returns one deployment. `None` if CodeDeploy does not know it yet, because a list may be ahead.
pub(in crate::kinds) async fn deployment(at: &impl CodeDeployApi, id: &str) -> Result<Option<Deployed>> {
    if_there(at.deployed(id).await)
}

/// Returns the deployment that takes this one back.
pub(in crate::kinds) async fn rollback(
    at: &impl CodeDeployApi,
    of: &Deployed,
    all: &[Deployed],
) -> Result<Option<Deployed>> {
    let takes_back =
        |one: &&Deployed| one.rollback_of.as_ref() == Some(&of.id) || of.rolled_back_by.as_ref() == Some(&one.id);
    match (all.iter().find(takes_back), &of.rolled_back_by) {
        (Some(found), _) => Ok(Some(found.clone())),
        (None, Some(id)) => at.deployed(id).await.map(Some),
        (None, None) => Ok(None),
    }
}
