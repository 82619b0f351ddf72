//! The kind `ecs`: a service in Amazon ECS. Windlass owns the images of its declared containers.
//!
//! Forward, Windlass registers the base task definition anew with only those images replaced, and sets the service to
//! the result. Back, it sets the service to exactly the task definition that it had before. Each deployment has a task
//! definition of its own, so that the ARN shows whose rollout ECS speaks of. `desiredCount` is never sent: it belongs
//! to scaling.
//!
//! If the service's own strategy is blue/green, canary or linear, ECS shifts the traffic. Windlass then follows the
//! service deployment to its end, and stops it if it is undone before that (`shift.rs`). A deployment that pauses for
//! Windlass goes on, or back, once the gates are judged (`pause.rs`).

mod change;
mod check;
mod codedeploy;
pub(super) mod document;
mod find_goal;
mod follow;
pub(super) mod foreign;
mod hook;
mod images;
mod kind;
mod next;
mod observe;
mod pause;
pub(crate) mod permissions;
mod prepare;
mod quota;
pub(super) mod register;
mod shift;
mod shift_in_words;
mod stage;
mod state;
mod strategy;
mod verify;
mod wanted;
mod waves;
mod wording;

use super::{Either, PrepareInput, Prepared, from_value};
use crate::config::Configured;
use crate::ports::{
    AssumeRole, Clock, CloudWatchApi, CodeDeployApi, EcrApi, EcsApi, JsonServices, Result, S3Api, STOP_CODES,
    TASK_DEFINITION_STATUSES,
};
pub use change::Ecs;
pub use codedeploy::CodeDeployedService;
pub use document::check_artifact;
pub use images::{Images, OwnImage};
pub use permissions::needs;
pub use register::writes;
pub use state::{
    Change, FollowedRollout, Goal, HoldingHook, Pausing, PinnedBase, Registered, Seen, SentUpdate, Stop, StoppedTasks,
    Target, Until, Update,
};
use windlass_domain::declaration::kinds::ecs::{Ecs as Spec, Strategy};
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;

/// Returns the words of ECS that this kind decides by, by the type that has them in the API. Any other word is unknown.
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("DeploymentLifecycleHookStatus", hook::HOOK_STATUSES.map(|(word, _)| word).to_vec()),
        ("DeploymentRolloutState", state::ROLLOUT_STATES.to_vec()),
        ("DeploymentStrategy", Strategy::ALL.map(Strategy::in_ecs).to_vec()),
        ("ServiceDeploymentLifecycleStage", stage::STAGES.map(|(word, _)| word).to_vec()),
        ("ServiceDeploymentStatus", stage::STATUSES.map(|(word, ..)| word).to_vec()),
        ("TaskDefinitionStatus", TASK_DEFINITION_STATUSES.map(|(word, _)| word).to_vec()),
        ("TaskStopCode", STOP_CODES.map(|(word, _)| word).to_vec()),
    ]
}

/// Returns the kind for the target of a step: CodeDeploy's if the target has a deployment group.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<Either<Ecs<P>, CodeDeployedService<P>>> {
    let at = || ports.at(&step.place);
    let service = Ecs::new(ports.at(&Place::default()), at(), step.deployment.clone());
    let target: Target = from_value("target", &step.target)?;
    Ok(match target.codedeploy {
        Some(_) => Either::Other(CodeDeployedService::new(service, at(), step.deployment.clone())),
        None => Either::One(service),
    })
}

/// Plans the change of one service, then its deployment by CodeDeploy if a group is declared. A check also looks at the
/// quota of Fargate.
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Result<Prepared>
where
    P: EcsApi + EcrApi + S3Api + Configured + Clock + AssumeRole + CodeDeployApi + JsonServices + CloudWatchApi,
{
    let planned = prepare::prepare(ports, input, spec).await?;
    let planned = match &spec.codedeploy {
        None => planned,
        Some(group) => codedeploy::prepare(ports, input, spec, group, planned).await?,
    };
    quota::check(ports, input, spec, planned).await
}
