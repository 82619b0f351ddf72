//! The next thing to do, as a table: the deployments of the environment, the goal, and what comes of it.

use super::next;
use crate::kinds::Next;
use crate::kinds::appconfig::state::{Change, Configuration, Goal, LabeledVersion, Seen, Target};
use crate::ports::{ConfigurationRollout, RolloutDetail, RolloutEvent};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;

const NOW: Time = Time(1_000_000_000_000);
const HOUR_S: u64 = 3600;

pub(super) fn target() -> Target {
    Target {
        application: "shop".into(),
        environment: "prod".into(),
        profile: "flags".into(),
        named: "shop/prod/flags".into(),
        content_type: "application/json".into(),
        is_verbatim: false,
        document: None,
    }
}

/// A deployment `5 flags v3 COMPLETE`, which began two hours ago and takes one hour; `@` gives another age in hours.
fn rollout(text: &str) -> ConfigurationRollout {
    let (text, age) = text.split_once('@').unwrap_or((text, "2"));
    let mut words = text.split_whitespace();
    let mut word = || words.next().unwrap_or_default().to_owned();
    let number = word().parse().unwrap();
    let (profile, version, state) = (word(), word(), word());
    let began = Time(NOW.0 - age.trim().parse::<u64>().unwrap() * HOUR_S * 1000);
    let ended = began.plus_s(HOUR_S);
    ConfigurationRollout {
        number,
        profile,
        version: version.trim_start_matches('v').to_owned(),
        label: None,
        percent: 40,
        minutes: (30, 30),
        started: Some(began),
        completed: (state == "COMPLETE").then_some(ended),
        state,
    }
}

pub(super) fn seen(rollouts: &[&str]) -> Seen {
    Seen {
        now: NOW,
        profile: "flags".into(),
        rollouts: rollouts.iter().map(|text| rollout(text)).collect(),
        made: Some(LabeledVersion { version: "4".into(), is_other: false }),
        newest_version: 4,
        detail: None,
        stopped: None,
        mark: "ours".into(),
    }
}

/// Forward to the version that is made of the document, until it is complete or only grows.
fn forward(grows: bool) -> Goal {
    Goal {
        live: Some(Configuration { version: None, label: Some("sha256-ab".into()) }),
        strategy: Some("slow".into()),
        grows,
    }
}

/// Back to a version, or to nothing.
pub(super) fn back(version: &str) -> Goal {
    Goal {
        live: (!version.is_empty()).then(|| Configuration { version: Some(version.into()), label: None }),
        strategy: None,
        grows: false,
    }
}

pub(super) fn in_words(next: &Next<Change>) -> String {
    match next {
        Next::Done => "done".into(),
        Next::Wait(_) => "wait".into(),
        Next::WaitForHours => "wait for hours".into(),
        Next::Failed(finding) => format!("failed {:?}", finding.name),
        Next::Theirs(_) => "theirs".into(),
        Next::TakenBack(_) => "taken back".into(),
        Next::Do(Change::Create { newest, .. }) => format!("create upon {newest}"),
        Next::Do(Change::Start { version, strategy, newest }) => {
            format!("start v{version} by {strategy} upon {newest}")
        }
        Next::Do(Change::Stop { number, back_to }) => {
            format!("stop {number} to v{}", back_to.as_deref().unwrap_or("-"))
        }
    }
}

#[test]
fn forward_a_version_is_deployed_by_its_strategy_and_seen_to_be_complete() {
    let table: [(&[&str], bool, &str); 16] = [
        (&[], true, "start v4 by slow upon 0"),
        (&["1 flags v3 COMPLETE"], true, "start v4 by slow upon 1"),
        // Numbers are counted over all profiles.
        (&["7 other v9 COMPLETE", "6 flags v3 COMPLETE"], true, "start v4 by slow upon 7"),
        (&["2 flags v4 VALIDATING @0", "1 flags v3 COMPLETE"], true, "wait"),
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], true, "done"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], true, "done"),
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], false, "wait"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], false, "wait"),
        (&["2 flags v4 BAKING @3", "1 flags v3 COMPLETE"], false, "failed ChangeFailed"),
        (&["2 flags v4 COMPLETE", "1 flags v3 COMPLETE"], false, "done"),
        (&["2 flags v4 ROLLING_BACK @0", "1 flags v3 COMPLETE"], true, "wait"),
        // A state that this build does not know is not over, and not healthy.
        (&["2 flags v4 INVENTED @0", "1 flags v3 COMPLETE"], true, "wait"),
        // Callers do not get a version that was rolled back or reverted.
        (&["3 flags v4 REVERTED", "2 flags v4 ROLLED_BACK", "1 flags v3 COMPLETE"], true, "start v4 by slow upon 3"),
        // Somebody else's deployment is waited for only if its end can be expected.
        (&["2 other v1 BAKING @0", "1 flags v3 COMPLETE"], true, "failed TargetBusy"),
        (&["2 other v1 BAKING @1", "1 flags v3 COMPLETE"], true, "wait"),
        (&["2 other v1 BAKING @3", "1 flags v3 COMPLETE"], true, "failed TargetBusy"),
    ];
    for (rollouts, grows, wanted) in table {
        let found = next(&target(), &seen(rollouts), &forward(grows));
        assert_eq!(in_words(&found), wanted, "{rollouts:?} grows: {grows}");
    }
}

#[test]
fn a_version_is_made_once_and_never_taken_for_another_content() {
    let live: &[&str] = &["1 flags v3 COMPLETE"];
    let mut unmade = seen(live);
    unmade.made = None;
    assert_eq!(in_words(&next(&target(), &unmade, &forward(true))), "create upon 4");
    let mut other = seen(live);
    other.made = Some(LabeledVersion { version: "4".into(), is_other: true });
    let Next::Failed(finding) = next(&target(), &other, &forward(true)) else {
        panic!("another content is deployed");
    };
    assert_eq!(finding.name, FindingName::DigestMismatch);
}

/// Sets the detail of the newest deployment.
pub(super) fn set_detail(seen: &mut Seen, description: &str, by: &str, words: &str) {
    seen.detail = Some(RolloutDetail {
        rollout: seen.rollouts[0].clone(),
        description: description.into(),
        events: vec![RolloutEvent { what: "ROLLBACK_STARTED".into(), by: by.into(), words: words.into() }],
    });
}

#[test]
fn what_appconfig_took_back_by_itself_is_reported_as_that() {
    let gone: &[&str] = &["2 flags v4 ROLLED_BACK", "1 flags v3 COMPLETE"];
    let table = [
        ("ours", "CLOUDWATCH_ALARM", "taken back"),
        ("ours", "INTERNAL_ERROR", "taken back"),
        ("ours", "APPCONFIG", "taken back"),
        ("ours", "USER", "failed TargetChangedByOther"),
        // It is another one's deployment: ours was never there.
        ("theirs", "CLOUDWATCH_ALARM", "start v4 by slow upon 2"),
    ];
    for (description, by, wanted) in table {
        let mut seen = seen(gone);
        set_detail(&mut seen, description, by, "why");
        for grows in [true, false] {
            let found = next(&target(), &seen, &forward(grows));
            assert_eq!(in_words(&found), wanted, "{description} {by}");
        }
    }
    // It is the same on the way back, when the version before was deployed while an alarm rang.
    let mut seen = seen(&["3 flags v3 ROLLED_BACK", "2 flags v4 COMPLETE @99"]);
    set_detail(&mut seen, "ours", "CLOUDWATCH_ALARM", "why");
    assert_eq!(in_words(&next(&target(), &seen, &back("3"))), "taken back");
}

#[test]
fn the_alarm_that_rang_and_what_callers_get_are_named() {
    let mut seen = seen(&["2 flags v4 ROLLED_BACK", "1 flags v3 COMPLETE"]);
    set_detail(&mut seen, "ours", "CLOUDWATCH_ALARM", "Rollback initiated by arn:…:alarm:shop-5xx");
    let Next::TakenBack(finding) = next(&target(), &seen, &forward(true)) else {
        panic!("it was taken back");
    };
    insta::assert_snapshot!(finding.written(), @"ChangeFailed: configuration shop/prod/flags: AppConfig itself rolled deployment 2 of version 4 back at 40 %, because an alarm of its environment rang: Rollback initiated by arn:…:alarm:shop-5xx. Callers get version 3 again. Remedy: Look at the alarm that is named, and at the environment's monitors; then deploy a fixed release.");
}

#[test]
fn back_it_is_stopped_or_reverted_or_the_version_before_is_deployed_at_once() {
    let at_once = "start v3 by AppConfig.AllAtOnce upon 2";
    let table: [(&[&str], &str, &str); 17] = [
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], "3", "stop 2 to v3"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], "3", "stop 2 to v3"),
        (&["2 flags v4 VALIDATING @0", "1 flags v3 COMPLETE"], "3", "wait"),
        (&["2 flags v4 ROLLING_BACK @0", "1 flags v3 COMPLETE"], "3", "wait"),
        (&["2 flags v4 ROLLED_BACK @0", "1 flags v3 COMPLETE"], "3", "done"),
        (&["2 flags v4 REVERTED @0", "1 flags v3 COMPLETE"], "3", "done"),
        (&["2 flags v4 COMPLETE @72", "1 flags v3 COMPLETE @99"], "3", "stop 2 to v3"),
        // 72 hours after it was complete, AppConfig no longer reverts it.
        (&["2 flags v4 COMPLETE @73", "1 flags v3 COMPLETE @99"], "3", at_once),
        // A revert would bring another version.
        (&["2 flags v4 COMPLETE", "1 flags v2 COMPLETE @9"], "3", at_once),
        // It is documented nowhere what AppConfig does if something of the profile came after it.
        (&["2 flags v5 REVERTED", "1 flags v4 COMPLETE", "0 flags v3 COMPLETE @9"], "3", at_once),
        // Another profile's deployment does not hinder a revert, but it hinders a deployment.
        (&["3 other v1 BAKING @0", "2 flags v4 COMPLETE", "1 flags v3 COMPLETE @9"], "3", "stop 2 to v3"),
        (&["3 other v1 BAKING @1", "2 flags v4 COMPLETE @99", "1 flags v3 COMPLETE @99"], "3", "wait"),
        // The way back is a deployment as well, and its end is waited for.
        (&["3 flags v3 BAKING @0", "2 flags v4 COMPLETE @99"], "3", "wait"),
        (&["3 flags v3 COMPLETE", "2 flags v4 COMPLETE @99"], "3", "done"),
        // Nothing was deployed before.
        (&["1 flags v4 DEPLOYING @0"], "", "stop 1 to v-"),
        (&["1 flags v4 COMPLETE"], "", "stop 1 to v-"),
        (&["1 flags v4 COMPLETE @99"], "", "failed ChangeFailed"),
    ];
    for (rollouts, version, wanted) in table {
        let found = next(&target(), &seen(rollouts), &back(version));
        assert_eq!(in_words(&found), wanted, "{rollouts:?} back to {version}");
    }
    assert_eq!(in_words(&next(&target(), &seen(&[]), &back(""))), "done");
}

#[test]
fn what_somebody_else_began_on_the_way_back_is_left_to_them() {
    let theirs = "theirs";
    let table: [(&[&str], &str, Option<u32>, &str); 7] = [
        // They began after the stop of what this deployment had begun.
        (&["3 flags v5 DEPLOYING @0", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        (&["3 flags v5 BAKING @0", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        (&["3 flags v5 COMPLETE", "1 flags v3 COMPLETE"], "theirs", Some(2), theirs),
        // They began after the version before was deployed again.
        (&["4 flags v5 DEPLOYING @0", "3 flags v3 COMPLETE"], "theirs", None, theirs),
        // The answer to the stop was lost, or the stop is not over.
        (&["2 flags v4 DEPLOYING @0", "1 flags v3 COMPLETE"], "another deployment's", Some(2), "stop 2 to v3"),
        (&["2 flags v4 ROLLING_BACK @0", "1 flags v3 COMPLETE"], "ours", Some(2), "wait"),
        (&["2 flags v4 BAKING @0", "1 flags v3 COMPLETE"], "ours", None, "stop 2 to v3"),
    ];
    for (rollouts, description, stopped, wanted) in table {
        let mut seen = seen(rollouts);
        set_detail(&mut seen, description, "USER", "why");
        seen.stopped = stopped;
        let found = next(&target(), &seen, &back("3"));
        assert_eq!(in_words(&found), wanted, "{rollouts:?} {stopped:?}");
    }
}
