//! The name under which a release is recorded.

use crate::arriving::pinning::{MAIN, PROD_ZIP, ZIP, artifact, manifest, object, pinned, recorded, refused, uploaded};
use serde_json::{Value, json};
use windlass_world::World;

/// Uploads bytes for an environment, and returns a release of them.
fn of(world: &World, version: &str, bytes: &str, environment: &str) -> Value {
    let (key, reference) = match environment {
        "dev" => (ZIP, MAIN.to_owned()),
        _ => (PROD_ZIP, format!("refs/tags/v{}", version.trim_start_matches('v'))),
    };
    world.s3().upload("artifacts", key, bytes.to_owned());
    let mut request = manifest(&reference, json!({"api": object(key, bytes)}));
    request["manifest"]["version"] = version.into();
    request["environment"] = environment.into();
    request
}

/// Safety: tenancy: What is tried out in one environment takes no version's name from the release of its tag.
#[test]
fn what_is_tried_out_under_a_version_leaves_its_name_to_the_release_of_the_tag() {
    let world = uploaded();
    let tried = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    let name = recorded(&world, &tried);
    assert!(name.starts_with("8.0.0+"), "{name}");
    let again = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    assert_eq!(again.release.version, name);

    let released = pinned(&world, of(&world, "8.0.0", "the release", "prod"));
    assert_eq!(recorded(&world, &released), "8.0.0");
    // Each is promoted by its own name.
    for (version, of) in [("8.0.0", &released), ("v8.0.0", &released), (name.as_str(), &tried)] {
        let promoted = pinned(&world, json!({"version": version, "environment": "dev"}));
        assert_eq!(promoted.release.version, of.release.version, "{version}");
        assert_eq!(artifact(&promoted, "api"), artifact(of, "api"), "{version}");
    }
    let found = refused(&world, of(&world, "v8.0.0", "others", "prod"));
    assert_eq!(found, ["VersionReused components.api"]);
}

#[test]
fn a_version_alone_promotes_the_one_release_that_has_its_bytes_in_its_name() {
    let world = uploaded();
    let tried = pinned(&world, of(&world, "8.0.0", "tried", "dev"));
    let name = recorded(&world, &tried);
    let by_version = || json!({"version": "8.0.0", "environment": "dev"});
    assert_eq!(pinned(&world, by_version()).release.version, name);
    recorded(&world, &pinned(&world, of(&world, "8.0.0", "others", "dev")));
    assert_eq!(refused(&world, by_version()), ["UnknownName version"]);
}

#[test]
fn who_recorded_a_version_first_is_kept() {
    let world = uploaded();
    let mut request = of(&world, "8.0.0", "the release", "prod");
    let ann = json!({"route": "api", "principal": "ann"});
    request["requester"] = ann.clone();
    recorded(&world, &pinned(&world, request.clone()));
    let web = "artifacts/shop/prod/web/1.zip";
    world.s3().upload("artifacts", web, "web");
    request["requester"]["principal"] = "tom".into();
    request["manifest"]["components"]["web"] = object(web, "web");
    let more = pinned(&world, request).to_record.unwrap().value;
    assert_eq!(json!(more.by), ann);
}
