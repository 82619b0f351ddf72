//! The targets whose callers CodeDeploy moves.

use crate::targets::function_of;
use windlass_domain::deployment::step::SEEN_AFTER_MS;
use windlass_domain::text::time::Time;
use windlass_world::World;
use windlass_world::codedeploy::LiveDeployment;

/// Returns whether CodeDeploy moves the callers of a component.
pub fn is_of_codedeploy(component: &str, declaration: &str) -> bool {
    let mut lines = declaration.lines();
    let named = format!("{component}:");
    lines.any(|line| line.trim_start().starts_with(&named) && line.contains("codedeploy:"))
}

/// Returns whether CodeDeploy takes back by itself what it had moved of a component's target.
pub fn gave_up(world: &World, component: &str) -> bool {
    let deployments = world.codedeploy();
    deployments.gave_up(&function_of(component)) || deployments.gave_service_up(component)
}

/// Looks at the newest deployment of CodeDeploy of a component's service. If CodeDeploy has taken it back by itself,
/// returns its description, which names who began it.
pub fn taken_back_last(world: &World, component: &str) -> Option<String> {
    let state = world.codedeploy();
    let mut of = state.of_services.iter().filter(|live| live.service.1 == component);
    let newest = of.rfind(|live| live.described.rollback_of.is_none())?;
    newest.gave_up().then(|| newest.described.description.clone())
}

/// Returns the descriptions of the deployments of CodeDeploy of a component's service that CodeDeploy has taken back by
/// itself. A description names who began the deployment.
pub fn taken_back(world: &World, component: &str) -> Vec<String> {
    let state = world.codedeploy();
    let of = state
        .of_services
        .iter()
        .filter(|live| live.service.1 == component && live.described.rollback_of.is_none() && live.gave_up());
    of.map(|live| live.described.description.clone()).collect()
}

/// Returns the deployment of CodeDeploy that moves callers of a component's service, if it is so old that every look at
/// that time showed it.
pub fn moving_since(world: &World, component: &str, looked: Time) -> Option<String> {
    let state = world.codedeploy();
    let is_known = |created: Option<Time>| created.is_some_and(|created| created.plus_ms(SEEN_AFTER_MS) <= looked);
    let mut services = state.of_services.iter();
    let service = services.find(|live| {
        let is_moving = live.is_active() && !live.is_ending();
        live.service.1 == component && is_moving && is_known(live.described.created)
    });
    service.map(|live| live.described.id.clone())
}

/// Returns whether CodeDeploy moves callers of anything.
pub fn is_moving(world: &World) -> bool {
    world.deploy_on();
    let state = world.codedeploy();
    let mut services = state.of_services.iter();
    let mut functions = state.deployments.iter();
    services.any(|live| live.is_active() && !live.is_ending()) || functions.any(LiveDeployment::is_active)
}
