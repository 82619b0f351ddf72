//! The parts of an environment's record that no removal and no move takes away: its hold, and the runs after which
//! nothing that came before may run. Pure.

use crate::environment::EnvironmentState;
use crate::identity::EnvironmentId;
use crate::name::ComponentName;
use std::collections::BTreeSet;

/// The parts that stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetainedRecord {
    /// True if automatic deployments are held there.
    pub is_held: bool,
    /// The components that go and have such a run.
    pub ran: BTreeSet<ComponentName>,
}

impl RetainedRecord {
    /// Returns the parts that stay when these components go.
    pub fn of(state: &EnvironmentState, goes: impl Fn(&ComponentName) -> bool) -> Self {
        let ran = state.irreversible.keys().filter(|name| goes(name));
        Self { is_held: state.hold.is_some(), ran: ran.cloned().collect() }
    }

    /// Says after a removal what stays, in sentences.
    pub fn sentences(&self, at: EnvironmentId<'_>) -> Vec<String> {
        let hold = self.is_held.then(|| hold_stays(at));
        let ran = list(&self.ran)
            .map(|names| format!("That {names} ran stays recorded, so a rollback crosses it as before."));
        hold.into_iter().chain(ran).collect()
    }
}

/// Says that a hold stays, in a sentence.
pub fn hold_stays(at: EnvironmentId<'_>) -> String {
    format!("The hold of {at} stays until it is released.")
}

/// Lists components, if there are any.
pub fn list(names: &BTreeSet<ComponentName>) -> Option<String> {
    let names: Vec<&str> = names.iter().map(ComponentName::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
