//! A service that CodeDeploy deploys, while somebody else deploys in its group: before, meanwhile, and when an operator
//! accepts.

use super::codedeploy_services::{APPSPEC, SERVICE_MOVED};
use super::people::{hours_pass, is_quiet_again, rings};
use crate::deed::Deed;
use crate::scenario::{Act, Scenario, next, quiet, when_in};
use std::collections::BTreeMap;
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::NewDeployed;
use windlass_world::World;
use windlass_world::ecr::HOST;

/// Deploys somebody's own image with the group, if nothing of the group is under way.
pub(super) fn somebody_deploys(world: &World) {
    world.deploy_on();
    let Some(content) = of_their_own(world) else {
        return;
    };
    let new = NewDeployed {
        application: "shop".into(),
        group: "agent".into(),
        description: "by hand".into(),
        content,
        configuration: None,
    };
    match world.create(&new) {
        Ok(_) => {}
        Err(fault) if fault.name == FaultName::Conflict => {}
        Err(fault) => panic!("{fault}"),
    }
    // After this it is known where it moves the callers.
    let mut clock = world.clock();
    clock.now = clock.now.plus_s(2);
    drop(clock);
    world.deploy_on();
}

/// Returns the document by which somebody's own image is deployed.
fn of_their_own(world: &World) -> Option<String> {
    let digest = world.ecr().push("shop/agent", "by-hand");
    let mut services = world.ecs();
    let live = services.service_mut("shop", "agent");
    let mut task_sets = live.service.task_sets.iter();
    let primary = task_sets.find(|one| one.status == "PRIMARY")?;
    let runs = primary.task_definition.clone();
    let mut document = services.task_definitions.get(&runs)?.document.clone();
    let image = format!("{HOST}/shop/agent@sha256:{digest}");
    document["containerDefinitions"][0]["image"] = image.into();
    let by_hand = services.put_task_definition(&document, &BTreeMap::new());
    let appspec = AppSpec::read_service(APPSPEC).ok()?;
    Some(appspec.deploying(&by_hand.arn))
}

/// The last release of Windlass keeps no former tasks any more.
const LIVE: &[Act] = &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Change("two hours pass", hours_pass))];

/// A release is refused as long as somebody's deployment goes on; the next one succeeds.
pub(super) const SERVICE_MOVED_BUSY: Scenario = Scenario {
    name: "service_moved_busy",
    before: LIVE,
    acts: &[
        next(Deed::Change("somebody deploys", somebody_deploys)).by_somebody_else(),
        next(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Change("two hours pass", hours_pass)),
        quiet(Deed::Deploy("1.2.0", &["agent"])),
    ],
    out_of_band: somebody_deploys,
    ends: &["1.0.0 Succeeded", "1.1.0 Rejected (TargetBusy)", "1.2.0 Succeeded"],
    // An execution that was stopped before it had looked, and is redriven after somebody's deployment, finds nothing in
    // its way.
    may: &["1.2.0 Rejected (TargetBusy)", "1.1.0 Succeeded"],
    ..SERVICE_MOVED
};

/// Somebody's deployment begins after the release is prepared and before it begins.
pub(super) const SERVICE_MOVED_BUSY_MEANWHILE: Scenario = Scenario {
    name: "service_moved_busy_meanwhile",
    before: LIVE,
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in("Change", Deed::Change("somebody deploys", somebody_deploys)).by_somebody_else(),
    ],
    out_of_band: somebody_deploys,
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (TargetBusy)"],
    may: &["1.1.0 Rejected (TargetBusy)"],
    steady: false,
    ..SERVICE_MOVED
};

/// A rollback is refused, too.
pub(super) const SERVICE_MOVED_BUSY_ROLLBACK: Scenario = Scenario {
    name: "service_moved_busy_rollback",
    before: &[
        quiet(Deed::Deploy("1.0.0", &["agent"])),
        quiet(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Change("two hours pass", hours_pass)),
    ],
    acts: &[
        next(Deed::Change("somebody deploys", somebody_deploys)).by_somebody_else(),
        next(Deed::Operate("rollback")),
    ],
    out_of_band: somebody_deploys,
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Rejected (TargetBusy)"],
    may: &[],
    ..SERVICE_MOVED
};

/// Refuses calls that create or stop a deployment of CodeDeploy.
fn may_not_deploy(world: &World) {
    for call in ["codedeploy.create_deployment", "codedeploy.stop_deployment"] {
        let fault = Fault::new(FaultName::AccessDenied, format!("{call} was refused"));
        world.mishaps().refused.insert(call, fault);
    }
}

/// The undo fails, and somebody mends the service with CodeDeploy. That is accepted after CodeDeploy has moved all
/// callers, not before.
pub(super) const SERVICE_MOVED_ACCEPTED: Scenario = Scenario {
    name: "service_moved_accepted",
    before: LIVE,
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in(
            "Bake",
            Deed::Ail("the alarm rings and CodeDeploy refuses", |world| {
                rings(world);
                may_not_deploy(world);
            }),
        ),
        quiet(Deed::Change("two hours pass, and CodeDeploy obeys", |world| {
            hours_pass(world);
            world.mishaps().refused.clear();
            is_quiet_again(world);
        })),
        next(Deed::Change("somebody deploys", somebody_deploys)).by_somebody_else(),
        next(Deed::Operate("accept")),
        quiet(Deed::Change("two hours pass", hours_pass)),
        quiet(Deed::Operate("accept")),
        quiet(Deed::Deploy("1.2.0", &["agent"])),
    ],
    out_of_band: somebody_deploys,
    ends: &["1.0.0 Succeeded", "1.1.0 NeedsOperator (GateFailed)", "1.2.0 Succeeded"],
    may: &["1.1.0 Rejected (TargetBusy)", "1.2.0 Rejected (TargetBusy)"],
    steady: false,
    ..SERVICE_MOVED
};
