//! Variants of how a service goes there and back whose traffic ECS shifts.

use super::{Edit, Variant};

const SHIFT: &str = "shared/engine/src/kinds/ecs/shift.rs";

pub(super) const VARIANTS: &[Variant] = &[
    Variant {
        name: "shifted_is_ended",
        what: "a release is over while ECS may still take it back",
        edits: &[Edit {
            file: "shared/engine/src/kinds/ecs/stage.rs",
            find: "        Until::Complete => return false,",
            replace: "        Until::Complete if VARIANT => \"POST_PRODUCTION_TRAFFIC_SHIFT\",\n        Until::Complete => return false,",
        }],
        scenarios: &["blue_green", "service_canary"],
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
];
