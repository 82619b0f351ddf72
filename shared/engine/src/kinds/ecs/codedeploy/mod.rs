//! A service that AWS CodeDeploy deploys. The task definition is registered as for any other service. A deployment of
//! CodeDeploy then brings its tasks beside the former ones and moves the callers, by the configuration, hooks and
//! alarms of its group.
//!
//! Every way back is CodeDeploy's as well, because nobody else may make the task sets of such a service. While the
//! former tasks stand, the way back is a stop with its rollback. After that it is another deployment (decision 0450).

mod next;
mod prepare;
mod state;
mod wording;

use super::images;
use super::kind::noticed;
use crate::config::Configured;
use crate::kinds::codedeploy::{self, DeploymentRequest, MovesCallers, PlannedGroup, Replacement};
use crate::kinds::ecs::change::Ecs;
use crate::kinds::ecs::codedeploy::state::{Change, Goal, Seen, callers, patience_s};
use crate::kinds::ecs::state::{self as ecs, Target};
use crate::kinds::ecs::wording::{service, short};
use crate::kinds::{Kind, LookContext, Next, Noticed};
use crate::ports::{Clock, CodeDeployApi, DeploymentWait, EcsApi, Result, S3Api};
pub(super) use prepare::prepare;
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::text::time::Time;

#[cfg(test)]
mod scene;

/// The kind over its ports.
pub type CodeDeployedService<P> = codedeploy::CodeDeployed<Ecs<P>, P>;

impl<P: EcsApi + S3Api + Configured + Clock> MovesCallers for Ecs<P> {
    const KEEPS_FORMER: bool = true;

    fn group(target: &Target) -> Option<&PlannedGroup> {
        target.codedeploy.as_ref()
    }

    fn place(target: &Target) -> String {
        service(target)
    }

    async fn go_on(at: &impl CodeDeployApi, deployment: &str, waiting: DeploymentWait) -> Result<()> {
        at.continue_deployment(deployment, waiting).await
    }

    fn content(appspec: &AppSpec, way: &Replacement) -> (String, String) {
        (format!(": {}", short(&way.to)), appspec.deploying(&way.to))
    }

    async fn see(&self, target: &Target, way: &LookContext<'_, Goal>, seen: codedeploy::Seen<()>) -> Result<Seen> {
        let service = self.at.service(&target.cluster, &target.service).await?;
        let runs = callers(service.runs(), seen.asked.as_ref(), seen.followed.as_ref(), seen.now);
        let begun = DeploymentRequest::begun(way.changes.iter()).next_back().map(|asked| asked.at);
        let mut tasks = self.tasks_of(target, &service, &runs, begun).await?;
        // Since the last call that was sent CodeDeploy works by itself on what is waited for.
        let waited: Option<Time> = way.changes.iter().filter(|one| one.switching).map(|one| one.at).max();
        tasks.waited_ms = waited.map_or(0, |since| seen.now.ms_since(since));
        tasks.overdue = tasks.waited_ms > patience_s(target).saturating_mul(1000);
        Ok(seen.with(tasks, service.task_sets))
    }

    fn noticed(seen: &Seen) -> Noticed {
        Self::after(&seen.of.task_definition, &images::texts(&seen.of.images))
    }

    fn after(to: &str, images: &BTreeMap<String, String>) -> Noticed {
        Noticed { value: noticed(to, images), shown: short(to).to_owned() }
    }

    fn record(seen: &Seen) -> ecs::Goal {
        Self::back(&seen.of)
    }

    fn next_move(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn shown(target: &Target, seen: &Seen) -> String {
        wording::shown(target, seen)
    }

    fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
        wording::waits_for(target, seen)
    }

    fn left_to_people(target: &Target, seen: &Seen) -> Option<String> {
        wording::left_to_people(target, seen).map(|one| one.id.clone())
    }

    fn what(_: &Seen, way: &Replacement) -> String {
        wording::replaces(way)
    }
}
