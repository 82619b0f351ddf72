//! Tests of requests that arrive: each is recorded once, or only noted.

use crate::conductor::inputs::{dev, with};
use crate::conductor::scene::{Scene, fault, in_short};
use crate::stage::{app, id};
use serde_json::{Value, json};
use windlass_domain::access::Rules;
use windlass_domain::deployment::{Deployment, Ended, Resolved, Status, Why};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::release::request::{Request, Requester, Route};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::conductor::identify;
use windlass_engine::ledger::{self, ExecutionDeployment};
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::pin;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

pub const MAIN: &str = "refs/heads/main";
const TAG: &str = "refs/tags/v1.5.0";

pub fn by(route: &str) -> Value {
    json!({"requester": {"route": route}})
}

fn record(scene: &Scene, answer: &Answer) -> Deployment {
    scene.stage.get(&ledger::deployment(&answer.deployment)).unwrap()
}

#[test]
fn an_arrival_is_recorded_and_goes_where_a_rule_sends_it() {
    let scene = Scene::new();
    let arrived = scene.now();
    scene.stage.pass_seconds(60);
    let request = with(scene.manifest("1.5.0", MAIN), by("s3"));
    let request = with(request, json!({"arrived": arrived}));
    let answer = scene.admit("arrival", request).unwrap();
    assert_eq!(answer.verdict, Transition::Go);
    let record = record(&scene, &answer);
    assert_eq!(record.environment, dev());
    assert_eq!(record.action, ActionName::Deploy);
    assert_eq!((record.attempt, record.by_person), (1, false));
    assert_eq!(record.requester.route, Route::S3);
    assert_eq!(record.order.accepted, arrived);
    assert_eq!((record.accepted, record.started), (scene.now(), Some(scene.now())));
    assert_eq!(record.executions, [arn_of("arrival")]);
    assert_eq!(record.status, Status::Running);
    let lock = ledger::lock(EnvironmentId::new(&app(), &dev()));
    let lock: windlass_domain::environment::Lock = scene.stage.get(&lock).unwrap();
    assert_eq!(lock.held.unwrap().deployment, record.id);
    assert_eq!(answer.token, lock.token);
    assert_eq!(lock.token, scene.now().0);
}

#[test]
fn nothing_arrived_later_than_now() {
    let scene = Scene::new();
    let later = scene.now().plus_s(60);
    let request = with(scene.manifest("1.5.0", MAIN), by("s3"));
    let answer = scene.admit("arrival", with(request, json!({"arrived": later})));
    let record = record(&scene, &answer.unwrap());
    assert_eq!(record.order.accepted, scene.now());
}

#[test]
fn a_source_that_the_environment_does_not_accept_is_rejected() {
    let scene = Scene::new();
    for (route, word) in [("api", Transition::Go), ("console", Transition::Rejected)] {
        let version = format!("1.5.0-{route}");
        let request = with(scene.manifest(&version, MAIN), by(route));
        let answer = scene.admit(route, request).unwrap();
        assert_eq!(answer.verdict, word, "{route}");
        let recorded: Option<Value> = scene.stage.get(&ledger::release(&app(), &version));
        assert_eq!(recorded.is_some(), word == Transition::Go, "{route}");
        if word == Transition::Rejected {
            assert_eq!(answer.error, "SourceNotAccepted");
            assert!(answer.cause.contains("releases from `console`"), "{}", answer.cause);
            let ended = record(&scene, &answer).ending.unwrap();
            assert_eq!(ended.findings[0].path, "environments.dev.sources");
        }
    }
}

#[test]
fn where_only_a_person_starts_deployments_an_arrival_is_only_recorded() {
    let scene = Scene::free();
    let arrival = with(scene.manifest("1.5.0", TAG), by("s3"));
    let answer = scene.admit("arrival", arrival.clone()).unwrap();
    assert_eq!((answer.verdict, answer.error.as_str()), (Transition::NothingToDo, "Recorded"));
    let input = r#"{"action":"deploy","app":"shop","environment":"prod","version":"1.5.0"}"#;
    assert!(answer.cause.contains(&format!("\n  next: start it with {input}")), "{}", answer.cause);
    assert_eq!(record(&scene, &answer).status, Status::Ended);
    // A person can start what the note shows.
    let input: Value = serde_json::from_str(input).unwrap();
    let person = scene.admit("person", input).unwrap();
    assert_eq!(person.verdict, Transition::Go);
    let keyed = record(&scene, &person).keyed.unwrap();
    assert_eq!(keyed.key, arn_of("person"), "a request of its own");
    // A route that names the environment for nobody is no person.
    let named = with(arrival, json!({"environment": "prod"}));
    let named = with(named, json!({"manifest": scene.manifest("1.5.1", "refs/tags/v1.5.1")["manifest"]}));
    assert_eq!(scene.admit("named", named).unwrap().error, "Recorded");
}

#[test]
fn a_retry_that_runs_beside_the_first_invocation_is_not_another_request() {
    let scene = Scene::free();
    let request = with(scene.manifest("1.5.0", TAG), json!({"environment": "prod"}));
    let first = scene.admit("first", request.clone()).unwrap();
    assert_eq!(first.verdict, Transition::Go);
    // The invocation had asked who it is before the first invocation wrote that.
    let mut ledger = scene.stage.world.dynamodb();
    ledger.items.remove(&ledger::execution(&arn_of("first")));
    drop(ledger);
    assert_eq!(scene.admit("first", request), Ok(first));
}

/// Lambda may begin an invocation when another one of the same execution has answered long ago.
#[test]
fn who_learned_that_a_deployment_is_another_ones_makes_no_attempt_of_its_own_later() {
    let scene = Scene::free();
    let arrival = with(scene.manifest("1.5.0", TAG), by("s3"));
    let arrival = with(arrival, json!({"through_hold": true, "reason": "a test"}));
    let first = scene.admit("first", arrival.clone()).unwrap();
    let second = || scene.admit("second", arrival.clone()).unwrap();
    assert_eq!(second().error, "SameRequest");
    let mut ended = record(&scene, &first);
    ended.ending = Some(how(Ending::Succeeded, "", None));
    scene.stage.put(ledger::deployment(&ended.id), &ended);
    let late = second();
    assert_eq!((late.deployment, late.error), (first.deployment, "SameRequest".into()));
    let another = scene.admit("third", arrival.clone()).unwrap();
    assert_eq!(record(&scene, &another).attempt, 2);
}

#[test]
fn the_same_request_learns_how_its_deployment_stands() {
    type Row = (fn(&mut Deployment), Transition, &'static str, &'static str);
    let scene = Scene::free();
    let key = json!({"environment": "prod", "idempotency_key": "run-812"});
    let request = with(scene.manifest("1.5.0", TAG), key);
    let first = scene.admit("first", request.clone()).unwrap();
    let same = format!("The same request is deployment {}", first.deployment);
    let stands = |change: fn(&mut Deployment)| {
        let mut stands = record(&scene, &first);
        change(&mut stands);
        scene.stage.put(ledger::deployment(&stands.id), &stands);
        let answer = scene.admit("second", request.clone()).unwrap();
        assert_eq!(answer.deployment, first.deployment);
        (answer.verdict, answer.error, answer.cause)
    };
    let table: [Row; 6] = [
        (|one| one.status = Status::Waiting, Transition::NothingToDo, "SameRequest", ", which waits for its turn."),
        (|one| one.status = Status::Running, Transition::NothingToDo, "SameRequest", ", which is under way."),
        (
            |one| {
                let name = "GateFailed".into();
                let text = "".into();
                one.undoing = Some(Why { name, text });
            },
            Transition::NothingToDo,
            "SameRequest",
            ", which is being undone.",
        ),
        (
            |one| one.ending = Some(how(Ending::RolledBack, "GateFailed", None)),
            Transition::RolledBack,
            "GateFailed",
            ", which ended RolledBack (GateFailed) at 1970-01-01T00:00:00Z: it was so.",
        ),
        (
            |one| one.ending = Some(how(Ending::NothingToDo, "Superseded", None)),
            Transition::NothingToDo,
            "Superseded",
            ", which ended NothingToDo (Superseded) at 1970-01-01T00:00:00Z: it was so.",
        ),
        // It was live then, which says nothing about now.
        (
            |one| one.ending = Some(how(Ending::Succeeded, "", None)),
            Transition::NothingToDo,
            "SameRequest",
            ", which ended Succeeded at 1970-01-01T00:00:00Z. It does not run any more:",
        ),
    ];
    for (change, word, name, cause) in table {
        let answer = stands(change);
        assert_eq!((answer.0, answer.1.as_str()), (word, name), "{cause}");
        assert!(answer.2.starts_with(&format!("{same}{cause}")), "{}", answer.2);
    }
}

#[test]
fn a_key_with_another_content_is_refused_and_changes_nothing() {
    let scene = Scene::free();
    let key = json!({"environment": "prod", "idempotency_key": "run-812"});
    let request = with(scene.manifest("1.5.0", TAG), key.clone());
    let first = scene.admit("first", request).unwrap();
    let before = record(&scene, &first);
    let other = with(scene.manifest("1.5.1", "refs/tags/v1.5.1"), key);
    let answer = scene.admit("second", other).unwrap();
    assert_eq!((answer.verdict, answer.error.as_str()), (Transition::Rejected, "KeyReused"));
    assert_eq!(record(&scene, &first), before);
}

fn how(ending: Ending, cause_name: &str, resolved: Option<&str>) -> Ended {
    Ended {
        ending,
        cause_name: cause_name.into(),
        cause: "it was so.".into(),
        findings: vec![],
        added: vec![],
        stays_reachable: vec![],
        at: Time(0),
        resolved: resolved.map(|reason| Resolved {
            at: Time(0),
            by: Requester::new(Route::Console, None),
            allowed_by: None,
            reason: reason.to_owned(),
        }),
        cost: None,
    }
}

#[test]
fn an_arrival_after_an_equal_one_has_ended_is_a_new_attempt() {
    use Ending::{NeedsOperator, NothingToDo, Rejected, RolledBack, Succeeded};
    // How the former deployment ended. Expected: the attempt of an equal arrival.
    let table = [
        (None, 1),
        (Some(how(Rejected, "", None)), 2),
        (Some(how(NothingToDo, "Recorded", None)), 2),
        (Some(how(NothingToDo, "AlreadyThere", None)), 2),
        (Some(how(NeedsOperator, "", None)), 2),
        (Some(how(NeedsOperator, "", Some("accepted"))), 2),
        (Some(how(Succeeded, "", None)), 2),
        (Some(how(RolledBack, "", None)), 2),
    ];
    for (ended, attempt) in table {
        let scene = Scene::free();
        let arrival = with(scene.manifest("1.5.0", TAG), by("s3"));
        let first = scene.admit("first", arrival.clone()).unwrap();
        let mut former = record(&scene, &first);
        former.ending.clone_from(&ended);
        scene.stage.put(ledger::deployment(&former.id), &former);
        let attempt_of = |more: Value| {
            let request = Request::parse(&with(arrival.clone(), more)).unwrap();
            let pinned = run(pin::pin(&scene.stage.world, &request, &Rules::default())).unwrap();
            let identified = run(identify(&scene.stage.world, &request, &pinned)).unwrap();
            let is_known = identified.existing.map(|one| one.value.id);
            assert_eq!(is_known.is_some(), identified.attempt == 1, "{ended:?}");
            identified.attempt
        };
        // The way of the arrival, and what is allowed to it, do not matter.
        let allowed = json!({"allow_older": true, "again": true, "reason": "a test"});
        for more in [json!({}), by("api"), allowed] {
            assert_eq!(attempt_of(more.clone()), attempt, "{ended:?} {more}");
        }
        // An upload that had arrived when the deployment was recorded is no arrival of its own.
        let accepted = former.accepted.0;
        assert_eq!(attempt_of(json!({"arrived": accepted})), 1, "{ended:?}");
        let later = json!({"arrived": accepted + 1});
        assert_eq!(attempt_of(later), attempt, "{ended:?}");
    }
}

#[test]
fn recording_and_taking_are_tried_again_while_others_write() {
    let request = |scene: &Scene| {
        let request = scene.manifest("1.5.0", TAG);
        with(request, json!({"environment": "prod"}))
    };
    let scene = Scene::free();
    let began = scene.now();
    scene.busy(2);
    let answer = scene.admit("person", request(&scene));
    assert_eq!(in_short(&answer).0, Transition::Go);
    assert_eq!(scene.now().ms_since(began), 60);
    let scene = Scene::free();
    scene.busy(12);
    let (name, message) = fault(scene.admit("person", request(&scene)));
    assert_eq!(name, FaultName::Unavailable);
    assert!(message.starts_with("recording the deployment"), "{message}");
    // It was recorded by an invocation whose answer was lost.
    let scene = Scene::free();
    let known = ExecutionDeployment { deployment: id() };
    scene.stage.put(ledger::execution(&arn_of("person")), &known);
    scene.busy(12);
    let (name, message) = fault(scene.admit("person", Value::Null));
    assert_eq!(name, FaultName::Unavailable);
    assert!(message.starts_with("taking the lock"), "{message}");
}
