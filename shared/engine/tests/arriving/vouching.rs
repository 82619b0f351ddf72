//! Tests of what is noted before an execution starts, and of what `Admit` makes of it.

use crate::arriving::place::{arrives, declared, get, shop, upload};
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::name::EnvironmentName;
use windlass_engine::payload::{ConductorInput, ExecutionRef};
use windlass_engine::routes::api::{self, ApiCall};
use windlass_engine::{conductor, ledger, recovery, vouch};
use windlass_world::World;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

const START: &str = "stepfunctions.start";

const WRITE: &str = "dynamodb.transact";

const ZIP: &str = "artifacts/shop/dev/api/1.4.0.zip";

/// Makes a world in which a release can be asked for.
fn world() -> World {
    let world = declared();
    world.s3().upload("artifacts", ZIP, "zip");
    world
}

fn manifest() -> Value {
    let components = json!({"api": {"key": ZIP, "sha256": Digest::of(b"zip")}});
    json!({"version": "1.4.0", "git": {"ref": "refs/heads/main"}, "components": components})
}

fn by_upload(world: &World) {
    // One that starts nothing fails, and comes again.
    let _ = arrives(world, upload(world, "releases/shop/dev/1.4.0.json", &manifest().to_string()));
}

/// Uploads what cannot be pinned: its execution is started to be refused.
fn by_bad_upload(world: &World) {
    let _ = arrives(world, upload(world, "releases/shop/dev/1.4.0.json", "{}"));
}

fn post(world: &World, path: &str, body: &Value) {
    let call = ApiCall {
        method: "POST".into(),
        path: format!("/apps/shop/environments/dev/{path}"),
        body: Some(body.to_string()),
        caller: Some("arn:aws:iam::111111111111:role/ci".into()),
        ..ApiCall::default()
    };
    run(api::handle(world, call));
}

fn by_post(world: &World) {
    post(world, "starts", &manifest());
}

fn by_operator(world: &World) {
    post(world, "rollbacks", &json!({"reason": "it is slow"}));
}

fn by_recovery(world: &World) {
    let (app, env) = (shop(), EnvironmentName::new("dev").unwrap());
    let (of, id) = (EnvironmentId::new(&app, &env), DeploymentId("0123456789abcdef".into()));
    let _ = run(recovery::start(world, of, &id, 7, "it died", None));
}

/// A way in by its name, and what comes by it.
type Way = (&'static str, fn(&World));

const WAYS: [Way; 5] = [
    ("an upload", by_upload),
    ("an upload to be refused", by_bad_upload),
    ("a post", by_post),
    ("an operator's post", by_operator),
    ("a recovery", by_recovery),
];

/// Returns name and input of the execution that was started last.
fn last(world: &World) -> (String, Value) {
    let (_, name, input) = world.stepfunctions().started.last().unwrap().clone();
    (name, input)
}

fn is_vouched(world: &World, name: &str, input: &Value) -> bool {
    let execution = ExecutionRef { arn: arn_of(name), name: name.into() };
    run(vouch::is_vouched(world, &execution, input)).unwrap()
}

/// Returns how many notes the ledger has.
fn notes(world: &World) -> usize {
    world.dynamodb().items.keys().filter(|key| key.pk.starts_with("asked#")).count()
}

/// Safety: truth: Each execution that a function starts is noted first, so that its requester is vouched for.
#[test]
fn what_a_function_starts_is_noted_before() {
    for (way, asks) in WAYS {
        let world = world();
        asks(&world);
        let (name, input) = last(&world);
        assert!(input["requester"]["route"].is_string(), "{way}");
        assert!(is_vouched(&world, &name, &input), "{way}");
        let key = ledger::asked(&name, &input);
        let kept = world.dynamodb().items[&*key].expires;
        assert_eq!(kept, get(&world, &key).map(|asked| asked.at.plus_s(24 * 60 * 60)), "{way}");

        let world = self::world();
        world.mishaps().refused.insert(START, Fault::new(FaultName::Throttled, "slow down"));
        asks(&world);
        assert_eq!((notes(&world), world.stepfunctions().started.len()), (1, 0), "{way}");
        // The next try starts it.
        world.mishaps().refused.clear();
        asks(&world);
        let (name, input) = last(&world);
        assert!(is_vouched(&world, &name, &input), "{way}");

        let world = self::world();
        world.mishaps().refused.insert(WRITE, Fault::new(FaultName::Unavailable, "no answer"));
        asks(&world);
        assert_eq!((notes(&world), world.stepfunctions().started.len()), (0, 0), "{way}");
    }
}

#[test]
fn one_name_is_noted_once_for_each_input_that_it_is_started_with() {
    let world = world();
    let input = |cause: &str| json!({"action": "recover", "reason": cause, "requester": {"route": "windlass"}});
    let (first, second) = (input("an event says so"), input("the schedule says so"));
    for asked in [&first, &second, &first] {
        run(vouch::start(&world, "one", asked)).unwrap();
    }
    assert_eq!((notes(&world), world.stepfunctions().started.len()), (2, 1));
    assert!(is_vouched(&world, "one", &first) && is_vouched(&world, "one", &second));
    // While another transaction is in the way nothing is written, and it is tried again.
    world.dynamodb().busy = 3;
    let third = input("an operator says so");
    run(vouch::start(&world, "one", &third)).unwrap();
    assert!(is_vouched(&world, "one", &third));
    world.dynamodb().busy = 12;
    let fault = run(vouch::start(&world, "two", &third)).unwrap_err();
    assert_eq!((fault.name, world.stepfunctions().started.len()), (FaultName::Unavailable, 1));
}

/// Lets an execution of that name come to `Admit`, and returns the record of its deployment.
fn admitted(world: &World, name: &str, request: &Value) -> Deployment {
    let execution = ExecutionRef { arn: arn_of(name), name: name.into() };
    let request = request.clone();
    let answer = run(conductor::handle(world, ConductorInput::Admit { execution, request })).unwrap();
    get(world, &ledger::deployment(&answer.deployment)).unwrap()
}

/// Safety: truth: Who may start executions and copies an input, or changes it, is not vouched for as its requester.
#[test]
fn the_record_says_whether_its_requester_is_vouched_for() {
    let asked = |asks: fn(&World)| {
        let world = world();
        asks(&world);
        let (name, input) = last(&world);
        (world, name, input)
    };
    let ways: [Way; 3] = [("an upload", by_upload), ("a post", by_post), ("a rollback", by_operator)];
    for (way, asks) in ways {
        let (world, name, input) = asked(asks);
        assert!(admitted(&world, &name, &input).vouched, "{way}");

        let (world, _, input) = asked(asks);
        assert!(!admitted(&world, "copied", &input).vouched, "{way}");

        let (world, name, mut input) = asked(asks);
        input["requester"]["principal"] = json!("arn:aws:iam::111111111111:role/admin");
        assert!(!admitted(&world, &name, &input).vouched, "{way}");
    }
    // Nobody is claimed: it comes from the console.
    let (world, _, mut input) = asked(by_operator);
    input.as_object_mut().unwrap().remove("requester");
    assert!(admitted(&world, "console", &input).vouched);
}
