//! A wave of a canary that was just made, and the looks at its gates.

use crate::stage::{Stage, TOKEN, app, component, id, prod, zip};
use bytes::Bytes;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::execution_history::polls::EVERY_S;
use windlass_domain::declaration::plan::{KindName, Plan, PlanOutcome, PlannedChange, Wave};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{ChangeRecord, Step, StepStatus};
use windlass_domain::text::fault::FaultName;
use windlass_engine::judge::handle;
use windlass_engine::kinds::{VERSION, lambda, to_value};
use windlass_engine::ledger;
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::ports::{Clock, Invoked, Result};
use windlass_world::lambda::{Package, Published};
use windlass_world::run::run;

pub const DECLARATION: &str = r#"
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
    gates:
      invocations:
        - {name: health, payload: {path: /health}, expect: {status: 200}, within: 1s}
gates:
  bake: 2m
  alarms: [shop-prod-5xx]
  probes: [{url: "https://shop.example/health", within: 800ms}]
  unknown: {becomes: hold, for: 5m}
"#;

pub const HEALTH: &str = "https://shop.example/health";
const CODE: &[u8] = b"the new code";

fn change(what: &str) -> Wave {
    Wave {
        changes: vec![PlannedChange {
            component: component("api"),
            kind: KindName::Lambda,
            what: what.into(),
            later: BTreeSet::new(),
            tested: false,
            closing: false,
            timing: None,
            details: Vec::new(),
            details_left: 0,
        }],
        bake_s: 120,
        ahead: false,
        look: false,
    }
}

/// Makes a stage in which a canary step was just made: version 2 has the new code, and everything is healthy.
pub fn changed() -> Stage {
    changed_as(DECLARATION)
}

/// Makes the same stage under another declaration.
pub fn changed_as(declaration: &str) -> Stage {
    let release = BTreeMap::from([(component("api"), zip("api", CODE))]);
    let stage = Stage::new(declaration, release);
    let waves = vec![change("at 10 %"), change("at 100 %")];
    let plan = Plan { waves, ..Plan::empty(PlanOutcome::Change) };
    stage.put(ledger::plan(&id()), &plan);
    stage.put(ledger::step(&id(), &component("api")), &step(&stage));
    {
        let mut functions = stage.world.lambda();
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
    Step {
        target: serde_json::json!({}),
        before: serde_json::json!({}),
        goals: BTreeMap::from([(0, goal(10)), (1, goal(100))]),
        attempt: 1,
        status: StepStatus::Changed,
        wave: Some(0),
        changes: vec![ChangeRecord {
            at: stage.world.now().plus_s(1),
            change: Value::Null,
            made: None,
            what: "alias live to 10 %".into(),
            answered: true,
            answered_at: None,
            wave: Some(0),
            undo: false,
            switching: true,
            token: TOKEN,
        }],
        seen: Some(serde_json::json!({"goal": {}, "noticed": {"value": {}, "shown": "1 with 2 at 10 %"}})),
        outputs: brought("2"),
        ..Step::planned(id(), app(), prod(), component("api"), KindName::Lambda)
    }
}

fn goal(percent: u8) -> Value {
    let wanted = lambda::Wanted {
        code: vec![String::new()],
        source: lambda::CodeSource::Version("2".into()),
        percent,
        from: "1".into(),
        deployment: id(),
        failed_at: None,
    };
    to_value(&lambda::Goal::Release(wanted)).unwrap()
}

fn brought(version: &str) -> BTreeMap<String, String> {
    [(VERSION.to_owned(), version.to_owned())].into()
}

/// Lets version 2 only be published, ahead of the first share of the alias's callers.
pub fn published(stage: &Stage) {
    let mut plan: Plan = stage.get(&ledger::plan(&id())).unwrap();
    let what = "published and invoked before alias live moves";
    let ahead = Wave { bake_s: 0, ahead: true, ..change(what) };
    plan.waves.insert(0, ahead);
    stage.put(ledger::plan(&id()), &plan);
    let key = ledger::step(&id(), &component("api"));
    let mut step: Step = stage.get(&key).unwrap();
    step.goals = BTreeMap::from([(0, goal(0)), (1, goal(10)), (2, goal(100))]);
    step.changes[0].switching = false;
    stage.put(key, &step);
}

/// Lets the goal that was reached last have brought this version.
pub fn has_brought(stage: &Stage, version: Option<&str>) {
    let key = ledger::step(&id(), &component("api"));
    let mut step: Step = stage.get(&key).unwrap();
    step.outputs = version.map(brought).unwrap_or_default();
    stage.put(key, &step);
}

/// Sets the answer of version 2.
pub fn answers(stage: &Stage, error: Option<&str>, payload: &str, ms: u64) {
    let sha = Package::Zip(Bytes::from_static(CODE)).code_sha256();
    let invoked = Invoked { error: error.map(str::to_owned), payload: serde_json::from_str(payload).unwrap(), ms };
    stage.world.lambda().answers.insert(sha, invoked);
}

/// Makes one look. If the Retry of `Judge` makes the next one, the answer is a bake of a minute.
pub fn judge(stage: &Stage, wave: u32) -> Result<Answer> {
    match run(handle(&stage.world, stage.judge_input(wave))) {
        Err(fault) if fault.name == FaultName::StillBaking => Ok(Answer {
            verdict: Transition::Bake,
            deployment: id(),
            token: TOKEN,
            wave,
            items: Vec::new(),
            seconds: EVERY_S,
            error: String::new(),
            cause: String::new(),
        }),
        answered => answered,
    }
}

pub fn judgement(stage: &Stage, wave: u32) -> Judgement {
    stage.get(&ledger::judgement(&id(), wave)).unwrap()
}
