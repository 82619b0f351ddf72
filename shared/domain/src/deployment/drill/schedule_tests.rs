use crate::declaration::drill_schedule::is_production;
use crate::deployment::drill::schedule::*;
use crate::deployment::drill::{Drill, DrillSummary};
use crate::environment::{HeldState, LockHolder};
use crate::release::action::ActionName;
use crate::release::request::{Requester, Route};
use crate::text::name::EnvironmentName;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

struct Scene {
    drills: Drills,
    lock: Lock,
    waits: Option<DeploymentId>,
    hold: Option<Hold>,
    closed: Option<Closed>,
    runs: bool,
    now: Time,
}

fn id(text: &str) -> DeploymentId {
    DeploymentId(text.into())
}

impl Scene {
    /// A drill proved the way back a week ago, and nothing has happened since.
    fn new() -> Self {
        let mut scene = Self {
            drills: Drills::default(),
            lock: Lock::default(),
            waits: None,
            hold: None,
            closed: None,
            runs: true,
            now: Time(20 * DAY),
        };
        scene.last(DrillOutcome::Proved, 7 * DAY);
        scene.lock.freed = Some(Time(13 * DAY));
        scene
    }

    fn last(&mut self, outcome: DrillOutcome, ms_ago: u64) {
        self.drills.last = Some(DrillSummary {
            drill: id("d1"),
            outcome,
            at: Time(self.now.0 - ms_ago),
            from: None,
            to: None,
            there_ms: None,
            back_ms: None,
            cause: "".into(),
            restored: true,
        });
    }

    fn held(&mut self, state: HeldState) {
        self.lock.held = Some(LockHolder {
            deployment: id("r1"),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: Time(0),
            state,
            looked: false,
        });
    }

    fn facts<'a>(&'a self, schedule: Option<&'a Schedule>) -> DrillFacts<'a> {
        DrillFacts {
            schedule,
            drills: &self.drills,
            lock: &self.lock,
            waits: self.waits.as_ref(),
            hold: self.hold.as_ref(),
            closed: self.closed.as_ref(),
            runs: self.runs,
            now: self.now,
        }
    }
}

fn weekly() -> Schedule {
    serde_json::from_str(r#"{"every": "7d"}"#).unwrap()
}

/// Safety: drills: A drill by a schedule begins when it is due and where nothing is in its way.
#[test]
fn whether_a_drill_begins_and_what_is_in_its_way() {
    type Row = (fn(&mut Scene), &'static str);
    let table: [Row; 15] = [
        (|_| (), "every 7d, was due 1970-01-21T00:00:00Z, begins within the hour"),
        (|s| s.last(DrillOutcome::Proved, 7 * DAY - 1), "every 7d, due 1970-01-21T00:00:00Z"),
        (|s| s.last(DrillOutcome::Failed, 8 * DAY), "every 7d, was due 1970-01-20T00:00:00Z, begins within the hour"),
        // A drill that proved nothing, and is nobody's failure, is tried again a day later.
        (|s| s.last(DrillOutcome::Refused, DAY), "every 7d, was due 1970-01-21T00:00:00Z, begins within the hour"),
        (|s| s.last(DrillOutcome::Overtaken, HOUR), "every 7d, due 1970-01-21T23:00:00Z"),
        (|s| s.drills.last = None, "every 7d, begins within the hour"),
        (|s| s.held(HeldState::Running), "every 7d, was due 1970-01-21T00:00:00Z, put off: deployment r1 is under way"),
        (
            |s| s.held(HeldState::NeedsOperator),
            "every 7d, was due 1970-01-21T00:00:00Z, put off: deployment r1 needs an operator",
        ),
        (|s| s.waits = Some(id("r2")), "every 7d, was due 1970-01-21T00:00:00Z, put off: deployment r2 waits"),
        (
            |s| {
                s.hold = Some(Hold {
                    since: Time(0),
                    reason: "a sale".into(),
                    by: "ann".into(),
                    allowed_by: None,
                    also: vec![],
                });
            },
            "every 7d, was due 1970-01-21T00:00:00Z, put off: deployments are held since \
             1970-01-01T00:00:00Z by ann: \"a sale\"",
        ),
        (
            |s| s.closed = Some(Closed { until: Some(Time(21 * DAY)), freeze: None, waits: true }),
            "every 7d, was due 1970-01-21T00:00:00Z, put off: deployments are held outside of the windows until \
             1970-01-22T00:00:00Z",
        ),
        (|s| s.runs = false, "every 7d, was due 1970-01-21T00:00:00Z, put off: nothing runs there yet"),
        (
            |s| s.lock.freed = Some(Time(s.now.0 - HOUR + 1)),
            "every 7d, was due 1970-01-21T00:00:00Z, put off: it begins an hour after a deployment, after 1970-01-21T00:00:00Z",
        ),
        (
            |s| {
                s.drills.under_way = Some(Drill {
                    id: id("d2"),
                    requester: Requester::new(Route::Windlass, None),
                    reason: None,
                    asked: Time(0),
                    from: None,
                    to: None,
                    there: crate::deployment::drill::DrillDeployment::begin(id("d2")),
                    tried: vec![],
                    back: None,
                    tries: 0,
                    ended: None,
                });
            },
            "every 7d, was due 1970-01-21T00:00:00Z, put off: drill d2 is under way",
        ),
        // Nothing puts off a drill that is not due.
        (
            |s| {
                s.last(DrillOutcome::Proved, DAY);
                s.held(HeldState::Running);
            },
            "every 7d, due 1970-01-27T00:00:00Z",
        ),
    ];
    let weekly = weekly();
    for (change, words) in table {
        let mut scene = Scene::new();
        change(&mut scene);
        let next = scene.facts(Some(&weekly)).next().unwrap();
        assert_eq!(next.to_string(), words);
        assert_eq!(next.begins, words.ends_with("begins within the hour"));
    }
    assert_eq!(Scene::new().facts(None).next(), None);
}

#[test]
fn a_column_shows_when_the_next_one_is_due_or_why_it_is_put_off() {
    type Row = (fn(&mut Scene), &'static str);
    let table: [Row; 5] = [
        (|_| (), "next within the hour"),
        (|s| s.last(DrillOutcome::Proved, DAY), "next 1970-01-27T00:00:00Z"),
        (|s| s.drills.last = None, "next within the hour"),
        (|s| s.held(HeldState::Running), "next put off: deployment r1 is under way"),
        (
            |s| {
                s.last(DrillOutcome::Proved, DAY);
                s.held(HeldState::Running);
            },
            "next 1970-01-27T00:00:00Z",
        ),
    ];
    let weekly = weekly();
    for (change, words) in table {
        let mut scene = Scene::new();
        change(&mut scene);
        assert_eq!(scene.facts(Some(&weekly)).next().unwrap().in_short(), words);
    }
}

#[test]
fn production_is_known_by_a_name_or_a_part_of_it() {
    for (name, wanted) in [
        ("prod", true),
        ("production", true),
        ("prod-eu", true),
        ("eu-production", true),
        ("staging", false),
        ("preprod", false),
        ("products", false),
        ("live", false),
    ] {
        let environment = EnvironmentName::new(name).unwrap();
        assert_eq!(is_production(&environment), wanted, "{name}");
        assert_eq!(weekly().finding(&environment).is_some(), wanted, "{name}");
        let meant = Schedule { production: true, ..weekly() };
        assert_eq!(meant.finding(&environment), None, "{name}");
    }
}

/// However often it is started, the same request until a drill has ended since.
#[test]
fn the_key_is_the_same_until_a_drill_has_ended() {
    let mut scene = Scene::new();
    assert_eq!(scene.facts(None).key(), "scheduled after d1");
    scene.now = Time(40 * DAY);
    assert_eq!(scene.facts(None).key(), "scheduled after d1");
    scene.drills.last = None;
    assert_eq!(scene.facts(None).key(), "scheduled after none");
}

#[test]
fn days_are_read_as_they_are_written() {
    for text in ["1d", "7d", "30d", "365d"] {
        assert_eq!(Days::try_from(text.to_owned()).unwrap().to_string(), text);
    }
    for bad in ["", "d", "0d", "07d", "366d", "7", "7h", "-1d", "1.5d", "+7d"] {
        assert!(Days::try_from(bad.to_owned()).is_err(), "{bad}");
    }
}
