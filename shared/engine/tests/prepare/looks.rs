//! Tests of what is seen of the components that an operator accepts.

use crate::prepare::scene::{new_release, prepare, step};
use crate::stage::{Stage, app, component, id, prod};
use windlass_domain::deployment::accept::{Accepted, accepted};
use windlass_domain::deployment::accept_look::{AcceptLook, Live};
use windlass_domain::deployment::step::{ChangeRecord, Step, StepStatus};
use windlass_domain::environment::{EnvironmentState, GivenVersion, Lock, Running};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::{Answer, PlannerInput, Transition};
use windlass_engine::ports::{Clock, Result};
use windlass_engine::prepare::handle;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::run;

/// Makes a stage in which `api` was switched just now, which nobody looked at, and `worker` is back.
fn stuck(answered: bool) -> Stage {
    let stage = new_release();
    prepare(&stage).unwrap();
    let now = stage.world.now();
    change(&stage, "worker", |step| step.status = StepStatus::Undone);
    change(&stage, "api", |step| {
        step.status = StepStatus::UndoFailed;
        step.seen = Some(step.before.clone());
        step.changes = vec![ChangeRecord {
            at: now,
            change: serde_json::Value::Null,
            made: None,
            what: "alias live 1 → 2".into(),
            answered,
            answered_at: answered.then_some(now),
            wave: Some(0),
            undo: false,
            switching: true,
            token: 1,
        }];
    });
    shift(&stage, "2");
    stage
}

fn change(stage: &Stage, name: &str, change: impl FnOnce(&mut Step)) {
    let mut changed = step(stage, name).unwrap();
    change(&mut changed);
    stage.put(ledger::step(&id(), &component(name)), &changed);
}

/// Lets the alias serve this version.
fn shift(stage: &Stage, version: &str) {
    let mut functions = stage.world.lambda();
    let function = functions.named("shop-api-prod").unwrap();
    let live = function.versions[&1].clone();
    function.versions.entry(2).or_insert(live);
    let alias = function.aliases.get_mut("live").unwrap();
    alias.version = version.into();
}

fn look(stage: &Stage) -> Result<Answer> {
    run(handle(&stage.world, PlannerInput::Look(stage.caller())))
}

fn seen(stage: &Stage) -> AcceptLook {
    step(stage, "api").unwrap().looked.unwrap()
}

/// Safety: accept: Each component is looked at once more, when every look shows what was changed before.
#[test]
fn what_runs_is_seen_when_every_look_shows_what_was_changed() {
    // Whether the change was answered, and the seconds after which every look shows it.
    for (answered, after) in [(true, 20), (false, 40)] {
        let stage = stuck(answered);
        let asked = stage.world.now();
        let answer = look(&stage).unwrap();
        let found = (answer.verdict, answer.deployment, answer.token);
        assert_eq!(found, (Transition::Look, id(), 7));
        let seen = seen(&stage);
        assert_eq!(seen.at, asked.plus_s(after), "{answered}");
        let Live::There { state, shown, as_before, as_recorded } = &seen.saw else {
            panic!("{seen:?}");
        };
        assert_eq!(state["goal"]["back"]["alias"]["version"], "2");
        assert_eq!(shown, "2");
        let api = step(&stage, "api").unwrap();
        let runs = Accepted::Runs { state, shown, as_before: *as_before, as_recorded: *as_recorded };
        assert_eq!(accepted(&api, 7), Ok(runs));
        let worker = step(&stage, "worker").unwrap().looked;
        assert!(worker.is_some(), "somebody may have changed it since");
    }
}

/// Safety: accept: What was repaired by hand just before is waited for.
#[test]
fn what_was_repaired_by_hand_just_before_is_waited_for() {
    let stage = stuck(true);
    change(&stage, "api", |step| step.changes.clear());
    let asked = stage.world.now();
    look(&stage).unwrap();
    assert_eq!(seen(&stage).at, asked.plus_s(20));
}

#[test]
fn a_target_that_is_gone_is_seen_to_be_gone() {
    let stage = stuck(true);
    stage.world.lambda().functions.remove("shop-api-prod");
    look(&stage).unwrap();
    assert!(matches!(seen(&stage).saw, Live::Gone(_)));
}

#[test]
fn what_stands_in_the_way_is_named_and_what_may_pass_is_asked_again() {
    let stage = stuck(true);
    let denied = Fault::new(FaultName::AccessDenied, "lambda:GetAlias is not allowed");
    let refused = &stage.world;
    refused.mishaps().refused.insert("lambda.alias", denied.clone());
    look(&stage).unwrap();
    assert_eq!(seen(&stage).saw, Live::Unknown(denied));
    let throttled = Fault::new(FaultName::Throttled, "not now");
    refused.mishaps().refused.insert("lambda.alias", throttled.clone());
    assert_eq!(look(&stage), Err(throttled));
    refused.mishaps().refused.clear();
    look(&stage).unwrap();
    assert!(matches!(seen(&stage).saw, Live::There { .. }));
}

/// A person may unlock while a component that was never touched cannot be looked at.
#[test]
fn what_the_deployment_has_not_touched_keeps_nobody_waiting() {
    let stage = stuck(true);
    change(&stage, "api", |step| step.status = StepStatus::Planned);
    let throttled = Fault::new(FaultName::Throttled, "not now");
    let refused = &stage.world;
    let mut mishaps = refused.mishaps();
    mishaps.refused.insert("lambda.alias", throttled.clone());
    drop(mishaps);
    look(&stage).unwrap();
    assert_eq!(seen(&stage).saw, Live::Unknown(throttled));
}

/// Somebody had changed the target before the deployment: what ran before it is not what is recorded.
#[test]
fn what_is_seen_is_compared_with_what_ran_before_and_with_what_is_recorded() {
    for (recorded, as_recorded) in [(Some("2"), true), (Some("7"), false), (None, false)] {
        let stage = stuck(true);
        let api = step(&stage, "api").unwrap();
        let mut known = EnvironmentState::default();
        if let Some(version) = recorded {
            let mut runs = api.before.clone();
            runs["noticed"]["value"]["version"] = version.into();
            let running = Running::new(
                None,
                GivenVersion {
                    version: "1.3.0".into(),
                    deployment: id(),
                    since: Time(0),
                    git: None,
                    released_by: None,
                },
                runs,
            );
            known.running.insert(component("api"), running);
        }
        stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &known);
        look(&stage).unwrap();
        let Live::There { as_before, as_recorded: same, .. } = seen(&stage).saw else {
            panic!("{recorded:?}");
        };
        assert_eq!((as_before, same), (false, as_recorded), "{recorded:?}");
    }
}

#[test]
fn a_step_that_is_written_meanwhile_is_looked_at_again() {
    let stage = stuck(true);
    let rehearsal = stuck(true);
    let from = rehearsal.world.mishaps().count();
    look(&rehearsal).unwrap();
    let last = rehearsal.world.mishaps().count();
    stage.world.dynamodb().busy = 1;
    look(&stage).unwrap();
    let again = stage.world.mishaps().count();
    assert!(again - from > last - from, "{again} after {last}");
    assert_eq!(seen(&stage).token, 7);
}

#[test]
fn who_was_taken_over_writes_nothing_and_leaves_it_to_accept_to_say_so() {
    let stage = stuck(true);
    let key = ledger::lock(EnvironmentId::new(&app(), &prod()));
    let lock: Lock = stage.get(&key).unwrap();
    let token = lock.token + 1;
    stage.put(key, &Lock { token, ..lock });
    assert_eq!(look(&stage).unwrap().verdict, Transition::Look);
    assert_eq!(step(&stage, "api").unwrap().looked, None);
}

#[test]
fn killed_at_any_call_it_is_asked_again() {
    let stuck = || {
        let stage = stuck(true);
        change(&stage, "worker", |step| {
            step.status = StepStatus::UndoFailed;
        });
        stage
    };
    let rehearsal = stuck();
    let from = rehearsal.world.mishaps().count();
    look(&rehearsal).unwrap();
    let to = rehearsal.world.mishaps().count();
    assert!(to - from > 5, "{from} {to}");
    for call in from + 1..=to {
        let stage = stuck();
        let lost = Fault::new(FaultName::Unavailable, "no answer");
        stage.world.plan_mishap(call, When::After, Mishap::Fault(lost));
        assert_eq!(look(&stage).unwrap_err().name, FaultName::Unavailable);
        look(&stage).unwrap();
        assert!(seen(&stage).at > Time(0));
    }
}
