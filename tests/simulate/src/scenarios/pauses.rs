//! A service whose deployments pause for Windlass: deployed, rolled back, and other ends of a pause.

use super::declarations::{SERVICE_CANARY_PAUSED, SERVICE_PAUSED, SERVICE_PAUSED_LAST};
use super::people::{
    is_shifted_and_watched_with_pauses, is_shifted_at_once_with_a_last_pause, is_shifted_at_once_with_pauses,
    is_shifted_in_two_parts_with_pauses, pauses_run_out, person_lets_go_back, person_lets_go_on, rings, service_rings,
};
use super::shifts::{BLUE_GREEN, SHIFTED};
use crate::deed::Deed;
use crate::scenario::{Scenario, next, quiet, when_in};

const AGENT: &[&str] = &["agent"];

pub(super) const PAUSED: Scenario =
    Scenario { name: "paused", declaration: SERVICE_PAUSED, scene: is_shifted_at_once_with_pauses, ..BLUE_GREEN };

/// A gate fails when all traffic is shifted, and Windlass answers the pause accordingly.
pub(super) const PAUSED_UNDONE: Scenario = Scenario {
    name: "paused_undone",
    declaration: SERVICE_PAUSED_LAST,
    scene: is_shifted_at_once_with_a_last_pause,
    acts: &[next(Deed::Deploy("1.1.0", AGENT)), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..PAUSED
};

/// For ECS, nobody answers in time.
pub(super) const PAUSED_RUNS_OUT: Scenario = Scenario {
    name: "paused_runs_out",
    acts: &[next(Deed::Deploy("1.1.0", AGENT)), when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..PAUSED
};

/// A person lets the deployment go on before the gates are judged.
pub(super) const PAUSED_ANSWERED: Scenario = Scenario {
    name: "paused_answered",
    acts: &[
        next(Deed::Deploy("1.1.0", AGENT)),
        when_in("Bake", Deed::Change("a person lets it go on", person_lets_go_on)).by_somebody_else(),
    ],
    ..PAUSED
};

/// A person lets the deployment go back.
pub(super) const PAUSED_TAKEN_BACK: Scenario = Scenario {
    name: "paused_taken_back",
    acts: &[
        next(Deed::Deploy("1.1.0", AGENT)),
        when_in("Bake", Deed::Ail("a person lets it go back", person_lets_go_back)).by_somebody_else(),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..PAUSED
};

/// An alarm of the service's own rings in a pause, and ECS goes back by itself.
pub(super) const PAUSED_ALARMED: Scenario = Scenario {
    name: "paused_alarmed",
    scene: is_shifted_and_watched_with_pauses,
    acts: &[
        next(Deed::Deploy("1.1.0", AGENT)),
        when_in("Bake", Deed::Ail("an alarm of the service's own rings", service_rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..PAUSED
};

/// A rollback goes through each pause by itself, because no gate decides it.
pub(super) const PAUSED_ROLLBACK: Scenario = Scenario {
    name: "paused_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", AGENT)), quiet(Deed::Deploy("1.1.0", AGENT))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..PAUSED
};

/// The traffic is shifted in two parts, each of which waits. A function comes after it, while the service waits with
/// all traffic.
pub(super) const CANARY_PAUSED: Scenario = Scenario {
    name: "canary_paused",
    declaration: SERVICE_CANARY_PAUSED,
    scene: is_shifted_in_two_parts_with_pauses,
    before: &[quiet(Deed::Deploy("1.0.0", SHIFTED))],
    acts: &[next(Deed::Deploy("1.1.0", SHIFTED))],
    ..BLUE_GREEN
};

/// An operator goes back while the service waits: the running release is undone first.
pub(super) const CANARY_PAUSED_PREEMPTED: Scenario = Scenario {
    name: "canary_paused_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", SHIFTED)), quiet(Deed::Deploy("1.1.0", SHIFTED))],
    acts: &[next(Deed::Deploy("1.2.0", SHIFTED)), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 Rejected (TargetNotReady)"],
    steady: false,
    ..CANARY_PAUSED
};
