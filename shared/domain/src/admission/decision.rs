//! The decisions about a candidate.

use crate::environment::LockHolder;
use crate::finding::Finding;
use crate::identity::DeploymentId;

/// The decision about a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It takes the lock.
    Take,
    /// It waits for its turn.
    Wait,
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
