//! Says what became of a release since it was deployed: what replaced it, who did that, and how to have the release.

use crate::deployment::Deployment;
use crate::deployment::admission::{AdmissionFacts, Replaced, Supersession};
use crate::deployment::redeploy_input::redeploy_input;
use crate::environment::{EnvironmentState, GivenVersion, VersionNames};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::ending::{Ending, NothingDone};
use crate::release::identity::DeploymentId;
use crate::release::version_order::in_lists;
use crate::release::{Part, parts};
use crate::text::count::{agree, many};
use crate::text::foreign::Foreign;
use crate::text::name::ComponentName;
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The deployments that brought what runs, as far as they are known.
pub type KnownDeployments = BTreeMap<DeploymentId, Deployment>;

/// Returns the deployments that gave what runs of these components its names. A sentence about the components needs
/// them.
pub fn brought_by(record: &Deployment, state: &EnvironmentState) -> Vec<DeploymentId> {
    let mut brought: Vec<DeploymentId> = there(record, state).map(|names| names.now.deployment.clone()).collect();
    brought.sort();
    brought.dedup();
    brought
}

/// Returns the sentences that a superseded deployment ends with: what superseded it and what is live, what Windlass
/// brought in its place, by whom and why, and the input to start to have the release all the same.
pub fn superseded(
    record: &Deployment,
    replaced: &Replaced,
    facts: &AdmissionFacts<'_>,
    known: &KnownDeployments,
) -> Prose {
    let by = &replaced.by;
    let version = match known.get(by) {
        Some(by) => format!(", {}", by.release.version),
        None => String::new(),
    };
    let same = known.get(by).is_some_and(|by| by.release_digest == record.release_digest);
    let live = live(record, facts.state, known);
    let live_behind = |mark: &str| live.as_ref().map_or_else(String::new, |live| format!("{mark} {live}"));
    let first = match replaced.how {
        Supersession::Waits if same => {
            format!("Superseded: deployment {by} waits for its turn with the same release{}.", live_behind(";"))
        }
        Supersession::Waits => {
            let live = live_behind(";");
            format!("Superseded: deployment {by} waits for its turn with a newer release{version}{live}.")
        }
        Supersession::Newer => {
            let is_by_it = brought_by(record, facts.state).contains(by);
            let live = if is_by_it { String::new() } else { live_behind(";") };
            format!("Superseded: deployment {by} brought a newer release here{version}{live}.")
        }
        Supersession::Since => {
            format!("Superseded: {} was live here and was replaced{}.", record.release.version, live_behind(":"))
        }
    };
    let mut lines = vec![first];
    lines.extend(in_its_place(record, facts.state, known));
    if replaced.how == Supersession::Waits && same {
        return lines.join("\n").into();
    }
    prose!("{}\n  {}", lines.join("\n"), Prose::next(redeploy_input(record, facts)))
}

/// Says which deployments are live: those that gave what runs its names, each with its version where that is known, in
/// the order of the versions. `None` if nothing that Windlass brought is known to run.
fn live(record: &Deployment, state: &EnvironmentState, known: &KnownDeployments) -> Option<String> {
    let brought = brought_by(record, state);
    let version = |id: &DeploymentId| known.get(id).map(|by| by.release.version.as_str());
    let mut each: Vec<(Option<&str>, &DeploymentId)> = brought.iter().map(|id| (version(id), id)).collect();
    each.sort_by(|(one, _), (other, _)| in_lists(one.unwrap_or_default(), other.unwrap_or_default()));
    let each = each.into_iter().map(|(version, id)| match version {
        Some(version) => format!("{id} ({version})"),
        None => id.to_string(),
    });
    let each: Vec<String> = each.collect();
    let number = each.len();
    let noun = many(number, "deployment");
    (number > 0).then(|| format!("{noun} {} {} live", each.join(" and "), agree(number, "is", "are")))
}

/// Says that a drill does not go its way back, because something else runs than the drill had brought there, or is
/// under way.
pub fn drill_overtaken(record: &Deployment, replaced: &Replaced) -> String {
    let (app, env, by) = (&record.app, &record.environment, &replaced.by);
    format!(
        "The way back of the drill is not gone: deployment {by} came in between: what that brings to {app} {env} is left there."
    )
}

/// The present state of what a deployment brought, or found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PresentState {
    /// True if all of it still runs, as far as Windlass knows.
    pub runs: bool,
    /// The state in words: since when it runs; or what was brought in its place, by whom and why, and the input to
    /// start to have it.
    pub text: Prose,
    /// The input to start to have it, also if it is recorded as running and a target shows something else. It has every
    /// wish without which the deployment would be refused now. No gate is looked at for that.
    pub next: Prose,
}

/// Returns the present state of what a deployment brought that ended in success. `None` for any other, whose ending
/// says it all, and for a rollback that undid the first release and went back to no snapshot.
pub fn now(record: &Deployment, facts: &AdmissionFacts<'_>, known: &KnownDeployments) -> Option<PresentState> {
    let ended = record.ending.as_ref()?;
    let brought = match ended.ending {
        Ending::Succeeded => true,
        Ending::NothingToDo => matches!(
            NothingDone::of(ended.ending, &ended.cause_name),
            Some(NothingDone::AlreadyThere | NothingDone::NothingChanged)
        ),
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
    let first = if runs { "It runs, as far as Windlass knows:" } else { "It does not run any more:" };
    let mut lines = vec![first.to_owned()];
    lines.extend(in_its_place(record, state, known));
    let next = redeploy_input(record, facts);
    let mut text = Prose::from(lines.join("\n"));
    if !runs {
        text.push(prose!("\n  {}", Prose::next(&next)));
    }
    Some(PresentState { runs, text, next })
}

/// The name of the cause of an ending at which everything was found in place.
pub const ALREADY_THERE: &str = NothingDone::AlreadyThere.name();

/// The name of the cause of the ending of a rollback, or of a restoring that a person started, that found its goal in
/// place, and so changed nothing.
pub const NOTHING_CHANGED: &str = NothingDone::NothingChanged.name();

/// Says how a component is named whose bytes run already when a release brings them: the names before the release and
/// after it, and since when the bytes are there. `None` if Windlass did not bring them.
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
    let sentences = parts(name, wanted).into_iter().map(|part| {
        let words = called(
            &record.release.version,
            was.names_of(part.container.as_deref()),
            is.names_of(part.container.as_deref()),
        );
        match &part.container {
            Some(container) => format!("{container} {words}"),
            None => words,
        }
    });
    Some(sentences.collect::<Vec<String>>().join("; "))
}

/// Says the name of the same bytes before a release that names them, and after it.
fn called(version: &str, was: &VersionNames, is: &VersionNames) -> String {
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

/// Returns the names of what runs of each part that a deployment is for.
fn there<'a>(record: &Deployment, state: &'a EnvironmentState) -> impl Iterator<Item = &'a VersionNames> {
    record
        .parts()
        .into_iter()
        .filter_map(|part| Some(state.running.get(&part.component)?.names_of(part.container.as_deref())))
}

/// Returns a line for each part: what Windlass brought there last, and its name.
fn in_its_place(record: &Deployment, state: &EnvironmentState, known: &KnownDeployments) -> Vec<String> {
    let line = |part: Part| match state.running.get(&part.component) {
        Some(running) => {
            let names = running.names_of(part.container.as_deref());
            format!("  {part}: {}", names.in_words(&given(&names.now, known)))
        }
        None => format!("  {part}: nothing is known to run"),
    };
    record.parts().into_iter().map(line).collect()
}

/// Says by which deployment, by whom, and why.
fn given(given: &GivenVersion, known: &KnownDeployments) -> String {
    let id = &given.deployment;
    let Some(by) = known.get(id) else { return format!("by deployment {id}") };
    let resolved = by.ending.as_ref().and_then(|ended| ended.resolved.as_ref());
    if let Some(resolved) = resolved {
        return format!("{resolved} (deployment {id})");
    }
    let what = match by.action {
        ActionName::Rollback => "rollback",
        ActionName::Drill => "drill",
        ActionName::Restore => "restoring",
        ActionName::Withdraw => "withdrawal",
        _ => "deployment",
    };
    let reason = by.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {}", Foreign(reason)));
    format!("by {what} {id} of {}{reason}", by.requester)
}

#[cfg(test)]
#[path = "release_status_tests.rs"]
mod tests;
