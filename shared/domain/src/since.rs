//! What came of a release since: what stands in its place, who put it there, and how to have the release.

use crate::admission::{Facts, How, Replaced};
use crate::deployment::Deployment;
use crate::ending::Ending;
use crate::environment::{EnvironmentState, Given, Names};
use crate::identity::DeploymentId;
use crate::name::ComponentName;
use crate::part::Part;
use crate::release::parts;
use crate::request::ActionName;
use crate::to_have::to_have;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The deployments that brought what runs, as far as they are known.
pub type Known = BTreeMap<DeploymentId, Deployment>;

/// The deployments that what runs of these components has its names from: what a sentence on them needs to know.
pub fn brought_by(record: &Deployment, state: &EnvironmentState) -> Vec<DeploymentId> {
    let running = there(record, state).map(|names| names.now.deployment.clone());
    let mut brought: Vec<DeploymentId> = running.collect();
    brought.sort();
    brought.dedup();
    brought
}

/// The sentences that a superseded deployment ends with: by what, what Windlass brought in its place, by whom and
/// why, and what a person starts to have the release all the same.
pub fn superseded(
    record: &Deployment,
    replaced: &Replaced,
    facts: &Facts<'_>,
    known: &Known,
) -> String {
    let by = &replaced.by;
    let version = match known.get(by) {
        Some(by) => format!(", {}", by.release.version),
        None => String::new(),
    };
    let same = known
        .get(by)
        .is_some_and(|by| by.release_digest == record.release_digest);
    let first = match replaced.how {
        How::Waits if same => {
            format!("Superseded: deployment {by} waits for its turn with the same release.")
        }
        How::Waits => {
            format!("Superseded: deployment {by} waits for its turn with a newer release{version}.")
        }
        How::Newer => format!("Superseded: deployment {by} brought a newer release here{version}."),
        How::Since => format!(
            "Superseded: {} was live here and was replaced.",
            record.release.version
        ),
    };
    let mut lines = vec![first];
    lines.extend(in_its_place(record, facts.state, known));
    if replaced.how == How::Waits && same {
        return lines.join("\n");
    }
    lines.push(format!("  next: {}", to_have(record, facts)));
    lines.join("\n")
}

/// That the way back of a drill is not gone, because something else runs than what the drill had brought there, or is
/// under way.
pub fn drill_overtaken(record: &Deployment, replaced: &Replaced) -> String {
    let (app, env, by) = (&record.app, &record.environment, &replaced.by);
    format!(
        "The way back of the drill is not gone: deployment {by} came in between: what that brings to {app} {env} is left there."
    )
}

/// What is so now of a deployment that brought something, or found it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Whether all of it still runs, as far as Windlass knows.
    pub runs: bool,
    /// The same in words: since when, or what was brought in its place, by whom and why, and what a person starts to
    /// have it.
    pub text: String,
    /// What a person starts to have it, also where it is recorded as running and a target shows something else.
    pub next: String,
}

/// What is so now of a deployment that ended in success; `None` of any other, whose ending says it all, and of a
/// rollback that undid the first release, which went back to no snapshot.
pub fn now(record: &Deployment, facts: &Facts<'_>, known: &Known) -> Option<Now> {
    let ended = record.ending.as_ref()?;
    let brought = match ended.ending {
        Ending::Succeeded => true,
        Ending::NothingToDo => ended.cause_name == ALREADY_THERE,
        _ => false,
    };
    if !brought || record.components().next().is_none() {
        return None;
    }
    let state = facts.state;
    let is_there = |name| {
        let running = state.running.get(name);
        running.is_some_and(|running| record.has(name, running))
    };
    let runs = record.components().all(is_there);
    let first = if runs {
        "It runs, as far as Windlass knows:"
    } else {
        "It does not run any more:"
    };
    let mut lines = vec![first.to_owned()];
    lines.extend(in_its_place(record, state, known));
    let next = to_have(record, facts);
    if !runs {
        lines.push(format!("  next: {next}"));
    }
    Some(Now {
        runs,
        text: lines.join("\n"),
        next,
    })
}

/// The name of the cause of what was found in place.
pub const ALREADY_THERE: &str = "AlreadyThere";

/// What is so of a component of a release that runs its bytes already: what they were called before it and are called
/// after it, and since when they are there; nothing of what Windlass did not bring.
pub fn found_in_place(
    name: &ComponentName,
    record: &Deployment,
    before: &EnvironmentState,
    after: &EnvironmentState,
) -> Option<String> {
    let wanted = record.release.components.get(name)?;
    let running = |state: &EnvironmentState| {
        let running = state.running.get(name);
        running.filter(|running| running.has(wanted)).cloned()
    };
    let (was, is) = (running(before)?, running(after)?);
    let parts = parts(name, wanted).into_iter();
    let told = parts.map(|part| {
        let told = called(
            &record.release.version,
            was.names_of(part.container.as_deref()),
            is.names_of(part.container.as_deref()),
        );
        match &part.container {
            Some(container) => format!("{container} {told}"),
            None => told,
        }
    });
    Some(told.collect::<Vec<String>>().join("; "))
}

/// What the same bytes were called before a release that names them, and are called after it.
fn called(version: &str, was: &Names, is: &Names) -> String {
    let was_called = was.in_words(&format!("by deployment {}", was.now.deployment));
    let is = &is.now.version;
    if was.now.version != *is {
        format!("{was_called}; it is called {is} from now on")
    } else if is != version {
        format!("{was_called}; it keeps that name, which was given after {version}")
    } else {
        was_called
    }
}

/// The names of what runs of each part that a deployment is for.
fn there<'a>(record: &Deployment, state: &'a EnvironmentState) -> impl Iterator<Item = &'a Names> {
    let parts = record.parts();
    parts.into_iter().filter_map(|part| {
        let running = state.running.get(&part.component)?;
        Some(running.names_of(part.container.as_deref()))
    })
}

/// A line for each part: what Windlass brought there last, and what it is called.
fn in_its_place(record: &Deployment, state: &EnvironmentState, known: &Known) -> Vec<String> {
    let line = |part: Part| match state.running.get(&part.component) {
        Some(running) => {
            let names = running.names_of(part.container.as_deref());
            format!("  {part}: {}", names.in_words(&given(&names.now, known)))
        }
        None => format!("  {part}: nothing is known to run"),
    };
    record.parts().into_iter().map(line).collect()
}

/// By which deployment, of whom, and why.
fn given(given: &Given, known: &Known) -> String {
    let id = &given.deployment;
    let Some(by) = known.get(id) else {
        return format!("by deployment {id}");
    };
    let resolved = by.ending.as_ref().and_then(|ended| ended.resolved.as_ref());
    if let Some(resolved) = resolved {
        return format!("{resolved} (deployment {id})");
    }
    let what = match by.action {
        ActionName::Rollback => "rollback",
        ActionName::Drill => "drill",
        ActionName::Restore => "restoring",
        _ => "deployment",
    };
    let reason = by.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!("by {what} {id} of {}{reason}", by.requester)
}

#[cfg(test)]
#[path = "since_tests.rs"]
mod tests;
