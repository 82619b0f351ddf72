//! Variants of the code that names the version of a component.

use super::variant::{Edit, Variant};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "named_beside_the_snapshot",
        what: "a release whose bytes run already gives its name to the record and to no snapshot",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/snapshots.rs",
            find: "    } else if is_renamed {",
            replace: "    } else if is_renamed && !VARIANT {",
        }],
        scenarios: &["renamed"],
        mishaps: &[],
    },
    Variant {
        name: "name_without_who_gave_it",
        what: "a release whose bytes run already gives its version, and the deployment that brought the bytes stays named",
        edits: &[Edit {
            file: "shared/domain/src/environment/running.rs",
            find: "            self.now = given;",
            replace: "            if VARIANT {\n                self.now.version = given.version;\n                return;\n            }\n            self.now = given;",
        }],
        scenarios: &["renamed"],
        mishaps: &[],
    },
];
