//! A component is looked at once more if another one that touches its target was changed or undone after it.
//!
//! A stack that goes back to its former template may write anew what another component owns of a resource in it, such
//! as the version of an alias. So that one is looked at behind the stack, and brought to what is to be there. Pure.

use crate::deployment::step::{Step, StepStatus};

/// Returns whether the target of a step is to be looked at once more. That is asked for once, when all that touch it
/// are back; and again if nobody has begun with it since, because the answer was lost. `steps` are all steps of the
/// deployment.
pub fn is_again<'s>(step: &Step, steps: impl Iterator<Item = &'s Step> + Clone) -> bool {
    let begins = step.again.is_none() && matches!(step.status, StepStatus::Planned | StepStatus::Undone);
    let was_lost = step.status == StepStatus::Undoing && step.again == Some(step.attempt);
    let is_asked = step.is_looked_at() && (begins || was_lost);
    is_asked && is_touched_back(step, steps.clone()) && !is_touched_later(step, steps)
}

/// Returns whether the target of a step whose undo begins was touched since its own change, by the undo of a component
/// that came after it.
pub fn is_touched_since<'s>(step: &Step, steps: impl Iterator<Item = &'s Step>) -> bool {
    use StepStatus::{Changed, Changing, Failed};
    let begins = matches!(step.status, Changing | Changed | Failed);
    step.behind.is_some() && begins && is_touched_back(step, steps)
}

/// Returns whether the target of a step may still be touched, by the undo of a component that is not back.
pub fn is_touched_later<'s>(step: &Step, mut steps: impl Iterator<Item = &'s Step>) -> bool {
    steps.any(|other| step.touched_by.contains(&other.component) && other.needs_undo())
}

fn is_touched_back<'s>(step: &Step, mut steps: impl Iterator<Item = &'s Step>) -> bool {
    steps.any(|other| step.touched_by.contains(&other.component) && other.is_back())
}

impl Step {
    /// Returns whether what it changed is back.
    pub fn is_back(&self) -> bool {
        self.status == StepStatus::Undone && self.has_switched()
    }

    /// Asks for its undo once more, or for one that takes whatever is there. What was sent back before is no part of
    /// that: it has got the token 0, which no lock has.
    pub fn ask_again(&mut self) {
        self.status = StepStatus::Undoing;
        self.again = Some(self.attempt);
        self.changes.iter_mut().filter(|change| change.undo).for_each(|change| change.token = 0);
        self.take_as_touched();
    }

    /// Lets whatever is there by now count as nobody else's change.
    pub fn take_as_touched(&mut self) {
        self.confirmed = None;
        self.unanswered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::plan::KindName;
    use crate::deployment::step::ChangeRecord;
    use crate::release::identity::DeploymentId;
    use crate::text::name::{AppName, ComponentName, EnvironmentName};
    use StepStatus::{Changed, Failed, Planned, UndoFailed, Undoing, Undone};
    use serde_json::json;
    use std::iter::once;

    fn step(name: &str, status: StepStatus) -> Step {
        let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let (id, name) = (DeploymentId("0123456789abcdef".into()), ComponentName::new(name).unwrap());
        let planned = Step::planned(id, app, environment, name, KindName::Lambda);
        Step { status, target: json!({}), attempt: 3, ..planned }
    }

    #[test]
    fn what_was_touched_is_looked_at_once_more_when_the_other_is_back() {
        // The status of `infra` and whether it had changed anything, that of `api`, the attempt at which its undo was
        // asked for again, and whether it is to be looked at.
        let table = [
            (Undone, true, Undone, None, true),
            (Undone, true, Planned, None, true),
            (Undone, false, Undone, None, false),
            (UndoFailed, true, Undone, None, false),
            (Undone, true, UndoFailed, None, false),
            (Undone, true, Changed, None, false),
            (Undone, true, Undoing, None, false),
            (Undone, true, Undoing, Some(3), true),
            (Undone, true, Undoing, Some(2), false),
            (Undone, true, Undone, Some(2), false),
        ];
        for (infra, has_changed, api, again, wanted) in table {
            let mut infra = step("infra", infra);
            if has_changed {
                infra.changes.push(change());
            }
            let touched_by = [infra.component.clone()].into();
            let api = Step { touched_by, again, ..step("api", api) };
            let found = is_again(&api, [&infra, &api].into_iter());
            assert_eq!(found, wanted, "{:?} {has_changed} {:?} {again:?}", infra.status, api.status);
            let other = Step { touched_by: [].into(), ..api };
            assert!(!is_again(&other, once(&infra)), "{:?}", other.status);
        }
    }

    #[test]
    fn what_several_touch_is_looked_at_once_more_when_all_of_them_are_back() {
        let changed = |name: &str, status| Step { changes: vec![change()], ..step(name, status) };
        let touched_by = ["infra", "other"].map(|name| ComponentName::new(name).unwrap()).into();
        let api = Step { touched_by, ..step("api", Undone) };
        for (other, wanted) in [(Changed, false), (UndoFailed, false), (Undone, true), (Planned, true)] {
            let steps = [changed("infra", Undone), changed("other", other)];
            assert_eq!(is_again(&api, steps.iter()), wanted, "{other:?}");
            assert_eq!(is_touched_later(&api, steps.iter()), !wanted, "{other:?}");
        }
    }

    #[test]
    fn what_was_touched_since_its_own_change_is_taken_as_it_is() {
        // Whether `infra` is back, the status of `api`, its wave behind `infra`, and whether it was touched since.
        let table = [
            (Undone, Changed, Some(2), true),
            (Undone, Failed, Some(2), true),
            (Undone, Changed, None, false),
            (Changed, Changed, Some(2), false),
            (Undone, Undone, Some(2), false),
            (Undone, UndoFailed, Some(2), false),
        ];
        for (infra, api, behind, wanted) in table {
            let infra = Step { changes: vec![change()], ..step("infra", infra) };
            let mut api = Step { touched_by: [infra.component.clone()].into(), behind, ..step("api", api) };
            assert_eq!(is_touched_since(&api, once(&infra)), wanted, "{:?} {:?} {behind:?}", infra.status, api.status);
            api.ask_again();
            assert!(!is_touched_since(&api, once(&infra)), "it is asked for once");
        }
    }

    #[test]
    fn what_is_asked_for_again_is_so_once() {
        let mut infra = step("infra", Undone);
        infra.changes.push(change());
        let mut api = Step { touched_by: [infra.component.clone()].into(), ..step("api", Undone) };
        api.ask_again();
        assert!(is_again(&api, once(&infra)), "the answer may be lost");
        api.attempt += 1;
        assert!(!is_again(&api, once(&infra)));
        api.status = Undone;
        assert!(!is_again(&api, once(&infra)));
    }

    #[test]
    fn what_was_sent_back_before_is_no_part_of_the_undo_that_is_asked_for_again() {
        let made = |undo| ChangeRecord { undo, token: 7, ..change() };
        let mut api = Step { changes: vec![made(false), made(true)], ..step("api", Undone) };
        api.ask_again();
        let tokens: Vec<u64> = api.changes.iter().map(|change| change.token).collect();
        assert_eq!(tokens, [7, 0]);
    }

    fn change() -> ChangeRecord {
        let change = json!({"at": 1, "what": "execute", "answered": true, "undo": false, "switching": true});
        serde_json::from_value(change).unwrap()
    }
}
