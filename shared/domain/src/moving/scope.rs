//! The scope of a removal, a rename or a hand-over, and an environment of it as the ledger knows it. Pure.

use crate::declaration::tenancy::Owner;
use crate::deployment::refusal::stuck;
use crate::document::shape::unknown_name;
use crate::environment::{EnvironmentState, Lock};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{AppName, ComponentName, EnvironmentName};
use std::collections::BTreeSet;
use std::{fmt, mem};

/// A component of an environment, all of an environment, or a whole application.
#[derive(Debug, Clone, Copy)]
pub struct MovingScope<'a> {
    /// The application.
    pub app: &'a AppName,
    /// The environment; the whole application if absent.
    pub environment: Option<&'a EnvironmentName>,
    /// The component; all of the environment if absent.
    pub component: Option<&'a ComponentName>,
}

/// As texts name the environment, or the whole application.
impl fmt::Display for MovingScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.environment {
            Some(environment) => write!(f, "{}/{environment}", self.app),
            None => write!(f, "{}", self.app),
        }
    }
}

impl<'a> MovingScope<'a> {
    /// Returns whether it is a whole application.
    pub fn is_whole(self) -> bool {
        self.environment.is_none()
    }

    /// Returns the part of it in one of its environments.
    #[must_use]
    pub fn part_in(self, environment: &'a EnvironmentName) -> Self {
        Self { environment: self.environment.or(Some(environment)), ..self }
    }

    /// Returns the environment that it names; of a whole application the one of this name.
    pub fn at(self, environment: &'a EnvironmentName) -> EnvironmentId<'a> {
        EnvironmentId::new(self.app, self.environment.unwrap_or(environment))
    }

    /// Returns whether a component of its environment is in it.
    pub fn takes(self, component: &ComponentName) -> bool {
        self.component.is_none_or(|it| it == component)
    }

    /// Returns whether an owner of a claim is in it.
    pub fn is_of(self, owner: &Owner) -> bool {
        let here = self.environment.is_none_or(|it| *it == owner.environment);
        here && owner.app == *self.app && self.takes(&owner.component)
    }

    /// Returns the path of a finding about it.
    pub fn path(self) -> String {
        match (self.component, self.environment) {
            (Some(component), _) => format!("components.{component}"),
            (None, Some(environment)) => format!("environments.{environment}"),
            (None, None) => "app".to_owned(),
        }
    }

    /// Makes the finding that nothing is recorded of this scope. `recorded` are the environment's components, one of
    /// which may be meant.
    pub fn nothing(self, recorded: &BTreeSet<ComponentName>) -> Finding {
        let (name, what, done) = match (self.component, self.environment) {
            (Some(component), _) => (component.as_str(), format!("a component `{component}` in {self}"), "removed"),
            (None, Some(environment)) => (environment.as_str(), self.to_string(), "removed"),
            (None, None) => (self.app.as_str(), format!("an application `{self}`"), "removed or renamed"),
        };
        let recorded = recorded.iter().filter(|_| self.component.is_some());
        let otherwise = format!("Correct the name; where it was {done} already, nothing has to be done.");
        unknown_name(self.path(), format!("nothing is recorded of {what}."), name, recorded, otherwise)
    }
}

/// An environment as the ledger knows it: the one of an owner, or the one of a new owner.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The environment.
    pub at: EnvironmentId<'a>,
    /// Its lock.
    pub lock: &'a Lock,
    /// Somebody who waits for it.
    pub waits: Option<&'a DeploymentId>,
    /// The drill that is under way, also between its two ways, when nobody has the lock.
    pub drill: Option<&'a DeploymentId>,
    /// Its record.
    pub state: &'a EnvironmentState,
}

impl Side<'_> {
    /// Returns a finding if something is under way there, or waits.
    pub fn busy(self) -> Option<Finding> {
        if let Some(held) = self.lock.stuck() {
            return Some(stuck(self.at, held));
        }
        let held = self.lock.held.as_ref().map(|held| &held.deployment);
        let (who, then) = match (held, self.drill, self.waits) {
            (Some(id), _, _) => (format!("deployment {id} is under way there"), CANCEL),
            (None, Some(id), _) => (
                format!("drill {id} is under way there, and has not come back"),
                "Wait until it has ended; then ask again.",
            ),
            (None, None, Some(id)) => (format!("deployment {id} waits for its turn there"), CANCEL),
            (None, None, None) => return None,
        };
        Some(Finding::new(
            FindingName::StillBusy,
            format!("environments.{}", self.at.environment()),
            format!("{who}, and nothing is let go of or moved meanwhile."),
            then,
        ))
    }
}

/// The next step beside a deployment that has not ended.
const CANCEL: &str = "Wait until it has ended, or cancel it; then ask again.";

/// Takes what is recorded of a component out of the record of an environment, and returns that. An irreversible run and
/// the folder of its kind stay.
pub(crate) fn taken(state: &mut EnvironmentState, name: &ComponentName) -> EnvironmentState {
    let (marks, others) = mem::take(&mut state.marks).into_iter().partition(|(part, _)| part.component == *name);
    state.marks = others;
    EnvironmentState {
        marks,
        running: state.running.remove_entry(name).into_iter().collect(),
        found: state.found.remove_entry(name).into_iter().collect(),
        before: state.before.remove_entry(name).into_iter().collect(),
        withdrawn: state.withdrawn.remove_entry(name).into_iter().collect(),
        ..EnvironmentState::default()
    }
}
