//! The kind `task`: something that is run once per release, as a task of Amazon ECS with the image of a service.
//!
//! Nothing of a task lives on that could be looked at. So only the ledger shows what it did: its end is recorded there
//! as soon as it is seen. Its client token makes sure that it is run once. As soon as nobody can be sure of that any
//! more, it is not run again, and a person is asked (`docs/decisions/kinds/0520-running-a-task-once.md`).

mod both;
mod call;
mod lines;
mod log;
mod needs;
mod next;
mod once;
mod prepare;
mod state;
mod wording;
mod words;

use super::{APP_TAG, ChangeFacts, Class, ENVIRONMENT_TAG, Either, Kind, Next, View};
use crate::kinds::LookContext;
use crate::kinds::ecs::document::with_images;
use crate::kinds::ecs::register::own_tags;
use crate::kinds::task::state::{recorded, registered};
use crate::ports::{AssumeRole, Clock, EcsApi, EcsTasksApi, JsonServices, NewRun, Result};
use crate::trouble::if_there;
pub use call::{CallKind, CallPorts, CallRequest, handle as run_call, key as call_key};
pub use lines::writes;
pub use log::Log;
pub use needs::needs;
pub use once::{Direction, Goal, RunWork, started_by};
pub use prepare::prepare;
use serde_json::Value;
pub use state::{Change, Seen, Sent, Target, TaskEnd, TaskState, token};
use windlass_domain::declaration::kinds::task::{Task as Spec, TaskUndo};
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::name::ComponentName;

/// The tag that names the deployment which registered a task definition, or runs a task.
pub(super) const DEPLOYMENT_TAG: &str = "windlass:deployment";

/// The tag that names the component of a task. Roles may stop tasks with this tag, and no others.
const TASK_TAG: &str = "windlass:task";

/// Finds nothing: a task takes the bytes of another component; see [`crate::kinds::check_artifact`].
pub fn check_artifact(_: &ComponentName, _: &Spec, _: &str, _: &[u8]) -> Vec<Finding> {
    vec![]
}

/// The kind, over ports at the target's place.
#[derive(Debug)]
pub struct Task<P> {
    at: P,
    deployment: DeploymentId,
}

impl<P> Task<P> {
    /// The kind for one deployment.
    pub fn new(at: P, deployment: DeploymentId) -> Self {
        Self { at, deployment }
    }
}

/// Returns the kind of a step: that of a task of ECS, or of a call of a function.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<Either<Task<P>, CallKind<P>>> {
    Ok(if step.target["call"].is_object() {
        Either::Other(CallKind::of(ports, step))
    } else {
        Either::One(Task::new(ports.at(&step.place), step.deployment.clone()))
    })
}

impl<P: EcsApi + EcsTasksApi + Clock + JsonServices> Kind for Task<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let mut forward = recorded(way.changes, Direction::Forward);
        let mut back = recorded(way.changes, Direction::Undo);
        if forward.is_open() || back.is_open() {
            let answered = [&forward, &back].map(|side| side.sent.as_ref()?.answered.as_ref());
            let known: Vec<String> = answered.into_iter().flatten().map(|(task, _)| task.clone()).collect();
            let runs = self.at.runs(&target.how.cluster, &target.how.family, &known);
            let runs = runs.await?;
            let find = |direction| {
                let by = started_by(&self.deployment, &target.component, direction);
                runs.iter().find(|run| run.started_by == by).cloned()
            };
            forward.run = find(Direction::Forward);
            back.run = find(Direction::Undo);
        }
        let code = self.definition(target, way, &forward).await?;
        let done = target.done([&forward, &back].map(|side| side.ended(target)));
        Ok(Seen { now, deployment: self.deployment.clone(), code, forward, back, done })
    }

    fn view(target: &Target, seen: &Seen) -> View {
        // The client token makes ECS run it once.
        seen.view(wording::shown(target, seen), false)
    }

    fn back(seen: &Seen) -> Goal {
        Goal::Back(seen.done.clone())
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        seen.forward.alive().or(seen.back.alive()).map(|run| wording::still_runs(target, run))
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let class = match change {
            Change::Run { .. } => Class::Switching,
            // Only this deployment's own task is stopped, by its ARN, so it is harmless when late.
            Change::Register
            | Change::Stop { .. }
            | Change::Miss { .. }
            | Change::Read { .. }
            | Change::Note { .. } => Class::Additive,
        };
        ChangeFacts::new(class, change.value(), wording::what(change))
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Register => self.register(target, deployment).await.map(Some),
            Change::Run { direction, definition, .. } => {
                let run = new_run(target, deployment, *direction, definition)?;
                self.at.run_task(&run).await.map(Some).map_err(taken)
            }
            Change::Stop { task, why, .. } => self.at.stop_task(&target.how.cluster, task, why).await.map(|()| None),
            Change::Miss { .. } => Ok(None),
            Change::Read { task, stopped, .. } => Ok(Some(lines::last(&self.at, target, (task, *stopped)).await)),
            Change::Note { end, .. } => Ok(Some(end.task.clone())),
        }
    }
}

/// Returns the fault of a request for a task. No other deployment has its token. So if ECS says that the token is
/// taken, an earlier request has run the task, and it is looked for as after a lost answer.
fn taken(fault: Fault) -> Fault {
    match fault.name {
        FaultName::Conflict => Fault::new(FaultName::Unavailable, fault.message),
        _ => fault,
    }
}

/// Returns the task that ECS is asked to run. Everything in it is decided at `Prepare`, so that the same token always
/// has the same parameters.
fn new_run(target: &Target, deployment: &DeploymentId, direction: Direction, definition: &str) -> Result<NewRun> {
    let command = match (direction, &target.undo) {
        (Direction::Forward, _) => &target.work.command,
        (Direction::Undo, Some(TaskUndo::Command(command))) => command,
        (Direction::Undo, _) => return Err(Fault::internal("there is no command to take it back")),
    };
    let tags = [
        (APP_TAG, target.app.as_str()),
        (ENVIRONMENT_TAG, target.environment.as_str()),
        (DEPLOYMENT_TAG, deployment.as_str()),
        (TASK_TAG, target.component.as_str()),
    ];
    Ok(NewRun {
        cluster: target.how.cluster.clone(),
        task_definition: definition.to_owned(),
        container: target.how.container.clone(),
        command: command.clone(),
        launch: target.how.launch.clone(),
        started_by: started_by(deployment, &target.component, direction),
        token: token(deployment, &target.component, direction),
        tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    })
}

impl<P: EcsApi> Task<P> {
    /// Registers the base with the release's image, in a family of its own. So roles may run that family and nothing
    /// else.
    async fn register(&self, target: &Target, deployment: &DeploymentId) -> Result<String> {
        let base = self.at.task_definition(&target.how.base).await?;
        let document = document(&base.document, target).ok_or_else(|| {
            let message = format!("{} has no container {}", base.arn, target.how.container);
            Fault::new(FaultName::NotFound, message)
        })?;
        let tags = own_tags(base.tags, deployment, EnvironmentId::new(&target.app, &target.environment));
        Ok(self.at.register(&document, &tags).await?.arn)
    }
}

/// Makes the document to register: the base with the release's image in the named container, and with a family of the
/// task's own. Returns `None` if the base has no such container.
///
/// Only the named container is essential: the task ends when that container ends, and no other container's end stops it
/// half-way. If a definition says nothing, all containers are essential, and one must be (Amazon ECS API Reference,
/// `ContainerDefinition`, `essential`).
pub(crate) fn document(base: &Value, target: &Target) -> Option<Value> {
    let images = [(target.how.container.clone(), target.how.image.clone())].into();
    let mut document = with_images(base, &images)?;
    document["family"] = target.how.family.as_str().into();
    for container in document["containerDefinitions"].as_array_mut()? {
        let is_named = container["name"] == target.how.container.as_str();
        container["essential"] = is_named.into();
    }
    Some(document)
}

/// The number of the family's newest task definitions among which the one of this deployment is looked for if its
/// answer was lost.
const LOOK_BACK: u32 = 5;

impl<P: EcsApi + EcsTasksApi + Clock> Task<P> {
    /// Returns the task definition of this deployment: that of the task that was asked for, or the one that is
    /// recorded, or, if the answer was lost, the one with its tag.
    async fn definition(
        &self,
        target: &Target,
        way: &LookContext<'_, Goal>,
        forward: &TaskState,
    ) -> Result<Option<String>> {
        let sent = forward.sent.as_ref().map(|sent| sent.definition.as_str());
        if let Some(known) = sent.or_else(|| registered(way.changes)) {
            return Ok(Some(known.to_owned()));
        }
        if !matches!(way.goal, Some(Goal::Run(_))) {
            return Ok(None);
        }
        let arns = self.at.task_definitions(&target.how.family, LOOK_BACK).await?;
        for arn in arns {
            let found = if_there(self.at.task_definition(&arn).await)?;
            if found.is_some_and(|found| found.tags.get(DEPLOYMENT_TAG) == Some(&self.deployment.0)) {
                return Ok(Some(arn));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::next::tests::target;
    use super::*;
    use serde_json::json;

    #[test]
    fn the_named_container_alone_ends_its_task() {
        let base = json!({"family": "agent", "cpu": "256", "containerDefinitions": [
            {"name": "log", "image": "log:1", "essential": true},
            {"name": "agent", "image": "shop/agent@sha256:00", "essential": false},
            {"name": "mesh", "image": "mesh:1"},
        ]});
        let made = json!({"family": "windlass-shop_prod_migrate", "cpu": "256", "containerDefinitions": [
            {"name": "log", "image": "log:1", "essential": false},
            {"name": "agent", "image": "shop/agent@sha256:ab", "essential": true},
            {"name": "mesh", "image": "mesh:1", "essential": false},
        ]});
        assert_eq!(document(&base, &target()), Some(made));
        let mut other = target();
        other.how.container = "web".into();
        assert_eq!(document(&base, &other), None);
    }
}
