use crate::outcome::Outcome;
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;
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
        let own = services.task_definitions.values().filter(|one| {
            let by = one.tags.get(MADE_BY);
            by.is_some_and(|by| by == record.id.as_str())
        });
        let own: Vec<&str> = own.map(|one| one.arn.as_str()).collect();
        for live in services.services.values() {
            if live.service.strategy != "ROLLING" && !is_final(live, &own, happening.at) {
                return Err(sentence(&record, happening.at));
            }
        }
    }
    Ok(())
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
