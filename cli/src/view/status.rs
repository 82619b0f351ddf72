//! An environment as the API answers it, and as people read it.

use crate::ground::failure::Failure;
use crate::ground::machine::now;
use crate::ground::output::text;
use crate::view::provenance::{Provenance, commit, took, who};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::drill::{Drills, Next};
use windlass_domain::deployment::hourly_look::{Component, LookResult};
use windlass_domain::deployment::steering::SteeringRecord;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::environment::kept::Irreversible;
use windlass_domain::environment::{GivenVersion, HeldState, Hold, Lock, Running, VersionNames, irreversible};
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::operators;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::foreign::Foreign;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;

/// An environment.
#[derive(Debug, Clone, Deserialize)]
pub struct Environment {
    /// The application.
    pub app: AppName,
    /// The environment's name.
    #[serde(rename = "environment")]
    pub name: EnvironmentName,
    /// The running components, as they are recorded.
    pub running: BTreeMap<ComponentName, Running>,
    /// Components that have left the declaration, with the versions that Windlass brought of them.
    #[serde(default)]
    pub no_longer_declared: BTreeMap<ComponentName, Undeclared>,
    /// The number of the present snapshot; 0 where nothing was deployed.
    pub snapshot: u64,
    /// True if nothing was measured when it was judged, because there was no gate.
    #[serde(default)]
    pub unmeasured: bool,
    /// The hold on deployments.
    pub hold: Option<Hold>,
    /// The lock.
    pub lock: Lock,
    /// The deployments that wait for a turn.
    pub waiting: Vec<WaitingDeployment>,
    /// The irreversible runs that a rollback would go back across.
    #[serde(default)]
    crosses: Irreversible,
    /// The history of drills; absent where an older Windlass answers.
    #[serde(default)]
    pub drills: Option<Drills>,
    /// The next drill by a schedule, where one is declared.
    #[serde(default)]
    pub next_drill: Option<Next>,
    /// The pause of what is watched there.
    #[serde(default)]
    pub paused: Option<SteeringRecord>,
    /// The targets beside their records, where they were looked at.
    #[serde(default)]
    pub observed: BTreeMap<ComponentName, Compared>,
    /// The finding of the last hourly look; absent before it, and where an older Windlass answers.
    #[serde(default)]
    pub drift: Option<LookResult>,
    /// The deployments that its members name.
    #[serde(default)]
    pub deployments: BTreeMap<String, Provenance>,
}

/// A component that Windlass has brought, and looks at no more.
#[derive(Debug, Clone, Deserialize)]
pub struct Undeclared {
    /// Its name, and the name by which its bytes came.
    #[serde(flatten)]
    pub names: VersionNames,
    /// The names of each of several images, by container.
    #[serde(default)]
    pub containers: BTreeMap<String, VersionNames>,
    left: Option<UndeclaredVersion>,
}

/// The first version of the declaration without it.
#[derive(Debug, Clone, Deserialize)]
struct UndeclaredVersion {
    declaration: semver::Version,
    at: Time,
}

impl Undeclared {
    /// Returns the words that it is looked at no more, and since when.
    pub fn words(&self) -> String {
        let left = self.left.as_ref().map(|left| {
            let (version, at) = (&left.declaration, left.at);
            format!(" since version {version} of the declaration ({at})")
        });
        format!("no longer declared{}; Windlass left it as it was and looks at it no more", left.unwrap_or_default())
    }
}

/// Returns the names of each image of a component with several; else its own.
pub fn parts<'a>(
    name: &ComponentName,
    names: &'a VersionNames,
    containers: &'a BTreeMap<String, VersionNames>,
) -> impl Iterator<Item = (Part, &'a VersionNames)> {
    let whole = containers.is_empty().then(|| (name.clone().into(), names));
    let each = containers.iter().map(|(container, names)| (Part::of(name, container), names));
    let each: Vec<(Part, &VersionNames)> = each.chain(whole).collect();
    each.into_iter()
}

/// A deployment that waits for its turn.
#[derive(Debug, Clone, Deserialize)]
pub struct WaitingDeployment {
    /// Its id.
    pub deployment: DeploymentId,
    /// True if an operator asked for it.
    #[serde(default)]
    pub operator: bool,
    /// True if it goes before other releases, because it overtakes.
    #[serde(default)]
    pub first: bool,
    /// The time since which it waits.
    pub since: Time,
}

impl Environment {
    /// Reads an answer.
    ///
    /// # Errors
    /// If it has another form.
    pub fn read(answer: &Value) -> Result<Self, Failure> {
        Self::deserialize(answer).map_err(|error| Failure::not_understood("the environment", error))
    }

    /// Returns the text for people.
    pub fn words(&self) -> String {
        let snapshot = match self.snapshot {
            0 => self.before_the_first().to_owned(),
            number if self.unmeasured => format!("snapshot {number}, not measured: it had no gate"),
            number => format!("snapshot {number}"),
        };
        let mut lines = vec![format!("{} {}: {snapshot}", self.app, self.name)];
        for (component, running) in &self.running {
            lines.extend(self.component(component, running));
        }
        for (component, left) in &self.no_longer_declared {
            // The plan of the first release without it has mentioned it.
            if left.left.as_ref().is_some_and(|left| self.is_released_since(left.at)) {
                continue;
            }
            let words = left.words();
            for (part, names) in parts(component, &left.names, &left.containers) {
                let by = format!("by deployment {}", names.now.deployment);
                lines.push(format!("  {part}: {}; {words}", names.in_words(&by)));
            }
        }
        if !self.crosses.is_empty() {
            let crossed = irreversible::in_words(&self.crosses);
            lines.push(format!("  going back crosses what is irreversible: {crossed}"));
        }
        lines.extend(self.looked());
        let nothing_to_go_back_from = self.snapshot == 0;
        let drills = self.drills.as_ref().filter(|_| !nothing_to_go_back_from);
        lines.extend(drills.map(|drills| format!("  way back: {}", text(&drills.in_words()))));
        let next = self.next_drill.as_ref();
        lines.extend(next.map(|next| format!("  drills: {next}")));
        lines.push(self.hold_in_words());
        lines.push(self.lock());
        for waiting in &self.waiting {
            let (id, since) = (&waiting.deployment, waiting.since);
            let place = match (waiting.operator, waiting.first) {
                (true, _) => "; it goes first, because an operator asked for it",
                (false, true) => "; it goes before other releases, because it overtakes",
                (false, false) => "",
            };
            lines.push(format!("  waiting: {}, since {since}{place}", self.deployment(id)));
        }
        lines.join("\n")
    }

    /// Returns the words for an environment in which nothing was recorded as live yet.
    fn before_the_first(&self) -> &'static str {
        let held = self.lock.held.as_ref().map(|held| held.state);
        match held {
            None => "nothing was deployed yet",
            Some(HeldState::Running) => "its first release is under way",
            Some(HeldState::Recovering) => "its first release is being recovered",
            Some(HeldState::NeedsOperator) => "no release has ended well here yet",
        }
    }

    fn is_released_since(&self, at: Time) -> bool {
        let mut running = self.running.values();
        running.any(|running| running.all_names().any(|names| names.now.since > at))
    }

    /// Returns the line about the hold.
    pub fn hold_in_words(&self) -> String {
        match &self.hold {
            None => "  hold: none".to_owned(),
            Some(hold) => format!("  hold: {}", hold.in_words()),
        }
    }

    /// Returns a sentence that says what runs of a part, in place of what is expected there.
    pub fn instead_of(&self, part: &Part) -> String {
        let Some(running) = self.running.get(&part.component) else {
            return format!("nothing is recorded of {part}");
        };
        let names = running.names_of(part.container.as_deref());
        let id = &names.now.deployment;
        let asked = self.deployments.get(&id.0);
        let asked = asked.map(|asked| format!(" ({})", asked.words()));
        let by = format!("by deployment {id}{}", asked.unwrap_or_default());
        format!("{part} runs {}", names.in_words(&by))
    }

    /// Returns whether a component's target is as recorded, with the words for it; `None` if it was not looked at.
    pub fn drift(&self, name: &ComponentName) -> Option<(Drift, String)> {
        let observed = self.observed.get(name)?;
        Some((observed.drift, in_words(observed)))
    }

    /// Returns the last hourly finding on a component that is not as recorded, or whose state could not be seen.
    fn found(&self, name: &ComponentName) -> Option<&Component> {
        let found = self.drift.as_ref()?.components.get(name)?;
        (found.compared.drift != Drift::None).then_some(found)
    }

    /// Returns a line with the time of the last hourly look for drift, and its result where all is as recorded. Before
    /// the first one it says how to look now. Where the targets were looked at just now, their own lines say more.
    fn looked(&self) -> Option<String> {
        if !self.observed.is_empty() {
            return None;
        }
        let Some(shown) = &self.drift else {
            let is_live = self.snapshot > 0;
            return is_live.then(|| format!("  drift: not looked at yet{}", self.way_to_look()));
        };
        let more = if shown.looked.is_none() {
            self.way_to_look()
        } else if shown.is_as_recorded() {
            ": all as recorded".to_owned()
        } else {
            String::new()
        };
        Some(format!("  drift: {}{more}", shown.when_at(now())))
    }

    /// Says how to look for drift now, unless a deployment changes the targets just now.
    fn way_to_look(&self) -> String {
        let (app, name) = (&self.app, &self.name);
        if self.lock.held.is_some() {
            return String::new();
        }
        format!("; `windlass status {app} {name} --observe` looks now")
    }

    /// Returns a line for each image of a component with several, else one.
    fn component(&self, name: &ComponentName, running: &Running) -> Vec<String> {
        let mut lines: Vec<String> =
            parts(name, &running.names, &running.containers).map(|(part, names)| self.part(&part, names)).collect();
        let Some(last) = lines.last_mut() else {
            return lines;
        };
        if let Some((_, observed)) = self.drift(name) {
            last.push_str(&format!("\n    drift: {observed}"));
        } else if let Some(found) = self.found(name) {
            last.push_str(&format!("\n    drift: {} (at {})", found.words(), found.at));
        }
        lines
    }

    fn part(&self, name: &Part, names: &VersionNames) -> String {
        let GivenVersion { version, deployment: id, since, git, .. } = &names.now;
        let asked = self.deployments.get(&id.0);
        let accepted = asked.and_then(|asked| asked.accepted_as(version));
        if let Some(accepted) = accepted {
            let (by, reason) = (who(&accepted.by), Foreign(&accepted.reason));
            return format!("  {name}: {version} since {since} by {by}: {reason}; it is what deployment {id} had left");
        }
        let git = git.as_ref().filter(|git| git.commit.is_some() || git.dirty);
        let commit = git.map(|git| format!(", commit {}", commit(Some(git))));
        let worked = asked.filter(|asked| asked.started.and(asked.ended).is_some());
        let worked = worked.map(|asked| format!(", took {}", took(asked.started, asked.ended)));
        let asked = asked.map(|asked| format!(" ({})", asked.words()));
        let origin = names.origin();
        let origin = origin.map(|origin| format!("\n    {origin}"));
        format!(
            "  {name}: {version} since {since}{}{}, by deployment {id}{}{}",
            commit.unwrap_or_default(),
            worked.unwrap_or_default(),
            asked.unwrap_or_default(),
            origin.unwrap_or_default()
        )
    }

    /// Returns a deployment's id, with what it brings and its requester where these are known.
    pub fn deployment(&self, id: &DeploymentId) -> String {
        let asked = self.deployments.get(&id.0);
        let asked = asked.map(|asked| format!(" {}", asked.in_full()));
        format!("{id}{}", asked.unwrap_or_default())
    }

    /// Returns the version of a deployment that works or waits here.
    pub fn version_of(&self, id: &DeploymentId) -> Option<&str> {
        let asked = self.deployments.get(&id.0);
        asked.map(|asked| asked.version.as_str())
    }

    /// Returns the line about the lock.
    pub fn lock(&self) -> String {
        let Some(held) = &self.lock.held else {
            return "  lock: free".to_owned();
        };
        let next = |action| text(&operators(action, EnvironmentId::new(&self.app, &self.name)).into());
        let what = match held.state {
            HeldState::Running => "is under way".to_owned(),
            HeldState::Recovering => "is being recovered".to_owned(),
            HeldState::NeedsOperator => format!(
                "NEEDS AN OPERATOR: {} to undo it again, or {} to take what is there",
                next(ActionName::Recover),
                next(ActionName::Accept)
            ),
        };
        let who = self.deployment(&held.deployment);
        let paused = self.paused.as_ref().map(|turn| {
            let goes_on = next(ActionName::Continue);
            format!("\n  paused: {} {goes_on} ends it", turn.in_words())
        });
        format!("  lock: {who} {what}, since {}{}", held.since, paused.unwrap_or_default())
    }
}

fn in_words(observed: &Compared) -> String {
    let mut words = vec![observed.drift.word().to_owned()];
    words.extend(observed.both.states().into_iter().rev());
    words.extend(observed.both.reason.clone());
    words.join(", ")
}
