//! An environment after a rollback across an irreversible task; and an environment whose task meets more than one
//! fault.

use super::people::person_at_api;
use super::tasks::{FAILS, IRREVERSIBLE, RUN, never_starts};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, next, quiet, when_in};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_world::World;

/// The same declaration without the task.
const NO_LONGER: &str = gated!(agent!(), api!("after: [agent]"); version: "1.1.0");

/// A task that shows its last lines.
const LOUD: &str = gated!(migrate!("undo: none", "show_log: true"), agent!("after: [migrate]"));

const RAN: &[Act] = &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))];

/// If both releases are refused, the snapshot that the rollback went back to is the first.
const NOTHING_BEFORE: &str = "rollback Rejected (NothingToGoBackTo)";

/// After a rollback across the task, another component is released, and then the release with the task once more. The
/// snapshot in between has what came before the task, so a rollback to it crosses the task again.
pub(super) const THEN_ANOTHER: Scenario = Scenario {
    name: "task_irreversible_across_then_another",
    declaration: IRREVERSIBLE,
    before: RAN,
    acts: &[
        next(Deed::RollBackAcross(&["migrate"])),
        quiet(Deed::Deploy("1.1.1", &["api"])),
        quiet(Deed::Again("1.1.0", &["agent"])),
        quiet(Deed::Operate("rollback")),
    ],
    out_of_band: person_at_api,
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.0.0 Succeeded",
        "1.1.1 Succeeded",
        "1.1.0 Succeeded",
        "rollback Rejected (Irreversible)",
    ],
    may: &[NOTHING_BEFORE],
    ..RUN
};

/// The same, but the bytes of the release with the task come back without the task being run again.
pub(super) const THEN_THE_SAME: Scenario = Scenario {
    name: "task_irreversible_across_then_the_same",
    acts: &[
        next(Deed::RollBackAcross(&["migrate"])),
        quiet(Deed::Deploy("1.1.1", &["api"])),
        quiet(Deed::DeployAs("1.2.0", &["agent"], "1.1.0")),
        quiet(Deed::Operate("rollback")),
    ],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "1.0.0 Succeeded",
        "1.1.1 Succeeded",
        "1.2.0 Succeeded",
        "rollback Rejected (Irreversible)",
    ],
    // If the first rollback is undone, the components of 1.2.0 run already.
    may: &["1.2.0 NothingToDo (AlreadyThere)", NOTHING_BEFORE],
    steady: false,
    ..THEN_ANOTHER
};

/// The task is not declared any more. It still forbids what came before it, and keeps nothing else from going on.
pub(super) const NOT_DECLARED: Scenario = Scenario {
    name: "task_irreversible_not_declared",
    acts: &[
        next(Deed::Put("apps/shop/app.yaml", NO_LONGER)),
        quiet(Deed::Operate("rollback")),
        quiet(Deed::RollBackAcross(&["migrate"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "rollback Rejected (Irreversible)", "1.0.0 Succeeded"],
    ..THEN_ANOTHER
};

/// The rollback names a task that it does not cross: once beside the one that it has to name, and once while it has to
/// name nothing.
pub(super) const MISNAMED: Scenario = Scenario {
    name: "task_irreversible_misnamed",
    acts: &[
        next(Deed::RollBackAcross(&["migrate", "seed"])),
        quiet(Deed::Deploy("1.2.0", &["api"])),
        when_in("Bake", Deed::RollBackAcross(&["migrate"])),
    ],
    ends: &[
        "1.0.0 Succeeded",
        "1.1.0 Succeeded",
        "rollback Rejected (UnknownName)",
        "1.2.0 Succeeded",
        "rollback Rejected (UnknownName)",
    ],
    // The release is watched no more when the rollback comes.
    may: &["1.1.0 Succeeded"],
    steady: false,
    ..THEN_ANOTHER
};

fn may_not_go_back(world: &World) {
    let fault = Fault::new(FaultName::AccessDenied, "ecs:UpdateService was refused");
    let mut mishaps = world.mishaps();
    mishaps.refused.insert("ecs.update_service", fault);
}

fn may_go_back(world: &World) {
    world.mishaps().refused.clear();
}

/// The task has never begun, and what came before it cannot be brought back at first.
pub(super) const UNBEGUN_AND_STUCK: Scenario = Scenario {
    name: "task_irreversible_stuck",
    declaration: IRREVERSIBLE,
    acts: &[
        next(Deed::Ail("the task never starts", never_starts)),
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in("Undo", Deed::Change("the service may not be changed", may_not_go_back)),
        quiet(Deed::Change("the service may be changed", may_go_back)),
        quiet(Deed::Operate("recover")),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    steady: false,
    ..FAILS
};

/// Makes the service write its lines where they can be read, and writes a line for each of its first tasks.
fn writes_lines(world: &World) {
    let mut services = world.ecs();
    let arn = services.service_mut("shop", "agent").service.task_definition.clone();
    let Some(found) = services.task_definitions.get_mut(&arn) else {
        return;
    };
    found.document["containerDefinitions"][0]["logConfiguration"] = serde_json::json!({
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/shop", "awslogs-stream-prefix": "x", "awslogs-region": "eu-west-1"},
    });
    drop(services);
    for number in 1..=3 {
        let stream = format!("x/agent/run{number:029x}");
        world.log_to("/shop", &stream, "no such column: name");
    }
}

/// The task fails, and its last lines are read once and shown.
pub(super) const SHOWS_LINES: Scenario =
    Scenario { name: "task_shows_lines", declaration: LOUD, scene: writes_lines, ..FAILS };
