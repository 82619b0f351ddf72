use crate::happening::{Event, Happening};
use crate::outcome::Outcome;
use crate::targets::function_of;
use std::collections::BTreeMap;

/// "a lost answer must not publish twice": a deployment publishes a function once, and replaces its
/// code once on the way there.
pub fn repeated_is_once(outcome: &Outcome<'_>) -> Result<(), String> {
    let functions = outcome.world.functions();
    for component in ["api", "jobs"] {
        let Some(function) = functions.functions.get(&function_of(component)) else {
            continue;
        };
        let mut made: BTreeMap<&str, u32> = BTreeMap::new();
        for version in function.versions.values() {
            *made.entry(&version.description).or_default() += 1;
        }
        let twice = made
            .iter()
            .find(|(by, times)| by.starts_with("windlass ") && **times > 1);
        if let Some((by, times)) = twice {
            return Err(format!("{component} has {times} versions `{by}`"));
        }
        // Without an alias the undo replaces the code as well.
        let each = if function.aliases.is_empty() { 2 } else { 1 };
        let deployments = outcome.steps_of(component);
        // Who publishes by hand puts code of their own in the way.
        let by_stranger =
            |one: &&Happening| matches!(one.what, Event::ChangedByStranger(of) if of == component);
        let strangers = outcome.happened.iter().filter(by_stranger).count();
        let strangers = u32::try_from(strangers).unwrap_or(u32::MAX);
        if function.updates > each * deployments + strangers {
            let times = function.updates;
            return Err(format!(
                "the code of {component} was replaced {times} times for {deployments} deployments"
            ));
        }
    }
    Ok(())
}
