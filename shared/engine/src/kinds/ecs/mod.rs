//! The kind `ecs`: a service in Amazon ECS. Windlass owns the images of its declared containers.
//!
//! Forward, Windlass registers the base task definition anew with only those images replaced, and sets the service to
//! the result. Back, it sets the service to exactly the task definition that it had before. Each deployment has a task
//! definition of its own, so that the ARN tells whose rollout ECS speaks of. `desiredCount` is never sent: it belongs
//! to scaling.
//!
//! If the service's own strategy is blue/green, canary or linear, ECS shifts the traffic. Windlass then follows the
//! service deployment to its end, and stops it if it is undone before that (`shift.rs`). A deployment that pauses for
//! Windlass goes on, or back, once the gates are judged (`pause.rs`).

mod back;
mod brought;
mod check;
mod codedeploy;
pub(super) mod document;
mod follow;
pub(super) mod foreign;
mod hook;
mod images;
mod kept;
mod needs;
mod next;
mod observe;
mod once_more;
pub(super) mod passed;
mod pause;
mod paused;
mod prepare;
mod quota;
mod register;
mod shift;
mod stage;
mod state;
mod strategy;
mod tell;
mod told_shift;
mod wanted;
mod waves;
mod writes;

pub use brought::brought;
pub use codedeploy::{CodeDeployedService, Group};
pub use images::{Images, Own};
pub use needs::needs;
pub use state::{
    Change, Followed, Goal, Held, Pausing, PinnedBase, Registered, Seen, Sent, Stop, Target,
    Trouble, Until, Update,
};
pub use writes::writes;

use super::{
    BALANCER, Built, Class, FORMER, Facts, Kind, Next, Noticed, PrepareInput, Prepared, Then,
    Trail, VERSION, View, Way, fields, from_value,
};
use crate::config::Configured;
use crate::ports::{
    Alarms, Answered, Behind, Clock, CodeDeploy, JsonServices, Objects, Reach, Registry, Services,
    TaskDefinition,
};
use serde_json::{Value, json};
use stage::Standing;
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::identity::DeploymentId;
use windlass_domain::kinds::ecs::Ecs as Spec;
use windlass_domain::place::Place;
use windlass_domain::step::Step;
use windlass_domain::time::Time;

/// The longest time that the look before a change may take, in milliseconds. The change is already recorded as open by
/// then, and the state that it is based on must still be true.
const LOOK_MS: u64 = 2_000;

/// The kind over its ports.
#[derive(Debug)]
pub struct Ecs<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    home: P,
    /// The ports at the target's place.
    at: P,
    deployment: DeploymentId,
    /// Task definitions that were read: they never change.
    known: RefCell<BTreeMap<String, TaskDefinition>>,
}

impl<P> Ecs<P> {
    /// Returns the kind for one deployment.
    pub fn new(home: P, at: P, deployment: DeploymentId) -> Self {
        Self {
            home,
            at,
            deployment,
            known: RefCell::default(),
        }
    }
}

/// The kind of a service, by who deploys it: ECS itself or CodeDeploy.
pub enum Deployer<P> {
    /// ECS.
    Own(Ecs<P>),
    /// CodeDeploy.
    CodeDeploy(CodeDeployedService<P>),
}

impl<P: Services + Objects + Configured + CodeDeploy + Clock> Built for Deployer<P> {
    async fn with<T: Then>(&self, then: T) -> Answered<T::Out> {
        match self {
            Self::Own(kind) => then.then(kind).await,
            Self::CodeDeploy(kind) => then.then(kind).await,
        }
    }
}

/// Returns the kind for the target of a step: CodeDeploy's if the target has a deployment group.
#[allow(clippy::unused_async, reason = "the registry waits for every kind")]
pub async fn of<P: Reach>(ports: &P, step: &Step) -> Answered<Deployer<P>> {
    let at = || ports.at(&step.place);
    let service = Ecs::new(ports.at(&Place::default()), at(), step.deployment.clone());
    let target: Target = from_value("target", &step.target)?;
    Ok(match target.codedeploy {
        Some(_) => Deployer::CodeDeploy(CodeDeployedService::new(service, at())),
        None => Deployer::Own(service),
    })
}

/// Plans the change of one service, then its deployment by CodeDeploy if a group is declared. A check also looks at the
/// quota of Fargate.
pub async fn prepare<P>(ports: &P, input: &PrepareInput<'_>, spec: &Spec) -> Answered<Prepared>
where
    P: Services
        + Registry
        + Objects
        + Configured
        + Clock
        + Reach
        + CodeDeploy
        + JsonServices
        + Alarms,
{
    let planned = prepare::prepare(ports, input, spec).await?;
    let planned = match &spec.codedeploy {
        None => planned,
        Some(group) => codedeploy::prepare(ports, input, spec, group, planned).await?,
    };
    quota::check(ports, input, spec, planned).await
}

/// Returns what callers get of a service. It is the same whether ECS or CodeDeploy deploys it.
fn noticed(task_definition: &str, images: &BTreeMap<String, String>) -> Value {
    json!({"task_definition": task_definition, "images": images})
}

/// Returns the name and the value, for people, of one member of what callers get.
fn field(member: &str, value: &Value) -> (String, String) {
    let value = fields::plain(value);
    if let Some(container) = member.strip_prefix("images.") {
        return (format!("image of container {container}"), value);
    }
    match member {
        "task_definition" => ("task definition".to_owned(), tell::short(&value).to_owned()),
        "moved_by" => ("being moved by CodeDeploy".to_owned(), value),
        other => (other.to_owned(), value),
    }
}

impl<P: Services + Objects + Configured + Clock> Kind for Ecs<P> {
    type Target = Target;
    type Seen = Seen;
    type Goal = Goal;
    type Change = Change;

    async fn observe(&self, target: &Target, way: &Way<'_, Goal>) -> Answered<Seen> {
        self.look(target, way).await
    }

    fn view(target: &Target, seen: &Seen) -> View {
        View {
            noticed: Noticed {
                value: noticed(&seen.task_definition, &images::texts(&seen.images)),
                shown: tell::shown(target, seen),
            },
            waits_for: tell::waits_for(target, seen),
            is_guarded: false,
            is_consistent: false,
        }
    }

    fn back(seen: &Seen) -> Goal {
        Goal {
            task_definition: Some(seen.task_definition.clone()),
            images: seen.images.clone(),
            completed: seen.completed(),
            until: Until::default(),
        }
    }

    fn next(target: &Target, seen: &Seen, goal: &Goal) -> Next<Change> {
        next::next(target, seen, goal)
    }

    fn facts(change: &Change, _: &Seen) -> Facts {
        let (class, value, what) = match change {
            Change::Register { images } => (
                Class::Additive,
                json!({"register": images}),
                format!(
                    "register a task definition with {}",
                    images::in_words(images)
                ),
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
            Change::Stop(Stop { rollout, of, .. }) => (
                Class::Switching,
                json!({ "stop": rollout }),
                format!("stop the deployment of {}", tell::short(of)),
            ),
            Change::Answer(pausing) => (
                Class::Switching,
                json!(pausing),
                told_shift::answer(pausing),
            ),
        };
        Facts::new(class, value, what)
    }

    fn field(member: &str, value: &Value) -> (String, String) {
        field(member, value)
    }

    fn outputs(seen: &Seen, goal: &Goal) -> BTreeMap<String, String> {
        let mut outputs = vec![("task_definition", seen.task_definition.clone())];
        if goal.until.is_between() && seen.is_shared() {
            // If ECS does not tell the target groups, they are empty: two versions get callers, and nobody knows which.
            let Behind {
                balancer,
                new,
                former,
            } = seen.behind().cloned().unwrap_or_default();
            outputs.extend([(BALANCER, balancer), (VERSION, new), (FORMER, former)]);
        }
        let named = outputs.into_iter();
        named
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn trail(target: &Target) -> Option<Trail> {
        Some(Trail {
            resource: target.service.clone(),
            region: None,
        })
    }

    fn owned(target: &Target) -> String {
        tell::owned(target)
    }

    async fn change(
        &self,
        target: &Target,
        change: &Change,
        deployment: &DeploymentId,
    ) -> Answered<Option<String>> {
        match change {
            Change::Register { images } => self.register(target, images, deployment).await?,
            Change::Update(update) => self.update(target, update).await?,
            Change::Stop(stop) => self.stop(target, stop).await?,
            Change::Answer(pausing) => self.answer(target, pausing).await?,
        }
        Ok(None)
    }
}

impl<P: Services + Clock> Ecs<P> {
    /// Sets the service's task definition. ECS offers no condition, so the service is described just before (Amazon ECS
    /// API Reference: UpdateService has no revision or token). The fault is `Conflict` if the service is set to
    /// something else by then.
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
        self.check_took(target, began)?;
        self.at
            .update_service(&target.cluster, &target.service, to)
            .await?;
        Ok(())
    }

    /// Stops a deployment that is under way. ECS knows no condition but its ARN, so the deployment is described just
    /// before, and once more if ECS refuses. If ECS already goes back or has gone back, there is nothing to stop.
    async fn stop(&self, target: &Target, stop: &Stop) -> Answered<()> {
        let began = self.at.now();
        if self.goes_back(target, stop).await? {
            return Ok(());
        }
        self.check_took(target, began)?;
        match self.at.stop_service_rollout(&stop.rollout).await {
            Err(fault) if matches!(fault.name, FaultName::Refused | FaultName::Conflict) => {
                if self.goes_back(target, stop).await? {
                    Ok(())
                } else {
                    Err(fault)
                }
            }
            stopped => stopped,
        }
    }

    /// Answers a pause. ECS knows no condition but the hook's id, which is for this pause alone. So Windlass looks just
    /// before whether the pause still waits, and once more if ECS refuses.
    async fn answer(&self, target: &Target, pausing: &Pausing) -> Answered<()> {
        let began = self.at.now();
        self.check_pauses(target, pausing).await?;
        self.check_took(target, began)?;
        let Pausing {
            rollout,
            hook,
            goes_on,
            ..
        } = pausing;
        let answered = self.at.answer_service_pause(rollout, hook, *goes_on);
        match answered.await {
            Err(fault) if matches!(fault.name, FaultName::Refused | FaultName::Conflict) => {
                self.check_pauses(target, pausing).await?;
                Err(fault)
            }
            answered => answered,
        }
    }

    /// Returns the fault `Conflict` if the deployment no longer waits for this answer.
    async fn check_pauses(&self, target: &Target, pausing: &Pausing) -> Answered<()> {
        let (cluster, service) = (&target.cluster, &target.service);
        let listed = self
            .at
            .service_rollouts(cluster, service, pausing.created)
            .await?;
        let mut listed = listed.iter();
        let own = listed.find(|one| one.arn == pausing.rollout);
        let own = own.filter(|own| Standing::of(own) == Standing::UnderWay);
        let waits = own.and_then(|own| pause::own(own, &[pausing.at].into()));
        if waits.is_some_and(|(_, hook)| hook.id == pausing.hook) {
            return Ok(());
        }
        Err(Fault::new(
            FaultName::Conflict,
            format!(
                "the deployment of {} by service {cluster}/{service} does not wait at {} any more",
                tell::short(&pausing.of),
                pausing.at.as_str()
            ),
        ))
    }

    /// Returns whether ECS already goes back, or has gone back, from the deployment. The fault is `Conflict` if the
    /// deployment is neither that nor under way.
    async fn goes_back(&self, target: &Target, stop: &Stop) -> Answered<bool> {
        let (cluster, service) = (&target.cluster, &target.service);
        let listed = self
            .at
            .service_rollouts(cluster, service, stop.created)
            .await?;
        let mut listed = listed.iter();
        let standing = listed.find(|one| one.arn == stop.rollout).map(Standing::of);
        match standing {
            Some(Standing::UnderWay) => Ok(false),
            Some(Standing::GoingBack | Standing::WentBack) => Ok(true),
            _ => Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "the deployment of {} by service {cluster}/{service} is not under way any more",
                    tell::short(&stop.of)
                ),
            )),
        }
    }

    /// Returns the fault `Conflict` if the look before a change took longer than `LOOK_MS`. What it showed may no
    /// longer be true.
    fn check_took(&self, target: &Target, began: Time) -> Answered<()> {
        let took = self.at.now().ms_since(began);
        if took <= LOOK_MS {
            return Ok(());
        }
        Err(Fault::new(
            FaultName::Conflict,
            format!(
                "describing service {}/{} took {took} ms, so that it was not changed upon that",
                target.cluster, target.service
            ),
        ))
    }

    /// Returns a task definition by ARN. Each is asked for once.
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
