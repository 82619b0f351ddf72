use crate::outcome::Outcome;
use crate::schedule::What;
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;
use windlass_world::ecs::State;
use windlass_world::rollout::LiveService;

/// The tag of a task definition with the deployment that made it.
const MADE_BY: &str = "windlass:deployment";

/// "Nothing that ECS may still take back is called `Succeeded`": when a release has succeeded, ECS has said that its
/// deployment is successful.
///
/// Safety: truth: Nothing that ECS may still take back is called `Succeeded`.
pub fn success_is_final_in_ecs(outcome: &Outcome<'_>) -> Result<(), String> {
    for happening in &outcome.happened {
        let Some(record) = outcome.went_live(&happening.what) else {
            continue;
        };
        let mark = format!("Windlass deployment {}:", record.id);
        for live in &outcome.world.codedeploy().of_services {
            let is_own = live.described.description.starts_with(&mark);
            if is_own && live.promoted.is_none_or(|at| at > happening.at) {
                return Err(sentence(&record, happening.at));
            }
        }
        let services = outcome.world.ecs();
        let own = made_by(&services, &record);
        for live in services.services.values() {
            if live.service.strategy != "ROLLING" && !is_final(live, &own, happening.at) {
                return Err(sentence(&record, happening.at));
            }
        }
    }
    Ok(())
}

/// "A new task that dies after ECS has called it complete is a failure that is undone": when a release of a service
/// with early success criteria has succeeded, no task that it brought has died since ECS called its deployment
/// complete. Where ECS refuses for minutes to list deployments, nobody knows when that was.
///
/// Safety: endings: No release succeeds if one of its tasks died after ECS had called its deployment complete early.
pub fn early_death_is_undone(outcome: &Outcome<'_>) -> Result<(), String> {
    if outcome.mishaps_at("ecs.service_rollouts").contains(&What::DeniedLong) {
        return Ok(());
    }
    for happening in &outcome.happened {
        let Some(record) = outcome.went_live(&happening.what) else {
            continue;
        };
        let services = outcome.world.ecs();
        let own = made_by(&services, &record);
        let early = services.services.values().filter(|live| live.early.is_some());
        for (live, rollout) in early.flat_map(|live| live.rollouts.iter().map(move |one| (live, one))) {
            let Some(complete) = rollout.finished.filter(|_| own.contains(&rollout.task_definition.as_str())) else {
                continue;
            };
            let died = live.tasks.iter().filter(|one| one.task.task_definition == rollout.task_definition);
            let mut died = died.filter(|one| one.task.stop_code == "EssentialContainerExited");
            let is_since = |at: Time| at > complete && at <= happening.at;
            if died.any(|one| one.task.stopped_at.is_some_and(is_since)) {
                let version = &record.release.version;
                return Err(format!("{version} has succeeded, and a task of it died after {complete}"));
            }
        }
    }
    Ok(())
}

/// Returns the task definitions that a deployment has registered, by ARN.
fn made_by<'a>(services: &'a State, record: &Deployment) -> Vec<&'a str> {
    let own = services.task_definitions.values().filter(|one| {
        let by = one.tags.get(MADE_BY);
        by.is_some_and(|by| by == record.id.as_str())
    });
    own.map(|one| one.arn.as_str()).collect()
}

fn is_final(live: &LiveService, own: &[&str], at: Time) -> bool {
    let of_it = |arn: &str| own.contains(&arn);
    let mut begun = live.rollouts.iter().filter(|one| of_it(&one.task_definition)).peekable();
    let is_none = begun.peek().is_none();
    let was = |arn: &String| live.succeeded.get(arn).is_some_and(|was| *was <= at);
    is_none || begun.any(|one| was(&one.arn))
}

fn sentence(record: &Deployment, at: Time) -> String {
    let version = &record.release.version;
    format!("{version} has succeeded at {at}, and ECS could still take it back")
}
