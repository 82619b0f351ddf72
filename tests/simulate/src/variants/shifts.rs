//! Variants of the code that deploys and undoes a service whose traffic ECS shifts.

use super::variant::{Edit, Variant};
use crate::schedule::What::OutOfBand;

const SHIFT: &str = "shared/engine/src/kinds/ecs/shift.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "shifted_is_ended",
        what: "a release is over while ECS may still take it back",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/rollout_progress.rs",
            find: "        Until::Complete => false,",
            replace: "        Until::Complete if VARIANT => is_from(POST_PRODUCTION),\n        Until::Complete => false,",
        }],
        scenarios: &["blue_green", "paused"],
        mishaps: &[],
    },
    Variant {
        name: "shift_left_alone",
        what: "a failed release leaves ECS's own deployment going on, and says that it is back",
        edits: &[Edit {
            file: SHIFT,
            find: "            Standing::UnderWay if self.followed.other.is_none() =>",
            replace: "            Standing::UnderWay if VARIANT => Next::Done,\n            Standing::UnderWay if self.followed.other.is_none() =>",
        }],
        scenarios: &["blue_green_undone"],
        mishaps: &[],
    },
    Variant {
        name: "taken_back_is_there",
        what: "what ECS has taken back by itself counts as released",
        edits: &[Edit {
            file: SHIFT,
            find: "            Standing::WentBack => Next::TakenBack(",
            replace: "            Standing::WentBack if VARIANT => Next::Done,\n            Standing::WentBack => Next::TakenBack(",
        }],
        scenarios: &["blue_green_taken_back", "blue_green_crashes"],
        mishaps: &[],
    },
    Variant {
        name: "look_passes",
        what: "a wave that only looks at what has begun is judged by no gate",
        edits: &[Edit {
            file: "shared/engine/src/measurements/judge.rs",
            find: "        let only_published = self.is_ahead(judgement.wave);",
            replace: "        let looks = self.waves.get(judgement.wave as usize).is_some_and(|wave| wave.look);
        if VARIANT && looks {
            return None;
        }
        let only_published = self.is_ahead(judgement.wave);",
        }],
        scenarios: &["both_in_parts_down"],
        mishaps: &[],
    },
    Variant {
        name: "tested_too_late",
        what: "what test traffic gets is asked once callers get it, too",
        edits: &[Edit {
            file: "shared/engine/src/measurements/judge.rs",
            find: "!M::is_tested(&one.gate) || judging.is_tested(one)",
            replace: "!M::is_tested(&one.gate) || (VARIANT ^ judging.is_tested(one))",
        }],
        scenarios: &["tested_undone"],
        mishaps: &[],
    },
    Variant {
        name: "probe_without_headers",
        what: "a probe is sent without its headers",
        edits: &[Edit {
            file: "shared/engine/src/measurements/probe.rs",
            find: "            headers: &gate.headers,",
            replace: "            headers: if VARIANT { Get::plain(\"\", 0, 0).headers } else { &gate.headers },",
        }],
        scenarios: &["tested"],
        mishaps: &[],
    },
    Variant {
        name: "together_is_beside",
        what: "what goes together takes its steps as they come",
        edits: &[Edit {
            file: "shared/domain/src/plan/waves_together.rs",
            find: "counted.map(|(share, nth)| firsts[&share] + nth)",
            replace: "counted.enumerate().map(|(place, (share, nth))| if VARIANT { place } else { firsts[&share] + nth })",
        }],
        scenarios: &["together"],
        mishaps: &[],
    },
    Variant {
        name: "pause_of_the_team_answered",
        what: "whatever pause of a deployment waits is answered",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/pause.rs",
            find: "    let at = pauses.iter().find(|at| at.as_str() == rollout.stage)?;",
            replace: "    let at = pauses.iter().find(|at| at.as_str() == rollout.stage || (VARIANT && rollout.stage == \"POST_SCALE_UP\"))?;",
        }],
        scenarios: &["paused", "canary_paused"],
        mishaps: &[],
    },
    Variant {
        name: "pause_of_another_deployment_answered",
        what: "the pause of the newest deployment is answered, whoever has begun that",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/follow.rs",
            find: "    let newer = rollouts",
            replace: "    let own = if VARIANT { rollouts.first() } else { own };\n    let newer = rollouts",
        }],
        scenarios: &["paused", "paused_undone"],
        mishaps: &[OutOfBand],
    },
];
