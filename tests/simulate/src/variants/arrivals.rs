//! Variants of the code that takes arrivals in.

use super::variant::{Edit, Variant};
use crate::schedule::What::{EventLate, FailsBefore, KilledAfter, KilledBefore};

const DEPLOY: &str = "shared/engine/src/conductor/admitting/deploy.rs";
const ONCE: &str = "shared/engine/src/routes/intake/arrival.rs";

pub(super) const VARIANTS: &[Variant] = &[
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
        name: "next_attempt_answered",
        what: "who asks again for what is under way gets the id of a next attempt",
        edits: &[Edit {
            file: "shared/engine/src/routes/mod.rs",
            find: "    let Identified { id, existing, .. } = identify(ports, request, &pinned).await?;",
            replace: "    let Identified { id, existing, .. } = identify(ports, request, &pinned).await.map(|mut it| {\n        if VARIANT && it.existing.take().is_some() {\n            let (env, release) = (&pinned.resolved.environment, pinned.release.digest());\n            let of = windlass_domain::release::identity::EnvironmentId::new(&request.app, env);\n            it.id = DeploymentId::of(of, request.action, &release, it.attempt + 1);\n        }\n        it\n    })?;",
        }],
        scenarios: &["posted"],
        mishaps: &[],
    },
    Variant {
        name: "pinned_again",
        what: "a release that its way in has pinned is pinned once more when it is admitted",
        edits: &[
            Edit {
                file: "shared/engine/src/pin/source.rs",
                find: "    if let Some(pinned) = &request.pinned {",
                replace: "    if let Some(pinned) = request.pinned.as_ref().filter(|_| !VARIANT) {",
            },
            Edit {
                file: "shared/engine/src/pin/place.rs",
                find: "    let handed_over = request.pinned.as_deref();",
                replace: "    let handed_over = request.pinned.as_deref().filter(|_| !VARIANT);",
            },
            Edit {
                file: "shared/engine/src/pin/record.rs",
                find: "    let handed_over = request.pinned.as_deref();",
                replace: "    let handed_over = request.pinned.as_deref().filter(|_| !VARIANT);",
            },
        ],
        scenarios: &["tag_moved"],
        mishaps: &[],
    },
    Variant {
        name: "pinned_and_not_verified",
        what: "a pinned release is taken as it is, whatever is declared",
        edits: &[Edit {
            file: "shared/engine/src/pin/components.rs",
            find: "            findings.extend(declaration.misfit_here(&name, &reference, resolved, request.plan));",
            replace: "            if !VARIANT {\n                findings.extend(declaration.misfit_here(&name, &reference, resolved, request.plan));\n            }",
        }],
        scenarios: &["written_by_hand"],
        mishaps: &[],
    },
    Variant {
        name: "noted_after_the_start",
        what: "an execution is started before it is noted with what",
        edits: &[Edit {
            file: "shared/engine/src/vouch.rs",
            find: "    write_once(ports, \"noting what an execution is started with\", &note).await?;\n    ports.start(name, input).await",
            replace: "    let started = if VARIANT { Some(ports.start(name, input).await?) } else { None };\n    write_once(ports, \"noting what an execution is started with\", &note).await?;\n    match started {\n        Some(arn) => Ok(arn),\n        None => ports.start(name, input).await,\n    }",
        }],
        scenarios: &["posted", "uploaded"],
        mishaps: &[KilledAfter],
    },
];
