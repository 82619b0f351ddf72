//! All applications with their environments: a row for each release that runs somewhere.

use crate::ground::failure::Failure;
use crate::view::provenance::{Provenance, commit, who};
use crate::view::status::{WaitingDeployment, parts};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::drill::{Drills, Next};
use windlass_domain::deployment::hourly_look::LookResult;
use windlass_domain::environment::{GivenVersion, HeldState, Hold, Lock, VersionNames};
use windlass_domain::release::Part;
use windlass_domain::text::count::count;
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};

/// The titles of the columns.
pub const COLUMNS: &[&str] = &["APP", "ENVIRONMENT", "RUNS", "COMMIT", "SINCE", "BY", "WAY BACK", "STATE"];

/// An application.
#[derive(Debug, Deserialize)]
pub struct App {
    /// Its name.
    pub app: AppName,
    /// Its environments, in their order.
    pub environments: Vec<EnvironmentOverview>,
}

/// One of its environments.
#[derive(Debug, Deserialize)]
pub struct EnvironmentOverview {
    /// Its name.
    pub environment: EnvironmentName,
    /// True if the declaration in force has it.
    pub declared: bool,
    running: BTreeMap<ComponentName, RunningNames>,
    /// True if what runs was judged good; absent where an older Windlass answers.
    #[serde(default)]
    pub verified_good: Option<bool>,
    /// True if nothing was measured when it was judged, because there was no gate.
    #[serde(default)]
    pub unmeasured: bool,
    /// The hold on deployments.
    pub hold: Option<Hold>,
    /// The history of drills; absent where an older Windlass answers.
    #[serde(default)]
    pub drills: Option<Drills>,
    /// The next drill by a schedule, where one is declared.
    #[serde(default)]
    pub next_drill: Option<Next>,
    /// The lock.
    pub lock: Lock,
    /// The deployments that wait for a turn.
    pub waiting: Vec<WaitingDeployment>,
    /// The finding of the last hourly look; absent before it, and where an older Windlass answers.
    #[serde(default)]
    pub drift: Option<LookResult>,
    /// The deployments that its members name.
    #[serde(default)]
    pub deployments: BTreeMap<String, Provenance>,
}

/// The names of what runs of a component, and of its containers.
#[derive(Debug, Deserialize)]
struct RunningNames {
    #[serde(flatten)]
    names: VersionNames,
    #[serde(default)]
    containers: BTreeMap<String, VersionNames>,
}

impl App {
    /// Reads an application of a page.
    ///
    /// # Errors
    /// If it has another form.
    pub fn read(answer: &Value) -> Result<Self, Failure> {
        Self::deserialize(answer).map_err(|error| Failure::not_understood("the list of apps", error))
    }

    /// Returns its rows: at least one for each environment.
    pub fn rows(&self) -> Vec<Vec<String>> {
        if self.environments.is_empty() {
            return vec![row([&self.app.to_string(), "-", "-", "-", "-", "-", "-", "-"])];
        }
        self.environments.iter().flat_map(|here| here.rows(&self.app)).collect()
    }
}

impl EnvironmentOverview {
    fn rows(&self, app: &AppName) -> Vec<Vec<String>> {
        let (app, name, now) = (app.to_string(), self.environment.as_str(), self.now());
        let runs = self.runs();
        if runs.is_empty() {
            return vec![row([&app, name, "-", "-", "-", "-", "-", &now])];
        }
        let (is_one, way_back) = (runs.len() == 1, self.way_back());
        runs.into_iter()
            .enumerate()
            .map(|(number, (names, parts))| {
                let given = &names.now;
                let by = self.by(given).unwrap_or_else(|| "-".to_owned());
                let of = parts.iter().map(ToString::to_string).collect::<Vec<_>>();
                let version =
                    if is_one { given.version.clone() } else { format!("{} ({})", given.version, of.join(", ")) };
                let (now, back) = match number {
                    0 => (now.as_str(), way_back.as_str()),
                    _ => ("-", "-"),
                };
                let since = given.since.to_string();
                row([&app, name, &version, &commit(given.git.as_ref()), &since, &by, back, now])
            })
            .collect()
    }

    /// Returns the person who asked for what runs by this name, or accepted it.
    pub fn by(&self, given: &GivenVersion) -> Option<String> {
        let asked = self.deployments.get(&given.deployment.0)?;
        let accepted = asked.accepted_as(&given.version).map(|accepted| &accepted.by);
        Some(who(accepted.unwrap_or(&asked.requester)))
    }

    /// Returns each release that runs, with the parts that run it.
    pub fn runs(&self) -> Vec<(&VersionNames, Vec<Part>)> {
        let mut runs: Vec<(&VersionNames, Vec<Part>)> = Vec::new();
        for (name, called) in &self.running {
            for (part, names) in parts(name, &called.names, &called.containers) {
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
    fn way_back(&self) -> String {
        let drills = self.drills.as_ref().map(Drills::in_short);
        let next = self.next_drill.as_ref().map(Next::in_short);
        let parts: Vec<String> = drills.into_iter().chain(next).collect();
        if parts.is_empty() {
            return "-".to_owned();
        }
        parts.join("; ")
    }

    /// Returns its present state, in few words.
    fn now(&self) -> String {
        let mut words = Vec::new();
        words.extend((!self.declared).then(|| "no longer declared".to_owned()));
        words.extend(self.work());
        let hold = self.hold.as_ref();
        words.extend(hold.map(|hold| match hold.reasons() {
            1 => format!("held by {}: {}", hold.by, Foreign(&hold.reason)),
            many => format!("held ({})", count(many, "reason")),
        }));
        words.extend(match self.waiting.as_slice() {
            [] => None,
            [one] => Some(format!("{} waits", self.called(&one.deployment.0))),
            more => Some(format!("{} wait", more.len())),
        });
        words.extend(self.drift.iter().flat_map(LookResult::worth_showing));
        if words.is_empty() {
            return "idle".to_owned();
        }
        words.join("; ")
    }

    fn work(&self) -> Option<String> {
        let held = self.lock.held.as_ref()?;
        let called = self.called(&held.deployment.0);
        Some(match held.state {
            HeldState::Running => format!("{called} is under way"),
            HeldState::Recovering => format!("{called} is being recovered"),
            HeldState::NeedsOperator => format!("NEEDS AN OPERATOR after {called}"),
        })
    }

    /// Returns what a deployment brings that it names, in words; else the deployment's id.
    pub fn called(&self, id: &str) -> String {
        let asked = self.deployments.get(id);
        asked.map_or_else(|| format!("deployment {id}"), |asked| asked.summary().called())
    }
}

fn row(cells: [&str; 8]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}
