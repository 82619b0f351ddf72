//! A deployment that asks for admission, with what its request wishes.

use crate::declaration::arrivals::Supersede;
use crate::deployment::Deployment;
use crate::identity::{DeploymentId, EnvironmentId};
use crate::name::{AppName, EnvironmentName};
use crate::order::Order;
use crate::part::Part;
use crate::request::ActionName;
use crate::time::Time;

/// A deployment that asks for admission.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The deployment.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The version of its release. A person starts the release by it.
    pub version: String,
    /// `deploy`, `rollback` or `drill`.
    pub action: ActionName,
    /// The parts it is for.
    pub components: Vec<Part>,
    /// Its place in the order.
    pub order: Order,
    /// True if a person named the environment, in contrast to an arrival that a rule sent there.
    pub by_person: bool,
    /// True if it is a request of its own, in contrast to an arrival: somebody wants just this, now.
    pub own: bool,
    /// True if the release may be deployed again after an undo.
    pub again: bool,
    /// True if an older release may be deployed.
    pub allow_older: bool,
    /// True if it may be deployed while automatic deployments are held.
    pub through_hold: bool,
    /// True if gates that are red before anything has changed do not stop it. Admission does not use it; the input that
    /// a person is told to start with keeps it.
    pub accept_red: bool,
    /// True if a person wants the deployment under way stopped for it.
    pub preempt: bool,
    /// The declaration's rule for an older release that is under way.
    pub supersede: Supersede,
    /// The deployment that it has stopped.
    pub stops: Option<DeploymentId>,
}

impl Candidate {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Makes a candidate of a deployment's record.
    pub fn of(record: &Deployment) -> Self {
        Self {
            id: record.id.clone(),
            app: record.app.clone(),
            environment: record.environment.clone(),
            version: record.release.version.clone(),
            action: record.action,
            components: record.release.parts().collect(),
            order: record.order.clone(),
            by_person: record.by_person,
            own: record.keyed.is_some(),
            again: record.again,
            allow_older: record.allow_older,
            through_hold: record.through_hold,
            accept_red: record.accept_red,
            preempt: record.preempt,
            supersede: record.supersede,
            stops: record.stops.clone(),
        }
    }

    /// Returns its wishes.
    pub(super) fn wishes(&self) -> Overrides {
        Overrides { again: self.again, allow_older: self.allow_older, through_hold: self.through_hold }
    }

    /// Returns whether it has its turn before those that overtake nobody.
    pub fn goes_first(&self) -> bool {
        self.preempt || self.stops.is_some()
    }

    /// Returns the same release as a person asks for it, with a request of their own, later than everything that is
    /// there.
    #[must_use]
    pub fn of_a_person(&self) -> Self {
        let id = DeploymentId(String::new());
        Self {
            order: Order { accepted: Time(u64::MAX), id: id.clone(), ..self.order.clone() },
            id,
            by_person: true,
            own: true,
            ..self.clone().wishing(Overrides::default())
        }
    }

    /// Returns the same candidate with these wishes alone.
    pub(super) fn wishing(self, wishes: Overrides) -> Self {
        Self { again: wishes.again, allow_older: wishes.allow_older, through_hold: wishes.through_hold, ..self }
    }
}

/// The wishes of a request: without them it would be refused. Each needs a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Overrides {
    /// True if it may pass a veto, or a person's stop.
    pub again: bool,
    /// True if it may pass a newer release.
    pub allow_older: bool,
    /// True if it may pass a hold.
    pub through_hold: bool,
}
