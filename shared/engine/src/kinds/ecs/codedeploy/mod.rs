//! A service that AWS CodeDeploy deploys. The task definition is registered as for any other service. A deployment of
//! CodeDeploy then brings its tasks beside the former ones and moves the callers, by the configuration, hooks and
//! alarms of its group.
//!
//! Every way back is CodeDeploy's as well, because nobody else may make the task sets of such a service. While the
//! former tasks stand, the way back is a stop with its rollback. After that it is another deployment (decision 0451).

mod next;
mod observe;
mod prepare;
#[cfg(test)]
mod scene;
mod state;
mod tell;

pub(super) use prepare::prepare;

use super::images;
use super::kind::{field, noticed};
use super::messages::{service, short};
use super::ports::Ecs;
use super::state::{Group, Target};
use crate::config::Configured;
use crate::kinds::codedeploy::{mark, sentences};
use crate::kinds::{ChangeFacts, Class, Kind, LookContext, Next, Noticed, Trail, View};
use crate::ports::{Clock, CodeDeployApi, EcsApi, NewDeployed, Result, S3Api, Waiting};
use serde_json::Value;
use state::{Change, Goal, Seen};
use std::collections::BTreeMap;
use windlass_domain::fault::Fault;
use windlass_domain::finding::Finding;
use windlass_domain::identity::DeploymentId;

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
            noticed: Noticed { value, shown: tell::shown(target, seen) },
            waits_for: tell::waits_for(target, seen),
            // A group has one deployment at a time, a service one group, and nobody else may change its task sets; every
            // other call names a deployment of Windlass's (`docs/safety-limits.md`).
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
        ChangeFacts { after: Some(after), ..ChangeFacts::new(Class::Switching, change.value(), tell::what(change)) }
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
                let gone = self.at.continue_deployment(deployment, Waiting::Ready);
                gone.await.map(|()| None)
            }
            Change::End { deployment, .. } => {
                let ended = self.at.continue_deployment(deployment, Waiting::Termination);
                ended.await.map(|()| None)
            }
        }
    }
}
