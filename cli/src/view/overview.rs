//! All applications with their environments: a row for each release that runs somewhere.

use crate::view::provenance::{commit, who};
use crate::view::status::parts;
use windlass_domain::deployment::drill::Next;
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::environment::{GivenVersion, HeldState, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::shown::api::environments::{AppOverview, EnvironmentOverview, Situation};
use windlass_domain::text::count::count;
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::AppName;

/// The titles of the columns.
pub const COLUMNS: &[&str] = &["APP", "ENVIRONMENT", "RUNS", "COMMIT", "SINCE", "BY", "WAY BACK", "STATE"];

/// Returns the rows of an application: at least one for each environment.
pub fn rows(app: &AppOverview) -> Vec<Vec<String>> {
    if app.environments.is_empty() {
        return vec![row([app.app.as_str(), "-", "-", "-", "-", "-", "-", "-"])];
    }
    app.environments.iter().flat_map(|here| rows_of(&app.app, here)).collect()
}

fn rows_of(app: &AppName, here: &EnvironmentOverview) -> Vec<Vec<String>> {
    let (app, name, now) = (app.as_str(), here.environment.as_str(), state(here));
    let runs = runs(here);
    if runs.is_empty() {
        return vec![row([app, name, "-", "-", "-", "-", "-", &now])];
    }
    let (is_one, way_back) = (runs.len() == 1, way_back(&here.situation));
    runs.into_iter()
        .enumerate()
        .map(|(number, (names, parts))| {
            let given = &names.now;
            let by = by(&here.situation, given).unwrap_or_else(|| "-".to_owned());
            let of = parts.iter().map(ToString::to_string).collect::<Vec<_>>();
            let version = if is_one { given.version.clone() } else { format!("{} ({})", given.version, of.join(", ")) };
            let (now, back) = match number {
                0 => (now.as_str(), way_back.as_str()),
                _ => ("-", "-"),
            };
            let since = given.since.to_string();
            row([app, name, &version, &commit(given.git.as_ref()), &since, &by, back, now])
        })
        .collect()
}

/// Returns the person who asked for what runs by this name, or accepted it.
pub fn by(now: &Situation, given: &GivenVersion) -> Option<String> {
    let asked = now.deployments.get(&given.deployment)?;
    let accepted = asked.accepted_as(&given.version).map(|accepted| &accepted.by);
    Some(who(accepted.unwrap_or(&asked.requester)))
}

/// Returns each release that runs, with the parts that run it.
pub fn runs(here: &EnvironmentOverview) -> Vec<(&VersionNames, Vec<Part>)> {
    let mut runs: Vec<(&VersionNames, Vec<Part>)> = Vec::new();
    for (name, running) in &here.running {
        for (part, names) in parts(name, &running.names, &running.containers) {
            let same = |(known, _): &&mut (&VersionNames, Vec<Part>)| known.now == names.now;
            match runs.iter_mut().find(same) {
                Some((_, parts)) => parts.push(part),
                None => runs.push((names, vec![part])),
            }
        }
    }
    runs
}

/// Returns when it last proved its way back, and when the next drill by the schedule is due.
fn way_back(now: &Situation) -> String {
    let next = now.next_drill.as_ref().map(Next::in_short);
    let parts: Vec<String> = std::iter::once(now.drills.in_short()).chain(next).collect();
    parts.join("; ")
}

/// Returns its present state, in few words.
fn state(here: &EnvironmentOverview) -> String {
    let now = &here.situation;
    let mut words = Vec::new();
    words.extend((!here.declared).then(|| "no longer declared".to_owned()));
    words.extend(work(now));
    let hold = now.hold.as_ref();
    words.extend(hold.map(|hold| match hold.reasons() {
        1 => format!("held by {}: {}", hold.by, Foreign(&hold.reason)),
        many => format!("held ({})", count(many, "reason")),
    }));
    words.extend(match now.waiting.as_slice() {
        [] => None,
        [one] => Some(format!("{} waits", called(now, &one.deployment))),
        more => Some(format!("{} wait", more.len())),
    });
    words.extend(now.drift.iter().flat_map(LookResult::worth_showing));
    if words.is_empty() {
        return "idle".to_owned();
    }
    words.join("; ")
}

fn work(now: &Situation) -> Option<String> {
    let held = now.lock.held.as_ref()?;
    let called = called(now, &held.deployment);
    Some(match held.state {
        HeldState::Running => format!("{called} is under way"),
        HeldState::Recovering => format!("{called} is being recovered"),
        HeldState::NeedsOperator => format!("NEEDS AN OPERATOR after {called}"),
    })
}

/// Returns what a deployment brings that an environment names, in words; else the deployment's id.
pub fn called(now: &Situation, id: &DeploymentId) -> String {
    let asked = now.deployments.get(id);
    asked.map_or_else(|| format!("deployment {id}"), |asked| asked.summary().called())
}

fn row(cells: [&str; 8]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
