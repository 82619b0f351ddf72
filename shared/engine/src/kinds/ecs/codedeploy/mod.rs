//! A service that AWS CodeDeploy deploys. The task definition is registered as for any other service. A deployment of
//! CodeDeploy then brings its tasks beside the former ones and moves the callers, by the configuration, hooks and
//! alarms of its group.
//!
//! Every way back is CodeDeploy's as well, because nobody else may make the task sets of such a service. While the
//! former tasks stand, the way back is a stop with its rollback. After that it is another deployment (decision 0451).
//!
//! A look reads what CodeDeploy does in the group, and then the service. So what is read of the service is never older
//! than what is known of the deployment that moves its callers.

mod next;
mod prepare;
mod state;
mod wording;

use super::images;
use super::kind::{field, noticed};
use super::state::Group;
use crate::config::Configured;
use crate::kinds::codedeploy::{self, MARK, mark, sent, sentences};
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::codedeploy::state::{DeploymentRequest, Followed, Goal, Seen, callers, is_ending, patience_s};
use crate::kinds::ecs::state::Target;
use crate::kinds::ecs::wording::{service, short};
use crate::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, Trail, View};
use crate::ports::{Clock, CodeDeployApi, Deployed, EcsApi, NewDeployed, Result, S3Api, Waiting};
pub(super) use prepare::prepare;
use serde_json::Value;
use state::Change;
use std::collections::BTreeMap;
use windlass_domain::deployment::step::ChangeRecord;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::Fault;
use windlass_domain::text::finding::Finding;
use windlass_domain::text::time::Time;

#[cfg(test)]
mod scene;

/// The configuration by which callers go back. CodeDeploy has it in every account (AWS CodeDeploy User Guide,
/// "Predefined deployment configurations for an Amazon ECS compute platform").
const AT_ONCE: &str = "CodeDeployDefault.ECSAllAtOnce";

/// The kind over its ports.
pub struct CodeDeployedService<P> {
    service: Ecs<P>,
    /// The ports at the service's place.
    at: P,
}

impl<P> CodeDeployedService<P> {
    /// Builds it from the kind of the service and the ports at the service's place.
    pub fn new(service: Ecs<P>, at: P) -> Self {
        Self { service, at }
    }
}

/// Returns the deployment group of a target.
fn group_of(target: &Target) -> Result<&Group> {
    let group = target.codedeploy.as_ref();
    group.ok_or_else(|| Fault::internal("the step names no deployment group"))
}

fn after(to: &str, images: &BTreeMap<String, String>) -> Noticed {
    Noticed { value: noticed(to, images), shown: short(to).to_owned() }
}

impl<P: EcsApi + S3Api + Configured + CodeDeployApi + Clock> Kind for CodeDeployedService<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        self.look(target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        let of = &seen.service;
        let mut value = noticed(&of.task_definition, &images::texts(&of.images));
        if let Some(other) = seen.other.as_ref().filter(|_| seen.other_moves) {
            // Nobody knows where somebody else's deployment will leave the callers: what they get is not as recorded.
            value["moved_by"] = other.id.clone().into();
        }
        View {
            noticed: Noticed { value, shown: wording::shown(target, seen) },
            waits_for: wording::waits_for(target, seen),
            // A group has one deployment at a time, a service one group, and nobody else may change its task sets;
            // every other call names a deployment of Windlass's (`docs/safety-limits.md`).
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        Goal::to(Ecs::<P>::back(&seen.service))
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        let moving = seen.moving()?;
        Some(sentences::unsettled(&service(target), moving))
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, seen: &Seen) -> ChangeFacts {
        let after = match change {
            Change::Service(change) => return Ecs::<P>::facts(change, &seen.service),
            Change::Begin { to, images, .. } | Change::Stop { to, images, .. } => after(to, images),
            Change::Go { .. } | Change::End { .. } => {
                let of = &seen.service;
                after(&of.task_definition, &images::texts(&of.images))
            }
        };
        ChangeFacts { after: Some(after), ..ChangeFacts::new(Class::Switching, change.value(), wording::what(change)) }
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn outputs(seen: &Seen, goal: &Goal) -> BTreeMap<String, String> {
        Ecs::<P>::outputs(&seen.service, &goal.of)
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.service.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        Ecs::<P>::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Service(change) => self.service.change(target, change, deployment).await,
            Change::Begin { to, at_once, .. } => {
                let group = group_of(target)?;
                let new = NewDeployed {
                    application: group.application.clone(),
                    group: group.group.clone(),
                    description: format!("{}: {}", mark(deployment), short(to)),
                    content: group.appspec.deploying(to),
                    configuration: at_once.then(|| AT_ONCE.to_owned()),
                };
                self.at.create_deployment(&new).await.map(Some)
            }
            Change::Stop { deployment, .. } => self.at.stop_deployment(deployment).await.map(|()| None),
            Change::Go { deployment, .. } => {
                self.at.continue_deployment(deployment, Waiting::Ready).await.map(|()| None)
            }
            Change::End { deployment, .. } => {
                self.at.continue_deployment(deployment, Waiting::Termination).await.map(|()| None)
            }
        }
    }
}

impl<P: EcsApi + S3Api + Configured + CodeDeployApi + Clock> CodeDeployedService<P> {
    pub(crate) async fn look(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let group = group_of(target)?;
        let group = (group.application.as_str(), group.group.as_str());
        let asked: Vec<DeploymentRequest> = way.changes.iter().filter_map(DeploymentRequest::of).collect();
        let begun = asked.iter().filter(|asked| asked.stop.is_none());
        let begun: Vec<Time> = begun.map(|asked| asked.at).collect();
        let when = begun.first().copied().zip(begun.last().copied());
        let all = codedeploy::deployments(&self.at, group, when).await?;
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
        let is_by =
            |one: &&Deployed, mark: &str| one.description.starts_with(mark) && one.creator != codedeploy::ROLLBACK;
        let mine = all.iter().filter(|one| is_by(one, &own));
        let mine = mine.max_by_key(|one| one.created).cloned();
        let is_own = mine.is_some();
        let is = match (mine, asked.and_then(|asked| asked.stop.as_ref())) {
            (Some(mine), _) => Some(mine),
            (None, Some(stopped)) => codedeploy::deployment(&self.at, stopped).await?,
            (None, None) => {
                let mut earlier = all.iter().filter(|one| is_by(one, MARK) && !one.is_over());
                earlier.next().cloned()
            }
        };
        let Some(is) = is else {
            return Ok(None);
        };
        let rollback = codedeploy::rollback(&self.at, &is, all).await?;
        let lifecycle = self.at.lifecycle_events(&is.id).await?;
        let [stops, goes, ends] = ["stop", "go", "end"].map(|member| sent(changes, member, &is.id));
        Ok(Some(Followed { is, is_own, rollback, lifecycle, stops, goes, ends }))
    }
}

/// Returns the task definition that was sent forward last, under whichever token of the lock.
fn forward(changes: &[ChangeRecord]) -> Option<String> {
    let mut begun =
        changes.iter().filter(|one| !one.undo).filter_map(DeploymentRequest::of).filter(|asked| asked.stop.is_none());
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
    changes.iter().filter(|one| one.switching).map(|one| one.at).max()
}
