//! Tests of a plan as people read it, and of what is refused.

use crate::lambda::scene::{Brings, Setting, artifact, function, large_zip};
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::Finding;
use windlass_domain::text::finding::FindingName;
use windlass_engine::kinds::Prepared;
use windlass_engine::payload::WorkTransition;
use windlass_world::World;
use windlass_world::conformance::Trial;
use windlass_world::lambda::Package;

fn in_words(prepared: &Prepared) -> String {
    let mut lines: Vec<String> = prepared
        .stages
        .iter()
        .map(|stage| match stage.bake_s {
            Some(seconds) => format!("{}, watched for {seconds} s", stage.what),
            None => stage.what.clone(),
        })
        .collect();
    lines.extend(prepared.unchanged.clone());
    lines.extend(prepared.findings.iter().map(Finding::written));
    lines.extend(prepared.warnings.iter().map(|warning| format!("warning {}", warning.written())));
    lines.join("\n")
}

fn canary() -> Setting {
    Setting { alias: true, steps: vec![10, 50], ..Setting::default() }
}

fn refused(setting: &Setting, set: impl FnOnce(&World)) -> (FindingName, String) {
    let world = setting.world();
    set(&world);
    let prepared = setting.plan(&world, "new");
    assert_eq!(prepared.findings.len(), 1, "{:?}", prepared.findings);
    (prepared.findings[0].name, in_words(&prepared))
}

#[test]
fn plans_are_listed_step_by_step() {
    let plan = |setting: &Setting, text| in_words(&setting.plan(&setting.world(), text));
    insta::assert_snapshot!(plan(&canary(), "new"), @r#"
    alias live to 10 % of sha256:11507a0e2f5e, watched for 300 s
    alias live to 50 % of sha256:11507a0e2f5e, watched for 300 s
    alias live to sha256:11507a0e2f5e
    "#);
    let tried = |setting| Setting { is_tried: true, ..setting };
    insta::assert_snapshot!(plan(&tried(canary()), "new"), @r#"
    sha256:11507a0e2f5e published and invoked before alias live moves
    alias live to 10 % of sha256:11507a0e2f5e, watched for 300 s
    alias live to 50 % of sha256:11507a0e2f5e, watched for 300 s
    alias live to sha256:11507a0e2f5e
    "#);
    insta::assert_snapshot!(plan(&tried(Setting { alias: true, ..Setting::default() }), "new"), @r#"
    sha256:11507a0e2f5e published and invoked before alias live moves
    alias live to sha256:11507a0e2f5e
    "#);
    insta::assert_snapshot!(plan(&tried(Setting::default()), "new"), @r#"
    code of shop-api-prod to sha256:11507a0e2f5e, live at once
    warning NotSupported: components.api.alias: Callers use $LATEST of shop-api-prod, so new code is live at once and all at once: they get it before its `invocations` have tried it. Remedy: Publish a version (`aws lambda publish-version --function-name shop-api-prod`), make an alias on it (`aws lambda create-alias --function-name shop-api-prod --name live --function-version <number>`), let the callers use the alias, and write `alias: live`.
    "#);
    insta::assert_snapshot!(plan(&canary(), "old"), @"alias live serves the wanted code in version 1 already");
    insta::assert_snapshot!(plan(&Setting::default(), "new"), @r#"
    code of shop-api-prod to sha256:11507a0e2f5e, live at once
    warning NotSupported: components.api.alias: Callers use $LATEST of shop-api-prod, so new code is live at once and all at once. Remedy: Publish a version (`aws lambda publish-version --function-name shop-api-prod`), make an alias on it (`aws lambda create-alias --function-name shop-api-prod --name live --function-version <number>`), let the callers use the alias, and write `alias: live`.
    "#);
    insta::assert_snapshot!(plan(&Setting { brings: Brings::Image, ..canary() }, "new"), @r#"
    alias live to 10 % of sha256:f1bd72f1aef7, watched for 300 s
    alias live to 50 % of sha256:f1bd72f1aef7, watched for 300 s
    alias live to sha256:f1bd72f1aef7
    "#);
}

#[test]
fn the_target_is_the_function_by_its_arn() {
    let prepared = canary().plan(&canary().world(), "new");
    assert_eq!(prepared.claims[0].resource, "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod");
}

#[test]
fn a_function_that_is_not_ours_is_refused() {
    let (name, _) = refused(&canary(), |world| {
        function(world, |function| function.tags.clear());
    });
    assert_eq!(name, FindingName::TargetNotOurs);
}

/// Safety: left open: A missing alias is named with the command that makes it.
#[test]
fn a_missing_alias_is_named_with_the_command_that_makes_it() {
    let (name, text) = refused(&canary(), |world| {
        function(world, |function| function.aliases.clear());
    });
    assert_eq!(name, FindingName::TargetMissing);
    insta::assert_snapshot!(text, @"TargetMissing: components.api.alias: The function shop-api-prod has no alias live. Remedy: Make it on a published version: `aws lambda create-alias --function-name shop-api-prod --name live --function-version <number>`.");
}

#[test]
fn an_alias_on_latest_is_refused() {
    let (name, text) = refused(&canary(), |world| {
        function(world, |function| {
            function.aliases.get_mut("live").unwrap().version = "$LATEST".into();
        });
    });
    assert_eq!(name, FindingName::TargetNotReady);
    insta::assert_snapshot!(text, @"TargetNotReady: components.api.alias: Alias live of shop-api-prod points to $LATEST, which cannot be restored. Remedy: Publish a version (`aws lambda publish-version --function-name shop-api-prod`) and point the alias to it (`aws lambda update-alias --function-name shop-api-prod --name live --function-version <number>`).");
}

#[test]
fn a_failed_function_is_refused() {
    let (name, text) = refused(&canary(), |world| {
        function(world, |function| {
            function.state = "Failed".into();
            function.reason = "the role was deleted".into();
        });
    });
    assert_eq!(name, FindingName::TargetNotReady);
    insta::assert_snapshot!(text, @"TargetNotReady: components.api.function: The function shop-api-prod is in the state Failed: the role was deleted. Remedy: Mend it with the tool that made it.");
}

#[test]
fn a_function_that_cannot_be_invoked_is_refused_where_callers_use_latest() {
    let (with, without) = (canary(), Setting::default());
    for state in ["ActiveNonInvocable", "Deactivated", "Deactivating", "Active", "Inactive"] {
        for (setting, has_alias) in [(&with, true), (&without, false)] {
            let world = setting.world();
            function(&world, |function| function.state = state.into());
            let prepared = setting.plan(&world, "new");
            let names: Vec<FindingName> = prepared.findings.iter().map(|finding| finding.name).collect();
            let is_refused = !has_alias && !["Active", "Inactive"].contains(&state);
            let expected = if is_refused { vec![FindingName::TargetNotReady] } else { vec![] };
            assert_eq!(names, expected, "{state}, with an alias: {has_alias}");
        }
    }
}

#[test]
fn a_replica_and_a_function_that_is_being_deleted_are_refused() {
    let (name, _) = refused(&canary(), |world| {
        function(world, |function| function.state = "Deleting".into());
    });
    assert_eq!(name, FindingName::TargetNotReady);
    let (name, text) = refused(&canary(), |world| {
        let main = "arn:aws:lambda:us-east-1:111111111111:function:shop-api-prod";
        function(world, |function| function.replica_of = Some(main.into()));
    });
    assert_eq!(name, FindingName::NotSupported);
    insta::assert_snapshot!(text, @"NotSupported: components.api.function: The function shop-api-prod is a replica that Lambda@Edge made of arn:aws:lambda:us-east-1:111111111111:function:shop-api-prod. Remedy: Deploy the main function, and associate its new version with the distribution by your infrastructure code.");
}

#[test]
fn a_function_that_nothing_may_invoke_is_named() {
    let mut setting = canary();
    let world = setting.world();
    function(&world, |function| function.reserved = Some(0));
    let prepared = setting.plan(&world, "new");
    assert_eq!((prepared.findings.len(), prepared.warnings.len()), (0, 1));
    setting.is_tried = true;
    let prepared = setting.plan(&world, "new");
    insta::assert_snapshot!(in_words(&prepared), @"GateNotMeasurable: components.api.gates.invocations: The function shop-api-prod has a reserved concurrency of 0, so that Lambda refuses to invoke it. Remedy: Raise the reserved concurrency, or leave `invocations` out.");
}

#[test]
fn a_function_that_takes_only_signed_code_is_named() {
    let setting = canary();
    let world = setting.world();
    assert_eq!(setting.plan(&world, "new").warnings, []);
    function(&world, |function| function.takes_only_signed = true);
    let warned = setting.plan(&world, "new").warnings;
    insta::assert_snapshot!(warned[0].written(), @"TargetNotReady: components.api.function: Lambda refuses code for shop-api-prod that is not signed by one whom its code signing configuration names. Remedy: Sign the archive with AWS Signer before it is released, or let the configuration only warn.");
    assert_eq!((setting.plan(&world, "new").findings.len(), warned.len()), (0, 1));
    assert_eq!(setting.plan(&world, "old").warnings, [], "nothing is brought");
    let fault = Fault::new(FaultName::AccessDenied, "not authorized");
    world.mishaps().refused.insert("lambda.takes_only_signed", fault);
    let prepared = setting.plan(&world, "new");
    assert_eq!((prepared.findings, prepared.warnings), (vec![], vec![]), "a warning refuses nothing");
}

#[test]
fn code_for_which_lambda_has_no_room_is_refused_and_little_room_is_named() {
    let plan = |used: u64, text| {
        let world = canary().world();
        world.lambda().room.used = used;
        in_words(&canary().plan(&world, text))
    };
    let total = canary().world().lambda().room.total;
    assert!(!plan(0, "new").contains("MB"));
    assert!(
        plan(total / 100 * 95, "new")
            .contains("warning TargetNotReady: components.api.function: The code of all functions")
    );
    insta::assert_snapshot!(plan(total, "new"), @"TargetNotReady: components.api.function: The code of all functions and layers in this account and region has 76800 MB, and with this one 76800 MB, of 76800 MB, so that Lambda takes none of this function. Remedy: Delete versions and functions that nobody uses, or ask for more of the quota `Function and layer storage` of AWS Lambda in the console of Service Quotas.");
    // A release that changes nothing takes no room.
    assert!(!plan(total, "old").contains("MB"));
}

/// Safety: left open: Steps without an alias are refused: a function's new code is live at once then.
#[test]
fn steps_without_an_alias_are_refused() {
    let setting = Setting { steps: vec![10], ..Setting::default() };
    let (name, _) = refused(&setting, |_| {});
    assert_eq!(name, FindingName::NotSupported);
}

#[test]
fn the_other_package_type_is_refused() {
    let setting = canary();
    let world = setting.world();
    let image = artifact(&world, Brings::Image, "new");
    let prepared = setting.prepare(&world, Some(&image), None);
    insta::assert_snapshot!(in_words(&prepared), @"NotSupported: components.api.function: The release brings the package type Image, and the function shop-api-prod takes Zip. Remedy: Lambda cannot change a function's package type: make a new function, or release the other type.");
}

#[test]
fn a_rollback_goes_to_the_recorded_version_at_once() {
    let setting = canary();
    let first = Trial::begin(&setting).unwrap();
    let recorded = first.before.goal.clone();
    assert_eq!(first.forward(), Ok(WorkTransition::Changed));
    let world = &first.scene.world;
    let prepared = setting.prepare(world, None, Some(&recorded));
    insta::assert_snapshot!(in_words(&prepared), @"alias live 2 → 1");
    function(world, |function| {
        function.versions.get_mut(&1).unwrap().package = Package::Zip("another".into());
    });
    let prepared = setting.prepare(world, None, Some(&recorded));
    insta::assert_snapshot!(in_words(&prepared), @"ArtifactMissing: components.api.function: The code of version 1 that ran then of shop-api-prod is no longer there. Remedy: Roll back to another snapshot; they are listed by `GET /apps/shop/environments/prod/snapshots`.");
    function(world, |function| function.versions.remove(&1));
    let prepared = setting.prepare(world, None, Some(&recorded));
    insta::assert_snapshot!(in_words(&prepared), @"ArtifactMissing: components.api.function: The version 1 of shop-api-prod is no longer there. Remedy: Roll back to another snapshot; they are listed by `GET /apps/shop/environments/prod/snapshots`.");
}

#[test]
fn a_rollback_to_an_idle_version_invokes_it_first_where_that_is_declared_and_else_warns() {
    let warned = vec![FindingName::TargetNotReady];
    // Whether an invocation is declared, whether the version is idle, which stages wake it, and the warnings.
    let table = [
        (true, true, vec![true, false], vec![]),
        (false, true, vec![false], warned),
        (true, false, vec![false], vec![]),
        (false, false, vec![false], vec![]),
    ];
    for (is_tried, is_idle, wakes, warnings) in table {
        let setting = Setting { is_tried, ..canary() };
        let first = Trial::begin(&setting).unwrap();
        let recorded = first.before.goal.clone();
        assert_eq!(first.forward(), Ok(WorkTransition::Changed));
        let world = &first.scene.world;
        if is_idle {
            function(world, |function| function.idle.insert(1));
        }
        let prepared = setting.prepare(world, None, Some(&recorded));
        assert_eq!(prepared.findings, []);
        let stages: Vec<(bool, bool)> = prepared.stages.iter().map(|stage| (stage.wakes, stage.ahead)).collect();
        let expected: Vec<(bool, bool)> = wakes.into_iter().map(|wakes| (wakes, wakes)).collect();
        assert_eq!(stages, expected, "{is_tried} {is_idle}");
        let named: Vec<FindingName> = prepared.warnings.iter().map(|warning| warning.name).collect();
        assert_eq!(named, warnings, "{is_tried} {is_idle}");
    }
}

#[test]
fn a_rollback_without_an_alias_takes_the_code_of_a_kept_version() {
    let setting = Setting::default();
    let first = Trial::begin(&setting).unwrap();
    let recorded = first.before.goal.clone();
    assert_eq!(first.forward(), Ok(WorkTransition::Changed));
    let prepared = setting.prepare(&first.scene.world, None, Some(&recorded));
    assert_eq!(prepared.findings, []);
    assert_eq!(prepared.stages.len(), 1);
    let goal = prepared.stages[0].goal.to_string();
    assert!(goal.contains(r#""source":{"version":"1"}"#), "{goal}");
}

/// Safety: left open: An image index without the function's platform is refused before anything changes.
#[test]
fn an_index_without_the_function_s_platform_is_refused() {
    let setting = Setting { brings: Brings::Index, ..canary() };
    let world = setting.world();
    let mut index = artifact(&world, Brings::Index, "new");
    if let Artifact::Image { digest, .. } = &mut index {
        let only = ["linux/amd64"];
        *digest = world.ecr().push_index("shop/api", "only", &only);
    }
    let prepared = setting.prepare(&world, Some(&index), None);
    insta::assert_snapshot!(in_words(&prepared), @"NotSupported: components.api.function: The function shop-api-prod has the architecture arm64, and the image 111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api@sha256:83b69bf00761d6deefe0493e0a73259039826c7c3b0c7e5ba5dc32a403785b76 is only for linux/amd64. Remedy: Build the image for the function's architecture too, or make a function for the image's.");
}

#[test]
fn a_rollback_of_an_image_without_an_alias_needs_no_kept_version() {
    let setting = Setting { brings: Brings::Index, ..Setting::default() };
    let first = Trial::begin(&setting).unwrap();
    let before = function(&first.scene.world, |function| function.package.clone());
    let recorded = first.before.goal.clone();
    assert_eq!(first.forward(), Ok(WorkTransition::Changed));
    let prepared = setting.prepare(&first.scene.world, None, Some(&recorded));
    assert_eq!(prepared.findings, []);
    let goal = prepared.stages[0].goal.to_string();
    let windlass_world::lambda::Package::Image(uri) = before else { panic!("{before:?}") };
    assert!(goal.contains(&uri), "{goal}");
}

#[test]
fn a_rollback_to_an_image_that_is_gone_is_refused() {
    for alias in [true, false] {
        let setting = Setting { brings: Brings::Index, alias, ..Setting::default() };
        let first = Trial::begin(&setting).unwrap();
        let recorded = first.before.goal.clone();
        assert_eq!(first.forward(), Ok(WorkTransition::Changed));
        first.scene.world.ecr().images.clear();
        let prepared = setting.prepare(&first.scene.world, None, Some(&recorded));
        assert_eq!(prepared.findings[0].name, FindingName::ArtifactMissing, "{prepared:?}");
        assert!(prepared.findings[0].reason.written().contains("image sha256:"));
    }
}

#[test]
fn a_large_zip_needs_a_bucket_that_lets_the_function_s_account_read() {
    let setting = Setting {
        place: Place {
            region: None,
            role: Some(TargetRole {
                arn: "arn:aws:iam::222222222222:role/windlass-target-shop-prod".into(),
                external_id: "shop/prod".into(),
                session_name: "0123456789abcdef".into(),
            }),
        },
        ..canary()
    };
    let world = setting.world();
    let small = artifact(&world, Brings::Zip, "new");
    let (large, _) = large_zip(&world);
    let refused = |artifact| !setting.prepare(&world, Some(artifact), None).findings.is_empty();
    assert!(!refused(&large));
    world.s3().bucket("artifacts", true).closed = true;
    assert!(!refused(&small));
    let prepared = setting.prepare(&world, Some(&large), None);
    insta::assert_snapshot!(in_words(&prepared), @"NoPermission: components.api.function: Lambda fetches code of more than 52428800 bytes from the bucket artifacts with the rights of arn:aws:iam::222222222222:role/windlass-target-shop-prod, which may not read it. Remedy: Add the account 222222222222 to the parameter `TargetAccounts` of Windlass's stack, and let the role read `artifacts/shop/*` and `windlass/restore/*` there (`examples/target-role.yaml` does).");
}
