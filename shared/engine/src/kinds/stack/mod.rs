//! The kind `cloudformation`: a stack of AWS CloudFormation, whose template a release brings.
//!
//! `Prepare` makes a change set and reads it whole; the change executes exactly that one, so that nothing changes that
//! nobody has seen. CloudFormation itself goes back where something fails. The way back of a change that is complete is
//! a change set to the former template and parameters, which are kept, and it is executed only if it touches nothing
//! but what the way forward has touched. A stack that a deployment has made is deleted when that is undone.

mod change_set;
mod drift;
mod empty_place;
mod find;
mod former_code;
mod look;
mod needs;
mod next;
pub mod package;
mod parameters;
mod prepare;
mod publish;
mod refusals;
mod state;
mod template;
mod wording;

use super::{ChangeFacts, Class, Kind, Next, Noticed, Trail, View, Writes, check_took};
use crate::config::Configured;
use crate::kinds::stack::drift::{DETECTED, OF_A_RESOURCE};
use crate::kinds::stack::look::StackOperation;
use crate::kinds::stack::state::{EXECUTIONS, SET_STATUSES, STATUSES, Standing};
use crate::kinds::stack::template::{kept, of_text};
use crate::kinds::{AwsResource, LookContext, Switched};
use crate::ports::{AssumeRole, Clock, CloudFormationApi, NewChangeSet, Result, S3Api};
use crate::trouble::if_there;
pub use needs::needs;
pub use package::check_artifact;
pub use prepare::prepare;
use serde_json::{Value, json};
pub use state::{Change, Goal, Seen, Target};
use std::collections::BTreeMap;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;

/// The capabilities of a change set. The role that CloudFormation acts with decides what is made.
const CAPABILITIES: [&str; 3] = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// Returns the words of CloudFormation that this kind decides by, by the type that has them in the API. Any other word
/// is unknown. `ExecutionStatus` is a type of Step Functions as well.
pub fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("StackStatus", STATUSES.iter().map(|(status, _)| *status).collect()),
        ("ChangeSetStatus", SET_STATUSES.split_whitespace().collect()),
        ("ExecutionStatus of a change set", EXECUTIONS.iter().map(|(status, _)| *status).collect()),
        ("StackDriftStatus", DETECTED.iter().map(|(found, _)| *found).collect()),
        ("StackResourceDriftStatus", OF_A_RESOURCE.iter().map(|(found, _)| *found).collect()),
    ]
}

/// Returns that what is in a stack writes log lines by itself; see [`crate::kinds::writes()`].
#[allow(clippy::unnecessary_wraps, reason = "of other kinds it can fail")]
pub fn writes(_: &Step) -> Result<Writes> {
    Ok(Writes::Nothing("a stack runs nothing itself; what is in it writes its own log lines"))
}

/// The kind, over ports.
#[derive(Debug)]
pub struct Stack<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    home: P,
    /// The ports at the target's place.
    at: P,
    /// The ARN of the role through which the target is reached; `None` in Windlass's own account.
    through: Option<String>,
    deployment: DeploymentId,
}

impl<P> Stack<P> {
    /// The kind for one deployment, with ports at its own place and at that of the target.
    pub fn new(home: P, (at, place): (P, &Place), deployment: DeploymentId) -> Self {
        Self { home, at, through: place.role.as_ref().map(|role| role.arn.clone()), deployment }
    }

    /// Returns what the token of each call of this deployment begins with.
    fn mark(&self) -> String {
        format!("windlass-{}-", self.deployment)
    }
}

/// Returns the kind of a step.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: AssumeRole>(ports: &P, step: &Step) -> Result<Stack<P>> {
    let at = (ports.at(&step.place), &step.place);
    Ok(Stack::new(ports.at(&Place::default()), at, step.deployment.clone()))
}

impl<P: CloudFormationApi + S3Api + Configured + Clock> Kind for Stack<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    const MAKES_RESOURCES: bool = true;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        look::look((&self.at, &self.mark()), target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        let template = seen.template.as_ref().map(|template| &template.digest);
        let value = match seen.made() {
            Some(stack) => json!({"stack": stack.id, "template": template, "parameters": stack.parameters}),
            None => json!({"stack": null}),
        };
        View {
            noticed: Noticed { value, shown: wording::shown(seen) },
            waits_for: wording::waits_for(target, seen).map(Into::into),
            // A change set is obsolete once anybody has changed the stack. A deletion, which undoes a stack that was
            // made, has no condition.
            is_guarded: !target.is_new,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        let Some(stack) = seen.made() else { return Goal::default() };
        Goal {
            id: Some(stack.id.clone()),
            template: seen.template.as_ref().map(|template| template.digest.clone()),
            parameters: stack.parameters.clone(),
            change_set: None,
        }
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        wording::moves(target, seen)
    }

    async fn keep(&self, target: &Target, seen: &Seen) -> Result<()> {
        let Some(template) = &seen.template else { return Ok(()) };
        kept(&self.home, &target.owner).keep(template).await
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let class = match change {
            Change::Make(_) | Change::Discard(_) => Class::Additive,
            Change::Execute(_) | Change::Cancel | Change::Continue | Change::Delete(_) => Class::Switching,
        };
        // Nothing is said of what callers get after it: CloudFormation goes on with it, and may take it back.
        ChangeFacts::new(class, change.value(), wording::what(change))
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        wording::field(member, value)
    }

    fn outputs(seen: &Seen, _: &Goal) -> BTreeMap<String, String> {
        seen.outputs.clone()
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail { resource: target.stack.clone(), region: None })
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, _: &DeploymentId) -> Result<Option<String>> {
        // Asked for once more under another lock, it is another operation.
        let token = format!("{}{}", self.mark(), self.at.now().0);
        let stack = target.named();
        let made = match change {
            Change::Make(goal) => self.make_way_back(target, goal).await,
            Change::Discard(id) => self.at.delete_change_set(id).await,
            Change::Execute(id) => self.at.execute_change_set(id, &token).await,
            Change::Cancel => match self.at.cancel_update(stack, &token).await {
                // The update has ended meanwhile. Nobody else did that, and the next look shows what came of it.
                Err(fault) if fault.name == FaultName::Conflict => Ok(()),
                answer => answer,
            },
            Change::Continue => self.at.continue_rollback(stack, &target.role, &token).await,
            Change::Delete(retain) => self.delete(target, retain, &token).await,
        };
        made.map(|()| None)
    }

    async fn let_go(&self, target: &Target) -> Result<()> {
        let role = empty_place::role(self.home.config(), self.through.as_deref());
        change_set::let_go(&self.at, target, role).await
    }

    async fn makes(&self, target: &Target) -> Result<Option<Vec<AwsResource>>> {
        look::resources(&self.at, target.named()).await.map(Some)
    }

    async fn follow(&self, target: &Target, _: &Switched) -> Result<Vec<String>> {
        let Some(id) = &target.id else { return Ok(vec![]) };
        let mark = self.mark();
        let operation = StackOperation::read(&self.at, id, Some(&mark)).await?;
        let left = operation.now(|status| status == "DELETE_SKIPPED" || status == "DELETE_FAILED");
        let left = left.into_iter().map(|resource| wording::stays(target, resource));
        Ok(left.chain(wording::beside(target, operation.beside(&mark, &target.touches))).collect())
    }
}

impl<P: CloudFormationApi + S3Api + Configured + Clock> Stack<P> {
    /// Makes the change set that leads back to a former template and its parameters.
    async fn make_way_back(&self, target: &Target, goal: &Goal) -> Result<()> {
        let template = goal.template.as_ref().ok_or_else(|| Fault::internal("there is no template to go back to"))?;
        let text: String = kept(&self.home, &target.owner).read(template).await?;
        let text = of_text(&self.home, &target.owner, text).await?;
        let new = NewChangeSet {
            stack: &target.stack,
            name: &target.way_back,
            creates: false,
            template: &text,
            parameters: &parameters::of_goal(goal),
            tags: &target.tags,
            capabilities: &CAPABILITIES.map(str::to_owned),
            role: &target.role,
            description: &format!("Windlass: the way back of deployment {}", self.deployment),
        };
        self.at.create_change_set(&new).await.map(drop)
    }

    /// Deletes the stack. CloudFormation takes no condition, so that a look just before sees that nothing goes on.
    async fn delete(&self, target: &Target, retain: &[String], token: &str) -> Result<()> {
        let began = self.at.now();
        let stack = if_there(self.at.stack(target.named()).await)?;
        let standing = stack.map_or(Standing::Gone, |stack| state::standing(&stack.status));
        check_took(&self.at, began, "looking at a stack")?;
        if matches!(standing, Standing::Deleting | Standing::Updating | Standing::Moving | Standing::Gone) {
            let message = format!("stack {} is not as it was any more", target.stack);
            return Err(Fault::new(FaultName::Conflict, message));
        }
        self.at.delete_stack(target.named(), retain, &target.role, token).await
    }
}
