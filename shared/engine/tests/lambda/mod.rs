//! The kind `lambda` over Lambda in memory.

mod codedeploy;
mod folder_files;
mod lost_lock;
mod out_of_band_changes;
mod packages;
mod plans;
mod scene;
mod untrafficked_versions;

use scene::{Brings, Setting, function, large_zip, package};
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::text::finding::FindingName;
use windlass_engine::kinds::lambda::LambdaKind;
use windlass_engine::kinds::{Kind as _, LookContext, Next};
use windlass_engine::payload::WorkTransition;
use windlass_world::World;
use windlass_world::conformance::{Trial, conforms};
use windlass_world::lambda::{LiveAlias, Provisioned};
use windlass_world::run::run;

fn alias() -> Setting {
    Setting { alias: true, ..Setting::default() }
}

fn canary() -> Setting {
    Setting { alias: true, steps: vec![10, 50], ..Setting::default() }
}

fn live(trial: &Trial<'_, Setting>) -> LiveAlias {
    function(&trial.scene.world, |function| function.aliases["live"].clone())
}

/// Safety: kinds: A function behind an alias that moves at once conforms.
#[test]
fn an_alias_all_at_once_conforms() {
    conforms(&alias());
}

/// Safety: kinds: A function behind an alias with provisioned concurrency conforms.
#[test]
fn an_alias_with_provisioned_concurrency_conforms() {
    conforms(&Setting { provisioned: true, ..alias() });
}

/// Safety: kinds: A function behind an alias that is shifted in steps conforms.
#[test]
fn a_canary_conforms() {
    conforms(&canary());
}

/// Safety: kinds: A function without an alias conforms.
#[test]
fn a_function_without_an_alias_conforms() {
    conforms(&Setting::default());
}

/// Safety: kinds: A function of an image behind an alias conforms.
#[test]
fn an_image_with_an_alias_conforms() {
    for brings in [Brings::Image, Brings::Index] {
        conforms(&Setting { brings, ..alias() });
    }
}

/// Safety: kinds: A function of an image without an alias conforms.
#[test]
fn an_image_without_an_alias_conforms() {
    for brings in [Brings::Image, Brings::Index] {
        conforms(&Setting { brings, ..Setting::default() });
    }
}

#[test]
fn a_canary_shifts_the_weights_and_clears_them_at_the_end() {
    let setting = canary();
    let trial = Trial::begin(&setting).unwrap();
    let (mut seen, mut shares) = (vec![], vec![]);
    for wave in 0..3 {
        assert_eq!(trial.answer(Some(wave), 1), Ok(WorkTransition::Changed));
        let alias = live(&trial);
        seen.push((alias.version, alias.weights));
        shares.push(trial.step().unwrap().share);
    }
    let share = |share: &str| vec![("2".to_owned(), share.to_owned())];
    assert_eq!(seen, [("1".to_owned(), share("0.1")), ("1".to_owned(), share("0.5")), ("2".to_owned(), vec![]),]);
    assert_eq!(shares, [Some(10), Some(50), None]);
    let changes: Vec<String> = trial.step().unwrap().changes.into_iter().map(|c| c.what).collect();
    insta::assert_snapshot!(changes.join("\n"), @r#"
    code of $LATEST sha256:cba06b5736fa → sha256:11507a0e2f5e (an undo leaves it there)
    publish sha256:11507a0e2f5e as a version
    alias live 1 → 1 with 2 at 10 %
    alias live 1 with 2 at 10 % → 1 with 2 at 50 %
    alias live 1 with 2 at 50 % → 2
    "#);
}

#[test]
fn the_version_that_is_published_carries_the_deployment_s_id() {
    let setting = alias();
    let trial = Trial::begin(&setting).unwrap();
    trial.forward().unwrap();
    function(&trial.scene.world, |function| {
        assert_eq!(function.versions[&2].description, "windlass 0123456789abcdef");
    });
}

#[test]
fn an_undo_restores_the_weights_that_were_found() {
    let setting = Setting { shared: true, ..canary() };
    conforms(&setting);
    let prepared = setting.plan(&setting.world(), "new");
    assert_eq!(prepared.warnings[0].name, FindingName::TargetNotReady);
    let trial = Trial::begin(&setting).unwrap();
    let before = live(&trial);
    assert_eq!(before.weights, [("2".to_owned(), "0.333".to_owned())]);
    assert_eq!(trial.answer(Some(0), 1), Ok(WorkTransition::Changed));
    let changed = live(&trial);
    assert_eq!(changed.weights, [("3".to_owned(), "0.1".to_owned())]);
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    let after = live(&trial);
    assert_eq!((after.version, after.weights), (before.version, before.weights));
}

#[test]
fn a_newer_configuration_is_a_reason_to_publish() {
    let setting = alias();
    let world = setting.world();
    function(&world, |function| function.configure("more memory"));
    let prepared = setting.plan(&world, "old");
    assert_eq!(prepared.unchanged, None);
    assert_eq!(prepared.stages.len(), 1);
}

#[test]
fn planning_again_after_success_plans_nothing() {
    let brings = |brings| Setting { brings, ..canary() };
    for setting in [
        alias(),
        canary(),
        Setting::default(),
        brings(Brings::Image),
        brings(Brings::Index),
        Setting { brings: Brings::Index, ..Setting::default() },
    ] {
        let trial = Trial::begin(&setting).unwrap();
        assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
        let prepared = setting.plan(&trial.scene.world, "new");
        assert!(prepared.unchanged.is_some(), "{prepared:?}");
        assert_eq!(prepared.stages, []);
    }
}

#[test]
fn an_update_that_fails_is_named_and_undone() {
    let (ready, failed) = (FindingName::TargetNotReady, FindingName::ChangeFailed);
    for (setting, by, name) in [
        (alias(), "SubnetOutOfIPAddresses", ready),
        (Setting::default(), "SubnetOutOfIPAddresses", ready),
        (alias(), "", failed),
        (Setting::default(), "InvalidZipFileException", failed),
    ] {
        let trial = Trial::begin(&setting).unwrap();
        function(&trial.scene.world, |function| {
            function.fails = Some("the subnets have no free addresses".into());
            function.fails_by = by.into();
        });
        assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
        let Some(StepFailure::Finding(finding)) = trial.step().unwrap().failure else { panic!("{:?}", trial.step()) };
        assert_eq!(finding.name, name);
        assert_eq!(finding.reason.written(), "The update of the code failed: the subnets have no free addresses");
        assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    }
}

#[test]
fn capacity_that_cannot_be_had_fails_at_once() {
    let setting = Setting { provisioned: true, ..alias() };
    let trial = Trial::begin(&setting).unwrap();
    function(&trial.scene.world, |function| {
        let live = function.aliases.get_mut("live").unwrap();
        live.provisioned.as_mut().unwrap().fails = true;
    });
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    let Some(StepFailure::Finding(finding)) = trial.step().unwrap().failure else { panic!("{:?}", trial.step()) };
    let reason = finding.reason.written();
    assert!(reason.contains("(Lambda still sends all callers to 1)") && reason.contains("no capacity"), "{reason}");
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    assert_eq!((live(&trial).version.as_str(), live(&trial).former), ("1", None));
}

#[test]
fn an_alias_that_is_stuck_goes_back_to_what_its_callers_get() {
    let setting = Setting { provisioned: true, ..alias() };
    let world = setting.world();
    function(&world, |function| {
        function.publish_by_hand("stuck");
        let live = function.aliases.get_mut("live").unwrap();
        live.version = "2".into();
        live.former = Some("1".into());
        live.provisioned = Some(Provisioned { requested: 3, available: 0, fails: true });
    });
    let planned = setting.plan(&world, "new");
    assert_eq!(planned.before["goal"]["back"]["alias"]["version"], "1");
    // It shows what it showed, so that nobody is accused.
    assert_eq!(planned.before["noticed"]["value"]["version"], "2");
    let warned: Vec<String> = planned.warnings.iter().map(|one| one.reason.written()).collect();
    assert_eq!(
        warned,
        [
            "Lambda sends all callers of alias live to version 1, because it cannot allocate the alias's provisioned concurrency (no capacity). An undo gives callers that version."
        ]
    );
}

#[test]
fn concurrency_on_a_version_is_named_before_a_release_leaves_it() {
    let setting = alias();
    let world = setting.world();
    assert_eq!(setting.plan(&world, "new").warnings, []);
    function(&world, |function| {
        function.provisioned.insert(1);
    });
    let warned = setting.plan(&world, "new").warnings;
    assert_eq!(warned.len(), 1);
    assert!(warned[0].reason.written().starts_with("Provisioned concurrency is configured on version 1"), "{warned:?}");
}

#[test]
fn without_an_alias_an_undo_restores_the_former_code_from_its_kept_version() {
    let setting = Setting::default();
    let trial = Trial::begin(&setting).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    function(&trial.scene.world, |function| {
        assert_eq!(function.versions[&1].description, "windlass 0123456789abcdef before");
        let old = package(&trial.scene.world, Brings::Zip, "old");
        assert_eq!(function.versions[&1].package, old);
    });
    // The artifact is gone: the undo does not need it.
    trial.scene.world.s3().buckets.clear();
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    function(&trial.scene.world, |function| {
        let old = package(&trial.scene.world, Brings::Zip, "old");
        assert_eq!(function.package, old);
    });
}

/// Safety: bytes: Bytes that are not the pinned ones are never sent to a function.
#[test]
fn bytes_that_are_not_the_pinned_ones_are_never_sent() {
    let setting = alias();
    let trial = Trial::begin(&setting).unwrap();
    for versions in trial.scene.world.s3().buckets.get_mut("artifacts").unwrap().keys.values_mut() {
        versions[0].bytes = "evil".into();
    }
    assert_eq!(trial.forward(), Ok(WorkTransition::Failed));
    function(&trial.scene.world, |function| {
        assert_eq!(function.updates, 0);
    });
}

#[test]
fn a_zip_over_the_limit_comes_from_the_bucket() {
    let setting = alias();
    let world = setting.world();
    let (large, bytes) = large_zip(&world);
    let prepared = setting.prepare(&world, Some(&large), None);
    assert_eq!(prepared.stages.len(), 1);
    let goal = serde_json::from_value(prepared.stages[0].goal.clone()).unwrap();
    let kind = windlass_world::conformance::Subject::kind(&setting, world.clone());
    let target = serde_json::from_value(prepared.target).unwrap();
    let way = LookContext { goal: Some(&goal), ..LookContext::default() };
    let is = run(kind.observe(&target, &way)).unwrap();
    let Next::Do(change) = LambdaKind::<World>::next(&target, &is, &goal) else { panic!("a change was expected") };
    let calls = world.mishaps().calls.len();
    let id = windlass_world::conformance::deployment();
    run(kind.change(&target, &change, &id)).unwrap();
    assert_eq!(world.mishaps().calls[calls..], ["lambda.update_code"]);
    function(&world, |function| {
        assert_eq!(function.package, windlass_world::lambda::Package::Zip(bytes));
    });
}

#[test]
fn nothing_slow_stands_between_the_open_call_and_live_code() {
    let setting = Setting::default();
    let trial = Trial::begin(&setting).unwrap();
    assert_eq!(trial.forward(), Ok(WorkTransition::Changed));
    let forward = trial.scene.world.mishaps().calls.len();
    assert_eq!(trial.answer(None, 1), Ok(WorkTransition::Changed));
    let calls = trial.scene.world.mishaps().calls.clone();
    for (part, fetch) in [(&calls[..forward], "s3.get"), (&calls[forward..], "lambda.download")] {
        let sent = part.iter().position(|call| *call == "lambda.update_code").unwrap();
        assert_eq!(part[sent - 2..sent], [fetch, "dynamodb.transact"]);
    }
}
