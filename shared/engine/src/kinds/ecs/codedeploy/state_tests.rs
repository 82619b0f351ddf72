use super::super::scene::{ago, deployed, earlier, seen, sends};
use super::*;

/// Returns the deployment that may still change what callers get.
fn moving(seen: &Seen) -> &str {
    seen.moving().map_or("-", |of| of.id.as_str())
}

#[test]
fn what_callers_get_is_final_when_nothing_moves_them() {
    // The status of our deployment and the percent that is moved. Expected: the deployment that is not final.
    let table = [
        ("-", 0, "-"),
        ("Created", 0, "d-1"),
        ("Queued", 0, "d-1"),
        ("InProgress", 0, "d-1"),
        ("InProgress", 10, "d-1"),
        ("InProgress", 100, "d-1"),
        ("Ready", 0, "d-1"),
        ("Dreaming", 101, "d-1"),
        // It only keeps the former tasks.
        ("InProgress", 101, "-"),
        ("Baking", 101, "-"),
        ("Succeeded", 101, "-"),
        ("Stopped", 0, "-"),
        ("Failed", 10, "-"),
    ];
    for (status, percent, wanted) in table {
        assert_eq!(moving(&seen(status, percent)), wanted, "{status} {percent}");
        let earlier = earlier(status, percent);
        assert_eq!(moving(&earlier), wanted, "earlier: {status} {percent}");
    }
}

#[test]
fn what_is_stopped_or_taken_back_is_not_final() {
    let mut stopped = seen("InProgress", 101);
    stopped.followed.as_mut().unwrap().stops = Some(sends(1, 5));
    assert_eq!(moving(&stopped), "d-1", "it is about to go back");
    for (seconds, wanted) in [(5, "d-1"), (20, "-")] {
        let stops = &mut stopped.followed.as_mut().unwrap().stops;
        *stops = Some(sends(1, seconds));
        stops.as_mut().unwrap().answered = false;
        assert_eq!(moving(&stopped), wanted, "unanswered for {seconds} s");
    }
    let mut returns = seen("Stopped", 101);
    returns.followed.as_mut().unwrap().is.completed = Some(ago(5));
    assert_eq!(moving(&returns), "d-1", "its rollback may begin");
    for (status, wanted) in [("InProgress", "d-2"), ("Succeeded", "-"), ("Failed", "-")] {
        returns.followed.as_mut().unwrap().rollback = Some(deployed("d-2", status));
        assert_eq!(moving(&returns), wanted, "{status}");
    }
}

#[test]
fn what_callers_get_is_what_codedeploy_has_answered() {
    // Whether a stop was sent and answered, and the status. Expected: what callers get while the new tasks have them.
    let table = [
        (None, "InProgress", "new"),
        (Some(false), "InProgress", "new"),
        (Some(true), "InProgress", "former"),
        (Some(false), "Stopped", "former"),
        // The stop did not reach it in time.
        (Some(false), "Succeeded", "new"),
        (Some(true), "Succeeded", "new"),
    ];
    for (stop, status, wanted) in table {
        let mut own = seen(status, 100).followed.unwrap();
        own.is.completed = Some(ago(1));
        let mut asked =
            DeploymentRequest { from: "former".into(), to: "new".into(), at: ago(60), stop: None, after: None };
        own.is.description = "Windlass deployment 1: new".into();
        if let Some(answered) = stop {
            own.stops = Some(sends(1, 5));
            own.stops.as_mut().unwrap().answered = answered;
            asked =
                DeploymentRequest { from: "new".into(), to: "former".into(), stop: Some(own.is.id.clone()), ..asked };
        }
        let got = callers("new", Some(&asked), Some(&own), ago(0));
        assert_eq!(got, wanted, "{stop:?} {status}");
    }
}

#[test]
fn somebody_else_s_is_final_when_it_has_moved_all_callers() {
    for (moves, wanted) in [(true, "d-9"), (false, "-")] {
        let mut theirs = seen("Succeeded", 101);
        theirs.other = Some(deployed("d-9", "InProgress"));
        theirs.other_moves = moves;
        assert_eq!(moving(&theirs), wanted);
    }
}
