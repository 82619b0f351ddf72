use crate::declaration::plan::KindName;
use crate::deployment::second_look::*;
use crate::deployment::step::{ChangeRecord, StepStatus};
use crate::environment::drift::BothStates;
use serde_json::json;

const ENDED: Time = Time(1_795_183_200_000);

fn name(text: &str) -> ComponentName {
    ComponentName::new(text).unwrap()
}

/// A record as the ledger has it, with what matters here.
fn record(ending: Option<Ending>, executions: &[&str]) -> Deployment {
    let digest = "a".repeat(64);
    let mut record = json!({
        "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": "deploy",
        "attempt": 1, "release": {"app": "shop", "version": "1.1.0", "components": {}},
        "release_digest": digest, "declaration": "1.0.0", "requester": {"route": "console"},
        "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"}, "allow_older": false,
        "accept_red": false, "again": false, "by_person": true, "accepted": 0,
        "executions": executions, "status": "ended",
    });
    if let Some(ending) = ending {
        record["ending"] = json!({"ending": ending, "cause_name": "", "cause": "", "at": ENDED});
    }
    serde_json::from_value(record).unwrap()
}

fn step(component: &str, switching: bool) -> Step {
    let change = ChangeRecord {
        at: ENDED,
        change: serde_json::Value::Null,
        made: None,
        what: "alias live 40 → 41".into(),
        answered: false,
        answered_at: None,
        wave: Some(0),
        undo: false,
        switching,
        token: 1,
    };
    let planned = Step::planned(
        DeploymentId("1f0c2d9a4b5e6f70".into()),
        AppName::new("shop").unwrap(),
        EnvironmentName::new("prod").unwrap(),
        name(component),
        KindName::Lambda,
    );
    Step {
        target: json!({}),
        before: json!(40),
        attempt: 1,
        status: StepStatus::Undone,
        wave: Some(0),
        changes: vec![change],
        seen: Some(json!(40)),
        invocations: 1,
        ..planned
    }
}

fn due() -> SecondLook {
    let record = record(Some(Ending::RolledBack), &["own", "recovery"]);
    SecondLook::after(&record, [&step("api", true)]).unwrap()
}

fn compared(drift: Drift) -> Compared {
    let known = |text: &str| (drift != Drift::Unknown).then(|| text.to_owned());
    Compared {
        drift,
        both: BothStates {
            recorded: known("40 at 100 %"),
            seen: known(match drift {
                Drift::Changed => "41 at 100 %",
                _ => "40 at 100 %",
            }),
            fields: Vec::new(),
            reason: (drift == Drift::Unknown).then(|| "lambda:GetAlias was refused".into()),
        },
    }
}

fn all(drifts: &[Drift]) -> BTreeMap<ComponentName, Compared> {
    ["agent", "api", "web"].into_iter().zip(drifts).map(|(of, drift)| (name(of), compared(*drift))).collect()
}

#[test]
fn a_look_is_due_after_a_recovery_that_left_something_behind() {
    use Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
    // ending, executions, whether something was switched, whether a look is due
    let table = [
        (Some(RolledBack), 2, true, true),
        (Some(Succeeded), 2, true, true),
        (Some(RolledBack), 5, true, true),
        (Some(RolledBack), 1, true, false),
        (Some(Succeeded), 1, true, false),
        (Some(RolledBack), 2, false, false),
        (Some(NeedsOperator), 2, true, false),
        (Some(Rejected), 2, true, false),
        (Some(NothingToDo), 2, true, false),
        (None, 2, true, false),
    ];
    for (ending, executions, switching, is_due) in table {
        let executions = ["own", "a", "b", "c", "d"][..executions].to_vec();
        let record = record(ending, &executions);
        let steps = [step("api", switching), step("web", false)];
        let due = SecondLook::after(&record, &steps);
        let case = format!("{ending:?} by {executions:?}, switching {switching}");
        assert_eq!(due.is_some(), is_due, "{case}");
        let at = due.map(|due| due.due);
        assert_eq!(at, is_due.then(|| ENDED.plus_s(900)), "{case}");
    }
}

#[test]
fn a_goal_is_reached_where_it_was_seen_and_not_taken_back() {
    use StepStatus::{Changed, Changing, Failed, Planned, UndoFailed, Undoing, Undone};
    for status in [Changing, Changed, Failed, Planned, UndoFailed, Undoing, Undone] {
        for seen in [Some(json!(41)), None] {
            let is_reached = status == Changed && seen.is_some();
            let step = Step { status, seen, ..step("api", true) };
            assert_eq!(step.was_reached(), is_reached, "{status:?}");
        }
    }
}

#[test]
fn automatic_deployments_are_held_for_what_was_said_first() {
    let mut look = due();
    assert_eq!(look.reason_to_hold(), "");
    let changed = |seen: String| {
        let one = Compared { drift: Drift::Changed, both: BothStates { seen: Some(seen), ..BothStates::default() } };
        BTreeMap::from([(ComponentName::new("api").unwrap(), one)])
    };
    let first = "shop prod 1.1.0 is NOT as its recovery left it: looked at again 0 minutes after it ended RolledBack.";
    let long: String = format!("{first}  NOT as recorded: api (seen {}", "ä".repeat(1001)).chars().take(1000).collect();
    let table = [
        (BTreeMap::new(), first.to_owned()),
        (changed("41".into()), format!("{first}  NOT as recorded: api (seen 41)")),
        (changed("ä".repeat(1001)), long),
    ];
    for (components, reason) in table {
        look.conclude(SecondLookResult::Changed, components, ENDED);
        assert_eq!(look.reason_to_hold(), reason);
    }
}

#[test]
fn what_a_later_deployment_has_brought_is_not_looked_at() {
    let running = |deployment: &str, since: Time| {
        Running::new(
            None,
            GivenVersion {
                version: "1.0.0".into(),
                deployment: DeploymentId(deployment.into()),
                since,
                git: None,
                released_by: None,
            },
            json!(1),
        )
    };
    let own = "1f0c2d9a4b5e6f70";
    // the version that the environment says runs, whether it is looked at
    let table = [
        (None, true),
        (Some(running("former", Time(0))), true),
        (Some(running(own, ENDED)), true),
        (Some(running("later", ENDED)), false),
        (Some(running("later", ENDED.plus_s(60))), false),
    ];
    for (running, is_left) in table {
        let mut state = EnvironmentState::default();
        state.running.extend(running.clone().map(|running| (name("api"), running)));
        let left = due().left(&[step("api", true), step("web", false)], &state);
        assert_eq!(left.len(), usize::from(is_left), "{running:?}");
        if let Some(left) = left.get(&name("api")) {
            assert_eq!(left.state, json!(40), "as it was seen last");
            assert_eq!(left.names.now.deployment.as_str(), own);
        }
    }
}

#[test]
fn what_went_with_what_had_made_it_is_not_looked_at() {
    use StepStatus::{Changed, UndoFailed, Undone};
    // whether `infra` made the target of `api`, the status of `infra`, whether it switched, whether `api` is looked at
    let table = [
        (true, Undone, true, false),
        (true, Undone, false, true),
        (true, Changed, true, true),
        (true, UndoFailed, true, true),
        (false, Undone, true, true),
    ];
    for (is_made, status, switching, is_left) in table {
        let infra = Step { status, ..step("infra", switching) };
        let api = Step { is_made, stands_on: [name("infra")].into(), ..step("api", true) };
        let left = due().left(&[infra, api], &EnvironmentState::default());
        assert_eq!(left.contains_key(&name("api")), is_left, "{is_made} {status:?} {switching}");
        assert_eq!(left.contains_key(&name("infra")), switching, "{is_made} {status:?}");
    }
}

#[test]
fn what_was_seen_is_judged() {
    use Drift::{Changed, None as As, Unknown};
    // drifts, tries, the observation
    let table: &[(&[Drift], u32, Option<SecondLookResult>)] = &[
        (&[], 1, Some(SecondLookResult::Replaced)),
        (&[As], 1, Some(SecondLookResult::AsLeft)),
        (&[As, As, As], 1, Some(SecondLookResult::AsLeft)),
        (&[As, Changed, As], 1, Some(SecondLookResult::Changed)),
        (&[Unknown, Changed], 1, Some(SecondLookResult::Changed)),
        (&[As, Unknown], 1, None),
        (&[As, Unknown], TRIES - 1, None),
        (&[As, Unknown], TRIES, Some(SecondLookResult::Unknown)),
        (&[As, As], TRIES, Some(SecondLookResult::AsLeft)),
    ];
    for (drifts, tries, saw) in table {
        let look = SecondLook { tries: *tries, ..due() };
        assert_eq!(look.result_of(&all(drifts)), *saw, "{drifts:?} after {tries}");
    }
}

#[test]
fn tries_are_counted_before_anything_is_seen_and_end() {
    let mut look = due();
    for tried in 1..=TRIES {
        assert!(look.begin(ENDED), "{tried}");
        assert_eq!(look.tries, tried);
        assert_eq!(look.due, ENDED.plus_s(300));
    }
    assert!(!look.begin(ENDED));
    assert_eq!(look.tries, TRIES);
    look.postpone(ENDED.plus_s(300));
    assert_eq!((look.tries, look.due), (TRIES, ENDED.plus_s(600)));
}

#[test]
fn it_is_over_when_it_is_reported_and_held() {
    let mut look = due();
    assert!(!look.is_over());
    for (saw, is_over) in [
        (SecondLookResult::AsLeft, true),
        (SecondLookResult::Replaced, true),
        (SecondLookResult::Unknown, true),
        (SecondLookResult::Changed, false),
    ] {
        look.conclude(saw, BTreeMap::new(), ENDED);
        assert_eq!(look.is_over(), is_over, "{saw:?}");
    }
    for (holds, hold, is_over) in [(TRIES - 1, None, false), (TRIES, Some("arn"), false), (TRIES, None, true)] {
        look.holds = holds;
        look.hold = hold.map(str::to_owned);
        assert_eq!(look.is_over(), is_over, "{holds} {hold:?}");
    }
    look.holds = 0;
    look.held = true;
    assert!(look.is_over());
}

fn in_words(saw: SecondLookResult, drifts: &[Drift]) -> String {
    let mut look = SecondLook { tries: 6, ..due() };
    look.conclude(saw, all(drifts), ENDED.plus_s(16 * 60));
    assert!(look.reason_to_hold().chars().count() <= 1000);
    look.looked.unwrap().told.written()
}

#[test]
fn what_is_said() {
    use Drift::{Changed, None as As, Unknown};
    insta::assert_snapshot!(in_words(SecondLookResult::Changed, &[As, Changed, Unknown]), @r#"
    shop prod 1.1.0 is NOT as its recovery left it: looked at again 16 minutes after it ended RolledBack.
      NOT as recorded: api (recorded 40 at 100 %, seen 41 at 100 %)
      not known: web (lambda:GetAlias was refused)
      as recorded: agent (seen 40 at 100 %)
      next: automatic deployments are being held; find out who changed it (CloudTrail); bring back what is recorded by {"action":"restore","app":"shop","environment":"prod","reason":"…"}; where nothing is recorded, deploy what should run with `again` and `through_hold`; or roll back; then start {"action":"release_hold","app":"shop","environment":"prod","reason":"…"}
    "#);
    insta::assert_snapshot!(in_words(SecondLookResult::Unknown, &[As, Unknown]), @r"
    shop prod 1.1.0 could NOT be looked at again: 6 looks failed until 16 minutes after it ended RolledBack.
      not known: api (lambda:GetAlias was refused)
      as recorded: agent (seen 40 at 100 %)
      next: mend what stands in the way, then compare with `GET /apps/shop/environments/prod?observe=true`
    ");
    insta::assert_snapshot!(in_words(SecondLookResult::AsLeft, &[As]), @r"
    shop prod 1.1.0 was seen again 16 minutes after it ended RolledBack, as it was left.
      as recorded: agent (seen 40 at 100 %)
    ");
    insta::assert_snapshot!(in_words(SecondLookResult::Replaced, &[]), @"What shop prod 1.1.0 had left was changed by later deployments.");
}
