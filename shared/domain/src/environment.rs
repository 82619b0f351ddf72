//! The ledger's items of an environment: lock, hold, marks, what runs, snapshots, vetoes.

use crate::access::{AllowedBy, FileVersions};
use crate::environment::kept::{Irreversible, Restored};
use crate::release::Part;
use crate::release::action::ActionName;
use crate::release::artifact::Artifact;
use crate::release::identity::{DeploymentId, Order};
use crate::release::withdrawal::WithdrawnFiles;
use crate::text::digest::Digest;
use crate::text::foreign::{self, Foreign};
use crate::text::name::ComponentName;
use crate::text::prose::Prose;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub mod drift;
pub mod irreversible;
pub mod kept;
mod promotion;
mod proof;
pub mod reach;
pub mod rollback;
mod running;
mod snapshot;

pub use kept::FormerState;
pub use promotion::{Lacking, PromotedFrom, Promotion, Together, not_verified};
pub use proof::{Doubts, Proof};
pub use running::{ACCEPTED, BEFORE_WINDLASS, FOUND, GivenVersion, Running, VersionNames};
pub use snapshot::{PartlyBack, Snapshot};

/// The lock of an environment (rule 4). The item is never deleted, because its token only grows.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lock {
    /// The fencing token. Every taking, taking over and freeing raises it: to the present time in milliseconds, or to
    /// one above the former token if that is more.
    pub token: u64,
    /// The holder; absent if nobody holds it.
    pub held: Option<LockHolder>,
    /// The time at which it was freed last.
    pub freed: Option<Time>,
    /// The release that failed last and was undone. It is kept until somebody has the lock again: a fix of it goes
    /// first.
    pub failed: Option<Failed>,
}

impl Lock {
    /// Raises the token: to the present time in milliseconds, or one above the former where that is
    /// more. So it also exceeds every token that was given before the ledger was restored from a
    /// backup, which the ledger cannot know any more.
    pub fn raise(&mut self, now: Time) {
        self.token = now.0.max(self.token + 1);
    }

    /// Returns the holder if it could not be undone: only an operator goes on then.
    pub fn stuck(&self) -> Option<&LockHolder> {
        let held = self.held.as_ref();
        held.filter(|held| held.state == HeldState::NeedsOperator)
    }

    /// Returns the holder if it is this deployment.
    pub fn held_for(&self, deployment: &DeploymentId) -> Option<&LockHolder> {
        let held = self.held.as_ref();
        held.filter(|held| held.deployment == *deployment)
    }

    /// Returns the holder if it is this deployment, and this execution works for it.
    pub fn held_by(&self, deployment: &DeploymentId, execution: &str) -> Option<&LockHolder> {
        let held = self.held_for(deployment);
        held.filter(|held| held.execution == execution)
    }

    /// Frees the lock. The token is raised, so that a call that still begins for the deployment that has ended finds
    /// its own token stale at once, and not only after the next one has taken the lock.
    pub fn free(&mut self, now: Time) {
        self.raise(now);
        self.held = None;
        self.freed = Some(now);
    }
}

/// A release that failed and was undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failed {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its place in the order.
    pub order: Order,
    /// The parts that it brought.
    pub components: Vec<Part>,
}

/// The holder of a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockHolder {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The action that was asked for: a rollback is never preempted by another rollback.
    pub action: ActionName,
    /// The execution that works for it: the deployment's first one, or a recovery.
    pub execution: String,
    /// The time since which this execution holds it.
    pub since: Time,
    /// Its state.
    pub state: HeldState,
    /// True if an operator asked for this recovery. An operator has looked at what is there, so the recovery may change
    /// what an undo failed upon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looked: bool,
}

/// The state of a held lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HeldState {
    /// A deployment is under way.
    Running,
    /// A recovery is under way.
    Recovering,
    /// Restoring failed: only an operator's `recover` or `accept` goes on.
    NeedsOperator,
}

/// The state of an environment, apart from its lock.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentState {
    /// The hold on automatic deployments.
    pub hold: Option<Hold>,
    /// The end of the last hold that somebody released: since when, why and by whom they go on.
    pub released: Option<Hold>,
    /// The order of the newest release of each component, or container of one, that was settled as succeeded, or that
    /// an operator accepted where it was brought (rule 6); see [`EnvironmentState::mark_of`].
    #[serde(default)]
    pub marks: BTreeMap<Part, Order>,
    /// The record of what runs of each component, as far as Windlass knows.
    #[serde(default)]
    pub running: BTreeMap<ComponentName, Running>,
    /// The state in which each component was found before Windlass changed it for the first time. It belongs to every
    /// snapshot that is older than that ([`Snapshot::with_found`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub found: BTreeMap<ComponentName, Running>,
    /// The number of the snapshot that describes what runs; 0 before the first.
    #[serde(default)]
    pub snapshot: u64,
    /// The highest snapshot number ever given.
    #[serde(default)]
    pub last_snapshot: u64,
    /// The last run of each component that is irreversible.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub irreversible: Irreversible,
    /// The components that were renamed here, or handed over to here, with what they were in each snapshot that is
    /// older than a number; see [`Snapshot::with_found`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: BTreeMap<ComponentName, BTreeMap<u64, FormerState>>,
    /// The folders in which kinds keep a component's data beside the ledger, if their names are not the components'. A
    /// component that was moved keeps its own folder, and a new component with its former name begins another one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub homes: BTreeMap<ComponentName, String>,
    /// The files that were withdrawn of each site: no release, and no way back, brings them again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub withdrawn: BTreeMap<ComponentName, WithdrawnFiles>,
    /// The restores of the last day, by [`crate::deployment::heal`]; none from before a hold was released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restored: Vec<Restored>,
}

impl EnvironmentState {
    /// Returns whether all of these run, as far as Windlass knows. The targets say whether it is so.
    pub fn runs(&self, components: &BTreeMap<ComponentName, Artifact>) -> bool {
        let is_there = |(name, artifact): (&ComponentName, &Artifact)| {
            let running = self.running.get(name);
            running.is_some_and(|running| running.has(artifact))
        };
        !components.is_empty() && components.iter().all(is_there)
    }

    /// Returns the order of the newest release of a part that was settled here. For a container it is the container's
    /// own, or else that of its whole component, which took one image then. For a component it is the newest of the
    /// component or of any of its containers.
    pub fn mark_of(&self, part: &Part) -> Option<&Order> {
        let whole = || self.marks.get(&part.component.clone().into());
        if part.container.is_some() {
            return self.marks.get(part).or_else(whole);
        }
        let marks = self.marks.iter().filter(|(marked, _)| part.covers(marked));
        let marks = marks.map(|(_, mark)| mark);
        marks.reduce(|newest, mark| if mark.is_newer_than(newest) { mark } else { newest })
    }

    /// Records that nothing older than this goes to a part any more (rule 6). A newer mark stays, unless somebody
    /// allowed an older release.
    pub fn mark(&mut self, part: &Part, order: &Order, allow_older: bool) {
        let newer = self.mark_of(part);
        if allow_older || newer.is_none_or(|mark| !mark.is_newer_than(order)) {
            self.marks.retain(|marked, _| !part.covers(marked));
            self.marks.insert(part.clone(), order.clone());
        }
    }

    /// Returns whether the record of a component is that of what runs.
    pub fn runs_as(&self, component: &ComponentName, ran: &Running) -> bool {
        self.running.get(component).is_some_and(|running| ran.is_same(running))
    }

    /// Records the state in which a component was found, unless Windlass has changed it before.
    pub fn find(&mut self, component: &ComponentName, found: Running) {
        if !self.running.contains_key(component) {
            self.found.entry(component.clone()).or_insert(found);
        }
    }
}

/// A hold on automatic deployments: since when, why and by whom they are held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hold {
    /// The time at which it was set.
    pub since: Time,
    /// The reason.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
    /// The person or service that set it.
    #[serde(deserialize_with = "foreign::one")]
    pub by: String,
    /// What let them do that; absent where no rules of operators were in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<AllowedBy>,
    /// The holds that others have set since, oldest first; each has no others of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Self>,
}

/// The bytes of a hold in words from which on no other reason is added, so that what ends it stands behind them all.
const MANY_REASONS: usize = 4_000;

impl Hold {
    /// Joins another hold to it. The other's reason is added, unless it is there already.
    pub fn join(&mut self, other: &Self) {
        let is_known = self.each().any(|one| one.reason == other.reason);
        if !is_known && self.in_words().len() < MANY_REASONS {
            self.also.push(other.clone());
        }
    }

    /// Returns each reason for which they are held, with who gave it and when, oldest first.
    pub fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.also)
    }

    /// Says since when, by whom and why, in words.
    pub fn in_words(&self) -> String {
        self.in_words_of(str::to_owned)
    }

    /// Says the same with other words for each person.
    pub fn in_words_of(&self, person: impl Fn(&str) -> String) -> String {
        let words = |one: &Self| {
            let behind = AllowedBy::behind(one.allowed_by.as_ref());
            format!("since {} by {}{behind}: {}", one.since, person(&one.by), Foreign(&one.reason))
        };
        self.each().map(words).collect::<Vec<_>>().join("; and ")
    }
}

/// A deployment that waits for its turn.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The parts it is for.
    pub components: Vec<Part>,
    /// Its place in the order.
    pub order: Order,
    /// True if an operator asked for it: operators go first.
    pub operator: bool,
    /// True if it has stopped the deployment under way, or a person asked for that: then it goes before other releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first: bool,
    /// True if a hold does not stop it.
    #[serde(default)]
    pub through_hold: bool,
    /// True if it asks for approval. Until it has it, it stops nobody, goes before nobody, and is superseded by a newer
    /// release alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
    /// The time at which it began to wait for its turn.
    pub since: Time,
    /// The moment at which it is to be looked at again, where it waits for one, and not for another deployment. It
    /// stands in nobody's way until then.
    pub until: Option<Time>,
    /// The versions of the access files that its `AwaitTurn` saw last. If it waits for a moment, the schedule wakes it
    /// where others are in force.
    #[serde(default)]
    pub ruled_by: FileVersions,
    /// The task token that came last; absent until `AwaitTurn` has begun.
    pub task_token: Option<String>,
    /// The task tokens before that, oldest first. An invocation of `AwaitTurn` that comes late brings a token by which
    /// nobody waits any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_task_tokens: Vec<String>,
}

/// The number of task tokens that are kept beside the last one: more than a state is retried.
const FORMER_TOKENS: usize = 16;

/// The milliseconds for which it waits for other deployments at most: a day, of which less may be left where it has
/// waited for approval or a moment. `AwaitTurn` ends a minute later, so that no difference between clocks makes it two
/// days.
pub const TURN_MS: u64 = 24 * 3600 * 1000;

impl Waiting {
    /// Returns whether the schedule wakes it now, where the lock is free or not. One that waits for a moment is woken
    /// when it has come; any other, where nobody else's end does, or once it has waited for too long.
    pub fn is_due(&self, is_free: bool, latest: Time, now: Time) -> bool {
        self.until.map_or(is_free, |until| until <= now) || self.is_too_long(latest, now)
    }

    /// Returns whether it has waited for other deployments for as long as is allowed: for a day, and until `latest` at
    /// most.
    pub fn is_too_long(&self, latest: Time, now: Time) -> bool {
        self.until.is_none() && now >= latest.min(self.since.plus_ms(TURN_MS))
    }

    /// Keeps a task token that `AwaitTurn` was given.
    pub fn keep(&mut self, token: &str) {
        let former = self.task_token.replace(token.to_owned());
        self.former_task_tokens.extend(former.filter(|former| former != token));
        let spare = self.former_task_tokens.len().saturating_sub(FORMER_TOKENS);
        self.former_task_tokens.drain(..spare);
    }

    /// Returns the task tokens, the last one first. One of them wakes it.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let former = self.former_task_tokens.iter().rev();
        self.task_token.iter().chain(former).map(String::as_str)
    }
}

/// A release that was undone here and is not deployed again unless asked (rule 8).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Veto {
    /// The release's digest.
    pub release: Digest,
    /// The release's version.
    #[serde(deserialize_with = "foreign::one")]
    pub version: String,
    /// The first deployment whose undo vetoed it.
    pub deployment: DeploymentId,
    /// All deployments that failed of it, and that nothing has brought in since. It stands as long as there is one. An
    /// older Windlass recorded the first alone.
    #[serde(default)]
    pub by: BTreeSet<DeploymentId>,
    /// The time of the veto.
    pub since: Time,
    /// The sentence that says why.
    pub cause: Prose,
}

/// The last fate of a release in an environment, if it decides about the release's next arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PastRelease {
    /// The release's digest.
    pub release: Digest,
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its manifest's `sequence`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The fate.
    pub became: ReleaseFate,
    /// The time of it.
    pub at: Time,
}

/// The fate of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseFate {
    /// It was live. If it does not run now, it was replaced, and no arrival brings it back.
    Live,
    /// A person stopped it. No arrival undoes that.
    Stopped,
}

#[cfg(test)]
#[path = "environment_tests.rs"]
mod tests;
