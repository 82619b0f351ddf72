//! Answers of AWS CodeDeploy about services: how far a deployment has come, and how long a group waits.

use crate::clock::time_of;
use crate::codedeploy::word;
use aws_sdk_codedeploy::types as codedeploy;
use windlass_engine::ports::{Lifecycle, LifecycleEvent, Share};

/// Adds the lifecycle events and task sets of a target.
pub(crate) fn add(
    lifecycle: &mut Lifecycle,
    events: Option<Vec<codedeploy::LifecycleEvent>>,
    task_sets: Option<Vec<codedeploy::EcsTaskSet>>,
) {
    let events = events.unwrap_or_default().into_iter();
    lifecycle.events.extend(events.map(event_of));
    let task_sets = task_sets.unwrap_or_default().into_iter();
    lifecycle.task_sets.extend(task_sets.filter_map(share_of));
}

fn event_of(told: codedeploy::LifecycleEvent) -> LifecycleEvent {
    let words = told.diagnostics.and_then(|why| why.message);
    LifecycleEvent {
        name: told.lifecycle_event_name.unwrap_or_default(),
        status: word(told.status.as_ref().map(AsRef::as_ref)),
        words: words.unwrap_or_default(),
        ended: told.end_time.as_ref().map(time_of),
    }
}

/// Reads a task set's share of the callers. AWS gives every task set a weight; the SDK reads a missing one as 0.
fn share_of(told: codedeploy::EcsTaskSet) -> Option<Share> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage between 0 and 100")]
    let percent = told.traffic_weight.clamp(0.0, 100.0) as u64;
    Some(Share { id: told.identifer?, percent: Some(percent) })
}

/// Returns the minutes for which a deployment waits for leave to move callers, where the group lets it wait (AWS
/// CodeDeploy API Reference, `DeploymentReadyOption`).
pub(crate) fn ready_min(of: &codedeploy::BlueGreenDeploymentConfiguration) -> Option<u64> {
    let ready = of.deployment_ready_option.as_ref()?;
    let waits = ready.action_on_timeout == Some(codedeploy::DeploymentReadyAction::StopDeployment);
    waits.then(|| minutes(ready.wait_time_in_minutes))
}

/// Returns the minutes for which the former tasks stay; `None` where they stay for good (AWS CodeDeploy API Reference,
/// `BlueInstanceTerminationOption`).
pub(crate) fn ends_min(of: codedeploy::BlueGreenDeploymentConfiguration) -> Option<u64> {
    let Some(ends) = of.terminate_blue_instances_on_deployment_success else {
        return Some(0);
    };
    let stay = ends.action == Some(codedeploy::InstanceAction::KeepAlive);
    (!stay).then(|| minutes(ends.termination_wait_time_in_minutes))
}

fn minutes(told: i32) -> u64 {
    u64::try_from(told).unwrap_or(0)
}
