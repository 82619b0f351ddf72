//! Variants of the code that takes arrivals in.

use super::variant::{Edit, Variant};
use crate::schedule::What::{
    EventDoubled, EventLate, EventLost, FailsBefore, KilledAfter, KilledBefore, ThrottledLong,
};

const DEPLOY: &str = "shared/engine/src/conductor/admitting/deploy.rs";
const IDENTIFY: &str = "shared/engine/src/conductor/admitting/identify.rs";
const IMAGE: &str = "shared/engine/src/routes/intake/image.rs";
const MISSED: &str = "shared/engine/src/routes/intake/missed_arrivals.rs";
const ONCE: &str = "shared/engine/src/routes/intake/deduplication.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "uploads_not_looked_for",
        what: "the schedule finds no upload",
        edits: &[Edit {
            file: MISSED,
            find: "        for one in &arrived {",
            replace: "        for one in arrived.iter().filter(|_| !VARIANT) {",
        }],
        scenarios: &["uploaded"],
        mishaps: &[EventLost],
    },
    Variant {
        name: "images_not_looked_for",
        what: "the schedule finds no image",
        edits: &[Edit {
            file: IMAGE,
            find: "    once(ports, &what(&push), known, async |seed| {",
            replace: "    if VARIANT && matches!(known, Known::Found(_)) {\n        return Ok(None);\n    }\n    once(ports, &what(&push), known, async |seed| {",
        }],
        scenarios: &["pushed"],
        mishaps: &[EventLost],
    },
    Variant {
        name: "order_of_arrival_ignored",
        what: "what arrives is ordered by when it is accepted",
        edits: &[Edit {
            file: DEPLOY,
            find: "        accepted: request.arrived.map_or",
            replace: "        accepted: request.arrived.filter(|_| !VARIANT).map_or",
        }],
        scenarios: &["overtaken"],
        mishaps: &[EventLate, FailsBefore],
    },
    Variant {
        name: "noted_too_soon",
        what: "an arrival is noted as served before it is",
        edits: &[Edit {
            file: ONCE,
            find: "    let came = serve(seed).await?;",
            replace: "    if VARIANT {\n        note.value.at = at;\n        ports.transact(vec![note.put()?]).await?;\n        note.rev += 1;\n    }\n    let came = serve(seed).await?;",
        }],
        scenarios: &["uploaded", "declared"],
        mishaps: &[FailsBefore, KilledBefore],
    },
    Variant {
        name: "lost_with_its_execution",
        what: "nobody looks whether what was started for an arrival came to anything",
        edits: &[Edit {
            file: ONCE,
            find: "    let Some(Started { app, execution }) = &served.started else {",
            replace: "    let Some(Started { app, execution }) = served.started.as_ref().filter(|_| !VARIANT) else {",
        }],
        scenarios: &["uploaded", "pushed"],
        mishaps: &[ThrottledLong],
    },
    Variant {
        name: "rejected_is_asked_for_again",
        what: "a message that comes again asks once more for what was rejected",
        edits: &[Edit {
            file: IDENTIFY,
            find: "    request.arrived.is_some_and(|arrived| {",
            replace: "    request.arrived.filter(|_| !VARIANT).is_some_and(|arrived| {",
        }],
        scenarios: &["turned_away"],
        mishaps: &[KilledAfter],
    },
    Variant {
        name: "released_twice",
        what: "the same arrival is another deployment each time",
        edits: &[
            Edit {
                file: IDENTIFY,
                find: "    if !is_over || is_repeated(",
                replace: "    if !VARIANT && !is_over || !VARIANT && is_repeated(",
            },
            Edit {
                file: ONCE,
                find: "            Known::Told(Some(sent)) if sent <= note.value.at => {",
                replace: "            Known::Told(Some(sent)) if sent <= note.value.at && !VARIANT => {",
            },
        ],
        scenarios: &["declared", "uploaded", "posted"],
        mishaps: &[EventDoubled, EventLate],
    },
    Variant {
        name: "next_attempt_told",
        what: "who asks again for what is under way is told the id of a next attempt",
        edits: &[Edit {
            file: "shared/engine/src/routes/start.rs",
            find: "    let Identified { id, existing, .. } = identify(ports, request, &pinned).await?;",
            replace: "    let Identified { id, existing, .. } = identify(ports, request, &pinned).await.map(|mut it| {\n        if VARIANT && it.existing.is_some() {\n            let (env, release) = (&pinned.resolved.environment, pinned.release.digest());\n            let of = windlass_domain::identity::EnvironmentId::new(&request.app, env);\n            it.id = DeploymentId::of(of, request.action, &release, it.attempt + 1);\n        }\n        it\n    })?;",
        }],
        scenarios: &["posted"],
        mishaps: &[],
    },
    Variant {
        name: "old_story_told",
        what: "an arrival is told how an equal one ended, whatever runs since",
        edits: &[
            Edit {
                file: IDENTIFY,
                find: "    let is_over = last.value.ending.is_some();",
                replace: "    let is_over = last.value.ending.is_some() && !VARIANT;",
            },
            Edit {
                file: "shared/engine/src/conductor/telling/release_status.rs",
                find: "    if let Some(now) = now(ports, existing).await? {",
                replace: "    if let Some(now) = now(ports, existing).await?.filter(|_| !VARIANT) {",
            },
        ],
        scenarios: &["released_again"],
        mishaps: &[],
    },
    Variant {
        name: "there_by_the_ledger",
        what: "what the ledger says that runs is said to be there, without a look",
        edits: &[Edit {
            file: "shared/engine/src/prepare/compose.rs",
            find: "        plan.waves = waves(scene, drafts)?;",
            replace: "        if !(VARIANT && scene.state.runs(&scene.loaded.record.release.components)) {\n            plan.waves = waves(scene, drafts)?;\n        }",
        }],
        scenarios: &["moved_by_hand"],
        mishaps: &[],
    },
    Variant {
        name: "superseded_by_what_is_gone",
        what: "what runs is said to be superseded by what was rolled back",
        edits: &[Edit {
            file: "shared/domain/src/admission.rs",
            find: "candidate.action == ActionName::Deploy && !facts.runs {",
            replace: "candidate.action == ActionName::Deploy && (VARIANT || !facts.runs) {",
        }],
        scenarios: &["released_again"],
        mishaps: &[],
    },
    Variant {
        name: "replaced_is_brought_back",
        what: "an arrival brings back what an operator rolled back",
        edits: &[Edit {
            file: "shared/domain/src/admission.rs",
            find: "    if candidate.own || candidate.again || candidate.allow_older || is_later_run {",
            replace: "    if VARIANT || candidate.own || candidate.again || candidate.allow_older || is_later_run {",
        }],
        scenarios: &["released_again"],
        mishaps: &[],
    },
    Variant {
        name: "vetoed_for_its_target",
        what: "a release is vetoed for what its target did",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/settle_undo.rs",
            find: "    record.action == ActionName::Deploy && !record.stopped && is_to_blame",
            replace: "    record.action == ActionName::Deploy && !record.stopped && (VARIANT || is_to_blame)",
        }],
        scenarios: &["mended"],
        mishaps: &[],
    },
];
