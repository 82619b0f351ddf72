//! A table of deployments and wishes, with the decisions.

use crate::declaration::gate::{PauseRule, UnknownRule, Verdict};
use crate::declaration::kinds::KindName;
use crate::declaration::plan::{Plan, PlanOutcome, PlannedChange, Timing, Wave};
use crate::deployment::judgement::Judgement;
use crate::deployment::steering::tests::{HOUR_S, NOW, measured, turn};
use crate::deployment::steering::{MOST_TURNS, SteeringDecision, SteeringFacts, SteeringRequest, decide};
use crate::deployment::{Deployment, Status};
use crate::environment::{HeldState, Lock, LockHolder};
use crate::release::action::ActionName;
use crate::text::finding::FindingName;
use crate::text::name::ComponentName;
use crate::text::time::Span;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The record of a deployment that works.
pub(super) fn record() -> Deployment {
    serde_json::from_value(json!({
        "id": "1f0c2d9a4b5e6f70", "app": "shop", "environment": "prod", "action": "deploy",
        "attempt": 1, "release": {"app": "shop", "version": "1.1.0", "components": {}},
        "release_digest": "a".repeat(64), "declaration": "1.0.0",
        "requester": {"route": "console"}, "order": {"accepted": 0, "id": "1f0c2d9a4b5e6f70"},
        "allow_older": false, "accept_red": false, "again": false, "by_person": true,
        "accepted": NOW, "executions": [], "status": "running",
    }))
    .unwrap()
}

/// A deployment that watches its second wave of three.
struct Scene {
    record: Deployment,
    lock: Lock,
    plan: Plan,
    judgements: Vec<Judgement>,
    rule: PauseRule,
}

impl Scene {
    fn new() -> Self {
        let record = record();
        let held = LockHolder {
            deployment: record.id.clone(),
            action: ActionName::Deploy,
            execution: "arn".into(),
            since: NOW,
            state: HeldState::Running,
            looked: false,
        };
        let wave = |bake_s| Wave {
            changes: vec![PlannedChange {
                component: ComponentName::new("agent").unwrap(),
                kind: KindName::Ecs,
                what: String::new(),
                later: BTreeSet::new(),
                tested: false,
                closing: false,
                timing: None,
                details: Vec::new(),
                details_left: 0,
            }],
            bake_s,
            ahead: false,
            look: false,
        };
        let mut passed = Judgement::begin(0, NOW, NOW, Span::ZERO, true);
        passed.look(vec![], &UnknownRule::default(), NOW);
        Self {
            record,
            lock: Lock { token: 1, held: Some(held), freed: None, failed: None },
            plan: Plan {
                outcome: PlanOutcome::Change,
                waves: vec![wave(0), wave(600), wave(300)],
                unchanged: vec![],
                findings: vec![],
                warnings: vec![],
                stays_reachable: vec![],
                given: BTreeMap::default(),
            },
            judgements: vec![passed, Judgement::begin(1, NOW, NOW, Span::seconds(600), true)],
            rule: PauseRule::default(),
        }
    }

    fn asks(&self, action: ActionName, lasts_s: Option<u64>, at_s: u64) -> SteeringDecision {
        let (lasts, by) = (lasts_s.map(Span::seconds), "ann".to_owned());
        let wish = SteeringRequest { action, lasts, by, allowed_by: None, reason: "to look" };
        let watched = SteeringFacts {
            record: &self.record,
            lock: &self.lock,
            plan: &self.plan,
            judgements: &self.judgements,
            components: &BTreeMap::new(),
            unknown: &UnknownRule::default(),
            pause: self.rule,
        };
        decide(&wish, &watched, NOW.plus_s(at_s))
    }
}

fn in_short(decision: &SteeringDecision) -> String {
    match decision {
        SteeringDecision::Turn(turn) => match turn.pause {
            Some(pause) => format!("{} {} s at {} s", turn.action, pause.until.ms_since(turn.at) / 1000, pause.pace_s),
            None => turn.action.to_string(),
        },
        SteeringDecision::Already(_) => "already".to_owned(),
        SteeringDecision::Refused(findings) => {
            findings.iter().map(|one| one.name.to_string()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn a_wish_is_done_where_a_wave_is_watched() {
    use ActionName::{Continue, Pause, SkipBake};
    type Change = fn(&mut Scene);
    let timed: Change = |it| it.plan.waves[1].changes[0].timing = Some(Timing::GoesOn("ECS".into()));
    let waits: Change = |it| it.plan.waves[1].changes[0].timing = Some(Timing::Waits(7200));
    let is_paused: Change = |it| it.record.wheel = vec![turn(Pause, 0, Some(HOUR_S))];
    let is_skipped: Change = |it| it.record.wheel = vec![turn(SkipBake, 0, None)];
    let is_red: Change = |it| {
        let rule = UnknownRule::default();
        it.judgements[1].look(vec![measured(Verdict::Fail)], &rule, NOW);
    };
    let changes: Change = |it| {
        it.judgements.pop();
    };
    let waits_for_turn: Change = |it| it.record.status = Status::Waiting;
    let another: Change = |it| it.lock.held = None;
    let recovers: Change = |it| {
        it.lock.held.as_mut().unwrap().state = HeldState::Recovering;
    };
    let often: Change = |it| it.record.wheel = vec![turn(SkipBake, 0, None); MOST_TURNS];
    let table: [(&str, Change, ActionName, Option<u64>, &str); 24] = [
        ("a day unless asked", |_| (), Pause, None, "pause 86400 s at 60 s"),
        ("as asked", |_| (), Pause, Some(7200), "pause 7200 s at 60 s"),
        ("as declared", |it| it.rule.lasts = Span::seconds(90), Pause, None, "pause 90 s at 60 s"),
        ("days are looked at less often", |_| (), Pause, Some(4 * 86_400), "pause 345600 s at 182 s"),
        ("longer than an execution", |_| (), Pause, Some(9 * 86_400), "TooLarge"),
        ("no time", |_| (), Pause, Some(0), "BadValue"),
        ("once more", is_paused, Pause, Some(60), "pause 60 s at 60 s"),
        ("not paused", |_| (), Continue, None, "already"),
        ("paused", is_paused, Continue, None, "continue"),
        ("skipped", |_| (), SkipBake, None, "skip_bake"),
        ("skipped while it is paused", is_paused, SkipBake, None, "skip_bake"),
        ("skipped twice", is_skipped, SkipBake, None, "already"),
        ("red", is_red, SkipBake, None, "GateIsRed"),
        ("red, so it is undone", is_red, Pause, None, "NotWatched"),
        ("timed by AWS", timed, Pause, None, "TimedByAws"),
        ("skip what AWS times", timed, SkipBake, None, "TimedByAws"),
        ("AWS waits for us", waits, Pause, Some(7000), "pause 7000 s at 60 s"),
        ("longer than AWS waits", waits, Pause, Some(7199), "TooLarge"),
        ("skip where AWS waits for us", waits, SkipBake, None, "skip_bake"),
        ("changes something", changes, Pause, None, "NotWatched"),
        ("waits for its turn", waits_for_turn, Pause, None, "NotWatched"),
        ("another one holds the lock", another, Pause, None, "NotWatched"),
        ("recovers", recovers, SkipBake, None, "NotWatched"),
        ("too often", often, Pause, None, "TooLarge"),
    ];
    for (why, change, action, lasts_s, wanted) in table {
        let mut scene = Scene::new();
        change(&mut scene);
        let decision = scene.asks(action, lasts_s, 5);
        assert_eq!(in_short(&decision), wanted, "{why}: {decision:?}");
    }
}

#[test]
fn each_component_that_aws_times_is_named() {
    let mut scene = Scene::new();
    let wave = &mut scene.plan.waves[0].changes;
    for (name, aws) in [("api", "CodeDeploy"), ("flags", "AppConfig")] {
        let mut change = wave[0].clone();
        change.component = ComponentName::new(name).unwrap();
        change.timing = Some(Timing::GoesOn(aws.into()));
        wave.push(change);
    }
    let SteeringDecision::Refused(findings) = scene.asks(ActionName::Pause, None, 5) else {
        panic!("it was not refused");
    };
    let found: Vec<(FindingName, &str, String)> =
        findings.iter().map(|one| (one.name, one.path.as_str(), one.reason.written())).collect();
    assert_eq!(
        found,
        [
            (
                FindingName::TimedByAws,
                "components.api",
                "CodeDeploy goes on with `api` by itself in wave 2, where Windlass has no pause: it cannot be paused."
            ),
            (
                FindingName::TimedByAws,
                "components.flags",
                "AppConfig goes on with `flags` by itself in wave 2, where Windlass has no pause: it cannot be paused."
            ),
        ]
        .map(|(name, path, reason)| (name, path, reason.to_owned()))
    );
}

#[test]
fn a_later_wave_is_waited_for_only_where_aws_times_nothing_in_it() {
    for (later, wanted) in
        [(None, "Wait for a later wave, or cancel"), (Some(Timing::GoesOn("ECS".into())), "Let it go on, or cancel")]
    {
        let mut scene = Scene::new();
        scene.plan.waves[1].changes[0].timing = Some(Timing::GoesOn("ECS".into()));
        scene.plan.waves[2].changes[0].timing = later;
        let SteeringDecision::Refused(findings) = scene.asks(ActionName::SkipBake, None, 5) else {
            panic!("it was not refused");
        };
        assert!(findings[0].remedy.written().starts_with(wanted), "{:?}", findings[0].remedy);
    }
    let mut last = Scene::new();
    last.plan.waves.truncate(2);
    last.plan.waves[1].changes[0].timing = Some(Timing::GoesOn("ECS".into()));
    let SteeringDecision::Refused(findings) = last.asks(ActionName::Pause, None, 5) else {
        panic!("it was not refused");
    };
    assert!(findings[0].remedy.written().starts_with("Let it go on"), "{:?}", findings[0].remedy);
}
