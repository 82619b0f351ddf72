//! `windlass release` as CI runs it: the real program against an S3 and an API that remember.

#![allow(clippy::unwrap_used)]

use crate::cloud::{Answers, RELEASE, answering, cloud, puts, released, site, uploading};
use crate::records::{self, ID, accepted};
use crate::standin::{code, err, folder, out};
use serde_json::{Value, json};
use windlass_domain::declaration::folder::{Folder, FolderRules};
use windlass_domain::release::manifest::Manifest;
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;

#[test]
fn artifacts_are_uploaded_and_then_the_manifest_that_pins_them() {
    let (cloud, folder) = (cloud(), site("upload"));
    let output = cloud.windlass(&folder, &uploading());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let said = out(&output);
    let from = "shop 1.4.0: from refs/tags/v1.4.0 (given by `--git-ref`), commit 9f2c111, not known whether clean";
    assert!(said.starts_with(from), "{said}");
    let goes = said.find("goes to prod, by its rule").unwrap();
    assert!(goes < said.find("uploaded").unwrap(), "said before it is done: {said}");
    assert!(said.contains("handed in") && !said.contains("released"), "{said}");
    assert!(said.contains("`windlass watch shop prod 1.4.0`"), "{said}");
    let puts = puts(&cloud);
    assert_eq!(puts.len(), 3);
    let last = puts.last().unwrap();
    assert!(last.path.starts_with("/artifacts-bucket/releases/shop/prod/1.4.0.json"));
    let text = String::from_utf8(last.body.clone()).unwrap();
    let manifest = Manifest::parse(&AppName::new("shop").unwrap(), &text).unwrap();
    assert_eq!(manifest.git.unwrap().reference, "refs/tags/v1.4.0");
    let zip = std::fs::read(folder.join("fn.zip")).unwrap();
    let api = manifest.components.iter().find(|(name, _)| name.as_str() == "api").unwrap().1;
    assert_eq!(api.sha256, Some(Digest::of(&zip)));
    assert_eq!(api.version_id.as_deref(), Some("v1"));
    let key = api.key.clone().unwrap();
    let sent = puts.iter().find(|put| put.path.contains(&key)).unwrap();
    assert_eq!(sent.body, zip);
    assert!(!sent.headers["x-amz-checksum-sha256"].is_empty());
}

#[test]
fn the_same_bytes_are_not_sent_twice() {
    let (cloud, folder) = (cloud(), site("twice"));
    assert_eq!(code(&cloud.windlass(&folder, &uploading())), 0);
    let output = cloud.windlass(&folder, &uploading());
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("web: there already"), "{}", out(&output));
    assert_eq!(puts(&cloud).len(), 4, "three, and the manifest again");
}

#[test]
fn who_may_only_put_sends_what_may_be_there_already() {
    let answers = Answers { put_only: true, ..Answers::nothing() };
    let (cloud, folder) = (answering(answers), site("put-only"));
    for sent in [3, 6] {
        let output = cloud.windlass(&folder, &uploading());
        assert_eq!(code(&output), 0, "{}", err(&output));
        assert_eq!(puts(&cloud).len(), sent);
    }
}

#[test]
fn watching_starts_it_through_the_api_and_shows_how_it_ended() {
    let (cloud, folder) = (cloud(), site("watching"));
    let mut arguments = RELEASE.to_vec();
    arguments.extend(["--watch", "--environment", "prod"]);
    arguments.extend(["--again", "--reason", "once more"]);
    let output = cloud.windlass(&folder, &arguments);
    assert_eq!(code(&output), 4, "{}", err(&output));
    let calls = cloud.calls();
    let post = calls.iter().find(|call| call.method == "POST").unwrap();
    assert_eq!(post.path, "/stage/apps/shop/environments/prod/starts");
    assert!(!post.headers.contains_key("idempotency-key"), "an arrival");
    let body = post.json();
    assert_eq!(body.get("environment"), None, "the path decides");
    assert_eq!(body["again"], true);
    assert_eq!(body["reason"], "once more");
    assert_eq!(body["components"]["agent"]["image"], "shop/agent:1.4.0");
    assert_eq!(puts(&cloud).len(), 2, "no manifest is uploaded besides");
}

#[test]
fn a_recorded_release_is_promoted_by_its_version() {
    let cloud = cloud();
    let output = cloud.windlass(&folder("promote"), &["deploy", "shop", "prod", "1.4.0", "--json", "--look=0s"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["id"], ID);
    let calls = cloud.calls();
    assert_eq!(calls[0].path, "/stage/apps/shop/releases/1.4.0", "who recorded it");
    assert_eq!(calls[1].path, "/stage/apps/shop/environments/prod/starts");
    assert_eq!(calls[1].json(), json!({"version": "1.4.0"}));
}

#[test]
fn the_deployment_that_an_upload_became_is_shown() {
    let one = json!({"id": ID, "environment": "prod", "git": null, "components": [], "action": "deploy", "version": "1.4.0", "status": "ended", "accepted": 0,
        "requester": {"route": "s3"}});
    let answers = Answers { history: json!({"deployments": [one], "next": null}), ..Answers::nothing() };
    let (code, said, _) = released(answers, "became", &uploading());
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("RolledBack"), "{said}");
}

/// The archive of a folder, as `release` packs it.
fn folder_archive(folder: &std::path::Path) -> Vec<u8> {
    let rules = FolderRules::new(Folder::UNKNOWN).unwrap();
    windlass_cli::ground::packing::archive_of(folder, &rules).unwrap().bytes
}

/// A change to a record.
type Change<'a> = &'a dyn Fn(&mut Value);

/// A deployment of the release that [`RELEASE`] hands in, in the history and as its record.
fn under_way(change: Change<'_>) -> Answers {
    let folder = site("digests");
    let web = folder_archive(&folder.join("dist"));
    let api = std::fs::read(folder.join("fn.zip")).unwrap();
    let object = |bytes: &[u8]| json!({"type": "object", "key": "k", "version_id": "v1", "bytes": 1, "sha256": Digest::of(bytes)});
    let mut record = accepted();
    record["deployment"]["status"] = "running".into();
    record["deployment"]["requester"] = json!({"route": "s3"});
    record["deployment"]["release"] = json!({"app": "shop", "version": "1.4.0",
        "git": {"ref": "refs/tags/v1.4.0", "commit": "9f2c111"},
        "components": {"web": object(&web), "api": object(&api),
            "agent": {"type": "image", "repository": "shop/agent", "digest": "a".repeat(64)}}});
    change(&mut record);
    let listed = json!({"id": ID, "environment": "prod", "git": null, "components": [], "action": "deploy", "version": "1.4.0", "accepted": 0, "requester": {"route": "s3"},
        "status": record["deployment"]["status"]});
    let history = json!({"deployments": [listed], "next": null});
    Answers { before: history.clone(), history, record, ..Answers::nothing() }
}

#[test]
fn what_joins_a_deployment_under_way_says_which_and_how_it_stands() {
    let joins = format!("it joins deployment {ID}, which was there before with the same release and");
    let none = "no deployment of it was seen yet";
    let waits = |record: &mut Value| record["deployment"]["status"] = "waiting".into();
    let undone = |record: &mut Value| {
        record["deployment"]["undoing"] = json!({"name": "GateFailed", "text": "a gate failed"});
    };
    let a_persons = |record: &mut Value| {
        record["deployment"]["keyed"] = json!({"key": "k", "content": "c".repeat(64)});
    };
    let of_another_commit = |record: &mut Value| {
        record["deployment"]["release"]["git"]["commit"] = "0f2c111".into();
    };
    let of_other_bytes = |record: &mut Value| {
        record["deployment"]["release"]["components"]["web"]["sha256"] = "b".repeat(64).into();
    };
    let of_fewer = |record: &mut Value| {
        let components = &mut record["deployment"]["release"]["components"];
        components.as_object_mut().unwrap().remove("web");
    };
    let rollback = |record: &mut Value| record["deployment"]["action"] = "rollback".into();
    let table: [(Change<'_>, String); 8] = [
        (&|_| {}, format!("{joins} is under way")),
        (&waits, format!("{joins} waits for its turn")),
        (&undone, format!("{joins} is being undone")),
        (&a_persons, none.to_owned()),
        (&of_another_commit, none.to_owned()),
        (&of_other_bytes, none.to_owned()),
        (&of_fewer, none.to_owned()),
        (&rollback, none.to_owned()),
    ];
    for (change, wanted) in table {
        let (code, said, _) = released(under_way(change), "joins", &uploading());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&wanted), "{wanted}: {said}");
        assert_eq!(said.contains(&joins), wanted.starts_with(&joins), "{said}");
    }
    // Through the API the answer names the deployment.
    let (code, said, _) = released(under_way(&|_| {}), "joins-api", &RELEASE);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("{joins} is under way")), "{said}");
    for arguments in [&RELEASE[..], &uploading()] {
        let (cloud, folder) = (answering(under_way(&|_| {})), site("joins-json"));
        let output = cloud.windlass(&folder, &[arguments, &["--json"]].concat());
        let document: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(document["id"], ID);
        assert_eq!(document["joins"], true);
        assert_eq!(document["stands"], "is under way");
    }
    // Programs, too, read what was not seen.
    let (cloud, folder) = (answering(Answers::nothing()), site("unseen-json"));
    let output = cloud.windlass(&folder, &[&uploading()[..], &["--json"]].concat());
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let stands = document["stands"].as_str().unwrap();
    assert!(stands.contains(none), "{stands}");
    // A deployment that had ended before did not come from this release's arrival.
    let ended = |record: &mut Value| *record = records::ended(record.clone(), "RolledBack", "GateFailed");
    let (_, said, _) = released(under_way(&ended), "ended-before", &uploading());
    assert!(said.contains(none), "{said}");
}

#[test]
fn a_time_that_is_none_is_refused_before_anything_is_sent() {
    let mut arguments = RELEASE.to_vec();
    arguments.extend(["--git-time", "yesterday"]);
    let (code, said, put) = released(Answers::nothing(), "no-time", &arguments);
    assert_eq!((code, put), (3, 0), "{said}");
    assert!(said.contains("git.time"), "{said}");
}
