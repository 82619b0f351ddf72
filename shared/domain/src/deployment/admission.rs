//! Admission decides whether a deployment starts, waits, or is refused. Pure.
//!
//! It does not look at the targets. A deployment that is admitted looks at them before it claims anything.

use crate::access::Closed;
use crate::deployment::drill::turn;
use crate::deployment::overtaking::{goes_before, irreversible, overtakes, rollback};
use crate::deployment::refusal::findings;
use crate::environment::{HeldState, ReleaseFate, Waiting};
use crate::release::Part;
use crate::release::action::ActionName;
use crate::text::time::Time;

mod candidate;
mod facts;

pub use candidate::{Candidate, Decision, Overrides, Overtakes, Replaced, Supersession};
pub use facts::{AdmissionFacts, Obstacle, RunningDeployment, stuck};

/// Decides. It is called at the arrival and again at every wake-up, always on what the ledger says then.
pub fn decide(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Decision {
    if candidate.action == ActionName::Drill {
        return turn(candidate, facts);
    }
    let mut obstacles = obstacles(candidate, facts);
    // A release that runs already replaces nothing. The targets say later whether it runs in fact.
    let by_past_or_order = if candidate.action == ActionName::Deploy && !facts.runs {
        by_past(candidate, facts).or_else(|| by_order(candidate, facts))
    } else {
        None
    };
    match by_past_or_order {
        Some(Replacing::Superseded(replaced)) if obstacles.is_empty() => return Decision::Superseded(replaced),
        Some(Replacing::Refused(older)) => obstacles.extend(older),
        _ => {}
    }
    if obstacles.is_empty() {
        return match opens(candidate, facts) {
            Some(until) => newer(candidate, facts).map_or(Decision::WaitUntil(until), Decision::Superseded),
            None => by_lock(candidate, facts),
        };
    }
    Decision::Reject(findings(candidate, &obstacles, wishes(candidate, facts)))
}

/// Returns the wishes without which a person's request for the same release would be refused now, or would end
/// superseded.
pub fn wishes(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Overrides {
    let mut wishes = Overrides::default();
    if candidate.action != ActionName::Deploy {
        return wishes;
    }
    let asked = candidate.of_a_person();
    for obstacle in obstacles(&asked, facts) {
        match obstacle {
            Obstacle::Held(_) | Obstacle::Closed(_) => wishes.through_hold = true,
            Obstacle::Vetoed(_) => wishes.again = true,
            _ => {}
        }
    }
    let asked = asked.wishing(wishes);
    let is_older = !facts.runs && by_order(&asked, facts).is_some();
    wishes.allow_older = is_older || matches!(by_lock(&asked, facts), Decision::Superseded(_));
    wishes
}

/// Returns the closed windows or the freeze that a candidate does not pass.
fn closed<'a>(candidate: &Candidate, facts: &AdmissionFacts<'a>) -> Option<&'a Closed> {
    facts.closed.filter(|_| candidate.action == ActionName::Deploy && !candidate.through_hold)
}

/// Returns the moment that a candidate waits for; `None` if it waits for none. One that still asks for approval is not
/// about to start: the clock decides on it once it is approved.
fn opens(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Option<Time> {
    closed(candidate, facts).filter(|_| !candidate.asks)?.waits_until(candidate.latest)
}

/// Returns the obstacles that do not depend on the order. Those that no wish passes come first.
fn obstacles<'a>(candidate: &Candidate, facts: &AdmissionFacts<'a>) -> Vec<Obstacle<'a>> {
    let mut all: Vec<Obstacle<'a>> = stuck(candidate, facts).into_iter().collect();
    all.extend(rollback(candidate, facts));
    all.extend(irreversible(candidate, facts));
    if candidate.action == ActionName::Deploy {
        if let Some(hold) = &facts.state.hold
            && !candidate.through_hold
        {
            all.push(Obstacle::Held(hold));
        }
        let refuses = |closed: &&Closed| !candidate.asks && closed.waits_until(candidate.latest).is_none();
        all.extend(closed(candidate, facts).filter(refuses).map(Obstacle::Closed));
        if let Some(veto) = facts.veto
            && !candidate.again
        {
            all.push(Obstacle::Vetoed(veto));
        }
        if let Some(past) = facts.past
            && past.became == ReleaseFate::Stopped
            && !(candidate.own || candidate.again || facts.runs)
        {
            all.push(Obstacle::Stopped(past));
        }
    }
    all
}

/// The consequence of an earlier release for an arrival.
enum Replacing<'a> {
    Superseded(Replaced),
    Refused(Vec<Obstacle<'a>>),
}

/// Rule 6: a late arrival never replaces a newer release.
fn by_order<'a>(candidate: &'a Candidate, facts: &AdmissionFacts<'a>) -> Option<Replacing<'a>> {
    if candidate.allow_older {
        return None;
    }
    let newer: Vec<_> = candidate
        .components
        .iter()
        .filter_map(|component| {
            let mark = facts.state.mark_of(component)?;
            let is_newer = mark.is_newer_than(&candidate.order) && !mark.is_same_arrival(&candidate.order);
            is_newer.then_some((component, mark))
        })
        .collect();
    let (_, mark) = newer.first()?;
    // A person is refused. A deployment that was accepted and then overtaken while it waited for its turn is
    // superseded, whoever asked for it.
    let waits = facts.waits(candidate);
    let wants_just_this = candidate.own && candidate.by_person;
    if newer.len() == candidate.components.len() && (waits || !wants_just_this) {
        let (by, how) = (mark.id.clone(), Supersession::Newer);
        return Some(Replacing::Superseded(Replaced { by, how }));
    }
    let older = newer.iter().map(|(component, mark)| Obstacle::Older(component, &mark.id));
    Some(Replacing::Refused(older.collect()))
}

/// An arrival does not bring back a release that was live and was replaced: whoever replaced it wanted something else
/// here. A person does bring it back, by a request of their own. So does a later run of CI, which the manifest's
/// `sequence` shows (rule 6).
fn by_past<'a>(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Option<Replacing<'a>> {
    // A drill has replaced it for a while, and brings it back.
    let is_drilled = facts.drill.is_some();
    let past = facts.past.filter(|past| past.became == ReleaseFate::Live && !is_drilled)?;
    let is_later_run = past.sequence.zip(candidate.order.sequence).is_some_and(|(then, now)| now > then);
    if candidate.own || candidate.again || candidate.allow_older || is_later_run {
        return None;
    }
    let brought = |part: &Part| {
        let running = facts.state.running.get(&part.component);
        running.map(|running| &running.names_of(part.container.as_deref()).brought.deployment)
    };
    let mut there = candidate.components.iter().filter_map(brought);
    let by = there.clone().find(|by| **by != past.deployment).or_else(|| there.next()).unwrap_or(&past.deployment);
    let (by, how) = (by.clone(), Supersession::Since);
    Some(Replacing::Superseded(Replaced { by, how }))
}

/// Returns the newer release that waits, and brings all of a candidate's parts. One that is held takes the place of
/// none that goes; of two that wait for the same moment the newer one goes.
fn newer(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Option<Replaced> {
    if candidate.action == ActionName::Rollback || candidate.allow_older {
        return None;
    }
    let by_the_clock = facts.closed.is_some() && closed(candidate, facts).is_none();
    let is_held = |other: &Waiting| (facts.state.hold.is_some() || by_the_clock) && !other.through_hold;
    let mut others = facts.waiting.iter().filter(|waiting| waiting.deployment != candidate.id);
    let covering = others.find(|other| {
        // One that asks for approval takes the place of those alone that ask as well.
        !other.operator
            && (candidate.asks || !other.asks)
            && !is_held(other)
            && other.order.is_newer_than(&candidate.order)
            && candidate.components.iter().all(|part| other.components.iter().any(|it| it.covers(part)))
    });
    covering.map(|other| Replaced { by: other.deployment.clone(), how: Supersession::Waits })
}

fn by_lock(candidate: &Candidate, facts: &AdmissionFacts<'_>) -> Decision {
    let operator = candidate.action == ActionName::Rollback;
    if let Some(newer) = newer(candidate, facts) {
        return Decision::Superseded(newer);
    }
    // Whom the clock holds, or nobody has approved, would only wait on.
    let goes = |other: &&Waiting| !other.asks && (facts.closed.is_none() || other.through_hold || other.operator);
    let mut others = facts.waiting.iter().filter(|waiting| waiting.deployment != candidate.id).filter(goes);
    match &facts.lock.held {
        Some(held) if operator && held.action != ActionName::Rollback && held.state == HeldState::Running => {
            Decision::Preempt(held.clone())
        }
        Some(held) => match overtakes(candidate, held, facts) {
            Overtakes::Waits => Decision::Wait,
            Overtakes::Stops => Decision::Preempt(held.clone()),
            Overtakes::Older => {
                let (older, wishes) = (Obstacle::OlderThanUnderWay(held), candidate.wishes());
                Decision::Reject(findings(candidate, &[older], wishes))
            }
        },
        // Between the two ways of a drill.
        None if !operator && facts.drill.is_some() => Decision::Wait,
        None if others.any(|other| goes_before(other, candidate, facts.lock)) => Decision::Wait,
        None => Decision::Take,
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
