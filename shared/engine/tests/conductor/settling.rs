//! Tests of `Settle`: what a success leaves in the ledger, and what is not settled.

use crate::conductor::found_in_place::found_in_place;
use crate::conductor::scene::{FIRST, Scene, fault, in_short};
use crate::stage::{TOKEN, app, component, id, prod, zip};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::plan::{Plan, PlanOutcome};
use windlass_domain::deployment::Status;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::deployment::step::{StepFailure, StepStatus};
use windlass_domain::document::git::Git;
use windlass_domain::environment::kept::IrreversibleRun;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Proof, Running, Snapshot, Veto};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::stays_reachable::{StaysReachable, WhyReachable};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

pub fn new() -> Artifact {
    zip("api", b"new")
}

/// Returns the place in Git that these bytes come from.
pub fn git_of(bytes: &[u8]) -> Git {
    Git { reference: "refs/heads/main".into(), commit: Some(Digest::of(bytes).to_string()), time: None, dirty: false }
}

/// Returns the record of a component that ran before.
pub fn former(name: &str, bytes: &[u8]) -> Running {
    Running::new(
        Some(zip(name, bytes)),
        GivenVersion {
            version: "1.3.0".into(),
            deployment: DeploymentId("fedcba9876543210".into()),
            since: Time(0),
            git: Some(git_of(bytes)),
            released_by: None,
        },
        json!("as before"),
    )
}

/// Makes a scene in which one wave was judged as passed, after earlier deployments whose last snapshot replaced number
/// 2.
pub fn judged_after_others() -> Scene {
    let scene = Scene::judged();
    let running =
        BTreeMap::from([(component("api"), former("api", b"old")), (component("jobs"), former("jobs", b"old"))]);
    let state =
        EnvironmentState { running: running.clone(), snapshot: 3, last_snapshot: 5, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
    let snapshot = Snapshot {
        number: 2,
        version: "1.2.0".into(),
        release: Some(Digest::of(b"1.2.0")),
        deployment: id(),
        made: Time(0),
        replaced: 1,
        components: BTreeMap::from([(component("api"), former("api", b"older"))]),
        irreversible: [].into(),
        proof: Proof { measured: [component("api")].into(), ..Proof::default() },
        partly: None,
    };
    scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 2), &snapshot);
    scene
}

pub fn snapshot(scene: &Scene, number: u64) -> Option<Snapshot> {
    scene.stage.get(&ledger::snapshot(EnvironmentId::new(&app(), &prod()), number))
}

#[test]
fn a_success_is_live_marked_and_unlocked() {
    let scene = Scene::judged();
    assert_eq!(in_short(&scene.asks("Settle")), (Transition::Succeeded, ""));
    let (lock, state, ending) = (scene.lock(), scene.state(), scene.ending());
    assert_eq!(lock.held, None);
    assert!(lock.token > TOKEN);
    assert_eq!(scene.record().status, Status::Ended);
    let wanted = "shop prod 1.4.0 is live: api changed.\n  passed; nothing was measured of api";
    assert_eq!(ending.cause.written(), wanted);
    assert_eq!(ending.at, scene.now());
    assert_eq!(state.marks[&component("api").into()], scene.record().order);
    let running = &state.running[&component("api")];
    assert_eq!(running.artifact, Some(new()));
    assert_eq!((running.version(), &running.names.now.deployment), ("1.4.0", &id()));
    assert_eq!((running.names.now.since, &running.state), (scene.now(), &json!("as wanted")));
}

#[test]
fn the_ending_says_what_stays_reachable() {
    let scene = Scene::judged();
    let mut plan: Plan = scene.stage.get(&ledger::plan(&id())).unwrap();
    let path = "old.js".to_owned();
    plan.stays_reachable.extend(StaysReachable::of(
        EnvironmentId::new(&app(), &prod()),
        &component("web"),
        WhyReachable::OpenPages,
        None,
        [&path].into_iter(),
    ));
    scene.stage.put(ledger::plan(&id()), &plan);
    scene.asks("Settle").unwrap();
    assert_eq!(plan.stays_reachable.len(), 1);
    assert_eq!(scene.ending().stays_reachable, plan.stays_reachable);
}

#[test]
fn the_first_success_keeps_what_was_found_before_it() {
    let mut scene = Scene::judged();
    // The release names `jobs` as well, which ran that already.
    scene.change_record(|record| {
        let components = &mut record.release.components;
        components.insert(component("jobs"), zip("jobs", b"there"));
    });
    found_in_place(&scene, "jobs");
    scene.asks("Settle").unwrap();
    let before = snapshot(&scene, 1).unwrap();
    assert_eq!(before.version, "before-windlass");
    assert_eq!((before.release, before.replaced, before.number), (None, 0, 1));
    let found = &before.components[&component("api")];
    assert_eq!((&found.artifact, &found.state), (&None, &json!("as before")));
    let there = &before.components[&component("jobs")];
    assert_eq!(there.artifact, Some(zip("jobs", b"there")));
    assert_eq!((&there.state, there.version()), (&json!("as before"), "before-windlass"));
    assert_eq!(scene.state().found, before.components);

    let after = snapshot(&scene, 2).unwrap();
    assert_eq!((after.version.as_str(), after.replaced), ("1.4.0", 1));
    assert_eq!(after.release, Some(scene.record().release_digest));
    assert_eq!((after.deployment, after.made), (id(), scene.now()));
    assert_eq!(after.components, scene.state().running);
    assert_eq!((scene.state().snapshot, scene.state().last_snapshot), (2, 2));
}

/// The environment has a run that was gone back across. A release comes after that run only if it brings the same.
#[test]
fn a_release_comes_after_what_ran_there_and_what_it_passes_over() {
    for (passed_over, wanted) in [(false, 0), (true, 1)] {
        let scene = judged_after_others();
        let ran = IrreversibleRun {
            deployment: DeploymentId("fedcba9876543210".into()),
            version: "1.3.0".into(),
            at: Time(0),
        };
        let mut state = scene.state();
        state.irreversible.insert(component("jobs"), ran);
        scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &state);
        let present = Snapshot { number: 3, ..snapshot(&scene, 2).unwrap() };
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 3), &present);
        let mut plan: Plan = scene.stage.get(&ledger::plan(&id())).unwrap();
        plan.unchanged[0].irreversible = passed_over;
        scene.stage.put(ledger::plan(&id()), &plan);
        scene.asks("Settle").unwrap();
        let after = snapshot(&scene, 6).unwrap();
        assert_eq!(after.irreversible.len(), wanted, "{passed_over}");
    }
}

#[test]
fn a_later_success_replaces_the_snapshot_that_ran() {
    let scene = judged_after_others();
    scene.asks("Settle").unwrap();
    let after = snapshot(&scene, 6).unwrap();
    assert_eq!((after.number, after.replaced), (6, 3));
    assert_eq!((scene.state().snapshot, scene.state().last_snapshot), (6, 6));
    assert_eq!(snapshot(&scene, 1), None, "nothing was found before it");
    let running = scene.state().running;
    assert_eq!(running[&component("api")].artifact, Some(new()));
    assert_eq!(running[&component("jobs")], former("jobs", b"old"));
}

/// A row: component and verdict of the one gate (`-` is the whole release); why nothing runs `api`; what had been
/// measured of what ran before; and what is measured then, with the second line of the ending.
type ProofRow = ([&'static str; 2], Option<&'static str>, &'static str, &'static str, Option<&'static str>);

/// The release changes `api`, and `jobs` stays as it is.
#[test]
fn the_proof_of_what_runs_is_kept_by_component() {
    let none = Some("passed; nothing was measured of api");
    let idle = Some("passed; nothing ran api (it wants nothing)");
    let table: [ProofRow; 7] = [
        (["api", "pass"], None, "jobs", "api jobs", None),
        (["-", "pass"], None, "", "api", None),
        (["jobs", "pass"], None, "", "", none),
        // What was known of the former bytes says nothing of the new ones.
        (["api", "unknown"], None, "api jobs", "jobs", none),
        (["-", "unknown"], None, "api", "", none),
        (["api", "pass"], Some("it wants nothing"), "jobs", "api jobs", idle),
        (["api", "unknown"], Some("it wants nothing"), "jobs", "jobs", idle),
    ];
    let names = |text: &str| text.split_whitespace().map(component).collect::<BTreeSet<_>>();
    for (gate, idle, known, wanted, line) in table {
        let scene = judged_after_others();
        let present = Snapshot {
            number: 3,
            components: scene.state().running,
            proof: Proof { measured: names(known), ..Proof::default() },
            partly: None,
            ..snapshot(&scene, 2).unwrap()
        };
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 3), &present);
        let [of, verdict] = gate;
        let of = Some(of).filter(|of| *of != "-");
        let mut judgement: Judgement = scene.stage.get(&ledger::judgement(&id(), 0)).unwrap();
        judgement.measurements = serde_json::from_value(json!([{"gate": "a", "source": "alarm", "component": of,
            "verdict": verdict, "measured": "7.3", "threshold": "5", "at": 0}]))
        .unwrap();
        scene.stage.put(ledger::judgement(&id(), 0), &judgement);
        scene.step("api", StepStatus::Changed, |step| step.idle = idle.map(str::to_owned));
        scene.asks("Settle").unwrap();
        let row = format!("{gate:?} {idle:?} {known}");
        let after = snapshot(&scene, 6).unwrap();
        assert_eq!(after.proof.measured, names(wanted), "{row}");
        assert_eq!(after.proof.idle.keys().next().is_some(), idle.is_some(), "{row}");
        assert_eq!(after.is_verified_good(), line.is_none() && wanted == "api jobs", "{row}");
        let cause = scene.ending().cause;
        assert_eq!(cause.written().lines().nth(1).map(str::trim), line, "{row}");
    }
}

#[test]
fn a_success_lifts_the_veto_on_its_release_only() {
    let (own, another) = (Scene::judged().record().release_digest, Digest::of(b"another"));
    // The release of which it is one component, the deployments that vetoed its own and the other one, and those that
    // stay vetoed.
    for (part_of, vetoed, stay) in [
        (None, [Some("one"), Some("one")], [false, true]),
        (Some(&another), [Some("one"), Some("one")], [false, false]),
        (Some(&another), [Some("one"), Some("two")], [false, true]),
        (Some(&another), [Some("one"), Some("one two")], [false, true]),
        (Some(&another), [Some("one two"), Some("one two")], [false, false]),
        (Some(&another), [None, Some("one")], [false, true]),
        (Some(&own), [Some("one"), Some("one")], [false, true]),
    ] {
        let mut scene = Scene::judged();
        scene.change_record(|record| record.part_of = part_of.cloned());
        let key = |release: &Digest| ledger::veto(EnvironmentId::new(&app(), &prod()), release);
        for (release, by) in [&own, &another].into_iter().zip(vetoed) {
            let veto = |by: &str| Veto {
                release: release.clone(),
                version: "1.4.0".into(),
                deployment: DeploymentId("one".into()),
                by: by.split(' ').map(|by| DeploymentId(by.into())).collect(),
                since: Time(0),
                cause: "".into(),
            };
            if let Some(by) = by {
                scene.stage.put(key(release), &veto(by));
            }
        }
        scene.asks("Settle").unwrap();
        let left = [&own, &another].map(|release| scene.stage.get::<Veto>(&key(release)).is_some());
        assert_eq!(left, stay, "{part_of:?} {vetoed:?}");
    }
}

#[test]
fn what_was_refused_at_prepare_is_rejected_with_its_findings() {
    let scene = Scene::new();
    let finding = |name, path| Finding::new(name, path, "it is not there.", "Make it.");
    let plan = |findings: Vec<Finding>| Plan { findings, ..Plan::empty(PlanOutcome::Rejected) };
    let findings =
        vec![finding(FindingName::TargetMissing, "components.api"), finding(FindingName::Duplicate, "components.jobs")];
    scene.stage.put(ledger::plan(&id()), &plan(findings.clone()));
    let answer = scene.asks("Settle");
    assert_eq!(in_short(&answer), (Transition::Rejected, "TargetMissing"));
    let cause = answer.unwrap().cause;
    let lines: Vec<&str> = cause.lines().collect();
    let pages = "  pages: docs/findings.md#targetmissing, docs/findings.md#duplicate";
    assert_eq!((lines.len(), lines[2]), (3, pages), "{cause}");
    assert_eq!(scene.ending().findings, findings);
    assert_eq!(scene.lock().held, None);
    assert!(scene.state().marks.is_empty());

    let scene = Scene::new();
    scene.stage.put(ledger::plan(&id()), &plan(vec![]));
    assert_eq!(in_short(&scene.asks("Settle")), (Transition::Rejected, "Rejected"));
}

#[test]
fn what_is_there_already_is_marked() {
    let scene = Scene::new();
    scene.plan(PlanOutcome::NothingToDo, 0);
    let answer = scene.asks("Settle");
    assert_eq!(in_short(&answer), (Transition::NothingToDo, "AlreadyThere"));
    assert_eq!(answer.unwrap().cause, "Nothing to do: jobs runs it already.");
    assert_eq!(scene.state().marks[&component("api").into()], scene.record().order);
    assert_eq!(scene.state().last_snapshot, 0, "nothing was changed");
}

#[test]
fn what_was_not_judged_or_not_seen_is_not_settled() {
    let scene = Scene::new();
    let wanted = "was not judged as passed";
    let (name, message) = fault(scene.asks("Settle"));
    assert_eq!(name, FaultName::Internal);
    assert!(message.contains(wanted), "{message}");
    for (status, seen) in [(StepStatus::Changing, true), (StepStatus::Changed, false)] {
        let scene = Scene::judged();
        scene.step("jobs", status, |step| {
            step.seen = step.seen.take().filter(|_| seen);
        });
        let (name, message) = fault(scene.asks("Settle"));
        assert_eq!(name, FaultName::Internal);
        assert!(message.contains("jobs was not seen changed"), "{message}");
        assert_eq!(scene.record().ending, None);
        let why = scene.record().undoing.unwrap();
        assert_eq!((why.name.as_str(), why.text.written()), ("Internal", message));
    }
}

#[test]
fn what_was_taken_back_after_it_was_judged_is_undone_for_its_own_reason() {
    let scene = Scene::judged();
    let reason = "an asset is of the wrong type";
    scene.step("jobs", StepStatus::Failed, |step| {
        let finding = Finding::new(FindingName::TargetNotReady, "jobs", reason, "mend it");
        step.failure = Some(StepFailure::Finding(finding));
    });
    let (name, _) = fault(scene.asks("Settle"));
    assert_eq!(name, FaultName::Internal);
    assert!(scene.lock().held.is_some());
    let why = scene.record().undoing.unwrap();
    assert_eq!(why.name, "TargetNotReady");
    assert!(why.text.written().contains("jobs failed: An asset"), "{:?}", why.text);
    scene.execution(FIRST, "FAILED");
    assert_eq!(in_short(&scene.recovery()), (Transition::Undo, ""));
    assert_eq!(scene.record().undoing, Some(why));
}

#[test]
fn a_record_shows_what_its_executions_cost_where_that_is_known() {
    for (dead, transitions) in [(Some(30), Some(42)), (None, None)] {
        let mut scene = Scene::judged();
        scene.step("api", StepStatus::Changed, |step| step.worked_ms = 1_000);
        let names = ["one", "dead"];
        scene.change_record(|record| record.executions = names.map(arn_of).to_vec());
        let mut state = scene.stage.world.stepfunctions();
        state.transitions.insert(arn_of("one"), 10);
        if let Some(dead) = dead {
            state.transitions.insert(arn_of("dead"), dead);
        }
        drop(state);
        scene.asks("Settle").unwrap();
        let cost = scene.ending().cost;
        assert_eq!(cost.as_ref().map(|cost| cost.transitions), transitions);
        assert!(cost.is_none_or(|cost| cost.worked_ms == 1_000));
    }
}
