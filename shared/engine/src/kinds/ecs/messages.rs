//! The words that all sentences about a service have in common, and the form of their findings.

use super::state::{Seen, Target, Trouble};
use windlass_domain::count::count;
use windlass_domain::finding::{Finding, FindingName};

/// Shortens `arn:…:task-definition/agent:18` to `agent:18`.
pub(super) fn short(task_definition: &str) -> &str {
    task_definition.rsplit('/').next().unwrap_or(task_definition)
}

/// Makes a finding whose reason and remedy are sentences.
pub(super) fn finding(name: FindingName, path: impl Into<String>, reason: impl AsRef<str>, remedy: &str) -> Finding {
    Finding::new(name, path, as_sentence(reason.as_ref()), as_sentence(remedy))
}

fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let end = if text.ends_with('.') { "" } else { "." };
    first.into_iter().chain(letters).chain(end.chars()).collect()
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
pub(super) fn failed(target: &Target, reason: String, remedy: &str) -> Finding {
    finding(FindingName::ChangeFailed, service(target), reason, remedy)
}

/// Says why tasks stopped, such as `3 tasks stopped: CannotPullContainerError: …`.
pub(super) fn reasons(trouble: Option<&Trouble>) -> String {
    match trouble {
        Some(trouble) if trouble.tasks > 0 => {
            format!("{} stopped: {}.", count(trouble.tasks, "task"), trouble.reasons.join("; "))
        }
        _ => "ECS tells of no stopped task.".to_owned(),
    }
}

/// Says what of the team's own holds the rollout, for the middle of a reason; empty if nothing does.
pub(super) fn held(seen: &Seen) -> String {
    let held = seen.held.as_ref();
    held.map_or_else(String::new, |held| format!(" It is held by {}.", held.by))
}
