//! The part of the ledger on an environment that admission needs.

use crate::access;
use crate::conductor::environment::drills;
use crate::ledger::{self, Stored};
use crate::ports::{Clock, DynamoDbApi, Result, Write};
use windlass_domain::access::{Closed, Rules};
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::admission::{AdmissionFacts, Candidate, Decision, decide};
use windlass_domain::deployment::drill::Drills;
use windlass_domain::deployment::overtaking::RunningDeployment;
use windlass_domain::environment::{EnvironmentState, Lock, PastRelease, Veto, Waiting};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::fault::{Fault, FaultName};

/// The part of the ledger on an environment that admission needs.
pub struct AdmissionView {
    pub lock: Stored<Lock>,
    pub state: Stored<EnvironmentState>,
    pub waiting: Vec<Stored<Waiting>>,
    pub veto: Option<Stored<Veto>>,
    pub past: Option<Stored<PastRelease>>,
    /// The deployment that holds the lock, if this one may overtake it.
    pub under_way: Option<RunningDeployment>,
    /// The environment's drills.
    pub drills: Stored<Drills>,
    /// The rules in force.
    pub rules: Rules,
    /// What keeps releases from starting at this moment by the clock.
    pub closed: Option<Closed>,
}

impl AdmissionView {
    /// Reads it for a deployment.
    pub async fn load(ports: &(impl DynamoDbApi + Clock), record: &Deployment) -> Result<Self> {
        let lock = ledger::load_or_default(ports, &ledger::lock(record.environment_id())).await?;
        let rules = access::rules(ports, &record.app).await?;
        Ok(Self {
            closed: rules.closed(&record.environment, ports.now()),
            rules,
            under_way: under_way(ports, record, &lock.value).await?,
            lock,
            state: ledger::load_or_default(ports, &ledger::state(record.environment_id())).await?,
            waiting: ledger::load_all(ports, &ledger::all_waiting(record.environment_id())).await?,
            veto: veto(ports, record).await?,
            past: ledger::load(ports, &ledger::past(record.environment_id(), &record.release_digest)).await?,
            drills: drills::load(ports, record.environment_id()).await?,
        })
    }

    /// Decides from what was read.
    pub fn decide(&self, record: &Deployment) -> Decision {
        let waiting = self.who_waits();
        decide(&Candidate::of(record), &self.facts(record, &waiting))
    }

    /// Returns the number of the snapshot of what runs; `None` before the first deployment. An operator who stops the
    /// release under way wants this one back, and calls it the present one.
    pub fn present(&self) -> Option<u64> {
        Some(self.state.value.snapshot).filter(|number| *number > 0)
    }

    /// Returns the number of the snapshot from which an operator goes back. Between the two ways of a drill it is the
    /// snapshot of what ran before the drill, because the operator calls that the present one.
    pub fn present_to_go_back_from(&self) -> u64 {
        let from = self.drills.value.awaits_back().and_then(|drill| drill.from.as_ref());
        from.map_or(self.state.value.snapshot, |from| from.snapshot)
    }

    /// Returns the deployments that wait.
    pub fn who_waits(&self) -> Vec<Waiting> {
        let waiting = self.waiting.iter();
        waiting.map(|waiting| waiting.value.clone()).collect()
    }

    /// Returns what was read in the shape that a decision takes.
    pub fn facts<'a>(&'a self, record: &Deployment, waiting: &'a [Waiting]) -> AdmissionFacts<'a> {
        AdmissionFacts {
            lock: &self.lock.value,
            state: &self.state.value,
            waiting,
            veto: self.veto.as_ref().map(|veto| &veto.value),
            past: self.past.as_ref().map(|past| &past.value),
            runs: self.state.value.runs(&record.release.components),
            under_way: self.under_way.as_ref(),
            drill: self.drills.value.under_way.as_ref(),
            closed: self.closed.as_ref(),
        }
    }

    /// Returns the fault `StaleToken` if an execution holds the lock for this deployment. Then the caller, which asks
    /// for a turn or ends a waiting deployment, is a late invocation or was redriven, and the deployment belongs to
    /// another execution now.
    pub fn not_taken_over(&self, record: &Deployment) -> Result<()> {
        let Some(held) = self.lock.value.held_for(&record.id) else { return Ok(()) };
        Err(Fault::new(
            FaultName::StaleToken,
            format!("the execution {} has taken deployment {} over and ends it", held.execution, held.deployment),
        ))
    }

    /// Returns the write with which a deployment leaves the queue; `None` if it is not in the queue.
    pub fn leave_queue(&self, record: &Deployment) -> Option<Write> {
        self.waiting_of(record).map(Stored::delete)
    }

    /// Returns the waiting item of a deployment.
    pub fn waiting_of(&self, record: &Deployment) -> Option<&Stored<Waiting>> {
        self.waiting_as(&record.id)
    }

    /// Returns the waiting item of the deployment with this id.
    pub fn waiting_as(&self, id: &DeploymentId) -> Option<&Stored<Waiting>> {
        let mut waiting = self.waiting.iter();
        waiting.find(|waiting| waiting.value.deployment == *id)
    }
}

/// Reads the veto on what a deployment brings: on that itself, or on the release that it is one component of.
async fn veto(ports: &impl DynamoDbApi, record: &Deployment) -> Result<Option<Stored<Veto>>> {
    for digest in record.digests() {
        let found = ledger::load(ports, &ledger::veto(record.environment_id(), digest)).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

async fn under_way(ports: &impl DynamoDbApi, record: &Deployment, lock: &Lock) -> Result<Option<RunningDeployment>> {
    let asks = is_operator(record.action) || record.preempt || !record.supersede.waits();
    let held = lock.held.as_ref().filter(|held| asks || held.action == ActionName::Drill);
    let Some(held) = held.filter(|held| held.deployment != record.id) else { return Ok(None) };
    let Some(other) = ledger::load(ports, &ledger::deployment(&held.deployment)).await? else { return Ok(None) };
    Ok(Some(look(ports, &other.value, record).await?))
}

/// A deployment as one that overtakes it sees it.
pub async fn look(ports: &impl DynamoDbApi, other: &Deployment, record: &Deployment) -> Result<RunningDeployment> {
    let steps = ledger::load_all(ports, &ledger::steps(&other.id)).await?;
    let steps = steps.iter().map(|step| &step.value);
    Ok(RunningDeployment::of(other, steps, &record.release_digest))
}

/// Returns whether the action goes first in the queue, as an operator's does.
pub fn is_operator(action: ActionName) -> bool {
    action == ActionName::Rollback
}
