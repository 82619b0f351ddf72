//! Tests of the way from a request to a release whose bytes can never be others.

use crate::arriving::pinned_images::pushed;
use crate::arriving::place::{DECLARATION, declared, nothing, put_declared, shop};
use serde_json::{Value, json};
use windlass_domain::access::Rules;
use windlass_domain::declaration::version_name::RecordedRelease;
use windlass_domain::release::artifact::Artifact;
use windlass_domain::release::request::Request;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::name::ComponentName;
use windlass_engine::ledger;
use windlass_engine::pin::{Pinned, pin};
use windlass_engine::ports::DynamoDbApi;
use windlass_engine::trouble::{Checked, Trouble};
use windlass_world::World;
use windlass_world::run::run;

pub const MAIN: &str = "refs/heads/main";
pub const ZIP: &str = "artifacts/shop/dev/api/1.zip";
/// The key of that artifact where it is uploaded for the other environment.
pub const PROD_ZIP: &str = "artifacts/shop/prod/api/1.zip";

/// Pins a request.
pub fn pins(world: &World, request: Value) -> Checked<Pinned> {
    let mut input = json!({"action": "deploy", "app": "shop"});
    for (name, value) in request.as_object().unwrap() {
        input[name] = value.clone();
    }
    run(pin(world, &Request::parse(&input).unwrap(), &Rules::default()))
}

/// Returns the names and the paths of what is wrong with a request.
pub fn findings_of(trouble: Trouble) -> Vec<String> {
    let findings = trouble.findings().unwrap();
    let lines = findings.iter().map(|f| format!("{} {}", f.name, f.path));
    lines.collect()
}

pub fn pinned(world: &World, request: Value) -> Pinned {
    pins(world, request).unwrap()
}

pub fn refused(world: &World, request: Value) -> Vec<String> {
    findings_of(pins(world, request).unwrap_err())
}

pub fn manifest(reference: &str, components: Value) -> Value {
    json!({"manifest": {"version": "1.0.0", "git": {"ref": reference}, "components": components}})
}

pub fn uploaded() -> World {
    let world = declared();
    world.s3().upload("artifacts", ZIP, "old");
    world.s3().upload("artifacts", ZIP, "new");
    world.s3().upload("artifacts", PROD_ZIP, "new");
    world
}

/// An object as a manifest names it.
pub fn object(key: &str, bytes: &str) -> Value {
    json!({"key": key, "sha256": Digest::of(bytes.as_bytes())})
}

/// A release of what was uploaded.
fn api() -> Value {
    json!({"api": object(ZIP, "new")})
}

pub fn artifact(pinned: &Pinned, name: &str) -> Artifact {
    pinned.release.components[&ComponentName::new(name).unwrap()].clone()
}

pub fn version_ids(world: &World) -> Vec<String> {
    let objects = world.s3();
    let versions = objects.buckets["artifacts"].keys[ZIP].iter();
    versions.map(|version| version.id.clone().unwrap()).collect()
}

#[test]
fn an_object_is_pinned_by_version_and_bytes() {
    let world = uploaded();
    let [old, new] = version_ids(&world).try_into().unwrap();
    let stored = |version_id: &str, bytes: &str| Artifact::Object {
        key: ZIP.into(),
        version_id: version_id.into(),
        sha256: Digest::of(bytes.as_bytes()),
        bytes: 3,
    };
    let present = pinned(&world, manifest(MAIN, api()));
    assert_eq!(artifact(&present, "api"), stored(&new, "new"));
    assert_eq!(present.resolved.environment.as_str(), "dev");
    assert!(!present.release.image_push && !present.by_person);
    let named = json!({"api": {"key": ZIP, "version_id": old, "sha256": Digest::of(b"old")}});
    let named = pinned(&world, manifest(MAIN, named));
    assert_eq!(artifact(&named, "api"), stored(&old, "old"));
    let findings = refused(&world, manifest(MAIN, json!({"api": object(ZIP, "old")})));
    assert_eq!(findings, ["DigestMismatch components.api.sha256"]);
}

#[test]
fn a_checksum_that_s3_keeps_is_believed() {
    let world = uploaded();
    let known = Digest::of(b"whatever S3 says");
    let mut objects = world.s3();
    let bucket = objects.buckets.get_mut("artifacts").unwrap();
    let version = bucket.keys.get_mut(ZIP).unwrap().last_mut().unwrap();
    version.sha256 = Some(known.clone());
    drop(objects);
    let [_, new] = version_ids(&world).try_into().unwrap();
    let present = json!({"api": {"key": ZIP, "version_id": new}});
    let present = pinned(&world, manifest(MAIN, present));
    assert_eq!(artifact(&present, "api").digest(), known);
}

#[test]
fn data_is_lost_only_of_what_the_release_changes_and_what_has_some() {
    let world = uploaded();
    for (resource, finding) in [("api.Messages", "BadValue may_lose"), ("infra.Messages", "UnknownName may_lose")] {
        let mut request = manifest(MAIN, api());
        request["may_lose"] = json!([resource]);
        request["reason"] = json!("the trial is over");
        assert!(refused(&world, request).contains(&finding.to_owned()), "{resource}");
    }
}

#[test]
fn what_cannot_be_pinned_is_reported_together() {
    let world = uploaded();
    let components = json!({
        "agent": {"image": "shop/agent:none"},
        "api": object("artifacts/shop/dev/api/none.zip", "none"),
        "web": {"image": "shop/web:1"},
    });
    let findings = refused(&world, manifest(MAIN, components));
    let wanted = [
        "ArtifactMissing components.agent.image",
        "ArtifactMissing artifacts/shop/dev/api/none.zip",
        "BadValue components.web.image",
    ];
    assert_eq!(findings, wanted);
    world.s3().bucket("artifacts", false);
    world.s3().upload("artifacts", "artifacts/shop/dev/api/2.zip", "x");
    let components = json!({"api": object("artifacts/shop/dev/api/2.zip", "x")});
    let findings = refused(&world, manifest(MAIN, components));
    assert_eq!(findings, ["TargetNotReady artifacts/shop/dev/api/2.zip"]);
}

#[test]
fn a_version_text_never_means_other_bytes() {
    let world = uploaded();
    let of_tag = "refs/tags/v1.0.0";
    let api = || json!({"api": object(PROD_ZIP, "new")});
    let first = pinned(&world, manifest(of_tag, api()));
    let recorded = first.to_record.unwrap();
    run(world.transact(vec![recorded.put().unwrap()])).unwrap();
    let again = pinned(&world, manifest(of_tag, api()));
    assert_eq!(again.to_record, None, "nothing is new");

    world.s3().upload("artifacts", "artifacts/shop/prod/web/1.zip", "web");
    let web = json!({"web": object("artifacts/shop/prod/web/1.zip", "web")});
    let more = pinned(&world, manifest(of_tag, web));
    let RecordedRelease { release, .. } = more.to_record.unwrap().value;
    let names: Vec<&str> = release.components.keys().map(ComponentName::as_str).collect();
    assert_eq!(names, ["api", "web"], "what was recorded before is kept");

    world.s3().upload("artifacts", PROD_ZIP, "other");
    let other = json!({"api": object(PROD_ZIP, "other")});
    let findings = refused(&world, manifest(of_tag, other));
    assert_eq!(findings, ["VersionReused components.api"]);
}

/// None of them approves a release of it.
#[test]
fn whoever_adds_to_a_recorded_version_is_recorded_beside_the_first() {
    let world = uploaded();
    world.s3().upload("artifacts", "artifacts/shop/prod/web/1.zip", "web");
    let api = json!({"api": object(PROD_ZIP, "new")});
    let web = json!({"web": object("artifacts/shop/prod/web/1.zip", "web")});
    for (who, components) in [("bob", &api), ("ann", &web), ("ann", &web), ("carl", &api)] {
        let mut request = manifest("refs/tags/v1.0.0", components.clone());
        request["requester"] = json!({"route": "api", "principal": who});
        recorded(&world, &pinned(&world, request));
    }
    let known = run(ledger::require(&world, &ledger::release(&shop(), "1.0.0"))).unwrap().value;
    let brought: Vec<String> = known.brought_by().filter_map(|by| by.principal).collect();
    assert_eq!(brought, ["bob", "ann"]);
}

/// Safety: bytes: A release into one environment adds nothing to what another one has recorded, and keeps no version
/// from it.
#[test]
fn what_another_environment_has_recorded_gets_nothing_added_and_stands_in_no_way() {
    let world = uploaded();
    let key = "artifacts/shop/dev/web/1.zip";
    world.s3().upload("artifacts", key, "web");
    let into = |environment: &str, components: Value| {
        let manifest = json!({"version": "main-9f2c1ab", "components": components});
        pinned(&world, json!({"environment": environment, "manifest": manifest}))
    };
    let prod = into("prod", json!({"api": object(PROD_ZIP, "new")}));
    assert_eq!(recorded(&world, &prod), "main-9f2c1ab");
    // The same bytes are the same release, wherever they go and lie.
    let same = into("dev", api());
    assert_eq!((recorded(&world, &same).as_str(), same.to_record.is_none()), ("main-9f2c1ab", true));
    let more = json!({"api": object(ZIP, "new"), "web": object(key, "web")});
    let other = json!({"web": object(key, "web")});
    for components in [more, other] {
        let marked = into("dev", components.clone());
        let name = recorded(&world, &marked);
        assert!(marked.release.is_marked("main-9f2c1ab"), "{name}");
        // The same again has its name by then.
        let again = into("dev", components);
        assert_eq!((recorded(&world, &again), again.to_record.is_none()), (name, true));
    }
    let promoted = pinned(&world, json!({"version": "main-9f2c1ab", "environment": "prod"}));
    assert_eq!(promoted.release.components, prod.release.components);
    // It keeps its name when the other environment has the same bytes later, so that a veto on it still counts.
    let web_of_prod = "artifacts/shop/prod/web/1.zip";
    world.s3().upload("artifacts", web_of_prod, "web");
    let more = || json!({"api": object(ZIP, "new"), "web": object(key, "web")});
    let before = recorded(&world, &into("dev", more()));
    let whole = json!({"api": object(PROD_ZIP, "new"), "web": object(web_of_prod, "web")});
    assert_eq!(recorded(&world, &into("prod", whole)), "main-9f2c1ab");
    assert_eq!(recorded(&world, &into("dev", more())), before);
}

#[test]
fn a_release_of_a_tag_that_went_elsewhere_first_is_promoted_by_its_version() {
    let world = uploaded();
    let mut tried = manifest("refs/tags/v1.0.0", api());
    tried["environment"] = json!("dev");
    let name = recorded(&world, &pinned(&world, tried));
    assert!(name.starts_with("1.0.0+"), "{name}");
    let promoted = pinned(&world, json!({"version": "1.0.0", "environment": "prod"}));
    assert_eq!(promoted.release.version, name);
}

#[test]
fn where_tags_are_deployed_a_release_has_the_version_of_its_tag() {
    let world = uploaded();
    let tagged = json!({"api": object(PROD_ZIP, "new")});
    let mut request = manifest("refs/tags/v2.1.0", tagged);
    request["manifest"]["version"] = json!("spring-release");
    assert_eq!(refused(&world, request.clone()), ["VersionNotOfTag version"]);
    // It is not refused where a branch is deployed. There it is recorded, and it is refused when it is promoted.
    request["environment"] = json!("dev");
    request["manifest"]["components"] = api();
    let recorded = pinned(&world, request).to_record.unwrap();
    run(world.transact(vec![recorded.put().unwrap()])).unwrap();
    let promoted = json!({"version": "spring-release", "environment": "prod"});
    assert_eq!(refused(&world, promoted), ["VersionNotOfTag version"]);
    // The metadata of a single artifact are held to it as well.
    let (key, mut objects) = ("artifacts/shop/prod/web/1.zip", world.s3());
    objects.upload("artifacts", key, "web");
    let bucket = objects.buckets.get_mut("artifacts").unwrap();
    let version = bucket.keys.get_mut(key).unwrap().last_mut().unwrap();
    for (name, value) in [("version", "spring"), ("git-ref", "refs/tags/v2.1.0")] {
        version.metadata.insert(name.into(), value.into());
    }
    drop(objects);
    let single = json!({"artifact_object": {"component": "web", "object": {"key": key}}});
    let findings = refused(&world, single);
    assert_eq!(findings, [format!("VersionNotOfTag {key}: metadata.version")]);
}

/// Records what is pinned, and returns its version.
pub fn recorded(world: &World, pinned: &Pinned) -> String {
    if let Some(recorded) = &pinned.to_record {
        run(world.transact(vec![recorded.put().unwrap()])).unwrap();
    }
    pinned.release.version.clone()
}

#[test]
fn a_manifest_of_a_version_that_was_pushed_says_where_in_git_it_comes_from() {
    let world = uploaded();
    let push = pinned(&world, pushed(&world, "shop/steady", "1.0.0", "one"));
    recorded(&world, &push);
    let written = json!({"api": object(PROD_ZIP, "new")});
    let written = manifest("refs/tags/v1.0.0", written);
    let written = pinned(&world, written);
    let RecordedRelease { release, .. } = written.to_record.clone().unwrap().value;
    assert_eq!((release.components.len(), release.image_push), (2, false));
    assert_eq!(release.git, written.release.git);
    recorded(&world, &written);
    let again = pushed(&world, "shop/steady", "1.0.0", "other");
    assert_eq!(refused(&world, again), ["VersionReused components.agent"]);
}

pub fn semver(major: u64, minor: u64, patch: u64) -> semver::Version {
    semver::Version::new(major, minor, patch)
}

#[test]
fn releases_are_ordered_by_version_where_the_rule_is_of_tags() {
    let world = uploaded();
    let for_prod = || json!({"api": object(PROD_ZIP, "new")});
    for (version, reference, environment, wanted) in [
        ("1.4.0", "refs/tags/v1.4.0", None, Some(semver(1, 4, 0))),
        ("v2.0.0", "refs/tags/2.0.0", None, Some(semver(2, 0, 0))),
        ("1.0.0", MAIN, Some("prod"), Some(semver(1, 0, 0))),
        ("1.3.0", "refs/tags/shop-rc-v1.3.0", Some("prod"), Some(semver(1, 3, 0))),
        ("spring", "refs/tags/v1.4.0", Some("dev"), None),
    ] {
        let components = if environment == Some("dev") { api() } else { for_prod() };
        let mut request = manifest(reference, components);
        request["manifest"]["version"] = json!(version);
        request["environment"] = json!(environment);
        let pinned = pinned(&world, request);
        assert_eq!(pinned.order_version, wanted, "{reference} {environment:?}");
        assert_eq!(pinned.by_person, environment.is_some());
    }
    let findings = refused(&world, manifest("refs/heads/nobodys", api()));
    assert_eq!(findings, ["NoEnvironment git.ref"]);
}

#[test]
fn a_recorded_release_is_taken_as_it_was_recorded() {
    let world = uploaded();
    let request = json!({"version": "1.0.0", "environment": "prod"});
    assert_eq!(refused(&world, request.clone()), ["UnknownName version"]);
    let first = pinned(&world, manifest(MAIN, api()));
    let recorded = first.to_record.unwrap();
    run(world.transact(vec![recorded.put().unwrap()])).unwrap();
    world.s3().upload("artifacts", ZIP, "other");
    let promoted = pinned(&world, request);
    assert_eq!(promoted.release, first.release);
    assert_eq!(promoted.to_record, None);
    assert!(promoted.by_person);
}

#[test]
fn the_versions_that_a_refusal_lists_are_sorted_by_versions_the_newest_first() {
    let world = uploaded();
    for version in ["1.9.0", "1.10.0", "1.2.0"] {
        let mut request = manifest(MAIN, api());
        request["manifest"]["version"] = json!(version);
        let recorded = pinned(&world, request).to_record.unwrap();
        run(world.transact(vec![recorded.put().unwrap()])).unwrap();
    }
    let refused = pins(&world, json!({"version": "2.0.0-blue", "environment": "prod"})).unwrap_err();
    let remedy = refused.findings().unwrap()[0].remedy.written();
    let named = remedy.split('`').skip(1).step_by(2).filter_map(|named| named.split('+').next());
    assert_eq!(named.collect::<Vec<_>>(), ["1.10.0", "1.9.0", "1.2.0"], "{remedy}");
}

/// Safety: tenancy: A release chooses no rules, gates and targets of a declaration that is no longer in force.
#[test]
fn a_release_is_held_to_the_declaration_that_it_pins() {
    let world = uploaded();
    let mut request = manifest(MAIN, api());
    request["manifest"]["declaration"] = json!("0.9.0");
    assert_eq!(refused(&world, request.clone()), ["NoDeclaration declaration"]);
    let key = ledger::declaration(&shop(), &semver(0, 9, 0));
    let former = DECLARATION.replace("  api:", "  old-api:");
    put_declared(&world, key, &former);
    // It may come from before the gates, a start by hand, or another account.
    assert_eq!(refused(&world, request.clone()), ["Older declaration"]);
    request["allow_older"] = json!(true);
    request["reason"] = json!("the new gates are broken");
    assert_eq!(refused(&world, request.clone()), ["Older declaration"]);
    request["environment"] = json!("prod");
    assert_eq!(refused(&world, request.clone()), ["UnknownName components.api"]);
    // A finding about the environment is reported beside it.
    request["environment"] = json!("nowhere");
    let findings = refused(&world, request);
    assert_eq!(findings, ["UnknownName environment", "UnknownName components.api"]);

    let findings = refused(&nothing(), manifest(MAIN, api()));
    assert_eq!(findings, ["NoDeclaration app"]);
    let world = nothing();
    put_declared(&world, ledger::declaration_in_force(&shop()), "app: [");
    let broken = pins(&world, manifest(MAIN, api()));
    let fault = broken.unwrap_err().findings().unwrap_err();
    assert_eq!(fault.name, FaultName::Internal);
}

#[test]
fn a_manifest_that_cannot_be_read_is_reported_and_one_that_may_come_is_asked_for_again() {
    let world = declared();
    let key = "releases/shop/dev/1.0.0.json";
    let request = json!({"manifest_object": {"key": key}});
    assert_eq!(refused(&world, request.clone()), [format!("ArtifactMissing {key}")]);
    let large = " ".repeat(300_000);
    world.s3().upload("artifacts", key, large);
    assert_eq!(refused(&world, request.clone()), [format!("BadValue {key}")]);
    let fault = windlass_domain::text::fault::Fault::new(FaultName::Throttled, "slowly");
    world.mishaps().refused.insert("s3.get", fault);
    let answer = pins(&world, request);
    let fault = answer.unwrap_err().findings().unwrap_err();
    assert_eq!(fault.name, FaultName::Throttled);
}
