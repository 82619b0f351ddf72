//! All applications with their environments: a row for each release that runs somewhere, and a look at the targets of
//! all of them.

use crate::ground::terminal::{ShownState, Tone};
use crate::talk::windlass::{RouteName, Windlass};
use crate::view::news::elsewhere;
use crate::view::next_steps::{Added, EnvironmentSteps};
use crate::view::provenance::commit;
use crate::view::situation::{EnvironmentSeen, ObservedEnvironment, by, of_overview, runs};
use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::deployment::drill::NextDrill;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::{AppOverview, Environment, EnvironmentOverview, Situation};

/// The titles of the columns.
pub const COLUMNS: &[&str] = &["APP", "ENVIRONMENT", "RUNS", "COMMIT", "SINCE", "BY", "WAY BACK", "STATE"];

/// The number of environments whose targets are looked at at a time.
const AT_A_TIME: usize = 8;

/// The environments whose targets were looked at, by application and environment.
pub type AllObserved = BTreeMap<(String, String), ObservedEnvironment>;

/// Looks at the targets of every environment that is declared and runs something; one that cannot be looked at hides no
/// other.
pub async fn observed(windlass: &Windlass, apps: &[AppOverview]) -> AllObserved {
    let all = apps.iter().flat_map(|app| {
        let declared = app.environments.iter().filter(|here| here.declared && !here.running.is_empty());
        declared.map(|here| (app.app.to_string(), here.environment.to_string()))
    });
    let all: Vec<(String, String)> = all.collect();
    let looked = stream::iter(all).map(|(app, name)| async move {
        let names = [app.as_str(), &name];
        let seen = windlass.read::<Environment>(RouteName::Environment, &names, &[("observe", "true")]).await;
        let seen = seen.map(|seen| EnvironmentSeen {
            targets: seen.observed.unwrap_or_default(),
            is_paused: seen.paused.is_some(),
            situation: seen.situation,
        });
        let seen = seen.map_err(|failure| failure.message);
        ((app, name), seen)
    });
    looked.buffer_unordered(AT_A_TIME).collect().await
}

/// The next steps in an environment whose targets were looked at.
#[derive(Debug)]
pub struct StepsThere {
    /// The application and the environment.
    pub at: (String, String),
    /// The steps.
    pub steps: EnvironmentSteps,
}

/// Returns the next steps in each environment that differs from what is recorded, or could not be seen whole.
pub fn steps_there(apps: &[AppOverview], observed: &AllObserved) -> Vec<StepsThere> {
    let all = apps.iter().flat_map(|app| app.environments.iter().map(move |here| (app, here)));
    let there = all.filter_map(|(app, here)| {
        let at = (app.app.to_string(), here.environment.to_string());
        let Some(Ok(seen)) = observed.get(&at) else {
            return None;
        };
        let of = EnvironmentId::new(&app.app, &here.environment);
        let steps = EnvironmentSteps::of(of, &seen.situation, &seen.targets, seen.is_paused);
        (steps.differs == Some(true)).then_some(StepsThere { at, steps })
    });
    there.collect()
}

/// Adds what the look just now found to each environment of an answer: `observed`, or `unobserved` with the reason; and
/// where something differs the `next_steps`.
pub fn with_observed(mut answer: Value, apps: &[AppOverview], observed: &AllObserved, next: &[StepsThere]) -> Value {
    for (nth, app) in apps.iter().enumerate() {
        for (place, environment) in app.environments.iter().enumerate() {
            let Some(here) = answer.pointer_mut(&format!("/apps/{nth}/environments/{place}")) else { continue };
            let key = (app.app.to_string(), environment.environment.to_string());
            let (seen, why) = match observed.get(&key) {
                Some(Ok(seen)) => (Some(&seen.targets), None),
                Some(Err(why)) => (None, Some(why.as_str())),
                None => (None, None),
            };
            *here = json!(Added {
                answer: here.take(),
                explained: None,
                observed: seen,
                unobserved: why,
                next_steps: next.iter().find(|there| there.at == key).map(|there| there.steps.all()),
            });
        }
    }
    answer
}

impl StepsThere {
    /// Returns the line about them, as `windlass status` has it.
    pub fn line(&self) -> Option<String> {
        let (app, environment) = &self.at;
        self.steps.in_words().map(|all| format!("next: {app} {environment}: {all}"))
    }
}

/// Returns the rows of an application: at least one for each environment.
pub fn rows(app: &AppOverview, observed: &AllObserved) -> Vec<Vec<String>> {
    if app.environments.is_empty() {
        return vec![row([app.app.as_str(), "-", "-", "-", "-", "-", "-", "-"])];
    }
    app.environments.iter().flat_map(|here| rows_of(app, here, observed)).collect()
}

fn rows_of(app: &AppOverview, here: &EnvironmentOverview, observed: &AllObserved) -> Vec<Vec<String>> {
    let observed = observed.get(&(app.app.to_string(), here.environment.to_string()));
    let (app, name, now) = (app.app.as_str(), here.environment.as_str(), state(app, here, observed));
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

/// Returns when it last proved its way back, and when the next drill by the schedule is due.
fn way_back(now: &Situation) -> String {
    let next = now.next_drill.as_ref().map(NextDrill::in_short);
    let parts: Vec<String> = std::iter::once(now.drills.in_short()).chain(next).collect();
    parts.join("; ")
}

/// Returns its states, and the releases of other environments that are not here.
fn state(app: &AppOverview, here: &EnvironmentOverview, observed: Option<&ObservedEnvironment>) -> String {
    let states = of_overview(here, observed);
    let news = elsewhere(app, here);
    let news = news.iter().map(|news| ShownState::new(Tone::Noted, news.words()));
    states.into_iter().chain(news).map(|state| state.drawn()).collect::<Vec<_>>().join("; ")
}

fn row(cells: [&str; 8]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
