//! A service that CodeDeploy deploys, and what is seen of it.

use super::{CLUSTER, Deploying, SERVICE, ServiceScene, live};
use windlass_domain::declaration::appspec::TaskSetShape;
use windlass_domain::declaration::kinds::codedeploy::Group as Declared;
use windlass_engine::ports::{Clock as _, Routing};
use windlass_world::codedeploy::{Group, ServiceDeployed};
use windlass_world::run::run;

/// Makes a service that a group deploys in these steps. The group keeps the former tasks for five minutes.
pub fn deployed_by(routing: Routing, more: impl FnOnce(&mut Group)) -> ServiceScene {
    let mut scene = ServiceScene::new();
    scene.spec.codedeploy =
        Some(Declared { application: "shop".into(), group: "agent".into(), continue_when_ready: false });
    live(&scene, |live| {
        live.give_to_codedeploy(TaskSetShape { container: Some(("agent".into(), 80)), ..TaskSetShape::default() });
    });
    let mut state = scene.world.codedeploy();
    let group = state.put_service("shop", "agent", (CLUSTER, SERVICE), routing);
    group.hook_s = 5;
    more(group);
    drop(state);
    scene
}

pub fn at_once() -> ServiceScene {
    deployed_by(Routing::AllAtOnce, |_| {})
}

/// Says what a person sees: what callers get, the task sets, the deployments, the tasks so far.
pub fn in_words(scene: &ServiceScene) -> String {
    scene.world.deploy_on();
    let set_to = scene.set_to();
    let mut services = scene.world.ecs();
    let tasks = services.tasks;
    let live = services.service_mut(CLUSTER, SERVICE);
    let sets = live.service.task_sets.len();
    let state = scene.world.codedeploy();
    let deployments = state.of_services.iter();
    let stand: Vec<&str> = deployments.map(|live| live.described.status.as_str()).collect();
    format!("{set_to}, {sets} sets, {tasks} tasks: {}", stand.join(", "))
}

pub fn sleep_min(scene: &ServiceScene, minutes: u64) {
    run(scene.world.sleep_ms(minutes * 60_000));
}

pub fn first<T>(scene: &ServiceScene, look: impl FnOnce(&mut ServiceDeployed) -> T) -> T {
    scene.world.deploy_on();
    look(&mut scene.world.codedeploy().of_services[0])
}

pub fn switching(deploying: &Deploying<'_>) -> Vec<String> {
    let changes = deploying.step().changes.into_iter();
    let switching = changes.filter(|change| change.switching);
    switching.map(|change| change.what).collect()
}
