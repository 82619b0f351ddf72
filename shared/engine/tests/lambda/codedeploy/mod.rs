//! Tests of a function whose alias CodeDeploy moves: there and back.

mod others;
mod scene;

use crate::lambda::scene::function;
use scene::{HOOKS, Moved, changes, failure, live, plan, served, sleep_min};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Revision, Routing};
use windlass_world::codedeploy::LiveDeployment;
use windlass_world::conformance::{Trial, conforms};

/// Safety: kinds: A function whose alias CodeDeploy moves at once conforms.
#[test]
fn all_at_once_conforms() {
    conforms(&Moved::by(Routing::AllAtOnce));
}

/// Safety: kinds: A function whose alias CodeDeploy moves as a canary conforms.
#[test]
fn a_canary_conforms() {
    conforms(&Moved::by(Routing::Canary(10, 1)));
}

/// Safety: kinds: A function whose alias CodeDeploy moves with hooks conforms.
#[test]
fn a_move_with_hooks_conforms() {
    conforms(&Moved { has_hooks: true, ..Moved::by(Routing::AllAtOnce) });
}

#[test]
fn a_canary_is_watched_while_codedeploy_moves_the_alias() {
    let subject = Moved::by(Routing::Canary(10, 10));
    let world = subject.world();
    let planned = plan(&world, "new", None);
    let what: Vec<String> = planned.stages.iter().map(|stage| stage.what.clone()).collect();
    insta::assert_snapshot!(what.join("\n"), @r"
    alias live to sha256:11507a0e2f5e by CodeDeploy's group shop/api: 10 % of the callers for 10 min, then all
    alias live to sha256:11507a0e2f5e, look 2 of 2
    alias live to sha256:11507a0e2f5e, complete
    ");
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    assert_eq!(served(world), "1 2@0.1: InProgress");
    sleep_min(world, 5);
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Changed));
    assert_eq!(served(world), "1 2@0.1: InProgress");
    sleep_min(world, 5);
    assert_eq!(trial.answer(Some(2), 1), Ok(WorkTransition::Changed));
    assert_eq!(served(world), "2: Succeeded");
    assert_eq!(changes(&trial), ["alias live 1 → 2 by CodeDeploy"]);
    let state = world.codedeploy();
    let described = &state.deployments[0].described;
    assert_eq!(described.description, "Windlass deployment 0123456789abcdef");
}

/// Nothing but the claim shows whose a group is that has deployed nothing yet.
#[test]
fn the_group_is_claimed_beside_the_function() {
    let world = Moved::by(Routing::AllAtOnce).world();
    let claims = plan(&world, "new", None).claims;
    let claimed: Vec<&str> = claims.iter().map(|claim| claim.resource.as_str()).collect();
    assert_eq!(
        claimed,
        [
            "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod",
            "arn:aws:codedeploy:eu-west-1:111111111111:deploymentgroup:shop/api"
        ]
    );
}

#[test]
fn the_hooks_of_the_last_revision_are_kept() {
    let subject = Moved { has_hooks: true, ..Moved::by(Routing::AllAtOnce) };
    let trial = Trial::begin(&subject).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let state = trial.scene.world.codedeploy();
    let Some(Revision::Kept { sha256, .. }) = &state.deployments[0].described.revision else {
        panic!("its revision is kept")
    };
    let wanted = HOOKS.replace("\"CurrentVersion\":\"0\"", "\"CurrentVersion\":\"1\"");
    let wanted = wanted.replace("\"TargetVersion\":\"1\"", "\"TargetVersion\":\"2\"");
    let text: serde_json::Value = serde_json::from_str(&state.texts[sha256]).unwrap();
    assert_eq!(text, serde_json::from_str::<serde_json::Value>(&wanted).unwrap());
}

#[test]
fn a_failed_gate_stops_it_and_its_rollback_is_followed() {
    let subject = Moved::by(Routing::Linear(10, 3));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    sleep_min(world, 4);
    assert_eq!(served(world), "1 2@0.2: InProgress");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
    assert_eq!(served(world), "1: Stopped, Succeeded");
    assert_eq!(changes(&trial)[1..], ["stop deployment d-000000001 of CodeDeploy, with its rollback"]);
}

#[test]
fn what_has_succeeded_is_undone_by_the_alias_itself() {
    let subject = Moved::by(Routing::Canary(10, 2));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
    assert_eq!(served(world), "1: Succeeded");
    assert_eq!(changes(&trial)[1..], ["alias live 2 → 1"]);
}

/// Lambda keeps all callers at the former version until it has allocated the concurrency, which is nobody's change.
#[test]
fn provisioned_concurrency_is_waited_for_and_where_it_cannot_be_had_the_alias_goes_back() {
    for (fails, wanted) in [(false, WorkTransition::Changed), (true, WorkTransition::Failed)] {
        let subject = Moved { provisioned: true, ..Moved::by(Routing::AllAtOnce) };
        let trial = Trial::begin(&subject).unwrap();
        let alias = || function(&trial.scene.world, |function| function.aliases["live"].clone());
        function(&trial.scene.world, |function| {
            let live = function.aliases.get_mut("live").unwrap();
            live.provisioned.as_mut().unwrap().fails = fails;
        });
        assert_eq!(trial.forward(), Ok(wanted), "{}", failure(&trial));
        let there = alias();
        assert_eq!(there.version, "2");
        assert_eq!(there.provisioned.is_some_and(|it| it.available == it.requested), !fails, "{there:?}");
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
        let back = alias();
        assert_eq!(back.version, "1");
        assert!(back.provisioned.is_some_and(|it| it.available == it.requested), "{back:?}");
    }
}

#[test]
fn a_rollback_that_fails_is_mended_by_the_alias_itself() {
    let subject = Moved::by(Routing::Canary(10, 10));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    live(&trial, LiveDeployment::forgets_its_rollback);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
    assert_eq!(served(world), "1: Stopped");
    assert_eq!(changes(&trial)[2..], ["alias live 1 with 2 at 10 % → 1"]);
}

#[test]
fn a_rollback_is_the_alias_itself() {
    let subject = Moved::by(Routing::Linear(10, 10));
    let trial = Trial::begin(&subject).unwrap();
    let before = serde_json::to_value(&trial.before).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let planned = plan(&trial.scene.world, "old", Some(&before["goal"]));
    let what: Vec<&str> = planned.stages.iter().map(|stage| stage.what.as_str()).collect();
    assert_eq!(what, ["alias live 2 → 1"]);
    // Nothing is planned for what is there already.
    let again = plan(&trial.scene.world, "new", None);
    assert!(again.unchanged.is_some(), "{again:?}");
    assert_eq!(again.stages, []);
}
