//! Variants of what persons ask for and read: plans, overtaking, pauses, drills, removals, moves, drift.

use super::variant::{Edit, Variant};
use crate::schedule::What;

const LOOK: &str = "shared/engine/src/recovery/hourly_look.rs";
const MOVING_ALL: &str = "shared/engine/src/movable.rs";
const OVERTAKING: &str = "shared/domain/src/deployment/overtaking.rs";
const REMOVE_ALL: &str = "shared/engine/src/conductor/admitting/removing_and_moving.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "plan_claims_targets",
        what: "a plan claims the targets that it looks at",
        edits: &[Edit {
            file: "shared/engine/src/prepare/whole_plan.rs",
            find: "        let (composed, _) = composed(ports, &scene).await?;",
            replace: "        let (composed, claims) = composed(ports, &scene).await?;
        if VARIANT {
            ports.transact(claims).await?;
        }",
        }],
        scenarios: &["planned"],
        mishaps: &[],
    },
    Variant {
        name: "overtaken_by_an_older",
        what: "an older release stops a newer one",
        edits: &[Edit {
            file: OVERTAKING,
            find: "        if is_older && share(",
            replace: "        if !VARIANT && is_older && share(",
        }],
        scenarios: &["overtakes_newer"],
        mishaps: &[],
    },
    Variant {
        name: "pause_holds_nothing",
        what: "a pause is recorded, and the wave passes all the same",
        edits: &[Edit {
            file: "shared/domain/src/deployment/steering/record.rs",
            find: "        until = until.max(paused.until);",
            replace: "        until = if VARIANT { until } else { until.max(paused.until) };",
        }],
        scenarios: &["wheel", "wheel_to_its_bound"],
        mishaps: &[],
    },
    Variant {
        name: "topic_is_notified_once_or_never",
        what: "a topic that could not be reached just then is not tried again",
        edits: &[Edit {
            file: "shared/engine/src/outbox.rs",
            find: "        sent => sent,",
            replace: "        Err(_) if VARIANT => Ok(()),\n        sent => sent,",
        }],
        scenarios: &["notified"],
        mishaps: &[What::FailsBefore],
    },
    Variant {
        name: "ending_is_counted_once_or_never",
        what: "an ending of which not all could be read just then is not counted",
        edits: &[Edit {
            file: "shared/engine/src/outbox.rs",
            find: "        let watched_s = watched_s(ports, &ended.id).await?;",
            replace: "        let watched_s = match watched_s(ports, &ended.id).await {\n            Err(_) if VARIANT => continue,\n            read => read?,\n        };",
        }],
        scenarios: &["notified"],
        mishaps: &[What::FailsBefore],
    },
    Variant {
        name: "drill_back_by_one_alone",
        what: "a way back that its conductor could not start is started by nobody",
        edits: &[Edit {
            file: "shared/engine/src/recovery/drills.rs",
            find: "        let Some(drill) = value.awaits_back() else {",
            replace: "        let Some(drill) = value.awaits_back().filter(|_| !VARIANT) else {",
        }],
        scenarios: &["drilled"],
        mishaps: &[What::KilledAfter, What::Stopped],
    },
    Variant {
        name: "removed_all_though_declared",
        what: "a whole application is let go of, and its declaration stays in force",
        edits: &[Edit {
            file: REMOVE_ALL,
            find: "found.whole.as_ref().and_then(|whole| whole.declared.found.as_ref()) {",
            replace: "found.whole.as_ref().and_then(|whole| whole.declared.found.as_ref()).filter(|_| !VARIANT) {",
        }],
        scenarios: &["removed_all"],
        mishaps: &[],
    },
    Variant {
        name: "removed_all_and_runs",
        what: "what a whole application lets go of stays recorded as running",
        edits: &[Edit {
            file: REMOVE_ALL,
            find: "        goes.forget(&mut items.side.state.value);",
            replace: "        if !VARIANT {\n            goes.forget(&mut items.side.state.value);\n        }",
        }],
        scenarios: &["removed_all_beside"],
        mishaps: &[],
    },
    Variant {
        name: "renamed_all_without_targets",
        what: "a whole application has another name, and its targets are the former one's",
        edits: &[Edit {
            file: MOVING_ALL,
            find: "filter(|(_, is_changed)| *is_changed);",
            replace: "filter(|(_, is_changed)| *is_changed && !VARIANT);",
        }],
        scenarios: &["all_called_otherwise"],
        mishaps: &[],
    },
    Variant {
        name: "look_amid_a_deployment",
        what: "a look is made while a deployment has the lock",
        edits: &[
            Edit {
                file: LOOK,
                find: "    if !HourlyLook::is_quiet(&lock.value, now) ||",
                replace: "    if (!VARIANT && !HourlyLook::is_quiet(&lock.value, now)) ||",
            },
            Edit {
                file: LOOK,
                find: "save_look(ports, &mut item, same.into()).await?",
                replace: "save_look(ports, &mut item, if VARIANT { Vec::new() } else { same.into() }).await?",
            },
        ],
        scenarios: &["drifted_over"],
        mishaps: &[],
    },
    Variant {
        name: "lost_every_day",
        what: "that the way back is lost is reported by each look that knows it",
        edits: &[Edit {
            file: "shared/domain/src/deployment/hourly_look/way_back.rs",
            find: "if known.is_some_and(|known| known.seen.snapshot == lost.seen.snapshot) {",
            replace: "if !VARIANT && known.is_some_and(|known| known.seen.snapshot == lost.seen.snapshot) {",
        }],
        scenarios: &["way_back_lost"],
        mishaps: &[],
    },
    Variant {
        name: "restoring_is_not_counted",
        what: "that something was restored is not noted",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/mod.rs",
            find: "    restored.note(&mut state.restored);",
            replace: "    if !VARIANT { restored.note(&mut state.restored); }",
        }],
        scenarios: &["healed", "healed_too_often"],
        mishaps: &[],
    },
    Variant {
        name: "withdrawn_is_not_kept",
        what: "that a file was withdrawn is not noted",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/mod.rs",
            find: "        known.extend(step.withdraws.iter().cloned());",
            replace: "        if !VARIANT { known.extend(step.withdraws.iter().cloned()); }",
        }],
        scenarios: &["withdrawn"],
        mishaps: &[],
    },
    Variant {
        name: "what_stays_refuses",
        what: "a rollback is refused by what the way back of a component lacks that stays as it is",
        edits: &[Edit {
            file: "shared/engine/src/prepare/drafts.rs",
            find: ".filter(|_| !prepared.findings.is_empty())",
            replace: ".filter(|_| !VARIANT && !prepared.findings.is_empty())",
        }],
        scenarios: &["stays"],
        mishaps: &[],
    },
    Variant {
        name: "goes_back_to_what_runs",
        what: "a rollback goes to the newest good snapshot, also where that has what runs",
        edits: &[Edit {
            file: "shared/engine/src/conductor/environment/snapshot_walk.rs",
            find: "(!goal.runs(state)).then(",
            replace: "(VARIANT || !goal.runs(state)).then(",
        }],
        scenarios: &["mended_back"],
        mishaps: &[],
    },
    Variant {
        name: "back_though_nothing_changed",
        what: "a rollback that finds its goal in place ends as if it had brought it there",
        edits: &[
            Edit {
                file: "shared/engine/src/conductor/settling/settle.rs",
                find: "(PlanOutcome::NothingToDo, None) if value.is_awaited()",
                replace:
                    "(PlanOutcome::NothingToDo, None) if VARIANT && scene.goal.is_some() => (Ending::Succeeded, \"\"),
        (PlanOutcome::NothingToDo, None) if value.is_awaited()",
            },
            Edit {
                file: "shared/engine/src/conductor/answering/outcomes.rs",
                find: "    let is_same = undone.is_none() && changed.is_empty();",
                replace: "    let is_same = !VARIANT && undone.is_none() && changed.is_empty();",
            },
        ],
        scenarios: &["put_back"],
        mishaps: &[],
    },
    Variant {
        name: "turn_by_the_former_file",
        what: "the access file that is in force at the turn of a deployment is not asked",
        edits: &[Edit {
            file: "shared/engine/src/conductor/queue/turn.rs",
            find: "    let mut refused = access::against_turn(&view.rules, &record.value);",
            replace: "    let mut refused = access::against_turn(&view.rules, &record.value);\n    refused.retain(|_| !VARIANT);",
        }],
        scenarios: &["replaced_while_waiting"],
        mishaps: &[],
    },
    Variant {
        name: "asks_by_the_former_file",
        what: "what waits for approval is not woken where other rules are in force",
        edits: &[Edit {
            file: "shared/engine/src/recovery/schedule.rs",
            find: "is_due || waiting.until.is_some()",
            replace: "is_due || !VARIANT && waiting.until.is_some()",
        }],
        scenarios: &["approval_dropped"],
        mishaps: &[],
    },
    Variant {
        name: "recovery_asks_for_a_right",
        what: "what Windlass itself brings back asks for a right, which no access file can give it",
        edits: &[Edit {
            file: "shared/domain/src/access/right.rs",
            find: "        if by.route == Route::Windlass && is_own {",
            replace: "        if !VARIANT && by.route == Route::Windlass && is_own {",
        }],
        scenarios: &["healed_by_the_file", "preempted_by_the_file"],
        mishaps: &[],
    },
    Variant {
        name: "approved_is_not_compared",
        what: "a plan that has moved since people approved it is carried out",
        edits: &[Edit {
            file: "shared/engine/src/prepare/whole_plan.rs",
            find: "    planned::hash(record, &composed.plan, &targets, (&changes, &scene.state.irreversible)) != *approved",
            replace: "    !VARIANT
        && planned::hash(record, &composed.plan, &targets, (&changes, &scene.state.irreversible)) != *approved",
        }],
        scenarios: &["approved_again"],
        mishaps: &[],
    },
    Variant {
        name: "given_back_with_the_lock",
        what: "a deployment that gives its turn back keeps the lock",
        edits: &[Edit {
            file: "shared/engine/src/conductor/queue/give_back.rs",
            find: "        view.lock.value.free(ports.now());",
            replace: "        if !VARIANT {
            view.lock.value.free(ports.now());
        }",
        }],
        scenarios: &["approved_again"],
        mishaps: &[],
    },
    Variant {
        name: "promoted_unverified",
        what: "any snapshot of the environment before admits a release",
        edits: &[Edit {
            file: "shared/engine/src/access/promotion.rs",
            find: "            if lacking.is_empty() {",
            replace: "            if VARIANT || lacking.is_empty() {",
        }],
        scenarios: &["not_verified"],
        mishaps: &[],
    },
];
