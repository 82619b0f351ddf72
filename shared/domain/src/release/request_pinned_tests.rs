use crate::release::action::ActionName;
use crate::release::request_contents::*;
use serde_json::{Value, json};

const DIGEST: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn zip(version: &str) -> Value {
    json!({
        "type": "object", "key": format!("artifacts/shop/prod/api/{version}.zip"), "version_id": "v1",
        "sha256": DIGEST, "bytes": 3,
    })
}

fn image(digest: &str) -> Value {
    json!({
        "type": "image", "repository": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/agent",
        "digest": digest,
    })
}

#[allow(clippy::needless_pass_by_value)] // called with json!
fn release(version: &str, components: Value, image_push: bool) -> Value {
    json!({"app": "shop", "version": version, "components": components, "image_push": image_push})
}

fn merged(mut one: Value, other: &Value) -> Value {
    for (name, value) in other.as_object().into_iter().flatten() {
        one[name] = value.clone();
    }
    one
}

/// A request with a pinned release, and what else it has.
fn request(release: &Value, beside: &Value) -> Value {
    let mut pinned = json!({"environment": "prod", "release": release});
    if beside.as_object().is_some_and(serde_json::Map::is_empty) {
        pinned["manifest"] = json!(DIGEST);
    }
    let request = json!({"action": "deploy", "app": "shop", "environment": "prod", "pinned": pinned});
    merged(request, beside)
}

fn found(request: &Value) -> Vec<String> {
    let findings = Request::parse(request).err().unwrap_or_default();
    findings.iter().map(|one| format!("{} {}", one.name, one.path)).collect()
}

/// Safety: bytes: A request's pinned release is nothing that the request itself does not name.
#[test]
fn a_pinned_release_is_what_the_request_names() {
    let of_zip = release("1.4.0", json!({"api": zip("1.4.0")}), false);
    let of_push = release("1.4.0", json!({"agent": image(DIGEST)}), true);
    let moving = format!("main+{}", &DIGEST[..12]);
    let of_moving = release(&moving, json!({"agent": image(DIGEST)}), true);
    let object = |key: &str| json!({"manifest_object": {"key": key, "version_id": "m1"}});
    let artifact = |component: &str, key: &str, version: &str| json!({"artifact_object": {"component": component, "object": {"key": key, "version_id": version}}});
    let push =
        |digest: &str, tag: &str| json!({"image_push": {"repository": "shop/agent", "digest": digest, "tag": tag}});
    let both = json!({"api": zip("1.4.0"), "web": zip("1.4.0")});
    let key = "artifacts/shop/prod/api/1.4.0.zip";
    let other = "b".repeat(64);
    let good = [
        (&of_zip, json!({})),
        (&of_zip, object("releases/shop/prod/1.4.0.json")),
        (&of_zip, artifact("api", key, "v1")),
        (&release("1.4.0", both, false), artifact("api", key, "v1")),
        (&of_zip, json!({"version": "1.4.0"})),
        (&of_push, push(DIGEST, "1.4.0")),
        (&of_push, json!({"version": "1.4.0"})),
        (&of_moving, push(DIGEST, "main")),
        (&of_moving, json!({"version": "main"})),
        (&of_moving, json!({"version": moving})),
    ];
    for (release, beside) in good {
        let request = request(release, &beside);
        assert_eq!(found(&request), [""; 0], "{request}");
    }
    let more = json!({"api": zip("1.4.0"), "web": zip("1.3.0")});
    let bad = [
        (&of_push, json!({})),
        (&of_zip, object("releases/shop/prod/1.3.0.json")),
        (&of_push, object("releases/shop/prod/1.4.0.json")),
        (&of_zip, artifact("web", "artifacts/shop/prod/web/1.4.0.zip", "v1")),
        (&of_zip, artifact("api", key, "v2")),
        (&of_zip, artifact("api", "artifacts/shop/prod/api/1.3.0.zip", "v1")),
        (&release("1.4.0", more, false), artifact("api", key, "v1")),
        (&of_zip, push(DIGEST, "1.4.0")),
        (&of_push, push(&other, "1.4.0")),
        (&of_push, push(DIGEST, "1.4.1")),
        (&release("1.4.0", json!({"agent": image(&other)}), true), push(DIGEST, "1.4.0")),
        (&of_zip, json!({"version": "1.4.1"})),
        (&of_moving, json!({"version": "mai"})),
        (&of_push, json!({"version": "1.4"})),
    ];
    for (release, beside) in bad {
        let request = request(release, &beside);
        assert_eq!(found(&request), ["NotAsPinned pinned.release"], "{request}");
    }
}

#[test]
fn a_pinned_release_takes_the_place_of_a_manifest_and_of_nothing_else() {
    let good = release("1.4.0", json!({"api": zip("1.4.0")}), false);
    let manifest = json!({"version": "1.4.0", "components": {"api": {"key": "artifacts/shop/prod/api/1.4.0.zip", "version_id": "v1"}}});
    let pinned = |release: &Value| json!({"environment": "prod", "release": release});
    let bank = merged(good.clone(), &json!({"app": "bank"}));
    let theirs = json!({"type": "object", "key": "artifacts/bank/prod/api/1.zip", "version_id": "v1", "sha256": DIGEST, "bytes": 3});
    let theirs = release("1.4.0", json!({"api": theirs}), false);
    let late = merged(good.clone(), &json!({"git": {"ref": "refs/heads/main", "time": "2026-02-31T00:00:00Z"}}));
    let deploy = json!({"action": "deploy", "app": "shop", "environment": "prod"});
    let table: [(Value, &[&str]); 8] = [
        (
            merged(request(&good, &json!({})), &json!({"manifest": manifest})),
            &["Duplicate pinned", "NotAsPinned pinned.release"],
        ),
        (
            merged(deploy.clone(), &json!({"manifest": manifest, "pinned": pinned(&good)})),
            &["NotAsPinned pinned.release"],
        ),
        (merged(deploy, &json!({"pinned": pinned(&good)})), &["MissingField manifest"]),
        (merged(request(&good, &json!({})), &json!({"version": "1.4.0"})), &["Duplicate pinned"]),
        (request(&bank, &json!({})), &["NotAsPinned pinned.release"]),
        (request(&theirs, &json!({})), &["BadValue pinned.release.components.api.key"]),
        (request(&late, &json!({})), &["BadValue pinned.release.git.time"]),
        (request(&release("1 4", json!({}), false), &json!({})), &["BadValue pinned.release.version"]),
    ];
    for (request, findings) in table {
        assert_eq!(found(&request), findings, "{request}");
    }
    for action in ["rollback", "hold"] {
        let other = json!({"action": action, "reason": "so"});
        let request = merged(request(&good, &json!({})), &other);
        assert_eq!(found(&request), ["UnknownField pinned"]);
    }
}

#[test]
fn the_content_of_a_request_does_not_change_when_its_release_is_pinned() {
    let manifest = |bytes: &str| json!({"version": "1.4.0", "components": {"api": {"key": bytes, "version_id": "v1"}}});
    let key = "artifacts/shop/prod/api/1.4.0.zip";
    let deploy = json!({"action": "deploy", "app": "shop", "environment": "prod"});
    let as_sent = merged(deploy.clone(), &json!({"manifest": manifest(key)}));
    let read = |request: &Value| Request::parse(request).unwrap();
    let pinned = |request: &Request, version: &str| {
        let release = release("1.4.0", json!({"api": zip(version)}), false);
        let release: Release = serde_json::from_value(release).unwrap();
        request.with_pinned(EnvironmentName::new("prod").unwrap(), None, release)
    };
    let request = read(&as_sent);
    let content = request.content();
    let handed_over = pinned(&request, "1.4.0");
    assert_eq!(handed_over.manifest, None);
    // It is read as it was written.
    let again = read(&serde_json::to_value(&handed_over).unwrap());
    assert_eq!(again, handed_over);
    for same in [&handed_over, &pinned(&request, "1.3.0"), &again] {
        assert_eq!(same.content(), content);
    }
    let by_version = read(&merged(deploy, &json!({"version": "1.4.0"})));
    let promoted = pinned(&by_version, "1.4.0");
    assert_eq!(promoted.content(), by_version.content());
    assert_eq!(promoted.version, by_version.version);
    let other = merged(as_sent.clone(), &json!({"manifest": manifest("artifacts/shop/prod/api/1.zip")}));
    let held = merged(as_sent, &json!({"through_hold": true, "reason": "so"}));
    let mut edited = handed_over;
    edited.through_hold = true;
    for request in [pinned(&read(&other), "1.4.0"), read(&held), edited, promoted] {
        assert_ne!(request.content(), content);
    }
    let mut rollback = Request::new(ActionName::Rollback, request.app.clone());
    assert_eq!(rollback.manifest_digest(), None);
    rollback.manifest.clone_from(&request.manifest);
    assert_eq!(rollback.manifest_digest(), request.manifest_digest());
}
