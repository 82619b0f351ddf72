//! Components whose callers get the new version in the same steps, at the same time.

use super::Candidate;
use crate::name::ComponentName;
use std::collections::{BTreeMap, BTreeSet};

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

/// Puts the stages of all candidates that go in steps side by side. Each reaches a step in the place in which the
/// others reach it, and none goes on before all have been judged there. They begin together, after all that any of them
/// comes after. Their steps must be the same.
pub fn together(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
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
fn places<'c>(candidates: impl Iterator<Item = &'c Candidate>) -> BTreeMap<u32, usize> {
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
fn counted(candidate: &Candidate) -> Vec<(u32, usize)> {
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
mod tests;
