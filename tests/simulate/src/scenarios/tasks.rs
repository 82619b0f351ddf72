//! Tasks that are run once per release: there, taken back, passed over, stopped, and forgotten by ECS.

use super::people::{as_made, rings};
use crate::scenario::{Deed, Scenario, after, next, quiet, when_in};
use windlass_domain::fault::{Fault, FaultName};
use windlass_world::World;

/// A migration before its service and a function, and what takes it back.
const WITH_UNDO: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  migrate: {kind: task, image: agent, ecs: {command: [migrate, up]}, limit: 2m, undo: {command: [migrate, down]}}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, after: [migrate]}
  api: {kind: lambda, function: shop-api, alias: live, after: [agent]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// The same, of which nothing has to be taken back.
const WITHOUT_UNDO: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  migrate: {kind: task, image: agent, ecs: {command: [migrate, up]}, limit: 2m, undo: none}
  agent: {kind: ecs, cluster: shop, service: agent, container: agent, repository: shop/agent, after: [migrate]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// A person stops the task of the release in the console.
fn person_at_task(world: &World) {
    let now = world.true_time();
    let mut runs = world.runs();
    let own = runs.live.iter().filter(|live| {
        let is_forward = live.asked.started_by.ends_with("/forward");
        is_forward && live.lives(now)
    });
    let own: Vec<String> = own.map(|live| live.arn.clone()).collect();
    for arn in own {
        // One that has just stopped is left as it is.
        let _ = runs.stop(&arn, "by hand", now);
    }
}

fn fails(world: &World) {
    world.runs().exits.insert("migrate up".into(), 1);
}

fn never_starts(world: &World) {
    world.runs().never_start.insert("migrate up".into());
}

fn lasts_for_hours(world: &World) {
    world.runs().lasts_s.insert("migrate up".into(), 9999);
}

fn denies_looks(world: &World) {
    let fault = Fault::new(FaultName::AccessDenied, "ListTasks: AccessDeniedException");
    world.mishaps().refused.insert("runs.runs", fault);
}

/// Hours later: by then ECS has forgotten what has stopped, and its token.
fn allows_looks(world: &World) {
    world.mishaps().refused.clear();
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(3 * 3600);
}

pub(super) const RUN: Scenario = Scenario {
    name: "task",
    declaration: WITH_UNDO,
    scene: as_made,
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"]))],
    acts: &[next(Deed::Deploy("1.1.0", &["agent"]))],
    stranger: person_at_task,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded"],
    may: &[],
    steady: true,
};

pub(super) const FAILS: Scenario = Scenario {
    name: "task_fails",
    declaration: WITHOUT_UNDO,
    acts: &[
        next(Deed::Ail("the task fails", fails)),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..RUN
};

pub(super) const TAKEN_BACK: Scenario = Scenario {
    name: "task_taken_back",
    declaration: WITH_UNDO,
    ..FAILS
};

pub(super) const NEVER_STARTS: Scenario = Scenario {
    name: "task_never_starts",
    declaration: WITH_UNDO,
    acts: &[
        next(Deed::Ail("the task never starts", never_starts)),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ..FAILS
};

/// It stays beyond its limit, and is stopped.
pub(super) const TOO_LONG: Scenario = Scenario {
    name: "task_too_long",
    declaration: WITH_UNDO,
    acts: &[
        next(Deed::Ail("the task takes hours", lasts_for_hours)),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ..FAILS
};

/// A release that brings the service no other image.
pub(super) const UNCHANGED: Scenario = Scenario {
    name: "task_unchanged",
    acts: &[next(Deed::DeployAs("1.1.0", &["agent", "api"], "1.0.0"))],
    ..RUN
};

pub(super) const AGAIN: Scenario = Scenario {
    name: "task_again",
    acts: &[next(Deed::Again("1.0.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.0.0 Succeeded"],
    ..RUN
};

/// An operator cancels while it runs.
pub(super) const CANCELLED: Scenario = Scenario {
    name: "task_cancelled",
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        after(8, Deed::Cancel),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (CancelledByOperator)"],
    // The call may come too late.
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..RUN
};

/// A gate fails when it has long succeeded.
pub(super) const UNDONE: Scenario = Scenario {
    name: "task_undone",
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in("Bake", Deed::Ail("the alarm rings", rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..RUN
};

pub(super) const ROLLBACK: Scenario = Scenario {
    name: "task_rollback",
    before: &[
        quiet(Deed::Deploy("1.0.0", &["agent"])),
        quiet(Deed::Deploy("1.1.0", &["agent"])),
    ],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    ..RUN
};

/// Nobody may look at it until ECS has forgotten it: what became of it is not known, and it is not run again.
pub(super) const FORGOTTEN: Scenario = Scenario {
    name: "task_forgotten",
    acts: &[
        next(Deed::Change("nobody may look at tasks", denies_looks)),
        next(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Change(
            "hours later tasks may be looked at",
            allows_looks,
        )),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (AccessDenied)"],
    steady: false,
    ..RUN
};
