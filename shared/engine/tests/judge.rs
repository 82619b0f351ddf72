//! `Judge` over the in-memory world.

#![allow(clippy::unwrap_used)] // helpers of tests

mod stage;

use bytes::Bytes;
use serde_json::Value;
use stage::{Stage, TOKEN, component, id, zip};
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_domain::gate::Verdict;
use windlass_domain::judgement::Judgement;
use windlass_domain::place::Place;
use windlass_domain::plan::{KindName, Outcome, Plan, PlannedChange, Wave};
use windlass_domain::request::ActionName;
use windlass_domain::step::{ChangeRecord, Step, StepStatus};
use windlass_engine::judge::handle;
use windlass_engine::kinds::{lambda, to_value};
use windlass_engine::payload::{Answer, Word};
use windlass_engine::ports::{Answered, Clock, Invoked};
use windlass_engine::store;
use windlass_world::functions::{Package, Published};
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

const DECLARATION: &str = r#"
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}}
components:
  api:
    kind: lambda
    function: shop-api-prod
    alias: live
    rollout: {canary: [10], every: 2m}
    invocations:
      - {name: health, payload: {path: /health}, expect: {status: 200}, within: 1s}
gates:
  bake: 2m
  alarms: [shop-prod-5xx]
  probes: [{url: "https://shop.example/health", within: 800ms}]
  unknown: {becomes: hold, for: 5m}
"#;

const HEALTH: &str = "https://shop.example/health";
const CODE: &[u8] = b"the new code";

fn change(what: &str) -> Wave {
    Wave {
        changes: vec![PlannedChange {
            component: component("api"),
            kind: KindName::Lambda,
            what: what.into(),
        }],
        bake_s: 120,
    }
}

/// A canary step was just made: version 2 has the new code, and everything is healthy.
fn changed() -> Stage {
    let release = BTreeMap::from([(component("api"), zip("api", CODE))]);
    let stage = Stage::new(DECLARATION, release);
    let plan = Plan {
        outcome: Outcome::Change,
        waves: vec![change("at 10 %"), change("at 100 %")],
        unchanged: vec![],
        findings: vec![],
        warnings: vec![],
    };
    stage.put(store::plan(&id()), &plan);
    stage.put(store::step(&id(), &component("api")), &step(&stage));
    {
        let mut functions = stage.world.functions();
        let api = functions.make("shop-api-prod", CODE);
        for (number, code) in [(1, b"the old code".as_slice()), (2, CODE)] {
            let published = Published {
                package: Package::Zip(Bytes::from_static(code)),
                configuration: String::new(),
                description: String::new(),
                pending: 0,
            };
            api.versions.insert(number, published);
        }
    }
    answers(&stage, None, r#"{"status": 200, "more": true}"#, 12);
    stage.world.serve(HEALTH, 200, "fine", 12);
    stage.world.set_alarm("shop-prod-5xx", "OK", &[0.0]);
    stage.pass_seconds(1);
    stage
}

fn step(stage: &Stage) -> Step {
    let record = &stage.record;
    Step {
        deployment: id(),
        app: record.app.clone(),
        environment: record.environment.clone(),
        component: component("api"),
        kind: KindName::Lambda,
        place: Place::default(),
        target: serde_json::json!({}),
        before: serde_json::json!({}),
        goals: BTreeMap::from([(0, goal(10)), (1, goal(100))]),
        attempt: 1,
        open: None,
        status: StepStatus::Changed,
        wave: Some(0),
        changes: vec![ChangeRecord {
            at: stage.world.now().plus_s(1),
            what: "alias live to 10 %".into(),
            answered: true,
            undo: false,
            switching: true,
            token: TOKEN,
        }],
        seen: Some(seen("1", &[("2", "0.1")])),
        confirmed: None,
        failure: None,
        undo_failure: None,
        warnings: vec![],
        progress: None,
        shown: None,
        worked_ms: 0,
        invocations: 0,
    }
}

fn goal(percent: u8) -> Value {
    let goal = lambda::Goal {
        code: vec![],
        source: lambda::Source::Version("2".into()),
        percent,
        from: "1".into(),
        deployment: id(),
    };
    to_value(&lambda::State::Goal(goal)).unwrap()
}

/// The alias points to a version, and these have a share.
fn seen(version: &str, weights: &[(&str, &str)]) -> Value {
    let weights = weights.iter();
    let weights = weights.map(|(version, share)| ((*version).into(), (*share).into()));
    let observed = lambda::Observed {
        latest: lambda::Latest {
            code_sha256: String::new(),
            image: None,
            code_key: None,
            configuration: String::new(),
            revision_id: lambda::Revision::default(),
            state: "Active".into(),
            last_update: "Successful".into(),
            reason: String::new(),
        },
        versions: vec![],
        alias: Some(lambda::AliasState {
            name: "live".into(),
            traffic: lambda::Traffic {
                version: version.into(),
                weights: weights.collect(),
            },
            revision_id: lambda::Revision::default(),
            provisioned: None,
        }),
    };
    to_value(&lambda::State::Observed(observed)).unwrap()
}

/// All callers were seen to go to a version.
fn was_seen(stage: &Stage, version: &str) {
    let key = store::step(&id(), &component("api"));
    let mut step: Step = stage.get(&key).unwrap();
    step.seen = Some(seen(version, &[]));
    stage.put(key, &step);
}

/// What version 2 answers.
fn answers(stage: &Stage, error: Option<&str>, payload: &str, ms: u64) {
    let sha = Package::Zip(Bytes::from_static(CODE)).code_sha256();
    let invoked = Invoked {
        error: error.map(str::to_owned),
        payload: serde_json::from_str(payload).unwrap(),
        ms,
    };
    stage.world.functions().answers.insert(sha, invoked);
}

fn judge(stage: &Stage, wave: u32) -> Answered<Answer> {
    run(handle(&stage.world, stage.ask("Judge", wave)))
}

fn judgement(stage: &Stage, wave: u32) -> Judgement {
    stage.get(&store::judgement(&id(), wave)).unwrap()
}

#[test]
fn a_healthy_wave_bakes_then_goes_on_and_the_last_settles() {
    let stage = changed();
    let words: Vec<(Word, u64, u32)> = [0, 60, 60]
        .iter()
        .map(|seconds| {
            stage.pass_seconds(*seconds);
            let answer = judge(&stage, 0).unwrap();
            (answer.verdict, answer.seconds, answer.wave)
        })
        .collect();
    assert_eq!(
        words,
        [
            (Word::Bake, 60, 0),
            (Word::Bake, 60, 0),
            (Word::Change, 0, 1)
        ]
    );
    let answer = judge(&stage, 0).unwrap();
    assert_eq!(answer.verdict, Word::Change, "asked again: the same");
    assert_eq!(answer.items[0].component, component("api"));
    assert_eq!(judgement(&stage, 0).polls, 3);

    assert_eq!(
        judgement(&stage, 0).measurements[2].gate,
        "shop-api-prod version 2 health"
    );

    was_seen(&stage, "2");
    let first = judge(&stage, 1).unwrap();
    assert_eq!(
        first.verdict,
        Word::Bake,
        "an earlier verdict is not reused"
    );
    stage.pass_seconds(120);
    let last = judge(&stage, 1).unwrap();
    assert_eq!((last.verdict, last.items.len()), (Word::Settle, 0));
    let seen = judgement(&stage, 1);
    assert_eq!(seen.verdict, Verdict::Pass);
    let sources: Vec<&str> = seen
        .measurements
        .iter()
        .map(|m| m.source.as_str())
        .collect();
    assert_eq!(sources, ["alarm", "probe", "invocation"]);
}

#[test]
fn each_kind_of_gate_fails_at_once_and_tells_why() {
    type Break = fn(&Stage);
    let table: [(Break, &str); 3] = [
        (
            |stage| stage.world.set_alarm("shop-prod-5xx", "ALARM", &[7.3]),
            "shop prod 1.4.0: gate `shop-prod-5xx` failed in wave 1 (api at 10 %).\n  measured 7.3 Errors per 60 s, threshold 5, 3 of 3 points, 13:57-14:00 UTC\n  next: look at the CloudWatch alarm shop-prod-5xx",
        ),
        (
            |stage| stage.world.serve(HEALTH, 502, "", 9),
            "shop prod 1.4.0: gate `https://shop.example/health` failed in wave 1 (api at 10 %).\n  measured status 502 after 9 ms, threshold status 200 within 800ms\n  next: look at https://shop.example/health and the logs behind it",
        ),
        (
            |stage| {
                let error = r#"{"errorType": "Boom", "errorMessage": "no table"}"#;
                answers(stage, Some("Unhandled"), error, 3);
            },
            "shop prod 1.4.0: gate `shop-api-prod version 2 health` failed in wave 1 (api at 10 %).\n  measured function error Unhandled: Boom: no table, threshold {\"status\":200} within 1s\n  next: look at /aws/lambda/shop-api-prod, version 2",
        ),
    ];
    for (break_it, cause) in table {
        let stage = changed();
        assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Bake);
        break_it(&stage);
        let answer = judge(&stage, 0).unwrap();
        assert_eq!(answer.verdict, Word::Failed);
        assert_eq!(answer.error, "GateFailed");
        assert_eq!(answer.cause, cause);
        let seen = judgement(&stage, 0);
        assert_eq!(seen.verdict, Verdict::Fail);
        assert!(seen.failed.is_some());
    }
}

#[test]
fn an_invocation_compares_members_and_time() {
    for (payload, ms, measured) in [
        (r#"{"status": 500}"#, 3, "`answer.status` is 500"),
        ("{}", 3, "`answer.status` is missing"),
        (r#"{"status": 200}"#, 1001, "answered after 1001 ms"),
    ] {
        let stage = changed();
        answers(&stage, None, payload, ms);
        assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Failed);
        assert_eq!(judgement(&stage, 0).failed.unwrap().measured, measured);
    }
}

#[test]
fn unknown_holds_then_fails() {
    let stage = changed();
    stage.world.alarms().denied = true;
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Bake);
    stage.pass_seconds(299);
    let answer = judge(&stage, 0).unwrap();
    assert_eq!(
        (answer.verdict, answer.seconds),
        (Word::Bake, 5),
        "the bake is over, but unknown never passes"
    );
    stage.pass_seconds(1);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Failed);
}

#[test]
fn a_version_that_is_not_known_is_unknown() {
    let stage = changed();
    was_seen(&stage, "1");
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Bake);
    let measured = judgement(&stage, 0).measurements.remove(2);
    assert_eq!(measured.verdict, Verdict::Unknown);
    assert_eq!(
        measured.measured,
        "not measured: no version has a share of live"
    );
}

#[test]
fn the_last_wave_invokes_the_version_that_the_alias_points_to() {
    let stage = changed();
    judge(&stage, 0).unwrap();
    stage.pass_seconds(120);
    judge(&stage, 0).unwrap();
    was_seen(&stage, "1");
    judge(&stage, 1).unwrap();
    let measured = judgement(&stage, 1).measurements.remove(2);
    assert_eq!(measured.gate, "shop-api-prod version 1 health");
}

#[test]
fn a_rollback_records_its_gates_and_is_not_decided_by_them() {
    let mut stage = changed();
    stage.record.action = ActionName::Rollback;
    stage.write_record();
    let mut plan: Plan = stage.get(&store::plan(&id())).unwrap();
    plan.waves[0].bake_s = 0;
    stage.put(store::plan(&id()), &plan);
    stage.world.serve(HEALTH, 502, "", 9);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Change);
    let seen = judgement(&stage, 0);
    assert_eq!(seen.measurements[1].verdict, Verdict::Fail);
}

#[test]
fn a_wave_whose_predecessor_has_not_passed_is_not_judged() {
    let stage = changed();
    assert_eq!(judge(&stage, 1).unwrap_err().name, FaultName::Internal);
    assert_eq!(judge(&stage, 9).unwrap_err().name, FaultName::BadInput);
}

#[test]
fn a_stale_token_records_nothing() {
    let stage = changed();
    stage.hold_lock(TOKEN + 1);
    assert_eq!(judge(&stage, 0).unwrap_err().name, FaultName::StaleToken);
    assert!(
        stage
            .get::<Judgement>(&store::judgement(&id(), 0))
            .is_none()
    );
}

#[test]
fn a_token_that_goes_stale_while_it_measures_records_nothing() {
    let stage = changed();
    let mut judging = std::pin::pin!(handle(&stage.world, stage.ask("Judge", 0)));
    let write = call_of(&changed(), "ledger.transact");
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    assert!(until_pause(judging.as_mut()).is_none());
    stage.hold_lock(TOKEN + 1);
    let answer = run(judging);
    assert_eq!(answer.unwrap_err().name, FaultName::StaleToken);
    assert!(
        stage
            .get::<Judgement>(&store::judgement(&id(), 0))
            .is_none()
    );
}

/// The number of the first call of that name in a judgement.
fn call_of(rehearsal: &Stage, name: &str) -> u64 {
    judge(rehearsal, 0).unwrap();
    let calls = rehearsal.world.mishaps().calls.clone();
    calls.iter().position(|call| *call == name).unwrap() as u64 + 1
}

#[test]
fn a_lost_answer_or_a_twin_counts_as_one_judgement() {
    let write = call_of(&changed(), "ledger.transact");
    let stage = changed();
    let lost = Fault::new(FaultName::Unavailable, "the answer was lost");
    stage.world.fail_call(write, When::After, lost);
    assert!(judge(&stage, 0).is_err());
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Bake);

    let stage = changed();
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    let mut slow = std::pin::pin!(handle(&stage.world, stage.ask("Judge", 0)));
    assert!(until_pause(slow.as_mut()).is_none());
    stage.world.serve(HEALTH, 502, "", 9);
    assert_eq!(judge(&stage, 0).unwrap().verdict, Word::Failed);
    let answer = run(slow).unwrap();
    assert_eq!(answer.verdict, Word::Failed, "the twin's verdict is final");
}
