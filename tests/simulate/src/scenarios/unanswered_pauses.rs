//! Pauses of a service's deployment that end without an answer: an operator cancels or goes back meanwhile, or their
//! time is over while nobody is there.

use super::declarations::{SERVICE_CANARY_WATCHED, SERVICE_PAUSED_LAST};
use super::pauses::{CANARY_PAUSED, PAUSED};
use super::people::{is_shifted_at_once_with_a_last_pause, pauses_run_out};
use super::shifts::SHIFTED;
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, after, next, quiet, when_in};
use windlass_world::World;

const AGENT: &[&str] = &["agent"];

const CANCELLED: &[&str] = &["1.0.0 Succeeded", "1.1.0 RolledBack (CancelledByOperator)"];

/// The endings if the deployment is over when the operator cancels, or is undone for another reason.
const OR_ENDED: &[&str] = &["1.1.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)", "1.1.0 Rejected (TargetNotReady)"];

/// An operator cancels before test traffic is judged.
pub(super) const PAUSED_CANCELLED: Scenario = Scenario {
    name: "paused_cancelled",
    acts: &[next(Deed::Deploy("1.1.0", AGENT)), when_in("Bake", Deed::Cancel)],
    ends: CANCELLED,
    may: OR_ENDED,
    steady: false,
    ..PAUSED
};

/// An operator cancels when all traffic is shifted.
pub(super) const PAUSED_LAST_CANCELLED: Scenario = Scenario {
    name: "paused_last_cancelled",
    declaration: SERVICE_PAUSED_LAST,
    scene: is_shifted_at_once_with_a_last_pause,
    ..PAUSED_CANCELLED
};

/// The traffic is shifted in two parts, and an operator cancels before the first one.
pub(super) const CANARY_PAUSED_CANCELLED: Scenario = Scenario {
    name: "canary_paused_cancelled",
    declaration: SERVICE_CANARY_WATCHED,
    acts: &[next(Deed::Deploy("1.1.0", SHIFTED)), when_in("Bake", Deed::Cancel)],
    ends: CANCELLED,
    may: OR_ENDED,
    steady: false,
    ..CANARY_PAUSED
};

/// An operator cancels between the two parts.
pub(super) const CANARY_PAUSED_CANCELLED_BETWEEN: Scenario = Scenario {
    name: "canary_paused_cancelled_between",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the first pause is there", |_| ())),
        when_in("Change", Deed::Change("it is answered", |_| ())),
        when_in("Bake", Deed::Cancel),
    ],
    ..CANARY_PAUSED_CANCELLED
};

/// Lets the team's own pause, before any traffic is shifted, last until an operator has come. It is still shorter than
/// an undo waits that has to deploy anew.
fn waits_for_the_team(world: &World) {
    for hook in &mut world.ecs().service_mut("shop", "agent").service.hooks {
        hook.timeout_min = 10;
    }
}

const LONGER: Deed = Deed::Change("the team waits for longer", waits_for_the_team);

/// The seconds from the release until the service waits for the team.
const TEAM_S: u64 = 120;

/// An operator cancels while the team's pause waits, which Windlass never answers.
pub(super) const PAUSED_BY_TEAM_CANCELLED: Scenario = Scenario {
    name: "paused_by_team_cancelled",
    acts: &[next(LONGER), next(Deed::Deploy("1.1.0", AGENT)), after(TEAM_S, Deed::Cancel)],
    ..PAUSED_CANCELLED
};

/// The same with traffic that is shifted in two parts.
pub(super) const CANARY_PAUSED_BY_TEAM_CANCELLED: Scenario = Scenario {
    name: "canary_paused_by_team_cancelled",
    acts: &[next(LONGER), next(Deed::Deploy("1.1.0", SHIFTED)), after(TEAM_S, Deed::Cancel)],
    ..CANARY_PAUSED_CANCELLED
};

/// An operator goes back while the team's pause waits.
pub(super) const PAUSED_BY_TEAM_PREEMPTED: Scenario = Scenario {
    name: "paused_by_team_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", AGENT)), quiet(Deed::Deploy("1.1.0", AGENT))],
    acts: &[next(LONGER), next(Deed::Deploy("1.2.0", AGENT)), after(TEAM_S, Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded", "1.2.0 RolledBack (ChangeFailed)", "1.2.0 Rejected (TargetNotReady)"],
    ..PAUSED_CANCELLED
};

/// The traffic is shifted in two parts, and for ECS the time of the first pause is over.
pub(super) const CANARY_PAUSED_RUNS_OUT: Scenario = Scenario {
    name: "canary_paused_runs_out",
    declaration: SERVICE_CANARY_WATCHED,
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..CANARY_PAUSED
};

/// For ECS the time of the pause between the two parts is over.
pub(super) const CANARY_PAUSED_RUNS_OUT_BETWEEN: Scenario = Scenario {
    name: "canary_paused_runs_out_between",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Change("the first pause is there", |_| ())),
        when_in("Change", Deed::Change("it is answered", |_| ())),
        when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out)),
    ],
    ..CANARY_PAUSED_RUNS_OUT
};

/// All traffic is shifted, and nobody answers in time.
pub(super) const PAUSED_LAST_RUNS_OUT: Scenario = Scenario {
    name: "paused_last_runs_out",
    declaration: SERVICE_PAUSED_LAST,
    scene: is_shifted_at_once_with_a_last_pause,
    acts: OUT,
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..PAUSED
};

const OUT: &[Act] =
    &[next(Deed::Deploy("1.1.0", AGENT)), when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out))];

/// ECS goes back by itself, and an operator cancels before anybody has seen that.
pub(super) const PAUSED_RUNS_OUT_CANCELLED: Scenario = Scenario {
    name: "paused_runs_out_cancelled",
    acts: &[
        next(Deed::Deploy("1.1.0", AGENT)),
        when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out)),
        next(Deed::Cancel),
    ],
    ..PAUSED_CANCELLED
};

/// The same with traffic that is shifted in two parts.
pub(super) const CANARY_PAUSED_RUNS_OUT_CANCELLED: Scenario = Scenario {
    name: "canary_paused_runs_out_cancelled",
    acts: &[
        next(Deed::Deploy("1.1.0", SHIFTED)),
        when_in("Bake", Deed::Ail("the pause's time is over", pauses_run_out)),
        next(Deed::Cancel),
    ],
    ..CANARY_PAUSED_CANCELLED
};
