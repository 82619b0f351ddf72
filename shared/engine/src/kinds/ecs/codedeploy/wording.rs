//! Sentences about a service that CodeDeploy deploys: one function for each story.

use super::state::{Change, Followed, Seen, patience_s, primary};
use crate::kinds::codedeploy::MARK;
use crate::kinds::codedeploy::sentences::{self, after_colon, is_stopped_by_hand, status as status_of, stop_command};
use crate::kinds::ecs::state::Target;
use crate::kinds::ecs::wording::{finding, reasons, service, short};
use crate::kinds::whose;
use crate::ports::{Deployed, TaskSet};
use windlass_domain::text::count::{agree, count};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;

/// Says in words which change CodeDeploy makes.
pub(super) fn what(change: &Change) -> String {
    let more = |again: u32| if again == 0 { "" } else { " once more" };
    match change {
        Change::Service(_) => String::new(),
        Change::Begin { from, to, .. } => format!("task definition {} → {} by CodeDeploy", short(from), short(to)),
        Change::Stop { deployment, again, .. } => {
            format!("stop deployment {deployment} of CodeDeploy{}, with its rollback", more(*again))
        }
        Change::Go { deployment, again } => {
            format!("let deployment {deployment} of CodeDeploy move callers{}", more(*again))
        }
        Change::End { deployment, again } => {
            format!("let deployment {deployment} of CodeDeploy end the former tasks{}", more(*again))
        }
    }
}

/// Says in words what callers get.
pub(super) fn shown(target: &Target, seen: &Seen) -> String {
    let runs = short(&seen.service.task_definition);
    let with_deployment = |of: &Deployed, what: &str| format!("{runs} (deployment {} {what})", of.id);
    let Some(own) = &seen.followed else {
        return match &seen.other {
            Some(other) => {
                let what = format!("of CodeDeploy, which is somebody else's, is {}", other.status);
                with_deployment(other, &what)
            }
            None => steady(seen),
        };
    };
    match &own.rollback {
        Some(back) if !back.is_over() => with_deployment(back, "of CodeDeploy takes it back"),
        _ if own.is_ending() => with_deployment(&own.is, &format!("of CodeDeploy {}", keeps(target, seen, own))),
        _ if own.is.is_over() => steady(seen),
        _ => with_deployment(&own.is, &format!("of CodeDeploy is {}", own.is.status)),
    }
}

/// Says what callers get, and which tasks stay for good and get none.
fn steady(seen: &Seen) -> String {
    let named = short(&seen.service.task_definition);
    let steady = format!("{named} steady with {}", count(seen.service.desired, "task"));
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

/// Says what the service waits for. Each status and event of CodeDeploy has a sentence.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    if let Some(own) = &seen.followed {
        let id = &own.is.id;
        if let Some(back) = own.rollback.as_ref().filter(|back| !back.is_over()) {
            let (back_id, stands) = (&back.id, status_of(back, &[]));
            let place = service(target);
            return Some(format!("deployment {back_id} of CodeDeploy takes {place} back: it {stands}"));
        }
        let stands = status(target, seen, own);
        if own.is_returning(seen.now) {
            return Some(format!("deployment {id} of CodeDeploy {stands}, and its rollback is about to begin"));
        }
        let is_left = own.is.is_over() || own.is_ending() && own.stops.is_none() && own.ends.is_none();
        return (!is_left).then(|| format!("deployment {id} of CodeDeploy {stands}"));
    }
    let other = seen.other.as_ref()?;
    Some(format!(
        "deployment {} of somebody else's {} in the group; wait for it, or stop it (`{}`)",
        other.id,
        status_of(other, &[]),
        stop_command(other)
    ))
}

/// Says what came of the rollback, and what callers get.
fn since(seen: &Seen, own: &Followed) -> String {
    let untouched = own.lifecycle.events.iter().any(|event| event.name == "AllowTraffic" && event.status == "Pending");
    let back = match &own.rollback {
        Some(back) => format!("Its rollback {} {}.", back.id, status_of(back, &[])),
        None if untouched => "No caller was moved.".to_owned(),
        None => format!("CodeDeploy began no rollback{}.", after_colon(&own.is.rollback_words)),
    };
    format!("{back} Callers get {}.", runs(seen))
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
fn troubles(seen: &Seen) -> String {
    let to = seen.asked.as_ref().map(|asked| &asked.to);
    let trouble = to.and_then(|to| seen.service.troubles.get(to));
    trouble.map_or_else(String::new, |trouble| format!(" {}", reasons(Some(trouble))))
}

fn owned() -> String {
    whose("which task definition callers of the service get")
}

/// The finding that our own deployment has failed, or was stopped.
pub(super) fn taken_back(target: &Target, seen: &Seen, own: &Followed) -> Finding {
    let (code, words) = own.is.error.clone().unwrap_or_default();
    let (id, of, words) = (&own.is.id, of(own), after_colon(&words));
    let since = since(seen, own);
    if is_stopped_by_hand(&own.is) {
        return Finding::new(
            FindingName::TargetChangedByOther,
            service(target),
            format!(
                "Deployment {id}{of} of CodeDeploy was stopped{words}. Windlass did not stop it. {since} {}.",
                owned()
            ),
            "Find out who stopped it (CloudTrail, StopDeployment), or whether nobody let it go on in time; then deploy again.",
        );
    }
    let (why, remedy) = sentences::why(&code, &own.lifecycle.events);
    let troubles = troubles(seen);
    Finding::new(
        FindingName::ChangeFailed,
        service(target),
        format!(
            "Deployment {id}{of} of CodeDeploy {}, because {why}{words}.{troubles} {since}",
            status_of(&own.is, &[])
        ),
        remedy,
    )
}

/// The finding that our own deployment is over, and that callers get what it cannot have left.
pub(super) fn moved_since(target: &Target, seen: &Seen, own: &Followed) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        service(target),
        format!(
            "Deployment {}{} of CodeDeploy {}, and somebody else has moved the callers since: they get {}. {}.",
            own.is.id,
            of(own),
            status_of(&own.is, &[]),
            runs(seen),
            owned()
        ),
        "Find out who moved them (CloudTrail, CreateDeployment), then deploy again.",
    )
}

/// The finding that somebody else has begun a deployment since this one has.
pub(super) fn replaced(target: &Target, other: &Deployed) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        service(target),
        format!(
            "Somebody else has created deployment {} of CodeDeploy in the same group since: it {}. {}.",
            other.id,
            status_of(other, &[]),
            owned()
        ),
        "Find out who created it (CloudTrail, CreateDeployment). Once it is over, `accept` keeps what it has brought, and `recover` goes back over it.",
    )
}

/// The finding that a deployment is under way in the group that is not this one's.
pub(super) fn busy(target: &Target, other: &Deployed) -> Finding {
    let group = target.codedeploy.as_ref();
    let group = group.map_or_else(String::new, |of| sentences::named(&of.application, &of.group));
    let whose = if other.description.starts_with(MARK) {
        format!("was created by an earlier one ({})", other.description)
    } else {
        "is somebody else's".to_owned()
    };
    Finding::new(
        FindingName::TargetBusy,
        service(target),
        format!(
            "CodeDeploy makes one deployment at a time in {group}, and {} {whose}: it {}.",
            other.id,
            status_of(other, &[])
        ),
        format!("Wait until it is over, or stop it (`{}`), and deploy again.", stop_command(other)),
    )
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
    let trouble = seen.service.troubles.get(&tasks.task_definition);
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
