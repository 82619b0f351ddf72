//! A service that CodeDeploy deploys while gates watch: deployed, undone, rolled back, with the tasks that CodeDeploy
//! keeps, its waits, and what it does by itself.

use super::basics::SERVICE;
use super::declarations::{SERVICE_MOVED as DECLARATION, SERVICE_MOVED_READY as WAITS};
use super::people::{hours_pass, rings, tasks_crash};
use crate::deed::Deed;
use crate::scenario::{Scenario, after, next, quiet, when_in};
use windlass_domain::declaration::appspec::TaskSetShape;
use windlass_engine::ports::{DeploymentWait, Routing};
use windlass_world::World;

/// The last revision that the group has deployed.
pub(super) const APPSPEC: &str = concat!(
    r#"{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","#,
    r#""Properties":{"TaskDefinition":"agent:1","LoadBalancerInfo":{"ContainerName":"agent","ContainerPort":80}}}}],"#,
    r#""Hooks":[{"AfterAllowTestTraffic":"before"},{"AfterAllowTraffic":"after"}]}"#,
);

/// Lets CodeDeploy deploy the service: half of the callers, and the others after two minutes, between two hooks.
/// CodeDeploy keeps the former tasks for an hour.
pub(super) fn is_deployed_by_codedeploy(world: &World) {
    let shape = TaskSetShape { container: Some(("agent".into(), 80)), ..TaskSetShape::default() };
    let mut services = world.ecs();
    services.service_mut("shop", "agent").give_to_codedeploy(shape);
    drop(services);
    let mut state = world.codedeploy();
    let group = state.put_service("shop", "agent", ("shop", "agent"), Routing::Canary(50, 2));
    group.monitors.push("agent-5xx".into());
    group.ends_min = Some(60);
    state.deployed_last("shop", "agent", APPSPEC);
}

/// The same; CodeDeploy waits for half an hour before it moves callers.
fn waits_before_it_moves(world: &World) {
    is_deployed_by_codedeploy(world);
    for group in &mut world.codedeploy().groups {
        group.ready_min = Some(30);
    }
}

fn group_rings(world: &World) {
    world.set_alarm("agent-5xx", "ALARM", &[9.0]);
}

/// Lets the waiting deployments go on, as somebody else decides.
fn somebody_lets_it_go_on(world: &World) {
    world.deploy_on();
    let now = world.true_time();
    for live in &mut world.codedeploy().of_services {
        live.go(DeploymentWait::Ready, now);
    }
}

/// Stops what is under way, as a person does, so that CodeDeploy takes it back.
fn person_at_group(world: &World) {
    world.deploy_on();
    let now = world.true_time();
    for live in &mut world.codedeploy().of_services {
        live.stop(now);
    }
}

pub(super) const SERVICE_MOVED: Scenario = Scenario {
    name: "service_moved",
    declaration: DECLARATION,
    scene: is_deployed_by_codedeploy,
    out_of_band: person_at_group,
    // A deployment that a person has stopped is under way until it is taken back.
    may: &["1.1.0 Rejected (TargetBusy)"],
    ..SERVICE
};

/// A gate fails while CodeDeploy moves callers.
pub(super) const SERVICE_MOVED_UNDONE: Scenario = Scenario {
    name: "service_moved_undone",
    acts: &[next(Deed::Deploy("1.1.0", &["agent"])), when_in("Bake", Deed::Ail("the alarm rings", rings))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (GateFailed)"],
    ..SERVICE_MOVED
};

/// An alarm of the group's own rings, which no gate looks at. CodeDeploy looks at it for as long as the former tasks
/// stand.
pub(super) const SERVICE_MOVED_TAKEN_BACK: Scenario = Scenario {
    name: "service_moved_taken_back",
    acts: &[
        next(Deed::Deploy("1.1.0", &["agent"])),
        when_in("Bake", Deed::Change("an alarm of the group rings", group_rings)),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..SERVICE_MOVED
};

/// The former tasks still stand: CodeDeploy's deployment is stopped, and they get the callers again.
pub(super) const SERVICE_MOVED_ROLLBACK: Scenario = Scenario {
    name: "service_moved_rollback",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.0.0 Succeeded"],
    may: &["1.0.0 Rejected (TargetBusy)"],
    ..SERVICE_MOVED
};

/// The former tasks are gone, and the former task definition is deployed once more.
pub(super) const SERVICE_MOVED_ROLLBACK_LATE: Scenario = Scenario {
    name: "service_moved_rollback_late",
    before: &[
        quiet(Deed::Deploy("1.0.0", &["agent"])),
        quiet(Deed::Deploy("1.1.0", &["agent"])),
        quiet(Deed::Change("two hours pass", hours_pass)),
    ],
    ..SERVICE_MOVED_ROLLBACK
};

/// An operator goes back while CodeDeploy moves callers: the running release is undone first.
pub(super) const SERVICE_MOVED_PREEMPTED: Scenario = Scenario {
    name: "service_moved_preempted",
    before: &[quiet(Deed::Deploy("1.0.0", &["agent"])), quiet(Deed::Deploy("1.1.0", &["agent"]))],
    acts: &[next(Deed::Deploy("1.2.0", &["agent"])), when_in("Bake", Deed::Operate("rollback"))],
    ends: &["1.0.0 Succeeded", "1.1.0 Succeeded", "1.2.0 RolledBack (PreemptedByOperator)", "1.1.0 Succeeded"],
    // The release may have succeeded by then.
    may: &["1.1.0 Rejected (TargetBusy)", "1.2.0 Succeeded"],
    ..SERVICE_MOVED
};

/// The new tasks do not keep running, so that no caller is moved.
pub(super) const SERVICE_MOVED_CRASHES: Scenario = Scenario {
    name: "service_moved_crashes",
    acts: &[next(Deed::Ail("the tasks of the release crash", tasks_crash)), next(Deed::Deploy("1.1.0", &["agent"]))],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..SERVICE_MOVED
};

/// The last hook says no minutes after all callers were moved.
pub(super) const SERVICE_MOVED_HOOK_FAILS: Scenario = Scenario {
    name: "service_moved_hook_fails",
    acts: &[
        next(Deed::Change("the last hook will fail", |world| {
            for group in &mut world.codedeploy().groups {
                group.hook_s = 240;
                group.fails_at = Some("AfterAllowTraffic");
            }
        })),
        next(Deed::Deploy("1.1.0", &["agent"])),
    ],
    ends: &["1.0.0 Succeeded", "1.1.0 RolledBack (ChangeFailed)"],
    ..SERVICE_MOVED
};

/// The group waits for Windlass before it moves callers.
pub(super) const SERVICE_MOVED_READY: Scenario =
    Scenario { name: "service_moved_ready", declaration: WAITS, scene: waits_before_it_moves, ..SERVICE_MOVED };

/// A gate fails while the group waits, so no caller is moved.
pub(super) const SERVICE_MOVED_READY_UNDONE: Scenario = Scenario {
    name: "service_moved_ready_undone",
    declaration: WAITS,
    scene: waits_before_it_moves,
    ..SERVICE_MOVED_UNDONE
};

/// Only somebody else can end the wait.
pub(super) const SERVICE_MOVED_HELD: Scenario = Scenario {
    name: "service_moved_held",
    scene: is_deployed_by_codedeploy,
    acts: &[
        next(Deed::Change("the group waits from now on", |world| {
            for group in &mut world.codedeploy().groups {
                group.ready_min = Some(30);
            }
        })),
        next(Deed::Deploy("1.1.0", &["agent"])),
        after(300, Deed::Change("somebody lets it go on", somebody_lets_it_go_on)).by_somebody_else(),
    ],
    ..SERVICE_MOVED
};
