//! Reading what CodeDeploy does in the group, and then the function: what is read of the alias is never older than what
//! is known of the deployment that moves it.

use super::state::{Begun, Goal, Seen, stops};
use super::{CodeDeployed, group_of};
use crate::config::Configured;
use crate::kinds::Way;
use crate::kinds::lambda::observe::{Known, observe};
use crate::kinds::lambda::{Group, Target};
use crate::ports::{Answered, Clock, CodeDeploy, Deployed, Functions, ListedDeployments, Objects};
use std::collections::BTreeSet;
use windlass_domain::fault::FaultName;
use windlass_domain::time::Time;

/// How far the clocks of AWS and of this function may be apart, in seconds.
const SKEW_S: u64 = 120;

/// For how long after it was sent a deployment may be created, in seconds, with that.
const CREATED_S: u64 = 300;

/// What creates the deployments by which CodeDeploy takes others back.
const ROLLBACK: &str = "codeDeployRollback";

impl<P: Functions + Objects + Configured + CodeDeploy + Clock> CodeDeployed<P> {
    pub(super) async fn look(&self, target: &Target, way: &Way<'_, Goal>) -> Answered<Seen> {
        let begun = Begun::of(way.changes);
        let all = deployments(&self.at, group_of(target)?, begun.as_ref()).await?;
        let mark = self.mark();
        let is_ours = |one: &&Deployed| one.description == mark && one.creator != ROLLBACK;
        let ours = all.iter().filter(is_ours).max_by_key(|one| one.created);
        let rollback = match ours {
            Some(ours) => self.rollback(ours, &all).await?,
            None => None,
        };
        let events = match ours {
            Some(ours) if ours.status != "Succeeded" => self.at.lifecycle_events(&ours.id).await?,
            _ => vec![],
        };
        let own: Vec<&str> = ours.iter().map(|ours| ours.id.as_str()).collect();
        let own = |id: &str| own.contains(&id) || rollback.as_ref().is_some_and(|it| it.id == id);
        let other = all.iter().find(|one| !one.is_over() && !own(&one.id));
        let (now, stops) = (
            self.at.now(),
            ours.and_then(|ours| stops(way.changes, &ours.id)),
        );
        let known = Known::of(way.goal.map(|goal| &goal.of), way.made);
        Ok(Seen {
            now,
            function: observe(&self.at, target, &known).await?,
            begun,
            ours: ours.cloned(),
            other: other.cloned(),
            rollback,
            only_looks: way.goal.is_none(),
            events,
            stops,
        })
    }

    /// The deployment that takes this one back.
    async fn rollback(&self, ours: &Deployed, all: &[Deployed]) -> Answered<Option<Deployed>> {
        let takes_back = |one: &&Deployed| {
            one.rollback_of.as_ref() == Some(&ours.id)
                || ours.rolled_back_by.as_ref() == Some(&one.id)
        };
        match (all.iter().find(takes_back), &ours.rolled_back_by) {
            (Some(found), _) => Ok(Some(found.clone())),
            (None, Some(id)) => self.at.deployed(id).await.map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// The deployments of a group that are not over, and those that were created when ours was.
pub(super) async fn deployments(
    at: &impl CodeDeploy,
    group: &Group,
    begun: Option<&Begun>,
) -> Answered<Vec<Deployed>> {
    let created = begun.map(|begun| {
        let (first, last) = begun.at;
        let from = Time(first.0.saturating_sub(SKEW_S * 1000));
        ListedDeployments::Created(from, last.plus_s(CREATED_S))
    });
    let mut ids = BTreeSet::new();
    for listed in [Some(ListedDeployments::Active), created]
        .into_iter()
        .flatten()
    {
        let mut next: Option<String> = None;
        loop {
            let (application, named) = (&group.application, &group.group);
            let asked = at.deployments(application, named, listed, next.as_deref());
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
        match at.deployed(&id).await {
            Ok(deployed) => found.push(deployed),
            // The list may be ahead of what is told.
            Err(fault) if fault.name == FaultName::NotFound => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}
