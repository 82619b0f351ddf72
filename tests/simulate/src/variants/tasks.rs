//! Variants of the code that runs tasks once.

use super::variant::{Edit, Variant};
use crate::schedule::What::{FailsAfter, HangsAfter, KilledAfter, ThrottledLong};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "token_by_attempt",
        // By the assumptions of docs/SAFETY.md, ECS shows a task before it is asked for again. The token is for a task
        // that it does not show.
        what: "the token of a task is another one each time that it is asked for, and ECS shows it only once its answer is known",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/task/observe.rs",
                find: "            runs.iter().find(|run| run.started_by == by).cloned()",
                replace: "                let sent = recorded(way.changes, direction).sent;\n                let is_answered = sent.is_some_and(|sent| sent.answered.is_some());\n                let mut known = runs.iter().filter(|_| is_answered || !VARIANT);\n                known.find(|run| run.started_by == by).cloned()",
            },
            Edit {
                file: "shared/engine/src/kinds/task/mod.rs",
                find: "        token: token(deployment, &target.component, direction),",
                replace: "        token: if VARIANT {\n            windlass_domain::digest::Digest::of(self_now.to_string().as_bytes()).as_str().to_owned()\n        } else {\n            token(deployment, &target.component, direction)\n        },",
            },
            Edit {
                file: "shared/engine/src/kinds/task/mod.rs",
                find: "                let run = new_run(target, deployment, *direction, definition)?;",
                replace: "                let run = new_run(target, deployment, *direction, definition, self.at.now())?;",
            },
            Edit {
                file: "shared/engine/src/kinds/task/mod.rs",
                find: "    definition: &str,\n) -> Result<NewRun> {",
                replace: "    definition: &str,\n    self_now: windlass_domain::time::Time,\n) -> Result<NewRun> {",
            },
        ],
        scenarios: &["task"],
        mishaps: &[FailsAfter, KilledAfter, HangsAfter],
    },
    Variant {
        name: "run_again_when_forgotten",
        what: "a task that ECS has forgotten is run again",
        edits: &[Edit {
            file: "shared/engine/src/kinds/task/next.rs",
            find: "        if !self.is_known(sent) {",
            replace: "        if VARIANT && !self.is_known(sent) {\n            return Next::Do(Change::Run {\n                direction: self.direction,\n                definition: sent.definition.clone(),\n                first: sent.first,\n            });\n        }\n        if !self.is_known(sent) {",
        }],
        scenarios: &["task_forgotten"],
        mishaps: &[],
    },
    Variant {
        name: "taken_back_unbegun",
        what: "what takes a task back is run although that never began",
        edits: &[Edit {
            file: "shared/engine/src/kinds/task/next.rs",
            find: "    if !end.began || !has_undo {",
            replace: "    if (!end.began && !VARIANT) || !has_undo {",
        }],
        scenarios: &["task_never_starts"],
        mishaps: &[],
    },
    Variant {
        name: "brought_back_behind_irreversible",
        what: "an undo goes on to what came before an irreversible task that has begun",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/undo.rs",
            find: "    if bars.peek().is_some() {\n        return Ok(Answer::of(UndoTransition::SettleUndo, id, by.token));",
            replace: "    if bars.peek().is_some() && !VARIANT {\n        return Ok(Answer::of(UndoTransition::SettleUndo, id, by.token));",
        }],
        scenarios: &["task_irreversible"],
        mishaps: &[],
    },
    Variant {
        name: "back_across_irreversible",
        what: "a rollback goes back across an irreversible task unasked",
        edits: &[Edit {
            file: "shared/engine/src/conductor/environment/way_back.rs",
            find: "    irreversible::refusals(at, goal, &crossed, &record.across)",
            replace: "    if VARIANT {\n        return Vec::new();\n    }\n    irreversible::refusals(at, goal, &crossed, &record.across)",
        }],
        scenarios: &["task_irreversible_across"],
        mishaps: &[],
    },
    Variant {
        name: "snapshot_claims_what_was_crossed",
        what: "what is released after a rollback across an irreversible task counts as if it came after that",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/snapshots.rs",
            find: "            ran.deployment == record.id || is_passed_over(scene, name)",
            replace: "            VARIANT || ran.deployment == record.id || is_passed_over(scene, name)",
        }],
        scenarios: &["task_irreversible_across_then_the_same"],
        mishaps: &[],
    },
    Variant {
        name: "undeclared_task_bars",
        what: "a task that is not declared any more leaves a rollback no way",
        edits: &[Edit {
            file: "shared/domain/src/rollback.rs",
            find: "        if !is_declared && [back, runs]",
            replace: "        if !VARIANT && !is_declared && [back, runs]",
        }],
        scenarios: &["task_irreversible_not_declared"],
        mishaps: &[],
    },
    Variant {
        name: "any_name_is_across",
        what: "a rollback names what it does not cross, and nobody minds",
        edits: &[Edit {
            file: "shared/domain/src/irreversible.rs",
            find: "    let surplus = across.iter().filter(|name| !crossed.contains_key(*name));",
            replace: "    let surplus = across.iter().filter(|name| !crossed.contains_key(*name) && !VARIANT);",
        }],
        scenarios: &["task_irreversible_misnamed"],
        mishaps: &[],
    },
    Variant {
        name: "missing_is_success",
        what: "a task that ECS does not show any more counts as one that is taken back",
        edits: &[Edit {
            file: "shared/engine/src/kinds/task/next.rs",
            find: "        match (side.alive(), &side.sent) {\n            (Some(run), _) =>",
            replace: "        if VARIANT && side.alive().is_none() {\n            return Ok(None);\n        }\n        match (side.alive(), &side.sent) {\n            (Some(run), _) =>",
        }],
        scenarios: &["task_forgotten"],
        mishaps: &[],
    },
    Variant {
        name: "called_unasked_of_the_ledger",
        what: "the runner makes a call whatever the ledger has of it",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/task/call/runner.rs",
                find: "    if !is_next || now > ask.not_after {",
                replace: "    if !VARIANT && (!is_next || now > ask.not_after) {",
            },
            Edit {
                file: "shared/engine/src/kinds/task/call/runner.rs",
                find: "    ledger::commit(ports, vec![called.put()?]).await\n}\n\n/// The one call.",
                replace: "    Ok(ledger::commit(ports, vec![called.put()?]).await? || VARIANT)\n}\n\n/// The one call.",
            },
        ],
        scenarios: &["call_asked_twice"],
        mishaps: &[],
    },
    Variant {
        name: "called_before_is_forgotten",
        what: "a call that Lambda did not run at its last try counts as never begun, whatever the tries before it did",
        edits: &[Edit {
            file: "shared/domain/src/kinds/task/function.rs",
            find: "        let is_of_all = end.outcome != CallOutcome::NotBegun || self.lost == 0;",
            replace: "        let is_of_all = end.outcome != CallOutcome::NotBegun || self.lost == 0 || VARIANT;",
        }],
        scenarios: &["call_repeated_lost"],
        mishaps: &[ThrottledLong],
    },
    Variant {
        name: "called_again_when_lost",
        what: "a call whose answer is lost is made again, although its function is not declared repeatable",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/task/call/next.rs",
                find: "            Some(called) if called.spent() < self.target.call.tries() => {",
                replace: "            Some(called) if VARIANT || called.spent() < self.target.call.tries() => {",
            },
            Edit {
                file: "shared/engine/src/kinds/task/call/next.rs",
                find: "        let is_lost = called.end.is_some() && !self.target.call.repeatable;",
                replace: "        let is_lost = called.end.is_some() && !self.target.call.repeatable && !VARIANT;",
            },
            Edit {
                file: "shared/engine/src/kinds/task/call/runner.rs",
                find: "is.may_be_followed(now, target.call.tries());",
                replace: "is.may_be_followed(now, target.call.tries() + u32::from(VARIANT));",
            },
        ],
        scenarios: &["call_lost"],
        mishaps: &[],
    },
    Variant {
        name: "undo_unbegun_has_failed",
        what: "what takes a call back has failed for good where Lambda has not run it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/task/call/next.rs",
            find: "        let is_to_come = self.direction == Direction::Undo;",
            replace: "        let is_to_come = self.direction == Direction::Undo && !VARIANT;",
        }],
        scenarios: &["call_undo_throttled"],
        mishaps: &[],
    },
];
