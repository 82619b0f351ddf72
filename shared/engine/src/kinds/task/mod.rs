//! The kind `task`: something that is run once per release, as a task of Amazon ECS with the image of a service.
//!
//! Nothing of a task lives on that could be looked at. So only the ledger tells what it did: its end is recorded there
//! as soon as it is seen. Its client token makes sure that it is run once. As soon as nobody can be sure of that any
//! more, it is not run again, and a person is asked (`docs/decisions/tasks/0520-running-an-ecs-task-once.md`).

mod call;
mod definition;
mod lines;
mod log;
mod needs;
mod next;
mod observe;
mod prepare;
mod state;
mod tell;
mod writes;

pub use call::{Call, CallPorts, CallRequest, handle as run_call, key as call_key};
pub use log::Log;
pub use needs::needs;
pub use prepare::prepare;
pub use state::{Change, Direction, End, Goal, Seen, Sent, Target, TaskState, Work, started_by, token};
pub use writes::writes;

use super::{
    APP_TAG, Built, ChangeFacts, Class, ENVIRONMENT_TAG, Kind, KindVisitor, LookContext, Next, Noticed, View, to_value,
};
use crate::ports::{AssumeRole, Clock, EcsApi, EcsTasksApi, JsonServices, NewRun, Result};
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::finding::Finding;
use windlass_domain::identity::DeploymentId;
use windlass_domain::kinds::task::{Task as Spec, TaskUndo};
use windlass_domain::name::ComponentName;
use windlass_domain::step::Step;

/// The tag that names the deployment which registered a task definition, or runs a task.
pub(super) const DEPLOYMENT_TAG: &str = "windlass:deployment";

/// The tag that names the component of a task. Roles may stop tasks with this tag, and no others.
const TASK_TAG: &str = "windlass:task";

/// Finds nothing: a task takes the bytes of another component; see [`crate::kinds::brought`].
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

/// The kinds that are run once.
#[derive(Debug)]
pub enum TaskOrCall<P> {
    /// A task of ECS.
    Task(Task<P>),
    /// A call of a function.
    Call(Call<P>),
}

/// Returns the kind of a step.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<TaskOrCall<P>> {
    Ok(if step.target["call"].is_object() {
        TaskOrCall::Call(Call::of(ports, step))
    } else {
        TaskOrCall::Task(Task::new(ports.at(&step.place), step.deployment.clone()))
    })
}

impl<P: EcsApi + EcsTasksApi + JsonServices + CallPorts> Built for TaskOrCall<P> {
    async fn with<T: KindVisitor>(&self, visitor: T) -> Result<T::Out> {
        match self {
            Self::Task(kind) => visitor.visit(kind).await,
            Self::Call(kind) => visitor.visit(kind).await,
        }
    }
}

impl<P: EcsApi + EcsTasksApi + Clock + JsonServices> Kind for Task<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        self.look(target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        View {
            noticed: Noticed { value: to_value(&seen.done).unwrap_or(Value::Null), shown: tell::shown(target, seen) },
            waits_for: None,
            // The client token makes ECS run it once.
            is_guarded: true,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        Goal::Back(seen.done.clone())
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        let alive = seen.forward.alive().or(seen.back.alive());
        alive.map(|run| tell::still_runs(target, run))
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let class = match change {
            Change::Run { .. } => Class::Switching,
            // Only this deployment's own task is told to stop, by its ARN, so it is harmless when late.
            Change::Register
            | Change::Stop { .. }
            | Change::Miss { .. }
            | Change::Read { .. }
            | Change::Note { .. } => Class::Additive,
        };
        ChangeFacts::new(class, change.value(), tell::what(change))
    }

    fn owned(target: &Target) -> String {
        tell::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Register => self.register(target, deployment).await.map(Some),
            Change::Run { direction, definition, .. } => {
                let run = new_run(target, deployment, *direction, definition)?;
                self.at.run_task(&run).await.map(Some).map_err(taken)
            }
            Change::Stop { task, why, .. } => {
                self.at.stop_task(&target.cluster, task, why).await?;
                Ok(None)
            }
            Change::Miss { .. } => Ok(None),
            Change::Read { task, stopped, .. } => Ok(Some(lines::last(&self.at, target, (task, *stopped)).await)),
            Change::Note { end, .. } => Ok(Some(end.task.clone())),
        }
    }
}

/// Returns the fault of a request for a task. No other deployment has its token. So if ECS says that the token is taken,
/// an earlier request has run the task, and it is looked for as after a lost answer.
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
        cluster: target.cluster.clone(),
        task_definition: definition.to_owned(),
        container: target.container.clone(),
        command: command.clone(),
        launch: target.launch.clone(),
        started_by: started_by(deployment, &target.component, direction),
        token: token(deployment, &target.component, direction),
        tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    })
}

impl<P: EcsApi> Task<P> {
    /// Registers the base with the release's image, in a family of its own. So roles may run that family and nothing
    /// else.
    async fn register(&self, target: &Target, deployment: &DeploymentId) -> Result<String> {
        let base = self.at.task_definition(&target.base).await?;
        let document = definition::document(&base.document, target).ok_or_else(|| {
            let message = format!("{} has no container {}", base.arn, target.container);
            Fault::new(FaultName::NotFound, message)
        })?;
        let mut tags = base.tags;
        tags.retain(|name, _| !name.starts_with("aws:") && !name.starts_with("windlass:"));
        for (name, value) in [
            (DEPLOYMENT_TAG, deployment.as_str()),
            (APP_TAG, target.app.as_str()),
            (ENVIRONMENT_TAG, target.environment.as_str()),
        ] {
            tags.insert(name.to_owned(), value.to_owned());
        }
        let made = self.at.register(&document, &tags).await?;
        Ok(made.arn)
    }
}
