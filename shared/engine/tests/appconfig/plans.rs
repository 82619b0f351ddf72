//! Tests what `Prepare` makes of a configuration: all that is wrong at once, and a plan for what is right.

use crate::appconfig::scene::{CONTENT, Flags};
use serde_json::json;
use windlass_domain::declaration::output::{Output, PlannedOutput};
use windlass_domain::declaration::tenancy::Claim;
use windlass_engine::kinds::Stage;
use windlass_engine::payload::WorkTransition;
use windlass_world::appconfig::named;

fn whats(stages: &[Stage]) -> String {
    let lines: Vec<&str> = stages.iter().map(|stage| stage.what.as_str()).collect();
    lines.join("\n")
}

#[test]
fn a_strategy_is_watched_as_long_as_it_takes() {
    let table = [
        ((0, 0), vec![None]),
        ((0, 1), vec![Some(60), None]),
        ((0, 10), vec![Some(300), Some(300), None]),
        // A day is looked at twelve times.
        ((1440, 0), {
            let mut all = vec![Some(7200); 12];
            all.push(None);
            all
        }),
    ];
    for (minutes, wanted) in table {
        let flags = Flags::by(minutes);
        let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
        let watched: Vec<Option<u64>> = planned.stages.iter().map(|it| it.bake_s).collect();
        assert_eq!(watched, wanted, "{minutes:?}");
    }
    let flags = Flags::by((4, 6));
    let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
    insta::assert_snapshot!(whats(&planned.stages), @"
    shop/prod/flags to sha256:7b369c138735 by Slow (4 min and 6 min of watching alarms)
    shop/prod/flags to sha256:7b369c138735, look 2 of 2
    shop/prod/flags to sha256:7b369c138735, complete
    ");
    let claimed = Claim::whole("appconfig:shopzzz/prodzzz/flagszz");
    assert_eq!(planned.claims, [claimed]);
    assert_eq!(planned.warnings, []);
}

#[test]
fn everything_that_is_wrong_is_listed_at_once() {
    let flags = Flags::by((1, 0));
    {
        let mut spec = flags.spec.borrow_mut();
        spec.environment = "production".into();
        spec.profile = "flag".into();
        spec.strategy = "Fast".into();
    }
    insta::assert_snapshot!(flags.refused(CONTENT).join("\n"), @"
    TargetMissing: components.flags.environment: AppConfig has no environment with the name or id `production` here. Remedy: Make it with your infrastructure code before the first deployment, or mend the name.
    TargetMissing: components.flags.profile: AppConfig has no profile with the name or id `flag` here. Remedy: Make it with your infrastructure code before the first deployment, or mend the name.
    TargetMissing: components.flags.strategy: AppConfig has no strategy with the name or id `Fast` here. Remedy: Make it with your infrastructure code before the first deployment, or mend the name.
    ");
    flags.spec.borrow_mut().application = "shopp".into();
    insta::assert_snapshot!(flags.refused(CONTENT).join("\n"), @"
    TargetMissing: components.flags.application: AppConfig has no application with the name or id `shopp` here. Remedy: Make it with your infrastructure code before the first deployment, or mend the name.
    TargetMissing: components.flags.strategy: AppConfig has no strategy with the name or id `Fast` here. Remedy: Make it with your infrastructure code before the first deployment, or mend the name.
    ");
}

#[test]
fn a_target_that_is_not_ours_or_not_hosted_and_a_document_that_is_none_are_refused() {
    let flags = Flags::by((1, 0));
    flags.environment(|it| it.tags.clear());
    {
        let mut state = flags.world.appconfig();
        let profile = state.profile("shopzzz", "flagszz").unwrap();
        profile.profile.location = "ssm-parameter://flags".into();
    }
    insta::assert_snapshot!(flags.refused("not JSON").join("\n"), @r#"
    NotSupported: components.flags.profile: The profile flags keeps its configuration in ssm-parameter://flags, and not in AppConfig's own store. Remedy: Use a profile whose location is `hosted`.
    TargetNotOurs: components.flags.environment: The tags of the environment shop/prod of AppConfig do not make it ours: `windlass:app` is missing; `windlass:environment` is missing. Remedy: Tag the environment shop/prod of AppConfig with `windlass:app`: `shop` and `windlass:environment`: `prod`, or give the environment a role of its own (`role_arn`), which then decides what is reached.
    BadValue: components.flags: The artifact artifacts/shop/prod/flags/1.json is no document of feature flags: it is not JSON. Remedy: Write it as AWS AppConfig User Guide, "Understanding the type reference for AWS.AppConfig.FeatureFlags", says: an object with `version`, `flags` and `values`.
    "#);
}

/// AppConfig takes any bytes of a freeform profile, and the callers would get them.
#[test]
fn a_document_that_is_not_of_its_declared_type_is_refused() {
    let flags = Flags::by((1, 0));
    {
        let mut state = flags.world.appconfig();
        let profile = state.profile("shopzzz", "flagszz").unwrap();
        profile.profile.kind = "AWS.Freeform".into();
    }
    insta::assert_snapshot!(flags.refused("s3cret").join("\n"), @"BadValue: components.flags: The document artifacts/shop/prod/flags/1.json is not of the declared type `application/json`: it is not JSON. Remedy: Release a document of that type, or declare its own with `components.flags.content_type`.");
    flags.spec.borrow_mut().content_type = "text/plain".into();
    assert_eq!(flags.refused("s3cret"), [] as [&str; 0]);
}

#[test]
fn two_of_one_name_are_distinguished_by_id() {
    let flags = Flags::by((1, 0));
    flags.world.appconfig().put("Shop", "prod", &["flags"]);
    flags.world.appconfig().applications[1].named.name = "shop".into();
    let other = flags.world.appconfig().applications[1].named.id.clone();
    insta::assert_snapshot!(flags.refused(CONTENT).join("\n"), @"BadValue: components.flags.application: AppConfig has 2 of the name `shop`: shopzzz, hopzzzz. Remedy: Write the id of the one that is meant.");
    flags.spec.borrow_mut().application = named("shop").id;
    assert_eq!(flags.refused(CONTENT), [] as [&str; 0]);
    assert_ne!(other, named("shop").id);
}

#[test]
fn a_deployment_under_way_is_busy_whichever_profile_it_is_of() {
    let flags = Flags::by((1, 0));
    flags.world.appconfig().profile("shopzzz", "setting").unwrap().put(None, "{}");
    flags.deploy("setting", "1");
    flags.sleep_min(1);
    insta::assert_snapshot!(flags.refused(CONTENT).join("\n"), @"TargetBusy: components.flags.environment: Deployment 2 of the profile setting is BAKING at 100 % in the same environment; its strategy takes 10 min. AppConfig makes one deployment at a time in an environment, over all its profiles. Remedy: Wait until it is complete, or stop it, and deploy again. Components that share an environment of AppConfig go one after the other with `after`.");
    flags.sleep_min(20);
    assert_eq!(flags.refused(CONTENT), [] as [&str; 0]);
}

#[test]
fn what_is_deployed_already_is_not_deployed_again() {
    let flags = Flags::by((1, 0));
    let release = flags.release(CONTENT);
    assert_eq!(release.forward(), WorkTransition::Changed);
    let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
    assert_eq!(planned.stages, []);
    assert_eq!(planned.unchanged.as_deref(), Some("shop/prod/flags has version 2 already (deployment 2)"));
    // Its version is found again, and none is made, when it comes back.
    assert_eq!(release.undo(), WorkTransition::Changed);
    let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
    let again = flags.begin("d2", &planned);
    assert_eq!(again.forward(), WorkTransition::Changed);
    assert_eq!(again.sent(), ["deploy version 2 by slow123"]);
}

#[test]
fn a_rollback_reverts_or_deploys_what_was_recorded_and_names_what_is_gone() {
    let flags = Flags::by((1, 0));
    let first = flags.release(CONTENT);
    assert_eq!(first.forward(), WorkTransition::Changed);
    let before = first.step().before;
    let planned = flags.plan(None, Some(&before));
    assert_eq!(planned.findings, []);
    let back = flags.begin("d2", &planned);
    assert_eq!(back.waves, 1);
    assert_eq!(back.forward(), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 1, newest 2 REVERTED");
    // The configuration is already where the rollback goes.
    assert!(flags.plan(None, Some(&before)).unchanged.is_some());
    let gone = json!({"goal": {"live": {"version": "9"}}});
    let planned = flags.plan(None, Some(&gone));
    insta::assert_snapshot!(planned.findings[0].written(), @"ArtifactMissing: components.flags.profile: Version 9 that was deployed then does not exist any more. Remedy: Roll back to another snapshot; they are listed by `GET /apps/shop/environments/prod/snapshots`.");
}

#[test]
fn a_first_configuration_is_warned_of() {
    let flags = Flags::undeployed((1, 0));
    let planned = flags.plan(Some(&flags.upload(CONTENT)), None);
    insta::assert_snapshot!(planned.warnings[0].written(), @"MayStay: components.flags.profile: Nothing was deployed of shop/prod/flags before. An undo stops it while it grows; whether AppConfig takes it away once it is complete is only seen then. Remedy: Nothing, or deploy a first configuration with your infrastructure code.");
}

#[test]
fn a_label_on_another_content_is_no_proof() {
    let flags = Flags::by((1, 0));
    {
        let mut state = flags.world.appconfig();
        let profile = state.profile("shopzzz", "flagszz").unwrap();
        profile.profile.kind = "AWS.Freeform".into();
        let label =
            windlass_engine::kinds::appconfig::label(&windlass_domain::text::digest::Digest::of(CONTENT.as_bytes()));
        profile.put(Some(&label), "another one");
    }
    let release = flags.release(CONTENT);
    assert_eq!(release.wave(Some(0)), WorkTransition::Failed);
    assert!(release.failure().starts_with("DigestMismatch"), "{}", release.failure());
}

/// Feature flags that name the version of the function, as they are uploaded.
const POINTING: &str = "{\"flags\":{\"api\":{\"name\":\"${api.version}\"}},\"values\":{},\"more\":${api.version}}";

/// Makes flags to which another component gives this value for what they take.
fn pointing(given: PlannedOutput) -> Flags {
    let mut flags = Flags::by((0, 10));
    let version = Output::try_from("api.version".to_owned()).unwrap();
    flags.inputs.insert(version, given);
    flags
}

#[test]
fn what_others_give_is_filled_into_the_document() {
    let flags = pointing(PlannedOutput::Known("7".into()));
    assert_eq!(flags.release(POINTING).forward(), WorkTransition::Changed);
    assert_eq!(flags.served(), "version 2, newest 2 COMPLETE");
    let artifact = flags.upload(POINTING);
    assert_eq!(flags.content(2), "{\"flags\":{\"api\":{\"name\":\"7\"}},\"values\":{},\"more\":7}");
    // The same document with what is given now is another configuration.
    assert_eq!(flags.plan(Some(&artifact), None).stages.len(), 0);
    let mut flags = flags;
    flags.inputs = pointing(PlannedOutput::Known("8".into())).inputs;
    assert_ne!(flags.plan(Some(&artifact), None).stages.len(), 0);
}

#[test]
fn what_is_given_later_is_marked_in_the_plan() {
    let flags = pointing(PlannedOutput::Later);
    let planned = flags.plan(Some(&flags.upload(POINTING)), None);
    let later: Vec<usize> = planned.stages.iter().map(|it| it.later.len()).collect();
    assert_eq!(later, [1, 0, 0]);
    insta::assert_snapshot!(whats(&planned.stages), @"
    shop/prod/flags to the document with api.version (known once that has changed) by Slow (0 min and 10 min of watching alarms)
    shop/prod/flags to the document with api.version (known once that has changed), look 2 of 2
    shop/prod/flags to the document with api.version (known once that has changed), complete
    ");
}

#[test]
fn a_document_has_what_is_filled_in() {
    let flags = pointing(PlannedOutput::Later);
    let refused = flags.refused("{\"flags\":{}, \"more\": \"${api.verison}\"}");
    insta::assert_snapshot!(refused.join("\n"), @"BadValue: components.flags.fill: The document artifacts/shop/prod/flags/1.json has `${api.verison}`, which nothing fills in, and no `${api.version}`. Remedy: Did you mean `${api.version}` by `${api.verison}`? Write what `fill` names, or remove that from `fill`.");
}
