//! A task that is one call of a Lambda function.
//!
//! The call may take a quarter of an hour, and a deployer has a minute. So a function of its own, `run-task`, makes the
//! call. An event asks it to. An item of the ledger makes sure that there is one call: whoever writes the item first
//! makes the call, and nobody else. The same invocation writes there what came of it
//! (`docs/decisions/kinds/0520-running-a-task-once.md`).

mod next;
mod prepare;
mod runner;
mod state;
mod wording;

use crate::kinds::task::call::state::{CallState, recorded};
use crate::kinds::task::once::{Direction, Goal};
use crate::kinds::{ChangeFacts, Class, Kind, LookContext, Next, View, to_value};
use crate::ledger;
use crate::ports::{AssumeRole, Clock, DynamoDbApi, LambdaApi, LambdaInvokeApi, Result};
pub(super) use prepare::{needs, prepare};
pub use runner::handle;
pub use state::{CallRequest, Change, Seen, Target, key};
use windlass_domain::declaration::kinds::task::Called;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::deployment::step::Step;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;

/// The ports of a call.
pub trait CallPorts: LambdaApi + LambdaInvokeApi + DynamoDbApi + Clock + AssumeRole {}
impl<P> CallPorts for P where P: LambdaApi + LambdaInvokeApi + DynamoDbApi + Clock + AssumeRole {}

/// The kind, over ports at the target's place and at home.
#[derive(Debug)]
pub struct CallKind<P> {
    at: P,
    home: P,
    deployment: DeploymentId,
}

impl<P: AssumeRole> CallKind<P> {
    /// The kind for one deployment, with the target at this place.
    pub fn new(ports: &P, place: &Place, deployment: DeploymentId) -> Self {
        Self { at: ports.at(place), home: ports.at(&Place::default()), deployment }
    }

    /// Returns the kind of a step.
    pub fn of(ports: &P, step: &Step) -> Self {
        Self::new(ports, &step.place, step.deployment.clone())
    }
}

impl<P: CallPorts> Kind for CallKind<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &LookContext<'_, Goal>) -> Result<Seen> {
        let now = self.at.now();
        let forward = self.side(target, way, Direction::Forward).await?;
        let back = self.side(target, way, Direction::Undo).await?;
        let code = self.version(target, way, &forward).await?;
        let done = target.done([&forward, &back].map(CallState::ended));
        Ok(Seen { now, deployment: self.deployment.clone(), code, forward, back, done })
    }

    fn view(target: &Target, seen: &Seen) -> View {
        // The ledger lets only one call begin.
        seen.view(wording::shown(target, seen), true)
    }

    fn back(seen: &Seen) -> Goal {
        Goal::Back(seen.done.clone())
    }

    fn unsettled(target: &Target, seen: &Seen) -> Option<Finding> {
        let may_run = [&seen.forward, &seen.back].into_iter().any(|side| side.may_run(seen.now));
        may_run.then(|| wording::still_runs(target))
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> ChangeFacts {
        let class = match change {
            Change::Start { .. } => Class::Switching,
            Change::Bar { .. } | Change::Note { .. } => Class::Additive,
        };
        ChangeFacts::new(class, change.value(), wording::what(change))
    }

    fn owned(target: &Target) -> String {
        wording::owned(target)
    }

    async fn change(&self, target: &Target, change: &Change, deployment: &DeploymentId) -> Result<Option<String>> {
        match change {
            Change::Start { direction, attempt, version, not_after, .. } => {
                let ask = CallRequest {
                    deployment: deployment.clone(),
                    component: target.component.clone(),
                    direction: *direction,
                    attempt: *attempt,
                    version: version.clone(),
                    not_after: *not_after,
                };
                self.home.ask_runner(&to_value(&ask)?).await.map(|()| None)
            }
            Change::Bar { direction } => bar(&self.home, item(deployment, target, *direction)).await.map(|()| None),
            Change::Note { .. } => Ok(None),
        }
    }
}

/// Lets no call begin any more; `Conflict` where one has just begun.
async fn bar(home: &impl DynamoDbApi, key: ledger::ItemKey<Called>) -> Result<()> {
    let mut called = ledger::load_or_default(home, &key).await?;
    called.value.barred = true;
    if ledger::commit(home, vec![called.put()?]).await? {
        return Ok(());
    }
    Err(Fault::new(FaultName::Conflict, "a call has just begun"))
}

/// Returns the key of the ledger's item of one of the two calls.
fn item(deployment: &DeploymentId, target: &Target, direction: Direction) -> ledger::ItemKey<Called> {
    ledger::call(deployment, &target.component, direction.as_str())
}

/// The qualifier of a function's code that was not published.
const LATEST: &str = "$LATEST";

impl<P: CallPorts> CallKind<P> {
    async fn side(&self, target: &Target, way: &LookContext<'_, Goal>, direction: Direction) -> Result<CallState> {
        let mut side = recorded(way.changes, direction);
        if !side.starts.is_empty() && side.end.is_none() {
            let key = item(&self.deployment, target, direction);
            let called = ledger::load(&self.home, &key).await?;
            side.called = called.map(|called| called.value);
        }
        Ok(side)
    }

    /// Returns the version that was asked for first. If none was, it is the version to which the alias points now.
    async fn version(&self, target: &Target, way: &LookContext<'_, Goal>, forward: &CallState) -> Result<String> {
        if let Some(start) = forward.starts.first() {
            return Ok(start.version.clone());
        }
        match &target.how.call.alias {
            Some(alias) if matches!(way.goal, Some(Goal::Run(_))) => {
                Ok(self.at.alias(&target.how.call.name, alias).await?.version)
            }
            _ => Ok(LATEST.to_owned()),
        }
    }
}
