use crate::declaration::gate::*;
use serde_json::json;

const MINUTE: u64 = 60_000;

fn point(minute: u64, verdict: Verdict) -> Point {
    Point { at: Time(minute * MINUTE), value: Some(1.0), verdict }
}

fn measured(gate: &str, minute: u64, value: Option<f64>) -> Measurement {
    Measurement {
        gate: gate.into(),
        source: "metric".into(),
        component: None,
        verdict: Verdict::Pass,
        measured: "it".into(),
        value,
        threshold: "5".into(),
        limit: Some(5.0),
        window: String::new(),
        look_at: String::new(),
        not_ready: false,
        counts_later: false,
        at: Time(minute * MINUTE),
    }
}

fn minutes(points: &[Point]) -> Vec<u64> {
    points.iter().map(|point| point.at.0 / MINUTE).collect()
}

/// The minutes of looks with their verdicts, how many may stay, the minutes that stay.
type Row<'a> = (&'a [(u64, Verdict)], usize, &'a [u64]);

#[test]
fn the_first_the_newest_and_the_changes_stay() {
    use Verdict::{Fail, Pass, Unknown};
    let table: [Row; 8] = [
        (&[], 3, &[]),
        (&[(0, Pass)], 3, &[0]),
        (&[(0, Pass), (1, Pass), (2, Pass)], 3, &[0, 1, 2]),
        (&[(0, Pass), (1, Pass), (2, Pass), (3, Pass)], 3, &[0, 2, 3]),
        (&[(0, Pass), (1, Pass), (5, Pass), (6, Pass), (20, Pass)], 4, &[0, 5, 6, 20]),
        (&[(0, Pass), (1, Unknown), (2, Pass), (3, Pass), (4, Pass), (5, Pass)], 5, &[0, 1, 2, 4, 5]),
        (&[(0, Pass), (1, Pass), (2, Pass), (3, Fail)], 3, &[0, 2, 3]),
        // If every verdict changes, there is no room for all of them.
        (&[(0, Pass), (1, Fail), (2, Pass), (3, Fail), (4, Pass)], 0, &[0, 4]),
    ];
    for (looks, most, wanted) in table {
        let mut points: Vec<Point> = looks.iter().map(|(at, verdict)| point(*at, *verdict)).collect();
        thin(&mut points, most);
        assert_eq!(minutes(&points), wanted, "{looks:?}");
    }
}

/// However long it is watched, no gap is much longer than another, except that the gaps at the newest end are being
/// doubled.
#[test]
fn a_watch_of_days_stays_even_and_short() {
    let mut trails = GatePoints::new();
    for minute in 0..7 * 1440 {
        add(&mut trails, &[measured("5xx", minute, Some(3.0))]);
        let points = &trails["metric 5xx"];
        assert!(points.len() <= MOST_OF_A_GATE);
        assert_eq!(points.first().unwrap().at, Time(0));
        assert_eq!(points.last().unwrap().at, Time(minute * MINUTE));
        let at = minutes(points);
        let longest = at.windows(2).map(|two| two[1] - two[0]).max().unwrap_or(0);
        let even = minute / (MOST_OF_A_GATE as u64 - 1) + 1;
        assert!(longest <= 4 * even, "{minute}: {at:?}");
    }
    assert_eq!(trails["metric 5xx"].len(), MOST_OF_A_GATE);
}

#[test]
fn many_gates_have_few_points_each_and_all_of_them_fit_an_item() {
    for (gates, wanted) in [(1, 60), (16, 60), (40, 25), (400, 4)] {
        let mut trails = GatePoints::new();
        for minute in 0..100 {
            let look: Vec<Measurement> =
                (0..gates).map(|gate| measured(&format!("gate-{gate}"), minute, Some(3.25))).collect();
            add(&mut trails, &look);
        }
        assert_eq!(trails.len(), gates);
        assert!(trails.values().all(|points| points.len() == wanted), "{gates}");
        let bytes = json!(trails).to_string().len();
        assert!(bytes < 120 * 1024, "{gates} gates: {bytes} bytes");
    }
    for (trails, wanted) in [(0, 60), (100, 60), (200, 30), (3_000, 4)] {
        assert_eq!(most_of_each(trails), wanted);
    }
}

#[test]
fn a_point_without_a_number_has_its_verdict() {
    let mut trails = GatePoints::new();
    add(&mut trails, &[measured("/", 1, None)]);
    assert_eq!(json!(trails), json!({"metric /": [{"at": 60_000, "verdict": "pass"}]}));
}
