//! The words of a refusal by admission, and the input to start instead. Pure.

use crate::access::Closed;
use crate::deployment::admission::{Candidate, Obstacle, Overrides};
use crate::environment::{Hold, LockHolder};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::{self, input, operators};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::{ComponentName, EnvironmentName};
use crate::text::next_step::{NextStep, Wish};
use crate::text::prose::Prose;
use serde_json::json;
use std::collections::BTreeSet;

/// Makes a finding for each obstacle. Each names an input that has every wish without which the release would be
/// refused for another obstacle. So the input works as it stands there.
pub fn findings(candidate: &Candidate, obstacles: &[Obstacle<'_>], wishes: Overrides) -> Vec<Finding> {
    // No input that a finding names stops a rollback, or what is irreversible.
    let lasts = |one: &Obstacle<'_>| matches!(one, Obstacle::RollbackUnderWay(_) | Obstacle::Irreversible(..));
    let candidate = &Candidate { preempt: candidate.preempt && !obstacles.iter().any(lasts), ..candidate.clone() };
    let finding = |obstacle: &Obstacle<'_>| refused(candidate, *obstacle, wishes);
    obstacles.iter().map(finding).collect()
}

fn refused(candidate: &Candidate, obstacle: Obstacle<'_>, wishes: Overrides) -> Finding {
    let start = |wishes: Overrides| deploy(candidate, wishes);
    let environment = &candidate.environment;
    let (name, reason, remedy) = match obstacle {
        Obstacle::NeedsOperator(held) => return stuck(candidate.environment_id(), held),
        Obstacle::Held(hold) if candidate.action == ActionName::Drill => {
            return held(environment, &hold.in_words(), drill_later(candidate));
        }
        Obstacle::Closed(closed) if candidate.action == ActionName::Drill => {
            let again = of_operators(candidate, ActionName::Drill);
            let remedy = prose!("A drill goes through no hold: start {} then.", again);
            return held(environment, &closed.in_words(), remedy);
        }
        Obstacle::Closed(closed) => {
            let remedy = prose!(
                "The release is recorded. Start {} then, or {} to deploy it all the same.",
                start(Overrides { through_hold: false, ..wishes }),
                start(Overrides { through_hold: true, ..wishes })
            );
            return held(environment, &closed.in_words(), remedy);
        }
        Obstacle::Held(hold) => {
            let remedy = prose!(
                "The release is recorded. Start {} to deploy it all the same; or let deployments go on with {}, and \
                 then start {}.",
                start(Overrides { through_hold: true, ..wishes }),
                of_operators(candidate, ActionName::ReleaseHold),
                start(Overrides { through_hold: false, ..wishes })
            );
            return held(environment, &hold.in_words(), remedy);
        }
        Obstacle::Vetoed(veto) => (
            FindingName::Vetoed,
            format!("release {} failed here in deployment {} at {}.", veto.version, veto.deployment, veto.since),
            prose!(
                "Deploy a fixed release, or start {} to deploy this one once more.",
                start(Overrides { again: true, ..wishes })
            ),
        ),
        Obstacle::Stopped(past) => (
            FindingName::Stopped,
            format!(
                "a person stopped release {} here, in deployment {} at {}.",
                candidate.version, past.deployment, past.at
            ),
            prose!("Start {} to deploy it.", start(wishes)),
        ),
        Obstacle::OlderThanUnderWay(held) => (
            FindingName::Older,
            format!(
                "deployment {} is under way with a newer release, which no older one stops by itself.",
                held.deployment
            ),
            prose!(
                "Start {} to stop it and go back, or {} to stop it for this one.",
                of_operators(candidate, ActionName::Rollback),
                start(Overrides { allow_older: true, ..wishes })
            ),
        ),
        Obstacle::RollbackUnderWay(held) => (
            FindingName::RollbackUnderWay,
            format!("the rollback {} is under way, and no release stops a rollback.", held.deployment),
            prose!("Start {} to deploy it once the rollback has ended.", start(wishes)),
        ),
        Obstacle::Irreversible(held, begun) => (
            FindingName::Irreversible,
            format!(
                "deployment {} has begun {}, which is irreversible: stopped, it would bring nothing back.",
                held.deployment,
                begun.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ),
            prose!(
                "Start {} once it has ended. Where it must not go on, cancel it, which leaves everything as it is, \
                 and start {}.",
                match candidate.action {
                    ActionName::Rollback => rollback_across(candidate, begun),
                    _ => start(wishes),
                },
                of_operators(candidate, ActionName::Accept)
            ),
        ),
        Obstacle::NotIdle(by) => return not_idle(candidate.environment_id(), by),
        Obstacle::Older(part, by) => (
            FindingName::Older,
            format!("deployment {by} brought a newer release of {part} here."),
            prose!(
                "Start {} to go back, or {} to deploy this one.",
                of_operators(candidate, ActionName::Rollback),
                start(Overrides { allow_older: true, ..wishes })
            ),
        ),
    };
    let path = match obstacle {
        Obstacle::Older(part, _) => format!("components.{}", part.component),
        _ => format!("environments.{}", candidate.environment),
    };
    Finding::new(name, path, reason, remedy)
}

/// Makes the findings for a release that is not handed in yet: the obstacles to every release there.
pub fn beforehand(
    of: EnvironmentId<'_>,
    hold: Option<&Hold>,
    closed: Option<&Closed>,
    needs_operator: Option<&LockHolder>,
) -> Vec<Finding> {
    let release_hold = operators(ActionName::ReleaseHold, of);
    let remedy = prose!(
        "Let deployments go on with {}, and release it then; or release it with {} and a reason.",
        release_hold,
        NextStep::With(Wish::ThroughHold)
    );
    let open = prose!("Release it then; or release it with {} and a reason.", NextStep::With(Wish::ThroughHold));
    // One that only waits is not refused.
    let closed = closed.filter(|closed| !closed.waits);
    [
        hold.map(|hold| held(of.environment(), &hold.in_words(), remedy)),
        closed.map(|closed| held(of.environment(), &closed.in_words(), open)),
        needs_operator.map(|held| stuck(of, held)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Makes the finding that deployments are held, in such words: since when, by whom or what, and why.
fn held(environment: &EnvironmentName, words: &str, remedy: Prose) -> Finding {
    Finding::new(
        FindingName::Held,
        format!("environments.{environment}"),
        format!("deployments are held {words}."),
        remedy,
    )
}

fn drill_later(candidate: &Candidate) -> Prose {
    prose!(
        "A drill goes through no hold: let deployments go on with {}, then start {}.",
        of_operators(candidate, ActionName::ReleaseHold),
        of_operators(candidate, ActionName::Drill)
    )
}

/// Makes the finding that a drill waits for nobody.
pub fn not_idle(of: EnvironmentId<'_>, by: &DeploymentId) -> Finding {
    let environment = of.environment();
    Finding::new(
        FindingName::NotIdle,
        format!("environments.{environment}"),
        format!("deployment {by} is under way or waits, and a drill goes only where nothing else does."),
        prose!("Start {} once it has ended.", operators(ActionName::Drill, of)),
    )
}

/// Makes the finding that an environment needs an operator.
pub fn stuck(of: EnvironmentId<'_>, held: &LockHolder) -> Finding {
    let environment = of.environment();
    Finding::new(
        FindingName::NeedsOperator,
        format!("environments.{environment}"),
        format!("deployment {} could not be undone and holds the lock.", held.deployment),
        operators_first(of),
    )
}

/// Returns the step that comes first if an environment needs an operator, in a sentence.
pub fn operators_first(of: EnvironmentId<'_>) -> Prose {
    prose!(
        "Start {} to undo it again, or {} to take what is there now; then ask again.",
        operators(ActionName::Recover, of),
        operators(ActionName::Accept, of)
    )
}

/// Returns the step with which a person deploys a candidate's release, with these wishes.
pub fn deploy(candidate: &Candidate, wishes: Overrides) -> NextStep {
    let wishes = [
        ("again", wishes.again),
        ("allow_older", wishes.allow_older),
        ("accept_red", candidate.accept_red),
        ("through_hold", wishes.through_hold),
        ("preempt", candidate.preempt),
    ];
    let what = (candidate.version.as_str(), candidate.component.as_ref());
    call::deploy(candidate.environment_id(), (&wishes, &candidate.may_lose), what)
}

/// Returns the step with which a person goes back where this rollback was to go, across these runs as well.
fn rollback_across(candidate: &Candidate, begun: &[ComponentName]) -> NextStep {
    let across: BTreeSet<&ComponentName> = candidate.across.iter().chain(begun).collect();
    let mut members = vec![("across", json!(across)), ("reason", "…".into())];
    members.extend(candidate.snapshot.map(|number| ("snapshot", number.into())));
    members.extend(candidate.component.iter().map(|component| ("component", json!(component))));
    members.extend((!candidate.may_lose.is_empty()).then(|| ("may_lose", json!(candidate.may_lose))));
    input(ActionName::Rollback, candidate.environment_id(), &members)
}

fn of_operators(candidate: &Candidate, action: ActionName) -> NextStep {
    operators(action, candidate.environment_id())
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
