//! An undo leaves a component as it is if another one that stands on it could not be brought back.
//!
//! The other one's former state may be gone with the target that it stands on, such as a bucket with the stack that has
//! made it. Pure.

use crate::deployment::step::Step;
use crate::text::name::ComponentName;

/// Returns the component that keeps an undo from a step: one that changed after it, at a target to which it gives a
/// name, and that is not back. One of which only what was made to plan is left has nothing to come back to. `steps` are
/// all steps of the deployment.
pub fn held_by<'s>(step: &Step, steps: impl IntoIterator<Item = &'s Step>) -> Option<&'s ComponentName> {
    let first = |step: &Step| step.goals.keys().next().copied();
    let stands_on_it = |other: &&Step| {
        let came_later = first(other) > first(step);
        let has_changed = other.changes.iter().any(|change| !change.undo);
        came_later && has_changed && other.stands_on.contains(&step.component) && other.needs_undo()
    };
    steps.into_iter().find(stands_on_it).map(|other| &other.component)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::plan::KindName;
    use crate::deployment::step::ChangeRecord;
    use crate::deployment::step::StepStatus::{self, Changed, Planned, UndoFailed, Undoing, Undone};
    use crate::release::identity::DeploymentId;
    use crate::text::name::{AppName, EnvironmentName};
    use serde_json::{Value, json};

    /// Makes a step that has made changes forward, or back.
    fn step(name: &str, wave: u32, status: StepStatus, stands_on: &[&str], undo: &[bool]) -> Step {
        let component = |name: &str| ComponentName::new(name).unwrap();
        let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let id = DeploymentId("0123456789abcdef".into());
        let planned = Step::planned(id, app, environment, component(name), KindName::Lambda);
        Step {
            status,
            goals: [(wave, Value::Null)].into(),
            stands_on: stands_on.iter().map(|name| component(name)).collect(),
            changes: undo.iter().map(|undo| change(*undo)).collect(),
            ..planned
        }
    }

    fn change(undo: bool) -> ChangeRecord {
        serde_json::from_value(json!({"at": 1, "what": "execute", "answered": true, "undo": undo})).unwrap()
    }

    #[test]
    fn what_another_one_stands_on_waits_until_that_is_back() {
        // The wave of `web` behind or before `infra` in wave 1, its status, on what it stands, which of its changes
        // were of the undo, and whether `infra` is held by it.
        for (wave, status, stands_on, undo, is_held) in [
            (2, UndoFailed, "infra", &[false][..], true),
            (2, Changed, "infra", &[false], true),
            (2, Undone, "infra", &[false, true], false),
            (2, Planned, "infra", &[], false),
            (2, UndoFailed, "other", &[false], false),
            // What was made to plan could not be taken away.
            (2, Undoing, "infra", &[], false),
            (2, Undoing, "infra", &[true], false),
            (2, Undoing, "infra", &[false, true], true),
            // A rollback goes the other way round, and so does its undo.
            (0, Changed, "infra", &[false], false),
        ] {
            let steps = [step("infra", 1, Changed, &[], &[]), step("web", wave, status, &[stands_on], undo)];
            let held = held_by(&steps[0], &steps).map(ComponentName::as_str);
            assert_eq!(held, is_held.then_some("web"), "{wave} {status:?} {stands_on} {undo:?}");
            assert_eq!(held_by(&steps[1], &steps), None);
        }
    }
}
