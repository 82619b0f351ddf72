//! Variants of the code by which a service with several images takes and keeps them.

use super::variant::{Edit, Variant};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "other_image_older",
        what: "a release of one container takes another one back to what the task definition was made from",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/kept_images.rs",
            find: "    let running = ports.tasks(&spec.cluster, &spec.service, false).await?;",
            replace: "    let mut current = current.clone();\n    if VARIANT && let Some(base) = current.tags.get(\"windlass:base\") {\n        current = ports.task_definition(base).await?;\n    }\n    let current = &current;\n    let running = ports.tasks(&spec.cluster, &spec.service, false).await?;",
        }],
        scenarios: &["one_of_two", "one_of_two_pushed"],
        mishaps: &[],
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
