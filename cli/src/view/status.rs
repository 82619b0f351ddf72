//! An environment as people read it.

use crate::ground::machine::now;
use crate::ground::output::text;
use crate::ground::terminal::Tone;
use crate::view::approval;
use crate::view::next_steps::EnvironmentSteps;
use crate::view::provenance::{self, commit, took, who};
use crate::view::situation::{judged, parts, tone};
use std::collections::BTreeMap;
use windlass_domain::deployment::hourly_look::ObservedComponent;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::reach::Reach;
use windlass_domain::environment::{GivenVersion, HeldState, Running, VersionNames, irreversible};
use windlass_domain::release::Part;
use windlass_domain::release::call::observed;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::shown::api::environments::{Environment, Undeclared};
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Time;

/// Returns the words that a component is looked at no more, and since when.
pub fn left_alone(component: &Undeclared) -> String {
    let left = component.left.as_ref().map(|left| {
        let (version, at) = (&left.declaration, left.at);
        format!(" since version {version} of the declaration ({at})")
    });
    format!("no longer declared{}; Windlass left it as it was and looks at it no more", left.unwrap_or_default())
}

/// Returns the text of an environment for people.
pub fn words(here: &Environment) -> String {
    words_with(here, Vec::new())
}

/// Returns the same with further lines, before what can be done next.
pub fn words_with(here: &Environment, more: Vec<String>) -> String {
    let snapshot = match here.situation.snapshot {
        0 => before_the_first(here).to_owned(),
        number => {
            let state = judged(here.situation.verified_good, &here.situation.doubts);
            format!("snapshot {number}, {}", state.drawn())
        }
    };
    let mut lines = vec![format!("{} {}: {snapshot}", here.app, here.name)];
    for (component, running) in &here.running {
        lines.extend(component_lines(here, component, running));
    }
    for (component, left) in &here.no_longer_declared {
        // The plan of the first release without it has mentioned it.
        if left.left.as_ref().is_some_and(|left| is_released_since(here, left.at)) {
            continue;
        }
        let words = left_alone(left);
        for (part, names) in parts(component, &left.running.names, &left.running.containers) {
            let by = format!("by deployment {}", names.now.deployment);
            lines.push(format!("  {part}: {}; {words}", names.in_words(&by)));
        }
    }
    if let Some(crosses) = here.crosses.as_ref().filter(|crosses| !crosses.is_empty()) {
        let crossed = irreversible::in_words(crosses);
        lines.push(format!("  going back crosses what is irreversible: {crossed}"));
    }
    lines.extend(looked(here));
    lines.extend(way_back(here));
    if here.situation.snapshot > 0 {
        lines.push(format!("  way back: {}", text(&here.situation.drills.in_words())));
    }
    let next = here.situation.next_drill.as_ref();
    lines.extend(next.map(|next| format!("  drills: {next}")));
    lines.push(hold_in_words(here));
    lines.push(lock(here));
    for waiting in &here.situation.waiting {
        let (id, since) = (&waiting.deployment, waiting.since);
        let place = match (waiting.operator, waiting.first) {
            (true, _) => "; it goes first, because an operator asked for it",
            (false, true) => "; it goes before other releases, because it overtakes",
            (false, false) => "",
        };
        let until = match approval::of_waiting(&here.situation, waiting) {
            Some(standing) => format!("; it waits for people: {standing}"),
            None => waiting.until.map(|until| format!("; it waits until {until}")).unwrap_or_default(),
        };
        lines.push(format!("  waiting: {}, since {since}{place}{until}", deployment(here, id)));
    }
    lines.extend(more);
    lines.extend(steps(here).in_words().map(|all| format!("  next: {all}")));
    lines.join("\n")
}

/// Returns the steps that can be taken next in an environment.
pub fn steps(here: &Environment) -> EnvironmentSteps {
    let (of, unseen) = (EnvironmentId::new(&here.app, &here.name), BTreeMap::new());
    let seen = here.observed.as_ref().unwrap_or(&unseen);
    EnvironmentSteps::of(of, &here.situation, seen, here.paused.is_some())
}

/// Returns the line about the hold, and one about closed windows or a freeze where there are.
pub fn hold_in_words(here: &Environment) -> String {
    let hold = match &here.situation.hold {
        None => "  hold: none".to_owned(),
        Some(hold) => format!("  {}: {}", Tone::Noted.of("hold"), hold.in_words()),
    };
    match &here.situation.closed {
        None => hold,
        Some(closed) => {
            format!("{hold}\n  {}: deployments are held {}", Tone::Noted.of("closed"), closed.in_words())
        }
    }
}

/// Returns a sentence that says what runs of a part, in place of what is expected there.
pub fn instead_of(here: &Environment, part: &Part) -> String {
    let Some(running) = here.running.get(&part.component) else {
        return format!("nothing is recorded of {part}");
    };
    let names = running.names_of(part.container.as_deref());
    let id = &names.now.deployment;
    let asked = here.situation.deployments.get(id).map(|asked| format!(" ({})", provenance::words(asked)));
    let by = format!("by deployment {id}{}", asked.unwrap_or_default());
    format!("{part} runs {}", names.in_words(&by))
}

/// Returns how a component's target is beside its record, with the words for it; `None` if it was not looked at.
pub fn observed_drift(here: &Environment, name: &ComponentName) -> Option<(Drift, String)> {
    let observed = here.observed.as_ref()?.get(name)?;
    Some((observed.drift, in_words(observed)))
}

/// Returns a deployment's id, with what it brings and its requester where these are known.
pub fn deployment(here: &Environment, id: &DeploymentId) -> String {
    let asked = here.situation.deployments.get(id).map(|asked| format!(" {}", provenance::in_full(asked)));
    format!("{id}{}", asked.unwrap_or_default())
}

/// Returns the version of a deployment that works or waits here.
pub fn version_of<'a>(here: &'a Environment, id: &DeploymentId) -> Option<&'a str> {
    let asked = here.situation.deployments.get(id);
    asked.map(|asked| asked.version.as_str())
}

/// Returns the line about the lock.
pub fn lock(here: &Environment) -> String {
    let Some(held) = &here.situation.lock.held else {
        return "  lock: free".to_owned();
    };
    let what = match held.state {
        HeldState::Running => Tone::Moving.of("is under way"),
        HeldState::Recovering => Tone::Moving.of("is being recovered"),
        HeldState::NeedsOperator => Tone::Bad.of("NEEDS AN OPERATOR"),
    };
    let who = deployment(here, &held.deployment);
    let paused = here.paused.as_ref().map(|turn| format!("\n  paused: {}", turn.in_words()));
    format!("  lock: {who} {what}, since {}{}", held.since, paused.unwrap_or_default())
}

/// Returns the words for an environment in which nothing was recorded as live yet.
fn before_the_first(here: &Environment) -> &'static str {
    let held = here.situation.lock.held.as_ref().map(|held| held.state);
    match held {
        None => "nothing was deployed yet",
        Some(HeldState::Running) => "its first release is under way",
        Some(HeldState::Recovering) => "its first release is being recovered",
        Some(HeldState::NeedsOperator) => "no release has ended well here yet",
    }
}

fn is_released_since(here: &Environment, at: Time) -> bool {
    let mut running = here.running.values();
    running.any(|running| running.all_names().any(|names| names.now.since > at))
}

/// Returns the last hourly finding on a component that is not as recorded, or whose state could not be seen.
fn found<'a>(here: &'a Environment, name: &ComponentName) -> Option<&'a ObservedComponent> {
    let found = here.situation.drift.as_ref()?.components.get(name)?;
    (found.compared.drift != Drift::None).then_some(found)
}

/// Returns a line with the time of the last hourly look for drift, and its result where all is as recorded. Before
/// the first one it says how to look now. Where the targets were looked at just now, their own lines say more.
fn looked(here: &Environment) -> Option<String> {
    if here.observed.as_ref().is_some_and(|observed| !observed.is_empty()) {
        return None;
    }
    let Some(shown) = &here.situation.drift else {
        let is_live = here.situation.snapshot > 0;
        return is_live.then(|| format!("  drift: not looked at yet{}", way_to_look(here)));
    };
    let more = if shown.looked.is_none() {
        way_to_look(here)
    } else if shown.is_as_recorded() {
        ": all as recorded".to_owned()
    } else {
        String::new()
    };
    Some(format!("  drift: {}{more}", shown.when_at(now())))
}

/// Returns a line on the way back where the last check did not find it there, with what looks now.
fn way_back(here: &Environment) -> Option<String> {
    let known = here.situation.drift.as_ref()?;
    let said = match (&known.lost, known.way_back) {
        (Some(lost), _) => lost.line(),
        (None, Some(Reach::Unknown)) => "its snapshot could not be looked at.".to_owned(),
        _ => return None,
    };
    let Environment { app, name, .. } = here;
    Some(format!("  rollback: {said} `windlass doctor {app} {name}` looks now"))
}

/// Says how to look for drift now, unless a deployment changes the targets just now.
fn way_to_look(here: &Environment) -> String {
    if here.situation.lock.held.is_some() {
        return String::new();
    }
    let look = observed(EnvironmentId::new(&here.app, &here.name));
    format!("; {} looks now", text(&look.into()))
}

/// Returns a line for each image of a component with several, else one.
fn component_lines(here: &Environment, name: &ComponentName, running: &Running) -> Vec<String> {
    let mut lines: Vec<String> =
        parts(name, &running.names, &running.containers).map(|(part, names)| part_line(here, &part, names)).collect();
    let Some(last) = lines.last_mut() else {
        return lines;
    };
    if let Some((drift, observed)) = observed_drift(here, name) {
        last.push_str(&format!("\n    {}: {observed}", tone(drift).of("drift")));
    } else if let Some(found) = found(here, name) {
        let drift = tone(found.compared.drift).of("drift");
        last.push_str(&format!("\n    {drift}: {} (at {})", found.words(), found.at));
    }
    lines
}

fn part_line(here: &Environment, name: &Part, names: &VersionNames) -> String {
    let GivenVersion { version, deployment: id, since, git, .. } = &names.now;
    let asked = here.situation.deployments.get(id);
    let accepted = asked.and_then(|asked| asked.accepted_as(version));
    if let Some(accepted) = accepted {
        let (by, reason) = (who(&accepted.by), Foreign(&accepted.reason));
        return format!("  {name}: {version} since {since} by {by}: {reason}; it is what deployment {id} had left");
    }
    let git = git.as_ref().filter(|git| git.commit.is_some() || git.dirty);
    let commit = git.map(|git| format!(", commit {}", commit(Some(git))));
    let worked = asked.filter(|asked| asked.started.and(asked.ended).is_some());
    let worked = worked.map(|asked| format!(", took {}", took(asked.started, asked.ended)));
    let asked = asked.map(|asked| format!(" ({})", provenance::words(asked)));
    let origin = names.origin().map(|origin| format!("\n    {origin}"));
    format!(
        "  {name}: {version} since {since}{}{}, by deployment {id}{}{}",
        commit.unwrap_or_default(),
        worked.unwrap_or_default(),
        asked.unwrap_or_default(),
        origin.unwrap_or_default()
    )
}

fn in_words(observed: &Compared) -> String {
    let mut words = vec![observed.drift.word().to_owned()];
    words.extend(observed.both.states().into_iter().rev());
    words.extend(observed.both.reason.clone());
    words.join(", ")
}
