//! Artifacts that are a release of their own by their metadata, and large ones.

use crate::arriving::pinning::{MAIN, ZIP, artifact, manifest, object, pinned, refused, uploaded};
use serde_json::json;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::time::Time;
use windlass_world::World;

/// Gives the artifact this metadata.
fn say(world: &World, name: &str, value: &str) {
    let mut objects = world.s3();
    let bucket = objects.buckets.get_mut("artifacts").unwrap();
    let version = bucket.keys.get_mut(ZIP).unwrap().last_mut().unwrap();
    version.metadata.insert(name.into(), value.into());
}

#[test]
fn an_artifact_of_its_own_says_by_its_metadata_what_it_is() {
    let request = json!({"artifact_object": {"component": "api", "object": {"key": ZIP}}});
    let world = uploaded();
    let found = refused(&world, request.clone());
    let no_ref = format!("NoEnvironment {ZIP}: metadata.git-ref");
    let no_version = format!("MissingField {ZIP}: metadata.version");
    assert_eq!(found, [no_version, no_ref.clone()]);
    let set = |name: &str, value: &str| say(&world, name, value);
    set("version", "1.4.0");
    assert_eq!(refused(&world, request.clone()), [no_ref]);
    set("git-ref", MAIN);
    set("git-commit", "9f2c1ab");
    let release = pinned(&world, request.clone()).release;
    assert!(release.may_be_of("1.4.0"), "{}", release.version);
    let git = release.git.unwrap();
    assert_eq!((git.reference.as_str(), git.commit.as_deref()), (MAIN, Some("9f2c1ab")));
    assert_eq!(git.time, None, "nobody gave it");
    set("git-time", "2026-11-20T16:02:05+02:00");
    let git = pinned(&world, request).release.git.unwrap();
    assert_eq!(git.committed(), Time::parse("2026-11-20T14:02:05Z"));
}

#[test]
fn metadata_are_held_to_what_manifests_are_held_to() {
    const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    const NOON: &str = "2026-11-20T12:00:00Z";
    let request = json!({"artifact_object": {"component": "api", "object": {"key": ZIP}}});
    let with = |version: &str, reference: &str, commit: &str, time: &str| {
        let world = uploaded();
        for (name, value) in [("version", version), ("git-ref", reference), ("git-commit", commit), ("git-time", time)]
        {
            say(&world, name, value);
        }
        refused(&world, request.clone())
    };
    let refusals = |name: &str, metadata: &[&str]| -> Vec<String> {
        let members = metadata.iter();
        members.map(|one| format!("{name} {ZIP}: metadata.{one}")).collect()
    };
    let long = "1".repeat(65);
    for (version, reference, commit, time, wanted) in [
        ("1.4.0#release", MAIN, "9f2c1ab", NOON, refusals("BadValue", &["version"])),
        (&long, MAIN, "9f2c1ab", NOON, refusals("BadValue", &["version"])),
        ("1.4.0", "main", "9f2c1ab", NOON, refusals("BadValue", &["git-ref"])),
        ("1.4.0", MAIN, "HEAD", NOON, refusals("BadValue", &["git-commit"])),
        ("1.4.0", MAIN, "9f2c1ab", "noon", refusals("BadValue", &["git-time"])),
        (TOKEN, "main", "HEAD", NOON, refusals("SecretInInput", &["version"])),
    ] {
        assert_eq!(with(version, reference, commit, time), wanted, "{version} {reference} {commit} {time}");
    }
    let mut all = with("1 4", "main", "HEAD", "noon");
    all.sort();
    let names = ["git-commit", "git-ref", "git-time", "version"];
    assert_eq!(all, refusals("BadValue", &names));
}

#[test]
fn what_is_too_large_to_be_hashed_is_refused_unread() {
    const MOST: u64 = 512 * 1024 * 1024;
    const WEB: &str = "artifacts/shop/dev/web/1.zip";
    let world = uploaded();
    world.s3().upload("artifacts", WEB, "site");
    let web = |bytes: u64, sha256: Option<Digest>| {
        let mut objects = world.s3();
        let bucket = objects.buckets.get_mut("artifacts").unwrap();
        let version = bucket.keys.get_mut(WEB).unwrap().last_mut().unwrap();
        (version.size, version.sha256) = (bytes, sha256);
    };
    let reads = || {
        let calls = world.mishaps().calls.clone();
        let reads = calls.into_iter();
        reads.filter(|call| *call == "s3.get_range").count()
    };
    let web_of = || {
        let objects = world.s3();
        let version = objects.buckets["artifacts"].keys[WEB].last().unwrap();
        json!({"key": WEB, "version_id": version.id})
    };
    let alone = || manifest(MAIN, json!({"web": web_of()}));
    web(MOST + 1, None);
    assert_eq!(refused(&world, alone()), ["TooLarge components.web.key"]);
    web(MOST + 1, Some(Digest::of(b"known to S3")));
    let known = artifact(&pinned(&world, alone()), "web");
    assert_eq!(known.digest(), Digest::of(b"known to S3"));
    assert_eq!(reads(), 0);
    // The limit is the release's: the three bytes of `api` count.
    web(MOST - 2, None);
    let both = json!({"api": object(ZIP, "new"), "web": web_of()});
    let found = refused(&world, manifest(MAIN, both));
    assert_eq!(found, ["TooLarge components.web.key"]);
    assert_eq!(reads(), 1);
}
