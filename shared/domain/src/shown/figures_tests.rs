use crate::deployment::Cost;
use crate::shown::figures::*;
use crate::shown::outcome::CountedDeployment;
use serde_json::json;

const HOUR: u64 = 3_600_000;

/// The 1st of November 2026.
const BEGIN: Time = Time(1_793_491_200_000);

const MONTH: FiguresWindow = FiguresWindow { from: BEGIN, to: Time(BEGIN.0 + 30 * DAY_MS) };

/// A deployment: asked for in this hour, with its turn an hour later and its ending two hours after that.
fn asked(hour: u64, action: &str, ending: Option<&str>) -> Deployment {
    let at = BEGIN.plus_ms(hour * HOUR);
    let id = format!("{hour:016x}");
    let ending = ending.map(|ending| {
        json!({"ending": ending, "cause_name": "", "cause": "", "at": at.0 + 3 * HOUR,
            "cost": {"transitions": 40, "worked_ms": 0, "dollars": 0.25}})
    });
    let record = json!({
        "id": id, "app": "shop", "environment": "prod", "action": action, "attempt": 1,
        "release": {"app": "shop", "version": "1.0.0", "components": {}},
        "release_digest": format!("{hour:064x}"), "declaration": "1.0.0", "requester": {"route": "api"},
        "order": {"accepted": at.0, "id": id}, "allow_older": false, "accept_red": false, "again": false,
        "by_person": false, "accepted": at.0, "started": at.0 + HOUR, "executions": [],
        "status": if ending.is_some() { "ended" } else { "running" }, "ending": ending,
    });
    serde_json::from_value(record).unwrap()
}

fn deploy(hour: u64, ending: &str) -> Deployment {
    asked(hour, "deploy", Some(ending))
}

fn rollback(hour: u64, ending: &str) -> Deployment {
    asked(hour, "rollback", Some(ending))
}

/// Made by a commit of so many hours after the month's begin.
fn committed(mut one: Deployment, hour: u64) -> Deployment {
    let time = BEGIN.plus_ms(hour * HOUR).to_string();
    let git = json!({"ref": "refs/heads/main", "time": time});
    one.release.git = Some(serde_json::from_value(git).unwrap());
    one
}

fn stopped(mut one: Deployment) -> Deployment {
    one.stopped = true;
    one
}

fn resolved(mut one: Deployment, hour: u64) -> Deployment {
    let at = BEGIN.plus_ms(hour * HOUR);
    let resolved = json!({"at": at, "by": {"route": "console"}, "reason": "seen to"});
    one.ending.as_mut().unwrap().resolved = Some(serde_json::from_value(resolved).unwrap());
    one
}

/// Hours from failures to good states, as they are shown: how many, the median and the 90th percentile.
fn hours(spread: Option<Percentiles>) -> Option<(u64, u64, u64)> {
    spread.map(|it| (it.of, it.median_ms / HOUR, it.p90_ms / HOUR))
}

/// Deployments; changes, live, failed, rollbacks, not restored; hours to restore.
type Row = (Vec<Deployment>, [u64; 5], Option<(u64, u64, u64)>);

#[test]
fn endings_come_to_changes_failures_and_restorings() {
    let unended = || asked(40, "deploy", None);
    let table: Vec<Row> = vec![
        (vec![], [0, 0, 0, 0, 0], None),
        (vec![unended()], [0, 0, 0, 0, 0], None),
        (vec![deploy(1, "Succeeded")], [1, 1, 0, 0, 0], None),
        (vec![deploy(1, "NothingToDo"), deploy(2, "Rejected")], [0, 0, 0, 0, 0], None),
        // An undo takes from the turn to the ending.
        (vec![deploy(1, "RolledBack")], [1, 0, 1, 0, 0], Some((1, 2, 2))),
        // A person stopped it: nothing is said of the change.
        (vec![stopped(deploy(1, "RolledBack"))], [0, 0, 0, 0, 0], None),
        // It was stopped, and could not be restored.
        (vec![stopped(deploy(1, "NeedsOperator"))], [1, 0, 1, 0, 1], None),
        (vec![resolved(deploy(1, "NeedsOperator"), 12)], [1, 0, 1, 0, 0], Some((1, 10, 10))),
        (vec![deploy(1, "NeedsOperator"), deploy(20, "Succeeded")], [2, 1, 1, 0, 0], Some((1, 21, 21))),
        // A rollback takes back the newest that stands, from the request to the ending.
        (vec![deploy(1, "Succeeded"), rollback(9, "Succeeded")], [1, 1, 1, 1, 0], Some((1, 3, 3))),
        // Pressed twice it takes back two, and a third one was from before the window.
        (
            vec![
                deploy(1, "Succeeded"),
                deploy(5, "Succeeded"),
                rollback(9, "Succeeded"),
                rollback(13, "Succeeded"),
                rollback(17, "Succeeded"),
            ],
            [2, 2, 2, 3, 0],
            Some((3, 3, 3)),
        ),
        // A rollback that fails counts on until the next that succeeds.
        (
            vec![deploy(1, "Succeeded"), rollback(9, "RolledBack"), rollback(20, "Succeeded")],
            [1, 1, 1, 2, 0],
            Some((1, 14, 14)),
        ),
        (vec![rollback(9, "RolledBack")], [0, 0, 0, 1, 1], None),
        (vec![rollback(9, "NothingToDo")], [0, 0, 0, 0, 0], None),
    ];
    for (row, (all, [changes, live, failed, rollbacks, not_restored], restored)) in table.into_iter().enumerate() {
        let got = figures(MONTH, &all);
        let seen = [got.changes, got.live, got.failed, got.rollbacks, got.not_restored];
        assert_eq!(seen, [changes, live, failed, rollbacks, not_restored], "{row}");
        assert_eq!(hours(got.time_to_restore), restored, "{row}");
        assert_eq!(got.failure_rate.is_some(), changes > 0, "{row}");
        assert_eq!(got.deployments, all.len() as u64, "{row}");
    }
    let seen = figures(MONTH, &[unended()]);
    assert_eq!((seen.under_way, seen.cost_by_month.len()), (1, 0));
}

/// A drill changes nothing that stays, and a restoring nothing that is recorded. Both cost.
#[test]
fn drills_and_restorings_are_no_deployments_and_cost() {
    // The endings of each, or that it is under way; deployments that are counted, and under way; estimates.
    let table = [
        (vec![("drill", Some("Succeeded"))], [0, 0, 1]),
        (vec![("drill", Some("RolledBack"))], [0, 0, 1]),
        (vec![("drill", Some("NeedsOperator"))], [0, 0, 1]),
        (vec![("drill", None)], [0, 0, 0]),
        (vec![("restore", Some("Succeeded"))], [0, 0, 1]),
        (vec![("restore", Some("NeedsOperator"))], [0, 0, 1]),
        (vec![("restore", None)], [0, 0, 0]),
        (
            vec![
                ("deploy", Some("Succeeded")),
                ("drill", Some("Succeeded")),
                ("drill", Some("RolledBack")),
                ("restore", Some("Succeeded")),
                ("deploy", None),
                ("drill", None),
            ],
            [2, 1, 4],
        ),
    ];
    for (row, (all, [deployments, under_way, estimates])) in table.into_iter().enumerate() {
        let each = (0..).zip(&all);
        let each = each.map(|(hour, (action, ending))| asked(hour, action, *ending));
        let each: Vec<Deployment> = each.collect();
        let got = figures(MONTH, &each);
        assert_eq!(
            (got.deployments, got.under_way, got.cost().deployments),
            (deployments, under_way, estimates),
            "{row}"
        );
        let released = all.iter().filter(|(action, _)| *action == "deploy").count() as u64;
        assert_eq!(got.changes, released - under_way, "{row}");
        assert_eq!((got.failed, got.not_restored), (0, 0), "{row}");
        assert_eq!(got.time_to_restore, None, "{row}");
    }
}

#[test]
fn lead_time_counts_from_a_commit_that_has_a_possible_time_once_per_release() {
    let mut again = committed(deploy(30, "Succeeded"), 2);
    let first = committed(deploy(10, "Succeeded"), 3);
    again.release_digest = first.release_digest.clone();
    let all = [
        first,
        again,
        committed(deploy(20, "Succeeded"), 3),
        committed(deploy(40, "Succeeded"), 44),
        deploy(50, "Succeeded"),
        committed(deploy(60, "RolledBack"), 59),
    ];
    let seen = figures(MONTH, &all);
    assert_eq!(hours(seen.lead_time), Some((2, 10, 20)));
    assert_eq!(seen.without_commit_time, 2);
}

#[test]
fn what_was_accepted_outside_the_window_is_passed_over() {
    let mut before = deploy(0, "Succeeded");
    before.accepted = Time(MONTH.from.0 - 1);
    let mut after = deploy(0, "Succeeded");
    after.accepted = MONTH.to;
    let seen = figures(MONTH, &[before, deploy(0, "Succeeded"), after]);
    assert_eq!((seen.deployments, seen.live), (1, 1));
}

#[test]
fn a_recovery_under_way_is_no_ending() {
    let mut recovers = deploy(1, "NeedsOperator");
    recovers.status = Status::Recovering;
    let seen = figures(MONTH, &[recovers]);
    assert_eq!((seen.under_way, seen.changes), (1, 0));
}

#[test]
fn a_spread_has_its_nearest_ranks() {
    assert_eq!(Percentiles::of(vec![]), None);
    let of = |lengths: Vec<u64>| Percentiles::of(lengths).map(|it| (it.of, it.median_ms, it.p90_ms));
    assert_eq!(of(vec![7]), Some((1, 7, 7)));
    assert_eq!(of(vec![9, 1]), Some((2, 1, 9)));
    assert_eq!(of((1..=10).rev().collect()), Some((10, 5, 9)));
    assert_eq!(of((1..=101).collect()), Some((101, 51, 91)));
}

#[test]
fn cost_is_shown_by_month() {
    let mut unknown = deploy(2, "Rejected");
    unknown.ending.as_mut().unwrap().cost = None::<Cost>;
    let next = deploy(30 * 24, "Succeeded");
    let window = FiguresWindow { to: Time(u64::MAX), ..MONTH };
    let seen = figures(window, &[deploy(1, "Succeeded"), unknown, rollback(9, "Succeeded"), next]);
    let months: Vec<_> = seen.cost_by_month.iter().collect();
    let month = |deployments, without, dollars| MonthlyCost { deployments, without, dollars };
    assert_eq!(months, [(&"2026-11".to_owned(), &month(2, 1, 0.5)), (&"2026-12".to_owned(), &month(1, 0, 0.25))]);
}

/// A month of five deployments a day, by a rule that decides each one's fate. The expected figures are counted from the
/// rule.
#[test]
fn a_scripted_month_comes_to_what_its_script_says() {
    let mut all = Vec::new();
    for day in 0..30 {
        let hour = day * 24;
        all.push(committed(deploy(hour, "Succeeded"), hour.saturating_sub(day)));
        all.push(deploy(hour + 4, "NothingToDo"));
        // Every third day one is undone, every tenth a good one is taken back.
        if day % 3 == 0 {
            all.push(deploy(hour + 8, "RolledBack"));
        }
        if day % 10 == 9 {
            all.push(rollback(hour + 12, "Succeeded"));
        }
    }
    // The order of reading does not matter.
    all.reverse();
    let seen = figures(MONTH, &all);
    assert_eq!((seen.live, seen.changes, seen.failed), (30, 40, 10 + 3));
    assert!((seen.failure_rate.unwrap() - 13.0 / 40.0).abs() < 1e-12);
    // Counts of the endings, each for itself, come to the same.
    let ended = all.iter().filter_map(|one| CountedDeployment::of(None, one));
    let counted = ended.fold((0, 0), |(changes, failed), ended| {
        let outcome = ended.outcome;
        (changes + outcome.changes(), failed + outcome.failed())
    });
    assert_eq!(counted, (seen.changes, seen.failed));
    assert!((seen.live_per_day - 1.0).abs() < 1e-12);
    // A commit of day n is n hours old when it is asked for, and goes live three hours later: 3 to 32 hours.
    assert_eq!(hours(seen.lead_time), Some((30, 3 + 14, 3 + 26)));
    // Ten undos of two hours, three rollbacks of three.
    assert_eq!(hours(seen.time_to_restore), Some((13, 2, 3)));
    let cost = seen.cost_by_month["2026-11"];
    assert_eq!((cost.deployments, cost.without), (30 + 30 + 10 + 3, 0));
    assert!((cost.dollars - 73.0 * 0.25).abs() < 1e-9);
}
