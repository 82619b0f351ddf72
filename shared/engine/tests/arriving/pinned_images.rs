//! Tests of how images are pinned, from a manifest and from a push.

use crate::arriving::pinning::{MAIN, artifact, findings_of, manifest, pinned, pins, recorded, refused, semver};
use crate::arriving::place::{DECLARATION, declared, put_declared, shop};
use serde_json::{Value, json};
use windlass_domain::release::artifact::Artifact;
use windlass_engine::ledger;
use windlass_world::World;
use windlass_world::ecr::HOST;

#[test]
fn an_image_is_pinned_by_its_digest() {
    let world = declared();
    let digest = world.ecr().push("shop/agent", "latest");
    let by_digest = format!("shop/agent@sha256:{digest}");
    for image in ["shop/agent:latest", &by_digest] {
        let present = pinned(&world, manifest(MAIN, json!({"agent": {"image": image}})));
        assert_eq!(artifact(&present, "agent").digest(), digest, "{image}");
    }
}

/// Safety: tenancy: An image of a repository that the component does not declare is refused.
#[test]
fn an_image_of_another_repository_is_refused() {
    let world = declared();
    for repository in ["shop/agent", "shop/steady", "bank/ledger", "bank/shop/agent"] {
        world.ecr().push(repository, "7");
    }
    let tags = "refs/tags/v1.0.0";
    for (git, image, expected) in [
        (MAIN, "shop/agent:7".to_owned(), None),
        (MAIN, format!("{HOST}/shop/agent:7"), None),
        (MAIN, "bank/ledger:7".to_owned(), Some("BadValue")),
        (MAIN, "bank/shop/agent:7".to_owned(), Some("BadValue")),
        (MAIN, format!("{HOST}/bank/ledger:7"), Some("BadValue")),
        // The registry is asked for a name: nobody gets an image of it by another name.
        (MAIN, "elsewhere.example/shop/agent:7".to_owned(), Some("BadValue")),
        // This is another environment's repository.
        (MAIN, "shop/steady:7".to_owned(), Some("BadValue")),
        (tags, "shop/agent:7".to_owned(), Some("BadValue")),
        (tags, "shop/steady:7".to_owned(), None),
    ] {
        let pinned = pins(&world, manifest(git, json!({"agent": {"image": image}})));
        let pinned = pinned.map(|pinned| artifact(&pinned, "agent")).map_err(|trouble| findings_of(trouble).join(", "));
        match (pinned, expected) {
            (Ok(Artifact::Image { repository, .. }), None) => {
                assert!(repository.starts_with(&format!("{HOST}/shop/")), "{repository}");
            }
            (answer, expected) => {
                let expected = expected.map(|name| format!("{name} components.agent.image"));
                assert_eq!(answer.err(), expected, "{git} {image}");
            }
        }
    }
    let image = json!({"api": {"image": "shop/agent:7"}});
    let findings = refused(&world, manifest(MAIN, image));
    assert_eq!(findings, ["MissingField components.api.repository"]);
}

#[test]
fn a_declared_registry_is_the_one_that_images_are_taken_from() {
    for (registry, refused) in [(HOST, false), ("elsewhere.example", true)] {
        let world = World::default();
        world.ecr().push("shop/agent", "7");
        let repository = format!("repository: {registry}/shop/agent");
        let declaration = DECLARATION.replace("repository: {dev: shop/agent, prod: shop/steady}", &repository);
        assert_ne!(declaration, DECLARATION);
        put_declared(&world, ledger::declaration_in_force(&shop()), &declaration);
        let image = json!({"agent": {"image": "shop/agent:7"}});
        let findings = pins(&world, manifest(MAIN, image)).err().map(findings_of);
        let wanted = refused.then(|| vec!["BadValue components.agent.repository".to_owned()]);
        assert_eq!(findings, wanted, "{registry}");
    }
}

#[test]
fn a_push_is_for_what_lives_in_the_repository_in_that_environment() {
    let world = declared();
    let request = |repository: &str, tag: &str| {
        let digest = world.ecr().push(repository, tag);
        json!({"image_push": {"repository": repository, "digest": digest, "tag": tag}})
    };
    let dev = pinned(&world, request("shop/agent", "main-128"));
    assert_eq!(dev.resolved.environment.as_str(), "dev");
    assert!(dev.release.image_push);
    assert_eq!(dev.order_version, None);
    let prod = pinned(&world, request("shop/steady", "1.4.0"));
    assert_eq!(prod.resolved.environment.as_str(), "prod");
    assert_eq!(prod.order_version, Some(semver(1, 4, 0)));
    let findings = refused(&world, request("shop/agent", "1.4.0"));
    assert_eq!(findings, ["MissingField components"], "it lives elsewhere there");
    let findings = refused(&world, request("shop/none", "main"));
    assert_eq!(findings, ["UnknownName image_push.repository"]);
    let findings = refused(&world, request("shop/agent", "experiment"));
    assert_eq!(findings, ["NoEnvironment image_push.tag"]);
}

/// Makes the request for a push of the image `bytes` under a tag.
pub fn pushed(world: &World, repository: &str, tag: &str, bytes: &str) -> Value {
    let digest = world.ecr().push(repository, bytes);
    json!({"image_push": {"repository": repository, "digest": digest, "tag": tag}})
}

#[test]
fn a_push_is_asked_for_by_the_version_that_is_listed() {
    let world = declared();
    let promoted = |version: &str| json!({"version": version, "environment": "dev"});
    let release = pinned(&world, pushed(&world, "shop/steady", "1.4.0", "one"));
    assert_eq!(recorded(&world, &release), "1.4.0");
    let taken = pinned(&world, json!({"version": "1.4.0", "environment": "prod"}));
    assert_eq!(taken.release, release.release);

    let first = pinned(&world, pushed(&world, "shop/agent", "main", "one"));
    let version = recorded(&world, &first);
    assert!(version.starts_with("main+"), "{version}");
    // The tag alone names it as well, as long as only one push has it.
    for name in [version.as_str(), "main"] {
        let taken = pinned(&world, promoted(name)).release;
        assert_eq!(taken, first.release, "{name}");
        assert_eq!(taken.digest(), first.release.digest());
    }
    let second = pinned(&world, pushed(&world, "shop/agent", "main", "other"));
    let other = recorded(&world, &second);
    assert_ne!(version, other, "other bytes have another name");
    assert_eq!(refused(&world, promoted("main")), ["UnknownName version"]);
    for (name, of) in [(&version, &first), (&other, &second)] {
        assert_eq!(pinned(&world, promoted(name)).release, of.release);
    }
    // `main-1` is no push of `main`.
    let longer = pinned(&world, pushed(&world, "shop/agent", "main-1", "one"));
    recorded(&world, &longer);
    assert_eq!(pinned(&world, promoted("main-1")).release, longer.release);
    assert_eq!(refused(&world, promoted("mai")), ["UnknownName version"]);
}

#[test]
fn a_tag_that_is_a_version_never_means_another_image() {
    let world = declared();
    let first = pinned(&world, pushed(&world, "shop/steady", "1.4.0", "one"));
    recorded(&world, &first);
    let other = pushed(&world, "shop/steady", "1.4.0", "other");
    assert_eq!(refused(&world, other), ["VersionReused components.agent"]);
}
