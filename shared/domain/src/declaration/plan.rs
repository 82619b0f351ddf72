//! Plans: waves of changes, made of the stages of each component's rollout.
//!
//! A plan leaves nothing for the deployers to choose. Canary steps, linear steps, `after` and "all together" are only
//! different waves: a component has one stage per step of its rollout, and each stage has a place in one wave. A
//! version that is published ahead of a switch, to be tried before callers get it, is a stage too, in a wave in which
//! nothing is switched.

use crate::declaration::kinds::Spec;
use crate::declaration::kinds::rollout::Rollout;
use crate::declaration::name_text::Given;
use crate::declaration::output::Output;
use crate::release::stays_reachable::StaysReachable;
use crate::text::count::{agree, count, is_zero};
use crate::text::finding::{Finding, FindingName};
use crate::text::foreign;
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

mod detail;
mod order;
mod slot;

pub use crate::declaration::kinds::KindName;
pub use detail::{ChangeDetail, DetailAction, MOST_DETAILS};
pub use order::{Cycle, Watch, plan};
pub use slot::together;

/// The plan of a deployment, wave by wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The outcome of the planning. It decides where the deployment goes from here.
    pub outcome: PlanOutcome,
    /// The waves, in order; empty unless the outcome is `change`.
    pub waves: Vec<Wave>,
    /// Components that are not changed, each with its reason.
    pub unchanged: Vec<Unchanged>,
    /// The findings for which it is rejected; empty unless the outcome is `rejected`.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The findings that do not stop the deployment.
    pub warnings: Vec<Finding>,
    /// The files of sites that are no longer part of their site and stay reachable, per component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays_reachable: Vec<StaysReachable>,
    /// The outputs that stand in addresses of gates, as their components gave them when it was planned. One that
    /// changes gives its new ones later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: Given,
}

impl Plan {
    /// Makes the plan with this outcome that has nothing else yet.
    pub const fn empty(outcome: PlanOutcome) -> Self {
        Self {
            outcome,
            waves: Vec::new(),
            unchanged: Vec::new(),
            findings: Vec::new(),
            warnings: Vec::new(),
            stays_reachable: Vec::new(),
            given: Given::new(),
        }
    }

    /// Returns the paths of what was not there yet when it was planned, gates among them.
    pub fn not_looked_at(&self) -> BTreeSet<String> {
        let warned = self.warnings.iter().filter(|warning| warning.name == FindingName::NotLookedAt);
        warned.map(|warning| warning.path.clone()).collect()
    }
}

/// The outcome of the planning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Outcome")]
pub enum PlanOutcome {
    /// There is something to change.
    Change,
    /// Everything that is wanted runs already: the deployment ends `NothingToDo`.
    NothingToDo,
    /// It must not go on: the deployment ends `Rejected` with the plan's findings.
    Rejected,
}

/// Components that are changed together, then judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Wave {
    /// The changes, all made in parallel.
    pub changes: Vec<PlannedChange>,
    /// The time for which it is watched before it is judged as passed, in seconds.
    pub bake_s: u64,
    /// True if its changes are only published, ahead of the next wave's switch. Callers notice nothing. So only gates
    /// that see what is published judge it: invocations, and pages that are shown before the switch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ahead: bool,
    /// True if it only looks at what an earlier wave has begun, and goes on with that wave's watch: nothing new is
    /// changed for callers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub look: bool,
}

/// One component's change within a wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedChange {
    /// The component.
    pub component: ComponentName,
    /// Its kind.
    pub kind: KindName,
    /// The change in words, for a person, such as `alias live to 10 % of sha256:ab12…`.
    #[serde(deserialize_with = "foreign::one")]
    pub what: String,
    /// The outputs of earlier waves that it waits for: only then can it be planned in full. That is done before
    /// anything of this wave changes. None if all of it is planned.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub later: BTreeSet<Output>,
    /// True if only test traffic gets what it brings, until the component's next change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tested: bool,
    /// True if it only waits until AWS has ended an earlier change, or looks whether another component has touched what
    /// is there: callers get nothing new of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closing: bool,
    /// The behaviour of AWS while the change is watched; absent if AWS does nothing by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// The fate of each resource of a component that is made of many: what is lost or replaced comes first. At most
    /// 200.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<ChangeDetail>,
    /// The number of details that are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub details_left: u32,
}

/// The behaviour of AWS while a component stays at a stage that it has reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// It goes on by itself. This service of AWS times it, and Windlass has no pause there.
    GoesOn(String),
    /// It waits for Windlass, for so many seconds at most. Then AWS takes it back.
    Waits(u64),
}

/// A component that is not changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unchanged {
    /// The component.
    pub component: ComponentName,
    /// The reason, for a person: it runs the wanted bytes already, or the release does not name it.
    #[serde(deserialize_with = "foreign::one")]
    pub reason: String,
    /// True if a rollback leaves it as it is, whatever was recorded of it then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stays: bool,
    /// True if it is irreversible, and was run already with what the release brings: the release comes after that run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub irreversible: bool,
    /// The number of files of a site that only what ran or only what is wanted has. All others are the same, and these
    /// stay there either way, because a page that is open or a rollback may need them. Absent if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_files: Option<usize>,
}

impl Unchanged {
    /// Makes the one of a component that runs what it is to run, for a reason.
    pub fn new(component: &ComponentName, reason: impl Into<String>) -> Self {
        let (component, reason) = (component.clone(), reason.into());
        Self { component, reason, stays: false, irreversible: false, kept_files: None }
    }

    /// Returns the reason in words, with the files by which alone what ran differs from what is wanted.
    pub fn in_words(&self) -> String {
        let reason = &self.reason;
        let Some(files) = self.kept_files else { return reason.clone() };
        let (files, stay) = (count(files, "file"), agree(files, "stays", "stay"));
        format!("{reason}; what ran differs only by {files}, which {stay} there")
    }
}

/// A component as the planning sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentInPlan {
    /// The component.
    pub component: ComponentName,
    /// Its kind.
    pub kind: KindName,
    /// The components that must have finished before it starts. Names that are not among the candidates are ignored.
    pub after: BTreeSet<ComponentName>,
    /// The steps of its rollout, in order; empty if nothing is to be changed. Such a component still hands on the order
    /// of those it comes after.
    pub stages: Vec<RolloutStage>,
    /// The places of the stages that callers notice, counted from its first; one after the other if empty.
    pub offsets: Vec<usize>,
}

/// One step of a component's rollout.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolloutStage {
    /// The change in words, for a person.
    pub what: String,
    /// The time for which it is watched, in seconds, if the component's rollout gives one.
    pub bake_s: Option<u64>,
    /// True if it is only published, ahead of the component's first switch.
    pub ahead: bool,
    /// True if it only waits until AWS has ended the component's rollout, or looks behind those that touch its target:
    /// after all others, in the last wave.
    pub closing: bool,
    /// True if it only looks at what the stage before it has begun: it has no place of its own in the order, and
    /// divides that stage's time.
    pub look: bool,
    /// True if only test traffic gets what it brings, until the next stage.
    pub tested: bool,
    /// The share of callers that get the new version then, in tenths of a percent, if they get it in steps.
    pub share: Option<u32>,
    /// The outputs of earlier waves that it needs to be planned.
    pub later: BTreeSet<Output>,
    /// The behaviour of AWS while the stage is watched; absent if AWS does nothing by itself.
    pub timing: Option<Timing>,
    /// The fate of each resource of a component that is made of many.
    pub details: Vec<ChangeDetail>,
}

/// All callers, in tenths of a percent.
const ALL: u32 = 1000;

/// Returns the steps in which callers get the new version, in tenths of a percent, rising; the last is all of them.
/// Empty if they get it at once.
pub fn shares(of_stages: impl Iterator<Item = Option<u32>>) -> Vec<u32> {
    let shares = of_stages.flatten();
    let shares: BTreeSet<u32> = shares.filter(|share| *share > 0).collect();
    let is_in_steps = shares.first().is_some_and(|first| *first < ALL);
    if is_in_steps { shares.into_iter().collect() } else { vec![] }
}

impl PlannedChange {
    /// Returns its details, a line each, and the number of those that are left out.
    pub fn details_in_words(&self) -> Vec<String> {
        let listed = self.details.iter().map(ChangeDetail::line);
        let left = (self.details_left > 0).then(|| format!("and {} more", self.details_left));
        listed.chain(left).collect()
    }
}

impl Wave {
    /// Returns whether some of it can be planned only once the waves before it have changed.
    pub fn is_planned_later(&self) -> bool {
        self.changes.iter().any(|change| !change.later.is_empty())
    }
}

impl ComponentInPlan {
    /// Returns its stages, each with the looks that divide its time.
    fn groups(&self) -> impl Iterator<Item = &[RolloutStage]> {
        self.stages.chunk_by(|_, next| next.look)
    }

    /// Returns the stages that callers notice, without looks.
    fn switching(&self) -> impl Iterator<Item = &RolloutStage> {
        let firsts = self.groups().filter_map(<[RolloutStage]>::first);
        firsts.filter(|stage| !stage.ahead && !stage.closing)
    }

    /// Returns the steps in which callers get it; see [`shares`].
    pub fn shares(&self) -> Vec<u32> {
        shares(self.stages.iter().map(|stage| stage.share))
    }

    /// Returns the place of its n-th stage that callers notice, counted from its first.
    fn place(&self, nth: usize) -> usize {
        self.offsets.get(nth).copied().unwrap_or(nth)
    }

    /// Returns the number of places that these stages take.
    fn switches(&self) -> usize {
        let last = self.switching().count().checked_sub(1);
        last.map_or(0, |last| self.place(last) + 1)
    }
}

/// Returns the waves that a component takes part in, in the order of its stages.
pub fn waves_of(waves: &[Wave], component: &ComponentName) -> Vec<u32> {
    (0..)
        .zip(waves)
        .filter(|(_, wave)| wave.changes.iter().any(|c| &c.component == component))
        .map(|(number, _)| number)
        .collect()
}

/// Returns the latest change of each component up to a wave, with the number of its wave.
pub fn latest_changes(waves: &[Wave], wave: u32) -> BTreeMap<&ComponentName, (u32, &PlannedChange)> {
    let so_far = (0..=wave).zip(waves);
    let changes = so_far.flat_map(|(number, wave)| {
        let changes = wave.changes.iter();
        changes.map(move |change| (&change.component, (number, change)))
    });
    changes.collect()
}

/// Returns whether only test traffic gets what a component brings in this wave.
pub fn is_tested(waves: &[Wave], component: &ComponentName, wave: u32) -> bool {
    let so_far = waves.iter().take(wave as usize + 1);
    let mut changes = so_far.rev().flat_map(|wave| &wave.changes);
    let last = changes.find(|change| change.component == *component);
    last.is_some_and(|change| change.tested)
}

/// Returns whether all has changed by this wave: those behind it only look, or wait until AWS has ended a change.
pub fn is_all_changed(waves: &[Wave], wave: u32) -> bool {
    let mut behind = waves.iter().skip(wave as usize + 1);
    behind.all(|wave| wave.look || wave.changes.iter().all(|change| change.closing))
}

/// Returns for how many seconds the release is watched from the wave with which a component's n-th stage is reached,
/// until its next one begins, or all is over.
pub fn watched_at(waves: &[Wave], component: &ComponentName, nth: usize) -> u64 {
    let own = waves_of(waves, component);
    let Some(reached) = own.get(nth) else { return 0 };
    let next = own.get(nth + 1).copied().unwrap_or(u32::MAX);
    let watched = (0..).zip(waves);
    let watched = watched.filter(|(number, _)| (*reached..next).contains(number));
    watched.map(|(_, wave)| wave.bake_s).sum()
}

/// Returns the candidates in the opposite order: a component that came after others now comes before them. A rollback
/// goes this way, like an undo, because a component may need what it was deployed after.
pub fn reversed(candidates: Vec<ComponentInPlan>) -> Vec<ComponentInPlan> {
    let mut after: BTreeMap<ComponentName, BTreeSet<ComponentName>> = BTreeMap::new();
    for candidate in &candidates {
        for earlier in &candidate.after {
            after.entry(earlier.clone()).or_default().insert(candidate.component.clone());
        }
    }
    candidates
        .into_iter()
        .map(|candidate| ComponentInPlan { after: after.remove(&candidate.component).unwrap_or_default(), ..candidate })
        .collect()
}

impl Spec {
    /// Returns the stages of its rollout, as the engine plans them.
    pub fn stages(&self) -> Vec<RolloutStage> {
        let stage = |bake_s, ahead| RolloutStage { bake_s, ahead, ..RolloutStage::default() };
        let kind = self.as_kind();
        let mut stages = Vec::new();
        stages.extend(kind.is_tried_ahead().then(|| stage(None, true)));
        if let Some(Rollout { steps, every }) = kind.rollout() {
            stages.extend(steps.iter().map(|_| stage(Some(every.as_s()), false)));
        }
        stages.push(stage(None, false));
        stages.extend(kind.is_ended_by_aws().then(|| RolloutStage { closing: true, ..stage(None, false) }));
        stages
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
