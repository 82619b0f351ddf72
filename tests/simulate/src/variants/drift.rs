//! Variants of the hourly look that do not tell drift as it is.

use super::variant::{Edit, Variant};
use crate::schedule::What;

const LOOK: &str = "shared/engine/src/recovery/hourly_look.rs";
const TOLD: &str = "shared/domain/src/hourly_look/drift_changes.rs";
const DOMAIN: &str = "shared/domain/src/hourly_look.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "look_amid_a_deployment",
        what: "a look is made while a deployment has the lock",
        edits: &[
            Edit {
                file: LOOK,
                find: "    if !HourlyLook::is_quiet(&lock.value, now) ||",
                replace: "    if (!VARIANT && !HourlyLook::is_quiet(&lock.value, now)) ||",
            },
            Edit {
                file: LOOK,
                find: "save(ports, &mut item, same.into()).await?",
                replace: "save(ports, &mut item, if VARIANT { Vec::new() } else { same.into() }).await?",
            },
        ],
        scenarios: &["drifted_over"],
        mishaps: &[],
    },
    Variant {
        name: "drift_told_at_every_look",
        what: "what differs is told at every look",
        edits: &[Edit {
            file: TOLD,
            find: "        (!known).then_some((name, difference))",
            replace: "        (VARIANT || !known).then_some((name, difference))",
        }],
        scenarios: &["drifted_both"],
        mishaps: &[],
    },
    Variant {
        name: "unseen_is_as_recorded",
        what: "what a look cannot read is told to be as recorded",
        edits: &[Edit {
            file: DOMAIN,
            find: "            at: now,\n            drift,",
            replace: "            at: now,\n            drift: if VARIANT && drift == Drift::Unknown { Drift::None } else { drift },",
        }],
        scenarios: &["drifted", "drifted_both"],
        mishaps: &[What::FailsBefore, What::Denied, What::DeniedLong],
    },
    Variant {
        name: "unseen_is_gone",
        what: "what differed is told as gone where a look cannot read it",
        edits: &[Edit {
            file: DOMAIN,
            find: "                watched.difference = difference;",
            replace: "                watched.difference = difference.filter(|_| !VARIANT);",
        }],
        scenarios: &["drifted_both"],
        mishaps: &[What::FailsBefore, What::Denied, What::DeniedLong],
    },
    Variant {
        name: "drift_is_not_gone",
        what: "that a target is as recorded again is told to nobody",
        edits: &[Edit {
            file: TOLD,
            find: "    (!lines.is_empty()).then(|| lines.join(",
            replace: "    (!VARIANT && !lines.is_empty()).then(|| lines.join(",
        }],
        scenarios: &["drifted", "drifted_over"],
        mishaps: &[],
    },
];
