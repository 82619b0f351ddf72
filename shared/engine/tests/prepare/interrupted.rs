//! Tests of invocations that are killed, doubled or too late.

use crate::prepare::scene::{DECLARATION, NEW, OLD, new_release, plan, prepare, shop, step};
use crate::stage::{TOKEN, component, id};
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger;
use windlass_engine::prepare::handle;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

#[test]
fn asked_twice_it_answers_from_the_plan() {
    let stage = new_release();
    let first = prepare(&stage).unwrap();
    let written = stage.world.dynamodb().items.clone();
    stage.world.lambda().functions.clear();
    assert_eq!(prepare(&stage).unwrap(), first);
    assert_eq!(stage.world.dynamodb().items, written);
}

/// Safety: intent: `Prepare` that is killed at any call plans anew.
#[test]
fn killed_at_any_call_it_plans_anew() {
    let whole = new_release();
    let wanted = prepare(&whole).unwrap();
    let calls = whole.world.mishaps().count();
    for call in 1..=calls {
        for when in [When::Before, When::After] {
            let stage = new_release();
            stage.world.plan_mishap(call, when, Mishap::Pause);
            {
                let mut killed = std::pin::pin!(handle(&stage.world, stage.prepare(0)));
                assert!(until_pause(killed.as_mut()).is_none(), "{call} {when:?}");
            }
            assert_eq!(prepare(&stage).unwrap(), wanted, "{call} {when:?}");
            assert_eq!(plan(&stage), plan(&whole), "{call} {when:?}");
            assert_eq!(step(&stage, "api"), step(&whole, "api"), "{call} {when:?}");
        }
    }
}

#[test]
fn a_step_of_a_killed_invocation_that_is_not_needed_any_more_is_removed() {
    let stage = shop(DECLARATION, OLD, NEW);
    let whole = new_release();
    prepare(&whole).unwrap();
    let left = step(&whole, "worker").unwrap();
    stage.put(ledger::step(&id(), &component("worker")), &left);
    prepare(&stage).unwrap();
    assert!(step(&stage, "worker").is_none());
    assert!(step(&stage, "api").is_some());
}

/// Safety: intent: A slow twin does not overwrite the steps of a plan that is there.
#[test]
fn a_slow_twin_does_not_overwrite_the_steps_of_a_plan() {
    let rehearsal = new_release();
    prepare(&rehearsal).unwrap();
    let calls = rehearsal.world.mishaps().calls.clone();
    let write = calls.iter().position(|call| *call == "dynamodb.transact");
    let write = write.unwrap() as u64 + 1;
    let stage = new_release();
    stage.world.plan_mishap(write, When::Before, Mishap::Pause);
    let mut slow = std::pin::pin!(handle(&stage.world, stage.prepare(0)));
    assert!(until_pause(slow.as_mut()).is_none());
    let quick = prepare(&stage).unwrap();
    let written = stage.world.dynamodb().items.clone();
    assert_eq!(run(slow).unwrap(), quick);
    assert_eq!(stage.world.dynamodb().items, written);
}

#[test]
fn a_stale_token_writes_nothing() {
    let stage = new_release();
    stage.hold_lock(TOKEN + 1);
    let written = stage.world.dynamodb().items.clone();
    assert_eq!(prepare(&stage).unwrap_err().name, FaultName::StaleToken);
    assert_eq!(stage.world.dynamodb().items, written);
}
