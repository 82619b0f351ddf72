//! Admission decides whether a deployment starts, waits, or is refused. Pure.
//!
//! It does not look at the targets. A deployment that is admitted looks at them before it claims anything.

use crate::deployment::Deployment;
use crate::drill::{self, Drill};
use crate::environment::{
    Became, EnvironmentState, Held, HeldState, Hold, Lock, Past, Veto, Waiting,
};
use crate::finding::Finding;
use crate::identity::{DeploymentId, EnvironmentId};
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::order::Order;
use crate::overtaking::{
    Overtakes, Supersede, UnderWay, goes_before, irreversible, overtakes, rollback,
};
use crate::part::Part;
use crate::refusal::findings;
use crate::request::ActionName;
use crate::time::Time;

/// A deployment that asks for admission.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The deployment.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The version of its release. A person starts the release by it.
    pub version: String,
    /// `deploy`, `rollback` or `drill`.
    pub action: ActionName,
    /// The parts it is for.
    pub components: Vec<Part>,
    /// Its place in the order.
    pub order: Order,
    /// True if a person named the environment, in contrast to an arrival that a rule sent there.
    pub by_person: bool,
    /// True if it is a request of its own, in contrast to an arrival: somebody wants just this, now.
    pub own: bool,
    /// True if the release may be deployed again after an undo.
    pub again: bool,
    /// True if an older release may be deployed.
    pub allow_older: bool,
    /// True if it may be deployed while automatic deployments are held.
    pub through_hold: bool,
    /// True if gates that are red before anything has changed do not stop it. Admission does not use it; the input that
    /// a person is told to start with keeps it.
    pub accept_red: bool,
    /// True if a person wants the deployment under way stopped for it.
    pub preempt: bool,
    /// The declaration's rule for an older release that is under way.
    pub supersede: Supersede,
    /// The deployment that it has stopped.
    pub stops: Option<DeploymentId>,
}

impl Candidate {
    /// The environment that it is of.
    pub fn environment_id(&self) -> EnvironmentId<'_> {
        EnvironmentId::new(&self.app, &self.environment)
    }

    /// Makes a candidate of a deployment's record.
    pub fn of(record: &Deployment) -> Self {
        Self {
            id: record.id.clone(),
            app: record.app.clone(),
            environment: record.environment.clone(),
            version: record.release.version.clone(),
            action: record.action,
            components: record.release.parts().collect(),
            order: record.order.clone(),
            by_person: record.by_person,
            own: record.keyed.is_some(),
            again: record.again,
            allow_older: record.allow_older,
            through_hold: record.through_hold,
            accept_red: record.accept_red,
            preempt: record.preempt,
            supersede: record.supersede,
            stops: record.stops.clone(),
        }
    }

    /// Returns its wishes.
    fn wishes(&self) -> Wishes {
        Wishes {
            again: self.again,
            allow_older: self.allow_older,
            through_hold: self.through_hold,
        }
    }

    /// Returns whether it has its turn before those that overtake nobody.
    pub fn goes_first(&self) -> bool {
        self.preempt || self.stops.is_some()
    }

    /// Returns the same release as a person asks for it, with a request of their own, later than everything that is
    /// there.
    #[must_use]
    pub fn of_a_person(&self) -> Self {
        let id = DeploymentId(String::new());
        Self {
            order: Order {
                accepted: Time(u64::MAX),
                id: id.clone(),
                ..self.order.clone()
            },
            id,
            by_person: true,
            own: true,
            ..self.clone().wishing(Wishes::default())
        }
    }

    /// Returns the same candidate with these wishes alone.
    fn wishing(self, wishes: Wishes) -> Self {
        Self {
            again: wishes.again,
            allow_older: wishes.allow_older,
            through_hold: wishes.through_hold,
            ..self
        }
    }
}

/// The wishes of a request: without them it would be refused. Each needs a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wishes {
    /// True if it may pass a veto, or a person's stop.
    pub again: bool,
    /// True if it may pass a newer release.
    pub allow_older: bool,
    /// True if it may pass a hold.
    pub through_hold: bool,
}

/// The ledger's facts about the environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// The environment's hold, its marks, and what runs.
    pub state: &'a EnvironmentState,
    /// The deployments that wait, the candidate itself included if it does.
    pub waiting: &'a [Waiting],
    /// The veto on the candidate's release, if any.
    pub veto: Option<&'a Veto>,
    /// The last fate of the candidate's release, if it matters.
    pub past: Option<&'a Past>,
    /// True if the candidate's release runs, as far as the state says ([`EnvironmentState::runs`]).
    pub runs: bool,
    /// The deployment that holds the lock, where the candidate may overtake it.
    pub under_way: Option<&'a UnderWay>,
    /// The drill that is under way.
    pub drill: Option<&'a Drill>,
}

impl Facts<'_> {
    /// Returns whether the candidate waits already.
    pub fn waits(&self, candidate: &Candidate) -> bool {
        let mut waiting = self.waiting.iter();
        waiting.any(|waiting| waiting.deployment == candidate.id)
    }
}

/// The decision about a candidate.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It takes the lock.
    Take,
    /// It waits for its turn.
    Wait,
    /// It waits, and the owner of the lock is stopped and recovered first.
    Preempt(Held),
    /// Something else has taken its place, or is about to, for all of its components.
    Superseded(Replaced),
    /// It is refused. The findings name everything that stands in its way.
    Reject(Vec<Finding>),
}

/// An obstacle to a candidate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Obstacle<'a> {
    /// A deployment that could not be undone holds the lock: no wish passes it.
    NeedsOperator(&'a Held),
    /// Automatic deployments are held.
    Held(&'a Hold),
    /// The release failed here.
    Vetoed(&'a Veto),
    /// A person stopped the release here.
    Stopped(&'a Past),
    /// A newer release of this part was brought by this deployment.
    Older(&'a Part, &'a DeploymentId),
    /// A newer release than the one that is to overtake it is under way.
    OlderThanUnderWay(&'a Held),
    /// A rollback is under way, which no release overtakes.
    RollbackUnderWay(&'a Held),
    /// The release under way has begun these, which are irreversible: stopped, it would bring nothing back.
    Irreversible(&'a Held, &'a [ComponentName]),
    /// A drill is to begin, and this deployment is under way, or waits.
    NotIdle(&'a DeploymentId),
}

/// A deployment that takes the place of a release, which is superseded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The deployment that brought it, or waits to.
    pub by: DeploymentId,
    /// The way in which it took the place.
    pub how: How,
}

/// The way in which a release came to be superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A deployment that was asked for later waits to bring all of its components.
    Waits,
    /// A newer release was here (rule 6), whether or not it still runs.
    Newer,
    /// It was live itself and was replaced since: by a newer release, a rollback, an `accept`.
    Since,
}

/// Decides. It is called at the arrival and again at every wake-up, always on what the ledger says then.
pub fn decide(candidate: &Candidate, facts: &Facts<'_>) -> Decision {
    if candidate.action == ActionName::Drill {
        return drill::turn(candidate, facts);
    }
    let mut obstacles = obstacles(candidate, facts);
    // A release that runs already replaces nothing. The targets say later whether it runs in fact.
    let by_past_or_order = if candidate.action == ActionName::Deploy && !facts.runs {
        by_past(candidate, facts).or_else(|| by_order(candidate, facts))
    } else {
        None
    };
    match by_past_or_order {
        Some(Replacing::Superseded(replaced)) if obstacles.is_empty() => {
            return Decision::Superseded(replaced);
        }
        Some(Replacing::Refused(older)) => obstacles.extend(older),
        _ => {}
    }
    if obstacles.is_empty() {
        return by_lock(candidate, facts);
    }
    Decision::Reject(findings(candidate, &obstacles, wishes(candidate, facts)))
}

/// Returns the wishes without which a person's request for the same release would be refused now, or would end
/// superseded.
pub fn wishes(candidate: &Candidate, facts: &Facts<'_>) -> Wishes {
    let mut wishes = Wishes::default();
    if candidate.action != ActionName::Deploy {
        return wishes;
    }
    let asked = candidate.of_a_person();
    for obstacle in obstacles(&asked, facts) {
        match obstacle {
            Obstacle::Held(_) => wishes.through_hold = true,
            Obstacle::Vetoed(_) => wishes.again = true,
            _ => {}
        }
    }
    let asked = asked.wishing(wishes);
    let is_older = !facts.runs && by_order(&asked, facts).is_some();
    wishes.allow_older = is_older || matches!(by_lock(&asked, facts), Decision::Superseded(_));
    wishes
}

/// Returns the obstacles that do not depend on the order. Those that no wish passes come first.
fn obstacles<'a>(candidate: &Candidate, facts: &Facts<'a>) -> Vec<Obstacle<'a>> {
    let mut all: Vec<Obstacle<'a>> = stuck(candidate, facts).into_iter().collect();
    all.extend(rollback(candidate, facts));
    all.extend(irreversible(candidate, facts));
    if candidate.action == ActionName::Deploy {
        if let Some(hold) = &facts.state.hold
            && !candidate.through_hold
        {
            all.push(Obstacle::Held(hold));
        }
        if let Some(veto) = facts.veto
            && !candidate.again
        {
            all.push(Obstacle::Vetoed(veto));
        }
        if let Some(past) = facts.past
            && past.became == Became::Stopped
            && !(candidate.own || candidate.again || facts.runs)
        {
            all.push(Obstacle::Stopped(past));
        }
    }
    all
}

/// Returns the obstacle that the environment needs an operator, who alone goes on there.
pub fn stuck<'a>(candidate: &Candidate, facts: &Facts<'a>) -> Option<Obstacle<'a>> {
    let held = facts.lock.held.as_ref()?;
    (held.state == HeldState::NeedsOperator && held.deployment != candidate.id)
        .then_some(Obstacle::NeedsOperator(held))
}

/// The consequence of an earlier release for an arrival.
enum Replacing<'a> {
    Superseded(Replaced),
    Refused(Vec<Obstacle<'a>>),
}

/// Rule 6: a late arrival never replaces a newer release.
fn by_order<'a>(candidate: &'a Candidate, facts: &Facts<'a>) -> Option<Replacing<'a>> {
    if candidate.allow_older {
        return None;
    }
    let newer: Vec<_> = candidate
        .components
        .iter()
        .filter_map(|component| {
            let mark = facts.state.mark_of(component)?;
            let is_newer =
                mark.is_newer_than(&candidate.order) && !mark.is_same_arrival(&candidate.order);
            is_newer.then_some((component, mark))
        })
        .collect();
    let (_, mark) = newer.first()?;
    // A person is told no. A deployment that was accepted and then overtaken while it waited for its turn is
    // superseded, whoever asked for it.
    let waits = facts.waits(candidate);
    let wants_just_this = candidate.own && candidate.by_person;
    if newer.len() == candidate.components.len() && (waits || !wants_just_this) {
        let (by, how) = (mark.id.clone(), How::Newer);
        return Some(Replacing::Superseded(Replaced { by, how }));
    }
    let older = newer.iter();
    let older = older.map(|(component, mark)| Obstacle::Older(component, &mark.id));
    Some(Replacing::Refused(older.collect()))
}

/// An arrival does not bring back a release that was live and was replaced: whoever replaced it wanted something else
/// here. A person does bring it back, by a request of their own. So does a later run of CI, which the manifest's
/// `sequence` tells (rule 6).
fn by_past<'a>(candidate: &Candidate, facts: &Facts<'_>) -> Option<Replacing<'a>> {
    // A drill has replaced it for a while, and brings it back.
    let is_drilled = facts.drill.is_some();
    let past = facts
        .past
        .filter(|past| past.became == Became::Live && !is_drilled)?;
    let runs = past.sequence.zip(candidate.order.sequence);
    let is_later_run = runs.is_some_and(|(then, now)| now > then);
    if candidate.own || candidate.again || candidate.allow_older || is_later_run {
        return None;
    }
    let brought = |part: &Part| {
        let running = facts.state.running.get(&part.component);
        running.map(|running| {
            &running
                .names_of(part.container.as_deref())
                .brought
                .deployment
        })
    };
    let mut there = candidate.components.iter().filter_map(brought);
    let by = there
        .clone()
        .find(|by| **by != past.deployment)
        .or_else(|| there.next())
        .unwrap_or(&past.deployment);
    let (by, how) = (by.clone(), How::Since);
    Some(Replacing::Superseded(Replaced { by, how }))
}

fn by_lock(candidate: &Candidate, facts: &Facts<'_>) -> Decision {
    let operator = candidate.action == ActionName::Rollback;
    let others = || {
        facts
            .waiting
            .iter()
            .filter(|waiting| waiting.deployment != candidate.id)
    };
    if !operator && !candidate.allow_older {
        let is_held = |other: &Waiting| facts.state.hold.is_some() && !other.through_hold;
        let covers = |other: &&Waiting| {
            !other.operator
                && !is_held(other)
                && other.order.is_newer_than(&candidate.order)
                && candidate
                    .components
                    .iter()
                    .all(|part| other.components.iter().any(|it| it.covers(part)))
        };
        if let Some(other) = others().find(covers) {
            let (by, how) = (other.deployment.clone(), How::Waits);
            return Decision::Superseded(Replaced { by, how });
        }
    }
    match &facts.lock.held {
        Some(held)
            if operator
                && held.action != ActionName::Rollback
                && held.state == HeldState::Running =>
        {
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
        None if others().any(|other| goes_before(other, candidate, facts.lock)) => Decision::Wait,
        None => Decision::Take,
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
