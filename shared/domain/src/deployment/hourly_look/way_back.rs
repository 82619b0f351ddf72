//! The knowledge about the way back of an environment: whether the snapshot can be reached to which a rollback goes
//! that names none. A check looks at it, once a day and after a deployment; the hourly look asks for the check, and
//! reads its result at the next look. Pure.

// The planner looks, by a check, because the role of `recovery` reads no bytes. Once a day, because registries
// expire images within a day, and an execution each hour would fill the list of executions. Only what is certain is
// gone.

use crate::environment::reach::{Reach, SnapshotReach, instead};
use crate::prose;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::prose::Prose;
use crate::text::time::Time;
use serde::{Deserialize, Serialize};

/// The seconds after which a check is asked for again: a day, because a registry expires images within 24 hours of
/// when its lifecycle policy says so (Amazon ECR User Guide, "Automate the cleanup of images by using lifecycle
/// policies in Amazon ECR").
const CHECKED_EVERY_S: u64 = 24 * 60 * 60;

/// The number of the snapshot that the first release makes. No snapshot that passed is older.
const FIRST_THAT_PASSED: u64 = 2;

/// The most findings that an event lists of a snapshot.
const MOST_LISTED: usize = 4;

/// The knowledge about the way back.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WayBack {
    /// The check that was asked for; absent once its result was read.
    pub check: Option<DeploymentId>,
    /// The time at which the last check was asked for.
    pub asked: Time,
    /// The number of the snapshot that ran then.
    pub present: u64,
    /// The number of the snapshot that ran when the last check was asked for that was read; absent before the first.
    pub concluded: Option<u64>,
    /// The result of that check; absent before the first, and where a rollback goes to no snapshot.
    pub reach: Option<Reach>,
    /// The snapshot that was found gone. It stays until a check sees that a rollback goes to one that is there, or to
    /// none.
    pub lost: Option<LostSnapshot>,
}

/// A snapshot to which a rollback goes that names none, and which can no longer be reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LostSnapshot {
    /// The snapshot, with what is gone.
    pub seen: SnapshotReach,
    /// The number of the snapshot that ran when it was found gone.
    #[serde(default)]
    pub present: u64,
    /// The next step of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Prose>,
}

impl WayBack {
    /// Returns whether a check is to be asked for. `present` is the number of the snapshot that runs. Where a
    /// deployment came before the result of the last one was read, the next is due a day after it: so an environment
    /// that is deployed more often than it is looked at has one check a day, and not one at each look.
    pub fn is_due(known: Option<&Self>, present: u64, now: Time) -> bool {
        let is_old = |known: &Self| {
            let is_read_of_another = known.check.is_none() && known.present != present;
            is_read_of_another || known.asked.plus_s(CHECKED_EVERY_S) <= now
        };
        present > FIRST_THAT_PASSED && known.is_none_or(is_old)
    }

    /// Returns the knowledge once a check was asked for. The result of the one before stays known until then.
    pub fn asked(former: Option<Self>, check: DeploymentId, present: u64, now: Time) -> Self {
        let known = former.map(|former| (former.concluded, former.reach, former.lost));
        let (concluded, reach, lost) = known.unwrap_or_default();
        Self { check: Some(check), asked: now, present, concluded, reach, lost }
    }

    /// Returns the reach of the snapshot to which a rollback goes that names none, as far as a check has seen it since
    /// this snapshot runs: another one has another way back.
    pub fn reach_from(&self, present: u64) -> Option<Reach> {
        self.reach.filter(|_| self.concluded == Some(present))
    }

    /// Returns the same snapshot, where it was found gone since this one runs.
    pub fn lost_from(&self, present: u64) -> Option<&SnapshotReach> {
        self.lost.as_ref().filter(|lost| lost.present == present).map(|lost| &lost.seen)
    }

    /// Returns the check whose result is to be read, unless another snapshot runs since.
    pub fn awaited(&self, present: u64) -> Option<&DeploymentId> {
        self.check.as_ref().filter(|_| self.present == present)
    }

    /// Records the snapshots that the check has looked at; `None` if it came to no result, which says nothing of them.
    pub fn conclude(&mut self, of: EnvironmentId<'_>, found: Option<&[SnapshotReach]>) {
        self.check = None;
        self.concluded = Some(self.present);
        let Some(all) = found else {
            self.reach = Some(Reach::Unknown);
            return;
        };
        let next = all.iter().find(|one| one.next);
        self.reach = next.map(|next| next.reach);
        match (next, self.reach) {
            (Some(next), Some(Reach::Gone)) => {
                let (seen, instead) = (next.clone(), instead(of, all));
                self.lost = Some(LostSnapshot { seen, present: self.present, instead });
            }
            (Some(_), Some(Reach::Unknown | Reach::Refused)) => {}
            _ => self.lost = None,
        }
    }

    /// Says for a person that the snapshot to which a rollback goes can no longer be reached; `None` where it can, and
    /// where that was reported.
    pub fn lost_since(&self, before: Option<&Self>, of: EnvironmentId<'_>) -> Option<Prose> {
        let lost = self.lost.as_ref()?;
        let known = before.and_then(|before| before.lost.as_ref());
        if known.is_some_and(|known| known.seen.snapshot == lost.seen.snapshot) {
            return None;
        }
        let mut lines = vec![prose!("{} {} has LOST its way back. {}", of.app(), of.environment(), lost.seen.line())];
        let gone = lost.seen.findings.iter().take(MOST_LISTED);
        lines.extend(gone.map(|finding| prose!("  {}: {}", &finding.path, &finding.reason)));
        lines.extend(lost.instead.clone().map(|instead| prose!("  {}", Prose::next(instead))));
        Some(Prose::join(lines, "\n"))
    }

    /// Says that a rollback goes to a snapshot that can be reached, or to none, after it could not be reached.
    pub fn found_since(&self, before: Option<&Self>, of: EnvironmentId<'_>) -> Option<Prose> {
        let was_lost = before.is_some_and(|before| before.lost.is_some());
        if !was_lost || self.lost.is_some() {
            return None;
        }
        let (app, environment) = (of.app(), of.environment());
        Some(match self.reach {
            Some(_) => prose!("{} {} has its way back again: a rollback can go to its snapshot.", app, environment),
            None => prose!("A rollback of {} {} goes to no snapshot any more, so that none is lost.", app, environment),
        })
    }
}

#[cfg(test)]
#[path = "way_back_tests.rs"]
mod tests;
