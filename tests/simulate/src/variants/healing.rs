//! Variants of restoring that do not keep to the declaration.

use super::variant::{Edit, Variant};

const HEAL: &str = "shared/domain/src/heal.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "restored_while_held",
        what: "what has drifted is restored while automatic deployments are held",
        edits: &[Edit {
            file: HEAL,
            find: "    if let Some(hold) = &at.state.hold {",
            replace: "    if let Some(hold) = at.state.hold.as_ref().filter(|_| !VARIANT) {",
        }],
        scenarios: &["healed_held"],
        mishaps: &[],
    },
    Variant {
        name: "restored_without_end",
        what: "what is set back again and again is restored again and again",
        edits: &[
            Edit {
                file: HEAL,
                find: ".count() >= A_DAY",
                replace: ".count() >= if VARIANT { 9 } else { A_DAY }",
            },
            Edit {
                file: HEAL,
                find: ".len() < A_DAY",
                replace: ".len() < if VARIANT { 9 } else { A_DAY }",
            },
        ],
        scenarios: &["healed_too_often"],
        mishaps: &[],
    },
    Variant {
        name: "restoring_is_not_counted",
        what: "that something was restored is not noted",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/restored.rs",
            find: "    restored.note(&mut state.restored);",
            replace: "    if !VARIANT { restored.note(&mut state.restored); }",
        }],
        scenarios: &["healed", "healed_too_often"],
        mishaps: &[],
    },
    Variant {
        name: "what_is_reported_is_restored",
        what: "what is declared to be told only is restored",
        edits: &[Edit {
            file: "shared/domain/src/hourly_look.rs",
            find: "        let is_meant = self.heal == Heal::Restore &&",
            replace: "        let is_meant = (VARIANT || self.heal == Heal::Restore) &&",
        }],
        scenarios: &["drifted"],
        mishaps: &[],
    },
];
