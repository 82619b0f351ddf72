//! Waits of a service that only somebody else can end.

use crate::by_codedeploy::is_of_codedeploy;
use windlass_world::World;

/// The answer to the question whether a service waits so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceWait {
    /// It waits for nobody.
    Free,
    /// It waits, and that must be recorded. The text is the stage of the team's pause, or the deployment of CodeDeploy
    /// that waits for a decision.
    Waits(String),
}

/// Returns what the answer to a call says of it, or `None` if the call does not say. It goes by the call, because a
/// slow look may begin before a wait is over and end after it.
pub fn service_wait(call: &str, world: &World, declaration: &str) -> Option<ServiceWait> {
    let waits = match call {
        "ecs.service_rollouts" => of_ecs(world, declaration),
        "codedeploy.deployed" => of_codedeploy(world, declaration),
        // If a look ends with this call, it was shown no wait.
        "ecs.service" if !is_of_codedeploy("agent", declaration) => None,
        _ => return None,
    };
    Some(waits.map_or(ServiceWait::Free, ServiceWait::Waits))
}

fn of_ecs(world: &World, declaration: &str) -> Option<String> {
    let services = world.ecs();
    let mut newest = services.services.values().filter_map(|live| live.rollouts.first().map(|newest| (live, newest)));
    let waits = newest.find(|(live, newest)| {
        let mut hooks = newest.hooks.iter();
        let is_declared = declaration.contains(&newest.stage);
        let is_own = live.called.contains(&newest.arn);
        is_own && !is_declared && hooks.any(|hook| hook.status == "AWAITING_ACTION")
    });
    waits.map(|(_, newest)| newest.stage.clone())
}

fn of_codedeploy(world: &World, declaration: &str) -> Option<String> {
    if declaration.contains("continue_when_ready: true") {
        return None;
    }
    let state = world.codedeploy();
    let mut live = state.of_services.iter();
    let waits = live.find(|live| live.described.status == "Ready");
    waits.map(|live| live.described.id.clone())
}
