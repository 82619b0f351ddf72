//! The ports of a service that ECS deploys, and one change of it over them. Each change looks just before whether its
//! state is still the one that it is based on.

use super::pause;
use super::stage::ServiceDeploymentState;
use super::state::{Pausing, Stop, Target, Update};
use crate::kinds::check_took;
use crate::kinds::ecs::wording;
use crate::ports::{Clock, EcsApi, Result, TaskDefinition};
use std::cell::RefCell;
use std::collections::BTreeMap;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;

/// The kind over its ports.
#[derive(Debug)]
pub struct Ecs<P> {
    /// The ports at the deployer's own place, for the artifacts bucket.
    pub(super) home: P,
    /// The ports at the target's place.
    pub(super) at: P,
    pub(super) deployment: DeploymentId,
    /// Task definitions that were read: they never change.
    pub(super) known: RefCell<BTreeMap<String, TaskDefinition>>,
}

impl<P> Ecs<P> {
    /// Returns the kind for one deployment.
    pub fn new(home: P, at: P, deployment: DeploymentId) -> Self {
        Self { home, at, deployment, known: RefCell::default() }
    }
}

impl<P: EcsApi> Ecs<P> {
    /// Returns a task definition by ARN. Each is asked for once.
    pub(super) async fn task_definition(&self, arn: &str) -> Result<TaskDefinition> {
        if let Some(known) = self.known.borrow().get(arn) {
            return Ok(known.clone());
        }
        let found = self.at.task_definition(arn).await?;
        self.known.borrow_mut().insert(arn.to_owned(), found.clone());
        Ok(found)
    }
}

impl<P: EcsApi + Clock> Ecs<P> {
    /// Sets the service's task definition. ECS offers no condition, so the service is described just before (Amazon ECS
    /// API Reference: UpdateService has no revision or token). The fault is `Conflict` if the service is set to
    /// something else by then.
    pub(super) async fn update(&self, target: &Target, update: &Update) -> Result<()> {
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
                    wording::short(&service.task_definition),
                    wording::short(from)
                ),
            ));
        }
        self.check_took(target, began)?;
        self.at.update_service(&target.cluster, &target.service, to).await?;
        Ok(())
    }

    /// Stops a deployment that is under way. ECS knows no condition but its ARN, so the deployment is described just
    /// before, and once more if ECS refuses. If ECS already goes back or has gone back, there is nothing to stop.
    pub(super) async fn stop(&self, target: &Target, stop: &Stop) -> Result<()> {
        let began = self.at.now();
        if self.goes_back(target, stop).await? {
            return Ok(());
        }
        self.check_took(target, began)?;
        match self.at.stop_service_rollout(&stop.rollout).await {
            Err(fault) if matches!(fault.name, FaultName::Refused | FaultName::Conflict) => {
                if self.goes_back(target, stop).await? { Ok(()) } else { Err(fault) }
            }
            stopped => stopped,
        }
    }

    /// Answers a pause. ECS knows no condition but the hook's id, which is for this pause alone. So Windlass looks just
    /// before whether the pause still waits, and once more if ECS refuses.
    pub(super) async fn answer(&self, target: &Target, pausing: &Pausing) -> Result<()> {
        let began = self.at.now();
        self.check_pauses(target, pausing).await?;
        self.check_took(target, began)?;
        let Pausing { rollout, hook, goes_on, .. } = pausing;
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
    async fn check_pauses(&self, target: &Target, pausing: &Pausing) -> Result<()> {
        let (cluster, service) = (&target.cluster, &target.service);
        let listed = self.at.service_rollouts(cluster, service, pausing.created).await?;
        let mut listed = listed.iter();
        let own = listed.find(|one| one.arn == pausing.rollout);
        let own = own.filter(|own| ServiceDeploymentState::of(own) == ServiceDeploymentState::UnderWay);
        let waits = own.and_then(|own| pause::own(own, &[pausing.at].into()));
        if waits.is_some_and(|(_, hook)| hook.id == pausing.hook) {
            return Ok(());
        }
        Err(Fault::new(
            FaultName::Conflict,
            format!(
                "the deployment of {} by service {cluster}/{service} does not wait at {} any more",
                wording::short(&pausing.of),
                pausing.at.as_str()
            ),
        ))
    }

    /// Returns whether ECS already goes back, or has gone back, from the deployment. The fault is `Conflict` if the
    /// deployment is neither that nor under way.
    async fn goes_back(&self, target: &Target, stop: &Stop) -> Result<bool> {
        let (cluster, service) = (&target.cluster, &target.service);
        let listed = self.at.service_rollouts(cluster, service, stop.created).await?;
        let mut listed = listed.iter();
        let standing = listed.find(|one| one.arn == stop.rollout).map(ServiceDeploymentState::of);
        match standing {
            Some(ServiceDeploymentState::UnderWay) => Ok(false),
            Some(ServiceDeploymentState::GoingBack | ServiceDeploymentState::WentBack) => Ok(true),
            _ => Err(Fault::new(
                FaultName::Conflict,
                format!(
                    "the deployment of {} by service {cluster}/{service} is not under way any more",
                    wording::short(&stop.of)
                ),
            )),
        }
    }

    fn check_took(&self, target: &Target, began: Time) -> Result<()> {
        check_took(&self.at, began, &format!("describing service {}/{}", target.cluster, target.service))
    }
}
