//! Sentences about a deployment of CodeDeploy, whatever it moves.

use super::deployments::MARK;
use crate::ports::{Deployed, LifecycleEvent, Routing};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::prose;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::{NextStep, Redeploy};
use windlass_domain::text::prose::Prose;

/// Names a deployment group.
pub(in crate::kinds) fn named(application: &str, group: &str) -> String {
    format!("group {application}/{group}")
}

/// Says in which steps callers are moved.
pub(in crate::kinds) fn routing(routing: &Routing) -> String {
    match routing {
        Routing::AllAtOnce => "all callers at once".to_owned(),
        Routing::Canary(percent, minutes) => {
            format!("{percent} % of the callers for {minutes} min, then all")
        }
        Routing::Linear(percent, minutes) => {
            format!("{percent} % more of the callers every {minutes} min")
        }
        Routing::Other(other) => other.clone(),
    }
}

/// Names a group and says what it will do.
pub(in crate::kinds) fn way(named: &str, by: &Routing, appspec: &AppSpec) -> String {
    let hooks = match appspec.hooks().as_slice() {
        [] => String::new(),
        hooks => format!(", with {}", hooks.join(" and ")),
    };
    format!("{named}: {}{hooks}", routing(by))
}

/// Says how a deployment stands, as the end of a sentence.
pub(in crate::kinds) fn status(of: &Deployed, events: &[LifecycleEvent]) -> String {
    match of.status.as_str() {
        "Created" => "is created, and does nothing yet".to_owned(),
        "Queued" => "waits in CodeDeploy's own queue".to_owned(),
        "InProgress" => in_progress(events),
        "Baking" => "has moved all callers, and watches the alarms of its group".to_owned(),
        "Ready" => format!(
            "waits to be continued by somebody (`aws deploy continue-deployment --deployment-id {} --deployment-wait-type READY_WAIT`)",
            of.id
        ),
        "Succeeded" => "has succeeded".to_owned(),
        "Failed" => "has failed".to_owned(),
        "Stopped" => "was stopped".to_owned(),
        other => format!("is in the status {other}, which this Windlass does not know"),
    }
}

/// The lifecycle events at which a function of the user's may run, each with what is so by then (AWS CodeDeploy User
/// Guide, "`AppSpec` 'hooks' section").
const HOOKS: [(&str, &str); 5] = [
    ("BeforeInstall", "runs its hook BeforeInstall before any new task starts"),
    ("AfterInstall", "has started the new tasks and runs its hook AfterInstall"),
    ("AfterAllowTestTraffic", "has moved the test traffic and runs its hook AfterAllowTestTraffic"),
    ("BeforeAllowTraffic", "runs its hook BeforeAllowTraffic before any caller is moved"),
    ("AfterAllowTraffic", "has moved all callers and runs its hook AfterAllowTraffic"),
];

fn hook_runs(name: &str) -> String {
    let words = HOOKS.iter().find(|(known, _)| *known == name).map_or("runs a hook", |(_, words)| words);
    format!("{words}; CodeDeploy waits an hour for the hook's answer, then it fails")
}

/// Says what a deployment does that is in progress.
fn in_progress(events: &[LifecycleEvent]) -> String {
    let Some(LifecycleEvent { name, status, words, .. }) = events.iter().find(|event| !event.is_through()) else {
        return "is in progress".to_owned();
    };
    match (name.as_str(), status.as_str()) {
        (_, "Pending") => format!("is about to come to {name}"),
        ("Install", "InProgress") => "starts the new tasks, without traffic".to_owned(),
        ("AllowTestTraffic", "InProgress") => "moves the test traffic".to_owned(),
        ("AllowTraffic", "InProgress") => "moves callers".to_owned(),
        (hook, "InProgress") if HOOKS.iter().any(|(known, _)| *known == hook) => hook_runs(hook),
        (_, "InProgress") => format!("is at {name}"),
        (_, "Failed") => format!("has failed at {name}{}", after_colon(words)),
        (_, "Unknown") => format!("shows nothing of {name}"),
        (_, other) => {
            format!("is at {name} with the status {other}, which this Windlass does not know")
        }
    }
}

/// Returns what AWS says, for the end of a sentence.
pub(in crate::kinds) fn after_colon(words: &str) -> String {
    let words = words.trim_end_matches('.');
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

/// Makes the finding for a deployment that still moves the callers of a place, so that what they get is not final.
pub(in crate::kinds) fn unsettled(place: &str, of: &Deployed) -> Finding {
    let whose = match &of.rollback_of {
        Some(taken) => format!("takes {taken} back"),
        None if of.description.starts_with(MARK) => "is of Windlass".to_owned(),
        None => "is somebody else's".to_owned(),
    };
    Finding::new(
        FindingName::TargetBusy,
        place,
        format!(
            "what callers of {place} get is not final, so it cannot be accepted: deployment {} of CodeDeploy {whose}, and {}.",
            of.id,
            status(of, &[])
        ),
        prose!(
            "Wait until it has moved all callers, or stop it ({}), then accept again; the environment stays locked until then.",
            NextStep::run(stop_command(of))
        ),
    )
}

pub(in crate::kinds) fn stop_command(of: &Deployed) -> String {
    format!("aws deploy stop-deployment --deployment-id {} --auto-rollback-enabled", of.id)
}

/// Returns the remedy for what only CodeDeploy can show.
fn look_there() -> Prose {
    prose!("Look at the deployment in CodeDeploy, then {}.", Redeploy::Again)
}

/// Returns the remedy for what only the log of a hook can show.
fn look_at_hook() -> Prose {
    prose!("Look at the log of the hook's function; then {}.", Redeploy::Fixed)
}

/// Returns why a deployment has failed, for the middle of a sentence, and what to do.
pub(in crate::kinds) fn why(code: &str, events: &[LifecycleEvent]) -> (String, Prose) {
    let failed = events.iter().find(|event| event.status == "Failed");
    match (code, failed) {
        ("ALARM_ACTIVE", _) => (
            "an alarm of its group rang".to_owned(),
            prose!(
                "Look at the alarm that is named, and at the alarms of the deployment group; then {}.",
                Redeploy::Fixed
            ),
        ),
        (_, Some(event)) if event.name != "AllowTraffic" => {
            (format!("its hook {} failed{}", event.name, after_colon(&event.words)), look_at_hook())
        }
        ("HOOK_EXECUTION_FAILURE", _) => ("a hook failed".to_owned(), look_at_hook()),
        ("INVALID_LAMBDA_CONFIGURATION" | "INVALID_LAMBDA_FUNCTION", _) => (
            "the alias or the function was not as the AppSpec says".to_owned(),
            prose!("Find out who changed the alias meanwhile (CloudTrail, UpdateAlias), then {}.", Redeploy::Again),
        ),
        ("IAM_ROLE_MISSING" | "IAM_ROLE_PERMISSIONS", _) => (
            "the service role of its group may not do what it needs".to_owned(),
            prose!("Give the service role of the deployment group what is named, then {}.", Redeploy::Again),
        ),
        ("TIMEOUT", _) => ("it took longer than CodeDeploy allows".to_owned(), look_there()),
        ("", _) => ("CodeDeploy gives no reason".to_owned(), look_there()),
        (code, _) => (format!("CodeDeploy gives {code}"), look_there()),
    }
}

/// True if somebody stopped it, and no alarm or failure did.
pub(in crate::kinds) fn is_stopped_by_hand(of: &Deployed) -> bool {
    match &of.error {
        Some((code, _)) if !code.is_empty() => code == "MANUAL_STOP",
        _ => of.status == "Stopped",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::words_of_codedeploy;

    /// `shared/aws/tests/words.rs` compares the words with AWS's own.
    #[test]
    fn each_word_that_decides_has_a_sentence_and_any_other_is_shown_as_it_is() {
        let deployment = |status: &str| {
            let of = Deployed { status: status.to_owned(), ..Deployed::default() };
            super::status(&of, &[])
        };
        let event = |status: &str| {
            let name = "Install".to_owned();
            in_progress(&[LifecycleEvent { name, status: status.to_owned(), words: String::new(), ended: None }])
        };
        for (of, words) in words_of_codedeploy() {
            let sentence: &dyn Fn(&str) -> String = if of == "DeploymentStatus" { &deployment } else { &event };
            for word in words {
                assert!(!sentence(word).contains("does not know"), "{of}: {word}: {}", sentence(word));
            }
            assert!(sentence("Paused").contains("Paused, which this Windlass does not know"), "{of}");
        }
    }
}
