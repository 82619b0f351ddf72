//! Tests of what `Prepare` finds in the way of a site.

use crate::site::in_place::{ONE, TWO};
use crate::site::scene::Scene;
use crate::site::zips::zip;
use serde_json::Value;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{Behaviour, ErrorPage, LifecycleRule};

fn findings(mode: SiteMode, spoil: impl Fn(&mut Scene)) -> Vec<(FindingName, String)> {
    let mut scene = Scene::new(mode);
    let artifact = scene.upload(zip(ONE));
    spoil(&mut scene);
    let deployment = scene.prepare(Some(&artifact), None);
    let found = deployment.prepared.findings.into_iter();
    found.map(|finding| (finding.name, finding.path)).collect()
}

fn expect(name: FindingName, member: &str) -> Vec<(FindingName, String)> {
    vec![(name, format!("components.web.{member}"))]
}

#[test]
fn nothing_is_in_the_way() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        assert_eq!(findings(mode, |_| {}), []);
    }
}

#[test]
fn a_bucket_that_is_missing_or_not_ours_or_keeps_no_versions() {
    let missing = findings(SiteMode::InPlace, |scene| {
        scene.world.s3().buckets.remove("shop-web");
    });
    assert_eq!(missing, expect(FindingName::TargetMissing, "bucket"));
    let not_ours = findings(SiteMode::InPlace, |scene| {
        scene.world.s3().bucket("shop-web", true).tags.clear();
    });
    assert_eq!(not_ours, expect(FindingName::TargetNotOurs, "bucket"));
    let unversioned = |scene: &mut Scene| {
        scene.world.s3().bucket("shop-web", false);
    };
    assert_eq!(findings(SiteMode::InPlace, unversioned), expect(FindingName::TargetNotReady, "bucket"));
    assert_eq!(findings(SiteMode::Prefix, unversioned), []);
}

#[test]
fn a_distribution_that_is_missing_or_not_ours() {
    let none = |scene: &mut Scene| scene.site.distribution = None;
    assert_eq!(findings(SiteMode::Prefix, none), expect(FindingName::MissingField, "distribution"));
    assert_eq!(findings(SiteMode::InPlace, none), []);
    let missing = findings(SiteMode::Prefix, |scene| {
        scene.site.distribution = Some("E9".into());
    });
    assert_eq!(missing, expect(FindingName::TargetMissing, "distribution"));
    let not_ours = findings(SiteMode::Prefix, |scene| {
        scene.world.cloudfront().distribution("E1", "").tags.clear();
    });
    assert_eq!(not_ours, expect(FindingName::TargetNotOurs, "distribution"));
}

#[test]
fn an_origin_that_is_not_the_bucket_or_not_clear() {
    let other = findings(SiteMode::Prefix, |scene| {
        scene.world.cloudfront().distribution("E1", "").origins[0].domain = "x.example".into();
    });
    assert_eq!(other, expect(FindingName::UnknownName, "origin"));
    let twice = |scene: &mut Scene| {
        let mut cdn = scene.world.cloudfront();
        let origins = &mut cdn.distribution("E1", "").origins;
        let mut second = origins[0].clone();
        second.id = "second".into();
        origins.push(second);
    };
    assert_eq!(findings(SiteMode::Prefix, twice), expect(FindingName::MissingField, "origin"));
    assert_eq!(findings(SiteMode::InPlace, twice), []);
    let named = findings(SiteMode::Prefix, |scene| {
        twice(scene);
        scene.site.origin = Some("second".into());
    });
    assert_eq!(named, []);
}

/// The origin that is switched, and another one in its group.
fn grouped(scene: &mut Scene, bucket: &str) {
    let mut cdn = scene.world.cloudfront();
    let found = cdn.distribution("E1", "");
    let mut second = found.origins[0].clone();
    second.id = "second".into();
    second.domain = format!("{bucket}.s3.eu-west-1.amazonaws.com");
    found.groups = vec![vec![found.origins[0].id.clone(), second.id.clone()]];
    scene.site.origin = Some(found.origins[0].id.clone());
    found.origins.push(second);
}

#[test]
fn an_origin_group_of_which_one_is_switched_is_refused_whatever_the_other_is() {
    for bucket in ["shop-web", "shop-spare"] {
        let both = |scene: &mut Scene| grouped(scene, bucket);
        assert_eq!(findings(SiteMode::Prefix, both), expect(FindingName::NotSupported, "origin"), "{bucket}");
        assert_eq!(findings(SiteMode::InPlace, both), [], "{bucket}");
    }
    let beside = |scene: &mut Scene| {
        grouped(scene, "shop-spare");
        let mut cdn = scene.world.cloudfront();
        cdn.distribution("E1", "").groups = vec![vec!["second".into(), "third".into()]];
    };
    assert_eq!(findings(SiteMode::Prefix, beside), [], "the switched one is in no group");
}

/// Returns the warnings of a preparation that goes on, sorted.
fn warnings(scene: &mut Scene, artifact: Option<&Artifact>, goal: Option<&Value>) -> Vec<String> {
    let prepared = scene.prepare(artifact, goal).prepared;
    assert_eq!(prepared.findings, []);
    let mut all: Vec<String> = prepared.warnings.into_iter().map(|it| format!("{} {}", it.name, it.path)).collect();
    all.sort();
    all
}

#[test]
fn what_is_at_the_edges_is_one_warning_where_the_origin_path_is_switched() {
    let acl = Some("arn:aws:wafv2:us-east-1:111111111111:global/webacl/shop/1");
    // The mode, whether a function is associated, whether it is of Lambda@Edge, the web ACL, and the number of warnings.
    let table = [
        (SiteMode::Prefix, false, false, None, 0),
        (SiteMode::Prefix, true, false, None, 1),
        (SiteMode::Prefix, true, true, None, 1),
        // The functions of Lambda@Edge are at another origin.
        (SiteMode::Prefix, false, true, None, 1),
        (SiteMode::Prefix, false, false, acl, 1),
        (SiteMode::Prefix, true, true, acl, 1),
        (SiteMode::InPlace, true, true, acl, 0),
    ];
    for (mode, has_function, edge, acl, more) in table {
        let mut scene = Scene::new(mode);
        scene.deploy_files(ONE);
        let state = scene.running.clone().unwrap().state;
        let artifact = scene.upload(zip(TWO));
        let mut forward = warnings(&mut scene, Some(&artifact), None);
        let back = warnings(&mut scene, None, Some(&state));
        {
            let mut cdn = scene.world.cloudfront();
            let found = cdn.distribution("E1", "");
            let origin = found.origins[0].id.clone();
            found.behaviours = vec![Behaviour { paths: "*".into(), origin, has_function }];
            (found.edge_functions, found.web_acl) = (edge, acl.map(str::to_owned));
        }
        forward.extend(vec!["TargetNotReady components.web.distribution".to_owned(); more]);
        forward.sort();
        let named = format!("{mode:?} {has_function} {edge} {acl:?}");
        assert_eq!(warnings(&mut scene, Some(&artifact), None), forward, "{named}");
        assert_eq!(warnings(&mut scene, None, Some(&state)), back, "{named}: a way back");
    }
}

#[test]
fn everything_is_listed_at_once() {
    let all = findings(SiteMode::Prefix, |scene| {
        scene.world.s3().bucket("shop-web", true).tags.clear();
        scene.world.cloudfront().distribution("E1", "").tags.clear();
        scene.world.cloudfront().distribution("E1", "").origins.clear();
    });
    let names: Vec<FindingName> = all.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [FindingName::TargetNotOurs, FindingName::TargetNotOurs, FindingName::UnknownName]);
}

#[test]
fn an_image_is_no_site() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let image = Artifact::Image { repository: "x".into(), digest: Digest::of(b"") };
    let prepared = scene.prepare(Some(&image), None).prepared;
    assert_eq!(prepared.findings[0].name, FindingName::BadValue);
}

#[test]
fn a_state_of_the_other_mode_cannot_be_gone_back_to() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.deploy_files(ONE);
    let state = scene.running.clone().unwrap().state;
    scene.site.mode = SiteMode::Prefix;
    let prepared = scene.prepare(None, Some(&state)).prepared;
    assert_eq!(prepared.findings[0].name, FindingName::NotSupported);
}

#[test]
fn a_single_top_folder_is_noticed_but_not_stripped() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.root = Some("dist/index.html".into());
    let artifact = scene.upload(zip(&[("dist/index.html", "x"), ("dist/a.txt", "y")]));
    let deployment = scene.deploy(&artifact);
    assert!(deployment.prepared.warnings[0].reason.written().contains("`dist/`"));
    assert_eq!(scene.keys(), ["dist/a.txt", "dist/index.html"]);
}

#[test]
fn a_release_without_what_visitors_begin_with_is_refused() {
    let refused = |mode, root: &str, declared: Option<&str>, files: &[(&str, &str)]| {
        let mut scene = Scene::new(mode);
        scene.world.cloudfront().distribution("E1", "").root = root.into();
        scene.site.root = declared.map(str::to_owned);
        let artifact = scene.upload(zip(files));
        let findings = scene.prepare(Some(&artifact), None).prepared.findings;
        findings.first().map(|it| (it.name, it.written()))
    };
    let page = &[("index.html", "x")];
    let packed = &[("dist/index.html", "x"), ("dist/a.js", "y")];
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        assert_eq!(refused(mode, "index.html", None, page), None);
        assert_eq!(refused(mode, "", None, page), None);
        assert_eq!(refused(mode, "index.html", Some("none"), packed), None);
        let (name, reason) = refused(mode, "app.html", None, page).unwrap();
        assert_eq!(name, FindingName::BadArchive);
        assert!(reason.contains("`app.html`, the distribution's default root object"), "{reason}");
        let (_, reason) = refused(mode, "", None, packed).unwrap();
        assert!(reason.contains("cd dist && zip"), "{reason}");
        let (_, reason) = refused(mode, "index.html", Some("app.html"), page).unwrap();
        assert!(reason.contains("`components.web.root`"), "{reason}");
    }
}

fn warned(scene: &mut Scene, files: &[(&str, &str)]) -> Vec<String> {
    let artifact = scene.upload(zip(files));
    let warnings = scene.prepare(Some(&artifact), None).prepared.warnings;
    let mixed = warnings.into_iter().filter(|it| it.name == FindingName::MixedReleases);
    mixed.map(|it| it.reason.written()).collect()
}

#[test]
fn scripts_that_keep_their_names_are_named() {
    for mode in [SiteMode::InPlace, SiteMode::Prefix] {
        let mut scene = Scene::new(mode);
        let page = "<script src=/main.js></script>";
        scene.deploy_files(&[("index.html", page), ("main.js", "1"), ("chunk-ABCDEFGH.js", "1")]);
        let same = [("index.html", "2"), ("main.js", "1"), ("chunk-HGFEDCBA.js", "2")];
        assert_eq!(warned(&mut scene, &same), [""; 0], "{mode:?}");
        let other = [("index.html", "2"), ("main.js", "2"), ("chunk-HGFEDCBA.js", "2")];
        let warnings = warned(&mut scene, &other);
        assert_eq!(warnings.len(), 1, "{mode:?} {warnings:?}");
        assert!(warnings[0].starts_with("1 script or style has"), "{warnings:?}");
        assert!(warnings[0].contains("`main.js`"), "{warnings:?}");
    }
}

#[test]
fn how_long_a_switch_in_place_takes_is_shown() {
    let pages: Vec<String> = (0..6_000).map(|n| format!("page{n}.html")).collect();
    let site = |text: &'static str| -> Vec<(&str, &str)> {
        let pages = pages.iter().map(|page| (page.as_str(), text));
        pages.chain([("index.html", text)]).collect()
    };
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.distribution = None;
    scene.deploy_files(&site("one"));
    let artifact = scene.upload(zip(&site("two")));
    let prepared = scene.prepare(Some(&artifact), None).prepared;
    let what = &prepared.stages[0].what;
    assert!(what.ends_with("documents last: 6001 that visitors have, in about 13 s"), "{what}");
    let warning = &prepared.warnings[0];
    assert_eq!(warning.name, FindingName::MixedReleases);
    assert!(warning.remedy.written().contains("mode `prefix`"), "{warning:?}");
}

#[test]
fn tags_that_an_undo_could_not_copy_back_refuse_the_release() {
    let tagged = |hides_tags: bool| {
        let mut scene = Scene::new(SiteMode::InPlace);
        scene.deploy_files(ONE);
        let mut objects = scene.world.s3();
        let bucket = objects.buckets.get_mut("shop-web").unwrap();
        bucket.hides_tags = hides_tags;
        for versions in bucket.keys.values_mut() {
            let tags = [("owner".to_owned(), "web".to_owned())];
            versions.last_mut().unwrap().tags = tags.into();
        }
        drop(objects);
        scene
    };
    let mut scene = tagged(true);
    let artifact = scene.upload(zip(TWO));
    let refused = scene.prepare(Some(&artifact), None).prepared.findings;
    assert_eq!(refused[0].name, FindingName::NoPermission);
    assert!(refused[0].remedy.written().contains("s3:PutObjectTagging"), "{refused:?}");

    let mut scene = tagged(false);
    let deployment = scene.publish_files(TWO);
    assert_eq!(scene.switch(&deployment), WorkTransition::Changed);
    assert_eq!(scene.undo(&deployment), WorkTransition::Changed);
    let objects = scene.world.s3();
    let page = objects.buckets["shop-web"].current("index.html").unwrap();
    assert_eq!(page.tags["owner"], "web");
}

#[test]
fn a_lifecycle_that_deletes_what_an_undo_needs() {
    let rule = |days: u32| LifecycleRule {
        id: "short".into(),
        enabled: true,
        noncurrent_days: Some(days),
        ..LifecycleRule::default()
    };
    let with = |mode, days| {
        findings(mode, |scene| {
            scene.world.s3().bucket("shop-web", true).lifecycle = vec![rule(days)];
        })
    };
    let refused = expect(FindingName::TargetNotReady, "bucket");
    assert_eq!(with(SiteMode::InPlace, 3), refused);
    assert_eq!(with(SiteMode::InPlace, 14), []);
    assert_eq!(with(SiteMode::Prefix, 3), []);
}

#[test]
fn a_lifecycle_that_may_not_be_read_is_named() {
    let mut scene = Scene::new(SiteMode::InPlace);
    let denied = Fault::new(FaultName::AccessDenied, "S3 403 AccessDenied");
    scene.world.mishaps().refused = [("s3.lifecycle", denied)].into();
    let deployment = scene.deploy_files(ONE);
    let warning = &deployment.prepared.warnings[0];
    assert_eq!(warning.name, FindingName::NoPermission);
    assert!(warning.reason.written().contains("lifecycle"), "{warning:?}");
}

#[test]
fn a_distribution_that_answers_missing_files_with_a_document_is_named() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.world.cloudfront().distribution("E1", "").error_pages =
        vec![ErrorPage { status: 403, answered: Some(200), path: Some("/index.html".into()) }];
    let deployment = scene.deploy_files(ONE);
    let warnings = &deployment.prepared.warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!(warnings[0].path, "components.web.distribution");
    assert!(warnings[0].remedy.written().contains("CloudFront function"));
}

/// Returns the pages of listings that a release asks for. The release changes one file of a site of so many.
fn pages_listed(files: usize) -> usize {
    let files = |release: &str| -> Vec<(String, String)> {
        let pages = (1..files).map(|n| (format!("pages/{n:04}.html"), String::new()));
        let root = ("index.html".to_owned(), release.to_owned());
        pages.chain([root]).collect()
    };
    let zipped = |files: &[(String, String)]| {
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        zip(&files.collect::<Vec<_>>())
    };
    let mut scene = Scene::new(SiteMode::InPlace);
    let artifact = scene.upload(zipped(&files("one")));
    scene.deploy(&artifact);
    let artifact = scene.upload(zipped(&files("two")));
    let before = scene.world.mishaps().calls.len();
    scene.deploy(&artifact);
    let calls = scene.world.mishaps().calls.split_off(before);
    let lists = calls.iter().filter(|name| **name == "s3.list");
    lists.count()
}

#[test]
fn a_release_that_changes_one_file_lists_the_bucket_once() {
    // All other listings do not grow with the site. 3000 files are four pages, sent at once, instead of one.
    assert_eq!(pages_listed(3000), pages_listed(900) + 3);
}
