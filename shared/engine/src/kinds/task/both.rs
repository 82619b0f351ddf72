//! Prepares what a task of ECS and a call have in common: the plan, by the work that succeeded last, and the warnings
//! for people.

use super::once::{Goal, RunWork, Target};
use crate::kinds::{Kind, LookContext, PrepareInput, Prepared, Recorded, Stage, from_value, to_value};
use crate::ports::Result;
use serde::Serialize;
use windlass_domain::declaration::kinds::task::Task as Spec;
use windlass_domain::declaration::tenancy::Claim;
use windlass_domain::text::finding::{Finding, FindingName};

/// Returns the work that succeeded last, as far as it is recorded.
pub(super) fn last(input: &PrepareInput<'_>) -> Result<Option<RunWork>> {
    let Some(running) = input.running else { return Ok(None) };
    let recorded = Recorded::read("recorded state", &running.state)?;
    Ok(match from_value("recorded state", &recorded.goal)? {
        Goal::Back(last) => last,
        Goal::Run(work) => Some(work),
    })
}

/// The words of a plan.
pub(super) struct PlanWords {
    /// The reason why nothing is run, if the release brings nothing for it.
    pub not_brought: Option<String>,
    /// The words for a plan in which the same has succeeded last, such as "is not run: `up`".
    pub same: String,
    /// The words for the run.
    pub what: String,
}

/// Plans the run of what is there and ours. It is not run if the same has succeeded last, and nobody has asked for it
/// again.
pub(super) async fn planned<How, K>(
    kind: &K,
    (input, spec): (&PrepareInput<'_>, &Spec),
    target: &Target<How>,
    claims: Vec<Claim>,
    (words, more): (PlanWords, Option<Finding>),
) -> Result<Prepared>
where
    How: Serialize,
    K: Kind<Target = Target<How>, Goal = Goal>,
{
    let seen = kind.observe(target, &LookContext::default()).await?;
    let before = Recorded::of::<K>(target, &seen)?;
    let is_brought = words.not_brought.is_none();
    let is_same = target.last.as_ref() == Some(&target.work) && !input.again;
    let same = || format!("{} has succeeded here already with sha256:{}", words.same, target.work.sha256.short());
    let unchanged = words.not_brought.or_else(|| is_same.then(same)).filter(|_| !input.is_check);
    let (mut stages, mut warnings) = (vec![], vec![]);
    if unchanged.is_none() {
        stages.push(Stage::new(to_value(&Goal::Run(target.work.clone()))?, words.what));
        warnings.extend(not_taken_back(input, spec));
        warnings.extend(irreversible(input, spec));
        warnings.extend(more);
    }
    Ok(Prepared {
        target: to_value(target)?,
        claims,
        before: to_value(&before)?,
        stages,
        unchanged,
        irreversible: spec.irreversible && is_brought,
        warnings,
        ..Prepared::default()
    })
}

/// Pure: the finding that something is not there.
pub(super) fn missing(input: &PrepareInput<'_>, member: &str, what: &str) -> Finding {
    Finding::new(
        FindingName::TargetMissing,
        input.path(member),
        format!("There is no {what}."),
        "Create it with your infrastructure code first, or mend its name.",
    )
}

/// Warns, before the release begins, of a task that nothing takes back (rule 8).
fn not_taken_back(input: &PrepareInput<'_>, spec: &Spec) -> Option<Finding> {
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
fn irreversible(input: &PrepareInput<'_>, spec: &Spec) -> Option<Finding> {
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
