//! Decides whether a deployment of a drill starts, and whether a release waits for a drill.

use crate::deployment::admission::{
    AdmissionFacts, Candidate, Decision, Obstacle, Overrides, Overtakes, Replaced, RunningDeployment, Supersession,
    stuck,
};
use crate::deployment::drill::{Drill, DrillDirection};
use crate::deployment::refusal::findings;
use crate::environment::{HeldState, LockHolder};
use crate::release::identity::DeploymentId;

/// Decides about a deployment of a drill. None of them waits. The first starts only if nothing else is under way or
/// waits, the second only if what the first has brought still runs.
pub fn turn(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Decision {
    let drill = facts.drill;
    match drill.and_then(|drill| Some((drill, drill.direction(&candidate.id)?))) {
        Some((drill, DrillDirection::Back)) => back(drill, facts),
        _ => there(candidate, facts),
    }
}

fn there(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Decision {
    let mut obstacles: Vec<Obstacle<'_>> = stuck(candidate, facts).into_iter().collect();
    obstacles.extend(facts.state.hold.as_ref().map(Obstacle::Held));
    obstacles.extend(facts.closed.map(Obstacle::Closed));
    if obstacles.is_empty() {
        let held = facts.lock.held.as_ref().map(|held| &held.deployment);
        let waiting = facts.waiting.iter().filter(|waiting| !waiting.asks);
        let mut waiting = waiting.map(|waiting| &waiting.deployment);
        obstacles.extend(held.or_else(|| waiting.next()).map(Obstacle::NotIdle));
    }
    if obstacles.is_empty() {
        return Decision::Take;
    }
    Decision::Reject(findings(candidate, &obstacles, Overrides::default()))
}

fn back(drill: &Drill, facts: &AdmissionFacts<'_>) -> Decision {
    let superseded = |by: &DeploymentId| {
        let (by, how) = (by.clone(), Supersession::Since);
        Decision::Superseded(Replaced { by, how })
    };
    if let Some(held) = &facts.lock.held {
        return superseded(&held.deployment);
    }
    if drill.arrived() == Some(facts.state.snapshot) {
        return Decision::Take;
    }
    let mut running = facts.state.running.values();
    let newest = running.next().map(|first| {
        running.fold(first, |newest, one| if one.names.now.since > newest.names.now.since { one } else { newest })
    });
    superseded(newest.map_or(&drill.id, |newest| &newest.names.now.deployment))
}

/// Decides whether the deployment of a drill that holds the lock gives way to a release. On the way there it is stopped
/// and undone, which is the shortest way to what ran before. On the way back it is the shortest way itself.
pub fn gives_way(held: &LockHolder, facts: &AdmissionFacts<'_>) -> Overtakes {
    let direction = facts.drill.and_then(|drill| drill.direction(&held.deployment));
    let is_there = direction == Some(DrillDirection::There) && held.state == HeldState::Running;
    if is_there && facts.under_way.is_none_or(RunningDeployment::may_be_stopped) {
        Overtakes::Stops
    } else {
        Overtakes::Waits
    }
}

#[cfg(test)]
#[path = "turn_tests.rs"]
mod tests;
