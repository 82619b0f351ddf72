//! Variants of single kinds: what is not Windlass's own, what is there already, who else shifts or has begun.

use super::variant::{Edit, Variant};
use crate::schedule::What::{Late, StoppedLate};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "member_lost",
        what: "a task definition is registered without a member of its base",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/document.rs",
            find: " && name != \"tags\" && !value.is_null()",
            replace: " && name != \"tags\" && !(VARIANT && name == \"cpu\") && !value.is_null()",
        }],
        scenarios: &["service"],
        mishaps: &[],
    },
    Variant {
        name: "document_shown",
        what: "the plan shows the whole task definition that runs",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/prepare.rs",
            find: "    let from = wording::short(&current.arn);\n    if let",
            replace: "    let whole = current.document.to_string();\n    let from = if VARIANT { whole.as_str() } else { wording::short(&current.arn) };\n    if let",
        }],
        scenarios: &["service"],
        mishaps: &[],
    },
    Variant {
        name: "invoked_after_the_shift",
        what: "a new version is invoked when callers get it, and not before",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/prepare.rs",
            find: "        let ahead = is_tried.then_some(0).into_iter();",
            replace: "        let ahead = (is_tried && !VARIANT).then_some(0).into_iter();",
        }],
        scenarios: &["gates"],
        mishaps: &[],
    },
    Variant {
        name: "idle_is_not_woken",
        what: "callers are the first to invoke an idle version that a rollback goes to",
        edits: &[Edit {
            file: "shared/engine/src/prepare/compose.rs",
            find: "tries || !stage.ahead || stage.wakes)",
            replace: "tries || !stage.ahead || (stage.wakes && !VARIANT))",
        }],
        scenarios: &["idle"],
        mishaps: &[],
    },
    Variant {
        name: "brought_again",
        what: "a function that serves the wanted code is changed once more",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/prepare.rs",
            find: "            .filter(|(last, ..)| !self.input.is_check && ",
            replace: "            .filter(|(last, ..)| !VARIANT && !self.input.is_check && ",
        }],
        scenarios: &["function"],
        mishaps: &[],
    },
    Variant {
        name: "shifted_is_ended",
        what: "a release is over while ECS may still take it back",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/shift.rs",
            find: "        Until::Complete => false,",
            replace: "        Until::Complete if VARIANT => is_from(POST_PRODUCTION),\n        Until::Complete => false,",
        }],
        scenarios: &["blue_green", "paused"],
        mishaps: &[],
    },
    Variant {
        name: "early_success_is_believed",
        what: "a release is live although a task of it died after ECS had called it complete early",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/next.rs",
            find: "    if has_died_since(seen, wanted) {",
            replace: "    if !VARIANT && has_died_since(seen, wanted) {",
        }],
        scenarios: &["dies_early"],
        mishaps: &[],
    },
    Variant {
        name: "lambda_is_accused",
        what: "that Lambda keeps callers until concurrency is there is taken for somebody else's change",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/alias.rs",
            find: "if in_millionths(share) == ALL =>",
            replace: "if !VARIANT && in_millionths(share) == ALL =>",
        }],
        scenarios: &["side_by_side", "no_capacity"],
        mishaps: &[],
    },
    Variant {
        name: "ecs_is_accused",
        what: "that ECS gives a rollout up and goes back by itself is taken for somebody else's change",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/next.rs",
            find: "    if rolled_back_by_ecs(seen, goal, set_to) {",
            replace: "    if !VARIANT && rolled_back_by_ecs(seen, goal, set_to) {",
        }],
        scenarios: &["crashes"],
        mishaps: &[],
    },
    Variant {
        name: "tested_too_late",
        what: "what test traffic gets is asked once callers get it, too",
        edits: &[Edit {
            file: "shared/engine/src/measurements/one_sort.rs",
            find: "!M::is_tested(&one.gate) || judging.is_tested(one)",
            replace: "!M::is_tested(&one.gate) || (VARIANT ^ judging.is_tested(one))",
        }],
        scenarios: &["tested_undone"],
        mishaps: &[],
    },
    Variant {
        name: "together_is_beside",
        what: "what goes together takes its steps as they come",
        edits: &[Edit {
            file: "shared/domain/src/declaration/plan/slot.rs",
            find: "counted.map(|(share, nth)| firsts[&share] + nth)",
            replace: "counted.enumerate().map(|(place, (share, nth))| if VARIANT { place } else { firsts[&share] + nth })",
        }],
        scenarios: &["together"],
        mishaps: &[],
    },
    Variant {
        name: "pause_of_the_team_answered",
        what: "whatever pause of a deployment waits is answered",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/pause.rs",
            find: "    let at = pauses.iter().find(|at| at.as_str() == rollout.stage)?;",
            replace: "    let at = pauses.iter().find(|at| at.as_str() == rollout.stage || (VARIANT && rollout.stage == \"POST_SCALE_UP\"))?;",
        }],
        scenarios: &["paused", "canary_paused"],
        mishaps: &[],
    },
    Variant {
        name: "whoever_deploys_is_followed",
        what: "a deployment of the group is taken for one of Windlass's, whoever has created it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/codedeploy/mod.rs",
            find: "(*by == own || by.starts_with(&with_more)) && one.creator != ROLLBACK",
            replace: "(VARIANT || *by == own || by.starts_with(&with_more)) && one.creator != ROLLBACK",
        }],
        scenarios: &["service_moved_busy_meanwhile"],
        mishaps: &[],
    },
    Variant {
        name: "wait_unrecorded",
        what: "what a target waits for is not written down",
        edits: &[Edit {
            file: "shared/engine/src/converge/drive.rs",
            find: "        step.waits_for.clone_from(&view.waits_for);",
            replace: "        step.waits_for.clone_from(if VARIANT { &None } else { &view.waits_for });",
        }],
        scenarios: &["service_moved_held", "paused_by_team_cancelled"],
        mishaps: &[],
    },
    // `ends_as_written` catches it.
    Variant {
        name: "another_change_set_executed",
        what: "the newest change set of the stack is executed, whoever has planned it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/stack/mod.rs",
            find: "Change::Execute(id) => self.at.execute_change_set(id, &token).await",
            replace: "Change::Execute(id) => {
                let mut id = id.clone();
                if VARIANT {
                    for (name, _) in self.at.change_sets(stack).await? {
                        let other = self.at.change_set(Some(stack), &name, None).await?;
                        if other.can_be_executed() {
                            id = other.id;
                        }
                    }
                }
                self.at.execute_change_set(&id, &token).await
            }",
        }],
        scenarios: &["stack_another_set"],
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
    // `ready_when_it_ends` catches it.
    Variant {
        name: "ready_believed_once",
        what: "what a user's function says once to be ready is believed",
        edits: &[Edit {
            file: "shared/engine/src/kinds/external/next.rs",
            find: "        (true, _) => note(true),",
            replace: "        (true, _) if VARIANT => Next::Done,\n        (true, _) => note(true),",
        }],
        scenarios: &["book_ready_too_early"],
        mishaps: &[],
    },
    // `one_version_of_a_function` catches it.
    Variant {
        name: "version_not_pinned",
        what: "a user's function is called by its alias, whichever version that has by then",
        edits: &[Edit {
            file: "shared/engine/src/kinds/external/find.rs",
            find: "    let pinned = PinnedFunction { name: name.clone(), version, timeout_s: function.timeout_s };",
            replace: "    let version = if VARIANT { alias.clone() } else { version };\n    let pinned = PinnedFunction { name: name.clone(), version, timeout_s: function.timeout_s };",
        }],
        scenarios: &["book_pinned"],
        mishaps: &[],
    },
    // `switches_are_fenced` catches it.
    Variant {
        name: "open_for_less_than_the_function",
        what: "a call of a user's function is open for as long as any other, and not for as long as it may run",
        edits: &[Edit {
            file: "shared/engine/src/kinds/external/mod.rs",
            find: "            Change::Send { timeout_s, .. } => (Class::Switching, *timeout_s),",
            replace: "            Change::Send { timeout_s, .. } => (Class::Switching, if VARIANT { 0 } else { *timeout_s }),",
        }],
        scenarios: &["book", "book_undone"],
        mishaps: &[Late, StoppedLate],
    },
];
