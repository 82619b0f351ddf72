use super::nobody_does_what_the_file_forbids::Files;
use crate::access::WhoMay;
use crate::happening::Event;
use crate::outcome::Outcome;
use serde::Deserialize as _;
use std::collections::BTreeSet;
use std::rc::Rc;
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::EnvironmentState;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::request::Requester;
use windlass_domain::shown::planned::{DrawnPlan, Planned};
use windlass_domain::text::time::Time;

/// "Nothing changes unapproved, compared with the plan carried out": where the file in force wants releases approved,
/// so many people of its have approved before a release begins, each another one, and none who has asked for it. Each
/// has approved by its hash the plan that is carried out: the same waves, to the same bytes, from what runs then, and
/// nobody else has changed a target of it since that was drawn.
///
/// Safety: approvals: Nothing changes that so many people as the file wants have not approved, by the plan that is
/// carried out.
pub fn nothing_changes_unapproved(outcome: &Outcome<'_>) -> Result<(), String> {
    let files = Files::of(outcome);
    if !files.want_approvals() {
        return Ok(());
    }
    let (given, drawn, records) = (given(outcome), drawn(outcome), outcome.records());
    for (n, happening) in outcome.happened.iter().enumerate() {
        let Some((id, plan)) = begins(outcome, &happening.what) else {
            continue;
        };
        let record = records.iter().find(|record| record.id.as_str() == id && record.action == ActionName::Deploy);
        let Some(record) = record else { continue };
        let (runs, turn) = (state_at(outcome, n), turn_of(outcome, n, id));
        let is_this = |hash: &str| {
            let mut own = drawn.iter().filter(|(_, planned)| planned.deployment.id == record.id);
            own.any(|(at, planned)| {
                let drawn = planned.drawn.as_ref().filter(|drawn| drawn.hash.as_str() == hash);
                let is_it = drawn.is_some_and(|drawn| is_carried_out(drawn, &plan, record, &runs));
                is_it && turn.is_none_or(|turn| !is_changed_between(outcome, record, (*at, turn)))
            })
        };
        let of_it = given.iter().filter(|one| one.at <= happening.at && one.deployment == id && is_this(&one.hash));
        let others = of_it.filter(|one| one.by.principal != record.requester.principal);
        let others: Vec<&Requester> = others.map(|one| &one.by).collect();
        let people = |file: &WhoMay| others.iter().filter_map(|by| file.approver(by)).collect::<BTreeSet<&str>>().len();
        let is_approved = |file: &WhoMay| file.approve.is_none_or(|approve| people(file) >= approve.count);
        // The record has the time of its conductor's clock.
        if !files.in_force(turn.unwrap_or(happening.at)).any(is_approved) {
            let version = &record.release.version;
            return Err(format!("deployment {id} of {version} began, and {others:?} have approved its plan"));
        }
    }
    Ok(())
}

/// An approval as somebody asked for it, whatever came of it.
struct Given {
    at: Time,
    deployment: String,
    hash: String,
    by: Requester,
}

fn given(outcome: &Outcome<'_>) -> Vec<Given> {
    let executions = outcome.world.stepfunctions();
    let asked = executions.executions.values().filter(|one| one.input["action"] == "approve");
    let read = asked.filter_map(|one| {
        let text = |member: &str| one.input[member].as_str().map(str::to_owned);
        let by = Requester::deserialize(&one.input["requester"]).ok()?;
        Some(Given { at: one.started, deployment: text("deployment")?, hash: text("hash")?, by })
    });
    read.collect()
}

/// Returns the plans that were shown to people, each with when it was drawn.
fn drawn(outcome: &Outcome<'_>) -> Vec<(Time, Rc<Planned>)> {
    let written = outcome.happened.iter().filter_map(|happening| match &happening.what {
        Event::Wrote(_, change) => Some((happening.at, outcome.read::<Planned>(change.after.as_ref(), "planned")?)),
        _ => None,
    });
    written.filter(|(_, planned)| planned.drawn.is_some()).collect()
}

/// Returns the deployment that is to change something from this event on, and its plan.
fn begins<'a>(outcome: &Outcome<'_>, what: &'a Event) -> Option<(&'a str, Rc<Plan>)> {
    let Event::Wrote(_, change) = what else {
        return None;
    };
    let plan = outcome.read::<Plan>(change.after.as_ref(), "plan")?;
    let id = change.after.as_ref()?.key.pk.strip_prefix("deployment#")?;
    (change.before.is_none() && plan.outcome == PlanOutcome::Change).then_some((id, plan))
}

/// Returns when a deployment had its turn that begins with this event.
fn turn_of(outcome: &Outcome<'_>, n: usize, id: &str) -> Option<Time> {
    let mut before = outcome.happened.iter().take(n).rev();
    before.find_map(|happening| {
        let Event::Wrote(_, change) = &happening.what else {
            return None;
        };
        let has_turn = |item| {
            let record = outcome.read::<Deployment>(item, "record").filter(|record| record.id.as_str() == id);
            record.map(|record| record.started.is_some())
        };
        let begins = has_turn(change.after.as_ref()) == Some(true) && has_turn(change.before.as_ref()) != Some(true);
        begins.then_some(happening.at)
    })
}

/// Returns whether somebody else has changed a target of a deployment between two moments, so long before the later one
/// that each look from then on shows it.
fn is_changed_between(outcome: &Outcome<'_>, record: &Deployment, (from, to): (Time, Time)) -> bool {
    let behind = outcome.schedule.reads_behind_ms();
    outcome.happened.iter().filter(|one| one.at > from && one.at.plus_ms(behind) <= to).any(|one| match one.what {
        Event::ChangedByOther(of) => record.components().any(|name| name.as_str() == of),
        _ => false,
    })
}

/// Returns the state of the environment when this happened: what the next write of it found.
fn state_at(outcome: &Outcome<'_>, n: usize) -> Rc<EnvironmentState> {
    let next = outcome.happened.iter().skip(n).find_map(|happening| {
        let Event::Wrote(_, change) = &happening.what else {
            return None;
        };
        let key = &change.after.as_ref()?.key;
        let is_it = key.pk == "env#shop/prod" && key.sk == "state";
        is_it.then(|| outcome.read::<EnvironmentState>(change.before.as_ref(), "state").unwrap_or_default())
    });
    next.unwrap_or_else(|| outcome.environment())
}

fn is_carried_out(drawn: &DrawnPlan, plan: &Plan, record: &Deployment, runs: &EnvironmentState) -> bool {
    let mut changes = drawn.changes.iter();
    drawn.plan.waves == plan.waves
        && changes.all(|(name, change)| {
            let from = change.from.as_ref().map(|from| (from.version.as_str(), from.digest.clone()));
            let running = runs.running.get(name);
            let running = running.map(|it| (it.version(), it.artifact.as_ref().map(Artifact::digest)));
            from == running && change.to.digest == record.release.components.get(name).map(Artifact::digest)
        })
}
