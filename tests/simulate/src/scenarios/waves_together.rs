//! A service and a function in the same steps.

use super::pauses::CANARY_PAUSED;
use super::people::{person_at_api, rings};
use super::shifts::SHIFTED;
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, when_in};

/// Both are at 10 %, are judged, and go on.
const SERVICE_WITH_FUNCTION: &str = gated!(
    agent_in_parts!(), api!("rollout: {canary: [10], every: 2m}");
    waves: "together";
    between_waves: "1m"
);

pub(super) const TOGETHER: Scenario =
    Scenario { name: "together", declaration: SERVICE_WITH_FUNCTION, ..CANARY_PAUSED };

/// A gate fails while both have the callers of the first step.
pub(super) const TOGETHER_UNDONE: Scenario = Scenario {
    name: "together_undone",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the service waits at 0 %", |_| ())),
        after(FIRST_STEP_S, Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..TOGETHER
};

/// A person moves the alias while both are released.
pub(super) const TOGETHER_MOVED: Scenario = Scenario { name: "together_moved", out_of_band: person_at_api, ..TOGETHER };

/// The seconds from the first watch until both are at their first step.
const FIRST_STEP_S: u64 = 120;
