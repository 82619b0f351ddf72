//! Variants of drills that do not come back, or not as they say.

use super::variant::{Edit, Variant};
use crate::schedule::What;

const DRILL: &str = "shared/domain/src/drill.rs";
const TURN: &str = "shared/domain/src/drill/turn.rs";
const SCHEDULE: &str = "shared/domain/src/drill/schedule.rs";
const ENGINE: &str = "shared/engine/src/conductor/environment/drill_goal.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "drill-stays-there",
        what: "nobody starts the way back of a drill",
        edits: &[Edit {
            file: DRILL,
            find: "        self.under_way.as_ref().filter(|drill| drill.awaits_back())",
            replace: "        self.under_way.as_ref().filter(|drill| !VARIANT && drill.awaits_back())",
        }],
        scenarios: &["drilled"],
        mishaps: &[],
    },
    Variant {
        name: "drill-back-by-one-alone",
        what: "a way back that its conductor could not start is started by nobody",
        edits: &[Edit {
            file: "shared/engine/src/recovery/drills.rs",
            find: "        let Some(drill) = value.awaits_back() else {",
            replace: "        let Some(drill) = value.awaits_back().filter(|_| !VARIANT) else {",
        }],
        scenarios: &["drilled"],
        mishaps: &[What::KilledAfter, What::Stopped],
    },
    Variant {
        name: "drill-back-undone-by-a-gate",
        what: "a gate that is red on the way back leaves the version before live",
        edits: &[Edit {
            file: "shared/domain/src/deployment.rs",
            find: "            ActionName::Drill => self.drill.is_none(),",
            replace: "            ActionName::Drill => VARIANT || self.drill.is_none(),",
        }],
        scenarios: &["drilled_red_back"],
        mishaps: &[],
    },
    Variant {
        name: "drill-proved-though-red",
        what: "a gate that was red on the way back says nothing of the drill",
        edits: &[Edit {
            file: "shared/domain/src/drill/deployment_end.rs",
            find: "        } else if red.is_empty() {",
            replace: "        } else if VARIANT || red.is_empty() {",
        }],
        scenarios: &["drilled_red_back"],
        mishaps: &[],
    },
    Variant {
        name: "drill-vetoes",
        what: "a drill whose way there failed vetoes the version before",
        edits: &[Edit {
            file: "shared/engine/src/conductor/settling/settle_undo.rs",
            find: "        writes.extend(drills::leg_ended(ports, &record.value, &steps, snapshot).await?);",
            replace: "        if VARIANT && record.value.of_drill().is_some() {\n            writes.extend(veto(ports, &record.value).await?);\n        }\n        writes.extend(drills::leg_ended(ports, &record.value, &steps, snapshot).await?);",
        }],
        scenarios: &["drilled_red"],
        mishaps: &[],
    },
    Variant {
        name: "drill-though-held",
        what: "a drill begins where deployments are held",
        edits: &[Edit {
            file: TURN,
            find: "    obstacles.extend(facts.state.hold.as_ref().map(Obstacle::Held));",
            replace: "    obstacles.extend(facts.state.hold.as_ref().filter(|_| !VARIANT).map(Obstacle::Held));",
        }],
        scenarios: &["drill_held"],
        mishaps: &[],
    },
    Variant {
        name: "released-between-two-ways",
        what: "a release comes between the two ways of a drill",
        edits: &[Edit {
            file: "shared/domain/src/admission.rs",
            find: "        None if !operator && facts.drill.is_some() => Decision::Wait,",
            replace: "        None if !VARIANT && !operator && facts.drill.is_some() => Decision::Wait,",
        }],
        scenarios: &["drill_awaited"],
        mishaps: &[What::Stopped, What::KilledAfter],
    },
    Variant {
        name: "drill-over-a-rollback",
        what: "a way back replaces what an operator's rollback has brought meanwhile",
        edits: &[Edit {
            file: TURN,
            find: "    if drill.arrived() == Some(facts.state.snapshot) {",
            replace: "    if VARIANT || drill.arrived() == Some(facts.state.snapshot) {",
        }],
        scenarios: &["drill_rolled_back_later"],
        mishaps: &[What::Stopped, What::StoppedUntold],
    },
    Variant {
        name: "drill-to-what-runs",
        what: "a drill goes to a snapshot that is what runs",
        edits: &[
            Edit {
                file: ENGINE,
                find: "    let mut goal = good_snapshots::newest_good(ports, state.snapshot, at).await?;",
                replace: "    let mut goal = if VARIANT {\n        good_snapshots::snapshot(ports, at, state.snapshot).await?\n    } else {\n        good_snapshots::newest_good(ports, state.snapshot, at).await?\n    };",
            },
            Edit {
                file: ENGINE,
                find: "    while let Some(same) = goal.take_if(|goal| goal.clone().with_found(state).runs(state)) {",
                replace: "    while let Some(same) = goal.take_if(|goal| !VARIANT && goal.clone().with_found(state).runs(state)) {",
            },
        ],
        scenarios: &["drilled"],
        mishaps: &[],
    },
    Variant {
        name: "drill-due-again",
        what: "a drill by the schedule does not know of the one before it",
        edits: &[Edit {
            file: SCHEDULE,
            find: "    fn due(&self, every: Days) -> Option<Time> {\n        let last = self.drills.last.as_ref()?;",
            replace: "    fn due(&self, every: Days) -> Option<Time> {\n        let last = self.drills.last.as_ref().filter(|_| !VARIANT)?;",
        }],
        scenarios: &["drilled_when_due"],
        mishaps: &[],
    },
    Variant {
        name: "drill-not-put-off",
        what: "a drill by the schedule begins though deployments are held",
        edits: &[Edit {
            file: SCHEDULE,
            find: "        if let Some(hold) = self.hold {",
            replace: "        if let Some(hold) = self.hold.filter(|_| !VARIANT) {",
        }],
        scenarios: &["drill_put_off"],
        mishaps: &[],
    },
];
