//! Prepares what a task of ECS and a call have in common: the work that succeeded last, and the warnings for people.

use super::state::{Goal, Work};
use crate::kinds::{PrepareInput, Recorded, from_value};
use crate::ports::Result;
use windlass_domain::declaration::kinds::task::Task as Spec;
use windlass_domain::text::finding::{Finding, FindingName};

/// Returns the work that succeeded last, as far as it is recorded.
pub(super) fn last(input: &PrepareInput<'_>) -> Result<Option<Work>> {
    let Some(running) = input.running else {
        return Ok(None);
    };
    let recorded = Recorded::read("recorded state", &running.state)?;
    Ok(match from_value("recorded state", &recorded.goal)? {
        Goal::Back(last) => last,
        Goal::Run(work) => Some(work),
    })
}

/// Warns, before the release begins, of a task that nothing takes back (rule 8).
pub(super) fn not_taken_back(input: &PrepareInput<'_>, spec: &Spec) -> Option<Finding> {
    (spec.undo.is_none() && !spec.irreversible).then(|| {
        Finding::new(
            FindingName::MayStay,
            input.path("undo"),
            "Nothing takes back what the task does: where the release is undone, that stays.",
            "Write what takes it back as `undo`; or `undo: none` where nothing has to be done.",
        )
    })
}

/// Warns of a task after which nothing that came before may run.
pub(super) fn irreversible(input: &PrepareInput<'_>, spec: &Spec) -> Option<Finding> {
    spec.irreversible.then(|| {
        Finding::new(
            FindingName::Irreversible,
            input.path("irreversible"),
            "Once the task has begun, what came before must not run: no undo of this release brings anything back then, and going back from it crosses the task.",
            format!(
                "Nothing has to be done now. Later a rollback needs `across: [{}]`, and an undo that stops there `accept`.",
                input.component
            ),
        )
    })
}
