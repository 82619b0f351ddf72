//! Tests of what a plan notes of the declaration, and of what leaves it.

use crate::prepare::scene::{DECLARATION, NEW, OLD, plan, prepare, shop, warned};
use crate::stage::{Stage, app, component, prod};
use serde_json::json;
use std::collections::BTreeMap;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_domain::environment::kept::IrreversibleRun;
use windlass_domain::environment::{EnvironmentState, GivenVersion, Proof, Running, Snapshot};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::identity::{DeploymentId, EnvironmentId};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;

const OLD_WEB: &str = "\n  old-web: {kind: static_site, bucket: old-web}";

fn earlier() -> DeploymentId {
    DeploymentId("fedcba9876543210".into())
}

/// Makes the shop after a deployment under a declaration with these components; `old-web` runs.
fn after(declaration: &str) -> Stage {
    let stage = shop(DECLARATION, NEW, NEW);
    let before = declaration.replace("version: 1.0.0", "version: 0.9.0");
    let declared = Declaration::parse(&before).unwrap();
    let version = declared.version().clone();
    let declared = Declared::new(&declared, &before, Time(0), None);
    stage.put(ledger::declaration(&app(), &version), &declared);
    let mut record = stage.record.clone();
    record.id = earlier();
    record.declaration = version;
    stage.put(ledger::deployment(&earlier()), &record);
    let running = Running::new(
        None,
        GivenVersion {
            version: "1.2.0".into(),
            deployment: earlier(),
            since: Time(1_795_183_200_000),
            git: None,
            released_by: None,
        },
        json!(null),
    );
    let components = BTreeMap::from([(component("old-web"), running)]);
    let snapshot = Snapshot {
        number: 1,
        version: "1.2.0".into(),
        release: None,
        deployment: earlier(),
        made: Time(0),
        replaced: 0,
        components: components.clone(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 1), &snapshot);
    let environment =
        EnvironmentState { snapshot: 1, last_snapshot: 1, running: components, ..EnvironmentState::default() };
    stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &environment);
    stage
}

#[test]
fn what_leaves_the_declaration_is_named_by_the_first_deployment_without_it() {
    let with = DECLARATION.replace("components:", &format!("components:{OLD_WEB}"));
    let stage = after(&with);
    prepare(&stage).unwrap();
    let left = [(FindingName::NoLongerDeclared, "components.old-web")];
    assert_eq!(warned(&plan(&stage)), left);
    assert_eq!(
        plan(&stage).warnings[0].reason.written(),
        "`old-web` runs 1.2.0 in prod since 2026-11-20T14:00:00Z, and version 1.0.0 of the declaration no longer has it there: it stays as it is."
    );
    // A deployment since then has named it already.
    let stage = after(DECLARATION);
    prepare(&stage).unwrap();
    assert_eq!(warned(&plan(&stage)), []);
}

#[test]
fn what_nothing_measures_is_named_in_the_plan() {
    let (before, _) = DECLARATION.split_once("gates:").unwrap();
    let declaration =
        before.replace("prod: {deploy: {branch: main}}", "dev: {deploy: {branch: main}}\n  prod: {start: manual}");
    let declaration = declaration
        .replace("shop-worker-prod", r#""shop-worker-{environment}""#)
        .replace("shop-api-prod", r#""shop-api-{environment}""#);
    let mut stage = shop(&declaration, NEW, NEW);
    prepare(&stage).unwrap();
    let unmeasured = [
        (FindingName::NothingMeasured, "environments.prod.gates"),
        (FindingName::NothingMeasured, "components.api.rollout"),
    ];
    assert_eq!(warned(&plan(&stage)), unmeasured);
    assert!(plan(&stage).warnings.iter().all(|warning| warning.declared), "each was there when it was declared");
    // Gates do not decide an operator's rollback.
    stage.forget_plan();
    let snapshot = Snapshot {
        number: 1,
        version: "1.2.0".into(),
        release: None,
        deployment: earlier(),
        made: Time(0),
        replaced: 0,
        components: BTreeMap::new(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), 1), &snapshot);
    stage.record.action = ActionName::Rollback;
    stage.record.snapshot = Some(1);
    stage.write_record();
    prepare(&stage).unwrap();
    assert_eq!(warned(&plan(&stage)), []);
}

/// A shop in which an irreversible task was run, and its second snapshot is the present one.
fn where_a_task_was_run(bytes: &'static [u8], knows: [bool; 2], is_good: [bool; 2]) -> Stage {
    let stage = shop(DECLARATION, bytes, bytes);
    let ran = IrreversibleRun { deployment: earlier(), version: "1.1.0".into(), at: Time(0) };
    let runs = BTreeMap::from([(component("migrate"), ran)]);
    for number in [1, 2] {
        let of = usize::try_from(number).unwrap() - 1;
        let runs = runs.clone().into_iter().filter(|_| knows[of]);
        let snapshot = Snapshot {
            proof: Proof::default(),
            partly: None,
            number,
            version: format!("1.{number}.0"),
            release: is_good[of].then(|| Digest::of(&number.to_be_bytes())),
            deployment: earlier(),
            made: Time(0),
            replaced: number - 1,
            components: BTreeMap::new(),
            irreversible: runs.collect(),
        };
        stage.put(ledger::snapshot(EnvironmentId::new(&app(), &prod()), number), &snapshot);
    }
    let environment =
        EnvironmentState { snapshot: 2, last_snapshot: 2, irreversible: runs, ..EnvironmentState::default() };
    stage.put(ledger::state(EnvironmentId::new(&app(), &prod())), &environment);
    stage
}

#[test]
fn a_plan_says_that_going_back_from_the_release_crosses_what_was_run_before_it() {
    let table = [
        // It is gone back to the present one, which comes after the run.
        (NEW, [false, true], [true, true], None),
        // The present one is what was gone back to across the run.
        (NEW, [true, false], [true, true], Some("snapshot 2 (1.2.0)")),
        // The present one is not verified good, so that it is gone back further.
        (NEW, [false, true], [true, false], Some("snapshot 1 (1.1.0)")),
        (NEW, [true, true], [true, false], None),
        (NEW, [false, false], [false, false], None),
        // What changes nothing leaves no snapshot to go back from.
        (OLD, [true, false], [true, true], None),
    ];
    for (bytes, knows, is_good, wanted) in table {
        let stage = where_a_task_was_run(bytes, knows, is_good);
        prepare(&stage).unwrap();
        let plan = plan(&stage);
        let row = format!("{knows:?} {is_good:?}: {:?}", plan.warnings);
        let warnings = plan.warnings.iter();
        let warnings: Vec<_> = warnings.filter(|it| it.name == FindingName::Irreversible).collect();
        assert_eq!(warnings.len(), usize::from(wanted.is_some()), "{row}");
        if let (Some(wanted), Some(warning)) = (wanted, warnings.first()) {
            assert!(warning.reason.written().contains(wanted), "{row}");
            assert!(warning.reason.written().contains("migrate of 1.1.0"), "{row}");
            assert!(warning.remedy.written().contains("`across: [migrate]`"), "{row}");
        }
    }
}
