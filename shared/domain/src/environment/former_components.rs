//! The former names and states of components that were moved. Older snapshots need them, because they are never written
//! anew.

use super::{BEFORE_WINDLASS, Running, Snapshot};
use crate::environment::kept::IrreversibleRun;
use crate::text::name::ComponentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The former state of a component, in snapshots up to a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormerState {
    /// The component had this name here.
    Called(ComponentName),
    /// The component was another environment's, and this ran when it was handed over. A rollback to an older snapshot
    /// goes back to this. The snapshot from before the first release has what was found of it.
    Ran {
        /// The bytes and names that ran.
        running: Box<Running>,
        /// Its irreversible run before that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<IrreversibleRun>,
    },
}

/// The former state of each component, in snapshots that are older than a number.
pub type Former = BTreeMap<ComponentName, BTreeMap<u64, FormerState>>;

/// Makes a snapshot name the components as they are called now. It takes out all former names first, because one may be
/// another component's name now.
pub(super) fn read(snapshot: &mut Snapshot, former: &Former) {
    let number = snapshot.number;
    let then = former.iter().filter_map(|(name, before)| {
        let (_, before) = before.range(number + 1..).next()?;
        Some((name, before))
    });
    let (mut components, mut runs) = (Vec::new(), Vec::new());
    for (name, before) in then.clone() {
        if let FormerState::Called(was) = before {
            let ran = snapshot.components.remove(was);
            components.extend(ran.map(|ran| (name.clone(), ran.called(was))));
            let run = snapshot.irreversible.remove(was);
            runs.extend(run.map(|run| (name.clone(), run)));
        }
    }
    snapshot.components.extend(components);
    snapshot.irreversible.extend(runs);
    for (name, before) in then {
        if let FormerState::Ran { running, after } = before
            && snapshot.version != BEFORE_WINDLASS
            && !snapshot.components.contains_key(name)
        {
            snapshot.components.insert(name.clone(), (**running).clone());
            let after = after.iter().map(|run| (name.clone(), run.clone()));
            snapshot.irreversible.extend(after);
        }
    }
}

#[cfg(test)]
#[path = "former_components_tests.rs"]
mod tests;
