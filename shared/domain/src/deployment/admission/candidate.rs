//! A deployment that asks for admission, with what its request wishes, and the decisions about it.

use crate::declaration::document::Supersede;
use crate::deployment::Deployment;
use crate::environment::LockHolder;
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::identity::{DeploymentId, EnvironmentId, Order};
use crate::release::may_lose::ResourceOf;
use crate::text::finding::Finding;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
use std::collections::BTreeSet;

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
    /// The one component of the release that a person named; all of them if absent.
    pub component: Option<ComponentName>,
    /// The snapshot that a rollback names; `None` if it names none.
    pub snapshot: Option<u64>,
    /// The irreversible runs that a rollback may go back across, by their components.
    pub across: BTreeSet<ComponentName>,
    /// `deploy`, `rollback` or `drill`.
    pub action: ActionName,
    /// The parts it is for.
    pub components: Vec<Part>,
    /// Its place in the order.
    pub order: Order,
    /// The moment until which it waits at most.
    pub latest: Time,
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
    /// a person is shown to start with keeps it.
    pub accept_red: bool,
    /// True if a person wants the deployment under way stopped for it.
    pub preempt: bool,
    /// The resources whose data it may lose, for the same input.
    pub may_lose: BTreeSet<ResourceOf>,
    /// The declaration's rule for an older release that is under way.
    pub supersede: Supersede,
    /// True if it asks for approval, and has not got it.
    pub asks: bool,
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
            component: record.component.clone(),
            snapshot: record.snapshot,
            across: record.across.clone(),
            action: record.action,
            components: record.release.parts().collect(),
            order: record.order.clone(),
            latest: record.waits_until(),
            by_person: record.by_person,
            own: record.keyed.is_some(),
            again: record.again,
            allow_older: record.allow_older,
            through_hold: record.through_hold,
            accept_red: record.accept_red,
            preempt: record.preempt,
            may_lose: record.may_lose.clone(),
            supersede: record.supersede,
            asks: record.asks(),
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
            latest: Time(u64::MAX),
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

/// The decision about a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It takes the lock.
    Take,
    /// It waits for its turn.
    Wait,
    /// It waits for this moment, and stands in nobody's way until then.
    WaitUntil(Time),
    /// It waits, and the owner of the lock is stopped and recovered first.
    Preempt(LockHolder),
    /// Something else has taken its place, or is about to, for all of its components.
    Superseded(Replaced),
    /// It is refused. The findings name everything that stands in its way.
    Reject(Vec<Finding>),
}

/// A deployment that takes the place of a release, which is superseded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The deployment that brought it, or waits to.
    pub by: DeploymentId,
    /// The way in which it took the place.
    pub how: Supersession,
}

/// The way in which a release came to be superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supersession {
    /// A deployment that was asked for later waits to bring all of its components.
    Waits,
    /// A newer release was here (rule 6), whether or not it still runs.
    Newer,
    /// It was live itself and was replaced since: by a newer release, a rollback, an `accept`.
    Since,
}

/// The decision about a release and the deployment that holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overtakes {
    /// It waits in the queue.
    Waits,
    /// The other one is stopped and undone first.
    Stops,
    /// It is refused, because the other one is newer.
    Older,
}
