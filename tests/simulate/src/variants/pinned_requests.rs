//! Variants of the code that takes what a way in has pinned.

use super::variant::{Edit, Variant};

const PIN: &str = "shared/engine/src/pin/mod.rs";

pub(super) const VARIANTS: &[Variant] = &[
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
                file: PIN,
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
            file: "shared/engine/src/pin/artifact.rs",
            find: "            findings.extend(declaration.misfit_here(&name, &reference, resolved));",
            replace: "            if !VARIANT {\n                findings.extend(declaration.misfit_here(&name, &reference, resolved));\n            }",
        }],
        scenarios: &["written_by_hand"],
        mishaps: &[],
    },
];
