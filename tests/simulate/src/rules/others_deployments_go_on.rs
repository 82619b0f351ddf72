use crate::outcome::Outcome;

/// "Somebody else's is `TargetBusy`": Windlass neither stops nor shortens a deployment of CodeDeploy that it has not
/// created.
///
/// Safety: out-of-band changes: Nothing that somebody else deploys with CodeDeploy is ended.
pub fn others_deployments_go_on(outcome: &Outcome<'_>) -> Result<(), String> {
    let state = outcome.world.codedeploy();
    let is_ended = |id: &String| state.ended_by_call.contains(id);
    let mut all = state.deployments.iter().map(|live| &live.described);
    let of_function = all.find(|one| is_theirs(&one.description) && is_ended(&one.id));
    let mut all = state.of_services.iter().map(|live| &live.described);
    let of_service = all.find(|one| is_theirs(&one.description) && is_ended(&one.id));
    match of_function.or(of_service) {
        Some(one) => {
            Err(format!("deployment {} ({}) of CodeDeploy is somebody else's, and was ended", one.id, one.description))
        }
        None => Ok(()),
    }
}

fn is_theirs(description: &str) -> bool {
    !description.starts_with("Windlass deployment ")
}
