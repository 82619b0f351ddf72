//! Tests of what `Prepare` says of the distributions of a site's bucket that the component does not name.

use crate::site::in_place::{ONE, TWO};
use crate::site::scene::Scene;
use crate::site::zips::zip;
use windlass_domain::declaration::kinds::site::SiteMode;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::FindingName;

/// Returns the name and the reason of each warning about other distributions, of a release and of the way back to it.
fn warned_of_others(mode: SiteMode, spoil: impl Fn(&mut Scene)) -> Vec<(FindingName, String)> {
    let mut scene = Scene::new(mode);
    let known = scene.deploy_files(ONE).prepared.warnings;
    let state = scene.running.clone().unwrap().state;
    spoil(&mut scene);
    let artifact = scene.upload(zip(TWO));
    let mut warnings = |artifact, goal| -> Vec<(FindingName, String)> {
        let prepared = scene.prepare(artifact, goal).prepared;
        assert_eq!(prepared.findings, []);
        let mut warnings = prepared.warnings;
        warnings.retain(|it| it.path == "components.web.distribution" && !known.contains(it));
        warnings.into_iter().map(|it| (it.name, it.reason.written())).collect()
    };
    let of_release = warnings(Some(&artifact), None);
    assert_eq!(warnings(None, Some(&state)), of_release, "a way back leaves them as they are, too");
    of_release
}

/// Adds a distribution whose origin is a folder of a bucket.
fn beside(scene: &Scene, id: &str, bucket: &str, path: &str) {
    scene.world.cloudfront().distribution(id, bucket).origins[0].path = path.into();
}

#[test]
fn distributions_of_the_bucket_that_are_not_named_are_named_in_a_warning() {
    use SiteMode::{InPlace, Prefix};
    // The mode, and whether the other distribution gets files of the site, by its bucket and the path of its origin.
    let table = [
        (InPlace, "shop-web", "", true),
        (InPlace, "shop-web", "/docs", true),
        (InPlace, "shop-docs", "", false),
        (Prefix, "shop-web", "", true),
        (Prefix, "shop-web", "/releases/0123456789ab", true),
        (Prefix, "shop-web", "/docs", false),
        (Prefix, "shop-docs", "", false),
    ];
    for (mode, bucket, path, is_named) in table {
        let found = warned_of_others(mode, |scene| beside(scene, "E2", bucket, path));
        assert_eq!(found.len(), usize::from(is_named), "{mode:?} {bucket} {path}: {found:?}");
        let names =
            |(name, reason): &(FindingName, String)| *name == FindingName::TargetNotReady && reason.ends_with(": E2");
        assert!(found.iter().all(names), "{mode:?} {bucket} {path}: {found:?}");
    }
    let both = warned_of_others(Prefix, |scene| {
        beside(scene, "E2", "shop-web", "/releases/0123456789ab");
        beside(scene, "E3", "shop-web", "");
        scene.world.cloudfront().page = 1;
    });
    assert!(matches!(both.as_slice(), [(_, reason)] if reason.ends_with(": E2, E3")), "{both:?}");
    let disabled = warned_of_others(Prefix, |scene| {
        beside(scene, "E2", "shop-web", "");
        scene.world.cloudfront().distribution("E2", "shop-web").disabled = true;
    });
    assert_eq!(disabled, [], "it has no visitors");
    // The whole bucket is shown to look at pages before the switch.
    let tried = warned_of_others(Prefix, |scene| {
        scene.site.is_tried = true;
        beside(scene, "E2", "shop-web", "");
    });
    assert_eq!(tried, []);
}

#[test]
fn what_is_not_known_of_other_distributions_is_a_warning_and_the_release_goes_on() {
    let refused = |name| {
        let fault = Fault::new(name, "ListDistributions");
        warned_of_others(SiteMode::Prefix, |scene| {
            scene.world.mishaps().refused.insert("cloudfront.distributions", fault.clone());
        })
    };
    let names = |found: Vec<(FindingName, String)>| -> Vec<FindingName> { found.into_iter().map(|it| it.0).collect() };
    assert_eq!(names(refused(FaultName::AccessDenied)), [FindingName::NoPermission]);
    assert_eq!(names(refused(FaultName::Unavailable)), [FindingName::TargetNotReady]);
    let of_account = |count: usize| {
        let found = warned_of_others(SiteMode::Prefix, |scene| {
            for other in 1..count {
                beside(scene, &format!("F{other:02}"), "shop-docs", "");
            }
            scene.world.cloudfront().page = 1;
        });
        names(found)
    };
    assert_eq!(of_account(10), []);
    assert_eq!(of_account(11), [FindingName::TargetNotReady], "one is on an eleventh page");
}

#[test]
fn a_site_without_a_distribution_lists_none() {
    let mut scene = Scene::new(SiteMode::InPlace);
    scene.site.distribution = None;
    scene.deploy_files(ONE);
    assert!(!scene.world.mishaps().calls.contains(&"cloudfront.distributions"));
}
