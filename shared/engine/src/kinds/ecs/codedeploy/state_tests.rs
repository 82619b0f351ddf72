use super::super::scene::{ago, deployed, earlier, seen};
use super::*;

/// The deployment because of which nobody accepts what callers get.
fn moving(seen: &Seen) -> &str {
    seen.moving().map_or("-", |of| of.id.as_str())
}

#[test]
fn what_callers_get_is_final_when_nothing_moves_them() {
    // How ours stands and what is moved, and what is not over.
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
    stopped.followed.as_mut().unwrap().stops = Some((1, ago(5)));
    assert_eq!(moving(&stopped), "d-1", "it is about to go back");
    let mut returns = seen("Stopped", 101);
    let own = returns.followed.as_mut().unwrap();
    own.is.completed = Some(ago(5));
    assert_eq!(moving(&returns), "d-1", "its rollback may begin");
    for (status, wanted) in [("InProgress", "d-2"), ("Succeeded", "-"), ("Failed", "-")] {
        let own = returns.followed.as_mut().unwrap();
        own.rollback = Some(deployed("d-2", status));
        assert_eq!(moving(&returns), wanted, "{status}");
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
