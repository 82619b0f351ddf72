//! Variants of moves to another name or owner that do not keep what they say.

use super::variant::{Edit, Variant};
use crate::schedule::What;

const MOVING_ALL: &str = "shared/engine/src/movable/application.rs";
const MOVING: &str = "shared/domain/src/moving.rs";

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "moved-while-busy",
        what: "a component has another name while a release is under way",
        edits: &[Edit {
            file: MOVING,
            find: "    findings.extend(from.busy(removal));",
            replace: "    findings.extend(from.busy(removal).filter(|_| !VARIANT));",
        }],
        scenarios: &["called_otherwise_too_early"],
        mishaps: &[],
    },
    Variant {
        name: "moved-between-two-ways",
        what: "a component has another name while a drill has not come back",
        edits: &[Edit {
            file: "shared/domain/src/removal.rs",
            find: "    let (who, then) = match (held, drill, waits) {",
            replace: "    let (who, then) = match (held, drill.filter(|_| !VARIANT), waits) {",
        }],
        scenarios: &["called_otherwise_between"],
        mishaps: &[What::FailsBefore, What::KilledBefore, What::Denied],
    },
    Variant {
        name: "moved-without-its-targets",
        what: "a component has another owner, and its targets have not",
        edits: &[Edit {
            file: MOVING,
            find: "            let is_moved = removal.is_of(&held.owner) && self.claims.contains(&held.claim);",
            replace: "            let is_moved = !VARIANT && removal.is_of(&held.owner) && self.claims.contains(&held.claim);",
        }],
        scenarios: &["called_otherwise", "handed_over"],
        mishaps: &[],
    },
    Variant {
        name: "moved-without-way-back",
        what: "what was found of a component does not go with it",
        edits: &[Edit {
            file: MOVING,
            find: "                found: state.found.remove(was),",
            replace: "                found: state.found.remove(was).filter(|_| !VARIANT),",
        }],
        scenarios: &["handed_over"],
        mishaps: &[],
    },
    Variant {
        name: "snapshots-by-former-names",
        what: "an older snapshot says nothing of a component that has another name since",
        edits: &[Edit {
            file: "shared/domain/src/environment.rs",
            find: "        former_components::read(&mut self, &state.before);",
            replace: "        if !VARIANT {\n            former_components::read(&mut self, &state.former_components);\n        }",
        }],
        scenarios: &["called_otherwise"],
        mishaps: &[],
    },
    Variant {
        name: "renamed-all-still-declared",
        what: "a whole application has another name, and its former declaration stays in force",
        edits: &[
            Edit {
                file: MOVING_ALL,
                find: "        Some(_) => Write::delete(",
                replace: "        Some(_) if !VARIANT => Write::delete(",
            },
            Edit {
                file: MOVING_ALL,
                find: "        None => declared.check(),",
                replace: "        _ => declared.check(),",
            },
        ],
        scenarios: &["all_called_otherwise"],
        mishaps: &[],
    },
    Variant {
        name: "renamed-all-without-targets",
        what: "a whole application has another name, and its targets are the former one's",
        edits: &[Edit {
            file: MOVING_ALL,
            find: "        for claims in resources.values() {",
            replace: "        for claims in resources.values().filter(|_| !VARIANT) {",
        }],
        scenarios: &["all_called_otherwise"],
        mishaps: &[],
    },
    Variant {
        name: "renamed-all-while-busy",
        what: "a whole application has another name while a release is under way",
        edits: &[Edit {
            file: "shared/domain/src/moving/application.rs",
            find: "            Err(found) => findings.extend(found),",
            replace: "            Err(_) if VARIANT => {}\n            Err(found) => findings.extend(found),",
        }],
        scenarios: &["all_called_otherwise_busy"],
        mishaps: &[],
    },
];
