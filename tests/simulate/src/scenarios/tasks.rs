//! Tasks that are run once per release: they succeed, are taken back, passed over, stopped, and forgotten by ECS.

use super::basics::SERVICE;
use super::people::rings;
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_world::World;

/// A migration before its service and a function, and its undo.
const WITH_UNDO: &str =
    gated!(migrate!("undo: {command: [migrate, down]}"), agent!("after: [migrate]"), api!("after: [agent]"));

/// The same, with nothing to take back.
const WITHOUT_UNDO: &str = gated!(migrate!("undo: none"), agent!("after: [migrate]"));

/// A function behind a migration after which the former service must not run.
pub(super) const IRREVERSIBLE: &str =
    gated!(agent!(), migrate!("irreversible: true", "after: [agent]"), api!("after: [migrate]"));

/// Stops the task of the release in the console, as a person does.
fn person_at_task(world: &World) {
    let now = world.true_time();
    let mut runs = world.ecs_tasks();
    let own = runs.live.iter().filter(|live| {
        let is_forward = live.asked.started_by.ends_with("/forward");
        is_forward && live.lives(now)
    });
    let own: Vec<String> = own.map(|live| live.arn.clone()).collect();
    for arn in own {
        // A task that has just stopped is left as it is.
        let _ = runs.stop(&arn, "by hand", now);
    }
}

fn fails(world: &World) {
    world.ecs_tasks().exits.insert("migrate up".into(), 1);
}

fn mended(world: &World) {
    world.ecs_tasks().exits.clear();
}

pub(super) fn never_starts(world: &World) {
    world.ecs_tasks().never_start.insert("migrate up".into());
}

fn lasts_for_hours(world: &World) {
    world.ecs_tasks().lasts_s.insert("migrate up".into(), 9999);
}

fn denies_looks(world: &World) {
    let fault = Fault::new(FaultName::AccessDenied, "ListTasks: AccessDeniedException");
    world.mishaps().refused.insert("ecs_tasks.runs", fault);
}

/// Lets hours pass: by then ECS has forgotten stopped tasks, and their tokens.
fn allows_looks(world: &World) {
    world.mishaps().refused.clear();
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(3 * 3600);
}

pub(super) const RUN: Scenario =
    Scenario { name: "task", declaration: WITH_UNDO, out_of_band: person_at_task, ..SERVICE };

pub(super) const FAILS: Scenario = Scenario {
    name: "task_fails",
    declaration: WITHOUT_UNDO,
    acts: &[next(Deed::Ail("the task fails", fails)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..RUN
};

pub(super) const TAKEN_BACK: Scenario = Scenario { name: "task_taken_back", declaration: WITH_UNDO, ..FAILS };

pub(super) const NEVER_STARTS: Scenario = Scenario {
    name: "task_never_starts",
    declaration: WITH_UNDO,
    acts: &[next(Deed::Ail("the task never starts", never_starts)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ..FAILS
};

/// The task runs beyond its limit, and is stopped.
pub(super) const TOO_LONG: Scenario = Scenario {
    name: "task_too_long",
    declaration: WITH_UNDO,
    acts: &[next(Deed::Ail("the task takes hours", lasts_for_hours)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ..FAILS
};

/// A release that brings the service no other image.
pub(super) const UNCHANGED: Scenario =
    Scenario { name: "task_unchanged", acts: &[next(Deed::DeployAs("1.1.0", &["agent", "api"], "1.0.0"))], ..RUN };

pub(super) const AGAIN: Scenario = Scenario {
    name: "task_again",
    acts: &[next(Deed::Again("1.0.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.0.0 Succeeded"],
    ..RUN
};

/// An operator cancels while the task runs.
pub(super) const CANCELLED: Scenario = Scenario {
    name: "task_cancelled",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), after(8, Deed::Cancel)],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (CancelledByOperator)"],
    // The cancelling call may come too late.
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..RUN
};

/// An operator goes back while it runs: it is stopped, and taken back.
pub(super) const PREEMPTED: Scenario = Scenario {
    name: "task_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Deploy("1.2.0", &["agent"])), when_in("Change", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    may: &["1.2.0 Succeeded"],
    ..CANCELLED
};

/// A gate fails long after the task has succeeded.
pub(super) const UNDONE: Scenario = Scenario {
    name: "task_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..RUN
};

pub(super) const ROLLBACK: Scenario = Scenario {
    name: "task_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..RUN
};

/// Nobody may look at the task until ECS has forgotten it. Its result is unknown, and it is not run again.
pub(super) const FORGOTTEN: Scenario = Scenario {
    name: "task_forgotten",
    acts: &[
        next(Deed::Change("nobody may look at tasks", denies_looks)),
        next(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Change("hours later tasks may be looked at", allows_looks)),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (AccessDenied)"],
    steady: false,
    ..RUN
};

/// A gate fails after the task has begun: everything stays as it is, for a person.
pub(super) const IRREVERSIBLE_UNDONE: Scenario = Scenario {
    name: "task_irreversible",
    declaration: IRREVERSIBLE,
    acts: &[next(Deed::Deploy("1.1.0", &["agent", "api"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (GateFailed)"],
    // A mishap may let an earlier wave bake. If the task has not begun yet, everything comes back.
    may: &["1.1.0 RolledBack (GateFailed)"],
    steady: false,
    ..RUN
};

/// The task has never begun: everything comes back.
pub(super) const IRREVERSIBLE_UNBEGUN: Scenario = Scenario {
    name: "task_irreversible_unbegun",
    declaration: IRREVERSIBLE,
    acts: &[next(Deed::Ail("the task never starts", never_starts)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ..FAILS
};

/// The task fails, a person accepts what is there, and a fix goes forward.
pub(super) const IRREVERSIBLE_FIXED: Scenario = Scenario {
    name: "task_irreversible_fixed",
    declaration: IRREVERSIBLE,
    acts: &[
        next(Deed::Ail("the task fails", fails)),
        next(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Operate("accept")),
        quiet(Deed::Change("the task is mended", mended)),
        next(Deed::Deploy("1.2.0", &["agent"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (ChangeFailed)", "1.2.0 Succeeded"],
    steady: false,
    ..RUN
};

/// The task has run, and the release is watched. A fix does not stop it, because that would bring nothing back.
pub(super) const IRREVERSIBLE_GOES_ON: Scenario = Scenario {
    name: "task_irreversible_goes_on",
    declaration: IRREVERSIBLE,
    acts: &[next(Deed::Deploy("1.1.0", &["agent", "api"])), when_in("Bake", Deed::Preempt("1.2.0", &["agent", "api"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 Rejected (Irreversible)"],
    // The fix comes when the release has ended, or before the task has begun.
    may: &["1.2.0 Succeeded", "1.1.0 RolledBack (PreemptedByDeploy)"],
    steady: false,
    ..RUN
};

/// A rollback does not stop it either.
pub(super) const IRREVERSIBLE_STAYS: Scenario = Scenario {
    name: "task_irreversible_stays",
    acts: &[next(Deed::Deploy("1.1.0", &["agent", "api"])), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "rollback Rejected (Irreversible)"],
    may: &["rollback Rejected (NothingToGoBackTo)", "1.0.0 Succeeded", "1.1.0 RolledBack (PreemptedByOperator)"],
    ..IRREVERSIBLE_GOES_ON
};

/// A rollback across the task is refused, and goes only if it names the task.
pub(super) const IRREVERSIBLE_ACROSS: Scenario = Scenario {
    name: "task_irreversible_across",
    declaration: IRREVERSIBLE,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Operate("rollback")), quiet(Deed::RollBackAcross(&["migrate"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "rollback Rejected (Irreversible)", "1.0.0 Succeeded"],
    ..RUN
};
