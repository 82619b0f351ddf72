//! Variants of the code that allows for late answers of AWS, which show the state of a moment ago.

use super::variant::{Edit, Variant};
use crate::schedule::What::{LooksLate, Stopped};

const OWNER: &str = "shared/engine/src/recovery/owner.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "look_believed_at_once",
        what: "a look that does not show what was just changed is taken for an out-of-band change",
        edits: &[Edit {
            file: "shared/engine/src/converge/out_of_band_changes.rs",
            find: "        if left == 0 {",
            replace: "        if VARIANT || left == 0 {",
        }],
        scenarios: &["canary", "service", "folder"],
        mishaps: &[LooksLate],
    },
    Variant {
        name: "planned_upon_what_was",
        what: "a plan is made upon a look that may be older than the deployment before",
        edits: &[Edit {
            file: "shared/engine/src/prepare/stale_reads.rs",
            find: "    (since < SEEN_AFTER_MS)",
            replace: "    (!VARIANT && since < SEEN_AFTER_MS)",
        }],
        scenarios: &["rollback"],
        mishaps: &[LooksLate],
    },
    Variant {
        name: "planned_with_what_was",
        what: "what takes what an earlier wave gives is planned before that has changed",
        edits: &[Edit {
            file: "shared/engine/src/prepare/inputs.rs",
            find: "        if draft.is_some_and(",
            replace: "        if !VARIANT && draft.is_some_and(",
        }],
        scenarios: &["pointed"],
        mishaps: &[Stopped],
    },
    Variant {
        name: "dead_owner_told_to_run",
        what: "a recovery believes at once that the execution still runs whose end it was told",
        edits: &[Edit {
            file: OWNER,
            find: "            if owner != Self::Running ||",
            replace: "            if VARIANT || owner != Self::Running ||",
        }],
        scenarios: &["function"],
        mishaps: &[Stopped],
    },
];
