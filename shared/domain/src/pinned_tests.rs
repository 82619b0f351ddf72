use crate::release::*;
use serde_json::{Value, json};

const DIGEST: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn zip(version: &str) -> Value {
    json!({
        "type": "object", "key": format!("artifacts/shop/prod/api/{version}.zip"), "version_id": "v1",
        "sha256": DIGEST, "bytes": 3,
    })
}

fn image(digest: &str) -> Value {
    json!({"type": "image", "repository": "shop/agent", "digest": digest})
}

#[allow(clippy::needless_pass_by_value)] // called with json!
fn of(components: Value) -> Release {
    let release = json!({"app": "shop", "version": "1.4.0", "components": components});
    serde_json::from_value(release).unwrap()
}

/// Safety: bytes: What a way in has pinned is refused where the declaration or the ledger says something else by then.
#[test]
fn what_differs_from_what_was_pinned_is_listed() {
    let environment = |name: &str| EnvironmentName::new(name).unwrap();
    let pinned = PinnedRelease {
        environment: environment("prod"),
        declaration: None,
        manifest: None,
        release: of(json!({"api": zip("1"), "agent": image(DIGEST)})),
    };
    assert_eq!(pinned.elsewhere(&environment("prod")), None);
    assert_eq!(pinned.elsewhere(&environment("dev")).unwrap().path, "environment");
    let same = pinned.release.clone();
    let other = "b".repeat(64);
    let mut named = same.clone();
    named.sequence = Some(7);
    let mut pushed = same.clone();
    pushed.image_push = true;
    let table: [(Release, &[&str]); 6] = [
        (same, &[]),
        (of(json!({"api": zip("2"), "agent": image(&other)})), &["components.agent", "components.api"]),
        (of(json!({"api": zip("1")})), &["components.agent"]),
        (of(json!({"api": zip("1"), "agent": image(DIGEST), "web": zip("1")})), &["components.web"]),
        (named, &["version"]),
        (pushed, &["version"]),
    ];
    for (now, paths) in table {
        let findings = pinned.differences(&now);
        let found: Vec<&str> = findings.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(found, paths);
        assert!(findings.iter().all(|one| one.name == FindingName::NotAsPinned));
    }
}

#[test]
fn a_release_of_so_many_components_as_a_manifest_may_name_is_handed_over() {
    // The longest keys that so many components of one manifest can have.
    let key = |of: usize| format!("artifacts/shop/c{of}/{}.zip", "x".repeat(200));
    let with = |components: usize| {
        let artifact = |of: usize| json!({"type": "object", "key": key(of), "version_id": "v".repeat(32), "sha256": DIGEST, "bytes": 123_456_789});
        let components = (0..components).map(|it| (format!("c{it}"), artifact(it)));
        let components: serde_json::Map<String, Value> = components.collect();
        of(components.into())
    };
    assert_eq!(too_large(&with(500)), None);
    let finding = too_large(&with(600)).unwrap();
    assert_eq!((finding.name, finding.path.as_str()), (FindingName::TooLarge, "components"));
}
