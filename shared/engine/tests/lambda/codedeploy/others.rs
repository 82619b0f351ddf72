//! Tests of what CodeDeploy does by itself, and of what others do in its group.

use super::scene::{HOOKS, Moved, changes, failure, live, refused, served, sleep_min};
use crate::lambda::scene::{FUNCTION, function};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{NewDeployed, Revision, Routing};
use windlass_world::World;
use windlass_world::conformance::Trial;

#[test]
fn an_alarm_of_the_group_takes_it_back_and_is_named() {
    let subject = Moved::by(Routing::Canary(10, 10));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    let mut state = world.codedeploy();
    state.group("shop", "api").unwrap().monitors.push("shop-5xx".into());
    drop(state);
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    world.set_alarm("shop-5xx", "ALARM", &[9.0]);
    sleep_min(world, 5);
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Failed));
    insta::assert_snapshot!(failure(&trial), @"ChangeFailed: alias live of function shop-api-prod: Deployment d-000000001 of version 2 of CodeDeploy was stopped, because an alarm of its group rang: One or more alarms have been activated. Its rollback d-000000002 has succeeded. The alias sends its callers to 1. Remedy: Look at the alarm that is named, and at the alarms of the deployment group; then deploy a fixed release.");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
    assert_eq!(served(world), "1: Stopped, Succeeded");
    assert_eq!(changes(&trial).len(), 1, "CodeDeploy went back by itself");
}

#[test]
fn a_hook_that_says_no_is_named() {
    for (event, waves) in [("BeforeAllowTraffic", 0), ("AfterAllowTraffic", 1)] {
        let subject = Moved { has_hooks: true, ..Moved::by(Routing::Canary(10, 2)) };
        let trial = Trial::begin(&subject).unwrap();
        let world = &trial.scene.world;
        world.codedeploy().group("shop", "api").unwrap().fails_at = Some(event);
        for wave in 0..waves {
            assert_eq!(trial.answer(Some(wave), 1), Ok(WorkTransition::Changed));
        }
        assert_eq!(trial.answer(Some(waves), 1), Ok(WorkTransition::Failed));
        let wanted = format!(
            "because its hook {event} failed: a hook failed. Its rollback d-000000002 has succeeded. The alias sends its callers to 1."
        );
        assert!(failure(&trial).contains(&wanted), "{}", failure(&trial));
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
        assert_eq!(served(world), "1: Failed, Succeeded");
    }
}

#[test]
fn somebody_who_stops_it_is_named() {
    let subject = Moved::by(Routing::Canary(10, 10));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    let now = world.true_time();
    live(&trial, |live| live.stop(now));
    sleep_min(world, 1);
    assert_eq!(trial.answer(Some(1), 1), Ok(WorkTransition::Failed));
    let reason = failure(&trial);
    assert!(reason.starts_with("TargetChangedByOther"), "{reason}");
    assert!(reason.contains("Somebody else stopped deployment d-000000001 of version 2"), "{reason}");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed), "{}", failure(&trial));
    assert_eq!(served(world), "1: Stopped, Succeeded");
}

/// Creates somebody's own deployment of another version in the group.
fn by_hand(world: &World, from: &str) -> String {
    function(world, |function| {
        function.publish_by_hand("by hand");
    });
    let to = function(world, |function| *function.versions.keys().last().unwrap());
    let appspec = windlass_domain::declaration::appspec::AppSpec::new(FUNCTION, "live");
    let new = NewDeployed {
        application: "shop".into(),
        group: "api".into(),
        description: "by hand".into(),
        content: appspec.moving(from, &to.to_string()),
        configuration: None,
    };
    world.create(&new).unwrap()
}

#[test]
fn somebody_else_s_deployment_is_left_to_them() {
    let subject = Moved::by(Routing::Canary(10, 2));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    by_hand(world, "2");
    sleep_min(world, 1);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Failed));
    let reason = failure(&trial);
    assert!(reason.starts_with("TargetChangedByOther"), "{reason}");
    sleep_min(world, 5);
    assert_eq!(served(world), "3: Succeeded, Succeeded");
}

#[test]
fn a_group_that_is_busy_is_named_before_anything_changes_and_after() {
    let subject = Moved::by(Routing::Canary(10, 10));
    let trial = Trial::begin(&subject).unwrap();
    let world = &trial.scene.world;
    by_hand(world, "1");
    insta::assert_snapshot!(refused(world), @"TargetBusy: components.api.codedeploy.group: CodeDeploy makes one deployment at a time in group shop/api, and d-000000001 is somebody else's: it is created, and does nothing yet. Remedy: Wait until it is over, or stop it (`aws deploy stop-deployment --deployment-id d-000000001 --auto-rollback-enabled`), and deploy again.");
    // The deployment came after `Prepare`.
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Failed));
    assert!(failure(&trial).starts_with("TargetBusy"), "{}", failure(&trial));
    assert_eq!(world.codedeploy().deployments.len(), 1);
}

#[test]
fn what_a_group_cannot_deploy_is_named() {
    let world = || Moved::by(Routing::AllAtOnce).world();
    let mut all = Vec::new();
    let gone = world();
    gone.codedeploy().groups.clear();
    all.push(refused(&gone));
    let service = world();
    service.codedeploy().groups[0].platform = "ECS".into();
    all.push(refused(&service));
    let unknown = world();
    unknown.codedeploy().groups[0].routing = Routing::Other("Dice".into());
    unknown.codedeploy().deployed_last("shop", "api", "just text");
    all.push(refused(&unknown));
    let other = world();
    let text = HOOKS.replace("shop-api-prod", "shop-jobs");
    other.codedeploy().deployed_last("shop", "api", &text);
    all.push(refused(&other));
    let elsewhere = world();
    elsewhere.codedeploy().groups[0].revision = Some(Revision::Elsewhere("S3".into()));
    all.push(refused(&elsewhere));
    let shared = world();
    function(&shared, |function| {
        function.configure("second");
        function.publish_as("other", "second");
        let live = function.aliases.get_mut("live").unwrap();
        live.weights = vec![("2".into(), "0.333".into())];
    });
    all.push(refused(&shared));
    insta::assert_snapshot!(all.join("\n"), @r"
    TargetMissing: components.api.codedeploy.group: CodeDeploy has no group shop/api here. Remedy: Make it with your infrastructure code before the first deployment, or mend the names.
    NotSupported: components.api.codedeploy.group: CodeDeploy's group shop/api deploys to ECS, and not to Lambda. Remedy: Name a deployment group whose application has the compute platform Lambda.
    NotSupported: components.api.codedeploy.group: The deployment configuration shop/api of CodeDeploy's group shop/api moves callers by Dice, which this Windlass does not know. Remedy: Use a configuration that moves all at once, by a canary or linearly.
    NotSupported: components.api.codedeploy.group: The AppSpec of the last revision of CodeDeploy's group shop/api cannot be gone on from: it does not name exactly one resource of the type AWS::Lambda::Function with its properties. Remedy: Deploy once with an AppSpec of this function and its alias alone; Windlass goes on from there.
    BadValue: components.api.codedeploy.group: CodeDeploy's group shop/api deployed the alias live of shop-jobs last, and not live of shop-api-prod. Remedy: Name the deployment group that moves this alias.
    NotSupported: components.api.codedeploy.group: The last revision of CodeDeploy's group shop/api is kept in S3, so that its hooks cannot be read and kept. Remedy: Deploy once with the AppSpec as a text (`aws deploy create-deployment --revision revisionType=AppSpecContent,…`); Windlass goes on from there.
    TargetNotReady: components.api.alias: The alias shares its callers already: 1 with 2 at 33.3 %. CodeDeploy fails every deployment from there. Remedy: Give them to one version (`aws lambda update-alias --function-name shop-api-prod --name live --function-version 1 --routing-config AdditionalVersionWeights={}`), and deploy again.
    ");
}
