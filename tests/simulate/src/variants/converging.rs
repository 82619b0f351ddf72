//! Variants of the code that changes targets and brings them back.

use super::variant::{Edit, Variant};
use crate::schedule::What::{
    Denied, DeniedLong, FailsAfter, HangsAfter, InvokedLate, OutOfBand, Slow, Stopped, StoppedLate,
    StoppedSlow, StoppedWithin, Twin,
};

const ATTEMPT: &str = "shared/engine/src/converge/attempt.rs";
const DRIVE: &str = "shared/engine/src/converge/drive.rs";
const STANDING: &str = "shared/engine/src/converge/step_state.rs";
const OUT_OF_BAND: &str = "shared/engine/src/converge/out_of_band_changes.rs";
const UNDO: &str = "shared/engine/src/conductor/settling/undo.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "no_fence_check",
        what: "a deployer's writes do not check the lock's token",
        edits: &[Edit {
            file: ATTEMPT,
            find: "            if fenced == Fenced::Yes {\n                writes.push",
            replace: "            if fenced == Fenced::Yes && !VARIANT {\n                writes.push",
        }],
        scenarios: &["function", "first"],
        mishaps: &[StoppedSlow, StoppedWithin],
    },
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
        name: "theirs_is_stopped",
        what: "on the way back every deployment of AppConfig that grows is stopped, whoever began it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/appconfig/state.rs",
            find: "            !is_ours && self.stopped != Some(live.number)",
            replace: "            !VARIANT && !is_ours && self.stopped != Some(live.number)",
        }],
        scenarios: &["flags_undone", "flags_rollback"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "code_not_compared",
        what: "after a lost answer code is sent again without comparing CodeSha256",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/change.rs",
            find: "            .update_code(function, code, code_key, revision_id)\n            .await?;",
            replace: "            .update_code(function, code.clone(), code_key, revision_id)\n            .await;\n        let updated = match updated {\n            Err(fault) if VARIANT && fault.name == FaultName::Unavailable => {\n                let mut latest = self.at.function(function, None).await?;\n                while latest.last_update == \"InProgress\" {\n                    latest = self.at.function(function, None).await?;\n                }\n                let revision = &latest.revision_id;\n                self.at.update_code(function, code, code_key, revision).await?\n            }\n            updated => updated?,\n        };",
        }],
        scenarios: &["function", "first"],
        mishaps: &[FailsAfter, HangsAfter],
    },
    Variant {
        name: "open_call_not_recorded",
        what: "a switching call is not recorded as open before it is sent",
        edits: &[Edit {
            file: ATTEMPT,
            find: "        self.step.value.open = Some(OpenCall {\n            what: call.what,\n            not_after,\n        });",
            replace: "        if !VARIANT {\n            self.step.value.open = Some(OpenCall {\n                what: call.what,\n                not_after,\n            });\n        }",
        }],
        scenarios: &["function"],
        mishaps: &[],
    },
    Variant {
        name: "open_calls_not_waited_for",
        what: "a recovery does not wait for open calls",
        edits: &[
            Edit {
                file: ATTEMPT,
                find: "self.step.value.open.take() else",
                replace: "self.step.value.open.take().filter(|_| !VARIANT) else",
            },
            // Without this edit it would believe what it sees only after the same time.
            Edit {
                file: OUT_OF_BAND,
                find: "        (!is_believed && left > 0)",
                replace: "        (!VARIANT && !is_believed && left > 0)",
            },
        ],
        scenarios: &["function"],
        mishaps: &[StoppedSlow],
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
                find: "        let left = last.shown_from().ms_since(self.attempt.ports.now());",
                replace: "        let shown_from = if VARIANT { last.at } else { last.shown_from() };\n        let left = shown_from.ms_since(self.attempt.ports.now());",
            },
        ],
        scenarios: &["function", "code", "service"],
        mishaps: &[StoppedLate],
    },
    Variant {
        name: "twin_with_the_same_token",
        what: "an invocation writes its step whoever wrote it in between",
        edits: &[Edit {
            file: ATTEMPT,
            find: "            let mut writes = vec![self.step.put()?];",
            replace: "            if VARIANT\n                && let Some(item) = self.ports.get(&self.step.key).await?\n            {\n                self.step.rev = item.rev;\n            }\n            let mut writes = vec![self.step.put()?];",
        }],
        scenarios: &["function", "canary"],
        mishaps: &[Twin],
    },
    Variant {
        name: "late_forward_goes_on",
        what: "a forward invocation goes on although the undo has begun",
        edits: &[Edit {
            file: "shared/engine/src/converge/step_state.rs",
            find: "        Undoing | Undone | UndoFailed => Err(",
            replace: "        Undoing | Undone | UndoFailed if !VARIANT => Err(",
        }],
        scenarios: &["refused"],
        mishaps: &[InvokedLate],
    },
    Variant {
        name: "sent_after_its_horizon",
        what: "a call is sent however long ago it was recorded as open",
        edits: &[Edit {
            file: DRIVE,
            find: "        if self.attempt.ports.now().plus_s(SEND_S + longer_s) > not_after {",
            replace: "        if !VARIANT && self.attempt.ports.now().plus_s(SEND_S + longer_s) > not_after {",
        }],
        scenarios: &["function", "service"],
        mishaps: &[Slow],
    },
    Variant {
        name: "intent_after_change",
        what: "a change is recorded only after it was made",
        edits: &[
            Edit {
                file: DRIVE,
                find: "        let not_after = self.attempt.open(call",
                replace: "        let sent = if VARIANT {\n            Some(self.send(change, &what).await)\n        } else {\n            None\n        };\n        let not_after = self.attempt.open(call",
            },
            Edit {
                file: DRIVE,
                find: "        match self.send(change, &what).await {\n            Ok(made) => {\n                let confirmed",
                replace: "        let sent = match sent {\n            Some(sent) => sent,\n            None => self.send(change, &what).await,\n        };\n        match sent {\n            Ok(made) => {\n                let confirmed",
            },
        ],
        scenarios: &["function"],
        mishaps: &[],
    },
    Variant {
        name: "out_of_band_overwritten",
        what: "a target is not compared with what it was when it was prepared",
        edits: &[
            Edit {
                file: OUT_OF_BAND,
                find: "        if self.wave.is_none() {\n            return Ok(None);",
                replace: "        if self.wave.is_none() || VARIANT {\n            return Ok(None);",
            },
            Edit {
                file: OUT_OF_BAND,
                find: "            Some(before) if left.is_none()",
                replace: "            Some(before) if !VARIANT && left.is_none()",
            },
        ],
        scenarios: &["function", "canary", "folder"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "out_of_band_overwritten_later",
        what: "a target is not compared with what the last confirmed change made of it",
        edits: &[Edit {
            file: OUT_OF_BAND,
            find: "        let left = self.confirmed()?;",
            replace: "        let left = self.confirmed()?.filter(|_| !VARIANT);",
        }],
        scenarios: &["function", "canary", "undo"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "out_of_band_overwritten_unanswered",
        what: "a target is not compared with what a switch makes that was not answered",
        edits: &[Edit {
            file: OUT_OF_BAND,
            find: "            && !unanswered.is_empty()",
            replace: "            && !(VARIANT || unanswered.is_empty())",
        }],
        scenarios: &["function"],
        mishaps: &[StoppedSlow, OutOfBand],
    },
    Variant {
        name: "nobody_looked",
        what: "a recovery that starts by itself goes back over what its undo failed upon",
        edits: &[Edit {
            file: ATTEMPT,
            find: "|held| held.looked)",
            replace: "|held| VARIANT || held.looked)",
        }],
        scenarios: &["touched"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "former_confirmation_kept",
        what: "a confirmed change leaves what was confirmed before it",
        edits: &[Edit {
            file: ATTEMPT,
            find: "        self.step.value.confirmed = confirmed;",
            replace: "        let former = self.former.confirmed.take().filter(|_| VARIANT);\n        self.step.value.confirmed = former.or(confirmed);",
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
        name: "part_counts_as_nothing",
        what: "what AWS refuses after a part was written counts as not made",
        edits: &[Edit {
            file: "shared/engine/src/kinds/site/in_place/write.rs",
            find: "            Err(fault) if done.get() > 0 && ",
            replace: "            Err(fault) if !VARIANT && done.get() > 0 && ",
        }],
        scenarios: &["site"],
        mishaps: &[Denied, DeniedLong],
    },
    Variant {
        name: "undo_forgets_one",
        what: "the undo forgets a component",
        edits: &[Edit {
            file: UNDO,
            find: "            .filter(|step| step.status.may_have_changed())",
            replace: "            .filter(|step| step.status.may_have_changed())\n            .filter(|step| !(VARIANT && step.component.as_str() == \"jobs\"))",
        }],
        scenarios: &["undo"],
        mishaps: &[],
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
    Variant {
        name: "documents_first",
        what: "a site's documents are written before the assets that they name",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/site/publish/bring.rs",
                find: "                new && self.rules.outlives(path)",
                replace: "                !VARIANT && new && self.rules.outlives(path)",
            },
            Edit {
                file: "shared/engine/src/kinds/site/in_place/plan.rs",
                find: "            additive: what != What::Delete && !place.is_noticed(rules),",
                replace: "            additive: !VARIANT && what != What::Delete && !place.is_noticed(rules),",
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
        name: "nothing_outlives",
        what: "no file of a site stays reachable after its release",
        edits: &[Edit {
            file: "shared/engine/src/kinds/site/rules.rs",
            find: "        !self.is_document(path)",
            replace: "        !self.is_document(path) && !VARIANT",
        }],
        scenarios: &["folder", "site"],
        mishaps: &[],
    },
    Variant {
        name: "folder_live_too_soon",
        what: "the folder of a release goes live before its files are there",
        edits: &[
            Edit {
                file: "shared/engine/src/kinds/site/in_place/mod.rs",
                find: "        if let (Some(archive), Some(release)) = (&target.archive, &known.forward.0.release) {",
                replace: "        if let (Some(archive), Some(release), false) =\n            (&target.archive, &known.forward.0.release, VARIANT)\n        {",
            },
            Edit {
                file: "shared/engine/src/kinds/site/prefix/publish.rs",
                find: "        if let (Some(archive), Some(release)) = (&site.archive, &self.forward.release) {",
                replace: "        if let (Some(archive), Some(release), false) =\n            (&site.archive, &self.forward.release, VARIANT)\n        {",
            },
        ],
        scenarios: &["folder", "site"],
        mishaps: &[],
    },
    Variant {
        name: "pruning_takes_too_much",
        what: "pruning keeps nothing of what a rollback walks back to",
        edits: &[Edit {
            file: "shared/engine/src/retention.rs",
            find: "    let key = ledger::state(of);\n",
            replace: "    let back = if VARIANT { 0 } else { back };\n    let key = ledger::state(of);\n",
        }],
        scenarios: &["pruned"],
        mishaps: &[],
    },
    Variant {
        name: "former_code_not_kept",
        what: "of a function without an alias the code that is replaced is not published before",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/next.rs",
            find: "    if latest.image.is_none() && kept(is, ",
            replace: "    if !VARIANT && latest.image.is_none() && kept(is, ",
        }],
        scenarios: &["code"],
        mishaps: &[],
    },
    Variant {
        name: "works_for_another",
        what: "of two functions each is changed by the deployer that was asked for the other",
        edits: &[Edit {
            file: "shared/engine/src/converge/mod.rs",
            find: "    let key = ledger::step(&work.deployment, &work.component);\n    let step = ledger::require(ports, &key).await?;\n    if let StepState::Settled(verdict)",
            replace: "    let other = match work.component.as_str() {\n        \"api\" if VARIANT => \"jobs\",\n        \"jobs\" if VARIANT => \"api\",\n        own => own,\n    };\n    let other = windlass_domain::name::ComponentName::new(other)\n        .unwrap_or_else(|_| work.component.clone());\n    let key = ledger::step(&work.deployment, &other);\n    let step = ledger::require(ports, &key).await?;\n    if let StepState::Settled(verdict)",
        }],
        scenarios: &["side_by_side"],
        mishaps: &[],
    },
    Variant {
        name: "switched_through_nothing",
        what: "a distribution is sent to a path where nothing is, and from there to the folder of the release",
        edits: &[Edit {
            file: "shared/engine/src/kinds/site/prefix/mod.rs",
            find: "        self.at.set_origin_path(id, etag, origin, to).await",
            replace: "        let mut etag = etag.clone();\n        if VARIANT {\n            self.at.set_origin_path(id, &etag, origin, \"/nothing\").await?;\n            etag = self.at.distribution(id).await?.etag;\n        }\n        self.at.set_origin_path(id, &etag, origin, to).await",
        }],
        scenarios: &["folder"],
        mishaps: &[],
    },
];
