//! Steps: a step is the ledger's item of one component's change within one deployment.
//!
//! The step item is written at `Prepare`, before anything changes (rule 2). After that only the function that changes
//! the component writes it, and an undo that asks for it once more ([`super::looked_again`]).

use crate::declaration::output::Output;
use crate::declaration::plan::KindName;
use crate::declaration::resolved::Place;
use crate::declaration::tenancy::Claim;
use crate::deployment::accept_look::AcceptLook;
pub use crate::deployment::progress::Progress;
use crate::release::artifact::Artifact;
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::stays_reachable::StaysReachable;
use crate::release::withdrawal::WithdrawnFiles;
use crate::text::count::is_zero;
use crate::text::fault::Fault;
use crate::text::finding::Finding;
use crate::text::foreign;
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use crate::text::prose::{self, Prose};
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One component's part in a deployment.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The deployment.
    pub deployment: DeploymentId,
    /// The application: with the environment it names the lock that fences this step.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// Its kind.
    pub kind: KindName,
    /// The place of its target.
    pub place: Place,
    /// Its target, as the kind writes it; null until it is looked at, if a component of an earlier wave makes it.
    pub target: Value,
    /// The component's claims at the deployment (tenancy). A component that is declared elsewhere since then claims
    /// something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// The state before, as it was observed at `Prepare` and is recorded. It is a goal to come back to, and what
    /// callers got. Undo converges towards it. Null as long as the target is.
    pub before: Value,
    /// The outputs that other components give to it, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<Output, String>,
    /// The components that give names of its target. None of them is undone while this one is not back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stands_on: BTreeSet<ComponentName>,
    /// The targets of other components that its change touches, but for what they own of them: by the resources of
    /// their claims.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub touches: BTreeSet<String>,
    /// The components of this deployment that touch its target so. What is seen of it when it is looked at behind them
    /// is their doing, and nobody else's.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub touched_by: BTreeSet<ComponentName>,
    /// True if one of them comes before its own change: what is seen of the target before that is their doing as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub touched_first: bool,
    /// The wave in which it is looked at behind those of them that come after its own change; absent if none does.
    pub behind: Option<u32>,
    /// The attempt at which its undo was asked for once more, because one of them was undone after it; absent if it was
    /// not.
    pub again: Option<u64>,
    /// All bytes that it has once it is changed, if the release brings only a part of them.
    pub artifact: Option<Artifact>,
    /// The wanted state per wave number; null until it is planned, if that needs an output of an earlier wave.
    pub goals: BTreeMap<u32, Value>,
    /// True if a component of this deployment has made its target, which nobody could look at before. Once that one is
    /// undone, the target may be gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_made: bool,
    /// True if nothing that came before may run once it has begun: no undo goes on then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The fence's second half: each invocation claims the next attempt.
    pub attempt: u64,
    /// The switching call that may be under way.
    pub open: Option<OpenCall>,
    /// Its status.
    pub status: StepStatus,
    /// The last wave whose goal it went for; absent before the first change.
    pub wave: Option<u32>,
    /// The last wave that was begun, and the time at which it was.
    pub entered: Option<(u32, Time)>,
    /// Each change that was made, oldest first.
    #[serde(default)]
    pub changes: Vec<ChangeRecord>,
    /// The state that was seen last, recorded in the same way as `before`.
    pub seen: Option<Value>,
    /// The state that callers of the target surely have: since the last change that this deployment made and that was
    /// confirmed, or before somebody else was seen to have changed it. Absent if it is not known for sure.
    pub confirmed: Option<Value>,
    /// The states that callers may have instead of the one that was seen last: one for each switching change since then
    /// whose answer did not come. Null if the kind cannot know it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Value>,
    /// The lock's token under which its undo began last. With it, the undo decides whether what it found is taken as it
    /// was.
    pub undone_under: Option<u64>,
    /// True if an operator had looked before that: it goes back over whatever is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub goes_over: bool,
    /// How often in a row the condition of a switching change did not hold, in the direction in which it goes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
    /// The same as `seen` in words, such as `40 at 100 %`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub shown: Option<String>,
    /// The share of callers, in percent, that got something else than before when the target was last seen; absent if
    /// the target does not show it.
    pub share: Option<u32>,
    /// The values that the goal which was reached last gives to others, by name, such as the `version` of a function
    /// that gates invoke.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, String>,
    /// The reason why nothing runs the goal that was reached last, in words, such as a service that wants no task.
    pub idle: Option<String>,
    /// The reason for which the target waits, such as how many of the wanted tasks run, with what somebody has to do,
    /// if anything; absent if it does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "prose::maybe_in_one_line")]
    pub waits_for: Option<Prose>,
    /// The pause or deployment of AWS's that asks people for a decision, by its id, if the target waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "foreign::maybe")]
    pub asks_people: Option<String>,
    /// The observation that was made when an operator accepted what is there; absent if none has.
    pub looked: Option<AcceptLook>,
    /// The reason why it failed on the way to a goal.
    pub failure: Option<StepFailure>,
    /// The reason why it could not be brought back.
    pub undo_failure: Option<StepFailure>,
    /// The files that a withdrawal takes away.
    #[serde(default, skip_serializing_if = "WithdrawnFiles::is_empty")]
    pub withdraws: WithdrawnFiles,
    /// The files of an undone release that stay reachable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays_reachable: Vec<StaysReachable>,
    /// Warnings that do not stop the deployment, such as an invalidation that failed.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The progress of additive work that takes several invocations.
    pub progress: Option<Progress>,
    /// Milliseconds that functions worked on this step.
    #[serde(default)]
    pub worked_ms: u64,
    /// Invocations on this step.
    #[serde(default)]
    pub invocations: u64,
}

impl Step {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Makes a step that is planned, of which nothing more is known yet.
    pub fn planned(
        deployment: DeploymentId,
        app: AppName,
        environment: EnvironmentName,
        component: ComponentName,
        kind: KindName,
    ) -> Self {
        Self {
            deployment,
            app,
            environment,
            component,
            kind,
            place: Place::default(),
            target: Value::Null,
            claims: Vec::new(),
            before: Value::Null,
            inputs: BTreeMap::new(),
            stands_on: BTreeSet::new(),
            touches: BTreeSet::new(),
            touched_by: BTreeSet::new(),
            touched_first: false,
            behind: None,
            again: None,
            artifact: None,
            goals: BTreeMap::new(),
            is_made: false,
            irreversible: false,
            attempt: 0,
            open: None,
            status: StepStatus::Planned,
            wave: None,
            entered: None,
            changes: Vec::new(),
            seen: None,
            confirmed: None,
            unanswered: Vec::new(),
            undone_under: None,
            goes_over: false,
            refused: 0,
            shown: None,
            share: None,
            outputs: BTreeMap::new(),
            idle: None,
            waits_for: None,
            asks_people: None,
            looked: None,
            failure: None,
            undo_failure: None,
            withdraws: WithdrawnFiles::new(),
            stays_reachable: Vec::new(),
            warnings: Vec::new(),
            progress: None,
            worked_ms: 0,
            invocations: 0,
        }
    }

    /// Returns whether the planning has looked at its target. One that was not looked at was not changed either.
    pub fn is_looked_at(&self) -> bool {
        !self.target.is_null()
    }

    /// Returns whether this deployment may have changed anything that callers of the target can notice.
    pub fn has_switched(&self) -> bool {
        self.changes.iter().any(|change| change.switching)
    }

    /// Returns whether this deployment may have published something, which callers of the target do not notice.
    pub fn has_published(&self) -> bool {
        self.progress.is_some()
    }

    /// Returns whether an undo may have something to take away: what was published, what its withdrawal has begun, or
    /// what was made only to plan.
    pub fn clears_back(&self) -> bool {
        let has_begun = !self.withdraws.is_empty() && !self.changes.is_empty();
        let is_made_to_plan = self.is_looked_at() && !self.kind.made_to_plan().is_empty();
        self.has_published() || has_begun || is_made_to_plan
    }

    /// Returns whether an undo has anything to do here: something may have changed, or is to be taken away.
    pub fn needs_undo(&self) -> bool {
        let clears = self.status == StepStatus::Planned && self.clears_back();
        self.status.may_have_changed() || clears
    }

    /// Returns the time from which every look at its target shows each of its switching changes; `None` if there is
    /// none.
    pub fn shown_from(&self) -> Option<Time> {
        let switching = self.changes.iter().filter(|change| change.switching);
        // A call that may take longer than usual is open for as much longer.
        let open = self.open.iter().map(|open| open.not_after.plus_s(OPEN_CALL_GRACE_S).plus_ms(SEEN_AFTER_MS));
        switching.map(ChangeRecord::shown_from).chain(open).max()
    }

    /// Returns whether the goal of the last wave that it took part in was seen, and was not taken back since.
    pub fn was_reached(&self) -> bool {
        self.status == StepStatus::Changed && self.seen.is_some()
    }
}

/// The status of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Nothing has been done.
    Planned,
    /// It is on its way to a wave's goal; the target may have changed.
    Changing,
    /// The goal of the last wave that it took part in is reached and was seen.
    Changed,
    /// It failed on the way to a goal.
    Failed,
    /// It is on its way back.
    Undoing,
    /// The state before was seen.
    Undone,
    /// It could not be brought back.
    UndoFailed,
}

impl StepStatus {
    /// Returns whether an undo has anything to do here.
    pub fn may_have_changed(self) -> bool {
        !matches!(self, Self::Planned | Self::Undone)
    }
}

/// A switching call that was recorded before it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenCall {
    /// The call in words, for a person. The record of the change, which is written with it, has its value.
    #[serde(deserialize_with = "foreign::one")]
    pub what: String,
    /// The time after which no send starts. The next invocation waits until 5 seconds later, because a call that was
    /// sent may still take effect until then.
    pub not_after: Time,
}

/// The seconds from now to `not_after`, except for a change that may take longer than usual.
pub const OPEN_CALL_S: u64 = 15;

/// The seconds after `not_after` in which a call that was sent may still take effect.
pub const OPEN_CALL_GRACE_S: u64 = 5;

/// The milliseconds after which every look at a target shows a change of it: as long as an open call is waited for.
pub const SEEN_AFTER_MS: u64 = (OPEN_CALL_S + OPEN_CALL_GRACE_S) * 1000;

/// A change that was made.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRecord {
    /// The time at which its intent was recorded.
    pub at: Time,
    /// The change as its kind records it. The change is recognised by this alone. The condition on which it was sent,
    /// such as a RevisionId or an ETag, is no part of it.
    #[serde(default)]
    pub change: Value,
    /// The name that AWS gave to the thing that was made, such as the number of a published version, if no look at the
    /// target finds that again.
    pub made: Option<String>,
    /// The change in words, for a person, such as `alias live 41 → 42 at 10 %`. Nothing is decided by these words.
    #[serde(deserialize_with = "foreign::one")]
    pub what: String,
    /// True if its answer arrived.
    pub answered: bool,
    /// The time at which a switching change was answered, and had taken effect; absent if no answer came.
    pub answered_at: Option<Time>,
    /// The wave that it was made for; absent if it was part of the undo.
    pub wave: Option<u32>,
    /// True if it was part of the undo.
    pub undo: bool,
    /// True if callers of the target could notice it. A step without such a change has nothing to undo.
    #[serde(default)]
    pub switching: bool,
    /// The lock's token under which it was made. A recovery has another token, and may make the same change again. 0 if
    /// it was part of an undo that was asked for once more since.
    #[serde(default)]
    pub token: u64,
}

impl ChangeRecord {
    /// Returns the time from which every look at the target shows this switching change. A change that was not answered
    /// may have taken effect as late as it is waited for.
    pub fn shown_from(&self) -> Time {
        let waited_for = self.at.plus_ms(SEEN_AFTER_MS);
        self.answered_at.unwrap_or(waited_for).plus_ms(SEEN_AFTER_MS)
    }
}

/// The reason why a step failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepFailure {
    /// The target said no, or is in a state from which the goal cannot be reached.
    Finding(Finding),
    /// Something went wrong while doing.
    Fault(Fault),
}

impl StepFailure {
    /// Returns the same failure with its finding, where it has one, as the situation makes it.
    #[must_use]
    pub fn map(self, situation: impl FnOnce(Finding) -> Finding) -> Self {
        match self {
            Self::Finding(finding) => Self::Finding(situation(finding)),
            Self::Fault(fault) => Self::Fault(fault),
        }
    }
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
