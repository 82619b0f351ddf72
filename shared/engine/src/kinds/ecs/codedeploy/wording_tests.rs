use super::super::scene::{ago, deployed, earlier, seen, sends, target};
use super::*;
use crate::kinds::codedeploy::wording::{busy, replaced};
use crate::ports::LifecycleEvent;

/// Each status and each event that is waited for has a sentence.
#[test]
fn every_status_and_event_has_its_sentence() {
    let mut all = Vec::new();
    for status in ["Created", "Queued", "InProgress", "Baking", "Ready", "Dreaming"] {
        all.extend(waits_for(&target(), &seen(status, 0)));
    }
    let mut declared = target();
    declared.codedeploy.as_mut().unwrap().continues = true;
    let mut ready = seen("Ready", 0);
    ready.followed.as_mut().unwrap().lifecycle.events[0].ended = Some(ago(60));
    all.extend(waits_for(&declared, &ready));
    all.extend(waits_for(&target(), &ready));
    for event in [
        "BeforeInstall",
        "Install",
        "AfterInstall",
        "AllowTestTraffic",
        "AfterAllowTestTraffic",
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
        "DaydreamTraffic",
    ] {
        for status in ["Pending", "InProgress", "Failed", "Unknown", "Dreaming"] {
            let mut seen = seen("InProgress", 0);
            seen.followed.as_mut().unwrap().lifecycle.events =
                vec![LifecycleEvent { name: event.into(), status: status.into(), words: "why".into(), ended: None }];
            all.extend(waits_for(&target(), &seen));
        }
    }
    let mut stopped = seen("Stopped", 0);
    stopped.followed.as_mut().unwrap().is.completed = Some(ago(1));
    all.extend(waits_for(&target(), &stopped));
    stopped.followed.as_mut().unwrap().rollback = Some(deployed("d-2", "InProgress"));
    all.extend(waits_for(&target(), &stopped));
    let mut ends = earlier("InProgress", 101);
    assert_eq!(waits_for(&target(), &ends), None, "the release is over");
    ends.followed.as_mut().unwrap().ends = Some(sends(1, 5));
    all.extend(waits_for(&target(), &ends));
    let mut hindered = seen("-", 0);
    hindered.other = Some(deployed("d-9", "InProgress"));
    all.extend(waits_for(&target(), &hindered));
    insta::assert_snapshot!(all.join("\n"));
    for status in ["Succeeded", "Failed", "Stopped"] {
        let mut over = seen(status, 0);
        over.followed.as_mut().unwrap().is.rolls_back = false;
        assert_eq!(waits_for(&target(), &over), None, "{status}");
    }
}

#[test]
fn a_person_is_waited_for_where_windlass_lets_nothing_go_on() {
    let mut continues = target();
    continues.codedeploy.as_mut().unwrap().continues = true;
    let of_others = |status: &str| {
        let mut seen = seen("-", 0);
        seen.other = Some(deployed("d-9", status));
        seen
    };
    for (target, seen, wanted) in [
        (target(), seen("Ready", 0), Some("d-1")),
        (continues.clone(), seen("Ready", 0), None),
        (target(), seen("InProgress", 0), None),
        (continues, of_others("Ready"), Some("d-9")),
        (target(), of_others("InProgress"), None),
        (target(), seen("-", 0), None),
    ] {
        assert_eq!(left_to_people(&target, &seen).map(|one| one.id.as_str()), wanted, "{seen:?}");
    }
}

#[test]
fn what_callers_get_is_shown_with_what_is_left() {
    let mut all = Vec::new();
    for (status, percent) in [("-", 0), ("InProgress", 0), ("Ready", 0), ("InProgress", 101), ("Succeeded", 101)] {
        all.push(shown(&target(), &seen(status, percent)));
    }
    let mut back = seen("Stopped", 10);
    back.followed.as_mut().unwrap().rollback = Some(deployed("d-2", "InProgress"));
    all.push(shown(&target(), &back));
    let mut other = seen("-", 0);
    other.other = Some(deployed("d-9", "InProgress"));
    all.push(shown(&target(), &other));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn every_end_has_its_sentence() {
    let mut all = Vec::new();
    for code in [
        "ALARM_ACTIVE",
        "HOOK_EXECUTION_FAILURE",
        "IAM_ROLE_PERMISSIONS",
        "TIMEOUT",
        "INTERNAL_ERROR",
        "MANUAL_STOP",
        "",
    ] {
        let mut seen = seen("Failed", 0);
        let own = seen.followed.as_mut().unwrap();
        own.is.error = (!code.is_empty()).then(|| (code.to_owned(), "what AWS says.".to_owned()));
        own.rollback = (code != "TIMEOUT").then(|| deployed("d-2", "Succeeded"));
        let own = own.clone();
        all.push(story(&target(), &seen, &own).taken_back(&troubles(&seen)).written());
    }
    let mut other = deployed("d-9", "Queued");
    let own = seen("InProgress", 0).followed.unwrap();
    let (place, group) = (service(&target()), target().codedeploy.unwrap().named());
    all.push(busy(&place, &group, &other).written());
    other.description = "by hand".into();
    all.extend([
        busy(&place, &group, &other).written(),
        replaced(&WORDS, &place, &other).written(),
        story(&target(), &seen("Succeeded", 0), &own).moved_since().written(),
        nobody(&target()).written(),
        not_steady(&target(), &seen("Succeeded", 101)).written(),
        late(&target(), &seen("InProgress", 0), &own).written(),
    ]);
    insta::assert_snapshot!(all.join("\n"));
}
