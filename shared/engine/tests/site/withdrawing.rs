//! Tests that what an operator withdraws of a site is gone for visitors, and does not come back.

use crate::site::in_place;
use crate::site::scene::Scene;
use crate::site::zips::zip;
use bytes::Bytes;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::deployment::step::StepFailure;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{ProbeAnswer, Probed, Replaces, S3Api};
use windlass_world::World;
use windlass_world::run::run;

const ONE: &[(&str, &str)] = &[("index.html", "one"), ("backup/customers.sql", "everybody"), ("app.js", "one()")];
const TWO: &[(&str, &str)] = &[("index.html", "two"), ("app.js", "one()")];

fn scenes() -> [Scene; 2] {
    let prefix = Scene::new(SiteMode::Prefix);
    prefix.world.cloudfront().distribution("E1", "shop-web");
    [in_place::scene(), prefix]
}

fn is_reachable(scene: &Scene) -> bool {
    scene.visit("backup/customers.sql").status == 200
}

/// Safety: deletion: What an operator withdraws is gone for visitors, of the present release and of former ones.
#[test]
fn what_is_withdrawn_is_gone_whichever_release_brought_it() {
    for files in [ONE, TWO] {
        for mut scene in scenes() {
            scene.deploy_files(ONE);
            if files == TWO {
                scene.deploy_files(TWO);
            }
            assert!(is_reachable(&scene));
            let done = scene.withdraw("backup/**");
            assert!(!is_reachable(&scene));
            assert_eq!(scene.text("app.js"), "one()");
            let step = scene.step(&done);
            assert_eq!((step.open, step.warnings), (None, vec![]));
            assert!(done.prepared.stages[0].what.contains("backup/customers.sql`"));
            // The next release finds nothing strange.
            let next = scene.upload(zip(&[("index.html", "three"), ("app.js", "one()")]));
            let next = scene.prepare(Some(&next), None);
            assert_eq!((next.prepared.findings, next.prepared.warnings), (vec![], vec![]));
        }
    }
}

/// Safety: deletion: No rollback brings back what was withdrawn.
#[test]
fn a_rollback_leaves_out_what_was_withdrawn_and_says_so() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        let one = scene.running.clone().unwrap().state;
        scene.deploy_files(TWO);
        scene.withdraw("backup/customers.sql");
        let back = scene.prepare(None, Some(&one));
        assert_eq!(back.prepared.findings, []);
        if scene.site.mode == SiteMode::InPlace {
            let names = back.prepared.warnings.iter().map(|it| it.name);
            assert_eq!(names.collect::<Vec<_>>(), [FindingName::Withdrawn]);
        }
        scene.go(back);
        assert_eq!(scene.text(""), "one");
        assert!(!is_reachable(&scene));
    }
}

/// Safety: deletion: No rollback brings back what a file held before, also where somebody has deleted it by hand.
#[test]
fn in_place_every_earlier_version_of_a_file_is_withdrawn() {
    for by_hand in [false, true] {
        let mut scene = in_place::scene();
        scene.deploy_files(ONE);
        let one = scene.running.clone().unwrap().state;
        scene.deploy_files(&[("index.html", "two"), ("backup/customers.sql", "most"), ("app.js", "one()")]);
        if by_hand {
            let key = "backup/customers.sql";
            run(S3Api::delete(&scene.world, "shop-web", key, &Replaces::Anything)).unwrap();
        }
        let done = scene.withdraw("backup/**");
        assert_eq!(done.prepared.withdraws.len(), 2, "{:?}", done.prepared.stages);
        let back = scene.prepare(None, Some(&one));
        assert_eq!(back.prepared.findings, []);
        scene.go(back);
        assert_eq!(scene.text(""), "one");
        assert!(!is_reachable(&scene), "{by_hand}");
    }
}

/// A page is no part of what is live any more: a rollback would show it again.
#[test]
fn a_page_of_a_former_release_is_withdrawn() {
    for mut scene in scenes() {
        scene.deploy_files(&[("index.html", "one"), ("backup/page.html", "everybody"), ("app.js", "one()")]);
        let one = scene.running.clone().unwrap().state;
        scene.deploy_files(TWO);
        scene.withdraw("backup/*");
        let back = scene.prepare(None, Some(&one));
        assert_eq!(back.prepared.findings, []);
        scene.go(back);
        assert_eq!(scene.text(""), "one");
        assert_ne!(scene.visit("backup/page.html").status, 200);
    }
}

/// An edge that is busy or wants a password says nothing of a file.
#[test]
fn only_an_answer_without_the_file_proves_that_it_is_gone() {
    for (status, verdict) in [
        (403, WorkTransition::Changed),
        (404, WorkTransition::Changed),
        (401, WorkTransition::Failed),
        (503, WorkTransition::Failed),
    ] {
        let mut scene = in_place::scene();
        scene.deploy_files(ONE);
        let withdrawal = scene.withdrawal("backup/**");
        let answer = ProbeAnswer { status, content_type: None, cache_control: None, body: Bytes::new(), ms: 20 };
        let url = "https://e1.cloudfront.net/backup/customers.sql".to_owned();
        World::probe(&scene.world).answers.insert(url, Probed::Answer(answer));
        assert_eq!(scene.switch(&withdrawal), verdict, "{status}");
    }
}

#[test]
fn a_release_with_the_same_bytes_is_refused_and_other_bytes_may_go() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        scene.withdraw("backup/*");
        let same = scene.upload(zip(ONE));
        let refused = scene.prepare(Some(&same), None).prepared.findings;
        assert_eq!(refused[0].name, FindingName::Withdrawn, "{refused:?}");
        scene.deploy_files(&[("index.html", "two"), ("backup/customers.sql", "nobody")]);
        assert_eq!(scene.text("backup/customers.sql"), "nobody");
    }
}

#[test]
fn what_may_not_be_withdrawn_is_refused() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        scene.world.s3().upload("shop-web", "theirs.txt", "theirs");
        for pattern in ["nothing/**", "theirs.txt", "*.html", "**", "a["] {
            let findings = scene.withdrawal(pattern).prepared.findings;
            assert_eq!(findings.len(), 1, "{pattern}");
            assert_eq!(findings[0].path, "pattern", "{pattern}");
        }
    }
}

/// Safety: deletion: An undo of a withdrawal does not bring back what it has begun to take away.
#[test]
fn an_undo_goes_on_with_what_was_begun() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        let withdrawal = scene.withdrawal("backup/**");
        assert_eq!(scene.undo(&withdrawal), WorkTransition::Changed);
        assert!(is_reachable(&scene), "it had not begun");
        let withdrawal = scene.withdrawal("backup/**");
        assert_eq!(scene.switch(&withdrawal), WorkTransition::Changed);
        assert_eq!(scene.undo(&withdrawal), WorkTransition::Changed);
        assert!(!is_reachable(&scene));
    }
}

#[test]
fn a_file_that_cannot_be_deleted_fails_the_withdrawal_in_both_directions() {
    for mut scene in scenes() {
        scene.deploy_files(ONE);
        let withdrawal = scene.withdrawal("backup/**");
        let refused = Fault::new(FaultName::AccessDenied, "s3:DeleteObject");
        scene.world.mishaps().refused.insert("s3.delete", refused);
        assert_eq!(scene.switch(&withdrawal), WorkTransition::Failed);
        assert_eq!(scene.undo(&withdrawal), WorkTransition::Failed);
        let step = scene.step(&withdrawal);
        assert!(matches!(step.undo_failure, Some(StepFailure::Fault(_))), "{step:?}");
    }
}

/// The site answers every unknown path with its page: that is not what was withdrawn. A cache that Windlass does not
/// know is.
#[test]
fn an_address_that_still_answers_the_bytes_fails_the_withdrawal() {
    for (body, verdict) in [("everybody", WorkTransition::Failed), ("<html>one", WorkTransition::Changed)] {
        for mut scene in scenes() {
            scene.deploy_files(ONE);
            let withdrawal = scene.withdrawal("backup/**");
            let url = "https://e1.cloudfront.net/backup/customers.sql".to_owned();
            let answer = ProbeAnswer {
                status: 200,
                content_type: None,
                cache_control: None,
                body: Bytes::from_static(body.as_bytes()),
                ms: 20,
            };
            let mut world = World::probe(&scene.world);
            world.answers.insert(url, Probed::Answer(answer));
            drop(world);
            assert_eq!(scene.switch(&withdrawal), verdict, "{body}");
            if verdict == WorkTransition::Changed {
                continue;
            }
            assert_eq!(scene.undo(&withdrawal), WorkTransition::Failed);
            let Some(StepFailure::Finding(found)) = scene.step(&withdrawal).undo_failure else {
                panic!("it has no reason");
            };
            assert!(found.reason.written().contains("still answers these bytes"), "{found:?}");
        }
    }
}
