//! The refusals of `windlass release`: the real program against an S3 and an API that remember.

#![allow(clippy::unwrap_used)]

use crate::cloud::{Answers, DECLARATION, RELEASE, answering, cloud, puts, released, s3, site, uploading, with, write};
use crate::standin::{Call, StandIn, code, err, out, reply};
use serde_json::{Value, json};

#[test]
fn what_is_not_valid_is_refused_before_anything_is_sent() {
    let (cloud, folder) = (cloud(), site("invalid"));
    let bad = ["release", "shop", "1 4", "web=dist", "agent=image:Nonsense", "--no-git"];
    let output = cloud.windlass(&folder, &bad);
    assert_eq!(code(&output), 3, "{}", err(&output));
    std::fs::create_dir(folder.join("empty")).unwrap();
    let large = std::fs::File::create(folder.join("large.zip")).unwrap();
    large.set_len(6 << 30).unwrap();
    let missing = ["web=nowhere.zip", "job=large.zip", "api=empty", "agent=dist", "agent=fn.zip"];
    let missing = [&["release", "shop", "1.4.0"][..], &missing].concat();
    let output = cloud.windlass(&folder, &missing);
    assert_eq!(code(&output), 2);
    for why in [
        "`web`: there is no file `nowhere.zip`",
        "`job`: `large.zip` has more than 5368709120 bytes",
        "`api`: empty has no files",
        "`agent` is given twice",
    ] {
        assert!(err(&output).contains(why), "{}", err(&output));
    }
    let wish = ["release", "shop", "1.4.0", "web=dist", "--again"];
    assert_eq!(code(&cloud.windlass(&folder, &wish)), 2, "a wish needs a reason");
    let environment = ["release", "shop", "1.4.0", "web=dist", "--environment", "No!"];
    assert_eq!(code(&cloud.windlass(&folder, &environment)), 2);
    assert!(cloud.calls().is_empty());
}

#[test]
fn what_would_be_refused_a_second_later_is_refused_before_the_upload() {
    let mut held = Answers::nothing();
    held.environment["hold"] = json!({"since": 0, "reason": "a sale", "by": "ann"});
    let mut used = Answers::nothing();
    let web = json!({"type": "object", "key": "k", "version_id": "v", "bytes": 1, "sha256": "b".repeat(64)});
    let release = json!({"app": "shop", "version": "1.4.0", "components": {"web": web}});
    used.release = (200, json!({"app": "shop", "version": "1.4.0", "recorded": release, "uploads": {}}));
    let nothing = Answers::nothing;
    let table: [(Answers, Vec<&str>, i32, &str); 11] = [
        (nothing(), with(&[(1, "shopp")]), 3, "NoDeclaration"),
        (nothing(), with(&[(3, "wbe=dist")]), 3, "Did you mean `web`?"),
        (nothing(), with(&[(7, "refs/heads/nowhere")]), 3, "matches no environment's rule"),
        (nothing(), with(&[(7, "refs/heads/mian")]), 3, "Did you mean `refs/heads/main`?"),
        (nothing(), with(&[(7, "refs/head/main")]), 3, "Did you mean `refs/heads/main`?"),
        (nothing(), with(&[(7, "refs/tag/v1.4.0")]), 3, "Did you mean `refs/tags/v1.4.0`?"),
        (nothing(), with(&[(7, "v1.4.0")]), 3, "Did you mean `refs/tags/v1.4.0`?"),
        (nothing(), with(&[(2, "spring")]), 3, "VersionNotOfTag"),
        (used, RELEASE.to_vec(), 3, "VersionReused"),
        (held.clone(), RELEASE.to_vec(), 9, "`windlass release-hold shop prod --reason '…'`"),
        (nothing(), [&RELEASE[..], &["--environment", "prd"]].concat(), 3, "Did you mean `prod`?"),
    ];
    for (answers, arguments, status, words) in table {
        let (code, said, puts) = released(answers, "before", &arguments);
        assert_eq!((code, puts), (status, 0), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(said.contains("nothing was uploaded"), "{said}");
    }
    let through = [&RELEASE[..], &["--through-hold", "--reason", "it mends it"]].concat();
    let (code, said, puts) = released(held, "through", &through);
    assert_eq!((code, puts), (4, 2), "{said}");
}

/// Nothing is uploaded, and the version stays free, however the component's kind is known, and also where it is not.
#[test]
fn an_artifact_of_the_wrong_sort_is_refused_before_the_upload() {
    let closed = |declaration: Option<&str>| Answers {
        closed: Some(403),
        declaration: declaration.map(str::to_owned),
        ..Answers::nothing()
    };
    let invalid = closed(Some("app: shop"));
    let by = [
        (Answers::nothing(), "BadArchive web=hacked.html: the archive"),
        (closed(Some(DECLARATION)), "BadArchive web=hacked.html: the archive"),
        (invalid, "what `web` takes is not known here"),
    ];
    for (answers, words) in by {
        let (cloud, folder) = (answering(answers), site("sort"));
        write(&folder, "hacked.html", "hacked\n");
        let output = cloud.windlass(&folder, &with(&[(3, "web=hacked.html")]));
        let said = err(&output);
        assert_eq!((code(&output), puts(&cloud).len()), (3, 0), "{said}");
        assert!(said.contains(words), "{said}");
        assert!(said.contains("nothing was uploaded"), "{said}");
    }
}

#[test]
fn what_runs_that_a_declaration_no_longer_has_is_reported() {
    let mut answers = Answers::nothing();
    let folder = site("departed");
    write(&folder, "app.yaml", DECLARATION);
    let runs = json!({"version": "1.2.0", "deployment": "fedcba9876543210", "since": 0,
            "brought": {"version": "1.2.0", "deployment": "fedcba9876543210", "since": 0}, "state": {}});
    answers.environment["running"] = json!({"web": runs, "old-web": runs});
    let output = answering(answers.clone()).windlass(&folder, &["validate"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let said = out(&output);
    assert_eq!(said.matches("NoLongerDeclared").count(), 3, "{said}");
    assert!(said.contains("`old-web` runs 1.2.0 in prod since"), "{said}");
    // A new component has the target of `web`, and no other one that of `old-web`.
    write(&folder, "app.yaml", &DECLARATION.replace("1.3.0", "1.3.1").replace("  web:", "  pages:"));
    let output = answering(answers.clone()).windlass(&folder, &["validate"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let said = out(&output);
    assert_eq!(said.matches("`pages` has its target").count(), 3, "{said}");
    assert!(said.contains("windlass rename shop prod --component web --to-component pages"), "{said}");
    write(&folder, "app.yaml", DECLARATION);
    answers.closed = Some(403);
    let output = answering(answers).windlass(&folder, &["validate"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let said = out(&output);
    assert!(said.contains("not looked at: what runs in prod ("), "{said}");
}

#[test]
fn a_declaration_whose_upload_would_be_refused_is_not_valid() {
    let folder = site("not-higher");
    let table = [
        (DECLARATION.to_owned(), 0, "is valid"),
        (DECLARATION.replace("1.3.0", "1.3.1"), 0, "is valid"),
        (DECLARATION.replace("1.3.0", "1.2.9"), 3, "VersionNotHigher"),
        (DECLARATION.replace("stable", "release-candidate"), 3, "VersionNotHigher"),
    ];
    for (text, status, why) in table {
        write(&folder, "app.yaml", &text);
        let output = answering(Answers::nothing()).windlass(&folder, &["validate"]);
        assert_eq!(code(&output), status, "{text}: {}", out(&output));
        assert!(out(&output).contains(why), "{}", out(&output));
    }
    let closed = Answers { closed: Some(403), ..Answers::nothing() };
    let output = answering(closed).windlass(&folder, &["validate"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let line = "not looked at: whether its version is higher";
    assert!(out(&output).contains(line), "{}", out(&output));
}

#[test]
fn bytes_that_a_manifest_does_not_name_are_reported_as_not_looked_at() {
    let mut answers = Answers::nothing();
    let folder = site("untold");
    write(&folder, "app.yaml", DECLARATION);
    let manifest = json!({"version": "1.4.0", "git": {"ref": "refs/tags/v1.4.0"},
        "components": {"web": {"key": "artifacts/shop/prod/web/2.zip", "version_id": "v1"}}});
    write(&folder, "it.json", &manifest.to_string());
    let lies = json!({"type": "object", "key": "k", "version_id": "v", "bytes": 1, "sha256": "b".repeat(64)});
    let release = json!({"app": "shop", "version": "1.4.0", "components": {"web": lies}});
    answers.release = (200, json!({"app": "shop", "version": "1.4.0", "recorded": release, "uploads": {}}));
    let output = answering(answers).windlass(&folder, &["validate", "--manifest", "it.json"]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let line = "not looked at: whether `web` has the bytes that version 1.4.0 is recorded with";
    assert!(out(&output).contains(line), "{}", out(&output));
}

#[test]
fn a_manifest_is_validated_with_what_the_api_answers() {
    let mut answers = Answers::nothing();
    let folder = site("validated");
    write(&folder, "app.yaml", DECLARATION);
    let web = json!({"key": "artifacts/shop/prod/web/1.zip", "sha256": "a".repeat(64)});
    let manifest = json!({"version": "1.4.0", "git": {"ref": "refs/tags/v1.4.0"}, "components": {"web": web}});
    write(&folder, "it.json", &manifest.to_string());
    let validate = ["validate", "--manifest", "it.json"];
    let output = answering(answers.clone()).windlass(&folder, &validate);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let said = out(&output);
    assert_eq!(said.matches("not looked at").count(), 1, "{said}");
    assert!(said.contains("not looked at: the bytes of `web`:"), "{said}");
    answers.environment["hold"] = json!({"since": 0, "reason": "a sale", "by": "ann"});
    let output = answering(answers.clone()).windlass(&folder, &validate);
    assert_eq!(code(&output), 9, "{}", out(&output));
    let lies = json!({"type": "object", "key": "k", "version_id": "v", "bytes": 1, "sha256": "b".repeat(64)});
    let release = json!({"app": "shop", "version": "1.4.0", "components": {"web": lies}});
    answers.release = (200, json!({"app": "shop", "version": "1.4.0", "recorded": release, "uploads": {}}));
    let output = answering(answers.clone()).windlass(&folder, &validate);
    assert_eq!(code(&output), 3, "{}", out(&output));
    assert!(out(&output).contains("VersionReused"), "{}", out(&output));
    answers.closed = Some(403);
    let output = answering(answers).windlass(&folder, &validate);
    assert_eq!(code(&output), 0, "{}", out(&output));
    assert!(out(&output).contains("not looked at: whether the version"), "{}", out(&output));
}

#[test]
fn what_is_refused_after_the_upload_is_shown_by_what_lies_beside_it() {
    let beside = |name: &str, version: Value| {
        let remedy = r#"Start {"action":"release_hold","app":"shop","environment":"prod","reason":"…"}."#;
        let mut finding = json!({"name": name, "path": "p", "reason": "It is so.", "remedy": remedy});
        let step = json!({"action": "release_hold", "app": "shop", "environment": "prod", "reason": "…"});
        let mut data = finding.clone();
        data["remedy"] = json!({"$prose": ["Start ", {"start": step}, "."]});
        finding["data"] = data;
        let lies = json!({"version_id": version, "deployment": null, "findings": [finding]});
        Answers { beside: Some(lies), ..Answers::nothing() }
    };
    let table = [
        (beside("Vetoed", json!("v1")), 3, "Vetoed p: It is so."),
        (beside("Held", json!("v1")), 9, "`windlass release-hold shop prod --reason '…'`"),
        (beside("Vetoed", Value::Null), 3, "Vetoed"),
        (
            beside("Vetoed", json!("v0")),
            0,
            "no findings lay beside it within 20ms, and no deployment of it was seen yet",
        ),
    ];
    for (answers, status, words) in table {
        let (code, said, puts) = released(answers, "after", &uploading());
        assert_eq!((code, puts), (status, 3), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn without_rights_to_the_api_the_bucket_is_asked_and_that_is_said() {
    let closed = Answers { closed: Some(403), ..Answers::nothing() };
    let (code, said, puts) = released(closed.clone(), "closed", &uploading());
    assert_eq!((code, puts), (0, 3), "{said}");
    assert!(said.contains("goes to prod") && said.contains("not looked at before: the API"), "{said}");
    assert!(
        said.contains("; its deployment was not looked at: the API: Windlass did not let the caller in (403"),
        "{said}"
    );
    let (code, said, puts) = released(closed.clone(), "closed", &with(&[(3, "wbe=dist")]));
    assert_eq!((code, puts), (3, 0), "{said}");
    let (code, said, puts) = released(closed, "closed", &with(&[(1, "shopp")]));
    assert_eq!((code, puts), (3, 0), "{said}");
    assert!(said.contains("there is no s3://artifacts-bucket/apps/shopp/app.yaml"), "{said}");
}

#[test]
fn an_upload_that_fails_starts_nothing() {
    let cloud = StandIn::new(|call: &Call| match call.method.as_str() {
        "HEAD" => s3(404, vec![]),
        "GET" => reply(403, &json!({"message": "Forbidden"})),
        _ => s3(403, vec![]),
    });
    let output = cloud.windlass(&site("denied"), &RELEASE);
    assert_eq!(code(&output), 6, "{}", err(&output));
    assert!(puts(&cloud).iter().all(|put| put.path.contains("/artifacts/")));
}
