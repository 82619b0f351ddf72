//! Letting go of more than one transaction takes.

use crate::conductor::approvals::{rule_by, user};
use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{Scene, in_short};
use crate::stage::{app, component, prod};
use serde_json::json;
use windlass_domain::declaration::tenancy::{Claim, HeldClaim, Owner, ResourceClaims};
use windlass_domain::environment::HeldState;
use windlass_domain::release::action::ActionName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, AskedExecution};
use windlass_engine::payload::Transition;
use windlass_world::stepfunctions::arn_of;

/// An environment that is not declared any more has so many targets.
fn with_targets(count: usize) -> Scene {
    let scene = Scene::free();
    let mut ledger = scene.stage.world.dynamodb();
    ledger.items.remove(&ledger::declaration_in_force(&app()));
    drop(ledger);
    for nth in 0..count {
        let owner = Owner { app: app(), environment: prod(), component: component("api") };
        let resource = format!("arn:function:{nth:03}");
        let claim = Claim::whole(&resource);
        let held = vec![HeldClaim { owner, claim, made_by: None }];
        let key = ledger::target(&resource);
        let index = ledger::claims_index(&key);
        scene.put_indexed(key, ResourceClaims { held }, index);
    }
    scene
}

#[test]
fn all_parts_are_named_at_the_end() {
    for (count, parts) in [(90, None), (91, Some(90)), (200, Some(180))] {
        let scene = with_targets(count);
        let answer = scene.admit("one", input("remove"));
        assert_eq!(in_short(&answer), (Transition::Succeeded, ""), "{count}");
        let cause = answer.unwrap().cause;
        let line = parts.map(|parts| format!("shop/prod has let go of {parts} targets."));
        let is_named = line.is_some_and(|line| cause.starts_with(&line));
        assert_eq!(is_named, parts.is_some(), "{count}: {cause}");
        assert!(cause.contains(&format!("arn:function:{:03}", count - 1)));
        assert_eq!(scene.indexed::<ResourceClaims>(&ledger::CLAIMS).len(), 0, "{count}");
    }
}

#[test]
fn who_lets_go_is_named_with_the_person_the_rule_and_the_reason_where_a_file_is_in_force() {
    let by = "user/ann (ann; allowed by environments.prod.operate of access/apps/shop.yaml, version 1): \"a test\"";
    for has_file in [true, false] {
        let scene = with_targets(1);
        if has_file {
            rule_by(&scene, 1, "operate: [ann]");
        }
        let request = with(input("remove"), json!({"requester": user("ann")}));
        scene.stage.put(ledger::asked("one", &request), &AskedExecution { at: Time(0) });
        let cause = scene.admit("one", request).unwrap().cause;
        assert_eq!(cause.contains(by), has_file, "{cause}");
        assert_eq!(cause.contains("\n  asked for by "), has_file, "{cause}");
    }
}

#[test]
fn what_was_let_go_of_before_a_release_came_is_named_by_the_refusal() {
    let scene = with_targets(10);
    let begun = json!({"told": ["The declaration is withdrawn."], "parts": {"prod": 90}});
    scene.other_holds(ActionName::Deploy, HeldState::Running);
    let whole = json!({"action": "remove", "app": "shop", "confirm": "shop", "reason": "a test"});
    for (name, request) in [("one", input("remove")), ("all", whole)] {
        let untouched = scene.admit(&format!("{name}-untouched"), request.clone());
        let cause = untouched.unwrap().cause;
        assert!(!cause.contains("A part was done"), "{name}: {cause}");
        scene.stage.put(ledger::removing(&arn_of(name)), &begun);
        let answer = scene.admit(name, request);
        assert_eq!(in_short(&answer), (Transition::Rejected, "StillBusy"), "{name}");
        let cause = answer.unwrap().cause;
        let wanted = "A part was done before that, and stays so: The declaration is withdrawn. shop/prod has let go of 90 \
                    targets.";
        assert!(cause.contains(wanted), "{name}: {cause}");
        assert!(cause.contains("then ask again"), "{name}: {cause}");
    }
}
