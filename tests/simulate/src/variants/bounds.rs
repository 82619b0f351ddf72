//! Variants of the code on things that are not Windlass's own, on messages, and on things that are there already.

use super::variant::{Edit, Variant};
use crate::schedule::What::{FailsAfter, OutOfBand};

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "other_not_named",
        what: "what somebody else changed is told as a change that failed",
        edits: &[Edit {
            file: "shared/engine/src/converge/out_of_band_changes.rs",
            find: "            FindingName::TargetChangedByOther,\n",
            replace: "            if VARIANT {\n                FindingName::ChangeFailed\n            } else {\n                FindingName::TargetChangedByOther\n            },\n",
        }],
        scenarios: &["function", "folder"],
        mishaps: &[OutOfBand],
    },
    Variant {
        name: "member_lost",
        what: "a task definition is registered without a member of its base",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/document.rs",
            find: " && name != \"tags\" && !value.is_null()",
            replace: " && name != \"tags\" && !(VARIANT && name == \"cpu\") && !value.is_null()",
        }],
        scenarios: &["service"],
        mishaps: &[],
    },
    Variant {
        name: "registered_again",
        what: "a task definition is registered though it was before",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/observe.rs",
            find: "            if let Some(own) = self.as_own(&found, target) {",
            replace: "            if let Some(own) = self.as_own(&found, target).filter(|_| !VARIANT) {",
        }],
        scenarios: &["service"],
        mishaps: &[FailsAfter],
    },
    Variant {
        name: "document_told",
        what: "the plan tells the whole task definition that runs",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/prepare.rs",
            find: "    let from = words::short(&current.arn);\n    if let",
            replace: "    let whole = current.document.to_string();\n    let from = if VARIANT { whole.as_str() } else { words::short(&current.arn) };\n    if let",
        }],
        scenarios: &["service"],
        mishaps: &[],
    },
    Variant {
        name: "invoked_after_the_shift",
        what: "a new version is invoked when callers get it, and not before",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/prepare.rs",
            find: "        let ahead = is_tried.then_some(0).into_iter();",
            replace: "        let ahead = (is_tried && !VARIANT).then_some(0).into_iter();",
        }],
        scenarios: &["gates"],
        mishaps: &[],
    },
    Variant {
        name: "published_and_not_invoked",
        what: "nothing is measured of what is published ahead",
        edits: &[Edit {
            file: "shared/engine/src/measurements/judge.rs",
            find: "        if only_published && !ahead {",
            replace: "        if only_published && (!ahead || VARIANT) {",
        }],
        scenarios: &["answers_wrongly"],
        mishaps: &[],
    },
    Variant {
        name: "brought_again",
        what: "a function that serves the wanted code is changed once more",
        edits: &[Edit {
            file: "shared/engine/src/kinds/lambda/prepare.rs",
            find: "            .filter(|(last, ..)| !self.input.is_check && next(self.is, last) == Next::Done)",
            replace: "            .filter(|(last, ..)| !VARIANT && !self.input.is_check && next(self.is, last) == Next::Done)",
        }],
        scenarios: &["function"],
        mishaps: &[],
    },
];
