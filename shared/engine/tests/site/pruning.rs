//! Tests that later deployments delete what former ones left, and nothing that anybody needs.

use crate::site::scene::{Deployment, Scene};
use crate::site::zips::zip;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::deployment::step::Progress;
use windlass_domain::environment::{EnvironmentState, Proof, Running, Snapshot};
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::text::time::Time;
use windlass_engine::kinds::site::publish::{Publisher, ReleaseDestination};
use windlass_engine::kinds::site::rules::SiteRules;
use windlass_engine::kinds::site::{self, Target};
use windlass_engine::kinds::{Checkpoint, PastReleases};
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Clock, Result};
use windlass_engine::retention::kept;
use windlass_engine::{deploy, ledger};
use windlass_world::inputs::publisher_input;
use windlass_world::mishaps::{Mishap, When};
use windlass_world::run::{run, until_pause};

fn names() -> (AppName, EnvironmentName, ComponentName) {
    (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap(), ComponentName::new("web").unwrap())
}

fn scene() -> Scene {
    let mut scene = Scene::new(SiteMode::Prefix);
    scene.site.keep = 1;
    scene
}

/// Notes the snapshot of what runs, as the conductor does.
pub fn settle(scene: &Scene, number: u64, replaced: u64) {
    let (app, env, web) = names();
    let components: BTreeMap<ComponentName, Running> = [(web, scene.running.clone().unwrap())].into();
    let snapshot = Snapshot {
        number,
        version: "1.0.0".into(),
        release: None,
        deployment: scene.running.clone().unwrap().names.brought.deployment,
        made: Time(0),
        replaced,
        components: components.clone(),
        irreversible: [].into(),
        proof: Proof::default(),
        partly: None,
    };
    let key = ledger::snapshot(EnvironmentId::new(&app, &env), number);
    scene.put(key, ledger::to_body(&snapshot).unwrap());
    let state = EnvironmentState {
        running: components,
        snapshot: number,
        last_snapshot: number,
        ..EnvironmentState::default()
    };
    scene.put(ledger::state(EnvironmentId::new(&app, &env)), ledger::to_body(&state).unwrap());
}

fn release(number: u64) -> Vec<u8> {
    let text = number.to_string();
    zip(&[("index.html", text.as_str()), ("about.html", "about"), (&format!("assets/index-{number}bbb1111.js"), "x")])
}

/// Prepares a release, a day later.
fn prepared(scene: &mut Scene, number: u64) -> Deployment {
    run(scene.world.sleep_ms(24 * 60 * 60 * 1000));
    let artifact = scene.upload(release(number));
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(deployment.prepared.findings, []);
    deployment
}

fn deployed(scene: &mut Scene, number: u64) -> String {
    let deployment = prepared(scene, number);
    scene.go(deployment);
    settle(scene, number, number - 1);
    let path = scene.running.clone().unwrap().state["goal"]["origin_path"].clone();
    format!("{}/", path.as_str().unwrap().trim_start_matches('/'))
}

fn folders(scene: &Scene) -> BTreeSet<String> {
    let keys = scene.keys().into_iter();
    let keys = keys.filter(|key| key.starts_with("releases/"));
    keys.map(|key| key.split_inclusive('/').take(2).collect()).collect()
}

/// Returns the keys of the lists and notes that name a folder.
fn lists(scene: &Scene, folder: &str) -> Vec<String> {
    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap();
    let keys = scene.world.s3().texts("artifacts").into_keys();
    keys.filter(|key| key.contains(name)).collect()
}

/// Safety: deletion: A folder of a release that no kept snapshot names is deleted with its lists.
#[test]
fn a_folder_that_no_kept_snapshot_names_is_deleted_with_its_lists() {
    let mut scene = scene();
    let other = "releases/0123456789ab/index.html";
    scene.world.s3().upload("shop-web", other, "x");
    let made: Vec<String> = (1..=4).map(|number| deployed(&mut scene, number)).collect();
    // While the fourth is published, snapshots 3 and 2 are kept: one back from what ran.
    assert_eq!(lists(&scene, &made[0]), [""; 0]);
    let mut expected: BTreeSet<String> = made[1..].iter().cloned().collect();
    expected.insert("releases/0123456789ab/".to_owned());
    assert_eq!(folders(&scene), expected);
    for folder in &made[1..] {
        assert_eq!(lists(&scene, folder).len(), 3, "etags, carried, note");
    }
    let keys = scene.world.s3().texts("artifacts").into_keys();
    let keys: Vec<String> = keys.filter(|key| key.contains("/sites/")).collect();
    let releases = keys.iter().filter(|key| key.contains("/release-"));
    assert_eq!(releases.count(), 3, "{keys:?}");
    let handled: BTreeSet<&str> =
        keys.iter().filter_map(|key| key.split_once("/handled/")?.1.split('/').next()).collect();
    assert_eq!(handled.len(), 3, "of one more deployment than snapshots");
}

#[test]
fn killed_at_any_call_it_is_brought_to_its_end_by_whoever_comes_next() {
    let mut rehearsal = scene();
    let made: Vec<String> = (1..=3).map(|number| deployed(&mut rehearsal, number)).collect();
    let fourth = prepared(&mut rehearsal, 4);
    let from = rehearsal.world.mishaps().count();
    rehearsal.publish(&fourth);
    let to = rehearsal.world.mishaps().count();
    let calls = rehearsal.world.mishaps().calls.clone();
    assert!(calls.contains(&"s3.delete_all"));
    for call in from + 1..=to {
        for when in [When::Before, When::After] {
            let mut scene = scene();
            for number in 1..=3 {
                deployed(&mut scene, number);
            }
            let fourth = prepared(&mut scene, 4);
            scene.world.plan_mishap(call, when, Mishap::Pause);
            {
                let input = publisher_input(Scene::step_ref(&fourth));
                let mut killed = pin!(deploy::publish(&scene.world, input, site::of));
                // A call that is refused has no answer at which it could be killed. The invocation then ends.
                let _ = until_pause(killed.as_mut());
            }
            assert!(scene.text("").ends_with('3'), "killed {when:?} call {call}");
            scene.go(fourth);
            assert!(scene.text("").ends_with('4'), "killed {when:?} call {call}");
            let found = folders(&scene);
            assert!(!found.contains(&made[0]), "killed {when:?} call {call}");
            assert!(made[1..].iter().all(|folder| found.contains(folder)));
            assert_eq!(lists(&scene, &made[0]), [""; 0]);
        }
    }
}

/// Safety: left open: A rollback to a folder that is gone, or is being deleted, is refused at `Prepare`.
#[test]
fn nothing_goes_back_to_a_folder_that_is_being_deleted() {
    let mut scene = scene();
    deployed(&mut scene, 1);
    let first = scene.running.clone().unwrap().state;
    deployed(&mut scene, 2);
    deployed(&mut scene, 3);
    let back = scene.prepare(None, Some(&first)).prepared;
    assert_eq!(back.findings, [], "still there");
    // The first look is for the notes. An invocation that has lost the lock by then says nothing of the folder.
    let fourth = prepared(&mut scene, 4);
    let before = scene.bucket();
    let fault = prune(&scene, &fourth, &mut Passes(1)).unwrap_err();
    assert_eq!(fault.name, FaultName::StaleToken);
    let back = scene.prepare(None, Some(&first)).prepared;
    assert_eq!(back.findings, [], "all of it is there");
    // The notes are gone. Now the lock is lost after it has said which folder it deletes, and before it has deleted it.
    let fault = prune(&scene, &fourth, &mut Passes(1)).unwrap_err();
    assert_eq!(fault.name, FaultName::StaleToken);
    assert_eq!(scene.bucket(), before);
    let back = scene.prepare(None, Some(&first)).prepared;
    assert_eq!(back.findings[0].name, FindingName::ArtifactMissing);
    assert!(back.findings[0].reason.written().contains("being deleted"));
}

#[test]
fn a_folder_that_was_filled_lately_is_left_alone() {
    let mut scene = scene();
    for number in 1..=3 {
        deployed(&mut scene, number);
    }
    // A deployment that was undone: no snapshot names its folder.
    let undone = prepared(&mut scene, 9);
    scene.publish(&undone);
    assert_eq!(folders(&scene).len(), 3, "the first one's is gone");
    let artifact = scene.upload(release(4));
    let next = scene.prepare(Some(&artifact), None);
    scene.publish(&next);
    assert_eq!(folders(&scene).len(), 4, "the undone one's may be filled still");
    deployed(&mut scene, 5);
    assert_eq!(folders(&scene).len(), 3);
}

/// A fence that lets so many looks pass before somebody else has the lock.
struct Passes(u32);

impl Checkpoint for Passes {
    async fn pass(&mut self, _progress: Progress) -> Result<()> {
        let taken_over = || Fault::new(FaultName::StaleToken, "taken over");
        self.0 = self.0.checked_sub(1).ok_or_else(taken_over)?;
        Ok(())
    }

    async fn past(&self, _back: u32) -> Result<PastReleases> {
        Ok(PastReleases::default())
    }

    fn has_time(&self) -> bool {
        true
    }
}

fn prune(scene: &Scene, deployment: &Deployment, fence: &mut impl Checkpoint) -> Result<Option<String>> {
    let step = scene.step(deployment);
    let target: Target = serde_json::from_value(step.target.clone()).unwrap();
    let rules = SiteRules::new(&target.site).unwrap();
    let nowhere = ReleaseDestination { folder: String::new(), live: None };
    let ports = (&scene.world, &scene.world);
    let publisher = Publisher::new(ports, &step, &target, &rules, nowhere);
    let (app, env, web) = names();
    let kept = run(kept(&scene.world, EnvironmentId::new(&app, &env), &web, 1)).unwrap();
    let newest = None;
    run(publisher.prune(&PastReleases { kept, newest }, fence))
}

#[test]
fn what_cannot_be_deleted_is_named_and_stops_no_deployment() {
    let mut scene = scene();
    for number in 1..=3 {
        deployed(&mut scene, number);
    }
    let fourth = prepared(&mut scene, 4);
    let refused = Fault::new(FaultName::AccessDenied, "no s3:DeleteObject");
    let call = "s3.delete_all";
    scene.world.mishaps().refused.insert(call, refused);
    assert_eq!(scene.publish(&fourth), WorkTransition::Changed);
    let warnings = scene.step(&fourth).warnings;
    assert!(warnings[0].contains("no s3:DeleteObject"), "{warnings:?}");
}

#[test]
fn an_invocation_deletes_so_many_and_the_next_one_goes_on() {
    let mut scene = scene();
    scene.site.root = Some("none".into());
    let names: Vec<String> = (0..600).map(|number| format!("{number}.html")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    scene.deploy_files(&files);
    scene.site.root = None;
    settle(&scene, 1, 0);
    for number in 2..=3 {
        deployed(&mut scene, number);
    }
    let fourth = prepared(&mut scene, 4);
    let before = scene.keys().len();
    // 16 rounds of 16 pages.
    scene.world.s3().page = 2;
    assert_eq!(prune(&scene, &fourth, &mut Passes(100)), Ok(None));
    assert_eq!(before - scene.keys().len(), 512);
    assert_eq!(prune(&scene, &fourth, &mut Passes(100)), Ok(None));
    assert_eq!(folders(&scene).len(), 2);
}

#[test]
fn what_a_rollback_meets_on_its_way_back_is_kept_however_many_snapshots_are_newer() {
    let mut scene = scene();
    for number in 1..=3 {
        deployed(&mut scene, number);
    }
    // Rollbacks to the first: snapshots 4 and 5 replaced what the first had replaced.
    let (app, env, web) = names();
    settle(&scene, 4, 1);
    settle(&scene, 5, 1);
    let of = |back| {
        let kept = run(kept(&scene.world, EnvironmentId::new(&app, &env), &web, back)).unwrap();
        kept.into_iter().map(|running| running.names.brought.deployment.to_string()).collect::<BTreeSet<String>>()
    };
    assert_eq!(of(1).len(), 2, "the present one, and the first");
    assert_eq!(of(3).len(), 3, "and the second");
}

/// Lets a second distribution point into a folder.
fn points_at(scene: &Scene, path: &str) {
    scene.world.cloudfront().distribution("E2", "shop-web").origins[0].path =
        format!("/{}", path.trim_end_matches('/'));
}

/// Safety: deletion: A folder of a release that a distribution's origin path points at is kept.
#[test]
fn a_folder_that_a_distribution_points_at_is_kept_until_it_points_elsewhere() {
    for within in ["", "docs/"] {
        let mut scene = scene();
        let mut made = vec![deployed(&mut scene, 1)];
        points_at(&scene, &format!("{}{within}", made[0]));
        made.extend((2..=5).map(|number| deployed(&mut scene, number)));
        let kept: BTreeSet<String> = [&made[0], &made[2], &made[3], &made[4]].into_iter().cloned().collect();
        assert_eq!(folders(&scene), kept, "{within}");
        points_at(&scene, "releases/");
        made.push(deployed(&mut scene, 6));
        let kept: BTreeSet<String> = made[3..].iter().cloned().collect();
        assert_eq!(folders(&scene), kept, "{within}");
    }
}

/// Safety: deletion: Where nobody knows which folders distributions point at, nothing is deleted, and the step says
/// why.
#[test]
fn nothing_is_deleted_where_nobody_knows_which_folders_distributions_point_at() {
    let list = "cloudfront.distributions";
    // The refusal of the listing; without one the account has more distributions than are listed.
    for refusal in [Some(FaultName::AccessDenied), Some(FaultName::Unavailable), None] {
        let mut scene = scene();
        for number in 1..=3 {
            deployed(&mut scene, number);
        }
        let fourth = prepared(&mut scene, 4);
        if let Some(name) = refusal {
            scene.world.mishaps().refused.insert(list, Fault::new(name, "ListDistributions"));
        } else {
            let mut cdn = scene.world.cloudfront();
            cdn.page = 1;
            for other in 0..10 {
                cdn.distribution(&format!("F{other}"), "shop-docs");
            }
        }
        let before = scene.world.mishaps().calls.len();
        assert_eq!(scene.publish(&fourth), WorkTransition::Changed, "{refusal:?}");
        let calls = scene.world.mishaps().calls[before..].to_vec();
        assert!(calls.contains(&list) && !calls.contains(&"s3.delete_all"), "{refusal:?} {calls:?}");
        assert_eq!(scene.step(&fourth).warnings.len(), 1, "{refusal:?}");
        assert_eq!(folders(&scene).len(), 4, "{refusal:?}");
    }
}
