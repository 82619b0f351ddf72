//! Variants of the code that changes targets and brings them back.

use super::variant::{Edit, Variant};
use crate::schedule::What::{
    DeniedLong, FunctionsThrottled, InvokedLate, Late, OutOfBand, StoppedLate, StoppedSlow, StoppedWithin,
};

const ATTEMPT: &str = "shared/engine/src/converge/attempt.rs";
const OUT_OF_BAND: &str = "shared/engine/src/converge/out_of_band_changes.rs";
const STANDING: &str = "shared/engine/src/converge/invocation.rs";
const UNDO: &str = "shared/engine/src/conductor/settling/undo.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "additive_not_fenced",
        what: "only the first change that callers do not notice is fenced",
        edits: &[Edit {
            file: ATTEMPT,
            find: "        self.mark(wave);\n        self.save().await",
            replace: "        let former = (self.step.value.status, self.step.value.wave);\n        self.mark(wave);\n        if VARIANT && former == (self.step.value.status, self.step.value.wave) {\n            return Ok(());\n        }\n        self.save().await",
        }],
        scenarios: &["queue", "preempt", "overtaken", "late_arrival", "hold"],
        mishaps: &[StoppedSlow],
    },
    Variant {
        name: "revision_ignored",
        what: "an alias is moved upon whatever RevisionId it has",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/change.rs",
            find: "                let revision = revision_id;",
            replace: "                let revision = &if VARIANT {\n                    self.at.alias(function, alias).await?.revision_id\n                } else {\n                    revision_id.clone()\n                };",
        }],
        scenarios: &["function", "canary"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "deployment_number_ignored",
        what: "a deployment of AppConfig is begun whatever the newest one is",
        edits: &[Edit {
            file: "shared/engine/src/kinds/appconfig/mod.rs",
            find: "                    newest: Some(*newest).filter(|newest| *newest > 0),",
            replace: "                    newest: Some(*newest).filter(|newest| *newest > 0 && !VARIANT),",
        }],
        scenarios: &["flags", "flags_undone"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "grace_not_waited_for",
        what: "an open call is waited for until its end, and no longer",
        edits: &[
            Edit {
                file: ATTEMPT,
                find: "        let until = open.not_after.plus_s(OPEN_CALL_GRACE_S);",
                replace: "        let until = open.not_after.plus_s(if VARIANT { 0 } else { OPEN_CALL_GRACE_S });",
            },
            // Without this edit it would believe what it sees only after the same time.
            Edit {
                file: OUT_OF_BAND,
                find: "        let shown_from = last.shown_from();",
                replace: "        let shown_from = if VARIANT { last.at } else { last.shown_from() };",
            },
        ],
        scenarios: &["function", "code", "service"],
        mishaps: &[StoppedLate],
    },
    // `no_change_beside_another` catches it.
    Variant {
        name: "beside_an_open_call",
        what: "who comes next does not wait for a call that is open, but looks and sends",
        edits: &[Edit {
            file: ATTEMPT,
            find: "            if left == 0 {",
            replace: "            if VARIANT || left == 0 {",
        }],
        scenarios: &["book"],
        mishaps: &[Late],
    },
    Variant {
        name: "late_forward_goes_on",
        what: "a forward invocation goes on although the undo has begun",
        edits: &[Edit {
            file: "shared/engine/src/converge/invocation.rs",
            find: "        Undoing | Undone | UndoFailed => Err(",
            replace: "        Undoing | Undone | UndoFailed if !VARIANT => Err(",
        }],
        scenarios: &["refused"],
        mishaps: &[InvokedLate],
    },
    Variant {
        name: "former_confirmation_kept",
        what: "a confirmed change leaves what was confirmed before it",
        edits: &[Edit {
            file: ATTEMPT,
            find: "        step.confirmed = confirmed;",
            replace: "        let former = self.former.confirmed.take().filter(|_| VARIANT);\n        step.confirmed = former.or(confirmed);",
        }],
        scenarios: &["canary"],
        mishaps: &[StoppedWithin],
    },
    Variant {
        name: "undo_failed_for_good",
        what: "an undo that has failed is not tried again, whoever asks",
        edits: &[Edit {
            file: STANDING,
            find: "            Undone => StepState::Settled(WorkTransition::Changed),",
            replace: "            Undone => StepState::Settled(WorkTransition::Changed),\n            UndoFailed if VARIANT => StepState::Settled(WorkTransition::Failed),",
        }],
        scenarios: &["first_undo", "undo"],
        mishaps: &[DeniedLong],
    },
    Variant {
        name: "undo_forward",
        what: "the undo goes through the waves in forward order",
        edits: &[
            Edit {
                file: UNDO,
                find: "    let below = undone.unwrap_or(BEFORE_ALL);",
                replace: "    let below = undone.unwrap_or(BEFORE_ALL);\n    let forward = |wave: &u32| undone.is_none_or(|undone| *wave > undone);",
            },
            Edit {
                file: UNDO,
                find: "        .filter(|wave| *wave < below)\n        .max()",
                replace: "        .filter(|wave| if VARIANT { forward(wave) } else { *wave < below })\n        .max_by_key(|wave| if VARIANT { u32::MAX - wave } else { *wave })",
            },
        ],
        scenarios: &["undo", "undo_kinds"],
        mishaps: &[],
    },
    // `undo_in_reverse` catches it.
    Variant {
        name: "stack_before_its_takers",
        what: "an undo begins with the stack, though others have their targets from it",
        edits: &[
            Edit {
                file: UNDO,
                find: "held_by(step, all()).is_none();",
                replace: "VARIANT || held_by(step, all()).is_none();\n    let stack = windlass_domain::declaration::kinds::KindName::Stack;\n    let of = |step: &Step| if VARIANT && step.kind == stack { Some(BEFORE_ALL - 1) } else { first_wave(step) };",
            },
            Edit {
                file: UNDO,
                find: "to_restore().filter(is_free).filter_map(first_wave)",
                replace: "to_restore().filter(is_free).filter_map(of)",
            },
            Edit { file: UNDO, find: "first_wave(step) == Some(wave)", replace: "of(*step) == Some(wave)" },
        ],
        scenarios: &["stack_filled_again_undone"],
        mishaps: &[],
    },
    // `ends_as_written` catches it.
    Variant {
        name: "no_state_before",
        what: "of a component that was not looked at before its wave no state is recorded to come back to",
        edits: &[Edit {
            file: "shared/engine/src/prepare/later_waves.rs",
            find: "        step.before.clone_from(&prepared.before);",
            replace: "        if !VARIANT {\n            step.before.clone_from(&prepared.before);\n        }",
        }],
        scenarios: &["stack_filled_undone"],
        mishaps: &[],
    },
    Variant {
        name: "documents_first",
        what: "a site's documents are written before the assets that they name",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/site/publish/upload.rs",
                find: "                new && self.rules.outlives(path)",
                replace: "                !VARIANT && new && self.rules.outlives(path)",
            },
            Edit {
                file: "shared/engine/src/kinds/site/in_place/plan.rs",
                find: "            additive: what != OperationKind::Delete && !place.is_noticed(rules),",
                replace: "            additive: !VARIANT && what != OperationKind::Delete && !place.is_noticed(rules),",
            },
            Edit {
                file: "shared/engine/src/kinds/site/in_place/plan.rs",
                find: "        (_, _, false, true) => 0,",
                replace: "        (_, _, false, true) => {\n            if VARIANT {\n                7\n            } else {\n                0\n            }\n        }",
            },
        ],
        scenarios: &["site"],
        mishaps: &[],
    },
    Variant {
        name: "former_code_not_kept",
        what: "of a function without an alias the code that is replaced is not published before",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/next.rs",
            find: "    if !is_there && latest.image.is_none() && kept(is",
            replace: "    if !VARIANT && !is_there && latest.image.is_none() && kept(is",
        }],
        scenarios: &["code"],
        mishaps: &[],
    },
    // The machine's definition has no place for a question, so who reads it is asked.
    Variant {
        name: "refused_as_unanswered",
        what: "a function that Lambda refuses for want of concurrency is asked again for four minutes, as who does not answer",
        edits: &[Edit {
            file: "tests/machine/src/visit.rs",
            find: "retriers.find(|(r, _)| error.is_one_of(&r.error_equals))",
            replace: "retriers.find(|(r, _)| {\n            let is_refused = VARIANT && error.name == \"Lambda.TooManyRequestsException\";\n            let unanswered = TaskError::new(\"Lambda.ServiceException\", \"\");\n            let error = if is_refused { &unanswered } else { &error };\n            error.is_one_of(&r.error_equals)\n        })",
        }],
        scenarios: &["function", "undo"],
        mishaps: &[FunctionsThrottled],
    },
];
