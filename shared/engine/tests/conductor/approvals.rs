//! Tests of approval: what is drawn and waits, who approves, what follows, and what gives its turn back.

use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{FIRST, Scene, fault, in_short};
use crate::stage::{TOKEN, app, component, id, prod};
use serde_json::{Value, json};
use windlass_domain::access::{AccessItem, Approval};
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::declaration::tenancy::{Claim, HeldClaim, Owner, ResourceClaims};
use windlass_domain::deployment::step::{Step, StepStatus};
use windlass_domain::deployment::{Deployment, Status};
use windlass_domain::environment::HeldState;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId, Order};
use windlass_domain::release::request::{ObjectRef, Requester, Route};
use windlass_domain::shown::planned::Planned;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, AskedExecution, ExecutionDeployment};
use windlass_engine::payload::{Answer, Transition};
use windlass_engine::ports::{Key, Result};
use windlass_engine::routes::api::{self, ApiCall};
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

pub const DAY_S: u64 = 24 * 60 * 60;

pub fn user(name: &str) -> Requester {
    Requester::new(Route::Api, Some(format!("arn:aws:iam::111111111111:user/{name}")))
}

pub fn hash(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Puts a file in force in which these approve.
pub fn rule(scene: &Scene, approve: &str) {
    rule_by(scene, 1, &format!("release: [ann, lead-1], approve: {approve}"));
}

/// Puts a file of this version in force.
pub fn rule_by(scene: &Scene, version: u64, rules: &str) {
    let person = |name: &str| format!("  {name}: {{aws: ['arn:aws:iam::111111111111:user/{name}']}}\n");
    let people: String = ["ann", "lead-1", "lead-2"].into_iter().map(person).collect();
    let ci = "who: {ci: ['arn:aws:iam::111111111111:user/ci']}";
    let text = format!("app: shop\nversion: {version}\npeople:\n{people}{ci}\nenvironments:\n  prod: {{{rules}}}\n");
    let (digest, object) = (hash(&text), ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None });
    let item = AccessItem { text, version, digest, accepted: Time(0), object };
    scene.stage.put(ledger::access(&app()), &item);
}

/// Makes a release of `ann` that has not had a turn, where these approve.
pub fn asking(approve: &str) -> Scene {
    let mut scene = Scene::free();
    scene.change_record(|record| record.requester = user("ann"));
    rule(&scene, approve);
    scene.stage.world.stepfunctions().tokens.insert("token".into());
    scene
}

/// Asks for its turn, as at every wake-up.
pub fn turn(scene: &Scene) -> Result<Answer> {
    scene.stage.put(ledger::execution(&arn_of(FIRST)), &ExecutionDeployment { deployment: id() });
    scene.admit(FIRST, Value::Null)
}

pub fn planned(scene: &Scene) -> Planned {
    scene.stage.get(&ledger::planned(&id())).unwrap()
}

/// Draws the plan of this name, and lets the deployment wait.
pub fn draw(scene: &Scene, plan: &str, outcome: &str) {
    let cost = json!({"transitions": 16, "worked_ms": 0, "dollars": 0.0004});
    let whole = json!({"outcome": outcome, "waves": [], "unchanged": [], "findings": [], "warnings": []});
    let change = json!({"from": {"version": plan}, "to": {"version": "1.4.0"}});
    let drawn =
        json!({"at": 7, "changes": {"api": change}, "both_s": 0, "hash": hash(plan), "plan": whole, "cost": cost});
    let drawn = Some(serde_json::from_value(drawn).unwrap());
    scene.stage.put(ledger::planned(&id()), &Planned { drawn, ..planned(scene) });
    assert_eq!(in_short(&scene.asks("AwaitTurn")), (Transition::Wait, ""));
}

/// Lets a person approve the plan of this name.
pub fn approves(scene: &Scene, who: &str, plan: &str) -> Result<Answer> {
    let more = json!({"deployment": id(), "hash": hash(plan), "requester": user(who)});
    let (name, request) = (format!("{who}-{plan}"), with(input("approve"), more));
    scene.stage.put(ledger::asked(&name, &request), &AskedExecution { at: Time(0) });
    scene.admit(&name, request)
}

pub fn approval(scene: &Scene) -> Approval {
    scene.record().approval.unwrap()
}

pub fn was_woken(scene: &Scene) -> bool {
    !scene.stage.world.stepfunctions().answered.is_empty()
}

#[test]
fn until_it_is_approved_it_is_drawn_and_waits_and_holds_nothing() {
    let scene = asking("{by: [lead-1]}");
    for _ in 0..2 {
        assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
        assert!(scene.waiting().unwrap().asks);
        assert_eq!(planned(&scene).drawn, None);
    }
    assert_eq!(scene.waiting().unwrap().until, Some(approval(&scene).until));
    assert_eq!(approval(&scene).until, scene.now().plus_s(DAY_S));
    draw(&scene, "one", "change");
    assert_eq!(approval(&scene).hash, Some(hash("one")));
    assert_eq!((approval(&scene).count, approval(&scene).missing), (1, 1));
    assert_eq!(in_short(&turn(&scene)), (Transition::Wait, ""));
    assert!(!was_woken(&scene) && scene.lock().held.is_none());
    assert_eq!(in_short(&approves(&scene, "lead-1", "one")), (Transition::Succeeded, ""));
    assert!(was_woken(&scene));
    assert_eq!(in_short(&turn(&scene)), (Transition::Go, ""));
    assert_eq!(scene.waiting(), None);
    assert_eq!(approval(&scene).missing, 0);
    let given = approval(&scene).given;
    assert_eq!((given[0].person.as_str(), given[0].reason.as_str()), ("lead-1", "a test"));
}

#[test]
fn who_counts_is_decided_by_the_file_in_force_at_its_turn() {
    const TWO: &str = "{by: [lead-1, lead-2], count: 2}";
    let (done, no) = ("", "NotAllowed");
    // Who approves which plan, the error of each, the file at its turn, and what the turn answers.
    for (approved, errors, then, wanted) in [
        (&[("lead-1", "one")][..], &[done][..], TWO, Transition::Wait),
        (&[("lead-1", "one"), ("lead-1", "one")], &[done, done], TWO, Transition::Wait),
        (&[("lead-1", "one"), ("lead-2", "one")], &[done, done], TWO, Transition::Go),
        (&[("lead-1", "one"), ("lead-2", "two")], &[done, "NotAsked"], TWO, Transition::Wait),
        (&[("ann", "one"), ("nobody", "one")], &[no, no], TWO, Transition::Wait),
        (&[("lead-1", "one"), ("lead-2", "one")], &[done, done], "{by: [lead-2], count: 2}", Transition::Wait),
        (&[("lead-1", "one")], &[done], "{by: [lead-1]}", Transition::Go),
        (&[], &[], "{by: [lead-1], kinds: [ecs]}", Transition::Go),
    ] {
        let scene = asking(TWO);
        turn(&scene).unwrap();
        draw(&scene, "one", "change");
        for ((who, plan), error) in approved.iter().zip(errors) {
            assert_eq!(in_short(&approves(&scene, who, plan)).1, *error, "{who} {plan}");
        }
        rule(&scene, then);
        assert_eq!(in_short(&turn(&scene)).0, wanted, "{approved:?} {then}");
    }
}

#[test]
fn a_record_names_what_let_the_requester_in_at_its_last_turn() {
    let scene = asking("{by: [lead-1]}");
    assert_eq!(scene.record().allowed_by, None);
    turn(&scene).unwrap();
    let allowed = scene.record().allowed_by.unwrap();
    assert_eq!((allowed.called(), allowed.rule.as_deref()), ("ann", Some("environments.prod.release")));
    assert_eq!((allowed.file.as_str(), allowed.version), ("access/apps/shop.yaml", 1));
}

#[test]
fn whoever_has_asked_does_not_approve() {
    for (approve, error) in [("{by: [ann, lead-1]}", "NotAllowed"), ("{by: [ann], not_requester: false}", "")] {
        let scene = asking(approve);
        turn(&scene).unwrap();
        draw(&scene, "one", "change");
        assert_eq!(in_short(&approves(&scene, "ann", "one")).1, error, "{approve}");
    }
    let known = json!({"release": {"app": "shop", "version": "1.4.0", "components": {}}, "by": {"route": "s3"}});
    for (outcome, wanted) in
        [("change", (Transition::Rejected, "RequesterUnknown")), ("nothing_to_do", (Transition::Go, ""))]
    {
        let scene = asking("{by: [lead-1]}");
        scene.stage.put(ledger::release(&app(), "1.4.0"), &known);
        assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
        draw(&scene, "one", outcome);
        assert!(was_woken(&scene), "{outcome}");
        assert_eq!(in_short(&turn(&scene)), wanted, "{outcome}");
    }
}

#[test]
fn whoever_has_asked_too_does_not_approve_and_is_to_be_known() {
    const BOTH: &str = "{by: [lead-1, lead-2]}";
    for (approve, also, who, error) in [
        (BOTH, &["lead-1"][..], "lead-1", "NotAllowed"),
        (BOTH, &["lead-1"], "lead-2", ""),
        (BOTH, &["lead-1", "left"], "lead-2", "RequesterUnknown"),
        ("{by: [lead-1, lead-2], not_requester: false}", &["lead-1", "left"], "lead-1", ""),
    ] {
        let mut scene = asking(approve);
        scene.change_record(|record| record.also_asked = also.iter().map(|name| user(name)).collect());
        turn(&scene).unwrap();
        draw(&scene, "one", "change");
        assert_eq!(in_short(&approves(&scene, who, "one")).1, error, "{approve} {also:?} {who}");
    }
}

/// A file may want an approval only later, and who had asked by then does not give it.
#[test]
fn who_else_asks_for_what_waits_is_noted_once_by_an_execution_whether_or_not_a_file_wants_approval() {
    const BARE: &str = "release: [ann, lead-1, lead-2, ci]";
    const APPROVED: &str = "release: [ann, lead-1, lead-2, ci], approve: {by: [lead-1, lead-2]}";
    const NOBODY: &[&str] = &[];
    let scene = Scene::free();
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    let manifest = scene.manifest("1.5.0", "refs/tags/v1.5.0")["manifest"].to_string();
    // The file, who asks, whether an execution is started, and who has asked too by then.
    for (version, rules, who, starts, also) in [
        (1, BARE, "ann", true, NOBODY),
        (1, BARE, "ann", false, NOBODY),
        (1, BARE, "lead-1", true, &["lead-1"]),
        (1, BARE, "lead-1", false, &["lead-1"]),
        (2, APPROVED, "lead-1", false, &["lead-1"]),
        (2, APPROVED, "lead-2", true, &["lead-1", "lead-2"]),
        (2, APPROVED, "ann", false, &["lead-1", "lead-2"]),
        // Nobody of `people`.
        (2, APPROVED, "ci", true, &["lead-1", "lead-2", "ci"]),
        (2, APPROVED, "ci", false, &["lead-1", "lead-2", "ci"]),
    ] {
        rule_by(&scene, version, rules);
        let call = ApiCall {
            method: "POST".into(),
            path: "/apps/shop/environments/prod/releases".into(),
            body: Some(manifest.clone()),
            caller: user(who).principal,
            ..ApiCall::default()
        };
        let reply = run(api::handle(&scene.stage.world, call));
        let asked = DeploymentId(reply.body["id"].as_str().unwrap().to_owned());
        let started = std::mem::take(&mut scene.stage.world.stepfunctions().started);
        assert_eq!(!started.is_empty(), starts, "{version} {who}");
        for (_, name, input) in started {
            assert_eq!(scene.admit(&name, input).unwrap().deployment, asked, "{who}");
        }
        let record: Deployment = scene.stage.get(&ledger::deployment(&asked)).unwrap();
        let wanted: Vec<Requester> = also.iter().map(|name| user(name)).collect();
        assert_eq!((record.status, record.also_asked), (Status::Waiting, wanted), "{version} {who}");
    }
}

#[test]
fn at_a_turn_only_who_was_vouched_for_goes_on_by_a_file() {
    for (vouched, wanted) in [(true, (Transition::Draw, "")), (false, (Transition::Rejected, "NotVouched"))] {
        let mut scene = asking("{by: [lead-1]}");
        scene.change_record(|record| record.vouched = vouched);
        assert_eq!(in_short(&turn(&scene)), wanted, "{vouched}");
    }
}

#[test]
fn time_a_plan_without_a_change_and_a_rollback_need_nobody() {
    let scene = asking("{by: [lead-1]}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    scene.stage.pass_seconds(DAY_S);
    assert_eq!(in_short(&approves(&scene, "lead-1", "one")).1, "NotAsked");
    assert_eq!(in_short(&turn(&scene)), (Transition::Rejected, "ApprovalExpired"));
    assert_eq!((scene.ending().ending, scene.waiting()), (Ending::Rejected, None));
    assert_eq!(in_short(&approves(&scene, "lead-2", "one")).1, "NotAllowed");

    for outcome in ["nothing_to_do", "rejected"] {
        let scene = asking("{by: [lead-1]}");
        turn(&scene).unwrap();
        draw(&scene, "one", outcome);
        assert!(was_woken(&scene), "{outcome}");
        // It may wait for a window for longer than its plan is kept.
        scene.stage.world.dynamodb().items.remove(&Key::from(ledger::planned(&id())));
        scene.stage.pass_seconds(2 * DAY_S);
        assert_eq!(in_short(&turn(&scene)), (Transition::Go, ""), "{outcome}");
    }

    let mut scene = asking("{by: [lead-1]}");
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    scene.change_record(|record| record.action = ActionName::Rollback);
    assert_eq!(in_short(&turn(&scene)).0, Transition::Preempt);
}

#[test]
fn a_newer_release_supersedes_it_until_it_is_approved() {
    // Whether the newer one asks as well, and whether the older one is approved.
    for (newer_asks, approved, wanted) in [
        (true, false, Transition::NothingToDo),
        (true, true, Transition::Go),
        (false, false, Transition::NothingToDo),
        (false, true, Transition::NothingToDo),
    ] {
        let scene = asking("{by: [lead-1]}");
        turn(&scene).unwrap();
        draw(&scene, "one", "change");
        if approved {
            approves(&scene, "lead-1", "one").unwrap();
        }
        let mut newer = scene.waiting().unwrap();
        newer.deployment = DeploymentId("fedcba9876543210".into());
        let later = newer.order.accepted.plus_s(60);
        newer.order = Order { id: newer.deployment.clone(), accepted: later, recorded: later, ..newer.order };
        newer.asks = newer_asks;
        let other = Deployment { id: newer.deployment.clone(), order: newer.order.clone(), ..scene.record() };
        scene.stage.put(ledger::deployment(&other.id), &other);
        scene.stage.put(ledger::waiting(EnvironmentId::new(&app(), &prod()), &other.id), &newer);
        if !approved {
            assert_eq!(in_short(&approves(&scene, "lead-1", "one")).1, "NotAsked", "{newer_asks}");
        }
        assert_eq!(in_short(&turn(&scene)).0, wanted, "{newer_asks} {approved}");
    }
}

/// Whoever were woken before would not see it, and would wait on.
#[test]
fn the_others_that_ask_are_woken_once_it_has_its_place() {
    let mut scene = asking("{by: [lead-1]}");
    turn(&scene).unwrap();
    let mut other = scene.waiting().unwrap();
    other.deployment = DeploymentId("fedcba9876543210".into());
    other.order.id = other.deployment.clone();
    other.task_token = Some("token".into());
    let record = Deployment { id: other.deployment.clone(), order: other.order.clone(), ..scene.record() };
    scene.stage.put(ledger::deployment(&record.id), &record);
    scene.stage.put(ledger::waiting(EnvironmentId::new(&app(), &prod()), &record.id), &other);
    let own = ledger::waiting(EnvironmentId::new(&app(), &prod()), &id());
    for key in [Key::from(own), Key::from(ledger::planned(&id()))] {
        scene.stage.world.dynamodb().items.remove(&key);
    }
    scene.change_record(|record| {
        let later = record.order.accepted.plus_s(60);
        (record.order.accepted, record.order.recorded) = (later, later);
    });
    scene.stage.world.dynamodb().busy = 100;
    assert!(turn(&scene).is_err());
    assert!(!was_woken(&scene));
    scene.stage.world.dynamodb().busy = 0;
    assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
    assert!(was_woken(&scene));
}

#[test]
fn a_plan_that_has_moved_gives_its_turn_back_and_is_asked_for_anew() {
    let scene = asking("{by: [lead-1]}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    approves(&scene, "lead-1", "one").unwrap();
    let token = turn(&scene).unwrap().token;
    assert_eq!(fault(scene.asks("GiveBack")).0, FaultName::StaleToken);
    scene.stage.hold_lock(TOKEN);
    assert!(token != TOKEN);
    // A twin of the `Prepare` that saw the plan move had written one before.
    scene.plan(PlanOutcome::Change, 1);
    let claim = |name: &str, made_by: DeploymentId| {
        let owner = Owner { app: app(), environment: prod(), component: component(name) };
        HeldClaim { owner, claim: Claim::folder("s3://shop/", format!("{name}/")), made_by: Some(made_by) }
    };
    let former = claim("web", DeploymentId("fedcba9876543210".into()));
    let held = vec![former.clone(), claim("docs", id())];
    scene.stage.put(ledger::target("s3://shop/"), &ResourceClaims { held: held.clone() });
    for (name, held) in ["web", "docs"].into_iter().zip(held) {
        scene.step(name, StepStatus::Planned, |step| step.claims = vec![held.claim]);
    }
    for _ in 0..2 {
        assert_eq!(in_short(&scene.asks("GiveBack")), (Transition::Draw, ""));
        assert!(scene.lock().held.is_none() && scene.lock().token > TOKEN);
    }
    let (record, waiting) = (scene.record(), scene.waiting().unwrap());
    assert_eq!((record.status, record.started, waiting.asks), (Status::Waiting, None, true));
    assert_eq!((approval(&scene).hash, approval(&scene).given), (None, vec![]));
    let left: Option<Plan> = scene.stage.get(&ledger::plan(&id()));
    assert_eq!(left, None, "nobody carries it out");
    let steps = ["web", "docs"].map(|name| scene.stage.get::<Step>(&ledger::step(&id(), &component(name))));
    assert_eq!(steps, [None, None], "it holds nothing");
    let claims: ResourceClaims = scene.stage.get(&ledger::target("s3://shop/")).unwrap();
    assert_eq!(claims.held, [former], "it has only what it had before");
    let plan = planned(&scene);
    assert_eq!((plan.drawn.is_none(), plan.before.unwrap().changes.len()), (true, 1));
    draw(&scene, "two", "change");
    assert_eq!(in_short(&approves(&scene, "lead-1", "one")).1, "", "the same execution answers the same");
    assert_eq!(in_short(&turn(&scene)).0, Transition::Wait);
    assert_eq!(in_short(&approves(&scene, "lead-1", "two")).1, "");
    assert_eq!(in_short(&turn(&scene)).0, Transition::Go);
}

#[test]
fn what_dies_while_it_asks_ends_rejected_and_leaves_the_queue() {
    let scene = asking("{by: [lead-1]}");
    turn(&scene).unwrap();
    draw(&scene, "one", "change");
    scene.execution(FIRST, "ABORTED");
    let request = with(input("recover"), json!({"deployment": id(), "requester": {"route": "windlass"}}));
    scene.stage.put(ledger::asked("recovery", &request), &AskedExecution { at: Time(0) });
    assert_eq!(in_short(&scene.admit("recovery", request)), (Transition::Succeeded, ""));
    assert_eq!((scene.ending().ending, scene.waiting()), (Ending::Rejected, None));
    assert!(scene.lock().held.is_none());
}
