//! The texts about a configuration: one function for each story. None of them shows its content.

use super::state::{COMPLETE, PinnedDocument, Seen, Target};
use crate::kinds::whose;
use crate::ports::{ConfigurationRollout, RolloutDetail, RolloutEvent};
use std::collections::BTreeSet;
use windlass_domain::declaration::output::Output;
use windlass_domain::prose;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::prose::Prose;

/// The profile in its environment, in words.
pub(super) fn place(target: &Target) -> String {
    format!("configuration {}", target.named)
}

/// The part of it that Windlass owns, in words.
pub(super) fn owned(target: &Target) -> String {
    format!("the deployed version of {}", place(target))
}

/// Says what callers get.
pub(super) fn shown(seen: &Seen) -> String {
    let Some(live) = seen.live() else { return "nothing deployed".into() };
    let ConfigurationRollout { number, version, state, percent, .. } = live;
    if state == COMPLETE {
        format!("version {version} (deployment {number})")
    } else {
        format!("version {version} at {percent} % (deployment {number} is {state})")
    }
}

/// A document, in words.
pub(super) fn document(document: &PinnedDocument) -> String {
    let short = document.sha256.short();
    match &document.filled {
        None => format!("sha256:{short}"),
        Some(filled) => {
            let with = filled.with.iter();
            let with: Vec<String> = with.map(|(output, value)| format!("{output} {value}")).collect();
            format!("sha256:{short} with {}", with.join(", "))
        }
    }
}

/// A document that is filled in later, in words.
pub(super) fn filled_later(later: &BTreeSet<Output>) -> String {
    let names: Vec<String> = later.iter().map(ToString::to_string).collect();
    let names = names.join(" and ");
    format!("the document with {names} (known once that has changed)")
}

/// The thing that the target waits for if it is somebody else's: their deployment in the environment.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    let other = seen.under_way()?;
    let is_other = other.profile != target.profile;
    is_other.then(|| {
        format!(
            "deployment {} of the profile {} is under way in the environment of {}, and AppConfig makes one at a time; wait for it, or stop it",
            other.number,
            other.profile,
            place(target)
        )
    })
}

fn failed(target: &Target, reason: String, remedy: impl Into<Prose>) -> Finding {
    Finding::new(FindingName::ChangeFailed, place(target), reason, remedy)
}

/// Returns the event that began the rollback of a deployment.
fn began(detail: &RolloutDetail) -> Option<&RolloutEvent> {
    let mut events = detail.events.iter();
    events.find(|event| event.what == "ROLLBACK_STARTED" || event.what == "REVERT_COMPLETED")
}

/// Returns the words of an event, for the middle of a sentence.
fn words(event: &RolloutEvent) -> &str {
    event.words.trim_end_matches('.')
}

/// Returns whether somebody has stopped or reverted a deployment.
pub(super) fn is_by_a_person(detail: &RolloutDetail) -> bool {
    began(detail).is_some_and(|event| event.by == "USER")
}

/// Says what callers get now, for the end of a reason.
fn since(now: Option<&ConfigurationRollout>) -> String {
    match now {
        Some(now) => format!("Callers get version {} again.", now.version),
        None => "Nothing is deployed any more.".to_owned(),
    }
}

/// The finding for a deployment that AppConfig has taken back by itself.
pub(super) fn taken_back(
    target: &Target,
    detail: &RolloutDetail,
    now: Option<&ConfigurationRollout>,
    is_back: bool,
) -> Finding {
    let ConfigurationRollout { number, version, percent, .. } = &detail.rollout;
    let event = began(detail);
    let said = event.map_or("it shows no reason", words);
    let (why, remedy) = match event.map(|event| event.by.as_str()) {
        Some("CLOUDWATCH_ALARM") if is_back => (
            "an alarm of its environment rang",
            "Mend what rings, or take the alarm out of the environment's monitors; then start `recover`.".into(),
        ),
        Some("CLOUDWATCH_ALARM") => (
            "an alarm of its environment rang",
            prose!("Look at the alarm that is named, and at the environment's monitors; then {}.", Redeploy::Fixed),
        ),
        Some("INTERNAL_ERROR") => (
            "of an error of its own",
            prose!("{}; where it happens again, look at the deployment's event log in AppConfig.", Redeploy::Again),
        ),
        _ => (
            "of what its event log shows",
            prose!("Look at the deployment's event log in AppConfig, then {}.", Redeploy::Fixed),
        ),
    };
    failed(
        target,
        format!(
            "AppConfig itself rolled deployment {number} of version {version} back at {percent} %, because {why}: {said}. {}",
            since(now)
        ),
        remedy,
    )
}

/// The finding for a deployment of ours that somebody has stopped or reverted.
pub(super) fn stopped(target: &Target, detail: &RolloutDetail, now: Option<&ConfigurationRollout>) -> Finding {
    let said = began(detail).map_or("AppConfig shows no more", words);
    Finding::new(
        FindingName::TargetChangedByOther,
        place(target),
        format!(
            "Somebody else stopped deployment {} of version {}: {said}. {} {}.",
            detail.rollout.number,
            detail.rollout.version,
            since(now),
            whose(&owned(target))
        ),
        prose!("Find out who stopped it (CloudTrail, StopDeployment), then {}.", Redeploy::Again),
    )
}

/// The finding for a deployment that somebody else has begun while Windlass went back.
pub(super) fn replaced(target: &Target, live: &ConfigurationRollout) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        place(target),
        format!(
            "Somebody else began deployment {} of version {} while Windlass went back: it is {} at {} %. {}.",
            live.number,
            live.version,
            live.state,
            live.percent,
            whose(&owned(target))
        ),
        "Find out who began it (CloudTrail, StartDeployment). `accept` keeps it; `recover` goes back over it.",
    )
}

/// The finding for a deployment that takes longer than its strategy says.
pub(super) fn late(target: &Target, live: &ConfigurationRollout) -> Finding {
    let (grows, bakes) = live.minutes;
    failed(
        target,
        format!(
            "Deployment {} of version {} is {} at {} %, although its strategy takes {} min.",
            live.number,
            live.version,
            live.state,
            live.percent,
            grows + bakes
        ),
        "Look at the deployment's event log in AppConfig.",
    )
}

/// The finding for another deployment that is under way in the environment.
pub(super) fn busy(target: &Target, other: &ConfigurationRollout) -> Finding {
    let (grows, bakes) = other.minutes;
    Finding::new(
        FindingName::TargetBusy,
        place(target),
        format!(
            "Deployment {} of the profile {} is {} at {} % in the same environment; its strategy takes {} min. AppConfig makes one deployment at a time in an environment, over all its profiles.",
            other.number,
            other.profile,
            other.state,
            other.percent,
            grows + bakes
        ),
        prose!(
            "Wait until it is complete, or stop it, and {}. Components that share an environment of AppConfig go one after the other with `after`.",
            Redeploy::Again
        ),
    )
    .seen(&other.state, "COMPLETE")
}

/// The finding for a version that has the label of the content, and another content.
pub(super) fn other_content(version: &str) -> Finding {
    Finding::new(
        FindingName::DigestMismatch,
        format!("hosted configuration version {version}"),
        format!("Version {version} has the label of this content, and its content is another one."),
        "Delete that version, or change the document by a byte, such as a space at its end, and release it anew.",
    )
}

/// The finding for a way back to nothing, if AppConfig no longer takes the configuration away.
pub(super) fn no_way_back(target: &Target, live: Option<&ConfigurationRollout>) -> Finding {
    let live = live.map_or_else(String::new, |live| format!(" Callers still get version {}.", live.version));
    failed(
        target,
        format!(
            "Nothing was deployed before, and AppConfig cannot take this configuration away any more: it reverts a deployment within 72 hours of its end.{live}"
        ),
        "Deploy a release that is right, or delete the profile.",
    )
}
