//! The ledger's facts about an environment, and the obstacles to a candidate that they make.

use crate::access::Closed;
use crate::deployment::Deployment;
use crate::deployment::admission::candidate::Candidate;
use crate::deployment::drill::Drill;
use crate::deployment::step::Step;
use crate::environment::{EnvironmentState, HeldState, Hold, Lock, LockHolder, PastRelease, Veto, Waiting};
use crate::release::Part;
use crate::release::identity::{DeploymentId, Order};
use crate::text::digest::Digest;
use crate::text::name::ComponentName;

/// The ledger's facts about the environment.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmissionFacts<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// The environment's hold, its marks, and what runs.
    pub state: &'a EnvironmentState,
    /// The deployments that wait, the candidate itself included if it does.
    pub waiting: &'a [Waiting],
    /// The veto on the candidate's release, if any.
    pub veto: Option<&'a Veto>,
    /// The last fate of the candidate's release, if it matters.
    pub past: Option<&'a PastRelease>,
    /// True if the candidate's release runs, as far as the state says ([`EnvironmentState::runs`]).
    pub runs: bool,
    /// The deployment that holds the lock, where the candidate may overtake it.
    pub under_way: Option<&'a RunningDeployment>,
    /// The drill that is under way.
    pub drill: Option<&'a Drill>,
    /// The closed windows, or the freeze.
    pub closed: Option<&'a Closed>,
}

impl AdmissionFacts<'_> {
    /// Returns whether the candidate waits already.
    pub fn waits(&self, candidate: &Candidate) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|waiting| waiting.deployment == candidate.id)
    }

    /// Returns whether the candidate may still stop another one. It has chosen whom once it waits for others, and one
    /// that asks for approval stops nobody yet.
    pub fn may_stop(&self, candidate: &Candidate) -> bool {
        let mut waiting = self.waiting.iter();
        !candidate.asks && !waiting.any(|it| it.deployment == candidate.id && it.until.is_none())
    }
}

/// The deployment that holds the lock, with the facts for one that overtakes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningDeployment {
    /// Its release's place in the order.
    pub order: Order,
    /// The parts that it brings.
    pub components: Vec<Part>,
    /// True if it brings the candidate's own release.
    pub same_release: bool,
    /// True if it is being undone already.
    pub undoing: bool,
    /// The irreversible runs that it has begun, or may have: stopped now, it would bring nothing back.
    pub irreversible: Vec<ComponentName>,
}

impl RunningDeployment {
    /// Takes the facts from a deployment's record and its steps, for a candidate that brings this release.
    pub fn of<'s>(record: &Deployment, steps: impl Iterator<Item = &'s Step>, release: &Digest) -> Self {
        let begun = steps.filter(|step| step.irreversible && step.status.may_have_changed());
        Self {
            order: record.order.clone(),
            components: record.parts(),
            same_release: record.release_digest == *release,
            undoing: record.undoing.is_some(),
            irreversible: begun.map(|step| step.component.clone()).collect(),
        }
    }

    /// Returns whether a stop leads to an undo that brings everything back.
    pub fn may_be_stopped(&self) -> bool {
        !self.undoing && self.irreversible.is_empty()
    }
}

/// An obstacle to a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Obstacle<'a> {
    /// A deployment that could not be undone holds the lock: no wish passes it.
    NeedsOperator(&'a LockHolder),
    /// Automatic deployments are held.
    Held(&'a Hold),
    /// Deployments are held by the clock.
    Closed(&'a Closed),
    /// The release failed here.
    Vetoed(&'a Veto),
    /// A person stopped the release here.
    Stopped(&'a PastRelease),
    /// A newer release of this part was brought by this deployment.
    Older(&'a Part, &'a DeploymentId),
    /// A newer release than the one that is to overtake it is under way.
    OlderThanUnderWay(&'a LockHolder),
    /// A rollback is under way, which no release overtakes.
    RollbackUnderWay(&'a LockHolder),
    /// The release under way has begun these, which are irreversible: stopped, it would bring nothing back.
    Irreversible(&'a LockHolder, &'a [ComponentName]),
    /// A drill is to begin, and this deployment is under way, or waits.
    NotIdle(&'a DeploymentId),
}

/// Returns the obstacle that the environment needs an operator, who alone goes on there.
pub fn stuck<'a>(candidate: &Candidate, facts: &AdmissionFacts<'a>) -> Option<Obstacle<'a>> {
    let held = facts.lock.held.as_ref()?;
    (held.state == HeldState::NeedsOperator && held.deployment != candidate.id).then_some(Obstacle::NeedsOperator(held))
}
