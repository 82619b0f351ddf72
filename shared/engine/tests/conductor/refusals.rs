//! Tests of requests that cannot become a deployment: they are refused, recorded, and written beside their upload.

use crate::conductor::arrivals::{MAIN, by};
use crate::conductor::inputs::{input, with};
use crate::conductor::scene::{Scene, in_short};
use crate::stage::app;
use serde_json::json;
use windlass_domain::deployment::Refusal;
use windlass_domain::text::finding::FindingName;
use windlass_engine::ledger;
use windlass_engine::payload::Transition;
use windlass_engine::routes::api::{ApiCall, handle};
use windlass_world::run::run;
use windlass_world::stepfunctions::arn_of;

#[test]
fn a_refusal_says_what_it_is_about() {
    let scene = Scene::new();
    let manifest = scene.manifest("1.5.0", "refs/heads/nobodys");
    let table = [
        (manifest, "1.5.0", "NoEnvironment"),
        (
            json!({"manifest_object": {"key": "releases/shop/dev/9.json"}}),
            "releases/shop/dev/9.json",
            "ArtifactMissing",
        ),
        (
            json!({"artifact_object": {"component": "api", "object": {"key": "artifacts/shop/dev/api/9.zip"}}}),
            "artifacts/shop/dev/api/9.zip",
            "ArtifactMissing",
        ),
        (
            json!({"image_push": {"repository": "shop/none", "digest": "a".repeat(64), "tag": "main"}}),
            "shop/none:main",
            "UnknownName",
        ),
        (json!({"version": "9", "environment": "prod"}), "9", "UnknownName"),
        (json!({"refused": "request", "environment": "prod"}), "deploy", "NotAllowed"),
        (json!({"refused": "upload", "environment": "prod"}), "upload", "NotAllowed"),
        (
            json!({"action": "recover", "refused": "cancel", "environment": "prod", "deployment": "0123456789abcdef"}),
            "cancel 0123456789abcdef",
            "NotAllowed",
        ),
    ];
    for (number, (request, about, name)) in table.into_iter().enumerate() {
        let request = with(json!({"action": "deploy", "app": "shop"}), request);
        let execution = number.to_string();
        let answer = scene.admit(&execution, request);
        assert_eq!(in_short(&answer), (Transition::Rejected, name), "{about}");
        let key = ledger::refusal(&app(), &arn_of(&execution));
        let refusal: Refusal = scene.stage.get(&key).unwrap();
        assert_eq!(refusal.about, about);
    }
}

#[test]
fn what_cannot_be_read_is_refused_and_recorded_where_its_application_can_be_read() {
    let scene = Scene::new();
    for (execution, input, is_recorded) in [
        ("known", json!({"app": "shop", "actoin": "deploy"}), true),
        ("unknown", json!({"app": "Shop"}), false),
        ("nobodys", json!({}), false),
    ] {
        let answer = scene.admit(execution, input);
        assert_eq!(in_short(&answer).0, Transition::Rejected, "{execution}");
        let key = ledger::refusal(&app(), &arn_of(execution));
        let refusal: Option<Refusal> = scene.stage.get(&key);
        assert_eq!(refusal.is_some(), is_recorded, "{execution}");
        if let Some(refusal) = refusal {
            assert_eq!(refusal.about, "the execution's input");
            assert_eq!(refusal.requester.principal, Some(arn_of(execution)));
            assert!(!refusal.findings.is_empty());
        }
    }
}

/// Everything that somebody hands in is found somewhere.
#[test]
fn an_input_that_names_no_application_is_listed_among_what_names_none() {
    let scene = Scene::new();
    let inputs = [
        json!({}),
        json!([]),
        json!("rollback"),
        json!(null),
        json!({"app": "Shop"}),
        json!({"app": 7, "action": "rollback"}),
    ];
    for (number, input) in inputs.iter().enumerate() {
        let execution = number.to_string();
        for _ in 0..2 {
            let answer = scene.admit(&execution, input.clone());
            assert_eq!(in_short(&answer).0, Transition::Rejected, "{input}");
        }
    }
    let world = &scene.stage.world;
    let call = ApiCall { method: "GET".into(), path: "/refusals".into(), ..ApiCall::default() };
    let listed = run(handle(world, call)).body["refusals"].take();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), inputs.len());
    for line in listed {
        assert_eq!(line["about"], "the execution's input");
        assert_eq!(line["requester"]["principal"], line["execution"]);
        assert!(!line["findings"].as_array().unwrap().is_empty());
    }
    let items = world.dynamodb();
    let mut lines = items.items.values().filter(|item| item.key.sk == "not_taken");
    assert!(lines.all(|item| item.expires.is_some()));
}

/// The key of an upload and the manifest in it name one version: somebody who watches the one must find the other.
#[test]
fn a_manifest_that_names_another_version_than_its_key_is_refused_beside_it() {
    let scene = Scene::free();
    let key = "releases/shop/dev/7.7.0.json";
    let manifest = |version: &str| {
        let mut manifest = scene.manifest(version, MAIN)["manifest"].take();
        manifest["version"] = version.into();
        scene.stage.world.s3().upload("artifacts", key, manifest.to_string());
        let request = json!({"action": "deploy", "app": "shop", "manifest_object": {"key": key}});
        scene.admit(version, with(request, by("s3")))
    };
    let answer = manifest("7.8.0");
    assert_eq!(in_short(&answer), (Transition::Rejected, "BadValue"));
    let texts = scene.stage.world.s3().texts("artifacts");
    let beside = &texts["releases/shop/dev/7.7.0.json.findings.json"];
    assert!(beside.contains("releases/shop/dev/7.8.0.json"), "{beside}");
    let refusal: Refusal = scene.stage.get(&ledger::refusal(&app(), &arn_of("7.8.0"))).unwrap();
    assert_eq!((refusal.about.as_str(), refusal.findings[0].path.as_str()), (key, "version"));
    assert_ne!(in_short(&manifest("7.7.0")).0, Transition::Rejected);
}

#[test]
fn what_is_refused_is_written_beside_its_upload() {
    let scene = Scene::new();
    let key = "releases/shop/dev/1.5.0.json";
    let request = json!({"action": "deploy", "app": "shop", "manifest_object": {"key": key}});
    scene.stage.world.s3().upload("artifacts", key, "{}");
    let answer = scene.admit("arrival", with(request, by("s3")));
    assert_eq!(in_short(&answer), (Transition::Rejected, "MissingField"));
    let texts = scene.stage.world.s3().texts("artifacts");
    let beside = &texts["releases/shop/dev/1.5.0.json.findings.json"];
    assert!(beside.contains("\"page\":\"docs/findings.md#missingfield\""), "{beside}");
    let pages = "\n  pages: docs/findings.md#missingfield, docs/findings.md#noenvironment";
    let cause = answer.unwrap().cause;
    assert!(cause.ends_with(pages), "{cause}");
}

#[test]
fn the_list_marks_a_requester_whom_nobody_vouches_for() {
    let scene = Scene::new();
    let nowhere = || with(input("hold"), json!({"environment": "nowhere"}));
    let claimed = json!({"requester": {"route": "api", "principal": "arn:aws:iam::111111111111:user/ann"}});
    for (execution, request) in [("console", nowhere()), ("forged", with(nowhere(), claimed))] {
        assert_eq!(in_short(&scene.admit(execution, request)), (Transition::Rejected, "UnknownName"));
    }
    let call = ApiCall { method: "GET".into(), path: "/apps/shop/refusals".into(), ..ApiCall::default() };
    let listed = run(handle(&scene.stage.world, call)).body["refusals"].take();
    let listed = listed.as_array().unwrap();
    let unvouched: Vec<_> = listed.iter().filter(|one| one.get("vouched").is_some()).collect();
    assert_eq!((listed.len(), unvouched.len()), (2, 1));
    assert_eq!((&unvouched[0]["execution"], &unvouched[0]["vouched"]), (&json!(arn_of("forged")), &json!(false)));
}

#[test]
fn a_refusal_is_recorded_once_also_where_its_write_met_another_one() {
    let scene = Scene::new();
    let began = scene.now();
    scene.busy(1);
    for _ in 0..2 {
        let answer = scene.admit("unreadable", json!({"app": "shop"}));
        assert_eq!(in_short(&answer).0, Transition::Rejected);
        let key = ledger::refusal(&app(), &arn_of("unreadable"));
        let refusal: Option<Refusal> = scene.stage.get(&key);
        assert_eq!(refusal.unwrap().at, began);
        scene.stage.pass_seconds(60);
    }
}

#[test]
fn a_refusal_has_a_hundred_findings_however_much_is_wrong() {
    let scene = Scene::new();
    let mut request = json!({"action": "deploy", "app": "shop"});
    for number in 0..5000 {
        request[format!("{number}{}", "x".repeat(40))] = json!(1);
    }
    request["y".repeat(50_000)] = json!(1);
    let answer = scene.admit("many", request);
    assert_eq!(in_short(&answer), (Transition::Rejected, "UnknownField"));
    let refusal: Option<Refusal> = scene.stage.get(&ledger::refusal(&app(), &arn_of("many")));
    let findings = refusal.unwrap().findings;
    assert_eq!(findings.len(), 100);
    assert_eq!(findings[99].name, FindingName::MoreFindings);
    assert!(findings[99].reason.written().starts_with("4902 more"), "{:?}", findings[99].reason);
}

#[test]
fn what_lies_beside_an_upload_and_is_larger_than_ours_is_replaced_unread() {
    // Returns how often an object is read, and whether the one beside the upload is replaced. `bytes` is the size of
    // that one; `None` if nothing lies there.
    let beside = |bytes: Option<usize>| {
        let scene = Scene::free();
        let world = &scene.stage.world;
        let manifest = scene.manifest("1.5.0", MAIN)["manifest"].to_string();
        let (key, note) = ("releases/shop/dev/1.5.0.json", "releases/shop/dev/1.5.0.json.findings.json");
        world.s3().upload("artifacts", key, manifest);
        if let Some(bytes) = bytes {
            world.s3().upload("artifacts", note, vec![b' '; bytes]);
        }
        let request = json!({"action": "deploy", "app": "shop", "manifest_object": {"key": key}});
        let answer = scene.admit("arrival", with(request, by("s3")));
        assert_eq!(in_short(&answer).0, Transition::Go);
        let calls = world.mishaps().calls.clone();
        let reads = calls.iter().filter(|call| **call == "s3.get").count();
        let texts = world.s3().texts("artifacts");
        let lies = texts.get(note).map(|text| text.contains("findings"));
        (reads, lies)
    };
    assert_eq!(beside(None), (1, None));
    let largest = 2 * 1024 * 1024;
    assert_eq!(beside(Some(largest)), (2, Some(true)));
    assert_eq!(beside(Some(largest + 1)), (1, Some(true)));
}

#[test]
fn an_operators_action_on_what_is_not_declared_is_refused() {
    let scene = Scene::new();
    for action in ["hold", "release_hold", "accept", "rollback"] {
        let elsewhere = with(input(action), json!({"environment": "nowhere"}));
        let answer = scene.admit(action, elsewhere);
        assert_eq!(in_short(&answer), (Transition::Rejected, "UnknownName"), "{action}");
        let of_another = with(input(action), json!({"app": "bank"}));
        let answer = scene.admit(&format!("{action}-2"), of_another);
        assert_eq!(in_short(&answer), (Transition::Rejected, "NoDeclaration"), "{action}");
    }
}
