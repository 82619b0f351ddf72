//! Sentences about an alias that CodeDeploy moves: one function for each story.

use super::state::{Change, Seen};
use crate::kinds::codedeploy::sentences::{self, after_colon, status, stop_command};
use crate::kinds::lambda::state::{Group, Target, Traffic};
use crate::kinds::whose;
use crate::ports::{Deployed, LifecycleEvent};
use windlass_domain::text::finding::{Finding, FindingName};

/// Names the alias.
pub(super) fn place(target: &Target) -> String {
    let alias = target.alias.as_deref().unwrap_or_default();
    format!("alias {alias} of function {}", target.function)
}

/// Says in words which change CodeDeploy makes.
pub(super) fn what(change: &Change, seen: &Seen) -> String {
    let alias = seen.function.alias.as_ref();
    let alias = alias.map_or("", |alias| alias.name.as_str());
    match change {
        Change::Function(change) => change.to_string(),
        Change::Begin { from, to } => format!("alias {alias} {from} → {to} by CodeDeploy"),
        Change::Stop { deployment, again: 0 } => {
            format!("stop deployment {deployment} of CodeDeploy, with its rollback")
        }
        Change::Stop { deployment, .. } => {
            format!("stop deployment {deployment} of CodeDeploy once more, with its rollback")
        }
    }
}

/// Says in words what callers get.
pub(super) fn shown(seen: &Seen) -> String {
    let traffic = seen.traffic();
    match (&seen.ours, &seen.rollback) {
        (_, Some(back)) if !back.is_over() => {
            format!("{traffic} (deployment {} of CodeDeploy takes it back)", back.id)
        }
        (Some(ours), _) if !ours.is_over() => {
            format!("{traffic} (deployment {} of CodeDeploy is {})", ours.id, ours.status)
        }
        _ => match &seen.other {
            Some(other) => format!(
                "{traffic} (deployment {} of CodeDeploy, which is somebody else's, is {})",
                other.id, other.status
            ),
            None => traffic.to_string(),
        },
    }
}

/// Says what the alias waits for. Each status and event of CodeDeploy has a sentence.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    if let Some(back) = seen.rollback.as_ref().filter(|back| !back.is_over()) {
        let sentence =
            format!("deployment {} of CodeDeploy takes the {} back: it {}", back.id, place(target), status(back, &[]));
        return Some(sentence);
    }
    if let Some(ours) = &seen.ours {
        if seen.is_returning() {
            return Some(format!(
                "deployment {} of CodeDeploy {}, and its rollback is about to begin",
                ours.id,
                status(ours, &seen.events)
            ));
        }
        let sentence = || format!("deployment {} of CodeDeploy {}", ours.id, status(ours, &seen.events));
        return (!ours.is_over()).then(sentence);
    }
    let other = seen.other.as_ref()?;
    Some(format!(
        "deployment {} of somebody else's {} in the group; wait for it, or stop it (`{}`)",
        other.id,
        status(other, &[]),
        stop_command(other)
    ))
}

/// Says what came of the rollback, and what callers get.
fn since(seen: &Seen) -> String {
    let is_untouched = |event: &LifecycleEvent| event.name == "AllowTraffic" && event.status == "Pending";
    let back = match &seen.rollback {
        Some(back) => format!("Its rollback {} {}.", back.id, status(back, &[])),
        None if seen.events.iter().any(is_untouched) => "No caller was moved.".to_owned(),
        None => format!("CodeDeploy began no rollback{}.", said_of_rollback(seen)),
    };
    format!("{back} The alias sends its callers to {}.", seen.traffic())
}

/// Returns what CodeDeploy says of a rollback.
fn said_of_rollback(seen: &Seen) -> String {
    after_colon(seen.ours.as_ref().map(|ours| ours.rollback_words.as_str()).unwrap_or_default())
}

/// Names the version that our deployment was to bring.
fn version(seen: &Seen) -> String {
    let begun = seen.begun.as_ref();
    begun.map_or_else(String::new, |begun| format!(" of version {}", begun.to))
}

/// The finding that our own deployment has failed, or was stopped.
pub(super) fn taken_back(target: &Target, seen: &Seen, ours: &Deployed) -> Finding {
    let (code, words) = ours.error.clone().unwrap_or_default();
    if sentences::is_stopped_by_hand(ours) {
        return Finding::new(
            FindingName::TargetChangedByOther,
            place(target),
            format!(
                "Somebody else stopped deployment {}{} of CodeDeploy{}. {} {}.",
                ours.id,
                version(seen),
                after_colon(&words),
                since(seen),
                whose("which version the alias sends its callers to")
            ),
            "Find out who stopped it (CloudTrail, StopDeployment), then deploy again.",
        );
    }
    let (why, remedy) = sentences::why(&code, &seen.events);
    Finding::new(
        FindingName::ChangeFailed,
        place(target),
        format!(
            "Deployment {}{} of CodeDeploy {}, because {why}{}. {}",
            ours.id,
            version(seen),
            status(ours, &[]),
            after_colon(&words),
            since(seen)
        ),
        remedy,
    )
}

/// The finding that our own deployment is over, and that the alias is not where it can have left it.
pub(super) fn moved_since(target: &Target, seen: &Seen, ours: &Deployed) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        place(target),
        format!(
            "Deployment {}{} of CodeDeploy {}, and somebody else has moved the alias: it sends its callers to {}. {}.",
            ours.id,
            version(seen),
            status(ours, &[]),
            seen.traffic(),
            whose("which version the alias sends its callers to")
        ),
        "Find out who moved it (CloudTrail, UpdateAlias), then deploy again.",
    )
}

/// The finding that somebody else has begun a deployment while Windlass went back.
pub(super) fn replaced(target: &Target, other: &Deployed) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        place(target),
        format!(
            "Somebody else created deployment {} of CodeDeploy in the same group while Windlass went back: it {}. {}.",
            other.id,
            status(other, &[]),
            whose("which version the alias sends its callers to")
        ),
        "Find out who created it (CloudTrail, CreateDeployment). Once it is over, `accept` keeps what it has brought, and `recover` goes back over it.",
    )
}

/// The finding that somebody else's deployment is under way in the group.
pub(super) fn busy(target: &Target, other: &Deployed) -> Finding {
    let group = target.codedeploy.as_ref().map(group).unwrap_or_default();
    Finding::new(
        FindingName::TargetBusy,
        place(target),
        format!(
            "CodeDeploy makes one deployment at a time in {group}, and {} is somebody else's: it {}.",
            other.id,
            status(other, &[])
        ),
        format!("Wait until it is over, or stop it (`{}`), and deploy again.", stop_command(other)),
    )
}

fn group(of: &Group) -> String {
    sentences::named(&of.application, &of.group)
}

/// The finding that the alias shares its callers, and that CodeDeploy begins nothing from there.
pub(super) fn shared(target: &Target, traffic: &Traffic) -> Finding {
    let (function, alias) = (&target.function, target.alias.as_deref().unwrap_or_default());
    Finding::new(
        FindingName::TargetNotReady,
        place(target),
        format!("The alias shares its callers already: {traffic}. CodeDeploy fails every deployment from there."),
        format!(
            "Give them to one version (`aws lambda update-alias --function-name {function} --name {alias} --function-version {} --routing-config AdditionalVersionWeights={{}}`), and deploy again.",
            traffic.version
        ),
    )
}

/// The finding that a deployment takes much longer than its configuration and its hooks may.
pub(super) fn late(target: &Target, seen: &Seen, ours: &Deployed, minutes: u64) -> Finding {
    Finding::new(
        FindingName::ChangeFailed,
        place(target),
        format!(
            "Deployment {}{} of CodeDeploy takes hours, although its configuration takes {minutes} min and each hook has an hour: it {}.",
            ours.id,
            version(seen),
            status(ours, &seen.events)
        ),
        "Look at the deployment in CodeDeploy.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::{ago, deployed, seen, target};
    use super::*;

    /// Each status and each event that is waited for has a sentence.
    #[test]
    fn every_status_and_event_has_its_sentence() {
        let mut all = Vec::new();
        for status in ["Created", "Queued", "InProgress", "Baking", "Ready", "Dreaming"] {
            all.extend(waits_for(&target(), &seen("1", status)));
        }
        for event in ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic", "End"] {
            for status in ["Pending", "InProgress", "Failed", "Unknown", "Dreaming"] {
                let mut seen = seen("1", "InProgress");
                seen.events = vec![LifecycleEvent {
                    name: event.into(),
                    status: status.into(),
                    words: "why".into(),
                    ended: None,
                }];
                all.extend(waits_for(&target(), &seen));
            }
        }
        let mut stopped = seen("1", "Stopped");
        stopped.ours.as_mut().unwrap().completed = Some(ago(1));
        all.extend(waits_for(&target(), &stopped));
        stopped.rollback = Some(deployed("d-2", "InProgress"));
        all.extend(waits_for(&target(), &stopped));
        let mut hindered = seen("1", "-");
        hindered.other = Some(deployed("d-9", "InProgress"));
        all.extend(waits_for(&target(), &hindered));
        insta::assert_snapshot!(all.join("\n"));
        for status in ["Succeeded", "Failed", "Stopped"] {
            let mut over = seen("1", status);
            over.ours.as_mut().unwrap().rolls_back = false;
            assert_eq!(waits_for(&target(), &over), None, "{status}");
        }
    }

    #[test]
    fn every_end_has_its_sentence() {
        let mut all = Vec::new();
        for code in [
            "ALARM_ACTIVE",
            "HOOK_EXECUTION_FAILURE",
            "INVALID_LAMBDA_CONFIGURATION",
            "INVALID_LAMBDA_FUNCTION",
            "IAM_ROLE_PERMISSIONS",
            "TIMEOUT",
            "INTERNAL_ERROR",
            "MANUAL_STOP",
            "",
        ] {
            let mut seen = seen("1", "Failed");
            let ours = seen.ours.as_mut().unwrap();
            ours.error = (!code.is_empty()).then(|| (code.to_owned(), "what AWS says.".to_owned()));
            seen.rollback = (code != "TIMEOUT").then(|| deployed("d-2", "Succeeded"));
            let ours = seen.ours.clone().unwrap();
            all.push(taken_back(&target(), &seen, &ours).written());
        }
        let other = deployed("d-9", "Queued");
        let ours = deployed("d-1", "Succeeded");
        let slow = deployed("d-1", "InProgress");
        all.extend([
            moved_since(&target(), &seen("7", "Succeeded"), &ours).written(),
            replaced(&target(), &other).written(),
            busy(&target(), &other).written(),
            shared(&target(), &seen("1+7@0.5", "-").traffic()).written(),
            late(&target(), &seen("1", "InProgress"), &slow, 10).written(),
        ]);
        insta::assert_snapshot!(all.join("\n"));
    }
}
