//! Tests of the release that an undo vetoes, and of what its ending asks people to do next.

use crate::conductor::scene::{Scene, in_short, is_rollback};
use crate::conductor::undoing::why;
use crate::stage::{TOKEN, app, id, prod};
use serde_json::{Value, json};
use windlass_domain::deployment::step::StepStatus;
use windlass_domain::deployment::{Keyed, Status, Why};
use windlass_domain::environment::{EnvironmentState, Hold, Veto};
use windlass_domain::prose;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;

pub fn veto(scene: &Scene) -> Option<Veto> {
    let release = scene.record().release_digest;
    scene.stage.get(&ledger::veto(EnvironmentId::new(&app(), &prod()), &release))
}

#[test]
fn an_undo_that_was_seen_vetoes_the_release_and_frees_the_lock() {
    let mut scene = Scene::new();
    scene.change_record(|record| record.undoing = Some(why("GateFailed")));
    scene.step("a", StepStatus::Undone, |_| ());
    scene.step("b", StepStatus::Planned, |_| ());
    let answer = scene.asks("SettleUndo");
    assert_eq!(in_short(&answer), (Transition::RolledBack, "GateFailed"));
    let lock = scene.lock();
    assert_eq!(lock.held, None);
    assert!(lock.token > TOKEN);
    assert_eq!(scene.record().status, Status::Ended);
    assert_eq!(scene.ending().at, scene.now());
    let veto = veto(&scene).unwrap();
    assert_eq!(veto.release, scene.record().release_digest);
    assert_eq!((veto.version.as_str(), veto.deployment), ("1.4.0", id()));
    assert_eq!((veto.since, veto.cause.written().as_str()), (scene.now(), "it was so."));
}

/// A release of one component is the same as that component of it.
#[test]
fn an_undo_vetoes_the_only_component_of_a_release_once() {
    let mut scene = Scene::new();
    scene.change_record(|record| {
        record.undoing = Some(why("GateFailed"));
        record.part_of = Some(record.release_digest.clone());
    });
    scene.step("a", StepStatus::Undone, |_| ());
    assert_eq!(in_short(&scene.asks("SettleUndo")), (Transition::RolledBack, "GateFailed"));
    assert!(veto(&scene).is_some());
}

/// Returns an environment whose deployments are held.
fn held() -> EnvironmentState {
    let hold = Hold { since: Time(0), reason: "prices".into(), by: "ann".into(), allowed_by: None, also: vec![] };
    EnvironmentState { hold: Some(hold), ..EnvironmentState::default() }
}

#[test]
fn neither_a_rollback_nor_what_a_person_stopped_is_vetoed() {
    let mut stopped = Scene::new();
    stopped.change_record(|record| record.stopped = true);
    stopped.asks("SettleUndo").unwrap();
    assert_eq!(veto(&stopped), None);
    let cause = stopped.ending().cause;
    assert!(cause.written().contains("release 1.4.0 was stopped and not judged"), "{cause:?}");

    let mut rollback = Scene::new();
    is_rollback(&mut rollback);
    rollback.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &held());
    rollback.asks("SettleUndo").unwrap();
    assert_eq!(veto(&rollback), None);
    let cause = rollback.ending().cause;
    let wanted = "automatic deployments are held since 1970-01-01T00:00:00Z by ann: \"prices\"; start {";
    assert!(cause.written().contains(wanted), "{cause:?}");
}

#[test]
fn what_says_something_of_the_release_vetoes_it_and_nothing_else_does() {
    for (name, vetoes) in [
        ("GateFailed", true),
        ("ChangeFailed", true),
        ("MoreToDo", true),
        ("AccessDenied", false),
        ("TargetChangedByOther", false),
        ("ExecutionTimedOut", false),
    ] {
        let mut scene = Scene::new();
        scene.change_record(|record| record.undoing = Some(why(name)));
        scene.asks("SettleUndo").unwrap();
        assert_eq!(veto(&scene).is_some(), vetoes, "{name}");
        let cause = scene.ending().cause;
        let texts = ["is vetoed here", "is not vetoed: send it again"];
        assert_eq!(texts.map(|part| cause.written().contains(part)), [vetoes, !vetoes]);
    }
}

#[test]
fn what_asks_for_the_same_release_again_names_the_wish_that_lifts_the_veto() {
    let again = json!({"start": {"action": "deploy", "again": true, "app": "shop", "environment": "prod", "reason": "…", "version": "1.4.0"}});
    for (asked, wanted) in [
        (Redeploy::Again, vec![json!({"deploy": "again"}), again]),
        (Redeploy::Fixed, vec![json!({"deploy": "fixed"})]),
    ] {
        let mut scene = Scene::new();
        scene.change_record(|record| {
            record.undoing = Some(Why { name: "ChangeFailed".into(), text: prose!("mend it, then {}.", asked) });
        });
        scene.asks("SettleUndo").unwrap();
        assert!(veto(&scene).is_some());
        let cause = scene.ending().cause;
        let steps: Vec<Value> = cause.steps().map(|step| json!(step)).collect();
        assert_eq!(steps, wanted);
    }
}

/// An arrival of the same release may be superseded. Without what stands in its way now it would be refused.
#[test]
fn a_person_whose_deployment_the_target_failed_reads_how_to_start_the_same_again() {
    let mut scene = Scene::new();
    scene.change_record(|record| {
        let key = "k".into();
        let content = record.release_digest.clone();
        record.keyed = Some(Keyed { key, content });
        record.allow_older = true;
        record.through_hold = true;
        record.undoing = Some(why("AccessDenied"));
    });
    scene.stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &held());
    scene.asks("SettleUndo").unwrap();
    let cause = scene.ending().cause;
    let wanted = r#"is not vetoed: start {"action":"deploy","app":"shop","environment":"prod","reason":"…","through_hold":true,"version":"1.4.0"}"#;
    assert!(cause.written().contains(wanted), "{cause:?}");
}

#[test]
fn a_veto_that_is_there_stays() {
    let mut scene = Scene::new();
    scene.change_record(|record| record.undoing = Some(why("GateFailed")));
    let former = Veto {
        release: scene.record().release_digest,
        version: "1.3.9".into(),
        deployment: id(),
        by: [id()].into(),
        since: Time(1),
        cause: "an earlier one.".into(),
    };
    let key = ledger::veto(EnvironmentId::new(&app(), &prod()), &former.release);
    scene.stage.put(key, &former);
    scene.asks("SettleUndo").unwrap();
    assert_eq!(veto(&scene), Some(former));
}
