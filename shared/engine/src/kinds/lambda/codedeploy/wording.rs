//! Sentences about an alias that CodeDeploy moves: what they say in other words than those about a service.

use super::state::Seen;
use crate::kinds::codedeploy::wording::{self, Story, Words};
use crate::kinds::codedeploy::{Followed, status};
use crate::kinds::lambda::alias::Traffic;
use crate::kinds::lambda::state::Target;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::{prose, run};

/// The words about the alias.
pub(super) const WORDS: Words = Words {
    owned: "which version the alias sends its callers to",
    stopped: ["Somebody else stopped deployment", "", ""],
    who_stopped: "Find out who stopped it (CloudTrail, StopDeployment), then {}.",
    who_moved: "Find out who moved it (CloudTrail, UpdateAlias), then {}.",
    replaced: ["created", "while Windlass went back"],
};

/// Names the alias.
pub(super) fn place(target: &Target) -> String {
    let alias = target.alias.as_deref().unwrap_or_default();
    format!("alias {alias} of function {}", target.function)
}

/// The story of our own deployment.
pub(super) fn story<'a>(target: &Target, seen: &Seen, own: &'a Followed) -> Story<'a> {
    let traffic = seen.traffic();
    Story {
        words: &WORDS,
        place: place(target),
        own,
        of: version(seen),
        gets: format!("The alias sends its callers to {traffic}."),
        moved: format!("the alias: it sends its callers to {traffic}"),
    }
}

/// Names the version that our deployment was to bring.
fn version(seen: &Seen) -> String {
    let begun = seen.asked.as_ref();
    begun.map_or_else(String::new, |begun| format!(" of version {}", begun.to))
}

/// Says in words what callers get.
pub(super) fn shown(seen: &Seen) -> String {
    let traffic = seen.traffic().to_string();
    wording::shown((&traffic, traffic.clone()), seen.followed.as_ref(), seen.other.as_ref(), |_| String::new())
}

/// Says what the alias waits for.
pub(super) fn waits_for(target: &Target, seen: &Seen) -> Option<String> {
    wording::waits_for(&format!("the {}", place(target)), seen, |ours| status(&ours.is, &ours.lifecycle.events))
}

/// The finding that the alias shares its callers, and that CodeDeploy begins nothing from there.
pub(super) fn shared(target: &Target, traffic: &Traffic) -> Finding {
    let (function, alias) = (&target.function, target.alias.as_deref().unwrap_or_default());
    Finding::new(
        FindingName::TargetNotReady,
        place(target),
        format!("The alias shares its callers already: {traffic}. CodeDeploy fails every deployment from there."),
        prose!(
            "Give them to one version ({}), and {}.",
            run!(
                "aws lambda update-alias --function-name {function} --name {alias} --function-version {} --routing-config AdditionalVersionWeights={{}}",
                traffic.version
            ),
            Redeploy::Again
        ),
    )
}

/// The finding that a deployment takes much longer than its configuration and its hooks may.
pub(super) fn late(target: &Target, seen: &Seen, ours: &Followed, minutes: u64) -> Finding {
    Finding::new(
        FindingName::ChangeFailed,
        place(target),
        format!(
            "Deployment {}{} of CodeDeploy takes hours, although its configuration takes {minutes} min and each hook has an hour: it {}.",
            ours.is.id,
            version(seen),
            status(&ours.is, &ours.lifecycle.events)
        ),
        "Look at the deployment in CodeDeploy.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::next::tests::{ago, at, deployed, ours, seen, target};
    use super::*;
    use crate::kinds::codedeploy::wording::{busy, replaced};

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
                ours(&mut seen).lifecycle = at(event, status);
                all.extend(waits_for(&target(), &seen));
            }
        }
        let mut stopped = seen("1", "Stopped");
        ours(&mut stopped).is.completed = Some(ago(1));
        all.extend(waits_for(&target(), &stopped));
        ours(&mut stopped).rollback = Some(deployed("d-2", "InProgress"));
        all.extend(waits_for(&target(), &stopped));
        let mut hindered = seen("1", "-");
        hindered.other = Some(deployed("d-9", "InProgress"));
        all.extend(waits_for(&target(), &hindered));
        insta::assert_snapshot!(all.join("\n"));
        for status in ["Succeeded", "Failed", "Stopped"] {
            let mut over = seen("1", status);
            ours(&mut over).is.rolls_back = false;
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
            let ours = ours(&mut seen);
            ours.is.error = (!code.is_empty()).then(|| (code.to_owned(), "what AWS says.".to_owned()));
            ours.rollback = (code != "TIMEOUT").then(|| deployed("d-2", "Succeeded"));
            let ours = ours.clone();
            all.push(story(&target(), &seen, &ours).taken_back("").written());
        }
        let other = deployed("d-9", "Queued");
        let moved = seen("7", "Succeeded");
        let slow = seen("1", "InProgress");
        let place = place(&target());
        all.extend([
            story(&target(), &moved, moved.followed.as_ref().unwrap()).moved_since().written(),
            replaced(&WORDS, &place, &other).written(),
            busy(&place, &target().codedeploy.unwrap().named(), &other).written(),
            shared(&target(), &seen("1+7@0.5", "-").traffic()).written(),
            late(&target(), &slow, slow.followed.as_ref().unwrap(), 10).written(),
        ]);
        insta::assert_snapshot!(all.join("\n"));
    }
}
