use crate::outcome::Outcome;
use windlass_world::pausing::Pausing;

/// "All other hooks are the team's, and never answered": Windlass answers only a pause of a deployment that it began
/// itself, at a stage that the declaration lists.
///
/// Safety: out-of-band changes: Windlass answers only pauses of deployments that it began itself, at a stage that the
/// declaration lists.
pub fn pauses_are_ours(outcome: &Outcome<'_>) -> Result<(), String> {
    let is_declared = outcome.scenario.declaration.contains("continue_when_ready: true");
    for live in &outcome.world.codedeploy().of_services {
        if live.called && !is_declared {
            let id = &live.described.id;
            return Err(format!("the wait of deployment {id} was ended, and nobody has declared that"));
        }
    }
    let services = outcome.world.ecs();
    for live in services.services.values() {
        let answered = live.pauses.iter();
        let called = answered.filter(|one| matches!(one.by, Pausing::Called { .. }));
        for one in called {
            let (rollout, stage) = (&one.rollout, &one.stage);
            if !live.called.contains(rollout) {
                return Err(format!("{stage} of {rollout}, which somebody else began, was answered"));
            }
            let listed = outcome.scenario.declaration.split("pause: [").nth(1);
            let listed = listed.and_then(|rest| rest.split(']').next());
            if !listed.is_some_and(|listed| listed.split(", ").any(|one| one == stage)) {
                return Err(format!("{stage} of {rollout} is the team's, and was answered"));
            }
        }
    }
    Ok(())
}
