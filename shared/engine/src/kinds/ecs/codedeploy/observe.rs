//! Reads what CodeDeploy does in the group, and then the service. So what is read of the service is never older than
//! what is known of the deployment that moves its callers.

use super::state::{DeploymentRequest, Followed, Goal, Seen, callers, is_ending, patience_s};
use super::{CodeDeployedService, group_of};
use crate::config::Configured;
use crate::kinds::LookContext;
use crate::kinds::codedeploy::{MARK, find, mark, sent};
use crate::kinds::ecs::state::Target;
use crate::ports::{Clock, CodeDeployApi, Deployed, EcsApi, Result, S3Api};
use windlass_domain::step::ChangeRecord;
use windlass_domain::time::Time;

impl<P: EcsApi + S3Api + Configured + CodeDeployApi + Clock> CodeDeployedService<P> {
    pub(super) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let group = group_of(target)?;
        let group = (group.application.as_str(), group.group.as_str());
        let asked: Vec<DeploymentRequest> = way.changes.iter().filter_map(DeploymentRequest::of).collect();
        let begun = asked.iter().filter(|asked| asked.stop.is_none());
        let begun: Vec<Time> = begun.map(|asked| asked.at).collect();
        let when = begun.first().copied().zip(begun.last().copied());
        let all = find::deployments(&self.at, group, when).await?;
        let asked = asked.last().cloned();
        let followed = self.followed(way.changes, asked.as_ref(), &all).await?;
        let own = |id: &str| {
            followed.as_ref().is_some_and(|it| it.is.id == id || it.rollback.as_ref().is_some_and(|back| back.id == id))
        };
        let other = all.iter().find(|one| !one.is_over() && !own(&one.id));
        let only_looks = way.goal.is_none();
        let other_moves = match other.filter(|_| only_looks) {
            Some(other) => !is_ending(other, &self.at.lifecycle_events(&other.id).await?),
            None => false,
        };
        let (cluster, service) = (&target.cluster, &target.service);
        let service = self.at.service(cluster, service).await?;
        let runs = callers(service.runs(), asked.as_ref(), followed.as_ref(), now);
        let seen = self.service.tasks_of(target, &service, &runs, begun.last().copied());
        let mut seen = seen.await?;
        seen.waited_ms = waited(way.changes).map_or(0, |since| now.ms_since(since));
        seen.overdue = seen.waited_ms > patience_s(target).saturating_mul(1000);
        Ok(Seen {
            now,
            service: seen,
            task_sets: service.task_sets,
            forward: forward(way.changes),
            sent: tried(way),
            asked,
            followed,
            other: other.cloned(),
            other_moves,
            only_looks,
        })
    }

    /// Returns the newest deployment of CodeDeploy that this deployment of Windlass has created. If there is none, it
    /// is the one that this deployment has stopped, or else one of an earlier deployment of Windlass that is not over.
    async fn followed(
        &self,
        changes: &[ChangeRecord],
        asked: Option<&DeploymentRequest>,
        all: &[Deployed],
    ) -> Result<Option<Followed>> {
        let own = format!("{}: ", mark(&self.service.deployment));
        let is_by = |one: &&Deployed, mark: &str| one.description.starts_with(mark) && one.creator != find::ROLLBACK;
        let mine = all.iter().filter(|one| is_by(one, &own));
        let mine = mine.max_by_key(|one| one.created).cloned();
        let is_own = mine.is_some();
        let is = match (mine, asked.and_then(|asked| asked.stop.as_ref())) {
            (Some(mine), _) => Some(mine),
            (None, Some(stopped)) => find::told(&self.at, stopped).await?,
            (None, None) => {
                let mut earlier = all.iter().filter(|one| is_by(one, MARK) && !one.is_over());
                earlier.next().cloned()
            }
        };
        let Some(is) = is else {
            return Ok(None);
        };
        let rollback = find::rollback(&self.at, &is, all).await?;
        let lifecycle = self.at.lifecycle_events(&is.id).await?;
        let [stops, goes, ends] = ["stop", "go", "end"].map(|member| sent(changes, member, &is.id));
        Ok(Some(Followed { is, is_own, rollback, lifecycle, stops, goes, ends }))
    }
}

/// Returns the task definition that was sent forward last, under whichever token of the lock.
fn forward(changes: &[ChangeRecord]) -> Option<String> {
    let forward = changes.iter().filter(|one| !one.undo).filter_map(DeploymentRequest::of);
    let mut begun = forward.filter(|asked| asked.stop.is_none());
    begun.next_back().map(|asked| asked.to)
}

/// Returns the task definition for which a deployment was sent last, in the same direction and under the same token as
/// the last change that was sent.
fn tried(way: &LookContext<'_, Goal>) -> Option<String> {
    let last = way.sent.as_ref()?;
    let known = way.changes.iter().rfind(|one| one.change == last.change)?;
    let same = |one: &&ChangeRecord| one.undo == known.undo && one.token == known.token;
    let asked = way.changes.iter().filter(same).filter_map(DeploymentRequest::of);
    let mut begun = asked.filter(|asked| asked.stop.is_none());
    begun.next_back().map(|asked| asked.to)
}

/// Returns the time since which CodeDeploy works by itself on what is waited for: the time of the last call that was
/// sent.
fn waited(changes: &[ChangeRecord]) -> Option<Time> {
    let sent = changes.iter().filter(|one| one.switching);
    sent.map(|one| one.at).max()
}
