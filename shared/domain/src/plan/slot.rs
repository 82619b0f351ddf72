//! One place in the order of a plan: the stages that begin together, and the looks that divide their time.

use super::{Candidate, PlannedChange, Stage, Wave};

/// The most seconds between two looks of several components that are one wave: the earlier one waits for the later one.
const NEAR_S: u64 = 300;

/// The stages that begin together.
pub(super) struct Slot<'a> {
    bake_s: u64,
    ahead: bool,
    begun: Vec<(&'a Candidate, &'a Stage)>,
    looks: Vec<Look<'a>>,
}

/// A look at what a component's stage has begun.
struct Look<'a> {
    /// The seconds after that stage at which it begins.
    at_s: u64,
    of: &'a Candidate,
    stage: &'a Stage,
}

impl<'a> Slot<'a> {
    /// Makes a slot that is watched for so many seconds at least.
    pub(super) const fn watched(bake_s: u64) -> Self {
        Self { bake_s, ahead: false, begun: vec![], looks: vec![] }
    }

    /// Takes a stage with the looks that divide its time. If a rollout says how long a stage is watched, that counts;
    /// another stage is watched for `between_s`. Of several stages, the longest time counts.
    pub(super) fn take(&mut self, of: &'a Candidate, group: &'a [Stage], between_s: u64) {
        let mut at_s = 0;
        for (nth, stage) in group.iter().enumerate() {
            if nth == 0 {
                self.ahead = stage.ahead;
                self.begun.push((of, stage));
            } else {
                self.looks.push(Look { at_s, of, stage });
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
fn rounds(mut looks: Vec<Look<'_>>) -> Vec<Vec<Look<'_>>> {
    looks.sort_by_key(|look| look.at_s);
    let mut rounds: Vec<Vec<Look<'_>>> = vec![];
    for look in looks {
        let fits = |round: &&mut Vec<Look<'_>>| {
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
fn begin(round: &[Look<'_>]) -> u64 {
    round.iter().map(|look| look.at_s).max().unwrap_or(0)
}

fn change(of: &Candidate, stage: &Stage) -> PlannedChange {
    PlannedChange {
        component: of.component.clone(),
        kind: of.kind,
        what: stage.what.clone(),
        later: stage.later.clone(),
        tested: stage.tested,
        closing: stage.closing,
        timing: stage.timing.clone(),
    }
}

#[cfg(test)]
#[path = "slot_tests.rs"]
mod tests;
