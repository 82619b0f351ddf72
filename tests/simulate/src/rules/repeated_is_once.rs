use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use crate::schedule::What;
use crate::targets::function_of;
use std::collections::{BTreeMap, BTreeSet};
use windlass_engine::ports::TaskDefinition;

/// The tag of a task definition with the deployment that made it.
const MADE_BY: &str = "windlass:deployment";

/// "a lost answer must not publish twice": a deployment publishes a function once, and replaces its code once on the
/// way there. It registers one task definition of a service, and one of a task. If the former registration takes
/// effect, or is seen, too late, there may be more: it is additive, so nobody waits for it.
///
/// Safety: fence: A deployment publishes, replaces code and registers once, also where an answer was lost.
pub fn repeated_is_once(outcome: &Outcome<'_>) -> Result<(), String> {
    if !is_anything_late(outcome) {
        registered_once(outcome)?;
    }
    let functions = outcome.world.lambda();
    for component in ["api", "jobs"] {
        let Some(function) = functions.functions.get(&function_of(component)) else {
            continue;
        };
        let mut made: BTreeMap<&str, u32> = BTreeMap::new();
        for version in function.versions.values() {
            *made.entry(&version.description).or_default() += 1;
        }
        let twice = made.iter().find(|(by, times)| by.starts_with("windlass ") && **times > 1);
        if let Some((by, times)) = twice {
            return Err(format!("{component} has {times} versions `{by}`"));
        }
        // Without an alias the undo replaces the code as well.
        let each = if function.aliases.is_empty() { 2 } else { 1 };
        let deployments = outcome.steps_of(component);
        // A person who publishes by hand puts code of their own in the way.
        let by_other = |one: &&Happening| matches!(one.what, Event::ChangedByOther(of) if of == component);
        let others = outcome.happened.iter().filter(by_other).count();
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        if function.updates > each * deployments + others {
            let times = function.updates;
            return Err(format!("the code of {component} was replaced {times} times for {deployments} deployments"));
        }
    }
    Ok(())
}

fn is_anything_late(outcome: &Outcome<'_>) -> bool {
    let late = [What::Late, What::Twin, What::LooksLate];
    let mut mishaps = outcome.schedule.mishaps.iter();
    outcome.schedule.latencies > 0 || mishaps.any(|one| late.contains(&one.what))
}

fn registered_once(outcome: &Outcome<'_>) -> Result<(), String> {
    let services = outcome.world.ecs();
    let mut made: BTreeSet<(&str, &str)> = BTreeSet::new();
    let all = services.task_definitions.values();
    let mut own = all.filter_map(|one| Some((one.tags.get(MADE_BY)?, one)));
    match own.find(|(by, one)| !made.insert((by, &one.family))) {
        Some((by, TaskDefinition { arn, .. })) => Err(format!("deployment {by} has registered {arn} as well")),
        None => Ok(()),
    }
}
