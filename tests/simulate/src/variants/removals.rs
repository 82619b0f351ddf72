//! Variants of letting go that do not keep what they say.

use super::variant::{Edit, Variant};

const REMOVE_ALL: &str = "shared/engine/src/conductor/admitting/remove_application.rs";
const REMOVAL: &str = "shared/domain/src/removal.rs";

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "removed-while-busy",
        what: "a component is let go of while a release is under way",
        edits: &[Edit {
            file: REMOVAL,
            find: "    let held = lock.held.as_ref().map(|held| &held.deployment);",
            replace: "    let held = lock.held.as_ref().filter(|_| !VARIANT).map(|held| &held.deployment);",
        }],
        scenarios: &["removed_too_early"],
        mishaps: &[],
    },
    Variant {
        name: "removed-though-declared",
        what: "a component is let go of that is declared",
        edits: &[Edit {
            file: REMOVAL,
            find: "    is_declared.then(|| {",
            replace: "    (is_declared && !VARIANT).then(|| {",
        }],
        scenarios: &["removed_too_early"],
        mishaps: &[],
    },
    Variant {
        name: "removed-and-runs",
        what: "what is let go of stays recorded as running",
        edits: &[Edit {
            file: "shared/engine/src/conductor/admitting/remove.rs",
            find: "        goes.forget(&mut found.state.value);\n        let environment",
            replace: "        if !VARIANT {\n            goes.forget(&mut found.state.value);\n        }\n        let environment",
        }],
        scenarios: &["removed"],
        mishaps: &[],
    },
    Variant {
        name: "removed-all-though-declared",
        what: "a whole application is let go of, and its declaration stays in force",
        edits: &[Edit {
            file: REMOVE_ALL,
            find: "    if let Some(declared) = &found.declared {",
            replace: "    if let Some(declared) = found.declared.as_ref().filter(|_| !VARIANT) {",
        }],
        scenarios: &["removed_all"],
        mishaps: &[],
    },
    Variant {
        name: "removed-all-and-runs",
        what: "what a whole application lets go of stays recorded as running",
        edits: &[Edit {
            file: REMOVE_ALL,
            find: "        goes.forget(&mut found.state.value);",
            replace: "        if !VARIANT {\n            goes.forget(&mut found.state.value);\n        }",
        }],
        scenarios: &["removed_all_beside"],
        mishaps: &[],
    },
];
