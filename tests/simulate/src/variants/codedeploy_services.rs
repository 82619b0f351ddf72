//! Variants of the code that lets CodeDeploy deploy a service, and take it back.

use super::variant::{Edit, Variant};
use crate::schedule::What::ThrottledLong;

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "goes_on_undeclared",
        what: "the wait before callers are moved is ended, though the declaration does not say so",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/codedeploy/next.rs",
            find: "group.is_some_and(|group| group.continues)",
            replace: "group.is_some_and(|group| group.continues || VARIANT)",
        }],
        scenarios: &["service_moved_held"],
        mishaps: &[],
    },
    Variant {
        name: "there_before_it_is_primary",
        what: "a service is said to be there as soon as CodeDeploy has begun",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/codedeploy/next.rs",
            find: "            Moved::All => has_all,",
            replace: "            Moved::All => has_all || VARIANT,",
        }],
        scenarios: &["service_moved_hook_fails"],
        mishaps: &[],
    },
    Variant {
        name: "whoever_deploys_is_followed",
        what: "a deployment of the group is taken for one of Windlass's, whoever has created it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/codedeploy/observe.rs",
            find: "            one.description.starts_with(mark) && one.creator != find::ROLLBACK",
            replace: "            (VARIANT || one.description.starts_with(mark)) && one.creator != find::ROLLBACK",
        }],
        scenarios: &["service_moved_busy_meanwhile"],
        mishaps: &[],
    },
    Variant {
        name: "what_moves_is_accepted",
        what: "an operator accepts what somebody's deployment still changes",
        edits: &[Edit {
            file: "shared/engine/src/observe.rs",
            find: "            unsettled: Some(finding),\n            ..\n        }) =>",
            replace: "            unsettled: Some(finding),\n            ..\n        }) if !VARIANT =>",
        }],
        scenarios: &["service_moved_accepted"],
        mishaps: &[],
    },
    Variant {
        name: "wait_untold",
        what: "what a target waits for is not written down",
        edits: &[Edit {
            file: "shared/engine/src/converge/drive.rs",
            find: "            .clone_from(&view.waits_for);",
            replace: "            .clone_from(if VARIANT { &None } else { &view.waits_for });",
        }],
        scenarios: &["service_moved_held", "paused_by_team_cancelled"],
        mishaps: &[],
    },
    Variant {
        name: "unanswered_stop_is_believed",
        what: "a stop of CodeDeploy's deployment is taken for obeyed although nobody has answered it",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/codedeploy/state.rs",
            find: "        true if asked.stop.is_none() || is_stopped => asked.to.clone(),",
            replace: "        true if asked.stop.is_none() || is_stopped || VARIANT => asked.to.clone(),",
        }],
        scenarios: &["service_moved_preempted", "service_moved_ready_undone"],
        mishaps: &[ThrottledLong],
    },
    Variant {
        name: "unanswered_stop_is_given_up",
        what: "a stop that nobody has answered is sent a few times, and its effect waited for",
        edits: &[Edit {
            file: "shared/engine/src/kinds/codedeploy/mod.rs",
            find: "        Some(sent) if sent.is_open =>",
            replace: "        Some(sent) if sent.is_open && !VARIANT =>",
        }],
        scenarios: &["service_moved_crashes"],
        mishaps: &[ThrottledLong],
    },
];
