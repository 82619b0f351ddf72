use super::super::next::tests::{deployed, function, seen, sends};
use super::*;

#[test]
fn what_callers_get_does_not_move_by_itself() {
    let all_to = |version: &str| Traffic::all_to(version);
    for (traffic, ours, wanted) in [
        ("1", "-", all_to("1")),
        ("1+7@0.5", "-", function("1+7@0.5").alias.unwrap().traffic),
        ("1", "Created", all_to("2")),
        ("1", "InProgress", all_to("2")),
        ("1+2@0.1", "InProgress", all_to("2")),
        ("2", "InProgress", all_to("2")),
        ("2", "Succeeded", all_to("2")),
        ("1", "Stopped", all_to("1")),
        // As it was left, until the undo ends it.
        ("1+2@0.1", "Stopped", all_to("2")),
        ("1+2@0.1", "", all_to("2")),
        // Somebody else's.
        ("3", "InProgress", all_to("3")),
        ("1+7@0.5", "InProgress", function("1+7@0.5").alias.unwrap().traffic),
        ("1", "Succeeded", all_to("1")),
    ] {
        assert_eq!(seen(traffic, ours).callers(), wanted, "{traffic} {ours}");
    }
    for traffic in ["1", "1+2@0.1", "2"] {
        for ours in ["InProgress", "Stopped"] {
            let mut stopped = seen(traffic, ours);
            stopped.stops = Some(sends(1, 1));
            assert_eq!(stopped.callers(), all_to("1"), "stopped: {traffic} {ours}");
        }
        let mut unanswered = seen(traffic, "InProgress");
        let as_it_moves = unanswered.callers();
        unanswered.stops = Some(sends(1, 1));
        unanswered.stops.as_mut().unwrap().answered = false;
        assert_eq!(unanswered.callers(), as_it_moves, "unanswered: {traffic}");
        let mut too_late = seen(traffic, "Succeeded");
        let without_a_stop = too_late.callers();
        too_late.stops = Some(sends(1, 1));
        assert_eq!(too_late.callers(), without_a_stop, "too late: {traffic}");
    }
    let mut returning = seen("1", "Stopped");
    returning.rollback = Some(deployed("d-2", "InProgress"));
    assert_eq!(returning.callers(), all_to("2"), "until it is over");
}

#[test]
fn what_callers_get_is_final_when_nothing_moves_them() {
    let moving = |seen: &Seen| seen.moving().map(|of| of.id.clone()).unwrap_or_default();
    for (ours, wanted) in [
        ("-", ""),
        ("", ""),
        ("Created", "d-1"),
        ("InProgress", "d-1"),
        ("Baking", "d-1"),
        ("Dreaming", "d-1"),
        ("Succeeded", ""),
        ("Stopped", ""),
    ] {
        assert_eq!(moving(&seen("1", ours)), wanted, "{ours}");
        let mut beside = seen("1", ours);
        beside.other = Some(deployed("d-9", "InProgress"));
        let wanted = if wanted.is_empty() { "d-9" } else { wanted };
        assert_eq!(moving(&beside), wanted, "{ours}");
    }
    let mut returning = seen("1", "Stopped");
    returning.rollback = Some(deployed("d-2", "InProgress"));
    assert_eq!(moving(&returning), "d-2");
}
