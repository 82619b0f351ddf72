//! Tests of files that are too large to be held in memory.

use crate::site::scene::Scene;
use crate::site::zips::stored;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::payload::{WorkDone, WorkTransition};
use windlass_engine::ports::{Clock, Result};
use windlass_world::mishaps::{Visitor, When};
use windlass_world::run::run;

/// The size of a file of two parts, the last of them a short one, in bytes.
const BYTES: usize = 9 * 1024 * 1024;

fn film(first: u8) -> Vec<u8> {
    let mut film = vec![7; BYTES];
    film[0] = first;
    film
}

fn release(scene: &Scene, first: u8) -> Artifact {
    let page = [b'0' + first];
    scene.upload(stored(&[("film.mp4", &film(first)), ("index.html", &page)]))
}

/// Returns the first byte of the film that visitors get, and the number of its bytes.
fn seen(scene: &Scene) -> (u8, usize) {
    let body = scene.visit("film.mp4").body;
    (body[0], body.len())
}

fn calls(scene: &Scene, name: &str) -> usize {
    let mishaps = scene.world.mishaps();
    mishaps.calls.iter().filter(|call| **call == name).count()
}

#[test]
fn a_large_file_is_uploaded_in_parts() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        let artifact = release(&scene, 1);
        scene.deploy(&artifact);
        assert_eq!(seen(&scene), (1, BYTES));
        assert_eq!(calls(&scene, "s3.upload_part"), 2);
        assert!(scene.world.s3().uploads.is_empty());
        assert_eq!(scene.visit("film.mp4").content_type.unwrap(), "video/mp4");
    }
}

#[test]
fn one_that_visitors_have_is_replaced_by_the_completion_alone_and_comes_back() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = release(&scene, 1);
    scene.deploy(&artifact);
    let one = scene.running.clone().unwrap().state;
    let artifact = release(&scene, 2);
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    assert_eq!(seen(&scene), (1, BYTES), "publishing is not noticed");
    let parts = calls(&scene, "s3.upload_part");
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(seen(&scene), (2, BYTES));
    assert_eq!(calls(&scene, "s3.upload_part"), parts);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    assert_eq!(seen(&scene), (1, BYTES));
    assert_eq!(scene.text(""), "1");

    let artifact = release(&scene, 3);
    scene.deploy(&artifact);
    let rollback = scene.prepare(None, Some(&one));
    assert_eq!(rollback.prepared.findings, []);
    scene.go(rollback);
    assert_eq!(seen(&scene), (1, BYTES));
}

#[test]
fn a_completion_whose_answer_is_lost_is_done() {
    let completion = {
        let mut rehearsal = Scene::new(SiteMode::InPlace);
        let artifact = release(&rehearsal, 1);
        rehearsal.deploy(&artifact);
        let artifact = release(&rehearsal, 2);
        rehearsal.deploy(&artifact);
        let calls = rehearsal.world.mishaps().calls.clone();
        1 + calls.iter().rposition(|call| *call == "s3.complete_upload").unwrap() as u64
    };
    for when in [When::Before, When::After] {
        let mut scene = Scene::new(SiteMode::InPlace);
        let artifact = release(&scene, 1);
        scene.deploy(&artifact);
        let lost = Fault::new(FaultName::Unavailable, "lost");
        scene.world.fail_call(completion, when, lost);
        let artifact = release(&scene, 2);
        scene.deploy(&artifact);
        assert_eq!(seen(&scene), (2, BYTES), "{when:?}");
        let objects = scene.world.s3();
        let versions = objects.buckets["shop-web"].keys["film.mp4"].len();
        assert_eq!(versions, 2, "{when:?}");
    }
}

/// The calls that only a large file needs.
const OF_PARTS: [&str; 3] = ["s3.create_upload", "s3.upload_part", "s3.complete_upload"];

/// Invokes until it has changed, as the machine's Retry does.
fn changes(scene: &Scene, mut invoke: impl FnMut() -> Result<WorkDone>) {
    for _ in 0..20 {
        match invoke() {
            Ok(done) => return assert_eq!(done.verdict, WorkTransition::Changed),
            Err(fault) => assert!(fault.name.is_transient(), "{fault}"),
        }
        run(scene.world.sleep_ms(20_000));
    }
    panic!("it takes for ever");
}

/// Each call is refused, throttled, or done and not answered.
#[test]
fn a_mishap_at_any_call_of_an_upload_in_parts_is_got_over() {
    use FaultName::{Throttled, Unavailable};
    let second = || {
        let mut scene = Scene::new(SiteMode::InPlace);
        let artifact = release(&scene, 1);
        scene.deploy(&artifact);
        let artifact = release(&scene, 2);
        let deployment = scene.prepare(Some(&artifact), None);
        (scene, deployment)
    };
    let (scene, deployment) = second();
    let before = scene.world.mishaps().calls.len();
    scene.publish(&deployment);
    scene.switch(&deployment);
    let calls = scene.world.mishaps().calls.clone();
    let numbered = (1..).zip(calls).skip(before);
    let concerned: Vec<u64> = numbered.filter(|(_, name)| OF_PARTS.contains(name)).map(|(number, _)| number).collect();
    assert_eq!(concerned.len(), 4);
    for number in concerned {
        for (when, name) in [(When::Before, Unavailable), (When::After, Unavailable), (When::Before, Throttled)] {
            let (scene, deployment) = second();
            scene.world.fail_call(number, when, Fault::new(name, "as planned"));
            changes(&scene, || scene.publish_once(&deployment));
            changes(&scene, || scene.switch_once(&deployment, Some(0)));
            assert_eq!(seen(&scene), (2, BYTES), "{number} {when:?} {name}");
            changes(&scene, || scene.switch_once(&deployment, None));
            assert_eq!(seen(&scene), (1, BYTES), "{number} {when:?} {name}");
        }
    }
}

/// Safety: left open: A switch with a large file may take 20 s longer, and is waited for as much longer.
#[test]
fn a_switch_of_a_large_file_may_take_longer_and_is_waited_for_as_much_longer() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = release(&scene, 1);
    scene.deploy(&artifact);
    let artifact = release(&scene, 2);
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    scene.sent_once();
    let lost = Fault::new(FaultName::Unavailable, "lost");
    let refused = [("s3.complete_upload", lost)].into();
    scene.world.mishaps().refused = refused;
    scene.switch_once(&deployment, Some(0)).unwrap_err();
    let step = scene.step(&deployment);
    let recorded = step.changes.last().unwrap().at;
    assert_eq!(step.open.unwrap().not_after, recorded.plus_s(35));
    scene.world.mishaps().refused.clear();
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert!(scene.world.now() >= recorded.plus_s(40));
    let within = [("film.mp4".into(), 24_000), ("index.html".into(), 4_000)];
    assert_eq!(scene.sent_once(), within);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    assert_eq!(scene.sent_once(), within);
}

#[test]
fn a_large_page_makes_no_other_call_longer_and_nobody_wait() {
    let site = |text: &str| {
        let mut files: Vec<(String, Vec<u8>)> = (0..600).map(|n| (format!("page{n}.html"), text.into())).collect();
        files.push(("index.html".into(), text.into()));
        files.push(("all.html".into(), film(text.as_bytes()[0])));
        let files: Vec<(&str, &[u8])> = files.iter().map(|(a, b)| (a.as_str(), &b[..])).collect();
        stored(&files)
    };
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.distribution = None;
    let artifact = scene.upload(site("one"));
    scene.deploy(&artifact);
    let artifact = scene.upload(site("two"));
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), WorkTransition::Changed);
    // Each call takes so long that several calls, and several invocations, are needed.
    scene.world.mishaps().visitor = Visitor::new(|world| run(world.sleep_ms(100)));
    let began = scene.world.now();
    let mut waited_for_others = 0;
    let ended = loop {
        match scene.switch_once(&deployment, Some(0)) {
            Ok(done) => break done.verdict,
            Err(fault) if fault.name == FaultName::MoreToDo => run(scene.world.sleep_ms(1_000)),
            Err(_) => waited_for_others += 1,
        }
    };
    assert_eq!((ended, waited_for_others), (WorkTransition::Changed, 0));
    let took = scene.world.now().ms_since(began);
    let step = scene.step(&deployment);
    let changes: Vec<&str> = step.changes.iter().map(|it| it.what.as_str()).collect();
    assert!(changes.contains(&"write 1 file, first `all.html`"), "{changes:?}");
    assert!((60_000..90_000).contains(&took), "{took} ms: {changes:?}");
}

#[test]
fn one_that_did_not_change_is_not_uploaded_again() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        let artifact = release(&scene, 1);
        scene.deploy(&artifact);
        let parts = calls(&scene, "s3.upload_part");
        let artifact = scene.upload(stored(&[("film.mp4", &film(1)), ("index.html", b"another page")]));
        scene.deploy(&artifact);
        assert_eq!(calls(&scene, "s3.upload_part"), parts);
        assert_eq!(seen(&scene), (1, BYTES));
        assert_eq!(scene.text(""), "another page");
    }
}

/// Safety: left open: A deployment that fails while it uploads a large file throws its parts away.
#[test]
fn what_was_uploaded_of_a_file_that_fails_is_thrown_away() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let mut archive = stored(&[("film.mp4", &film(1)), ("index.html", b"x")]);
    let artifact = scene.upload(archive.clone());
    let deployment = scene.prepare(Some(&artifact), None);
    let refusal = Fault::new(FaultName::AccessDenied, "S3 403");
    let refused = [("s3.upload_part", refusal)].into();
    scene.world.mishaps().refused = refused;
    assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
    assert!(scene.world.s3().uploads.is_empty());

    // Damaged in the middle of the file: that is found before anything of it is sent.
    scene.world.mishaps().refused.clear();
    archive[BYTES / 2] = 9;
    let artifact = scene.upload(archive);
    let deployment = scene.prepare(Some(&artifact), None);
    assert_eq!(scene.publish(&deployment), WorkTransition::Failed);
    assert_eq!(scene.keys(), [""; 0]);
    assert_eq!(calls(&scene, "s3.create_upload"), 1);
}
