//! Tests of who takes a deployment over, and where it goes on.

use crate::conductor::accepting::stuck;
use crate::conductor::approvals::{rule_by, user};
use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{FIRST, Scene, fault, in_short};
use crate::stage::{TOKEN, app, id, prod};
use serde_json::{Value, json};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::deployment::{Status, Why};
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, AskedExecution, ExecutionDeployment};
use windlass_engine::payload::{Answer, CallingExecution, ConductorInput, Transition};
use windlass_world::mishaps::Visitor;
use windlass_world::stepfunctions::arn_of;

#[test]
fn a_lock_whose_owner_has_ended_is_taken_over_by_a_recovery_with_a_raised_token() {
    for status in ["ABORTED", "FAILED", "TIMED_OUT", "SUCCEEDED"] {
        let scene = Scene::new();
        scene.execution(FIRST, status);
        let answer = scene.recovery();
        assert_eq!(in_short(&answer), (Transition::Undo, ""), "{status}");
        let (lock, record) = (scene.lock(), scene.record());
        assert!(lock.token > TOKEN);
        assert_eq!(answer.unwrap().token, lock.token);
        let held = lock.held.unwrap();
        assert_eq!(held.execution, arn_of("recovery"));
        assert_eq!(held.state, HeldState::Recovering);
        assert_eq!(held.since, scene.now());
        assert_eq!(record.status, Status::Recovering);
        assert_eq!(record.executions, [arn_of(FIRST), arn_of("recovery")]);
        assert_eq!(record.stopped, status == "ABORTED");
        assert!(record.recovered_by.is_empty(), "Windlass asked by itself");
        let known: ExecutionDeployment = scene.stage.get(&ledger::execution(&arn_of("recovery"))).unwrap();
        assert_eq!(known.deployment, id());
    }
}

/// Lets `ann` start an action by the API, in an execution of its name.
fn asks(scene: &Scene, action: &str) -> (Answer, Value) {
    let request = with(input(action), json!({"requester": user("ann")}));
    scene.stage.put(ledger::asked(action, &request), &AskedExecution { at: Time(0) });
    (scene.admit(action, request.clone()).unwrap(), request)
}

#[test]
fn who_recovers_or_accepts_is_kept_with_the_person_the_rule_and_the_reason() {
    let (recovered, accepted, abandoned) = (stuck(), stuck(), Scene::free());
    for scene in [&recovered, &accepted, &abandoned] {
        rule_by(scene, 1, "roll_back: [ann], operate: [ann]");
    }
    recovered.execution(FIRST, "FAILED");
    assert_eq!(asks(&recovered, "recover").0.verdict, Transition::Undo);

    abandoned.wait();
    abandoned.execution(FIRST, "FAILED");
    let request = with(input("recover"), json!({"deployment": id(), "requester": user("ann")}));
    abandoned.stage.put(ledger::asked("recover", &request), &AskedExecution { at: Time(0) });
    assert_eq!(abandoned.admit("recover", request).unwrap().verdict, Transition::Succeeded);

    let (answer, request) = asks(&accepted, "accept");
    let ConductorInput::Accept { by, error, .. } = Scene::accept_after("accept", &answer) else {
        panic!("another state");
    };
    accepted.serve(ConductorInput::Accept { by, request, error }).unwrap();

    let last = |scene: &Scene| scene.record().recovered_by.pop();
    for (kept, rule) in [
        (last(&recovered), "environments.prod.roll_back"),
        (last(&abandoned), "environments.prod.roll_back"),
        (accepted.ending().resolved, "environments.prod.operate"),
    ] {
        let kept = kept.unwrap();
        assert_eq!((kept.by, kept.reason.as_str()), (user("ann"), "a test"));
        let allowed = kept.allowed_by.unwrap();
        assert_eq!((allowed.called(), allowed.rule.as_deref()), ("ann", Some(rule)));
    }
}

#[test]
fn who_may_take_over() {
    use HeldState::{NeedsOperator, Recovering, Running};
    // The lock, the status of the owner's execution, whether a person asks. Expected: the word, and part of the answer.
    let table = [
        (Running, "ABORTED", false, Transition::Undo, ""),
        (Running, "ABORTED", true, Transition::Undo, ""),
        (Recovering, "FAILED", false, Transition::Undo, ""),
        (Running, "RUNNING", false, Transition::NothingToDo, "its owner"),
        (Running, "RUNNING", true, Transition::Rejected, "still being worked on"),
        (NeedsOperator, "FAILED", false, Transition::NothingToDo, "only an operator"),
        (NeedsOperator, "FAILED", true, Transition::Undo, ""),
        (NeedsOperator, "RUNNING", true, Transition::Undo, ""),
    ];
    for (state, owner, by_person, word, part) in table {
        let scene = Scene::new();
        scene.execution(FIRST, owner);
        scene.hold(Some((FIRST, state)));
        let answer = if by_person { scene.operator("recover") } else { scene.recovery() };
        let row = format!("{state:?} {owner} by a person: {by_person}");
        let answer = answer.unwrap();
        assert_eq!(answer.verdict, word, "{row}");
        assert!(answer.cause.contains(part), "{row}: {}", answer.cause);
        let taken = word == Transition::Undo;
        assert_eq!(scene.lock().token > TOKEN, taken, "{row}");
        let looked = scene.lock().held.unwrap().looked;
        assert_eq!(looked, taken && by_person, "{row}");
        assert_eq!(scene.record().executions.len(), 1 + usize::from(taken));
    }
}

/// Lets Step Functions answer for so long, in milliseconds, that the owner runs, although its end was announced.
fn seems_to_run(scene: &Scene, ms: u64) {
    scene.execution(FIRST, "RUNNING");
    let ends = scene.now().plus_ms(ms);
    scene.stage.world.mishaps().visitor = Visitor::new(move |world| {
        if world.true_time() >= ends
            && let Some(owner) = world.stepfunctions().executions.get_mut(&arn_of(FIRST))
        {
            owner.status = "FAILED".into();
        }
    });
}

/// Safety: recovery: That the owner runs is believed once it was answered for 20 s where its end was announced before.
#[test]
fn an_answer_that_may_be_behind_is_asked_for_again() {
    for (behind_ms, word) in [(18_000, Transition::Undo), (25_000, Transition::NothingToDo)] {
        let scene = Scene::new();
        seems_to_run(&scene, behind_ms);
        assert_eq!(scene.recovery().unwrap().verdict, word, "{behind_ms}");
    }
    let scene = Scene::free();
    scene.wait();
    seems_to_run(&scene, 18_000);
    let waiting = json!({"deployment": id(), "requester": {"route": "windlass"}});
    let answer = scene.admit("recovery", with(input("recover"), waiting));
    assert_eq!(answer.unwrap().verdict, Transition::Succeeded);
    assert_eq!(scene.record().ending.unwrap().ending, Ending::Rejected);

    // A person gets the answer at once.
    let scene = Scene::new();
    seems_to_run(&scene, 2_000);
    let began = scene.now();
    assert_eq!(scene.operator("recover").unwrap().verdict, Transition::Rejected);
    assert_eq!(scene.now(), began);
}

/// Safety: recovery: An execution that Step Functions does not know has ended, unless it has just begun.
#[test]
fn an_execution_that_is_not_known_has_ended_unless_it_has_just_begun() {
    for (ago_s, word) in [(19, Transition::Rejected), (20, Transition::Undo)] {
        let scene = Scene::new();
        scene.stage.world.stepfunctions().executions.clear();
        scene.stage.hold_lock(TOKEN);
        scene.stage.pass_seconds(ago_s);
        assert_eq!(scene.operator("recover").unwrap().verdict, word, "{ago_s}");
    }
}

#[test]
fn what_still_runs_in_needs_operator_is_stopped() {
    let mut scene = Scene::new();
    scene.hold(Some((FIRST, HeldState::NeedsOperator)));
    scene.end(Ending::NeedsOperator);
    assert_eq!(in_short(&scene.operator("recover")), (Transition::Undo, ""));
    assert_eq!(scene.record().ending, None);
    let stopped = ("ABORTED".to_owned(), Some("TakenOver".to_owned()));
    assert_eq!(scene.status_of(FIRST), stopped);
    assert!(!scene.record().stopped, "nobody stopped the release");
}

#[test]
fn an_execution_takes_nothing_over_from_itself() {
    let scene = Scene::new();
    scene.execution("recovery", "RUNNING");
    scene.hold(Some(("recovery", HeldState::Running)));
    let answer = scene.recovery().unwrap();
    assert_eq!(answer.error, "NothingToRecover");
    assert!(answer.cause.contains("holds the lock itself"));
}

/// Safety: tenancy: A deployment is found only under its own application, and recovered only under its own environment.
#[test]
fn what_is_not_there_is_not_recovered() {
    let scene = Scene::free();
    let answer = scene.recovery().unwrap();
    assert_eq!(answer.error, "NothingToRecover");
    assert!(answer.cause.contains("nobody holds the lock"));

    let scene = Scene::new();
    let unknown = with(input("recover"), json!({"deployment": "ffffffffffffffff"}));
    let of_another = with(input("recover"), json!({"app": "bank", "deployment": id()}));
    // The caller may be allowed `dev` only.
    let of_prod = json!({"environment": "dev", "deployment": id()});
    for request in [unknown, of_another, with(input("recover"), of_prod)] {
        let answer = scene.admit("recovery", request);
        assert_eq!(in_short(&answer), (Transition::Rejected, "UnknownName"));
        assert!(answer.unwrap().cause.contains("has no deployment"));
    }
    assert_eq!(scene.lock().token, TOKEN);
}

#[test]
fn only_what_was_judged_to_the_end_is_settled() {
    use PlanOutcome::{Change, NothingToDo, Rejected};
    use Verdict::{Fail, Pass, Unknown};
    type Row = (Option<(PlanOutcome, usize)>, &'static [(u32, Verdict)], Transition);
    let table: [Row; 9] = [
        (None, &[], Transition::Undo),
        (Some((NothingToDo, 0)), &[], Transition::Settle),
        (Some((Rejected, 0)), &[], Transition::Settle),
        (Some((Change, 0)), &[], Transition::Undo),
        (Some((Change, 2)), &[], Transition::Undo),
        (Some((Change, 2)), &[(0, Pass)], Transition::Undo),
        (Some((Change, 2)), &[(0, Pass), (1, Unknown)], Transition::Undo),
        (Some((Change, 2)), &[(0, Pass), (1, Fail)], Transition::Undo),
        (Some((Change, 2)), &[(0, Pass), (1, Pass)], Transition::Settle),
    ];
    for (plan, judged, word) in table {
        let scene = Scene::new();
        scene.execution(FIRST, "FAILED");
        if let Some((outcome, waves)) = plan {
            scene.plan(outcome, waves);
        }
        for (wave, verdict) in judged {
            scene.record_verdict(*wave, *verdict);
        }
        let answer = scene.recovery();
        assert_eq!(in_short(&answer), (word, ""), "{plan:?} {judged:?}");
        assert_eq!(scene.record().undoing.is_some(), word == Transition::Undo);
    }
}

#[test]
fn what_was_judged_but_is_not_reached_any_more_is_undone_by_whoever_recovers_it() {
    use StepStatus::{Changed, Changing, Failed, Planned};
    let table = [
        (Changed, true, Transition::Settle),
        (Changed, false, Transition::Undo),
        (Failed, true, Transition::Undo),
        (Changing, true, Transition::Undo),
        (Planned, true, Transition::Undo),
    ];
    for (status, seen, word) in table {
        for state in [HeldState::Running, HeldState::NeedsOperator] {
            let scene = Scene::new();
            scene.execution(FIRST, "FAILED");
            scene.hold(Some((FIRST, state)));
            scene.plan(PlanOutcome::Change, 1);
            scene.record_verdict(0, Verdict::Pass);
            scene.step("jobs", Changed, |_| ());
            scene.step("api", status, |step| {
                step.seen = step.seen.take().filter(|_| seen);
            });
            let answer = scene.operator("recover");
            assert_eq!(in_short(&answer), (word, ""), "{status:?} {seen}");
        }
    }
}

#[test]
fn what_a_killed_prepare_left_does_not_make_a_plan_without_changes_undone() {
    let scene = Scene::new();
    scene.execution(FIRST, "FAILED");
    scene.plan(PlanOutcome::NothingToDo, 0);
    scene.step("api", StepStatus::Planned, |_| ());
    assert_eq!(in_short(&scene.recovery()), (Transition::Settle, ""));
    scene.stage.pass_seconds(1);
    let settle = ConductorInput::Settle(CallingExecution { token: scene.lock().token, ..scene.stage.caller() });
    assert_eq!(in_short(&scene.serve(settle)), (Transition::NothingToDo, "AlreadyThere"));
}

#[test]
fn an_undo_that_died_is_gone_on_with_and_keeps_its_reason() {
    let mut scene = Scene::new();
    scene.execution(FIRST, "ABORTED");
    scene.plan(PlanOutcome::Change, 1);
    scene.record_verdict(0, Verdict::Pass);
    let why = Why { name: "GateFailed".into(), text: "a gate failed.".into() };
    scene.change_record(|record| record.undoing = Some(why.clone()));
    assert_eq!(in_short(&scene.recovery()), (Transition::Undo, ""));
    assert_eq!(scene.record().undoing, Some(why));
    assert!(!scene.record().stopped);
}

#[test]
fn an_execution_that_took_over_and_lost_the_answer_goes_on() {
    for (judged, word) in [(false, Transition::Undo), (true, Transition::Settle)] {
        let scene = Scene::new();
        scene.execution(FIRST, "FAILED");
        if judged {
            scene.plan(PlanOutcome::NothingToDo, 0);
        }
        let first = scene.recovery().unwrap();
        let token = scene.lock().token;
        let again = scene.recovery().unwrap();
        assert_eq!((again.verdict, again.token), (word, token));
        assert_eq!(again, first);
        assert_eq!(scene.lock().token, token);
    }
}

/// Safety: recovery: An execution that comes late or is redriven, also one of the same deployment, takes nothing from
/// whoever holds the lock.
#[test]
fn a_known_execution_that_recovers_nothing_takes_its_turn() {
    let scene = Scene::new();
    let known = ExecutionDeployment { deployment: id() };
    for name in [FIRST, "another"] {
        scene.stage.put(ledger::execution(&arn_of(name)), &known);
    }
    let go = scene.admit(FIRST, serde_json::Value::Null).unwrap();
    assert_eq!((go.verdict, go.token), (Transition::Go, TOKEN));
    // Another execution works for the deployment. One that comes late, or is redriven, takes nothing from it.
    for state in [HeldState::Recovering, HeldState::Running] {
        scene.hold(Some((FIRST, state)));
        let (name, message) = fault(scene.admit("another", serde_json::Value::Null));
        assert_eq!(name, FaultName::StaleToken);
        assert!(message.contains("has taken deployment"), "{message}");
        assert_eq!(scene.lock().held.unwrap().execution, arn_of(FIRST));
        assert_eq!(scene.lock().token, TOKEN);
    }
    assert_eq!(fault(scene.asks("GiveUp")).0, FaultName::StaleToken);
    assert_eq!(scene.record().ending, None);
}

#[test]
fn a_recovery_whose_retry_runs_beside_it_goes_on() {
    let mut scene = Scene::new();
    scene.change_record(|record| {
        record.undoing = Some(Why { name: "Stopped".into(), text: "It was stopped.".into() });
    });
    scene.execution("recovery", "RUNNING");
    scene.hold(Some(("recovery", HeldState::Recovering)));
    let answer = scene.recovery().unwrap();
    assert_eq!((answer.verdict, answer.token), (Transition::Undo, TOKEN));
    assert_eq!(scene.lock().token, TOKEN);
}

#[test]
fn whoever_was_taken_over_from_learns_so() {
    let scene = Scene::new();
    scene.stage.hold_lock(TOKEN + 1);
    scene.hold(Some(("recovery", HeldState::Recovering)));
    for state in ["Settle", "Undo", "SettleUndo"] {
        let (name, message) = fault(scene.asks(state));
        assert_eq!(name, FaultName::StaleToken, "{state}");
        let tokens = format!("with token {TOKEN}, which is now {}", TOKEN + 1);
        assert!(message.contains(&tokens), "{state}: {message}");
    }
    // The right token of a lock that nobody holds is stale as well.
    let scene = Scene::free();
    assert_eq!(fault(scene.asks("Undo")).0, FaultName::StaleToken);
}

#[test]
fn a_refusal_is_recorded_under_its_application_and_environment() {
    let scene = Scene::new();
    let answer = scene.operator("recover");
    assert_eq!(in_short(&answer), (Transition::Rejected, "TargetNotReady"));
    let key = ledger::refusal(&app(), &arn_of("operator"));
    let refusal: windlass_domain::deployment::Refusal = scene.stage.get(&key).unwrap();
    assert_eq!(refusal.environment, Some(prod()));
    assert_eq!(refusal.about, "recover");
    assert_eq!(refusal.requester.principal, Some(arn_of("operator")));
    assert_eq!(refusal.findings[0].name, FindingName::TargetNotReady);
    assert_eq!(refusal.at, scene.now());
}
