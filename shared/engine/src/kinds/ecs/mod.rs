//! The kind `ecs`: a service in Amazon ECS, of which the image of one container is owned.
//!
//! Forward, the base task definition is registered anew with nothing but that image replaced, and
//! the service is set to it. Back, the service is set to exactly the task definition that it had.
//! Each deployment has a task definition of its own, so that its ARN tells whose rollout ECS
//! speaks of. `desiredCount` is never sent: it belongs to scaling.

mod check;
mod document;
mod foreign;
mod hook;
mod next;
mod observe;
mod prepare;
mod register;
mod state;
mod tell;
mod wanted;

pub use prepare::prepare;
pub(crate) use state::completed;
pub use state::{Change, Held, PinnedBase, Registered, Seen, Sent, State, Target, Trouble, Update};

use super::{Class, Facts, Kind, Next};
use crate::config::Configured;
use crate::ports::{Answered, Clock, Objects, Services, TaskDefinition};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;

/// How old the look before a change may be, in milliseconds: the change is recorded as open already,
/// and what it was sent upon must be true.
const LOOK_MS: u64 = 2_000;

/// The kind, over ports.
#[derive(Debug)]
pub struct Ecs<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    home: P,
    /// The ports at the target's place.
    at: P,
    deployment: DeploymentId,
    sent: RefCell<Option<Sent>>,
    /// Task definitions that were read: they never change.
    known: RefCell<BTreeMap<String, TaskDefinition>>,
}

impl<P> Ecs<P> {
    /// The kind for one deployment; `sent` is what its step says of this way.
    pub fn new(home: P, at: P, deployment: DeploymentId, sent: Option<Sent>) -> Self {
        Self {
            home,
            at,
            deployment,
            sent: RefCell::new(sent),
            known: RefCell::default(),
        }
    }
}

impl<P: Services + Objects + Configured + Clock> Kind for Ecs<P> {
    type Target = Target;
    type State = State;
    type Change = Change;

    async fn observe(&self, target: &Target) -> Answered<State> {
        self.look(target).await
    }

    fn next(is: &State, wanted: &State) -> Next<Change> {
        next::next(is, wanted)
    }

    fn same(a: &State, b: &State) -> bool {
        a.task_definition == b.task_definition && a.image == b.image
    }

    fn facts(change: &Change, _: &State) -> Facts<State> {
        let (class, value, what) = match change {
            Change::Register { image } => (
                Class::Additive,
                json!({"register": image}),
                format!("register a task definition with {image}"),
            ),
            Change::Update(update) => (
                Class::Switching,
                json!(update),
                format!(
                    "task definition {} → {}",
                    tell::short(&update.from),
                    tell::short(&update.to)
                ),
            ),
        };
        Facts {
            class,
            longer_s: 0,
            value,
            what,
            after: None,
        }
    }

    fn shown(state: &State) -> String {
        let named = state
            .task_definition
            .as_deref()
            .map_or("the release", tell::short);
        match &state.seen {
            Some(seen) => format!("{named} steady with {} tasks", seen.desired),
            None => named.to_owned(),
        }
    }

    fn waits_for(state: &State) -> Option<String> {
        tell::waits_for(state.seen.as_ref()?)
    }

    fn owned(target: &Target) -> String {
        let service = format!("{}/{}", target.cluster, target.service);
        tell::owned(&target.container, &service)
    }

    async fn change(
        &self,
        target: &Target,
        change: &Change,
        deployment: &DeploymentId,
    ) -> Answered<()> {
        match change {
            Change::Register { image } => self.register(target, image, deployment).await,
            Change::Update(update) => self.update(target, update).await,
        }
    }
}

impl<P: Services + Clock> Ecs<P> {
    /// Sets the service's task definition. ECS offers no condition, so it is described just before
    /// (Amazon ECS API Reference, UpdateService has no revision or token).
    async fn update(&self, target: &Target, update: &Update) -> Answered<()> {
        let Update { from, to } = update;
        let began = self.at.now();
        let service = self.at.service(&target.cluster, &target.service).await?;
        if service.task_definition != *from {
            return Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "service {}/{} is set to {} and no longer to {}",
                    target.cluster,
                    target.service,
                    tell::short(&service.task_definition),
                    tell::short(from)
                ),
            ));
        }
        let took = self.at.now().ms_since(began);
        if took > LOOK_MS {
            return Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "describing service {}/{} took {took} ms, so that it was not changed upon that",
                    target.cluster, target.service
                ),
            ));
        }
        self.sent.replace(Some(Sent {
            update: update.clone(),
            at: self.at.now(),
            completed: completed(&service.deployments),
        }));
        self.at
            .update_service(&target.cluster, &target.service, to)
            .await?;
        Ok(())
    }

    /// A task definition by ARN; asked for once.
    async fn task_definition(&self, arn: &str) -> Answered<TaskDefinition> {
        if let Some(known) = self.known.borrow().get(arn) {
            return Ok(known.clone());
        }
        let found = self.at.task_definition(arn).await?;
        self.known
            .borrow_mut()
            .insert(arn.to_owned(), found.clone());
        Ok(found)
    }
}
