//! Sentences about a service that ECS deploys, one function for each story, and the words that all of them have in
//! common.

use crate::kinds::ecs::state::{Seen, StoppedTasks, Target};
use crate::kinds::whose;
use crate::ports::ServiceDeployment;
use std::collections::BTreeSet;
use windlass_domain::declaration::execution_history::LONGEST_WAIT;
use windlass_domain::prose;
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::prose::Prose;

/// Says in words what Windlass owns of a service.
pub(super) fn owned(target: &Target) -> String {
    let image = match target.containers.len() {
        1 => "the image",
        _ => "the images",
    };
    let (containers, service) = (containers(target), service(target));
    format!("{image} of {containers} in the task definition of {service}")
}

/// Returns what is wrong and the remedy, by what the stopped tasks say (Amazon ECS Developer Guide, "Amazon ECS stopped
/// tasks error messages").
fn diagnosis(trouble: Option<&StoppedTasks>) -> (&'static str, Prose) {
    let said = trouble.map(|t| t.reasons.join(" ")).unwrap_or_default();
    let says = |text: &str| said.contains(text);
    if says("CannotPull") {
        (
            "its image cannot be pulled",
            prose!(
                "check that the image exists for the platform of the tasks, and that the execution role and the network reach the registry; then {}",
                Redeploy::Again
            ),
        )
    } else if says("TaskFailedToStart") || says("ResourceInitializationError") {
        (
            "its tasks cannot start",
            prose!("mend what the reason names (secrets, roles, network, volumes), then {}", Redeploy::Again),
        )
    } else if says("health check") {
        (
            "its tasks start but are not healthy",
            prose!("look at the health check and at the container's logs, then {}", Redeploy::Fixed),
        )
    } else {
        (
            "its tasks do not keep running",
            prose!("look at the container's logs from the time of the rollout, then {}", Redeploy::Fixed),
        )
    }
}

/// The finding that ECS gave the rollout up, by its circuit breaker or an alarm, and whether it rolled back.
pub(super) fn given_up(target: &Target, seen: &Seen, goal: &str, rolled_back: bool) -> Finding {
    let since = match seen.primary() {
        Some(now) if rolled_back && seen.is_steady() => {
            format!("ECS went back to {} and is steady", short(&now.task_definition))
        }
        Some(now) if rolled_back => format!(
            "ECS goes back to {} but is not steady after {} s",
            short(&now.task_definition),
            target.steady_within_s
        ),
        _ => "ECS did not roll back".to_owned(),
    };
    let goal_short = short(goal);
    if let Some(alarmed) = by_alarm(seen) {
        return failed(
            target,
            format!(
                "an alarm of the service's deployment configuration stopped the rollout of {goal_short}. ECS says: {alarmed} {since}"
            ),
            prose!("look at the alarms that the service's `deploymentConfiguration` names, then {}", Redeploy::Fixed),
        );
    }
    let trouble = seen.troubles.get(goal);
    let (what, remedy) = diagnosis(trouble);
    failed(
        target,
        format!(
            "the deployment circuit breaker stopped the rollout of {goal_short}: {what}. {}{} {since}.",
            reasons(trouble),
            said(seen, goal)
        ),
        remedy,
    )
}

/// Returns what ECS says of the rollout that it gave up, if no stopped task shows why.
fn said(seen: &Seen, goal: &str) -> String {
    let is_explained = seen.troubles.get(goal).is_some_and(|trouble| trouble.tasks > 0);
    let own = seen.deployments.iter().filter(|d| d.task_definition == goal);
    let own = own.map(|d| d.reason.as_str());
    let mut said = own.chain(seen.rolled_back.iter().chain(&seen.events).map(String::as_str));
    match said.find(|said| !said.is_empty()) {
        Some(said) if !is_explained => format!(" ECS says: {said}"),
        _ => String::new(),
    }
}

/// Returns what ECS says of an alarm that made it give up.
fn by_alarm(seen: &Seen) -> Option<&str> {
    let reasons = seen.deployments.iter().map(|listed| listed.reason.as_str());
    seen.events.iter().map(String::as_str).chain(reasons).find(|said| said.contains("alarm"))
}

/// The finding that tasks fail again and again, and that no circuit breaker is on.
pub(super) fn keeps_failing(target: &Target, seen: &Seen, failures: u32) -> Finding {
    let goal = &seen.task_definition;
    let trouble = seen.troubles.get(goal);
    let (what, remedy) = diagnosis(trouble);
    // A service that CodeDeploy deploys can have no circuit breaker.
    let breaker = match &target.codedeploy {
        Some(_) => "",
        None => ", and no circuit breaker is on",
    };
    failed(
        target,
        format!(
            "the rollout of {} does not get steady: {what}. {} failed{breaker}. {}",
            short(goal),
            count(failures, "task"),
            reasons(trouble)
        ),
        remedy,
    )
}

/// The finding that a task died after ECS had called the rollout complete.
pub(super) fn died_since(target: &Target, seen: &Seen) -> Finding {
    let goal = &seen.task_definition;
    let trouble = seen.troubles.get(goal);
    let (what, remedy) = diagnosis(trouble);
    failed(
        target,
        format!("the rollout of {} failed after ECS had called it complete: {what}. {}", short(goal), reasons(trouble)),
        remedy,
    )
}

/// Says how many of the wanted tasks run while a rollout gets steady.
pub(super) fn tasks_run(seen: &Seen, primary: &ServiceDeployment) -> String {
    let running = primary.running;
    let wanted = count(seen.desired, "task");
    format!("{running} of {wanted} of {} {}", short(&primary.task_definition), agree(running, "runs", "run"))
}

/// The finding that the rollout took too long.
pub(super) fn not_steady(target: &Target, seen: &Seen, primary: &ServiceDeployment) -> Finding {
    let trouble = seen.troubles.get(&primary.task_definition);
    let said = if seen.events.is_empty() { primary.reason.clone() } else { seen.events.join(" ") };
    let quoted = if said.is_empty() { String::new() } else { format!(" ECS says: {said}") };
    failed(
        target,
        format!(
            "the rollout of {} is not steady after {} s: {} of {} {}, {} {}, {} failed. {}{quoted}{}",
            short(&primary.task_definition),
            target.steady_within_s,
            primary.running,
            count(seen.desired, "task"),
            agree(primary.running, "runs", "run"),
            primary.pending,
            agree(primary.pending, "waits", "wait"),
            primary.failed,
            reasons(trouble),
            held(seen)
        ),
        match &seen.held {
            Some(held) => prose!(
                "{}, or recover where this was an undo, and {} in time; give `steady_within` more time, at most `{}`, or leave the hook out",
                Redeploy::Again,
                &held.remedy,
                LONGEST_WAIT
            ),
            None => "look at the service's events and the container's logs; give `steady_within` more time if the service only starts slowly".into(),
        },
    )
}

/// The finding that the service is set to the task definition, but ECS lists no deployment of it.
pub(super) fn no_primary(target: &Target, seen: &Seen) -> Finding {
    failed(
        target,
        format!(
            "the service is set to {} but ECS lists no deployment of it after {} s",
            short(&seen.task_definition),
            target.steady_within_s
        ),
        "look at the service's events",
    )
}

/// The finding that the running tasks show other bytes.
pub(super) fn other_bytes(
    target: &Target,
    seen: &Seen,
    container: &str,
    [shown, wanted]: [&BTreeSet<String>; 2],
) -> Finding {
    let list = |digests: &BTreeSet<String>| digests.iter().map(String::as_str).collect::<Vec<&str>>().join(", ");
    failed(
        target,
        format!(
            "the tasks of {} run other bytes in container {container}: measured {}, wanted {}",
            short(&seen.task_definition),
            list(shown),
            list(wanted)
        ),
        "a task definition that names its image by tag runs whatever the tag points at: pin it by digest",
    )
    .seen(list(shown), list(wanted))
}

/// The finding that ECS does not say which bytes run. Unknown is never healthy.
pub(super) fn unknown_bytes(target: &Target, seen: &Seen, container: &str, tasks: u32) -> Finding {
    failed(
        target,
        format!(
            "ECS does not show the image digest of container {container} for {} of {}, so it is unknown which bytes run, after {} s",
            count(tasks, "running task"),
            short(&seen.task_definition),
            target.steady_within_s
        ),
        "update the container agent of the cluster's instances, or use Fargate, so that tasks report `imageDigest`",
    )
}

/// The finding that someone else set the service to another task definition.
pub(super) fn replaced(target: &Target, seen: &Seen, goal: &str) -> Finding {
    let deployment = seen.primary().map_or("none", |p| p.id.as_str());
    finding(
        FindingName::TargetChangedByOther,
        service(target),
        format!(
            "the rollout of {} was replaced: someone else set the service to {} (deployment {deployment}). {}",
            short(goal),
            short(&seen.task_definition),
            whose(&owned(target))
        ),
        "find out who updates this service besides Windlass",
    )
}

/// Shortens `arn:…:task-definition/agent:18` to `agent:18`.
pub(super) fn short(task_definition: &str) -> &str {
    task_definition.rsplit('/').next().unwrap_or(task_definition)
}

/// Makes a finding whose reason and remedy are sentences.
pub(super) fn finding(
    name: FindingName,
    path: impl Into<String>,
    reason: impl AsRef<str>,
    remedy: impl Into<Prose>,
) -> Finding {
    Finding::new(name, path, Prose::from(reason.as_ref()).sentence(), remedy.into().sentence())
}

/// Names the containers whose images are owned.
pub(super) fn containers(target: &Target) -> String {
    let names: Vec<&str> = target.containers.iter().map(String::as_str).collect();
    match names.as_slice() {
        [one] => format!("container {one}"),
        [many @ .., last] => format!("containers {} and {last}", many.join(", ")),
        [] => "no container".to_owned(),
    }
}

/// Names the service.
pub(super) fn service(target: &Target) -> String {
    format!("service {}/{}", target.cluster, target.service)
}

/// Makes the finding for a rollout that failed.
pub(super) fn failed(target: &Target, reason: String, remedy: impl Into<Prose>) -> Finding {
    finding(FindingName::ChangeFailed, service(target), reason, remedy)
}

/// Says why tasks stopped, such as `3 tasks stopped: CannotPullContainerError: …`.
pub(super) fn reasons(trouble: Option<&StoppedTasks>) -> String {
    match trouble {
        Some(trouble) if trouble.tasks > 0 => {
            format!("{} stopped: {}.", count(trouble.tasks, "task"), trouble.reasons.join("; "))
        }
        _ => "ECS shows no stopped task.".to_owned(),
    }
}

/// Says what of the team's own holds the rollout, for the middle of a reason; empty if nothing does.
pub(super) fn held(seen: &Seen) -> String {
    let held = seen.held.as_ref();
    held.map_or_else(String::new, |held| format!(" It is held by {}.", held.by))
}
