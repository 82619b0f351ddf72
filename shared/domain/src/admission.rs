//! Admission: whether a deployment goes, waits, or is refused. Pure.
//!
//! It says nothing of what the targets show: what is admitted looks at them before it claims anything.

use crate::environment::{Became, EnvironmentState, Held, HeldState, Lock, Past, Veto, Waiting};
use crate::finding::{Finding, FindingName};
use crate::identity::DeploymentId;
use crate::input::{input, operators};
use crate::name::{AppName, ComponentName, EnvironmentName};
use crate::order::Order;
use crate::request::ActionName;
use serde_json::Value;

/// What is to be admitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The deployment.
    pub id: DeploymentId,
    /// The application.
    pub app: AppName,
    /// The environment.
    pub environment: EnvironmentName,
    /// The version by which a person starts its release.
    pub version: String,
    /// `deploy` or `rollback`.
    pub action: ActionName,
    /// The components it is for.
    pub components: Vec<ComponentName>,
    /// Where it stands in the order.
    pub order: Order,
    /// Whether a person named the environment, in contrast to an arrival that a rule sent there.
    pub by_person: bool,
    /// Whether it is a request of its own, in contrast to an arrival: somebody wants just this, now.
    pub own: bool,
    /// Whether the release may be deployed again after an undo.
    pub again: bool,
    /// Whether an older release may be deployed.
    pub allow_older: bool,
    /// Whether it may be deployed while automatic deployments are held.
    pub through_hold: bool,
}

impl Candidate {
    /// The input with which a person deploys its release.
    fn input(&self, more: &[(&str, Value)]) -> String {
        let mut members = vec![("version", self.version.as_str().into())];
        members.extend_from_slice(more);
        input(ActionName::Deploy, &self.app, &self.environment, &members)
    }

    /// The input of an operator's action here.
    fn operators(&self, action: ActionName) -> String {
        operators(action, &self.app, &self.environment)
    }
}

/// What the ledger says of the environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<'a> {
    /// The lock.
    pub lock: &'a Lock,
    /// Hold, marks, what runs.
    pub state: &'a EnvironmentState,
    /// Who waits, the candidate itself included if it does.
    pub waiting: &'a [Waiting],
    /// The veto on the candidate's release, if any.
    pub veto: Option<&'a Veto>,
    /// What became of the candidate's release before, if that matters.
    pub past: Option<&'a Past>,
    /// Whether the candidate's release runs, as far as the state says ([`EnvironmentState::runs`]).
    pub runs: bool,
}

/// What becomes of the candidate.
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
    /// It is refused.
    Reject(Finding),
}

/// What stands in the place of a release that is superseded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The deployment that brought it, or waits to.
    pub by: DeploymentId,
    /// How that came.
    pub how: How,
}

/// How a release came to be superseded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A deployment that was asked for later waits to bring all of its components.
    Waits,
    /// A newer release was here (rule 6), whether or not it still runs.
    Newer,
    /// It was live itself and was replaced since: by a newer release, a rollback, an `accept`.
    Since,
}

/// Decides. Called at the arrival and again at every wake-up, always on what the ledger says then.
pub fn decide(candidate: &Candidate, facts: &Facts<'_>) -> Decision {
    if let Some(finding) = refusal(candidate, facts) {
        return Decision::Reject(finding);
    }
    // What runs already replaces nothing: whether it is so is for the targets to say.
    if candidate.action == ActionName::Deploy
        && !facts.runs
        && let Some(decision) = by_past(candidate, facts).or_else(|| by_order(candidate, facts))
    {
        return decision;
    }
    by_lock(candidate, facts)
}

fn refusal(candidate: &Candidate, facts: &Facts<'_>) -> Option<Finding> {
    if candidate.action == ActionName::Deploy {
        if let Some(hold) = &facts.state.hold
            && !candidate.through_hold
        {
            return Some(Finding::new(
                FindingName::Held,
                format!("environments.{}", candidate.environment),
                format!(
                    "deployments are held since {} by {}: {}.",
                    hold.since, hold.by, hold.reason
                ),
                format!(
                    "The release is recorded. Start {} to deploy it all the same; or let deployments go on \
                     with {}, and then start {}.",
                    candidate.input(&[("through_hold", true.into()), ("reason", "…".into())]),
                    candidate.operators(ActionName::ReleaseHold),
                    candidate.input(&[]),
                ),
            ));
        }
        if let Some(veto) = facts.veto
            && !candidate.again
        {
            return Some(Finding::new(
                FindingName::Vetoed,
                format!("environments.{}", candidate.environment),
                format!(
                    "release {} failed here in deployment {} at {}.",
                    veto.version, veto.deployment, veto.since
                ),
                format!(
                    "Deploy a fixed release, or start {} to deploy this one once more.",
                    candidate.input(&[("again", true.into()), ("reason", "…".into())]),
                ),
            ));
        }
        if let Some(past) = facts.past
            && past.became == Became::Stopped
            && !(candidate.own || candidate.again || facts.runs)
        {
            return Some(Finding::new(
                FindingName::Stopped,
                format!("environments.{}", candidate.environment),
                format!(
                    "a person stopped release {} here, in deployment {} at {}.",
                    candidate.version, past.deployment, past.at
                ),
                format!("Start {} to deploy it.", candidate.input(&[])),
            ));
        }
    }
    let held = facts.lock.held.as_ref()?;
    (held.state == HeldState::NeedsOperator && held.deployment != candidate.id).then(|| {
        Finding::new(
            FindingName::NeedsOperator,
            format!("environments.{}", candidate.environment),
            format!(
                "deployment {} could not be undone and holds the lock.",
                held.deployment
            ),
            format!(
                "Start {} to undo it again, or {} to take what is there now; then ask again.",
                candidate.operators(ActionName::Recover),
                candidate.operators(ActionName::Accept),
            ),
        )
    })
}

/// Rule 6: a late arrival never replaces a newer release.
fn by_order(candidate: &Candidate, facts: &Facts<'_>) -> Option<Decision> {
    if candidate.allow_older {
        return None;
    }
    let newer: Vec<_> = candidate
        .components
        .iter()
        .filter_map(|component| {
            let mark = facts.state.marks.get(component)?;
            let is_newer =
                mark.is_newer_than(&candidate.order) && !mark.is_same_arrival(&candidate.order);
            is_newer.then_some((component, mark))
        })
        .collect();
    let (component, mark) = newer.first()?;
    // A person is told no. But what was accepted and then overtaken while it waited for its turn is
    // superseded, whoever asked for it.
    let waits = facts
        .waiting
        .iter()
        .any(|waiting| waiting.deployment == candidate.id);
    let wants_just_this = candidate.own && candidate.by_person;
    if newer.len() == candidate.components.len() && (waits || !wants_just_this) {
        return Some(superseded(&mark.id, How::Newer));
    }
    Some(Decision::Reject(Finding::new(
        FindingName::Older,
        format!("components.{component}"),
        format!(
            "deployment {} brought a newer release of {component} here.",
            mark.id
        ),
        format!(
            "Start {} to go back, or {} to deploy this one.",
            candidate.operators(ActionName::Rollback),
            candidate.input(&[("allow_older", true.into()), ("reason", "…".into())]),
        ),
    )))
}

/// An arrival does not bring back what was live and was replaced: who did that wanted something else here. A person
/// does, by a request of their own; so does a later run of CI, which the manifest's `sequence` tells (rule 6).
fn by_past(candidate: &Candidate, facts: &Facts<'_>) -> Option<Decision> {
    let past = facts.past.filter(|past| past.became == Became::Live)?;
    let runs = past.sequence.zip(candidate.order.sequence);
    let is_later_run = runs.is_some_and(|(then, now)| now > then);
    if candidate.own || candidate.again || candidate.allow_older || is_later_run {
        return None;
    }
    let running = |component| facts.state.running.get(component);
    let mut there = candidate.components.iter().filter_map(running);
    let by = there
        .clone()
        .find(|running| running.deployment != past.deployment)
        .or_else(|| there.next())
        .map_or(&past.deployment, |running| &running.deployment);
    Some(superseded(by, How::Since))
}

fn superseded(by: &DeploymentId, how: How) -> Decision {
    let by = by.clone();
    Decision::Superseded(Replaced { by, how })
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
                    .all(|c| other.components.contains(c))
        };
        if let Some(other) = others().find(covers) {
            return superseded(&other.deployment, How::Waits);
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
        Some(_) => Decision::Wait,
        None if others().any(|other| goes_before(other, operator, &candidate.order)) => {
            Decision::Wait
        }
        None => Decision::Take,
    }
}

/// Operators go first; among operators, who asked first; among deployments, the last that arrived. Not the
/// newest by rule 6, which compares numbers only where both have one: of three, each could be newer than the next,
/// and nobody would go. Which release wins is a matter of the components that two have in common.
fn goes_before(other: &Waiting, operator: bool, order: &Order) -> bool {
    match (other.operator, operator) {
        (true, false) => true,
        (false, true) => false,
        (true, true) => order.arrived_after(&other.order),
        (false, false) => other.order.arrived_after(order),
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
