//! Sentences about a service that CodeDeploy deploys: what they say in other words than those about an alias.

use super::state::{Seen, patience_s, primary};
use crate::kinds::codedeploy::wording::{self, Story, Words};
use crate::kinds::codedeploy::{Followed, Replacement, status as status_of};
use crate::kinds::ecs::state::Target;
use crate::kinds::ecs::wording::{finding, reasons, service, short};
use crate::ports::{Deployed, TaskSet};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

/// The words about the service.
pub(super) const WORDS: Words = Words {
    owned: "which task definition callers of the service get",
    stopped: ["Deployment", " was stopped", " Windlass did not stop it."],
    who_stopped: "Find out who stopped it (CloudTrail, StopDeployment), or whether nobody let it go on in time; then {}.",
    who_moved: "Find out who moved them (CloudTrail, CreateDeployment), then {}.",
    replaced: ["has created", "since"],
};

/// The story of our own deployment.
pub(super) fn story<'a>(target: &Target, seen: &Seen, own: &'a Followed) -> Story<'a> {
    let runs = runs(seen);
    Story {
        words: &WORDS,
        place: service(target),
        own,
        of: of(own),
        gets: format!("Callers get {runs}."),
        moved: format!("the callers since: they get {runs}"),
    }
}

/// Says in words what is replaced by what.
pub(super) fn replaces(way: &Replacement) -> String {
    format!("task definition {} → {}", short(&way.from), short(&way.to))
}

/// Says in words what callers get.
pub(super) fn shown(target: &Target, seen: &Seen) -> String {
    let runs = short(&seen.of.task_definition);
    let own = seen.followed.as_ref();
    let other = seen.other.as_ref().filter(|_| own.is_none());
    wording::shown((runs, steady(seen)), own, other, |own| keeps(target, seen, own))
}

/// Says what callers get, and which tasks stay for good and get none.
fn steady(seen: &Seen) -> String {
    let named = short(&seen.of.task_definition);
    let steady = format!("{named} steady with {}", count(seen.of.desired, "task"));
    let stays = |one: &&TaskSet| one.status == "ACTIVE" && one.running > 0;
    let left = seen.task_sets.iter().filter(stays);
    let left: Vec<String> = left
        .map(|one| {
            let (tasks, of) = (count(one.running, "task"), short(&one.task_definition));
            format!("; {tasks} of {of} {} left without a caller", agree(one.running, "is", "are"))
        })
        .collect();
    format!("{steady}{}", left.concat())
}

/// Says what CodeDeploy keeps until when, as the end of a sentence.
fn keeps(target: &Target, seen: &Seen, own: &Followed) -> String {
    let former = seen.task_sets.iter().find(|one| one.status == "ACTIVE");
    let former = former.map_or_else(
        || "the former tasks".to_owned(),
        |former| format!("the tasks of {}", short(&former.task_definition)),
    );
    let group = target.codedeploy.as_ref();
    match group.map_or(Some(0), |group| group.ends_min) {
        Some(minutes) => format!("keeps {former}{}", until(own, minutes)),
        None => format!("leaves {former} for good"),
    }
}

/// Says until when a wait of so many minutes lasts, or how long if it is not known when it began.
fn until(own: &Followed, minutes: u64) -> String {
    let began: Option<Time> = own.last_event();
    began.map_or_else(|| format!(" for {minutes} min"), |began| format!(" until {}", began.plus_s(minutes * 60)))
}

/// Says how a deployment stands, as the end of a sentence.
fn status(target: &Target, seen: &Seen, own: &Followed) -> String {
    let group = target.codedeploy.as_ref();
    match own.is.status.as_str() {
        "Ready" => {
            let minutes = group.and_then(|group| group.ready_min).unwrap_or(0);
            let waits = format!("waits{} before it moves callers, and is stopped then", until(own, minutes));
            if group.is_some_and(|group| group.continues) {
                format!("{waits}; Windlass lets it go on when the gates have been judged")
            } else {
                let id = &own.is.id;
                format!(
                    "{waits}; whoever decides lets it go on (`aws deploy continue-deployment --deployment-id {id} --deployment-wait-type READY_WAIT`)"
                )
            }
        }
        _ if own.is_ending() => format!("has moved all callers and {}", keeps(target, seen, own)),
        _ => status_of(&own.is, &own.lifecycle.events),
    }
}

/// Says what the service waits for.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    wording::waits_for(&service(target), seen, |own| status(target, seen, own))
}

/// Returns the deployment that the service waits for and that people continue: it is ready, and Windlass does not let
/// it go on.
pub(super) fn left_to_people<'s>(target: &Target, seen: &'s Seen) -> Option<&'s Deployed> {
    let continues = target.codedeploy.as_ref().is_some_and(|group| group.continues);
    let own = seen.followed.as_ref().map(|own| &own.is);
    let awaited = if own.is_some() { own.filter(|_| !continues) } else { seen.other.as_ref() };
    awaited.filter(|one| one.status == "Ready")
}

/// Names the task definition that callers get.
fn runs(seen: &Seen) -> String {
    let primary = primary(&seen.task_sets);
    primary.map_or_else(
        || "nothing: no task set is PRIMARY".to_owned(),
        |primary| short(&primary.task_definition).to_owned(),
    )
}

/// Names what a deployment was to bring, such as ` of agent:18`.
fn of(own: &Followed) -> String {
    let to = own.is.description.rsplit_once(": ");
    to.map_or_else(String::new, |(_, to)| format!(" of {to}"))
}

/// Says why tasks of what was asked for stopped; empty if none did.
pub(super) fn troubles(seen: &Seen) -> String {
    let to = seen.asked.as_ref().map(|asked| &asked.to);
    let trouble = to.and_then(|to| seen.of.troubles.get(to));
    trouble.map_or_else(String::new, |trouble| format!(" {}", reasons(Some(trouble))))
}

/// The finding that no task set of the service gets the production traffic.
pub(super) fn nobody(target: &Target) -> Finding {
    finding(
        FindingName::TargetNotReady,
        service(target),
        format!("no task set of {} is PRIMARY", service(target)),
        "deploy it once with CodeDeploy, so that one gets the callers",
    )
}

/// The finding that callers get the goal, and that it is not steady.
pub(super) fn not_steady(target: &Target, seen: &Seen) -> Finding {
    let tasks = primary(&seen.task_sets).cloned().unwrap_or_default();
    let trouble = seen.of.troubles.get(&tasks.task_definition);
    finding(
        FindingName::ChangeFailed,
        service(target),
        format!(
            "callers get {}, but it is not steady: {} of {} {}, {} {}. {}",
            short(&tasks.task_definition),
            tasks.running,
            count(tasks.desired, "task"),
            agree(tasks.running, "runs", "run"),
            tasks.pending,
            agree(tasks.pending, "waits", "wait"),
            reasons(trouble)
        ),
        "look at the service's events and the container's logs",
    )
}

/// The finding that a deployment takes longer than its configuration, its hooks and its tasks may.
pub(super) fn late(target: &Target, seen: &Seen, own: &Followed) -> Finding {
    let minutes = patience_s(target) / 60;
    let troubles = troubles(seen);
    Finding::new(
        FindingName::ChangeFailed,
        service(target),
        format!(
            "Deployment {}{} of CodeDeploy is not where it must be after {minutes} min, which `steady_within` and its group allow: it {}.{troubles}",
            own.is.id,
            of(own),
            status(target, seen, own)
        ),
        "Look at the deployment in CodeDeploy, at the service's events and the container's logs; give `steady_within` more time if the service only starts slowly.",
    )
}

#[cfg(test)]
#[path = "wording_tests.rs"]
mod tests;
