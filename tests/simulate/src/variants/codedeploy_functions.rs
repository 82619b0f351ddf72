//! Variants of the code that lets CodeDeploy move an alias, and back.

use super::variant::{Edit, Variant};
use crate::schedule::What::{OutOfBand, Stopped, StoppedSlow};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "codedeploy_not_stopped",
        what: "a failed release leaves CodeDeploy's own deployment going on",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/codedeploy/next.rs",
            find: "        if !ours.is_over() {\n            return stop(target, seen, ours);",
            replace: "        if !ours.is_over() && !VARIANT {\n            return stop(target, seen, ours);",
        }],
        scenarios: &["moved", "moved_undone"],
        mishaps: &[Stopped, StoppedSlow],
    },
    Variant {
        name: "moved_meanwhile_not_seen",
        what: "what CodeDeploy has not moved to its end is taken back, whoever has moved the alias since",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/codedeploy/next.rs",
            find: "        if seen.is_elsewhere() {",
            replace: "        if seen.is_elsewhere() && !VARIANT {",
        }],
        scenarios: &["moved", "moved_undone"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "rollback_not_followed",
        what: "what CodeDeploy rolls back is not followed to its end",
        edits: &[Edit {
            file: "shared/engine/src/kinds/codedeploy/mod.rs",
            find: "    if !of.is_gone() {",
            replace: "    if !of.is_gone() || VARIANT {",
        }],
        scenarios: &["moved_undone", "moved_taken_back"],
        mishaps: &[],
    },
];
