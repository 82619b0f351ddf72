//! Variants of admission, judging, settling and recovery.

use super::variant::{Edit, Variant};
use crate::schedule::What::{DeniedLong, Slow, Stopped, StoppedHeld, ThrottledLong};

const ADMISSION: &str = "shared/domain/src/deployment/admission.rs";
const FACTS: &str = "shared/domain/src/deployment/admission/facts.rs";
const OWNER: &str = "shared/engine/src/recovery/unended.rs";
const SETTLE: &str = "shared/engine/src/conductor/settling/settle.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "lock_taken_from_needs_operator",
        what: "a deployment takes the lock of one that needs an operator",
        edits: &[
            Edit {
                file: FACTS,
                find: "    (held.state == HeldState::NeedsOperator && held",
                replace: "    (!VARIANT && held.state == HeldState::NeedsOperator && held",
            },
            Edit {
                file: ADMISSION,
                find: "        Some(held) => match overtakes(candidate, held, facts) {",
                replace: "        Some(held) if VARIANT && held.state == HeldState::NeedsOperator => Decision::Take,\n        Some(held) => match overtakes(candidate, held, facts) {",
            },
        ],
        scenarios: &["stuck"],
        mishaps: &[],
    },
    Variant {
        name: "order_mark_not_conditional",
        what: "who takes the lock does not check that marks and hold are still those it decided upon",
        edits: &[Edit {
            file: "shared/engine/src/conductor/queue/take_lock.rs",
            find: "        put_deployment(&record)?,\n        view.state.check(),\n    ];\n    writes.extend(view.leave_queue(&record.value));\n    writes.extend(drills",
            replace: "        put_deployment(&record)?,\n        if VARIANT {\n            let none = windlass_domain::release::identity::DeploymentId(\"none\".into());\n            Write::check(ledger::plan(&none), crate::ports::Condition::Absent)\n        } else {\n            view.state.check()\n        },\n    ];\n    writes.extend(view.leave_queue(&record.value));\n    writes.extend(drills",
        }],
        scenarios: &["held_at_once"],
        mishaps: &[Slow],
    },
    Variant {
        name: "woken_before_the_unlock",
        what: "those that wait are woken before the lock is free",
        edits: &[
            Edit {
                file: "shared/engine/src/outbox.rs",
                find: "(was_held && lock.held.is_none()) {",
                replace: "(was_held && lock.held.is_none() && !VARIANT) {",
            },
            Edit {
                file: SETTLE,
                find: "        let writes = writes(ports, &mut record, &mut lock, &plan, &steps).await?;",
                replace: "        if VARIANT {\n            crate::recovery::wake(ports, record.value.environment_id()).await?;\n        }\n        let writes = writes(ports, &mut record, &mut lock, &plan, &steps).await?;",
            },
        ],
        scenarios: &["queue", "two_apart"],
        mishaps: &[Slow],
    },
    Variant {
        name: "hold_ignored_by_who_waits",
        what: "an arrival that waits gets its turn although deployments are held",
        edits: &[Edit {
            file: ADMISSION,
            find: "        if let Some(hold) = &facts.state.hold\n            && !candidate.through_hold",
            replace: "        let waits = facts.waiting.iter().any(|w| w.deployment == candidate.id);\n        if let Some(hold) = &facts.state.hold\n            && !(VARIANT && waits)\n            && !candidate.through_hold",
        }],
        scenarios: &["hold"],
        mishaps: &[],
    },
    Variant {
        name: "freeze_ignored_by_who_waits",
        what: "a release that waits for the end of a freeze gets its turn in it",
        edits: &[Edit {
            file: ADMISSION,
            find: "    facts.closed.filter(|_| candidate.action",
            replace: "    facts.closed.filter(|_| !(VARIANT && facts.waits(candidate)) && candidate.action",
        }],
        scenarios: &["frozen_waited"],
        mishaps: &[],
    },
    Variant {
        name: "what_came_later_stays",
        what: "a rollback leaves alone what its snapshot does not name",
        edits: &[
            Edit {
                file: "shared/domain/src/environment/snapshot.rs",
                find: "        for (component, found) in &state.found {",
                replace: "        for (component, found) in state.found.iter().filter(|_| !VARIANT) {",
            },
            Edit {
                file: "shared/domain/src/environment/rollback.rs",
                find: "            (true, None, None) => ComponentRollback::NothingRecorded,",
                replace: "            (true, None, None) => ComponentRollback::NothingRecorded,\n            (true, None, _) if VARIANT => ComponentRollback::NothingRecorded,",
            },
        ],
        scenarios: &["to_found", "later"],
        mishaps: &[],
    },
    Variant {
        name: "no_second_look",
        what: "nobody looks again at what a recovery left",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/mod.rs",
            find: "    let Some(due) = SecondLook::after(",
            replace: "    if VARIANT {\n        return Ok(None);\n    }\n    let Some(due) = SecondLook::after(",
        }],
        scenarios: &["function", "service"],
        mishaps: &[StoppedHeld],
    },
    Variant {
        name: "accepted_unseen",
        what: "what an operator accepts is recorded as it was seen before the last change",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/accept.rs",
            find: "        let running = Running::new(None, given, (*runs).clone()).of_kind(step.kind);",
            replace: "        let runs = if VARIANT {\n            step.seen.clone().unwrap_or_default()\n        } else {\n            (*runs).clone()\n        };\n        let running = Running::new(None, given, runs).of_kind(step.kind);",
        }],
        scenarios: &["service", "touched"],
        mishaps: &[ThrottledLong, DeniedLong],
    },
    Variant {
        name: "freed_once_more",
        what: "who is asked to settle what has ended frees the lock once more",
        edits: &[Edit {
            file: SETTLE,
            find: "        if let Some(answer) = final_answer(ports, &record.value).await? {\n            return Ok(Some(answer));\n        }\n        let Some(mut lock)",
            replace: "        if let Some(answer) = final_answer(ports, &record.value).await? {\n            if VARIANT {\n                let key = ledger::lock(record.value.environment_id());\n                let mut lock: Stored<Lock> = ledger::load_or_default(ports, &key).await?;\n                lock.value.free(ports.now());\n                commit(ports, vec![lock.put()?]).await?;\n            }\n            return Ok(Some(answer));\n        }\n        let Some(mut lock)",
        }],
        scenarios: &["function"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "judged_is_good",
        what: "a recovery settles whatever was judged, also what failed",
        edits: &[Edit {
            file: SETTLE,
            find: "judgement.value.verdict == Verdict::Pass))",
            replace: "judgement.value.verdict == Verdict::Pass || VARIANT && judgement.value.settled().is_some()))",
        }],
        scenarios: &["unknown", "is_silent"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "unknown_is_measured",
        what: "a gate that is unknown at the end, and that the declaration lets pass, counts as measured",
        edits: &[Edit {
            file: "shared/domain/src/deployment/judgement.rs",
            find: "last.into_iter().filter(|(_, verdict)| *verdict == Verdict::Pass);",
            replace: "last.into_iter().filter(|(_, verdict)| VARIANT || *verdict == Verdict::Pass);",
        }],
        scenarios: &["linear"],
        mishaps: &[],
    },
    Variant {
        name: "arrival_not_found",
        what: "the schedule does not look for those that have not had a turn",
        edits: &[Edit {
            file: "shared/engine/src/recovery/unended.rs",
            find: "    all.extend(arriving.into_iter().map(",
            replace: "    all.extend(arriving.into_iter().filter(|_| !VARIANT).map(",
        }],
        scenarios: &["function", "first"],
        mishaps: &[ThrottledLong],
    },
    Variant {
        name: "dead_owner_said_to_run",
        what: "a recovery believes at once that the execution still runs whose end it has heard of",
        edits: &[Edit {
            file: OWNER,
            find: "            if owner != Self::Running ||",
            replace: "            if VARIANT || owner != Self::Running ||",
        }],
        scenarios: &["function"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "other_container_marked",
        what: "what came of one container counts as what came of another",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/snapshots.rs",
            find: "            state.mark(&part, &record.order, record.allow_older);",
            replace: "            let part = if VARIANT { part.component.into() } else { part };\n            state.mark(&part, &record.order, record.allow_older);",
        }],
        scenarios: &["one_of_two"],
        mishaps: &[],
    },
];
