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
            seen.events =
                vec![LifecycleEvent { name: event.into(), status: status.into(), words: "why".into(), ended: None }];
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
        all.push(taken_back(&target(), &seen, &ours).to_string());
    }
    let other = deployed("d-9", "Queued");
    let ours = deployed("d-1", "Succeeded");
    let slow = deployed("d-1", "InProgress");
    all.extend([
        moved_since(&target(), &seen("7", "Succeeded"), &ours).to_string(),
        replaced(&target(), &other).to_string(),
        busy(&target(), &other).to_string(),
        shared(&target(), &seen("1+7@0.5", "-").traffic()).to_string(),
        late(&target(), &seen("1", "InProgress"), &slow, 10).to_string(),
    ]);
    insta::assert_snapshot!(all.join("\n"));
}
