use super::*;
use crate::kinds::codedeploy::{DeploymentRequest, PlannedGroup, SentCalls};
use crate::kinds::lambda::{AliasState, CodeSource, Latest, Observed, Version, Wanted};
use crate::ports::{Lifecycle, LifecycleEvent, Provisioned};
use windlass_domain::declaration::appspec::AppSpec;
use windlass_domain::release::identity::DeploymentId;

const ID: &str = "0123456789abcdef";
const NOW: Time = Time(1_795_183_200_000);

pub(crate) fn ago(seconds: u64) -> Time {
    Time(NOW.0 - seconds * 1000)
}

/// Returns so many sends of a call that was answered, the last one so many seconds ago.
pub(crate) fn sends(times: u32, seconds: u64) -> SentCalls {
    SentCalls { times, last: ago(seconds), answered: true, is_open: false }
}

pub(crate) fn target() -> Target {
    Target {
        function: "shop-api".into(),
        alias: Some("live".into()),
        codedeploy: Some(PlannedGroup {
            application: "shop".into(),
            group: "api".into(),
            minutes: 10,
            ready_min: None,
            ends_min: None,
            continues: false,
            appspec: AppSpec::new("shop-api", "live"),
        }),
    }
}

/// Returns a function whose alias is `1`, or `1+2@0.1`. Version 1 has the code `old`, and 2 has `new`.
pub(crate) fn function(traffic: &str) -> Observed {
    let version = |number: &str, code: &str| Version {
        version: number.into(),
        code_sha256: code.into(),
        image: None,
        configuration: "c".into(),
        description: String::new(),
        state: "Active".into(),
        reason: String::new(),
        reason_code: String::new(),
    };
    let (first, weights) = match traffic.split_once('+') {
        Some((first, share)) => {
            let (other, weight) = share.split_once('@').unwrap();
            (first, vec![(other.to_owned(), weight.to_owned())])
        }
        None => (traffic, vec![]),
    };
    Observed {
        latest: Latest {
            code_sha256: "new".into(),
            image: None,
            code_key: None,
            configuration: "c".into(),
            revision_id: "r".into(),
            state: "Active".into(),
            last_update: "Successful".into(),
            reason: String::new(),
            reason_code: String::new(),
            is_barred: false,
        },
        versions: vec![version("1", "old"), version("2", "new")],
        published: None,
        sent_upon: None,
        has_other_sent: false,
        alias: Some(AliasState {
            name: "live".into(),
            traffic: Traffic { version: first.into(), weights },
            revision_id: "a".into(),
            provisioned: None,
            kept_at: None,
        }),
    }
}

fn release(moved: Moved, percent: u8) -> Goal {
    let wanted = Wanted {
        code: vec!["new".into()],
        source: CodeSource::Version("9".into()),
        percent,
        from: "1".into(),
        deployment: DeploymentId(ID.into()),
        failed_at: None,
    };
    Goal { of: lambda::Goal::Release(wanted), moved }
}

fn former() -> Goal {
    Goal::to(lambda::Goal::Back(function("1")))
}

pub(crate) fn deployed(id: &str, status: &str) -> Deployed {
    Deployed {
        id: id.into(),
        status: status.into(),
        created: Some(ago(60)),
        completed: ["Succeeded", "Failed", "Stopped"].contains(&status).then(|| ago(40)),
        rolls_back: true,
        ..Deployed::default()
    }
}

/// Returns a look at an alias. `ours` is the status of our deployment: `-` if none was asked for, empty if it cannot be
/// seen.
pub(crate) fn seen(traffic: &str, ours: &str) -> Seen {
    Seen {
        now: NOW,
        of: function(traffic),
        task_sets: vec![],
        asked: (ours != "-").then(|| DeploymentRequest {
            from: "1".into(),
            to: "2".into(),
            at: ago(60),
            stop: None,
            after: None,
        }),
        forward: None,
        sent: None,
        followed: (!["-", ""].contains(&ours)).then(|| Followed {
            is: deployed("d-1", ours),
            is_own: true,
            rollback: None,
            lifecycle: Lifecycle::default(),
            keeps_former: false,
            stops: None,
            goes: None,
            ends: None,
        }),
        other: None,
        other_moves: false,
    }
}

/// Returns the deployment of ours that such a look shows.
pub(crate) fn ours(seen: &mut Seen) -> &mut Followed {
    seen.followed.as_mut().unwrap()
}

/// Returns the lifecycle of a deployment with this event.
pub(crate) fn at(event: &str, status: &str) -> Lifecycle {
    let event = LifecycleEvent { name: event.into(), status: status.into(), words: "why".into(), ended: None };
    Lifecycle { events: vec![event], task_sets: vec![] }
}

fn in_words(seen: &Seen, goal: &Goal) -> String {
    match next(&target(), seen, goal) {
        Next::Done => "done".into(),
        Next::Wait(seconds) => format!("wait {seconds}"),
        Next::WaitForHours => "wait for hours".into(),
        Next::Do(Change::Of(change)) => format!("itself: {change}"),
        Next::Do(change) => change.value().to_string(),
        Next::Failed(finding) => format!("failed {}", finding.name),
        Next::Theirs(finding) => format!("theirs {}", finding.name),
        Next::TakenBack(finding) => format!("taken back {}", finding.name),
    }
}

const BEGIN: &str = r#"{"begin":{"after":null,"from":"1","to":"2"}}"#;

#[test]
fn forward() {
    let before_others = |traffic: &str| {
        let mut seen = seen(traffic, "Succeeded");
        ours(&mut seen).is_own = false;
        seen
    };
    let table: Vec<(&str, Seen, &str, &str)> = vec![
        ("it has succeeded before others touched the alias", before_others("1"), BEGIN, BEGIN),
        ("they have left the alias as it was", before_others("2"), "done", "done"),
        ("nothing was asked for", seen("1", "-"), BEGIN, BEGIN),
        ("its answer was lost, and it is not there", seen("1", ""), BEGIN, BEGIN),
        ("it does nothing yet", seen("1", "Created"), "wait 10", "wait 10"),
        ("it is queued", seen("1", "Queued"), "wait 10", "wait 10"),
        ("its first hook runs", seen("1", "InProgress"), "wait 10", "wait 10"),
        ("some callers are moved", seen("1+2@0.1", "InProgress"), "done", "wait 10"),
        ("all are, and the last hook runs", seen("2", "InProgress"), "done", "wait 10"),
        ("CodeDeploy watches its alarms", seen("2", "Baking"), "done", "wait 10"),
        ("a status of another platform", seen("1", "Ready"), "wait 10", "wait 10"),
        ("a status that nobody knows", seen("1", "Dreaming"), "wait 10", "wait 10"),
        ("the same, and all are moved", seen("2", "Dreaming"), "done", "wait 10"),
        ("it has succeeded", seen("2", "Succeeded"), "done", "done"),
        ("there by somebody else", seen("2", "-"), "done", "done"),
        ("asked for, there, and its deployment is not to be seen", seen("2", ""), "wait 10", "wait 10"),
        (
            "it has succeeded and the alias is elsewhere",
            seen("1", "Succeeded"),
            "theirs TargetChangedByOther",
            "theirs TargetChangedByOther",
        ),
        (
            "somebody shares callers before it is asked for",
            seen("1+7@0.5", "-"),
            "failed TargetNotReady",
            "failed TargetNotReady",
        ),
        (
            "it has failed, and no rollback came",
            seen("2", "Failed"),
            "taken back TargetChangedByOther",
            "taken back TargetChangedByOther",
        ),
    ];
    for (what, seen, moving, whole) in table {
        let mut seen = seen;
        if let Some(ours) = &mut seen.followed
            && ours.is.status == "Failed"
        {
            ours.is.error = Some(("MANUAL_STOP".into(), String::new()));
        }
        assert_eq!(in_words(&seen, &release(Moved::Some, 100)), moving, "{what}");
        assert_eq!(in_words(&seen, &release(Moved::All, 100)), whole, "{what}");
        assert_eq!(in_words(&seen, &release(Moved::All, 0)), "done", "{what}: ahead");
        assert_eq!(in_words(&seen, &Goal::to(lambda::Goal::Wake("1".into()))), "done", "{what}: woken");
    }
}

#[test]
fn what_codedeploy_takes_back_is_followed_to_its_end() {
    let goal = release(Moved::Some, 100);
    let ended = |status: &str, completed_s: u64| {
        let mut seen = seen("1+2@0.1", status);
        let ours = &mut ours(&mut seen).is;
        ours.completed = Some(ago(completed_s));
        ours.error = Some(("ALARM_ACTIVE".into(), "it rang".into()));
        seen
    };
    for status in ["Failed", "Stopped"] {
        assert_eq!(in_words(&ended(status, 5), &goal), "wait 10", "its rollback may begin");
        assert_eq!(in_words(&ended(status, 31), &goal), "taken back ChangeFailed");
        let mut without = ended(status, 5);
        ours(&mut without).is.rolls_back = false;
        assert_eq!(in_words(&without, &goal), "taken back ChangeFailed", "none will begin");
        for (rollback, wanted) in [
            ("Created", "wait 10"),
            ("InProgress", "wait 10"),
            ("Dreaming", "wait 10"),
            ("Succeeded", "taken back ChangeFailed"),
            ("Failed", "taken back ChangeFailed"),
            ("Stopped", "taken back ChangeFailed"),
        ] {
            let mut seen = ended(status, 300);
            ours(&mut seen).rollback = Some(deployed("d-2", rollback));
            assert_eq!(in_words(&seen, &goal), wanted, "{rollback}");
            let back = if wanted == "wait 10" { "wait 10" } else { "itself: alias live 1 with 2 at 10 % → 1" };
            assert_eq!(in_words(&seen, &former()), back, "back, {rollback}");
        }
    }
}

#[test]
fn what_somebody_made_of_the_alias_meanwhile_is_theirs() {
    for status in ["Failed", "Stopped", "Succeeded"] {
        let mut elsewhere = seen("7", status);
        ours(&mut elsewhere).is.rolls_back = false;
        let found = in_words(&elsewhere, &release(Moved::Some, 100));
        assert_eq!(found, "theirs TargetChangedByOther", "{status}");
    }
}

#[test]
fn back() {
    let stop = |again: u32| format!(r#"{{"again":{again},"stop":"d-1"}}"#);
    for status in ["Created", "Queued", "InProgress", "Baking", "Ready", "Dreaming"] {
        for traffic in ["1", "1+2@0.1", "2"] {
            assert_eq!(in_words(&seen(traffic, status), &former()), stop(0), "{status} {traffic}");
        }
    }
    for (what, seen, wanted) in [
        ("nothing was begun", seen("1", "-"), "done"),
        ("it has succeeded", seen("2", "Succeeded"), "itself: alias live 2 → 1"),
        ("it was taken back long ago", seen("1", "Stopped"), "done"),
        ("it left the callers shared", seen("1+2@0.1", "Failed"), "itself: alias live 1 with 2 at 10 % → 1"),
        ("it is not to be seen", seen("1", ""), "done"),
    ] {
        assert_eq!(in_words(&seen, &former()), wanted, "{what}");
    }
}

/// Lambda itself keeps all callers at the former version until it has allocated the concurrency. CodeDeploy's
/// deployment may be over long before.
#[test]
fn provisioned_concurrency_of_the_alias_is_waited_for_both_ways() {
    let table = [
        ("2", "InProgress", "IN_PROGRESS", Some("1"), "wait 5", r#"{"again":0,"stop":"d-1"}"#),
        ("2", "Succeeded", "IN_PROGRESS", Some("1"), "wait 5", "itself: alias live 2 → 1"),
        ("2", "Succeeded", "READY", Some("1"), "wait 5", "itself: alias live 2 → 1"),
        ("2", "Succeeded", "READY", None, "done", "itself: alias live 2 → 1"),
        ("2", "Succeeded", "FAILED", Some("1"), "failed TargetNotReady", "itself: alias live 2 → 1"),
        ("1", "InProgress", "READY", None, "wait 10", r#"{"again":0,"stop":"d-1"}"#),
        ("1", "Failed", "IN_PROGRESS", Some("2"), "taken back ChangeFailed", "wait 5"),
        ("1", "Failed", "FAILED", Some("2"), "taken back ChangeFailed", "failed TargetNotReady"),
        ("1", "Failed", "READY", None, "taken back ChangeFailed", "done"),
    ];
    for (traffic, ours, status, kept_at, forward, back) in table {
        let mut seen = seen(traffic, ours);
        let alias = seen.of.alias.as_mut().unwrap();
        alias.provisioned = Some(Provisioned { status: status.into(), reason: "no capacity".into() });
        alias.kept_at = kept_at.map(str::to_owned);
        let case = format!("{traffic} {ours} {status} {kept_at:?}");
        assert_eq!(in_words(&seen, &release(Moved::All, 100)), forward, "{case}");
        assert_eq!(in_words(&seen, &former()), back, "{case}, back");
    }
}

#[test]
fn a_stop_without_effect_is_sent_again() {
    let stopped_when = |is_open: bool, sent: u32, seconds: u64| {
        let mut seen = seen("1+2@0.1", "InProgress");
        ours(&mut seen).stops = Some(SentCalls { is_open, ..sends(sent, seconds) });
        ours(&mut seen).is.created = Some(ago(4 * 3600));
        in_words(&seen, &former())
    };
    let stopped = |sent: u32, seconds: u64| stopped_when(false, sent, seconds);
    assert_eq!(stopped(1, 5), "wait 10");
    assert_eq!(stopped(1, 20), r#"{"again":1,"stop":"d-1"}"#);
    assert_eq!(stopped(5, 20), r#"{"again":5,"stop":"d-1"}"#);
    assert_eq!(stopped(6, 20), "wait 10");
    assert_eq!(stopped(6, 1500), "wait for hours");
    assert_eq!(stopped(6, 3 * 3600), "failed ChangeFailed");
    // Until one is answered: it may not have reached CodeDeploy.
    assert_eq!(stopped_when(true, 6, 5), "wait 10");
    assert_eq!(stopped_when(true, 6, 20), r#"{"again":5,"stop":"d-1"}"#);
}

#[test]
fn somebody_else_s_deployment_is_in_the_way() {
    let busy = |traffic: &str, ours: &str| {
        let mut seen = seen(traffic, ours);
        seen.other = Some(deployed("d-9", "InProgress"));
        seen
    };
    let goal = release(Moved::All, 100);
    assert_eq!(in_words(&busy("1", "-"), &goal), "failed TargetBusy");
    assert_eq!(in_words(&busy("2", "-"), &goal), "failed TargetBusy", "where will it go?");
    assert_eq!(in_words(&busy("1", "-"), &former()), "failed TargetBusy");
    assert_eq!(in_words(&busy("2", "Succeeded"), &former()), "theirs TargetChangedByOther");
    assert_eq!(in_words(&busy("1", "Stopped"), &former()), "theirs TargetChangedByOther");
}

#[test]
fn what_takes_too_long_is_reported() {
    let goal = release(Moved::All, 100);
    let since = |minutes: u64| {
        let mut seen = seen("2", "InProgress");
        ours(&mut seen).is.created = Some(ago(minutes * 60));
        in_words(&seen, &goal)
    };
    assert_eq!(since(20), "wait 10");
    assert_eq!(since(40), "wait for hours");
    assert_eq!(since(160), "wait for hours");
    assert_eq!(since(161), "failed ChangeFailed");
}
