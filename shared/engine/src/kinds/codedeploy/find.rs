//! Finds the deployments of a group.

use crate::ports::{CodeDeployApi, Deployed, ListedDeployments, Result};
use std::collections::BTreeSet;
use windlass_domain::fault::FaultName;
use windlass_domain::time::Time;

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
            let asked = at.deployments(application, group, listed, next.as_deref());
            let (page, more) = asked.await?;
            ids.extend(page);
            next = more;
            if next.is_none() {
                break;
            }
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(told(at, &id).await?);
    }
    Ok(found)
}

/// Returns one deployment. `None` if CodeDeploy does not tell of it yet, because a list may be ahead.
pub(in crate::kinds) async fn told(at: &impl CodeDeployApi, id: &str) -> Result<Option<Deployed>> {
    match at.deployed(id).await {
        Ok(deployed) => Ok(Some(deployed)),
        Err(fault) if fault.name == FaultName::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
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
