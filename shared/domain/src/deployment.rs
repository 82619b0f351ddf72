//! Deployments. Their records say who asked for what and when, and how it ended.

pub mod accept;
pub mod accept_look;
mod accepted;
pub mod admission;
#[cfg(test)]
mod admission_scene;
pub mod drill;
mod ended;
pub mod event_name;
pub mod heal;
pub mod held_back;
pub mod hourly_look;
pub mod judgement;
pub mod looked_again;
pub mod overtaking;
pub mod progress;
pub mod redeploy_input;
pub mod refusal;
pub mod second_look;
pub mod steering;
pub mod step;

use crate::access::{AllowedBy, Approval, Asked, WAITS_MS};
use crate::declaration::document::Supersede;
use crate::deployment::steering::SteeringRecord;
use crate::environment::{PromotedFrom, Running};
use crate::release::action::ActionName;
use crate::release::cause_name::CauseName;
use crate::release::ending::Ending;
use crate::release::identity::{DeploymentId, EnvironmentId, Order};
use crate::release::may_lose::ResourceOf;
use crate::release::request::{ObjectRef, Requester};
use crate::release::withdrawal::Withdrawal;
use crate::release::{Part, Release};
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::time::Time;
pub use ended::{Cost, Ended, Resolved, Why};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The name of the cause of an undo for a rollback that somebody asked for.
pub const PREEMPTED: &str = CauseName::PreemptedByOperator.as_str();

/// The name of the cause of an undo that a newer release asked for.
pub const PREEMPTED_BY_DEPLOY: &str = CauseName::PreemptedByDeploy.as_str();

/// A deployment's record. Written by the conductor alone.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The action that was asked for: `deploy`, `rollback`, `drill`, `restore` or `withdraw`.
    pub action: ActionName,
    /// The number of the attempt, for an arrival: 1, and one more each time it came again after the one before had
    /// ended.
    pub attempt: u32,
    /// Its idempotency key, where it is a request of its own and no arrival.
    pub keyed: Option<Keyed>,
    /// The release, with only the components that it is to change.
    pub release: Release,
    /// The release's digest.
    pub release_digest: Digest,
    /// The digest of the recorded release of which it brings one component.
    pub part_of: Option<Digest>,
    /// `deploy`: the snapshot of another environment that it brings, as it was asked for.
    pub promoted_from: Option<PromotedFrom>,
    /// `deploy`: the snapshot of the environment before by which a rule has admitted it, at its last turn.
    pub verified_by: Option<PromotedFrom>,
    /// `rollback`, `drill`: the snapshot that it goes to.
    pub snapshot: Option<u64>,
    /// `rollback`: the irreversible components that it may go back across.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub across: BTreeSet<ComponentName>,
    /// `rollback`: the components that it takes back to the state in which they were found. No release has their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<ComponentName>,
    /// `deploy`, `rollback`, `restore`: the one component that a person has named; all of them if absent.
    pub component: Option<ComponentName>,
    /// `withdraw`: what is taken away.
    pub withdrawal: Option<Withdrawal>,
    /// `drill`: the drill whose way back it is. It is absent for the way there, which has the drill's own id.
    pub drill: Option<DeploymentId>,
    /// The deployment that was under way when somebody asked for this one, and that this one stopped: it is a rollback,
    /// or a release that overtakes.
    pub stops: Option<DeploymentId>,
    /// The version of the declaration under which it is deployed.
    #[schemars(with = "String")]
    pub declaration: semver::Version,
    /// True if the release has named that version: no other one takes its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_declaration: bool,
    /// The upload that asked for it, a manifest or a single artifact: its findings are written
    /// beside it.
    pub upload: Option<ObjectRef>,
    /// The person or service that asked for it.
    pub requester: Requester,
    /// The others who have asked for it before it had ended. They do not approve it either. Of those whom no
    /// access file knows it has 20 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_asked: Vec<Requester>,
    /// False if nobody vouches for the requester; else one of Windlass's own functions wrote it into the input, or the
    /// input named none, so that nobody is claimed. Absent if true, also where an older Windlass recorded it.
    #[serde(default = "crate::access::yes", skip_serializing_if = "Clone::clone")]
    pub vouched: bool,
    /// What let the requester in at its last turn; absent where no rules of operators were in force.
    pub allowed_by: Option<AllowedBy>,
    /// The reason that was given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// Its place in the order.
    pub order: Order,
    /// True if an older release may be deployed.
    pub allow_older: bool,
    /// True if red gates are accepted.
    pub accept_red: bool,
    /// True if it starts although deployments are held.
    #[serde(default)]
    pub through_hold: bool,
    /// True if a person wanted the deployment under way stopped and undone for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preempt: bool,
    /// The resources whose data it may lose.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub may_lose: BTreeSet<ResourceOf>,
    /// The declaration's rule for an older release that is under way.
    #[serde(default, skip_serializing_if = "Supersede::waits")]
    pub supersede: Supersede,
    /// True if it may be deployed again after an undo.
    pub again: bool,
    /// True if a person named the environment, in contrast to an arrival that a rule sent there, and to what Windlass
    /// asks for by itself.
    pub by_person: bool,
    /// The time at which it was accepted.
    pub accepted: Time,
    /// The executions that worked for it: the first one, then recoveries.
    pub executions: Vec<String>,
    /// The index in `executions` of the last one that Windlass did not start by itself: the deployment's own, or the
    /// recovery that an operator asked for last.
    #[serde(default)]
    pub asked_for: usize,
    /// The recoveries that somebody has asked for, in order: who, by which rule, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recovered_by: Vec<Resolved>,
    /// The time at which it got the lock.
    pub started: Option<Time>,
    /// Its status.
    pub status: Status,
    /// True if it had a place in the queue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waited: bool,
    /// The reason of its undo, once it is being undone.
    pub undoing: Option<Why>,
    /// True if a person stopped it before anything was known to be wrong with the release: by cancelling it, by a
    /// rollback, by a newer release, or in the console. Then it is not vetoed, and the same request does not bring it
    /// again by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// The turns of persons at the wheel while it watched, in order: paused, went on, skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wheel: Vec<SteeringRecord>,
    /// The approval of its plan, if it needs one, with everybody who has given it.
    pub approval: Option<Approval>,
    /// True if it had ended `NeedsOperator`, and a recovery took it up again. Its second ending is reported and is not
    /// counted, because its failure was counted before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub taken_up_again: bool,
    /// Its ending.
    pub ending: Option<Ended>,
}

impl Deployment {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Returns what the one who asked for it needs at its turn. What goes back is recorded with wishes that nobody had,
    /// but for data that may be lost.
    pub fn asked(&self) -> Asked<'_> {
        let wishes = self.again || self.allow_older || self.accept_red || self.through_hold || self.preempt;
        let wishes = (wishes && self.action == ActionName::Deploy) || !self.may_lose.is_empty();
        let asked =
            Asked::for_action((self.action, wishes, self.drill.is_some()), &self.requester, self.environment_id());
        Asked { starts: true, version: Some(&self.release.version), ..asked }
    }

    /// Returns where it comes from: the snapshot by which a rule has admitted it, or else the one that it brings.
    pub fn origin(&self) -> Option<&PromotedFrom> {
        self.verified_by.as_ref().or(self.promoted_from.as_ref())
    }

    /// Returns whether it asks for approval, and has not got it.
    pub fn asks(&self) -> bool {
        self.approval.as_ref().is_some_and(|approval| !approval.goes)
    }

    /// Returns the moment until which it waits at most: for approval, for a window, and for others after that.
    pub fn waits_until(&self) -> Time {
        self.accepted.plus_ms(WAITS_MS)
    }

    /// Returns how many recoveries Windlass started by itself for it since somebody last asked for an execution.
    pub fn recoveries(&self) -> usize {
        self.executions.len().saturating_sub(self.asked_for + 1)
    }

    /// Returns whether a person waits for it to bring back, or take away, what is known: a rollback, a withdrawal, or a
    /// restoring that a person started.
    pub fn is_awaited(&self) -> bool {
        match self.action {
            ActionName::Rollback | ActionName::Withdraw => true,
            ActionName::Restore => self.by_person,
            _ => false,
        }
    }

    /// Returns whether its gates decide. What a person waits for, and the way back of a drill, only record them: an
    /// undo of these would leave what nobody wants there.
    pub fn gates_decide(&self) -> bool {
        !self.is_awaited() && (self.action != ActionName::Drill || self.drill.is_none())
    }

    /// Returns whether it is for some components alone, and leaves all others as they are.
    pub fn is_narrow(&self) -> bool {
        let is_of_drift = self.action == ActionName::Restore && !self.by_person;
        is_of_drift || self.component.is_some() || self.withdrawal.is_some()
    }

    /// Returns whether it is a rollback that was refused. What it has done all the same, such as its hold, then stands
    /// before why it was refused.
    pub fn is_refused_rollback(&self) -> bool {
        let ended = self.ending.as_ref();
        self.action == ActionName::Rollback && ended.is_some_and(|ended| ended.ending == Ending::Rejected)
    }

    /// Returns the digests by which a veto is on it, each once: first that of what it brings, then that of the release
    /// that this is one component of. They are the same where the release has no other component.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        let whole = self.part_of.iter().filter(|whole| **whole != self.release_digest);
        std::iter::once(&self.release_digest).chain(whole)
    }

    /// Returns whether its version may have other bytes again, as far as it is concerned: it had its turn at once, and
    /// was refused then. It has changed nothing, and never goes on. One that was refused before its turn, because of a
    /// hold, say, stays recorded: its ending names the input that starts these bytes.
    pub fn gave_its_version_back(&self) -> bool {
        let ended = self.ending.as_ref();
        let had_its_turn_at_once = self.started.is_some() && !self.waited;
        had_its_turn_at_once && ended.is_some_and(|ended| ended.ending == Ending::Rejected)
    }

    /// Returns the drill that it belongs to.
    pub fn of_drill(&self) -> Option<&DeploymentId> {
        let is_drill = self.action == ActionName::Drill;
        is_drill.then(|| self.drill.as_ref().unwrap_or(&self.id))
    }

    /// Returns the components that it is for.
    pub fn components(&self) -> impl Iterator<Item = &ComponentName> {
        self.release.components.keys().chain(&self.found)
    }

    /// Returns the parts that it is for.
    pub fn parts(&self) -> Vec<Part> {
        let found = self.found.iter().cloned().map(Part::from);
        self.release.parts().chain(found).collect()
    }

    /// Returns whether the record of one of its components says that its own bytes run, or what was found.
    pub fn has(&self, name: &ComponentName, running: &Running) -> bool {
        match self.release.components.get(name) {
            Some(artifact) => running.has(artifact),
            None => self.found.contains(name) && running.is_as_found(),
        }
    }
}

/// The key by which a repeated request is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Keyed {
    /// The idempotency key. For a request that an operator starts at the console, it is its execution's ARN.
    pub key: String,
    /// The digest of the content of the request.
    pub content: Digest,
}

/// The status of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its turn.
    Waiting,
    /// It holds the lock and works.
    Running,
    /// A recovery works for it.
    Recovering,
    /// It has ended.
    Ended,
}

/// A refusal is listed for so many seconds: 90 days, as long as Step Functions keeps the execution (AWS Step Functions
/// Developer Guide, "Service quotas").
pub const REFUSED_FOR_S: u64 = 90 * 24 * 60 * 60;

/// A request that was refused before it could become a deployment, because Windlass could not make out its application,
/// environment or artifacts. It is kept so that the refusal is shown, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// The application.
    pub app: AppName,
    /// The environment, if it could be made out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The subject of the request, for a person: a key, an image, a version.
    #[serde(deserialize_with = "foreign::one")]
    pub about: String,
    /// The person or service that asked for it.
    pub requester: Requester,
    /// False if nobody is known to vouch for the requester; absent if true.
    #[serde(default = "crate::access::yes", skip_serializing_if = "Clone::clone")]
    pub vouched: bool,
    /// The execution that was refused.
    pub execution: String,
    /// The findings: what was wrong.
    pub findings: Vec<Finding>,
    /// The time of the refusal.
    pub at: Time,
}

#[cfg(test)]
#[path = "deployment_tests.rs"]
mod tests;
