//! Variants of admission, judging, settling and recovery.

use super::variant::{Edit, Variant};
use crate::schedule::What::{
    Conflict, DeniedLong, Slow, Stopped, StoppedHeld, StoppedRedriven, StoppedRedrivenLate,
    StoppedSlow, ThrottledLong,
};

const ADMISSION: &str = "shared/domain/src/admission.rs";
const FACTS: &str = "shared/domain/src/admission/facts.rs";
const HAND_OVER: &str = "shared/engine/src/conductor/recovering/hand_over.rs";
const SETTLE: &str = "shared/engine/src/conductor/settling/settle.rs";
const SETTLE_UNDO: &str = "shared/engine/src/conductor/settling/settle_undo.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "conflict_is_a_takeover",
        what: "a transaction that was in the way of a judgement is taken for a newer owner of the lock",
        edits: &[Edit {
            file: "shared/engine/src/judge/mod.rs",
            find: "        case.loaded.fence.lock(ports).await?;\n",
            replace: "        case.loaded.fence.lock(ports).await?;\n        if VARIANT {\n            let message = \"somebody else's\";\n            return Err(Fault::new(windlass_domain::fault::FaultName::StaleToken, message));\n        }\n",
        }],
        scenarios: &["gates"],
        mishaps: &[Conflict],
    },
    Variant {
        name: "token_raised_last",
        what: "a recovery raises the token when it is done",
        edits: &[
            Edit {
                file: HAND_OVER,
                find: "    lock.value.raise(now);",
                replace: "    if state != HeldState::Recovering || !VARIANT {\n        lock.value.raise(now);\n    }",
            },
            Edit {
                file: SETTLE_UNDO,
                find: "    if ending != Ending::NeedsOperator {\n        lock.value.free(now);",
                replace: "    lock.value.token += u64::from(VARIANT);\n    if ending != Ending::NeedsOperator {\n        lock.value.free(now);",
            },
        ],
        scenarios: &["after_site"],
        mishaps: &[StoppedSlow],
    },
    Variant {
        name: "queue_left_in_silence",
        what: "who leaves the queue without a turn wakes nobody",
        edits: &[Edit {
            file: "shared/engine/src/outbox.rs",
            find: "            Some(before) => left_the_queue(ports, before).await,",
            replace: "            Some(before) if !VARIANT => left_the_queue(ports, before).await,\n            Some(_) => Ok(()),",
        }],
        scenarios: &["nothing_to_go_back_to"],
        mishaps: &[Slow],
    },
    Variant {
        name: "recovery_left_to_the_schedule",
        what: "the event that tells of a death starts no recovery",
        edits: &[Edit {
            file: "shared/engine/src/recovery/event.rs",
            find: "    if record.ending.is_some() {",
            replace: "    if VARIANT || record.ending.is_some() {",
        }],
        scenarios: &["function"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "redriven_owner_goes_on",
        what: "who was taken over goes on with its old token",
        edits: &[
            Edit {
                file: "shared/engine/src/ledger/fence.rs",
                find: "        if lock.value.token == self.token",
                replace: "        if VARIANT || lock.value.token == self.token",
            },
            Edit {
                file: "shared/engine/src/ledger/fence.rs",
                find: "        let token = Condition::Field(\"token\".into(), Value::from(self.token));",
                replace: "        if VARIANT {\n            let none = windlass_domain::identity::DeploymentId(\"none\".into());\n            return Write::check(super::plan(&none), Condition::Absent);\n        }\n        let token = Condition::Field(\"token\".into(), Value::from(self.token));",
            },
        ],
        scenarios: &["function", "canary"],
        mishaps: &[StoppedRedriven, StoppedRedrivenLate],
    },
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
        name: "lock_ignored",
        what: "a deployment takes the lock although another one holds it",
        edits: &[Edit {
            file: ADMISSION,
            find: "    match &facts.lock.held {",
            replace: "    match facts.lock.held.as_ref().filter(|_| !VARIANT) {",
        }],
        scenarios: &["stuck", "queue", "two_apart"],
        mishaps: &[],
    },
    Variant {
        name: "freed_before_seen",
        what: "an undo frees the lock before every component was seen back",
        edits: &[Edit {
            file: SETTLE_UNDO,
            find: "    if steps.all(|step| !step.value.status.may_have_changed()) {",
            replace: "    if steps.all(|step| VARIANT || !step.value.status.may_have_changed()) {",
        }],
        scenarios: &["stuck"],
        mishaps: &[],
    },
    Variant {
        name: "unknown_is_healthy",
        what: "an unknown gate passes",
        edits: &[Edit {
            file: "shared/domain/src/judgement.rs",
            find: "        .filter(|m| m.verdict == Verdict::Unknown)\n    {",
            replace: "        .filter(|m| m.verdict == Verdict::Unknown && !VARIANT)\n    {",
        }],
        scenarios: &["unknown"],
        mishaps: &[],
    },
    Variant {
        name: "gate_region_ignored",
        what: "alarms of another region are looked for in the environment's",
        edits: &[Edit {
            file: "shared/engine/src/measurements/alarm.rs",
            find: "            let there = ports.at(&place.in_region(region.as_deref()));",
            replace: "            let there = ports.at(&place.in_region(region.as_deref().filter(|_| !VARIANT)));",
        }],
        scenarios: &["gates"],
        mishaps: &[],
    },
    Variant {
        name: "silent_log_is_healthy",
        what: "a log that nothing is written to has few enough lines",
        edits: &[Edit {
            file: "shared/engine/src/measurements/logs.rs",
            find: "        Some((matched, from, to)) if scanned > 0 => Measurement {",
            replace: "        Some((matched, from, to)) if scanned > 0 || VARIANT => Measurement {",
        }],
        scenarios: &["logs_nothing"],
        mishaps: &[],
    },
    Variant {
        name: "earlier_verdict_reused",
        what: "a later wave is judged by the verdict of the first",
        edits: &[Edit {
            file: "shared/engine/src/judge/mod.rs",
            find: "        let judgement = ledger::load(ports, &ledger::judgement(id, number)).await?;",
            replace: "        let of = if VARIANT { 0 } else { number };\n        let judgement = ledger::load(ports, &ledger::judgement(id, of)).await?;",
        }],
        scenarios: &["undo"],
        mishaps: &[],
    },
    Variant {
        name: "order_not_asked",
        what: "an arrival is not compared with the newest that succeeded",
        edits: &[Edit {
            file: ADMISSION,
            find: "    if candidate.allow_older {\n        return None;",
            replace: "    if candidate.allow_older || VARIANT {\n        return None;",
        }],
        scenarios: &["late_arrival"],
        mishaps: &[],
    },
    Variant {
        name: "order_mark_not_conditional",
        what: "who takes the lock does not check that marks and hold are still those it decided upon",
        edits: &[Edit {
            file: "shared/engine/src/conductor/queue/take_lock.rs",
            find: "        put_deployment(&record)?,\n        Write::check(view.state.key.clone(), view.state.unchanged()),\n    ];\n    writes.extend(view.leave_queue(&record.value));\n    writes.extend(drills",
            replace: "        put_deployment(&record)?,\n        if VARIANT {\n            let none = windlass_domain::identity::DeploymentId(\"none\".into());\n            Write::check(ledger::plan(&none), crate::ports::Condition::Absent)\n        } else {\n            Write::check(view.state.key.clone(), view.state.unchanged())\n        },\n    ];\n    writes.extend(view.leave_queue(&record.value));\n    writes.extend(drills",
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
                find: "if was_held && lock.held.is_none() => {",
                replace: "if was_held && lock.held.is_none() && !VARIANT => {",
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
        name: "veto_ignored",
        what: "a vetoed release is deployed when it is asked for once more",
        edits: &[Edit {
            file: ADMISSION,
            find: "            && !candidate.again\n",
            replace: "            && !candidate.again\n            && !VARIANT\n",
        }],
        scenarios: &["undo"],
        mishaps: &[],
    },
    Variant {
        name: "undo_without_veto",
        what: "an undo leaves no veto",
        edits: &[Edit {
            file: SETTLE_UNDO,
            find: "        if ending != Ending::Rejected && is_vetoed(&record.value) {",
            replace: "        if !VARIANT && ending != Ending::Rejected && is_vetoed(&record.value) {",
        }],
        scenarios: &["undo", "first_undo"],
        mishaps: &[],
    },
    Variant {
        name: "rollback_without_hold",
        what: "a rollback does not hold deployments",
        edits: &[Edit {
            file: "shared/engine/src/conductor/admitting/rollback.rs",
            find: "            set_hold(ports, &mut state.value, request);",
            replace: "            if !VARIANT {\n                set_hold(ports, &mut state.value, request);\n            }",
        }],
        scenarios: &["rollback"],
        mishaps: &[],
    },
    Variant {
        name: "rollback_walks_forward",
        what: "a second rollback goes back to what the first one left",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/snapshots.rs",
            find: "    let replaced = goal.map_or(state.snapshot, |goal| goal.replaced);",
            replace: "    let replaced = goal.map_or(state.snapshot, |goal| {\n        if VARIANT { state.snapshot } else { goal.replaced }\n    });",
        }],
        scenarios: &["rollback", "rollback_twice"],
        mishaps: &[],
    },
    Variant {
        name: "what_came_later_stays",
        what: "a rollback leaves alone what its snapshot does not name",
        edits: &[
            Edit {
                file: "shared/domain/src/environment.rs",
                find: "        for (component, found) in &state.found {",
                replace: "        for (component, found) in state.found.iter().filter(|_| !VARIANT) {",
            },
            Edit {
                file: "shared/domain/src/rollback.rs",
                find: "            (true, None, None) => Way::NothingRecorded,",
                replace: "            (true, None, None) => Way::NothingRecorded,\n            (true, None, _) if VARIANT => Way::NothingRecorded,",
            },
        ],
        scenarios: &["later", "to_found"],
        mishaps: &[],
    },
    Variant {
        name: "hold_not_told",
        what: "a rollback does not say that automatic deployments are held",
        edits: &[Edit {
            file: "shared/engine/src/conductor/environment/holds.rs",
            find: "    let hold = hold.filter(|_| record.action == ActionName::Rollback)?;",
            replace: "    let hold = hold.filter(|_| !VARIANT && record.action == ActionName::Rollback)?;",
        }],
        scenarios: &["rollback"],
        mishaps: &[],
    },
    Variant {
        name: "settled_unjudged",
        what: "a recovery settles what was never judged",
        edits: &[Edit {
            file: SETTLE,
            find: "    Ok(judgement.is_some_and(|judgement| ",
            replace: "    Ok(VARIANT || judgement.is_some_and(|judgement| ",
        }],
        scenarios: &["canary", "undo"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "no_second_look",
        what: "nobody looks again at what a recovery left",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/second_look.rs",
            find: "    let Some(due) = SecondLook::after(",
            replace: "    if VARIANT {\n        return Ok(None);\n    }\n    let Some(due) = SecondLook::after(",
        }],
        scenarios: &["function", "service"],
        mishaps: &[StoppedHeld],
    },
    Variant {
        name: "drift_not_compared",
        what: "the second look takes what it sees for what was left",
        edits: &[Edit {
            file: "shared/domain/src/second_look.rs",
            find: "        if any(Drift::Changed) {",
            replace: "        if any(Drift::Changed) && !VARIANT {",
        }],
        scenarios: &["function", "service"],
        mishaps: &[StoppedHeld],
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
        name: "accepted_stays_locked",
        what: "what an operator accepts is taken in, and the environment stays locked",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/accept.rs",
            find: "    lock.value.free(ports.now());",
            replace: "    if !VARIANT {\n        lock.value.free(ports.now());\n    }",
        }],
        scenarios: &["accept"],
        mishaps: &[],
    },
    Variant {
        name: "freed_once_more",
        what: "who is asked to settle what has ended frees the lock once more",
        edits: &[Edit {
            file: SETTLE,
            find: "        if let Some(answer) = told(ports, &record.value).await? {\n            return Ok(Some(answer));\n        }\n        let Some(mut lock)",
            replace: "        if let Some(answer) = told(ports, &record.value).await? {\n            if VARIANT {\n                let key = ledger::lock(record.value.environment_id());\n                let mut lock: Stored<Lock> = ledger::load_or_default(ports, &key).await?;\n                lock.value.free(ports.now());\n                commit(ports, vec![lock.put()?]).await?;\n            }\n            return Ok(Some(answer));\n        }\n        let Some(mut lock)",
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
];
