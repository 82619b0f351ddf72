//! The name under which a release is recorded.

use crate::arriving::pinning::{
    MAIN, ZIP, artifact, manifest, pinned, recorded, refused, uploaded,
};
use serde_json::{Value, json};

fn of(version: &str, reference: &str, environment: &str) -> Value {
    let mut request = manifest(reference, json!({"api": {"key": ZIP}}));
    request["manifest"]["version"] = version.into();
    request["environment"] = environment.into();
    request
}

/// Safety: tenancy: What is tried out in one environment takes no version's name from the release of its tag.
#[test]
fn what_is_tried_out_under_a_version_leaves_its_name_to_the_release_of_the_tag() {
    let world = uploaded();
    let tried = pinned(&world, of("8.0.0", MAIN, "dev"));
    let name = recorded(&world, &tried);
    assert!(name.starts_with("8.0.0+"), "{name}");
    let again = pinned(&world, of("8.0.0", MAIN, "dev"));
    assert_eq!(
        (again.to_record, again.release.version.as_str()),
        (None, name.as_str())
    );

    world.s3().upload("artifacts", ZIP, "the release");
    let released = pinned(&world, of("8.0.0", "refs/tags/v8.0.0", "prod"));
    assert_eq!(recorded(&world, &released), "8.0.0");
    // Each is promoted by its own name.
    for (version, bytes) in [("8.0.0", &released), ("v8.0.0", &released), (&name, &tried)] {
        let promoted = pinned(&world, json!({"version": version, "environment": "dev"}));
        assert_eq!(promoted.release.version, bytes.release.version, "{version}");
        assert_eq!(
            artifact(&promoted, "api"),
            artifact(bytes, "api"),
            "{version}"
        );
    }
    world.s3().upload("artifacts", ZIP, "others");
    let told = refused(&world, of("v8.0.0", "refs/tags/v8.0.0", "prod"));
    assert_eq!(told, ["VersionReused components.api"]);
}

#[test]
fn a_version_alone_promotes_the_one_release_that_has_its_bytes_in_its_name() {
    let world = uploaded();
    let tried = pinned(&world, of("8.0.0", MAIN, "dev"));
    let name = recorded(&world, &tried);
    let promoted = pinned(&world, json!({"version": "8.0.0", "environment": "dev"}));
    assert_eq!(promoted.release.version, name);
    world.s3().upload("artifacts", ZIP, "others");
    recorded(&world, &pinned(&world, of("8.0.0", MAIN, "dev")));
    let told = refused(&world, json!({"version": "8.0.0", "environment": "dev"}));
    assert_eq!(told, ["UnknownName version"]);
}

#[test]
fn who_recorded_a_version_is_kept() {
    let world = uploaded();
    let mut request = of("8.0.0", "refs/tags/v8.0.0", "prod");
    let ann = json!({"route": "api", "principal": "ann"});
    request["requester"] = ann.clone();
    let first = pinned(&world, request.clone());
    recorded(&world, &first);
    world
        .s3()
        .upload("artifacts", "artifacts/shop/web/1.zip", "web");
    request["requester"]["principal"] = "tom".into();
    request["manifest"]["components"]["web"] = json!({"key": "artifacts/shop/web/1.zip"});
    let more = pinned(&world, request).to_record.unwrap().value;
    assert_eq!(json!(more.by), ann);
}
