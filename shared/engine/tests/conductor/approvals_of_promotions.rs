//! Tests of what approvals rest on: the snapshot that a release is promoted from, and the declaration in force.

use crate::conductor::approvals::{approves, asking, draw, hash, planned, rule, turn, user};
use crate::conductor::scene::in_short;
use crate::stage::{TOKEN, app};
use serde_json::json;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, PromotedFrom};
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::release::request::{Requester, Route};
use windlass_domain::text::name::EnvironmentName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;

#[test]
fn the_environment_before_is_asked_at_each_turn() {
    let scene = asking("{by: [lead-1]}");
    assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
    rule(&scene, "{by: [lead-1]}, from: {environment: dev}");
    assert_eq!(in_short(&turn(&scene)), (Transition::Rejected, "NotVerified"));
}

#[test]
fn what_admits_it_at_its_turn_is_noted_and_whoever_brought_that_does_not_approve() {
    let scene = asking("{by: [lead-1, lead-2]}");
    assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
    rule(&scene, "{by: [lead-1, lead-2]}, from: {environment: dev}");
    let (app, dev, id) = (app(), EnvironmentName::new("dev").unwrap(), DeploymentId("aaaaaaaaaaaaaaaa".into()));
    let there = EnvironmentId::new(&app, &dev);
    let state = EnvironmentState { snapshot: 1, last_snapshot: 1, ..EnvironmentState::default() };
    scene.stage.put(ledger::state(there), &state);
    let given = json!({"version": "1.4.0", "deployment": id, "since": 7});
    let running = json!({"version": "1.4.0", "deployment": id, "since": 7, "brought": given, "state": null,
        "artifact": scene.record().release.components.values().next()});
    let snapshot = json!({"number": 1, "version": "1.4.0", "release": hash("release"), "deployment": id, "made": 7,
        "replaced": 0, "components": {"api": running}, "proof": {"measured": ["api"]}});
    scene.stage.put(ledger::snapshot(there, 1), &snapshot);
    let record = Deployment { id: id.clone(), requester: user("lead-1"), ..scene.record() };
    scene.stage.put(ledger::deployment(&id), &record);
    assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
    assert_eq!(scene.record().verified_by, Some(PromotedFrom { environment: dev.clone(), snapshot: 1 }));
    draw(&scene, "one", "change");
    assert_eq!(in_short(&approves(&scene, "lead-1", "one")).1, "NotAllowed");
    assert_eq!(in_short(&approves(&scene, "lead-2", "one")).1, "");
}

#[test]
fn a_snapshot_admits_what_it_ran_whatever_its_age() {
    const ALL: u64 = 300;
    for good in [None, Some(1), Some(150), Some(ALL)] {
        let scene = asking("{by: [lead-1]}");
        assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
        rule(&scene, "{by: [lead-1]}, from: {environment: dev}");
        let (app, dev, id) = (app(), EnvironmentName::new("dev").unwrap(), DeploymentId("aaaaaaaaaaaaaaaa".into()));
        let there = EnvironmentId::new(&app, &dev);
        let state = EnvironmentState { snapshot: ALL, last_snapshot: ALL, ..EnvironmentState::default() };
        scene.stage.put(ledger::state(there), &state);
        let given = json!({"version": "1.4.0", "deployment": id, "since": 7});
        let running = json!({"version": "1.4.0", "deployment": id, "since": 7, "brought": given, "state": null,
            "artifact": scene.record().release.components.values().next()});
        for number in 1..=ALL {
            let ran = if good == Some(number) { json!({"api": running}) } else { json!({}) };
            let snapshot = json!({"number": number, "version": "1.4.0", "release": hash("release"), "deployment": id,
                "made": number, "replaced": number - 1, "components": ran, "proof": {"measured": ["api"]}});
            scene.stage.put(ledger::snapshot(there, number), &snapshot);
        }
        scene.stage.put(ledger::deployment(&id), &Deployment { id: id.clone(), ..scene.record() });
        let wanted = if good.is_some() { (Transition::Draw, "") } else { (Transition::Rejected, "NotVerified") };
        assert_eq!(in_short(&turn(&scene)), wanted, "{good:?}");
        let by = scene.record().verified_by.map(|from| from.snapshot);
        assert_eq!(by, good, "{good:?}");
    }
}

/// It was promoted from `dev`, where Windlass had promoted it by itself from `test`.
#[test]
fn whoever_brought_what_is_promoted_on_does_not_approve() {
    let mut scene = asking("{by: [ann, lead-2]}");
    let from = |name: &str| Some(PromotedFrom { environment: EnvironmentName::new(name).unwrap(), snapshot: 1 });
    scene.change_record(|record| (record.requester, record.promoted_from) = (user("lead-1"), from("dev")));
    let by_itself = Requester::new(Route::Windlass, None);
    // Whoever only gave the bytes that ran there a newer name has asked for them as well.
    let (first, second, other) = ("aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc");
    let brought =
        [("dev", first, [other, first], by_itself, from("test")), ("test", second, [second, other], user("ann"), None)];
    for (environment, deployment, [now, before], requester, promoted_from) in brought {
        let id = DeploymentId(deployment.into());
        let given = json!({"version": "1.3.0", "deployment": before, "since": 7});
        let running = json!({"version": "1.4.0", "deployment": now, "since": 7, "brought": given, "state": null});
        let snapshot = json!({"number": 1, "version": "1.4.0", "deployment": id, "made": 7, "replaced": 0,
            "components": {"api": running}});
        let environment = EnvironmentName::new(environment).unwrap();
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &environment), 1), &snapshot);
        let record = Deployment { id: id.clone(), requester, promoted_from, ..scene.record() };
        scene.stage.put(ledger::deployment(&id), &record);
    }
    assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
    draw(&scene, "one", "change");
    assert_eq!(in_short(&approves(&scene, "ann", "one")).1, "NotAllowed");
    assert_eq!(in_short(&approves(&scene, "lead-2", "one")).1, "");
}

#[test]
fn the_plan_to_approve_names_another_declaration_under_which_its_bytes_were_verified() {
    let said = |is_other: bool| {
        let mut scene = asking("{by: [lead-1]}");
        let (environment, by) = (EnvironmentName::new("dev").unwrap(), DeploymentId("aaaaaaaaaaaaaaaa".into()));
        let snapshot = json!({"number": 1, "version": "1.4.0", "deployment": by, "made": 7, "replaced": 0,
            "components": {}});
        scene.stage.put(ledger::snapshot(EnvironmentId::new(&app(), &environment), 1), &snapshot);
        let mut record = Deployment { id: by, ..scene.record() };
        record.declaration.major += u64::from(is_other);
        scene.stage.put(ledger::deployment(&record.id), &record);
        scene.change_record(|record| record.promoted_from = Some(PromotedFrom { environment, snapshot: 1 }));
        assert_eq!(in_short(&turn(&scene)), (Transition::Draw, ""));
        planned(&scene).turn.text
    };
    assert_ne!(said(true), said(false));
}

#[test]
fn a_declaration_put_in_force_meanwhile_is_taken_unless_the_release_has_named_its_own() {
    for (is_named, wanted) in [(false, "1.9.0"), (true, "1.0.0")] {
        let mut scene = asking("{by: [lead-1]}");
        scene.change_record(|record| record.names_declaration = is_named);
        turn(&scene).unwrap();
        draw(&scene, "one", "change");
        approves(&scene, "lead-1", "one").unwrap();
        turn(&scene).unwrap();
        let former: Declared = scene.stage.get(&ledger::declaration_in_force(&app())).unwrap();
        let text = former.text.replace("version: 1.0.0", "version: 1.9.0");
        let declared = Declared::new(&Declaration::parse(&text).unwrap(), text, Time(0), None);
        scene.stage.put(ledger::declaration(&app(), &declared.version), &declared);
        scene.stage.put(ledger::declaration_in_force(&app()), &declared);
        scene.stage.hold_lock(TOKEN);
        scene.asks("GiveBack").unwrap();
        assert_eq!(planned(&scene).deployment.declaration.to_string(), wanted);
    }
}
