use crate::happening::Event;
use crate::outcome::Outcome;
use crate::targets::TASK;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::Snapshot;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// The service whose image the task runs.
const SERVICE: &str = "agent";

/// Nothing that came before an irreversible task runs after it. The undo of a deployment brings nothing back after its
/// task has begun, and such a deployment is never said to be rolled back. A rollback goes back across the task only if
/// it names it.
///
/// Safety: tasks: Nothing that came before an irreversible task runs after it, unless a rollback names it.
pub fn irreversible_bars(outcome: &Outcome<'_>) -> Result<(), String> {
    for happening in &outcome.happened {
        let Event::Switched { who, component, .. } = &happening.what else {
            continue;
        };
        if let Some(work) = who.work.as_ref().filter(|work| work.wave.is_none())
            && has_barred(outcome, &work.deployment, happening.at)
        {
            return Err(format!("{component} was brought back although what is irreversible had begun"));
        }
    }
    for record in outcome.records() {
        let Some(ended) = &record.ending else {
            continue;
        };
        if ended.ending == Ending::RolledBack && has_barred(outcome, &record.id, ended.at) {
            return Err(format!("{} is rolled back, and its irreversible task had begun", record.id));
        }
        if record.action == ActionName::Rollback && ended.ending == Ending::Succeeded {
            across_as_asked(outcome, &record)?;
        }
    }
    Ok(())
}

/// Returns whether the irreversible task of a deployment had begun by then.
pub fn has_barred(outcome: &Outcome<'_>, id: &DeploymentId, then: Time) -> bool {
    let by = format!("windlass/{id}/{TASK}/forward");
    let runs = outcome.world.ecs_tasks();
    let mut own = runs.live.iter().filter(|live| live.asked.started_by == by);
    is_declared(outcome) && own.any(|live| live.began(then))
}

fn is_declared(outcome: &Outcome<'_>) -> bool {
    outcome.scenario.declaration.contains("irreversible: true")
}

/// Checks that a rollback has gone back across the task only if it names it, and names nothing else.
fn across_as_asked(outcome: &Outcome<'_>, record: &Deployment) -> Result<(), String> {
    let is_named = |name: &ComponentName| name.as_str() == TASK;
    if !record.across.iter().any(is_named) && crosses(outcome, record) {
        return Err(format!("rollback {} went back across what is irreversible unasked", record.id));
    }
    match record.across.iter().find(|name| !is_named(name)) {
        None => Ok(()),
        Some(name) => Err(format!("rollback {} was to go across {name}, which was never run", record.id)),
    }
}

/// Returns whether a rollback has brought the service bytes that were released before those with which a task has
/// begun.
fn crosses(outcome: &Outcome<'_>, back: &Deployment) -> bool {
    let snapshots: Vec<Rc<Snapshot>> = outcome.all("env#shop/prod", "snapshot#");
    let goal = snapshots.iter().find(|one| Some(one.number) == back.snapshot);
    let service = |components: &BTreeMap<ComponentName, Artifact>| {
        let mut components = components.iter();
        let found = components.find(|(name, _)| name.as_str() == SERVICE);
        found.map(|(_, artifact)| artifact.digest())
    };
    let bytes = goal.and_then(|goal| {
        let mut components = goal.components.iter();
        let (_, running) = components.find(|(name, _)| name.as_str() == SERVICE)?;
        running.artifact.as_ref().map(Artifact::digest)
    });
    let Some(bytes) = bytes.filter(|_| is_declared(outcome) && moves(outcome, back)) else {
        return false;
    };
    let records = outcome.records();
    let releases = || records.iter().filter(|one| one.action == ActionName::Deploy);
    let first = |digest: &Digest| {
        let same = releases().filter(|one| service(&one.release.components).as_ref() == Some(digest));
        same.map(|one| one.accepted).min()
    };
    let ran = releases().filter(|one| has_barred(outcome, &one.id, back.accepted));
    let mut ran = ran.filter_map(|one| service(&one.release.components));
    ran.any(|with| first(&bytes) < first(&with))
}

/// Returns whether a rollback has changed the service.
fn moves(outcome: &Outcome<'_>, back: &Deployment) -> bool {
    outcome.happened.iter().any(|happening| {
        let Event::Switched { who, component, .. } = &happening.what else {
            return false;
        };
        let work = who.work.as_ref();
        *component == SERVICE && work.is_some_and(|work| work.deployment == back.id)
    })
}
