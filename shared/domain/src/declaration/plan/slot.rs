//! One place in the order of a plan: the stages that begin together, the looks that divide their time, and components
//! whose callers get the new version in the same steps.

// Looks at what AWS shifts have no place of their own in the order: with one, a canary of an hour of a function and
// of a service took two hours. They divide the time of one place. To look within `Bake` would give the judge the
// permissions of every kind.

use crate::declaration::plan::detail::cut;
use crate::declaration::plan::{ComponentInPlan, PlannedChange, RolloutStage, Wave};
use crate::text::name::ComponentName;
use std::collections::{BTreeMap, BTreeSet};

/// The most seconds between two looks of several components that are one wave: the earlier one waits for the later one.
const NEAR_S: u64 = 300;

/// The stages that begin together.
pub(super) struct Slot<'a> {
    bake_s: u64,
    ahead: bool,
    begun: Vec<(&'a ComponentInPlan, &'a RolloutStage)>,
    looks: Vec<StageLook<'a>>,
}

/// A look at what a component's stage has begun.
struct StageLook<'a> {
    /// The seconds after that stage at which it begins.
    at_s: u64,
    of: &'a ComponentInPlan,
    stage: &'a RolloutStage,
}

impl<'a> Slot<'a> {
    /// Makes a slot that is watched for so many seconds at least.
    pub(super) const fn watched(bake_s: u64) -> Self {
        Self { bake_s, ahead: false, begun: vec![], looks: vec![] }
    }

    /// Takes a stage with the looks that divide its time. If a rollout says how long a stage is watched, that counts;
    /// another stage is watched for `between_s`. Of several stages, the longest time counts.
    pub(super) fn take(&mut self, of: &'a ComponentInPlan, group: &'a [RolloutStage], between_s: u64) {
        let mut at_s = 0;
        for (nth, stage) in group.iter().enumerate() {
            if nth == 0 {
                self.ahead = stage.ahead;
                self.begun.push((of, stage));
            } else {
                self.looks.push(StageLook { at_s, of, stage });
            }
            let silent_s = if stage.ahead { 0 } else { between_s };
            at_s += stage.bake_s.unwrap_or(silent_s);
        }
        self.bake_s = self.bake_s.max(at_s);
    }

    /// Returns its waves: the first changes everything, and the others look at what that has begun. The last one takes
    /// what is left of the time.
    pub(super) fn waves(mut self) -> Vec<Wave> {
        let rounds = rounds(std::mem::take(&mut self.looks));
        let begins = rounds.iter().map(|round| begin(round));
        let begins: Vec<u64> = std::iter::once(0).chain(begins).collect();
        let ends = begins[1..].iter().chain([&self.bake_s]);
        let bakes = begins.iter().zip(ends).map(|(begin, end)| end - begin);
        let begun = self.begun.iter().map(|(of, stage)| change(of, stage));
        let looked = rounds.iter().map(|round| {
            let looks = round.iter().map(|look| change(look.of, look.stage));
            looks.collect::<Vec<_>>()
        });
        let changes = std::iter::once(begun.collect()).chain(looked);
        let waves = changes.zip(bakes).enumerate();
        let wave = |(nth, (changes, bake_s))| Wave { changes, bake_s, ahead: self.ahead, look: nth > 0 };
        waves.map(wave).collect()
    }
}

/// Returns the looks that are one wave each, in their order. Those of one component stay apart.
fn rounds(mut looks: Vec<StageLook<'_>>) -> Vec<Vec<StageLook<'_>>> {
    looks.sort_by_key(|look| look.at_s);
    let mut rounds: Vec<Vec<StageLook<'_>>> = vec![];
    for look in looks {
        let fits = |round: &&mut Vec<StageLook<'_>>| {
            let is_near = look.at_s - round[0].at_s < NEAR_S;
            is_near && round.iter().all(|it| it.of.component != look.of.component)
        };
        match rounds.last_mut().filter(fits) {
            Some(round) => round.push(look),
            None => rounds.push(vec![look]),
        }
    }
    rounds
}

/// Returns the time at which a round begins: that of the latest of its looks.
fn begin(round: &[StageLook<'_>]) -> u64 {
    round.iter().map(|look| look.at_s).max().unwrap_or(0)
}

fn change(of: &ComponentInPlan, stage: &RolloutStage) -> PlannedChange {
    let mut details = stage.details.clone();
    let details_left = cut(&mut details);
    PlannedChange {
        component: of.component.clone(),
        kind: of.kind,
        what: stage.what.clone(),
        later: stage.later.clone(),
        tested: stage.tested,
        closing: stage.closing,
        timing: stage.timing.clone(),
        details,
        details_left,
    }
}

/// Puts the stages of all candidates that go in steps side by side. Each reaches a step in the place in which the
/// others reach it, and none goes on before all have been judged there. They begin together, after all that any of them
/// comes after. Their steps must be the same.
pub fn together(mut candidates: Vec<ComponentInPlan>) -> Vec<ComponentInPlan> {
    let in_steps = candidates.iter().filter(|one| !one.shares().is_empty());
    let names: BTreeSet<ComponentName> = in_steps.clone().map(|one| one.component.clone()).collect();
    let after = in_steps.clone().flat_map(|one| &one.after);
    let after: BTreeSet<ComponentName> = after.filter(|name| !names.contains(*name)).cloned().collect();
    let firsts = places(in_steps);
    for candidate in candidates.iter_mut().filter(|one| names.contains(&one.component)) {
        candidate.after.clone_from(&after);
        let counted = counted(candidate).into_iter();
        candidate.offsets = counted.map(|(share, nth)| firsts[&share] + nth).collect();
    }
    candidates
}

/// Returns the place in which each step begins: as many places before it as any of them needs.
fn places<'c>(candidates: impl Iterator<Item = &'c ComponentInPlan>) -> BTreeMap<u32, usize> {
    let mut widths: BTreeMap<u32, usize> = BTreeMap::new();
    for (share, nth) in candidates.flat_map(counted) {
        let width = widths.entry(share).or_default();
        *width = (*width).max(nth + 1);
    }
    let mut next = 0;
    for width in widths.values_mut() {
        next += std::mem::replace(width, next);
    }
    widths
}

/// Returns the step that each stage belongs to, and how many of its stages come before it there. A stage without a
/// share belongs to the step of the one before.
fn counted(candidate: &ComponentInPlan) -> Vec<(u32, usize)> {
    let mut now = (0, 0);
    let mut counted: Vec<(u32, usize)> = vec![];
    for stage in candidate.switching() {
        let share = stage.share.unwrap_or(now.0);
        let is_first = counted.is_empty() || share != now.0;
        now = (share, if is_first { 0 } else { now.1 + 1 });
        counted.push(now);
    }
    counted
}

#[cfg(test)]
#[path = "waves_together_tests.rs"]
mod tests_of_waves_together;

#[cfg(test)]
#[path = "slot_tests.rs"]
mod tests;
