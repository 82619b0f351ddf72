//! Variants of overtaking that do not keep what they say.

use super::variant::{Edit, Variant};
use crate::schedule::What::Slow;

const OVERTAKING: &str = "shared/domain/src/overtaking.rs";

pub const VARIANTS: &[Variant] = &[
    Variant {
        name: "overtaken-by-whatever-waits",
        what: "who has stopped a deployment has no place before others",
        edits: &[Edit {
            file: OVERTAKING,
            find: "        (false, true, _) => Place::Overtaking,",
            replace: "        (false, true, _) if !VARIANT => Place::Overtaking,\n        (false, true, _) => Place::Queued,",
        }],
        scenarios: &["overtake_both"],
        mishaps: &[Slow],
    },
    Variant {
        name: "overtaken-is-vetoed",
        what: "a release that was overtaken is taken for one that failed",
        edits: &[
            Edit {
                file: "shared/engine/src/conductor/recovering/recover.rs",
                find: "        record.value.stopped = was_stopped(owner.as_ref());",
                replace: "        record.value.stopped = was_stopped(owner.as_ref()) && !VARIANT;",
            },
            Edit {
                file: "shared/domain/src/deployment.rs",
                find: "        OF_THE_RELEASE.contains(&self.name.as_str())",
                replace: "        VARIANT || OF_THE_RELEASE.contains(&self.name.as_str())",
            },
        ],
        scenarios: &["overtakes"],
        mishaps: &[],
    },
    Variant {
        name: "overtaken-though-irreversible",
        what: "a release is stopped that has begun what is irreversible",
        edits: &[Edit {
            file: OVERTAKING,
            find: "    (asks && !begun",
            replace: "    (!VARIANT && asks && !begun",
        }],
        scenarios: &["task_irreversible_goes_on"],
        mishaps: &[],
    },
    Variant {
        name: "overtaken-by-an-older",
        what: "an older release stops a newer one",
        edits: &[Edit {
            file: OVERTAKING,
            find: "        if is_older && share(",
            replace: "        if !VARIANT && is_older && share(",
        }],
        scenarios: &["overtakes_newer"],
        mishaps: &[],
    },
    Variant {
        name: "undone-first-in-part",
        what: "a release by a rule stops one that brings more than itself",
        edits: &[Edit {
            file: OVERTAKING,
            find: "    } else if under_way.same_release || !is_newer || !cover(mine, &under_way.components) {",
            replace: "    } else if under_way.same_release || !is_newer || !(VARIANT || cover(mine, &under_way.components)) {",
        }],
        scenarios: &["undone_first_in_part"],
        mishaps: &[],
    },
    Variant {
        name: "fix-waits-like-others",
        what: "a fix of what failed goes when the rest has gone",
        edits: &[Edit {
            file: OVERTAKING,
            find: "        (false, false, true) => Place::Fix,",
            replace: "        (false, false, true) if !VARIANT => Place::Fix,\n        (false, false, true) => Place::Queued,",
        }],
        scenarios: &["fix_goes_first", "fix_waited"],
        mishaps: &[],
    },
    Variant {
        name: "rollback-is-overtaken",
        what: "a release stops a rollback",
        edits: &[
            Edit {
                file: OVERTAKING,
                find: "    let asks = candidate.preempt && !facts.waits(candidate);",
                replace: "    let asks = !VARIANT && candidate.preempt && !facts.waits(candidate);",
            },
            Edit {
                file: OVERTAKING,
                find: "    let runs = held.state == HeldState::Running && is_stoppable;",
                replace: "    let runs = held.state == HeldState::Running && (VARIANT || is_stoppable);",
            },
            Edit {
                file: "shared/engine/src/conductor/queue/preempt.rs",
                find: "        && held.action != ActionName::Rollback\n        && is_meant",
                replace: "        && (VARIANT || held.action != ActionName::Rollback)\n        && is_meant",
            },
        ],
        scenarios: &["overtakes_rollback_through"],
        mishaps: &[],
    },
];
