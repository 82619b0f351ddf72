//! The next steps after a look at the targets of an environment, as values: `status --observe` and `apps --observe`
//! show the same ones, to people and to programs. Pure.

use crate::ground::output::text;
use crate::view::next_steps::{PossibleStep, in_line, of_environment};
use std::collections::BTreeMap;
use windlass_domain::environment::drift::{Compared, Drift};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::call::{observed, operators};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::environments::Situation;
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::NextStep;

/// The next steps after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AfterLook {
    /// The step that brings back what is recorded; `None` where no target is seen to be changed, or while the lock is
    /// held, whose steps come first.
    back: Option<NextStep>,
    /// True if a target is gone.
    is_gone: bool,
    /// The step that looks again; `None` where all targets were seen, or while the lock is held.
    again: Option<NextStep>,
    /// The steps that the environment has anyway.
    others: Vec<PossibleStep>,
    /// True if a target differs from what is recorded; or if one could not be seen while nobody works there.
    pub differs: bool,
}

impl AfterLook {
    /// Returns the steps in an environment whose targets were looked at.
    pub fn of(
        of: EnvironmentId<'_>,
        now: &Situation,
        seen: &BTreeMap<ComponentName, Compared>,
        is_paused: bool,
    ) -> Self {
        let is_free = now.lock.held.is_none();
        let is = |drift| seen.values().any(|one| one.drift == drift);
        let again = (is_free && is(Drift::Unknown)).then(|| observed(of));
        Self {
            back: (is_free && is(Drift::Changed)).then(|| operators(ActionName::Restore, of)),
            is_gone: seen.values().any(|one| one.drift == Drift::Changed && one.both.seen.is_none()),
            others: of_environment(of, now, is_paused),
            differs: is(Drift::Changed) || again.is_some(),
            again,
        }
    }

    /// Returns all steps, in their order.
    pub fn steps(&self) -> Vec<NextStep> {
        let others = self.others.iter().map(|one| &one.step);
        self.back.iter().chain(&self.again).chain(others).cloned().collect()
    }

    /// Returns the words for the steps that the look asks for; `None` where there is none.
    fn of_the_look(&self) -> Option<String> {
        let changed = self.back.as_ref().map(|back| {
            let first = if self.is_gone { "make anew what is gone, then bring" } else { "bring" };
            format!(
                "{first} back what is recorded by {}; or, where a target is right as it is, release what it has, \
                 because the next release takes that away",
                text(&back.clone().into())
            )
        });
        let unseen = self.again.as_ref().map(|again| {
            format!("mend what kept a target from being seen, and look again by {}", text(&again.clone().into()))
        });
        let all: Vec<String> = changed.into_iter().chain(unseen).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Returns the words for all steps, or that nothing is to be done where all is as recorded.
    pub fn in_words(&self) -> Option<String> {
        let words = in_line(self.of_the_look().as_deref(), &self.others);
        words.or_else(|| {
            (!self.differs).then(|| "nothing is to be done, because the targets are as recorded".to_owned())
        })
    }
}
