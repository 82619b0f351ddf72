//! Tests of what the ways in hand over: a request that is pinned once, and that `Admit` verifies.

use crate::arriving::pinning::MAIN;
use crate::arriving::place::{DECLARATION, arrives, declared, get, put_declared, shop, started, upload};
use serde_json::{Value, json};
use windlass_domain::deployment::{Deployment, Refusal};
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::ComponentName;
use windlass_engine::payload::{Answer, ConductorInput, ExecutionRef};
use windlass_engine::routes::api::{self, ApiCall};
use windlass_engine::{conductor, ledger};
use windlass_world::World;
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

const ZIP: &str = "artifacts/shop/dev/api/1.4.0.zip";

/// A way in, which may answer with the deployment's id.
type Asks = fn(&World) -> Option<DeploymentId>;

/// The manifest of a release of a function and a service. It names the image by its tag.
fn manifest() -> Value {
    json!({
        "version": "1.4.0", "git": {"ref": MAIN},
        "components": {"agent": {"image": "shop/agent:seven"}, "api": {"key": ZIP, "sha256": Digest::of(b"zip")}},
    })
}

/// Makes a world in which the artifacts of the release are there.
fn uploaded() -> World {
    let world = declared();
    world.s3().upload("artifacts", ZIP, "zip");
    world.ecr().push("shop/agent", "seven");
    world
}

/// Uploads the manifest, and returns the input of the execution that is started for it.
fn by_upload(world: &World) -> Value {
    let manifest = manifest().to_string();
    arrives(world, upload(world, "releases/shop/dev/1.4.0.json", &manifest)).unwrap();
    started(world).pop().unwrap()
}

/// Posts a release, and returns the id in the answer.
fn by_post(world: &World, body: &Value, key: Option<&str>) -> DeploymentId {
    let call = ApiCall {
        method: "POST".into(),
        path: "/apps/shop/environments/dev/starts".into(),
        body: Some(body.to_string()),
        key: key.map(str::to_owned),
        ..ApiCall::default()
    };
    let reply = run(api::handle(world, call));
    assert_eq!(reply.status, 202, "{}", reply.body);
    DeploymentId(reply.body["id"].as_str().unwrap().to_owned())
}

fn admit(world: &World, name: &str, request: &Value) -> Answer {
    let execution = ExecutionRef { arn: arn_of(name), name: name.into() };
    let request = request.clone();
    run(conductor::handle(world, ConductorInput::Admit { execution, request })).unwrap()
}

fn record(world: &World, answer: &Answer) -> Deployment {
    get(world, &ledger::deployment(&answer.deployment)).unwrap()
}

/// Returns names and paths of the findings with which `Admit` refuses an input.
fn refused(world: &World, name: &str, request: &Value) -> Vec<String> {
    let answer = admit(world, name, request);
    assert_eq!(answer.deployment.as_str(), "none", "{request}");
    let refusal: Refusal = get(world, &ledger::refusal(&shop(), &arn_of(name))).unwrap();
    let findings = refusal.findings.iter();
    findings.map(|finding| format!("{} {}", finding.name, finding.path)).collect()
}

/// Returns how many calls of each service `done` makes.
fn calls<T>(world: &World, done: impl FnOnce() -> T) -> ([usize; 3], T) {
    let before = world.mishaps().calls.len();
    let result = done();
    let calls = &world.mishaps().calls[before..];
    let of = |service: &str| calls.iter().filter(|call| call.starts_with(service)).count();
    (["s3.", "ecr.", "dynamodb.get"].map(of), result)
}

/// `Admit` reads the declaration in force, the record of the version, and what is recorded of execution, deployment and
/// environment; in the bucket, whether findings on an earlier upload lie beside this one.
#[test]
fn admit_reads_no_artifact_of_what_a_way_in_has_pinned() {
    let world = uploaded();
    // The manifest, and the object with its bytes, because S3 knows no SHA-256 of it.
    let (way_in, input) = calls(&world, || by_upload(&world));
    assert_eq!(way_in[..2], [3, 1]);
    let (verified, answer) = calls(&world, || admit(&world, "verified", &input));
    let release = record(&world, &answer).release;
    assert_eq!(release.components.len(), 2);
    let other = uploaded();
    let mut unpinned = by_upload(&other);
    unpinned.as_object_mut().unwrap().remove("pinned");
    let (pinned, answer) = calls(&other, || admit(&other, "pinned", &unpinned));
    assert_eq!(record(&other, &answer).release, release);
    assert_eq!(pinned[..2], [4, 1]);
    assert_eq!(verified, [1, 0, pinned[2]]);
}

/// Safety: bytes: What a way in has pinned is deployed, whatever its tags and keys mean when it is admitted.
#[test]
fn what_a_way_in_has_pinned_is_what_is_recorded() {
    let artifact = |bytes: &str| Digest::of(bytes.as_bytes());
    let ways: [(&str, Asks); 3] = [
        ("an upload", |world| {
            by_upload(world);
            None
        }),
        ("a post", |world| Some(by_post(world, &manifest(), None))),
        ("a post with a key", |world| Some(by_post(world, &manifest(), Some("run-812")))),
    ];
    for (way, asks) in ways {
        let world = uploaded();
        let image = world.ecr().find("shop/agent", "seven").unwrap().digest.clone();
        let answered = asks(&world);
        world.ecr().move_tag("shop/agent", "seven");
        world.s3().upload("artifacts", ZIP, "other bytes");
        let input = started(&world).pop().unwrap();
        assert_eq!(input["manifest"], json!(null), "{way}");
        let answer = admit(&world, "one", &input);
        let record = record(&world, &answer);
        assert!(answered.is_none_or(|id| id == record.id), "{way}");
        let of = |name: &str| &record.release.components[&ComponentName::new(name).unwrap()];
        assert_eq!(of("agent").digest(), image, "{way}");
        assert_eq!(of("api").digest(), artifact("zip"), "{way}");
        // The same key is the same request, although its tag has moved.
        if way == "a post with a key" {
            assert_eq!(by_post(&world, &manifest(), Some("run-812")), record.id);
        }
    }
}

#[test]
fn the_tag_of_a_promotion_is_looked_for_once() {
    let world = declared();
    let push = |tag: &str| {
        let digest = world.ecr().push("shop/agent", tag);
        json!({
            "action": "deploy", "app": "shop", "requester": {"route": "ecr"},
            "image_push": {"repository": "shop/agent", "digest": digest, "tag": "main"},
        })
    };
    let first = admit(&world, "first", &push("one"));
    let first = record(&world, &first).release;
    let id = by_post(&world, &json!({"version": "main"}), Some("night"));
    let input = started(&world).pop().unwrap();
    assert_eq!(input["version"], "main");
    // Another push of the tag, after which it names neither.
    admit(&world, "second", &push("two"));
    let (made, answer) = calls(&world, || admit(&world, "promoted", &input));
    assert_eq!(made[..2], [0, 0]);
    let promoted = record(&world, &answer);
    assert_eq!((promoted.release, promoted.id), (first, id));
    let mut unpinned = input;
    unpinned.as_object_mut().unwrap().remove("pinned");
    assert_eq!(refused(&world, "unpinned", &unpinned), ["UnknownName version"]);
}

/// Safety: bytes: An input that was edited, or written by hand, gets nothing past the declaration and the ledger.
#[test]
fn what_an_edited_input_pins_is_refused() {
    let other = json!({"type": "image", "repository": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/bank/agent", "digest": "b".repeat(64)});
    let zip = json!({"type": "object", "key": "artifacts/shop/dev/web/1.zip", "version_id": "v", "sha256": "b".repeat(64), "bytes": 3});
    let table = [
        ("components/agent", other.clone(), "BadValue components.agent.image"),
        ("components/api", zip.clone(), "BadValue components.api.key"),
        ("components/api", other.clone(), "MissingField components.api.repository"),
        ("components/agent", zip, "BadValue components.agent.key"),
        ("components/nobody", other, "UnknownName components.nobody"),
        ("components", json!({}), "MissingField components"),
        ("git/ref", json!("refs/heads/nobodys"), "NoEnvironment git.ref"),
        ("git/ref", json!("refs/tags/v1.4.0"), "OtherPrefix git.ref"),
        ("version", json!("1.5.0"), "NotAsPinned pinned.release"),
        ("app", json!("bank"), "NotAsPinned pinned.release"),
    ];
    for (place, value, finding) in table {
        let world = uploaded();
        let mut input = by_upload(&world);
        let mut at = &mut input["pinned"]["release"];
        for name in place.split('/') {
            at = &mut at[name];
        }
        *at = value;
        assert_eq!(refused(&world, "edited", &input).join(", "), finding, "{place}");
    }
    // A recorded release is what is recorded, and not what the input says of it.
    let world = uploaded();
    let input = by_upload(&world);
    admit(&world, "first", &input);
    by_post(&world, &json!({"version": "1.4.0"}), Some("again"));
    let promoted = started(&world).pop().unwrap();
    for (place, value) in [
        ("components/api/sha256", json!("b".repeat(64))),
        ("components/api/version_id", json!("another")),
        ("git/ref", json!("refs/tags/v1.4.0")),
        ("sequence", json!(9)),
    ] {
        let mut input = promoted.clone();
        let mut at = &mut input["pinned"]["release"];
        for name in place.split('/') {
            at = &mut at[name];
        }
        *at = value;
        let findings = refused(&world, place, &input);
        assert!(findings.iter().all(|one| one.starts_with("NotAsPinned ")), "{findings:?}");
    }
    // Bytes under a version that has others.
    let mut reused = input;
    reused["pinned"]["release"]["components"]["api"]["sha256"] = json!("b".repeat(64));
    assert_eq!(refused(&world, "reused", &reused), ["VersionReused components.api"]);
}

#[test]
fn what_was_declared_since_is_what_counts() {
    let another = |change: (&str, &str)| {
        let text = DECLARATION.replace("version: 1.0.0", "version: 1.1.0");
        let changed = text.replace(change.0, change.1);
        assert_ne!(changed, text);
        changed
    };
    let table = [
        (("{branch: main}", "{branch: trunk}"), Some("NoEnvironment git.ref")),
        (
            (
                "dev: {deploy: {branch: main}, sources: [api, console, s3, ecr]}\n  prod: {deploy: {tag: stable}, sources: [api, console, s3, ecr]}",
                "dev: {deploy: {branch: next}, sources: [api, console, s3, ecr]}\n  prod: {deploy: {branch: main}}",
            ),
            Some("OtherPrefix git.ref"),
        ),
        (("dev: shop/agent", "dev: shop/agents"), Some("BadValue components.agent.image")),
        (("shop-web-", "shop-pages-"), None),
    ];
    for (change, finding) in table {
        let world = uploaded();
        let input = by_upload(&world);
        let text = another(change);
        arrives(&world, upload(&world, "apps/shop/app.yaml", &text)).unwrap();
        if let Some(finding) = finding {
            let findings = refused(&world, "one", &input);
            assert_eq!(findings.first().map(String::as_str), Some(finding), "{findings:?}");
            continue;
        }
        let answer = admit(&world, "one", &input);
        assert_eq!(record(&world, &answer).declaration.to_string(), "1.1.0");
    }
    // Without one in force nothing is deployed.
    let world = uploaded();
    let input = by_upload(&world);
    world.dynamodb().items.remove(&ledger::declaration_in_force(&shop()).into());
    assert_eq!(refused(&world, "one", &input), ["NoDeclaration app"]);
    put_declared(&world, ledger::declaration_in_force(&shop()), DECLARATION);
    let answer = admit(&world, "two", &input);
    let of = ComponentName::new("api").unwrap();
    let record = record(&world, &answer);
    assert!(matches!(&record.release.components[&of], Artifact::Object { key, .. } if key == ZIP));
}
