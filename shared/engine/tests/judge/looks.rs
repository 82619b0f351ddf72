//! Tests of a wave that only looks at what an earlier one has begun: it goes on with the watch of that one.

use crate::judge::scene::{HEALTH, changed, judge, judgement};
use crate::stage::{Stage, id};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::declaration::plan::Plan;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;

/// Makes a stage whose second wave looks, or changes the function, and has just begun.
fn second(look: bool) -> Stage {
    let stage = changed();
    let mut plan: Plan = stage.get(&ledger::plan(&id())).unwrap();
    plan.waves[1].look = look;
    stage.put(ledger::plan(&id()), &plan);
    for seconds in [0, 60, 60] {
        stage.pass_seconds(seconds);
        judge(&stage, 0).unwrap();
    }
    assert_eq!(judgement(&stage, 0).verdict, Verdict::Pass);
    stage
}

#[test]
fn a_look_counts_from_the_change_that_it_looks_at() {
    for look in [true, false] {
        let stage = second(look);
        stage.pass_seconds(1);
        assert_eq!(judge(&stage, 1).unwrap().verdict, Transition::Bake);
        let (first, second) = (judgement(&stage, 0), judgement(&stage, 1));
        let since = if look { first.changed } else { first.looked };
        assert_eq!(second.changed, since, "look: {look}");
        assert_eq!(second.known, look.then_some(first.looked));
    }
}

#[test]
fn a_gate_that_fails_in_a_look_names_what_was_changed() {
    for (look, changed) in [(true, "api at 10 %"), (false, "api at 100 %")] {
        let stage = second(look);
        stage.world.serve(HEALTH, 502, "", 9);
        let answer = judge(&stage, 1).unwrap();
        assert_eq!(answer.verdict, Transition::Failed);
        let wanted = format!("failed in wave 2 ({changed})");
        assert!(answer.cause.contains(&wanted), "{}", answer.cause);
    }
}
