//! Variants of how what arrives is taken in.

use super::{Edit, Variant};
use crate::schedule::What::{
    EventDoubled, EventLate, EventLost, FailsBefore, KilledAfter, KilledBefore, ThrottledLong,
};

const DEPLOY: &str = "shared/engine/src/conductor/deploy.rs";
const IMAGE: &str = "shared/engine/src/routes/intake/image.rs";
const MISSED: &str = "shared/engine/src/routes/intake/missed.rs";
const ONCE: &str = "shared/engine/src/routes/intake/once.rs";

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
            find: "    let requester = Requester {",
            replace: "    if VARIANT && matches!(known, Known::Found(_)) {\n        return Ok(None);\n    }\n    let requester = Requester {",
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
            file: DEPLOY,
            find: "        Ending::Rejected => request.again || !(existing.stopped || is_repeated(",
            replace: "        Ending::Rejected => request.again || !(existing.stopped || !VARIANT && is_repeated(",
        }],
        scenarios: &["turned_away"],
        mishaps: &[KilledAfter],
    },
    Variant {
        name: "released_twice",
        what: "the same request is another deployment each time",
        edits: &[
            Edit {
                file: DEPLOY,
                find: "        _ => request.again || (pinned.by_person",
                replace: "        _ => VARIANT || request.again || (pinned.by_person",
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
        what: "who asks again for what is recorded is told the id of a next attempt",
        edits: &[Edit {
            file: "shared/engine/src/routes/start.rs",
            find: "    let Identified { id, existing, .. } = identify(ports, request, &pinned).await?;",
            replace: "    let Identified { id, existing, attempt } = identify(ports, request, &pinned).await?;\n    let id = if VARIANT && existing.is_some() {\n        let (env, release) = (&pinned.resolved.environment, pinned.release.digest());\n        DeploymentId::of(&request.app, env, request.action, &release, attempt + 1)\n    } else {\n        id\n    };",
        }],
        scenarios: &["posted"],
        mishaps: &[],
    },
];
